#include "tests/support/distribution.h"

#include "engine/base/sort.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double within(double x, double low, double high)
{
    return fmin(fmax(x, low), high);
}

double law_uniform(double x, double a, double b)
{
    return within((x - a) / (b - a), 0, 1);
}

double law_normal(double x, double a, double b)
{
    return 0.5 * erfc(-(x - a) / (b * sqrt(2)));
}

/* Integral of U(0,1)'s distribution function up to x. */
static double ramp(double x)
{
    return x <= 0 ? 0 : x >= 1 ? x - 0.5 : 0.5 * x * x;
}

double law_two_uniforms(double x, double a, double b)
{
    return within((ramp(x - a) - ramp(x - a - b)) / b, 0, 1);
}

/* The mean over V of U's distribution function at x (1 + V), integrated piece by piece. */
double law_ratio(double x, double a, double b)
{
    (void)b;
    if (fabs(x) < 1e-9)
        return 0.5;
    double to = ramp((x * (1 + a) + a) / (2 * a)), from = ramp((x * (1 - a) + a) / (2 * a));
    return within((to - from) / x, 0, 1);
}

static double *sorted(const double *x, size_t n)
{
    double *out = malloc(n * sizeof *out);
    cr_assert_not_null(out);
    memcpy(out, x, n * sizeof *out);
    sort_doubles(out, n);
    return out;
}

/* The distance that Kolmogorov-Smirnov exceeds with at most this chance. */
static double farthest(double n, double alarm)
{
    return sqrt(log(2 / alarm) / (2 * n));
}

bool distribution_follows(const struct law *law, const double *x, size_t n, double alarm, char *why,
                          size_t size)
{
    double *u = sorted(x, n), N = (double)n, share = alarm / 5; /* five ways to fail */
    for (size_t i = 0; i < n; i++)
        u[i] = law->cdf(u[i], law->a, law->b); /* ascending as x is */
    double away = 0, least = u[0], most = 1 - u[n - 1], limit = farthest(N, share);
    for (size_t i = 0; i < n; i++)
        away = fmax(away, fmax(u[i] - (double)i / N, ((double)i + 1) / N - u[i]));
    free(u);
    double near = share / N, far = 1 - pow(share, 1 / N);
    const char *wrong = away > limit                  ? "has another shape"
                        : least < near || most < near ? "reaches too far"
                        : least > far || most > far   ? "does not reach its ends"
                                                      : NULL;
    if (wrong != NULL)
        snprintf(why, size, "%s: distance %.3g (limit %.3g), ends %.3g %.3g (%.3g..%.3g)", wrong,
                 away, limit, least, most, near, far);
    return wrong == NULL;
}

bool distribution_same(const double *x, size_t n, const double *y, size_t m, double alarm,
                       char *why, size_t size)
{
    double *a = sorted(x, n), *b = sorted(y, m), away = 0, N = (double)n, M = (double)m;
    for (size_t i = 0, j = 0; i < n && j < m;) {
        double at = fmin(a[i], b[j]);
        while (i < n && a[i] == at)
            i++;
        while (j < m && b[j] == at)
            j++;
        away = fmax(away, fabs((double)i / N - (double)j / M));
    }
    free(a);
    free(b);
    double limit = farthest(N * M / (N + M), alarm);
    if (away > limit)
        snprintf(why, size, "distance %.3g, limit %.3g", away, limit);
    return away <= limit;
}

void expect_law(const char *what, const struct law *law, const double *x, size_t n, double alarm)
{
    char why[256];
    cr_assert(distribution_follows(law, x, n, alarm, why, sizeof why), "%s %s", what, why);

    static const struct {
        double scale, shift;
        const char *name;
    } faults[] = {{1.05, 0, "5 % wider"}, {0.95, 0, "5 % narrower"}, {1, 0.05, "shifted by 5 %"}};
    double low = HUGE_VAL, high = -HUGE_VAL, *off = malloc(n * sizeof *off);
    cr_assert_not_null(off);
    for (size_t i = 0; i < n; i++) {
        low = fmin(low, x[i]);
        high = fmax(high, x[i]);
    }
    for (size_t f = 0; f < sizeof faults / sizeof *faults; f++) {
        for (size_t i = 0; i < n; i++)
            off[i] = (low + high) / 2 + faults[f].scale * (x[i] - (low + high) / 2) +
                     faults[f].shift * (high - low);
        cr_assert(!distribution_follows(law, off, n, alarm, why, sizeof why),
                  "%s: the same numbers, %s, should be refused", what, faults[f].name);
    }
    free(off);
}
