#include "report/stats/profile.h"

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

/* Profile of `path`/scores at the fixture's thresholds: the points are exact shares. */
static struct profile check_points(const struct h5 *f, const char *path, struct bootstrap b)
{
    struct matrix x = scores_load(f, at("%s/scores", path), path);
    size_t n;
    double *tau = fixture_doubles(f, at("%s/profile/tau", path), &n);
    double *run = fixture_doubles(f, at("%s/profile/run", path), NULL);
    struct profile p;
    cr_assert_eq(profile_make(&x, tau, (int)n, &b, &p), STATUS_OK, "%s", status_sentence());
    expect_close_double(at("%s run", path), p.run, run, n, 1e-15, 0);
    free(tau);
    free(run);
    matrix_free(&x);
    return p;
}

Test(profile, points_of_small_matrices_equal_the_reference)
{
    struct h5 f = fixture_open("stats_small");
    struct scores_names cases = scores_members(&f, "cases");
    for (int i = 0; i < cases.count; i++) {
        char path[FILE_PATH];
        snprintf(path, sizeof path, "cases/%s", cases.name[i]);
        struct profile p = check_points(&f, path, quick(64));
        profile_free(&p);
    }
    h5_close(&f);
}

static void check_bands(const char *fixture, struct bootstrap b)
{
    struct h5 f = fixture_open(fixture);
    struct scores_names groups = scores_members(&f, "/");
    int seen = 0;
    for (int g = 0; g < groups.count; g++) {
        if (!h5_has(&f, at("%s/algorithm", groups.name[g])))
            continue;
        struct scores_names methods = scores_members(&f, at("%s/algorithm", groups.name[g]));
        for (int i = 0; i < methods.count; i++) {
            char path[FILE_PATH];
            snprintf(path, sizeof path, "%s/algorithm/%s", groups.name[g], methods.name[i]);
            if (!h5_has(&f, at("%s/profile", path)))
                continue;
            struct profile p = check_points(&f, path, b);
            for (int t = 0; t < p.count; t++, seen++) {
                scores_expect_bounds(&f, at("%s/profile/run_ci", path), t, p.count, p.run_low[t],
                                     p.run_high[t]);
            }
            profile_free(&p);
        }
    }
    cr_assert_gt(seen, 0);
    h5_close(&f);
}

Test(profile, bands_of_random_matrices_lie_in_the_allowed_range)
{
    check_bands("stats_random", bootstrap_default());
}

Test(profile, bands_of_real_scores_lie_in_the_allowed_range)
{
    check_bands("stats_corl", bootstrap_default());
}

Test(profile, the_threshold_itself_is_not_above)
{
    const double score[] = {0, 100, 50, 100}, tau[] = {-1, 0, 50, 75, 99, 100};
    struct matrix x = scores_make("x", 2, 2, score);
    struct bootstrap b = quick(200);
    struct profile p;
    cr_assert_eq(profile_make(&x, tau, 6, &b, &p), STATUS_OK);
    const double run[] = {1, 0.75, 0.5, 0.5, 0.5, 0};
    expect_close_double("run", p.run, run, 6, 0, 0);
    profile_free(&p);
    matrix_free(&x);
}

static void naive_share(const struct matrix *x, const void *context, double *scratch, double *out)
{
    (void)scratch;
    const double *tau = context;
    double share = 0;
    for (int m = 0; m < x->tasks; m++) {
        double above = 0;
        for (size_t i = x->start[m]; i < x->start[m + 1]; i++)
            above += x->score[i] > *tau;
        share += above / x->runs[m];
    }
    *out = share / x->tasks;
}

static void check_oracle(const struct matrix *x)
{
    struct bootstrap b = quick(700);
    const double tau[] = {-10, 5, 10, 20, 33, 50, 51, 80, 99, 130};
    struct profile p;
    cr_assert_eq(profile_make(x, tau, 10, &b, &p), STATUS_OK, "%s", status_sentence());
    for (int t = 0; t < 10; t++) {
        struct statistic s = {naive_share, &tau[t], 0, 1};
        struct interval want;
        cr_assert_eq(bootstrap_run(&b, BOOTSTRAP_SCORES, &x, 1, &s, NULL, &want), STATUS_OK);
        expect_number("low", p.run_low[t], want.low, 0, 1e-13);
        expect_number("high", p.run_high[t], want.high, 0, 1e-13);
        expect_number("point", p.run[t], want.point, 0, 1e-13);
    }
    profile_free(&p);
}

