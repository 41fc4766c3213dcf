#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "harness/base/terminal.h"
#include "harness/commands/command.h"
#include "suites/dataset.h"

#include <math.h>
#include <stdio.h>

static void print_json(const struct dataset *d, const struct dataset_entry *e,
                       const struct score_summary *s)
{
    char id[2 * ESCAPE_SIZE];
    escape_json(d->id, id, sizeof id);
    printf("{\"dataset\": \"%s\", \"environment\": \"%s\", \"kind\": \"%s\", \"rows\": %lld, "
           "\"transitions\": %lld, \"trajectories\": %d, \"normalized_mean\": %.15g, "
           "\"normalized_std\": %.15g, \"normalized_sem\": ",
           id, d->env->name, dataset_kind_name(d->kind), (long long)d->rows,
           (long long)d->transitions, d->count, s->mean, s->std);
    if (isfinite(s->sem))
        printf("%.15g", s->sem);
    else
        printf("null");
    printf(", \"printed_std\": %.15g", s->printed_std);
    if (e != NULL)
        printf(", \"paper\": {\"dataset\": \"%s\", \"transitions\": %lld, \"normalized_mean\": %g, "
               "\"std\": %g}",
               e->id, (long long)e->paper_transitions, e->paper_mean, e->paper_std);
    printf("}\n");
}

/* Two lines: what the file has, and below it what the paper's Tables 4-7 print. */
static void print_text(const struct dataset *d, const struct dataset_entry *e,
                       const struct score_summary *s)
{
    bool slip = d->env->suite->gym_files; /* score.h: how the paper's scripts computed it */
    say("%-28s %8lld %12d %8.2f %8.2f", d->id, (long long)d->transitions, d->count, s->mean,
        s->std);
    if (slip)
        printf(" %10.2f", s->printed_std);
    printf("\n");
    if (e != NULL && slip)
        say("%-28s %8lld %12s %8.2f %8.2f %10.2f\n", "  the paper", (long long)e->paper_transitions,
            "", e->paper_mean, score_true_std(env_find(e->env)->score, e->paper_std), e->paper_std);
    else if (e != NULL)
        say("%-28s %8lld %12s %8.2f %8.2f\n", "  the paper", (long long)e->paper_transitions, "",
            e->paper_mean, e->paper_std);
    if (e != NULL)
        say("%-28s %8lld %12s %8.2f\n", "  difference",
            (long long)(d->transitions - e->paper_transitions), "", s->mean - e->paper_mean);
    if (*d->note != '\0')
        terminal_say(stdout, 2, "", "%s", d->note);
}

static enum status summarise(const char *name, const struct dataset_options *o, bool json)
{
    struct dataset d;
    struct score_summary s;
    TRY(dataset_load(name, o, &d));
    enum status result = dataset_summarise(&d, &s);
    if (result == STATUS_OK && json)
        print_json(&d, (d.entry != NULL ? d.entry : dataset_counterpart(d.id)), &s);
    else if (result == STATUS_OK)
        print_text(&d, (d.entry != NULL ? d.entry : dataset_counterpart(d.id)), &s);
    dataset_free(&d);
    return result;
}

/* All of the paper's that are there. */
static enum status summarise_present(const struct dataset_options *o, bool json)
{
    int found = 0;
    for (int i = 0; i < dataset_count; i++) {
        char path[FILE_PATH];
        if (dataset_locate(dataset_table[i].id, o->folder, path) != STATUS_OK)
            continue;
        TRY(summarise(dataset_table[i].id, o, json));
        fflush(stdout);
        found++;
    }
    if (found == 0)
        return status_fail(STATUS_MISSING,
                           "none of the paper's datasets is in '%s'; fetch or generate some, or "
                           "name a file",
                           dataset_folder(o->folder));
    return STATUS_OK;
}

struct arguments {
    struct dataset_options dataset;
    bool json;
    char **name;
};

static const struct option_row options[] = {
    OPTION_DATA(struct arguments, dataset.folder),
    OPTION_ENV(struct arguments, dataset.env),
    {"json", 0, NULL, NULL, "print one line of JSON per dataset",
     OPTION_FIELD(struct arguments, json)},
    {.name = NULL},
};

static void begin_arguments(void *context)
{
    struct arguments *a = context;
    a->dataset = dataset_defaults();
}

static enum status print_statistics(void *context)
{
    const struct arguments *a = context;
    if (!a->json)
        say("%-28s %8s %12s %8s %8s %10s\n", "normalised returns of", "rows", "trajectories",
            "mean", "sd", "as printed");
    if (*a->name == NULL)
        return summarise_present(&a->dataset, a->json);
    for (char **name = a->name; *name != NULL; name++)
        TRY(summarise(*name, &a->dataset, a->json));
    return STATUS_OK;
}

const struct command data_stats = {
    .name = "stats",
    .summary = "print size, mean and spread of normalised returns, beside the paper's Tables 4-7",
    .operands = "[ID|FILE...]",
    .operand_help = "datasets or files; without any, the paper's datasets that are present",
    COMMAND_OPERAND(struct arguments, name),
    .examples = {{"vitamin data stats hopper-medium-v2", "one dataset against the paper"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .begin = begin_arguments,
    .run = print_statistics,
};
