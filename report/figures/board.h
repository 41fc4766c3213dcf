/* All suites side by side, methods as rows: what the suite figures start from. */
#ifndef REPORT_BOARD_H
#define REPORT_BOARD_H

#include "report/figures/figures.h"

/* Suites with something to show, and the union of their methods as rows. */
struct board {
    struct gather *suite; /* (suites) */
    int suites;
    int *method; /* (methods) indices of results, in order */
    int methods;
    const char **title; /* (suites) */
    struct figures_series series;
};

/* Errors STATUS_MEMORY. */
enum status board_make(const struct figures *f, enum results_what what, struct board *out);
void board_free(struct board *b);

/* The row of the i-th method of a suite. */
int board_row(const struct board *b, const struct gather *g, int i);

/* (suites, methods, width) numbers, or (n) intervals, all NaN; for free(), NULL without memory. */
double *board_numbers(const struct board *b, size_t width);
struct interval *board_intervals(int n);

/* What was left out, and how few runs there are. */
void board_say(const struct gather *g, char caption[FIGURE_CAPTION]);

#endif
