#include "report/stats/sum.h"

#include "engine/base/sort.h"

#include <math.h>

void sum_add(struct sum *s, double x)
{
    /* Neumaier: what the addition rounds away is kept beside the total. */
    double total = s->high + x;
    s->low += fabs(s->high) >= fabs(x) ? (s->high - total) + x : (x - total) + s->high;
    s->high = total;
}

double sum_total(const struct sum *s)
{
    return s->high + s->low;
}

double sum_of(const double *x, size_t n)
{
    struct sum s = {0};
    for (size_t i = 0; i < n; i++)
        sum_add(&s, x[i]);
    return sum_total(&s);
}

double sum_mean(const double *x, size_t n)
{
    return n > 0 ? sum_of(x, n) / (double)n : (double)NAN;
}

double sum_variance(const double *x, size_t n, bool sample)
{
    if (n < (sample ? 2u : 1u))
        return (double)NAN;
    /* About x[0] first: exactly 0 when all are equal, and no digits lost to an offset. */
    struct sum total = {0}, squares = {0}, rest = {0};
    for (size_t i = 0; i < n; i++)
        sum_add(&total, x[i] - x[0]);
    double mean = sum_total(&total) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double off = x[i] - x[0] - mean;
        sum_add(&squares, off * off);
        sum_add(&rest, off);
    }
    /* `rest` would be 0 if the mean were exact. */
    double variation = sum_total(&squares) - sum_total(&rest) * sum_total(&rest) / (double)n;
    return (variation > 0 ? variation : 0) / (double)(sample ? n - 1 : n);
}

double sum_deviation(const double *x, size_t n, bool sample)
{
    return sqrt(sum_variance(x, n, sample));
}

double sum_median(double *x, size_t n)
{
    if (n == 0)
        return (double)NAN;
    sort_doubles(x, n);
    double low = x[(n - 1) / 2], high = x[n / 2];
    return low == high ? low : (low + high) / 2; /* equal infinities stay */
}
