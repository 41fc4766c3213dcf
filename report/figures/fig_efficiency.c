#include "report/stats/efficiency.h"

#include "report/figures/suite_figure.h"

#include <math.h>
#include <stdlib.h>

enum { POINTS = 21 }; /* every 5 % of the budget; each point costs a bootstrap */

/* One run on the grid of its own dataset's budget: shares of the budget, so that datasets of
 * different budgets can stand together. */
static void align_run(const struct results *r, const struct results_run *run, double *row)
{
    double grid[POINTS];
    struct align_curve c = {.points = run->points, .x = run->x, .y = run->y};
    double slack = align_spacing(c);
    align_grid(r->dataset[run->dataset].budget, POINTS, grid);
    align_onto(c, grid, POINTS, isfinite(slack) ? slack : 0, r->options.align, row);
}

/* Curves of one method in the order of its matrix: used runs in seed order, as many as it has. */
static void align_method(const struct results *r, const struct suite_scores *g, int i, double *y)
{
    const struct matrix *x = &g->x[i];
    for (int t = 0; t < x->tasks; t++) {
        int count, taken = 0;
        const struct results_run *cell = results_cell(r, g->method[i], g->dataset[t], &count);
        for (int k = 0; k < count && taken < x->runs[t]; k++) {
            if (!cell[k].used || !isfinite(cell[k].final))
                continue;
            align_run(r, &cell[k], y + (x->start[t] + (size_t)taken) * POINTS);
            taken++;
        }
    }
}

static enum status compute_method(const struct figures *f, const struct suite_scores *g, int i,
                                  struct efficiency *out)
{
    double *y = malloc((matrix_count(&g->x[i]) + 1) * POINTS * sizeof *y);
    if (y == NULL)
        return figures_no_memory("sample_efficiency");
    align_method(&f->report->results, g, i, y);
    enum status result = efficiency_make(&g->x[i], y, POINTS, &f->report->bootstrap, out);
    free(y);
    return result;
}

/* The budget when all datasets of the suite share it, else 0. */
static double common_budget(const struct results *r, const struct suite_scores *g)
{
    double budget = r->dataset[g->dataset[0]].budget;
    for (int i = 1; i < g->datasets; i++) {
        if (r->dataset[g->dataset[i]].budget != budget)
            return 0;
    }
    return budget;
}

/* Curves of a suite's methods, whose x are the numbers given, and the panel that shows them. */
static enum status fill_efficiency_panel(const struct suite_figure *s, const struct suite_scores *g,
                                         const double *x, double x_high,
                                         struct efficiency *computed, struct grid_line *line,
                                         struct grid_panel *panel)
{
    for (int i = 0; i < g->methods; i++) {
        int row = suite_figure_row(s, g, i);
        struct efficiency *e = &computed[row];
        TRY(compute_method(s->f, g, i, e));
        line[row] = (struct grid_line){.points = e->points,
                                       .x = x,
                                       .mean = e->iqm,
                                       .low = e->iqm_low,
                                       .high = e->iqm_high,
                                       .runs = e->runs,
                                       .series = row};
        for (int j = e->points - 1; j >= 0; j--) {
            if (isfinite(e->iqm[j])) {
                figures_say(s->out->alt, " %s, %s: %.1f.", g->title, s->series.label[row],
                            e->iqm[j]);
                break;
            }
        }
    }
    *panel = (struct grid_panel){.title = g->title,
                                 .line = line,
                                 .lines = s->methods,
                                 .x_high = x_high,
                                 .y_low = PLOT_NONE,
                                 .y_high = PLOT_NONE,
                                 .mark = PLOT_NONE,
                                 .behaviour = PLOT_NONE};
    figures_say_gaps(g, s->out->caption);
    return STATUS_OK;
}

static enum status draw_efficiency_panels(struct suite_figure *s, struct efficiency *computed,
                                          struct grid_line *line, struct grid_panel *panel,
                                          double (*x)[POINTS])
{
    /* Transitions, or the share of the budget as soon as budgets differ within a suite. */
    const struct results *r = &s->f->report->results;
    bool share = false;
    for (int k = 0; k < s->suites; k++)
        share |= common_budget(r, &s->suite[k]->scores) <= 0;
    figures_say(s->out->caption,
                "Interquartile mean of the scores at equal %s over all runs of a "
                "suite; not drawn where a run is missing. Band: ",
                share        ? "shares of the budget"
                : r->foreign ? "numbers of steps"
                             : "numbers of transitions");
    figures_say_interval(s->f, s->out->caption);
    figures_say(s->out->alt, "%s. Last value.", s->row->title);
    for (int k = 0; k < s->suites; k++) {
        const struct suite_scores *g = &s->suite[k]->scores;
        double high = share ? 1 : common_budget(r, g);
        align_grid(high, POINTS, x[k]);
        TRY(fill_efficiency_panel(s, g, x[k], high, computed + k * s->methods,
                                  line + k * s->methods, &panel[k]));
    }
    char y_title[RESULTS_TITLE];
    report_score_of(s->f->report, "IQM", y_title, sizeof y_title);
    struct grid g = suite_figure_grid(s, panel, s->suites,
                                      share ? "Share of the budget" : r->x_title, y_title);
    return figures_grid(s->f, &g, s->out);
}

/* Score files with final scores only have no curves. */
static bool has_curves(const struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].points > 2)
            return true;
    }
    return false;
}

enum status efficiency_draw(struct suite_figure *s)
{
    if (!has_curves(&s->f->report->results))
        return STATUS_OK;
    int cells = s->suites * s->methods;
    struct efficiency *computed = suite_figure_take(s, cells, sizeof *computed);
    struct grid_line *line = suite_figure_take(s, cells, sizeof *line);
    struct grid_panel *panel = suite_figure_take(s, s->suites, sizeof *panel);
    double(*x)[POINTS] = suite_figure_take(s, s->suites, sizeof *x);
    if (computed == NULL || line == NULL || panel == NULL || x == NULL)
        return figures_no_memory(s->row->id);
    enum status result = draw_efficiency_panels(s, computed, line, panel, x);
    for (int i = 0; i < cells; i++)
        efficiency_free(&computed[i]);
    return result;
}
