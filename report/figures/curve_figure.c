#include "report/figures/curve_figure.h"

#include "engine/base/memory.h"
#include "report/text/list.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- what to draw --------------------------------------------------------------------------- */

enum status curve_figure_add_series(struct curve_figure *b, int method, const char *value,
                                    const char *label)
{
    TRY(memory_grow((void **)&b->series, b->serieses, sizeof *b->series, "a figure's series"));
    struct curve_figure_series *s = &b->series[b->serieses++];
    *s = (struct curve_figure_series){.method = method};
    snprintf(s->value, sizeof s->value, "%s", value);
    snprintf(s->label, sizeof s->label, "%s", label);
    return STATUS_OK;
}

enum status curve_figure_add_panel(struct curve_figure *b, const struct curve_figure_panel *panel)
{
    TRY(memory_grow((void **)&b->panel, b->panels, sizeof *b->panel, "a figure's panels"));
    b->panel[b->panels++] = *panel;
    return STATUS_OK;
}

void curve_figure_free(struct curve_figure *b)
{
    free(b->series);
    free(b->panel);
    *b = (struct curve_figure){0};
}

/* Does the variant differ from the plain method in the row's knobs only? */
static bool knobs_only(const char *variant, const char *knobs)
{
    char key[RESULTS_ID];
    while (list_next(&variant, ",", key, sizeof key)) {
        key[strcspn(key, "=")] = '\0';
        if (list_find(knobs, " ", key) < 0)
            return false;
    }
    return true;
}

void curve_figure_value(const struct results_run *run, const char *knobs, char *out, size_t size)
{
    char key[RESULTS_ID], value[RESULTS_ID];
    size_t used = 0;
    out[0] = '\0';
    while (list_next(&knobs, " ", key, sizeof key)) {
        results_config(run, key, value, sizeof value);
        int added = snprintf(out + used, size - used, "%s%s", used > 0 ? ", " : "", value);
        used += added > 0 && (size_t)added < size - used ? (size_t)added : 0;
    }
}

int curve_figure_runs(const struct curve_figure *b, int series, int dataset,
                      const struct results_run *run[CURVE_LINES_RUNS])
{
    const struct results *r = &b->f->report->results;
    const struct curve_figure_series *s = &b->series[series];
    if (s->method >= 0)
        return curve_lines_runs(r, s->method, dataset, run);
    int kept = 0;
    for (int m = 0; m < r->methods; m++) {
        const struct results_run *cell[CURVE_LINES_RUNS];
        if (list_find(b->row->methods, " ", r->method[m].base) < 0 ||
            !knobs_only(r->method[m].variant, b->row->knob))
            continue;
        int count = curve_lines_runs(r, m, dataset, cell);
        for (int i = 0; i < count && kept < CURVE_LINES_RUNS; i++) {
            char value[RESULTS_ID];
            curve_figure_value(cell[i], b->row->knob, value, sizeof value);
            if (strcmp(value, s->value) == 0)
                run[kept++] = cell[i];
        }
    }
    return kept;
}

/* --- lines ---------------------------------------------------------------------------------- */

/* Everything that a struct grid points to. */
struct made {
    struct grid_panel *panel; /* (panels) */
    struct grid_line **line;  /* (panels) arrays */
    int *lines;               /* (panels) */
    int *series;              /* (serieses) new index, -1 without a line */
    const char **label;
    const char **id;
    struct theme_series *style;
    int panels, serieses, fewest, most, dashed;
};

static void made_free(struct made *m)
{
    for (int i = 0; m->line != NULL && i < m->panels; i++) {
        curve_lines_free(m->line[i], m->lines[i]);
        free(m->line[i]);
    }
    free(m->panel);
    free(m->line);
    free(m->lines);
    free(m->series);
    free(m->label);
    free(m->id);
    free(m->style);
}

static enum status made_init(const struct curve_figure *b, struct made *m)
{
    size_t panels = b->panels > 0 ? (size_t)b->panels : 1;
    size_t series = b->serieses > 0 ? (size_t)b->serieses : 1;
    *m = (struct made){.panels = b->panels};
    m->panel = calloc(panels, sizeof *m->panel);
    m->line = calloc(panels, sizeof(void *));
    m->lines = calloc(panels, sizeof *m->lines);
    m->series = calloc(series, sizeof *m->series);
    m->label = calloc(series, sizeof *m->label);
    m->id = calloc(series, sizeof *m->id);
    m->style = calloc(series, sizeof *m->style);
    if (m->panel == NULL || m->line == NULL || m->lines == NULL || m->series == NULL ||
        m->label == NULL || m->id == NULL || m->style == NULL)
        return status_fail(STATUS_MEMORY, "figures: no memory for the curves");
    return STATUS_OK;
}

