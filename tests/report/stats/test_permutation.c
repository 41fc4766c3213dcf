#include "report/stats/permutation.h"

#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(permutation, .timeout = 120);

static double p_of(const double *value, int nx, int ny)
{
    double p;
    cr_assert_eq(permutation_test(value, nx, ny, 1, &p), STATUS_OK, "%s", status_sentence());
    return p;
}

/* All splits written down: two of two and two differ as much as {1,2} and {3,4}. */
static const struct {
    const char *what;
    int nx, ny;
    double value[8], p;
} by_hand[] = {
    {"two and two apart", 2, 2, {1, 2, 3, 4}, 2.0 / 6},
    {"two and two crossed", 2, 2, {1, 4, 2, 3}, 1},
    {"two and two nested", 2, 2, {1, 3, 2, 4}, 4.0 / 6},
    {"one against three", 1, 3, {1, 2, 3, 4}, 2.0 / 4},
    {"three against one", 3, 1, {2, 3, 4, 1}, 2.0 / 4},
    {"skew: no mirror image", 1, 3, {9, 1, 2, 3}, 1.0 / 4},
    {"three and three apart", 3, 3, {0, 0, 0, 1, 1, 1}, 2.0 / 20},
    {"ties", 3, 3, {0, 0, 1, 0, 1, 1}, 1},
    {"constant", 2, 3, {7, 7, 7, 7, 7}, 1},
    {"large offset", 2, 2, {1e9 + 1, 1e9 + 2, 1e9 + 3, 1e9 + 4}, 2.0 / 6},
};

ParameterizedTestParameters(permutation, by_hand)
{
    static int rows[sizeof by_hand / sizeof *by_hand];
    for (int i = 0; i < (int)(sizeof by_hand / sizeof *by_hand); i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, sizeof rows / sizeof *rows);
}
ParameterizedTest(int *row, permutation, by_hand)
{
    double p = p_of(by_hand[*row].value, by_hand[*row].nx, by_hand[*row].ny);
    cr_expect_float_eq(p, by_hand[*row].p, 1e-15, "%s: %.17g, should be %.17g", by_hand[*row].what,
                       p, by_hand[*row].p);
}

Test(permutation, agrees_with_an_enumeration_of_all_subsets)
{
    enum { NX = 5, NY = 7, N = NX + NY, COLUMNS = 3 };
    double value[N * COLUMNS], p[COLUMNS];
    struct rng rng = rng_at(1, RNG_TEST, 0);
    for (int i = 0; i < N * COLUMNS; i++)
        value[i] = rng_normal_double(&rng) + (i < NX * COLUMNS ? 0.5 * (i % COLUMNS) : 0);
    cr_assert_eq(permutation_test(value, NX, NY, COLUMNS, p), STATUS_OK);
    for (int c = 0; c < COLUMNS; c++) {
        double total = 0, observed = 0;
        int as_much = 0, splits = 0;
        for (int i = 0; i < N; i++)
            total += value[i * COLUMNS + c];
        for (unsigned subset = 0; subset < 1u << N; subset++) {
            double sum = 0;
            unsigned mine = (1u << NX) - 1;
            for (int i = 0; i < N; i++)
                sum += subset >> i & 1 ? value[i * COLUMNS + c] : 0;
            double apart = fabs(sum / NX - (total - sum) / NY);
            if (subset == mine)
                observed = apart;
        }
        for (unsigned subset = 0; subset < 1u << N; subset++) {
            double sum = 0;
            if (__builtin_popcount(subset) != NX)
                continue;
            for (int i = 0; i < N; i++)
                sum += subset >> i & 1 ? value[i * COLUMNS + c] : 0;
            splits++;
            as_much += fabs(sum / NX - (total - sum) / NY) >= observed - 1e-12;
        }
        cr_assert_eq(splits, 792);
        cr_expect_float_eq(p[c], as_much / 792.0, 1e-15, "column %d: %.17g", c, p[c]);
    }
}

/* Of 14 + 14 values, 16 of them 1: how many of x are, is hypergeometric. */
Test(permutation, draws_splits_where_there_are_too_many_and_finds_the_exact_p)
{
    enum { N = 14, ONES = 16, OURS = 11 };
    double value[2 * N] = {0}, exact = 0, all = permutation_splits(N, N);
    for (int i = 0; i < OURS; i++)
        value[i] = 1;
    for (int i = 0; i < ONES - OURS; i++)
        value[N + i] = 1;
    for (int k = ONES - N; k <= N; k++) {
        double ways = permutation_splits(k, ONES - k) * permutation_splits(N - k, N - ONES + k);
        exact += abs(2 * k - ONES) >= 2 * OURS - ONES ? ways / all : 0;
    }
    cr_assert_not(permutation_is_exact(N, N));
    double p = p_of(value, N, N), spread = sqrt(exact * (1 - exact) / PERMUTATION_DRAWS);
    cr_expect_lt(fabs(p - exact), 4 * spread, "%.6f, exactly %.6f", p, exact);
    threads_set(1);
    cr_expect_eq(p_of(value, N, N), p);
    threads_set(3);
    cr_expect_eq(p_of(value, N, N), p);
}

