/* Shared by the files that write a figure; not for those who lay one out. */
#ifndef REPORT_PLOT_IMPL_H
#define REPORT_PLOT_IMPL_H

#include "report/draw/plot.h"
#include "report/text/text.h"

enum { LONGEST_TEXT = 512 };

enum { TEXTS = 5 }; /* of struct plot */

/* Size of the legend's labels. */
#define PLOT_LEGEND_POINTS 7.6

struct plot {
    char id[FIGURE_ID];
    double width, height, scale;
    struct text head;    /* arrays of the series */
    struct text script;  /* panels */
    struct text overlay; /* labels and rules above them */
    struct text data;    /* the .dat file */
    struct text hover;   /* SVG circles; the last of TEXTS */
    bool broken;         /* out of memory */
    bool marks;          /* keys have markers */
    double key;          /* inches of a legend's key */

    int series, blocks, elements, labels, rects, panels;
    double *label_width;     /* (series) inches */
    struct plot_panel panel; /* the open one */
    bool open;
};

/* A copy fit for a comment line: gnuplot looks for macros and backslashes even there. */
const char *plot_comment(const char *text, char out[LONGEST_TEXT]);

/* A text as a gnuplot string, quotes and all; letters without a glyph are spelt (glyphs.h). Its
 * apostrophes and backquotes become typographic ones: gnuplot 5.4 takes the start of '''x' for an
 * empty string, and mixing both kinds of quotes on one line makes it look for macros inside of
 * them. */
const char *plot_quote(const char *text, char out[LONGEST_TEXT]);

/* The text as it fits into `inches`: in a smaller size, down to 6 points, before it is cut. */
char *plot_fit(const char *text, double inches, double *points, char out[LONGEST_TEXT]);

/* A label at (x, y) inches; `expression` is what gnuplot evaluates: a string or "LABEL[1]". */
void plot_label(struct plot *p, double x, double y, struct plot_style style,
                const char *expression);

/* Finish the plot command of the open panel. */
void plot_close_panel(struct plot *p);

static inline double plot_share_x(const struct plot *p, double inches)
{
    return inches / p->width;
}

static inline double plot_share_y(const struct plot *p, double inches)
{
    return inches / p->height;
}

#endif
