/* The policy of a run as a file: all that acting needs, so that it can be evaluated again.
 *
 *   policy.h5             the final policy
 *   policy_offline.h5     after pretraining
 *   policy_best.h5        that of the best evaluation, the first of several
 *
 *   |-- attributes        format ("vitamin policy 1"), env, source
 *   |-- run/              attributes: those of KEPT_NUMBERS and KEPT_TEXTS
 *   |   |-- config           text: the run's configuration (config_identity)
 *   |   |-- state_mean       (S)  float: s' = (s - mean) / std; both only if states are normalised
 *   |   |-- state_std        (S)
 *   |   |-- raw_return       (E)  of the evaluation of this policy that the curve holds
 *   |   `-- parameters/NAME  (out,in) float: the tensors that acting reads (learner_tensor)
 *   `-- a seal (engine/base/seal.h)
 *
 * Policies of plain networks (TD3+BC, IQL, SAC) are of format "mlp-policy 1" (suites/policy.h)
 * besides, so that they also guide JSRL and collect data; what stands in `run` is the same.
 *
 * Invariants
 *   1. The bytes are a function of the run: no time, host or path is in them.
 *   2. A policy read from its file acts as the learner did, bit for bit, with the same program on
 *      the same kind of processor; so the recorded episodes give the recorded returns. */
#ifndef HARNESS_KEPT_POLICY_H
#define HARNESS_KEPT_POLICY_H

#include "engine/base/file.h"
#include "engine/methods/learner.h"
#include "harness/config/config.h"
#include "harness/run/rollout.h"
#include "suites/env.h"

struct run;

/* X(name, meaning) */
#define KEPT_NUMBERS(X)                                                                            \
    X(observations, "S")                                                                           \
    X(actions, "A; each in [-1+1e-6, 1-1e-6]")                                                     \
    X(context, "steps that acting sees (T_eval); 1 for networks without context")                  \
    X(target_return, "modified reward units; evaluation begins with it times rtg_scale")           \
    X(rtg_scale, "factor on returns-to-go")                                                        \
    X(max_steps, "an episode ends there")                                                          \
    X(score_min, "raw return of score 0")                                                          \
    X(score_max, "raw return of score 100")                                                        \
    X(reward_div, "modified reward = raw / reward_div + reward_shift")                             \
    X(reward_shift, "see reward_div")                                                              \
    X(delay, "rewards are paid every so many steps; 0: at once")                                   \
    X(online, "1: of the online phase, 0: as pretrained")                                          \
    X(transitions, "online transitions that it has learned from")                                  \
    X(gradient_steps, "actor updates")                                                             \
    X(first_episode, "number of the recorded evaluation's first episode")                          \
    X(episodes, "E")

/* key, env_key: the streams of actions and of environments, 64 bits in decimal. X(name) */
#define KEPT_TEXTS(X)                                                                              \
    X(method) X(label) X(dataset) X(seed) X(preset) X(size) X(config_hash) X(key) X(env_key)

enum { KEPT_TEXT = 320 };

struct kept_policy {
    char env[64];
#define KEPT_MEMBER(name, meaning) double name;
    KEPT_NUMBERS(KEPT_MEMBER)
#undef KEPT_MEMBER
#define KEPT_MEMBER(name) char name[KEPT_TEXT];
    KEPT_TEXTS(KEPT_MEMBER)
#undef KEPT_MEMBER
    struct hyper hyper;
    struct normalizer normalizer; /* S = 0: states are used raw */
    double *raw_return;           /* (episodes) */
    struct learner *learner;
    uint64_t action_stream, env_stream;
    bool reseeded; /* these are not the recorded ones */
};

/* Write the run's present policy and the evaluation that the curve's last row holds. Errors
 * STATUS_IO, STATUS_MEMORY. */
enum status kept_policy_write(const struct run *r, const char *path);

/* The file that `given` means: itself, or policy.h5 in the folder that it is. Errors STATUS_MISSING
 * (also when the folder has none), STATUS_IO. */
enum status kept_policy_find(const char *given, char path[FILE_PATH]);

/* Whether a sound HDF5 file is a policy of a run; false: of another origin, for policy_read. Errors
 * STATUS_IO, STATUS_FORMAT, STATUS_DAMAGED, STATUS_MEMORY. */
enum status kept_policy_is(const char *path, bool *kept);

/* `seed`: of other episodes than the recorded ones, or NULL.
 * Errors STATUS_IO, STATUS_MISSING, STATUS_FORMAT, STATUS_DAMAGED (also: the seal is lacking),
 * STATUS_SHAPE, STATUS_NONFINITE, STATUS_CONFIG (settings that this program does not know),
 * STATUS_MEMORY */
enum status kept_policy_read(const char *path, const long *seed, struct kept_policy **out);
void kept_policy_free(struct kept_policy *p); /* NULL is allowed */

/* What may differ from the recorded evaluation. */
struct kept_options {
    int episodes;                /* 0: as many as it had; more: those that would follow */
    const double *target_return; /* NULL: the recorded one */
    bool stochastic;             /* act as rollouts do */
    struct env_options variant;  /* of the world: inertia, dense, contact_forces */
    /* Called at the start of episode `number` and after each of its steps; NULL: nobody looks. */
    enum status (*look)(void *context, struct env *e, int number);
    void *look_context;
};

struct kept_episode {
    double raw_return;
    int length;
    bool success;
};

/* How many episodes that are. */
int kept_policy_episodes(const struct kept_policy *p, const struct kept_options *o);

/* Play them. Errors those of env_open and rollout, and of `look`. */
enum status kept_policy_play(struct kept_policy *p, const struct kept_options *o,
                             struct kept_episode out[]);

/* Whether these options ask for the recorded episodes and these are their returns, bit for bit:
 * 1 yes, 0 no, -1 they are other episodes. */
int kept_policy_agrees(const struct kept_policy *p, const struct kept_options *o,
                       const struct kept_episode out[]);

#endif
