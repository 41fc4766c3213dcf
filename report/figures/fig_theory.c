#include "report/figures/fig_theory.h"

#include <stdio.h>

enum { PANELS = 2, SERIES = 8 };

/* Room around the panels, inches. */
static const double LEFT = 0.52, RIGHT = 0.10, TOP = 0.24, GAP = 0.62, HEIGHT = 1.75, FOOT = 0.36;

/* One or two panels side by side over one legend. */
struct chart {
    const char *label[SERIES];
    struct theme_series style[SERIES];
    int series;
    struct plot_panel panel[PANELS];
    const char *x_title[PANELS], *y_title[PANELS];
    int panels;
    /* Fill a panel that has been begun. */
    void (*fill)(struct plot *p, int panel, const struct theory *t);
};

static enum status draw_chart(struct figures *f, struct chart *c, struct figure *out)
{
    struct plot *p = plot_new(out->id, f->theme, 0, 1);
    plot_series(p, c->label, c->style, c->series);
    double bottom = FOOT + plot_legend_height(p, NULL, c->series);
    plot_delete(p);
    p = plot_new(out->id, f->theme, 0, bottom + HEIGHT + TOP);
    plot_series(p, c->label, c->style, c->series);
    double width = (plot_width(p) - LEFT - RIGHT - (c->panels - 1) * GAP) / c->panels;
    for (int i = 0; i < c->panels; i++) {
        struct plot_panel *panel = &c->panel[i];
        struct plot_style words = {.points = 7.4, .anchor = PLOT_CENTER};
        panel->box = (struct plot_box){LEFT + i * (width + GAP), bottom, width, HEIGHT};
        panel->x.labels = panel->y.labels = true;
        plot_panel(p, panel);
        c->fill(p, i, f->report->results.theory);
        plot_text(p, panel->box.left + width / 2, bottom - 0.27, words, "%s", c->x_title[i]);
        words.upright = true;
        plot_text(p, panel->box.left - 0.40, bottom + HEIGHT / 2, words, "%s", c->y_title[i]);
    }
    plot_legend(p, 0.04, NULL, c->series);
    return figures_keep(f, plot_finish(p, f->folder, f->comment, out));
}

/* The figure of a row, when it is wanted and there is something to show. */
static enum status begin(struct figures *f, const struct figure_row *row, struct figure **out)
{
    *out = NULL;
    if (!figures_wanted(f, row->id) || f->report->results.theory == NULL)
        return STATUS_OK;
    return figures_next(f, row->id, row->title, out);
}

static void draw_line(struct plot *p, int series, int block)
{
    plot_draw(p,
              "DATA index %d using 1:2 with lines lw WIDTH[%d] lc rgb COLOUR[%d] dt DASH[%d] "
              "notitle",
              block, series, series, series);
}

static void draw_points(struct plot *p, int series, int block)
{
    plot_draw(p, "DATA index %d using 1:2 with points pt 7 ps 0.4*PS lc rgb COLOUR[%d] notitle",
              block, series);
}

/* A grey line from (x0,y0) to (x1,y1): what is claimed. */
static void draw_claim(struct plot *p, double x0, double y0, double x1, double y1)
{
    int block = plot_block(p, "claimed", "x y");
    plot_row(p, 2, x0, y0);
    plot_row(p, 2, x1, y1);
    plot_draw(p, "DATA index %d using 1:2 with lines lw BORDER lc rgb 0x%06X dt (6,4) notitle",
              block, (unsigned)THEME_GREY);
}

/* --- growth ------------------------------------------------------------------------------------
 */

static const double FARTHEST = 50, HIGHEST = 1e7, LOOSEST = 1e-12, BROKEN = 1e4;

