#include "engine/nn/gaussian.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *what;
    int N, in, Z;
} shapes[] = {
    {"one number", 1, 1, 1}, {"a return", 7, 12, 1}, {"odd", 13, 5, 3}, {"PDT's", 9, 33, 16}};

enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static struct criterion_test_params every_shape(void)
{
    static int rows[SHAPES];
    for (int i = 0; i < SHAPES; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, SHAPES);
}

static void normals(uint64_t step, float *x, size_t n, float scale)
{
    struct rng rng = rng_at(11, RNG_TEST, step);
    rng_fill_normal(&rng, 0, x, n);
    for (size_t i = 0; i < n; i++)
        x[i] *= scale;
}

/* Log standard deviations between -2 and 2, means and points around 0: the divergences by
 * quadrature over [-40, 40], in double. */
static double density(double x, double mu, double log_std)
{
    double z = (x - mu) * exp(-log_std);
    return exp(-0.5 * z * z - log_std) / sqrt(2 * acos(-1));
}

static double kl_by_quadrature(double q_mu, double q_log_std, double p_mu, double p_log_std)
{
    double sum = 0, step = 1e-3;
    for (int i = -40000; i < 40000; i++) {
        double x = i * step;
        double q = density(x, q_mu, q_log_std), p = density(x, p_mu, p_log_std);
        if (q > 0 && p > 0)
            sum += q * log(q / p) * step;
    }
    return sum;
}

Test(gaussian, divergences_equal_their_integrals)
{
    enum { N = 3, Z = 2 };
    const float q_mu[N * Z] = {0, 1, -2, 0.5f, 3, -1}, q[N * Z] = {0, -1, 0.5f, -2, 1, 0.25f};
    const float p_mu[N * Z] = {0, 0, -1, 2, 3, 1}, p[N * Z] = {0, 0.5f, 1, 0.25f, 0.5f, 1};
    float unit[N], kl[N], nll[N];
    gaussian_kl_unit(q_mu, q, N, Z, unit);
    gaussian_kl(q_mu, q, p_mu, p, N, Z, kl);
    gaussian_nll(p_mu, p, q_mu, N, Z, nll);
    for (int i = 0; i < N; i++) {
        double want_unit = 0, want_kl = 0, want_nll = 0;
        for (int j = i * Z; j < (i + 1) * Z; j++) {
            double m = (double)q_mu[j], s = (double)q[j];
            want_unit += kl_by_quadrature(m, s, 0, 0);
            want_kl += kl_by_quadrature(m, s, (double)p_mu[j], (double)p[j]);
            want_nll -= log(density(m, (double)p_mu[j], (double)p[j]));
        }
        expect_number("KL to N(0,1)", (double)unit[i], want_unit, 1e-5, 1e-6);
        expect_number("KL to p", (double)kl[i], want_kl, 1e-5, 1e-6);
        expect_number("NLL", (double)nll[i], want_nll, 1e-6, 1e-6);
    }
}

/* --- gradients by differences
 * ---------------------------------------------------------------------- */

struct rig {
    struct layout layout;
    struct gaussian f;
    struct arena arena;
    const char *what;
    int N, Z;
    float *theta, *x, *weight, *other_mu, *other_log_std, *target;
};

static struct rig rig_new(int row)
{
    struct rig r = {.what = shapes[row].what, .N = shapes[row].N, .Z = shapes[row].Z};
    size_t n = (size_t)r.N * (size_t)r.Z, in = (size_t)r.N * (size_t)shapes[row].in;
    r.f = gaussian_plan(&r.layout, "z", shapes[row].in, r.Z);
    cr_assert_eq(params_new(&r.layout, &r.theta), STATUS_OK);
    cr_assert_eq(arena_init(&r.arena, 8 * n * sizeof(float) + 4096), STATUS_OK);
    normals(0, r.theta, r.layout.size, 0.3f);
    r.x = malloc(in * sizeof(float));
    normals(1, r.x, in, 1);
    float **arrays[] = {&r.weight, &r.other_mu, &r.other_log_std, &r.target};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = malloc(n * sizeof(float));
        normals(2 + i, *arrays[i], n, 0.5f);
    }
    return r;
}

static void rig_free(struct rig *r)
{
    free(r->theta);
    free(r->x);
    free(r->weight);
    free(r->other_mu);
    free(r->other_log_std);
    free(r->target);
    arena_free(&r->arena);
}

enum loss { LOSS_UNIT, LOSS_KL, LOSS_NLL, LOSSES };

/* sum of weight loss over rows; the head's output is mu and log_std. With KL it is p. */
static double loss_of(const struct rig *r, enum loss kind, const float *mu, const float *log_std)
{
    float value[32];
    double sum = 0;
    if (kind == LOSS_UNIT)
        gaussian_kl_unit(mu, log_std, r->N, r->Z, value);
    else if (kind == LOSS_KL)
        gaussian_kl(r->other_mu, r->other_log_std, mu, log_std, r->N, r->Z, value);
    else
        gaussian_nll(mu, log_std, r->target, r->N, r->Z, value);
    for (int i = 0; i < r->N; i++)
        sum += (double)r->weight[i] * (double)value[i];
    return sum;
}

