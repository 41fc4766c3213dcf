#include "report/figures/fig_bandit.h"

#include "harness/curve/curve.h"
#include "suites/bandit.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double LEFT = 0.44, RIGHT = 0.12, TOP = 0.22, GAP = 0.54, BOTTOM = 0.62, HEIGHT = 1.05,
                    NUMBERS = 0.22; /* the widest beside an axis: "0.75" */
enum { PANELS = 4, SHADES = 9 };

/* One method. `run` are all its seeds; panels 2 to 4 show the first. */
struct bandit_lines {
    const char *label;
    struct theme_series style;
    const struct curve_bandit *const *run;
    int runs;
};

/* --- panel 1: reward ------------------------------------------------------------------------- */

static double mean_reward(const struct curve_bandit *b, int p)
{
    double sum = 0;
    for (int i = 0; i < b->actions; i++)
        sum += b->reward[(size_t)p * (size_t)b->actions + (size_t)i];
    return b->actions > 0 ? sum / b->actions : PLOT_NONE;
}

/* Mean and spread at one rollout phase: over seeds, or of one seed's rollouts. */
static void reward_at(const struct bandit_lines *m, int p, double *mean, double *sd)
{
    double sum = 0, squares = 0;
    int n = 0;
    if (m->runs == 1) {
        const struct curve_bandit *b = m->run[0];
        for (int i = 0; i < b->actions; i++, n++) {
            double y = b->reward[(size_t)p * (size_t)b->actions + (size_t)i];
            sum += y;
            squares += y * y;
        }
    } else {
        for (int i = 0; i < m->runs; i++) {
            if (p >= m->run[i]->rollouts)
                continue;
            double y = mean_reward(m->run[i], p);
            sum += y;
            squares += y * y;
            n++;
        }
    }
    *mean = n > 0 ? sum / n : PLOT_NONE;
    *sd = n > 1 ? sqrt(fmax(0, squares / n - *mean * *mean)) : PLOT_NONE;
}

static void draw_reward(struct plot *p, const struct bandit_lines *method, int methods,
                        const struct theme *t, struct plot_box box, char alt[FIGURE_CAPTION])
{
    double last = 0, lowest = 0;
    for (int k = 0; k < methods; k++) {
        const struct curve_bandit *b = method[k].run[0];
        last = fmax(last, (double)b->gradient_steps[b->rollouts - 1]);
        for (int i = 0; i < b->rollouts; i++) {
            double mean, sd;
            reward_at(&method[k], i, &mean, &sd);
            lowest = fmin(lowest, mean - (isfinite(sd) ? sd : 0));
        }
    }
    plot_panel(p, &(struct plot_panel){.box = box,
                                       .title = "Reward",
                                       .x = {.high = last,
                                             .step = theme_step_fitting(0, last, 5, box.width),
                                             .labels = true},
                                       .y = {.low = fmax(-1.05, 1.05 * lowest - 0.05),
                                             .high = 1.05,
                                             .step = 0.5,
                                             .labels = true}});
    int *block = calloc((size_t)methods, sizeof *block);
    for (int k = 0; k < methods && block != NULL; k++) {
        const struct curve_bandit *b = method[k].run[0];
        block[k] = plot_block(p, method[k].label, "gradient-steps mean-reward low high");
        double mean = PLOT_NONE, sd;
        for (int i = 0; i < b->rollouts; i++) {
            reward_at(&method[k], i, &mean, &sd);
            double x = (double)b->gradient_steps[i];
            plot_row(p, 4, x, mean, mean - sd, mean + sd);
            plot_hover(p, x, mean, "%s after %g steps: %.3f", method[k].label, x, mean);
        }
        figures_say(alt, " %s ends at a mean reward of %.2f (%d seeds).", method[k].label, mean,
                    method[k].runs);
    }
    for (int k = 0; k < methods && block != NULL; k++)
        plot_draw(p, "DATA index %d using 1:3:4 with filledcurves lc rgb COLOUR[%d] notitle",
                  block[k], k + 1);
    for (int k = 0; k < methods && block != NULL; k++) {
        plot_draw(p,
                  "DATA index %d using 1:2 with lines lw WIDTH[%d] lc rgb COLOUR[%d] dt DASH[%d] "
                  "title LABEL[%d] noenhanced",
                  block[k], k + 1, k + 1, k + 1, k + 1);
        if (theme_marks(t))
            plot_draw(p,
                      "DATA index %d using 1:2 every %d::%d with points pt MARK[%d] ps 0.4*PS "
                      "lc rgb COLOUR[%d] notitle",
                      block[k], methods, k, k + 1, k + 1);
    }
    free(block);
}

