#include "report/figures/suite_figure.h"

#include <stdlib.h>

static enum status collect_suites(struct suite_figure *s)
{
    const struct report *r = s->f->report;
    for (int i = 0; i < r->results.suites; i++) {
        if (!r->results.suite[i].scored)
            continue;
        TRY(statistics_suite(r, i, s->row->what, &s->suite[s->suites]));
        if (s->suite[s->suites]->scores.methods > 0)
            s->title[s->suites++] = r->results.suite[i].title;
    }
    for (int m = 0; m < r->results.methods; m++) {
        bool any = false;
        for (int i = 0; i < s->suites; i++)
            any |= suite_scores_find(&s->suite[i]->scores, m) >= 0;
        if (any)
            s->method[s->methods++] = m;
    }
    return figures_series(s->f, s->method, s->methods, &s->series);
}

enum status suite_figure_init(struct figures *f, const struct figure_row *row,
                              struct suite_figure *out)
{
    const struct results *r = &f->report->results;
    *out = (struct suite_figure){.f = f, .row = row};
    out->suite = suite_figure_take(out, r->suites, sizeof(void *));
    out->title = suite_figure_take(out, r->suites, sizeof *out->title);
    out->method = suite_figure_take(out, r->methods, sizeof *out->method);
    enum status result = out->suite == NULL || out->title == NULL || out->method == NULL
                             ? figures_no_memory(row->id)
                             : collect_suites(out);
    if (result != STATUS_OK)
        suite_figure_free(out);
    return result;
}

void suite_figure_free(struct suite_figure *s)
{
    figures_series_free(&s->series);
    for (int i = 0; i < s->blocks; i++)
        free(s->memory[i]);
    free(s->memory);
    *s = (struct suite_figure){0};
}

enum status suite_figure_make(struct figures *f, const struct figure_row *row)
{
    struct suite_figure s;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(suite_figure_init(f, row, &s));
    enum status result = STATUS_OK;
    if (s.suites > 0)
        result = figures_next(f, row->id, row->title, &s.out);
    if (s.suites > 0 && result == STATUS_OK)
        result = row->suites(&s);
    suite_figure_free(&s);
    return result;
}

int suite_figure_row(const struct suite_figure *s, const struct suite_scores *g, int i)
{
    int row = 0;
    while (s->method[row] != g->method[i])
        row++;
    return row;
}

void *suite_figure_take(struct suite_figure *s, int count, size_t size)
{
    void **more = realloc(s->memory, ((size_t)s->blocks + 1) * sizeof *more);
    if (more == NULL)
        return NULL;
    s->memory = more;
    more[s->blocks] = calloc((size_t)count + 1, size);
    return more[s->blocks++];
}

double *suite_figure_numbers(struct suite_figure *s, int width)
{
    int n = s->suites * s->methods * width;
    double *out = suite_figure_take(s, n, sizeof *out);
    for (int i = 0; out != NULL && i < n; i++)
        out[i] = PLOT_NONE;
    return out;
}

struct interval *suite_figure_intervals(struct suite_figure *s, int n)
{
    struct interval *out = suite_figure_take(s, n, sizeof *out);
    for (int i = 0; out != NULL && i < n; i++)
        out[i] = (struct interval){PLOT_NONE, PLOT_NONE, PLOT_NONE, 0};
    return out;
}

struct bars suite_figure_bars(const struct suite_figure *s, const struct bars_block *block,
                              const char *x_title)
{
    return (struct bars){.id = s->out->id,
                         .block = block,
                         .blocks = 1,
                         .column = s->title,
                         .columns = s->suites,
                         .label = s->series.label,
                         .style = s->series.style,
                         .rows = s->methods,
                         .x_title = x_title,
                         .level = PLOT_NONE,
                         .x_low = PLOT_NONE,
                         .x_high = PLOT_NONE};
}

struct grid suite_figure_grid(const struct suite_figure *s, const struct grid_panel *panel,
                              int panels, const char *x_title, const char *y_title)
{
    return (struct grid){.id = s->out->id,
                         .panel = panel,
                         .panels = panels,
                         .columns = figures_columns(panels),
                         .label = s->series.label,
                         .style = s->series.style,
                         .series = s->methods,
                         .front = s->series.front,
                         .x_title = x_title,
                         .y_title = y_title};
}
