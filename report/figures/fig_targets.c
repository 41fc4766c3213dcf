#include "report/figures/fig_targets.h"

#include "report/results/registry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double LEFT = 0.5, RIGHT = 0.12, TOP = 0.24, GAP = 0.5, BOTTOM = 0.44, HEIGHT = 1.3,
                    NUMBERS = 0.26;
enum { SWEEP_RUNS = 64 };

/* The runs of one method on one dataset that were asked for the same returns. */
struct sweep {
    int method, runs, left_out;
    const struct curve_targets *run[SWEEP_RUNS];
    double rtg_eval, rtg_online; /* NaN when unknown */
};

struct panel {
    int dataset, sweeps;
    struct sweep *sweep; /* (methods) */
    double low, high;    /* of the y axis */
};

/* Over seeds; the deviation is NaN of a single one. */
static void return_at(const struct sweep *s, int g, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    for (int i = 0; i < s->runs; i++)
        sum += curve_target_return(s->run[i], g);
    *mean = sum / s->runs;
    for (int i = 0; i < s->runs; i++)
        squares += pow(curve_target_return(s->run[i], g) - *mean, 2);
    *sd = s->runs > 1 ? sqrt(squares / (s->runs - 1)) : PLOT_NONE;
}

/* --- what there is ---------------------------------------------------------------------------- */

static bool same_targets(const struct curve_targets *a, const struct curve_targets *b)
{
    return a->targets == b->targets && a->data_worst == b->data_worst &&
           a->data_best == b->data_best &&
           memcmp(a->target, b->target, (size_t)a->targets * sizeof *a->target) == 0;
}

static double setting(const struct results_run *run, const char *key)
{
    char text[64], *end;
    double value = strtod(results_config(run, key, text, sizeof text), &end);
    return end != text ? value : PLOT_NONE;
}

static void take_run(struct sweep *s, const struct results_run *run)
{
    const struct curve_targets *t = &run->curve->targets;
    if (s->runs > 0 && (s->runs == SWEEP_RUNS || !same_targets(s->run[0], t))) {
        s->left_out++;
        return;
    }
    s->method = run->method;
    s->rtg_eval = setting(run, "rtg_eval");
    s->rtg_online = setting(run, "rtg_online");
    s->run[s->runs++] = t;
}

/* The data's returns and what was earned. */
static void settle_range(struct panel *p)
{
    const struct curve_targets *t = p->sweep[0].run[0];
    p->low = t->data_worst;
    p->high = t->data_best;
    for (int k = 0; k < p->sweeps; k++) {
        const struct sweep *s = &p->sweep[k];
        for (int g = 0; g < s->run[0]->targets; g++) {
            double mean, sd;
            return_at(s, g, &mean, &sd);
            p->low = fmin(p->low, mean - (isfinite(sd) ? sd : 0));
            p->high = fmax(p->high, mean + (isfinite(sd) ? sd : 0));
        }
    }
    double margin = fmax(0.08 * (p->high - p->low), 1e-6);
    p->low -= margin;
    p->high += margin;
}

/* Runs are sorted by method and dataset. */
static enum status collect(const struct results *r, int dataset, struct panel *out)
{
    *out = (struct panel){.dataset = dataset,
                          .sweep = calloc((size_t)r->methods + 1, sizeof *out->sweep)};
    if (out->sweep == NULL)
        return figures_no_memory("targets");
    for (int m = 0; m < r->methods; m++) {
        struct sweep *s = &out->sweep[out->sweeps];
        for (int i = 0; i < r->runs; i++) {
            const struct results_run *run = &r->run[i];
            if (run->method == m && run->dataset == dataset && run->curve != NULL &&
                run->curve->targets.targets > 0)
                take_run(s, run);
        }
        out->sweeps += s->runs > 0;
    }
    if (out->sweeps > 0)
        settle_range(out);
    return STATUS_OK;
}

/* --- one panel -------------------------------------------------------------------------------- */

/* Where a target stands: 0 to 1 within the data's returns, 1 to 2 beyond. */
static double place(const struct curve_targets *t, double target)
{
    double far = t->target[t->targets - 1];
    double within = (target - t->data_worst) / fmax(t->data_best - t->data_worst, 1e-12);
    return target <= t->data_best ? fmax(within, 0)
                                  : 1 + (target - t->data_best) / fmax(far - t->data_best, 1e-12);
}

static void draw_upright(struct plot *p, const struct panel *m, double x, const char *what,
                         const char *dash)
{
    int block = plot_block(p, what, "place return");
    plot_row(p, 2, x, m->low);
    plot_row(p, 2, x, m->high);
    plot_draw(p, "DATA index %d using 1:2 with lines lw BORDER lc rgb 0x%06X dt %s notitle", block,
              (unsigned)THEME_TRUTH, dash);
}

