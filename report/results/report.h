/* One report: results and the choices that turn them into tables, claims and pages. Const once
 * main.c has filled it. */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "report/results/results.h"
#include "report/stats/bootstrap.h"

#include <stdbool.h>

enum cell_form {
    CELL_FINAL_INCREASE, /* 88.38(+46.59): the paper's */
    CELL_MEAN_SD,        /* 88.38 ± 3.10 */
    CELL_MEAN_CI,        /* 88.38 [84.90, 91.20] */
    CELL_INITIAL_FINAL   /* 41.79 → 88.38 */
};

struct report {
    struct results results;
    struct bootstrap bootstrap;
    double gamma; /* of the optimality gap: 100 */
    enum cell_form cell;
    int digits;                    /* behind the point: 2 */
    bool best_by_interval;         /* bold: every method whose interval overlaps the best one's */
    bool abbreviate;               /* the paper's short row names */
    bool sample_sd;                /* spread divides by n-1, not n */
    bool paper;                    /* print the published tables too */
    const char *command;           /* the command line of the report */
    char hash[17];                 /* of inputs and choices: in every output's first line */
    struct statistics *statistics; /* what was computed so far (statistics.h) */
};

/* The interval of a cell's (or several cells') mean: `what` of the used runs. point NaN without
 * runs. Errors STATUS_MEMORY. */
enum status report_interval(const struct report *r, int method, const int *datasets, int count,
                            enum results_what what, struct interval *out);

/* "95 % intervals: stratified bootstrap over runs, 50000 replications": for captions. */
void report_describe_intervals(const struct report *r, char *out, size_t size);

#endif
