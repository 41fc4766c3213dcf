/* Tables 1, 2, 3, 10, 11 and their like: datasets x methods, final(+increase). */
#include "report/results/registry.h"
#include "report/results/statistics.h"
#include "report/stats/sum.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_DATASETS = 256 };

/* The rows and columns of one table. */
struct grid {
    int datasets[MOST_DATASETS], rows, own;
    int *method, columns;
    bool rewards; /* not scores */
};

/* Is the suite a part of that one: antmaze-large of antmaze, both read where they usually are or
 * both at the same other budget? */
static bool is_part(const char *id, const char *suite)
{
    char base[RESULTS_ID], whole[2 * RESULTS_ID];
    size_t length;
    results_at(id, &length);
    snprintf(base, sizeof base, "%.*s", (int)length, id);
    int known = registry_find_suite(base);
    const char *parent = known >= 0 ? registry_suites[known].parent : "";
    snprintf(whole, sizeof whole, "%s%s", parent, id + length);
    return parent[0] != '\0' && strcmp(whole, suite) == 0;
}

int table_rows_of(const struct report *r, const char *suite, int room, int *out, int *own)
{
    const struct results *x = &r->results;
    int count = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int i = 0; i < x->datasets; i++) {
            const char *id = x->suite[x->dataset[i].suite].id;
            bool mine = strcmp(id, suite) == 0, part = is_part(id, suite);
            if ((pass == 0 ? mine : part) && count < room)
                out[count++] = i;
        }
        if (pass == 0)
            *own = count;
    }
    return count;
}

void table_dataset_name(const struct report *r, int dataset, char *out, size_t size)
{
    const struct results_dataset *d = &r->results.dataset[dataset];
    const char *name = d->id;
    if (d->rank >= 0)
        name = r->abbreviate ? registry_datasets(NULL)[d->rank].abbrev : d->title;
    snprintf(out, size, "%s", name);
}

void table_caption_rules(const struct report *r, struct text *caption)
{
    char rules[RESULTS_NOTE];
    results_describe(&r->results, rules, sizeof rules);
    text_add(caption, "%c%s.", rules[0] - 'a' + 'A', rules + 1);
    if (r->results.excluded_by[0] != '\0')
        text_add(caption, " Only %s.", r->results.excluded_by);
}

void table_caption_intervals(const struct report *r, struct text *caption)
{
    char words[256];
    report_describe_intervals(r, words, sizeof words);
    text_add(caption, "%s. ", words);
    table_caption_rules(r, caption);
}

/* --- numbers ---------------------------------------------------------------------------------- */

static int seeds_of(const struct report *r, int dataset)
{
    return r->results.suite[r->results.dataset[dataset].suite].seeds;
}

/* What one cell shows. Of an average row: over the datasets listed, NaN unless all have scores. */
struct entry {
    double final, initial, increase, sd;
    struct interval interval;
    int n;       /* fewest used runs of any dataset */
    int planned; /* seeds of the suite */
    int diverged;
};

/* The increase is averaged over the runs that have an initial score. */
static enum status compute_entry(const struct report *r, int method, const int *datasets, int count,
                                 struct entry *e)
{
    *e = (struct entry){.n = INT32_MAX, .sd = (double)NAN};
    struct sum final = {0}, initial = {0}, increase = {0};
    const struct cell_statistics *c = NULL;
    for (int i = 0; i < count; i++) {
        TRY(statistics_cell(r, method, datasets[i], &c));
        sum_add(&final, c->final);
        sum_add(&initial, c->initial);
        sum_add(&increase, c->increase);
        e->n = c->runs < e->n ? c->runs : e->n;
        e->diverged += results_count(&r->results, method, datasets[i]).of[RUN_DIVERGED];
        e->planned = seeds_of(r, datasets[i]);
    }
    e->final = sum_total(&final) / count;
    e->initial = sum_total(&initial) / count;
    e->increase = sum_total(&increase) / count;
    e->interval = (struct interval){e->final, (double)NAN, (double)NAN, e->n};
    if (count == 1)
        e->sd = c->sd;
    if (count == 1 && !isnan(e->final))
        e->interval = c->interval;
    else if (!isnan(e->final))
        TRY(report_interval(r, method, datasets, count, &e->interval));
    return STATUS_OK;
}

