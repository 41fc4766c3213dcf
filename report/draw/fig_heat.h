/* Numbers in a grid of coloured cells: probabilities between all pairs of methods, how many seeds
 * of each cell are done, rank probabilities. */
#ifndef REPORT_FIG_HEAT_H
#define REPORT_FIG_HEAT_H

#include "report/draw/plot.h"

struct heat_cell {
    double value;  /* decides the shade; NaN: hatched, nothing there */
    char text[40]; /* printed in the cell */
    char why[96];  /* what the mouse shows behind the text; "" */
};

struct heat_group { /* rows [first, first + count) belong together */
    const char *title;
    int first, count;
};

struct heat {
    const char *id;
    const char *const *row;    /* labels, the first on top */
    const char *const *column; /* labels, above */
    int rows, columns;
    const struct heat_cell *cell; /* (rows, columns) */
    double low, middle, high;     /* values of full blue, white and full vermillion; middle = low:
                                     one hue, white to blue */
    const struct heat_group *group;
    int groups;
    const char *row_title, *column_title; /* NULL: none */
    const char *note;                     /* below; NULL: none */
};

enum status heat_draw(const struct heat *m, const struct theme *t, const char *folder,
                      const char *comment, struct figure *out);

#endif
