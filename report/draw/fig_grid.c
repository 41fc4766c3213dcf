#include "report/draw/fig_grid.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { HOVER_POINTS = 10, MARKERS = 10 };

/* Room around the panels, inches. */
static const double LEFT = 0.46, RIGHT = 0.10, TOP = 0.21, GAP_X = 0.27, GAP_Y = 0.30, TICKS = 0.16,
                    X_TITLE = 0.17, FOOT = 0.04;

int grid_exponent(double high)
{
    return high >= 1000 ? (int)fmax(3, floor(log10(high / 1.0001))) : 0;
}

/* --- ranges --------------------------------------------------------------------------------- */

static void log_range(const struct grid_panel *panel, double *low, double *high)
{
    *low = HUGE_VAL;
    *high = -HUGE_VAL;
    for (int i = 0; i < panel->lines; i++) {
        for (int j = 0; j < panel->line[i].points; j++) {
            double value = panel->line[i].mean[j];
            if (value > 0)
                plot_widen(value, low, high);
        }
    }
    if (!(*low <= *high)) {
        *low = 0.1;
        *high = 10;
    }
    *low = pow(10, floor(log10(*low)));
    *high = pow(10, ceil(log10(*high) + 1e-9));
}

void grid_range(const struct grid_panel *panel, double *low, double *high)
{
    if (isfinite(panel->y_low) && isfinite(panel->y_high)) {
        *low = panel->y_low;
        *high = panel->y_high;
        return;
    }
    if (panel->log_y) {
        log_range(panel, low, high);
        return;
    }
    double line_low = HUGE_VAL, line_high = -HUGE_VAL, band_low = HUGE_VAL, band_high = -HUGE_VAL;
    for (int i = 0; i < panel->lines; i++) {
        const struct grid_line *l = &panel->line[i];
        for (int j = 0; j < l->points && l->runs > 0; j++) {
            if (l->x != NULL && l->x[j] > panel->x_high * 1.000001)
                break;
            plot_widen(l->mean[j], &line_low, &line_high);
            if (l->low != NULL) {
                plot_widen(l->low[j], &band_low, &band_high);
                plot_widen(l->high[j], &band_low, &band_high);
            }
        }
    }
    plot_widen(panel->behaviour, &line_low, &line_high);
    if (!(line_low <= line_high)) {
        *low = 0;
        *high = 100;
        return;
    }
    double top = fmax(line_high, band_high);
    *high = top > 0 ? top * 1.04 : -0.04 * line_low;
    double range = *high - fmin(line_low, 0);
    /* All scores zero still deserve an axis. */
    if (range < 1e-9)
        range = *high = 1;
    *low = fmin(-0.02 * range, fmax(fmin(band_low, 0), -0.12 * range));
    if (line_low < *low)
        *low = line_low - 0.04 * range;
}

/* --- one panel ------------------------------------------------------------------------------ */

static bool has_partial_points(const struct grid_line *l, int j)
{
    return l->count != NULL && l->count[j] < l->runs;
}

/* Where a line stands in the data, and how many of its points are drawn solid and dashed. */
struct drawn {
    int block, solid, dashed;
};

/* Columns: x mean low high dashed. `dashed` is the mean where runs are missing, with the points
 * beside, so that solid and dashed parts meet. */
static void write_line(struct plot *p, const struct grid *g, const struct grid_panel *panel,
                       const struct grid_line *l, double unit, struct drawn *out)
{
    char what[512];
    snprintf(what, sizeof what, "%s, %s, n=%d", panel->title, g->label[l->series], l->runs);
    out->block = plot_block(p, what, "x mean low high mean-where-runs-are-missing");
    for (int j = 0; j < l->points; j++) {
        bool here = has_partial_points(l, j);
        bool near = here || (j > 0 && has_partial_points(l, j - 1)) ||
                    (j + 1 < l->points && has_partial_points(l, j + 1));
        bool band = l->low != NULL && l->high != NULL;
        plot_row(p, 5, l->x[j] / unit, here ? PLOT_NONE : l->mean[j], band ? l->low[j] : PLOT_NONE,
                 band ? l->high[j] : PLOT_NONE, near ? l->mean[j] : PLOT_NONE);
        out->dashed += here && isfinite(l->mean[j]);
        out->solid += !here && isfinite(l->mean[j]);
    }
}

static bool has_band(const struct grid_line *l)
{
    int bounds = 0;
    for (int j = 0; l->low != NULL && j < l->points; j++)
        bounds += isfinite(l->low[j]) && isfinite(l->high[j]);
    return bounds > 1;
}

