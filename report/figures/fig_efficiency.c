#include "report/figures/fig_suites.h"

#include "report/draw/fig_grid.h"
#include "report/figures/board.h"
#include "report/stats/efficiency.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POINTS = 21 }; /* every 5 % of the budget; each point costs a bootstrap */

/* One run on the grid of its own dataset's budget: shares of the budget, so that datasets of
 * different budgets can stand together. */
static void align_run(const struct figures *f, const struct results_run *run, double *row)
{
    double grid[POINTS];
    struct align_curve c = {.points = run->points, .x = run->x, .y = run->y};
    double slack = align_spacing(c);
    align_grid(f->results->dataset[run->dataset].budget, POINTS, grid);
    align_onto(c, grid, POINTS, isfinite(slack) ? slack : 0, f->results->options.align, row);
}

/* Curves of one method in the order of its matrix: used runs in seed order, as many as it has. */
static void align_method(const struct figures *f, const struct gather *g, int i, double *y)
{
    const struct matrix *x = &g->x[i];
    for (int t = 0; t < x->tasks; t++) {
        int count, taken = 0;
        const struct results_run *cell = results_cell(f->results, g->method[i], g->dataset[t],
                                                      &count);
        for (int k = 0; k < count && taken < x->runs[t]; k++) {
            if (!cell[k].used || !isfinite(cell[k].final))
                continue;
            align_run(f, &cell[k], y + (x->start[t] + (size_t)taken) * POINTS);
            taken++;
        }
    }
}

static enum status make_method(const struct figures *f, const struct gather *g, int i,
                               struct efficiency *out)
{
    double *y = malloc((matrix_count(&g->x[i]) + 1) * POINTS * sizeof *y);
    if (y == NULL)
        return figures_no_memory("sample_efficiency");
    align_method(f, g, i, y);
    enum status result = efficiency_make(&g->x[i], y, POINTS, f->bootstrap, out);
    free(y);
    return result;
}

/* The budget when all datasets of the suite share it, else 0. */
static double common_budget(const struct results *r, const struct gather *g)
{
    double budget = r->dataset[g->dataset[0]].budget;
    for (int i = 1; i < g->datasets; i++) {
        if (r->dataset[g->dataset[i]].budget != budget)
            return 0;
    }
    return budget;
}

static enum status fill_panel(const struct figures *f, const struct board *b,
                              const struct gather *g, const double *x, double x_high,
                              struct efficiency *made, struct grid_line *line,
                              struct grid_panel *panel, struct figure *out)
{
    for (int i = 0; i < g->methods; i++) {
        int row = board_row(b, g, i);
        struct efficiency *e = &made[row];
        TRY(make_method(f, g, i, e));
        line[row] = (struct grid_line){.points = e->points,
                                       .x = x,
                                       .mean = e->iqm,
                                       .low = e->iqm_low,
                                       .high = e->iqm_high,
                                       .runs = e->runs,
                                       .series = row};
        for (int j = e->points - 1; j >= 0; j--) {
            if (isfinite(e->iqm[j])) {
                figures_say(out->alt, " %s, %s: %.1f.", g->title, b->series.label[row], e->iqm[j]);
                break;
            }
        }
    }
    *panel = (struct grid_panel){.title = g->title,
                                 .line = line,
                                 .lines = b->methods,
                                 .x_high = x_high,
                                 .y_low = PLOT_NONE,
                                 .y_high = PLOT_NONE,
                                 .mark = PLOT_NONE,
                                 .behaviour = PLOT_NONE};
    board_say(g, out->caption);
    return STATUS_OK;
}

static enum status draw(struct figures *f, const struct board *b, const struct figure_row *row,
                        struct efficiency *made, struct grid_line *line, struct grid_panel *panel,
                        double (*x)[POINTS])
{
    /* Transitions, or the share of the budget as soon as budgets differ within a suite. */
    bool share = false;
    for (int s = 0; s < b->suites; s++)
        share |= common_budget(f->results, &b->suite[s]) <= 0;
    struct figure *out;
    TRY(figures_next(f, row->id, row->title, &out));
    figures_say(out->caption,
                "Interquartile mean of the scores at equal %s over all runs of a "
                "suite; not drawn where a run is missing. Band: ",
                share ? "shares of the budget" : "numbers of transitions");
    figures_say_interval(f, out->caption);
    figures_say(out->alt, "%s. Last value.", row->title);
    size_t methods = (size_t)b->methods;
    for (int s = 0; s < b->suites; s++) {
        double high = share ? 1 : common_budget(f->results, &b->suite[s]);
        align_grid(high, POINTS, x[s]);
        TRY(fill_panel(f, b, &b->suite[s], x[s], high, made + (size_t)s * methods,
                       line + (size_t)s * methods, &panel[s], out));
    }
    struct grid g = {.id = out->id,
                     .panel = panel,
                     .panels = b->suites,
                     .columns = figures_columns(b->suites),
                     .label = b->series.label,
                     .style = b->series.style,
                     .series = b->methods,
                     .front = b->series.front,
                     .x_title = share ? "Share of the budget" : f->results->x_title,
                     .y_title = "IQM normalised score"};
    TRY(grid_draw(&g, f->theme, f->folder, f->comment, out));
    figures_keep(f);
    return STATUS_OK;
}

/* Someone who gave final scores only has no curves. */
static bool has_curves(const struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].points > 2)
            return true;
    }
    return false;
}

enum status suites_efficiency(struct figures *f, const struct figure_row *row)
{
    struct board b;
    if (!figures_wanted(f, row->id) || !has_curves(f->results))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    size_t cells = (size_t)b.suites * (size_t)b.methods + 1;
    struct efficiency *made = calloc(cells, sizeof *made);
    struct grid_line *line = calloc(cells, sizeof *line);
    struct grid_panel *panel = calloc((size_t)b.suites + 1, sizeof *panel);
    double(*x)[POINTS] = calloc((size_t)b.suites + 1, sizeof *x);
    enum status result = STATUS_OK;
    if (made == NULL || line == NULL || panel == NULL || x == NULL)
        result = figures_no_memory(row->id);
    else if (b.suites > 0)
        result = draw(f, &b, row, made, line, panel, x);
    for (size_t i = 0; made != NULL && i < cells; i++)
        efficiency_free(&made[i]);
    free(made);
    free(line);
    free(panel);
    free(x);
    board_free(&b);
    return result;
}
