/* Every environment, one row each. obs_dim and act_dim are checked against the compiled model.
 * Scores: D4RL's reference returns, the same for all datasets of an environment. */
#include "suites/env.h"
#include "suites/locomotion.h"

/* clang-format off */
const struct env_kind env_table[] = {
    /*                             S   A  skip limit success     score_min           score_max */
    {"hopper",   SUITE_MUJOCO,    11,  3,   4, 1000,   -1,      -20.272305,             3234.3,
     &locomotion_ops, &robot_hopper},
};
/* clang-format on */

const int env_count = (int)(sizeof env_table / sizeof *env_table);
