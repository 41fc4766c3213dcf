#include "report/stats/inference.h"

#include "engine/base/chi_square.h"

#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(inference, holm_by_hand)
{
    const double p[] = {0.01, 0.04, (double)NAN, 0.03, 0.005};
    const double want[] = {0.03, 0.06, 0, 0.06, 0.02};
    double out[5];
    cr_assert_eq(inference_holm(p, 5, out), STATUS_OK);
    cr_assert(isnan(out[2]));
    out[2] = 0;
    expect_close_double("holm", out, want, 5, 1e-15, 0);
    double one[] = {0.9, 0.8, 0.7};
    cr_assert_eq(inference_holm(one, 3, one), STATUS_OK); /* in place, cut at 1 */
    cr_assert(one[0] == 1 && one[1] == 1 && one[2] == 1);
}

Test(inference, nothing_of_34_datasets_reaches_significance_with_five_seeds)
{
    double p[34];
    for (int i = 0; i < 34; i++)
        p[i] = 2.0 / 252;
    cr_assert_eq(inference_holm(p, 34, p), STATUS_OK);
    cr_assert_gt(p[0], 0.05);
}

Test(inference, wilson_solves_its_quadratic_equation)
{
    /* The bounds are the shares p at which (k/n - p)^2 = z^2 p (1-p) / n. */
    double low, high, z = inference_normal_quantile(0.975);
    for (int k = 0; k <= 12; k++) {
        inference_wilson(k, 12, 0.95, &low, &high);
        for (int side = 0; side < 2; side++) {
            double p = side == 0 ? low : high, off = k / 12.0 - p;
            expect_number("wilson", off * off, z * z * p * (1 - p) / 12, 1e-12, 1e-15);
        }
        cr_assert(low <= k / 12.0 && k / 12.0 <= high);
    }
    inference_wilson(0, 100, 0.95, &low, &high);
    cr_assert_eq(low, 0);
    expect_number("0 of 100", high, z * z / (100 + z * z), 1e-14, 0);
    inference_wilson(0, 0, 0.95, &low, &high);
    cr_assert(low == 0 && high == 1);
}

static double survival(const double *time, const bool *event, int n)
{
    double out;
    cr_assert_eq(inference_survival_median(time, event, n, &out), STATUS_OK);
    return out;
}

Test(inference, survival_median_by_hand)
{
    const double time[] = {30, 10, 40, 20, 50};
    const bool all[] = {true, true, true, true, true}, some[] = {true, true, true, false, false};
    cr_assert_eq(survival(time, all, 5), 30);
    /* Survival 4/5 at 10, 20 censored, 8/15 at 30, 4/15 at 40. */
    cr_assert_eq(survival(time, some, 5), 40);
    const double four[] = {1, 2, 3, 4};
    const bool late[] = {true, false, true, true};
    cr_assert_eq(survival(four, all, 4), 2);  /* exactly one half */
    cr_assert_eq(survival(four, late, 4), 3); /* 3/4, then 3/4 * 1/2 */
    const double never[] = {5, (double)INFINITY, (double)INFINITY};
    cr_assert_eq(survival(never, all, 3), (double)INFINITY);
    const bool none[] = {false, false, false};
    cr_assert_eq(survival(four, none, 3), (double)INFINITY);
    cr_assert(isnan(survival(four, none, 0)));
    /* 6/7 5/6 4/5 ... = 1/2 only up to rounding when n is even: 8 events, median at the 4th. */
    const double eight[] = {1, 2, 3, 4, 5, 6, 7, 8};
    const bool yes[] = {true, true, true, true, true, true, true, true};
    cr_assert_eq(survival(eight, yes, 8), 4);
}

/* Upper tails with closed forms: chi-square of even degrees is a Poisson sum. */
static double poisson_sum(double x, int degrees)
{
    double term = exp(-x / 2), total = 0;
    for (int k = 0; k < degrees / 2; k++) {
        total += term;
        term *= x / 2 / (k + 1);
    }
    return total;
}

Test(inference, chi_square_tails_equal_closed_forms)
{
    for (int degrees = 2; degrees <= 60; degrees += 2) {
        for (double x = 0.05; x < 150; x *= 1.7)
            expect_number("tail", chi_square_upper(x, degrees), poisson_sum(x, degrees), 2e-13, 0);
    }
    for (double x = 0.01; x < 200; x *= 2)
        expect_number("one degree", chi_square_upper(x, 1), erfc(sqrt(x / 2)), 2e-13, 0);
    cr_assert_eq(chi_square_upper(0, 3), 1);
    cr_assert_eq(chi_square_upper((double)INFINITY, 3), 0);
}

Test(inference, student_tails_equal_closed_forms)
{
    for (double t = -50; t < 60; t += 1.37) {
        expect_number("1", inference_student_upper(t, 1), 0.5 - atan(t) / M_PI, 1e-12, 1e-15);
        expect_number("2", inference_student_upper(t, 2), 0.5 - t / (2 * sqrt(2 + t * t)), 1e-12,
                      1e-15);
        double u = t / sqrt(3);
        expect_number("3", inference_student_upper(t, 3), 0.5 - (u / (1 + u * u) + atan(u)) / M_PI,
                      1e-12, 1e-15);
    }
    expect_number("many", inference_student_upper(1.5, 1e8), inference_normal_upper(1.5), 1e-7, 0);
    cr_assert(inference_student_upper((double)INFINITY, 4) == 0 &&
              inference_student_upper(0, 4) == 0.5);
}

Test(inference, quantiles_invert_the_tails)
{
    for (double p = 1e-12; p < 0.5; p *= 1.9) {
        double z = inference_normal_quantile(p);
        expect_number("normal", inference_normal_upper(-z), p, 1e-12, 0);
        expect_number("mirrored", inference_normal_quantile(1 - p), -z, 1e-12 / p * 1e-2, 1e-12);
        for (int degrees = 1; degrees < 40; degrees += 3)
            expect_number("student",
                          inference_student_upper(-inference_student_quantile(p, degrees), degrees),
                          p, 1e-12, 0);
    }
    /* Textbook values. docs/statistics.md 9: w = 1.756 s at five runs. */
    expect_number("z", inference_normal_quantile(0.975), 1.959963984540054, 1e-14, 0);
    expect_number("t", inference_student_quantile(0.975, 4), 2.7764451051977987, 1e-12, 0);
    expect_number("w", inference_student_quantile(0.975, 4) * sqrt(0.4), 1.756, 3e-4, 0);
    cr_assert_eq(inference_normal_quantile(0.5), 0);
    cr_assert_eq(inference_normal_quantile(1), (double)INFINITY);
    cr_assert(isnan(inference_student_quantile(-1, 4)));
}
