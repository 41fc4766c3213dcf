/* Linear, LayerNorm, activations, dropout: values against plain loops in double, gradients against
 * differences, on shapes that fit no tile. */
#include "engine/nn/activation.h"
#include "engine/nn/dropout.h"
#include "engine/nn/layernorm.h"
#include "engine/nn/linear.h"
#include "engine/nn/matmul.h"
#include "tests/support/fixture.h"
#include "tests/support/gradcheck.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    int N, in, out;
} shapes[] = {
    {"one row, one number", 1, 1, 1}, {"one row", 1, 3, 2},
    {"few rows, odd", 5, 37, 23},     {"groups of rows", 14, 64, 30},
    {"last narrow", 16, 19, 517},     {"first wide", 17, 19, 517},
    {"ragged tail", 133, 7, 45},      {"two tiles, odd", 33, 515, 521},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static int rows_of_table[SHAPES] = {0, 1, 2, 3, 4, 5, 6, 7};

/* --- linear ---------------------------------------------------------------------------------- */

struct linear_case {
    struct layout layout;
    struct linear f;
    int N;
    float *theta, *x, *y, *w; /* loss = w·y */
};

static struct linear_case linear_case_new(int row)
{
    struct linear_case c = {.N = shapes[row].N};
    c.f = linear_plan(&c.layout, "map", shapes[row].in, shapes[row].out, LINEAR_UNIFORM);
    cr_assert_eq(params_new(&c.layout, &c.theta), STATUS_OK);
    cr_assert_eq(params_init(&c.layout, c.theta, 3, 0), STATUS_OK);
    c.x = gradcheck_normals((size_t)c.N * (size_t)c.f.in, 1);
    c.w = gradcheck_normals((size_t)c.N * (size_t)c.f.out, 2);
    c.y = calloc((size_t)c.N * (size_t)c.f.out, sizeof(float));
    return c;
}

static void linear_case_free(struct linear_case *c)
{
    free(c->theta);
    free(c->x);
    free(c->w);
    free(c->y);
}

static double linear_loss(void *context)
{
    struct linear_case *c = context;
    linear_forward(&c->f, c->theta, c->x, c->N, c->y);
    return gradcheck_dot(c->w, c->y, (size_t)c->N * (size_t)c->f.out);
}

ParameterizedTestParameters(linear, forward_is_the_plain_sum)
{
    return cr_make_param_array(int, rows_of_table, SHAPES);
}

ParameterizedTest(int *row, linear, forward_is_the_plain_sum)
{
    struct linear_case c = linear_case_new(*row);
    size_t n = (size_t)c.N * (size_t)c.f.out, in = (size_t)c.f.in, out = (size_t)c.f.out;
    float *want = malloc(n * sizeof *want), *twice = malloc(n * sizeof *twice);
    for (size_t i = 0; i < n; i++) {
        double sum = (double)c.theta[c.f.bias + i % out];
        for (size_t k = 0; k < in; k++)
            sum += (double)c.x[i / out * in + k] * (double)c.theta[c.f.weight + i % out * in + k];
        want[i] = (float)sum;
    }
    linear_loss(&c);
    expect_close(shapes[*row].what, c.y, want, n, 1e-6, 0);
    linear_forward_add(&c.f, c.theta, c.x, c.N, c.y);
    for (size_t i = 0; i < n; i++)
        twice[i] = 2.0f * want[i];
    expect_close("added once more", c.y, twice, n, 1e-6, 0);
    free(want);
    free(twice);
    linear_case_free(&c);
}

ParameterizedTestParameters(linear, gradient_matches_differences)
{
    return cr_make_param_array(int, rows_of_table, SHAPES);
}

ParameterizedTest(int *row, linear, gradient_matches_differences)
{
    struct linear_case c = linear_case_new(*row);
    size_t inputs = (size_t)c.N * (size_t)c.f.in;
    float *dtheta, *dx = malloc(inputs * sizeof *dx), *again = malloc(inputs * sizeof *again);
    cr_assert_eq(params_new(&c.layout, &dtheta), STATUS_OK);
    linear_backward(&c.f, c.theta, c.x, c.w, c.N, dtheta, dx);
    gradcheck("dx", c.x, dx, inputs, linear_loss, &c, 1e-3, 1e-4);
    gradcheck("dW", c.theta + c.f.weight, dtheta + c.f.weight, (size_t)c.f.in * (size_t)c.f.out,
              linear_loss, &c, 1e-3, 1e-4);
    gradcheck("db", c.theta + c.f.bias, dtheta + c.f.bias, (size_t)c.f.out, linear_loss, &c, 1e-3,
              1e-4);

    /* dtheta accumulates; dx accumulates only in the adding form, and may be left out */
    memcpy(again, dx, inputs * sizeof *dx);
    linear_backward_add(&c.f, c.theta, c.x, c.w, c.N, dtheta, again);
    linear_backward(&c.f, c.theta, c.x, c.w, c.N, NULL, dx);
    linear_backward(&c.f, c.theta, c.x, c.w, c.N, dtheta, NULL);
    for (size_t i = 0; i < inputs; i++)
        cr_assert_float_eq(again[i], 2.0f * dx[i], 1e-5f * (1.0f + fabsf(dx[i])));
    for (size_t i = 0; i < c.layout.size; i++)
        dtheta[i] /= 3.0f;
    gradcheck("db, three times", c.theta + c.f.bias, dtheta + c.f.bias, (size_t)c.f.out,
              linear_loss, &c, 1e-3, 1e-4);
    free(dtheta);
    free(dx);
    free(again);
    linear_case_free(&c);
}

Test(linear, a_slice_is_the_map_of_those_rows)
{
    struct layout layout = {0};
    struct linear f = linear_plan(&layout, "map", 5, 7, LINEAR_UNIFORM);
    struct linear part = linear_slice(&f, 2, 4);
    float *theta, whole[3 * 7], some[3 * 4], *x = gradcheck_normals(15, 1);
    cr_assert_eq(params_new(&layout, &theta), STATUS_OK);
    cr_assert_eq(params_init(&layout, theta, 1, 0), STATUS_OK);
    linear_forward(&f, theta, x, 3, whole);
    linear_forward(&part, theta, x, 3, some);
    for (int i = 0; i < 3; i++)
        expect_close("slice", some + 4 * i, whole + 7 * i + 2, 4, 1e-6, 0);
    free(theta);
    free(x);
}

/* Uniform(+-1/sqrt(in)): variance 1/(3 in). Normal(0, 0.02). Orthonormal rows. */
Test(linear, starts_as_its_kind_says)
{
    struct layout layout = {0};
    struct linear uniform = linear_plan(&layout, "a", 100, 300, LINEAR_UNIFORM);
    struct linear normal = linear_plan(&layout, "b", 100, 300, LINEAR_NORMAL);
    struct linear turned = linear_plan(&layout, "c", 64, 24, LINEAR_ORTHOGONAL);
    float *theta;
    cr_assert_eq(params_new(&layout, &theta), STATUS_OK);
    cr_assert_eq(params_init(&layout, theta, 5, 0), STATUS_OK);
    double square[2] = {0}, mean[2] = {0}, largest = 0;
    const size_t n = 30000, at_[2] = {uniform.weight, normal.weight};
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < n; i++) {
            double w = (double)theta[at_[k] + i];
            mean[k] += w / (double)n;
            square[k] += w * w / (double)n;
            largest = k == 0 ? fmax(largest, fabs(w)) : largest;
        }
    }
    /* five standard errors */
    cr_assert_float_eq(square[0], 1.0 / 300, 5.0 / 300 * sqrt(0.8 / (double)n));
    cr_assert_float_eq(mean[0], 0, 5 * sqrt(1.0 / 300 / (double)n));
    cr_assert(largest <= 0.1 && largest > 0.0999);
    cr_assert_float_eq(square[1], 4e-4, 5 * 4e-4 * sqrt(2.0 / (double)n));
    cr_assert_float_eq(mean[1], 0, 5 * 0.02 / sqrt((double)n));
    double bias = 0;
    for (size_t i = 0; i < 300; i++) {
        bias += fabs((double)theta[uniform.bias + i]) / 300;
        cr_assert_eq(theta[normal.bias + i], 0.0f);
    }
    cr_assert_float_eq(bias, 0.05, 5 * 0.1 / sqrt(12.0 * 300));
    for (size_t i = 0; i < 24; i++) {
        for (size_t j = 0; j <= i; j++) {
            double dot = 0;
            for (size_t k = 0; k < 64; k++)
                dot += (double)theta[turned.weight + 64 * i + k] *
                       (double)theta[turned.weight + 64 * j + k];
            cr_assert_float_eq(dot, i == j ? 1.0 : 0.0, 1e-6);
        }
    }
    free(theta);
}

