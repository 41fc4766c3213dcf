/* Tests on final scores and increases: T-diff, T-gain, T-equiv, T-poi, interactions, trends. */
#include "report/claims/claims_impl.h"
#include "report/results/paper.h"
#include "report/results/registry.h"
#include "report/results/statistics.h"
#include "report/stats/contrast.h"
#include "report/stats/inference.h"
#include "report/stats/rank.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The paper's mean over these tasks; NaN when a cell is not printed. */
static double printed_mean(const char *method, const struct matrix *tasks, bool increase)
{
    double sum = 0;
    for (int i = 0; i < tasks->tasks; i++) {
        struct paper_cell c = paper_cell(tasks->task[i], method);
        sum += increase ? c.increase : c.final;
    }
    return tasks->tasks > 0 ? sum / tasks->tasks : (double)NAN;
}

static int fewest_runs(const struct matrix *x, const struct matrix *y)
{
    int a = matrix_fewest(x), b = matrix_fewest(y);
    return a < b ? a : b;
}

enum status claim_mean(const struct report *r, const char *who, const char *where,
                       selection_value *value, const void *context, struct claim_outcome *o)
{
    struct selection x;
    TRY(selection_make(r, who, where, value, context, &x));
    enum status status = STATUS_OK;
    o->tasks = x.x.tasks;
    o->wanted = x.wanted;
    if (o->tasks > 0)
        status = contrast_interval(&(struct contrast_term){&x.x, 1}, 1, &r->bootstrap, NULL,
                                   &o->estimate);
    if (o->tasks > 0 && (value == selection_final || value == selection_increase))
        o->published = printed_mean(who, &x.x, value == selection_increase);
    selection_free(&x);
    return status;
}

enum status claim_mean_difference(const struct report *r, const struct claim_part *p,
                                  selection_value *value, struct claim_outcome *o)
{
    struct selection x, y;
    TRY(selection_pair(r, p->a, p->b, p->on, value, NULL, &x, &y));
    enum status status = STATUS_OK;
    o->tasks = x.x.tasks;
    o->wanted = x.wanted;
    if (o->tasks > 0) {
        const struct contrast_term terms[] = {{&x.x, 1}, {&y.x, -1}};
        status = contrast_interval(terms, 2, &r->bootstrap, NULL, &o->estimate);
        if (value == selection_final || value == selection_increase)
            o->published = printed_mean(p->a, &x.x, value == selection_increase) -
                           printed_mean(p->b, &x.x, value == selection_increase);
        if (strchr(p->a, '|') != NULL || strchr(p->b, '|') != NULL)
            snprintf(o->detail, sizeof o->detail, "best of several: %.96s, %.96s", x.who, y.who);
    }
    selection_free(&x);
    selection_free(&y);
    return status;
}

enum status claim_pair(const struct report *r, const struct claim_part *p, selection_value *value,
                       claim_statistic *statistic, struct claim_outcome *o)
{
    struct selection x, y;
    TRY(selection_pair(r, p->a, p->b, p->on, value, NULL, &x, &y));
    enum status status = STATUS_OK;
    o->tasks = x.x.tasks;
    o->wanted = x.wanted;
    if (o->tasks > 0)
        status = statistic(&x.x, &y.x, &r->bootstrap, &o->estimate);
    selection_free(&x);
    selection_free(&y);
    return status;
}

enum status claim_difference(const struct report *r, const struct claim_part *p,
                             struct claim_outcome *o)
{
    TRY(claim_mean_difference(r, p, selection_final, o));
    if (o->tasks == 0)
        return STATUS_OK;
    o->verdict = p->test == CLAIM_EQUAL  ? verdict_within(o->estimate, p->value)
                 : p->test == CLAIM_SAME ? verdict_includes(o->estimate, 0)
                                         : verdict_above(o->estimate, p->value);
    return STATUS_OK;
}

