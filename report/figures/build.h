/* A grid of curves while its panels and lines are chosen: what is common to fig_curves*.c. */
#ifndef REPORT_BUILD_H
#define REPORT_BUILD_H

#include "report/figures/figures.h"
#include "report/figures/lines.h"

/* One line of every panel: a method, or the runs of a method with one value of a knob. */
struct build_series {
    int method;             /* index of results; -1: by value */
    char value[RESULTS_ID]; /* of the knob */
    char label[RESULTS_TITLE];
};

struct build_panel {
    int dataset;
    enum grid_kind kind;        /* dots: series are methods */
    struct lines_source source; /* budget 0: the dataset's */
    const char *y_title;
    bool log_y;
    char title[RESULTS_TITLE];
};

/* Zero-initialise; build_free at the end. */
struct build {
    struct figures *f;
    const struct figure_row *row;
    struct build_series *series;
    struct build_panel *panel;
    int serieses, panels, columns;
    bool ramp; /* colours by value, not by method */
    bool page_only;
    const char *x_title; /* NULL: of the results */
    const char *y_title; /* NULL: normalised score */
    const char *caption; /* more sentences, or NULL */
};

enum status build_add_series(struct build *b, int method, const char *value, const char *label);
enum status build_add_panel(struct build *b, const struct build_panel *panel);
void build_free(struct build *b);

/* Runs of a series on a dataset. */
int build_runs(const struct build *b, int series, int dataset,
               const struct results_run *run[LINES_RUNS]);

/* Make all lines, leave out panels and series without any, draw, caption, keep. No line at all: no
 * figure. */
enum status build_draw(struct build *b, const char *id, const char *title);

/* "lstm, 20": the values of the knobs ("critic_arch T_train") in the run's configuration. */
void build_value(const struct results_run *run, const char *knobs, char *out, size_t size);

/* Does `id` stand in a list of words ("odt td3 sac")? */
bool build_listed(const char *list, const char *id);

#endif
