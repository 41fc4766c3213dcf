#include "engine/nn/lstm.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    bool gated;
    int B, K, in, width, layers;
} shapes[] = {
    {"RNN, one window of one step", false, 1, 1, 3, 5, 1},
    {"RNN, three layers", false, 5, 4, 7, 9, 3},
    {"LSTM, one window of one step", true, 1, 1, 2, 3, 1},
    {"LSTM, three layers", true, 4, 5, 6, 7, 3},
    {"LSTM, long and narrow", true, 2, 23, 1, 1, 2},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

/* --- the naive version, in double: one window at a time, one step at a time --- */

enum { WIDEST = 16 };

static double squash(double x)
{
    return 1 / (1 + exp(-x));
}

static void naive_cell(const struct lstm *f, const double *theta, int layer, const double *x,
                       double h[WIDEST], double c[WIDEST])
{
    int n = f->width, in = layer == 0 ? f->in : n;
    double sum[4 * WIDEST];
    for (int j = 0; j < f->gates * n; j++) {
        sum[j] = theta[f->bias_ih[layer] + (size_t)j] + theta[f->bias_hh[layer] + (size_t)j];
        for (int k = 0; k < in; k++)
            sum[j] += theta[f->weight_ih[layer] + (size_t)(j * in + k)] * x[k];
        for (int k = 0; k < n; k++)
            sum[j] += theta[f->weight_hh[layer] + (size_t)(j * n + k)] * h[k];
    }
    for (int j = 0; j < n; j++) {
        if (f->gates == 1) {
            h[j] = sum[j] > 0 ? sum[j] : 0;
            continue;
        }
        c[j] = squash(sum[n + j]) * c[j] + squash(sum[j]) * tanh(sum[2 * n + j]);
        h[j] = squash(sum[3 * n + j]) * tanh(c[j]);
    }
}

static void naive(const struct lstm *f, const double *theta, const double *x, int B, int K,
                  double *y)
{
    for (int b = 0; b < B; b++) {
        double h[LSTM_MAX_LAYERS][WIDEST] = {{0}}, c[LSTM_MAX_LAYERS][WIDEST] = {{0}};
        for (int t = 0; t < K; t++) {
            const double *from = x + (size_t)(b * K + t) * (size_t)f->in;
            for (int layer = 0; layer < f->layers; layer++) {
                naive_cell(f, theta, layer, from, h[layer], c[layer]);
                from = h[layer];
            }
            memcpy(y + (size_t)(b * K + t) * (size_t)f->width, from, (size_t)f->width * sizeof *y);
        }
    }
}

/* --- a stack with everything around it --- */

struct rig {
    struct layout layout;
    struct lstm f;
    struct arena arena;
    struct lstm_tape tape;
    float *theta, *x, *weight, *y; /* the loss is the sum of weight y */
    int B, K;
    size_t in, out;
};

static float *normals(size_t n, uint64_t step)
{
    struct rng rng = rng_at(22, RNG_TEST, step);
    float *x = malloc((n + 4) * sizeof *x);
    rng_fill_normal(&rng, 0, x, n);
    return x;
}

/* `room` windows are taken, shapes[row].B of them used: a tape serves shorter batches. */
static void make_rig(int row, int room, struct rig *r)
{
    *r = (struct rig){.B = shapes[row].B, .K = shapes[row].K};
    r->f = lstm_plan(&r->layout, "stack", shapes[row].gated, shapes[row].in, shapes[row].width,
                     shapes[row].layers);
    cr_assert_eq(params_new(&r->layout, &r->theta), STATUS_OK);
    cr_assert_eq(params_init(&r->layout, r->theta, 6, 0), STATUS_OK);
    r->in = (size_t)(r->B * r->K * r->f.in);
    r->out = (size_t)(r->B * r->K * r->f.width);
    r->x = normals(r->in, 1);
    r->weight = normals(r->out, 2);
    r->y = malloc(r->out * sizeof *r->y);
    struct arena dry;
    cr_assert_eq(arena_init(&dry, 0), STATUS_OK);
    lstm_take(&r->f, room, r->K, &dry, &r->tape);
    cr_assert_eq(arena_init(&r->arena, dry.high), STATUS_OK);
    lstm_take(&r->f, room, r->K, &r->arena, &r->tape);
}

static void drop_rig(struct rig *r)
{
    arena_free(&r->arena);
    free(r->theta);
    free(r->x);
    free(r->weight);
    free(r->y);
}

static double *doubles(const float *x, size_t n)
{
    double *out = malloc((n + 1) * sizeof *out);
    for (size_t i = 0; i < n; i++)
        out[i] = (double)x[i];
    return out;
}

static double naive_loss(const struct rig *r, const double *theta, const double *x)
{
    double *y = malloc(r->out * sizeof *y), sum = 0;
    naive(&r->f, theta, x, r->B, r->K, y);
    for (size_t i = 0; i < r->out; i++)
        sum += (double)r->weight[i] * y[i];
    free(y);
    return sum;
}

static void expect_differences(const char *what, const struct rig *r, const double *theta,
                               const double *x, double *v, size_t n, const float *gradient)
{
    size_t stride = n / 50 + 1, probes = 0;
    double got[64], want[64];
    for (size_t i = 0; i < n && probes < 64; i += stride, probes++) {
        double kept = v[i], h = 1e-6;
        v[i] = kept + h;
        double up = naive_loss(r, theta, x);
        v[i] = kept - h;
        double down = naive_loss(r, theta, x);
        v[i] = kept;
        got[probes] = (double)gradient[i];
        want[probes] = (up - down) / (2 * h);
    }
    expect_close_double(what, got, want, probes, 1e-5, 1e-6);
}

ParameterizedTestParameters(lstm, forward_and_gradients_match_the_naive_version)
{
    static int rows[SHAPES];
    for (int i = 0; i < SHAPES; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, SHAPES);
}

ParameterizedTest(int *row, lstm, forward_and_gradients_match_the_naive_version)
{
    struct rig r;
    make_rig(*row, shapes[*row].B + 2, &r);
    double *theta = doubles(r.theta, r.layout.size), *x = doubles(r.x, r.in);
    double *want = malloc(r.out * sizeof *want);
    naive(&r.f, theta, x, r.B, r.K, want);
    lstm_forward(&r.f, r.theta, r.x, r.B, &r.tape, r.y);
    double *got = doubles(r.y, r.out);
    expect_close_double(shapes[*row].what, got, want, r.out, 2e-6, 0);

    float *dtheta = calloc(r.layout.size, sizeof *dtheta), *dx = malloc(r.in * sizeof *dx);
    lstm_backward(&r.f, r.theta, r.weight, &r.tape, dtheta, dx, 0);
    expect_differences("dx", &r, theta, x, x, r.in, dx);
    for (int i = 0; i < r.layout.count; i++) {
        const struct view *v = &r.layout.views[i];
        expect_differences(at("%s: %s", shapes[*row].what, v->name), &r, theta, x,
                           theta + v->offset, view_size(v), dtheta + v->offset);
    }
    free(theta);
    free(x);
    free(want);
    free(got);
    free(dtheta);
    free(dx);
    drop_rig(&r);
}

Test(lstm, gives_the_gradient_of_some_inputs_only)
{
    struct rig r;
    make_rig(3, 4, &r);
    size_t in = (size_t)r.f.in, from = 4, cols = in - from, rows = r.in / in;
    float *dx = malloc(r.in * sizeof *dx), *part = malloc(rows * cols * sizeof *part);
    lstm_forward(&r.f, r.theta, r.x, r.B, &r.tape, r.y);
    lstm_backward(&r.f, r.theta, r.weight, &r.tape, NULL, dx, 0);
    lstm_forward(&r.f, r.theta, r.x, r.B, &r.tape, r.y);
    lstm_backward(&r.f, r.theta, r.weight, &r.tape, NULL, part, (int)from);
    for (size_t i = 0; i < rows; i++)
        expect_close("part", part + i * cols, dx + i * in + from, cols, 1e-6, 1e-7);
    free(dx);
    free(part);
    drop_rig(&r);
}

Test(lstm, later_inputs_do_not_reach_earlier_outputs)
{
    struct rig r;
    make_rig(3, 4, &r);
    float *before = malloc(r.out * sizeof *before);
    lstm_forward(&r.f, r.theta, r.x, r.B, &r.tape, before);
    int last = r.K - 1;
    for (int b = 0; b < r.B; b++)
        r.x[(b * r.K + last) * r.f.in] += 1;
    lstm_forward(&r.f, r.theta, r.x, r.B, &r.tape, r.y);
    for (int b = 0; b < r.B; b++) {
        size_t window = (size_t)(b * r.K * r.f.width), earlier = (size_t)(last * r.f.width);
        cr_assert_arr_eq(r.y + window, before + window, earlier * sizeof(float));
        cr_assert_neq(r.y[window + earlier], before[window + earlier]);
    }
    free(before);
    drop_rig(&r);
}