/* Laws of different ranges become comparable relative to the first return beyond the data. */
static void fill_growth(struct plot *p, int panel, const struct theory *t)
{
    if (panel == 0) {
        draw_claim(p, 1, 1, FARTHEST, FARTHEST * FARTHEST);
        draw_claim(p, 1, 1, FARTHEST, pow(FARTHEST, 1.5));
    } else {
        draw_claim(p, 1, 1, FARTHEST, 1);
    }
    for (int i = 0; i < LAW_COUNT; i++) {
        const struct theory_growth *g = &t->growth[i];
        int block = plot_block(p, theory_law_words[i],
                               panel == 0 ? "g/best growth" : "g/best alpha/bound");
        for (int k = 0; k < GROWTH_POINTS && !isnan(g->g[k]); k++) {
            double y = panel == 0 ? g->alpha[0] / g->alpha[k] : g->alpha[k] / g->bound[k];
            if (y > (panel == 0 ? HIGHEST : BROKEN) || y < (panel == 0 ? 0.1 : LOOSEST))
                break;
            plot_row(p, 2, g->g[k] / g->g[0], y);
            plot_hover(p, g->g[k] / g->g[0], y, "%s, return %g: %.3g", theory_law_words[i], g->g[k],
                       y);
        }
        draw_line(p, i + 1, block);
        if (i == LAW_SPIKES)
            draw_points(p, i + 1, block);
    }
}

enum status theory_draw_growth(struct figures *f, const struct figure_row *row)
{
    struct figure *out;
    TRY(begin(f, row, &out));
    if (out == NULL)
        return STATUS_OK;
    const struct theory *t = f->report->results.theory;
    struct chart c = {
        .series = LAW_COUNT,
        .panels = 2,
        .fill = fill_growth,
        .panel = {{.title = "Growth of 1/alpha_f",
                   .x = {.low = 1, .high = FARTHEST, .step = 10, .log = true},
                   .y = {.low = 0.1, .high = HIGHEST, .step = 100, .log = true}},
                  {.title = "alpha_f over its corrected bound",
                   .x = {.low = 1, .high = FARTHEST, .step = 10, .log = true},
                   .y = {.low = LOOSEST, .high = BROKEN, .step = 1e4, .log = true}}},
        .x_title = {"Return / best return of the data", "Return / best return of the data"},
        .y_title = {"1/alpha_f, relative", "alpha_f / bound"}};
    theme_assign(f->theme, theory_law_name, LAW_COUNT, NULL, c.style);
    figures_say(out->alt, "%s.", out->title);
    for (int i = 0; i < LAW_COUNT; i++) {
        c.label[i] = theory_law_words[i];
        figures_say(out->alt, " %s: slope %.2f, alpha_f at most %.2g of its bound.",
                    theory_law_words[i], t->growth[i].slope, t->growth[i].tightest);
    }
    figures_say(out->caption,
                "How fast the coverage alpha_f of a target return vanishes beyond the best of %.0f "
                "simulated returns. Left: 1/alpha_f relative to its value there; dashed: slopes 2 "
                "and 1.5 of the corollaries (Bernoulli rewards leave the panel at its top). Right: "
                "alpha_f over the corrected bound (ledger D63, D64, D66); above the dashed line it "
                "is broken, as only the spikes do, which are not Lipschitz continuous. The law "
                "g^-1.5 meets every assumption with a slope below 2: the corollaries bound "
                "1/alpha_f, and not its slope.",
                t->growth[0].trajectories);
    return draw_chart(f, &c, out);
}

/* --- the ratio ---------------------------------------------------------------------------------
 */

static void fill_ratio(struct plot *p, int panel, const struct theory *t)
{
    (void)panel;
    draw_claim(p, t->ratio[0].rtg[0], t->ratio[0].claimed, t->ratio[0].rtg[RATIO_POINTS - 1],
               t->ratio[0].claimed);
    for (int i = 0; i < PAIR_COUNT; i++) {
        const struct theory_ratio *r = &t->ratio[i];
        int block = plot_block(p, theory_pair_words[i], "rtg log-ratio");
        for (int k = 0; k < RATIO_POINTS; k++) {
            plot_row(p, 2, r->rtg[k], r->log_ratio[k]);
            if (k % 10 == 0)
                plot_hover(p, r->rtg[k], r->log_ratio[k], "%s, RTG %.2f: %.2f",
                           theory_pair_words[i], r->rtg[k], r->log_ratio[k]);
        }
        draw_line(p, i + 1, block);
    }
}

