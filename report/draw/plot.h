/* One figure while it is laid out: panels at exact places, the gnuplot script and its data.
 *
 *   p = plot_new("fig6", theme, 0, 4.35);
 *   plot_series(p, labels, styles, n);              arrays LABEL, COLOUR, DASH, WIDTH in the script
 *   block = plot_block(p, "hopper-medium-v2 TD3+ODT", "x mean low high");
 *   plot_row(p, 4, x, mean, low, high); ...
 *   plot_panel(p, &panel);
 *   plot_draw(p, "DATA index %d using 1:2 with lines lc rgb COLOUR[1]", block);
 *   plot_text(p, ...); plot_legend(p, ...);
 *   plot_finish(p, folder, &figure);                FOLDER/fig6.gp and FOLDER/fig6.dat
 *
 * Places are inches from the page's lower left corner, sizes points, both at the design width; a
 * theme for slides scales all of it. Text of any origin goes in by plot_text only, which quotes it
 * and switches markup off: nothing that a name holds can become a command. Memory that runs out is
 * kept until plot_finish. */
#ifndef REPORT_PLOT_H
#define REPORT_PLOT_H

#include "engine/base/status.h"
#include "report/draw/picture.h"
#include "report/draw/theme.h"

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* No value here. */
#define PLOT_NONE ((double)NAN)

struct plot;

/* A figure that is ready to be drawn. */
enum { FIGURE_ID = 112, FIGURE_TITLE = 256, FIGURE_CAPTION = 4096 };
struct figure {
    char id[FIGURE_ID];           /* "fig6", a safe file name */
    char name[FIGURE_ID];         /* what it was made of: "dataset_" and an id of any bytes */
    char title[FIGURE_TITLE];     /* plain text */
    char caption[FIGURE_CAPTION]; /* plain text: what is drawn, definitions, numbers of runs */
    char alt[FIGURE_CAPTION];     /* plain text: the main numbers */
    char *overlay;        /* SVG elements with hover values, or NULL; freed by figure_free */
    double width, height; /* inches */
    bool page_only;       /* drawn as SVG for the page, not one of the report's figures */
};
void figure_free(struct figure *f);

struct plot_box {
    double left, bottom, width, height;
};

struct plot_axis {
    double low, high; /* range; of a log axis both positive */
    double step;      /* distance of ticks; 0: no ticks */
    bool labels;      /* numbers at the ticks */
    bool log;
};

enum plot_frame { FRAME_AXES, FRAME_BOTTOM, FRAME_NONE }; /* left and bottom, thick bottom, none */
enum plot_grid { GRID_BOTH, GRID_X, GRID_OFF };

struct plot_panel {
    struct plot_box box;
    const char *title; /* any text, cut to fit; NULL: none */
    struct plot_axis x, y;
    enum plot_frame frame;
    enum plot_grid grid;
};

/* Let an axis reach to `value` too; what is not finite changes nothing. */
void plot_widen(double value, double *low, double *high);

enum plot_anchor { PLOT_LEFT, PLOT_CENTER, PLOT_RIGHT };
struct plot_style { /* of a text */
    double points;  /* 0: 7 */
    enum plot_anchor anchor;
    bool upright; /* turned by 90 degrees */
    bool bold;
    bool markup;  /* ours: ^{5} is a superscript */
    uint32_t rgb; /* 0: ink */
};

/* Inches; width 0 or more than the theme's is the theme's. NULL when out of memory: every function
 * takes it, plot_finish says so. */
struct plot *plot_new(const char *id, const struct theme *t, double width, double height);
void plot_delete(struct plot *p);
/* The page at the design scale. */
double plot_width(const struct plot *p);
double plot_height(const struct plot *p);

/* Series 1..n of the script's arrays. Labels may hold any text; they are cut to the page's width.
 */
void plot_series(struct plot *p, const char *const labels[], const struct theme_series *styles,
                 int n);

/* The width of a page on which the longest of these keys fits. */
double plot_series_width(const struct theme *t, const char *const labels[],
                         const struct theme_series *styles, int n);

/* Begin a block of the data file; `what` and `columns` become its comment. Returns its index. */
int plot_block(struct plot *p, const char *what, const char *columns);
/* One row of the open block; NaN stands for nothing there. */
void plot_row(struct plot *p, int n, ...);

/* Begin a panel. What follows is drawn in order, until the next. */
void plot_panel(struct plot *p, const struct plot_panel *panel);
/* One element of its plot command, numbers of ours only. */
void plot_draw(struct plot *p, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A hidden value at a point of the panel: shown where the mouse rests, in SVG. */
void plot_hover(struct plot *p, double x, double y, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Where a point of the panel lies on the page. */
double plot_x(const struct plot *p, double x);
double plot_y(const struct plot *p, double y);

/* On the page, above all panels. A text that would reach beyond the page is moved, set smaller or
 * cut. */
void plot_text(struct plot *p, double x, double y, struct plot_style style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
void plot_rule(struct plot *p, double x0, double y0, double x1, double y1, double line,
               uint32_t rgb, int dash);
void plot_rect(struct plot *p, struct plot_box box, uint32_t rgb);

/* Keys of the series in one or more centred rows, the lowest at `bottom`. `order` lists series
 * 0..n-1; NULL: all of them. plot_legend_height says what room it takes. */
double plot_legend_height(const struct plot *p, const int *order, int n);
void plot_legend(struct plot *p, double bottom, const int *order, int n);
/* The same with a dot (or its marker) for each key, where the panels hold dots. */
void plot_legend_dots(struct plot *p, double bottom, const int *order, int n);

/* Write script and data, hand over what the page needs, delete p. Title, caption and alternative
 * text are the caller's to fill in. `comment` is the provenance line on top of both files, or NULL.
 * Errors STATUS_IO, STATUS_MEMORY, STATUS_CONFIG (id). */
enum status plot_finish(struct plot *p, const char *folder, const char *comment,
                        struct figure *out);

#endif
