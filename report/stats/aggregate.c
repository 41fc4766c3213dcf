#include "report/stats/aggregate.h"

#include "report/stats/replicate.h"
#include "report/stats/sum.h"
#include "report/stats/trim.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = REPLICATE_LANES };

static const struct {
    const char *key, *title;
    bool higher;
} row[] = {
#define AGGREGATE_ROW(code, key, title, higher) {key, title, higher},
    AGGREGATES(AGGREGATE_ROW)
#undef AGGREGATE_ROW
};

const char *aggregate_key(enum aggregate which)
{
    return row[which].key;
}

const char *aggregate_title(enum aggregate which)
{
    return row[which].title;
}

bool aggregate_higher_is_better(enum aggregate which)
{
    return row[which].higher;
}

void aggregate_task_means(const struct matrix *x, double *out)
{
    for (int m = 0; m < x->tasks; m++)
        out[m] = sum_mean(x->score + x->start[m], (size_t)x->runs[m]);
}

/* min(score, gamma), in the matrix's order. */
static void cut_at(const struct matrix *x, double gamma, double *out)
{
    for (size_t i = 0; i < matrix_count(x); i++)
        out[i] = x->score[i] < gamma ? x->score[i] : gamma;
}

/* Mean over tasks of the task means of a quantity. A full matrix is added in one go: that is the
 * mean of all its scores, with one rounding less. */
static double mean_over_tasks(const struct matrix *x, const double *score)
{
    if (matrix_full(x))
        return sum_mean(score, matrix_count(x));
    return matrix_mean(x, score);
}

/* The four of one matrix; `scratch` holds a double per score. */
static void points_of(const struct matrix *x, double gamma, const struct trim *t, double *scratch,
                      double out[AGGREGATE_COUNT])
{
    out[AGGREGATE_MEAN] = mean_over_tasks(x, x->score);
    aggregate_task_means(x, scratch);
    out[AGGREGATE_MEDIAN] = sum_median(scratch, (size_t)x->tasks);
    out[AGGREGATE_IQM] = trim_point(t);
    cut_at(x, gamma, scratch);
    out[AGGREGATE_GAP] = gamma - mean_over_tasks(x, scratch);
}

enum status aggregate_points(const struct matrix *x, double gamma, double out[AGGREGATE_COUNT])
{
    TRY(matrix_check(x));
    struct trim t;
    TRY(trim_init(&t, x, x->score));
    double *scratch = malloc(matrix_count(x) * sizeof *scratch);
    if (scratch != NULL)
        points_of(x, gamma, &t, scratch, out);
    trim_free(&t);
    free(scratch);
    return scratch != NULL ? STATUS_OK : status_fail(STATUS_MEMORY, "no memory for aggregates");
}

/* ---- intervals ------------------------------------------------------------------------------ */

struct job {
    const struct bootstrap *b;
    const struct replicate *from;
    const struct trim *trim;
    const double *cut; /* (L) min(score, gamma) */
    double gamma;
    double *values; /* (AGGREGATE_COUNT, R) */
};

/* Replicate values of all four aggregates for one block. */
static void run_block(const void *context, int block, struct replicate_work *w)
{
    const struct job *job = context;
    const struct matrix *x = job->from->x;
    size_t reps = (size_t)job->b->reps;
    double lane[AGGREGATE_COUNT][LANES];

    replicate_means(x, x->score, w->count, w->mean);
    replicate_average(w->mean, x->tasks, lane[AGGREGATE_MEAN]);
    replicate_median(w->mean, x->tasks, lane[AGGREGATE_MEDIAN]);
    trim_weigh(job->trim, w->count, w->drawn);
    trim_lanes(job->trim, w->drawn, lane[AGGREGATE_IQM]);
    replicate_means(x, job->cut, w->count, w->mean);
    replicate_average(w->mean, x->tasks, lane[AGGREGATE_GAP]);
    for (int i = 0; i < LANES; i++)
        lane[AGGREGATE_GAP][i] = job->gamma - lane[AGGREGATE_GAP][i];

    for (int which = 0; which < AGGREGATE_COUNT; which++)
        replicate_store(lane[which], job->b->reps, block, job->values + (size_t)which * reps);
}

/* The general road, for task resampling: each replicate is a matrix of its own shape. */
static void all_four(const struct matrix *x, const void *gamma, double *scratch, double *out)
{
    struct trim t;
    if (trim_init(&t, x, x->score) == STATUS_OK)
        points_of(x, *(const double *)gamma, &t, scratch, out);
    else
        out[0] = (double)NAN;
    trim_free(&t);
}

enum status aggregate_intervals(const struct matrix *x, double gamma, const struct bootstrap *b,
                                struct interval out[AGGREGATE_COUNT])
{
    double point[AGGREGATE_COUNT] = {0};
    TRY(bootstrap_check(b));
    TRY(aggregate_points(x, gamma, point));
    if (b->tasks) {
        size_t scratch = (size_t)x->tasks * (size_t)matrix_most(x);
        const struct statistic s = {all_four, &gamma, scratch, AGGREGATE_COUNT};
        return bootstrap_run(b, BOOTSTRAP_SCORES, &x, 1, &s, NULL, out);
    }

    struct replicate from;
    TRY(replicate_init(&from, b, BOOTSTRAP_SCORES, x));
    struct trim trim = {0};
    size_t reps = (size_t)b->reps;
    double *values = malloc(AGGREGATE_COUNT * reps * sizeof *values);
    double *cut = malloc(matrix_count(x) * sizeof *cut);
    enum status status = trim_init(&trim, x, x->score);
    if (status != STATUS_OK)
        goto done;

    struct job job = {
        .b = b, .from = &from, .trim = &trim, .cut = cut, .gamma = gamma, .values = values};
    if (values != NULL && cut != NULL)
        cut_at(x, gamma, cut);
    if (values == NULL || cut == NULL || !replicate_each(&from, b->reps, run_block, &job)) {
        status = status_fail(STATUS_MEMORY, "no memory for %d bootstrap replications of '%s'",
                             b->reps, x->method);
        goto done;
    }
#pragma omp parallel for schedule(static, 1)
    for (int which = 0; which < AGGREGATE_COUNT; which++)
        out[which] = bootstrap_interval(b, point[which], values + (size_t)which * reps, &x, 1);
done:
    replicate_free(&from);
    trim_free(&trim);
    free(values);
    free(cut);
    return status;
}
