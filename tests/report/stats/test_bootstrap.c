#include "report/stats/bootstrap.h"

#include "engine/base/sort.h"
#include "engine/base/threads.h"
#include "report/stats/aggregate.h"
#include "report/stats/compare.h"
#include "report/stats/contrast.h"
#include "report/stats/efficiency.h"
#include "report/stats/profile.h"
#include "report/stats/sum.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { METHODS = 3, TAUS = 7, GRID = 4, REPS = 1300 };

/* Every kind of interval at once, as plain numbers: structs have padding, memcmp would see it. */
enum { PER_INTERVAL = 4, PER_METHOD = AGGREGATE_COUNT * PER_INTERVAL };
struct everything {
    double aggregate[METHODS][PER_METHOD];
    double run_low[METHODS][TAUS], run_high[METHODS][TAUS];
    double iqm_low[METHODS][GRID], iqm_high[METHODS][GRID];
    double pair[METHODS][METHODS][2 * PER_INTERVAL];
    double contrast[PER_INTERVAL], ratio[PER_INTERVAL];
};

static void note(struct interval i, double out[PER_INTERVAL])
{
    out[0] = i.point;
    out[1] = i.low;
    out[2] = i.high;
    out[3] = i.runs;
}

static void make_curves(const struct matrix *x, const struct bootstrap *b, double *iqm_low,
                        double *iqm_high)
{
    double *y = malloc(matrix_count(x) * GRID * sizeof *y);
    for (size_t i = 0; i < matrix_count(x) * GRID; i++)
        y[i] = x->score[i / GRID] * (double)(i % GRID);
    struct efficiency e;
    cr_assert_eq(efficiency_make(x, y, GRID, b, &e), STATUS_OK);
    memcpy(iqm_low, e.iqm_low, GRID * sizeof *iqm_low);
    memcpy(iqm_high, e.iqm_high, GRID * sizeof *iqm_high);
    efficiency_free(&e);
    free(y);
}

static void make_everything(const struct matrix *const *x, int methods, struct everything *out)
{
    memset(out, 0, sizeof *out);
    struct bootstrap b = bootstrap_default();
    b.reps = REPS;
    const double tau[TAUS] = {0, 10, 30, 50, 70, 90, 100};
    for (int k = 0; k < methods; k++) {
        struct interval aggregate[AGGREGATE_COUNT];
        cr_assert_eq(aggregate_intervals(x[k], 100, &b, aggregate), STATUS_OK);
        for (int i = 0; i < AGGREGATE_COUNT; i++)
            note(aggregate[i], out->aggregate[k] + i * PER_INTERVAL);
        struct profile p;
        cr_assert_eq(profile_make(x[k], tau, TAUS, &b, &p), STATUS_OK);
        memcpy(out->run_low[k], p.run_low, sizeof out->run_low[k]);
        memcpy(out->run_high[k], p.run_high, sizeof out->run_high[k]);
        profile_free(&p);
        make_curves(x[k], &b, out->iqm_low[k], out->iqm_high[k]);
    }
    struct comparison pair[METHODS * METHODS];
    cr_assert_eq(compare_all(x, methods, &b, pair), STATUS_OK);
    for (int i = 0; i < methods; i++) {
        for (int j = 0; j < methods; j++) {
            note(pair[i * methods + j].improvement, out->pair[i][j]);
            note(pair[i * methods + j].difference, out->pair[i][j] + PER_INTERVAL);
        }
    }
    const struct contrast_term term[] = {{x[0], 1}, {x[1], -0.7}};
    struct interval one;
    cr_assert_eq(contrast_interval(term, 2, &b, NULL, &one), STATUS_OK);
    note(one, out->contrast);
    cr_assert_eq(contrast_variance_ratio(x[0], x[1], &b, &one), STATUS_OK);
    note(one, out->ratio);
}

static void make_methods(struct matrix x[METHODS], const struct matrix *p[METHODS])
{
    for (int k = 0; k < METHODS; k++) {
        x[k] = scores_random(at("method %d", k), 3 + k, 5, 0, 110, (uint64_t)k);
        p[k] = &x[k];
    }
}

Test(bootstrap, bits_are_the_same_for_any_number_of_threads)
{
    struct matrix x[METHODS];
    const struct matrix *p[METHODS];
    make_methods(x, p);
    struct everything *one = malloc(sizeof *one), *more = malloc(sizeof *more);
    threads_set(1);
    make_everything(p, METHODS, one);
    for (int threads = 2; threads <= 3; threads++) {
        threads_set(threads);
        make_everything(p, METHODS, more);
        cr_assert_eq(memcmp(one, more, sizeof *one), 0, "%d threads", threads);
    }
    free(one);
    free(more);
    for (int k = 0; k < METHODS; k++)
        matrix_free(&x[k]);
}

