/* Which methods and datasets stand side by side in a suite's aggregate.
 *
 * Different task sets are never aggregated side by side: a method that lacks a dataset which others
 * have is left out of the suite; when that leaves fewer than two of several methods, the datasets
 * are cut down to those that the methods with most of them share. Either way the note says so, and
 * captions carry it.
 * Source  docs/statistics.md 7 */
#ifndef REPORT_SUITE_SCORES_H
#define REPORT_SUITE_SCORES_H

#include "report/results/results.h"
#include "report/stats/matrix.h"

#include <stdbool.h>

enum { SUITE_SCORES_NOTE = 1024 };

struct suite_scores {
    int suite; /* -1: all suites */
    char title[RESULTS_TITLE];
    int *dataset, datasets;       /* indices, in order */
    int *method, methods;         /* indices, in order; each has a run in every dataset */
    struct matrix *x;             /* (methods) */
    const struct matrix **view;   /* (methods) pointers to them, as the statistics take them */
    int fewest, most;             /* runs of a cell */
    char note[SUITE_SCORES_NOTE]; /* what was left out, one sentence each; "" */
};

/* Does this method belong in the main figures? The paper's seven, unknown ones and the emphasised
 * one; not the ablations and variants of our own matrices. */
bool suite_scores_standard(const struct results *r, int method);

/* The standard methods on a suite's datasets (-1: on all of them, but delayed rewards and the
 * bandit). Nothing to show: methods = 0. MISSING_COMMON of the options is applied. Errors
 * STATUS_MEMORY. */
enum status suite_scores_gather(const struct results *r, int suite, enum results_what what,
                                struct suite_scores *out);
void suite_scores_free(struct suite_scores *g);

/* Position of a method (an index of results) in g->method, or -1. */
int suite_scores_find(const struct suite_scores *g, int method);

#endif