/* Final scores instead of a curve; runs without a curve have them too. */
static enum status final_dots(const struct curve_figure *b, int series, int dataset,
                              struct grid_line *out)
{
    *out = (struct grid_line){.series = series};
    double *block = malloc(CURVE_LINES_RUNS * sizeof *block);
    if (block == NULL)
        return status_fail(STATUS_MEMORY, "figures: no memory for the scores");
    int n = results_scores(&b->f->report->results, b->series[series].method, dataset, RESULTS_FINAL,
                           CURVE_LINES_RUNS, block);
    out->block = block;
    out->mean = block;
    out->points = n < CURVE_LINES_RUNS ? n : CURVE_LINES_RUNS;
    out->runs = out->points;
    return STATUS_OK;
}

static enum status fill_curve_panel(const struct curve_figure *b, int panel, struct made *m)
{
    const struct curve_figure_panel *p = &b->panel[panel];
    struct curve_lines_source source = p->source;
    if (source.budget <= 0)
        source.budget = b->f->report->results.dataset[p->dataset].budget;
    int room = p->kind == GRID_RUNS ? b->serieses * CURVE_LINES_RUNS : b->serieses;
    struct grid_line *line = calloc((size_t)(room > 0 ? room : 1), sizeof *line);
    if (line == NULL)
        return status_fail(STATUS_MEMORY, "figures: no memory for the curves");
    m->line[panel] = line;
    for (int s = 0; s < b->serieses; s++) {
        const struct results_run *run[CURVE_LINES_RUNS];
        int runs = curve_figure_runs(b, s, p->dataset, run);
        if (p->kind == GRID_RUNS) {
            for (int i = 0; i < runs; i++) {
                m->lines[panel]++;
                TRY(curve_lines_single(run[i], source.budget, source.points, s,
                                       &line[m->lines[panel] - 1]));
            }
            continue;
        }
        m->lines[panel]++;
        struct grid_line *out = &line[m->lines[panel] - 1];
        if (p->kind == GRID_DOTS)
            TRY(final_dots(b, s, p->dataset, out));
        else
            TRY(curve_lines_mean(b->f, &source, run, runs, s, out));
    }
    m->panel[panel] = (struct grid_panel){
        .kind = p->kind,
        .title = p->title,
        .line = line,
        .lines = m->lines[panel],
        .x_high = p->kind == GRID_DOTS ? 0 : source.budget,
        .y_low = b->row->y_high > 0 ? -0.02 * b->row->y_high : PLOT_NONE,
        .y_high = b->row->y_high > 0 ? 1.02 * b->row->y_high : PLOT_NONE,
        .mark = b->row->mark > 0 ? b->row->mark : PLOT_NONE,
        .behaviour = source.what == CURVE_LINES_SCORE && b->f->theme->behaviour
                         ? b->f->report->results.dataset[p->dataset].mean
                         : PLOT_NONE,
        .log_y = p->log_y,
        .y_title = p->y_title,
    };
    return STATUS_OK;
}

static bool line_has_runs(const struct grid_line *l)
{
    return l->runs > 0;
}

/* Leave out what has no line; number the series anew. Returns the panels left. */
static int leave_out_empty(const struct curve_figure *b, struct made *m)
{
    int kept = 0;
    for (int s = 0; s < b->serieses; s++)
        m->series[s] = -1;
    for (int i = 0; i < b->panels; i++) {
        bool any = false;
        for (int k = 0; k < m->lines[i]; k++) {
            const struct grid_line *l = &m->line[i][k];
            if (!line_has_runs(l))
                continue;
            any = true;
            m->series[l->series] = 0;
            if (m->panel[i].kind != GRID_RUNS) {
                m->fewest = m->fewest == 0 || l->runs < m->fewest ? l->runs : m->fewest;
                m->most = l->runs > m->most ? l->runs : m->most;
            }
            for (int j = 0; l->count != NULL && j < l->points; j++)
                m->dashed += l->count[j] > 0 && l->count[j] < l->runs;
        }
        if (any)
            m->panel[kept++] = m->panel[i];
    }
    for (int s = 0; s < b->serieses; s++) {
        if (m->series[s] < 0)
            continue;
        m->series[s] = m->serieses;
        m->label[m->serieses] = b->series[s].label;
        m->id[m->serieses] = b->series[s].method >= 0
                                 ? b->f->report->results.method[b->series[s].method].id
                                 : b->series[s].value;
        m->serieses++;
    }
    for (int i = 0; i < b->panels; i++) {
        for (int k = 0; k < m->lines[i]; k++) {
            int s = m->series[m->line[i][k].series];
            m->line[i][k].series = s >= 0 ? s : 0;
        }
    }
    return kept;
}

