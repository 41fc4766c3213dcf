#include "engine/base/say.h"
#include "harness/commands/command.h"
#include "suites/dataset.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* What the file at `path` says of itself; "file" when it is silent: then it may be D4RL's. */
static const char *origin(const char *path)
{
    static const char *const words[] = {[ORIGIN_FILE] = "file",
                                        [ORIGIN_GENERATED] = "generated",
                                        [ORIGIN_CONVERTED] = "converted",
                                        [ORIGIN_MINARI] = "minari"};
    enum dataset_origin what = ORIGIN_FILE;
    return dataset_origin(path, &what) == STATUS_OK ? words[what] : "unreadable";
}

static double megabytes(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (double)info.st_size / 1e6 : 0;
}

static void print_entry(const struct dataset_entry *e, const char *folder)
{
    char path[FILE_PATH], rows[32];
    struct score_range score = env_find(e->env)->score;
    bool there = dataset_locate(e->id, folder, path) == STATUS_OK;
    snprintf(rows, sizeof rows, "%s%lld",
             e->rows > 0 ? "" : ">=", (long long)(e->rows > 0 ? e->rows : e->paper_transitions));
    say("%-29s %9s %10.3f %11.3f  ", e->id, rows, score.min, score.max);
    if (there)
        say("%-10s %8.1f  %s\n", origin(path), megabytes(path), path);
    else
        printf("-\n");
}

static int is_dataset(const struct dirent *d)
{
    size_t n = strlen(d->d_name);
    return n > 5 && strcmp(d->d_name + n - 5, ".hdf5") == 0 && dataset_find(d->d_name) == NULL;
}

/* Files of the data folder that are none of the paper's. */
static void print_others(const char *folder)
{
    struct dirent **list;
    int count = scandir(folder, &list, is_dataset, alphasort);
    for (int i = 0; i < count; i++) {
        char path[FILE_PATH];
        if (i == 0)
            say("\nOthers in %s:\n", folder);
        if (file_path(path, "%s/%s", folder, list[i]->d_name) == STATUS_OK)
            say("%-63s %-10s %8.1f  %s\n", list[i]->d_name, origin(path), megabytes(path), path);
        free(list[i]);
    }
    if (count >= 0)
        free(list);
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
    say("%-29s %9s %10s %11s  %-10s %8s  %s\n", "dataset", "rows", "score 0", "score 100", "origin",
        "MB", "path");
    for (int i = 0; i < dataset_count; i++)
        print_entry(&dataset_table[i], folder);
    for (int i = 0; i < env_count; i++) {
        if (env_table[i].suite->run_seconds > 0)
            say("%-29s %9s %10s %11s  %-10s\n", env_table[i].name, "-", "-", "-", "built in");
    }
    print_others(dataset_folder(folder));
    printf("\n`rows` is D4RL's file; score 0 and 100 are raw returns. `vitamin data fetch ID` "
           "downloads one,\n`vitamin data generate ID` makes a stand-in, `vitamin data stats ID` "
           "compares it with the paper.\n");
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
