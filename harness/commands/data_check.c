#include "engine/base/say.h"
#include "suites/dataset_check.h"

#include "harness/commands/command.h"

#include <stdio.h>

static void print_report(const struct dataset_report *r)
{
    say("%s\n", r->path);
    if (r->known)
        say("  %s, for %s (%s)\n", r->id, r->env, dataset_kind_name(r->kind));
    if (*r->note != '\0')
        say("  %s\n", r->note);
    for (int i = 0; i < r->problems; i++)
        say("  wrong: %s\n", r->problem[i].sentence);
    if (r->problems == DATASET_PROBLEMS)
        printf("  ... and maybe more\n");
    for (int i = 0; i < r->remarks; i++)
        say("  note: %s\n", r->remark[i]);
    if (r->problems == 0)
        printf("  good: %lld rows, %lld used in %d trajectories\n  content %s%s\n",
               (long long)r->rows, (long long)r->transitions, r->trajectories, r->content,
               r->verified ? "; D4RL's own file by its SHA-256" : "");
}

struct arguments {
    struct dataset_options dataset;
    char **file;
};

static const struct option_row options[] = {
    OPTION_DATA(struct arguments, dataset.folder),
    OPTION_ENV(struct arguments, dataset.env),
    {.name = NULL},
};

static void begin_arguments(void *context)
{
    struct arguments *a = context;
    a->dataset = dataset_defaults();
}

static enum status check_files(void *context)
{
    const struct arguments *a = context;
    int files = 0, bad = 0;
    for (; a->file[files] != NULL; files++) {
        struct dataset_report report;
        TRY(dataset_check(a->file[files], &a->dataset, &report));
        print_report(&report);
        bad += report.problems > 0;
    }
    if (bad > 0)
        return status_fail(STATUS_FORMAT, "%d of %d cannot be used as %s", bad, files,
                           files == 1 ? "it is" : "they are");
    return STATUS_OK;
}

const struct command data_check = {
    .name = "check",
    .summary = "list everything that is wrong with a dataset's file",
    .operands = "FILE|ID...",
    .operand_help = "files, or datasets in the data folder",
    COMMAND_OPERAND(struct arguments, file),
    .examples = {{"vitamin data check ~/downloads/hopper_medium-v2.hdf5", "a file"},
                 {"vitamin data check mine.hdf5 --env hopper", "one whose name says little"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .begin = begin_arguments,
    .run = check_files,
};
