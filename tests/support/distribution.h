/* Do numbers come from a law, or two samples from one? Answers with a stated chance of a false
 * alarm (of refusing numbers that do): for fixed seeds a test either passes for good, or that
 * chance came.
 *
 * A law is its distribution function, continuous. Of numbers from it F(x) is uniform, so all laws
 * are judged alike:
 *
 *   Kolmogorov-Smirnov   P(sup |F_n - F| > e) <= 2 exp(-2 n e^2)                    (Massart 1990)
 *   both ends            P(F(least) < e) <= n e,  P(F(least) > e) = (1 - e)^n, the largest alike
 *   two samples          the first with n m / (n + m) for n: the limit for large samples
 *
 * The ends find a range that is a few percent off, which Kolmogorov-Smirnov does not at this size.
 */
#ifndef TESTS_SUPPORT_DISTRIBUTION_H
#define TESTS_SUPPORT_DISTRIBUTION_H

#include <stdbool.h>
#include <stddef.h>

struct law {
    double (*cdf)(double x, double a, double b);
    double a, b;
};

/* (a, b) */
double law_uniform(double x, double a, double b);
/* Mean a, standard deviation b. */
double law_normal(double x, double a, double b);
/* a + U(0, 1) + U(0, b), b <= 1 */
double law_two_uniforms(double x, double a, double b);
/* U / (1 + V), U and V in (-a, a); b unused */
double law_ratio(double x, double a, double b);

/* True when x (n) is like draws from the law; `alarm` is the chance of false when it is. Otherwise
 * `why` (of `size`) says what is not. */
bool distribution_follows(const struct law *law, const double *x, size_t n, double alarm, char *why,
                          size_t size);
/* The same of two samples; ties, constants included, only make it milder. */
bool distribution_same(const double *x, size_t n, const double *y, size_t m, double alarm,
                       char *why, size_t size);

/* distribution_follows holds of x, and no longer when its spread about the middle is 5 % larger or
 * smaller or it is shifted by 5 % of it. Fails the test. */
void expect_law(const char *what, const struct law *law, const double *x, size_t n, double alarm);

#endif
