/* Tables 4-7 (what the data is), which runs there are, and what they cost. */
#include "report/results/registry.h"
#include "report/stats/sum.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { MOST_DATASETS = 256 };

/* --- datasets --------------------------------------------------------------------------------- */

/* The first run's statement about its dataset, or NULL. */
static const struct curve *stated(const struct results *x, int dataset)
{
    for (int i = 0; i < x->runs; i++) {
        if (x->run[i].dataset == dataset && x->run[i].curve != NULL)
            return x->run[i].curve;
    }
    return NULL;
}

static void put_optional(struct table *t, int row, int column, double value, int digits, bool plus)
{
    char text[48];
    if (isnan(value))
        table_put(t, row, column, "\u2014");
    else
        table_put(t, row, column, "%s", table_number(value, digits, plus, text, sizeof text));
}

static void put_pair(struct table *t, int row, int column, double mean, double sd)
{
    if (isnan(mean))
        table_put(t, row, column, "\u2014");
    else
        table_put(t, row, column, "%.2f \u00b1 %.2f", mean, sd);
}

static void add_dataset(struct table *t, const struct registry_dataset *d, const struct curve *c,
                        bool rule)
{
    const double nan = (double)NAN;
    double size = c != NULL ? curve_get_number(c, "dataset_transitions", nan) : nan;
    double mean = c != NULL ? curve_get_number(c, "dataset_mean", nan) : nan;
    double sd = c != NULL ? curve_get_number(c, "dataset_sd", nan) : nan;
    /* On Gym-MuJoCo the paper prints something else under this name: compare like with like. */
    double as_printed = c != NULL ? curve_get_number(c, "dataset_sd_printed", sd) : nan;
    if (strcmp(d->suite, "mujoco") != 0)
        as_printed = sd;
    const char *kind = c != NULL ? curve_get(c, "dataset_kind") : "";
    int row = table_row(t, rule);
    table_put(t, row, 0, "%s", d->id);
    table_put(t, row, 1, "%.0f", d->transitions);
    put_optional(t, row, 2, size, 0, false);
    put_pair(t, row, 3, d->mean, d->sd);
    put_pair(t, row, 4, mean, as_printed);
    put_optional(t, row, 5, mean - d->mean, 2, true);
    table_put(t, row, 6, "%s", kind[0] != '\0' ? kind : "\u2014");
    text_csv(&t->csv, d->id);
    text_csv_number(&t->csv, d->transitions);
    text_csv_number(&t->csv, size);
    text_csv_number(&t->csv, d->mean);
    text_csv_number(&t->csv, d->sd);
    text_csv_number(&t->csv, mean);
    text_csv_number(&t->csv, sd);
    text_csv_number(&t->csv, as_printed);
    text_csv(&t->csv, kind);
    text_csv(&t->csv, c != NULL ? curve_get(c, "dataset_sha256") : "");
    text_csv(&t->csv, c != NULL ? curve_get(c, "dataset_note") : "");
    text_csv_end(&t->csv);
}

enum status table_datasets(const struct report *r, const char *suite, struct table *t)
{
    const struct results *x = &r->results;
    static const char *const titles[] = {"Dataset",     "Size, paper", "Size, ours", "Score, paper",
                                         "Score, ours", "Difference",  "Data"};
    for (int i = 0; i < 7; i++)
        table_column(t, titles[i], i == 0 || i == 6, 0);
    text_add(&t->csv,
             "dataset,paper_transitions,transitions,paper_mean,paper_sd,mean,sd,sd_as_printed,kind,"
             "sha256,note\n");
    int count;
    const struct registry_dataset *d = registry_datasets(&count);
    bool any = r->paper;
    for (int i = 0; i < count; i++) {
        if (strncmp(d[i].suite, suite, strlen(suite)) != 0)
            continue;
        int mine = results_stand_in(x, d[i].id);
        any = any || (mine >= 0 && stated(x, mine) != NULL);
        add_dataset(t, &d[i], mine >= 0 ? stated(x, mine) : NULL,
                    t->rows > 0 && strcmp(d[i].env, d[i - 1].env) != 0 &&
                        strcmp(suite, "adroit") != 0 && strcmp(suite, "maze2d") != 0);
    }
    if (!any)
        t->rows = 0;
    snprintf(t->title, sizeof t->title, "%s: the datasets",
             registry_suites[registry_find_suite(suite)].title);
    text_add(&t->caption,
             "Transitions, and mean \u00b1 standard deviation over trajectories of the "
             "normalised return; ours as the runs found them in the files, the deviation computed "
             "as the paper's scripts do.");
    return STATUS_OK;
}

