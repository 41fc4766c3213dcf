#include "report/draw/fig_bars.h"

#include <math.h>
#include <stdio.h>

static const double RIGHT = 0.10, GAP_X = 0.16, ROW = 0.145, TOP = 0.24, BLOCK_TITLE = 0.14,
                    BELOW = 0.19, FOOT = 0.18, HALF = 0.31, LABEL = 7.4;

/* Extremes of what the panel shows and 4 % more on either side. */
static void range_of(const struct bars *b, const struct bars_block *block, size_t first,
                     double *low, double *high)
{
    *low = b->kind == BARS_STACK ? 0 : HUGE_VAL;
    *high = -HUGE_VAL;
    for (size_t i = first; i < first + (size_t)b->rows; i++) {
        double sum = 0;
        for (int k = 0; b->kind == BARS_STACK && k < b->parts; k++) {
            double part = block->part[i * (size_t)b->parts + (size_t)k];
            sum += isfinite(part) ? part : 0;
        }
        if (b->kind == BARS_STACK) {
            plot_widen(sum, low, high);
            continue;
        }
        plot_widen(block->bar[i].point, low, high);
        if (b->kind == BARS_ARROW) {
            plot_widen(block->from[i], low, high);
            continue;
        }
        plot_widen(block->bar[i].low, low, high);
        plot_widen(block->bar[i].high, low, high);
    }
    if (isfinite(b->x_low) && isfinite(b->x_high)) {
        *low = b->x_low;
        *high = b->x_high;
        return;
    }
    plot_widen(b->level, low, high);
    if (!(*low <= *high)) {
        *low = 0;
        *high = 1;
    }
    double extent = *high - *low;
    double margin = extent > 0 ? 0.04 * extent : fmax(1, 0.04 * fabs(*high));
    *low -= b->kind == BARS_STACK ? 0 : margin;
    *high += margin;
}

/* An end that almost reaches a tick goes to it: gnuplot would draw its line, not its number. */
static void snap_to_tick(double step, double *low, double *high)
{
    double near = 0.02 * (*high - *low);
    double above = ceil(*high / step) * step, below = floor(*low / step) * step;
    if (above - *high < near)
        *high = above;
    if (*low - below < near)
        *low = below;
}

static struct plot_axis axis_of(const struct bars *b, const struct bars_block *block, int column,
                                double inches)
{
    struct plot_axis x = {.labels = true};
    range_of(b, block, (size_t)column * (size_t)b->rows, &x.low, &x.high);
    x.step = theme_step_fitting(x.low, x.high, 5, inches);
    snap_to_tick(x.step, &x.low, &x.high);
    return x;
}

/* --- one panel, by kind ---------------------------------------------------------------------- */

static void draw_intervals(struct plot *p, const struct bars *b, const struct interval *bar,
                           const char *what)
{
    int index = plot_block(p, what, "row estimate low high colour tick; one row per method");
    int drawn = 0, whole = 0;
    for (int i = 0; i < b->rows; i++) {
        bool known = isfinite(bar[i].low) && isfinite(bar[i].high);
        /* On a black bar the tick is white, unless that would leave two slivers. */
        bool dark = b->style[i].rgb == 0 && known &&
                    plot_x(p, bar[i].high) - plot_x(p, bar[i].low) > 0.06;
        plot_row(p, 6, (double)i, bar[i].point, known ? bar[i].low : bar[i].point,
                 known ? bar[i].high : bar[i].point, (double)b->style[i].rgb,
                 dark ? (double)0xffffff : (double)0x303030);
        drawn += isfinite(bar[i].point);
        whole += known && isfinite(bar[i].point);
        if (known)
            plot_hover(p, bar[i].point, i, "%s, %s: %.4g [%.4g, %.4g]", b->label[i], what,
                       bar[i].point, bar[i].low, bar[i].high);
        else if (isfinite(bar[i].point))
            plot_hover(p, bar[i].point, i, "%s, %s: %.4g", b->label[i], what, bar[i].point);
    }
    if (whole > 0)
        plot_draw(p,
                  "DATA index %d using 2:1:3:4:($1-%g):($1+%g):5 with boxxyerror fs solid BAR "
                  "noborder lc rgb variable notitle",
                  index, HALF, HALF);
    if (drawn > 0)
        plot_draw(p,
                  "DATA index %d using 2:($1-%g):(0):(%g):6 with vectors nohead lw BORDER "
                  "lc rgb variable notitle",
                  index, HALF, 2 * HALF);
}

