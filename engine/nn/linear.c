#include "engine/nn/linear.h"

#include "engine/base/team.h"
#include "engine/nn/matmul.h"

#include <assert.h>
#include <math.h>

#define BLOCK_STD 0.02f /* GPT-2's, without depth scaling */

struct linear linear_plan(struct layout *l, const char *name, int in, int out,
                          enum linear_init init)
{
    struct linear f = {.in = in, .out = out};
    float bound = 1.0f / sqrtf((float)in);
    switch (init) {
    case LINEAR_UNIFORM:
        f.weight = layout_add(l, name, "weight", out, in, INIT_UNIFORM, bound);
        f.bias = layout_add(l, name, "bias", 1, out, INIT_UNIFORM, bound);
        break;
    case LINEAR_NORMAL:
        f.weight = layout_add(l, name, "weight", out, in, INIT_NORMAL, BLOCK_STD);
        f.bias = layout_add(l, name, "bias", 1, out, INIT_ZERO, 0.0f);
        break;
    case LINEAR_ORTHOGONAL:
        f.weight = layout_add(l, name, "weight", out, in, INIT_ORTHOGONAL, 1.0f);
        f.bias = layout_add(l, name, "bias", 1, out, INIT_ZERO, 0.0f);
        break;
    }
    f.packed = layout_pack(l, f.weight, out, in);
    return f;
}

struct linear linear_slice(const struct linear *f, int first, int count)
{
    assert(first >= 0 && count >= 1 && first + count <= f->out);
    struct linear part = *f;
    part.out = count;
    part.weight += (size_t)first * (size_t)f->in;
    part.bias += (size_t)first;
    part.packed.first += first;
    return part;
}

void linear_forward(const struct linear *f, const float *theta, const float *x, int N, float *y)
{
    matmul_nt(N, f->out, f->in, x, factor_forward(theta, f->weight, f->in, &f->packed),
              theta + f->bias, false, y);
}

void linear_forward_relu(const struct linear *f, const float *theta, const float *x, int N,
                         float *y)
{
    matmul_nt(N, f->out, f->in, x, factor_forward(theta, f->weight, f->in, &f->packed),
              theta + f->bias, true, y);
}

void linear_forward_add(const struct linear *f, const float *theta, const float *x, int N, float *y)
{
    const float *bias = theta + f->bias;
    for (int i = 0; i < N; i++) {
        float *row = y + (size_t)i * (size_t)f->out;
        for (int j = 0; j < f->out; j++)
            row[j] += bias[j];
    }
    matmul_nt(N, f->out, f->in, x, factor_forward(theta, f->weight, f->in, &f->packed), NULL, false,
              y);
}

/* db += column sums of dy for some columns: four rows at a time, so db is read and written a
 * quarter as often. */
static void column_sums(const float *dy, int N, int out, struct team_range columns, float *db)
{
    size_t width = (size_t)out;
    int i = 0;
    dy += columns.first, db += columns.first;
    for (; i + 4 <= N; i += 4) {
        const float *a = dy + (size_t)i * width, *b = a + width, *c = b + width, *d = c + width;
        for (int j = 0; j < columns.count; j++)
            db[j] += (a[j] + b[j]) + (c[j] + d[j]);
    }
    for (; i < N; i++) {
        for (int j = 0; j < columns.count; j++)
            db[j] += dy[(size_t)i * width + (size_t)j];
    }
}

/* The backward pass as one section of a team: tasks of dW, then of db, then of dx. */
struct backward {
    struct affine weight, input;
    int weights, sums, inputs; /* how many of each */
    const float *dy;
    int N, out;
    float *db;
};

static void backward_task(void *context, int task, struct arena *scratch)
{
    (void)scratch;
    const struct backward *b = context;
    if (task < b->weights)
        affine_task(&b->weight, task);
    else if (task < b->weights + b->sums)
        column_sums(b->dy, b->N, b->out, team_range(b->out, 16, b->sums, task - b->weights), b->db);
    else
        affine_task(&b->input, task - b->weights - b->sums);
}

static void backward(const struct linear *f, const float *theta, const float *x, const float *dy,
                     int N, float *dtheta, float *dx, float keep)
{
    struct backward b = {.dy = dy, .N = N, .out = f->out};
    if (dtheta != NULL) {
        b.weight = affine_of(MATMUL_TN, N, f->out, f->in, dy, factor_plain(&f->packed, x, f->in), 1,
                             dtheta + f->weight);
        b.weights = affine_tasks(&b.weight);
        b.sums = b.weight.parts;
        b.db = dtheta + f->bias;
    }
    if (dx != NULL) {
        b.input = affine_of(MATMUL_NN, N, f->out, f->in, dy,
                            factor_backward(theta, f->weight, f->in, 0, &f->packed), keep, dx);
        b.inputs = affine_tasks(&b.input);
    }
    team_share(b.weights + b.sums + b.inputs, backward_task, &b, NULL);
}

void linear_backward(const struct linear *f, const float *theta, const float *x, const float *dy,
                     int N, float *dtheta, float *dx)
{
    backward(f, theta, x, dy, N, dtheta, dx, 0);
}

void linear_backward_add(const struct linear *f, const float *theta, const float *x,
                         const float *dy, int N, float *dtheta, float *dx)
{
    backward(f, theta, x, dy, N, dtheta, dx, 1);
}
