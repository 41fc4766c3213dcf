#include "report/stats/contrast.h"

#include "report/stats/replicate.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = REPLICATE_LANES };

struct term_job {
    const struct contrast_term *term;
    int reps;
    double *values; /* (R) */
};

static void add_block(const void *context, int block, struct replicate_work *w)
{
    const struct term_job *job = context;
    const struct matrix *x = job->term->x;
    double average[LANES];
    replicate_means(x, x->score, w->count, w->mean);
    replicate_average(w->mean, x->tasks, average);
    for (int lane = 0; lane < replicate_lanes(job->reps, block); lane++)
        job->values[(size_t)block * LANES + (size_t)lane] += job->term->weight * average[lane];
}

/* values (R) += weight * mean over tasks of x's resampled task means. */
static enum status add_term(const struct contrast_term *term, const struct bootstrap *b,
                            double *values)
{
    struct replicate from;
    TRY(replicate_init(&from, b, BOOTSTRAP_PAIRS, term->x));
    const struct term_job job = {term, b->reps, values};
    bool fits = replicate_each(&from, b->reps, add_block, &job);
    replicate_free(&from);
    return fits ? STATUS_OK
                : status_fail(STATUS_MEMORY, "no memory to resample '%s'", term->x->method);
}

static double term_point(const struct contrast_term *term)
{
    return term->weight * matrix_mean(term->x, term->x->score);
}

/* ---- with task resampling ------------------------------------------------------------------- */

struct weights {
    const struct contrast_term *term;
    int count;
};

static void weighted_means(const struct matrix *x, const void *context, double *scratch,
                           double *out)
{
    (void)scratch;
    const struct weights *w = context;
    struct sum total = {0};
    for (int k = 0; k < w->count; k++)
        sum_add(&total, term_point(&(struct contrast_term){&x[k], w->term[k].weight}));
    *out = sum_total(&total);
}

/* All terms see the same task columns, so they must have the same tasks. */
static enum status fill_with_tasks(const struct contrast_term *term, int count,
                                   const struct bootstrap *b, double *values, double *point)
{
    const struct matrix *x[CONTRAST_TERMS];
    for (int k = 0; k < count; k++)
        x[k] = term[k].x;
    const struct weights weights = {term, count};
    const struct statistic s = {weighted_means, &weights, 0, 1};
    struct interval all;
    TRY(bootstrap_run(b, BOOTSTRAP_PAIRS, x, count, &s, values, &all));
    *point = all.point;
    return STATUS_OK;
}

/* ---- contrasts ------------------------------------------------------------------------------ */

/* Replicate values of the contrast are added to values (R); its point. */
static enum status add_terms(const struct contrast_term *term, int count, const struct bootstrap *b,
                             double *values, double *point)
{
    TRY(bootstrap_check(b));
    if (b->tasks)
        return fill_with_tasks(term, count, b, values, point);
    struct sum total = {0};
    for (int k = 0; k < count; k++) {
        TRY(add_term(&term[k], b, values));
        sum_add(&total, term_point(&term[k]));
    }
    *point = sum_total(&total);
    return STATUS_OK;
}

enum status contrast_interval(const struct contrast_term *term, int count,
                              const struct bootstrap *b, double *values, struct interval *out)
{
    TRY(bootstrap_check(b));
    if (count < 1 || count > CONTRAST_TERMS)
        return status_fail(STATUS_CONFIG, "a contrast of %d terms; 1 to %d are handled", count,
                           CONTRAST_TERMS);
    const struct matrix *x[CONTRAST_TERMS];
    for (int k = 0; k < count; k++)
        x[k] = term[k].x;
    double *own = calloc((size_t)b->reps, sizeof *own), point = 0;
    if (own == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d replications", b->reps);
    enum status status = add_terms(term, count, b, own, &point);
    if (status == STATUS_OK) {
        for (int i = 0; i < b->reps && values != NULL; i++)
            values[i] = own[i];
        *out = bootstrap_interval(b, point, own, x, count);
    }
    free(own);
    return status;
}

/* ---- ratios --------------------------------------------------------------------------------- */

static double ratio(double a, double b)
{
    if (b == 0)
        return a == 0 ? 1 : copysign((double)INFINITY, a);
    return a / b;
}

static double mean_variance(const struct matrix *x)
{
    double total = 0;
    for (int m = 0; m < x->tasks; m++)
        total += sum_variance(x->score + x->start[m], (size_t)x->runs[m], false);
    return total / x->tasks;
}

static void variance_ratio(const struct matrix *x, const void *context, double *scratch,
                           double *out)
{
    (void)context;
    (void)scratch;
    *out = ratio(mean_variance(&x[0]), mean_variance(&x[1]));
}

enum status contrast_variance_ratio(const struct matrix *x, const struct matrix *y,
                                    const struct bootstrap *b, struct interval *out)
{
    const struct matrix *both[2] = {x, y};
    const struct statistic s = {variance_ratio, NULL, 0, 1};
    return bootstrap_run(b, BOOTSTRAP_PAIRS, both, 2, &s, NULL, out);
}

enum status contrast_mean_ratio(const struct matrix *x, const struct matrix *y,
                                const struct bootstrap *b, struct interval *out)
{
    TRY(bootstrap_check(b));
    const struct matrix *both[2] = {x, y};
    const struct contrast_term above = {x, 1}, below = {y, 1};
    size_t reps = (size_t)b->reps;
    double *values = calloc(2 * reps, sizeof *values), top = 0, bottom = 0;
    if (values == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d replications", b->reps);
    enum status status = add_terms(&above, 1, b, values, &top);
    if (status == STATUS_OK)
        status = add_terms(&below, 1, b, values + reps, &bottom);
    if (status == STATUS_OK) {
        for (size_t i = 0; i < reps; i++)
            values[i] = ratio(values[i], values[reps + i]);
        *out = bootstrap_interval(b, ratio(top, bottom), values, both, 2);
    }
    free(values);
    return status;
}
