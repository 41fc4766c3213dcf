#include "tests/support/command_line.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST = 24 };

enum status command_line(const struct command *c, const char *line, char **printed)
{
    char words[4 * FILE_PATH], *argv[MOST], *rest;
    int argc = 0;
    snprintf(words, sizeof words, "%s %s", c->name, line);
    for (char *w = strtok_r(words, " ", &rest); w != NULL; w = strtok_r(NULL, " ", &rest)) {
        cr_assert_lt(argc, MOST - 1);
        argv[argc++] = w;
    }
    argv[argc] = NULL;

    char path[] = "/tmp/vitamin-command-XXXXXX";
    int file = mkstemp(path), terminal = dup(STDOUT_FILENO);
    fflush(stdout);
    dup2(file, STDOUT_FILENO);
    enum status result = c->run(argc, argv);
    fflush(stdout);
    dup2(terminal, STDOUT_FILENO);
    close(terminal);
    close(file);
    size_t size;
    cr_assert_eq(file_read(path, 1 << 20, printed, &size), STATUS_OK, "%s", status_sentence());
    unlink(path);
    return result;
}