/* --- LayerNorm ------------------------------------------------------------------------------- */

struct norm_case {
    struct layout layout;
    struct layernorm f;
    int N;
    float *theta, *x, *y, *w, *stats, *residual;
};

static const struct {
    int N, width;
    bool affine;
} norms[] = {{1, 2, true}, {1, 5, false}, {7, 19, true}, {33, 256, false}, {3, 48, true}};
static int norm_rows[] = {0, 1, 2, 3, 4};

static struct norm_case norm_case_new(int row)
{
    struct norm_case c = {.N = norms[row].N};
    int width = norms[row].width;
    c.f = norms[row].affine ? layernorm_plan(&c.layout, "norm", width) : layernorm_plain(width);
    cr_assert_eq(params_new(&c.layout, &c.theta), STATUS_OK);
    cr_assert_eq(params_init(&c.layout, c.theta, 3, 0), STATUS_OK);
    size_t n = (size_t)c.N * (size_t)width;
    float *noise = gradcheck_normals(c.layout.size, 9);
    for (size_t i = 0; i < c.layout.size; i++)
        c.theta[i] += 0.3f * noise[i];
    free(noise);
    c.x = gradcheck_normals(n, 1);
    c.w = gradcheck_normals(n, 2);
    c.residual = gradcheck_normals(n, 3);
    c.y = calloc(n, sizeof(float));
    c.stats = calloc(2 * (size_t)c.N, sizeof(float));
    return c;
}

