/* The learner of one run: networks, optimisers, and the updates that train them.
 *
 * It depends on no environment, file or clock. The harness gives it data (replay, transitions),
 * requests updates and actions, and lists its state through learner_visit.
 *
 *   learner_new(&spec, &l)
 *   learner_begin(l, LEARNER_PRETRAIN);  learner_train(l, &data, batches, &stats) ...
 *   learner_begin(l, LEARNER_ONLINE);    learner_act(...) / learner_train(...) in turn
 *
 * What differs between methods is data (struct hyper): `actor` picks a row of learner_table (dt,
 * pdt, mlp, mlp_sac), `rl_gradient` a row of rl_table. Every random number comes from rng_at(run,
 * purpose, counter) with counters that learner_visit lists, so a resumed run is bit-identical.
 *
 * Threads  one at a time; inside, parallel loops with fixed orders of summation
 * Source   docs/methods.md 4 to 18, docs/networks.md */
#ifndef ENGINE_METHODS_LEARNER_H
#define ENGINE_METHODS_LEARNER_H

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/base/visitor.h"
#include "engine/data/normalizer.h"
#include "engine/data/replay.h"
#include "engine/data/transitions.h"
#include "engine/methods/hyper.h"
#include "engine/methods/metrics.h"

enum learner_phase { LEARNER_PRETRAIN, LEARNER_ONLINE };

/* Stages for time measurement: passed to `tick` when a stage begins. */
enum learner_stage { STAGE_SAMPLE, STAGE_CRITIC, STAGE_ACTOR, STAGE_OTHER };

struct learner_spec {
    const struct hyper *hyper; /* copied */
    int S, A;
    uint64_t run;                        /* key of every random stream */
    const struct normalizer *normalizer; /* not owned; NULL: states are used raw */
    /* The harness's stopwatch; may be NULL. */
    void (*tick)(void *context, enum learner_stage stage);
    void *context;
};

/* Training data; members that a method does not use may be NULL. */
struct learner_data {
    const struct replay *replay;           /* segments: pretraining set or replay */
    struct replay *online;                 /* rollouts of PPO (cleared each iteration) and AWR */
    const struct transitions *transitions; /* MLP methods */
    /* Number of batches of this iteration that later calls will train on. Only PPO and AWR use it:
     * they fit V to the rollouts when an iteration begins. */
    int64_t follow;
};

/* Metrics over the updates of one learner_train, combined by kind; NaN where a method has none. */
struct learner_stats {
    double value[LEARNER_METRIC_COUNT];
};

/* The policy's context in one environment, newest step last. States are raw; the learner normalises
 * them and keeps the last T_eval steps. */
struct act_context {
    int steps;                 /* t + 1 >= 1 */
    const float *state;        /* (steps,S) */
    const float *action;       /* (steps-1,A) */
    const float *return_to_go; /* (steps) times rtg_scale; NULL for methods without */
    float *latent;             /* PDT: (steps,pdt_latent), the last row is written; else NULL */
    uint64_t stream; /* identifies this step among all, for the method's own random draws */
};

enum act_mode {
    ACT_MEAN,    /* evaluation: mu or tanh(loc) */
    ACT_EXPLORE, /* online rollouts: mu + expl_noise * noise, or a sample made with noise */
};

struct learner; /* opaque */

/* Which of our own product kernels this process uses ("avx512"; engine/nn/kernel.h). */
const char *learner_kernel(void);

/* Errors STATUS_CONFIG (parts that do not fit together), STATUS_MEMORY. */
enum status learner_new(const struct learner_spec *spec, struct learner **out);

void learner_delete(struct learner *l);

/* The most threads that a training step with these settings can use: 1 for MLPs, for a transformer
 * its lanes (lanes.h) times the tasks that its largest product is worth cutting into. */
int learner_threads(const struct hyper *h);

/* Enter a phase. Online: target networks become copies of the current ones (D23), moments,
 * schedule and temperature carry over; if a method needs it (KL, JSRL), a frozen copy of the
 * current policy is kept. Errors STATUS_MEMORY. */
enum status learner_begin(struct learner *l, enum learner_phase phase);

/* Train on `batches` batches drawn from data: a critic update on each, an actor update on every
 * actor_update_interval-th, the first included (DT methods count within the call, MLP methods
 * across calls; an iteration may only be split at multiples of it). Stats may be NULL; for an
 * iteration in several calls the last call returns them.
 *
 * Errors STATUS_NONFINITE (loss or gradient; the parameters are as before that update),
 *        STATUS_MISSING (nothing to draw from), STATUS_MEMORY */
enum status learner_train(struct learner *l, const struct learner_data *data, int64_t batches,
                          struct learner_stats *stats);

/* Batches for this many actor updates: actor_update_interval per update if there is a critic. */
int64_t learner_batches(const struct learner *l, int64_t updates);

/* Actor updates so far. */
int64_t learner_updates(const struct learner *l);

/* Actions for n environments in one batched call: action (n,A) in [-1+1e-6, 1-1e-6]; log_prob (n)
 * of the clamped action when not NULL and the policy is stochastic. noise (n,A) standard normal,
 * read in ACT_EXPLORE only. `frozen`: act with the policy kept by learner_begin (JSRL's guide).
 * Dropout is off. Errors STATUS_NONFINITE, STATUS_MEMORY. */
enum status learner_act(struct learner *l, const struct act_context context[], int n,
                        enum act_mode mode, bool frozen, const float *noise, float *action,
                        float *log_prob);

/* List all state that later results depend on. */
enum status learner_visit(struct learner *l, struct visitor *v);

/* A tensor that acting reads; not owned. */
struct learner_tensor {
    const char *name; /* "block0.attn.qkv.weight": unique within the learner */
    int rows, cols;   /* row-major (out, in); a vector has one row */
    float *value;
};

/* The i-th tensor that acting reads (networks of training alone are left out); false: no more. */
bool learner_tensor(struct learner *l, int i, struct learner_tensor *out);

/* Every tensor was filled with those of a learner of the same settings, which was in `phase`: act
 * as that one does. Training has no sense from here on: moments and critics are not those. */
void learner_take_tensors(struct learner *l, enum learner_phase phase);

/* One layer of a plain network: y = W x + b, W (out,in); not owned. */
struct learner_layer {
    int in, out;
    const float *weight, *bias;
};
enum { LEARNER_LAYERS = 16 };

/* The policy as layers with ReLU between them and tanh behind the last, from the (normalised) state
 * to the mean action. Returns their number, 0 if the policy is not of that kind. */
int learner_layers(const struct learner *l, struct learner_layer out[LEARNER_LAYERS]);

/* Behind these, not counted, stands a layer with the same input as the last: the log standard
 * deviation (clamped to [-20, 2]) of the action before tanh. */
bool learner_has_spread(const struct learner *l);

/* Bytes of parameters, moments, gradients and scratch. */
size_t learner_memory(const struct learner *l);

#endif
