#include "report/results/agreement.h"

#include <criterion/criterion.h>
#include <math.h>

static const struct {
    const char *what;
    double printed;
    int n;
    double score[5];
    enum agreement want;
} rows[] = {
    {"no run", 50, 0, {0}, AGREES_NOT_RUN},
    {"two seeds", 50, 2, {50, 50}, AGREES_FEW},
    {"equal", 50, 5, {50, 50, 50, 50, 50}, AGREES},
    {"two points are noise", 50, 5, {51.9, 51.9, 51.9, 51.9, 51.9}, AGREES},
    {"five points are close", 50, 5, {45.5, 45.5, 45.5, 45.5, 45.5}, AGREES_CLOSELY},
    {"ten per cent of the larger is close", 200, 5, {219, 219, 219, 219, 219}, AGREES_CLOSELY},
    {"higher", 50, 5, {61, 61, 61, 61, 61}, AGREES_HIGHER},
    {"lower", 50, 5, {39, 39, 39, 39, 39}, AGREES_LOWER},
    {"within our own spread", 50, 5, {30, 50, 70, 40, 85}, AGREES},
    {"too wide to say", 50, 5, {0, 100, 0, 100, 0}, AGREES_UNSTABLE},
};

Test(agreement, follows_its_rules)
{
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct agreed a = agreement_of(rows[i].printed, rows[i].score, rows[i].n);
        cr_expect_eq(a.verdict, rows[i].want, "%s: %s, w = %g", rows[i].what,
                     agreement_word(a.verdict), a.w);
    }
}

Test(agreement, has_the_width_of_two_means)
{
    const double score[] = {1, 2, 3, 4, 5}; /* s = sqrt(2.5) */
    struct agreed a = agreement_of(3, score, 5);
    /* t(0.975, 4) sqrt(1/5 + 1/5) = 2.776445105 * 0.632455532 = 1.7559788 */
    cr_expect_float_eq(a.w, 1.7559780 * sqrt(2.5), 1e-5, "%.8f", a.w);
    cr_expect_float_eq(a.mean, 3, 1e-12);
    cr_expect_float_eq(a.difference, 0, 1e-12);
}