/* --- panel 2: what was rolled out ------------------------------------------------------------- */

static void draw_rollouts(struct plot *p, const struct bandit_lines *method, int methods,
                          const struct theme *t, struct plot_box box)
{
    int epochs = 1;
    for (int k = 0; k < methods; k++)
        epochs = method[k].run[0]->rollouts > epochs ? method[k].run[0]->rollouts : epochs;
    plot_panel(
        p, &(struct plot_panel){.box = box,
                                .title = "Actions rolled out",
                                .x = {.low = -0.6,
                                      .high = epochs - 0.4,
                                      .step = theme_step(0, epochs, 5),
                                      .labels = true},
                                .y = {.low = -1.08, .high = 1.05, .step = 0.5, .labels = true}});
    for (int k = 0; k < methods; k++) {
        const struct curve_bandit *b = method[k].run[0];
        int block = plot_block(p, method[k].label, "epoch action");
        /* Methods side by side within an epoch. */
        double shift = methods > 1 ? 0.5 * ((double)k / (methods - 1) - 0.5) : 0;
        for (int i = 0; i < b->rollouts; i++) {
            for (int a = 0; a < b->actions; a++)
                plot_row(p, 2, i + shift, b->action[(size_t)i * (size_t)b->actions + (size_t)a]);
        }
        char mark[32] = "7 ps 0.14*PS";
        if (theme_marks(t))
            snprintf(mark, sizeof mark, "MARK[%d] ps 0.28*PS", k + 1);
        plot_draw(p,
                  "DATA index %d using 1:2 with points pt %s lc rgb COLOUR[%d] "
                  "title LABEL[%d] noenhanced",
                  block, mark, k + 1, k + 1);
    }
    int peak = plot_block(p, "the best action", "x y");
    plot_row(p, 2, -0.6, 0.0);
    plot_row(p, 2, epochs - 0.4, 0.0);
    plot_draw(p, "DATA index %d using 1:2 with lines lw BORDER lc rgb 0x%06X dt (6,4) notitle",
              peak, (unsigned)THEME_TRUTH);
}

/* --- panels 3 and 4: beliefs through training --------------------------------------------------
 */

static void draw_truth(struct plot *p)
{
    enum { STEPS = 100 };
    int block = plot_block(p, "true reward", "action reward");
    for (int i = 0; i <= STEPS; i++) {
        double a = -1 + 2.0 * i / STEPS;
        plot_row(p, 2, a, bandit_reward(a));
    }
    plot_draw(p,
              "DATA index %d using 1:2 with lines lw 1.8*BORDER lc rgb 0x%06X title 'true reward'",
              block, (unsigned)THEME_TRUTH);
}

static bool any_finite(const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isfinite(x[i]))
            return true;
    }
    return false;
}

