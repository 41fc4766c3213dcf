/* Diagonal Gaussians over a latent vector: PDT's posterior, prior and return heads.
 *
 *   mu = W_m x + b_m,   log_std = clamp(W_s x + b_s, -10, 2)
 *
 * Unlike the policy's squashed Gaussian (head.h) nothing is squashed, and the clamp is a hard one:
 * where it acts the gradient is 0. N rows of Z numbers throughout; losses are sums over Z.
 * Source: docs/methods.md 15; fixture pdt.h5. */
#ifndef ENGINE_NN_GAUSSIAN_H
#define ENGINE_NN_GAUSSIAN_H

#include "engine/base/arena.h"
#include "engine/nn/linear.h"

#define GAUSSIAN_LOG_STD_MIN (-10.0f)
#define GAUSSIAN_LOG_STD_MAX 2.0f

struct gaussian {
    struct linear mu, log_std; /* "prefix.mu", "prefix.log_std" in -> Z: orthogonal, bias 0 */
};

struct gaussian gaussian_plan(struct layout *l, const char *prefix, int in, int Z);

/* x (N,in); mu, log_std (N,Z) */
void gaussian_forward(const struct gaussian *f, const float *theta, const float *x, int N,
                      float *mu, float *log_std);

/* log_std is forward's. dx (N,in) is written (NULL: skipped), dtheta accumulates. scratch: N*Z
 * floats. */
void gaussian_backward(const struct gaussian *f, const float *theta, const float *x,
                       const float *log_std, const float *dmu, const float *dlog_std, int N,
                       struct arena *scratch, float *dtheta, float *dx);

/* kl (N) = KL(Normal(mu, std) || Normal(0, 1)) */
void gaussian_kl_unit(const float *mu, const float *log_std, int N, int Z, float *kl);
/* Given dkl (N): dmu +=, dlog_std += */
void gaussian_kl_unit_backward(const float *mu, const float *log_std, const float *dkl, int N,
                               int Z, float *dmu, float *dlog_std);

/* kl (N) = KL(q || p) */
void gaussian_kl(const float *q_mu, const float *q_log_std, const float *p_mu,
                 const float *p_log_std, int N, int Z, float *kl);
/* Given dkl (N), q held fixed: dp_mu +=, dp_log_std += */
void gaussian_kl_backward(const float *q_mu, const float *q_log_std, const float *p_mu,
                          const float *p_log_std, const float *dkl, int N, int Z, float *dp_mu,
                          float *dp_log_std);

/* nll (N) = -log Normal(x; mu, std) */
void gaussian_nll(const float *mu, const float *log_std, const float *x, int N, int Z, float *nll);
/* Given dnll (N): dmu +=, dlog_std += */
void gaussian_nll_backward(const float *mu, const float *log_std, const float *x, const float *dnll,
                           int N, int Z, float *dmu, float *dlog_std);

#endif