/* An arrow ends where its dot begins, so that the dot does not hide the head. */
static void draw_arrows(struct plot *p, const struct bars *b, const struct interval *bar,
                        const double *from, const char *what)
{
    const double dot = 0.028, head_size = 0.055; /* inches: a dot's radius; a head's length */
    int index = plot_block(p, what, "row initial final colour head; one row per method");
    int drawn = 0, shafts = 0, heads = 0;
    for (int i = 0; i < b->rows; i++) {
        bool known = isfinite(from[i]) && isfinite(bar[i].point);
        /* Dots that nearly touch leave no room for a head. */
        bool head = known && fabs(plot_x(p, bar[i].point) - plot_x(p, from[i])) > 0.16;
        plot_row(p, 5, (double)i, from[i], bar[i].point, (double)b->style[i].rgb, (double)head);
        if (!known)
            continue;
        drawn++;
        shafts += fabs(plot_x(p, bar[i].point) - plot_x(p, from[i])) > 2.01 * dot;
        heads += head;
        plot_hover(p, bar[i].point, i, "%s, %s: %.4g to %.4g (%+.4g)", b->label[i], what, from[i],
                   bar[i].point, bar[i].point - from[i]);
    }
    if (drawn == 0)
        return;
    double inch = plot_x(p, 1) - plot_x(p, 0); /* of one unit */
    const char *shaft = "lw 1.3*BORDER lc rgb variable notitle";
    if (shafts > 0) /* gnuplot warns of data without one */
        plot_draw(p,
                  "DATA index %d using (abs($3-$2)>%.6g?$2+%.6g*sgn($3-$2):NaN):1:"
                  "($3-$2-%.6g*sgn($3-$2)):(0):4 with vectors nohead %s",
                  index, 2 * dot / inch, dot / inch, 2 * dot / inch, shaft);
    if (heads > 0)
        plot_draw(
            p,
            "DATA index %d using ($5>0?$2+%.6g*sgn($3-$2):NaN):1:($3-$2-%.6g*sgn($3-$2)):(0):4 "
            "with vectors head filled size screen %.4f,20 %s",
            index, dot / inch, 2 * dot / inch, head_size / plot_width(p), shaft);
    plot_draw(p,
              "DATA index %d using 2:1:4 with points pt 6 ps 0.55*PS lw BORDER lc rgb variable "
              "notitle",
              index);
    plot_draw(p, "DATA index %d using 3:1:4 with points pt 7 ps 0.55*PS lc rgb variable notitle",
              index);
}

static void draw_stacks(struct plot *p, const struct bars *b, const double *part, const char *what)
{
    for (int k = 0; k < b->parts; k++) {
        char title[512];
        snprintf(title, sizeof title, "%.250s, %.60s", what, b->part[k]);
        int index = plot_block(p, title, "row from to; one row per method");
        int drawn = 0;
        for (int i = 0; i < b->rows; i++) {
            const double *mine = part + (size_t)i * (size_t)b->parts;
            double before = 0;
            for (int j = 0; j < k; j++)
                before += isfinite(mine[j]) ? mine[j] : 0;
            plot_row(p, 3, (double)i, before, before + mine[k]);
            if (!isfinite(mine[k]))
                continue;
            drawn++;
            plot_hover(p, before + mine[k] / 2, i, "%s, %s: %.3g", b->label[i], title, mine[k]);
        }
        if (drawn > 0)
            plot_draw(p,
                      "DATA index %d using 2:1:2:3:($1-%g):($1+%g) with boxxyerror fs solid 1 "
                      "noborder lc rgb COLOUR[%d] title LABEL[%d] noenhanced",
                      index, HALF, HALF, k + 1, k + 1);
    }
}

static bool is_empty(const struct bars *b, const struct bars_block *block, size_t cell)
{
    return b->kind == BARS_STACK ? !isfinite(block->part[cell * (size_t)b->parts])
                                 : !isfinite(block->bar[cell].point);
}

