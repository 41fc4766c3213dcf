/* Methods as rows, suites or statistics as panels: intervals, gains, shares.
 *
 *   BARS_INTERVAL  bar 0.62 of a row high, dark tick at the estimate (rliable's look, Fig. 7)
 *   BARS_ARROW     from an initial value (hollow dot) to a final one (full dot)
 *   BARS_STACK     parts side by side, adding up: rank probabilities, time by phase */
#ifndef REPORT_FIG_BARS_H
#define REPORT_FIG_BARS_H

#include "report/draw/plot.h"
#include "report/stats/bootstrap.h"

enum bars_kind { BARS_INTERVAL, BARS_ARROW, BARS_STACK };

struct bars_block {
    const char *title;          /* suite; NULL: none */
    const char *note;           /* small, behind the title ("3 of 4 datasets"); NULL: none */
    const struct interval *bar; /* (columns, rows); point NaN: nothing, bounds NaN: tick alone */
    const double *from;         /* arrows: (columns, rows) where they start */
    const double *part;         /* stacks: (columns, rows, parts); NaN: nothing */
};

struct bars {
    enum bars_kind kind;
    const char *id;
    const struct bars_block *block;
    int blocks;
    const char *const *column; /* titles of the panels */
    int columns;
    const char *const *label; /* (rows), the lowest row first */
    const struct theme_series *style;
    int rows;
    const char *x_title;
    const char *empty;       /* said where there is nothing; NULL: "no run" */
    double level;            /* dashed line here in every panel; NaN: none */
    double x_low, x_high;    /* both NaN: from the values, panel by panel */
    const char *const *left; /* (rows) labels instead of `label`, with headings; NULL: none */
    const char *const *right;
    const char *left_title, *right_title;
    const char *const *part; /* stacks: (parts) names, from the left */
    const struct theme_series *part_style;
    int parts;
};

enum status bars_draw(const struct bars *b, const struct theme *t, const char *folder,
                      const char *comment, struct figure *out);

#endif
