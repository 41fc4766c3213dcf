/* Policy heads turn a hidden state (C) into an action (A) or a distribution over actions.
 *
 * Two heads with parameters (deterministic tanh, squashed Gaussian) and the squashed Gaussian's
 * formulas, which have none: a = tanh(u), u ~ Normal(mu, std), per dimension (docs/networks.md
 * 3). N rows throughout; noise eps is standard normal (N,A) and given by the caller. */
#ifndef ENGINE_NN_HEAD_H
#define ENGINE_NN_HEAD_H

#include "engine/base/arena.h"
#include "engine/nn/linear.h"

/* Actions in data and when acting lie in [-HEAD_LIMIT, HEAD_LIMIT], so that atanh is finite. */
#define HEAD_LIMIT       (1.0f - 1e-6f)
#define HEAD_LOG_STD_MIN (-5.0f)
#define HEAD_LOG_STD_MAX 2.0f

/* --- deterministic ------------------------------------------------------------------------- */

struct head_tanh {
    struct linear action; /* "prefix.action" C -> A */
};

struct head_tanh head_tanh_plan(struct layout *l, const char *prefix, int C, int A);

/* action = tanh(W h + b), unclamped.   hidden (N,C), action (N,A) */
void head_tanh_forward(const struct head_tanh *f, const float *theta, const float *hidden, int N,
                       float *action);

/* dhidden (N,C) is written, dtheta accumulates (NULL: skipped). scratch: N*A floats. */
void head_tanh_backward(const struct head_tanh *f, const float *theta, const float *hidden,
                        const float *action, const float *daction, int N, struct arena *scratch,
                        float *dtheta, float *dhidden);

/* --- squashed Gaussian --------------------------------------------------------------------- */

struct head_gaussian {
    struct linear mu, log_std; /* "prefix.mu", "prefix.log_std" in -> A */
};

struct head_gaussian head_gaussian_plan(struct layout *l, const char *prefix, int C, int A);

/* mu = W_m h + b_m,  log_std = -5 + 3.5 (tanh(W_s h + b_s) + 1).   both (N,A) */
void head_gaussian_forward(const struct head_gaussian *f, const float *theta, const float *hidden,
                           int N, float *mu, float *log_std);

/* dhidden (N,C) is written (NULL: skipped), dtheta accumulates (NULL: skipped). scratch: N*A
 * floats. */
void head_gaussian_backward(const struct head_gaussian *f, const float *theta, const float *hidden,
                            const float *log_std, const float *dmu, const float *dlog_std, int N,
                            struct arena *scratch, float *dtheta, float *dhidden);

/* u = atanh(a) = (log1p(a) - log1p(-a)) / 2.   n elements, |a| <= HEAD_LIMIT */
void head_atanh(const float *action, size_t n, float *u);

/* a = clamp(a, -HEAD_LIMIT, HEAD_LIMIT), n elements */
void head_clamp(float *action, size_t n);

/* log_prob (N) = sum over A of log Normal(u; mu, std) - 2 (ln 2 - u - softplus(-2u)): the density
 * of a = tanh(u). u is the value before tanh: head_atanh of a data action, or a sample's own. */
void head_log_prob(const float *mu, const float *log_std, const float *u, int N, int A,
                   float *log_prob);

/* Given dlog_prob (N): dmu += , dlog_std += , du += (NULL: u is data). */
void head_log_prob_backward(const float *mu, const float *log_std, const float *u,
                            const float *dlog_prob, int N, int A, float *dmu, float *dlog_std,
                            float *du);

/* u = mu + std eps,  action = tanh(u).   u or action may be NULL. */
void head_sample(const float *mu, const float *log_std, const float *eps, int N, int A, float *u,
                 float *action);

/* Gradient through the sample: given du (N,A), dmu += du,  dlog_std += du std eps. For a gradient
 * at the action du = daction (1 - action²): activation_tanh_backward. */
void head_sample_backward(const float *log_std, const float *eps, const float *du, int N, int A,
                          float *dmu, float *dlog_std);

/* One-sample entropy (N): -log pi of the draw u = mu + std eps. */
void head_entropy(const float *mu, const float *log_std, const float *eps, int N, int A,
                  float *entropy);

/* Given dentropy (N), gradient through the sample: dmu += dentropy (-2 tanh u),
 * dlog_std += dentropy (1 - 2 tanh(u) std eps). */
void head_entropy_backward(const float *mu, const float *log_std, const float *eps,
                           const float *dentropy, int N, int A, float *dmu, float *dlog_std);

#endif
