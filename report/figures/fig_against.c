#include "report/figures/fig_against.h"

#include "report/results/against.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static const struct interval nothing = {PLOT_NONE, PLOT_NONE, PLOT_NONE, 0};

/* A table of intervals: methods as panels or rows, datasets or suites as the other. */
struct chart {
    const char **row, **column;
    struct theme_series *style;
    struct interval *bar; /* (columns, rows) */
    int rows, columns;
};

static enum status chart_init(struct chart *c, int rows, int columns)
{
    *c = (struct chart){.rows = rows, .columns = columns};
    c->row = calloc((size_t)rows + 1, sizeof *c->row);
    c->column = calloc((size_t)columns + 1, sizeof *c->column);
    c->style = calloc((size_t)rows + 1, sizeof *c->style);
    c->bar = calloc((size_t)rows * (size_t)columns + 1, sizeof *c->bar);
    if (c->row == NULL || c->column == NULL || c->style == NULL || c->bar == NULL)
        return figures_no_memory("against");
    for (int i = 0; i < rows * columns; i++)
        c->bar[i] = nothing;
    return STATUS_OK;
}

static void chart_free(struct chart *c)
{
    free(c->row);
    free(c->column);
    free(c->style);
    free(c->bar);
}

/* The place of a number in a list, put at its end when new. */
static int place_in(int *list, int *count, int number)
{
    for (int i = 0; i < *count; i++) {
        if (list[i] == number)
            return i;
    }
    list[*count] = number;
    return (*count)++;
}

static void say_bars(const struct chart *c, struct figure *out)
{
    for (int k = 0; k < c->columns; k++) {
        for (int i = c->rows - 1; i >= 0; i--) {
            struct interval d = c->bar[k * c->rows + i];
            if (isfinite(d.point))
                figures_say(out->alt, " %s, %s: %+.1f [%+.1f, %+.1f].", c->column[k], c->row[i],
                            d.point, d.low, d.high);
        }
    }
}

static enum status draw_chart(struct figures *f, const char *id, const char *title,
                              const struct chart *c, const char *caption)
{
    struct figure *out;
    TRY(figures_next(f, id, title, &out));
    figures_say(out->caption, "%s Dashed: no difference. There: %s. ", caption,
                f->report->against->path);
    figures_say_interval(f, out->caption);
    figures_say(out->alt, "%s.", title);
    say_bars(c, out);
    struct bars_block block = {.bar = c->bar};
    char x_title[RESULTS_TITLE];
    snprintf(x_title, sizeof x_title, "%.96s: here - there", report_score_axis(f->report));
    struct bars bars = {.id = out->id,
                        .block = &block,
                        .blocks = 1,
                        .column = c->column,
                        .columns = c->columns,
                        .label = c->row,
                        .style = c->style,
                        .rows = c->rows,
                        .x_title = x_title,
                        .empty = "not in both",
                        .level = 0,
                        .x_low = PLOT_NONE,
                        .x_high = PLOT_NONE};
    return figures_bars(f, &bars, out);
}

/* --- suites ----------------------------------------------------------------------------------- */

/* A panel per suite, a row per method. */
static enum status draw_totals(struct figures *f, const struct figure_row *row, int *method,
                               int *suite)
{
    const struct results *r = &f->report->results;
    const struct against *g = f->report->against;
    struct figures_series series;
    struct chart c;
    int methods = 0, suites = 0;
    for (int m = 0; m < r->methods; m++) {
        for (int i = 0; i < g->totals; i++) {
            if (g->total[i].method == m)
                place_in(method, &methods, m);
        }
    }
    for (int i = 0; i < g->totals; i++)
        place_in(suite, &suites, g->total[i].suite);
    TRY(figures_series(f, method, methods, &series));
    enum status result = chart_init(&c, methods, suites);
    for (int i = 0; i < methods && result == STATUS_OK; i++) {
        c.row[i] = series.label[i];
        c.style[i] = series.style[i];
    }
    for (int i = 0; i < suites && result == STATUS_OK; i++)
        c.column[i] = suite[i] >= 0 ? r->suite[suite[i]].title : "All datasets";
    for (int i = 0; i < g->totals && result == STATUS_OK; i++) {
        int at = place_in(suite, &suites, g->total[i].suite) * methods +
                 place_in(method, &methods, g->total[i].method);
        c.bar[at] = g->total[i].difference.difference;
    }
    if (result == STATUS_OK)
        result = draw_chart(f, row->id, row->title, &c,
                            "Mean score here minus there, over the datasets that a method has in "
                            "both.");
    chart_free(&c);
    figures_series_free(&series);
    return result;
}

/* --- datasets of a suite ---------------------------------------------------------------------- */

/* A panel per method, a row per dataset, the first on top. */
static enum status draw_suite(struct figures *f, const struct figure_row *row, int suite,
                              int *method, int *dataset)
{
    const struct results *r = &f->report->results;
    const struct against *g = f->report->against;
    int methods = 0, datasets = 0;
    char id[FIGURE_ID], title[FIGURE_TITLE];
    snprintf(id, sizeof id, "%s_%.80s", row->id, r->suite[suite].id);
    snprintf(title, sizeof title, "%.96s: here and there, by dataset", r->suite[suite].title);
    for (int i = 0; i < g->cells; i++) {
        if (r->dataset[g->cell[i].dataset].suite == suite)
            place_in(dataset, &datasets, g->cell[i].dataset);
    }
    for (int m = 0; m < r->methods; m++) {
        for (int i = 0; i < g->cells; i++) {
            if (g->cell[i].method == m && r->dataset[g->cell[i].dataset].suite == suite)
                place_in(method, &methods, m);
        }
    }
    if (datasets == 0 || !figures_wanted(f, id))
        return STATUS_OK;
    struct figures_series series;
    struct chart c;
    TRY(figures_series(f, method, methods, &series));
    enum status result = chart_init(&c, datasets, methods);
    for (int i = 0; i < methods && result == STATUS_OK; i++)
        c.column[i] = series.label[i];
    for (int i = 0; i < datasets && result == STATUS_OK; i++) {
        c.row[datasets - 1 - i] = r->dataset[dataset[i]].title;
        c.style[i] = (struct theme_series){
            .rgb = f->theme->greyscale ? 0x5a5a5a : 0x0072B2, .dash = 1, .marker = 5, .line = 1};
    }
    for (int i = 0; i < g->cells && result == STATUS_OK; i++) {
        const struct against_cell *cell = &g->cell[i];
        if (r->dataset[cell->dataset].suite != suite)
            continue;
        int line = datasets - 1 - place_in(dataset, &datasets, cell->dataset);
        c.bar[place_in(method, &methods, cell->method) * datasets + line] =
            cell->difference.difference;
    }
    if (result == STATUS_OK)
        result = draw_chart(f, id, title, &c, "Mean score here minus there.");
    chart_free(&c);
    figures_series_free(&series);
    return result;
}

enum status against_draw(struct figures *f, const struct figure_row *row)
{
    const struct results *r = &f->report->results;
    if (f->report->against == NULL)
        return STATUS_OK;
    int *method = calloc((size_t)r->methods + 1, sizeof *method);
    int *other = calloc((size_t)(r->datasets + r->suites) + 2, sizeof *other);
    enum status result = method != NULL && other != NULL ? STATUS_OK : figures_no_memory(row->id);
    if (result == STATUS_OK && figures_wanted(f, row->id))
        result = draw_totals(f, row, method, other);
    for (int s = 0; s < r->suites && result == STATUS_OK; s++)
        result = draw_suite(f, row, s, method, other);
    free(method);
    free(other);
    return result;
}