/* Lines of up to SHADES phases of one method, light to dark. `x` and `y` give a point. */
static int draw_phases(struct plot *p, const struct bandit_lines *m, bool critics)
{
    const struct curve_bandit *b = m->run[0];
    size_t n = (size_t)(critics ? b->grid_size : b->policy_size);
    const double *all = critics ? b->critic : b->policy;
    const double *given = critics ? b->grid : b->return_to_go;
    if (n == 0 || all == NULL || !any_finite(all, n * (size_t)b->rollouts))
        return 0;
    int shades = b->rollouts < SHADES ? b->rollouts : SHADES;
    for (int s = 0; s < shades; s++) {
        int phase = shades > 1 ? s * (b->rollouts - 1) / (shades - 1) : 0;
        char what[160];
        snprintf(what, sizeof what, "%.96s, epoch %d", m->label, phase);
        int block = plot_block(p, what, "action return-to-go");
        for (size_t i = 0; i < n; i++) {
            double made = all[(size_t)phase * n + i];
            if (critics)
                plot_row(p, 2, given[i], made);
            else
                plot_row(p, 2, made, given[i]);
        }
        double share = shades > 1 ? 0.25 + 0.75 * s / (shades - 1) : 1;
        plot_draw(p, "DATA index %d using 1:2 with lines lw 0.9*BORDER lc rgb 0x%06X notitle",
                  block, (unsigned)theme_tint(m->style.rgb, share));
    }
    return 1;
}

static void draw_beliefs(struct plot *p, const struct bandit_lines *method, int methods,
                         struct plot_box box, bool critics)
{
    plot_panel(p, &(struct plot_panel){
                      .box = box,
                      .title = critics ? "Critics through training" : "Policies through training",
                      .x = {.low = -1.02, .high = 1.02, .step = 0.5, .labels = true},
                      .y = {.low = critics ? -1.05 : -0.05,
                            .high = 1.05,
                            .step = critics ? 0.5 : 0.25,
                            .labels = true}});
    for (int k = 0; k < methods; k++)
        draw_phases(p, &method[k], critics);
    draw_truth(p);
}

/* --- the figure ------------------------------------------------------------------------------ */

static enum status draw_panels(const char *id, const struct bandit_lines *method, int methods,
                               const struct theme *t, const char *folder, const char *comment,
                               struct figure *out)
{
    const char **label = calloc((size_t)methods + 1, sizeof *label);
    struct theme_series *style = calloc((size_t)methods + 1, sizeof *style);
    if (label == NULL || style == NULL) {
        free(label);
        free(style);
        return figures_no_memory(id);
    }
    for (int k = 0; k < methods; k++) {
        label[k] = method[k].label;
        style[k] = method[k].style;
    }
    label[methods] = "true reward";
    /* Its line has no markers: a point alone. */
    style[methods] = (struct theme_series){.rgb = THEME_TRUTH, .dash = 1, .marker = 0, .line = 1.8};

    double page = theme_inches(t) / theme_scale(t);
    int columns = page < 5 ? 2 : PANELS, rows = PANELS / columns;
    double pitch = HEIGHT + TOP + 0.36;
    /* A first plot tells how many rows the legend takes; one is in BOTTOM already. */
    struct plot *p = plot_new(id, t, 0, 1);
    plot_series(p, label, style, 1);
    double one_row = plot_legend_height(p, NULL, 1);
    plot_series(p, label, style, methods + 1);
    double bottom = BOTTOM + plot_legend_height(p, NULL, methods + 1) - one_row;
    plot_delete(p);
    p = plot_new(id, t, 0, bottom - 0.36 + rows * pitch);
    double width = (plot_width(p) - LEFT - RIGHT - (columns - 1) * GAP) / columns;
    plot_series(p, label, style, methods + 1);

    static const char *const x_title[PANELS] = {"Gradient steps", "Epoch", "Action", "Action"};
    static const char *const y_title[PANELS] = {"Average reward", "Action", "Estimated RTG", "RTG"};
    figures_say(out->alt, "%s.", out->title);
    for (int i = 0; i < PANELS; i++) {
        int row = i / columns, column = i % columns;
        struct plot_box box = {LEFT + column * (width + GAP), bottom + (rows - 1 - row) * pitch,
                               width, HEIGHT};
        if (i == 0)
            draw_reward(p, method, methods, t, box, out->alt);
        else if (i == 1)
            draw_rollouts(p, method, methods, t, box);
        else
            draw_beliefs(p, method, methods, box, i == 2);
        struct plot_style words = {.points = 7.4, .anchor = PLOT_CENTER};
        plot_text(p, box.left + width / 2, box.bottom - 0.27, words, "%s", x_title[i]);
        words.upright = true;
        plot_text(p, box.left - 0.12 - NUMBERS, box.bottom + HEIGHT / 2, words, "%s", y_title[i]);
    }
    plot_legend(p, 0.04, NULL, methods + 1);
    free(label);
    free(style);
    return plot_finish(p, folder, comment, out);
}