/* What the axis title counts in. */
static double x_unit(const struct grid *g)
{
    return g->x_unit > 0 ? g->x_unit : 1;
}

static void hover_line(struct plot *p, const struct grid *g, const struct grid_line *l, bool run,
                       double unit)
{
    /* Every fifth or tenth point is enough, the last one always; of a single run only that. */
    int stride = run ? l->points : l->points > HOVER_POINTS ? l->points / HOVER_POINTS : 1;
    for (int j = (l->points - 1) % stride; j < l->points; j += stride) {
        if (!isfinite(l->mean[j]))
            continue;
        char spread[64] = "";
        if (l->low != NULL && isfinite(l->low[j]) && isfinite(l->high[j]))
            snprintf(spread, sizeof spread, " ± %.1f", (l->high[j] - l->low[j]) / 2);
        plot_hover(p, l->x[j] / unit, l->mean[j], "%s at %.6g: %.4g%s (n=%d)", g->label[l->series],
                   l->x[j] / x_unit(g), l->mean[j], spread,
                   l->count != NULL ? l->count[j] : l->runs);
    }
}

/* A level or a date: a block of two points. */
static void draw_straight(struct plot *p, const char *what, double x0, double y0, double x1,
                          double y1, const char *style)
{
    int block = plot_block(p, what, "x y");
    plot_row(p, 2, x0, y0);
    plot_row(p, 2, x1, y1);
    plot_draw(p, "DATA index %d using 1:2 with lines %s notitle", block, style);
}

static int line_is_shown(const struct drawn *d)
{
    return d->solid + d->dashed;
}

/* Solid and dashed parts, a dot where the line is a single point, markers when asked for. */
static void draw_line(struct plot *p, const struct grid *g, const struct theme *t,
                      const struct grid_panel *panel, const struct grid_line *l,
                      const struct drawn *d)
{
    const char *thin = panel->kind == GRID_RUNS ? "0.55*" : "";
    int k = l->series + 1;
    if (d->solid > 0)
        plot_draw(p,
                  "DATA index %d using 1:2 with lines lw %sWIDTH[%d] lc rgb COLOUR[%d] "
                  "dt DASH[%d] title LABEL[%d] noenhanced",
                  d->block, thin, k, k, k, k);
    if (d->dashed > 0)
        plot_draw(p,
                  "DATA index %d using 1:5 with lines lw %sWIDTH[%d] lc rgb COLOUR[%d] "
                  "dt (6,4) title LABEL[%d] noenhanced",
                  d->block, thin, k, k, k);
    if (line_is_shown(d) == 1)
        plot_draw(p,
                  "DATA index %d using 1:%d with points pt 7 ps 0.25*PS lc rgb COLOUR[%d] notitle",
                  d->block, d->solid > 0 ? 2 : 5, k);
    if (theme_marks(t) && panel->kind == GRID_CURVES && d->solid > 1) {
        int every = l->points > MARKERS ? l->points / MARKERS : 1;
        plot_draw(p,
                  "DATA index %d using 1:2 every %d::%d with points pt MARK[%d] ps 0.4*PS "
                  "lc rgb COLOUR[%d] notitle",
                  d->block, every, l->series * every / g->series, k, k);
    }
}

static void draw_lines(struct plot *p, const struct grid *g, const struct theme *t,
                       const struct grid_panel *panel, double unit)
{
    struct drawn *drawn = calloc((size_t)(panel->lines > 0 ? panel->lines : 1), sizeof *drawn);
    if (drawn == NULL)
        return;
    for (int i = 0; i < panel->lines; i++) {
        if (panel->line[i].runs > 0)
            write_line(p, g, panel, &panel->line[i], unit, &drawn[i]);
    }
    /* Back to front: bands below all lines, the front series last of both. */
    for (int pass = 0; pass < 4; pass++) {
        bool front = pass % 2 == 1, bands = pass < 2;
        for (int i = 0; i < panel->lines; i++) {
            const struct grid_line *l = &panel->line[i];
            if (line_is_shown(&drawn[i]) == 0 || (l->series == g->front) != front)
                continue;
            if (!bands)
                draw_line(p, g, t, panel, l, &drawn[i]);
            else if (has_band(l))
                plot_draw(p,
                          "DATA index %d using 1:3:4 with filledcurves lc rgb COLOUR[%d] "
                          "title LABEL[%d] noenhanced", /* the page's switches look for it */
                          drawn[i].block, l->series + 1, l->series + 1);
        }
    }
    for (int i = 0; i < panel->lines; i++) {
        if (line_is_shown(&drawn[i]) > 0)
            hover_line(p, g, &panel->line[i], panel->kind == GRID_RUNS, unit);
    }
    free(drawn);
}

