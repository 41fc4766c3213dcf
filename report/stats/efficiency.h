/* Curves over runs: mean and spread of a cell, sample efficiency of a suite, time to a score.
 *
 * Source  docs/statistics.md 1.1, 6; fixtures stats_curves.h5, stats_corl.h5 (curves) */
#ifndef REPORT_EFFICIENCY_H
#define REPORT_EFFICIENCY_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"

/* Mean and spread of aligned runs of one cell, per grid point over the runs that have a value
 * there. Draw no band where count < 2, a dashed line where count < runs: runs that end early are
 * often the bad ones.  y (runs, J), NaN = missing; outputs (J), any may be NULL.
 * `sample`: divide by n-1 instead of n. */
void efficiency_spread(const double *y, int runs, int J, bool sample, double *mean, double *sd,
                       int *count);

/* Sample efficiency: the IQM at each grid point over all runs and tasks of a suite. */
struct efficiency {
    int points; /* J */
    /* (J) as aggregate.h, weighted when uneven; NaN where a run is missing: not drawn */
    double *iqm, *iqm_low, *iqm_high;
    int runs; /* fewest runs of a task */
};

/* One method's aligned curves. `runs` gives the shape (its scores are not used): y holds the curves
 * in the order of runs->score, each of J values, NaN = missing. Indices are drawn once per
 * replicate and run and move the whole curve. Family BOOTSTRAP_CURVES. Threads: OpenMP inside.
 * Errors STATUS_CONFIG (matrix_check), STATUS_NONFINITE (an infinite value), STATUS_MEMORY. */
enum status efficiency_make(const struct matrix *runs, const double *y, int J,
                            const struct bootstrap *b, struct efficiency *out);
void efficiency_free(struct efficiency *e);

#endif