static double run(const struct rig *r, enum loss kind, const float *theta, const float *x)
{
    size_t n = (size_t)r->N * (size_t)r->Z;
    float *mu = malloc(n * sizeof *mu), *log_std = malloc(n * sizeof *log_std);
    gaussian_forward(&r->f, theta, x, r->N, mu, log_std);
    double loss = loss_of(r, kind, mu, log_std);
    free(mu);
    free(log_std);
    return loss;
}

/* gradient (n) of r->theta or r->x, whichever `x` is, against central differences. */
static void expect_slopes(const struct rig *r, enum loss kind, float *x, const float *gradient,
                          size_t n, const char *what)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)gradient[i]));
    for (size_t i = 0; i < n; i++) {
        float keep = x[i], h = 1e-3f;
        x[i] = keep + h;
        double up = run(r, kind, r->theta, r->x);
        x[i] = keep - h;
        double down = run(r, kind, r->theta, r->x);
        x[i] = keep;
        double slope = (up - down) / (2 * (double)h);
        cr_assert_leq(fabs(slope - (double)gradient[i]), 3e-3 * largest + 5e-3,
                      "%s: loss %d, %s %zu: %g, by differences %g", r->what, kind, what, i,
                      (double)gradient[i], slope);
    }
}

ParameterizedTestParameters(gaussian, gradients_match_differences)
{
    return every_shape();
}

ParameterizedTest(int *row, gaussian, gradients_match_differences)
{
    struct rig r = rig_new(*row);
    size_t n = (size_t)r.N * (size_t)r.Z, in = (size_t)r.N * (size_t)shapes[*row].in;
    float *mu = malloc(n * sizeof *mu), *log_std = malloc(n * sizeof *log_std);
    float *dmu = malloc(n * sizeof *dmu), *dlog_std = malloc(n * sizeof *dlog_std);
    float *dtheta = malloc(r.layout.size * sizeof *dtheta), *dx = malloc(in * sizeof *dx);
    for (enum loss kind = 0; kind < LOSSES; kind++) {
        memset(dmu, 0, n * sizeof *dmu);
        memset(dlog_std, 0, n * sizeof *dlog_std);
        memset(dtheta, 0, r.layout.size * sizeof *dtheta);
        gaussian_forward(&r.f, r.theta, r.x, r.N, mu, log_std);
        if (kind == LOSS_UNIT)
            gaussian_kl_unit_backward(mu, log_std, r.weight, r.N, r.Z, dmu, dlog_std);
        else if (kind == LOSS_KL)
            gaussian_kl_backward(r.other_mu, r.other_log_std, mu, log_std, r.weight, r.N, r.Z, dmu,
                                 dlog_std);
        else
            gaussian_nll_backward(mu, log_std, r.target, r.weight, r.N, r.Z, dmu, dlog_std);
        gaussian_backward(&r.f, r.theta, r.x, log_std, dmu, dlog_std, r.N, &r.arena, dtheta, dx);
        expect_slopes(&r, kind, r.x, dx, in, "dx");
        for (int v = 0; v < r.layout.count; v++) {
            const struct view *view = &r.layout.views[v];
            expect_slopes(&r, kind, r.theta + view->offset, dtheta + view->offset, view_size(view),
                          view->name);
        }
    }
    free(mu);
    free(log_std);
    free(dmu);
    free(dlog_std);
    free(dtheta);
    free(dx);
    rig_free(&r);
}

Test(gaussian, clamps_log_std_and_passes_no_gradient_there)
{
    struct layout layout = {0};
    struct gaussian f = gaussian_plan(&layout, "z", 1, 1);
    float *theta, *dtheta;
    cr_assert_eq(params_new(&layout, &theta), STATUS_OK);
    cr_assert_eq(params_new(&layout, &dtheta), STATUS_OK);
    theta[f.log_std.weight] = 1;
    struct arena arena;
    cr_assert_eq(arena_init(&arena, 4096), STATUS_OK);
    const float x[4] = {-11, 0.5f, 2.5f, -9}, want[4] = {-10, 0.5f, 2, -9};
    const float dmu[4] = {0}, dlog_std[4] = {1, 1, 1, 1};
    float mu[4], log_std[4], dx[4];
    gaussian_forward(&f, theta, x, 4, mu, log_std);
    cr_assert_arr_eq(log_std, want, sizeof want);
    gaussian_backward(&f, theta, x, log_std, dmu, dlog_std, 4, &arena, dtheta, dx);
    const float slopes[4] = {0, 1, 0, 1};
    cr_assert_arr_eq(dx, slopes, sizeof slopes);
    cr_assert_eq(dtheta[f.log_std.weight], x[1] + x[3]);
    cr_assert_eq(dtheta[f.log_std.bias], 2);
    arena_free(&arena);
    free(theta);
    free(dtheta);
}
