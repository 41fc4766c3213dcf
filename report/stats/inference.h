/* Small classical statistics: corrections, shares, survival, distributions.
 *
 * Source  docs/claims.md 1 (Holm, Kaplan-Meier, Wilson), docs/statistics.md 9 (t)
 */
#ifndef REPORT_INFERENCE_H
#define REPORT_INFERENCE_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stdint.h>

/* Holm's step-down correction of n p-values (NaN: not tested, left out, stays NaN). out may be p.
 * Errors STATUS_MEMORY. */
enum status inference_holm(const double *p, int n, double *out);

/* Wilson's score interval of k successes in n, `size` 0.95; (0,1) for n = 0. */
void inference_wilson(int64_t k, int64_t n, double size, double *low, double *high);

/* Kaplan-Meier median of times: the first time at which survival falls to one half or below;
 * INFINITY when it never does. event[i] false: censored (still running) at time[i]. A time of
 * INFINITY is "never". NaN for n = 0. Errors STATUS_MEMORY. */
enum status inference_survival_median(const double *time, const bool *event, int n, double *out);

/* Quantiles and tails; relative accuracy 1e-12 or better in the range of use. */
double inference_normal_quantile(double p);
double inference_normal_upper(double z);
double inference_student_quantile(double p, double degrees);
double inference_student_upper(double t, double degrees);

#endif
