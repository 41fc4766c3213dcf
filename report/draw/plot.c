#include "report/draw/plot_impl.h"

#include "engine/base/file.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void figure_free(struct figure *f)
{
    free(f->overlay);
    f->overlay = NULL;
}

/* --- life ----------------------------------------------------------------------------------- */

struct plot *plot_new(const char *id, const struct theme *t, double width, double height)
{
    struct plot *p = calloc(1, sizeof *p);
    if (p == NULL)
        return NULL;
    snprintf(p->id, sizeof p->id, "%s", id);
    p->scale = theme_scale(t);
    double page = theme_inches(t) / p->scale;
    p->width = width > 0 && width < page ? width : page;
    p->height = height;
    p->marks = theme_marks(t);
    return p;
}

void plot_delete(struct plot *p)
{
    if (p == NULL)
        return;
    struct text *const all[TEXTS] = {&p->head, &p->script, &p->data, &p->overlay, &p->hover};
    for (size_t i = 0; i < TEXTS; i++)
        text_free(all[i]);
    free(p->label_width);
    free(p);
}

double plot_width(const struct plot *p)
{
    return p != NULL ? p->width : 1;
}

double plot_height(const struct plot *p)
{
    return p != NULL ? p->height : 1;
}

/* Dashes and markers need room to be told apart. */
static double plot_key_width(bool marks, const struct theme_series *styles, int n)
{
    bool solid = !marks;
    for (int i = 0; i < n; i++)
        solid &= styles[i].dash == 1;
    return solid ? 0.20 : 0.36;
}

double plot_series_width(const struct theme *t, const char *const labels[],
                         const struct theme_series *styles, int n)
{
    double widest = 0;
    for (int i = 0; i < n; i++)
        widest = fmax(widest, theme_text_width(labels[i], PLOT_LEGEND_POINTS));
    return widest + 0.16 + plot_key_width(theme_marks(t), styles, n);
}

void plot_series(struct plot *p, const char *const labels[], const struct theme_series *styles,
                 int n)
{
    if (p == NULL || n < 1)
        return;
    struct text *f = &p->head;
    char safe[LONGEST_TEXT];
    free(p->label_width);
    p->label_width = calloc((size_t)n, sizeof *p->label_width);
    p->broken |= p->label_width == NULL;
    if (p->broken)
        return;
    p->series = n;
    p->key = plot_key_width(p->marks, styles, n);
    text_add(f, "array LABEL[%d] = [", n);
    for (int i = 0; i < n; i++) {
        char fits[THEME_TEXT];
        theme_fit(labels[i], PLOT_LEGEND_POINTS, p->width - 0.15 - p->key, fits, sizeof fits);
        text_add(f, "%s%s", i > 0 ? ", " : "", plot_quote(fits, safe));
        p->label_width[i] = theme_text_width(fits, PLOT_LEGEND_POINTS);
    }
    text_add(f, "]\narray COLOUR[%d] = [", n);
    for (int i = 0; i < n; i++)
        text_add(f, "%s0x%06X", i > 0 ? ", " : "", (unsigned)styles[i].rgb);
    text_add(f, "]\narray DASH[%d] = [", n);
    for (int i = 0; i < n; i++)
        text_add(f, "%s%d", i > 0 ? ", " : "", styles[i].dash);
    text_add(f, "]\narray WIDTH[%d] = [", n);
    for (int i = 0; i < n; i++)
        text_add(f, "%s%g", i > 0 ? ", " : "", styles[i].line * p->scale);
    text_add(f, "]\narray MARK[%d] = [", n);
    for (int i = 0; i < n; i++)
        text_add(f, "%s%d", i > 0 ? ", " : "", styles[i].marker);
    text_add(f, "]\n");
}

/* --- data ----------------------------------------------------------------------------------- */

int plot_block(struct plot *p, const char *what, const char *columns)
{
    if (p == NULL)
        return 0;
    if (p->blocks > 0)
        text_add(&p->data, "\n\n");
    char safe[LONGEST_TEXT];
    text_add(&p->data, "# %d: %s\n# %s\n", p->blocks, plot_comment(what, safe), columns);
    return p->blocks++;
}

