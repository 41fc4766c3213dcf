#include "engine/base/say.h"
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
    say("%-29s %9s %10.3f %11.3f  %-10s ", e->id, rows, score.min, score.max, what);
    if (located == STATUS_OK)
        say("%8.1f  %-14s %s%s", megabytes(path), servers(e), path, right ? "\n" : "; D4RL's: ");
    else if (e->bytes > 0)
        say("%8.1f  %-14s ", (double)e->bytes / 1e6, servers(e));
    else
        say("%8s  %-14s ", "", servers(e));
    if (!right)
        say("vitamin data fetch %s%s%s\n", e->id,
            located == STATUS_MISSING && generate_has_recipe(e)
                ? "; stand-in: vitamin data generate "
                : "",
            located == STATUS_MISSING && generate_has_recipe(e) ? e->id : "");
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
            say("%-63s %-10s %8.1f  %s\n", list[i]->d_name, describe(path, &d), megabytes(path),
                path);
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

static enum status list_datasets(void *context)
{
    const char *folder = ((const struct arguments *)context)->folder;
    say("%-29s %9s %10s %11s  %-10s %8s  %-14s %s\n", "dataset", "rows", "score 0", "score 100",
        "here", "MB", "from", "path, or the command that gets it");
    for (int i = 0; i < dataset_count; i++)
        print_entry(&dataset_table[i], folder);
    for (int i = 0; i < env_count; i++) {
        if (env_table[i].suite->run_seconds > 0)
            say("%-29s %9s %10s %11s  %-10s\n", env_table[i].name, "-", "-", "-", "built in");
    }
    TRY(print_others(dataset_folder(folder)));
    printf(
        "\n`rows` and MB of a missing file are D4RL's; score 0 and 100 are raw returns. Here: "
        "verified (D4RL's own by its SHA-256),\nby rows (probably: no digest is known), stand-in "
        "(generated), converted, minari, other (named so, but not D4RL's: `vitamin\ndata check ID` "
        "says why), unreadable. `vitamin data fetch --check` asks the servers, `vitamin data stats "
        "ID` compares\na file with the paper.\n");
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