Test(permutation, counts_splits_and_knows_its_least_p)
{
    cr_expect_eq(permutation_splits(8, 6), 3003);
    cr_expect_eq(permutation_splits(6, 8), 3003);
    cr_expect_eq(permutation_splits(8, 16), 735471);
    cr_expect_eq(permutation_splits(8, 36), 177232627);
    cr_expect(permutation_is_exact(8, 16) && !permutation_is_exact(8, 36));
    cr_expect_eq(permutation_least(8, 6), 1.0 / 3003);
    cr_expect_eq(permutation_least(3, 3), 2.0 / 20);
    cr_expect_eq(permutation_least(8, 36), 1.0 / (PERMUTATION_DRAWS + 1));
    const double apart[] = {1, 2, 3, 4, 5, 6, 7, 8, 101, 102, 103, 104, 105, 106};
    cr_expect_eq(p_of(apart, 8, 6), permutation_least(8, 6));
    cr_expect_eq(p_of(apart, 6, 8) > permutation_least(6, 8), true, "a mixed split");
}

/* Tables of sample sizes: two groups of 17 see one standard deviation in 80 of 100 cases at 0.05,
 * 26 see 0.8, 64 one half (Cohen 1988, Table 2.4.1). */
Test(permutation, detectable_difference_is_that_of_the_tables)
{
    static const struct {
        int n;
        double sees;
    } table[] = {{17, 1}, {26, 0.8}, {64, 0.5}, {394, 0.2}};
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        int n = table[i].n;
        cr_expect_leq(permutation_detectable(n, n, 0.05, 0.8), table[i].sees * 1.002, "%d", n);
        cr_expect_gt(permutation_detectable(n - 1, n - 1, 0.05, 0.8), table[i].sees * 0.998, "%d",
                     n);
    }
    cr_expect(isinf(permutation_detectable(3, 3, 0.05, 0.8)), "least p is 0.1");
    cr_expect(isfinite(permutation_detectable(3, 3, 0.1, 0.8)));
    cr_expect(isinf(permutation_detectable(1, 10, 0.05, 0.8)), "least p is 1/11");
    cr_expect(isinf(permutation_detectable(8, 6, 0.0003, 0.8)), "least p is 1/3003");
}

/* What is promised to be seen in 80 of 100 cases is, with some 3 fewer where the level is near the
 * least p, for which the permutation test has only few splits. */
Test(permutation, sees_the_detectable_difference_as_often_as_promised)
{
    enum { NX = 6, NY = 9, N = NX + NY, CASES = 4000 };
    static const double levels[] = {0.05, 0.002};
    double *value = calloc((size_t)N * CASES, sizeof *value), *p = calloc(CASES, sizeof *p);
    for (size_t k = 0; k < sizeof levels / sizeof *levels; k++) {
        double shift = permutation_detectable(NX, NY, levels[k], 0.8);
        struct rng rng = rng_at(2, RNG_TEST, k);
        int seen = 0;
        for (int i = 0; i < N * CASES; i++)
            value[i] = 3 + rng_normal_double(&rng) - (i < NX * CASES ? shift : 0);
        cr_assert_eq(permutation_test(value, NX, NY, CASES, p), STATUS_OK);
        for (int i = 0; i < CASES; i++)
            seen += p[i] <= levels[k];
        cr_expect_float_eq((double)seen / CASES, 0.8, 0.04, "level %g: seen in %d of %d", levels[k],
                           seen, CASES);
    }
    free(value);
    free(p);
}

/* Of equal samples at most 5 in 100 are called different, and not many fewer. */
Test(permutation, holds_its_level)
{
    enum { NX = 5, NY = 6, N = NX + NY, CASES = 4000 };
    double *value = calloc((size_t)N * CASES, sizeof *value), *p = calloc(CASES, sizeof *p);
    struct rng rng = rng_at(3, RNG_TEST, 0);
    int seen = 0;
    for (int i = 0; i < N * CASES; i++)
        value[i] = exp(rng_normal_double(&rng)); /* skew: the test needs no normal values */
    cr_assert_eq(permutation_test(value, NX, NY, CASES, p), STATUS_OK);
    for (int i = 0; i < CASES; i++)
        seen += p[i] <= 0.05;
    cr_expect(seen <= 0.06 * CASES && seen >= 0.04 * CASES, "%d of %d", seen, CASES);
    free(value);
    free(p);
}

Test(permutation, refuses_what_is_no_sample)
{
    double p, value[] = {1, (double)NAN, 3};
    cr_expect_eq(permutation_test(value, 0, 3, 1, &p), STATUS_CONFIG);
    cr_expect_eq(permutation_test(value, 1, 2, 1, &p), STATUS_NONFINITE);
}
