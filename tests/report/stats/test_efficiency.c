#include "report/stats/efficiency.h"

#include "report/stats/aggregate.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct bootstrap quick(int reps)
{
    struct bootstrap b = bootstrap_default();
    b.reps = reps;
    return b;
}

/* scores (run, task, step) of the file in the matrix's order (task, run, step). */
static struct matrix load(const struct h5 *f, const char *name, double **y, int *J)
{
    int runs = fixture_dim(f, name, 0), tasks = fixture_dim(f, name, 1);
    size_t steps = (size_t)fixture_dim(f, name, 2), n = (size_t)runs, m = (size_t)tasks;
    double *x = fixture_doubles(f, name, NULL), *zero = calloc(n * m, sizeof *zero);
    *y = malloc(n * m * steps * sizeof **y);
    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < m; k++)
            memcpy(*y + (k * n + i) * steps, x + (i * m + k) * steps, steps * sizeof *x);
    }
    struct matrix out = scores_make(name, runs, tasks, zero);
    *J = (int)steps;
    free(x);
    free(zero);
    return out;
}

Test(efficiency, real_curves_equal_the_reference_and_lie_in_the_allowed_range)
{
    struct h5 f = fixture_open("stats_corl");
    struct scores_names methods = scores_members(&f, "curves");
    struct bootstrap b = bootstrap_default();
    int seen = 0;
    for (int i = 0; i < methods.count; i++) {
        char path[FILE_PATH];
        snprintf(path, sizeof path, "curves/%s", methods.name[i]);
        if (strcmp(methods.name[i], "step") == 0)
            continue;
        double *y;
        int J;
        struct matrix x = load(&f, at("%s/scores", path), &y, &J);
        struct efficiency e;
        cr_assert_eq(efficiency_make(&x, y, J, &b, &e), STATUS_OK, "%s", status_sentence());
        double *iqm = fixture_doubles(&f, at("%s/iqm", path), NULL);
        expect_close_double(at("%s/iqm", path), e.iqm, iqm, (size_t)J, 1e-12, 1e-12);
        for (int j = 0; j < J; j++, seen++)
            scores_expect_bounds(&f, at("%s/iqm_ci", path), j, J, e.iqm_low[j], e.iqm_high[j]);
        efficiency_free(&e);
        matrix_free(&x);
        free(iqm);
        free(y);
    }
    cr_assert_gt(seen, 0);
    h5_close(&f);
}

Test(efficiency, a_grid_point_with_a_missing_run_is_not_drawn)
{
    double y[6 * 3];
    for (int i = 0; i < 18; i++)
        y[i] = i;
    y[4 * 3 + 1] = (double)NAN;
    struct matrix x = scores_random("x", 3, 2, 0, 1, 1);
    struct bootstrap b = quick(100);
    struct efficiency e;
    cr_assert_eq(efficiency_make(&x, y, 3, &b, &e), STATUS_OK);
    cr_assert(isnan(e.iqm[1]) && isnan(e.iqm_low[1]) && isnan(e.iqm_high[1]));
    cr_assert_eq(e.iqm[0], 7.5);
    cr_assert(e.iqm_low[2] < e.iqm[2] && e.iqm[2] < e.iqm_high[2]);
    efficiency_free(&e);
    y[4 * 3 + 1] = (double)INFINITY;
    cr_assert_eq(efficiency_make(&x, y, 3, &b, &e), STATUS_NONFINITE);
    cr_assert_not_null(strstr(status_sentence(), "task1"));
    matrix_free(&x);
}

