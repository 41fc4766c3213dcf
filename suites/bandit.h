/* The single-state MDP of Figs. 1 and 2: one action, one reward, over. The observation is the
 * constant 1. The report looks here too, so this header needs no other. Source docs/methods.md 19.
 */
#ifndef SUITES_BANDIT_H
#define SUITES_BANDIT_H

struct env_ops;
extern const struct env_ops bandit_ops;

/* The intervals its data's actions are drawn from: 100 from the first, 28 from the second. */
static const double bandit_data[2][2] = {{-1, -0.95}, {0.5, 1}};

/* (a+1)^2 for a <= 0, 1-2a above, a clamped to [-1,1] first: 1 at 0, falling off steeply above. */
static inline double bandit_reward(double a)
{
    a = a < -1 ? -1 : a > 1 ? 1 : a;
    return a <= 0 ? (a + 1) * (a + 1) : 1 - 2 * a;
}

#endif
