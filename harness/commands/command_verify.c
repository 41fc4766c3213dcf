#include "harness/commands/command_verify.h"

#include "engine/base/say.h"
#include "engine/base/sha256.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/base/argument.h"
#include "harness/matrix/matrix.h"
#include "harness/sweep/verify.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct arguments {
    const char *folder;
    struct record_filter filter;
    struct verify_options options;
    int runs, threads; /* 0 threads: as many as there are */
    long seed;
    bool all;
};

static enum status parse(int argc, char **argv, struct arguments *a)
{
    struct record_filter *f = &a->filter;
    struct verify_options *o = &a->options;
    int rest;
    /* 25: the pretraining, its evaluation and some online iterations */
    *a = (struct arguments){.folder = MATRIX_RESULTS, .runs = 3, .seed = 1, .options.rows = 25};
    TRY(argument_read(
        argc, argv,
        (const struct argument[]){{"matrix", .text = &f->matrix},
                                  {"dataset", .text = &f->dataset},
                                  {"method", .text = &f->method},
                                  {"runs", .whole = &a->runs, .low = 1, .high = INT_MAX},
                                  {"iterations", .whole = &o->rows, .high = INT_MAX},
                                  {"seed", .integer = &a->seed, .high = 1e18},
                                  {"threads", .whole = &a->threads, .high = 4096},
                                  {"data", .text = &o->data},
                                  {"from-checkpoint", .flag = &o->from_checkpoint},
                                  {"all", .flag = &a->all},
                                  {.name = NULL}},
        &rest));
    threads_set(a->threads);
    return argument_last(argc, argv, rest, &a->folder);
}

/* --- which runs ------------------------------------------------------------------------------- */

struct lot {
    char draw[SHA256_HEX];
    int index;
};

static int by_draw(const void *a, const void *b)
{
    return strcmp(((const struct lot *)a)->draw, ((const struct lot *)b)->draw);
}

/* A lot for each run from the seed and its name: the choice cannot be made to fit a curve, and
 * further runs do not change what the others draw. For free(); NULL: no memory. */
static struct lot *draw_lots(const struct record_list *list, long seed)
{
    struct lot *lot = calloc((size_t)list->count, sizeof *lot);
    for (int i = 0; lot != NULL && i < list->count; i++) {
        char text[FILE_PATH + 32];
        int n = snprintf(text, sizeof text, "%ld %s", seed, list->record[i].name);
        sha256_of(text, (size_t)n, lot[i].draw);
        lot[i].index = i;
    }
    if (lot != NULL)
        qsort(lot, (size_t)list->count, sizeof *lot, by_draw);
    return lot;
}

/* --- verdicts --------------------------------------------------------------------------------- */

static void print_verdict(const struct record *r, const struct verify_result *v)
{
    static const char *const words[] = {
        [VERIFY_SAME] = "same", [VERIFY_DIFFERENT] = "DIFFERENT", [VERIFY_UNCHECKED] = "UNCHECKED"};
    say("%-9s  %s: ", words[v->verdict], r->name);
    if (v->verdict == VERIFY_SAME && v->first_row > 0)
        printf("%d of %d iterations from the checkpoint at %d, equal in every bit (%.1f s)\n",
               v->rows, r->look.rows, v->first_row, v->seconds);
    else if (v->verdict == VERIFY_SAME)
        printf("%d of %d iterations and %d of %d evaluations from the start, equal in every bit "
               "(%.1f s)\n",
               v->rows, r->look.rows, v->evaluations, r->look.evaluations, v->seconds);
    else
        say("%s\n", v->text);
    if (v->circumstances[0] != '\0')
        say("           %s: %s\n",
            v->verdict == VERIFY_SAME        ? "although"
            : v->verdict == VERIFY_DIFFERENT ? "likely because"
                                             : "and",
            v->circumstances);
    else if (v->verdict == VERIFY_DIFFERENT)
        printf("           code, compiler, libraries, processor and dataset are those of the "
               "record: the file was changed, or was not made by this code\n");
    fflush(stdout);
}

static enum status verify_runs(const struct record_list *list, const struct arguments *a)
{
    int count[VERIFY_UNCHECKED + 1] = {0}, chosen = a->all ? list->count : a->runs;
    struct lot *lot = draw_lots(list, a->seed);
    if (lot == NULL)
        return status_fail(STATUS_MEMORY, "no memory to draw lots");
    enum status result = STATUS_OK;
    for (int i = 0; i < chosen && i < list->count && result == STATUS_OK; i++) {
        const struct record *r = &list->record[lot[i].index];
        struct verify_result v;
        result = verify_record(r, &a->options, &v);
        if (result == STATUS_OK) {
            print_verdict(r, &v);
            count[v.verdict]++;
        }
    }
    free(lot);
    TRY(result);
    printf("%d of %d runs: %d same, %d different, %d unchecked\n",
           chosen < list->count ? chosen : list->count, list->count, count[VERIFY_SAME],
           count[VERIFY_DIFFERENT], count[VERIFY_UNCHECKED]);
    if (count[VERIFY_DIFFERENT] > 0)
        return status_fail(STATUS_FORMAT, "%d run%s differ%s from what this code computes",
                           count[VERIFY_DIFFERENT], count[VERIFY_DIFFERENT] == 1 ? "" : "s",
                           count[VERIFY_DIFFERENT] == 1 ? "s" : "");
    if (count[VERIFY_UNCHECKED] > 0)
        return status_fail(STATUS_MISSING, "%d run%s could not be checked", count[VERIFY_UNCHECKED],
                           count[VERIFY_UNCHECKED] == 1 ? "" : "s");
    return STATUS_OK;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    struct record_list list;
    TRY(parse(argc, argv, &a));
    TRY(record_read(a.folder, &list));
    a.options.results = a.folder;
    a.options.method = a.filter.method;
    a.options.stop = stop_catch(); /* the scratch folder is to be removed */
    enum status result = record_select(&list, &a.filter);
    if (result == STATUS_OK)
        result = verify_runs(&list, &a);
    if (result == STATUS_OK)
        result = record_all_readable(&list); /* also of what the lot did not choose */
    record_free(&list);
    return result;
}

const struct command command_verify = {
    .name = "verify",
    .usage =
        "[RESULTS] [--runs N | --all] [--iterations K] [--seed S] [--threads T]\n"
        "        [--from-checkpoint] [--data FOLDER] [--matrix M] [--dataset D] [--method M]\n\n"
        "Opens the datasets below --data (or $VITAMIN_DATA, ./data) and the guides below RESULTS\n"
        "only, whatever paths a curve holds.\n\n"
        "draws N recorded runs (3) by lot, does K iterations of each again (25; pretraining\n"
        "blocks count; 0: to the end) in a scratch folder under TMPDIR, and compares every bit.\n"
        "exit status: 0 all chosen runs are the same, 1 one differs or cannot be checked",
    .help = "do recorded runs again, compare bits: do the curves come from this code?",
    .run = run,
};
