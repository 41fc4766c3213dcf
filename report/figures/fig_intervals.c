#include "report/figures/fig_suites.h"

#include "report/draw/fig_bars.h"
#include "report/figures/board.h"
#include "report/stats/aggregate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 4 };
static const enum aggregate panel_of[PANELS] = {AGGREGATE_MEDIAN, AGGREGATE_IQM, AGGREGATE_MEAN,
                                                AGGREGATE_GAP};
static const char *const panel_title[PANELS] = {"Median", "IQM", "Mean", "Optimality gap ↓"};

/* What one figure shows: some suites, and the methods that any of them has. */
struct shown {
    const struct gather **suite; /* (suites) */
    const char **title;          /* (suites) */
    int suites;
    int *row; /* (board's methods) row of the figure, or -1 */
    const char **label;
    struct theme_series *style;
    int rows;
};

static void shown_free(struct shown *s)
{
    free(s->suite);
    free(s->title);
    free(s->row);
    free(s->label);
    free(s->style);
    *s = (struct shown){0};
}

static enum status shown_init(const struct board *b, struct shown *s)
{
    size_t suites = (size_t)b->suites + 1, methods = (size_t)b->methods + 1;
    *s = (struct shown){.suite = calloc(suites, sizeof(void *)),
                        .title = calloc(suites, sizeof *s->title),
                        .row = calloc(methods, sizeof *s->row),
                        .label = calloc(methods, sizeof *s->label),
                        .style = calloc(methods, sizeof *s->style)};
    if (s->suite != NULL && s->title != NULL && s->row != NULL && s->label != NULL &&
        s->style != NULL)
        return STATUS_OK;
    shown_free(s);
    return figures_no_memory("fig7");
}

static void show_suite(const struct board *b, int suite, struct shown *s)
{
    s->suite[s->suites] = &b->suite[suite];
    s->title[s->suites++] = b->title[suite];
}

/* Rows in the board's order. */
static void show_methods(const struct board *b, struct shown *s)
{
    for (int m = 0; m < b->methods; m++) {
        bool any = false;
        for (int k = 0; k < s->suites; k++)
            any |= gather_find(s->suite[k], b->method[m]) >= 0;
        s->row[m] = any ? s->rows : -1;
        if (!any)
            continue;
        s->label[s->rows] = b->series.label[m];
        s->style[s->rows++] = b->series.style[m];
    }
}

/* bar (PANELS, rows) of one suite. */
static enum status aggregate_suite(const struct figures *f, const struct board *b,
                                   const struct shown *s, const struct gather *g,
                                   struct interval *bar, struct figure *out)
{
    figures_say(out->alt, " %s, IQM:", g->title);
    for (int i = 0; i < g->methods; i++) {
        struct interval got[AGGREGATE_COUNT];
        int row = s->row[board_row(b, g, i)];
        TRY(aggregate_intervals(&g->x[i], f->gamma, f->bootstrap, got));
        for (int k = 0; k < PANELS; k++)
            bar[k * s->rows + row] = got[panel_of[k]];
        figures_say(out->alt, "%s %s %.1f", i > 0 ? "," : "", s->label[row],
                    got[AGGREGATE_IQM].point);
        if (interval_known(got[AGGREGATE_IQM]))
            figures_say(out->alt, " [%.1f, %.1f]", got[AGGREGATE_IQM].low, got[AGGREGATE_IQM].high);
    }
    figures_say(out->alt, ".");
    board_say(g, out->caption);
    return STATUS_OK;
}