/* Scores that lie close together are set side by side by a fixed rule: the golden ratio's multiples
 * spread any number of them evenly, without a random number. */
static double jitter_dots(int k)
{
    return 0.56 * (fmod(0.5 + k * 0.6180339887498949, 1) - 0.5);
}

static void draw_dots(struct plot *p, const struct grid *g, const struct theme *t,
                      const struct grid_panel *panel)
{
    for (int i = 0; i < panel->lines; i++) {
        const struct grid_line *l = &panel->line[i];
        double sum = 0;
        int n = 0;
        if (l->runs < 1)
            continue;
        char what[512];
        snprintf(what, sizeof what, "%s, %s, every seed", panel->title, g->label[l->series]);
        int block = plot_block(p, what, "place score");
        for (int j = 0; j < l->points; j++) {
            if (!isfinite(l->mean[j]))
                continue;
            plot_row(p, 2, l->series + jitter_dots(j), l->mean[j]);
            plot_hover(p, l->series + jitter_dots(j), l->mean[j], "%s: %.4g", g->label[l->series],
                       l->mean[j]);
            sum += l->mean[j];
            n++;
        }
        if (n == 0)
            plot_row(p, 2, PLOT_NONE, PLOT_NONE);
        if (n == 0)
            continue;
        snprintf(what, sizeof what, "%s, %s, mean", panel->title, g->label[l->series]);
        int mean = plot_block(p, what, "place mean");
        plot_row(p, 2, l->series - 0.38, sum / n);
        plot_draw(p,
                  "DATA index %d using 1:2:(0.76):(0) with vectors nohead lw 1.3*BORDER "
                  "lc rgb 0x303030 notitle",
                  mean);
        char mark[24] = "7";
        if (theme_marks(t) || g->series > THEME_HUES) /* dots have no dash */
            snprintf(mark, sizeof mark, "MARK[%d]", l->series + 1);
        plot_draw(p,
                  "DATA index %d using 1:2 with points pt %s ps 0.36*PS lc rgb COLOUR[%d] notitle",
                  block, mark, l->series + 1);
    }
}

/* "n=3" or "n=2–5" when a cell has fewer runs than planned; "no run" for an empty panel. */
static void draw_corner(struct plot *p, const struct grid *g, const struct grid_panel *panel,
                        const struct plot_box *b)
{
    int fewest = 0, most = 0;
    for (int i = 0; i < panel->lines; i++) {
        int n = panel->line[i].runs;
        if (n > 0) {
            fewest = fewest == 0 || n < fewest ? n : fewest;
            most = n > most ? n : most;
        }
    }
    struct plot_style style = {.points = 6, .anchor = PLOT_RIGHT, .rgb = THEME_GREY};
    double x = b->left + b->width - 0.02, y = b->bottom + 0.07;
    if (most == 0)
        plot_text(p, b->left + b->width / 2, b->bottom + b->height / 2,
                  (struct plot_style){.points = 7, .anchor = PLOT_CENTER, .rgb = THEME_GREY},
                  "no run");
    else if (panel->kind == GRID_RUNS || fewest >= g->planned)
        return;
    else if (fewest == most)
        plot_text(p, x, y, style, "n=%d", fewest);
    else
        plot_text(p, x, y, style, "n=%d–%d", fewest, most);
}

/* Room for the numbers of a vertical axis. */
static double ticks_width(const struct plot_axis *a)
{
    return a->log ? 0.18 : theme_ticks_width(a->low, a->high, a->step);
}

static struct plot_axis y_axis(const struct grid_panel *panel)
{
    struct plot_axis y = {.labels = true, .log = panel->log_y};
    grid_range(panel, &y.low, &y.high);
    y.step = y.log ? pow(10, ceil(log10(y.high / y.low) / 5)) : theme_step(y.low, y.high, 6);
    return y;
}

