#include "report/figures/fig_suites.h"

#include "report/draw/fig_bars.h"
#include "report/figures/board.h"
#include "report/stats/rank.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum status suites_ranks(struct figures *f, const struct figure_row *row)
{
    struct board b;
    struct figure *out;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    int ranks = 0;
    for (int s = 0; s < b.suites; s++)
        ranks = b.suite[s].methods > ranks ? b.suite[s].methods : ranks;
    enum status result = figures_next(f, row->id, row->title, &out);
    size_t width = (size_t)(ranks > 0 ? ranks : 1);
    double *part = board_numbers(&b, width), *R = malloc(width * width * sizeof *R);
    struct theme_series *shade = calloc(width, sizeof *shade);
    char(*word)[24] = calloc(width, sizeof *word);
    const char **name = calloc(width, sizeof *name);
    if (result == STATUS_OK &&
        (part == NULL || R == NULL || shade == NULL || word == NULL || name == NULL))
        result = figures_no_memory(row->id);
    for (int s = 0; s < b.suites && result == STATUS_OK; s++) {
        const struct gather *g = &b.suite[s];
        result = rank_probabilities(g->view, g->methods, R);
        for (int i = 0; i < g->methods && result == STATUS_OK; i++) {
            int at = board_row(&b, g, i);
            const double *mine = R + i * g->methods;
            memcpy(part + (size_t)(s * b.methods + at) * width, mine,
                   (size_t)g->methods * sizeof *mine);
            figures_say(out->alt, " %s, %s: mean rank %.2f.", g->title, b.series.label[at],
                        1 + rank_mean(mine, g->methods));
        }
        board_say(g, out->caption);
    }
    if (result == STATUS_OK && ranks > 1) {
        /* Dark is best: the ramp backwards. */
        theme_ramp(f->theme, ranks, shade);
        for (int k = 0; k < ranks / 2; k++) {
            uint32_t swap = shade[k].rgb;
            shade[k].rgb = shade[ranks - 1 - k].rgb;
            shade[ranks - 1 - k].rgb = swap;
        }
        for (int k = 0; k < ranks; k++) {
            shade[k].line = 4;
            shade[k].dash = 1;
            snprintf(word[k], sizeof word[k], "rank %d", k + 1);
            name[k] = word[k];
        }
        char notes[FIGURE_CAPTION];
        snprintf(notes, sizeof notes, "%s", out->caption);
        out->caption[0] = '\0';
        figures_say(out->caption,
                    "Probability of each rank when one run of every method is drawn "
                    "for each dataset (exact, ties broken evenly), mean over the "
                    "suite's datasets.%s",
                    notes);
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
                            .x_title = "Probability of the rank",
                            .level = PLOT_NONE,
                            .x_low = 0,
                            .x_high = 1,
                            .part = name,
                            .part_style = shade,
                            .parts = ranks};
        result = bars_draw(&bars, f->theme, f->folder, f->comment, out);
        if (result == STATUS_OK)
            figures_keep(f);
    }
    free(part);
    free(R);
    free(shade);
    free(word);
    free(name);
    board_free(&b);
    return result;
}
