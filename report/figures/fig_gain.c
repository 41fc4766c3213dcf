#include "report/figures/suite_figure.h"

#include <stdio.h>

/* Mean initial score and mean gain of the i-th method over the suite's datasets. */
static enum status means_of(const struct report *r, const struct suite_scores *g, int i,
                            double *start, double *gain)
{
    struct matrix initial;
    double mean[AGGREGATE_COUNT];
    TRY(results_matrix(&r->results, g->method[i], g->dataset, g->datasets, RESULTS_INITIAL,
                       &initial));
    enum status result = aggregate_points(&initial, r->gamma, mean);
    *start = mean[AGGREGATE_MEAN];
    matrix_free(&initial);
    TRY(result);
    TRY(aggregate_points(&g->x[i], r->gamma, mean));
    *gain = mean[AGGREGATE_MEAN];
    return STATUS_OK;
}

enum status gain_draw(struct suite_figure *s)
{
    struct interval *bar = suite_figure_intervals(s, s->suites * s->methods);
    double *from = suite_figure_numbers(s, 1);
    if (bar == NULL || from == NULL)
        return figures_no_memory(s->row->id);
    if (!s->f->report->results.finetuning)
        snprintf(s->out->title, sizeof s->out->title, "From initial to final score");
    figures_say(s->out->caption,
                "Mean score %s (hollow) and at the budget (full), means over the suite's datasets.",
                s->f->report->results.finetuning ? "before online finetuning" : "at step 0");
    for (int k = 0; k < s->suites; k++) {
        const struct suite_scores *g = &s->suite[k]->scores;
        for (int i = 0; i < g->methods; i++) {
            int row = suite_figure_row(s, g, i), at = k * s->methods + row;
            double gain;
            TRY(means_of(s->f->report, g, i, &from[at], &gain));
            bar[at].point = from[at] + gain;
            figures_say(s->out->alt, " %s, %s: %.1f to %.1f.", g->title, s->series.label[row],
                        from[at], bar[at].point);
        }
        figures_say_gaps(g, s->out->caption);
    }
    struct bars_block block = {.bar = bar, .from = from};
    struct bars bars = suite_figure_bars(s, &block, report_score(s->f->report));
    bars.kind = BARS_ARROW;
    return figures_bars(s->f, &bars, s->out);
}