/* Every dataset by itself, with Holm's correction over them. */
enum status claim_each(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    TRY(claim_mean_difference(r, p, selection_final, o));
    struct selection x, y;
    TRY(selection_pair(r, p->a, p->b, p->on, selection_final, NULL, &x, &y));
    struct interval d[SELECTION_DATASETS];
    double probability[SELECTION_DATASETS], holm[SELECTION_DATASETS] = {0}, least = 1;
    enum verdict each[SELECTION_DATASETS];
    int above = 0, below = 0, n = x.x.tasks;
    enum status status = n > 0 ? compare_tasks(&x.x, &y.x, &r->bootstrap, NULL, d, probability)
                               : STATUS_OK;
    if (n > 0 && status == STATUS_OK)
        status = inference_holm(probability, n, holm);
    for (int i = 0; i < n && status == STATUS_OK; i++) {
        each[i] = verdict_above(d[i], 0);
        above += each[i] == VERDICT_SUPPORTED;
        below += each[i] == VERDICT_CONTRADICTED;
        least = fmin(least, holm[i]);
    }
    if (n > 0 && status == STATUS_OK) {
        o->verdict = verdict_all(each, n);
        snprintf(o->detail, sizeof o->detail,
                 "interval above 0 on %d, below 0 on %d of %d datasets; smallest p by Holm %.2g",
                 above, below, n, least);
    }
    selection_free(&x);
    selection_free(&y);
    return status;
}

enum status claim_level(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, selection_final, NULL, o));
    if (o->tasks > 0)
        o->verdict = p->test == CLAIM_LEVEL_ABOVE ? verdict_above(o->estimate, p->value)
                                                  : verdict_below(o->estimate, p->value);
    return STATUS_OK;
}

/* A count of datasets: sure ones decide, unsure ones leave it open. */
enum status claim_most_below(const struct report *r, const struct claim_part *p,
                             struct claim_outcome *o)
{
    char dataset[SELECTION_DATASETS][RESULTS_ID];
    int wanted = selection_datasets(p->on, dataset), sure = 0, against = 0, untested = 0;
    TRY(claim_mean(r, p->a, p->on, selection_final, NULL, o));
    for (int i = 0; i < wanted; i++) {
        struct claim_outcome one = {.estimate = {.runs = 0}};
        TRY(claim_mean(r, p->a, dataset[i], selection_final, NULL, &one));
        enum verdict v = one.tasks > 0 ? verdict_below(one.estimate, p->value) : VERDICT_UNTESTABLE;
        sure += v == VERDICT_SUPPORTED;
        against += v == VERDICT_CONTRADICTED;
        untested += v == VERDICT_UNTESTABLE;
    }
    if (o->tasks > 0)
        o->verdict = sure >= p->least                              ? VERDICT_SUPPORTED
                     : against > wanted - p->least                 ? VERDICT_CONTRADICTED
                     : sure + untested >= p->least && untested > 0 ? VERDICT_UNTESTABLE
                                                                   : VERDICT_INCONCLUSIVE;
    snprintf(o->detail, sizeof o->detail,
             "clearly below %g on %d, clearly above on %d of %d datasets", p->value, sure, against,
             wanted);
    return STATUS_OK;
}

enum status claim_gain(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, selection_increase, NULL, o));
    if (o->tasks == 0)
        return STATUS_OK;
    o->verdict = p->test == CLAIM_NO_GAIN      ? verdict_no_gain(o->estimate)
                 : p->test == CLAIM_GAIN_ABOVE ? verdict_above(o->estimate, p->value)
                                               : verdict_below(o->estimate, p->value);
    return STATUS_OK;
}

enum status claim_gain_difference(const struct report *r, const struct claim_part *p,
                                  struct claim_outcome *o)
{
    TRY(claim_mean_difference(r, p, selection_increase, o));
    if (o->tasks > 0)
        o->verdict = verdict_above(o->estimate, p->value);
    return STATUS_OK;
}

/* Scores of two sets of datasets are compared only when both are read at the same budgets. */
static bool is_read_alike(const struct results *r, const struct matrix *x, const struct matrix *y,
                          struct claim_outcome *o)
{
    const struct matrix *side[] = {x, y};
    double low[2] = {HUGE_VAL, HUGE_VAL}, high[2] = {0, 0};
    for (int s = 0; s < 2; s++) {
        for (int i = 0; i < side[s]->tasks; i++) {
            double budget = r->dataset[results_stand_in(r, side[s]->task[i])].budget;
            low[s] = fmin(low[s], budget);
            high[s] = fmax(high[s], budget);
        }
    }
    if (low[0] == low[1] && high[0] == high[1])
        return true;
    snprintf(o->detail, sizeof o->detail,
             "not compared: the datasets of the two sides are read at different budgets");
    return false;
}

