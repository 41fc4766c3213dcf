/* Sums that keep their digits.
 *
 * Scores may sit on a large offset (returns in the millions), so everything printed is added with
 * Neumaier's compensation: the result is within an ulp or so of the exact sum of the numbers given,
 * whatever their order. Float64 throughout; n = 0 gives 0 for a sum and NaN for a mean. */
#ifndef REPORT_SUM_H
#define REPORT_SUM_H

#include <stdbool.h>
#include <stddef.h>

/* A running compensated sum: zero-initialise, add, read the total. */
struct sum {
    double high, low;
};
void sum_add(struct sum *s, double x);
double sum_total(const struct sum *s);

double sum_of(const double *x, size_t n);
double sum_mean(const double *x, size_t n);

/* Variance and standard deviation about the mean (two passes). `sample` divides by n-1 (NaN for
 * n = 1), else by n, the form that numpy-based plots use. */
double sum_variance(const double *x, size_t n, bool sample);
double sum_deviation(const double *x, size_t n, bool sample);

/* Median: the mean of the two central values for even n. `x` is reordered. */
double sum_median(double *x, size_t n);

#endif
