#include "engine/nn/mlp.h"

#include "engine/nn/activation.h"
#include "engine/nn/matmul.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

struct mlp mlp_plan(struct layout *l, const char *name, int in, int width, int hidden, int out,
                    bool norm)
{
    assert(hidden >= 1 && hidden <= MLP_MAX_HIDDEN);
    struct mlp f = {.in = in, .width = width, .out = out, .hidden = hidden, .norm = norm};
    for (int i = 0; i <= hidden; i++) {
        char layer[PARAMS_NAME];
        int length = snprintf(layer, sizeof layer, "%s.layer%d", name, i + 1);
        assert(length < PARAMS_NAME);
        (void)length;
        f.layer[i] = linear_plan(l, layer, i == 0 ? in : width, i == hidden ? out : width,
                                 LINEAR_UNIFORM);
    }
    return f;
}

void mlp_start_orthogonal(struct layout *l, const struct mlp *f, float gain)
{
    for (int i = 0; i < l->count; i++) {
        struct view *v = &l->views[i];
        for (int k = 0; k <= f->hidden; k++) {
            if (v->offset == f->layer[k].weight) {
                v->init = INIT_ORTHOGONAL;
                v->scale = gain;
            } else if (v->offset == f->layer[k].bias) {
                v->init = INIT_ZERO;
            }
        }
    }
}

void mlp_start_near_zero(struct layout *l, const struct mlp *f, float scale)
{
    for (int i = 0; i < l->count; i++) {
        struct view *v = &l->views[i];
        for (int k = 0; k <= f->hidden; k++) {
            bool last = k == f->hidden, bias = v->offset == f->layer[k].bias;
            if (!bias && v->offset != f->layer[k].weight)
                continue;
            v->init = bias && !last ? INIT_CONSTANT : INIT_UNIFORM;
            v->scale = last ? scale : bias ? 0.1f : 1 / sqrtf((float)f->width);
        }
    }
}

void mlp_take(const struct mlp *f, int N, bool dropout, struct arena *a, struct mlp_tape *tape)
{
    *tape = (struct mlp_tape){.N = N};
    size_t rows = (size_t)N, width = (size_t)f->width;
    size_t block = (size_t)(N < MLP_ROWS ? N : MLP_ROWS);
    for (int i = 0; i < f->hidden; i++) {
        tape->hidden[i] = arena_take(a, rows * width);
        if (f->norm) {
            tape->before[i] = arena_take(a, rows * width);
            tape->stats[i] = arena_take(a, rows * 2);
        }
        if (dropout)
            tape->keep[i] = arena_take(a, rows * width);
    }
    for (int i = 0; i < 2; i++)
        tape->dhidden[i] = arena_take(a, block * width);
}

void mlp_draw_dropout(const struct mlp *f, float p, struct rng rng, struct mlp_tape *tape)
{
    size_t n = (size_t)tape->N * (size_t)f->width;
    uint64_t stride = (n + 3) / 4 * 4; /* rng_fill_* start at multiples of 4 */
    float scale = 1.0f / (1.0f - p);
    for (int i = 0; i < f->hidden; i++) {
        float *keep = tape->keep[i];
        rng_fill_uniform(&rng, (uint64_t)i * stride, keep, n);
        for (size_t j = 0; j < n; j++)
            keep[j] = keep[j] >= p ? scale : 0.0f;
    }
}

/* One block of rows from first..first+rows-1. */
struct block {
    int rows;
    size_t first;
};

static struct block block_at(int first, int N)
{
    return (struct block){.rows = N - first < MLP_ROWS ? N - first : MLP_ROWS,
                          .first = (size_t)first};
}

/* x[i] *= keep[i] */
static void drop(const float *keep, size_t n, float *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] *= keep[i];
}

/* y = x Wᵀ + b, or relu of that */
static void multiply(const struct linear *f, const float *theta, const float *x, int rows,
                     bool relu, float *y)
{
    matmul_then_bias(rows, f->out, f->in, x, factor_forward(theta, f->weight, f->in, &f->packed),
                     theta + f->bias, relu, y);
}

/* y = relu(layernorm(z)): what layernorm.h and activation.h do, while a few rows are in the
 * first-level cache. */
static void norm_relu(int rows, int width, const float *restrict z, float *restrict stats,
                      float *restrict y)
{
    for (int r = 0; r < rows; r++, z += width, y += width, stats += 2) {
        if (r % LAYERNORM_ROWS == 0)
            layernorm_rows_stats(z, rows - r < LAYERNORM_ROWS ? rows - r : LAYERNORM_ROWS, width,
                                 stats);
        for (int j = 0; j < width; j++) {
            float normal = (z[j] - stats[0]) * stats[1];
            y[j] = normal < 0.0f ? 0.0f : normal;
        }
    }
}

