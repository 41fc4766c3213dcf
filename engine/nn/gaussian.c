#include "engine/nn/gaussian.h"

#include <math.h>
#include <stdio.h>

#define HALF_LOG_2PI 0.91893853320467274178 /* ln sqrt(2 pi) */

static struct linear plan_part(struct layout *l, const char *prefix, const char *part, int in,
                               int Z)
{
    char name[PARAMS_NAME];
    snprintf(name, sizeof name, "%s.%s", prefix, part);
    return linear_plan(l, name, in, Z, LINEAR_ORTHOGONAL);
}

struct gaussian gaussian_plan(struct layout *l, const char *prefix, int in, int Z)
{
    struct gaussian f = {.mu = plan_part(l, prefix, "mu", in, Z)};
    f.log_std = plan_part(l, prefix, "log_std", in, Z);
    return f;
}

void gaussian_forward(const struct gaussian *f, const float *theta, const float *x, int N,
                      float *mu, float *log_std)
{
    linear_forward(&f->mu, theta, x, N, mu);
    linear_forward(&f->log_std, theta, x, N, log_std);
    size_t n = (size_t)N * (size_t)f->log_std.out;
    for (size_t i = 0; i < n; i++) { /* a NaN passes both */
        log_std[i] = log_std[i] > GAUSSIAN_LOG_STD_MAX ? GAUSSIAN_LOG_STD_MAX : log_std[i];
        log_std[i] = log_std[i] < GAUSSIAN_LOG_STD_MIN ? GAUSSIAN_LOG_STD_MIN : log_std[i];
    }
}

void gaussian_backward(const struct gaussian *f, const float *theta, const float *x,
                       const float *log_std, const float *dmu, const float *dlog_std, int N,
                       struct arena *scratch, float *dtheta, float *dx)
{
    size_t mark = arena_mark(scratch), n = (size_t)N * (size_t)f->log_std.out;
    float *draw = arena_take(scratch, n);
    for (size_t i = 0; i < n; i++) {
        bool clamped = log_std[i] >= GAUSSIAN_LOG_STD_MAX || log_std[i] <= GAUSSIAN_LOG_STD_MIN;
        draw[i] = clamped ? 0.0f : dlog_std[i];
    }
    linear_backward(&f->mu, theta, x, dmu, N, dtheta, dx);
    linear_backward_add(&f->log_std, theta, x, draw, N, dtheta, dx);
    arena_release(scratch, mark);
}

void gaussian_kl_unit(const float *mu, const float *log_std, int N, int Z, float *kl)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = (size_t)i * (size_t)Z; j < (size_t)(i + 1) * (size_t)Z; j++) {
            double m = (double)mu[j], s = (double)log_std[j];
            sum += 0.5 * (exp(2 * s) + m * m - 1) - s;
        }
        kl[i] = (float)sum;
    }
}

void gaussian_kl_unit_backward(const float *mu, const float *log_std, const float *dkl, int N,
                               int Z, float *dmu, float *dlog_std)
{
    for (int i = 0; i < N; i++) {
        for (size_t j = (size_t)i * (size_t)Z; j < (size_t)(i + 1) * (size_t)Z; j++) {
            dmu[j] += dkl[i] * mu[j];
            dlog_std[j] += dkl[i] * (expf(2 * log_std[j]) - 1);
        }
    }
}

void gaussian_kl(const float *q_mu, const float *q_log_std, const float *p_mu,
                 const float *p_log_std, int N, int Z, float *kl)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = (size_t)i * (size_t)Z; j < (size_t)(i + 1) * (size_t)Z; j++) {
            double d = (double)q_mu[j] - (double)p_mu[j];
            double q = (double)q_log_std[j], p = (double)p_log_std[j];
            sum += p - q + 0.5 * (exp(2 * (q - p)) + d * d * exp(-2 * p) - 1);
        }
        kl[i] = (float)sum;
    }
}

void gaussian_kl_backward(const float *q_mu, const float *q_log_std, const float *p_mu,
                          const float *p_log_std, const float *dkl, int N, int Z, float *dp_mu,
                          float *dp_log_std)
{
    for (int i = 0; i < N; i++) {
        for (size_t j = (size_t)i * (size_t)Z; j < (size_t)(i + 1) * (size_t)Z; j++) {
            float d = q_mu[j] - p_mu[j], precision = expf(-2 * p_log_std[j]);
            float spread = expf(2 * (q_log_std[j] - p_log_std[j]));
            dp_mu[j] -= dkl[i] * d * precision;
            dp_log_std[j] += dkl[i] * (1 - spread - d * d * precision);
        }
    }
}

void gaussian_nll(const float *mu, const float *log_std, const float *x, int N, int Z, float *nll)
{
    for (int i = 0; i < N; i++) {
        double sum = 0;
        for (size_t j = (size_t)i * (size_t)Z; j < (size_t)(i + 1) * (size_t)Z; j++) {
            double s = (double)log_std[j], z = ((double)x[j] - (double)mu[j]) * exp(-s);
            sum += 0.5 * z * z + s + HALF_LOG_2PI;
        }
        nll[i] = (float)sum;
    }
}

void gaussian_nll_backward(const float *mu, const float *log_std, const float *x, const float *dnll,
                           int N, int Z, float *dmu, float *dlog_std)
{
    for (int i = 0; i < N; i++) {
        for (size_t j = (size_t)i * (size_t)Z; j < (size_t)(i + 1) * (size_t)Z; j++) {
            float precision = expf(-log_std[j]), z = (x[j] - mu[j]) * precision;
            dmu[j] -= dnll[i] * z * precision;
            dlog_std[j] += dnll[i] * (1 - z * z);
        }
    }
}