Test(efficiency, whole_curves_are_moved)
{
    /* Curve 2 is curve 1 plus 3, at every grid point: with common indices the replicate values
     * move by 3 exactly, and so do the bounds. Each grid point alone is an aggregate. */
    struct matrix x = scores_random("x", 4, 5, 0, 64, 7);
    double y[20 * 2];
    for (size_t i = 0; i < 20; i++) {
        x.score[i] = floor(x.score[i]);
        y[2 * i] = x.score[i];
        y[2 * i + 1] = x.score[i] + 3;
    }
    struct bootstrap b = quick(3000);
    struct efficiency e;
    cr_assert_eq(efficiency_make(&x, y, 2, &b, &e), STATUS_OK);
    cr_assert_eq(e.iqm_low[1], e.iqm_low[0] + 3);
    cr_assert_eq(e.iqm_high[1], e.iqm_high[0] + 3);
    double points[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_points(&x, 100, points), STATUS_OK);
    expect_number("iqm", e.iqm[0], points[AGGREGATE_IQM], 1e-15, 0);
    efficiency_free(&e);
    matrix_free(&x);
}

Test(efficiency, many_grid_points_take_several_passes_with_equal_bits)
{
    /* 200 grid points at 50000 replications exceed what is kept at a time; the last must equal a
     * pass of its own. */
    enum { J = 200 };
    struct matrix x = scores_random("x", 3, 2, 0, 1, 2);
    double *y = malloc(6 * J * sizeof *y), last[6];
    for (int i = 0; i < 6 * J; i++)
        y[i] = sin(i * 0.7) * i;
    for (int i = 0; i < 6; i++)
        last[i] = y[i * J + J - 1];
    struct bootstrap b = bootstrap_default();
    struct efficiency all, one;
    cr_assert_eq(efficiency_make(&x, y, J, &b, &all), STATUS_OK);
    cr_assert_eq(efficiency_make(&x, last, 1, &b, &one), STATUS_OK);
    cr_assert_eq(all.iqm_low[J - 1], one.iqm_low[0]);
    cr_assert_eq(all.iqm_high[J - 1], one.iqm_high[0]);
    efficiency_free(&all);
    efficiency_free(&one);
    matrix_free(&x);
    free(y);
}

Test(efficiency, spread_counts_the_runs_that_are_there)
{
    const double y[] = {1, 5, (double)NAN, 3, (double)NAN, (double)NAN, 8, 9, (double)NAN};
    double mean[3], sd[3];
    int count[3];
    efficiency_spread(y, 3, 3, false, mean, sd, count);
    cr_assert(count[0] == 3 && count[1] == 2 && count[2] == 0);
    cr_assert(mean[0] == 4 && mean[1] == 7 && isnan(mean[2]));
    expect_number("sd", sd[0], sqrt((9 + 1 + 16) / 3.0), 1e-15, 0);
    cr_assert(sd[1] == 2 && isnan(sd[2]));
    efficiency_spread(y, 1, 3, true, NULL, sd, NULL);
    cr_assert(isnan(sd[0])); /* one run has no sample deviation */
}

Test(efficiency, task_resampling_is_that_of_the_aggregates)
{
    struct matrix x = scores_random("x", 3, 8, 0, 10, 5);
    double y[24 * 2];
    for (size_t i = 0; i < 24; i++) {
        x.score[i] = floor(x.score[i]) + 16 * (double)(i / 3);
        y[2 * i] = x.score[i];
        y[2 * i + 1] = 2 * x.score[i];
    }
    struct bootstrap b = quick(1000);
    struct efficiency runs, tasks;
    cr_assert_eq(efficiency_make(&x, y, 2, &b, &runs), STATUS_OK);
    b.tasks = true;
    cr_assert_eq(efficiency_make(&x, y, 2, &b, &tasks), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(tasks.iqm[0], runs.iqm[0]);
    cr_assert_gt(tasks.iqm_high[0] - tasks.iqm_low[0], 2 * (runs.iqm_high[0] - runs.iqm_low[0]));
    cr_assert_eq(tasks.iqm_low[1], 2 * tasks.iqm_low[0]);
    cr_assert_eq(tasks.iqm_high[1], 2 * tasks.iqm_high[0]);
    efficiency_free(&runs);
    efficiency_free(&tasks);
    matrix_free(&x);
}
