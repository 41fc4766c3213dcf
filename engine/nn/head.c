#include "engine/nn/head.h"

#include "engine/nn/activation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HALF_LOG_2PI 0.91893853320467274178 /* ln sqrt(2 pi) */
#define LOG_2        0.69314718055994530942
#define LOG_STD_HALF 3.5f /* half the range of log std */

static struct linear plan_part(struct layout *l, const char *prefix, const char *part, int in,
                               int out, enum linear_init init)
{
    char name[PARAMS_NAME];
    snprintf(name, sizeof name, "%s.%s", prefix, part);
    return linear_plan(l, name, in, out, init);
}

/* --- deterministic ------------------------------------------------------------------------- */

struct head_tanh head_tanh_plan(struct layout *l, const char *prefix, int C, int A)
{
    return (struct head_tanh){.action = plan_part(l, prefix, "action", C, A, LINEAR_UNIFORM)};
}

void head_tanh_forward(const struct head_tanh *f, const float *theta, const float *hidden, int N,
                       float *action)
{
    linear_forward(&f->action, theta, hidden, N, action);
    activation_tanh(action, (size_t)N * (size_t)f->action.out, action);
}

void head_tanh_backward(const struct head_tanh *f, const float *theta, const float *hidden,
                        const float *action, const float *daction, int N, struct arena *scratch,
                        float *dtheta, float *dhidden)
{
    size_t mark = arena_mark(scratch), n = (size_t)N * (size_t)f->action.out;
    float *draw = arena_take(scratch, n);
    activation_tanh_backward(action, daction, n, draw);
    linear_backward(&f->action, theta, hidden, draw, N, dtheta, dhidden);
    arena_release(scratch, mark);
}

/* --- squashed Gaussian --------------------------------------------------------------------- */

struct head_gaussian head_gaussian_plan(struct layout *l, const char *prefix, int C, int A)
{
    return (struct head_gaussian){
        .mu = plan_part(l, prefix, "mu", C, A, LINEAR_ORTHOGONAL),
        .log_std = plan_part(l, prefix, "log_std", C, A, LINEAR_ORTHOGONAL)};
}

void head_gaussian_forward(const struct head_gaussian *f, const float *theta, const float *hidden,
                           int N, float *mu, float *log_std)
{
    linear_forward(&f->mu, theta, hidden, N, mu);
    linear_forward(&f->log_std, theta, hidden, N, log_std);
    size_t n = (size_t)N * (size_t)f->log_std.out;
    /* In double: an action 13 deviations away (a clamped one) has log pi = -z²/2, and there a float
     * ulp of the intermediate 4 is 4e-5 of the density. */
    for (size_t i = 0; i < n; i++)
        log_std[i] = (float)((double)HEAD_LOG_STD_MIN +
                             (double)LOG_STD_HALF * (tanh((double)log_std[i]) + 1.0));
}

void head_gaussian_backward(const struct head_gaussian *f, const float *theta, const float *hidden,
                            const float *log_std, const float *dmu, const float *dlog_std, int N,
                            struct arena *scratch, float *dtheta, float *dhidden)
{
    size_t mark = arena_mark(scratch), n = (size_t)N * (size_t)f->log_std.out;
    float *draw = arena_take(scratch, n);
    for (size_t i = 0; i < n; i++) {
        float t = (log_std[i] - HEAD_LOG_STD_MIN) / LOG_STD_HALF -
                  1.0f; /* tanh of the raw output */
        draw[i] = dlog_std[i] * LOG_STD_HALF * (1.0f - t * t);
    }
    linear_backward(&f->mu, theta, hidden, dmu, N, dtheta, dhidden);
    linear_backward_add(&f->log_std, theta, hidden, draw, N, dtheta, dhidden);
    arena_release(scratch, mark);
}

void head_atanh(const float *action, size_t n, float *u)
{
    for (size_t i = 0; i < n; i++)
        u[i] = (float)((log1p((double)action[i]) - log1p(-(double)action[i])) / 2.0);
}

void head_clamp(float *action, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        action[i] = action[i] > HEAD_LIMIT ? HEAD_LIMIT : action[i];
        action[i] = action[i] < -HEAD_LIMIT ? -HEAD_LIMIT : action[i];
    }
}

/* ln |d tanh(u) / du| = ln(1 - tanh²u) = 2 (ln 2 - u - softplus(-2u)), softplus linear above 20. */
static double log_jacobian(double u)
{
    double x = -2.0 * u, softplus = x > 20.0 ? x : log1p(exp(x));
    return 2.0 * (LOG_2 - u - softplus);
}

void head_log_prob(const float *mu, const float *log_std, const float *u, int N, int A,
                   float *log_prob)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = (size_t)i * (size_t)A; j < (size_t)(i + 1) * (size_t)A; j++) {
            double s = (double)log_std[j], z = ((double)u[j] - (double)mu[j]) * exp(-s);
            sum += -0.5 * z * z - s - HALF_LOG_2PI - log_jacobian((double)u[j]);
        }
        log_prob[i] = (float)sum;
    }
}

void head_log_prob_backward(const float *mu, const float *log_std, const float *u,
                            const float *dlog_prob, int N, int A, float *dmu, float *dlog_std,
                            float *du)
{
    for (int i = 0; i < N; i++) {
        for (size_t j = (size_t)i * (size_t)A; j < (size_t)(i + 1) * (size_t)A; j++) {
            float precision = expf(-log_std[j]), z = (u[j] - mu[j]) * precision;
            dmu[j] += dlog_prob[i] * z * precision;
            dlog_std[j] += dlog_prob[i] * (z * z - 1.0f);
            if (du != NULL) /* the Jacobian's derivative is -2 tanh(u) */
                du[j] += dlog_prob[i] * (2.0f * tanhf(u[j]) - z * precision);
        }
    }
}

void head_sample(const float *mu, const float *log_std, const float *eps, int N, int A, float *u,
                 float *action)
{
    for (size_t j = 0; j < (size_t)N * (size_t)A; j++) {
        float value = mu[j] + expf(log_std[j]) * eps[j];
        if (u != NULL)
            u[j] = value;
        if (action != NULL)
            action[j] = tanhf(value);
    }
}

void head_sample_backward(const float *log_std, const float *eps, const float *du, int N, int A,
                          float *dmu, float *dlog_std)
{
    for (size_t j = 0; j < (size_t)N * (size_t)A; j++) {
        dmu[j] += du[j];
        dlog_std[j] += du[j] * expf(log_std[j]) * eps[j];
    }
}

void head_entropy(const float *mu, const float *log_std, const float *eps, int N, int A,
                  float *entropy)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = (size_t)i * (size_t)A; j < (size_t)(i + 1) * (size_t)A; j++) {
            double s = (double)log_std[j], e = (double)eps[j];
            double u = (double)mu[j] + exp(s) * e;
            sum += 0.5 * e * e + s + HALF_LOG_2PI + log_jacobian(u);
        }
        entropy[i] = (float)sum;
    }
}

void head_entropy_backward(const float *mu, const float *log_std, const float *eps,
                           const float *dentropy, int N, int A, float *dmu, float *dlog_std)
{
    for (int i = 0; i < N; i++) {
        for (size_t j = (size_t)i * (size_t)A; j < (size_t)(i + 1) * (size_t)A; j++) {
            float spread = expf(log_std[j]) * eps[j], t = tanhf(mu[j] + spread);
            dmu[j] -= dentropy[i] * 2.0f * t;
            dlog_std[j] += dentropy[i] * (1.0f - 2.0f * t * spread);
        }
    }
}
