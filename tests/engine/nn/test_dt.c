/* The decision transformer against the published code: outputs, losses, every gradient by name. */
#include "engine/optim/adam.h"
#include "engine/optim/lamb.h"
#include "engine/optim/schedule.h"
#include "tests/support/dt_fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One pass over the batch, block by block, with a loss made of its pieces. */
struct pass {
    float *action;             /* (B,K,A) predicted, or mu */
    float *log_std;            /* (B,K,A) */
    float *log_prob, *entropy; /* (B,K) */
    double loss, nll, entropy_mean;
    float *dtheta;
};

static struct pass pass_new(const struct dt_fixture *d)
{
    size_t n = (size_t)d->B * (size_t)d->K;
    struct pass p = {.action = calloc(n * (size_t)d->A, sizeof(float)),
                     .log_std = calloc(n * (size_t)d->A, sizeof(float)),
                     .log_prob = calloc(n, sizeof(float)),
                     .entropy = calloc(n, sizeof(float))};
    cr_assert_eq(params_new(&d->layout, &p.dtheta), STATUS_OK);
    return p;
}

static void pass_free(struct pass *p)
{
    free(p->action);
    free(p->log_std);
    free(p->log_prob);
    free(p->entropy);
    free(p->dtheta);
}

static struct arena scratch_for(const struct dt_fixture *d)
{
    struct arena a;
    size_t rows = (size_t)transformer_block_outputs(&d->net, d->K);
    size_t extra = rows * (size_t)(d->C + 8 * d->A + 8) * sizeof(float) + 4096;
    cr_assert_eq(arena_init(&a, transformer_scratch(&d->net, d->K, true) + extra), STATUS_OK);
    return a;
}

/* Masked mean squared error: mean over real steps and action dims. */
static void supervised_deterministic(const struct dt_fixture *d, const float *theta,
                                     const struct windows *w, const struct dropout *dropout,
                                     struct pass *out)
{
    struct arena a = scratch_for(d);
    size_t A = (size_t)d->A;
    double scale = 1.0 / ((double)d->real * (double)d->A);
    for (struct span left = {0, d->B}; left.count > 0;) {
        struct span block = transformer_block(&d->net, w, &left);
        struct transformer_pass *p = transformer_forward(&d->net, theta, w, block, dropout, &a);
        size_t n = (size_t)p->rows * A;
        float *action = arena_take(&a, n), *daction = arena_take(&a, n);
        float *dhidden = arena_take(&a, (size_t)p->rows * (size_t)d->C);
        head_tanh_forward(&d->tanh, theta, p->hidden, p->rows, action);
        for (size_t i = 0; i < n; i++) {
            size_t at_i = (size_t)p->position[i / A] * A + i % A;
            float off = d->mask[at_i / A] != 0 ? action[i] - d->action[at_i] : 0.0f;
            out->action[at_i] = action[i];
            out->loss += scale * (double)off * (double)off;
            daction[i] = (float)(2.0 * scale) * off;
        }
        head_tanh_backward(&d->tanh, theta, p->hidden, action, daction, p->rows, &a, out->dtheta,
                           dhidden);
        transformer_backward(&d->net, theta, p, dhidden, &a, out->dtheta, NULL);
        arena_release(&a, 0);
    }
    arena_free(&a);
}

