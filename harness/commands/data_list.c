#include "engine/base/say.h"
#include "harness/base/terminal.h"
#include "harness/commands/command.h"
#include "harness/matrix/generate.h"
#include "suites/dataset.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static double megabytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
}

/* What the file is: D4RL's own as its digest proves, or as its rows suggest where no digest is
 * known; a stand-in; or what else it says. */
static const char *describe(const char *path, struct dataset *d)
{
    struct dataset_options o = dataset_defaults();
    enum dataset_origin origin;
    if (dataset_origin(path, &origin) != STATUS_OK)
        return "unreadable";
    if (origin == ORIGIN_GENERATED)
        return "stand-in";
    if (dataset_describe(path, &o, d) != STATUS_OK)
        return origin == ORIGIN_FILE ? "other" : origin == ORIGIN_MINARI ? "minari" : "converted";
    return d->verified                  ? "verified"
           : origin == ORIGIN_MINARI    ? "minari"
           : origin == ORIGIN_CONVERTED ? "converted"
           : d->kind == DATASET_D4RL    ? "by rows"
           : d->kind == DATASET_DEV     ? "stand-in"
           : d->entry == NULL           ? "own"
                                        : "other";
}

/* The servers that hold D4RL's file. */
static const char *servers(const struct dataset_entry *e)
{
    return e->mirrors == MIRRORS_HAVE  ? "d4rl, mirrors"
           : e->mirrors == MIRRORS_MAY ? "d4rl, mirrors?"
                                       : "d4rl";
}

/* Into a pipe, and where a terminal has room: reference scores, and paths or commands. */
static bool is_wide(void)
{
    enum { ROOM = 150 };
    return terminal_columns(stdout, ROOM) >= ROOM;
}

/* Where it is, or the commands that get it. */
static void print_way(const struct dataset_entry *e, enum status located, const char *path,
                      bool right)
{
    if (located == STATUS_OK)
        say(" %s%s", path, right ? "" : "; D4RL's:");
    if (!right)
        say(" vitamin data fetch %s", e->id);
    if (!right && located == STATUS_MISSING && generate_has_recipe(e))
        say("; stand-in: vitamin data generate %s", e->id);
}

static void print_entry(const struct dataset_entry *e, const char *folder)
{
    char path[FILE_PATH], rows[32];
    struct dataset d = {.verified = false};
    struct score_range score = env_find(e->env)->score;
    enum status located = dataset_locate(e->id, folder, path);
    const char *what = located == STATUS_OK        ? describe(path, &d)
                       : located == STATUS_MISSING ? "-"
                                                   : "unreadable";
    bool right = strcmp(what, "verified") == 0 || strcmp(what, "by rows") == 0;
    snprintf(rows, sizeof rows, "%s%lld",
             e->rows > 0 ? "" : ">=", (long long)(e->rows > 0 ? e->rows : e->paper_transitions));
    say("%-29s %9s", e->id, rows);
    if (is_wide())
        printf(" %10.3f %11.3f", score.min, score.max);
    double size = located == STATUS_OK ? megabytes(path) : (double)e->bytes / 1e6;
    say("  %-10s", what);
    if (size > 0)
        printf(" %8.1f", size);
    else
        printf(" %8s", "");
    say("  %-14s", servers(e));
    if (is_wide())
        print_way(e, located, path, right);
    putchar('\n');
    fflush(stdout);
}

static int is_dataset(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".hdf5") == 0 && dataset_find(d->d_name) == NULL;
}

/* Files of the data folder that are none of the paper's. */
static enum status print_others(const char *folder)
{
    struct dirent **list;
    int count = scandir(folder, &list, is_dataset, alphasort);
    if (count < 0 && errno == ENOENT)
        return STATUS_OK;
    if (count < 0)
        return status_fail(STATUS_IO, "%s: cannot be listed: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        char path[FILE_PATH];
        if (i == 0)
            say("\nOthers in %s:\n", folder);
        struct dataset d;
        if (file_path(path, "%s/%s", folder, list[i]->d_name) == STATUS_OK)
            say("%-*s  %-10s %8.1f%s%s\n", is_wide() ? 62 : 39, list[i]->d_name, describe(path, &d),
                megabytes(path), is_wide() ? "  " : "", is_wide() ? path : "");
        free(list[i]);
    }
    free(list);
    return STATUS_OK;
}

struct arguments {
    const char *folder;
};

static const struct option_row options[] = {
    OPTION_DATA(struct arguments, folder),
    {.name = NULL},
};

static void print_heading(void)
{
    say("%-29s %9s", "dataset", "rows");
    if (is_wide())
        say(" %10s %11s", "score 0", "score 100");
    say("  %-10s %8s  %-14s%s\n", "here", "MB", "from",
        is_wide() ? " path, or the command that gets it" : "");
}

static enum status list_datasets(void *context)
{
    const char *folder = ((const struct arguments *)context)->folder;
    print_heading();
    for (int i = 0; i < dataset_count; i++)
        print_entry(&dataset_table[i], folder);
    for (int i = 0; i < env_count; i++) {
        if (env_table[i].suite->run_seconds > 0)
            say(is_wide() ? "%-29s %9s %10s %11s  %-10s\n" : "%-29s %9s%.0s%.0s  %-10s\n",
                env_table[i].name, "-", "-", "-", "built in");
    }
    TRY(print_others(dataset_folder(folder)));
    putchar('\n');
    terminal_say(stdout, 0, "",
                 "`rows` and MB of a missing file are D4RL's%s. Here: verified (D4RL's own by its "
                 "SHA-256), by rows (probably: no digest is known), stand-in (generated), "
                 "converted, minari, other (named so, but not D4RL's: `vitamin data check ID` says "
                 "why), unreadable. `vitamin data fetch --check` asks the servers, `vitamin data "
                 "stats ID` compares a file with the paper.",
                 is_wide() ? "; score 0 and 100 are raw returns" : "");
    if (!is_wide())
        terminal_say(stdout, 0, "",
                     "`vitamin data fetch ID` gets D4RL's file, `vitamin data generate ID` makes a "
                     "stand-in. A wider terminal, or a pipe, shows each one's path or commands, "
                     "and its reference scores.");
    return STATUS_OK;
}

const struct command data_list = {
    .name = "list",
    .summary = "list the datasets, their reference scores, and which files are present",
    .examples = {{"vitamin data list", "the ids that other commands take"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = list_datasets,
};
