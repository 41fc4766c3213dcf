#include "report/figures/fig_status.h"

#include "report/draw/fig_bars.h"
#include "report/figures/board.h"
#include "report/figures/lines.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* All drawable runs of a method on a suite's datasets; for free(). */
static const struct results_run **runs_of(const struct results *r, const struct gather *g, int i,
                                          int *count)
{
    const struct results_run **all = calloc((size_t)g->datasets * LINES_RUNS + 1, sizeof(void *));
    *count = 0;
    for (int d = 0; all != NULL && d < g->datasets; d++) {
        const struct results_run *run[LINES_RUNS];
        int n = lines_runs(r, g->method[i], g->dataset[d], run);
        for (int k = 0; k < n; k++)
            all[(*count)++] = run[k];
    }
    return all;
}

/* --- score against cost ----------------------------------------------------------------------- */

static enum status fill_panel(const struct figures *f, const struct board *b,
                              const struct gather *g, bool hours, struct grid_line *line,
                              struct grid_panel *panel)
{
    struct lines_source source = {.what = hours ? LINES_HOURS : LINES_STEPS};
    for (int d = 0; d < g->datasets; d++)
        source.budget = fmax(source.budget, f->results->dataset[g->dataset[d]].budget);
    double high = 0;
    for (int i = 0; i < g->methods; i++) {
        int row = board_row(b, g, i), runs;
        const struct results_run **run = runs_of(f->results, g, i, &runs);
        if (run == NULL)
            return figures_no_memory("cost");
        enum status result = lines_mean(f, &source, run, runs, row, &line[row]);
        free(run);
        TRY(result);
        /* Points without a known cost have no place on the axis. */
        bool any = false;
        for (int j = 0; j < line[row].points; j++) {
            bool known = isfinite(line[row].x[j]) && isfinite(line[row].mean[j]);
            high = known ? fmax(high, line[row].x[j]) : high;
            any |= known;
        }
        line[row].low = line[row].high = NULL;
        line[row].runs = any ? line[row].runs : 0;
    }
    *panel = (struct grid_panel){.title = g->title,
                                 .line = line,
                                 .lines = high > 0 ? b->methods : 0,
                                 .x_high = high,
                                 .y_low = PLOT_NONE,
                                 .y_high = PLOT_NONE,
                                 .mark = PLOT_NONE,
                                 .behaviour = PLOT_NONE};
    return STATUS_OK;
}

static enum status draw(struct figures *f, const struct board *b, const struct figure_row *row,
                        bool hours, struct grid_line *line, struct grid_panel *panel)
{
    int panels = 0;
    for (int s = 0; s < b->suites; s++) {
        TRY(fill_panel(f, b, &b->suite[s], hours, line + (size_t)s * (size_t)b->methods,
                       &panel[panels]));
        panels += panel[panels].lines > 0;
    }
    if (panels == 0)
        return STATUS_OK;
    struct figure *out;
    TRY(figures_next(f, row->id, row->title, &out));
    figures_say(out->caption,
                "Mean score over all runs of a suite against their mean %s at equal numbers of "
                "transitions, as far as all of them go.",
                hours ? "wall-clock time (machines as in the provenance; shared machines add noise)"
                      : "number of actor updates, pretraining included");
    figures_say(out->alt, "%s.", row->title);
    for (int s = 0; s < b->suites; s++) {
        for (int k = 0; k < b->methods; k++) {
            const struct grid_line *l = &line[(size_t)s * (size_t)b->methods + (size_t)k];
            int last = l->points - 1;
            if (l->runs > 0)
                figures_say(out->alt, " %s, %s: %.1f at %.3g.", b->suite[s].title,
                            b->series.label[k], lines_last(l), l->x[last]);
        }
    }
    double longest = 0;
    for (int i = 0; i < panels; i++)
        longest = fmax(longest, panel[i].x_high);
    /* Hours of real runs, seconds of small ones. */
    const double minute = 1 / 60.0;
    bool minutes = longest < 2, seconds = longest < 2 * minute;
    struct grid g = {.id = out->id,
                     .panel = panel,
                     .panels = panels,
                     .columns = figures_columns(panels),
                     .label = b->series.label,
                     .style = b->series.style,
                     .series = b->methods,
                     .front = b->series.front,
                     .x_title = !hours    ? "Gradient steps"
                                : seconds ? "Wall clock, seconds"
                                : minutes ? "Wall clock, minutes"
                                          : "Wall clock, hours",
                     .x_unit = !hours    ? 1
                               : seconds ? minute / 60
                               : minutes ? minute
                                         : 1,
                     .y_title = "Mean normalised score"};
    TRY(grid_draw(&g, f->theme, f->folder, f->comment, out));
    figures_keep(f);
    return STATUS_OK;
}

