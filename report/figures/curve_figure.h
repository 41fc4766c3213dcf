/* A grid of curves while its panels and lines are chosen: what is common to fig_curves*.c. */
#ifndef REPORT_CURVE_FIGURE_H
#define REPORT_CURVE_FIGURE_H

#include "report/figures/curve_lines.h"
#include "report/figures/figures.h"

/* One line of every panel: a method, or the runs of a method with one value of a knob. */
struct curve_figure_series {
    int method;             /* index of results; -1: by value */
    char value[RESULTS_ID]; /* of the knob */
    char label[RESULTS_TITLE];
};

struct curve_figure_panel {
    int dataset;
    enum grid_kind kind;              /* dots: series are methods */
    struct curve_lines_source source; /* budget 0: the dataset's */
    const char *y_title;
    bool log_y;
    char title[RESULTS_TITLE];
};

/* Zero-initialise; curve_figure_free at the end. */
struct curve_figure {
    struct figures *f;
    const struct figure_row *row;
    struct curve_figure_series *series;
    struct curve_figure_panel *panel;
    int serieses, panels, columns;
    bool ramp; /* colours by value, not by method */
    bool page_only;
    const char *x_title; /* NULL: of the results */
    const char *y_title; /* NULL: normalised score */
    const char *caption; /* more sentences, or NULL */
};

enum status curve_figure_add_series(struct curve_figure *b, int method, const char *value,
                                    const char *label);
enum status curve_figure_add_panel(struct curve_figure *b, const struct curve_figure_panel *panel);
void curve_figure_free(struct curve_figure *b);

/* Runs of a series on a dataset. */
int curve_figure_runs(const struct curve_figure *b, int series, int dataset,
                      const struct results_run *run[CURVE_LINES_RUNS]);

/* Make all lines, leave out panels and series without any, draw, caption, keep. No line at all: no
 * figure. */
enum status curve_figure_draw(struct curve_figure *b, const char *id, const char *title);

/* "lstm, 20": the values of the knobs ("critic_arch T_train") in the run's configuration. */
void curve_figure_value(const struct results_run *run, const char *knobs, char *out, size_t size);

#endif
