#include "report/stats/contrast.h"

#include "report/stats/compare.h"
#include "report/stats/sum.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

static struct bootstrap quick(int reps)
{
    struct bootstrap b = bootstrap_default();
    b.reps = reps;
    return b;
}

Test(contrast, the_difference_of_two_methods_is_that_of_compare)
{
    struct matrix x = scores_random("x", 5, 8, 0, 90, 1), y = scores_random("y", 4, 8, 0, 100, 2);
    struct bootstrap b = quick(3001);
    const struct contrast_term diff[] = {{&x, 1}, {&y, -1}};
    struct interval got;
    struct comparison c;
    cr_assert_eq(contrast_interval(diff, 2, &b, NULL, &got), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(compare_pair(&x, &y, &b, &c), STATUS_OK);
    cr_assert_eq(got.low, c.difference.low);
    cr_assert_eq(got.high, c.difference.high);
    expect_number("point", got.point, c.difference.point, 1e-15, 0);
    cr_assert_eq(got.runs, 4);
    matrix_free(&x);
    matrix_free(&y);
}

Test(contrast, a_difference_of_differences_by_hand)
{
    /* No spread within cells: (10 - 4) - (7 - 5) = 4, exactly. */
    const double a[] = {10, 7, 10, 7, 10, 7}, c[] = {4, 5, 4, 5, 4, 5};
    struct matrix x = scores_make("x", 3, 2, a), y = scores_make("y", 3, 2, c), part[4];
    const char *first = "task0", *second = "task1";
    cr_assert_eq(matrix_keep(&x, &first, 1, &part[0]), STATUS_OK);
    cr_assert_eq(matrix_keep(&y, &first, 1, &part[1]), STATUS_OK);
    cr_assert_eq(matrix_keep(&x, &second, 1, &part[2]), STATUS_OK);
    cr_assert_eq(matrix_keep(&y, &second, 1, &part[3]), STATUS_OK);
    const struct contrast_term term[] = {
        {&part[0], 1}, {&part[1], -1}, {&part[2], -1}, {&part[3], 1}};
    struct bootstrap b = quick(100);
    struct interval got;
    cr_assert_eq(contrast_interval(term, 4, &b, NULL, &got), STATUS_OK);
    cr_assert(got.point == 4 && got.low == 4 && got.high == 4);
    for (int k = 0; k < 4; k++)
        matrix_free(&part[k]);
    matrix_free(&x);
    matrix_free(&y);
}

Test(contrast, the_same_runs_on_both_sides_cancel)
{
    struct matrix x = scores_random("x", 5, 3, 0, 1, 3);
    const struct contrast_term term[] = {{&x, 1}, {&x, -1}};
    struct bootstrap b = quick(500);
    double values[500];
    struct interval got;
    cr_assert_eq(contrast_interval(term, 2, &b, values, &got), STATUS_OK);
    cr_assert(got.point == 0 && got.low == 0 && got.high == 0);
    for (int i = 0; i < 500; i++)
        cr_assert_eq(values[i], 0);
    matrix_free(&x);
}

Test(contrast, gains_have_the_normal_interval_when_there_are_many_runs)
{
    /* 100 runs a task: the percentile interval is close to mean +- 1.96 standard errors. */
    struct matrix x = scores_random("gain", 100, 4, -10, 14, 5);
    const struct contrast_term term = {&x, 1};
    struct bootstrap b = quick(20000);
    struct interval got;
    cr_assert_eq(contrast_interval(&term, 1, &b, NULL, &got), STATUS_OK);
    double variance = 0;
    for (int m = 0; m < 4; m++)
        variance += sum_variance(x.score + x.start[m], 100, false) / 100 / 16;
    expect_number("width", got.high - got.low, 2 * 1.959964 * sqrt(variance), 0.03, 0);
    expect_number("middle", (got.high + got.low) / 2, got.point, 0, 0.03 * sqrt(variance) * 2);
    matrix_free(&x);
}

Test(contrast, variance_ratio_finds_the_noisier_method)
{
    struct matrix x = scores_random("calm", 8, 6, 40, 50, 1);
    struct matrix y = scores_random("wild", 8, 6, 0, 100, 2);
    struct bootstrap b = quick(2000);
    struct interval got, back;
    cr_assert_eq(contrast_variance_ratio(&x, &y, &b, &got), STATUS_OK);
    cr_assert(got.high < 0.1 && got.low > 0.001);
    double above = 0, below = 0;
    for (int m = 0; m < 6; m++) {
        above += sum_variance(x.score + x.start[m], 8, false);
        below += sum_variance(y.score + y.start[m], 8, false);
    }
    expect_number("point", got.point, above / below, 1e-13, 0);
    cr_assert_eq(contrast_variance_ratio(&y, &x, &b, &back), STATUS_OK);
    expect_number("reciprocal", back.point, 1 / got.point, 1e-13, 0);
    matrix_free(&x);
    matrix_free(&y);
}

Test(contrast, ratios_without_spread_are_defined)
{
    const double flat[] = {1.1, 1.1, 1.1}, moving[] = {1, 2, 3}, zero[] = {0, 0, 0};
    struct matrix a = scores_make("a", 3, 1, flat), c = scores_make("c", 3, 1, flat);
    struct matrix d = scores_make("d", 3, 1, moving), z = scores_make("z", 3, 1, zero);
    struct bootstrap b = quick(400);
    struct interval got;
    cr_assert_eq(contrast_variance_ratio(&a, &c, &b, &got), STATUS_OK);
    cr_assert(got.point == 1 && got.low == 1 && got.high == 1);
    cr_assert_eq(contrast_variance_ratio(&d, &a, &b, &got), STATUS_OK);
    cr_assert(got.point == (double)INFINITY && got.high == (double)INFINITY && !isnan(got.low));
    cr_assert_eq(contrast_variance_ratio(&a, &d, &b, &got), STATUS_OK);
    cr_assert(got.point == 0 && got.low == 0);
    cr_assert_eq(contrast_mean_ratio(&d, &a, &b, &got), STATUS_OK);
    expect_number("ratio", got.point, 2 / 1.1, 1e-14, 0);
    cr_assert(got.low < got.point && got.point < got.high);
    cr_assert_eq(contrast_mean_ratio(&d, &z, &b, &got), STATUS_OK);
    cr_assert(got.low == (double)INFINITY && got.high == (double)INFINITY);
    matrix_free(&a);
    matrix_free(&c);
    matrix_free(&d);
    matrix_free(&z);
}

Test(contrast, task_resampling_takes_common_columns)
{
    /* y lies 5 below x on every task, whatever the tasks' levels: common columns keep that. */
    struct matrix x = scores_random("x", 4, 10, 0, 1, 3), y = scores_random("y", 4, 10, 0, 1, 4);
    for (size_t i = 0; i < matrix_count(&x); i++) {
        x.score[i] += 5 + 30.0 * (double)(i / 4);
        y.score[i] += 30.0 * (double)(i / 4);
    }
    const struct contrast_term diff[] = {{&x, 1}, {&y, -1}};
    struct bootstrap b = quick(2000);
    b.tasks = true;
    struct interval both, one;
    cr_assert_eq(contrast_interval(diff, 2, &b, NULL, &both), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(contrast_interval(diff, 1, &b, NULL, &one), STATUS_OK);
    cr_assert(both.low > 4 && both.high < 6);
    cr_assert(one.high - one.low > 50);
    matrix_free(&x);
    matrix_free(&y);
}
