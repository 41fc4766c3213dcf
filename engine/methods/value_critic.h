/* The state-value critic of PPO and AWR: pretraining, TD(lambda) targets, regression steps. */
#ifndef ENGINE_METHODS_VALUE_CRITIC_H
#define ENGINE_METHODS_VALUE_CRITIC_H

#include "engine/methods/rl.h"

/* One step of V on the offline batch. `v_pretrain_td` = corrected: gamma, padding masked, target
 * fixed. as_released: no discount, no mask, gradient through both values (D36).
 *   mean of (V(s) - r - gamma (1 - d) V(s'))^2 */
enum status value_pretrain(struct dt *d, const struct batch *b, struct stats_sum *stats);

/* TD(lambda) with the current V along every trajectory of `online`:
 *   delta_t = r_t + gamma (1 - d_t) V(s'_t) - V(s_t),  A_t = delta_t + gamma lambda (1 - d_t)
 * A_{t+1} target_t = A_t + V(s_t) into d->online_target[slot], d->online_old_v[slot], both (L).
 * Errors STATUS_MEMORY. */
enum status value_targets(struct dt *d, const struct replay *online);

/* 0.5 mean (V - target)^2 on a batch, over all positions or the real ones, and a critic step. */
enum status value_regress(struct dt *d, const struct batch *b, const float *target, bool all,
                          struct stats_sum *stats);

/* (B,K) of the batch: targets and old values. */
void value_fetch(struct dt *d, const struct batch *b, float *target, float *old_v);

/* List the targets and old values, for an iteration that is under way. Errors STATUS_MEMORY. */
enum status value_visit(struct dt *d, struct visitor *v);

#endif
