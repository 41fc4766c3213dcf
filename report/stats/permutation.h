/* Permutation tests of two samples: how often does a random split of the pooled values differ as
 * much in its means as the samples do?
 *
 * Under the hypothesis that both come from one distribution, every split of the nx + ny values is
 * equally probable. The statistic is |mean x - mean y|, two-sided.
 *
 *   up to PERMUTATION_EXACT splits   all of them: p is their share, exact
 *   beyond                           PERMUTATION_DRAWS random ones of a fixed seed, p = (k+1)/(R+1)
 *
 * Splits count as equal to the observed one up to rounding (1e-12 of the sum of the deviations).
 * Source  docs/sameness.md */
#ifndef REPORT_PERMUTATION_H
#define REPORT_PERMUTATION_H

#include "engine/base/status.h"

#include <stdbool.h>

enum { PERMUTATION_EXACT = 5000000, PERMUTATION_DRAWS = 1000000 };

/* How many splits there are, C(nx + ny, nx), as a double (exact below 2^53), and whether they are
 * all looked at. */
double permutation_splits(int nx, int ny);
bool permutation_is_exact(int nx, int ny);

/* The least p that samples of these sizes can give: of equal sizes, every split has a mirror image
 * that differs as much. */
double permutation_least(int nx, int ny);

/* Test `columns` quantities of the same runs by the same splits: value (nx + ny, columns), the rows
 * of x first, all finite. p (columns).
 * Random  RNG_BOOTSTRAP, a stream for each thousand draws      Threads  OpenMP inside, same bits
 * for any number Errors  STATUS_CONFIG (a side has no values), STATUS_NONFINITE, STATUS_MEMORY */
enum status permutation_test(const double *value, int nx, int ny, int columns, double *p);

/* The least difference of the means, in standard deviations of one sample, that a test at `level`
 * sees with probability `power`: by the non-central t of two normal samples of equal spread, where
 * the permutation test is nearly as good as Student's. INFINITY where even the least p is above the
 * level. */
double permutation_detectable(int nx, int ny, double level, double power);

#endif
