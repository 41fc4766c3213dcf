/* Learning curves as small multiples: a grid of panels, one per dataset, one line per series (a
 * method or a value of a knob), its spread as a band. What Figures 3 to 6, 8, 9, 11 and 18 to 26
 * are. */
#ifndef REPORT_FIG_GRID_H
#define REPORT_FIG_GRID_H

#include "report/draw/plot.h"

enum grid_kind {
    GRID_CURVES, /* mean and band of each series */
    GRID_RUNS,   /* each line is one run: thin */
    GRID_DOTS /* each line is a set of final scores: jittered dots over its series, mean as tick */
};

/* One line. Arrays have `points` elements; NaN where there is nothing. */
struct grid_line {
    int points;
    const double *x; /* rising, in transitions or steps; NULL for dots */
    const double
        *mean; /* over the runs that have a value here; dots: the scores, in order of seed */
    const double *low, *high; /* the band; NULL: none */
    const int *count;         /* runs behind mean; NULL: all of them everywhere */
    int runs;                 /* of this cell; 0: the line does not exist */
    int series;               /* index into grid.label */
    void *block;              /* memory of the arrays, for free(); NULL: not owned */
};

struct grid_panel {
    enum grid_kind kind;
    const char *title;
    const struct grid_line *line;
    int lines;
    double x_low;         /* left end, 0 or negative */
    double x_high;        /* right end, in the units of x; 0 for dots */
    double y_low, y_high; /* both NaN: from the data */
    double mark;          /* black vertical line here; NaN: none */
    double behaviour;     /* dotted level: mean return of the dataset; NaN: none */
    bool log_y;           /* losses */
    const char *y_title;  /* of this panel when panels differ; NULL: the figure's */
};

struct grid {
    const char *id;
    const struct grid_panel *panel; /* in reading order */
    int panels, columns;
    const char *const *label; /* (series), order of the legend */
    const struct theme_series *style;
    int series, front; /* `front` is drawn last, on top; -1: none */
    const char *x_title, *y_title;
    double x_unit; /* of the title, in units of the lines' x; 0: 1 */
    int planned;   /* runs of a finished cell: panels with fewer say so */
};

/* Lay out and write script and data into `folder`; see plot_finish. */
enum status grid_draw(const struct grid *g, const struct theme *t, const char *folder,
                      const char *comment, struct figure *out);

/* The lowest and highest value an axis should show for these lines: bands below zero are cut at
 * 12 % of the range, lines never. */
void grid_range(const struct grid_panel *panel, double *low, double *high);

/* "×10^5": the exponent of ten that makes an axis up to `high` readable; 0 for small ones. */
int grid_exponent(double high);

#endif
