#include "report/draw/fig_heat.h"

#include <math.h>

static const double LABEL = 7.0, GAP = 0.06, FOOT = 0.24, HEAD = 0.10, GROUP_GAP = 0.07,
                    LOWEST_ROW = 0.135, GROUP_TITLE = 0.17, LINE = 0.115, LONGEST_COLUMN = 1.25;
enum { LINES = 3 }; /* of a column's label */

static uint32_t shade_of(const struct heat *m, const struct theme *t, double value)
{
    if (!isfinite(value))
        return 0xffffff;
    uint32_t up = t->greyscale ? 0x404040 : 0xD55E00, down = t->greyscale ? 0x808080 : 0x0072B2;
    if (m->middle <= m->low) {
        double share = m->high > m->low ? (value - m->low) / (m->high - m->low) : 1;
        return theme_tint(down, 0.75 * fmin(1, fmax(0, share)));
    }
    double share = value >= m->middle ? (value - m->middle) / (m->high - m->middle)
                                      : (m->middle - value) / (m->middle - m->low);
    return theme_tint(value >= m->middle ? up : down, 0.75 * fmin(1, fmax(0, share)));
}

/* Ink or white, whichever is read better on this ground (relative luminance of WCAG, coarse). */
static uint32_t ink_on(uint32_t rgb)
{
    double light = 0.2126 * (double)(rgb >> 16 & 0xff) + 0.7152 * (double)(rgb >> 8 & 0xff) +
                   0.0722 * (double)(rgb & 0xff);
    return light > 120 ? THEME_INK : 0xffffff;
}

/* Lines of the longest column label, at most `most` of `inches`; the widest line in *wide. */
static int wrap_columns(const struct heat *m, double inches, int most, double *wide, bool *whole)
{
    int lines = 1;
    *wide = 0;
    *whole = true;
    for (int c = 0; c < m->columns; c++) {
        char line[LINES][THEME_TEXT];
        int n = theme_wrap(m->column[c], LABEL, inches, most, line, whole);
        lines = n > lines ? n : lines;
        for (int k = 0; k < n; k++)
            *wide = fmax(*wide, theme_text_width(line[k], LABEL));
    }
    return lines;
}

/* A cell without a value: diagonal lines, so that it differs from a small value in print too. */
static void draw_hatching(struct plot *p, struct plot_box b)
{
    plot_rect(p, b, 0xf4f4f4);
    const double step = 0.055;
    for (int i = 0; i * step < b.width + b.height; i++) {
        double x = i * step - b.height;
        double x0 = fmax(x, 0), x1 = fmin(x + b.height, b.width);
        plot_rule(p, b.left + x0, b.bottom + (x0 - x), b.left + x1, b.bottom + (x1 - x), 0.4,
                  0xc4c4c4, 1);
    }
}

struct layout {
    double left, top, cell_width, cell_height, width, height, head, foot;
    double row_label;    /* longer ones are cut */
    double column_label; /* inches of a line */
    int lines;           /* of a column's label */
    bool upright;        /* column labels do not fit side by side */
    bool grouped;
};

/* Labels of columns: level where every word fits over its cell, else upright. */
static void lay_out_columns(const struct heat *m, struct layout *l)
{
    double wide;
    bool whole;
    l->column_label = l->cell_width - 0.04;
    l->lines = wrap_columns(m, l->column_label, LINES, &wide, &whole);
    l->upright = !whole;
    if (l->upright) {
        int most = (int)fmax(1, fmin(LINES, (l->cell_width + 0.02) / LINE));
        l->column_label = LONGEST_COLUMN;
        l->lines = wrap_columns(m, l->column_label, most, &wide, &whole);
    }
    l->head = HEAD + (l->upright ? wide + 0.04 : 0.14 + (l->lines - 1) * LINE) +
              (m->column_title != NULL ? 0.16 : 0);
}

static struct layout lay_out_heat(const struct heat *m, const struct theme *t)
{
    struct layout l = {.grouped = m->groups > 1};
    double page = theme_inches(t) / theme_scale(t);
    double text = 0;
    for (int i = 0; i < m->rows * m->columns; i++)
        text = fmax(text, theme_text_width(m->cell[i].text, 6.6));
    l.row_label = 0.33 * page;
    l.left = 0.10 + theme_labels_width(m->row, m->rows, LABEL, l.row_label) + GAP +
             (m->row_title != NULL ? 0.16 : 0);
    double room = (page - l.left - 0.10) / (m->columns > 0 ? m->columns : 1);
    double wanted = fmax(text + 0.10,
                         fmin(theme_labels_width(m->column, m->columns, LABEL, page) + 0.08, 0.62));
    l.cell_width = fmin(room, fmax(wanted, 0.30));
    lay_out_columns(m, &l);
    l.cell_height = m->rows > 16 ? LOWEST_ROW : 0.20;
    l.width = fmin(page, l.left + l.cell_width * m->columns + 0.10);
    if (m->note != NULL)
        l.width = fmin(page, fmax(l.width, theme_text_width(m->note, 7.4) + 0.2));
    l.foot = m->note != NULL ? FOOT : 0.08;
    l.height = l.foot + m->rows * l.cell_height + l.head +
               (l.grouped ? m->groups * (GROUP_GAP + GROUP_TITLE) : 0);
    return l;
}