static void draw_bars_panel(struct plot *p, const struct bars *b, const struct bars_block *block,
                            int column, struct plot_box box)
{
    size_t first = (size_t)column * (size_t)b->rows;
    struct plot_panel panel = {
        .box = box,
        .title = b->column[column],
        .x = axis_of(b, block, column, box.width),
        .y = {.low = -0.55, .high = b->rows - 0.45},
        .frame = FRAME_BOTTOM,
        .grid = GRID_X,
    };
    plot_panel(p, &panel);
    const char *what = b->column[column] != NULL ? b->column[column] : "";
    char title[512];
    snprintf(title, sizeof title, "%.120s%s%.120s", block->title != NULL ? block->title : "",
             block->title != NULL && *what != '\0' ? ", " : "", what);
    for (int i = 0; i < b->rows; i++) {
        if (is_empty(b, block, first + (size_t)i))
            plot_text(p, box.left + 0.05, plot_y(p, i),
                      (struct plot_style){.points = 6, .rgb = THEME_GREY}, "%s",
                      b->empty != NULL ? b->empty : "no run");
    }
    if (b->kind == BARS_INTERVAL)
        draw_intervals(p, b, block->bar + first, title);
    else if (b->kind == BARS_ARROW)
        draw_arrows(p, b, block->bar + first, block->from + first, title);
    else
        draw_stacks(p, b, block->part + first * (size_t)b->parts, title);
    if (isfinite(b->level)) {
        int level = plot_block(p, "level", "x y");
        plot_row(p, 2, b->level, -0.55);
        plot_row(p, 2, b->level, b->rows - 0.45);
        plot_draw(p, "DATA index %d using 1:2 with lines lw 0.9*BORDER lc rgb INK dt (6,4) notitle",
                  level);
    }
}

static void draw_labels(struct plot *p, const struct bars *b, double x, enum plot_anchor anchor,
                        const char *const *label, const char *title, double most)
{
    char fits[THEME_TEXT];
    for (int i = 0; i < b->rows; i++)
        plot_text(p, x, plot_y(p, i), (struct plot_style){.points = LABEL, .anchor = anchor}, "%s",
                  theme_fit(label[i], LABEL, most, fits, sizeof fits));
    if (title != NULL)
        plot_text(p, x, plot_y(p, b->rows - 0.45) + 0.06,
                  (struct plot_style){.points = LABEL, .anchor = anchor, .bold = true}, "%s",
                  title);
}

/* Lengths of the page; more than four panels go to further rows. */
struct layout {
    double left, right, gap_x, panel_width, panel_height, row_height, block_height;
    double most_label; /* longer ones are cut */
    int per_row, rows;
    bool titled, beside; /* blocks have titles; those fit beside the first panel's */
};

/* A block's title and note, inches. */
static double title_width(const struct bars_block *block)
{
    double width = block->title != NULL ? theme_text_width(block->title, 8.6) + 0.10 : 0;
    return width + (block->note != NULL ? theme_text_width(block->note, 6.5) : 0);
}

/* How far the number at this place of the axis reaches beyond the panel's end, `inside` inches of
 * axis away. */
static double overhang(double number, double inside)
{
    char text[32];
    snprintf(text, sizeof text, "%g", number + 0.0);
    return theme_text_width(text, 7) / 2 - inside;
}

/* Distance of panels at which the numbers of neighbours do not touch. */
static double gap_between(const struct bars *b, const struct layout *l)
{
    double gap = GAP_X;
    for (int k = 0; k < b->blocks; k++) {
        for (int c = 0; c + 1 < b->columns; c++) {
            if ((c + 1) % l->per_row == 0)
                continue;
            struct plot_axis x = axis_of(b, &b->block[k], c, l->panel_width);
            struct plot_axis next = axis_of(b, &b->block[k], c + 1, l->panel_width);
            double inch = l->panel_width / (x.high - x.low);
            double last = floor(x.high / x.step + 1e-9) * x.step;
            double first = ceil(next.low / next.step - 1e-9) * next.step;
            gap = fmax(gap, 0.06 + fmax(0, overhang(last, (x.high - last) * inch)) +
                                fmax(0, overhang(first, (first - next.low) * l->panel_width /
                                                            (next.high - next.low))));
        }
    }
    return gap;
}