/* The dashed line ends where it leaves the panel. */
static void draw_asked(struct plot *p, const struct panel *m)
{
    enum { STEPS = 200 };
    const struct curve_targets *t = m->sweep[0].run[0];
    double far = t->target[t->targets - 1];
    int block = plot_block(p, "what was asked for", "place target");
    for (int i = 0; i <= 2 * STEPS; i++) {
        double share = (double)i / STEPS;
        double target = share <= 1 ? t->data_worst + share * (t->data_best - t->data_worst)
                                   : t->data_best + (share - 1) * (far - t->data_best);
        if (target <= m->high)
            plot_row(p, 2, share, target);
    }
    plot_draw(p,
              "DATA index %d using 1:2 with lines lw 1.2*BORDER lc rgb INK dt (6,4) "
              "title 'return = target'",
              block);
}

static void draw_sweep(struct plot *p, const struct sweep *s, const char *label, int series)
{
    const struct curve_targets *t = s->run[0];
    int block = plot_block(p, label, "place mean low high target");
    for (int g = 0; g < t->targets; g++) {
        double mean, sd, x = place(t, t->target[g]);
        return_at(s, g, &mean, &sd);
        plot_row(p, 5, x, mean, mean - sd, mean + sd, t->target[g]);
        plot_hover(p, x, mean, "%s asked for %.6g: %.6g", label, t->target[g], mean);
    }
    if (s->runs > 1)
        plot_draw(p, "DATA index %d using 1:3:4 with filledcurves lc rgb COLOUR[%d] notitle", block,
                  series);
    plot_draw(p,
              "DATA index %d using 1:2 with linespoints lw WIDTH[%d] lc rgb COLOUR[%d] dt DASH[%d] "
              "pt 7 ps 0.3*PS title LABEL[%d] noenhanced",
              block, series, series, series, series);
}

static void number_ends(struct plot *p, const struct panel *m, struct plot_box box)
{
    const struct curve_targets *t = m->sweep[0].run[0];
    const double value[] = {t->data_worst, t->data_best, t->target[t->targets - 1]};
    for (int i = 0; i < 3; i++) {
        struct plot_style style = {.anchor = PLOT_CENTER};
        plot_text(p, box.left + box.width * i / 2, box.bottom - 0.13, style, "%.4g", value[i]);
    }
}

static void draw_panel(struct figures *f, struct plot *p, const struct panel *m,
                       const struct figures_series *series, const int *method, struct plot_box box)
{
    const struct results *r = &f->report->results;
    const struct sweep *first = &m->sweep[0];
    plot_panel(p, &(struct plot_panel){.box = box,
                                       .title = r->dataset[m->dataset].title,
                                       .x = {.low = 0, .high = 2},
                                       .y = {.low = m->low,
                                             .high = m->high,
                                             .step = theme_step(m->low, m->high, 5),
                                             .labels = true}});
    draw_upright(p, m, 1, "the data's best return", "1");
    if (first->rtg_eval > first->run[0]->data_best)
        draw_upright(p, m, place(first->run[0], first->rtg_eval), "target of evaluation", "(2,3)");
    if (first->rtg_online > first->run[0]->data_best && first->rtg_online != first->rtg_eval)
        draw_upright(p, m, place(first->run[0], first->rtg_online), "target of rollouts", "(2,3)");
    draw_asked(p, m);
    for (int k = 0; k < m->sweeps; k++) {
        int s = 0;
        while (method[s] != m->sweep[k].method)
            s++;
        draw_sweep(p, &m->sweep[k], series->label[s], s + 1);
    }
    number_ends(p, m, box);
}

/* --- the figure ------------------------------------------------------------------------------- */

static void describe(struct figures *f, const struct panel *panel, int panels, struct figure *out)
{
    const struct results *r = &f->report->results;
    int left_out = 0;
    figures_say(out->caption,
                "Real return against the target return that the policy is given, mean over seeds "
                "of the mean over episodes, band ± one standard deviation over seeds. Left half of "
                "each panel: the returns of the data, worst to best; right half, on another scale: "
                "beyond the best (solid vertical line) to the farthest target. Dotted vertical "
                "lines: the targets that evaluation and rollouts use. Dashed: return = target.");
    figures_say(out->alt, "%s.", out->title);
    for (int i = 0; i < panels; i++) {
        for (int k = 0; k < panel[i].sweeps; k++) {
            const struct sweep *s = &panel[i].sweep[k];
            const struct curve_targets *t = s->run[0];
            double mean, sd;
            return_at(s, t->targets - 1, &mean, &sd);
            left_out += s->left_out;
            figures_say(out->alt, " %s, %s: asked for %.5g it earns %.5g (data up to %.5g).",
                        r->dataset[panel[i].dataset].title, r->method[s->method].label,
                        t->target[t->targets - 1], mean, t->data_best);
        }
    }
    if (left_out > 0)
        figures_say(out->caption, " %d runs with other targets are not drawn.", left_out);
}