Test(profile, replicates_equal_those_of_the_plain_definition)
{
    struct matrix x = scores_random("x", 5, 9, -20, 140, 1);
    check_oracle(&x);
    matrix_free(&x);

    const double score[] = {1, 20, 33, 4, (double)NAN, 50, 60, 70, (double)NAN, 8, 120, 3};
    x = scores_make("uneven", 4, 3, score);
    check_oracle(&x);
    matrix_free(&x);

    /* Without a small common multiple the bands take the general road. */
    const int prime[] = {29, 31, 37, 41, 43};
    cr_assert_eq(matrix_init(&x, "primes"), STATUS_OK);
    for (size_t m = 0; m < 5; m++) {
        struct matrix column = scores_random("c", prime[m], 1, 0, 100, m);
        cr_assert_eq(matrix_add(&x, at("p%zu", m), prime[m], column.score), STATUS_OK);
        matrix_free(&column);
    }
    check_oracle(&x);
    matrix_free(&x);
}

Test(profile, the_area_below_it_is_gamma_minus_the_optimality_gap)
{
    struct matrix x = scores_random("x", 5, 6, 0, 120, 3);
    for (size_t i = 0; i < matrix_count(&x); i++)
        x.score[i] = floor(x.score[i]); /* integers: F is constant on [t, t+1) */
    double tau[100], area = 0, points[AGGREGATE_COUNT];
    for (int t = 0; t < 100; t++)
        tau[t] = t;
    struct bootstrap b = quick(10);
    struct profile p;
    cr_assert_eq(profile_make(&x, tau, 100, &b, &p), STATUS_OK);
    for (int t = 0; t < 100; t++)
        area += p.run[t];
    cr_assert_eq(aggregate_points(&x, 100, points), STATUS_OK);
    expect_number("area", area, 100 - points[AGGREGATE_GAP], 1e-13, 0);
    profile_free(&p);
    matrix_free(&x);
}

Test(profile, dominance)
{
    struct matrix x = scores_random("x", 4, 3, 0, 50, 3), y;
    cr_assert_eq(matrix_common(&x, &y), STATUS_OK);
    for (size_t i = 0; i < matrix_count(&y); i++)
        y.score[i] += 5;
    double tau[64];
    const struct matrix *both[] = {&x, &y};
    cr_assert_eq(profile_grid(both, 2, 64, tau), 51); /* 0, 2, ..., 100 */
    cr_assert_eq(tau[1], 2);
    struct bootstrap b = quick(10);
    struct profile p, q;
    cr_assert_eq(profile_make(&x, tau, 51, &b, &p), STATUS_OK);
    cr_assert_eq(profile_make(&y, tau, 51, &b, &q), STATUS_OK);
    cr_assert(profile_dominates(&q, &p));
    cr_assert(!profile_dominates(&p, &q));
    cr_assert(!profile_dominates(&p, &p));
    profile_free(&p);
    profile_free(&q);
    matrix_free(&x);
    matrix_free(&y);
}

Test(profile, the_grid_reaches_the_largest_score)
{
    const double score[] = {3, 571.2};
    struct matrix x = scores_make("x", 2, 1, score);
    const struct matrix *one = &x;
    double tau[700];
    int n = profile_grid(&one, 1, 700, tau);
    cr_assert_eq(n, 573);
    cr_assert_eq(tau[n - 1], 572);
    n = profile_grid(&one, 1, 101, tau);
    cr_assert_leq(n, 101);
    cr_assert_geq(tau[n - 1], 571.2);
    matrix_free(&x);
}

Test(profile, the_grid_of_costs_ends_at_zero)
{
    const double score[] = {-812.5, -3};
    struct matrix x = scores_make("x", 2, 1, score);
    const struct matrix *one = &x;
    double tau[241];
    int n = profile_grid(&one, 1, 241, tau);
    cr_assert_eq(tau[0], -813);
    cr_assert(tau[n - 1] >= 0 && tau[n - 2] < 0, "ends at %g", tau[n - 1]);
    x.score[1] = 3;
    profile_grid(&one, 1, 241, tau);
    cr_assert_eq(tau[0], 0, "with a positive score as ever");
    cr_assert_eq(profile_grid(NULL, 0, 241, tau), 101);
    matrix_free(&x);
}

Test(profile, one_seed_has_no_band_and_thresholds_must_ascend)
{
    const double score[] = {1, 2}, tau[] = {0, 1}, bad[] = {1, 1};
    struct matrix x = scores_make("x", 1, 2, score);
    struct bootstrap b = quick(10);
    struct profile p;
    cr_assert_eq(profile_make(&x, tau, 2, &b, &p), STATUS_OK);
    cr_assert_eq(p.run[1], 0.5);
    cr_assert(isnan(p.run_low[0]) && isnan(p.run_high[1]));
    profile_free(&p);
    cr_assert_eq(profile_make(&x, bad, 2, &b, &p), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "ascend"));
    matrix_free(&x);
}
