#include "report/figures/fig_suites.h"

#include "report/draw/fig_bars.h"
#include "report/draw/fig_heat.h"
#include "report/figures/board.h"
#include "report/stats/compare.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status suites_improvement(struct figures *f, const struct figure_row *row)
{
    struct board b;
    struct figure *out;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    int ours = b.series.front >= 0 ? b.series.front : b.methods - 1;
    enum status result = figures_next(f, row->id, row->title, &out);
    struct interval *bar = board_intervals(b.suites * b.methods);
    if (result == STATUS_OK && bar == NULL)
        result = figures_no_memory(row->id);
    /* Rows: everybody but ours, without a hole. */
    int drawn = 0, rows = b.methods - 1;
    for (int s = 0; s < b.suites && result == STATUS_OK; s++) {
        const struct gather *g = &b.suite[s];
        int mine = gather_find(g, b.method[ours]);
        for (int i = 0; mine >= 0 && i < b.methods && result == STATUS_OK; i++) {
            int other = gather_find(g, b.method[i]);
            struct comparison c;
            if (i == ours || other < 0)
                continue;
            result = compare_pair(&g->x[mine], &g->x[other], f->bootstrap, &c);
            if (result != STATUS_OK)
                break;
            bar[s * rows + i - (i > ours)] = c.improvement;
            figures_say(out->alt, " %s, %s: %.2f [%.2f, %.2f].", g->title, b.series.label[i],
                        c.improvement.point, c.improvement.low, c.improvement.high);
            drawn++;
        }
        board_say(g, out->caption);
    }
    if (result == STATUS_OK && drawn > 0) {
        char x_title[2 * RESULTS_TITLE];
        const char *mine = b.series.label[ours];
        snprintf(x_title, sizeof x_title, "P(%s > other)", mine);
        double low = 0.45;
        for (int i = 0; i < b.suites * rows; i++) {
            low = isfinite(bar[i].point) ? fmin(low, bar[i].point - 0.03) : low;
            low = isfinite(bar[i].low) ? fmin(low, bar[i].low - 0.03) : low;
        }
        /* The others move up over ours' place. */
        for (int i = ours; i < rows; i++) {
            b.series.label[i] = b.series.label[i + 1];
            b.series.style[i] = b.series.style[i + 1];
        }
        struct bars_block block = {.bar = bar};
        struct bars bars = {.id = out->id,
                            .block = &block,
                            .blocks = 1,
                            .column = b.title,
                            .columns = b.suites,
                            .label = b.series.label,
                            .style = b.series.style,
                            .rows = rows,
                            .x_title = x_title,
                            .level = 0.5,
                            .x_low = low,
                            .x_high = 1.02};
        char words[FIGURE_CAPTION];
        snprintf(words, sizeof words, "%s", out->caption);
        out->caption[0] = '\0';
        figures_say(out->caption,
                    "Probability that a run of %s beats a run of the other method on the same "
                    "dataset (ties count half), mean over the suite's datasets; it says how often, "
                    "not by how much. Dashed: 0.5. ",
                    mine);
        figures_say_interval(f, out->caption);
        figures_say(out->caption, "%s", words);
        result = bars_draw(&bars, f->theme, f->folder, f->comment, out);
        if (result == STATUS_OK)
            figures_keep(f);
    }
    free(bar);
    board_free(&b);
    return result;
}

enum status suites_improvement_matrix(struct figures *f, const struct figure_row *row)
{
    struct gather g;
    struct figures_series series = {0};
    struct figure *out;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(gather_suite(f->results, -1, RESULTS_FINAL, &g));
    int n = g.methods;
    if (n < 2) {
        gather_free(&g);
        return STATUS_OK;
    }
    struct comparison *pair = calloc((size_t)n * (size_t)n, sizeof *pair);
    struct heat_cell *cell = calloc((size_t)n * (size_t)n, sizeof *cell);
    enum status result = pair == NULL || cell == NULL ? figures_no_memory(row->id)
                                                      : figures_next(f, row->id, row->title, &out);
    if (result == STATUS_OK)
        result = figures_series(f, g.method, n, &series);
    if (result == STATUS_OK)
        result = compare_all(g.view, n, f->bootstrap, pair);
    for (int i = 0; i < n * n && result == STATUS_OK; i++) {
        const struct interval *p = &pair[i].improvement;
        cell[i].value = i / n == i % n ? PLOT_NONE : p->point;
        if (i / n != i % n)
            snprintf(cell[i].text, sizeof cell[i].text, "%.2f", p->point);
        if (i / n != i % n)
            snprintf(cell[i].why, sizeof cell[i].why, "[%.2f, %.2f], mean difference %+.1f", p->low,
                     p->high, pair[i].difference.point);
    }
    if (result == STATUS_OK) {
        figures_say(out->caption,
                    "Probability that a run of the row's method beats one of the column's on the "
                    "same dataset, mean over %d datasets. Intervals on hovering: ",
                    g.datasets);
        figures_say_interval(f, out->caption);
        board_say(&g, out->caption);
        int ours = series.front >= 0 ? series.front : n - 1;
        figures_say(out->alt, "%s.", row->title);
        for (int i = 0; i < n - 1; i++)
            figures_say(out->alt, " %s over %s: %.2f.", series.label[ours],
                        series.label[i + (i >= ours)],
                        pair[ours * n + i + (i >= ours)].improvement.point);
        struct heat heat = {.id = out->id,
                            .row = series.label,
                            .column = series.label,
                            .rows = n,
                            .columns = n,
                            .cell = cell,
                            .low = 0,
                            .middle = 0.5,
                            .high = 1,
                            .note = "P(row > column)"};
        result = heat_draw(&heat, f->theme, f->folder, f->comment, out);
    }
    if (result == STATUS_OK)
        figures_keep(f);
    figures_series_free(&series);
    free(pair);
    free(cell);
    gather_free(&g);
    return result;
}