/* --- text ------------------------------------------------------------------------------------- */

static void format_entry(const struct report *r, const struct entry *e, bool average,
                         struct table_cell *c)
{
    char a[48], b[48], d[48];
    int digits = r->digits;
    if (isnan(e->final)) {
        snprintf(c->text, sizeof c->text, "\u2014");
        return;
    }
    table_number(e->final, digits, false, a, sizeof a);
    switch (r->cell) {
    case CELL_FINAL_INCREASE:
        if (isnan(e->increase))
            snprintf(c->text, sizeof c->text, "%s", a);
        else
            snprintf(c->text, sizeof c->text, "%s(%s)", a,
                     table_number(e->increase, digits, true, b, sizeof b));
        break;
    case CELL_MEAN_SD:
        if (average || isnan(e->sd))
            snprintf(c->text, sizeof c->text, "%s", a);
        else
            snprintf(c->text, sizeof c->text, "%s \u00b1 %s", a,
                     table_number(e->sd, digits, false, b, sizeof b));
        break;
    case CELL_MEAN_CI:
        if (interval_known(e->interval))
            snprintf(c->text, sizeof c->text, "%s [%s, %s]", a,
                     table_number(e->interval.low, digits, false, b, sizeof b),
                     table_number(e->interval.high, digits, false, d, sizeof d));
        else
            snprintf(c->text, sizeof c->text, "%s [n/a]", a);
        break;
    case CELL_INITIAL_FINAL:
        if (isnan(e->initial))
            snprintf(c->text, sizeof c->text, "%s", a);
        else
            snprintf(c->text, sizeof c->text, "%s \u2192 %s",
                     table_number(e->initial, digits, false, b, sizeof b), a);
        break;
    }
    if (e->diverged > 0)
        snprintf(c->mark, sizeof c->mark, "\u2020");
    if (!average && e->n < e->planned)
        snprintf(c->mark + strlen(c->mark), sizeof c->mark - strlen(c->mark), "%d", e->n);
}

/* Equal as printed: the paper's rule for ties. */
static bool prints_equal(const struct report *r, double x, double y)
{
    char a[48], b[48];
    return strcmp(table_number(x, r->digits, false, a, sizeof a),
                  table_number(y, r->digits, false, b, sizeof b)) == 0;
}

static bool is_top(const struct report *r, const struct entry *e, const struct entry *best)
{
    if (r->best_by_interval && interval_known(e->interval) && interval_known(best->interval) &&
        e->interval.high >= best->interval.low)
        return true;
    return prints_equal(r, e->final, best->final);
}

/* Bold the best of the row, underline what is within 90 % of a positive best. Where all are equal
 * none is best. */
static void mark_best(const struct report *r, const struct entry *e, int columns, struct table *t,
                      int row)
{
    int best = -1;
    for (int m = 0; m < columns; m++) {
        if (!isnan(e[m].final) && (best < 0 || e[m].final > e[best].final))
            best = m;
    }
    bool differ = false;
    for (int m = 0; m < columns && best >= 0; m++)
        differ |= !isnan(e[m].final) && !is_top(r, &e[m], &e[best]);
    for (int m = 0; m < columns && differ; m++) {
        if (isnan(e[m].final))
            continue;
        struct table_cell *c = table_cell(t, row, m + 1);
        if (is_top(r, &e[m], &e[best]))
            c->face = FACE_BOLD;
        else if (e[best].final > 0 && e[m].final > 0.9 * e[best].final)
            c->face = FACE_UNDERLINE;
    }
}

static void add_csv_head(struct table *t)
{
    text_add(&t->csv, "row,method,runs,diverged,final,sd,initial,increase,low,high\n");
}

static void add_csv_line(struct table *t, const char *row, const char *method,
                         const struct entry *e)
{
    text_csv(&t->csv, row);
    text_csv(&t->csv, method);
    text_csv_integer(&t->csv, e->n);
    text_csv_integer(&t->csv, e->diverged);
    text_csv_number(&t->csv, e->final);
    text_csv_number(&t->csv, e->sd);
    text_csv_number(&t->csv, e->initial);
    text_csv_number(&t->csv, e->increase);
    text_csv_number(&t->csv, e->interval.low);
    text_csv_number(&t->csv, e->interval.high);
    text_csv_end(&t->csv);
}