enum status theory_draw_ratio(struct figures *f, const struct figure_row *row)
{
    struct figure *out;
    TRY(begin(f, row, &out));
    if (out == NULL)
        return STATUS_OK;
    const struct theory_ratio *r = f->report->results.theory->ratio;
    double low = 0, high = 0;
    for (int i = 0; i < PAIR_COUNT; i++) {
        low = fmin(low, r[i].least);
        high = fmax(high, r[i].most);
    }
    struct chart c = {
        .series = PAIR_COUNT,
        .panels = 1,
        .fill = fill_ratio,
        .panel = {{.title = "log P(RTG|s,a) / P(RTG|s)",
                   .x = {.low = r[0].rtg[0], .high = r[0].rtg[RATIO_POINTS - 1], .step = 0.5},
                   .y = {.low = low - 0.5, .high = high + 0.5, .step = 2}}},
        .x_title = {"RTG"},
        .y_title = {"log ratio"}};
    theme_assign(f->theme, theory_pair_name, PAIR_COUNT, NULL, c.style);
    figures_say(out->alt, "%s.", out->title);
    for (int i = 0; i < PAIR_COUNT; i++) {
        c.label[i] = theory_pair_words[i];
        figures_say(out->alt, " %s: %.2f to %.2f.", theory_pair_words[i], r[i].least, r[i].most);
    }
    figures_say(out->caption,
                "What the decision transformer weighs an action by, against AWAC's A/scale "
                "(dashed), for Q %g, V %g and scale %g (other scale %g). The two agree for Laplace "
                "laws of one scale. If P(RTG|s) is the mixture of the actions' Laplace laws, which "
                "it must be, the ratio is constant too, with the soft value in place of V.",
                r[0].q, r[0].v, r[0].scale, r[PAIR_SCALES].state_scale);
    return draw_chart(f, &c, out);
}

/* --- contexts ----------------------------------------------------------------------------------
 */

/* Times the number of contexts, so that uniform is 1 for every pair; lines the exact law, dots what
 * was drawn. */
static void fill_context(struct plot *p, int panel, const struct theory *t)
{
    (void)panel;
    draw_claim(p, 1, 1, CONTEXT_MOST, 1);
    for (int i = 0; i < CONTEXT_ROWS; i++) {
        const struct theory_context *c = &t->context[i];
        double n = fmin(c->length, c->segment);
        int block[2];
        for (int drawn = 0; drawn < 2; drawn++) {
            block[drawn] = plot_block(p, drawn ? "drawn" : "exact", "context share-times-contexts");
            for (int k = 0; k < CONTEXT_MOST && k < n; k++)
                plot_row(p, 2, k + 1.0, n * (drawn ? c->share[k] : c->expected[k]));
        }
        plot_hover(p, n, n * c->share[(int)n - 1], "L %.0f, K %.0f, context %.0f: %.3f of uniform",
                   c->length, c->segment, n, n * c->share[(int)n - 1]);
        draw_line(p, i + 1, block[0]);
        draw_points(p, i + 1, block[1]);
    }
}

enum status theory_draw_context(struct figures *f, const struct figure_row *row)
{
    struct figure *out;
    char label[CONTEXT_ROWS][48];
    TRY(begin(f, row, &out));
    if (out == NULL)
        return STATUS_OK;
    const struct theory_context *x = f->report->results.theory->context;
    struct chart c = {.series = CONTEXT_ROWS,
                      .panels = 1,
                      .fill = fill_context,
                      .panel = {{.title = "Visible context in training",
                                 .x = {.low = 0, .high = CONTEXT_MOST + 0.5, .step = 5},
                                 .y = {.low = 0, .high = 2, .step = 0.5}}},
                      .x_title = {"Context, steps"},
                      .y_title = {"Share / uniform"}};
    theme_ramp(f->theme, CONTEXT_ROWS, c.style);
    figures_say(out->alt, "%s.", out->title);
    for (int i = 0; i < CONTEXT_ROWS; i++) {
        snprintf(label[i], sizeof label[i], "L = %.0f, K = %.0f", x[i].length, x[i].segment);
        c.label[i] = label[i];
        figures_say(out->alt, " %s: p = %.2f, distance from uniform %.4f.", label[i], x[i].p,
                    x[i].distance);
    }
    figures_say(out->caption,
                "Steps that a position sees in training, over all positions of trajectories of L "
                "steps cut into segments of K: share relative to uniform (dashed). Dots: drawn by "
                "the sampler that trains; lines: the exact law. It is uniform at every position, "
                "and over all of them nearly so where L is much larger than K.");
    return draw_chart(f, &c, out);
}
