/* Contrasts and ratios of means: what most claims are tested with.
 *
 * Same resamples as compare.h (family BOOTSTRAP_PAIRS): the T-diff of two methods is their mean
 * difference there. Terms may have different tasks and any number of runs.
 * Source  docs/claims.md 1 */
#ifndef REPORT_CONTRAST_H
#define REPORT_CONTRAST_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"

enum { CONTRAST_TERMS = 64 };

/* One term: weight * mean over the matrix's tasks of their task means. */
struct contrast_term {
    const struct matrix *x;
    double weight;
};

/* sum of weight * mean(x), with its interval.
 *   T-diff(A,B)            {A, +1}, {B, -1}
 *   T-gain(A)              {increases of A, +1}; pairing is inside the run
 *   T-curve                the same on areas (align.h)
 *   difference of differences   {A on D1, +1}, {B on D1, -1}, {A on D2, -1}, {B on D2, +1}
 *   (cloned+human)/2 - expert   weights 0.5, 0.5, -1
 * Two terms with the same method and task are resampled alike: they are the same runs. `values` (R)
 * receives the replicate values in order, unless NULL. Threads: OpenMP inside. With b->tasks all
 * terms are resampled over common task columns and must have the same tasks.
 * Errors STATUS_CONFIG (b, number of terms, a term without runs, tasks that differ under b->tasks),
 * STATUS_MEMORY. */
enum status contrast_interval(const struct contrast_term *term, int count,
                              const struct bootstrap *b, double *values, struct interval *out);

/* T-var over seeds: mean over tasks of the population variance over runs, X's over Y's.
 * 0/0 counts as 1 and v/0 as infinity. Errors STATUS_CONFIG, STATUS_MEMORY. */
enum status contrast_variance_ratio(const struct matrix *x, const struct matrix *y,
                                    const struct bootstrap *b, struct interval *out);

/* mean(X) / mean(Y): T-var within runs (matrices of align_late_variance), seconds per iteration.
 * 0/0 counts as 1, v/0 as infinity with v's sign. Errors as above. */
enum status contrast_mean_ratio(const struct matrix *x, const struct matrix *y,
                                const struct bootstrap *b, struct interval *out);

#endif
