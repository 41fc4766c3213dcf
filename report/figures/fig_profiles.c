#include "report/figures/fig_suites.h"

#include "report/draw/fig_grid.h"
#include "report/figures/board.h"
#include "report/stats/profile.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_THRESHOLDS = 241 };

/* Over all tasks the few beyond this would take most of the axis (maze2d-open reaches 570). */
static const double ALL_HIGH = 150;

/* Panels of one figure and what they point to. */
struct pages {
    struct grid_panel *panel;
    struct grid_line *line;  /* (panels, methods) */
    struct profile *profile; /* (panels, methods) */
    int panels;
};

static void pages_free(struct pages *p, int methods)
{
    for (int i = 0; p->profile != NULL && i < p->panels * methods; i++)
        profile_free(&p->profile[i]);
    free(p->panel);
    free(p->line);
    free(p->profile);
}

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
static void say_dominance(const struct board *b, const struct gather *g, const struct profile *p,
                          struct figure *out)
{
    for (int i = 0; i < g->methods; i++) {
        for (int k = 0; k < g->methods; k++) {
            int a = board_row(b, g, i), c = board_row(b, g, k);
            if (i != k && profile_dominates(&p[a], &p[c]))
                figures_say(out->alt, " %s: %s lies nowhere below %s.", g->title,
                            b->series.label[a], b->series.label[c]);
        }
    }
}

/* Where the axis ends: at the last threshold, or sooner where no run comes near it (small budgets),
 * so that the curves do not crowd at the left. */
static double right_end(const struct gather *g, const double *tau, int count)
{
    double end = count > 0 ? tau[count - 1] : 100, highest = -HUGE_VAL;
    for (int i = 0; i < g->methods; i++) {
        for (size_t k = 0; k < matrix_count(&g->x[i]); k++)
            highest = fmax(highest, g->x[i].score[k]);
    }
    if (highest > 0 && highest < 50)
        end = fmin(end, fmax(5, 5 * ceil(highest / 5)));
    return g->suite < 0 ? fmin(end, ALL_HIGH) : end;
}

static enum status fill_panel(const struct figures *f, const struct board *b,
                              const struct gather *g, struct pages *pages, int at,
                              struct figure *out)
{
    double tau[MOST_THRESHOLDS];
    int count = profile_grid(g->view, g->methods, MOST_THRESHOLDS, tau);
    double high = count > 0 ? tau[count - 1] : 100;
    struct grid_line *line = pages->line + (size_t)at * (size_t)b->methods;
    struct profile *profile = pages->profile + (size_t)at * (size_t)b->methods;
    for (int i = 0; i < g->methods; i++) {
        int row = board_row(b, g, i);
        struct profile *p = &profile[row];
        TRY(profile_make(&g->x[i], tau, count, f->bootstrap, p));
        figures_say(out->alt, " %s, %s: %.0f %% of runs above 50.", g->title, b->series.label[row],
                    100 * above_half(p));
        line[row] = (struct grid_line){.points = p->count,
                                       .x = p->tau,
                                       .mean = p->run,
                                       .low = p->run_low,
                                       .high = p->run_high,
                                       .runs = g->most,
                                       .series = row};
    }
    pages->panel[at] = (struct grid_panel){.title = g->title,
                                           .line = line,
                                           .lines = b->methods,
                                           .x_high = right_end(g, tau, count),
                                           .y_low = 0,
                                           .y_high = 1,
                                           .mark = PLOT_NONE,
                                           .behaviour = PLOT_NONE};
    if (g->suite < 0 && high > ALL_HIGH)
        figures_say(out->caption, " %s: cut at %g.", g->title, ALL_HIGH);
    say_dominance(b, g, profile, out);
    board_say(g, out->caption);
    return STATUS_OK;
}

enum status suites_profiles(struct figures *f, const struct figure_row *row)
{
    struct board b;
    struct figure *out;
    struct gather all = {0};
    struct pages pages = {0};
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    enum status result = gather_suite(f->results, -1, RESULTS_FINAL, &all);
    bool whole = result == STATUS_OK && b.suites > 1 && all.methods > 0;
    size_t panels = (size_t)b.suites + 1, cells = panels * ((size_t)b.methods + 1);
    if (result == STATUS_OK)
        result = figures_next(f, row->id, row->title, &out);
    pages.panel = calloc(panels, sizeof *pages.panel);
    pages.line = calloc(cells, sizeof *pages.line);
    pages.profile = calloc(cells, sizeof *pages.profile);
    if (result == STATUS_OK && (pages.panel == NULL || pages.line == NULL || pages.profile == NULL))
        result = figures_no_memory(row->id);
    if (result == STATUS_OK)
        figures_say(out->caption, "Share of runs with a score above τ, over a suite's datasets; "
                                  "band: interval at each τ. A curve above another everywhere is "
                                  "better at every level. ");
    if (result == STATUS_OK)
        figures_say_interval(f, out->caption);
    for (int s = 0; s < b.suites + whole && result == STATUS_OK; s++) {
        pages.panels++;
        result = fill_panel(f, &b, s < b.suites ? &b.suite[s] : &all, &pages, s, out);
    }
    if (result == STATUS_OK && pages.panels > 0) {
        struct grid g = {.id = out->id,
                         .panel = pages.panel,
                         .panels = pages.panels,
                         .columns = pages.panels == 4 ? 2 : figures_columns(pages.panels),
                         .label = b.series.label,
                         .style = b.series.style,
                         .series = b.methods,
                         .front = b.series.front,
                         .x_title = "Normalised score τ",
                         .y_title = "Share of runs with score > τ"};
        result = grid_draw(&g, f->theme, f->folder, f->comment, out);
        if (result == STATUS_OK)
            figures_keep(f);
    }
    pages_free(&pages, b.methods);
    gather_free(&all);
    board_free(&b);
    return result;
}