static double norm_loss(void *context)
{
    struct norm_case *c = context;
    layernorm_forward(&c->f, c->theta, c->x, c->N, c->y, NULL);
    return gradcheck_dot(c->w, c->y, (size_t)c->N * (size_t)c->f.width);
}

ParameterizedTestParameters(layernorm, values_and_gradient_are_right)
{
    return cr_make_param_array(int, norm_rows, 5);
}

ParameterizedTest(int *row, layernorm, values_and_gradient_are_right)
{
    struct norm_case c = norm_case_new(*row);
    size_t width = (size_t)c.f.width, n = (size_t)c.N * width;
    float *want = malloc(n * sizeof *want), *dx = malloc(n * sizeof *dx), *dtheta;
    for (size_t i = 0; i < (size_t)c.N; i++) {
        double mean = 0, square = 0;
        for (size_t j = 0; j < width; j++)
            mean += (double)c.x[i * width + j] / (double)width;
        for (size_t j = 0; j < width; j++)
            square += pow((double)c.x[i * width + j] - mean, 2) / (double)width;
        for (size_t j = 0; j < width; j++) {
            double y = ((double)c.x[i * width + j] - mean) / sqrt(square + 1e-5);
            if (c.f.affine)
                y = y * (double)c.theta[c.f.gain + j] + (double)c.theta[c.f.bias + j];
            want[i * width + j] = (float)y;
        }
    }
    layernorm_forward(&c.f, c.theta, c.x, c.N, c.y, c.stats);
    expect_close("y", c.y, want, n, 1e-6, 0);

    cr_assert_eq(params_new(&c.layout, &dtheta), STATUS_OK);
    layernorm_backward(&c.f, c.theta, c.x, c.stats, c.w, NULL, c.N, dtheta, dx);
    gradcheck("dx", c.x, dx, n, norm_loss, &c, 2e-3, 2e-3);
    if (c.f.affine) {
        gradcheck("dgain", c.theta + c.f.gain, dtheta + c.f.gain, width, norm_loss, &c, 1e-3, 1e-4);
        gradcheck("dbias", c.theta + c.f.bias, dtheta + c.f.bias, width, norm_loss, &c, 1e-3, 1e-4);
    }
    /* with a residual, in place, and without parameters */
    float *sum = malloc(n * sizeof *sum);
    memcpy(sum, c.residual, n * sizeof *sum);
    layernorm_backward(&c.f, c.theta, c.x, c.stats, c.w, sum, c.N, NULL, sum);
    for (size_t i = 0; i < n; i++)
        want[i] = c.residual[i] + dx[i];
    expect_close("residual + dx", sum, want, n, 1e-6, 0);
    free(want);
    free(dx);
    free(sum);
    free(dtheta);
    free(c.theta);
    free(c.x);
    free(c.y);
    free(c.w);
    free(c.stats);
    free(c.residual);
}

