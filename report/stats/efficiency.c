#include "report/stats/efficiency.h"

#include "report/stats/replicate.h"
#include "report/stats/sum.h"
#include "report/stats/trim.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = REPLICATE_LANES, VALUES = 1 << 24 /* replicate values kept at a time: 128 MB */ };

void efficiency_spread(const double *y, int runs, int J, bool sample, double *mean, double *sd,
                       int *count)
{
    for (int j = 0; j < J; j++) {
        struct sum total = {0};
        int here = 0;
        for (int n = 0; n < runs; n++) {
            double value = y[(size_t)n * (size_t)J + (size_t)j];
            if (isnan(value))
                continue;
            sum_add(&total, value);
            here++;
        }
        double average = here > 0 ? sum_total(&total) / here : (double)NAN;
        struct sum squares = {0};
        for (int n = 0; n < runs; n++) {
            double off = y[(size_t)n * (size_t)J + (size_t)j] - average;
            if (!isnan(off))
                sum_add(&squares, off * off);
        }
        int divisor = sample ? here - 1 : here;
        if (mean != NULL)
            mean[j] = average;
        if (sd != NULL)
            sd[j] = divisor > 0 ? sqrt(sum_total(&squares) / divisor) : (double)NAN;
        if (count != NULL)
            count[j] = here;
    }
}

/* ---- sample efficiency ---------------------------------------------------------------------- */

/* One grid point where every run has a value. */
struct point {
    int j;
    double *score; /* (L) */
    struct trim trim;
    double *iqm; /* (R) replicate values */
};

static void point_free(struct point *p)
{
    free(p->score);
    trim_free(&p->trim);
    free(p->iqm);
    *p = (struct point){0};
}

static enum status point_init(struct point *p, const struct matrix *runs, const double *y, int J,
                              int j, int reps)
{
    size_t L = matrix_count(runs);
    *p = (struct point){.j = j};
    p->score = malloc(L * sizeof *p->score);
    p->iqm = malloc((size_t)reps * sizeof *p->iqm);
    if (p->score == NULL || p->iqm == NULL) {
        point_free(p);
        return status_fail(STATUS_MEMORY, "no memory for the curves of '%s'", runs->method);
    }
    for (size_t l = 0; l < L; l++)
        p->score[l] = y[l * (size_t)J + (size_t)j];
    enum status status = trim_init(&p->trim, runs, p->score);
    if (status != STATUS_OK)
        point_free(p);
    return status;
}

struct points_job {
    struct point *point;
    int points, reps;
};

/* Replicate values of several grid points for one block: one draw moves whole curves. */
static void resample_block(const void *context, int block, struct replicate_work *w)
{
    const struct points_job *job = context;
    double lane[LANES];
    for (int i = 0; i < job->points; i++) {
        struct point *p = &job->point[i];
        if (i == 0)
            trim_weigh(&p->trim, w->count, w->drawn);
        trim_lanes(&p->trim, w->drawn, lane);
        replicate_store(lane, job->reps, block, p->iqm);
    }
}

static enum status resample_runs(const struct replicate *from, int reps, struct point *point,
                                 int points)
{
    const struct points_job job = {.point = point, .points = points, .reps = reps};
    if (!replicate_each(from, reps, resample_block, &job))
        return status_fail(STATUS_MEMORY, "no memory for the curves of '%s'", from->x->method);
    return STATUS_OK;
}

static void store_point(const struct point *p, struct interval iqm, struct efficiency *out)
{
    out->iqm[p->j] = trim_point(&p->trim);
    out->iqm_low[p->j] = iqm.low;
    out->iqm_high[p->j] = iqm.high;
}

static void finish_all(const struct bootstrap *b, const struct matrix *x, struct point *point,
                       int points, struct efficiency *out)
{
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < points; i++) {
        struct point *p = &point[i];
        store_point(p, bootstrap_interval(b, trim_point(&p->trim), p->iqm, &x, 1), out);
    }
}

/* ---- with task resampling ------------------------------------------------------------------- */

struct grid {
    const struct point *point;
    int points;
};

/* The IQM at each grid point. What was resampled are the numbers of the runs, so that whole
 * curves move. */
static void all_points(const struct matrix *runs, const void *context, double *scratch, double *out)
{
    const struct grid *grid = context;
    struct matrix here = *runs;
    here.score = scratch;
    for (int i = 0; i < grid->points; i++) {
        for (size_t l = 0; l < matrix_count(runs); l++)
            scratch[l] = grid->point[i].score[(size_t)runs->score[l]];
        struct trim t;
        bool fits = trim_init(&t, &here, scratch) == STATUS_OK;
        out[i] = fits ? trim_point(&t) : (double)NAN;
        trim_free(&t);
    }
}

