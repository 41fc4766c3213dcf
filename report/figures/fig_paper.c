#include "report/figures/fig_paper.h"

#include "report/results/published.h"
#include "report/results/registry.h"
#include "report/results/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PANELS = 8, NAMED = 6 };

static const double LEFT = 0.42, RIGHT = 0.12, TOP = 0.22, GAP_X = 0.34, BOTTOM = 0.38;

struct point {
    double printed, printed_low, printed_high; /* NaN: no interval is known */
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

static enum status interval_of(const struct report *r, int method, int dataset,
                               struct interval *out)
{
    struct matrix scores;
    struct interval got[AGGREGATE_COUNT];
    TRY(results_matrix(&r->results, method, &dataset, 1, RESULTS_FINAL, false, &scores));
    enum status result = aggregate_intervals(&scores, r->gamma, &r->bootstrap, got);
    matrix_free(&scores);
    *out = got[AGGREGATE_MEAN];
    return result;
}

static const char *dataset_name(const struct results *r, int dataset)
{
    int known = registry_find_dataset(r->dataset[dataset].base);
    return known >= 0 ? registry_datasets(NULL)[known].abbrev : r->dataset[dataset].title;
}

static bool is_outside(enum agreement verdict)
{
    return verdict == AGREES_HIGHER || verdict == AGREES_LOWER;
}

/* The cell's point; *printed is false when the paper or we have no score. */
static enum status place_cell(const struct report *r, int method, int dataset, struct point *out,
                              bool *printed)
{
    const struct results *x = &r->results;
    const struct cell_statistics *cell;
    TRY(statistics_cell(r, method, dataset, &cell));
    *printed = isfinite(cell->printed.final) && cell->runs > 0;
    if (!*printed)
        return STATUS_OK;
    *out = (struct point){.printed = cell->printed.final,
                          .printed_low = PLOT_NONE,
                          .printed_high = PLOT_NONE,
                          .outside = is_outside(cell->agreed.verdict)};
    snprintf(out->name, sizeof out->name, "%.20s %.36s", x->method[method].label,
             dataset_name(x, dataset));
    return interval_of(r, method, dataset, &out->ours);
}

static void widen_range(struct cloud *c, double value)
{
    if (!isfinite(value))
        return;
    c->low = fmin(c->low, value);
    c->high = fmax(c->high, value);
}

static enum status cloud_init(const struct results *r, int suite, size_t points, const char *id,
                              struct cloud *out)
{
    *out = (struct cloud){.title = r->suite[suite].title, .low = HUGE_VAL, .high = -HUGE_VAL};
    out->point = calloc(points + 1, sizeof *out->point);
    return out->point != NULL ? STATUS_OK : figures_no_memory(id);
}

/* The point behind the last one counts. */
static void take_point(struct cloud *c)
{
    const struct point *p = &c->point[c->points++];
    c->outside += p->outside;
    widen_range(c, p->printed);
    widen_range(c, p->printed_low);
    widen_range(c, p->printed_high);
    widen_range(c, p->ours.point);
    widen_range(c, p->ours.low);
    widen_range(c, p->ours.high);
}

static void add_margin(struct cloud *c)
{
    double margin = 0.04 * fmax(c->high - c->low, 1e-3 * fmax(1, fabs(c->high)));
    c->low -= margin;
    c->high += margin;
}

static enum status collect_cloud(const struct figures *f, int suite, struct cloud *out)
{
    const struct results *r = &f->report->results;
    size_t cells = (size_t)r->suite[suite].count * (size_t)r->methods;
    TRY(cloud_init(r, suite, cells, "paper_vs_ours", out));
    for (int i = 0; i < r->suite[suite].count; i++) {
        for (int m = 0; m < r->methods; m++) {
            struct point *p = &out->point[out->points];
            bool printed;
            TRY(place_cell(f->report, m, r->suite[suite].first + i, p, &printed));
            if (printed)
                take_point(out);
        }
    }
    add_margin(out);
    return STATUS_OK;
}

/* The published pairs whose dataset is of this suite. */
static enum status collect_published(const struct report *r, int suite,
                                     const struct published_pair *pair, int pairs,
                                     struct cloud *out)
{
    const struct results *x = &r->results;
    TRY(cloud_init(x, suite, (size_t)pairs, "published_vs_ours", out));
    for (int i = 0; i < pairs; i++) {
        const struct published_row *row = pair[i].row;
        struct point *p = &out->point[out->points];
        if (x->dataset[row->at].suite != suite)
            continue;
        *p = (struct point){.printed = row->mean,
                            .printed_low = pair[i].published_low,
                            .printed_high = pair[i].published_high,
                            .outside = is_outside(pair[i].agreed.verdict)};
        bool same = pair[i].method == row->known;
        snprintf(p->name, sizeof p->name, "%.18s%s%.16s %.20s", x->method[pair[i].method].label,
                 same ? "" : " vs ", same ? "" : row->method, dataset_name(x, row->at));
        TRY(interval_of(r, pair[i].method, row->at, &p->ours));
        take_point(out);
    }
    add_margin(out);
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
        y += isfinite(q->printed_low) ? 0.07 : 0; /* above the horizontal interval */
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
    int block = plot_block(p, c->title, "printed ours low high printed_low printed_high");
    int known = 0, spread = 0;
    for (int i = 0; i < c->points; i++) {
        const struct point *q = &c->point[i];
        plot_row(p, 6, q->printed, q->ours.point, q->ours.low, q->ours.high, q->printed_low,
                 q->printed_high);
        known += interval_known(q->ours);
        spread += isfinite(q->printed_low);
        plot_hover(p, q->printed, q->ours.point, "%s: printed %.2f, ours %.2f [%.2f, %.2f]",
                   q->name, q->printed, q->ours.point, q->ours.low, q->ours.high);
    }
    if (known > 0)
        plot_draw(p,
                  "DATA index %d using 1:3:(0):($4-$3) with vectors nohead lw 0.8*BORDER "
                  "lc rgb COLOUR[%d] notitle",
                  block, series);
    if (spread > 0)
        plot_draw(p,
                  "DATA index %d using 5:2:($6-$5):(0) with vectors nohead lw 0.8*BORDER "
                  "lc rgb COLOUR[%d] notitle",
                  block, series);
    plot_draw(p,
              "DATA index %d using 1:2 with points pt MARK[%d] ps 0.4*PS lc rgb COLOUR[%d] "
              "title LABEL[%d] noenhanced",
              block, series, series, series);
    name_points(p, c, &box);
}

static enum status draw_clouds(struct figures *f, const struct figure_row *row,
                               const struct cloud *cloud, int clouds, const char *x_title,
                               const char *caption)
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
    plot_text(p, LEFT + (width - LEFT - RIGHT) / 2, 0.09, style_of, x_title);
    style_of.upright = true;
    plot_text(p, 0.09, BOTTOM + (plot_height(p) - BOTTOM - TOP) / 2, style_of, "This report");
    figures_say(out->caption, "%s", caption);
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
        result = draw_clouds(
            f, row, cloud, clouds, "Printed in the paper",
            "Final scores: printed in the paper against this report's, one dot per method and "
            "dataset, with the interval of our mean; the paper prints no "
            "spread. Labelled: the largest of the differences beyond what two samples of one "
            "distribution would show (and beyond 5 points and 10 %). ");
    for (int i = 0; i < clouds; i++)
        free(cloud[i].point);
    return result;
}

enum status published_scatter(struct figures *f, const struct figure_row *row)
{
    struct cloud cloud[PANELS] = {0};
    struct published_pair *pair;
    int clouds = 0, pairs;
    if (!figures_wanted(f, row->id) || f->report->published == NULL)
        return STATUS_OK;
    enum status result = published_pairs(f->report, &pair, &pairs);
    for (int s = 0; s < f->report->results.suites && clouds < PANELS && result == STATUS_OK; s++) {
        result = collect_published(f->report, s, pair, pairs, &cloud[clouds]);
        if (cloud[clouds].points > 0)
            clouds++;
        else
            free(cloud[clouds].point);
    }
    if (result == STATUS_OK && clouds > 0)
        result = draw_clouds(
            f, row, cloud, clouds, "Published",
            "Final scores: published elsewhere against the runs here, one dot per published number "
            "and method compared with it. Horizontal: 95 % interval of the published mean from its "
            "standard deviation and number of runs, where stated. Vertical: of the mean here. "
            "Labelled: the largest of the differences whose Welch interval does not hold 0. ");
    for (int i = 0; i < clouds; i++)
        free(cloud[i].point);
    free(pair);
    return result;
}