/* One line of the table: a dataset, or an average over several. */
static enum status add_row(const struct report *r, const struct grid *g, struct table *t,
                           const char *name, const char *key, const int *datasets, int count,
                           bool rule, struct entry *e)
{
    bool average = strncmp(key, "average", 7) == 0;
    int row = table_row(t, rule);
    table_put(t, row, 0, "%s", name);
    for (int k = 0; k < g->columns; k++) {
        TRY(compute_entry(r, g->method[k], datasets, count, &e[k]));
        format_entry(r, &e[k], average, table_cell(t, row, k + 1));
        add_csv_line(t, key, r->results.method[g->method[k]].id, &e[k]);
    }
    mark_best(r, e, g->columns, t, row);
    return STATUS_OK;
}

/* --- the table -------------------------------------------------------------------------------- */

static void write_caption(const struct report *r, const struct grid *g, struct table *t)
{
    bool finetuning = r->results.finetuning;
    const char *const forms[] = {
        finetuning ? "final(increase by online finetuning)" : "final(increase since step 0)",
        "mean \u00b1 standard deviation over seeds", "mean [95 % interval]",
        finetuning ? "before \u2192 after online finetuning" : "at step 0 \u2192 final"};
    int seeds = seeds_of(r, g->datasets[0]);
    text_add(&t->caption, "%s, mean over up to %d seed%s: %s. ",
             g->rewards ? "Mean reward of the last rollouts" : report_score(r), seeds,
             seeds == 1 ? "" : "s", forms[r->cell]);
    text_add(&t->caption, "%s, underlined: above 90 %% of it. ",
             r->best_by_interval ? "Bold: the best mean and all whose interval overlaps its"
                                 : "Bold: best mean of the row");
    if (r->cell == CELL_MEAN_SD)
        text_add(&t->caption, "The spread is over seeds (divisor n%s), not a standard error. ",
                 r->sample_sd ? "-1" : "");
    if (r->cell == CELL_MEAN_CI || r->best_by_interval) {
        char words[256];
        report_describe_intervals(r, words, sizeof words);
        text_add(&t->caption, "Intervals: %s. ", words);
    }
    int diverged = 0;
    bool fewer = false, none = false;
    for (int k = 0; k < g->columns; k++) {
        for (int i = 0; i < g->rows; i++) {
            struct results_count c = results_count(&r->results, g->method[k], g->datasets[i]);
            diverged += c.of[RUN_DIVERGED];
            fewer = fewer || (c.used > 0 && c.used < seeds_of(r, g->datasets[i]));
            none = none || c.used == 0;
        }
    }
    if (diverged > 0)
        text_add(&t->caption, "\u2020: with diverged runs (%d in all). ", diverged);
    if (fewer)
        text_add(&t->caption, "Superscript: number of seeds, where fewer. ");
    if (none)
        text_add(&t->caption, "\u2014: no finished run; an average needs all its rows. ");
    char budgets[RESULTS_NOTE];
    bool apart = false; /* are runs of another budget in another table? */
    for (int i = 0; i < r->results.datasets; i++)
        apart |= r->results.dataset[i].at > 0;
    int several = results_describe_budgets(&r->results, g->datasets, g->rows, budgets,
                                           sizeof budgets);
    if (!g->rewards && (apart || several > 1))
        text_add(&t->caption, "Read at %s. ", budgets);
    table_caption_rules(r, &t->caption);
}

static bool same_group(const struct results_dataset *a, const struct results_dataset *b)
{
    /* Lines between environments; the mazes of one suite stay together. */
    return strcmp(a->env, b->env) == 0 || a->env[0] == '\0' || strncmp(a->env, "antmaze", 7) == 0 ||
           strncmp(a->env, "maze2d", 6) == 0;
}

