#include "report/draw/plot_impl.h"

#include "engine/base/escape.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* A plot command needs an element; `plot NaN` is one that draws the axes alone. */
void plot_close_panel(struct plot *p)
{
    if (!p->open)
        return;
    text_add(&p->script, "%s", p->elements == 0 ? "plot NaN notitle\n" : "\n");
    p->open = false;
}

static void write_axis(struct plot *p, const char *name, const struct plot_axis *a, bool upright)
{
    struct text *f = &p->script;
    /* A range of no extent is an error in gnuplot. */
    double high = a->high > a->low ? a->high : a->low + 1;
    text_add(f, "set %srange [%.6g:%.6g]\n", name, a->low, high);
    if (a->log)
        text_add(f, "set logscale %s\n", name);
    else
        text_add(f, "unset logscale %s\n", name);
    text_add(f, "set format %s '%s'\n", name, !a->labels ? "" : a->log ? "10^{%T}" : "%g");
    if (a->step <= 0) {
        text_add(f, "unset %stics\n", name);
        return;
    }
    const char *offset = upright ? "offset 0.5,0" : "offset 0,0.3";
    if (a->log)
        text_add(f, "set %stics %.6g nomirror out scale 0.35,0.2 %s\n", name, a->step, offset);
    else
        text_add(f, "set %stics %.6g,%.6g nomirror out scale 0.35,0.2 %s\n", name,
                 ceil(a->low / a->step - 1e-9) * a->step + 0.0, a->step, offset);
}

void plot_panel(struct plot *p, const struct plot_panel *panel)
{
    if (p == NULL)
        return;
    plot_close_panel(p);
    struct text *f = &p->script;
    const struct plot_box *b = &panel->box;
    char safe[LONGEST_TEXT], fits[LONGEST_TEXT];
    p->panel = *panel;
    p->open = true;
    p->elements = 0;
    p->panels++;

    text_add(f, "\n# --- panel %d%s%s\n", p->panels, panel->title != NULL ? ": " : "",
             panel->title != NULL ? plot_comment(panel->title, safe) : "");
    text_add(f, "set lmargin at screen %.5f; set rmargin at screen %.5f\n",
             plot_share_x(p, b->left), plot_share_x(p, b->left + b->width));
    text_add(f, "set bmargin at screen %.5f; set tmargin at screen %.5f\n",
             plot_share_y(p, b->bottom), plot_share_y(p, b->bottom + b->height));
    write_axis(p, "x", &panel->x, false);
    write_axis(p, "y", &panel->y, true);
    text_add(f, "%s",
             panel->frame == FRAME_AXES     ? "set border 3 lw BORDER lc rgb INK\n"
             : panel->frame == FRAME_BOTTOM ? "set border 1 lw 1.2*BORDER lc rgb INK\n"
                                            : "set border 0\n");
    text_add(f, "%s",
             panel->grid == GRID_BOTH ? "set grid xtics ytics\n"
             : panel->grid == GRID_X  ? "set grid xtics noytics\n"
                                      : "unset grid\n");
    if (panel->title != NULL) {
        double points = 7.4;
        plot_fit(panel->title, b->width + 0.10, &points, fits);
        plot_text(p, b->left + b->width / 2, b->bottom + b->height + 0.085,
                  (struct plot_style){.points = points, .anchor = PLOT_CENTER}, "%s", fits);
    }
}

void plot_draw(struct plot *p, const char *format, ...)
{
    if (p == NULL)
        return;
    text_add(&p->script, "%s", p->elements == 0 ? "plot " : ", \\\n     ");
    p->elements++;
    char element[LONGEST_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(element, sizeof element, format, args);
    va_end(args);
    text_add(&p->script, "%s", element);
}

static double share_along(const struct plot_axis *a, double value)
{
    return a->log ? log(value / a->low) / log(a->high / a->low)
                  : (value - a->low) / (a->high - a->low);
}

double plot_x(const struct plot *p, double x)
{
    return p == NULL ? 0 : p->panel.box.left + p->panel.box.width * share_along(&p->panel.x, x);
}

double plot_y(const struct plot *p, double y)
{
    return p == NULL ? 0 : p->panel.box.bottom + p->panel.box.height * share_along(&p->panel.y, y);
}

void plot_hover(struct plot *p, double x, double y, const char *format, ...)
{
    if (p == NULL)
        return;
    double h = plot_x(p, x), v = plot_y(p, y);
    const struct plot_box *b = &p->panel.box;
    if (!(h >= b->left - 0.01 && h <= b->left + b->width + 0.01 && v >= b->bottom - 0.01 &&
          v <= b->bottom + b->height + 0.01))
        return;
    char text[LONGEST_TEXT], safe[6 * LONGEST_TEXT];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    /* 96 pixels an inch, y downwards: the units of gnuplot's SVG. */
    text_add(&p->hover, "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\"><title>%s</title></circle>\n",
             h * 96 * p->scale, (p->height - v) * 96 * p->scale,
             escape_html(text, safe, sizeof safe));
}