static void draw_column_label(struct plot *p, const struct layout *l, const char *label, double x,
                              double top)
{
    char line[LINES][THEME_TEXT];
    bool whole = true;
    int n = theme_wrap(label, LABEL, l->column_label, l->lines, line, &whole);
    for (int k = 0; k < n; k++) {
        if (l->upright)
            plot_text(p, x + (k - (n - 1) / 2.0) * LINE, top + 0.05,
                      (struct plot_style){.points = LABEL, .upright = true}, "%s", line[k]);
        else
            plot_text(p, x, top + 0.08 + (n - 1 - k) * LINE,
                      (struct plot_style){.points = LABEL, .anchor = PLOT_CENTER}, "%s", line[k]);
    }
}

static void draw_cell(struct plot *p, const struct heat *m, const struct theme *t,
                      const struct layout *l, int row, int column, double top)
{
    const struct heat_cell *c = &m->cell[(size_t)row * (size_t)m->columns + (size_t)column];
    struct plot_box box = {l->left + column * l->cell_width + 0.008, top - l->cell_height + 0.008,
                           l->cell_width - 0.016, l->cell_height - 0.016};
    uint32_t ground = shade_of(m, t, c->value);
    if (isfinite(c->value))
        plot_rect(p, box, ground);
    else
        draw_hatching(p, box);
    double x = box.left + box.width / 2, y = box.bottom + box.height / 2;
    if (c->text[0] != '\0')
        plot_text(p, x, y,
                  (struct plot_style){.points = 6.6,
                                      .anchor = PLOT_CENTER,
                                      .rgb = isfinite(c->value) ? ink_on(ground) : THEME_GREY},
                  "%s", c->text);
    plot_hover(p, x / l->width, y / l->height, "%s, %s: %s%s%s", m->row[row], m->column[column],
               c->text, c->why[0] != '\0' ? " " : "", c->why);
}

enum status heat_draw(const struct heat *m, const struct theme *t, const char *folder,
                      const char *comment, struct figure *out)
{
    struct layout l = lay_out_heat(m, t);
    struct plot *p = plot_new(m->id, t, l.width, l.height);
    /* One panel as large as the page, for the places of hover values; the cells are on top. */
    plot_panel(p, &(struct plot_panel){.box = {0, 0, l.width, l.height},
                                       .x = {.high = 1},
                                       .y = {.high = 1},
                                       .frame = FRAME_NONE,
                                       .grid = GRID_OFF});
    double top = l.height - l.head;
    for (int c = 0; c < m->columns; c++)
        draw_column_label(p, &l, m->column[c], l.left + (c + 0.5) * l.cell_width, top);
    struct plot_style title = {.points = 7.4, .anchor = PLOT_CENTER, .bold = true};
    if (m->column_title != NULL)
        plot_text(p, l.left + m->columns * l.cell_width / 2, l.height - 0.09, title, "%s",
                  m->column_title);
    title.upright = true;
    if (m->row_title != NULL)
        plot_text(p, 0.09, top - m->rows * l.cell_height / 2, title, "%s", m->row_title);

    int group = 0;
    int block = plot_block(p, "cells", "row column value");
    (void)block;
    for (int r = 0; r < m->rows; r++) {
        if (l.grouped && group < m->groups && m->group[group].first == r) {
            top -= GROUP_GAP + GROUP_TITLE;
            plot_text(p, l.left, top + 0.08, (struct plot_style){.points = 7, .bold = true}, "%s",
                      m->group[group].title);
            group++;
        }
        char fits[THEME_TEXT];
        plot_text(p, l.left - GAP, top - l.cell_height / 2,
                  (struct plot_style){.points = LABEL, .anchor = PLOT_RIGHT}, "%s",
                  theme_fit(m->row[r], LABEL, l.row_label, fits, sizeof fits));
        for (int c = 0; c < m->columns; c++) {
            draw_cell(p, m, t, &l, r, c, top);
            plot_row(p, 3, (double)r, (double)c,
                     m->cell[(size_t)r * (size_t)m->columns + (size_t)c].value);
        }
        top -= l.cell_height;
    }
    if (m->note != NULL)
        plot_text(p, l.width / 2, 0.10, (struct plot_style){.points = 7.4, .anchor = PLOT_CENTER},
                  "%s", m->note);
    return plot_finish(p, folder, comment, out);
}
