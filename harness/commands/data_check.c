#include "engine/base/say.h"
#include "suites/dataset_check.h"

#include "harness/base/argument.h"
#include "harness/commands/command_data.h"

#include <stdio.h>

static void print(const struct dataset_report *r)
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
        printf("  good: %lld rows, %lld used in %d trajectories\n", (long long)r->rows,
               (long long)r->transitions, r->trajectories);
}

static enum status run(int argc, char **argv)
{
    struct dataset_options o = dataset_defaults();
    int rest, bad = 0;
    TRY(argument_read(argc, argv,
                      (const struct argument[]){
                          {"data", .text = &o.folder}, {"env", .text = &o.env}, {.name = NULL}},
                      &rest));
    int files = argc - rest;
    if (files == 0)
        return status_fail(STATUS_CONFIG, "a file or a dataset id is expected");
    for (int i = rest; i < argc; i++) {
        struct dataset_report report;
        TRY(dataset_check(argv[i], &o, &report));
        print(&report);
        bad += report.problems > 0;
    }
    if (bad > 0)
        return status_fail(STATUS_FORMAT, "%d of %d cannot be used as %s", bad, files,
                           files == 1 ? "it is" : "they are");
    return STATUS_OK;
}

const struct command data_check = {
    .name = "check",
    .usage = "FILE|ID ... [--data FOLDER] [--env ENVIRONMENT]",
    .help = "all that is wrong with a file, in one screen",
    .run = run,
};
