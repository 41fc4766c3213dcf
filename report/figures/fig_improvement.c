#include "report/draw/fig_heat.h"
#include "report/figures/suite_figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* P(ours > other) of each suite into bar (suites, methods - 1), rows without a hole for ours;
 * returns how many there are in *drawn. */
static enum status collect_pairs(struct suite_figure *s, int ours, struct interval *bar, int *drawn)
{
    int rows = s->methods - 1;
    for (int k = 0; k < s->suites; k++) {
        const struct suite_scores *g = &s->suite[k]->scores;
        int at = suite_scores_find(g, s->method[ours]);
        TRY(statistics_pairs(s->f->report, s->suite[k]));
        for (int i = 0; at >= 0 && i < s->methods; i++) {
            int other = suite_scores_find(g, s->method[i]);
            if (i == ours || other < 0)
                continue;
            struct interval p = s->suite[k]->pair[at * g->methods + other].improvement;
            bar[k * rows + i - (i > ours)] = p;
            figures_say(s->out->alt, " %s, %s: %.2f [%.2f, %.2f].", g->title, s->series.label[i],
                        p.point, p.low, p.high);
            (*drawn)++;
        }
        figures_say_gaps(g, s->out->caption);
    }
    return STATUS_OK;
}

static double lowest_of(const struct interval *bar, int n)
{
    double low = 0.45;
    for (int i = 0; i < n; i++) {
        low = isfinite(bar[i].point) ? fmin(low, bar[i].point - 0.03) : low;
        low = isfinite(bar[i].low) ? fmin(low, bar[i].low - 0.03) : low;
    }
    return low;
}

/* --- chosen pairs, or all of them ------------------------------------------------------------- */

enum { MOST_PAIRS = 45 }; /* of ten methods; of more the matrix shows all */

/* One row: X against Y, indices of s->method. */
struct pair {
    int x, y;
};

static int position_of(const struct suite_figure *s, int method)
{
    for (int i = 0; i < s->methods; i++) {
        if (s->method[i] == method)
            return i;
    }
    return -1;
}

static int list_pairs(const struct suite_figure *s, struct pair *out)
{
    const struct report *r = s->f->report;
    int n = 0;
    for (int k = 0; k < r->pairs; k++) {
        struct pair p = {position_of(s, r->pair[k][0]), position_of(s, r->pair[k][1])};
        if (p.x >= 0 && p.y >= 0)
            out[n++] = p;
    }
    for (int i = 0; i < s->methods && r->pairs == 0; i++) {
        for (int k = i + 1; k < s->methods; k++)
            out[n++] = (struct pair){i, k};
    }
    return n;
}

/* The first pair on top: the lowest row of a bar figure comes first. */
static enum status fill_pairs(struct suite_figure *s, const struct pair *pair, int pairs,
                              const char **left, const char **right, struct theme_series *style,
                              struct interval *bar, int *drawn)
{
    for (int k = 0; k < s->suites; k++) {
        const struct suite_scores *g = &s->suite[k]->scores;
        TRY(statistics_pairs(s->f->report, s->suite[k]));
        for (int i = 0; i < pairs; i++) {
            int row = pairs - 1 - i;
            int x = suite_scores_find(g, s->method[pair[i].x]);
            int y = suite_scores_find(g, s->method[pair[i].y]);
            left[row] = s->series.label[pair[i].x];
            right[row] = s->series.label[pair[i].y];
            style[row] = s->series.style[pair[i].x];
            if (x < 0 || y < 0)
                continue;
            struct interval p = s->suite[k]->pair[x * g->methods + y].improvement;
            bar[k * pairs + row] = p;
            (*drawn)++;
            figures_say(s->out->alt, " %s, %s over %s: %.2f [%.2f, %.2f].", g->title, left[row],
                        right[row], p.point, p.low, p.high);
        }
        figures_say_gaps(g, s->out->caption);
    }
    return STATUS_OK;
}

static enum status draw_pairs(struct suite_figure *s)
{
    int most = s->f->report->pairs + s->methods * s->methods, drawn = 0;
    struct pair *pair = suite_figure_take(s, most, sizeof *pair);
    int pairs = pair != NULL ? list_pairs(s, pair) : 0;
    struct interval *bar = suite_figure_intervals(s, s->suites * pairs);
    const char **left = suite_figure_take(s, pairs, sizeof *left);
    const char **right = suite_figure_take(s, pairs, sizeof *right);
    struct theme_series *style = suite_figure_take(s, pairs, sizeof *style);
    if (pair == NULL || bar == NULL || left == NULL || right == NULL || style == NULL)
        return figures_no_memory(s->row->id);
    if (pairs == 0 || (s->f->report->pairs == 0 && pairs > MOST_PAIRS))
        return STATUS_OK;
    figures_say(s->out->caption,
                "Probability that a run of X beats a run of Y on the same dataset (ties count "
                "half), mean over the suite's datasets; it says how often, not by how much. "
                "Dashed: 0.5. ");
    figures_say_interval(s->f, s->out->caption);
    TRY(fill_pairs(s, pair, pairs, left, right, style, bar, &drawn));
    if (drawn == 0)
        return STATUS_OK;
    struct bars_block block = {.bar = bar};
    struct bars bars = suite_figure_bars(s, &block, "P(X > Y)");
    bars.label = left;
    bars.style = style;
    bars.rows = pairs;
    bars.left = left;
    bars.right = right;
    bars.left_title = "X";
    bars.right_title = "Y";
    bars.level = 0.5;
    bars.x_low = fmin(0, lowest_of(bar, s->suites * pairs));
    bars.x_high = 1.02;
    return figures_bars(s->f, &bars, s->out);
}