/* --- activations ------------------------------------------------------------------------------ */

/* Term i in lane i mod 16, what is behind whole vectors in lane 0, then the lanes in order: on
 * every processor and with every compiler. */
static float in_lanes(const float *x, int n)
{
    float lane[16] = {0}, total = 0;
    for (int i = 0; i < n; i++)
        lane[i < n / 16 * 16 ? i % 16 : 0] += x[i];
    for (int i = 0; i < 16; i++)
        total += lane[i];
    return total;
}

/* In one row as in any of several. */
Test(layernorm, sums_have_one_order)
{
    const int widths[] = {1, 15, 16, 17, 64, 133}, counts[] = {1, 5, LAYERNORM_ROWS};
    for (size_t i = 0; i < 18; i++) {
        int n = widths[i / 3], rows = counts[i % 3];
        size_t size = (size_t)(n * rows);
        float *all = gradcheck_normals(size, i), *dall = gradcheck_normals(size, 20 + i);
        float term[133], *got = malloc(size * sizeof *got), stats[2 * LAYERNORM_ROWS];
        layernorm_rows_stats(all, rows, n, stats);
        layernorm_rows_backward(all, stats, dall, NULL, NULL, rows, n, got);
        for (int r = 0; r < rows; r++) {
            const float *x = all + r * n, *dy = dall + r * n;
            float m = in_lanes(x, n) / (float)n, mean = stats[2 * r], scale = stats[2 * r + 1];
            for (int j = 0; j < n; j++)
                term[j] = (x[j] - m) * (x[j] - m);
            cr_assert(mean == m &&
                          scale == 1.0f / sqrtf(in_lanes(term, n) / (float)n + LAYERNORM_EPS),
                      "statistics of %d, row %d", n, r);
            float sum = in_lanes(dy, n) / (float)n;
            for (int j = 0; j < n; j++)
                term[j] = dy[j] * ((x[j] - mean) * scale);
            float dot = in_lanes(term, n) / (float)n;
            for (int j = 0; j < n; j++) {
                float want = scale * (dy[j] - sum - (x[j] - mean) * scale * dot);
                cr_assert(got[r * n + j] == want, "gradient %d of %d, row %d", j, n, r);
            }
        }
        free(all);
        free(dall);
        free(got);
    }
}

Test(activation, relu_and_tanh_with_their_derivatives)
{
    const float x[] = {-2.0f, -0.0f, 0.0f, 0.5f, 3.0f, NAN};
    float y[6], dx[6];
    const float dy[] = {1, 2, 3, 4, 5, 6};
    activation_relu(x, 6, y);
    const float relu[] = {0, 0, 0, 0.5f, 3.0f};
    expect_close("relu", y, relu, 5, 0, 0);
    cr_assert(isnan(y[5]), "a NaN must not be hidden");
    activation_relu_backward(y, dy, 6, dx);
    const float drelu[] = {0, 0, 0, 4, 5};
    expect_close("relu'", dx, drelu, 5, 0, 0);
    activation_tanh(x, 5, y);
    activation_tanh_backward(y, dy, 5, dx);
    for (int i = 0; i < 5; i++) {
        cr_assert_float_eq(y[i], tanh((double)x[i]), 1e-7);
        cr_assert_float_eq(dx[i], (double)dy[i] * (1 - pow(tanh((double)x[i]), 2)), 1e-6);
    }
}

