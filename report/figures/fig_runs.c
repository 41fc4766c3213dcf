/* Grids that look at runs more closely: beyond the budget, PPO's ratio, every seed, cost. */
#include "report/figures/curve_figure.h"
#include "report/figures/fig_curves.h"
#include "report/text/list.h"

#include <math.h>
#include <stdio.h>

enum { PAGE_POINTS = 51 }; /* a page holds many figures */

static bool has_runs_or_scores(const struct results *r, int method, int dataset)
{
    const struct results_run *run[CURVE_LINES_RUNS];
    return curve_lines_runs(r, method, dataset, run) > 0 ||
           results_count(r, method, dataset).used > 0;
}

/* The standard methods with a run anywhere in the suite (-1: anywhere). */
static enum status add_standard(struct curve_figure *b, int suite)
{
    const struct results *r = &b->f->report->results;
    for (int m = 0; m < r->methods; m++) {
        bool any = false;
        for (int d = 0; d < r->datasets && suite_scores_standard(r, m); d++)
            any |= (suite < 0 || r->dataset[d].suite == suite) && has_runs_or_scores(r, m, d);
        if (any)
            TRY(curve_figure_add_series(b, m, "", r->method[m].label));
    }
    return STATUS_OK;
}

/* --- beyond the budget (Fig. 21) ------------------------------------------------------------- */

enum status curves_longer(struct figures *f, const struct figure_row *row)
{
    const struct results *r = &f->report->results;
    struct curve_figure b = {.f = f, .row = row, .columns = 3};
    enum status result = STATUS_OK;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    for (int m = 0; m < r->methods && result == STATUS_OK; m++) {
        bool beyond = false;
        for (int i = 0; i < r->runs && list_find(row->methods, " ", r->method[m].base) >= 0; i++) {
            const struct results_run *run = &r->run[i];
            beyond |= run->method == m && run->points > 0 &&
                      list_find(row->datasets, " ", r->dataset[run->dataset].task) >= 0 &&
                      run->x[run->points - 1] > 1.05 * row->mark;
        }
        if (beyond)
            result = curve_figure_add_series(&b, m, "", r->method[m].label);
    }
    for (int d = 0; d < r->datasets && result == STATUS_OK; d++) {
        struct curve_figure_panel panel = {.dataset = d, .source.budget = row->budget};
        snprintf(panel.title, sizeof panel.title, "%s", r->dataset[d].title);
        if (list_find(row->datasets, " ", r->dataset[d].task) >= 0)
            result = curve_figure_add_panel(&b, &panel);
    }
    b.caption = "Black line: the budget of the main experiment. ";
    if (result == STATUS_OK && b.serieses > 0)
        result = curve_figure_draw(&b, row->id, row->title);
    curve_figure_free(&b);
    return result;
}

/* --- PPO (Fig. 10) --------------------------------------------------------------------------- */

enum status curves_ppo(struct figures *f, const struct figure_row *row)
{
    const struct results *r = &f->report->results;
    int method = results_method(r, row->methods);
    if (!figures_wanted(f, row->id) || method < 0)
        return STATUS_OK;
    struct curve_figure b = {.f = f, .row = row, .columns = 2, .x_title = "Online iterations"};
    enum status result = curve_figure_add_series(&b, method, "", r->method[method].label);
    for (int d = 0; d < r->datasets && result == STATUS_OK; d++) {
        const struct results_run *run[CURVE_LINES_RUNS];
        int n = curve_figure_runs(&b, 0, d, run);
        double last = 0;
        for (int i = 0; i < n; i++) {
            const struct curve *c = run[i]->curve;
            if (c != NULL && c->iterations > 0)
                last = fmax(last, c->iteration[c->iterations - 1].value[CURVE_iteration]);
        }
        struct curve_figure_panel panel = {.dataset = d,
                                           .source = {.what = CURVE_LINES_BY_ITERATION,
                                                      .metric = CURVE_rollout_return,
                                                      .budget = last},
                                           .y_title = "Return of rollouts"};
        snprintf(panel.title, sizeof panel.title, "%s", r->dataset[d].title);
        if (!(last > 0))
            continue;
        result = curve_figure_add_panel(&b, &panel);
        panel.source.metric = CURVE_ratio_mean;
        panel.y_title = "Mean ratio π/π_old";
        panel.log_y = true;
        if (result == STATUS_OK)
            result = curve_figure_add_panel(&b, &panel);
    }
    if (result == STATUS_OK && b.panels > 0)
        result = curve_figure_draw(&b, row->id, row->title);
    curve_figure_free(&b);
    return result;
}

/* --- one dataset at a time, for the page ------------------------------------------------------ */

static enum status draw_dataset(struct figures *f, const struct figure_row *row, int dataset)
{
    const struct results *r = &f->report->results;
    struct curve_figure b = {.f = f, .row = row, .columns = 3, .page_only = true};
    enum status result = STATUS_OK;
    for (int m = 0; m < r->methods && result == STATUS_OK; m++) {
        if (suite_scores_standard(r, m) && has_runs_or_scores(r, m, dataset))
            result = curve_figure_add_series(&b, m, "", r->method[m].label);
    }
    static const struct {
        enum grid_kind kind;
        const char *title;
    } panels[] = {
        {GRID_CURVES, "Mean and spread"}, {GRID_RUNS, "Every run"}, {GRID_DOTS, "Final scores"}};
    for (int k = 0; k < 3 && result == STATUS_OK; k++) {
        struct curve_figure_panel panel = {
            .dataset = dataset, .kind = panels[k].kind, .source.points = PAGE_POINTS};
        snprintf(panel.title, sizeof panel.title, "%s", panels[k].title);
        result = curve_figure_add_panel(&b, &panel);
    }
    char id[FIGURE_ID];
    snprintf(id, sizeof id, "%s_%s", row->id, r->dataset[dataset].id);
    if (result == STATUS_OK && b.serieses > 0 && figures_wanted(f, id))
        result = curve_figure_draw(&b, id, r->dataset[dataset].title);
    curve_figure_free(&b);
    return result;
}

enum status curves_datasets(struct figures *f, const struct figure_row *row)
{
    for (int d = 0; d < f->report->results.datasets && !f->no_page; d++) {
        /* The single-state MDP has Fig. 2. */
        if (f->report->results.suite[f->report->results.dataset[d].suite].scored)
            TRY(draw_dataset(f, row, d));
    }
    return STATUS_OK;
}

/* --- every seed ------------------------------------------------------------------------------ */

enum status curves_seeds(struct figures *f, const struct figure_row *row)
{
    const struct results *r = &f->report->results;
    for (int s = 0; s < r->suites; s++) {
        const struct results_suite *suite = &r->suite[s];
        char id[FIGURE_ID], title[FIGURE_TITLE];
        snprintf(id, sizeof id, "%s_%s", row->id, suite->id);
        snprintf(title, sizeof title, "%s: %s", suite->title, row->title);
        if (!figures_wanted(f, id) || !suite->scored)
            continue;
        struct curve_figure b = {.f = f, .row = row, .columns = 4};
        enum status result = add_standard(&b, s);
        for (int d = suite->first; d < suite->first + suite->count && result == STATUS_OK; d++) {
            struct curve_figure_panel panel = {.dataset = d, .kind = GRID_DOTS};
            snprintf(panel.title, sizeof panel.title, "%s", r->dataset[d].title);
            result = curve_figure_add_panel(&b, &panel);
        }
        if (result == STATUS_OK && b.serieses > 0)
            result = curve_figure_draw(&b, id, title);
        curve_figure_free(&b);
        TRY(result);
    }
    return STATUS_OK;
}