/* --- which runs there are --------------------------------------------------------------------- */

static void put_status(struct table *t, int row, int column, struct results_count c, int seeds)
{
    if (c.of[RUN_MISSING] >= seeds && c.used == 0) {
        table_put(t, row, column, "\u2014");
        return;
    }
    table_put(t, row, column, "%d/%d", c.used, seeds);
    struct table_cell *cell = table_cell(t, row, column);
    static const char signs[RUN_STATUS_COUNT] = {
        [RUN_DIVERGED] = 'd', [RUN_INCOMPLETE] = 'i', [RUN_FAILED] = 'f'};
    for (int k = 0; k < RUN_STATUS_COUNT; k++) {
        size_t used = strlen(cell->text);
        if (signs[k] != '\0' && c.of[k] > 0)
            snprintf(cell->text + used, sizeof cell->text - used, " %d%c", c.of[k], signs[k]);
    }
}

enum status table_status(const struct report *r, const char *none, struct table *t)
{
    const struct results *x = &r->results;
    (void)none;
    table_column(t, "Dataset", true, 0);
    for (int m = 0; m < x->methods; m++)
        table_column(t, x->method[m].label, false, 0);
    text_add(&t->csv, "dataset,method,used");
    for (int k = 0; k < RUN_STATUS_COUNT; k++)
        text_add(&t->csv, ",%s", run_status_word((enum run_status)k));
    text_csv_end(&t->csv);
    for (int d = 0; d < x->datasets; d++) {
        int row = table_row(t, d > 0 && x->dataset[d].suite != x->dataset[d - 1].suite);
        table_put(t, row, 0, "%s", x->dataset[d].id);
        for (int m = 0; m < x->methods; m++) {
            struct results_count c = results_count(x, m, d);
            put_status(t, row, m + 1, c, x->suite[x->dataset[d].suite].seeds);
            text_csv(&t->csv, x->dataset[d].id);
            text_csv(&t->csv, x->method[m].id);
            text_csv_integer(&t->csv, c.used);
            for (int k = 0; k < RUN_STATUS_COUNT; k++)
                text_csv_integer(&t->csv, c.of[k]);
            text_csv_end(&t->csv);
        }
    }
    text_add(&t->caption, "Seeds that count as results, of the most that any cell of the suite "
                          "has; d diverged (counted unless dropped), "
                          "i incomplete, f failed.");
    return STATUS_OK;
}

/* --- cost ------------------------------------------------------------------------------------- */

/* Phases of an online iteration, in the order of its columns. */
static const struct {
    enum curve_metric metric;
    const char *title;
} phases[] = {{CURVE_seconds_rollout, "rollout"},   {CURVE_seconds_sample, "sample"},
              {CURVE_seconds_critic, "critic"},     {CURVE_seconds_actor, "actor"},
              {CURVE_seconds_evaluate, "evaluate"}, {CURVE_seconds_store, "store"}};
enum { PHASES = sizeof phases / sizeof phases[0] };

struct cost {
    int runs;
    double hours, transitions, updates, memory; /* sums; memory in GB, largest */
    double per_thousand[PHASES];                /* seconds per 1000 online transitions */
    char host[RESULTS_ID];
};

/* Seconds of each phase over the online iterations, per 1000 transitions collected in them. */
static void phase_seconds(const struct curve *c, double out[PHASES])
{
    double transitions = 0, seconds[PHASES] = {0};
    for (int i = 0; i < c->iterations; i++) {
        const double *v = c->iteration[i].value;
        if (!(v[CURVE_phase] > 0))
            continue;
        transitions = fmax(transitions, v[CURVE_transitions]);
        for (int k = 0; k < PHASES; k++)
            seconds[k] += isnan(v[phases[k].metric]) ? 0 : v[phases[k].metric];
    }
    for (int k = 0; k < PHASES; k++)
        out[k] = transitions > 0 ? 1000 * seconds[k] / transitions : (double)NAN;
}

