/* The decision-transformer learner: ODT, TD3+ODT and every other method on this actor.
 *
 *   batch -> critic update (rl part) -> every f-th: actor update
 *   actor update:  lanes of blocks:  transformer -> head -> supervised + alpha RL -> backward
 *                  gather, clip, LAMB, targets, temperature
 *
 * For learner_dt.c, supervised.c, reg_kl.c and the rl_*.c parts. */
#ifndef ENGINE_METHODS_LEARNER_DT_H
#define ENGINE_METHODS_LEARNER_DT_H

#include "engine/data/batch.h"
#include "engine/methods/critic.h"
#include "engine/methods/learner_impl.h"
#include "engine/methods/network.h"
#include "engine/nn/head.h"
#include "engine/nn/transformer.h"

struct rl_ops;

/* Where standard normals are drawn in one update, in the published order. */
enum draw_site {
    DRAW_TARGET_SAMPLE, /* critic: sample of the target policy (B,K,A) */
    DRAW_TARGET_NOISE,  /* critic: smoothing noise */
    DRAW_ENTROPY,       /* actor: entropy of the supervised loss */
    DRAW_RL_ENTROPY,    /* actor: entropy of the RL loss */
    DRAW_RL_SAMPLE,     /* actor: action of the RL loss */
    DRAW_SITES
};

struct dt {
    struct learner learner; /* first */
    const struct rl_ops *rl;
    bool stochastic;

    /* actor */
    struct layout layout;
    struct transformer net;
    struct head_tanh tanh;
    struct head_gaussian gaussian;
    struct network actor; /* of `net` and the head */
    struct lanes forward; /* without gradients: target actions, acting */
    struct adam_scalar log_temperature;

    /* critic; spec.q = 0 and !spec.v when there is none */
    struct critic critic;
    bool has_critic;
    struct network critic_net;
    struct arena arena; /* small arrays between passes, and V of whole trajectories */

    /* one update */
    struct batch batch, online;  /* online: PPO, AWR */
    float *noise[DRAW_SITES];    /* (B,K,A), allocated when first drawn */
    float *next_action;          /* (B,K,A) of the target policy, clamped */
    float *next_log_prob;        /* (B,K), stochastic */
    float *per_step;             /* (B,K) advantage, weight ...: what the rl part keeps */
    float *per_step2;            /* (B,K) */
    const float *regress_target; /* (B,K) of the V step under way (PPO, AWR) */
    bool regress_all;            /* and whether it runs over padding */
    float *frozen_action;        /* (B,K,A) KL regulariser */
    int *window_rows;            /* work of each window, for lanes_split */
    int window_room;
    double rl_scale;           /* factor on alpha: 1/mean|Q| when normalised */
    struct step_report report; /* of the last actor step */

    /* per-trajectory values of the online replay (PPO, AWR): target[slot], old_v[slot], both
     * (length[slot]); for as long as an iteration is under way */
    float **online_target, **online_old_v;
    int32_t *online_length;
    int32_t online_count, online_slots; /* in use, allocated */
    int32_t under_way;                  /* the iteration has begun, and batches are still to come */
    struct stats_sum iteration;         /* of what has been done of it */
    int64_t rl_updates;                 /* actor updates since the phase began */
    int32_t warming_up;                 /* AWR: the iteration trains without the RL term */

    /* acting */
    float *act_state, *act_action, *act_rtg, *act_output, *act_log_std, *act_u;
    int *act_length;
    int act_room;

    /* Replaces the random stream in tests: fill out (n) for a site. */
    void (*given_noise)(const void *context, enum draw_site site, float *out, size_t n);
    const void *noise_context;
    /* Dropout masks from outside, in tests. */
    const struct dropout *given_dropout;
};

/* Standard normals (B,K,A) for a site of this update; the same pointer until drawn again. */
const float *dt_draw(struct dt *d, const struct batch *b, enum draw_site site);

/* next_action (B,K,A) and, for a stochastic policy, next_log_prob: the target policy on shifted
 * windows (docs/methods.md 2.4). A sample is drawn at DRAW_TARGET_SAMPLE when stochastic. */
enum status dt_target_actions(struct dt *d, const struct batch *b);

/* One critic update and one actor update, on given batches. `online` NULL unless rl->online. */
enum status dt_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats);
enum status dt_actor_update(struct dt *d, const struct batch *b, const struct batch *online,
                            struct stats_sum *stats);

/* exp(log temperature). */
double dt_temperature(const struct dt *d);

/* --- supervised.c, reg_kl.c ---------------------------------------------------------------- */
struct actor_rows;

/* Deterministic: weight * mean over real positions of the squared error (summed or averaged over
 * action dimensions, D6). Stochastic: weight * (NLL over real positions - temperature * entropy
 * over all positions). Adds gradients; sum[SUM_SUPERVISED], sum[SUM_ENTROPY] get plain means'
 * parts: their totals over the batch are the losses. */
void supervised_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double weight,
                     double sum[]);

/* kl_c0 * mean over real positions of |a - a_frozen|^2 (Fig. 24). */
enum status reg_kl_prepare(struct dt *d, const struct batch *b);
void reg_kl_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double sum[]);

#endif