/* The legend's words for a method: the critic's input as the paper says it, not as its key. */
static void name_method(const struct results *r, int method, char out[RESULTS_TITLE])
{
    static const struct {
        const char *variant, *words;
    } known[] = {{"bandit_critic_input=rtg_action", "critic of RTG and action"},
                 {"bandit_critic_input=action", "critic of action"}};
    const struct results_method *m = &r->method[method];
    int base = results_method(r, m->base);
    snprintf(out, RESULTS_TITLE, "%s", m->label);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(m->variant, known[i].variant) == 0)
            snprintf(out, RESULTS_TITLE, "%.90s, %s", base >= 0 ? r->method[base].label : m->base,
                     known[i].words);
    }
}

/* All runs of the suite "bandit" that recorded their rollouts. */
enum status bandit_figure(struct figures *f, const struct figure_row *row)
{
    const struct results *r = &f->report->results;
    int suite = results_suite(r, "bandit"), methods = 0, runs = 0;
    if (!figures_wanted(f, row->id) || suite < 0)
        return STATUS_OK;
    struct bandit_lines *method = calloc((size_t)r->methods + 1, sizeof *method);
    const struct curve_bandit **run = calloc((size_t)r->runs + 1, sizeof(void *));
    const char **id = calloc((size_t)r->methods + 1, sizeof *id);
    struct theme_series *style = calloc((size_t)r->methods + 1, sizeof *style);
    char(*label)[RESULTS_TITLE] = calloc((size_t)r->methods + 1, sizeof *label);
    enum status result = STATUS_OK;
    if (method == NULL || run == NULL || id == NULL || style == NULL || label == NULL)
        result = figures_no_memory(row->id);
    for (int m = 0; m < r->methods && result == STATUS_OK; m++) {
        int first = runs;
        for (int i = 0; i < r->runs; i++) {
            const struct results_run *one = &r->run[i];
            if (one->method == m && r->dataset[one->dataset].suite == suite && one->curve != NULL &&
                one->curve->bandit.rollouts > 0)
                run[runs++] = &one->curve->bandit;
        }
        if (runs == first)
            continue;
        id[methods] = r->method[m].id;
        name_method(r, m, label[methods]);
        method[methods] = (struct bandit_lines){
            .label = label[methods], .run = run + first, .runs = runs - first};
        methods++;
    }
    if (result == STATUS_OK && methods > 0) {
        struct figure *out;
        theme_assign(f->theme, id, methods, figures_ours(f), style);
        for (int m = 0; m < methods; m++) {
            method[m].style = style[m];
            method[m].style.line = 1.2;
            /* Away from DDPG+ODT's blue: here both are shaded, and green is the truth. */
            if (strcmp(id[m], "ddpg") == 0 && !f->theme->greyscale)
                method[m].style.rgb = 0xE69F00;
        }
        result = figures_next(f, row->id, row->title, &out);
        if (result == STATUS_OK) {
            figures_say(out->caption,
                        "Single-state MDP. Left: mean reward of the rollouts of each epoch, band ± "
                        "one standard deviation over %s. The others show the first seed: actions "
                        "rolled out; the critic's estimates and the policy's action for each "
                        "return-to-go through training, light to dark. Green: the true reward. As "
                        "%s of the paper.",
                        method[0].runs > 1 ? "seeds" : "the rollouts of one seed", row->source);
            result = figures_keep(
                f, draw_panels(out->id, method, methods, f->theme, f->folder, f->comment, out));
        }
    }
    free(method);
    free(run);
    free(id);
    free(style);
    free(label);
    return result;
}