/* -(mean over real steps of log pi + temperature * mean over all of the one-sample entropy). */
static void supervised_stochastic(const struct dt_fixture *d, const float *theta, const float *eps,
                                  double temperature, struct pass *out)
{
    struct arena a = scratch_for(d);
    struct windows w = d->w;
    w.outputs = OUTPUT_ALL;
    size_t A = (size_t)d->A;
    for (struct span left = {0, d->B}; left.count > 0;) {
        struct span block = transformer_block(&d->net, &w, &left);
        struct transformer_pass *p = transformer_forward(&d->net, theta, &w, block, NULL, &a);
        size_t rows = (size_t)p->rows, n = rows * A;
        float *mu = arena_take(&a, n), *log_std = arena_take(&a, n), *u = arena_take(&a, n);
        float *dmu = arena_take(&a, n), *dlog_std = arena_take(&a, n), *e = arena_take(&a, n);
        float *value = arena_take(&a, rows), *weight = arena_take(&a, rows);
        float *dhidden = arena_take(&a, rows * (size_t)d->C);
        head_gaussian_forward(&d->gaussian, theta, p->hidden, p->rows, mu, log_std);
        memset(dmu, 0, n * sizeof *dmu);
        memset(dlog_std, 0, n * sizeof *dlog_std);
        for (size_t r = 0; r < rows; r++) {
            size_t at_r = (size_t)p->position[r] * A;
            memcpy(u + r * A, d->action + at_r, A * sizeof *u);
            memcpy(e + r * A, eps + at_r, A * sizeof *e);
            memcpy(out->action + at_r, mu + r * A, A * sizeof *mu);
            memcpy(out->log_std + at_r, log_std + r * A, A * sizeof *mu);
        }
        head_atanh(u, n, u);
        head_log_prob(mu, log_std, u, p->rows, d->A, value);
        for (size_t r = 0; r < rows; r++) {
            bool real = d->mask[p->position[r]] != 0;
            out->log_prob[p->position[r]] = value[r];
            out->nll -= real ? (double)value[r] / d->real : 0.0;
            weight[r] = real ? -1.0f / (float)d->real : 0.0f;
        }
        head_log_prob_backward(mu, log_std, u, weight, p->rows, d->A, dmu, dlog_std, NULL);
        head_entropy(mu, log_std, e, p->rows, d->A, value);
        for (size_t r = 0; r < rows; r++) {
            out->entropy[p->position[r]] = value[r];
            out->entropy_mean += (double)value[r] / ((double)d->B * (double)d->K);
            weight[r] = (float)(-temperature / ((double)d->B * (double)d->K));
        }
        head_entropy_backward(mu, log_std, e, weight, p->rows, d->A, dmu, dlog_std);
        head_gaussian_backward(&d->gaussian, theta, p->hidden, log_std, dmu, dlog_std, p->rows, &a,
                               out->dtheta, dhidden);
        transformer_backward(&d->net, theta, p, dhidden, &a, out->dtheta, NULL);
        arena_release(&a, 0);
    }
    out->loss = out->nll - temperature * out->entropy_mean;
    arena_free(&a);
}

/* Values of (B,K,width) at real or at padded steps. */
static void expect_steps(const char *what, const struct dt_fixture *d, const float *got,
                         const char *field, int width, bool real, double relative)
{
    if (!h5_has(&d->f, field))
        return;
    size_t n, W = (size_t)width, count = 0;
    float *want = fixture_floats(&d->f, field, &n);
    cr_assert_eq(n, (size_t)d->B * (size_t)d->K * W);
    float *g = malloc(n * sizeof *g), *w = malloc(n * sizeof *w);
    for (size_t i = 0; i < n; i++) {
        if ((d->mask[i / W] != 0) == real) {
            g[count] = got[i];
            w[count++] = want[i];
        }
    }
    expect_close(at("%s at %s steps", what, real ? "real" : "padded"), g, w, count, relative, 0);
    free(want);
    free(g);
    free(w);
}

/* --- deterministic policy -------------------------------------------------------------------- */

static const char *const deterministic[] = {"dt_deterministic", "dt_k1", "dt_k20"};