static enum status fill_rows(const struct report *r, const struct grid *g, struct table *t,
                             struct entry *e)
{
    const struct results *x = &r->results;
    const int *datasets = g->datasets;
    for (int i = 0; i < g->rows; i++) {
        char name[RESULTS_TITLE];
        table_dataset_name(r, datasets[i], name, sizeof name);
        const struct results_dataset *d = &x->dataset[datasets[i]];
        bool rule = i > 0 && !same_group(&x->dataset[datasets[i - 1]], d);
        TRY(add_row(r, g, t, name, d->id, &datasets[i], 1, rule, e));
    }
    if (g->own > 0 && g->own < g->rows) {
        TRY(add_row(r, g, t, "Average (umaze, medium)", "average-umaze-medium", datasets, g->own,
                    true, e));
        return add_row(r, g, t, "Average (all)", "average", datasets, g->rows, false, e);
    }
    return g->rows > 1 ? add_row(r, g, t, "Average", "average", datasets, g->rows, true, e)
                       : STATUS_OK;
}

/* Titles, columns, rows, caption: with the methods that the grid lists. */
static enum status fill_table(const struct report *r, const char *suite, const struct grid *g,
                              const char *what, struct table *t)
{
    char of[RESULTS_TITLE], budgets[RESULTS_NOTE];
    int known = results_suite(&r->results, suite);
    if (known >= 0)
        snprintf(of, sizeof of, "%s", r->results.suite[known].title);
    else
        results_suite_title(suite, of); /* of which only a part is there */
    bool several = !g->rewards && results_describe_budgets(&r->results, g->datasets, g->rows,
                                                           budgets, sizeof budgets) > 1;
    snprintf(t->title, sizeof t->title, "%.96s: %s%s%s", of, what,
             g->rewards              ? "mean reward at the end"
             : r->results.finetuning ? "scores after online finetuning"
                                     : "final scores",
             several ? ", each dataset at its own budget" : "");
    table_column(t, "Dataset", true, 0);
    for (int k = 0; k < g->columns; k++)
        table_column(t, r->results.method[g->method[k]].label, false, 0);
    struct entry *e = calloc((size_t)g->columns, sizeof *e);
    if (e == NULL)
        return status_fail(STATUS_MEMORY, "no memory for table %s", t->id);
    add_csv_head(t);
    enum status status = fill_rows(r, g, t, e);
    free(e);
    if (status == STATUS_OK)
        write_caption(r, g, t);
    return status;
}

static bool has_runs(const struct results *x, int method, const struct grid *g)
{
    for (int i = 0; i < g->rows; i++) {
        int n;
        results_cell(x, method, g->datasets[i], &n);
        if (n > 0)
            return true;
    }
    return false;
}

/* Whether variants of this method have runs here. */
static bool is_varied(const struct results *x, int method, const struct grid *g)
{
    for (int m = 0; m < x->methods; m++) {
        if (x->method[m].variant[0] != '\0' &&
            strcmp(x->method[m].base, x->method[method].id) == 0 && has_runs(x, m, g))
            return true;
    }
    return false;
}

/* Columns: the standard methods, or with `others` what the main table leaves out, beside the
 * emphasised method and those that are varied. */
static enum status table_of(const struct report *r, const char *suite, bool others, struct table *t)
{
    const struct results *x = &r->results;
    struct grid g = {.rewards = !registry_scored(suite)};
    g.rows = table_rows_of(r, suite, MOST_DATASETS, g.datasets, &g.own);
    g.method = calloc((size_t)x->methods + 1, sizeof *g.method);
    if (g.method == NULL)
        return status_fail(STATUS_MEMORY, "no memory for table %s", t->id);
    int left_out = 0;
    for (int m = 0; m < x->methods; m++) {
        bool standard = suite_scores_standard(x, m) ||
                        (g.rewards && x->method[m].variant[0] == '\0');
        bool front = others && (m == x->ours || is_varied(x, m, &g));
        if (!has_runs(x, m, &g))
            continue;
        left_out += !standard;
        if (others ? !standard || front : standard)
            g.method[g.columns++] = m;
    }
    enum status status = STATUS_OK;
    if (g.columns > 0 && (!others || left_out > 0))
        status = fill_table(r, suite, &g, others ? "ablations and variants, " : "", t);
    free(g.method);
    return status;
}

enum status table_main(const struct report *r, const char *suite, struct table *t)
{
    return table_of(r, suite, false, t);
}

enum status table_ablation(const struct report *r, const char *suite, struct table *t)
{
    return table_of(r, suite, true, t);
}