static enum status resample_tasks(const struct bootstrap *b, const struct matrix *x,
                                  struct point *point, int points, struct efficiency *out)
{
    size_t L = matrix_count(x), n = (size_t)points;
    double *number = malloc(L * sizeof *number);
    struct interval *got = calloc(n + 1, sizeof *got);
    enum status status = STATUS_OK;
    if (number == NULL || got == NULL) {
        status = status_fail(STATUS_MEMORY, "no memory for the curves of '%s'", x->method);
        goto done;
    }
    for (size_t l = 0; l < L; l++)
        number[l] = (double)l;
    struct matrix runs = *x;
    runs.score = number;
    const struct matrix *one = &runs;
    const struct grid grid = {point, points};
    size_t scratch = (size_t)x->tasks * (size_t)matrix_most(x);
    const struct statistic s = {all_points, &grid, scratch, points};
    if (points > 0)
        status = bootstrap_run(b, BOOTSTRAP_CURVES, &one, 1, &s, NULL, got);
    for (size_t i = 0; i < n && status == STATUS_OK; i++)
        store_point(&point[i], got[i], out);
done:
    free(number);
    free(got);
    return status;
}

/* ---- all grid points ------------------------------------------------------------------------ */

/* How many runs are missing at grid point j; an infinite value is an error. */
static enum status count_missing(const struct matrix *x, const double *y, int J, int j,
                                 int *missing)
{
    *missing = 0;
    for (int m = 0; m < x->tasks; m++) {
        for (size_t l = x->start[m]; l < x->start[m + 1]; l++) {
            double value = y[l * (size_t)J + (size_t)j];
            if (isinf(value))
                return status_fail(STATUS_NONFINITE,
                                   "method '%s', task '%s': the curve of run %zu is infinite at "
                                   "grid point %d; choose a rule for diverged runs",
                                   x->method, x->task[m], l - x->start[m] + 1, j + 1);
            *missing += isnan(value);
        }
    }
    return STATUS_OK;
}

/* Grid points from *next on, as many as `room` holds, skipping those with a missing run. */
static enum status gather(const struct matrix *x, const double *y, int J, int reps, int room,
                          int *next, struct point *point, int *points)
{
    *points = 0;
    for (; *next < J && *points < room; ++*next) {
        int missing;
        TRY(count_missing(x, y, J, *next, &missing));
        if (missing > 0)
            continue;
        TRY(point_init(&point[*points], x, y, J, *next, reps));
        ++*points;
    }
    return STATUS_OK;
}

static enum status fill_points(const struct matrix *x, const double *y, int J,
                               const struct bootstrap *b, const struct replicate *from,
                               struct efficiency *out)
{
    int room = VALUES / b->reps > 0 ? VALUES / b->reps : 1;
    room = room < J ? room : J;
    struct point *point = calloc((size_t)room + 1, sizeof *point);
    if (point == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the curves of '%s'", x->method);
    enum status status = STATUS_OK;
    for (int next = 0; next < J && status == STATUS_OK;) {
        int points;
        status = gather(x, y, J, b->reps, room, &next, point, &points);
        if (status == STATUS_OK && b->tasks) {
            status = resample_tasks(b, x, point, points, out);
        } else if (status == STATUS_OK) {
            status = resample_runs(from, b->reps, point, points);
            if (status == STATUS_OK)
                finish_all(b, x, point, points, out);
        }
        for (int i = 0; i < points; i++)
            point_free(&point[i]);
    }
    free(point);
    return status;
}

enum status efficiency_make(const struct matrix *runs, const double *y, int J,
                            const struct bootstrap *b, struct efficiency *out)
{
    *out = (struct efficiency){0};
    struct replicate from;
    enum status status = replicate_init(&from, b, BOOTSTRAP_CURVES, runs);
    if (status != STATUS_OK)
        goto done;
    size_t n = (size_t)J;
    double *all = malloc((3 * n + 1) * sizeof *all);
    if (all == NULL) {
        status = status_fail(STATUS_MEMORY, "no memory for the curves of '%s'", runs->method);
        goto done;
    }
    for (size_t i = 0; i < 3 * n; i++)
        all[i] = (double)NAN;
    *out = (struct efficiency){.points = J,
                               .iqm = all,
                               .iqm_low = all + n,
                               .iqm_high = all + 2 * n,
                               .runs = matrix_fewest(runs)};
    status = fill_points(runs, y, J, b, &from, out);
    if (status != STATUS_OK)
        efficiency_free(out);
done:
    replicate_free(&from);
    return status;
}

void efficiency_free(struct efficiency *e)
{
    free(e->iqm); /* one block holds all three */
    *e = (struct efficiency){0};
}
