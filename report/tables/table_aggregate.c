/* Suite by method: aggregates, pairs, ranks. */
#include "report/results/statistics.h"
#include "report/stats/rank.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>

static const char *suite_title(const struct report *r, int suite)
{
    return suite < 0 ? "All suites" : r->results.suite[suite].title;
}

static int count_scored(const struct report *r)
{
    int scored = 0;
    for (int i = 0; i < r->results.suites; i++)
        scored += r->results.suite[i].scored;
    return scored;
}

/* Each suite, then all of them when there are several. The single-state MDP has rewards, no scores
 * on the 0-100 scale, and a table of its own. */
static enum status each_suite(const struct report *r, struct table *t,
                              enum status (*add_rows)(const struct report *r,
                                                      struct suite_statistics *s, struct table *t))
{
    int real = count_scored(r);
    for (int i = 0; i <= r->results.suites; i++) {
        int suite = i < r->results.suites ? i : -1;
        if (suite < 0 ? real < 2 : !r->results.suite[suite].scored)
            continue;
        struct suite_statistics *s;
        TRY(statistics_suite(r, suite, RESULTS_FINAL, &s));
        if (s->scores.methods == 0)
            continue;
        TRY(add_rows(r, s, t));
        if (s->scores.note[0] != '\0')
            text_add(&t->caption, "%s: %s ", suite_title(r, suite), s->scores.note);
    }
    return STATUS_OK;
}

/* --- aggregates ------------------------------------------------------------------------------- */

static enum status add_aggregates(const struct report *r, struct suite_statistics *s,
                                  struct table *t)
{
    const struct suite_scores *g = &s->scores;
    TRY(statistics_aggregates(r, s));
    for (int i = 0; i < g->methods; i++) {
        const struct interval *a = s->aggregate[i];
        const struct results_method *m = &r->results.method[g->method[i]];
        int row = table_row(t, i == 0 && t->rows > 0);
        table_put(t, row, 0, "%s", i == 0 ? suite_title(r, g->suite) : "");
        table_put(t, row, 1, "%s", m->label);
        table_put(t, row, 2, "%d", g->x[i].tasks);
        int fewest = matrix_fewest(&g->x[i]), most = matrix_most(&g->x[i]);
        if (fewest == most)
            table_put(t, row, 3, "%d", fewest);
        else
            table_put(t, row, 3, "%d\u2013%d", fewest, most);
        text_csv(&t->csv, g->suite < 0 ? "all" : r->results.suite[g->suite].id);
        text_csv(&t->csv, m->id);
        text_csv_integer(&t->csv, g->x[i].tasks);
        text_csv_integer(&t->csv, fewest);
        text_csv_integer(&t->csv, most);
        for (int k = 0; k < AGGREGATE_COUNT; k++) {
            /* Over all suites the mean is one task's (maze2d-open weighs like six). */
            bool shown = g->suite >= 0 || k == AGGREGATE_MEDIAN || k == AGGREGATE_IQM;
            if (shown)
                table_put_interval(t, row, 4 + k, a[k], 1,
                                   false); /* bounds carry Monte-Carlo noise */
            else
                table_put(t, row, 4 + k, "\u2014");
            table_csv_interval(
                t, shown ? a[k] : (struct interval){(double)NAN, (double)NAN, (double)NAN, 0});
        }
        text_csv_end(&t->csv);
    }
    return STATUS_OK;
}

/* The IQM of the other rule: "AWAC on Adroit 12.3, ...", of those for which it differs. */
static enum status say_other_iqm(const struct report *r, struct table *t)
{
    bool pooled = r->results.options.pooled;
    int uneven = 0;
    text_add(&t->caption, "With %s the IQM is ",
             pooled ? "tasks weighted equally instead (--iqm tasks)"
                    : "all runs pooled instead, as in rliable (--iqm runs),");
    for (int s = 0; s <= r->results.suites; s++) {
        struct suite_statistics *suite;
        int index = s < r->results.suites ? s : -1;
        if (index < 0 ? count_scored(r) < 2 : !r->results.suite[index].scored)
            continue;
        TRY(statistics_suite(r, index, RESULTS_FINAL, &suite));
        for (int i = 0; i < suite->scores.methods; i++) {
            struct matrix other = suite->scores.x[i];
            double point[AGGREGATE_COUNT];
            if (matrix_full(&other))
                continue;
            other.pooled = !pooled;
            TRY(aggregate_points(&other, r->gamma, point));
            text_add(&t->caption, "%s%.1f (%s, %s)", uneven++ > 0 ? ", " : "", point[AGGREGATE_IQM],
                     r->results.method[suite->scores.method[i]].label, suite_title(r, index));
        }
    }
    text_add(&t->caption, "%s",
             uneven == 0 ? "the same: every task has the same number of runs. "
                         : ", else the same. ");
    return STATUS_OK;
}

