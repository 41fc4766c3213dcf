/* Policy heads: gradients against differences, the squared Gaussian against quadrature. */
#include "engine/nn/activation.h"
#include "engine/nn/head.h"
#include "tests/support/fixture.h"
#include "tests/support/gradcheck.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 7, C = 13, A = 3, ALL = N * A };

struct head_case {
    struct layout layout;
    struct head_tanh tanh;
    struct head_gaussian gaussian;
    float *theta, *hidden, *weight, *eps;
    float mu[ALL], log_std[ALL], u[ALL], action[ALL], value[N];
};

static struct head_case *head_case_new(void)
{
    struct head_case *c = calloc(1, sizeof *c);
    c->tanh = head_tanh_plan(&c->layout, "head", C, A);
    c->gaussian = head_gaussian_plan(&c->layout, "other", C, A);
    cr_assert_eq(params_new(&c->layout, &c->theta), STATUS_OK);
    cr_assert_eq(params_init(&c->layout, c->theta, 1, 0), STATUS_OK);
    c->hidden = gradcheck_normals((size_t)N * C, 1);
    c->weight = gradcheck_normals(ALL, 2);
    c->eps = gradcheck_normals(ALL, 3);
    return c;
}

static void head_case_free(struct head_case *c)
{
    free(c->theta);
    free(c->hidden);
    free(c->weight);
    free(c->eps);
    free(c);
}

/* --- with parameters ----------------------------------------------------------------------------
 */

static double tanh_loss(void *context)
{
    struct head_case *c = context;
    head_tanh_forward(&c->tanh, c->theta, c->hidden, N, c->action);
    return gradcheck_dot(c->weight, c->action, ALL);
}

Test(head, deterministic_gradient_matches_differences)
{
    struct head_case *c = head_case_new();
    struct arena a;
    float *dtheta, dhidden[N * C];
    cr_assert_eq(arena_init(&a, 4096), STATUS_OK);
    cr_assert_eq(params_new(&c->layout, &dtheta), STATUS_OK);
    tanh_loss(c);
    head_tanh_backward(&c->tanh, c->theta, c->hidden, c->action, c->weight, N, &a, dtheta, dhidden);
    cr_assert_eq(a.used, 0);
    gradcheck("dhidden", c->hidden, dhidden, (size_t)N * C, tanh_loss, c, 1e-3, 1e-4);
    gradcheck("dtheta", c->theta, dtheta, c->layout.size, tanh_loss, c, 1e-3, 1e-4);
    arena_free(&a);
    free(dtheta);
    head_case_free(c);
}

/* mu and log std with different weights, so that a mix-up shows */
static double gaussian_loss(void *context)
{
    struct head_case *c = context;
    head_gaussian_forward(&c->gaussian, c->theta, c->hidden, N, c->mu, c->log_std);
    return gradcheck_dot(c->weight, c->mu, ALL) + gradcheck_dot(c->eps, c->log_std, ALL);
}

Test(head, gaussian_gradient_matches_differences)
{
    struct head_case *c = head_case_new();
    struct arena a;
    float *dtheta, dhidden[N * C];
    cr_assert_eq(arena_init(&a, 4096), STATUS_OK);
    cr_assert_eq(params_new(&c->layout, &dtheta), STATUS_OK);
    gaussian_loss(c);
    for (int i = 0; i < ALL; i++)
        cr_assert(c->log_std[i] > HEAD_LOG_STD_MIN && c->log_std[i] < HEAD_LOG_STD_MAX);
    head_gaussian_backward(&c->gaussian, c->theta, c->hidden, c->log_std, c->weight, c->eps, N, &a,
                           dtheta, dhidden);
    gradcheck("dhidden", c->hidden, dhidden, (size_t)N * C, gaussian_loss, c, 1e-3, 1e-3);
    gradcheck("dtheta", c->theta, dtheta, c->layout.size, gaussian_loss, c, 1e-3, 1e-3);
    arena_free(&a);
    free(dtheta);
    head_case_free(c);
}

/* --- the distribution ----------------------------------------------------------------------------
 */

static void moderate(struct head_case *c) /* mu and log std of a trained policy's size */
{
    float *a = gradcheck_normals(ALL, 5), *b = gradcheck_normals(ALL, 6);
    for (int i = 0; i < ALL; i++) {
        c->mu[i] = 0.7f * a[i];
        c->log_std[i] = -0.7f + 0.4f * b[i];
        c->u[i] = c->mu[i] + expf(c->log_std[i]) * c->eps[i];
    }
    free(a);
    free(b);
}

static double log_prob_loss(void *context)
{
    struct head_case *c = context;
    head_log_prob(c->mu, c->log_std, c->u, N, A, c->value);
    return gradcheck_dot(c->weight, c->value, N);
}

Test(head, likelihood_gradient_matches_differences)
{
    struct head_case *c = head_case_new();
    float dmu[ALL] = {0}, dlog_std[ALL] = {0}, du[ALL] = {0};
    moderate(c);
    head_log_prob_backward(c->mu, c->log_std, c->u, c->weight, N, A, dmu, dlog_std, du);
    gradcheck("dmu", c->mu, dmu, ALL, log_prob_loss, c, 2e-3, 1e-3);
    gradcheck("dlog_std", c->log_std, dlog_std, ALL, log_prob_loss, c, 2e-3, 1e-3);
    gradcheck("du", c->u, du, ALL, log_prob_loss, c, 2e-3, 1e-3);
    /* without du, and accumulating */
    head_log_prob_backward(c->mu, c->log_std, c->u, c->weight, N, A, dmu, dlog_std, NULL);
    for (int i = 0; i < ALL; i++)
        dmu[i] /= 2.0f;
    gradcheck("dmu, twice", c->mu, dmu, ALL, log_prob_loss, c, 2e-3, 1e-3);
    head_case_free(c);
}