/* --- dropout ---------------------------------------------------------------------------------- */

Test(dropout, keeps_the_right_share_and_rescales)
{
    enum { ROWS = 300, COLS = 500, ALL = ROWS * COLS };
    uint8_t *keep = malloc(ALL);
    float *x = malloc(ALL * sizeof *x), *y = malloc(ALL * sizeof *y);
    const float probabilities[] = {0.1f, 0.5f, 0.9f};
    for (int k = 0; k < 3; k++) {
        float p = probabilities[k];
        struct dropout d = {.p = p, .p_embedding = 0.25f, .key = 4};
        struct dropout_site site = {
            .kind = DROPOUT_MLP_OUT, .heads = 1, .rows = ROWS, .cols = COLS};
        cr_assert_eq(dropout_p(&d, DROPOUT_MLP_OUT), p);
        cr_assert_eq(dropout_p(&d, DROPOUT_EMBEDDING), 0.25f);
        cr_assert_eq(dropout_p(NULL, DROPOUT_ATTENTION), 0.0f);
        dropout_mask(&d, &site, keep);
        double kept = 0, neighbours = 0, q = 1.0 - (double)p;
        for (int i = 0; i < ALL; i++) {
            cr_assert(keep[i] <= 1);
            kept += keep[i];
            neighbours += i > 0 ? keep[i] * keep[i - 1] : 0;
            x[i] = 1.0f;
        }
        cr_assert_float_eq(kept / ALL, q, 5 * sqrt(q * (1 - q) / ALL));
        cr_assert_float_eq(neighbours / ALL, q * q, 0.01, "neighbours must be independent");
        dropout_apply(keep, p, x, NULL, ALL, y);
        for (int i = 0; i < ALL; i++)
            cr_assert_float_eq(y[i], keep[i] != 0 ? 1.0 / q : 0.0, 1e-6 / q);
        dropout_apply(keep, p, x, x, ALL, y);
        for (int i = 0; i < ALL; i++)
            cr_assert_float_eq(y[i], keep[i] != 0 ? 1.0 + 1.0 / q : 1.0, 1e-6 / q);
    }
    free(keep);
    free(x);
    free(y);
}

Test(dropout, a_mask_belongs_to_window_site_and_update_alone)
{
    enum { N = 4096 };
    uint8_t *mask[6];
    for (int i = 0; i < 6; i++)
        mask[i] = malloc(N);
    struct dropout d = {.p = 0.5f, .p_embedding = 0.5f, .key = 4, .step = 2};
    struct dropout_site site = {
        .kind = DROPOUT_ATTENTION_OUT, .window = 3, .layer = 1, .heads = 1, .rows = 8, .cols = 512};
    dropout_mask(&d, &site, mask[0]);
    dropout_mask(&d, &site, mask[1]);
    cr_assert_eq(memcmp(mask[0], mask[1], N), 0);
    struct dropout_site other = site;
    other.window = 4;
    dropout_mask(&d, &other, mask[1]);
    other = site;
    other.layer = 2;
    dropout_mask(&d, &other, mask[2]);
    other = site;
    other.kind = DROPOUT_MLP_OUT;
    dropout_mask(&d, &other, mask[3]);
    d.step = 3;
    dropout_mask(&d, &site, mask[4]);
    d.step = 2;
    d.key = 5;
    dropout_mask(&d, &site, mask[5]);
    for (int i = 0; i < 6; i++) {
        for (int j = 0; j < i; j++) {
            int equal = 0;
            for (int k = 0; k < N; k++)
                equal += mask[i][k] == mask[j][k];
            cr_assert_float_eq(equal, N / 2.0, 5 * sqrt(N / 4.0), "masks %d and %d are related", i,
                               j);
        }
    }
    for (int i = 0; i < 6; i++)
        free(mask[i]);
}