/* --- caption -------------------------------------------------------------------------------- */

static void describe_curves(const struct curve_figure *b, const struct made *m, int panels,
                            struct figure *g)
{
    const struct results *r = &b->f->report->results;
    bool curves = false, runs = false, dotted = false;
    for (int i = 0; i < panels; i++) {
        curves |= m->panel[i].kind == GRID_CURVES;
        runs |= m->panel[i].kind == GRID_RUNS;
        dotted |= m->panel[i].kind == GRID_DOTS;
    }
    if (curves)
        figures_say(g->caption,
                    "Line: mean over seeds; band: ± one standard deviation over seeds (divided by "
                    "%s; a spread, not a standard error). ",
                    b->f->report->sample_sd ? "n-1" : "n");
    if (runs)
        figures_say(g->caption, "Thin lines: each run's own evaluations. ");
    if (dotted)
        figures_say(g->caption, "Dots: the final score of every seed, spread sideways by a fixed "
                                "rule; tick: their mean. ");
    if (m->most > 0 && m->fewest == m->most)
        figures_say(g->caption, "n = %d runs per line. ", m->most);
    else if (m->most > 0)
        figures_say(g->caption, "n = %d to %d runs per line, of %d planned. ", m->fewest, m->most,
                    r->seeds);
    if (m->dashed > 0)
        figures_say(g->caption, "Dashed where some runs have ended. ");
    if (b->caption != NULL)
        figures_say(g->caption, "%s", b->caption);
    if (b->row->source != NULL && b->row->source[0] != '\0' && !r->foreign)
        figures_say(g->caption, "Compare %s of the paper.", b->row->source);

    figures_say(g->alt, "%s. Last mean.", g->title);
    for (int i = 0; i < panels; i++) {
        if (m->panel[i].kind == GRID_RUNS)
            continue;
        figures_say(g->alt, "%s %s:", i > 0 ? ";" : "", m->panel[i].title);
        for (int k = 0; k < m->panel[i].lines; k++) {
            const struct grid_line *l = &m->panel[i].line[k];
            if (!line_has_runs(l))
                continue;
            double sum = 0;
            for (int j = 0; m->panel[i].kind == GRID_DOTS && j < l->points; j++)
                sum += l->mean[j] / l->points;
            figures_say(g->alt, " %s %.1f", m->label[l->series],
                        m->panel[i].kind == GRID_DOTS ? sum : curve_lines_last(l));
        }
    }
    figures_say(g->alt, ".");
}

enum status curve_figure_draw(struct curve_figure *b, const char *id, const char *title)
{
    struct made m;
    enum status result = made_init(b, &m);
    for (int i = 0; i < b->panels && result == STATUS_OK; i++)
        result = fill_curve_panel(b, i, &m);
    int panels = result == STATUS_OK ? leave_out_empty(b, &m) : 0;
    if (panels > 0) {
        if (b->ramp)
            theme_ramp(b->f->theme, m.serieses, m.style);
        else
            theme_assign(b->f->theme, m.id, m.serieses, figures_ours(b->f), m.style);
        struct grid g = {
            .panel = m.panel,
            .panels = panels,
            .columns = b->columns,
            .label = m.label,
            .style = m.style,
            .series = m.serieses,
            .front = b->ramp ? -1 : theme_ours(m.id, m.serieses, figures_ours(b->f)),
            .x_title = b->x_title != NULL ? b->x_title : b->f->report->results.x_title,
            .y_title = b->y_title != NULL ? b->y_title : report_score_axis(b->f->report),
            .planned = b->f->report->results.seeds,
        };
        struct figure *out;
        result = figures_next(b->f, id, title, &out);
        if (result == STATUS_OK) {
            g.id = out->id;
            out->page_only = b->page_only;
            describe_curves(b, &m, panels, out);
            result = figures_grid(b->f, &g, out);
        }
    }
    made_free(&m);
    return result;
}