static double sample_loss(void *context)
{
    struct head_case *c = context;
    head_sample(c->mu, c->log_std, c->eps, N, A, c->u, c->action);
    return gradcheck_dot(c->weight, c->action, ALL);
}

Test(head, gradient_through_a_draw_matches_differences)
{
    struct head_case *c = head_case_new();
    float dmu[ALL] = {0}, dlog_std[ALL] = {0}, du[ALL];
    moderate(c);
    sample_loss(c);
    activation_tanh_backward(c->action, c->weight, ALL, du);
    head_sample_backward(c->log_std, c->eps, du, N, A, dmu, dlog_std);
    gradcheck("dmu", c->mu, dmu, ALL, sample_loss, c, 1e-3, 1e-4);
    gradcheck("dlog_std", c->log_std, dlog_std, ALL, sample_loss, c, 1e-3, 1e-4);
    head_case_free(c);
}

static double entropy_loss(void *context)
{
    struct head_case *c = context;
    head_entropy(c->mu, c->log_std, c->eps, N, A, c->value);
    return gradcheck_dot(c->weight, c->value, N);
}

Test(head, entropy_is_minus_the_draws_likelihood_and_its_gradient_matches_differences)
{
    struct head_case *c = head_case_new();
    float dmu[ALL] = {0}, dlog_std[ALL] = {0}, log_prob[N];
    moderate(c);
    entropy_loss(c);
    head_log_prob(c->mu, c->log_std, c->u, N, A, log_prob);
    for (int i = 0; i < N; i++)
        cr_assert_float_eq(c->value[i], -log_prob[i], 1e-5);
    head_entropy_backward(c->mu, c->log_std, c->eps, c->weight, N, A, dmu, dlog_std);
    gradcheck("dmu", c->mu, dmu, ALL, entropy_loss, c, 2e-3, 1e-3);
    gradcheck("dlog_std", c->log_std, dlog_std, ALL, entropy_loss, c, 2e-3, 1e-3);
    head_case_free(c);
}

static const float locations[] = {0.0f, 0.4f, -1.5f}, log_widths[] = {-2.0f, -0.5f, 0.4f};

/* The density of a one-dimensional action, by the midpoint rule in a = tanh(u): exp(log pi) da with
 * da = (1 - a²) du, on u where the float head is asked. */
Test(head, density_integrates_to_one_and_its_entropy_is_the_mean_of_the_draws)
{
    enum { GRID = 200000, DRAWS = 200000 };
    float *draw = gradcheck_normals(DRAWS, 8);
    for (int k = 0; k < 9; k++) {
        float mu = locations[k / 3], log_std = log_widths[k % 3], log_prob;
        double std = exp((double)log_std), total = 0, entropy = 0;
        double low = (double)mu - 8 * std, du = 16 * std / GRID;
        for (int i = 0; i < GRID; i++) {
            float u = (float)(low + (i + 0.5) * du);
            head_log_prob(&mu, &log_std, &u, 1, 1, &log_prob);
            double a = tanh((double)u), mass = exp((double)log_prob) * (1 - a * a) * du;
            total += mass;
            entropy -= mass * (double)log_prob;
        }
        cr_assert_float_eq(total, 1.0, 1e-4, "mu %g, log std %g: integral %.6f", (double)mu,
                           (double)log_std, total);
        double mean = 0, square = 0;
        for (int i = 0; i < DRAWS; i++) {
            float one;
            head_entropy(&mu, &log_std, draw + i, 1, 1, &one);
            mean += (double)one / DRAWS;
            square += (double)one * (double)one / DRAWS;
        }
        double error = sqrt((square - mean * mean) / DRAWS);
        cr_assert_float_eq(mean, entropy, 5 * error + 1e-4, "mu %g: mean %.5f, quadrature %.5f",
                           (double)mu, mean, entropy);
    }
    free(draw);
}

Test(head, stays_finite_at_the_limits)
{
    float action[] = {HEAD_LIMIT, -HEAD_LIMIT, 2.0f, -7.0f, 0.25f}, u[5];
    head_clamp(action, 5);
    cr_assert_eq(action[2], HEAD_LIMIT);
    cr_assert_eq(action[3], -HEAD_LIMIT);
    cr_assert_eq(action[4], 0.25f);
    head_atanh(action, 5, u);
    for (int i = 0; i < 5; i++)
        cr_assert_float_eq(u[i], atanh((double)action[i]), 1e-5 + 1e-6 * fabs((double)u[i]));
    const float mu[] = {100, -100}, log_std[] = {HEAD_LOG_STD_MIN, HEAD_LOG_STD_MAX};
    const float eps[] = {3, -3}, one = 1.0f;
    float value, dmu[2] = {0}, dlog_std[2] = {0};
    head_entropy(mu, log_std, eps, 1, 2, &value);
    head_entropy_backward(mu, log_std, eps, &one, 1, 2, dmu, dlog_std);
    cr_assert(isfinite(value) && isfinite(dmu[0] + dmu[1] + dlog_std[0] + dlog_std[1]));
    head_log_prob(mu, log_std, u, 1, 2, &value);
    cr_assert(isfinite(value));
}