static void forward_block(const struct mlp *f, const float *theta, struct block b,
                          struct mlp_tape *tape, float *y)
{
    size_t width = (size_t)f->width, n = (size_t)b.rows * width, at = b.first * width;
    const float *x = tape->x + b.first * (size_t)f->in;
    for (int i = 0; i < f->hidden; i++) {
        float *hidden = tape->hidden[i] + at;
        if (f->norm) {
            float *before = tape->before[i] + at;
            multiply(&f->layer[i], theta, x, b.rows, false, before);
            norm_relu(b.rows, f->width, before, tape->stats[i] + 2 * b.first, hidden);
        } else {
            multiply(&f->layer[i], theta, x, b.rows, true, hidden);
        }
        if (tape->keep[i] != NULL)
            drop(tape->keep[i] + at, n, hidden);
        x = hidden;
    }
    linear_forward(&f->layer[f->hidden], theta, x, b.rows, y + b.first * (size_t)f->out);
}

void mlp_forward(const struct mlp *f, const float *theta, const float *x, int N,
                 struct mlp_tape *tape, float *y)
{
    assert(N <= tape->N);
    tape->x = x;
    tape->rows = N;
    for (int first = 0; first < N; first += MLP_ROWS)
        forward_block(f, theta, block_at(first, N), tape, y);
}

/* Columns from..in-1 of dx = dy W, as (rows, in-from). */
static void input_gradient(const struct linear *f, const float *theta, const float *dy, int rows,
                           int from, float *dx)
{
    int cols = f->in - from;
    matmul(MATMUL_NN, rows, cols, f->out, dy, f->out,
           factor_backward(theta, f->weight, f->in, from, &f->packed), 0, dx, cols);
}

/* d = dlayernorm/dz of (y > 0 ? d : 0): norm_relu's backward, in place. */
static void norm_relu_backward(const float *restrict y, const float *restrict z,
                               const float *restrict stats, int rows, int width, float *restrict d)
{
    for (int r = 0; r < rows; r += LAYERNORM_ROWS) {
        int here = rows - r < LAYERNORM_ROWS ? rows - r : LAYERNORM_ROWS;
        size_t at = (size_t)r * (size_t)width;
        activation_relu_backward(y + at, d + at, (size_t)here * (size_t)width, d + at);
        layernorm_rows_backward(z + at, stats + 2 * (ptrdiff_t)r, d + at, NULL, NULL, here, width,
                                d + at);
    }
}

/* The last layer's backward: for one output, the critics' case, its dx is an outer product. */
static void output_backward(const struct linear *f, const float *theta, const float *x,
                            const float *dy, int rows, float *dtheta, float *restrict dx)
{
    if (f->out > 1) {
        linear_backward(f, theta, x, dy, rows, dtheta, dx);
        return;
    }
    if (dtheta != NULL)
        linear_backward(f, theta, x, dy, rows, dtheta, NULL);
    const float *restrict w = theta + f->weight;
    for (int r = 0; r < rows; r++, dx += f->in) {
        for (int j = 0; j < f->in; j++)
            dx[j] = dy[r] * w[j];
    }
}

static void backward_block(const struct mlp *f, const float *theta, struct block b, const float *dy,
                           struct mlp_tape *tape, float *dtheta, float *dx, int from)
{
    size_t width = (size_t)f->width, n = (size_t)b.rows * width, at = b.first * width;
    const float *x = tape->x + b.first * (size_t)f->in;
    const float *above = dy + b.first * (size_t)f->out; /* gradient of layer i+1's output */

    for (int i = f->hidden - 1; i >= 0; i--) {
        float *d = tape->dhidden[i % 2];
        const float *hidden = tape->hidden[i] + at;
        if (i == f->hidden - 1)
            output_backward(&f->layer[i + 1], theta, hidden, above, b.rows, dtheta, d);
        else
            linear_backward(&f->layer[i + 1], theta, hidden, above, b.rows, dtheta, d);
        if (tape->keep[i] != NULL)
            drop(tape->keep[i] + at, n, d);
        if (f->norm)
            norm_relu_backward(hidden, tape->before[i] + at, tape->stats[i] + 2 * b.first, b.rows,
                               f->width, d);
        else
            activation_relu_backward(hidden, d, n, d);
        above = d;
    }
    if (dtheta != NULL)
        linear_backward(&f->layer[0], theta, x, above, b.rows, dtheta, NULL);
    if (dx != NULL)
        input_gradient(&f->layer[0], theta, above, b.rows, from,
                       dx + b.first * (size_t)(f->in - from));
}

void mlp_backward(const struct mlp *f, const float *theta, const float *dy, struct mlp_tape *tape,
                  float *dtheta, float *dx, int from)
{
    for (int first = 0; first < tape->rows; first += MLP_ROWS)
        backward_block(f, theta, block_at(first, tape->rows), dy, tape, dtheta, dx, from);
}