void plot_row(struct plot *p, int n, ...)
{
    if (p == NULL)
        return;
    va_list args;
    va_start(args, n);
    for (int i = 0; i < n; i++) {
        double value = va_arg(args, double);
        if (i > 0)
            text_add(&p->data, " ");
        if (value == rint(value) && fabs(value) < 1e9)
            text_add(&p->data, "%.0f", value + 0.0); /* colours and steps whole; no minus zero */
        else if (isfinite(value))
            text_add(&p->data, "%.6g", value);
        else
            text_add(&p->data, "NaN");
    }
    va_end(args);
    text_add(&p->data, "\n");
}

void plot_widen(double value, double *low, double *high)
{
    if (!isfinite(value))
        return;
    *low = fmin(*low, value);
    *high = fmax(*high, value);
}

/* --- files ---------------------------------------------------------------------------------- */

static enum status write_script(struct plot *p, const char *folder, const char *comment)
{
    char path[FILE_PATH], safe[LONGEST_TEXT];
    TRY(file_path(path, "%s/%s.gp", folder, p->id));
    struct text f = {0};
    text_add(&f, "# Draw: gnuplot %s.gp   or   gnuplot -e \"TERM='pdf'\" %s.gp\n", p->id, p->id);
    if (comment != NULL)
        text_add(&f, "# %s\n", plot_comment(comment, safe));
    text_add(&f, "ID = '%s'; W = %g; H = %g; POINTS = %g; BORDER = %g\n", p->id,
             p->width * p->scale, p->height * p->scale, 7 * p->scale, p->scale);
    text_add(&f,
             "DATA = '%s.dat'\nload 'style.gp'\n"
             "if (!exists(\"PS\")) PS = 1\n",
             p->id);
    if (p->scale != 1)
        text_add(&f, "PS = %g*PS\n", p->scale);
    text_add(&f, "%sset multiplot\n%s", text_get(&p->head), text_get(&p->script));
    text_add(&f, "\n# --- texts and legend\n"
                 "unset title; unset tics; unset grid; unset logscale; set border 0\n"
                 "set xrange [0:1]; set yrange [0:1]\n"
                 "set lmargin at screen 0; set rmargin at screen 1\n"
                 "set bmargin at screen 0; set tmargin at screen 1\n");
    text_add(&f, "%splot NaN notitle\nunset multiplot\nunset output\n", text_get(&p->overlay));
    return text_write(&f, path);
}

static enum status write_data(struct plot *p, const char *folder)
{
    char path[FILE_PATH];
    TRY(file_path(path, "%s/%s.dat", folder, p->id));
    return text_write(&p->data, path);
}

/* Hover points are invisible but feel the mouse. */
static enum status take_overlay(struct plot *p, char **out)
{
    struct text overlay = {0};
    *out = NULL;
    if (p->hover.length == 0)
        return STATUS_OK;
    text_add(&overlay, "<g fill=\"#000\" fill-opacity=\"0\" stroke=\"none\">\n%s</g>\n",
             text_get(&p->hover));
    TRY(text_check(&overlay));
    *out = overlay.at;
    return STATUS_OK;
}

enum status plot_finish(struct plot *p, const char *folder, const char *comment, struct figure *out)
{
    if (p == NULL)
        return status_fail(STATUS_MEMORY, "figure: no memory to lay it out");
    plot_close_panel(p);
    struct text *const all[TEXTS] = {&p->head, &p->script, &p->data, &p->overlay, &p->hover};
    enum status result = STATUS_OK;
    if (p->broken)
        result = status_fail(STATUS_MEMORY, "figure %s: no memory to lay it out", p->id);
    for (size_t i = 0; result == STATUS_OK && i < TEXTS; i++)
        result = text_check(all[i]);
    snprintf(out->id, sizeof out->id, "%s", p->id);
    out->width = p->width * p->scale;
    out->height = p->height * p->scale;
    if (result == STATUS_OK && !picture_safe_id(p->id))
        result = status_fail(
            STATUS_CONFIG, "figure '%s': a figure's id is made of A-Z a-z 0-9 _ . + - only", p->id);
    if (result == STATUS_OK)
        result = write_script(p, folder, comment);
    if (result == STATUS_OK)
        result = write_data(p, folder);
    if (result == STATUS_OK)
        result = take_overlay(p, &out->overlay);
    plot_delete(p);
    return result;
}
