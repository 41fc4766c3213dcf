#include "report/stats/rank.h"

#include "engine/base/rng.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <hdf5.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static enum status add_name(const struct h5 *f, const char *text, void *context)
{
    struct scores_names *names = context;
    (void)f;
    cr_assert_lt(names->count, 64);
    snprintf(names->name[names->count++], sizeof names->name[0], "%s", text);
    return STATUS_OK;
}

/* The fixture's names in its own order (a dataset of variable-length text). */
static struct scores_names algorithms(const struct h5 *f, const char *name)
{
    struct scores_names out = {0};
    cr_assert_eq(h5_each_text(f, name, add_name, &out), STATUS_OK, "%s", status_sentence());
    return out;
}

static void check_fixture(const char *fixture)
{
    struct h5 f = fixture_open(fixture);
    struct scores_names groups = scores_members(&f, "/");
    int seen = 0;
    for (int g = 0; g < groups.count; g++) {
        if (!h5_has(&f, at("%s/rank_probability", groups.name[g])))
            continue;
        struct scores_names methods = algorithms(&f, at("%s/algorithms", groups.name[g]));
        int K = methods.count;
        struct matrix x[64];
        const struct matrix *p[64];
        for (int k = 0; k < K; k++) {
            x[k] = scores_load(&f, at("%s/algorithm/%s/scores", groups.name[g], methods.name[k]),
                               methods.name[k]);
            p[k] = &x[k];
        }
        double *R = malloc((size_t)(K * K) * sizeof *R);
        cr_assert_eq(rank_probabilities(p, K, R), STATUS_OK, "%s", status_sentence());
        double *want = fixture_doubles(&f, at("%s/rank_probability", groups.name[g]), NULL);
        expect_close_double(groups.name[g], R, want, (size_t)(K * K), 1e-12, 0);
        free(want);
        free(R);
        for (int k = 0; k < K; k++)
            matrix_free(&x[k]);
        seen++;
    }
    cr_assert_gt(seen, 0);
    h5_close(&f);
}

Test(rank, probabilities_of_random_matrices_equal_the_reference)
{
    check_fixture("stats_random");
}

Test(rank, probabilities_of_real_scores_equal_the_reference)
{
    check_fixture("stats_corl");
}

Test(rank, rows_and_columns_sum_to_one_with_ties_and_uneven_runs)
{
    enum { K = 5 };
    struct matrix x[K];
    const struct matrix *p[K];
    for (int k = 0; k < K; k++) {
        x[k] = scores_random(at("m%d", k), 2 + k, 4, 0, 5, (uint64_t)k);
        for (size_t i = 0; i < matrix_count(&x[k]); i++)
            x[k].score[i] = floor(x[k].score[i]);
        p[k] = &x[k];
    }
    double R[K * K], means = 0;
    cr_assert_eq(rank_probabilities(p, K, R), STATUS_OK);
    for (int a = 0; a < K; a++) {
        double row = 0, column = 0;
        for (int k = 0; k < K; k++) {
            row += R[a * K + k];
            column += R[k * K + a];
        }
        expect_number("row", row, 1, 1e-14, 0);
        expect_number("column", column, 1, 1e-14, 0);
        means += rank_mean(R + a * K, K);
        matrix_free(&x[a]);
    }
    expect_number("mean ranks", means, K * (K - 1) / 2.0, 1e-14, 0);
}

Test(rank, equal_methods_share_all_ranks_and_one_method_is_first)
{
    const double score[] = {7, 7};
    struct matrix a = scores_make("a", 2, 1, score), b = scores_make("b", 2, 1, score);
    const struct matrix *both[] = {&a, &b};
    double R[4];
    cr_assert_eq(rank_probabilities(both, 2, R), STATUS_OK);
    for (int i = 0; i < 4; i++)
        cr_assert_eq(R[i], 0.5);
    cr_assert_eq(rank_probabilities(both, 1, R), STATUS_OK);
    cr_assert_eq(R[0], 1);
    matrix_free(&a);
    matrix_free(&b);
}

Test(rank, spearman_by_hand)
{
    const double x[] = {1, 2, 3, 4, 5}, up[] = {10, 20, 21, 100, 1e6}, down[] = {5, 4, 3, 2, 1};
    const double swapped[] = {2, 1, 4, 3, 5}, tied[] = {1, 1, 2, 2, 3}, flat[] = {4, 4, 4, 4, 4};
    cr_assert_eq(rank_spearman(x, up, 5), 1);
    cr_assert_eq(rank_spearman(x, down, 5), -1);
    /* 1 - 6 * 4 / (5 * 24) */
    expect_number("swapped", rank_spearman(x, swapped, 5), 0.8, 1e-15, 0);
    /* Pearson of 1..5 and 1.5 1.5 3.5 3.5 5 */
    expect_number("tied", rank_spearman(x, tied, 5), 9 / sqrt(10.0 * 9), 1e-15, 0);
    cr_assert(isnan(rank_spearman(x, flat, 5)));
    cr_assert(isnan(rank_spearman(x, up, 1)));
    double rank[5];
    const double midranks[] = {1.5, 1.5, 3.5, 3.5, 5};
    rank_midranks(tied, 5, rank);
    expect_close_double("midranks", rank, midranks, 5, 0, 0);
}

