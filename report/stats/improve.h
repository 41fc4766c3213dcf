/* The Mann-Whitney statistic of two matrices and of their resamples, in integers.
 *
 * For task m let D_m = (pairs x_i > y_j) - (pairs x_i < y_j). Then P(X > Y) is the mean over tasks
 * of 1/2 + D_m / (2 N_X N_Y). With y sorted once, `below` scores of y lie below x_i and `upto` do
 * not exceed it; in a resample those become prefix sums of y's counts, and
 *
 *     D_m = sum_i c_i (prefix[below_i] + prefix[upto_i] - N_Y)
 *
 * costs N_X + N_Y steps instead of N_X N_Y, exactly.
 * For compare.c. Source  docs/statistics.md 3, 8 */
#ifndef REPORT_IMPROVE_H
#define REPORT_IMPROVE_H

#include "report/stats/matrix.h"

#include <stdint.h>

/* Where y's scores lie among themselves: (L) cells in ascending order within each task. */
struct improve_order {
    size_t *cell;
};
enum status improve_order_init(struct improve_order *o, const struct matrix *y);
void improve_order_free(struct improve_order *o);

/* prefix (L + M, LANES): of task m, N_m + 1 rows from start[m] + m on: running sums of counts. */
void improve_prefix(const struct matrix *y, const struct improve_order *o, const uint16_t *count,
                    uint16_t *prefix);

/* X against Y: for each score of X the rows of Y's prefix sums. */
struct improve {
    const struct matrix *x, *y; /* not owned; the same tasks */
    size_t *below, *upto;       /* (L of X) */
};
enum status improve_init(struct improve *p, const struct matrix *x, const struct matrix *y,
                         const struct improve_order *y_order);
void improve_free(struct improve *p);

/* out (LANES): P(X > Y) of 64 resamples. */
void improve_lanes(const struct improve *p, const uint16_t *x_count, const uint16_t *y_prefix,
                   double *out);

/* P(X > Y) of the scores themselves. improve_point(x, y) + improve_point(y, x) is exactly 1. */
double improve_point(const struct improve *p);

/* 1/2 + half, with `half` in [-1/2, 1/2] first rounded to a multiple of 2^-52: then 1/2 + half and
 * 1/2 - half are both exact and sum to 1. */
double improve_around_half(double half);

#endif
