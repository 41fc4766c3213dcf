#include "report/figures/suite_figure.h"
#include "report/stats/rank.h"

#include <stdio.h>
#include <string.h>

/* Rank probabilities of the suites' methods into part (suites, methods, ranks); their means into
 * the alternative text. */
static enum status collect_ranks(struct suite_figure *s, int ranks, double *part)
{
    for (int k = 0; k < s->suites; k++) {
        const struct suite_scores *g = &s->suite[k]->scores;
        TRY(statistics_ranks(s->suite[k]));
        for (int i = 0; i < g->methods; i++) {
            int row = suite_figure_row(s, g, i);
            const double *rank = s->suite[k]->rank + i * g->methods;
            memcpy(part + (k * s->methods + row) * ranks, rank, (size_t)g->methods * sizeof *rank);
            figures_say(s->out->alt, " %s, %s: mean rank %.2f.", g->title, s->series.label[row],
                        1 + rank_mean(rank, g->methods));
        }
        figures_say_gaps(g, s->out->caption);
    }
    return STATUS_OK;
}

/* Names of the ranks and their shades. Dark is best: the ramp backwards. */
static void style_ranks(const struct theme *t, int ranks, char (*word)[24], const char **name,
                        struct theme_series *shade)
{
    theme_ramp(t, ranks, shade);
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
}

enum status ranks_draw(struct suite_figure *s)
{
    int ranks = 0;
    for (int k = 0; k < s->suites; k++)
        ranks = s->suite[k]->scores.methods > ranks ? s->suite[k]->scores.methods : ranks;
    if (ranks < 2)
        return STATUS_OK;
    double *part = suite_figure_numbers(s, ranks);
    struct theme_series *shade = suite_figure_take(s, ranks, sizeof *shade);
    char(*word)[24] = suite_figure_take(s, ranks, sizeof *word);
    const char **name = suite_figure_take(s, ranks, sizeof *name);
    if (part == NULL || shade == NULL || word == NULL || name == NULL)
        return figures_no_memory(s->row->id);
    figures_say(s->out->caption, "Probability of each rank when one run of every method is drawn "
                                 "for each dataset (exact, ties broken evenly), mean over the "
                                 "suite's datasets.");
    TRY(collect_ranks(s, ranks, part));
    style_ranks(s->f->theme, ranks, word, name, shade);
    struct bars_block block = {.part = part};
    struct bars bars = suite_figure_bars(s, &block, "Probability of the rank");
    bars.kind = BARS_STACK;
    bars.x_low = 0;
    bars.x_high = 1;
    bars.part = name;
    bars.part_style = shade;
    bars.parts = ranks;
    return figures_bars(s->f, &bars, s->out);
}