Test(bootstrap, a_method_more_or_another_order_moves_nothing)
{
    struct matrix x[METHODS];
    const struct matrix *p[METHODS];
    make_methods(x, p);
    struct everything *all = malloc(sizeof *all), *two = malloc(sizeof *two);
    make_everything(p, METHODS, all);
    make_everything(p, METHODS - 1, two);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(memcmp(all->aggregate[i], two->aggregate[i], sizeof all->aggregate[i]), 0);
        cr_assert_eq(memcmp(all->pair[i], two->pair[i], 2 * sizeof all->pair[i][0]), 0);
    }
    const struct matrix *turned[] = {p[2], p[0], p[1]};
    make_everything(turned, METHODS, two);
    for (int i = 0; i < METHODS; i++) {
        int was = (i + 2) % METHODS;
        cr_assert_eq(memcmp(two->aggregate[i], all->aggregate[was], sizeof all->aggregate[i]), 0);
        cr_assert_eq(memcmp(two->run_low[i], all->run_low[was], sizeof all->run_low[i]), 0);
        cr_assert_eq(memcmp(two->iqm_high[i], all->iqm_high[was], sizeof all->iqm_high[i]), 0);
    }
    /* 0 against 1 is computed in the same direction; 2 against 0 was a mirror image. */
    cr_assert_eq(memcmp(two->pair[1][2], all->pair[0][1], sizeof all->pair[0][1]), 0);
    expect_close_double("mirrored", two->pair[0][1], all->pair[2][0], 2 * PER_INTERVAL, 1e-14, 0);
    free(all);
    free(two);
    for (int k = 0; k < METHODS; k++)
        matrix_free(&x[k]);
}

Test(bootstrap, the_order_of_tasks_moves_nothing_but_the_last_bits)
{
    struct matrix x = scores_random("x", 5, 6, 0, 100, 3), y;
    cr_assert_eq(matrix_init(&y, "x"), STATUS_OK);
    for (int m = 5; m >= 0; m--)
        cr_assert_eq(matrix_add(&y, x.task[m], 5, x.score + x.start[m]), STATUS_OK);
    struct bootstrap b = bootstrap_default();
    b.reps = 2000;
    struct interval a[AGGREGATE_COUNT], c[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 100, &b, a), STATUS_OK);
    cr_assert_eq(aggregate_intervals(&y, 100, &b, c), STATUS_OK);
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        expect_number("low", c[k].low, a[k].low, 1e-13, 0);
        expect_number("high", c[k].high, a[k].high, 1e-13, 0);
    }
    matrix_free(&x);
    matrix_free(&y);
}

Test(bootstrap, seed_family_method_and_task_each_key_the_stream)
{
    struct matrix x = scores_random("x", 9, 1, 0, 100, 3), other, task;
    cr_assert_eq(matrix_init(&other, "other"), STATUS_OK);
    cr_assert_eq(matrix_add(&other, "task0", 9, x.score), STATUS_OK);
    cr_assert_eq(matrix_init(&task, "x"), STATUS_OK);
    cr_assert_eq(matrix_add(&task, "elsewhere", 9, x.score), STATUS_OK);
    struct bootstrap b = bootstrap_default(), seeded = b;
    b.reps = seeded.reps = 501;
    seeded.seed = 1;
    struct interval base[AGGREGATE_COUNT], got[AGGREGATE_COUNT], family;
    const struct contrast_term term = {&x, 1};
    cr_assert_eq(aggregate_intervals(&x, 100, &b, base), STATUS_OK);
    cr_assert_eq(aggregate_intervals(&other, 100, &b, got), STATUS_OK);
    cr_assert_neq(got[0].low, base[0].low);
    cr_assert_eq(aggregate_intervals(&task, 100, &b, got), STATUS_OK);
    cr_assert_neq(got[0].low, base[0].low);
    cr_assert_eq(aggregate_intervals(&x, 100, &seeded, got), STATUS_OK);
    cr_assert_neq(got[0].low, base[0].low);
    cr_assert_eq(contrast_interval(&term, 1, &b, NULL, &family), STATUS_OK);
    cr_assert_neq(family.low, base[0].low);
    cr_assert_eq(aggregate_intervals(&x, 100, &b, got), STATUS_OK);
    cr_assert_eq(got[0].low, base[0].low);
    matrix_free(&x);
    matrix_free(&other);
    matrix_free(&task);
}

