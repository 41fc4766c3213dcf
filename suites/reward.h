/* What learners get instead of the environment's reward: delayed, divided, shifted, in this order.
 *
 *   delayed_j = 0, except where j mod M = M-1 or the episode ends: all raw rewards since the last
 *   payout (j counts from the episode's start).  reward = delayed / div + shift.
 *
 * Source  docs/methods.md 1.4 */
#ifndef SUITES_REWARD_H
#define SUITES_REWARD_H

#include <stdbool.h>

struct reward {
    double div, shift; /* div > 0 */
    int delay;         /* M; 0 or 1: no delay */
    double pending;    /* raw rewards not paid out yet */
};

/* Forget what is pending: an episode begins. */
void reward_reset(struct reward *r);

/* The modified reward of step j (0-based); `done`: the episode ends with it, for any reason. */
double reward_modify(struct reward *r, double raw, int j, bool done);

#endif
