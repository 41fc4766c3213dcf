#include "engine/base/say.h"
#include "harness/commands/command.h"
#include "harness/matrix/data_target.h"
#include "suites/dataset_convert.h"

#include <stdio.h>

struct arguments {
    struct dataset_options dataset;
    const char *source, *out;
};

static const struct option_row options[] = {
    OPTION_ENV(struct arguments, dataset.env),
    OPTION_DATA_OUT(struct arguments, out),
    OPTION_DATA(struct arguments, dataset.folder),
    {.name = NULL},
};

static void begin_arguments(void *context)
{
    struct arguments *a = context;
    a->dataset = dataset_defaults();
}

static enum status convert_dataset(void *context)
{
    const struct arguments *a = context;
    const struct dataset_options *o = &a->dataset;
    char stem[DATASET_ID], path[FILE_PATH];
    struct dataset_converted made;
    TRY(dataset_convert_name(a->source, o, stem));
    struct lock lock;
    TRY(data_target(a->out != NULL ? a->out : o->folder, stem, path, &lock));
    enum status result = dataset_convert(a->source, o, path, &made);
    lock_release(&lock);
    TRY(result);
    say("%s: %lld rows of %s (%s)\n", path, (long long)made.rows, made.id,
        dataset_kind_name(made.kind));
    if (made.flagged > 0)
        printf("%lld timeouts were added where an episode ended without a flag\n",
               (long long)made.flagged);
    return STATUS_OK;
}

const struct command data_convert = {
    .name = "convert",
    .summary = "rewrite Minari's files, and unusual ones of D4RL's layout, as D4RL does",
    .operands = "FILE|FOLDER|ID",
    .operand_help = "a file, a Minari folder, or a dataset in the data folder",
    COMMAND_OPERAND(struct arguments, source),
    .examples = {{"vitamin data convert ~/.minari/datasets/D4RL/pen/human-v2",
                  "a dataset of Minari, into the data folder"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .begin = begin_arguments,
    .run = convert_dataset,
};
