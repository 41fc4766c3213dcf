/* Two sets of results held against each other: `vitamin report A --against B`.
 *
 * Methods and datasets are matched by their ids. A difference is A minus B: mean over runs, of each
 * cell that both have; of a suite the mean over the datasets that both have for the method. The
 * intervals are those of two different methods (compare.h): runs of A and B are resampled
 * independently. */
#ifndef REPORT_AGAINST_H
#define REPORT_AGAINST_H

#include "report/results/report.h"
#include "report/stats/compare.h"

/* One method on one dataset; indices of A. */
struct against_cell {
    int method, dataset;
    int runs[2];    /* of A, of B */
    double mean[2]; /* final scores */
    struct comparison difference;
};

/* One method on a suite of A (-1: on all that are scored). */
struct against_total {
    int method, suite, datasets;
    struct comparison difference; /* of the mean of the datasets' means */
    struct interval iqm;          /* IQM of A minus that of B */
};

struct against {
    char path[FILE_PATH];
    struct results results;      /* B */
    struct against_cell *cell;   /* (cells) by dataset, then method */
    struct against_total *total; /* (totals) by suite, then method */
    int cells, totals;
    int lone[2]; /* cells with runs in A or in B alone */
};

/* Read B, a folder of runs or of score files, one curve.h5 or a score file, by the rules of A.
 * Errors as results_read_folder, results_read_scores, results_finish. */
enum status against_read(struct against *g, const char *path, struct results_options options);

/* Compare with r->results. Notes say what is in one of them alone, and where both are read at
 * different budgets. Errors STATUS_CONFIG: they share no method and dataset; STATUS_MEMORY. */
enum status against_compare(struct against *g, struct report *r);
void against_free(struct against *g);

#endif