ParameterizedTestParameters(dt, masked_error_and_its_gradient_are_the_published_ones)
{
    static int rows[] = {0, 1, 2};
    return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(int *row, dt, masked_error_and_its_gradient_are_the_published_ones)
{
    struct dt_fixture d = dt_fixture_open(deterministic[*row]);
    struct pass p = pass_new(&d);
    supervised_deterministic(&d, d.theta, &d.w, NULL, &p);
    expect_steps("actions", &d, p.action, "f64/action_preds", d.A, true, DT_FORWARD);
    expect_number("loss", p.loss, fixture_scalar(&d.f, "f64/loss"), DT_FORWARD, 0);
    dt_expect_gradient(&d.f, "f64/actor_grad", &d.layout, p.dtheta, DT_GRADIENT);
    pass_free(&p);
    dt_fixture_close(&d);
}

/* Computing padded positions too changes nothing at real ones, and gives the published values
 * there. */
ParameterizedTestParameters(dt, padded_positions_are_the_published_ones_and_change_nothing)
{
    static int rows[] = {0, 1, 2};
    return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(int *row, dt, padded_positions_are_the_published_ones_and_change_nothing)
{
    struct dt_fixture d = dt_fixture_open(deterministic[*row]);
    struct pass p = pass_new(&d);
    struct windows all = d.w;
    all.outputs = OUTPUT_ALL;
    supervised_deterministic(&d, d.theta, &all, NULL, &p);
    expect_steps("actions", &d, p.action, "f64/action_preds", d.A, true, DT_FORWARD);
    expect_steps("actions", &d, p.action, "f64/action_preds", d.A, false, DT_PADDED);
    dt_expect_gradient(&d.f, "f64/actor_grad", &d.layout, p.dtheta, DT_GRADIENT);
    pass_free(&p);
    dt_fixture_close(&d);
}

/* --- dropout --------------------------------------------------------------------------------- */

struct given { /* keep masks of dt_dropout, whole windows */
    int T, C, H;
    float *embedding, *weight[TRANSFORMER_LAYERS], *out[TRANSFORMER_LAYERS],
        *mlp[TRANSFORMER_LAYERS];
};

static void give(const void *context, const struct dropout_site *s, uint8_t *keep)
{
    const struct given *g = context;
    const float *const sources[DROPOUT_KINDS] = {g->embedding, g->weight[s->layer],
                                                 g->out[s->layer], g->mlp[s->layer]};
    const float *source = sources[s->kind];
    size_t width = (size_t)(s->kind == DROPOUT_ATTENTION ? g->T : g->C);
    for (int h = 0; h < s->heads; h++) {
        for (int r = 0; r < s->rows; r++) {
            size_t plane = (size_t)s->window * (size_t)s->heads + (size_t)h;
            size_t row = plane * (size_t)g->T + (size_t)(s->row_first + r * s->row_step);
            for (int c = 0; c < s->cols; c++)
                *keep++ = source[row * width + (size_t)(s->col_first + c)] != 0.0f;
        }
    }
}

Test(dt, dropout_with_given_masks_is_the_published_one)
{
    struct dt_fixture d = dt_fixture_open("dt_dropout");
    struct given g = {.T = 3 * d.K, .C = d.C, .H = d.H};
    g.embedding = fixture_floats(&d.f, "dropout_keep/00_embd", NULL);
    for (int n = 0; n < d.L; n++) {
        g.weight[n] = fixture_floats(&d.f, at("dropout_keep/%02d_h%d_attn_prob", 3 * n + 1, n),
                                     NULL);
        g.out[n] = fixture_floats(&d.f, at("dropout_keep/%02d_h%d_attn_out", 3 * n + 2, n), NULL);
        g.mlp[n] = fixture_floats(&d.f, at("dropout_keep/%02d_h%d_mlp_out", 3 * n + 3, n), NULL);
    }
    float p = (float)fixture_config(&d.f, "dropout");
    struct dropout dropout = {.p = p, .p_embedding = p, .given = give, .context = &g};
    struct windows all = d.w;
    all.outputs = OUTPUT_ALL;
    const struct windows *both[] = {&d.w, &all};
    for (int i = 0; i < 2; i++) {
        struct pass out = pass_new(&d);
        supervised_deterministic(&d, d.theta, both[i], &dropout, &out);
        expect_steps("actions", &d, out.action, "f64/action_preds", d.A, true, DT_FORWARD);
        if (i == 1)
            expect_steps("actions", &d, out.action, "f64/action_preds", d.A, false, DT_PADDED);
        expect_number("loss", out.loss, fixture_scalar(&d.f, "f64/loss"), DT_FORWARD, 0);
        dt_expect_gradient(&d.f, "f64/actor_grad", &d.layout, out.dtheta, DT_GRADIENT);
        pass_free(&out);
    }
    free(g.embedding);
    for (int n = 0; n < d.L; n++) {
        free(g.weight[n]);
        free(g.out[n]);
        free(g.mlp[n]);
    }
    dt_fixture_close(&d);
}

/* --- stochastic policy ------------------------------------------------------------------------ */

Test(dt, likelihood_entropy_and_their_gradient_are_the_published_ones)
{
    struct dt_fixture d = dt_fixture_open("dt_stochastic");
    struct pass p = pass_new(&d);
    float *eps = fixture_floats(&d.f, "noise/00_entropy_step1", NULL);
    double temperature = exp(fixture_scalar(&d.f, "f64/log_temperature_before"));
    supervised_stochastic(&d, d.theta, eps, temperature, &p);
    static const bool kinds[] = {true, false};
    for (int i = 0; i < 2; i++) {
        double tolerance = kinds[i] ? DT_FORWARD : DT_PADDED;
        expect_steps("mu", &d, p.action, "f64/mu", d.A, kinds[i], tolerance);
        expect_steps("log std", &d, p.log_std, "f64/log_std", d.A, kinds[i], tolerance);
        expect_steps("entropy", &d, p.entropy, "f64/entropy", 1, kinds[i], tolerance);
        /* A data action of padding is 0, whose likelihood moves by |d log pi| of the padded mu. */
        expect_steps("log pi", &d, p.log_prob, "f64/log_likelihood", 1, kinds[i], tolerance);
    }
    expect_number("nll", p.nll, fixture_scalar(&d.f, "f64/nll"), DT_FORWARD, 0);
    expect_number("entropy", p.entropy_mean, fixture_scalar(&d.f, "f64/entropy_mean"), DT_ENTROPY,
                  0);
    expect_number("loss", p.loss, fixture_scalar(&d.f, "f64/loss"), DT_ENTROPY, 0);
    dt_expect_gradient(&d.f, "f64/actor_grad", &d.layout, p.dtheta, DT_GRADIENT);
    free(eps);
    pass_free(&p);
    dt_fixture_close(&d);
}

/* --- acting ------------------------------------------------------------------------------------
 */

/* Histories of T steps (states normalised), of which the last eval_ctx count. */
static void expect_acting(const struct dt_fixture *d, const char *group)
{
    int E = fixture_dim(&d->f, at("%s/states", group), 0);
    int T = fixture_dim(&d->f, at("%s/states", group), 1);
    int context = fixture_int(&d->f, "eval_ctx"), steps = T < context ? T : context;
    size_t S = (size_t)d->S, A = (size_t)d->A;
    float *state = fixture_floats(&d->f, at("%s/states", group), NULL);
    float *action = fixture_floats(&d->f, at("%s/actions", group), NULL);
    float *rtg = fixture_floats(&d->f, at("%s/rtg", group), NULL);
    float *want = fixture_floats(&d->f, at("%s/f64/action", group), NULL);

    size_t skip = (size_t)(T - steps);
    struct windows w = {.B = E,
                        .K = steps,
                        .input = {rtg + skip, state + skip * S, action + skip * A},
                        .pitch = {(size_t)T, (size_t)T * S, (size_t)T * A},
                        .outputs = OUTPUT_LAST};
    struct arena a = scratch_for(d);
    float *got = malloc((size_t)E * A * sizeof *got);
    struct transformer_pass *p = transformer_forward(&d->net, d->theta, &w, (struct span){0, E},
                                                     NULL, &a);
    cr_assert_eq(p->rows, E);
    head_tanh_forward(&d->tanh, d->theta, p->hidden, E, got);
    head_clamp(got, (size_t)E * A);
    expect_close(group, got, want, (size_t)E * A, DT_FORWARD, 0);
    arena_release(&a, 0);
    arena_free(&a);
    free(state);
    free(action);
    free(rtg);
    free(want);
    free(got);
}

static enum status visit_acting(const struct h5 *f, const char *name, void *context)
{
    (void)f;
    struct dt_fixture *d = context;
    expect_acting(d, at("eval/%s", name));
    return STATUS_OK;
}

ParameterizedTestParameters(dt, acting_on_the_context_alone_is_the_published_padded_acting)
{
    static int rows[] = {0, 1, 2};
    return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(int *row, dt, acting_on_the_context_alone_is_the_published_padded_acting)
{
    struct dt_fixture d = dt_fixture_open(deterministic[*row]);
    cr_assert_eq(h5_each(&d.f, "eval", visit_acting, &d), STATUS_OK, "%s", status_sentence());
    dt_fixture_close(&d);
}

/* --- optimiser steps ----------------------------------------------------------------------------
 */

static void reset(struct pass *p, const struct dt_fixture *d)
{
    p->loss = p->nll = p->entropy_mean = 0;
    memset(p->dtheta, 0, d->layout.size * sizeof *p->dtheta);
}

static struct lamb_rule rule_of(const struct dt_fixture *d)
{
    struct lamb_rule rule = lamb_rule_default(fixture_config(&d->f, "wd"));
    return rule;
}

/* "f32" for the first step, "f32/step2" ... for the next ones. */
static const char *step_group(const char *precision, int step)
{
    return step == 1 ? precision : at("%s/step%d", precision, step);
}

static double rate_of(const struct dt_fixture *d, int step)
{
    double lr = schedule_warm_up(fixture_config(&d->f, "lr"), step - 1,
                                 (int64_t)fixture_config(&d->f, "warmup"));
    expect_number("learning rate", lr,
                  fixture_scalar(&d->f, at("%s/lr_used", step_group("f64", step))), 1e-12, 0);
    return lr;
}

ParameterizedTestParameters(dt, three_lamb_steps_are_the_published_ones)
{
    static int rows[] = {0, 1, 2};
    return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(int *row, dt, three_lamb_steps_are_the_published_ones)
{
    struct dt_fixture d = dt_fixture_open(deterministic[*row]);
    struct lamb_rule rule = rule_of(&d);
    struct moments moments;
    struct pass p = pass_new(&d);
    float *before;
    cr_assert_eq(moments_init(&moments, &d.layout), STATUS_OK);
    cr_assert_eq(params_new(&d.layout, &before), STATUS_OK);
    for (int step = 1; step <= 3; step++) {
        const char *f64 = step_group("f64", step);
        reset(&p, &d);
        supervised_deterministic(&d, d.theta, &d.w, NULL, &p);
        expect_number(at("%s/loss", f64), p.loss, fixture_scalar(&d.f, at("%s/loss", f64)),
                      DT_FORWARD, 0);
        memcpy(before, d.theta, d.layout.size * sizeof *before);
        struct step_report report;
        cr_assert_eq(lamb_step(&rule, &moments, rate_of(&d, step), &p.dtheta, 1, "actor", d.theta,
                               NULL, &report),
                     STATUS_OK, "%s", status_sentence());
        expect_number(at("%s/grad_norm", f64), report.grad_norm,
                      fixture_scalar(&d.f, at("%s/grad_norm", f64)), DT_GRADIENT, 0);
        dt_expect_step(&d.f, at("%s/actor_after", step_group("f32", step)), "f64/actor_grad",
                       &d.layout, before, d.theta);
    }
    moments_free(&moments);
    free(before);
    pass_free(&p);
    dt_fixture_close(&d);
}

/* Given the file's own gradient, and once more at the published learning rate, whose first step is
 * mostly below the resolution of a float. */
ParameterizedTestParameters(dt, a_lamb_step_on_the_published_gradient_is_the_published_one)
{
    static int rows[] = {0, 1, 2};
    return cr_make_param_array(int, rows, sizeof rows / sizeof rows[0]);
}

ParameterizedTest(int *row, dt, a_lamb_step_on_the_published_gradient_is_the_published_one)
{
    struct dt_fixture d = dt_fixture_open(deterministic[*row]);
    struct lamb_rule rule = rule_of(&d);
    float *dtheta, *theta;
    cr_assert_eq(params_new(&d.layout, &dtheta), STATUS_OK);
    cr_assert_eq(params_new(&d.layout, &theta), STATUS_OK);
    static const char *const groups[] = {"f32", "f32/authors_default_step1"};
    for (int i = 0; i < 2; i++) {
        if (!h5_has(&d.f, groups[i]))
            continue;
        struct moments moments;
        cr_assert_eq(moments_init(&moments, &d.layout), STATUS_OK);
        memcpy(theta, d.theta, d.layout.size * sizeof *theta);
        dt_load(&d.f, "f32/actor_grad", &d.layout, dtheta);
        double lr = fixture_scalar(&d.f, at("%s/lr_used", groups[i]));
        cr_assert_eq(lamb_step(&rule, &moments, lr, &dtheta, 1, "actor", theta, NULL, NULL),
                     STATUS_OK, "%s", status_sentence());
        dt_expect_given_step(&d.f, at("%s/actor_after", groups[i]), &d.layout, d.theta, theta);
        moments_free(&moments);
    }
    free(dtheta);
    free(theta);
    dt_fixture_close(&d);
}

Test(dt, three_steps_of_policy_and_temperature_are_the_published_ones)
{
    struct dt_fixture d = dt_fixture_open("dt_stochastic");
    struct lamb_rule rule = rule_of(&d);
    struct adam_rule adam = adam_rule_default(0);
    struct adam_scalar log_temperature = {.value = log(fixture_config(&d.f, "init_temperature"))};
    double lr_temperature = fixture_config(&d.f, "temperature_lr");
    double target = fixture_config(&d.f, "target_entropy");
    struct moments moments;
    struct pass p = pass_new(&d);
    float *before;
    cr_assert_eq(moments_init(&moments, &d.layout), STATUS_OK);
    cr_assert_eq(params_new(&d.layout, &before), STATUS_OK);
    for (int step = 1; step <= 3; step++) {
        const char *f64 = step_group("f64", step);
        float *eps = fixture_floats(&d.f, at("noise/%02d_entropy_step%d", step - 1, step), NULL);
        double temperature = exp(log_temperature.value);
        reset(&p, &d);
        supervised_stochastic(&d, d.theta, eps, temperature, &p);
        free(eps);
        expect_number(at("%s/nll", f64), p.nll, fixture_scalar(&d.f, at("%s/nll", f64)), DT_FORWARD,
                      0);
        expect_number(at("%s/loss", f64), p.loss, fixture_scalar(&d.f, at("%s/loss", f64)),
                      DT_ENTROPY, 0);
        memcpy(before, d.theta, d.layout.size * sizeof *before);
        struct step_report report;
        cr_assert_eq(lamb_step(&rule, &moments, rate_of(&d, step), &p.dtheta, 1, "actor", d.theta,
                               NULL, &report),
                     STATUS_OK, "%s", status_sentence());
        expect_number(at("%s/clip_coef", f64), report.clip,
                      fixture_scalar(&d.f, at("%s/clip_coef", f64)), DT_GRADIENT, 0);
        dt_expect_step(&d.f, at("%s/actor_after", step_group("f32", step)), "f64/actor_grad",
                       &d.layout, before, d.theta);
        cr_assert_eq(adam_scalar_step(&adam, &log_temperature, lr_temperature,
                                      temperature * (p.entropy_mean - target), "temperature"),
                     STATUS_OK, "%s", status_sentence());
        expect_number(at("%s/log_temperature_after", f64), log_temperature.value,
                      fixture_scalar(&d.f, at("%s/log_temperature_after", f64)), 0,
                      DT_ENTROPY * lr_temperature);
    }
    moments_free(&moments);
    free(before);
    pass_free(&p);
    dt_fixture_close(&d);
}