/* --- ours against each other ------------------------------------------------------------------ */

enum status improvement_draw(struct suite_figure *s)
{
    int ours = s->series.front, drawn = 0;
    if (ours < 0 || s->f->report->pairs > 0)
        return draw_pairs(s);
    int rows = s->methods - 1;
    const char *name = s->series.label[ours];
    struct interval *bar = suite_figure_intervals(s, s->suites * rows);
    if (bar == NULL)
        return figures_no_memory(s->row->id);
    figures_say(s->out->caption,
                "Probability that a run of %s beats a run of the other method on the same "
                "dataset (ties count half), mean over the suite's datasets; it says how often, "
                "not by how much. Dashed: 0.5. ",
                name);
    figures_say_interval(s->f, s->out->caption);
    TRY(collect_pairs(s, ours, bar, &drawn));
    if (drawn == 0)
        return STATUS_OK;
    /* The others move up over ours' place. */
    for (int i = ours; i < rows; i++) {
        s->series.label[i] = s->series.label[i + 1];
        s->series.style[i] = s->series.style[i + 1];
    }
    char x_title[2 * RESULTS_TITLE];
    snprintf(x_title, sizeof x_title, "P(%s > other)", name);
    struct bars_block block = {.bar = bar};
    struct bars bars = suite_figure_bars(s, &block, x_title);
    bars.rows = rows;
    bars.level = 0.5;
    bars.x_low = lowest_of(bar, s->suites * rows);
    bars.x_high = 1.02;
    return figures_bars(s->f, &bars, s->out);
}

/* --- all pairs -------------------------------------------------------------------------------- */

static void fill_cells(const struct suite_statistics *all, struct heat_cell *cell)
{
    int n = all->scores.methods;
    for (int i = 0; i < n * n; i++) {
        const struct comparison *c = &all->pair[i];
        cell[i].value = i / n == i % n ? PLOT_NONE : c->improvement.point;
        if (i / n == i % n)
            continue;
        snprintf(cell[i].text, sizeof cell[i].text, "%.2f", c->improvement.point);
        snprintf(cell[i].why, sizeof cell[i].why, "[%.2f, %.2f], mean difference %+.1f",
                 c->improvement.low, c->improvement.high, c->difference.point);
    }
}

static enum status draw_matrix(struct figures *f, const struct figure_row *row,
                               const struct suite_statistics *all, struct heat_cell *cell,
                               const struct figures_series *series)
{
    struct figure *out;
    int n = all->scores.methods, ours = series->front;
    TRY(figures_next(f, row->id, row->title, &out));
    fill_cells(all, cell);
    figures_say(out->caption,
                "Probability that a run of the row's method beats one of the column's on the "
                "same dataset, mean over %d datasets. Hover over a cell for its interval: ",
                all->scores.datasets);
    figures_say_interval(f, out->caption);
    figures_say_gaps(&all->scores, out->caption);
    figures_say(out->alt, "%s.", row->title);
    for (int i = 0; i < n; i++) {
        if (ours >= 0 && i != ours)
            figures_say(out->alt, " %s over %s: %.2f.", series->label[ours], series->label[i],
                        all->pair[ours * n + i].improvement.point);
    }
    struct heat heat = {.id = out->id,
                        .row = series->label,
                        .column = series->label,
                        .rows = n,
                        .columns = n,
                        .cell = cell,
                        .low = 0,
                        .middle = 0.5,
                        .high = 1,
                        .note = "P(row > column)"};
    return figures_heat(f, &heat, out);
}

enum status improvement_draw_matrix(struct figures *f, const struct figure_row *row)
{
    struct suite_statistics *all;
    struct figures_series series;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(statistics_suite(f->report, -1, RESULTS_FINAL, &all));
    int n = all->scores.methods;
    if (n < 2)
        return STATUS_OK;
    TRY(statistics_pairs(f->report, all));
    TRY(figures_series(f, all->scores.method, n, &series));
    struct heat_cell *cell = calloc((size_t)n * (size_t)n, sizeof *cell);
    enum status result = cell == NULL ? figures_no_memory(row->id)
                                      : draw_matrix(f, row, all, cell, &series);
    figures_series_free(&series);
    free(cell);
    return result;
}
