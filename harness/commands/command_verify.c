#include "harness/commands/command.h"

#include "engine/base/sha256.h"
#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "harness/base/progress.h"
#include "harness/base/terminal.h"
#include "harness/matrix/matrix.h"
#include "harness/sweep/verify_core.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct arguments {
    const char *folder;
    struct record_filter filter;
    struct verify_options options;
    int runs, threads; /* 0 threads: as many as there are */
    long seed;
    bool all;
};

/* 25 iterations: the pretraining, its evaluation and some online iterations. */
/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"matrix",     0,   "LIST", NULL, "only runs of these matrices", FIELD(filter.matrix)},
    {"dataset",    'd', "LIST", NULL, "only these datasets or suites", FIELD(filter.dataset)},
    {"method",     'm', "LIST", NULL, "only these methods", FIELD(filter.method)},
    {"run",        0,   "NAME", NULL, "only this run, a folder below RESULTS, with the BLAS kernels of this process", FIELD(filter.name)},
    {"runs",       'n', "N",    "3",  "how many runs to choose at random", FIELD(runs), .low = 1, .high = INT_MAX},
    {"all",        0,   NULL,   NULL, "verify all of them", FIELD(all)},
    {"iterations", 0,   "N",    "25", "how many iterations to repeat, pretraining blocks included; 0: all", FIELD(options.rows), .high = INT_MAX},
    {"from-checkpoint", 0, NULL, NULL, "start at the run's checkpoint where there is one", FIELD(options.from_checkpoint)},
    {"seed",       's', "N",    "1",  "seed of the random choice", FIELD(seed), .high = 1e18},
    OPTION_THREADS(struct arguments, threads),
    OPTION_DATA(struct arguments, options.data),
    {.name = NULL},
};
/* clang-format on */

/* --- which runs ------------------------------------------------------------------------------- */

struct lot {
    char number[SHA256_HEX];
    int index;
};

static int by_number(const void *a, const void *b)
{
    return strcmp(((const struct lot *)a)->number, ((const struct lot *)b)->number);
}

/* The runs in random order: each has a number from the seed and its name, so that the choice cannot
 * be made to fit a curve, and further runs do not change the others' numbers. For free(); NULL: no
 * memory. */
static struct lot *number_runs(const struct record_list *list, long seed)
{
    struct lot *lot = calloc((size_t)list->count, sizeof *lot);
    for (int i = 0; lot != NULL && i < list->count; i++) {
        char text[FILE_PATH + 32];
        int n = snprintf(text, sizeof text, "%ld %s", seed, list->record[i].name);
        sha256_of(text, (size_t)n, lot[i].number);
        lot[i].index = i;
    }
    if (lot != NULL)
        qsort(lot, (size_t)list->count, sizeof *lot, by_number);
    return lot;
}

/* --- verdicts --------------------------------------------------------------------------------- */

enum { INDENT = 11 }; /* behind verdicts */

static void print_verdict(const struct record *r, const struct verify_result *v)
{
    char text[sizeof v->text], label[16];
    progress_clear();
    if (v->verdict == VERIFY_SAME && v->first_row > 0)
        snprintf(text, sizeof text,
                 "%d of %d iterations from the checkpoint at %d, bit-identical (%.1f s)", v->rows,
                 r->look.rows, v->first_row, v->seconds);
    else if (v->verdict == VERIFY_SAME)
        snprintf(text, sizeof text,
                 "%d of %d iterations and %d of %d evaluations from the start, bit-identical "
                 "(%.1f s)",
                 v->rows, r->look.rows, v->evaluations, r->look.evaluations, v->seconds);
    else
        snprintf(text, sizeof text, "%s", v->text);
    snprintf(label, sizeof label, "%s", verify_words[v->verdict]);
    terminal_say(stdout, INDENT, label, "%s: %s", r->name, text);
    if (v->circumstances[0] != '\0')
        terminal_say(stdout, INDENT, "", "%s: %s",
                     v->verdict == VERIFY_SAME        ? "although"
                     : v->verdict == VERIFY_DIFFERENT ? "likely because"
                                                      : "and",
                     v->circumstances);
    else if (v->verdict == VERIFY_DIFFERENT)
        terminal_say(stdout, INDENT, "",
                     "code, compiler, libraries, processor and dataset are those recorded: the "
                     "file was changed, or was not made by this code");
    fflush(stdout);
}

/* On a terminal, what is under way: one run may take minutes. */
static void show_run(int i, int runs, const struct record *r)
{
    char what[64], line[FILE_PATH];
    snprintf(what, sizeof what, "run %d of %d, %.0f s recorded", i + 1, runs, r->look.seconds);
    progress_bar(r->name, (double)i / runs, what, progress_columns(), terminal_has_utf8(), line,
                 sizeof line);
    progress_put(line);
}

static enum status verify_runs(const struct record_list *list, const struct arguments *a)
{
    int count[VERIFY_UNCHECKED + 1] = {0}, chosen = a->all ? list->count : a->runs;
    struct lot *lot = number_runs(list, a->seed);
    if (lot == NULL)
        return status_fail(STATUS_MEMORY, "no memory to choose runs");
    enum status result = STATUS_OK;
    for (int i = 0; i < chosen && i < list->count && result == STATUS_OK; i++) {
        const struct record *r = &list->record[lot[i].index];
        struct verify_result v;
        show_run(i, chosen < list->count ? chosen : list->count, r);
        if (a->filter.name == NULL && verify_wants_core(r)) {
            progress_clear(); /* the other program shows its own */
            result = verify_with_core(r, &a->options, &v.verdict);
        } else {
            result = verify_record(r, &a->options, &v);
            if (result == STATUS_OK)
                print_verdict(r, &v);
        }
        if (result == STATUS_OK)
            count[v.verdict]++;
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

static enum status verify_chosen(void *context)
{
    struct arguments *a = context;
    struct record_list list;
    threads_ask(a->threads);
    TRY(record_read(a->folder, &list));
    a->options.results = a->folder;
    a->options.method = a->filter.method;
    a->options.stop = stop_catch(); /* the scratch folder is to be removed */
    enum status result = record_select(&list, &a->filter);
    if (result == STATUS_OK)
        result = verify_runs(&list, a);
    if (result == STATUS_OK)
        result = record_all_readable(&list); /* also of those that were not chosen */
    record_free(&list);
    return result;
}

const struct command command_verify = {
    .name = "verify",
    .summary = "repeat recorded runs and compare every bit with the record",
    .description =
        "Chooses recorded runs at random, repeats iterations of each in a scratch folder under "
        "TMPDIR, and compares every bit. Whatever paths a curve holds, only datasets in the data "
        "folder and guides below RESULTS are opened.\n\n"
        "Exit status: 0 all chosen runs are the same, 1 one differs or cannot be checked.",
    .operands = "[RESULTS]",
    .operand_help = "a folder of runs",
    .operand_standard = MATRIX_RESULTS,
    COMMAND_OPERAND(struct arguments, folder),
    .examples = {{"vitamin verify", "a sample of three runs"},
                 {"vitamin verify --all --iterations 0 --matrix smoke", "every bit of a matrix"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = verify_chosen,
};
