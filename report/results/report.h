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
    int digits;              /* behind the point: 2 */
    bool best_by_interval;   /* bold: every method whose interval overlaps the best one's */
    bool abbreviate;         /* the paper's short row names */
    bool sample_sd;          /* spread divides by n-1, not n */
    bool paper;              /* print the published tables too */
    const char *title;       /* of page and report.md, or NULL */
    const char *score_label; /* what the numbers are called, or NULL */
    int (*pair)[2];          /* (pairs) chosen: these methods X against Y; NULL: see below */
    int pairs;
    struct published *published;   /* (published.h) or NULL */
    struct against *against;       /* (against.h) or NULL */
    const char *command;           /* the command line of the report */
    char hash[17];                 /* of inputs and choices: in every output's first line */
    struct statistics *statistics; /* what was computed so far (statistics.h) */
};

/* What the numbers are called: "D4RL-normalised score", of foreign ones "Score", or as the user
 * says; on the axes of curves "Normalised score". */
const char *report_score(const struct report *r);
const char *report_score_axis(const struct report *r);
/* "IQM normalised score", "IQM of return": of a mean of such numbers. */
const char *report_score_of(const struct report *r, const char *aggregate, char *out, size_t size);
/* The heading of the page and of report.md. */
const char *report_title(const struct report *r);

/* The interval of a cell's (or several cells') mean final score. point NaN without
 * runs. Errors STATUS_MEMORY. */
enum status report_interval(const struct report *r, int method, const int *datasets, int count,
                            struct interval *out);

/* "95 % intervals: stratified bootstrap over runs, 50000 replications": for captions. */
void report_describe_intervals(const struct report *r, char *out, size_t size);

#endif
