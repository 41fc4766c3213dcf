#include "report/draw/plot_impl.h"

#include <stdio.h>

/* Of the legend, inches. */
static const double KEY_GAP = 0.05, ENTRY_GAP = 0.20, ROW = 0.165;

static void write_rule(struct plot *p, double x0, double y0, double x1, double y1,
                       const char *style)
{
    text_add(&p->overlay,
             "set arrow from screen %.5f,screen %.5f to screen %.5f,screen %.5f nohead %s\n",
             plot_share_x(p, x0), plot_share_y(p, y0), plot_share_x(p, x1), plot_share_y(p, y1),
             style);
}

void plot_rule(struct plot *p, double x0, double y0, double x1, double y1, double line,
               uint32_t rgb, int dash)
{
    if (p == NULL)
        return;
    char style[96];
    snprintf(style, sizeof style, "lw %g lc rgb 0x%06X dt %d", line * p->scale, (unsigned)rgb,
             dash);
    write_rule(p, x0, y0, x1, y1, style);
}

void plot_rect(struct plot *p, struct plot_box b, uint32_t rgb)
{
    if (p == NULL)
        return;
    text_add(&p->overlay,
             "set object %d rectangle from screen %.5f,screen %.5f to screen %.5f,screen %.5f "
             "fc rgb 0x%06X fs solid noborder\n",
             ++p->rects, plot_share_x(p, b.left), plot_share_y(p, b.bottom),
             plot_share_x(p, b.left + b.width), plot_share_y(p, b.bottom + b.height),
             (unsigned)rgb);
}

/* Entries [first, returned) fill one row of at most `room`; *width gets its width. */
static int legend_row(const struct plot *p, const int *order, int n, int first, double room,
                      double *width)
{
    int end = first;
    *width = -ENTRY_GAP;
    while (end < n) {
        double entry = p->key + KEY_GAP + p->label_width[order != NULL ? order[end] : end] +
                       ENTRY_GAP;
        if (end > first && *width + entry > room)
            break;
        *width += entry;
        end++;
    }
    return end;
}

static int legend_rows(const struct plot *p, const int *order, int n, double room)
{
    int rows = 0;
    double width;
    for (int i = 0; !p->broken && i < n; rows++)
        i = legend_row(p, order, n, i, room, &width);
    return rows;
}

double plot_legend_height(const struct plot *p, const int *order, int n)
{
    return p != NULL ? legend_rows(p, order, n, p->width - 0.1) * ROW : 0;
}

static void draw_key(struct plot *p, int series, bool dot, double x, double y)
{
    char text[96], mark[24] = "7";
    if (p->marks || (dot && p->series > THEME_HUES))
        snprintf(mark, sizeof mark, "MARK[%d]", series);
    if (!dot) {
        snprintf(text, sizeof text, "lw 1.4*WIDTH[%d] lc rgb COLOUR[%d] dt DASH[%d]", series,
                 series, series);
        write_rule(p, x, y, x + p->key, y, text);
    }
    if (dot || p->marks)
        text_add(&p->overlay,
                 "set label %d '' at screen %.5f,screen %.5f point pt %s ps 0.5*PS "
                 "lc rgb COLOUR[%d]\n",
                 ++p->labels, plot_share_x(p, dot ? x + p->key - 0.045 : x + p->key / 2),
                 plot_share_y(p, y), mark, series);
}

static void draw_legend(struct plot *p, double bottom, const int *order, int n, bool dots)
{
    if (p == NULL || p->broken)
        return;
    double y = bottom + plot_legend_height(p, order, n) - ROW / 2, width;
    /* The narrowest room that needs no more rows: no entry is left alone in the last one. */
    double room = p->width - 0.1;
    int rows = legend_rows(p, order, n, room);
    while (rows > 1 && room > 0.1 && legend_rows(p, order, n, room - 0.05) == rows)
        room -= 0.05;
    for (int i = 0; i < n; y -= ROW) {
        int end = legend_row(p, order, n, i, room, &width);
        double x = (p->width - width) / 2;
        for (; i < end; i++) {
            int k = order != NULL ? order[i] : i;
            char text[32];
            draw_key(p, k + 1, dots, x, y);
            snprintf(text, sizeof text, "LABEL[%d]", k + 1);
            plot_label(p, x + p->key + KEY_GAP, y,
                       (struct plot_style){.points = PLOT_LEGEND_POINTS}, text);
            x += p->key + KEY_GAP + p->label_width[k] + ENTRY_GAP;
        }
    }
}

void plot_legend(struct plot *p, double bottom, const int *order, int n)
{
    draw_legend(p, bottom, order, n, false);
}

void plot_legend_dots(struct plot *p, double bottom, const int *order, int n)
{
    draw_legend(p, bottom, order, n, true);
}
