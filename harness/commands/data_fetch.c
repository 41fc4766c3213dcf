#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "harness/base/argument.h"
#include "harness/commands/command_data.h"
#include "harness/matrix/fetch.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    struct fetch_request fetch;
    bool all;
    int rest; /* where the ids begin */
};

/* One after the other: what one server's fault stops must not stop the rest, but being offline
 * does. */
static enum status fetch_all(const struct fetch_request *a)
{
    int failed = 0;
    struct status_note first = {STATUS_OK, ""};
    for (int i = 0; i < dataset_count; i++) {
        enum status result = fetch_dataset(a, &dataset_table[i]);
        fflush(stdout);
        if (result == STATUS_IO || result == STATUS_INTERRUPTED)
            return result;
        if (result == STATUS_OK)
            continue;
        say_to(stderr, "%s: %s\n", dataset_table[i].id, status_sentence());
        if (failed++ == 0)
            status_save(&first, result);
    }
    if (failed > 0)
        return status_fail(first.code, "%d of %d could not be fetched; the first: %.600s", failed,
                           dataset_count, first.sentence);
    return STATUS_OK;
}

static enum status parse(int argc, char **argv, struct arguments *a)
{
    *a = (struct arguments){.all = false};
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"all", .flag = &a->all},
                                                {"data", .text = &a->fetch.folder},
                                                {"server", .text = &a->fetch.server},
                                                {.name = NULL}},
                      &a->rest));
    if (a->all != (a->rest == argc))
        return status_fail(STATUS_CONFIG, "dataset ids or --all are expected; `vitamin data list` "
                                          "shows the ids");
    for (int i = a->rest; i < argc; i++) {
        const struct dataset_entry *e = dataset_find(argv[i]);
        if (e == NULL || strcmp(e->id, argv[i]) != 0)
            return status_fail(STATUS_CONFIG,
                               "'%s' is none of the paper's datasets; `vitamin data list` shows "
                               "the ids",
                               argv[i]);
    }
    return STATUS_OK;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    a.fetch.stop = stop_catch();
    if (a.all)
        return fetch_all(&a.fetch);
    for (int i = a.rest; i < argc; i++)
        TRY(fetch_dataset(&a.fetch, dataset_find(argv[i])));
    return STATUS_OK;
}

const struct command data_fetch = {
    .name = "fetch",
    .usage = "ID ...|--all [--data FOLDER] [--server URL]",
    .help = "download D4RL's files, look at them, and put them into the data folder",
    .run = run,
};
