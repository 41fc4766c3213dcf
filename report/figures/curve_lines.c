#include "report/figures/curve_lines.h"

#include "report/stats/align.h"
#include "report/stats/efficiency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

int curve_lines_runs(const struct results *r, int method, int dataset,
                     const struct results_run *run[CURVE_LINES_RUNS])
{
    int count, kept = 0;
    const struct results_run *cell = results_cell(r, method, dataset, &count);
    for (int i = 0; i < count && kept < CURVE_LINES_RUNS; i++) {
        bool dropped = cell[i].status == RUN_DIVERGED && r->options.diverged == DIVERGED_DROP;
        if (cell[i].points > 0 && !dropped)
            run[kept++] = &cell[i];
    }
    return kept;
}

/* --- one run as a curve --------------------------------------------------------------------- */

struct points {
    int count;
    double *x, *y;
};

static enum status points_room(struct points *p, int n)
{
    size_t size = (size_t)(n > 0 ? n : 1) * sizeof(double);
    *p = (struct points){.x = malloc(size), .y = malloc(size)};
    if (p->x != NULL && p->y != NULL)
        return STATUS_OK;
    free(p->x);
    free(p->y);
    *p = (struct points){0};
    return figures_no_memory("of curves");
}

static void points_free(struct points *p)
{
    free(p->x);
    free(p->y);
}

/* Finite values at rising x; where x repeats (a resume), the later one. */
static void points_add(struct points *p, double x, double y)
{
    if (!isfinite(x) || !isfinite(y))
        return;
    while (p->count > 0 && p->x[p->count - 1] >= x)
        p->count--;
    p->x[p->count] = x;
    p->y[p->count++] = y;
}

static enum status points_metric(const struct curve_lines_source *s, const struct results_run *run,
                                 struct points *out)
{
    const struct curve *c = run->curve;
    int rows = c != NULL ? c->iterations : 0;
    TRY(points_room(out, rows));
    int axis = s->what == CURVE_LINES_BY_ITERATION ? CURVE_iteration : CURVE_transitions;
    for (int i = 0; i < rows; i++) {
        const double *value = c->iteration[i].value;
        if (value[CURVE_phase] > 0.5) /* online */
            points_add(out, value[axis], value[s->metric]);
    }
    return STATUS_OK;
}

/* A column of the run over transitions. */
static enum status points_column(const struct results_run *run, const double *y, struct points *out)
{
    TRY(points_room(out, run->points));
    for (int i = 0; i < run->points; i++)
        points_add(out, run->x[i], y[i]);
    return STATUS_OK;
}

/* --- means ---------------------------------------------------------------------------------- */

static int points_of(const struct curve_lines_source *s)
{
    return s->points > 1 && s->points < CURVE_LINES_POINTS ? s->points : CURVE_LINES_POINTS;
}

/* One block holds all arrays of a line. */
static double *line_room(struct grid_line *line, int points)
{
    size_t J = (size_t)(points > 0 ? points : 1);
    double *block = malloc(4 * J * sizeof(double) + J * sizeof(int)); /* doubles, then the counts */
    *line = (struct grid_line){.points = points};
    if (block == NULL)
        return NULL;
    line->block = block;
    line->x = block;
    line->mean = block + J;
    line->low = block + 2 * J;
    line->high = block + 3 * J;
    line->count = (int *)(void *)(block + 4 * J);
    return block;
}

/* Align `p` on the grid, a row of y; the slack is one evaluation interval. */
static void align_row(const struct figures *f, const struct points *p, const double *grid, int J,
                      double *row)
{
    struct align_curve c = {.points = p->count, .x = p->x, .y = p->y};
    double slack = align_spacing(c);
    align_onto(c, grid, J, isfinite(slack) ? slack : 0, f->report->results.options.align, row);
}

