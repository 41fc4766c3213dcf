#include "report/figures/fig_status.h"

#include "report/draw/fig_heat.h"

#include <stdio.h>
#include <stdlib.h>

/* Is there a run of this cell, whatever became of it? */
static bool has_any_run(const struct results *r, int method, int dataset)
{
    int count;
    results_cell(r, method, dataset, &count);
    return count > 0;
}

static void fill_status_cell(const struct results *r, int method, int dataset,
                             struct heat_cell *out)
{
    struct results_count n = results_count(r, method, dataset);
    int seeds = r->suite[r->dataset[dataset].suite].seeds, planned = seeds > 0 ? seeds : 1;
    int done = n.of[RUN_OK] + n.of[RUN_DIVERGED];
    int going = n.of[RUN_INCOMPLETE], failed = n.of[RUN_FAILED];
    out->value = done + going + failed > 0 ? (double)done / planned : PLOT_NONE;
    if (done + going + failed == 0)
        return;
    /* A dagger for diverged, a cross for failed: the number alone would hide them. */
    snprintf(out->text, sizeof out->text, "%d/%d%s%s", done, planned,
             n.of[RUN_DIVERGED] > 0 ? "†" : "", failed > 0 ? "×" : "");
    size_t used = 0;
    for (int k = 0; k < RUN_STATUS_COUNT; k++) {
        if (n.of[k] == 0)
            continue;
        int added = snprintf(out->why + used, sizeof out->why - used, "%s%d %s",
                             used > 0 ? ", " : "", n.of[k], run_status_word((enum run_status)k));
        used += added > 0 && (size_t)added < sizeof out->why - used ? (size_t)added : 0;
    }
}

/* Rows are datasets in groups of suites, columns methods. */
struct map {
    int *dataset, *method;
    const char **row, **column;
    struct heat_cell *cell;
    struct heat_group *group;
    int rows, columns, groups, complete, cells;
};

static void map_free(struct map *m)
{
    free(m->dataset);
    free(m->method);
    free(m->row);
    free(m->column);
    free(m->cell);
    free(m->group);
}

static enum status map_make(const struct results *r, struct map *m)
{
    size_t datasets = (size_t)r->datasets + 1, methods = (size_t)r->methods + 1;
    *m = (struct map){.dataset = calloc(datasets, sizeof *m->dataset),
                      .method = calloc(methods, sizeof *m->method),
                      .row = calloc(datasets, sizeof *m->row),
                      .column = calloc(methods, sizeof *m->column),
                      .cell = calloc(datasets * methods, sizeof *m->cell),
                      .group = calloc((size_t)r->suites + 1, sizeof *m->group)};
    if (m->dataset == NULL || m->method == NULL || m->row == NULL || m->column == NULL ||
        m->cell == NULL || m->group == NULL)
        return figures_no_memory("status");
    for (int k = 0; k < r->methods; k++) {
        bool any = false;
        for (int d = 0; d < r->datasets; d++)
            any |= has_any_run(r, k, d);
        if (!any)
            continue;
        m->column[m->columns] = r->method[k].label;
        m->method[m->columns++] = k;
    }
    int suite = -1;
    for (int d = 0; d < r->datasets; d++) {
        bool any = false;
        for (int k = 0; k < m->columns; k++)
            any |= has_any_run(r, m->method[k], d);
        if (!any)
            continue;
        if (r->dataset[d].suite != suite) {
            suite = r->dataset[d].suite;
            m->group[m->groups++] = (struct heat_group){.title = r->suite[suite].title,
                                                        .first = m->rows};
        }
        m->group[m->groups - 1].count++;
        m->row[m->rows] = r->dataset[d].title;
        m->dataset[m->rows++] = d;
    }
    for (int i = 0; i < m->rows; i++) {
        for (int k = 0; k < m->columns; k++) {
            struct heat_cell *cell = &m->cell[(size_t)i * (size_t)m->columns + (size_t)k];
            fill_status_cell(r, m->method[k], m->dataset[i], cell);
            m->cells++;
            m->complete += cell->value >= 1;
        }
    }
    return STATUS_OK;
}

enum status status_map(struct figures *f, const struct figure_row *row)
{
    struct map m = {0};
    struct figure *out;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    enum status result = map_make(&f->report->results, &m);
    if (result == STATUS_OK && m.rows > 0 && m.columns > 0)
        result = figures_next(f, row->id, row->title, &out);
    if (result == STATUS_OK && m.rows > 0 && m.columns > 0) {
        figures_say(out->caption,
                    "Seeds with a result of %d planned, by dataset and method; hatched: no run. "
                    "†: a run diverged, ×: a run failed. %d of %d cells are complete.",
                    f->report->results.seeds, m.complete, m.cells);
        figures_say(out->alt, "%s: %d of %d cells are complete.", row->title, m.complete, m.cells);
        struct heat heat = {.id = out->id,
                            .row = m.row,
                            .column = m.column,
                            .rows = m.rows,
                            .columns = m.columns,
                            .cell = m.cell,
                            .low = 0,
                            .middle = 0,
                            .high = 1.6, /* pale enough to read the numbers */
                            .group = m.group,
                            .groups = m.groups};
        result = figures_heat(f, &heat, out);
    }
    map_free(&m);
    return result;
}
