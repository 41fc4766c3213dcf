#include "engine/theory/context_law.h"
#include "engine/theory/return_law.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* --- laws of the return: expected numbers from exact fractions and antiderivatives
 * ---------------- */

/* clang-format off */
static const struct {
    enum theory_law law;
    double mean, moment, largest;    /* E|X-V|^3 of densities, else the variance */
    double at, alpha, above, beyond; /* alpha(at), P(X > above) */
} known[] = {
    {LAW_BERNOULLI, 10, 9, 100, 30, 1.84040839176527e-08, 24, 1.30728174312504e-05},
    {LAW_ZETA, 1.36760185435312, 4.35688615174638, 1000, 10, 0.000831907718269928, 999, 8.31907718269928e-10},
    {LAW_POWER, 2.434775895823, 23839.8497895, 1000 + 1.26491106406735e-08, 100, 1.15387422208212e-05, 50, 0.002151440294354},
    {LAW_SPIKES, 1.49951171875, 1760.05009373, 1024 + 0x1p-20, 32, 1, 32, 0.375 / 1024 + 1.0 / 4096},
};
/* clang-format on */
enum { KNOWN = sizeof known / sizeof *known };

Test(return_law, has_the_moments_of_its_closed_form)
{
    for (int i = 0; i < KNOWN; i++) {
        struct return_law l;
        cr_assert_eq(return_law_init(known[i].law, &l), STATUS_OK);
        double mean = return_law_mean(&l);
        int power = isnan(l.lipschitz) ? 2 : 3;
        expect_number("mass", return_law_moment(&l, 0, 0, -1), 1, 1e-12, 0);
        expect_number("mean", mean, known[i].mean, 1e-12, 0);
        expect_number("moment", return_law_moment(&l, mean, power, -1), known[i].moment, 1e-11, 0);
        expect_number("alpha", return_law_alpha(&l, known[i].at), known[i].alpha, 1e-12, 0);
        expect_number("beyond", return_law_moment(&l, 0, 0, known[i].above), known[i].beyond, 1e-11,
                      0);
        expect_number("largest", l.largest, known[i].largest, 1e-15, 0);
        return_law_free(&l);
    }
}

Test(return_law, has_no_mass_between_integers_and_beyond_its_end)
{
    for (int i = 0; i < KNOWN; i++) {
        struct return_law l;
        cr_assert_eq(return_law_init((enum theory_law)i, &l), STATUS_OK);
        cr_assert_eq(return_law_alpha(&l, l.largest + 1), 0);
        cr_assert_eq(return_law_alpha(&l, -1), 0);
        cr_assert_eq(return_law_alpha(&l, 2.5) != 0, i == LAW_POWER);
        return_law_free(&l);
    }
}

Test(return_law, quantiles_invert_the_distribution)
{
    const double u[] = {0.001, 0.3, 0.5, 0.9, 0.999};
    for (int i = 0; i < KNOWN; i++) {
        struct return_law l;
        cr_assert_eq(return_law_init((enum theory_law)i, &l), STATUS_OK);
        for (size_t k = 0; k < sizeof u / sizeof *u; k++) {
            double x = return_law_quantile(&l, u[k]);
            double below = 1 - return_law_moment(&l, 0, 0, x);
            double before = 1 - return_law_moment(&l, 0, 0, x - (l.mass != NULL ? 1 : 1e-9));
            cr_assert_geq(below, u[k] - 1e-10, "law %d at %g", i, u[k]);
            cr_assert_leq(before, u[k] + 1e-8, "law %d at %g", i, u[k]);
        }
        return_law_free(&l);
    }
}

Test(return_law, the_density_is_as_steep_as_it_says_and_no_steeper)
{
    struct return_law l;
    double most = 0;
    cr_assert_eq(return_law_init(LAW_POWER, &l), STATUS_OK);
    for (double x = 0; x < 3; x += 1e-4)
        most = fmax(most, fabs(return_law_alpha(&l, x + 1e-4) - return_law_alpha(&l, x)) / 1e-4);
    expect_number("steepest", most, 2.5 * 1.15387422208212, 1e-3, 0);
    cr_assert_leq(most, l.lipschitz * (1 + 1e-9));
    return_law_free(&l);
}

/* --- growth ------------------------------------------------------------------------------------
 */

static struct theory_growth growth_of(enum theory_law law)
{
    struct theory_growth g;
    cr_assert_eq(theory_growth_of(law, &g), STATUS_OK);
    return g;
}

