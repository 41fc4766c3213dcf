#include "tests/support/dt_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Ours on the left, what it is called in the files on the right. */
static const struct {
    const char *ours, *theirs;
    bool transposed;
} parts[] = {
    {".ln1.", ".ln_1.", false},
    {".ln2.", ".ln_2.", false},
    {".attn.qkv.", ".attn.c_attn.", true},
    {".attn.out.", ".attn.c_proj.", true},
    {".mlp.in.", ".mlp.c_fc.", true},
    {".mlp.out.", ".mlp.c_proj.", true},
};
static const struct {
    const char *ours, *theirs;
} wholes[] = {
    {"ln_f.", "transformer.ln_f."},
    {"head.action.", "predict_action.0."},
    {"head.mu.", "predict_action.mu."},
    {"head.log_std.", "predict_action.log_std."},
    {"embed_", "embed_"},
    {"z.", "predict_z."}, /* PDT's heads: posterior, prior, return */
    {"prior.", "predict_prior."},
    {"return.", "predict_return_prior."},
};

bool dt_published_name(const char *view, char published[FILE_PATH], bool *transposed)
{
    const char *prefix = "";
    if (strncmp(view, "future.", 7) == 0) {
        prefix = "future_transformer.";
        view += 7;
    }
    *transposed = false;
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        size_t n = strlen(wholes[i].ours);
        if (strncmp(view, wholes[i].ours, n) == 0) {
            snprintf(published, FILE_PATH, "%s%s%s", prefix, wholes[i].theirs, view + n);
            return true;
        }
    }
    int layer, used = 0;
    if (sscanf(view, "block%d%n", &layer, &used) != 1 || used == 0)
        return false;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        size_t n = strlen(parts[i].ours);
        if (strncmp(view + used, parts[i].ours, n) == 0) {
            const char *leaf = view + used + (int)n;
            snprintf(published, FILE_PATH, "%stransformer.h.%d%s%s", prefix, layer, parts[i].theirs,
                     leaf);
            *transposed = parts[i].transposed && strcmp(leaf, "weight") == 0;
            return true;
        }
    }
    return false;
}

float *dt_tensor(const struct h5 *f, const char *group, const struct view *v)
{
    char published[FILE_PATH];
    bool transposed;
    if (!dt_published_name(v->name, published, &transposed))
        return NULL;
    const char *path = at("%s/%s", group, published);
    if (!h5_has(f, path))
        return NULL;
    size_t n, rows = (size_t)v->rows, cols = (size_t)v->cols;
    float *x = fixture_floats(f, path, &n);
    cr_assert_eq(n, rows * cols, "%s has %zu elements, view '%s' is %d x %d", path, n, v->name,
                 v->rows, v->cols);
    if (!transposed)
        return x;
    float *y = malloc(n * sizeof *y);
    for (size_t r = 0; r < rows; r++) {
        for (size_t c = 0; c < cols; c++)
            y[r * cols + c] = x[c * rows + r];
    }
    free(x);
    return y;
}

void dt_load(const struct h5 *f, const char *group, const struct layout *l, float *theta)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        char published[FILE_PATH];
        bool transposed;
        if (!dt_published_name(v->name, published, &transposed))
            continue;
        float *x = dt_tensor(f, group, v);
        cr_assert_not_null(x, "%s/%s, for '%s', is not in the fixture", group, published, v->name);
        memcpy(theta + v->offset, x, view_size(v) * sizeof *x);
        free(x);
    }
}

static bool is_qkv_bias(const struct view *v)
{
    const char *tail = "attn.qkv.bias";
    size_t n = strlen(v->name), m = strlen(tail);
    return n >= m && strcmp(v->name + n - m, tail) == 0;
}

static float largest(const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fabsf(x[i]) > most ? fabsf(x[i]) : most;
    return most;
}

void dt_expect_gradient(const struct h5 *f, const char *group, const struct layout *l,
                        const float *dtheta, double relative)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        char published[FILE_PATH];
        bool transposed;
        if (!dt_published_name(v->name, published, &transposed))
            continue;
        float *want = dt_tensor(f, group, v);
        cr_assert_not_null(want, "%s holds no gradient of '%s'", group, v->name);
        size_t n = view_size(v);
        float *got = malloc(n * sizeof *got);
        memcpy(got, dtheta + v->offset, n * sizeof *got);
        /* At real positions the key bias is without effect. Only where padded queries count (their
         * replaced scores do not contain it) is its gradient a gradient. */
        size_t third = n / 3;
        if (is_qkv_bias(v) &&
            largest(want + third, third) < (float)DT_KEY_BIAS * fmaxf(1, largest(want, n))) {
            /* Rounding grows with the terms that cancel there: where the gradient of the whole bias
             * reaches 2 (td3_actor_stoc) the published float run itself is 1.1e-8 off. */
            expect_close(at("%s key part", v->name), got + third, want + third, third, 0,
                         DT_KEY_BIAS * fmax(1, (double)largest(want, n)));
            memcpy(got + third, want + third, third * sizeof *got);
        }
        expect_close(at("d %s", v->name), got, want, n, relative, 0);
        free(got);
        free(want);
    }
}