/* One method on two sets of datasets. */
enum status claim_drop(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    struct selection x, y;
    TRY(selection_make(r, p->a, p->on, selection_final, NULL, &x));
    enum status status = selection_make(r, p->a, p->on2, selection_final, NULL, &y);
    if (status != STATUS_OK) {
        selection_free(&x);
        return status;
    }
    o->wanted = x.wanted + y.wanted;
    o->tasks = x.x.tasks + y.x.tasks;
    if (x.x.tasks > 0 && y.x.tasks > 0 && is_read_alike(&r->results, &x.x, &y.x, o)) {
        const struct contrast_term terms[] = {{&x.x, 1}, {&y.x, -1}};
        status = contrast_interval(terms, 2, &r->bootstrap, NULL, &o->estimate);
        o->published = printed_mean(p->a, &x.x, false) - printed_mean(p->a, &y.x, false);
        o->verdict = p->test == CLAIM_DROP_EQUAL ? verdict_within(o->estimate, p->value)
                                                 : verdict_above(o->estimate, p->value);
    }
    selection_free(&x);
    selection_free(&y);
    return status;
}

/* (a - b on D) - (a - b on D2). */
enum status claim_interaction(const struct report *r, const struct claim_part *p,
                              struct claim_outcome *o)
{
    struct selection a, b, a2, b2;
    TRY(selection_pair(r, p->a, p->b, p->on, selection_final, NULL, &a, &b));
    enum status status = selection_pair(r, p->a, p->b, p->on2, selection_final, NULL, &a2, &b2);
    if (status != STATUS_OK) {
        selection_free(&a);
        selection_free(&b);
        return status;
    }
    o->wanted = a.wanted + a2.wanted;
    o->tasks = a.x.tasks + a2.x.tasks;
    if (a.x.tasks > 0 && a2.x.tasks > 0 && is_read_alike(&r->results, &a.x, &a2.x, o)) {
        const struct contrast_term terms[] = {{&a.x, 1}, {&b.x, -1}, {&a2.x, -1}, {&b2.x, 1}};
        status = contrast_interval(terms, 4, &r->bootstrap, NULL, &o->estimate);
        o->published = printed_mean(p->a, &a.x, false) - printed_mean(p->b, &a.x, false) -
                       printed_mean(p->a, &a2.x, false) + printed_mean(p->b, &a2.x, false);
        o->verdict = verdict_above(o->estimate, 0);
    }
    struct selection *all[] = {&a, &b, &a2, &b2};
    for (int i = 0; i < 4; i++)
        selection_free(all[i]);
    return status;
}

static enum status improvement(const struct matrix *a, const struct matrix *b,
                               const struct bootstrap *bootstrap, struct interval *out)
{
    struct comparison c;
    TRY(compare_pair(a, b, bootstrap, &c));
    *out = c.improvement;
    return STATUS_OK;
}

enum status claim_better(const struct report *r, const struct claim_part *p,
                         struct claim_outcome *o)
{
    TRY(claim_pair(r, p, selection_final, improvement, o));
    if (o->tasks > 0)
        o->verdict = verdict_above(o->estimate, 0.5);
    return STATUS_OK;
}

