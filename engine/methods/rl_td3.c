/* TD3's gradient (and DDPG's: one critic, no smoothing noise, every batch): docs/methods.md 7, 9.
 *
 *   y = r + gamma (1 - d) min_i Q_i'(s', clamp(mu'(z) + clip(noise)))
 *   L_rl = -mean over real positions of Q1(s, mu(z)) */
#include "engine/methods/rl_shared.h"

static enum status td3_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    rl_smooth_target_actions(d, b);
    return rl_critic_pass(d, b, rl_td_body, stats);
}

const struct rl_ops rl_td3 = {.name = "td3",
                              .source = "docs/methods.md 7",
                              RL_Q_STATE,
                              RL_Q_ACTOR,
                              .critic_update = td3_critic_update};

/* DDPG differs only in its settings: n_critics = 1, policy_noise = 0, actor_update_interval = 1. */
const struct rl_ops rl_ddpg = {.name = "ddpg",
                               .source = "docs/methods.md 9",
                               RL_Q_STATE,
                               RL_Q_ACTOR,
                               .critic_update = td3_critic_update};
