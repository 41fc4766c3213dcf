/* The state-value critic of PPO and AWR: pretraining, TD(lambda) targets, regression steps. */
#ifndef ENGINE_METHODS_VALUE_CRITIC_H
#define ENGINE_METHODS_VALUE_CRITIC_H

#include "engine/methods/rl_shared.h"

/* PPO's state (rl_ops.state_size), and the first member of AWR's. */
struct value_state {
    /* For the trajectories of the online replay during an iteration: target[slot] and old_v[slot]
     * are (length[slot]). */
    float **target, **old_v;
    int32_t *length;
    int32_t count, slots; /* in use, allocated */
    /* For the current batch (B,K). */
    float *batch_target, *batch_old_v;
    float *log_ratio; /* PPO, from the last actor pass */
    /* The current V step: its targets (B,K), and whether it runs over padding. */
    const float *regress_target;
    bool regress_all;
    struct arena arena; /* for V of whole trajectories; between passes also (B,K) floats */
};

static inline struct value_state *value_state(const struct dt *d)
{
    return d->rl_state; /* or its first member */
}

enum status value_init(struct dt *d);
void value_free(struct dt *d);

/* One step of V on the offline batch. `v_pretrain_td` = corrected: gamma, padding masked, target
 * fixed. as_released: no discount, no mask, gradient through both values (D36).
 *   mean of (V(s) - r - gamma (1 - d) V(s'))^2 */
enum status value_pretrain(struct dt *d, const struct batch *b, struct stats_sum *stats);

/* TD(lambda) with the current V along every trajectory of `online`:
 *   delta_t = r_t + gamma (1 - d_t) V(s'_t) - V(s_t),  A_t = delta_t + gamma lambda (1 - d_t)
 * A_{t+1} target_t = A_t + V(s_t) into the state's target[slot], old_v[slot], both (L).
 * Errors STATUS_MEMORY. */
enum status value_targets(struct dt *d, const struct replay *online);

/* 0.5 mean (V - target)^2 on a batch, over all positions or the real ones, and a critic step. */
enum status value_regress(struct dt *d, const struct batch *b, const float *target, bool all,
                          struct stats_sum *stats);

/* Targets and old values at the batch's steps, into the state's batch_target and batch_old_v. */
void value_fetch(struct dt *d, const struct batch *b);

/* Visit the targets and old values of an unfinished iteration. Errors STATUS_MEMORY. */
enum status value_visit(struct dt *d, struct visitor *v);

#endif