enum status table_aggregate(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    table_column(t, "Suite", true, 0);
    table_column(t, "Method", true, 0);
    table_column(t, "Tasks", false, 0);
    table_column(t, "Seeds", false, 0);
    text_add(&t->csv, "suite,method,tasks,fewest_runs,most_runs");
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        enum aggregate which = (enum aggregate)k;
        char title[64];
        snprintf(title, sizeof title, "%s%s", aggregate_title(which),
                 aggregate_higher_is_better(which) ? "" : " \u2193");
        table_column(t, title, false, 0);
        text_add(&t->csv, ",%s,%s_low,%s_high", aggregate_key(which), aggregate_key(which),
                 aggregate_key(which));
    }
    text_csv_end(&t->csv);
    text_add(&t->caption,
             "Mean and median of task means; interquartile mean (IQM): the middle half of the runs "
             "of all tasks, %s; optimality gap below %g (lower is better%s). ",
             r->results.options.pooled ? "every run weighing the same (pooled)"
                                       : "every task weighing the same",
             r->gamma,
             r->results.foreign ? "" : "; on Maze2D most scores exceed it and it says little");
    TRY(each_suite(r, t, add_aggregates));
    TRY(say_other_iqm(r, t));
    table_caption_intervals(r, &t->caption);
    return STATUS_OK;
}

/* --- pairs ------------------------------------------------------------------------------------ */

void table_end_comparison(struct table *t, int row, int column, const struct comparison *c,
                          bool plus)
{
    table_put_interval(t, row, column, c->improvement, 2, false);
    table_put_interval(t, row, column + 1, c->difference, 1, plus);
    table_put(t, row, column + 2, "%s", compare_word(c->verdict));
    table_csv_interval(t, c->improvement);
    table_csv_interval(t, c->difference);
    text_csv(&t->csv, compare_word(c->verdict));
    text_csv_end(&t->csv);
}

static enum status add_pairs(const struct report *r, struct suite_statistics *s, struct table *t)
{
    const struct suite_scores *g = &s->scores;
    int first = t->rows, at = 0, i, k;
    TRY(statistics_pairs(r, s));
    while (statistics_next_pair(r, s, &at, &i, &k)) {
        const struct comparison *c = &s->pair[i * g->methods + k];
        const struct results_method *x = &r->results.method[g->method[i]];
        const struct results_method *y = &r->results.method[g->method[k]];
        int row = table_row(t, t->rows == first && first > 0);
        table_put(t, row, 0, "%s", row == first ? suite_title(r, g->suite) : "");
        table_put(t, row, 1, "%s over %s", x->label, y->label);
        table_put(t, row, 2, "%d", g->datasets);
        text_csv(&t->csv, g->suite < 0 ? "all" : r->results.suite[g->suite].id);
        text_csv(&t->csv, x->id);
        text_csv(&t->csv, y->id);
        text_csv_integer(&t->csv, g->datasets);
        table_end_comparison(t, row, 3, c, false);
    }
    return STATUS_OK;
}

enum status table_pairs(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    static const char *const titles[] = {"Suite",    "Pair X over Y",     "Tasks",
                                         "P(X > Y)", "Mean(X) - mean(Y)", "X is"};
    for (int i = 0; i < 6; i++)
        table_column(t, titles[i], i < 2 || i == 5, 0);
    text_add(&t->csv, "suite,x,y,tasks,improvement,improvement_low,improvement_high,difference,"
                      "difference_low,difference_high,verdict\n");
    text_add(&t->caption,
             "Probability that a run of X beats one of Y on the same task, mean over "
             "tasks, and by how much. Better: the interval of the difference lies above 0 and that "
             "of the probability above 0.5; worse mirrored; mixed if they disagree. ");
    TRY(each_suite(r, t, add_pairs));
    table_caption_intervals(r, &t->caption);
    return STATUS_OK;
}

/* --- ranks ------------------------------------------------------------------------------------ */

static enum status add_ranks(const struct report *r, struct suite_statistics *s, struct table *t)
{
    const struct suite_scores *g = &s->scores;
    if (g->methods < 2)
        return STATUS_OK;
    TRY(statistics_ranks(s));
    for (int i = 0; i < g->methods; i++) {
        const double *rank = s->rank + i * g->methods;
        const struct results_method *m = &r->results.method[g->method[i]];
        int row = table_row(t, i == 0 && t->rows > 0);
        table_put(t, row, 0, "%s", i == 0 ? suite_title(r, g->suite) : "");
        table_put(t, row, 1, "%s", m->label);
        table_put(t, row, 2, "%.2f of %d", 1 + rank_mean(rank, g->methods), g->methods);
        table_put(t, row, 3, "%.1f %%", 100 * rank[0]);
        table_put(t, row, 4, "%.1f %%", 100 * rank[g->methods - 1]);
        for (int k = 0; k < g->methods; k++) {
            text_csv(&t->csv, g->suite < 0 ? "all" : r->results.suite[g->suite].id);
            text_csv(&t->csv, m->id);
            text_csv_integer(&t->csv, k + 1);
            text_csv_number(&t->csv, rank[k]);
            text_csv_end(&t->csv);
        }
    }
    return STATUS_OK;
}

enum status table_ranks(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    static const char *const titles[] = {"Suite", "Method", "Mean rank", "First", "Last"};
    for (int i = 0; i < 5; i++)
        table_column(t, titles[i], i < 2, 0);
    text_add(&t->csv, "suite,method,rank,probability\n");
    text_add(&t->caption,
             "One run of each method is drawn for each task and ranked, ties broken at "
             "random; exact expectation over all draws, mean over tasks. ");
    return each_suite(r, t, add_ranks);
}
