#include "report/figures/fig_paper.h"

#include "report/results/published.h"
#include "report/results/registry.h"
#include "report/results/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    PANELS = 8,
    CROWDED = 8, /* more points than a small panel has room to name */
    RINGS = 4    /* distances of a name from its point */
};

static const double LEFT = 0.42, RIGHT = 0.12, TOP = 0.22, GAP_X = 0.34, BOTTOM = 0.38;

struct point {
    int method;
    double printed, printed_low, printed_high; /* NaN: no interval is known */
    struct interval ours;
    bool outside;  /* higher or lower (agreement.h) */
    char name[64]; /* of the dataset */
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
    TRY(results_matrix(&r->results, method, &dataset, 1, RESULTS_FINAL, &scores));
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
    *out = (struct point){.method = method,
                          .printed = cell->printed.final,
                          .printed_low = PLOT_NONE,
                          .printed_high = PLOT_NONE,
                          .outside = is_outside(cell->agreed.verdict)};
    snprintf(out->name, sizeof out->name, "%.60s", dataset_name(x, dataset));
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

static enum status collect_cloud(const struct report *report, int suite, const void *none,
                                 struct cloud *out)
{
    (void)none;
    const struct results *r = &report->results;
    size_t cells = (size_t)r->suite[suite].count * (size_t)r->methods;
    TRY(cloud_init(r, suite, cells, "paper_vs_ours", out));
    for (int i = 0; i < r->suite[suite].count; i++) {
        for (int m = 0; m < r->methods; m++) {
            struct point *p = &out->point[out->points];
            bool printed;
            TRY(place_cell(report, m, r->suite[suite].first + i, p, &printed));
            if (printed)
                take_point(out);
        }
    }
    add_margin(out);
    return STATUS_OK;
}

struct pairs {
    struct published_pair *pair;
    int count;
};

/* The published pairs whose dataset is of this suite. */
static enum status collect_published(const struct report *r, int suite, const void *context,
                                     struct cloud *out)
{
    const struct results *x = &r->results;
    const struct pairs *pairs = context;
    const struct published_pair *pair = pairs->pair;
    TRY(cloud_init(x, suite, (size_t)pairs->count, "published_vs_ours", out));
    for (int i = 0; i < pairs->count; i++) {
        const struct published_row *row = pair[i].row;
        struct point *p = &out->point[out->points];
        if (x->dataset[row->at].suite != suite)
            continue;
        *p = (struct point){.method = pair[i].method,
                            .printed = row->mean,
                            .printed_low = pair[i].published_low,
                            .printed_high = pair[i].published_high,
                            .outside = is_outside(pair[i].agreed.verdict)};
        bool same = pair[i].method == row->known;
        snprintf(p->name, sizeof p->name, "%.36s%s%.20s", dataset_name(x, row->at),
                 same ? "" : " vs ", same ? "" : row->method);
        TRY(interval_of(r, pair[i].method, row->at, &p->ours));
        take_point(out);
    }
    add_margin(out);
    return STATUS_OK;
}

/* --- names beside points ---------------------------------------------------------------------- */

struct area { /* inches on the page */
    double left, bottom, right, top;
};

/* What a name may not cover: dots, intervals, names, and the diagonal of the panel. */
struct places {
    struct plot_box box;
    struct area *taken; /* (3 a point for its dot and intervals, 1 for its name) */
    int count;
};

static bool is_free(const struct places *all, struct area a)
{
    const struct plot_box *b = &all->box;
    if (a.left < b->left + 0.02 || a.right > b->left + b->width + 0.06 ||
        a.bottom < b->bottom + 0.02 || a.top > b->bottom + b->height + 0.04)
        return false;
    /* Above the diagonal at its lower right corner, below it at its upper left one. */
    double right_of = a.right - b->left - (a.bottom - b->bottom);
    double left_of = a.left - b->left - (a.top - b->bottom);
    if (left_of < 0.01 && right_of > -0.01)
        return false;
    for (int i = 0; i < all->count; i++) {
        const struct area *t = &all->taken[i];
        if (a.left < t->right && a.right > t->left && a.bottom < t->top && a.top > t->bottom)
            return false;
    }
    return true;
}

static void take_marks(struct plot *p, const struct cloud *c, struct places *all)
{
    const double dot = 0.035, line = 0.012;
    for (int i = 0; i < c->points; i++) {
        const struct point *q = &c->point[i];
        double x = plot_x(p, q->printed), y = plot_y(p, q->ours.point);
        all->taken[all->count++] = (struct area){x - dot, y - dot, x + dot, y + dot};
        if (interval_known(q->ours))
            all->taken[all->count++] = (struct area){x - line, plot_y(p, q->ours.low), x + line,
                                                     plot_y(p, q->ours.high)};
        if (isfinite(q->printed_low))
            all->taken[all->count++] = (struct area){plot_x(p, q->printed_low), y - line,
                                                     plot_x(p, q->printed_high), y + line};
    }
}

/* Put the name where it covers nothing: beside its dot, or further away on a thin line. Without
 * such a place there is none. */
static void name_point(struct plot *p, const struct point *q, int rings, struct places *all)
{
    /* Directions in the order of preference: right, left, above, below, and between. */
    static const double to[8][2] = {{1, 0},     {-1, 0},     {0, 1},      {0, -1},
                                    {0.7, 0.7}, {0.7, -0.7}, {-0.7, 0.7}, {-0.7, -0.7}};
    static const double ring[RINGS] = {0.05, 0.12, 0.20, 0.30};
    const double points = 6, height = 0.085;
    double x = plot_x(p, q->printed), y = plot_y(p, q->ours.point);
    double width = theme_text_width(q->name, points);
    for (int k = 0; k < 8 * rings; k++) {
        const double *way = to[k % 8], far = ring[k / 8];
        double near_x = x + way[0] * far, near_y = y + way[1] * (far + height / 2);
        double left = near_x - (way[0] < 0 ? width : way[0] > 0 ? 0 : width / 2);
        struct area a = {left, near_y - height / 2, left + width, near_y + height / 2};
        if (!is_free(all, a))
            continue;
        if (far > ring[0])
            plot_rule(p, x, y, near_x, near_y - way[1] * height / 2, 0.4, THEME_GREY, 1);
        plot_text(p, left, near_y, (struct plot_style){.points = points}, "%s", q->name);
        all->taken[all->count++] = a;
        return;
    }
}

/* The furthest from agreement first. */
static enum status name_points(struct plot *p, const struct cloud *c, struct plot_box box)
{
    struct places all = {.box = box, .taken = calloc(4 * (size_t)c->points + 1, sizeof *all.taken)};
    bool *done = calloc((size_t)c->points + 1, sizeof *done);
    if (all.taken == NULL || done == NULL) {
        free(all.taken);
        free(done);
        return figures_no_memory("paper_vs_ours");
    }
    take_marks(p, c, &all);
    for (int turn = 0; turn < c->points; turn++) {
        int next = -1;
        double furthest = -1;
        for (int i = 0; i < c->points; i++) {
            const struct point *q = &c->point[i];
            double far = fabs(q->ours.point - q->printed) + (q->outside ? 1e6 : 0);
            if (!done[i] && far > furthest) {
                next = i;
                furthest = far;
            }
        }
        if (next < 0)
            break;
        done[next] = true;
        bool far = c->point[next].outside || c->points <= CROWDED;
        name_point(p, &c->point[next], far ? RINGS : 1, &all);
    }
    free(all.taken);
    free(done);
    return STATUS_OK;
}

/* --- the figure ------------------------------------------------------------------------------- */

/* One method's points of a cloud. */
static void draw_method(struct plot *p, const struct cloud *c, const struct figures_series *s,
                        int method, int series, bool marks)
{
    char what[2 * RESULTS_TITLE];
    snprintf(what, sizeof what, "%s, %s", c->title, s->label[series]);
    int block = -1, known = 0, spread = 0;
    for (int i = 0; i < c->points; i++) {
        const struct point *q = &c->point[i];
        if (q->method != method)
            continue;
        if (block < 0)
            block = plot_block(p, what, "printed ours low high printed_low printed_high");
        plot_row(p, 6, q->printed, q->ours.point, q->ours.low, q->ours.high, q->printed_low,
                 q->printed_high);
        known += interval_known(q->ours);
        spread += isfinite(q->printed_low);
        plot_hover(p, q->printed, q->ours.point, "%s %s: printed %.2f, ours %.2f [%.2f, %.2f]",
                   s->label[series], q->name, q->printed, q->ours.point, q->ours.low, q->ours.high);
    }
    if (known > 0)
        plot_draw(p,
                  "DATA index %d using 1:3:(0):($4-$3) with vectors nohead lw 0.8*BORDER "
                  "lc rgb COLOUR[%d] notitle",
                  block, series + 1);
    if (spread > 0)
        plot_draw(p,
                  "DATA index %d using 5:2:($6-$5):(0) with vectors nohead lw 0.8*BORDER "
                  "lc rgb COLOUR[%d] notitle",
                  block, series + 1);
    char mark[24] = "7";
    if (marks)
        snprintf(mark, sizeof mark, "MARK[%d]", series + 1);
    if (block >= 0)
        plot_draw(p,
                  "DATA index %d using 1:2 with points pt %s ps 0.4*PS lc rgb COLOUR[%d] "
                  "title LABEL[%d] noenhanced",
                  block, mark, series + 1, series + 1);
}

static enum status draw_cloud(struct plot *p, const struct cloud *c, const struct theme *t,
                              const struct figures_series *s, const int *method,
                              struct plot_box box)
{
    struct plot_axis axis = {.low = c->low, .high = c->high, .labels = true};
    axis.step = theme_step_fitting(c->low, c->high, box.width < 1.2 ? 4 : 5, box.width);
    plot_panel(p, &(struct plot_panel){.box = box, .title = c->title, .x = axis, .y = axis});
    int diagonal = plot_block(p, "equal", "x y");
    plot_row(p, 2, c->low, c->low);
    plot_row(p, 2, c->high, c->high);
    plot_draw(p, "DATA index %d using 1:2 with lines lw 0.8*BORDER lc rgb GREY dt (6,4) notitle",
              diagonal);
    for (int i = 0; i < s->count; i++)
        draw_method(p, c, s, method[i], i, theme_marks(t) || s->count > THEME_HUES);
    return name_points(p, c, box);
}

/* The methods of any point; returns how many. */
static int list_methods(const struct cloud *cloud, int clouds, int methods, int *method)
{
    int count = 0;
    for (int m = 0; m < methods; m++) {
        bool any = false;
        for (int k = 0; k < clouds; k++) {
            for (int i = 0; i < cloud[k].points; i++)
                any |= cloud[k].point[i].method == m;
        }
        if (any)
            method[count++] = m;
    }
    return count;
}

/* Two in a row where there are many points to name. */
static int choose_columns(const struct cloud *cloud, int clouds, double page)
{
    int columns = clouds < 5 ? clouds : (clouds + 1) / 2;
    for (int i = 0; i < clouds; i++) {
        if ((cloud[i].points > CROWDED || page < 5) && columns > 2)
            columns = 2;
    }
    return columns;
}

/* What both kinds of comparison show: who printed, and where names stand. */
struct words {
    const char *x_title, *caption;
};

static void describe_clouds(const struct figures *f, const struct cloud *cloud, int clouds,
                            const char *caption, struct figure *out)
{
    for (int i = 0; i < clouds; i++)
        figures_say(out->alt, " %s: %d cells, %d outside of agreement.", cloud[i].title,
                    cloud[i].points, cloud[i].outside);
    figures_say(out->caption, "%s", caption);
    figures_say_interval(f, out->caption);
}

static enum status draw_clouds(struct figures *f, const struct figure_row *row,
                               const struct cloud *cloud, int clouds, const struct words *words,
                               const struct figures_series *s, const int *method)
{
    struct figure *out;
    TRY(figures_next(f, row->id, row->title, &out));
    double page = theme_inches(f->theme) / theme_scale(f->theme);
    int columns = choose_columns(cloud, clouds, page), rows = (clouds + columns - 1) / columns;
    double side = fmin(columns < 3 ? 2.6 : 2.2,
                       (page - LEFT - RIGHT - (columns - 1) * GAP_X) / columns);
    double width = LEFT + RIGHT + columns * side + (columns - 1) * GAP_X;
    double pitch = side + TOP + 0.2;
    width = fmin(page, fmax(width, plot_series_width(f->theme, s->label, s->style, s->count)));
    /* A first plot tells how many rows the legend takes. */
    struct plot *p = plot_new(out->id, f->theme, width, 1);
    plot_series(p, s->label, s->style, s->count);
    double legend = plot_legend_height(p, NULL, s->count) + 0.04, bottom = BOTTOM + legend;
    plot_delete(p);
    p = plot_new(out->id, f->theme, width, bottom - 0.2 + rows * pitch);
    plot_series(p, s->label, s->style, s->count);
    enum status result = STATUS_OK;
    for (int i = 0; i < clouds && result == STATUS_OK; i++) {
        int line = i / columns, column = i % columns;
        struct plot_box box = {LEFT + column * (side + GAP_X), bottom + (rows - 1 - line) * pitch,
                               side, side};
        result = draw_cloud(p, &cloud[i], f->theme, s, method, box);
    }
    if (result != STATUS_OK) {
        plot_delete(p);
        return result;
    }
    struct plot_style style = {.points = 7.8, .anchor = PLOT_CENTER};
    plot_text(p, LEFT + (width - LEFT - RIGHT) / 2, legend + 0.09, style, "%s", words->x_title);
    style.upright = true;
    plot_text(p, 0.09, bottom + (plot_height(p) - bottom - TOP) / 2, style, "This report");
    plot_legend_dots(p, 0.04, NULL, s->count);
    describe_clouds(f, cloud, clouds, words->caption, out);
    return figures_keep(f, plot_finish(p, f->folder, f->comment, out));
}

/* Colours by method, as in every figure. */
static enum status draw_by_method(struct figures *f, const struct figure_row *row,
                                  const struct cloud *cloud, int clouds, const struct words *words)
{
    int methods = f->report->results.methods, *method = calloc((size_t)methods + 1, sizeof *method);
    struct figures_series series = {0};
    if (method == NULL)
        return figures_no_memory(row->id);
    int count = list_methods(cloud, clouds, methods, method);
    enum status result = figures_series(f, method, count, &series);
    if (result == STATUS_OK)
        result = draw_clouds(f, row, cloud, clouds, words, &series, method);
    figures_series_free(&series);
    free(method);
    return result;
}

/* One panel for each suite in which `collect` finds points. */
typedef enum status collector(const struct report *r, int suite, const void *context,
                              struct cloud *out);

static enum status draw_suites(struct figures *f, const struct figure_row *row, collector *collect,
                               const void *context, const struct words *words)
{
    struct cloud cloud[PANELS] = {0};
    int clouds = 0;
    enum status result = STATUS_OK;
    for (int s = 0; s < f->report->results.suites && clouds < PANELS && result == STATUS_OK; s++) {
        result = collect(f->report, s, context, &cloud[clouds]);
        if (cloud[clouds].points > 0)
            clouds++;
        else
            free(cloud[clouds].point);
    }
    if (result == STATUS_OK && clouds > 0)
        result = draw_by_method(f, row, cloud, clouds, words);
    for (int i = 0; i < clouds; i++)
        free(cloud[i].point);
    return result;
}

enum status paper_scatter(struct figures *f, const struct figure_row *row)
{
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    return draw_suites(
        f, row, collect_cloud, NULL,
        &(struct words){
            "Printed in the paper",
            "Final scores: printed in the paper against this report's, one dot per method and "
            "dataset, with the interval of our mean; the paper prints no spread. Named where "
            "there is room: the dataset, in the paper's abbreviation, first where the "
            "difference is beyond what two samples of one distribution would show (and beyond "
            "5 points and 10 %). "});
}

enum status published_scatter(struct figures *f, const struct figure_row *row)
{
    struct pairs pairs = {.count = 0};
    if (!figures_wanted(f, row->id) || f->report->published == NULL)
        return STATUS_OK;
    enum status result = published_pairs(f->report, &pairs.pair, &pairs.count);
    if (result == STATUS_OK)
        result = draw_suites(
            f, row, collect_published, &pairs,
            &(struct words){
                "Published",
                "Final scores: published elsewhere against the runs here, one dot per published "
                "number and method compared with it. Horizontal: 95 % interval of the published "
                "mean from its standard deviation and number of runs, where stated. Vertical: of "
                "the mean here. Named where there is room: the dataset, first where the Welch "
                "interval of the difference does not hold 0. "});
    free(pairs.pair);
    return result;
}