static struct layout lay_out_bars(const struct bars *b, const struct theme *t, double *width)
{
    const char *const *left = b->left != NULL ? b->left : b->label;
    double page = theme_inches(t) / theme_scale(t);
    struct layout l = {.titled = b->blocks > 1, .gap_x = GAP_X};
    l.most_label = (b->right != NULL ? 0.25 : 0.36) * page;
    l.left = 0.10 + theme_labels_width(left, b->rows, LABEL, l.most_label) + 0.08;
    l.right = RIGHT + (b->right != NULL
                           ? theme_labels_width(b->right, b->rows, LABEL, l.most_label) + 0.08
                           : 0);
    int fitting = (int)fmax(1, (page - l.left - l.right + GAP_X) / (0.9 + GAP_X));
    l.per_row = b->columns <= 4 ? b->columns : b->columns <= 6 ? 3 : 4;
    l.per_row = l.per_row < fitting ? l.per_row : fitting;
    l.per_row = l.per_row > 0 ? l.per_row : 1;
    l.rows = b->columns > 0 ? (b->columns + l.per_row - 1) / l.per_row : 1;
    /* A single panel does not fill a wide page. */
    *width = page;
    if (b->columns == 1)
        *width = fmin(page, fmax(l.left + l.right + 2.2, theme_text_width(b->x_title, 7.8) + 0.1));
    for (int turn = 0; turn < 2; turn++) {
        l.panel_width = (*width - l.left - l.right - (l.per_row - 1) * l.gap_x) / l.per_row;
        l.gap_x = gap_between(b, &l);
    }
    l.panel_width = (*width - l.left - l.right - (l.per_row - 1) * l.gap_x) / l.per_row;
    l.panel_height = ROW * (b->rows > 0 ? b->rows : 1);
    l.row_height = TOP + l.panel_height + BELOW;
    double room = l.left + l.panel_width / 2 - 0.10 -
                  (b->columns > 0 && b->column[0] != NULL ? theme_text_width(b->column[0], 7.4)
                                                          : 0) /
                      2;
    l.beside = l.titled;
    for (int k = 0; k < b->blocks; k++)
        l.beside = l.beside && 0.10 + title_width(&b->block[k]) < room;
    l.block_height = (l.titled && !l.beside ? BLOCK_TITLE : 0) + l.rows * l.row_height;
    return l;
}

static void start_plot(struct plot *p, const struct bars *b)
{
    if (b->kind == BARS_STACK)
        plot_series(p, b->part, b->part_style, b->parts);
    else
        plot_series(p, b->label, b->style, b->rows);
}

static void draw_block(struct plot *p, const struct bars *b, const struct layout *l,
                       const struct bars_block *block, double top)
{
    const char *const *left = b->left != NULL ? b->left : b->label;
    double x = 0.10, y = top - (l->beside ? TOP - 0.085 : 0.11);
    if (l->titled && block->title != NULL) {
        plot_text(p, x, y, (struct plot_style){.points = 8, .bold = true}, "%s", block->title);
        x += theme_text_width(block->title, 8.6) + 0.10;
    }
    if (l->titled && block->note != NULL)
        plot_text(p, x, y, (struct plot_style){.points = 6.5, .rgb = THEME_GREY}, "%s",
                  block->note);
    top -= l->titled && !l->beside ? BLOCK_TITLE : 0;
    for (int c = 0; c < b->columns; c++) {
        int row = c / l->per_row, column = c % l->per_row;
        struct plot_box box = {l->left + column * (l->panel_width + l->gap_x),
                               top - row * l->row_height - TOP - l->panel_height, l->panel_width,
                               l->panel_height};
        draw_bars_panel(p, b, block, c, box);
        if (column == 0)
            draw_labels(p, b, l->left - 0.06, PLOT_RIGHT, left, b->left_title, l->most_label);
        if (b->right != NULL && (column == l->per_row - 1 || c == b->columns - 1))
            draw_labels(p, b, box.left + box.width + 0.06, PLOT_LEFT, b->right, b->right_title,
                        l->most_label);
    }
}

enum status bars_draw(const struct bars *b, const struct theme *t, const char *folder,
                      const char *comment, struct figure *out)
{
    double width, legend = 0;
    struct layout l = lay_out_bars(b, t, &width);
    struct plot *p = plot_new(b->id, t, width, 1);
    if (b->kind == BARS_STACK) {
        start_plot(p, b);
        legend = plot_legend_height(p, NULL, b->parts) + 0.04;
    }
    plot_delete(p);
    double height = FOOT + legend + b->blocks * l.block_height;

    p = plot_new(b->id, t, width, height);
    start_plot(p, b);
    for (int k = 0; k < b->blocks; k++)
        draw_block(p, b, &l, &b->block[k], height - k * l.block_height);
    if (b->kind == BARS_STACK)
        plot_legend(p, 0.03, NULL, b->parts);
    plot_text(p, l.left + (width - l.left - l.right) / 2, legend + 0.10,
              (struct plot_style){.points = 7.8, .anchor = PLOT_CENTER}, "%s", b->x_title);
    return plot_finish(p, folder, comment, out);
}