Test(growth, slopes_of_powers_are_their_exponents)
{
    expect_number("zeta", growth_of(LAW_ZETA).slope, 3, 1e-12, 0);
    expect_number("slow", growth_of(LAW_SLOW).slope, 1.5, 1e-12, 0);
    expect_number("density", growth_of(LAW_POWER).slope, 2.5, 1e-12, 0);
    expect_number("density", growth_of(LAW_POWER).least_slope, 2.5, 1e-10, 0);
    expect_number("spikes", growth_of(LAW_SPIKES).slope, 0, 0, 1e-12);
    /* of 1/C(100,g) 9^g: steeper and steeper, from d log(1/alpha) at the best return on */
    struct theory_growth g = growth_of(LAW_BERNOULLI);
    cr_assert_gt(g.slope, g.least_slope);
    expect_number("first step", g.least_slope, log(9 * 25 / 76.0) / log(25 / 24.0), 1e-10, 0);
}

Test(growth, bounds_hold_where_their_assumptions_do_and_break_at_spikes)
{
    for (int i = 0; i < LAW_COUNT; i++) {
        struct theory_growth g = growth_of((enum theory_law)i);
        cr_assert_eq(g.tightest <= 1, i != LAW_SPIKES, "law %d: %g", i, g.tightest);
        expect_number("delta", g.delta, 0.0066206987359, 1e-10, 0); /* 0.995^1001 */
        for (int k = 0; k < GROWTH_POINTS && !isnan(g.g[k]); k++) {
            cr_assert_geq(g.g[k], g.best);
            cr_assert_leq(g.g[k], g.largest);
            cr_assert(g.alpha[k] > 0 && g.bound[k] > 0);
        }
    }
}

Test(growth, the_printed_numerator_is_negative_where_the_corrected_one_is_not)
{
    struct theory_growth g = growth_of(LAW_BERNOULLI);
    /* 0.995 best + 0.005 100^2 - 10^2, and with best^2 */
    expect_number("printed", g.printed, 0.995 * g.best - 50, 1e-12, 0);
    expect_number("corrected", g.corrected, 0.995 * g.best * g.best - 50, 1e-12, 0);
    cr_assert_lt(g.printed, 0);
    cr_assert(isnan(growth_of(LAW_POWER).printed));
    expect_number("bound", g.bound[0], g.corrected / (g.best - 10) / (g.best - 10), 1e-12, 0);
}

Test(growth, the_density_s_bound_has_the_absolute_third_moment)
{
    struct theory_growth g = growth_of(LAW_POWER);
    double away = g.g[10] - 2.434775895823;
    double bound = sqrt(2 * 2.5 * 1.15387422208212 * 23839.8497895 / (away * away * away));
    expect_number("bound", g.bound[10], bound, 1e-10, 0);
}

/* --- coverage, regret, ratio, remark -----------------------------------------------------------
 */

Test(coverage, simulation_agrees_with_the_formula_and_not_with_one_draw_less)
{
    const double epsilon[] = {0.05, 0.1};
    struct theory_coverage c[2];
    theory_coverage_of(10, epsilon, 2, c);
    expect_number("exact", c[0].exact, 1 - pow(0.95, 11), 1e-14, 0);
    expect_number("exact", c[1].exact, 0.6861894039, 1e-10, 0);
    for (int k = 0; k < 2; k++) {
        cr_assert_lt(fabs(c[k].z), 3.3);
        cr_assert_gt(c[k].frequency - (1 - pow(1 - epsilon[k], 10)), 0.015); /* n, not n+1 */
    }
}

Test(regret, is_the_formula_of_the_theorem)
{
    expect_number("best case", theory_regret_bound(1e-4, 1, 10), 0.03, 1e-14, 0);
    expect_number("alpha", theory_regret_bound(1e-2, 0.01, 1000), 1.02e6, 1e-14, 0);
}

