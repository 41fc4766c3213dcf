/* The four aggregates of a score matrix, with stratified-bootstrap intervals.
 *
 *   mean             mean of the M task means
 *   median           median of the M task means (not of the runs); even M: mean of the central two
 *   iqm              L = sum N_m scores pooled and sorted, floor(L/4) dropped on each side, mean of
 *                    the rest; no fractional weights
 *   optimality gap   gamma - mean of min(score, gamma); lower is better
 *
 * Unequal N_m (`--missing available`): every task weighs the same. The gap is the mean of the
 * tasks' gaps; the IQM becomes the *weighted IQM*: scores sorted with weights 1/(M N_m), the part
 * of the cumulative weight inside [1/4, 3/4] kept, boundary values with their fraction. A full
 * matrix always uses the rule above, and so does a pooled one (matrix.h), as in rliable.
 *
 * Source  docs/statistics.md 2, 4, 7; fixtures stats_small.h5, stats_random.h5, stats_corl.h5
 */
#ifndef REPORT_AGGREGATE_H
#define REPORT_AGGREGATE_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"

/* X(code, key in files, title, higher is better) */
#define AGGREGATES(X)                                                                              \
    X(AGGREGATE_MEAN, "mean", "Mean", true)                                                        \
    X(AGGREGATE_MEDIAN, "median", "Median", true)                                                  \
    X(AGGREGATE_IQM, "iqm", "IQM", true)                                                           \
    X(AGGREGATE_GAP, "optimality_gap", "Optimality gap", false)

enum aggregate {
#define AGGREGATE_ENUM(code, key, title, higher) code,
    AGGREGATES(AGGREGATE_ENUM)
#undef AGGREGATE_ENUM
        AGGREGATE_COUNT
};

const char *aggregate_key(enum aggregate which);
const char *aggregate_title(enum aggregate which);
bool aggregate_higher_is_better(enum aggregate which);

/* Point estimates. Errors STATUS_CONFIG: no task, or a task without a run (matrix_check). */
enum status aggregate_points(const struct matrix *x, double gamma, double out[AGGREGATE_COUNT]);

/* Points and intervals; all four from one set of replicates (family BOOTSTRAP_SCORES).
 * Threads: OpenMP inside. Errors as above, STATUS_MEMORY. */
enum status aggregate_intervals(const struct matrix *x, double gamma, const struct bootstrap *b,
                                struct interval out[AGGREGATE_COUNT]);

/* Task means, (M). */
void aggregate_task_means(const struct matrix *x, double *out);

#endif
