/* The decision-transformer learner: ODT, TD3+ODT and all other methods with this actor.
 *
 *   batch -> critic update (rl part) -> every f-th: actor update
 *   actor update:  lanes of blocks:  transformer -> head -> supervised + alpha RL -> backward
 *                  gather, clip, LAMB, targets, temperature
 *
 * For learner_dt.c (set-up, training loop, state), dt_forward.c (passes without gradient),
 * dt_update.c (the actor's pass and step), dt_act.c, supervised.c, reg_kl.c and the rl_*.c parts.
 */
#ifndef ENGINE_METHODS_LEARNER_DT_H
#define ENGINE_METHODS_LEARNER_DT_H

#include "engine/data/batch.h"
#include "engine/methods/critic.h"
#include "engine/methods/learner_impl.h"
#include "engine/methods/network.h"
#include "engine/nn/head.h"
#include "engine/nn/transformer.h"

struct rl_ops;

/* Sites of one update at which standard normals are drawn, in the order of the released code. */
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
    void *rl_state; /* the RL gradient's state (rl_ops.state_size bytes), or NULL */
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

    /* one update */
    struct batch batch, online; /* online: PPO, AWR */
    float *noise[DRAW_SITES];   /* (B,K,A), of the sites where the method draws */
    float *frozen_action;       /* (B,K,A) KL regulariser */
    int *window_rows;           /* work of each window, for lanes_split */
    int window_room;
    double rl_scale;           /* factor on alpha: 1/mean|Q| when normalised */
    struct step_report report; /* of the last actor step */

    /* training */
    int64_t phase_updates; /* actor updates since the phase began */
    int32_t under_way; /* online gradients: an iteration has begun and more batches will follow */
    struct stats_sum iteration; /* metrics of this iteration so far */

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

static inline struct dt *dt_of(struct learner *l)
{
    return (struct dt *)l; /* struct learner is its first member */
}

/* --- learner_dt.c -------------------------------------------------------------------------- */

/* exp(log temperature). */
double dt_temperature(const struct dt *d);

/* Entropy over all positions, padding included (D38): for the bonus and for the temperature. */
bool dt_wants_entropy(const struct dt *d);

/* n zeros for free(), on a 64-byte boundary. Errors STATUS_MEMORY. */
enum status dt_new_floats(float **out, size_t n);

/* Floats in (B,K,width). */
size_t dt_batch_floats(const struct dt *d, int width);

/* Bytes of scratch of a critic pass over this many windows. */
size_t dt_critic_scratch(const struct dt *d, int windows);

/* Make room in window_rows. Errors STATUS_MEMORY. */
enum status dt_make_windows(struct dt *d, int count);

/* --- dt_forward.c -------------------------------------------------------------------------- */

/* Standard normals (B,K,A) for a site of this update; the same pointer until drawn again. */
const float *dt_draw(struct dt *d, const struct batch *b, enum draw_site site);

/* The batch as the policy sees it. */
struct windows dt_windows(const struct batch *b, enum transformer_outputs outputs);

/* lanes_split of the windows of w, and of those of `more` (or NULL) behind them. */
int dt_split(const struct dt *d, const struct windows *w, const struct windows *more,
             struct span spans[]);

/* output and, for a stochastic policy, log_std (NULL: not wanted): (B,K,A), or (n,A) with
 * OUTPUT_LAST. */
void dt_forward(struct dt *d, const struct params *p, const struct windows *w, float *output,
                float *log_std);

/* action (B,K,A), clamped, of the target policy on shifted windows (docs/methods.md 2.4). For a
 * stochastic policy it is a sample, drawn at DRAW_TARGET_SAMPLE, and log_prob (B,K) is its own. */
void dt_target_actions(struct dt *d, const struct batch *b, float *action, float *log_prob);

/* --- dt_act.c ------------------------------------------------------------------------------ */

enum status dt_act(struct learner *l, const struct act_context context[], int n, enum act_mode mode,
                   bool frozen, const float *noise, float *action, float *log_prob);
void dt_act_free(struct dt *d);

/* --- dt_update.c --------------------------------------------------------------------------- */

/* Bytes of scratch of a lane of the actor's pass. */
size_t dt_update_scratch(const struct dt *d);

/* One critic update and one actor update, on given batches. `online` NULL unless rl->online. */
enum status dt_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats);
enum status dt_actor_update(struct dt *d, const struct batch *b, const struct batch *online,
                            struct stats_sum *stats);

/* --- supervised.c, reg_kl.c ---------------------------------------------------------------- */
struct actor_rows;

/* Deterministic: weight * mean over real positions of the squared error (summed or averaged over
 * action dimensions, D6). Stochastic: weight * (NLL over real positions - temperature * entropy
 * over all positions). Adds gradients; adds to sum[SUM_SUPERVISED] and sum[SUM_ENTROPY] the rows'
 * parts of plain means, whose totals over the batch are the losses. */
void supervised_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double weight,
                     double sum[]);

/* Bytes that supervised_rows takes from r->scratch for this many rows. */
size_t supervised_scratch(const struct dt *d, int rows);

/* kl_c0 * mean over real positions of |a - a_frozen|^2 (Fig. 24). */
void reg_kl_prepare(struct dt *d, const struct batch *b);
void reg_kl_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double sum[]);

#endif
