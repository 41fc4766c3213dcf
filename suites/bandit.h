/* The single-state MDP of Figs. 1 and 2: one action, one reward, over. The observation is the
 * constant 1. Source docs/methods.md 19. */
#ifndef SUITES_BANDIT_H
#define SUITES_BANDIT_H

#include "suites/env_impl.h"

extern const struct env_ops bandit_ops;

/* (a+1)^2 for a <= 0, 1-2a above, a clamped to [-1,1] first: 1 at 0, falling off steeply above. */
double bandit_reward(double a);

#endif
