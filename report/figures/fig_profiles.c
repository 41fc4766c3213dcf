#include "report/stats/profile.h"

#include "report/figures/suite_figure.h"

#include <math.h>
#include <stdio.h>

enum { MOST_THRESHOLDS = 241 };

/* Over all tasks the few beyond this would take most of the axis (maze2d-open reaches 570). */
static const double ALL_HIGH = 150;
static const double MARGIN = 0.03;

/* The share of runs above half of the reference score. */
static double above_half(const struct profile *p)
{
    for (int i = 0; i < p->count; i++) {
        if (p->tau[i] >= 50)
            return p->run[i];
    }
    return PLOT_NONE;
}

/* Sentences: who lies nowhere below whom (docs/statistics.md 5). */
static void say_dominance(const struct suite_figure *s, const struct suite_scores *g,
                          const struct profile *p)
{
    for (int i = 0; i < g->methods; i++) {
        for (int k = 0; k < g->methods; k++) {
            int a = suite_figure_row(s, g, i), c = suite_figure_row(s, g, k);
            if (i != k && profile_dominates(&p[a], &p[c]))
                figures_say(s->out->alt, " %s: %s lies nowhere below %s.", g->title,
                            s->series.label[a], s->series.label[c]);
        }
    }
}

static bool is_cut(const struct suite_figure *s, const struct suite_scores *g)
{
    return g->suite < 0 && !s->f->report->results.foreign;
}

/* Where the axis ends: at the last threshold, or sooner where no run comes near it (small budgets),
 * so that the curves do not crowd at the left. */
static double right_end(const struct suite_figure *s, const struct suite_scores *g,
                        const double *tau, int count)
{
    double end = count > 0 ? tau[count - 1] : 100, highest = -HUGE_VAL;
    for (int i = 0; i < g->methods; i++) {
        for (size_t k = 0; k < matrix_count(&g->x[i]); k++)
            highest = fmax(highest, g->x[i].score[k]);
    }
    if (highest > 0 && highest < 50)
        end = fmin(end, fmax(5, 5 * ceil(highest / 5)));
    return is_cut(s, g) ? fmin(end, ALL_HIGH) : end;
}

/* Profiles of a suite's methods and the panel that shows them; both arrays are (methods). */
static enum status fill_profile_panel(const struct suite_figure *s, const struct suite_scores *g,
                                      struct profile *profile, struct grid_line *line,
                                      struct grid_panel *panel)
{
    double tau[MOST_THRESHOLDS];
    int count = profile_grid(g->view, g->methods, MOST_THRESHOLDS, tau);
    double high = count > 0 ? tau[count - 1] : 100;
    for (int i = 0; i < g->methods; i++) {
        int row = suite_figure_row(s, g, i);
        struct profile *p = &profile[row];
        TRY(profile_make(&g->x[i], tau, count, &s->f->report->bootstrap, p));
        figures_say(s->out->alt, " %s, %s: %.0f %% of runs above 50.", g->title,
                    s->series.label[row], 100 * above_half(p));
        line[row] = (struct grid_line){.points = p->count,
                                       .x = p->tau,
                                       .mean = p->run,
                                       .low = p->run_low,
                                       .high = p->run_high,
                                       .runs = g->most,
                                       .series = row};
    }
    *panel = (struct grid_panel){
        .title = g->title,
        .line = line,
        .lines = s->methods,
        .x_low = count > 0 ? fmin(0, tau[0]) : 0,
        .x_high = right_end(s, g, tau, count),
        .y_low = -MARGIN, /* a method at 0 or 1 is not hidden by the frame */
        .y_high = 1 + MARGIN,
        .mark = PLOT_NONE,
        .behaviour = PLOT_NONE};
    if (is_cut(s, g) && high > ALL_HIGH)
        figures_say(s->out->caption, " %s: cut at %g.", g->title, ALL_HIGH);
    say_dominance(s, g, profile);
    figures_say_gaps(g, s->out->caption);
    return STATUS_OK;
}

/* A panel per suite, and one of all tasks where there are several suites. */
static enum status draw_profile_panels(struct suite_figure *s, struct profile *profile,
                                       struct grid_line *line, struct grid_panel *panel)
{
    struct suite_statistics *all;
    TRY(statistics_suite(s->f->report, -1, RESULTS_FINAL, &all));
    int panels = s->suites + (s->suites > 1 && all->scores.methods > 0);
    for (int k = 0; k < panels; k++)
        TRY(fill_profile_panel(s, k < s->suites ? &s->suite[k]->scores : &all->scores,
                               profile + k * s->methods, line + k * s->methods, &panel[k]));
    char x_title[RESULTS_TITLE];
    snprintf(x_title, sizeof x_title, "%.96s τ", report_score_axis(s->f->report));
    struct grid g = suite_figure_grid(s, panel, panels, x_title, "Share of runs with score > τ");
    g.columns = panels == 4 ? 2 : g.columns;
    return figures_grid(s->f, &g, s->out);
}

enum status profiles_draw(struct suite_figure *s)
{
    int cells = (s->suites + 1) * s->methods;
    struct grid_panel *panel = suite_figure_take(s, s->suites + 1, sizeof *panel);
    struct grid_line *line = suite_figure_take(s, cells, sizeof *line);
    struct profile *profile = suite_figure_take(s, cells, sizeof *profile);
    if (panel == NULL || line == NULL || profile == NULL)
        return figures_no_memory(s->row->id);
    figures_say(s->out->caption, "Share of runs with a score above τ, over a suite's datasets; "
                                 "band: interval at each τ. A curve above another everywhere is "
                                 "better at every level. ");
    figures_say_interval(s->f, s->out->caption);
    enum status result = draw_profile_panels(s, profile, line, panel);
    for (int i = 0; i < cells; i++)
        profile_free(&profile[i]);
    return result;
}
