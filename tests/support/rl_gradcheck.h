/* The derivatives that an RL gradient computes, against finite differences of the losses that it
 * reports: of its critic, and of the actor with its RL term.
 *
 * A difference sees everything that depends on the parameters. Where a gradient treats something as
 * a constant by intent (a weight made of the current policy), a key must make it one. */
#ifndef TESTS_SUPPORT_RL_GRADCHECK_H
#define TESTS_SUPPORT_RL_GRADCHECK_H

#include "engine/methods/rl.h"
#include "tests/support/gradcheck.h"

/* Defaults with this gradient, and the policy and V net that its row asks for. */
struct hyper rl_hyper(const struct rl_ops *rl);

/* A small learner whose updates compute losses and gradients and move nothing: learning rates,
 * Polyak rates, clipping and dropout are 0. It has batches of random walks, and for an online
 * gradient the targets of rollouts. For rl_gradcheck_free. */
struct rl_gradcheck;
struct rl_gradcheck *rl_gradcheck_new(const struct hyper *h);
void rl_gradcheck_free(struct rl_gradcheck *g);

enum rl_loss { RL_CRITIC_LOSS, RL_ACTOR_LOSS, RL_AFTER_ACTOR_LOSS };
extern const char *const rl_loss_names[];

/* Whether the gradient has this loss. */
bool rl_gradcheck_has(const struct rl_gradcheck *g, enum rl_loss which);

/* The parameters of the loss's network, and the gradient of its last update (n). */
float *rl_gradcheck_theta(struct rl_gradcheck *g, enum rl_loss which, size_t *n);
float *rl_gradcheck_gradient(struct rl_gradcheck *g, enum rl_loss which);

/* One update; the loss that it reports. */
double rl_gradcheck_loss(struct rl_gradcheck *g, enum rl_loss which);

/* The gradient of one update (or `gradient`, if not NULL) against differences of its loss. */
struct gradcheck_count rl_gradcheck_run(struct rl_gradcheck *g, enum rl_loss which,
                                        const float *gradient);

#endif