static enum status draw(struct figures *f, const struct panel *panel, int panels,
                        const struct figures_series *series, const int *method, struct figure *out)
{
    double page = theme_inches(f->theme) / theme_scale(f->theme);
    int columns = figures_columns(panels) < 3 || page < 5 ? (panels < 2 ? 1 : 2) : 3;
    int rows = (panels + columns - 1) / columns;
    double pitch = HEIGHT + TOP + BOTTOM - 0.1;
    struct plot *p = plot_new(out->id, f->theme, 0, 1); /* tells how high the legend is */
    plot_series(p, series->label, series->style, series->count);
    double bottom = BOTTOM + plot_legend_height(p, NULL, series->count);
    plot_delete(p);
    p = plot_new(out->id, f->theme, 0, bottom + rows * pitch - BOTTOM + 0.1);
    plot_series(p, series->label, series->style, series->count);
    double width = (plot_width(p) - LEFT - RIGHT - (columns - 1) * GAP) / columns;
    for (int i = 0; i < panels; i++) {
        int row = i / columns, column = i % columns;
        struct plot_box box = {LEFT + column * (width + GAP), bottom + (rows - 1 - row) * pitch,
                               width, HEIGHT};
        draw_panel(f, p, &panel[i], series, method, box);
        struct plot_style words = {.points = 7.4, .anchor = PLOT_CENTER};
        plot_text(p, box.left + width / 2, box.bottom - 0.27, words, "Target return");
        words.upright = true;
        if (column == 0)
            plot_text(p, box.left - 0.12 - NUMBERS, box.bottom + HEIGHT / 2, words, "Real return");
    }
    plot_legend(p, 0.04, NULL, series->count);
    return plot_finish(p, f->folder, f->comment, out);
}

/* Each method once, in order. */
static int list_methods(const struct panel *panel, int panels, int methods, int *out)
{
    int count = 0;
    for (int m = 0; m < methods; m++) {
        bool drawn = false;
        for (int i = 0; i < panels; i++) {
            for (int k = 0; k < panel[i].sweeps; k++)
                drawn |= panel[i].sweep[k].method == m;
        }
        if (drawn)
            out[count++] = m;
    }
    return count;
}

/* A variant goes by its method's name where no other variant is drawn. */
static void name_plainly(const struct results *r, const int *method, struct figures_series *s)
{
    for (int i = 0; i < s->count; i++) {
        const char *base = r->method[method[i]].base;
        int known = registry_find_method(base), alike = 0;
        for (int k = 0; k < s->count; k++)
            alike += strcmp(r->method[method[k]].base, base) == 0;
        if (known >= 0 && alike == 1)
            s->label[i] = registry_methods[known].label;
    }
}

static enum status make(struct figures *f, const struct figure_row *row, const struct panel *panel,
                        int panels)
{
    int methods = f->report->results.methods, *method = calloc((size_t)methods + 1, sizeof *method);
    struct figures_series series = {0};
    struct figure *out;
    if (method == NULL)
        return figures_no_memory(row->id);
    int count = list_methods(panel, panels, methods, method);
    enum status result = figures_series(f, method, count, &series);
    if (result == STATUS_OK) {
        name_plainly(&f->report->results, method, &series);
        result = figures_next(f, row->id, row->title, &out);
    }
    if (result == STATUS_OK) {
        describe(f, panel, panels, out);
        result = figures_keep(f, draw(f, panel, panels, &series, method, out));
    }
    figures_series_free(&series);
    free(method);
    return result;
}

enum status targets_figure(struct figures *f, const struct figure_row *row)
{
    const struct results *r = &f->report->results;
    if (!figures_wanted(f, row->id))
        return STATUS_OK;
    struct panel *panel = calloc((size_t)r->datasets + 1, sizeof *panel);
    int panels = 0;
    enum status result = panel != NULL ? STATUS_OK : figures_no_memory(row->id);
    for (int d = 0; d < r->datasets && result == STATUS_OK; d++) {
        result = collect(r, d, &panel[panels]);
        if (result == STATUS_OK && panel[panels].sweeps == 0)
            free(panel[panels].sweep);
        else
            panels += result == STATUS_OK;
    }
    if (result == STATUS_OK && panels > 0)
        result = make(f, row, panel, panels);
    for (int i = 0; i < panels; i++)
        free(panel[i].sweep);
    free(panel);
    return result;
}