Test(ratio, is_awac_s_weight_for_laplace_laws_of_one_scale_only)
{
    struct theory_ratio r[PAIR_COUNT];
    for (int i = 0; i < PAIR_COUNT; i++)
        theory_ratio_of((enum theory_pair)i, &r[i]);
    expect_number("claimed", r[0].claimed, 1, 1e-14, 0); /* (1.5 - 1) / 0.5 */
    expect_number("least", r[PAIR_LAPLACE].least, 1, 1e-12, 0);
    expect_number("most", r[PAIR_LAPLACE].most, 1, 1e-12, 0);
    /* (RTG-V)/0.75 - (RTG-Q)/0.5 + log 1.5 at Q and at Q+3 */
    expect_number("scales", r[PAIR_SCALES].most, 2.0 / 3 + log(1.5), 1e-12, 0);
    expect_number("scales", r[PAIR_SCALES].least, 14.0 / 3 - 6 + log(1.5), 1e-12, 0);
    /* ((RTG-V)^2 - (RTG-Q)^2) / (2 0.25) */
    expect_number("gaussian", r[PAIR_GAUSSIAN].least, 0.5, 1e-12, 0);
    expect_number("gaussian", r[PAIR_GAUSSIAN].most, 6.5, 1e-12, 0);
    cr_assert_gt(theory_ratio_spread(&r[PAIR_GAUSSIAN_SCALES]), 1);
    /* constant, but with the soft value instead of V: log of 2/(1+exp(-2)) */
    expect_number("mixture", r[PAIR_MIXTURE].least, log(2 / (1 + exp(-2))), 1e-12, 0);
    cr_assert_lt(theory_ratio_spread(&r[PAIR_MIXTURE]), 1e-12);
}

Test(remark, simulation_and_formula_agree)
{
    struct theory_remark r;
    theory_remark_of(200000, &r);
    cr_assert_eq(r.degrees, 49);
    cr_assert_gt(r.p, 0.001);
    cr_assert(r.lipschitz < 2 && r.lipschitz > 1.99);
}

/* --- the visible context -----------------------------------------------------------------------
 */

static const struct {
    int length, segment;
} sizes[] = {{1, 1}, {1, 20}, {2, 2}, {7, 3}, {20, 20}, {19, 20}, {21, 20}, {200, 1}, {333, 13}};

Test(context_law, our_sampler_draws_uniform_contexts_at_every_position)
{
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct theory_context c;
        int L = sizes[i].length, K = sizes[i].segment, n = L < K ? L : K;
        double total = 0, degrees = 0;
        cr_assert_eq(theory_context_of(L, K, 200 * L, &c), STATUS_OK);
        for (int t = 0; t < L; t++)
            degrees += (t + 1 < K ? t + 1 : K) - 1;
        cr_assert_gt(c.p, 0.001, "L %d, K %d: chi-square %g of %g", L, K, c.chi_square, c.degrees);
        cr_assert_eq(c.degrees, degrees);
        for (int k = 0; k < n; k++) {
            total += c.share[k];
            expect_number("expected", c.expected[k], (L - k) / (n * L - n * (n - 1) / 2.0), 1e-12,
                          0);
        }
        expect_number("shares", total, 1, 1e-12, 0);
        cr_assert(n == CONTEXT_MOST || isnan(c.share[n]));
        cr_assert_lt(fabs(c.distance - c.expected_distance), 0.02);
    }
}

/* The whole law is nearly uniform only for trajectories much longer than the segment: for L = K the
 * shares fall linearly to 1/K of the first. */
Test(context_law, all_positions_together_are_as_far_from_uniform_as_the_law_says)
{
    struct theory_context c;
    cr_assert_eq(theory_context_of(20, 20, 4000, &c), STATUS_OK);
    expect_number("exact", c.expected_distance, 155 / 210.0 - 0.5, 1e-12, 0);
    expect_number("first to last", c.expected[0] / c.expected[19], 20, 1e-12, 0);
    cr_assert_eq(theory_context_of(1000, 20, 1000, &c), STATUS_OK);
    cr_assert_lt(c.expected_distance, 0.003);
}

Test(context_law, segments_placed_by_their_end_are_found_out)
{
    struct batch_rule rule = batch_rule_default();
    struct theory_context c;
    rule.segment = BATCH_END_UNIFORM; /* PDT's: the first positions see their start too often */
    cr_assert_eq(context_law_test(&rule, 100, 20, 20000, &c), STATUS_OK);
    cr_assert_lt(c.p, 1e-6);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

Test(theory, twice_gives_equal_bits, .timeout = 120)
{
    static struct theory a, b;
    cr_assert_eq(theory_compute(&a), STATUS_OK);
    cr_assert_eq(theory_compute(&b), STATUS_OK);
    cr_assert_eq(memcmp(&a, &b, sizeof a), 0);
    for (int i = 0; i < COVERAGE_ROWS; i++)
        cr_assert_lt(fabs(a.coverage[i].z), 3.3, "row %d", i);
    cr_assert_eq(a.regret[REGRET_ROWS - 1].bound, theory_regret_bound(0.1, 0.01, 1000));
}
