/* The stratified bootstrap: resampled runs, replicate values, percentile intervals.
 *
 * One replicate of a matrix draws, for every task, N_m runs with replacement out of the N_m runs of
 * that task. A statistic of the replicate is one replicate value; the interval is a pair of
 * quantiles of R of them.
 *
 * Random   keyed by (report seed, family, method, task), counter (replicate, run), purpose
 *          RNG_BOOTSTRAP. So the bits do not depend on the number of threads, on the order of
 *          methods or tasks, nor on which other methods are there; and all statistics of one family
 *          see the same resamples: bounds of P(X > Y) and P(Y > X) mirror each other, a difference
 *          of differences uses the resamples of its terms.
 * Index    N <= 256: multiply-shift of 32 random bits, bias below N/2^32 < 6e-8; above: multiply-
 *          high with rejection, no bias.
 * Source   docs/statistics.md 4; fixtures stats_random.h5, stats_corl.h5 */
#ifndef REPORT_BOOTSTRAP_H
#define REPORT_BOOTSTRAP_H

#include "report/stats/matrix.h"

#include <stdint.h>

/* Families of statistics; each has resamples of its own. Add at the end. */
enum bootstrap_family {
    BOOTSTRAP_SCORES, /* aggregates and profiles of one method */
    BOOTSTRAP_PAIRS,  /* anything between methods: improvement, differences, claims */
    BOOTSTRAP_CURVES  /* sample efficiency */
};

struct bootstrap {
    uint64_t seed; /* the report's */
    int reps;      /* R >= 1: 50000; 10000 `--preset paper`; 2000 `--fast` */
    double size;   /* of the interval: 0.95 */
    bool tasks;    /* `--task-bootstrap`: draw task columns with replacement too (another question,
                      much wider intervals; never mix both in one figure) */
};

/* Seed 0, 50000 replications, 95 %, runs only. */
struct bootstrap bootstrap_default(void);
/* Errors STATUS_CONFIG: reps < 1 or > 10 million, size outside (0,1). */
enum status bootstrap_check(const struct bootstrap *b);

/* A value with its interval. */
struct interval {
    double point;     /* of the data, not of the replicates */
    double low, high; /* NaN when an input has one run per task: print "n/a (1 seed)" */
    int runs; /* fewest runs of any cell behind it: 2 asks for a warning, below 3 no verdict */
};

bool interval_known(struct interval i); /* low and high are numbers */
bool interval_holds(struct interval i, double value);

/* Quantile of `n` values (no NaN), linear between order statistics: h = (n-1) q, between v[floor h]
 * and the next. Reorders `v`. O(n). */
double bootstrap_quantile(double *v, size_t n, double q);

/* The percentile interval of R replicate values (reordered) of a statistic of these inputs, whose
 * run counts decide `runs` and whether there is an interval at all. */
struct interval bootstrap_interval(const struct bootstrap *b, double point, double *values,
                                   const struct matrix *const *x, int count);

/* ---- any statistic (bootstrap_run.c) ----------------------------------------------------------
 */

/* One or several statistics of resampled matrices: x[k] has the shape of the k-th input (with task
 * resampling: its number of tasks). `of` must be a pure function, safe to call from several
 * threads; `scratch` is its own thread's. It writes `wanted` numbers. NaN is an error; infinity is
 * allowed (it sorts). */
struct statistic {
    void (*of)(const struct matrix *x, const void *context, double *scratch, double *out);
    const void *context;
    size_t scratch; /* doubles of scratch that `of` needs */
    int wanted;
};

/* The statistics of `count` matrices and their intervals, out (wanted). Each input is resampled on
 * its own (two with the same method and task are resampled alike: they are the same runs). With
 * b->tasks columns are drawn once per replicate for all inputs, which must then have the same
 * tasks. `values` (wanted, R) receives the replicate values in order of replicate, unless NULL.
 * The general and slow road, some microseconds per 100 runs and replicate; without task resampling
 * aggregates, pairs, profiles and curves have their own. Threads: OpenMP inside; same bits for any
 * number.
 * Errors  STATUS_CONFIG (b, or an input without runs), STATUS_NONFINITE, STATUS_MEMORY */
enum status bootstrap_run(const struct bootstrap *b, enum bootstrap_family family,
                          const struct matrix *const *x, int count, const struct statistic *s,
                          double *values, struct interval *out);

#endif