static void draw_grid_panel(struct plot *p, const struct grid *g, const struct theme *t,
                            const struct grid_panel *panel, const struct plot_box *box, double unit,
                            bool numbers)
{
    double x_high = panel->x_high / unit;
    struct plot_panel q = {
        .box = *box,
        .title = panel->title,
        .x = {.low = panel->x_low / unit,
              .high = x_high,
              .step = theme_step_fitting(panel->x_low / unit, x_high, 6, box->width),
              .labels = numbers},
        .y = y_axis(panel),
    };
    if (panel->kind == GRID_DOTS)
        q.x = (struct plot_axis){.low = -0.6, .high = g->series - 0.4};
    if (panel->kind == GRID_DOTS)
        x_high = q.x.high;
    plot_panel(p, &q);
    if (isfinite(panel->behaviour) && t->behaviour)
        draw_straight(p, "mean return of the dataset", q.x.low, panel->behaviour, x_high,
                      panel->behaviour, "lw 0.8 lc rgb GREY dt 3");
    if (panel->kind == GRID_DOTS)
        draw_dots(p, g, t, panel);
    else
        draw_lines(p, g, t, panel, unit);
    if (isfinite(panel->mark))
        draw_straight(p, "mark", panel->mark / unit, q.y.low, panel->mark / unit, q.y.high,
                      "lw 0.9 lc rgb 0x000000");
    draw_corner(p, g, panel, box);
    if (panel->y_title != NULL)
        plot_text(p, box->left - 0.14 - ticks_width(&q.y), box->bottom + box->height / 2,
                  (struct plot_style){.points = 7.4, .anchor = PLOT_CENTER, .upright = true}, "%s",
                  panel->y_title);
}

/* --- the figure ----------------------------------------------------------------------------- */

struct layout {
    int rows, columns;
    bool x_title; /* dots have no x axis */
    double width, left, panel_width, panel_height, gap_x, gap_y, bottom;
};

/* Numbers stand under the last panel of a column, or where the next one has another range; then
 * under the whole row. */
static bool x_labels(const struct grid *g, const struct layout *l, int panel)
{
    int row = panel / l->columns;
    for (int i = row * l->columns; i < (row + 1) * l->columns && i < g->panels; i++) {
        int below = i + l->columns;
        if (below >= g->panels || g->panel[below].x_high != g->panel[i].x_high ||
            g->panel[below].x_low != g->panel[i].x_low)
            return true;
    }
    return false;
}

/* Panels keep one shape at every text width; a narrow page gets fewer columns. */
static struct layout lay_out_grid(const struct grid *g, const struct theme *t)
{
    struct layout l = {.columns = g->columns > 0 ? g->columns : 1, .gap_x = GAP_X};
    bool own_titles = false;
    double numbers = 0;
    for (int i = 0; i < g->panels; i++) {
        own_titles |= g->panel[i].y_title != NULL;
        struct plot_axis y = y_axis(&g->panel[i]);
        numbers = fmax(numbers, ticks_width(&y));
    }
    /* Three digits fit; longer numbers push the panels apart and away from the title. */
    l.gap_x = fmax(GAP_X, numbers + 0.11) + (own_titles ? 0.16 : 0);
    l.left = fmax(LEFT, numbers + 0.27);

    double page = theme_inches(t) / theme_scale(t);
    int fitting = (int)((page - l.left - RIGHT + l.gap_x) / (1.0 + l.gap_x));
    if (l.columns > fitting)
        l.columns = fitting > 1 ? fitting : 1;
    if (l.columns > g->panels && g->panels > 0)
        l.columns = g->panels;
    l.rows = g->panels > 0 ? (g->panels + l.columns - 1) / l.columns : 1;
    double keys = plot_series_width(t, g->label, g->style, g->series);
    l.width = l.columns <= 2 ? fmin(page, fmax(l.columns == 1 ? 3.25 : 4.2, keys)) : page;
    l.panel_width = (l.width - l.left - RIGHT - (l.columns - 1) * l.gap_x) / l.columns;
    l.panel_height = fmin(0.71 * l.panel_width, 1.55);
    l.x_title = false;
    for (int i = 0; i < g->panels; i++)
        l.x_title |= g->panel[i].kind != GRID_DOTS;
    l.gap_y = GAP_Y;
    for (int i = 0; i < (l.rows - 1) * l.columns && i < g->panels; i++)
        l.gap_y = l.x_title && x_labels(g, &l, i) ? GAP_Y + TICKS : l.gap_y;
    return l;
}

