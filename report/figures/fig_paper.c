#include "report/figures/fig_paper.h"

#include "report/results/registry.h"
#include "report/results/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 8, NAMED = 6 };

static const double LEFT = 0.42, RIGHT = 0.12, TOP = 0.22, GAP_X = 0.34, BOTTOM = 0.38;

struct point {
    double printed;
    struct interval ours;
    bool outside; /* higher or lower (agreement.h) */
    char name[64];
};

struct cloud { /* of one suite */
    const char *title;
    struct point *point;
    int points, outside;
    double low, high; /* range of both axes */
};

/* The cell's point; *printed is false when the paper or we have no score. */
static enum status place_cell(const struct report *r, int method, int dataset, struct point *out,
                              bool *printed)
{
    const struct results *x = &r->results;
    const struct cell_statistics *cell;
    struct matrix scores;
    struct interval got[AGGREGATE_COUNT];
    TRY(statistics_cell(r, method, dataset, &cell));
    *printed = isfinite(cell->printed.final) && cell->runs > 0;
    if (!*printed)
        return STATUS_OK;
    TRY(results_matrix(x, method, &dataset, 1, RESULTS_FINAL, false, &scores));
    enum status result = aggregate_intervals(&scores, r->gamma, &r->bootstrap, got);
    matrix_free(&scores);
    TRY(result);
    int known = registry_find_dataset(x->dataset[dataset].base);
    enum agreement verdict = cell->agreed.verdict;
    *out = (struct point){.printed = cell->printed.final,
                          .ours = got[AGGREGATE_MEAN],
                          .outside = verdict == AGREES_HIGHER || verdict == AGREES_LOWER};
    snprintf(out->name, sizeof out->name, "%.20s %.36s", x->method[method].label,
             known >= 0 ? registry_datasets(NULL)[known].abbrev : x->dataset[dataset].title);
    return STATUS_OK;
}

static void widen_range(struct cloud *c, double value)
{
    if (!isfinite(value))
        return;
    c->low = fmin(c->low, value);
    c->high = fmax(c->high, value);
}

static enum status collect_cloud(const struct figures *f, int suite, struct cloud *out)
{
    const struct results *r = &f->report->results;
    *out = (struct cloud){.title = r->suite[suite].title, .low = HUGE_VAL, .high = -HUGE_VAL};
    out->point = calloc((size_t)r->suite[suite].count * (size_t)r->methods + 1, sizeof *out->point);
    if (out->point == NULL)
        return figures_no_memory("paper_vs_ours");
    for (int i = 0; i < r->suite[suite].count; i++) {
        for (int m = 0; m < r->methods; m++) {
            struct point *p = &out->point[out->points];
            bool printed;
            TRY(place_cell(f->report, m, r->suite[suite].first + i, p, &printed));
            if (!printed)
                continue;
            out->points++;
            out->outside += p->outside;
            widen_range(out, p->printed);
            widen_range(out, p->ours.point);
            widen_range(out, p->ours.low);
            widen_range(out, p->ours.high);
        }
    }
    double margin = 0.04 * fmax(out->high - out->low, 1);
    out->low -= margin;
    out->high += margin;
    return STATUS_OK;
}

/* The furthest points get their names, shifted where two would touch. */
static void name_points(struct plot *p, const struct cloud *c, const struct plot_box *box)
{
    struct {
        double x, y;
    } placed[NAMED];
    bool *done = calloc((size_t)c->points + 1, sizeof *done);
    for (int named = 0; done != NULL && named < NAMED && named < c->outside; named++) {
        int worst = -1;
        for (int i = 0; i < c->points; i++) {
            const struct point *q = &c->point[i];
            if (q->outside && !done[i] &&
                (worst < 0 || fabs(q->ours.point - q->printed) >
                                  fabs(c->point[worst].ours.point - c->point[worst].printed)))
                worst = i;
        }
        const struct point *q = &c->point[worst];
        done[worst] = true;
        double x = plot_x(p, q->printed), y = plot_y(p, q->ours.point);
        double width = theme_text_width(q->name, 6);
        /* Away from the diagonal, where most points are, as far as the panel reaches. */
        bool left = q->ours.point > q->printed ? x - 0.05 - width > box->left
                                               : x + 0.05 + width > box->left + box->width + 0.05;
        x += left ? -0.05 - width : 0.05;
        for (int turn = 0; turn < named; turn++) {
            for (int i = 0; i < named; i++) {
                if (fabs(placed[i].y - y) < 0.085 && fabs(placed[i].x - x) < 0.6)
                    y = placed[i].y - 0.09;
            }
        }
        placed[named].x = x;
        placed[named].y = y;
        plot_text(p, x, y, (struct plot_style){.points = 6}, "%s", q->name);
    }
    free(done);
}

