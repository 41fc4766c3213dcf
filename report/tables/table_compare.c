/* The paper's numbers beside ours: cell by cell, and in sum. */
#include "report/results/registry.h"
#include "report/results/statistics.h"
#include "report/stats/rank.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DATASETS = 256 };

/* --- cell by cell ----------------------------------------------------------------------------- */

static enum status add_cell_row(const struct report *r, int method, int dataset, bool first,
                                bool rule, struct table *t)
{
    const struct cell_statistics *c;
    TRY(statistics_cell(r, method, dataset, &c));
    struct paper_cell p = c->printed;
    struct agreed a = c->agreed;
    struct interval i = c->interval;
    int n = c->runs;
    if (isnan(p.final))
        return STATUS_OK;

    char name[RESULTS_TITLE], x[48], y[48], z[48];
    table_dataset_name(r, dataset, name, sizeof name);
    int row = table_row(t, rule), digits = r->digits;
    table_put(t, row, 0, "%s", first ? name : "");
    table_put(t, row, 1, "%s", r->results.method[method].label);
    table_put(t, row, 2, "%s(%s)", table_number(p.final, digits, false, x, sizeof x),
              table_number(p.increase, digits, true, y, sizeof y));
    if (n == 0) {
        table_put(t, row, 3, "\u2014");
    } else if (isnan(c->increase)) {
        table_put(t, row, 3, "%s", table_number(a.mean, digits, false, x, sizeof x));
    } else {
        table_put(t, row, 3, "%s(%s)", table_number(a.mean, digits, false, x, sizeof x),
                  table_number(c->increase, digits, true, y, sizeof y));
    }
    if (interval_known(i))
        table_put(t, row, 4, "[%s, %s]", table_number(i.low, 1, false, x, sizeof x),
                  table_number(i.high, 1, false, y, sizeof y));
    else
        table_put(t, row, 4, n > 0 ? "n/a" : "");
    table_put(t, row, 5, "%s", n > 0 ? table_number(a.difference, digits, true, z, sizeof z) : "");
    table_put(t, row, 6, "%d", n);
    table_put(t, row, 7, "%s", agreement_word(a.verdict));

    text_csv(&t->csv, r->results.dataset[dataset].id);
    text_csv(&t->csv, r->results.method[method].id);
    text_csv_number(&t->csv, p.final);
    text_csv_number(&t->csv, p.increase);
    text_csv_integer(&t->csv, n);
    text_csv_number(&t->csv, a.mean);
    text_csv_number(&t->csv, i.low);
    text_csv_number(&t->csv, i.high);
    text_csv_number(&t->csv, c->increase);
    text_csv_number(&t->csv, a.difference);
    text_csv_number(&t->csv, a.w);
    text_csv(&t->csv, agreement_word(a.verdict));
    text_csv_end(&t->csv);
    return STATUS_OK;
}

/* "Preset paper, size tiny, 10 evaluation episodes": what stands beside every verdict. Taken from
 * the runs of these datasets; what differs among them is listed. */
static void describe_runs(const struct report *r, const int *datasets, int count, struct text *out)
{
    static const struct {
        const char *words, *attribute, *key; /* attribute of the curve, or key of its config */
    } facts[] = {{"preset", "preset", NULL},
                 {"size", "size", NULL},
                 {"data", "dataset_kind", NULL},
                 {"evaluation episodes", NULL, "eval_episodes"},
                 {"budget", "budget", NULL}};
    for (size_t f = 0; f < sizeof facts / sizeof facts[0]; f++) {
        char seen[RESULTS_NOTE] = "";
        for (int i = 0; i < r->results.runs; i++) {
            const struct results_run *run = &r->results.run[i];
            char value[CURVE_VALUE];
            bool here = false;
            for (int d = 0; d < count; d++)
                here = here || datasets[d] == run->dataset;
            if (!here || run->curve == NULL || !run->used)
                continue;
            if (facts[f].key != NULL)
                results_config(run, facts[f].key, value, sizeof value);
            else
                snprintf(value, sizeof value, "%s", curve_get(run->curve, facts[f].attribute));
            size_t used = strlen(seen);
            if (value[0] != '\0' && strstr(seen, value) == NULL)
                snprintf(seen + used, sizeof seen - used, "%s%s", used > 0 ? " / " : "", value);
        }
        if (seen[0] != '\0')
            text_add(out, "%c%s %s. ", facts[f].words[0] - 'a' + 'A', facts[f].words + 1, seen);
    }
}

enum status table_compare(const struct report *r, const char *suite, struct table *t)
{
    const struct results *x = &r->results;
    int datasets[MOST_DATASETS], own;
    int count = table_rows_of(r, suite, MOST_DATASETS, datasets, &own);
    snprintf(t->title, sizeof t->title, "%s: the paper's numbers and ours",
             registry_suites[registry_find_suite(suite)].title);
    static const char *const titles[] = {"Dataset",       "Method",     "Paper", "Ours",
                                         "95 % interval", "Difference", "Seeds", "Verdict"};
    for (int i = 0; i < 8; i++)
        table_column(t, titles[i], i < 2 || i == 7, 0);
    text_add(&t->csv, "dataset,method,paper_final,paper_increase,runs,final,low,high,increase,"
                      "difference,w,verdict\n");
    int before = 0; /* where the rows of the dataset above begin */
    for (int i = 0; i < count; i++) {
        int first = t->rows;
        for (int m = 0; m < x->methods; m++) {
            /* A line between datasets, unless each has one row only. */
            bool top = t->rows == first;
            TRY(add_cell_row(r, m, datasets[i], top, top && first - before > 1, t));
        }
        before = first;
    }
    char words[256];
    report_describe_intervals(r, words, sizeof words);
    text_add(&t->caption, "final(increase). Verdict: ");
    for (int i = 0; i < AGREEMENT_COUNT; i++)
        text_add(&t->caption, "%s %s: %s", i > 0 ? ";" : "", agreement_word((enum agreement)i),
                 agreement_meaning((enum agreement)i));
    text_add(&t->caption,
             "; w = t(0.975, n-1) s sqrt(1/n + 1/5), the paper printing means of 5 "
             "runs without a spread. About 1 in 20 agreeing cells falls outside by chance. %s. ",
             words);
    describe_runs(r, datasets, count, &t->caption);
    table_caption_rules(r, &t->caption);
    return STATUS_OK;
}