/* Replace the grid's x by the mean of another column at the same transitions. */
static enum status other_axis(const struct figures *f, const struct curve_lines_source *s,
                              const struct results_run *const *run, int runs, const double *grid,
                              double *y, double *x)
{
    int J = points_of(s);
    for (int i = 0; i < runs; i++) {
        struct points p;
        TRY(points_column(run[i], s->what == CURVE_LINES_HOURS ? run[i]->hours : run[i]->steps,
                          &p));
        align_row(f, &p, grid, J, y + (size_t)i * (size_t)J);
        points_free(&p);
    }
    efficiency_spread(y, runs, J, false, x, NULL, NULL);
    return STATUS_OK;
}

static enum status fill_block(const struct figures *f, const struct curve_lines_source *s,
                              const struct results_run *const *run, int runs, double *y,
                              double *block)
{
    int J = points_of(s);
    double *grid = block, *mean = block + J, *low = block + 2 * J, *high = block + 3 * J;
    int *count = (int *)(void *)(block + 4 * J);
    align_grid(s->budget, J, grid);
    for (int i = 0; i < runs; i++) {
        struct points p;
        bool metric = s->what == CURVE_LINES_METRIC || s->what == CURVE_LINES_BY_ITERATION;
        if (metric)
            TRY(points_metric(s, run[i], &p));
        else
            TRY(points_column(run[i], run[i]->y, &p));
        align_row(f, &p, grid, J, y + (size_t)i * (size_t)J);
        points_free(&p);
    }
    double sd[CURVE_LINES_POINTS];
    efficiency_spread(y, runs, J, f->report->sample_sd, mean, sd, count);
    for (int j = 0; j < J; j++) {
        bool band = count[j] >= 2;
        low[j] = band ? mean[j] - sd[j] : PLOT_NONE;
        high[j] = band ? mean[j] + sd[j] : PLOT_NONE;
    }
    if (s->what == CURVE_LINES_HOURS || s->what == CURVE_LINES_STEPS) {
        double x[CURVE_LINES_POINTS];
        TRY(other_axis(f, s, run, runs, grid, y, x));
        memcpy(grid, x, (size_t)J * sizeof *x);
        /* Of fewer runs the mean cost may fall: such a line would run backwards. */
        for (int j = 0; j < J; j++)
            mean[j] = count[j] == runs ? mean[j] : PLOT_NONE;
    }
    return STATUS_OK;
}

enum status curve_lines_mean(const struct figures *f, const struct curve_lines_source *s,
                             const struct results_run *const *run, int runs, int series,
                             struct grid_line *out)
{
    *out = (struct grid_line){.series = series};
    if (runs < 1 || !(s->budget > 0))
        return STATUS_OK;
    int J = points_of(s);
    double *block = line_room(out, J);
    double *y = malloc((size_t)runs * (size_t)J * sizeof *y);
    enum status result = block == NULL || y == NULL ? figures_no_memory("of curves")
                                                    : fill_block(f, s, run, runs, y, block);
    free(y);
    out->series = series;
    if (result != STATUS_OK)
        curve_lines_free(out, 1);
    else if (isfinite(curve_lines_last(out)))
        out->runs = runs;
    return result;
}

enum status curve_lines_single(const struct results_run *run, double budget, int points, int series,
                               struct grid_line *out)
{
    int last = 0;
    while (last < run->points && run->x[last] <= budget * 1.000001)
        last++;
    int stride = points > 1 ? 1 + (last - 1) / (points - 1) : 1, kept = 0;
    double *block = line_room(out, last);
    if (block == NULL)
        return figures_no_memory("of curves");
    for (int i = 0; i < last; i++) {
        if (i % stride != 0 && i != last - 1)
            continue;
        block[kept] = run->x[i];
        block[last + kept++] = run->y[i];
    }
    out->series = series;
    out->points = kept;
    out->low = out->high = NULL;
    out->count = NULL;
    out->runs = kept > 0;
    return STATUS_OK;
}

void curve_lines_free(struct grid_line *line, int lines)
{
    for (int i = 0; i < lines; i++) {
        free(line[i].block);
        line[i] = (struct grid_line){0};
    }
}

double curve_lines_last(const struct grid_line *line)
{
    for (int j = line->points - 1; j >= 0; j--) {
        if (isfinite(line->mean[j]))
            return line->mean[j];
    }
    return PLOT_NONE;
}