Test(bootstrap, quantiles_interpolate_between_order_statistics)
{
    double v[] = {5, 1, 4, 2, 3};
    cr_assert_eq(bootstrap_quantile(v, 5, 0), 1);
    cr_assert_eq(bootstrap_quantile(v, 5, 1), 5);
    cr_assert_eq(bootstrap_quantile(v, 5, 0.5), 3);
    expect_number("0.1", bootstrap_quantile(v, 5, 0.1), 1.4, 1e-15, 0);
    double one[] = {7}, far[] = {(double)INFINITY, 1, (double)INFINITY, (double)INFINITY};
    cr_assert_eq(bootstrap_quantile(one, 1, 0.3), 7);
    cr_assert_eq(bootstrap_quantile(far, 4, 0), 1);
    cr_assert_eq(bootstrap_quantile(far, 4, 0.1), (double)INFINITY);
    cr_assert_eq(bootstrap_quantile(far, 4, 0.9), (double)INFINITY);
}

Test(bootstrap, selection_equals_sorting)
{
    for (int trial = 0; trial < 200; trial++) {
        int n = 1 + trial * 30;
        struct matrix x = scores_random("x", n, 1, 0, trial % 3 == 0 ? 4 : 1000, (uint64_t)trial);
        double *sorted = malloc((size_t)n * sizeof *sorted);
        for (int i = 0; i < n; i++) {
            if (trial % 3 == 0)
                x.score[i] = floor(x.score[i]); /* many ties */
            if (trial % 5 == 0)
                x.score[i] = trial % 2 == 0 ? i : -i; /* in order */
            sorted[i] = x.score[i];
        }
        sort_doubles(sorted, (size_t)n);
        for (double q = 0; q <= 1; q += 0.0625) {
            double h = (n - 1) * q;
            int k = (int)h;
            double want = sorted[k];
            if (k + 1 < n)
                want += (h - k) * (sorted[k + 1] - sorted[k]);
            expect_number("quantile", bootstrap_quantile(x.score, (size_t)n, q), want, 1e-15, 0);
        }
        free(sorted);
        matrix_free(&x);
    }
}

static void undefined(const struct matrix *x, const void *context, double *scratch, double *out)
{
    (void)context;
    (void)scratch;
    *out = x->score[0] == x->score[x->runs[0] - 1] ? (double)NAN : 1;
}

Test(bootstrap, bad_settings_and_undefined_statistics_are_errors)
{
    struct matrix x = scores_random("x", 3, 2, 0, 1, 1);
    const struct matrix *p = &x;
    struct bootstrap b = bootstrap_default();
    struct interval out[AGGREGATE_COUNT];
    b.reps = 0;
    cr_assert_eq(aggregate_intervals(&x, 100, &b, out), STATUS_CONFIG);
    b.reps = 100;
    b.size = 1;
    cr_assert_eq(aggregate_intervals(&x, 100, &b, out), STATUS_CONFIG);
    b.size = (double)NAN;
    cr_assert_eq(bootstrap_check(&b), STATUS_CONFIG);
    b.size = 0.9;
    const struct statistic s = {undefined, NULL, 0, 1};
    cr_assert_eq(bootstrap_run(&b, BOOTSTRAP_PAIRS, &p, 1, &s, NULL, out), STATUS_NONFINITE);
    cr_assert_not_null(strstr(status_sentence(), "'x'"));
    b.reps = 1; /* legal, if pointless */
    cr_assert_eq(aggregate_intervals(&x, 100, &b, out), STATUS_OK);
    cr_assert_eq(out[0].low, out[0].high);
    matrix_free(&x);
}

Test(bootstrap, draws_are_uniform)
{
    /* How often each of 5 runs is drawn: the means of indicator columns. */
    for (int n = 0; n < 5; n++) {
        double score[5] = {0};
        score[n] = 1;
        struct matrix x = scores_make("x", 5, 1, score);
        const struct contrast_term term = {&x, 1};
        struct bootstrap b = bootstrap_default();
        double *values = malloc((size_t)b.reps * sizeof *values), square = 0;
        struct interval out;
        cr_assert_eq(contrast_interval(&term, 1, &b, values, &out), STATUS_OK);
        double mean = sum_mean(values, (size_t)b.reps);
        for (int i = 0; i < b.reps; i++)
            square += values[i] * values[i];
        /* 0.2 with variance 0.2 * 0.8 / 5: five standard errors. */
        expect_number("mean", mean, 0.2, 0, 5 * sqrt(0.032 / b.reps));
        expect_number("square", square / b.reps, 0.072, 0.03, 0);
        free(values);
        matrix_free(&x);
    }
}
