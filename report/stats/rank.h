/* Ranks of methods, rank correlation, rank tests.
 *
 * Source  docs/statistics.md 3; fixtures stats_random.h5, stats_corl.h5 (rank_probability) */
#ifndef REPORT_RANK_H
#define REPORT_RANK_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"

/* R[a*count + k]: the probability that method a takes rank k (0 = best) when one run of each method
 * is drawn independently for each task, ties broken uniformly; mean over tasks. Exact, no sampling.
 * Rows and columns sum to 1. All methods need the same tasks.
 * Errors STATUS_CONFIG (matrix_check_pair), STATUS_MEMORY. */
enum status rank_probabilities(const struct matrix *const *x, int count, double *R);

/* sum_k k R[a][k]: 0 is best. */
double rank_mean(const double *row, int count);

/* Midranks (1 = smallest, ties share their mean rank). O(n^2), no memory. */
void rank_midranks(const double *x, int n, double *rank);

/* Spearman's correlation with midranks; NaN when n < 2 or one side is constant. O(n^2). */
double rank_spearman(const double *x, const double *y, int n);

/* Spearman's correlation between `fixed` (M) and the task means of x, or of x - y when y is not
 * NULL, with a bootstrap interval over runs. A replicate with a constant side counts as 0.
 * Errors STATUS_CONFIG, STATUS_MEMORY. */
enum status rank_trend(const struct matrix *x, const struct matrix *y, const double *fixed,
                       const struct bootstrap *b, struct interval *out);

/* Mann-Whitney U by its exact permutation distribution, ties included (midranks); above 60
 * values the normal approximation with tie correction. `greater` is one-sided P(U >= observed)
 * under equality, for "x is larger"; `two_sided` doubles the smaller tail, at most 1.
 * Errors STATUS_CONFIG (no values on a side), STATUS_MEMORY.
 * 5 + 5 runs: at least 1/252 and 2/252. */
enum status rank_test(const double *x, int nx, const double *y, int ny, double *greater,
                      double *two_sided);

#endif
