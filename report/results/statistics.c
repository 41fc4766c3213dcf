#include "report/results/statistics.h"

#include "report/stats/rank.h"
#include "report/stats/sum.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

struct statistics {
    struct suite_statistics *suite; /* (RESULTS_WHATS, suites + 1), all suites together last */
    struct cell_statistics *cell;   /* (methods, datasets) */
    bool *known;                    /* (methods, datasets) */
    int suites, cells;
};

static enum status no_memory(void)
{
    return status_fail(STATUS_MEMORY, "no memory for the statistics");
}

enum status statistics_new(struct report *r)
{
    struct statistics *s = calloc(1, sizeof *s);
    if (s == NULL)
        return no_memory();
    r->statistics = s;
    s->suites = RESULTS_WHATS * (r->results.suites + 1);
    s->cells = r->results.methods * r->results.datasets;
    s->suite = calloc((size_t)s->suites, sizeof *s->suite);
    s->cell = calloc((size_t)s->cells + 1, sizeof *s->cell);
    s->known = calloc((size_t)s->cells + 1, sizeof *s->known);
    return s->suite != NULL && s->cell != NULL && s->known != NULL ? STATUS_OK : no_memory();
}

void statistics_free(struct report *r)
{
    struct statistics *s = r->statistics;
    for (int i = 0; s != NULL && s->suite != NULL && i < s->suites; i++) {
        suite_scores_free(&s->suite[i].scores);
        free(s->suite[i].aggregate);
        free(s->suite[i].pair);
        free(s->suite[i].rank);
    }
    if (s != NULL) {
        free(s->suite);
        free(s->cell);
        free(s->known);
    }
    free(s);
    r->statistics = NULL;
}

void report_free(struct report *r)
{
    statistics_free(r);
    results_free(&r->results);
}

/* --- suites ----------------------------------------------------------------------------------- */

enum status statistics_suite(const struct report *r, int suite, enum results_what what,
                             struct suite_statistics **out)
{
    int suites = r->results.suites;
    assert(r->statistics != NULL);
    *out = &r->statistics->suite[(int)what * (suites + 1) + (suite < 0 ? suites : suite)];
    struct suite_scores *scores = &(*out)->scores;
    if (scores->dataset != NULL)
        return STATUS_OK;
    TRY(suite_scores_gather(&r->results, suite, what, scores));
    (*out)->ours = suite_scores_find(scores, r->results.ours);
    return STATUS_OK;
}

enum status statistics_aggregates(const struct report *r, struct suite_statistics *s)
{
    if (s->aggregate != NULL)
        return STATUS_OK;
    struct interval(*all)[AGGREGATE_COUNT] = calloc((size_t)s->scores.methods + 1, sizeof *all);
    enum status status = all != NULL ? STATUS_OK : no_memory();
    for (int i = 0; i < s->scores.methods && status == STATUS_OK; i++)
        status = aggregate_intervals(&s->scores.x[i], r->gamma, &r->bootstrap, all[i]);
    if (status == STATUS_OK)
        s->aggregate = all;
    else
        free(all);
    return status;
}

enum status statistics_pairs(const struct report *r, struct suite_statistics *s)
{
    if (s->pair != NULL)
        return STATUS_OK;
    size_t n = (size_t)s->scores.methods;
    struct comparison *pair = calloc(n * n + 1, sizeof *pair);
    enum status status = no_memory();
    if (pair != NULL) {
        bool all = s->ours < 0 || r->pairs > 0 || s->scores.suite < 0;
        status = compare_ours(s->scores.view, (int)n, s->ours < 0 ? 0 : s->ours, all, &r->bootstrap,
                              pair);
    }
    if (status == STATUS_OK)
        s->pair = pair;
    else
        free(pair);
    return status;
}

bool statistics_next_pair(const struct report *r, const struct suite_statistics *s, int *at, int *x,
                          int *y)
{
    int n = s->scores.methods, count = r->pairs > 0 ? r->pairs : n * n;
    while (*at < count) {
        int k = (*at)++;
        *x = r->pairs > 0 ? suite_scores_find(&s->scores, r->pair[k][0]) : k / n;
        *y = r->pairs > 0 ? suite_scores_find(&s->scores, r->pair[k][1]) : k % n;
        bool shown = r->pairs > 0 ? *x >= 0 && *y >= 0 : s->ours >= 0 ? *x == s->ours : *x < *y;
        if (shown && *x != *y)
            return true;
    }
    return false;
}

enum status statistics_ranks(struct suite_statistics *s)
{
    if (s->rank != NULL)
        return STATUS_OK;
    size_t n = (size_t)s->scores.methods;
    double *rank = malloc((n * n + 1) * sizeof *rank);
    enum status status = rank != NULL ? rank_probabilities(s->scores.view, (int)n, rank)
                                      : no_memory();
    if (status == STATUS_OK)
        s->rank = rank;
    else
        free(rank);
    return status;
}

/* --- cells ------------------------------------------------------------------------------------ */

/* The mean of a cell's numbers; `score` has room for all of them. */
static double cell_mean(const struct results *r, int method, int dataset, enum results_what what,
                        int room, double *score, int *n)
{
    *n = results_scores(r, method, dataset, what, room, score);
    return *n > 0 ? sum_mean(score, (size_t)*n) : (double)NAN;
}

static void compute_cell(const struct report *r, int method, int dataset, int room, double *score,
                         struct cell_statistics *c)
{
    const struct results *x = &r->results;
    int n;
    c->initial = cell_mean(x, method, dataset, RESULTS_INITIAL, room, score, &n);
    c->increase = cell_mean(x, method, dataset, RESULTS_INCREASE, room, score, &n);
    c->final = cell_mean(x, method, dataset, RESULTS_FINAL, room, score, &n);
    c->runs = n;
    c->sd = n > 0 ? sum_deviation(score, (size_t)n, r->sample_sd) : (double)NAN;
    c->lowest = c->highest = n > 0 ? score[0] : (double)NAN;
    for (int i = 1; i < n; i++) {
        c->lowest = fmin(c->lowest, score[i]);
        c->highest = fmax(c->highest, score[i]);
    }
    /* The paper prints no variants, and says nothing on the scale of foreign scores. */
    c->printed = x->method[method].main && !x->foreign
                     ? paper_cell(x->dataset[dataset].id, x->method[method].id)
                     : (struct paper_cell){(double)NAN, (double)NAN};
    c->agreed = agreement_of(c->printed.final, score, isnan(c->printed.final) ? 0 : n);
}

enum status statistics_cell(const struct report *r, int method, int dataset,
                            const struct cell_statistics **out)
{
    struct statistics *s = r->statistics;
    assert(s != NULL);
    int at = method * r->results.datasets + dataset, count;
    struct cell_statistics *c = &s->cell[at];
    *out = c;
    if (s->known[at])
        return STATUS_OK;
    results_cell(&r->results, method, dataset, &count);
    double *score = malloc(((size_t)count + 1) * sizeof *score);
    if (score == NULL)
        return no_memory();
    compute_cell(r, method, dataset, count, score, c);
    free(score);
    TRY(report_interval(r, method, &dataset, 1, &c->interval));
    s->known[at] = true;
    return STATUS_OK;
}
