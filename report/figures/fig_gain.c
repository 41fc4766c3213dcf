#include "report/figures/fig_suites.h"

#include "report/draw/fig_bars.h"
#include "report/figures/board.h"
#include "report/stats/aggregate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status suites_gain(struct figures *f, const struct figure_row *row)
{
    struct board b;
    struct figure *out;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_INCREASE, &b));
    enum status result = figures_next(f, row->id, row->title, &out);
    struct interval *bar = board_intervals(b.suites * b.methods);
    double *from = board_numbers(&b, 1);
    if (result == STATUS_OK && (bar == NULL || from == NULL))
        result = figures_no_memory(row->id);
    for (int s = 0; s < b.suites && result == STATUS_OK; s++) {
        const struct gather *g = &b.suite[s];
        for (int i = 0; i < g->methods && result == STATUS_OK; i++) {
            struct matrix initial;
            double start[AGGREGATE_COUNT], gain[AGGREGATE_COUNT];
            int at = board_row(&b, g, i);
            result = results_matrix(f->results, g->method[i], g->dataset, g->datasets,
                                    RESULTS_INITIAL, false, &initial);
            if (result != STATUS_OK)
                break;
            result = aggregate_points(&initial, f->gamma, start);
            if (result == STATUS_OK)
                result = aggregate_points(&g->x[i], f->gamma, gain);
            matrix_free(&initial);
            if (result != STATUS_OK)
                break;
            from[s * b.methods + at] = start[AGGREGATE_MEAN];
            bar[s * b.methods + at].point = start[AGGREGATE_MEAN] + gain[AGGREGATE_MEAN];
            figures_say(out->alt, " %s, %s: %.1f to %.1f.", g->title, b.series.label[at],
                        start[AGGREGATE_MEAN], start[AGGREGATE_MEAN] + gain[AGGREGATE_MEAN]);
        }
    }
    if (result == STATUS_OK && b.methods > 0) {
        figures_say(out->caption, "Mean score before online finetuning (hollow) and at the budget "
                                  "(full), means over the suite's datasets.");
        for (int s = 0; s < b.suites; s++)
            board_say(&b.suite[s], out->caption);
        struct bars_block block = {.bar = bar, .from = from};
        struct bars bars = {.kind = BARS_ARROW,
                            .id = out->id,
                            .block = &block,
                            .blocks = 1,
                            .column = b.title,
                            .columns = b.suites,
                            .label = b.series.label,
                            .style = b.series.style,
                            .rows = b.methods,
                            .x_title = "D4RL-normalised score",
                            .level = PLOT_NONE,
                            .x_low = PLOT_NONE,
                            .x_high = PLOT_NONE};
        result = bars_draw(&bars, f->theme, f->folder, f->comment, out);
        if (result == STATUS_OK)
            figures_keep(f);
    }
    free(bar);
    free(from);
    board_free(&b);
    return result;
}