/* Legend by the mean of the last values over the panels, highest first. */
static void order_by_final(const struct grid *g, int *order)
{
    double *last = calloc((size_t)g->series, sizeof *last);
    if (last == NULL)
        return;
    for (int i = 0; i < g->panels; i++) {
        for (int k = 0; k < g->panel[i].lines; k++) {
            const struct grid_line *l = &g->panel[i].line[k];
            int j = l->points - 1;
            while (j >= 0 && !isfinite(l->mean[j]))
                j--;
            if (l->runs > 0 && j >= 0)
                last[l->series] += l->mean[j];
        }
    }
    for (int i = 1; i < g->series; i++) {
        for (int k = i; k > 0 && last[order[k]] > last[order[k - 1]]; k--) {
            int swap = order[k];
            order[k] = order[k - 1];
            order[k - 1] = swap;
        }
    }
    free(last);
}

/* A page as high as panels and legend need. The legend's height decides: a first plot measures it.
 */
static struct plot *begin_page(const struct grid *g, const struct theme *t, const int *order,
                               struct layout *l, double *legend)
{
    struct plot *p = plot_new(g->id, t, l->width, 1);
    plot_series(p, g->label, g->style, g->series);
    *legend = plot_legend_height(p, order, g->series);
    plot_delete(p);
    l->bottom = FOOT + *legend + (l->x_title ? X_TITLE + TICKS : 0.06);
    p = plot_new(g->id, t, l->width,
                 l->bottom + l->rows * l->panel_height + (l->rows - 1) * l->gap_y + TOP);
    plot_series(p, g->label, g->style, g->series);
    return p;
}

/* All panels, x in units of 10^exponent. */
static void draw_panels(struct plot *p, const struct grid *g, const struct theme *t,
                        const struct layout *l, int exponent)
{
    double unit = pow(10, exponent) * x_unit(g);
    for (int i = 0; i < g->panels; i++) {
        int row = i / l->columns, column = i % l->columns;
        struct plot_box box = {
            .left = l->left + column * (l->panel_width + l->gap_x),
            .bottom = l->bottom + (l->rows - 1 - row) * (l->panel_height + l->gap_y),
            .width = l->panel_width,
            .height = l->panel_height,
        };
        draw_grid_panel(p, g, t, &g->panel[i], &box, unit, x_labels(g, l, i));
    }
}

/* Of the axes that all panels share. */
static void draw_titles(struct plot *p, const struct grid *g, const struct layout *l, int exponent,
                        double legend)
{
    double middle = l->left + (l->width - l->left - RIGHT) / 2;
    struct plot_style title = {.points = 7.8, .anchor = PLOT_CENTER};
    char x_title[256] = "";
    /* A user's words may hold what gnuplot takes for markup. */
    title.markup = exponent > 0 && strpbrk(g->x_title, "^_{}@&~\\") == NULL;
    if (title.markup)
        snprintf(x_title, sizeof x_title, "%s (×10^{%d})", g->x_title, exponent);
    else if (exponent > 0)
        snprintf(x_title, sizeof x_title, "%s (×10^%d)", g->x_title, exponent);
    else
        snprintf(x_title, sizeof x_title, "%s", g->x_title);
    if (l->x_title)
        plot_text(p, middle, FOOT + legend + X_TITLE / 2, title, "%s", x_title);
    title.upright = true;
    title.markup = false;
    bool own_titles = false;
    for (int i = 0; i < g->panels; i++)
        own_titles |= g->panel[i].y_title != NULL;
    if (!own_titles)
        plot_text(p, 0.09, (l->bottom + plot_height(p) - TOP) / 2, title, "%s", g->y_title);
}

enum status grid_draw(const struct grid *g, const struct theme *t, const char *folder,
                      const char *comment, struct figure *out)
{
    struct layout l = lay_out_grid(g, t);
    int *order = calloc((size_t)(g->series > 0 ? g->series : 1), sizeof *order);
    if (order == NULL)
        return status_fail(STATUS_MEMORY, "figure %s: no memory to lay it out", g->id);
    for (int i = 0; i < g->series; i++)
        order[i] = i;
    if (t->legend_by_final)
        order_by_final(g, order);

    double legend, high = 0;
    struct plot *p = begin_page(g, t, order, &l, &legend);
    for (int i = 0; i < g->panels; i++)
        high = fmax(high, fmax(g->panel[i].x_high, -g->panel[i].x_low));
    int exponent = grid_exponent(high / x_unit(g));
    draw_panels(p, g, t, &l, exponent);
    draw_titles(p, g, &l, exponent, legend);
    if (l.x_title)
        plot_legend(p, FOOT, order, g->series);
    else
        plot_legend_dots(p, FOOT, order, g->series);
    free(order);
    return plot_finish(p, folder, comment, out);
}
