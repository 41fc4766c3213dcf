#include "engine/base/say.h"
#include "engine/base/stop.h"
#include "harness/commands/command.h"
#include "harness/matrix/fetch.h"

#include <stdio.h>
#include <string.h>

struct arguments {
    struct fetch_request fetch;
    bool all, check;
    char **id;
};

static const struct option_row options[] = {
    {"all", 0, NULL, NULL, "fetch every dataset of the paper", OPTION_FIELD(struct arguments, all)},
    OPTION_DATA(struct arguments, fetch.folder),
    {"mirror", 0, "NAME|URL", NULL,
     "ask this mirror only (or after `--server`), instead of `$VITAMIN_MIRROR`, or D4RL's server "
     "and then huggingface and hf-mirror",
     OPTION_FIELD(struct arguments, fetch.mirror)},
    {"server", 0, "URL", NULL,
     "a server with D4RL's folders and file names, instead of `$VITAMIN_SERVER` or D4RL's own",
     OPTION_FIELD(struct arguments, fetch.server)},
    {"check", 0, NULL, NULL, "download nothing: ask the servers who has what, of which size",
     OPTION_FIELD(struct arguments, check)},
    {.name = NULL},
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

/* Who has what: of the ids, or of all. */
static enum status ask_servers(const struct arguments *a)
{
    struct fetch_silence silence = {.servers = 0};
    int count = 0, lacking = 0;
    for (; a->id[count] != NULL; count++)
        continue;
    bool all = count == 0;
    for (int i = 0; i < (all ? dataset_count : count); i++) {
        int servers;
        TRY(fetch_ask(&a->fetch, all ? &dataset_table[i] : dataset_find(a->id[i]), &silence,
                      &servers));
        lacking += servers == 0;
    }
    return lacking == 0 ? STATUS_OK
                        : status_fail(STATUS_MISSING, "no server that was asked has %d of %d files",
                                      lacking, all ? dataset_count : count);
}

static enum status check_ids(const struct arguments *a)
{
    if (a->check ? a->all && *a->id != NULL : a->all == (*a->id != NULL))
        return status_fail(STATUS_CONFIG, "give either dataset ids or --all; `vitamin data list` "
                                          "shows the ids");
    for (char **id = a->id; *id != NULL; id++) {
        const struct dataset_entry *e = dataset_find(*id);
        if (e == NULL || strcmp(e->id, *id) != 0)
            return status_fail(STATUS_CONFIG,
                               "'%s' is none of the paper's datasets; did you mean "
                               "'%s'? (`vitamin data list` shows the ids)",
                               *id, dataset_nearest(*id).word);
    }
    return STATUS_OK;
}

static enum status fetch_datasets(void *context)
{
    struct arguments *a = context;
    TRY(check_ids(a));
    a->fetch.stop = stop_catch();
    if (a->check)
        return ask_servers(a);
    if (a->all)
        return fetch_all(&a->fetch);
    for (char **id = a->id; *id != NULL; id++)
        TRY(fetch_dataset(&a->fetch, dataset_find(*id)));
    return STATUS_OK;
}

const struct command data_fetch = {
    .name = "fetch",
    .summary = "download D4RL's files, check them, and put them into the data folder",
    .usage = "[OPTION]... ID...|--all",
    .operands = "[ID...]",
    .operand_help = "datasets of the paper (`vitamin data list`)",
    COMMAND_OPERAND(struct arguments, id),
    .examples = {{"vitamin data fetch hopper-medium-v2 pen-human-v1", "two datasets"},
                 {"vitamin data fetch --check", "which server has which file"},
                 {"vitamin data fetch --all --data /scratch/d4rl", "all of them, elsewhere"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = fetch_datasets,
};
