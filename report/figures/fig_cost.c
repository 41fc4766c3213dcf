#include "report/figures/curve_lines.h"
#include "report/figures/suite_figure.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* All drawable runs of a method on a suite's datasets; for free(). */
static const struct results_run **runs_of(const struct results *r, const struct suite_scores *g,
                                          int i, int *count)
{
    const struct results_run **all = calloc((size_t)g->datasets * CURVE_LINES_RUNS + 1,
                                            sizeof(void *));
    *count = 0;
    for (int d = 0; all != NULL && d < g->datasets; d++) {
        const struct results_run *run[CURVE_LINES_RUNS];
        int n = curve_lines_runs(r, g->method[i], g->dataset[d], run);
        for (int k = 0; k < n; k++)
            all[(*count)++] = run[k];
    }
    return all;
}

/* --- score against cost ----------------------------------------------------------------------- */

/* Mean curves of a suite's methods and the panel that shows them; a panel without lines when no run
 * knows its cost. */
static enum status fill_cost_panel(const struct suite_figure *s, const struct suite_scores *g,
                                   bool hours, struct grid_line *line, struct grid_panel *panel)
{
    const struct results *r = &s->f->report->results;
    struct curve_lines_source source = {.what = hours ? CURVE_LINES_HOURS : CURVE_LINES_STEPS};
    for (int d = 0; d < g->datasets; d++)
        source.budget = fmax(source.budget, r->dataset[g->dataset[d]].budget);
    double high = 0;
    for (int i = 0; i < g->methods; i++) {
        int row = suite_figure_row(s, g, i), runs;
        const struct results_run **run = runs_of(r, g, i, &runs);
        if (run == NULL)
            return figures_no_memory(s->row->id);
        enum status result = curve_lines_mean(s->f, &source, run, runs, row, &line[row]);
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
                                 .lines = high > 0 ? s->methods : 0,
                                 .x_high = high,
                                 .y_low = PLOT_NONE,
                                 .y_high = PLOT_NONE,
                                 .mark = PLOT_NONE,
                                 .behaviour = PLOT_NONE};
    return STATUS_OK;
}

static void say_costs(const struct suite_figure *s, bool hours, const struct grid_line *line)
{
    figures_say(s->out->caption,
                "Mean score over all runs of a suite against their mean %s at equal numbers of "
                "transitions, up to where the shortest run ends.",
                hours ? "wall-clock time (machines as in the provenance; shared machines add noise)"
                      : "number of actor updates, pretraining included");
    figures_say(s->out->alt, "%s.", s->row->title);
    for (int k = 0; k < s->suites; k++) {
        for (int m = 0; m < s->methods; m++) {
            const struct grid_line *l = &line[k * s->methods + m];
            if (l->runs > 0)
                figures_say(s->out->alt, " %s, %s: %.1f at %.3g.", s->suite[k]->scores.title,
                            s->series.label[m], curve_lines_last(l), l->x[l->points - 1]);
        }
    }
}

static enum status draw_cost_panels(struct suite_figure *s, struct grid_line *line,
                                    struct grid_panel *panel)
{
    bool hours = strcmp(s->row->id, "cost") == 0;
    int panels = 0;
    double longest = 0;
    for (int k = 0; k < s->suites; k++) {
        TRY(fill_cost_panel(s, &s->suite[k]->scores, hours, line + k * s->methods, &panel[panels]));
        longest = fmax(longest, panel[panels].x_high);
        panels += panel[panels].lines > 0;
    }
    if (panels == 0)
        return STATUS_OK;
    say_costs(s, hours, line);
    char y_title[RESULTS_TITLE];
    report_score_of(s->f->report, "Mean", y_title, sizeof y_title);
    struct grid g = suite_figure_grid(s, panel, panels, "Gradient steps", y_title);
    /* Hours of real runs, seconds of small ones. */
    const double minute = 1 / 60.0;
    if (hours && longest < 2 * minute) {
        g.x_title = "Wall clock, seconds";
        g.x_unit = minute / 60;
    } else if (hours && longest < 2) {
        g.x_title = "Wall clock, minutes";
        g.x_unit = minute;
    } else if (hours) {
        g.x_title = "Wall clock, hours";
    }
    return figures_grid(s->f, &g, s->out);
}

enum status cost_draw(struct suite_figure *s)
{
    int cells = s->suites * s->methods;
    struct grid_line *line = suite_figure_take(s, cells, sizeof *line);
    struct grid_panel *panel = suite_figure_take(s, s->suites, sizeof *panel);
    if (line == NULL || panel == NULL)
        return figures_no_memory(s->row->id);
    enum status result = draw_cost_panels(s, line, panel);
    curve_lines_free(line, cells);
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
static bool seconds_by_phase(const struct results_run *const *run, int runs, double out[PHASES])
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

/* part (suites, methods, PHASES); returns in *known how many methods have times. */
static enum status collect_phases(struct suite_figure *s, double *part, int *known)
{
    for (int k = 0; k < s->suites; k++) {
        const struct suite_scores *g = &s->suite[k]->scores;
        for (int i = 0; i < g->methods; i++) {
            int runs, row = suite_figure_row(s, g, i);
            const struct results_run **run = runs_of(&s->f->report->results, g, i, &runs);
            if (run == NULL)
                return figures_no_memory(s->row->id);
            double *seconds = part + (k * s->methods + row) * PHASES, total = 0;
            bool told = seconds_by_phase(run, runs, seconds);
            free(run);
            *known += told;
            for (int p = 0; p < PHASES; p++)
                total += isfinite(seconds[p]) ? seconds[p] : 0;
            if (told)
                figures_say(s->out->alt, " %s, %s: %.3g s.", g->title, s->series.label[row], total);
        }
    }
    return STATUS_OK;
}

enum status phases_draw(struct suite_figure *s)
{
    /* Not the methods' hues: from dark to light, in an order that greys keep. */
    static const uint32_t colour[PHASES] = {0x440154, 0x414487, 0x2A788E,
                                            0x22A884, 0x7AD151, 0xFDE725};
    struct theme_series style[PHASES];
    const char *name[PHASES];
    double *part = suite_figure_numbers(s, PHASES);
    int known = 0;
    if (part == NULL)
        return figures_no_memory(s->row->id);
    TRY(collect_phases(s, part, &known));
    if (known == 0)
        return STATUS_OK;
    for (int p = 0; p < PHASES; p++) {
        style[p] = (struct theme_series){.rgb = colour[p], .dash = 1, .marker = 7, .line = 4};
        name[p] = phase[p].name;
    }
    figures_say(s->out->caption, "Seconds of wall clock per 1000 online transitions by phase, "
                                 "sums over all runs of a suite.");
    struct bars_block block = {.part = part};
    struct bars bars = suite_figure_bars(s, &block, "Seconds per 1000 transitions");
    bars.kind = BARS_STACK;
    bars.empty = "no times";
    bars.part = name;
    bars.part_style = style;
    bars.parts = PHASES;
    return figures_bars(s->f, &bars, s->out);
}
