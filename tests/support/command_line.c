#include "tests/support/command_line.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 48 };

static char folder[FILE_PATH];

enum status command_line(const struct command *command, const char *words, char **printed)
{
    char line[4096], *argv[MOST], *rest, path[] = "/tmp/vitamin-printed-XXXXXX", *text;
    int argc = 0;
    cr_assert_lt(strlen(command->name) + strlen(words) + 1, sizeof line);
    snprintf(line, sizeof line, "%s %s", command->name, words);
    for (char *w = strtok_r(line, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
        cr_assert_lt(argc, MOST - 1);
        argv[argc++] = w;
    }
    argv[argc] = NULL;

    int file = mkstemp(path), terminal = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    char above[COMMAND_PATH];
    snprintf(above, sizeof above, "vitamin %s", command->name);
    enum status result = command_call(command, above, argc, argv);
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    close(file);
    struct status_note note; /* reading must not replace the command's sentence */
    status_save(&note, result);
    cr_assert_eq(file_read(path, 1 << 24, &text, NULL), STATUS_OK, "%s", status_sentence());
    unlink(path);
    if (printed != NULL)
        *printed = text;
    else
        free(text);
    return result == STATUS_OK ? STATUS_OK : status_restore(&note);
}

const char *command_line_folder(void)
{
    if (folder[0] == '\0') {
        snprintf(folder, sizeof folder, "/tmp/vitamin-command-XXXXXX");
        cr_assert_not_null(mkdtemp(folder));
    }
    return folder;
}

const char *command_line_path(const char *name)
{
    static char path[8][2 * FILE_PATH];
    static int next;
    char *out = path[next++ % 8];
    snprintf(out, sizeof path[0], "%s/%s", command_line_folder(), name);
    return out;
}

void command_line_remove_folder(void)
{
    char command[FILE_PATH + 16];
    if (folder[0] == '\0')
        return;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    cr_assert_eq(system(command), 0);
    folder[0] = '\0';
}
