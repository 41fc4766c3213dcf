/* Plain feed-forward policies from HDF5 files (docs/environments.md 6): to check an environment
 * against published returns, to collect data, or to guide a learner.
 *
 *   x = clip((o - observation_shift) / observation_scale, +-observation_clip)
 *   h = activation(W h + b) ... last layer without activation
 *   y = y action_scale + action_shift  (+ exp(log_std) N(0,1) when stochastic),  a = squash(y)
 *
 * With time_feature the observation is followed by 1 - t/1000 before shift and scale. */
#ifndef SUITES_POLICY_H
#define SUITES_POLICY_H

#include "engine/base/h5.h"
#include "engine/base/rng.h"
#include "engine/base/status.h"

#include <stdbool.h>

struct policy; /* read-only once read */

/* Errors  STATUS_IO, STATUS_MISSING (no such file), STATUS_FORMAT (another format, an unknown
 *         activation, an array that is lacking),
 *         STATUS_SHAPE (layers that do not fit together), STATUS_NONFINITE, STATUS_MEMORY */
enum status policy_read(const char *path, struct policy **out);
void policy_free(struct policy *p); /* NULL is allowed */

struct policy_layer {
    int in, out;
    const float *weight, *bias; /* (out,in), (out) */
};

/* What policy_write writes: ReLU between layers, a = tanh(y), x = (o - shift) / scale. Without
 * layers the file is of format "vitamin policy 1": it holds only what `more` writes, and
 * policy_read refuses it. */
struct policy_parts {
    const char *env, *source;
    int layers; /* 0: another network */
    const struct policy_layer *layer;
    const float *shift, *scale;         /* (S); NULL: observations are used raw */
    const struct policy_layer *log_std; /* fed like the last layer; NULL: no spread */
    /* Writes what else belongs into the file; NULL: nothing. */
    enum status (*more)(const struct h5 *f, const void *context);
    const void *context;
};
#define POLICY_FORMAT_OTHER "vitamin policy 1"

/* Write atomically; the layers fit together. Errors STATUS_IO, STATUS_MEMORY. */
enum status policy_write(const struct policy_parts *p, const char *path);

/* What it was made for ("hopper"), and its sizes without the time feature. */
const char *policy_env(const struct policy *p);
int policy_obs_dim(const struct policy *p);
int policy_act_dim(const struct policy *p);

/* It has a spread to act stochastically with. */
bool policy_is_stochastic(const struct policy *p);

/* Numbers that policy_act wants as scratch. */
int policy_scratch(const struct policy *p);

/* Act on observation (S) after t steps of the episode: action (A) in [-1,1]. rng NULL: the mean
 * action; else a sample (policy_is_stochastic must hold). NaN where the weights are so large that
 * sums overflow; the environment refuses it.
 * Threads: any number at once, each with its own scratch. */
void policy_act(const struct policy *p, const double *observation, int t, struct rng *rng,
                double *scratch, double *action);

/* What an action was drawn from, in the units before the squash. */
struct policy_draw {
    double log_prob;        /* of the action after tanh; with `clip`, before the clipping */
    double *mean, *log_std; /* (A) each; NULL: not wanted */
};

/* policy_act with a sample, and what it was drawn from. policy_is_stochastic must hold. */
void policy_sample(const struct policy *p, const double *observation, int t, struct rng *rng,
                   double *scratch, double *action, struct policy_draw *out);

/* The group metadata/policy of D4RL's locomotion files (fc0, fc1, last_fc, last_fc_log_std), for a
 * policy of ReLU layers with tanh and a spread of its own at each state, on raw observations; other
 * policies write nothing. Errors STATUS_IO, STATUS_MEMORY. */
enum status policy_write_metadata(const struct policy *p, const struct h5 *f);

#endif