/* --- in sum ----------------------------------------------------------------------------------- */

struct tally {
    int of[AGREEMENT_COUNT], cells;
    int best_same, best_asked; /* datasets whose best method is the paper's */
    double spearman;           /* of method means with the paper's */
    int methods;               /* behind it */
};

/* Index of the larger finite value, or -1. */
static int best_of(const double *x, int n)
{
    int best = -1;
    for (int i = 0; i < n; i++) {
        if (!isnan(x[i]) && (best < 0 || x[i] > x[best]))
            best = i;
    }
    return best;
}

/* A method takes part in the correlation when it has all datasets of the suite that were run. */
static enum status tally_suite(const struct report *r, const int *datasets, int count,
                               struct tally *out)
{
    const struct results *x = &r->results;
    double ours[PAPER_METHODS] = {0}, theirs[PAPER_METHODS] = {0};
    int column[PAPER_METHODS], methods = 0;
    for (int m = 0; m < x->methods && methods < PAPER_METHODS; m++) {
        if (x->method[m].main)
            column[methods++] = m;
    }
    for (int i = 0; i < count; i++) {
        double mine[PAPER_METHODS], printed[PAPER_METHODS];
        for (int m = 0; m < methods; m++) {
            const struct cell_statistics *c;
            TRY(statistics_cell(r, column[m], datasets[i], &c));
            if (!isnan(c->printed.final)) {
                out->of[c->agreed.verdict]++;
                out->cells++;
            }
            mine[m] = c->agreed.mean;
            printed[m] = isnan(mine[m]) ? (double)NAN : c->printed.final;
            ours[m] += mine[m];
            theirs[m] += printed[m];
        }
        int compared = 0;
        for (int m = 0; m < methods; m++)
            compared += !isnan(mine[m]);
        if (compared > 1) {
            out->best_asked++;
            out->best_same += best_of(mine, methods) == best_of(printed, methods);
        }
    }
    for (int m = 0; m < methods; m++) {
        if (isnan(ours[m]))
            continue;
        ours[out->methods] = ours[m];
        theirs[out->methods++] = theirs[m];
    }
    out->spearman = rank_spearman(ours, theirs, out->methods);
    return STATUS_OK;
}

static void agreement_row(const char *suite, const struct tally *a, struct table *t)
{
    int row = table_row(t, false), k = 0;
    table_put(t, row, k++, "%s", suite);
    table_put(t, row, k++, "%d", a->cells);
    for (int i = 0; i < AGREEMENT_COUNT; i++)
        table_put(t, row, k++, "%d", a->of[i]);
    table_put(t, row, k++, "%d of %d", a->best_same, a->best_asked);
    if (isnan(a->spearman))
        table_put(t, row, k, "n/a");
    else
        table_put(t, row, k, "%.2f (%d)", a->spearman, a->methods);
    text_csv(&t->csv, suite);
    text_csv_integer(&t->csv, a->cells);
    for (int i = 0; i < AGREEMENT_COUNT; i++)
        text_csv_integer(&t->csv, a->of[i]);
    text_csv_integer(&t->csv, a->best_same);
    text_csv_integer(&t->csv, a->best_asked);
    text_csv_number(&t->csv, a->spearman);
    text_csv_end(&t->csv);
}

enum status table_agreement(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    table_column(t, "Suite", true, 0);
    table_column(t, "Cells", false, 0);
    text_add(&t->csv, "suite,cells");
    for (int i = 0; i < AGREEMENT_COUNT; i++) {
        const char *word = i == AGREES_NOT_RUN ? "not run" : agreement_word((enum agreement)i);
        table_column(t, word, false, 0);
        text_add(&t->csv, ",%s", i == AGREES_NOT_RUN ? "not_run" : word);
    }
    table_column(t, "Same best", false, 0);
    table_column(t, "Spearman (methods)", false, 0);
    text_add(&t->csv, ",same_best,same_best_asked,spearman\n");
    for (int s = 0; s < registry_suite_count; s++) {
        int datasets[MOST_DATASETS], own;
        int count = table_rows_of(r, registry_suites[s].id, MOST_DATASETS, datasets, &own);
        struct tally tally = {.spearman = (double)NAN};
        if (registry_suites[s].parent[0] != '\0' || count == 0)
            continue;
        TRY(tally_suite(r, datasets, count, &tally));
        if (tally.cells > tally.of[AGREES_NOT_RUN])
            agreement_row(registry_suites[s].title, &tally, t);
    }
    text_add(&t->caption,
             "Cells with a printed number, by verdict. Same best: datasets where our "
             "best method is the paper's best among those run. Spearman: rank correlation of the "
             "methods' means with the printed ones, over the datasets run.");
    return STATUS_OK;
}
