#include "report/figures/suite_figure.h"

#include <stdio.h>
#include <string.h>

enum { PANELS = 4 };
static const enum aggregate panel_of[PANELS] = {AGGREGATE_MEDIAN, AGGREGATE_IQM, AGGREGATE_MEAN,
                                                AGGREGATE_GAP};
static const char *const panel_title[PANELS] = {"Median", "IQM", "Mean", "Optimality gap ↓"};

/* What one figure shows: some suites, and the methods that any of them has. */
struct shown {
    struct suite_figure *s;
    int *suite; /* (suites) positions in s */
    int suites;
    int *row; /* (methods of s) row of the figure, or -1 */
    const char **label;
    struct theme_series *style;
    int rows;
    struct bars_block *block; /* (suites) */
    struct interval *bar;     /* (suites, PANELS, rows) */
};

static enum status shown_init(struct suite_figure *s, struct shown *out)
{
    int bars = s->suites * PANELS * s->methods;
    *out = (struct shown){.s = s,
                          .suite = suite_figure_take(s, s->suites, sizeof(int)),
                          .row = suite_figure_take(s, s->methods, sizeof(int)),
                          .label = suite_figure_take(s, s->methods, sizeof *out->label),
                          .style = suite_figure_take(s, s->methods, sizeof *out->style),
                          .block = suite_figure_take(s, s->suites, sizeof *out->block),
                          .bar = suite_figure_intervals(s, bars)};
    bool fits = out->suite != NULL && out->row != NULL && out->label != NULL &&
                out->style != NULL && out->block != NULL && out->bar != NULL;
    return fits ? STATUS_OK : figures_no_memory(s->row->id);
}

/* Rows in the order of all suites. */
static void choose_rows(struct shown *shown)
{
    const struct suite_figure *s = shown->s;
    for (int m = 0; m < s->methods; m++) {
        bool any = false;
        for (int k = 0; k < shown->suites; k++)
            any |= suite_scores_find(&s->suite[shown->suite[k]]->scores, s->method[m]) >= 0;
        shown->row[m] = any ? shown->rows : -1;
        if (!any)
            continue;
        shown->label[shown->rows] = s->series.label[m];
        shown->style[shown->rows++] = s->series.style[m];
    }
}

/* bar (PANELS, rows) of one suite. */
static enum status fill_bars(const struct shown *shown, struct suite_statistics *suite,
                             struct interval *bar)
{
    const struct suite_scores *g = &suite->scores;
    struct figure *out = shown->s->out;
    TRY(statistics_aggregates(shown->s->f->report, suite));
    figures_say(out->alt, " %s, IQM:", g->title);
    for (int i = 0; i < g->methods; i++) {
        const struct interval *got = suite->aggregate[i];
        int row = shown->row[suite_figure_row(shown->s, g, i)];
        for (int k = 0; k < PANELS; k++)
            bar[k * shown->rows + row] = got[panel_of[k]];
        figures_say(out->alt, "%s %s %.1f", i > 0 ? "," : "", shown->label[row],
                    got[AGGREGATE_IQM].point);
        if (interval_known(got[AGGREGATE_IQM]))
            figures_say(out->alt, " [%.1f, %.1f]", got[AGGREGATE_IQM].low, got[AGGREGATE_IQM].high);
    }
    figures_say(out->alt, ".");
    figures_say_gaps(g, out->caption);
    return STATUS_OK;
}

static enum status draw_chosen(struct shown *shown, const char *id, const char *title)
{
    struct suite_figure *s = shown->s;
    TRY(figures_next(s->f, id, title, &s->out));
    choose_rows(shown);
    figures_say(s->out->caption, "Score aggregates; bar: interval, tick: estimate. ");
    figures_say_interval(s->f, s->out->caption);
    figures_say(
        s->out->caption,
        " IQM: mean of the middle half of all runs, %s weighing the same. Optimality gap: how "
        "far runs fall short of %g on average, lower is better; near 0 where most scores "
        "are above.",
        s->f->report->results.options.pooled ? "every run" : "every dataset", s->f->report->gamma);
    figures_say(s->out->alt, "%s.", title);
    for (int i = 0; i < shown->suites; i++) {
        int suite = shown->suite[i];
        struct interval *bar = shown->bar + i * PANELS * shown->rows;
        TRY(fill_bars(shown, s->suite[suite], bar));
        shown->block[i] = (struct bars_block){.title = s->title[suite], .bar = bar};
    }
    struct bars bars = suite_figure_bars(s, shown->block, report_score(s->f->report));
    bars.blocks = shown->suites;
    bars.column = panel_title;
    bars.columns = PANELS;
    bars.label = shown->label;
    bars.style = shown->style;
    bars.rows = shown->rows;
    return figures_bars(s->f, &bars, s->out);
}

/* The suites that the figure table has a row for, in its order; of `only`, that one. */
static void choose_suites(struct shown *shown, const char *only)
{
    const struct suite_figure *s = shown->s;
    for (int i = 0; i < s->f->rows; i++) {
        const struct figure_row *row = &s->f->row[i];
        if (row->draw != intervals_draw || row->suite == NULL ||
            (only != NULL && strcmp(row->suite, only) != 0))
            continue;
        int suite = results_suite(&s->f->report->results, row->suite);
        for (int k = 0; k < s->suites; k++) {
            if (s->suite[k]->scores.suite == suite)
                shown->suite[shown->suites++] = k;
        }
    }
}

enum status intervals_draw(struct figures *f, const struct figure_row *row)
{
    struct suite_figure s;
    struct shown shown;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(suite_figure_init(f, row, &s));
    enum status result = shown_init(&s, &shown);
    if (result == STATUS_OK)
        choose_suites(&shown, row->suite);
    /* A stack of one would be the figure above. */
    if (result == STATUS_OK && shown.suites >= (row->suite == NULL ? 2 : 1))
        result = draw_chosen(&shown, row->id, row->title);
    suite_figure_free(&s);
    return result;
}

enum status intervals_draw_other(struct figures *f, const struct figure_row *row)
{
    struct suite_figure s;
    TRY(suite_figure_init(f, row, &s));
    enum status result = STATUS_OK;
    for (int i = 0; i < s.suites && result == STATUS_OK; i++) {
        const struct results_suite *suite = &f->report->results.suite[s.suite[i]->scores.suite];
        char id[FIGURE_ID], title[FIGURE_TITLE];
        struct shown shown;
        snprintf(id, sizeof id, "%s_%.80s", row->id, suite->id);
        snprintf(title, sizeof title, "%s: %s", suite->title, row->title);
        if (figures_has_row(f, suite->id, intervals_draw) || !figures_wanted(f, id))
            continue;
        result = shown_init(&s, &shown);
        if (result != STATUS_OK)
            break;
        shown.suite[shown.suites++] = i;
        result = draw_chosen(&shown, id, title);
    }
    suite_figure_free(&s);
    return result;
}
