#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "harness/base/argument.h"
#include "harness/commands/command_data.h"
#include "suites/dataset.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* The paper's row to compare with: the dataset's own, or that of the one a development file stands
 * for ("door-human-dev"). */
static const struct dataset_entry *counterpart(const struct dataset *d)
{
    size_t n = strlen(d->id);
    if (d->entry != NULL || n < 4 || strcmp(d->id + n - 4, "-dev") != 0)
        return d->entry;
    for (int i = 0; i < dataset_count; i++) {
        const char *id = dataset_table[i].id;
        if (strncmp(id, d->id, n - 4) == 0 && id[n - 4] == '-' && id[n - 3] == 'v')
            return &dataset_table[i];
    }
    return NULL;
}

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
    say("%-29s %9lld %12d %9.2f %9.2f", d->id, (long long)d->transitions, d->count, s->mean,
        s->std);
    if (slip)
        printf(" %9.2f", s->printed_std);
    printf("\n");
    if (e != NULL && slip)
        say("%-29s %9lld %12s %9.2f %9.2f %9.2f\n", "  the paper", (long long)e->paper_transitions,
            "", e->paper_mean, score_true_std(env_find(e->env)->score, e->paper_std), e->paper_std);
    else if (e != NULL)
        say("%-29s %9lld %12s %9.2f %9.2f\n", "  the paper", (long long)e->paper_transitions, "",
            e->paper_mean, e->paper_std);
    if (e != NULL)
        say("%-29s %9lld %12s %9.2f\n", "  difference",
            (long long)(d->transitions - e->paper_transitions), "", s->mean - e->paper_mean);
    if (*d->note != '\0')
        say("  %s\n", d->note);
}

static enum status one(const char *name, const struct dataset_options *o, bool json)
{
    struct dataset d;
    struct score_summary s;
    TRY(dataset_load(name, o, &d));
    enum status result = dataset_summarise(&d, &s);
    if (result == STATUS_OK && json)
        print_json(&d, counterpart(&d), &s);
    else if (result == STATUS_OK)
        print_text(&d, counterpart(&d), &s);
    dataset_free(&d);
    return result;
}

/* All of the paper's that are there. */
static enum status all(const struct dataset_options *o, bool json)
{
    int found = 0;
    for (int i = 0; i < dataset_count; i++) {
        char path[FILE_PATH];
        if (dataset_locate(dataset_table[i].id, o->folder, path) != STATUS_OK)
            continue;
        TRY(one(dataset_table[i].id, o, json));
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

static enum status run(int argc, char **argv)
{
    struct dataset_options o = dataset_defaults();
    bool json = false;
    int rest;
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"data", .text = &o.folder},
                                                {"env", .text = &o.env},
                                                {"json", .flag = &json},
                                                {.name = NULL}},
                      &rest));
    if (!json)
        say("%-29s %9s %12s %9s %9s %9s\n", "normalised returns of", "rows", "trajectories", "mean",
            "sd", "as printed");
    if (rest == argc)
        return all(&o, json);
    for (int i = rest; i < argc; i++)
        TRY(one(argv[i], &o, json));
    return STATUS_OK;
}

const struct command data_stats = {
    .name = "stats",
    .usage = "[ID|FILE ...] [--data FOLDER] [--env ENVIRONMENT] [--json]",
    .help = "size, mean and spread of normalised returns, beside the paper's Tables 4-7",
    .run = run,
};