/* The IQM's interval of a against those of all others that have the same tasks. */
enum status claim_best_iqm(const struct report *r, const struct claim_part *p,
                           struct claim_outcome *o)
{
    char dataset[SELECTION_DATASETS][RESULTS_ID];
    int suite = results_suite(&r->results, p->on);
    struct suite_statistics *s;
    o->wanted = selection_datasets(p->on, dataset);
    if (suite < 0)
        return STATUS_OK;
    TRY(statistics_suite(r, suite, RESULTS_FINAL, &s));
    int ours = suite_scores_find(&s->scores, results_method(&r->results, p->a));
    int above = 0, below = 0, few = 0, methods = s->scores.methods;
    if (ours >= 0 && methods > 1) {
        TRY(statistics_aggregates(r, s));
        struct interval mine = s->aggregate[ours][AGGREGATE_IQM];
        for (int i = 0; i < methods; i++) {
            struct interval other = s->aggregate[i][AGGREGATE_IQM];
            few += other.runs < VERDICT_RUNS;
            above += i != ours && mine.low > other.high;
            below += i != ours && mine.high < other.low;
        }
        o->tasks = s->scores.datasets;
        o->estimate = mine;
        o->verdict = few > 0                ? VERDICT_UNTESTABLE
                     : below > 0            ? VERDICT_CONTRADICTED
                     : above == methods - 1 ? VERDICT_SUPPORTED
                                            : VERDICT_INCONCLUSIVE;
        snprintf(o->detail, sizeof o->detail,
                 "IQM; its interval lies above that of %d, below that of %d of %d others", above,
                 below, methods - 1);
    }
    return STATUS_OK;
}

enum status claim_variance(const struct report *r, const struct claim_part *p,
                           struct claim_outcome *o)
{
    TRY(claim_pair(r, p, selection_final, contrast_variance_ratio, o));
    if (o->tasks > 0)
        o->verdict = p->test == CLAIM_STEADIER ? verdict_below(o->estimate, p->value)
                                               : verdict_above(o->estimate, p->value);
    return STATUS_OK;
}

/* Is the difference larger where the data is poorer? */
enum status claim_trend(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    struct selection x, y;
    TRY(selection_pair(r, p->a, p->b, p->on, selection_final, NULL, &x, &y));
    enum status status = STATUS_OK;
    double mean[SELECTION_DATASETS];
    o->tasks = x.x.tasks;
    o->wanted = x.wanted;
    for (int i = 0; i < x.x.tasks; i++)
        mean[i] = registry_datasets(NULL)[registry_find_dataset(x.x.task[i])].mean;
    if (o->tasks > 2)
        status = rank_trend(&x.x, &y.x, mean, &r->bootstrap, &o->estimate);
    if (o->tasks > 2 && status == STATUS_OK) {
        o->estimate.runs = fewest_runs(&x.x, &y.x);
        o->verdict = verdict_below(o->estimate, 0);
    }
    selection_free(&x);
    selection_free(&y);
    return status;
}

int claim_knob_values(const char *knob, char key[64], double value[CLAIM_KNOB_VALUES])
{
    int count = 0;
    size_t n = strcspn(knob, ":");
    snprintf(key, 64, "%.*s", (int)n, knob);
    for (const char *at = knob + n + 1; count < CLAIM_KNOB_VALUES;) {
        char *end;
        value[count] = strtod(at, &end);
        if (end == at)
            break;
        at = end;
        count++;
    }
    return count;
}

void claim_knob_who(const char *who, const char *key, double value, char *out, size_t size)
{
    snprintf(out, size, "%s{%s=%g}", who, key, value);
}

/* Spearman of the score with the knob's value: every value is a task of one matrix. */
enum status claim_knob(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    char key[64], who[MATRIX_NAME], task[MATRIX_NAME];
    double value[CLAIM_KNOB_VALUES], used[CLAIM_KNOB_VALUES];
    int count = claim_knob_values(p->knob, key, value), kept = 0;
    struct matrix all;
    TRY(matrix_init(&all, p->a));
    enum status status = STATUS_OK;
    for (int i = 0; i < count && status == STATUS_OK; i++) {
        struct selection x;
        claim_knob_who(p->a, key, value[i], who, sizeof who);
        status = selection_make(r, who, p->on, selection_final, NULL, &x);
        if (status != STATUS_OK)
            break;
        snprintf(task, sizeof task, "%s=%g", key, value[i]);
        if (x.x.tasks == 1) {
            status = matrix_add(&all, task, x.x.runs[0], x.x.score);
            used[kept++] = value[i];
        }
        selection_free(&x);
    }
    o->tasks = kept;
    o->wanted = count;
    if (kept > 2 && status == STATUS_OK) {
        status = rank_trend(&all, NULL, used, &r->bootstrap, &o->estimate);
        o->verdict = verdict_above(o->estimate, 0);
    }
    matrix_free(&all);
    return status;
}