static enum status draw_intervals(struct figures *f, const struct board *b, struct shown *s,
                                  const char *id, const char *title)
{
    struct figure *out;
    TRY(figures_next(f, id, title, &out));
    show_methods(b, s);
    struct bars_block *block = calloc((size_t)s->suites + 1, sizeof *block);
    struct interval *bar = board_intervals(s->suites * PANELS * s->rows);
    enum status result = block == NULL || bar == NULL ? figures_no_memory(id) : STATUS_OK;
    figures_say(out->caption, "Score aggregates; bar: interval, tick: estimate. ");
    figures_say_interval(f, out->caption);
    figures_say(out->caption,
                " IQM: mean of the middle half of all runs. Optimality gap: how far runs fall "
                "short of %g on average, lower is better; near 0 where most scores are above.",
                f->gamma);
    figures_say(out->alt, "%s.", title);
    for (int i = 0; i < s->suites && result == STATUS_OK; i++) {
        struct interval *mine = bar + (size_t)i * PANELS * (size_t)s->rows;
        result = aggregate_suite(f, b, s, s->suite[i], mine, out);
        block[i] = (struct bars_block){.title = s->title[i], .bar = mine};
    }
    if (result == STATUS_OK) {
        struct bars bars = {.id = out->id,
                            .block = block,
                            .blocks = s->suites,
                            .column = panel_title,
                            .columns = PANELS,
                            .label = s->label,
                            .style = s->style,
                            .rows = s->rows,
                            .x_title = "D4RL-normalised score",
                            .level = PLOT_NONE,
                            .x_low = PLOT_NONE,
                            .x_high = PLOT_NONE};
        result = bars_draw(&bars, f->theme, f->folder, f->comment, out);
    }
    if (result == STATUS_OK)
        figures_keep(f);
    free(block);
    free(bar);
    return result;
}

static bool is(const struct figures *f, const struct board *b, int suite, const char *id)
{
    return strcmp(f->results->suite[b->suite[suite].suite].id, id) == 0;
}

/* The suites of Fig. 7 in its order, or the one that is asked for. */
static void choose(const struct figures *f, const struct board *b, const char *only,
                   struct shown *s)
{
    for (int i = 0; i < figure_table_count; i++) {
        const struct figure_row *row = &figure_table[i];
        if (row->draw != suites_intervals || row->suite == NULL ||
            (only != NULL && strcmp(row->suite, only) != 0))
            continue;
        for (int k = 0; k < b->suites; k++) {
            if (is(f, b, k, row->suite))
                show_suite(b, k, s);
        }
    }
}

enum status suites_intervals(struct figures *f, const struct figure_row *row)
{
    struct board b;
    struct shown s = {0};
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    TRY(board_make(f, RESULTS_FINAL, &b));
    enum status result = shown_init(&b, &s);
    if (result == STATUS_OK)
        choose(f, &b, row->suite, &s);
    /* A stack of one would be the figure above. */
    if (result == STATUS_OK && s.suites >= (row->suite == NULL ? 2 : 1))
        result = draw_intervals(f, &b, &s, row->id, row->title);
    shown_free(&s);
    board_free(&b);
    return result;
}

static bool has_row(const char *suite)
{
    for (int i = 0; i < figure_table_count; i++) {
        const struct figure_row *row = &figure_table[i];
        if (row->draw == suites_intervals && row->suite != NULL && strcmp(row->suite, suite) == 0)
            return true;
    }
    return false;
}

enum status suites_intervals_other(struct figures *f, const struct figure_row *row)
{
    struct board b;
    TRY(board_make(f, RESULTS_FINAL, &b));
    enum status result = STATUS_OK;
    for (int i = 0; i < b.suites && result == STATUS_OK; i++) {
        const struct results_suite *suite = &f->results->suite[b.suite[i].suite];
        char id[FIGURE_ID], title[FIGURE_TITLE];
        struct shown s;
        snprintf(id, sizeof id, "%s_%.80s", row->id, suite->id);
        snprintf(title, sizeof title, "%s: %s", suite->title, row->title);
        if (has_row(suite->id) || !figures_wanted(f, id))
            continue;
        result = shown_init(&b, &s);
        if (result != STATUS_OK)
            break;
        show_suite(&b, i, &s);
        result = draw_intervals(f, &b, &s, id, title);
        shown_free(&s);
    }
    board_free(&b);
    return result;
}
