/* Episodes with the learner's policy: N worlds in lock step, one batched policy call a step.
 *
 *   R_0 = rtg_scale * target
 *   a_t = policy(last T_eval steps of states, actions, returns-to-go)
 *   R_{t+1} = R_t - rtg_scale * r_t                     r_t the modified reward
 *
 * A world that has ended leaves the batch. Rollouts explore, evaluation takes the mean action.
 * Source: docs/methods.md 4; fixtures rollout_*.h5. */
#ifndef HARNESS_ROLLOUT_H
#define HARNESS_ROLLOUT_H

#include "engine/data/trajectory.h"
#include "engine/methods/learner.h"
#include "suites/env.h"

/* Where episodes happen: environments, or a test's toy. Worlds are numbered 0..count-1. */
struct rollout_world {
    int S, A;
    /* Begin episode of world e; *observation (S) stays valid until the next call for e. */
    enum status (*reset)(void *context, int e, const double **observation);
    enum status (*step)(void *context, int e, const double *action, struct env_step *out,
                        const double **observation);
    void *context;
};

struct rollout_spec {
    enum act_mode mode;
    double target_return; /* modified reward units */
    double rtg_scale;
    int max_steps;   /* stop here even if the world goes on */
    int latent;      /* PDT: width of the latent history; 0: none */
    int guide_steps; /* JSRL: a guide acts in the first steps, the frozen policy or this one: */
    void (*guide)(void *context, const float *state, int t, float *action); /* (S), (A) */
    void *guide_context;
    bool log_prob;      /* keep log-probabilities (PPO) */
    bool ends_terminal; /* the last step is terminal whatever the reason (D22) */
    /* Noise of step t in world e: rng_at(run, purpose, (first + e) << 20 | t). */
    uint64_t run;
    enum rng_purpose purpose;
    uint64_t first;
    /* Instead of the stream (tests): fill out (A). */
    void (*noise)(const void *context, int e, int t, float *out);
    const void *noise_context;
};

/* One episode as it happened. */
struct episode {
    struct trajectory trajectory; /* owned; modified rewards */
    double raw_return;
    bool terminated, success;
};

/* Play one episode in each of `count` worlds. On success every out[e] owns its trajectory; on
 * failure none does. A diverged simulation (STATUS_PHYSICS) ends that episode where it was, with a
 * warning; an episode without a single step fails.
 *
 * Errors STATUS_NONFINITE (the policy), STATUS_PHYSICS, STATUS_MEMORY */
enum status rollout(struct learner *l, const struct rollout_world *world, int count,
                    const struct rollout_spec *spec, struct episode out[]);

void episode_free(struct episode *e);

/* Environments as a world; each begins with its own stream. */
struct rollout_envs {
    struct env **env;        /* (count) */
    const struct rng *reset; /* (count) */
};
struct rollout_world rollout_world_of(struct rollout_envs *envs);

#endif
