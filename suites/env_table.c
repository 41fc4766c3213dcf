/* Every environment, one row each. obs_dim and act_dim are checked against the compiled model.
 * Scores: D4RL's reference returns, the same for all datasets of an environment. */
#include "suites/adroit.h"
#include "suites/env.h"
#include "suites/locomotion.h"

/* clang-format off */
const struct env_kind env_table[] = {
    /*                             S   A  skip limit success     score_min           score_max */
    {"hopper",   SUITE_MUJOCO,    11,  3,   4, 1000,   -1,      -20.272305,             3234.3,
     &locomotion_ops, &robot_hopper},
    {"pen",      SUITE_ADROIT,    45, 24,   5,  100,   20,       96.262799, 3076.8331017826877,
     &adroit_pen_ops, "adroit_pen.xml"},
    {"hammer",   SUITE_ADROIT,    46, 26,   5,  200,   25,     -274.856578, 12794.134825156867,
     &adroit_hammer_ops, "adroit_hammer.xml"},
    {"door",     SUITE_ADROIT,    39, 28,   5,  200,   25,      -56.512833, 2880.5693087298737,
     &adroit_door_ops, "adroit_door.xml"},
    {"relocate", SUITE_ADROIT,    39, 30,   5,  200,   25,       -6.425911,  4233.877797728884,
     &adroit_relocate_ops, "adroit_relocate.xml"},
};
/* clang-format on */

const int env_count = (int)(sizeof env_table / sizeof *env_table);
