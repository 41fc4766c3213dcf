/* The table of RL gradients. */
#include "engine/methods/rl.h"

#include <string.h>

const struct rl_ops rl_none = {.name = "none", .source = "docs/methods.md 6"};

/* clang-format off */
const struct rl_ops *const rl_table[] = {
    &rl_none, &rl_td3, &rl_ddpg, &rl_sac, &rl_iql, &rl_awac, &rl_awr, &rl_ppo,
};
/* clang-format on */
const int rl_count = sizeof rl_table / sizeof rl_table[0];

const struct rl_ops *rl_find(const char *name)
{
    for (int i = 0; i < rl_count; i++) {
        if (strcmp(rl_table[i]->name, name) == 0)
            return rl_table[i];
    }
    return NULL;
}
