/* Comparing methods: probability of improvement and mean differences, of pairs and of all.
 *
 * X and Y are resampled independently (their streams are keyed by their names; the same name on
 * both sides is refused where that matters). Run counts may differ; tasks must be the same, in the
 * same order, where both are compared task by task. All of family BOOTSTRAP_PAIRS, so that the
 * numbers of one report agree with each other.
 *
 * With b->tasks both are also resampled over common task columns, by bootstrap_run: slower.
 *
 * Source  docs/statistics.md 3, docs/claims.md 1; fixtures stats_*.h5 */
#ifndef REPORT_COMPARE_H
#define REPORT_COMPARE_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"

/* P(X > Y) of one task: share of pairs (i,j) with x_i > y_j, ties one half. The difference of wins
 * and losses is counted in integers: P(X > Y) + P(Y > X) = 1 exactly. */
double compare_improvement(const double *x, int nx, const double *y, int ny);

struct comparison {
    struct interval improvement; /* P(X > Y), mean over tasks */
    struct interval difference;  /* mean(X) - mean(Y), of task means */
    enum compare_verdict {
        COMPARE_BETTER,   /* difference above 0 and improvement above 0.5 */
        COMPARE_WORSE,    /* mirrored */
        COMPARE_MIXED,    /* they point in opposite directions */
        COMPARE_UNCLEAR,  /* no clear difference */
        COMPARE_UNTESTED, /* fewer than 3 runs in a cell */
    } verdict;
};
const char *compare_word(enum compare_verdict verdict); /* "better", "no clear difference", ... */

/* X against Y. Errors STATUS_CONFIG (tasks differ, a task without runs, equal names),
 * STATUS_MEMORY. */
enum status compare_pair(const struct matrix *x, const struct matrix *y, const struct bootstrap *b,
                         struct comparison *out);

/* All ordered pairs of `count` methods: out[i*count + j] compares i with j; the diagonal is 0.5 and
 * 0 without width. One set of resamples per method; (j,i) mirrors (i,j) exactly. */
enum status compare_all(const struct matrix *const *x, int count, const struct bootstrap *b,
                        struct comparison *out);

/* The same for the pairs of the method `ours` only, or with `others` for all of them; elsewhere
 * `out` is left as it is. The pairs of `ours` have the bits of compare_pair(ours, other). */
enum status compare_ours(const struct matrix *const *x, int count, int ours, bool others,
                         const struct bootstrap *b, struct comparison *out);

/* Per task: P(X > Y) and the mean difference with intervals, `improvement` and `difference` (M);
 * either may be NULL. p (M), may be NULL: exact two-sided Mann-Whitney (rank.h), for Holm. */
enum status compare_tasks(const struct matrix *x, const struct matrix *y, const struct bootstrap *b,
                          struct interval *improvement, struct interval *difference, double *p);

#endif
