/* Performance profiles: the share of runs above each score.
 *
 *   run(tau)      F(tau) = mean over tasks of the share of their runs with score > tau (strictly)
 *
 * With equal N_m, F is the plain share of all runs. Bands are pointwise percentile intervals of the
 * same replicates as the aggregates.
 * Source  docs/statistics.md 5; fixtures stats_small.h5, stats_random.h5, stats_corl.h5 */
#ifndef REPORT_PROFILE_H
#define REPORT_PROFILE_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"

/* Plain data; free with profile_free. Bands are NaN when no task has more than one run. */
struct profile {
    int count;                        /* thresholds */
    double *tau;                      /* (count) ascending */
    double *run, *run_low, *run_high; /* (count) */
    int runs;                         /* fewest runs of a task */
};

/* The grid for drawing: 0, 1, ... up to max(100, largest score of all inputs), rounded up; from the
 * smallest score to 0 where all are negative; at most `room` points (a wider range gets a wider
 * step). Returns the number written. */
int profile_grid(const struct matrix *const *x, int count, int room, double *tau);

/* The profile of one method at `count` ascending thresholds, with bands.
 * Threads: OpenMP inside. Errors STATUS_CONFIG (matrix_check; thresholds not ascending),
 * STATUS_MEMORY. */
enum status profile_make(const struct matrix *x, const double *tau, int count,
                         const struct bootstrap *b, struct profile *out);
void profile_free(struct profile *p);

/* a lies nowhere below b and somewhere above it, on a common grid: stochastically dominant. */
bool profile_dominates(const struct profile *a, const struct profile *b);

#endif
