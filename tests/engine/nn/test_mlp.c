#include "engine/nn/mlp.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    int N, in, width, hidden, out;
    bool norm, dropout;
} shapes[] = {
    {"one row, one output", 1, 3, 5, 1, 1, false, false},
    {"ragged tail", MLP_ROWS + 44, 7, 33, 2, 1, false, false},
    {"norm, ragged tail", 2 * MLP_ROWS + 1, 5, 19, 2, 1, true, false},
    {"several outputs", 13, 4, 16, 3, 6, true, false},
    {"dropout", 40, 6, 24, 2, 3, false, true},
    {"dropout behind norm", 9, 2, 11, 2, 2, true, true},
    {"width one", 6, 2, 1, 1, 1, false, false},
};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static struct criterion_test_params every_shape(void)
{
    static int rows[SHAPES];
    for (int i = 0; i < SHAPES; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, SHAPES);
}

/* --- the naive version, in double --- */

static void naive(const struct mlp *f, const double *theta, const double *x, int N,
                  float *const keep[], double *y)
{
    int widest = f->width > f->in ? f->width : f->in;
    double *from = malloc((size_t)widest * sizeof *from), *to = malloc((size_t)widest * sizeof *to);
    for (int r = 0; r < N; r++) {
        memcpy(from, x + (size_t)r * (size_t)f->in, (size_t)f->in * sizeof *from);
        for (int i = 0; i <= f->hidden; i++) {
            const struct linear *l = &f->layer[i];
            double *z = i == f->hidden ? y + (size_t)r * (size_t)f->out : to;
            double mean = 0, square = 0;
            for (int j = 0; j < l->out; j++) {
                z[j] = theta[l->bias + (size_t)j];
                for (int k = 0; k < l->in; k++)
                    z[j] += theta[l->weight + (size_t)(j * l->in + k)] * from[k];
                mean += z[j] / l->out;
            }
            if (i == f->hidden)
                break;
            for (int j = 0; j < l->out; j++)
                square += (z[j] - mean) * (z[j] - mean) / l->out;
            for (int j = 0; j < l->out; j++) {
                if (f->norm)
                    z[j] = (z[j] - mean) / sqrt(square + 1e-5);
                z[j] = z[j] > 0 ? z[j] : 0;
                if (keep[i] != NULL)
                    z[j] *= (double)keep[i][r * f->width + j];
            }
            double *swap = from;
            from = to;
            to = swap;
        }
    }
    free(from);
    free(to);
}

/* --- a network with everything around it --- */

struct rig {
    struct layout layout;
    struct mlp f;
    struct arena arena;
    struct mlp_tape tape;
    float *theta, *x, *weight, *y; /* weight (N,out): the loss is the sum of weight y */
    int N;
};

static float *normals(size_t n, uint64_t step)
{
    struct rng rng = rng_at(21, RNG_TEST, step);
    float *x = malloc((n + 4) * sizeof *x);
    rng_fill_normal(&rng, 0, x, n);
    return x;
}