enum status cost_curves(struct figures *f, const struct figure_row *row)
{
    struct board b;
    bool hours = strcmp(row->id, "cost") == 0;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    size_t cells = (size_t)b.suites * (size_t)b.methods + 1;
    struct grid_line *line = calloc(cells, sizeof *line);
    struct grid_panel *panel = calloc((size_t)b.suites + 1, sizeof *panel);
    enum status result = line == NULL || panel == NULL ? figures_no_memory(row->id)
                                                       : draw(f, &b, row, hours, line, panel);
    if (line != NULL)
        lines_free(line, (int)cells);
    free(line);
    free(panel);
    board_free(&b);
    return result;
}

/* --- time by phase -----------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    enum curve_metric metric;
} phase[] = {{"rollout", CURVE_seconds_rollout},     {"drawing batches", CURVE_seconds_sample},
             {"critic", CURVE_seconds_critic},       {"actor", CURVE_seconds_actor},
             {"evaluation", CURVE_seconds_evaluate}, {"storing", CURVE_seconds_store}};

enum { PHASES = sizeof phase / sizeof *phase };

/* Seconds per 1000 online transitions over all runs; false when no run knows. */
static bool seconds(const struct results_run *const *run, int runs, double out[PHASES])
{
    double transitions = 0, sum[PHASES] = {0};
    for (int i = 0; i < runs; i++) {
        const struct curve *c = run[i]->curve;
        double last = 0;
        for (int k = 0; c != NULL && k < c->iterations; k++) {
            const double *value = c->iteration[k].value;
            if (!(value[CURVE_phase] > 0.5)) /* pretraining */
                continue;
            last = isfinite(value[CURVE_transitions]) ? value[CURVE_transitions] : last;
            for (int p = 0; p < PHASES; p++)
                sum[p] += isfinite(value[phase[p].metric]) ? value[phase[p].metric] : 0;
        }
        transitions += last;
    }
    double all = 0;
    for (int p = 0; p < PHASES; p++) {
        out[p] = transitions > 0 ? 1000 * sum[p] / transitions : PLOT_NONE;
        all += sum[p];
    }
    return transitions > 0 && all > 0;
}

enum status cost_phases(struct figures *f, const struct figure_row *row)
{
    struct board b;
    struct figure *out;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    enum status result = figures_next(f, row->id, row->title, &out);
    double *part = board_numbers(&b, PHASES);
    if (result == STATUS_OK && part == NULL)
        result = figures_no_memory(row->id);
    int known = 0;
    for (int s = 0; s < b.suites && result == STATUS_OK; s++) {
        const struct gather *g = &b.suite[s];
        for (int i = 0; i < g->methods; i++) {
            int runs, at = board_row(&b, g, i);
            const struct results_run **run = runs_of(f->results, g, i, &runs);
            if (run == NULL) {
                result = figures_no_memory(row->id);
                break;
            }
            double *mine = part + (size_t)(s * b.methods + at) * PHASES, total = 0;
            bool told = seconds(run, runs, mine);
            free(run);
            known += told;
            for (int p = 0; p < PHASES; p++)
                total += isfinite(mine[p]) ? mine[p] : 0;
            if (told)
                figures_say(out->alt, " %s, %s: %.3g s.", g->title, b.series.label[at], total);
        }
    }
    if (result == STATUS_OK && known > 0) {
        /* Not the methods' hues: from dark to light, in an order that greys keep. */
        static const uint32_t colour[PHASES] = {0x440154, 0x414487, 0x2A788E,
                                                0x22A884, 0x7AD151, 0xFDE725};
        struct theme_series style[PHASES];
        const char *name[PHASES];
        for (int p = 0; p < PHASES; p++) {
            style[p] = (struct theme_series){.rgb = colour[p], .dash = 1, .marker = 7, .line = 4};
            name[p] = phase[p].name;
        }
        figures_say(out->caption, "Seconds of wall clock per 1000 online transitions by phase, "
                                  "sums over all runs of a suite.");
        struct bars_block block = {.part = part};
        struct bars bars = {.kind = BARS_STACK,
                            .id = out->id,
                            .block = &block,
                            .blocks = 1,
                            .column = b.title,
                            .columns = b.suites,
                            .label = b.series.label,
                            .style = b.series.style,
                            .rows = b.methods,
                            .x_title = "Seconds per 1000 transitions",
                            .empty = "no times",
                            .level = PLOT_NONE,
                            .x_low = PLOT_NONE,
                            .x_high = PLOT_NONE,
                            .part = name,
                            .part_style = style,
                            .parts = PHASES};
        result = bars_draw(&bars, f->theme, f->folder, f->comment, out);
        if (result == STATUS_OK)
            figures_keep(f);
    }
    free(part);
    board_free(&b);
    return result;
}
