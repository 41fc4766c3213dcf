/* From runs to what a panel of fig_grid.h draws: aligned curves, their mean and spread.
 *
 * Runs that end before the others keep the line going, dashed; where fewer than two are left the
 * band stops (docs/statistics.md 1.1). For drawing a run lives on for one evaluation interval
 * behind its last point. */
#ifndef REPORT_CURVE_LINES_H
#define REPORT_CURVE_LINES_H

#include "report/draw/fig_grid.h"
#include "report/figures/figures.h"

enum { CURVE_LINES_POINTS = 101, CURVE_LINES_RUNS = 256 };

/* What is on the y axis. */
enum curve_lines_what {
    CURVE_LINES_SCORE,        /* evaluations against transitions */
    CURVE_LINES_METRIC,       /* a column of the curve's /iteration against transitions */
    CURVE_LINES_BY_ITERATION, /* the same against its iteration */
    CURVE_LINES_HOURS, /* x: mean wall clock at equal transitions, while all runs last; y: score */
    CURVE_LINES_STEPS  /* x: mean gradient steps, the same way */
};

struct curve_lines_source {
    enum curve_lines_what what;
    int metric;    /* of enum curve_metric */
    double budget; /* right end in transitions (or iterations) */
    int points;    /* of the grid, at most CURVE_LINES_POINTS; 0: so many */
};

/* Runs that can be drawn: they have points, and the options do not drop them. Writes pointers to at
 * most CURVE_LINES_RUNS runs of a cell, returns how many. */
int curve_lines_runs(const struct results *r, int method, int dataset,
                     const struct results_run *run[CURVE_LINES_RUNS]);

/* Mean and band of these runs as a line of `series`; a line with runs = 0 when there is nothing to
 * show. Free with curve_lines_free. Errors STATUS_MEMORY. */
enum status curve_lines_mean(const struct figures *f, const struct curve_lines_source *s,
                             const struct results_run *const *run, int runs, int series,
                             struct grid_line *out);
/* One run as it is, without alignment; of many evaluations every n-th and the last, at most
 * `points` in all. */
enum status curve_lines_single(const struct results_run *run, double budget, int points, int series,
                               struct grid_line *out);
void curve_lines_free(struct grid_line *line, int lines);

/* The last finite mean of a line, NaN when there is none. */
double curve_lines_last(const struct grid_line *line);

#endif
