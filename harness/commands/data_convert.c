#include "engine/base/say.h"
#include "harness/base/argument.h"
#include "harness/commands/command_data.h"
#include "harness/matrix/data_target.h"
#include "suites/dataset_convert.h"

#include <stdio.h>

static enum status run(int argc, char **argv)
{
    struct dataset_options o = dataset_defaults();
    const char *out = NULL;
    int rest;
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"data", .text = &o.folder},
                                                {"env", .text = &o.env},
                                                {"out", .text = &out},
                                                {.name = NULL}},
                      &rest));
    if (argc - rest != 1)
        return status_fail(STATUS_CONFIG,
                           "one file, Minari folder or dataset id is expected, not %d",
                           argc - rest);
    char stem[DATASET_ID], path[FILE_PATH];
    struct dataset_converted made;
    TRY(dataset_convert_name(argv[rest], &o, stem));
    struct lock lock;
    TRY(data_target(out != NULL ? out : o.folder, stem, path, &lock));
    enum status result = dataset_convert(argv[rest], &o, path, &made);
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
    .usage = "FILE|FOLDER|ID [--env ENVIRONMENT] [--out FOLDER|FILE.hdf5] [--data FOLDER]",
    .help = "write Minari's files, and odd ones of D4RL's layout, as D4RL does",
    .run = run,
};