static void make_rig(int row, struct rig *r)
{
    *r = (struct rig){.N = shapes[row].N};
    r->f = mlp_plan(&r->layout, "net", shapes[row].in, shapes[row].width, shapes[row].hidden,
                    shapes[row].out, shapes[row].norm);
    cr_assert_eq(params_new(&r->layout, &r->theta), STATUS_OK);
    cr_assert_eq(params_init(&r->layout, r->theta, 5, 0), STATUS_OK);
    r->x = normals((size_t)r->N * (size_t)r->f.in, 1);
    r->weight = normals((size_t)r->N * (size_t)r->f.out, 2);
    r->y = malloc((size_t)r->N * (size_t)r->f.out * sizeof *r->y);

    struct arena dry;
    cr_assert_eq(arena_init(&dry, 0), STATUS_OK);
    mlp_take(&r->f, r->N, shapes[row].dropout, &dry, &r->tape);
    cr_assert_eq(arena_init(&r->arena, dry.high), STATUS_OK);
    mlp_take(&r->f, r->N, shapes[row].dropout, &r->arena, &r->tape);
    if (shapes[row].dropout)
        mlp_draw_dropout(&r->f, 0.3f, rng_at(3, RNG_DROPOUT, 0), &r->tape);
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

/* Sum of weight y of the naive version. */
static double naive_loss(const struct rig *r, const double *theta, const double *x)
{
    size_t n = (size_t)r->N * (size_t)r->f.out;
    double *y = malloc(n * sizeof *y), sum = 0;
    naive(&r->f, theta, x, r->N, r->tape.keep, y);
    for (size_t i = 0; i < n; i++)
        sum += (double)r->weight[i] * y[i];
    free(y);
    return sum;
}

/* Central differences of the naive loss by some 40 elements of v, which is theta or x. */
static void expect_differences(const char *what, const struct rig *r, const double *theta,
                               const double *x, double *v, size_t n, const float *gradient)
{
    size_t stride = n / 40 + 1, probes = 0;
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
    expect_close_double(what, got, want, probes, 1e-5, 1e-5);
}

ParameterizedTestParameters(mlp, forward_and_gradients_match_the_naive_version)
{
    return every_shape();
}

ParameterizedTest(int *row, mlp, forward_and_gradients_match_the_naive_version)
{
    struct rig r;
    make_rig(*row, &r);
    size_t in = (size_t)r.N * (size_t)r.f.in, out = (size_t)r.N * (size_t)r.f.out;
    double *theta = doubles(r.theta, r.layout.size), *x = doubles(r.x, in);
    double *want = malloc(out * sizeof *want);
    naive(&r.f, theta, x, r.N, r.tape.keep, want);
    mlp_forward(&r.f, r.theta, r.x, r.N, &r.tape, r.y);
    double *got = doubles(r.y, out);
    expect_close_double(shapes[*row].what, got, want, out, 2e-6, 0);

    float *dtheta = calloc(r.layout.size, sizeof *dtheta), *dx = malloc(in * sizeof *dx);
    mlp_backward(&r.f, r.theta, r.weight, &r.tape, dtheta, dx, 0);
    expect_differences("dx", &r, theta, x, x, in, dx);
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

Test(mlp, gives_parts_of_its_gradient_with_equal_bits)
{
    struct rig r;
    make_rig(2, &r);
    size_t in = (size_t)r.f.in, rows = (size_t)r.N, from = 3, cols = in - from;
    float *dtheta = calloc(r.layout.size, sizeof *dtheta), *dx = malloc(rows * in * sizeof *dx);
    float *part = malloc(rows * cols * sizeof *part);
    mlp_forward(&r.f, r.theta, r.x, r.N, &r.tape, r.y);
    mlp_backward(&r.f, r.theta, r.weight, &r.tape, dtheta, dx, 0);
    mlp_backward(&r.f, r.theta, r.weight, &r.tape, NULL, part, (int)from);
    for (size_t i = 0; i < rows; i++)
        expect_close("part", part + i * cols, dx + i * in + from, cols, 1e-6, 1e-7);

    /* dtheta accumulates, dx does not. */
    float *twice = malloc(r.layout.size * sizeof *twice);
    memcpy(twice, dtheta, r.layout.size * sizeof *twice);
    mlp_backward(&r.f, r.theta, r.weight, &r.tape, twice, dx, 0);
    for (size_t i = 0; i < r.layout.size; i++)
        dtheta[i] *= 2;
    expect_close("accumulated", twice, dtheta, r.layout.size, 1e-6, 0);
    free(twice);
    free(dtheta);
    free(dx);
    free(part);
    drop_rig(&r);
}

Test(mlp, drops_the_given_share_and_scales_the_rest)
{
    struct rig r;
    make_rig(4, &r);
    for (int i = 0; i < r.f.hidden; i++) {
        size_t n = (size_t)r.N * (size_t)r.f.width, dropped = 0;
        for (size_t j = 0; j < n; j++) {
            float keep = r.tape.keep[i][j];
            cr_assert(keep == 0.0f || keep == 1.0f / 0.7f);
            dropped += keep == 0.0f;
        }
        /* 960 draws of 0.3: five standard deviations are 71. */
        cr_assert(fabs((double)dropped - 0.3 * (double)n) < 5 * sqrt(0.21 * (double)n));
    }
    cr_assert_neq(memcmp(r.tape.keep[0], r.tape.keep[1], 960 * sizeof(float)), 0);
    drop_rig(&r);
}

Test(mlp, starts_orthogonal_when_asked)
{
    struct layout l = {0};
    struct mlp other = mlp_plan(&l, "other", 4, 8, 1, 1, false);
    struct mlp f = mlp_plan(&l, "net", 5, 12, 2, 3, false);
    mlp_start_orthogonal(&l, &f, sqrtf(2));
    float *theta;
    cr_assert_eq(params_new(&l, &theta), STATUS_OK);
    cr_assert_eq(params_init(&l, theta, 1, 0), STATUS_OK);
    for (int a = 0; a < 12; a++) { /* rows of the square middle layer */
        for (int b = 0; b < 12; b++) {
            double dot = 0;
            for (int k = 0; k < 12; k++)
                dot += (double)theta[f.layer[1].weight + (size_t)(12 * a + k)] *
                       (double)theta[f.layer[1].weight + (size_t)(12 * b + k)];
            cr_assert_float_eq(dot, a == b ? 2 : 0, 1e-6);
        }
        cr_assert_eq(theta[f.layer[1].bias + (size_t)a], 0);
    }
    cr_assert_eq(layout_find(&l, "other.layer1.weight")->init, INIT_UNIFORM);
    cr_assert_eq(layout_find(&l, "other.layer1.weight")->offset, other.layer[0].weight);
    free(theta);
}