static void draw_cloud(struct plot *p, const struct cloud *c, int series, struct plot_box box)
{
    struct plot_axis axis = {.low = c->low, .high = c->high, .labels = true};
    axis.step = theme_step_fitting(c->low, c->high, box.width < 1.2 ? 4 : 5, box.width);
    plot_panel(p, &(struct plot_panel){.box = box, .title = c->title, .x = axis, .y = axis});
    int diagonal = plot_block(p, "equal", "x y");
    plot_row(p, 2, c->low, c->low);
    plot_row(p, 2, c->high, c->high);
    plot_draw(p, "DATA index %d using 1:2 with lines lw 0.8*BORDER lc rgb GREY dt (6,4) notitle",
              diagonal);
    int block = plot_block(p, c->title, "printed ours low high");
    int known = 0;
    for (int i = 0; i < c->points; i++) {
        const struct point *q = &c->point[i];
        plot_row(p, 4, q->printed, q->ours.point, q->ours.low, q->ours.high);
        known += interval_known(q->ours);
        plot_hover(p, q->printed, q->ours.point, "%s: printed %.2f, ours %.2f [%.2f, %.2f]",
                   q->name, q->printed, q->ours.point, q->ours.low, q->ours.high);
    }
    if (known > 0)
        plot_draw(p,
                  "DATA index %d using 1:3:(0):($4-$3) with vectors nohead lw 0.8*BORDER "
                  "lc rgb COLOUR[%d] notitle",
                  block, series);
    plot_draw(p,
              "DATA index %d using 1:2 with points pt MARK[%d] ps 0.4*PS lc rgb COLOUR[%d] "
              "title LABEL[%d] noenhanced",
              block, series, series, series);
    name_points(p, c, &box);
}

static enum status draw_clouds(struct figures *f, const struct figure_row *row,
                               const struct cloud *cloud, int clouds)
{
    static const uint32_t hue[PANELS] = {0x0072B2, 0xD55E00, 0x009E73, 0xCC79A7,
                                         0xE69F00, 0x56B4E9, 0x000000, 0x7f7f7f};
    static const int mark[PANELS] = {7, 5, 9, 11, 13, 15, 4, 6};
    struct theme_series style[PANELS];
    const char *label[PANELS];
    struct figure *out;
    TRY(figures_next(f, row->id, row->title, &out));
    double page = theme_inches(f->theme) / theme_scale(f->theme);
    int columns = clouds < 5 ? clouds : (clouds + 1) / 2;
    if (page < 5 && columns > 2)
        columns = 2;
    int rows = (clouds + columns - 1) / columns;
    double side = fmin(2.2, (page - LEFT - RIGHT - (columns - 1) * GAP_X) / columns);
    double width = LEFT + RIGHT + columns * side + (columns - 1) * GAP_X;
    double pitch = side + TOP + 0.2;
    struct plot *p = plot_new(out->id, f->theme, width, BOTTOM - 0.2 + rows * pitch);
    for (int i = 0; i < clouds; i++) {
        style[i] = (struct theme_series){.rgb = hue[i], .dash = 1, .marker = mark[i], .line = 1};
        label[i] = cloud[i].title;
    }
    plot_series(p, label, style, clouds);
    for (int i = 0; i < clouds; i++) {
        int line = i / columns, column = i % columns;
        struct plot_box box = {LEFT + column * (side + GAP_X), BOTTOM + (rows - 1 - line) * pitch,
                               side, side};
        draw_cloud(p, &cloud[i], i + 1, box);
        figures_say(out->alt, " %s: %d cells, %d outside of agreement.", cloud[i].title,
                    cloud[i].points, cloud[i].outside);
    }
    struct plot_style style_of = {.points = 7.8, .anchor = PLOT_CENTER};
    plot_text(p, LEFT + (width - LEFT - RIGHT) / 2, 0.09, style_of, "Printed in the paper");
    style_of.upright = true;
    plot_text(p, 0.09, BOTTOM + (plot_height(p) - BOTTOM - TOP) / 2, style_of, "This report");
    figures_say(out->caption,
                "Final scores: printed in the paper against this report's, one dot per method and "
                "dataset, with the interval of our mean; the paper prints no "
                "spread. Labelled: the largest of the differences beyond what two samples of one "
                "distribution would show (and beyond 5 points and 10 %%). ");
    figures_say_interval(f, out->caption);
    return figures_keep(f, plot_finish(p, f->folder, f->comment, out));
}

enum status paper_scatter(struct figures *f, const struct figure_row *row)
{
    struct cloud cloud[PANELS] = {0};
    int clouds = 0;
    enum status result = STATUS_OK;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    for (int s = 0; s < f->report->results.suites && clouds < PANELS && result == STATUS_OK; s++) {
        result = collect_cloud(f, s, &cloud[clouds]);
        if (cloud[clouds].points > 0)
            clouds++;
        else
            free(cloud[clouds].point);
    }
    if (result == STATUS_OK && clouds > 0)
        result = draw_clouds(f, row, cloud, clouds);
    for (int i = 0; i < clouds; i++)
        free(cloud[i].point);
    return result;
}
