/* Figures that set all suites side by side, methods as rows or lines: what they start from and how
 * they end. A row of the figure table with `.suites` is drawn by suite_figure_make. */
#ifndef REPORT_SUITE_FIGURE_H
#define REPORT_SUITE_FIGURE_H

#include "report/draw/fig_bars.h"
#include "report/figures/figures.h"
#include "report/results/statistics.h"

/* Suites with something to show, and the union of their methods as rows. */
struct suite_figure {
    struct figures *f;
    const struct figure_row *row;
    struct suite_statistics **suite; /* (suites) */
    const char **title;              /* (suites) */
    int suites;
    int *method; /* (methods) indices of results, in order */
    int methods;
    struct figures_series series;
    struct figure *out; /* id and title are filled in */
    void **memory;      /* of suite_figure_take */
    int blocks;
};

/* Gather the suites and let row->suites draw them, if the figure is wanted and there is one. */
enum status suite_figure_make(struct figures *f, const struct figure_row *row);

/* For figures of some of the suites only. Errors STATUS_MEMORY. */
enum status suite_figure_init(struct figures *f, const struct figure_row *row,
                              struct suite_figure *out);
void suite_figure_free(struct suite_figure *s);

/* The row of the i-th method of a suite. */
int suite_figure_row(const struct suite_figure *s, const struct suite_scores *g, int i);

/* `count` zeroed elements, (suites, methods, width) numbers or (n) intervals, the last two all NaN.
 * They live as long as the figure. Errors: NULL without memory. */
void *suite_figure_take(struct suite_figure *s, int count, size_t size);
double *suite_figure_numbers(struct suite_figure *s, int width);
struct interval *suite_figure_intervals(struct suite_figure *s, int n);

/* One panel per suite and one row per method, ranges from the data; to be changed before it is
 * drawn.
 */
struct bars suite_figure_bars(const struct suite_figure *s, const struct bars_block *block,
                              const char *x_title);
/* One panel per suite or fewer, one line per method. */
struct grid suite_figure_grid(const struct suite_figure *s, const struct grid_panel *panel,
                              int panels, const char *x_title, const char *y_title);

/* What rows of the figure table draw, docs/statistics.md 2 to 6. */
typedef enum status suite_figure_draw(struct suite_figure *s);
suite_figure_draw profiles_draw; /* score distributions, one panel per suite and one of all tasks */
suite_figure_draw efficiency_draw;  /* IQM over the budget */
suite_figure_draw improvement_draw; /* P(ours > each other) */
suite_figure_draw gain_draw;        /* initial to final */
suite_figure_draw ranks_draw;       /* rank probabilities */
suite_figure_draw cost_draw;        /* mean score against wall clock ("cost") or gradient steps */
suite_figure_draw phases_draw;      /* seconds per 1000 transitions by phase */

/* Median, IQM, mean, optimality gap of a suite, or of all suites stacked (row->suite NULL). */
enum status intervals_draw(struct figures *f, const struct figure_row *row);
/* The same for suites that have no row: "intervals_<suite>". */
enum status intervals_draw_other(struct figures *f, const struct figure_row *row);
/* P(row > column) for all pairs of methods over all tasks. */
enum status improvement_draw_matrix(struct figures *f, const struct figure_row *row);

#endif