/* Set skip[j] where the gradient of an element is rounding noise. */
static void mark_noise(const struct h5 *f, const char *gradient, const struct view *v, bool *skip)
{
    float *g = gradient != NULL ? dt_tensor(f, gradient, v) : NULL;
    size_t n = view_size(v);
    float least = g != NULL ? (float)DT_NOISE * largest(g, n) : 0;
    for (size_t j = 0; g != NULL && j < n; j++)
        skip[j] = g[j] != 0 && fabsf(g[j]) < least;
    free(g);
}

static void expect_step(const struct h5 *f, const char *group, const char *gradient,
                        const struct layout *l, const float *before, const float *after, double rms,
                        double single)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        char published[FILE_PATH];
        bool transposed;
        if (!dt_published_name(v->name, published, &transposed))
            continue;
        size_t n = view_size(v), third = n / 3;
        const float *x = before + v->offset, *y = after + v->offset;
        float *want = dt_tensor(f, group, v);
        double off2 = 0, change2 = 0;
        double *got = calloc(n, sizeof *got), *wanted = calloc(n, sizeof *wanted);
        bool *skip = calloc(n, sizeof *skip);
        mark_noise(f, gradient, v, skip);
        for (size_t j = 0; j < n; j++) {
            if (skip[j] || (is_qkv_bias(v) && j >= third && j < 2 * third))
                continue;
            got[j] = (double)y[j] - (double)x[j];
            wanted[j] = want != NULL ? (double)want[j] - (double)x[j] : 0.0;
            off2 += (got[j] - wanted[j]) * (got[j] - wanted[j]);
            change2 += wanted[j] * wanted[j];
        }
        /* A float's own spacing is a floor: a step may be smaller than it. */
        double floor = 0;
        for (size_t j = 0; j < n; j++)
            floor = fmax(floor, fabs((double)x[j]) * 0x1p-23);
        expect_number(at("%s %s: rms of the difference in change", group, v->name),
                      sqrt(change2 / (double)n) + sqrt(off2 / (double)n), sqrt(change2 / (double)n),
                      rms, floor);
        expect_close_double(at("%s %s: change", group, v->name), got, wanted, n, single, floor);
        free(want);
        free(got);
        free(wanted);
        free(skip);
    }
}

void dt_expect_step(const struct h5 *f, const char *group, const char *gradient,
                    const struct layout *l, const float *before, const float *after)
{
    cr_assert(h5_has(f, gradient), "the fixture lacks %s", gradient);
    expect_step(f, group, gradient, l, before, after, DT_STEP_RMS, DT_STEP_SINGLE);
}

void dt_expect_given_step(const struct h5 *f, const char *group, const struct layout *l,
                          const float *before, const float *after)
{
    expect_step(f, group, NULL, l, before, after, DT_STEP_GIVEN, DT_STEP_GIVEN);
}

struct dt_fixture dt_fixture_open(const char *name)
{
    struct dt_fixture d = {.f = fixture_open(name)};
    d.B = fixture_int(&d.f, "B");
    d.K = fixture_int(&d.f, "K");
    d.S = fixture_int(&d.f, "sd");
    d.A = fixture_int(&d.f, "ad");
    d.C = fixture_int(&d.f, "E");
    d.L = fixture_int(&d.f, "L");
    d.H = fixture_int(&d.f, "H");
    d.stochastic = h5_has(&d.f, "init/actor/predict_action.mu.weight");
    d.net = transformer_plan_dt(&d.layout, d.C, d.L, d.H, d.S, d.A);
    if (d.stochastic)
        d.gaussian = head_gaussian_plan(&d.layout, "head", d.C, d.A);
    else
        d.tanh = head_tanh_plan(&d.layout, "head", d.C, d.A);
    cr_assert_eq(params_new(&d.layout, &d.theta), STATUS_OK, "%s", status_sentence());
    dt_load(&d.f, "init/actor", &d.layout, d.theta);

    d.state = fixture_floats(&d.f, "batch/states", NULL);
    d.action = fixture_floats(&d.f, "batch/actions", NULL);
    d.rtg = fixture_floats(&d.f, "batch/rtg", NULL);
    d.mask = fixture_ints(&d.f, "batch/padding_mask", NULL);
    d.length = calloc((size_t)d.B, sizeof *d.length);
    for (int i = 0; i < d.B * d.K; i++)
        d.length[i / d.K] += d.mask[i];
    for (int b = 0; b < d.B; b++)
        d.real += d.length[b];
    d.w = (struct windows){
        .B = d.B,
        .K = d.K,
        .input = {d.rtg, d.state, d.action},
        .pitch = {(size_t)d.K + 1, (size_t)d.K * (size_t)d.S, (size_t)d.K * (size_t)d.A},
        .length = d.length,
        .outputs = OUTPUT_REAL};
    return d;
}

void dt_fixture_close(struct dt_fixture *d)
{
    cr_assert_eq(h5_close(&d->f), STATUS_OK);
    free(d->theta);
    free(d->state);
    free(d->action);
    free(d->rtg);
    free(d->mask);
    free(d->length);
}