static void add_cost(struct cost *sum, const struct results_run *run)
{
    if (run->curve == NULL || isnan(run->runtime) || run->points == 0)
        return;
    double mine[PHASES];
    phase_seconds(run->curve, mine);
    sum->runs++;
    sum->hours += run->runtime / 3600;
    sum->transitions += run->x[run->points - 1];
    sum->updates += run->updates;
    sum->memory = fmax(sum->memory, curve_get_number(run->curve, "peak_memory_gb", 0));
    for (int k = 0; k < PHASES; k++)
        sum->per_thousand[k] += mine[k];
    const char *host = curve_get(run->curve, "machine");
    if (sum->host[0] == '\0')
        snprintf(sum->host, sizeof sum->host, "%s", host);
    else if (strcmp(sum->host, host) != 0)
        snprintf(sum->host, sizeof sum->host, "several");
}

static void cost_row(struct table *t, const char *suite, const struct results_method *m,
                     const struct cost *c, bool first)
{
    int row = table_row(t, first && t->rows > 0), column = 0;
    const double n = c->runs;
    table_put(t, row, column++, "%s", first ? suite : "");
    table_put(t, row, column++, "%s", m->label);
    table_put(t, row, column++, "%d", c->runs);
    put_optional(t, row, column++, c->hours / n, 2, false);
    put_optional(t, row, column++, c->transitions / n, 0, false);
    put_optional(t, row, column++, c->updates / n, 0, false);
    for (int k = 0; k < PHASES; k++)
        put_optional(t, row, column++, c->per_thousand[k] / n, 2, false);
    put_optional(t, row, column++, c->memory > 0 ? c->memory : (double)NAN, 2, false);
    table_put(t, row, column, "%s", c->host);
    text_csv(&t->csv, suite);
    text_csv(&t->csv, m->id);
    text_csv_integer(&t->csv, c->runs);
    text_csv_number(&t->csv, c->hours / n);
    text_csv_number(&t->csv, c->transitions / n);
    text_csv_number(&t->csv, c->updates / n);
    for (int k = 0; k < PHASES; k++)
        text_csv_number(&t->csv, c->per_thousand[k] / n);
    text_csv_number(&t->csv, c->memory > 0 ? c->memory : (double)NAN);
    text_csv(&t->csv, c->host);
    text_csv_end(&t->csv);
}

enum status table_cost(const struct report *r, const char *none, struct table *t)
{
    const struct results *x = &r->results;
    (void)none;
    static const char *const titles[] = {"Suite", "Method",      "Runs",
                                         "Hours", "Transitions", "Actor updates"};
    for (int i = 0; i < 6; i++)
        table_column(t, titles[i], i < 2, 0);
    text_add(&t->csv, "suite,method,runs,hours,transitions,actor_updates");
    for (int k = 0; k < PHASES; k++) {
        table_column(t, phases[k].title, false, 0);
        text_add(&t->csv, ",%s_s_per_1000", phases[k].title);
    }
    table_column(t, "GB", false, 0);
    table_column(t, "Machine", true, 0);
    text_add(&t->csv, ",peak_memory_gb,machine\n");
    for (int s = 0; s < x->suites; s++) {
        bool first = true;
        for (int m = 0; m < x->methods; m++) {
            struct cost sum = {0};
            for (int i = 0; i < x->runs; i++) {
                const struct results_run *run = &x->run[i];
                if (run->method == m && x->dataset[run->dataset].suite == s)
                    add_cost(&sum, run);
            }
            if (sum.runs == 0)
                continue;
            cost_row(t, x->suite[s].title, &x->method[m], &sum, first);
            first = false;
        }
    }
    text_add(
        &t->caption,
        "Means over runs. Columns from rollout to store: seconds per 1000 online "
        "transitions, online phase only; GB: largest resident memory. Times of runs that shared "
        "a machine are not comparable.");
    return STATUS_OK;
}