Test(rank, a_trend_over_tasks_has_an_interval)
{
    /* Means rise with the task, spreads are small: rho is 1 in every resample. */
    double rise[5 * 6], zero[5 * 6] = {0};
    const double dose[] = {-3, -2, -1, 0, 1, 2}, reverse[] = {2, 1, 0, -1, -2, -3};
    for (int i = 0; i < 30; i++)
        rise[i] = 10 * (i % 6) + i / 6;
    struct matrix x = scores_make("x", 5, 6, rise), y = scores_make("y", 5, 6, zero);
    struct bootstrap b = bootstrap_default();
    b.reps = 500;
    struct interval got;
    cr_assert_eq(rank_trend(&x, NULL, dose, &b, &got), STATUS_OK);
    cr_assert(got.point == 1 && got.low == 1 && got.high == 1);
    cr_assert_eq(rank_trend(&y, &x, dose, &b, &got), STATUS_OK);
    cr_assert(got.point == -1 && got.high == -1);
    cr_assert_eq(rank_trend(&x, &y, reverse, &b, &got), STATUS_OK);
    cr_assert(got.point == -1);
    cr_assert_eq(rank_trend(&y, NULL, dose, &b, &got), STATUS_OK);
    cr_assert(got.point == 0); /* no variation, no trend */
    matrix_free(&x);
    matrix_free(&y);
}

/* P(U >= observed) by listing all choices of nx positions. */
static double enumerate(const double *all, int n, int nx, double *two)
{
    double rank[16], observed = 0;
    rank_midranks(all, n, rank);
    for (int i = 0; i < nx; i++)
        observed += rank[i];
    int count = 0, above = 0, below = 0;
    for (int set = 0; set < 1 << n; set++) {
        if (__builtin_popcount((unsigned)set) != nx)
            continue;
        double sum = 0;
        for (int i = 0; i < n; i++)
            sum += set >> i & 1 ? rank[i] : 0;
        count++;
        above += sum >= observed;
        below += sum <= observed;
    }
    *two = fmin(1, 2.0 * (above < below ? above : below) / count);
    return (double)above / count;
}

Test(rank, the_rank_test_enumerates_with_and_without_ties)
{
    struct rng rng = rng_at(5, RNG_TEST, 0);
    for (int trial = 0; trial < 40; trial++) {
        int nx = 1 + trial % 5, n = nx + 1 + trial % 4;
        double all[16], greater, two, expected;
        for (int i = 0; i < n; i++)
            all[i] = trial % 2 == 0 ? rng_uniform_double(&rng) : rng_below(&rng, 4);
        cr_assert_eq(rank_test(all, nx, all + nx, n - nx, &greater, &two), STATUS_OK);
        expect_number("greater", greater, enumerate(all, n, nx, &expected), 1e-13, 0);
        expect_number("two-sided", two, expected, 1e-13, 0);
    }
    const double high[] = {6, 7, 8, 9, 10}, low[] = {1, 2, 3, 4, 5};
    double greater, two;
    cr_assert_eq(rank_test(high, 5, low, 5, &greater, &two), STATUS_OK);
    expect_number("one-sided", greater, 1.0 / 252, 1e-14, 0);
    expect_number("two-sided", two, 2.0 / 252, 1e-14, 0);
    cr_assert_eq(rank_test(high, 0, low, 5, &greater, &two), STATUS_CONFIG);
}

Test(rank, large_samples_use_the_normal_approximation)
{
    /* No ties: U has mean nx ny / 2 and variance nx ny (nx + ny + 1) / 12. */
    double x[31], y[30], greater, two, wins = 0;
    for (int i = 0; i < 31; i++)
        x[i] = 3 * i + 20;
    for (int i = 0; i < 30; i++)
        y[i] = 3 * i + 1;
    for (int i = 0; i < 31 * 30; i++)
        wins += x[i / 30] > y[i % 30];
    double z = (wins - 31 * 30 / 2.0 - 0.5) / sqrt(31 * 30 * 62 / 12.0);
    cr_assert_eq(rank_test(x, 31, y, 30, &greater, &two), STATUS_OK);
    expect_number("tail", greater, 0.5 * erfc(z / sqrt(2)), 1e-12, 0);
    expect_number("two tails", two, 2 * greater, 1e-15, 0);
    double exact;
    cr_assert_eq(rank_test(x, 30, y, 30, &exact, &two), STATUS_OK);
    cr_assert_eq(rank_test(x + 1, 30, y, 30, &greater, &two), STATUS_OK);
    cr_assert(greater < exact && exact < 1); /* larger values, smaller tail */
}
