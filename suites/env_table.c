/* Every environment, one row each. obs_dim and act_dim are checked against the compiled model.
 * Scores: D4RL's reference returns, the same for all datasets of an environment. */
#include "suites/adroit.h"
#include "suites/antmaze.h"
#include "suites/bandit.h"
#include "suites/env.h"
#include "suites/locomotion.h"
#include "suites/maze.h"
#include "suites/maze2d.h"

/* clang-format off */
const struct env_kind env_table[] = {
    /*                                  S   A  skip limit success     score_min           score_max */
    {"hopper",        SUITE_MUJOCO,    11,  3,   4, 1000,   -1,      -20.272305,             3234.3,
     &locomotion_ops, &robot_hopper},
    {"halfcheetah",   SUITE_MUJOCO,    17,  6,   5, 1000,   -1,     -280.178953,            12135.0,
     &locomotion_ops, &robot_halfcheetah},
    {"walker2d",      SUITE_MUJOCO,    17,  6,   4, 1000,   -1,        1.629008,             4592.3,
     &locomotion_ops, &robot_walker2d},
    {"ant",           SUITE_MUJOCO,   111,  8,   5, 1000,   -1,          -325.6,             3879.7,
     &locomotion_ops, &robot_ant},
    {"pen",           SUITE_ADROIT,    45, 24,   5,  100,   20,       96.262799, 3076.8331017826877,
     &adroit_pen_ops, "adroit_pen.xml"},
    {"hammer",        SUITE_ADROIT,    46, 26,   5,  200,   25,     -274.856578, 12794.134825156867,
     &adroit_hammer_ops, "adroit_hammer.xml"},
    {"door",          SUITE_ADROIT,    39, 28,   5,  200,   25,      -56.512833, 2880.5693087298737,
     &adroit_door_ops, "adroit_door.xml"},
    {"relocate",      SUITE_ADROIT,    39, 30,   5,  200,   25,       -6.425911,  4233.877797728884,
     &adroit_relocate_ops, "adroit_relocate.xml"},
    /* play and diverse, umaze and umaze-diverse: other data, the same environment */
    {"antmaze-umaze", SUITE_ANTMAZE,   29,  8,   5,  700,    0,               0,                  1,
     &antmaze_ops, &antmaze_umaze},
    {"antmaze-medium", SUITE_ANTMAZE,  29,  8,   5, 1000,    0,               0,                  1,
     &antmaze_ops, &antmaze_medium},
    {"antmaze-large", SUITE_ANTMAZE,   29,  8,   5, 1000,    0,               0,                  1,
     &antmaze_ops, &antmaze_large},
    /* open's scores are stale (they do not fit this map and limit), and D4RL's all the same */
    {"maze2d-open",   SUITE_MAZE2D,     4,  2,   1,  150,    0,            0.01,              20.66,
     &maze2d_ops, &maze2d_open},
    {"maze2d-umaze",  SUITE_MAZE2D,     4,  2,   1,  300,    0,           23.85,             161.86,
     &maze2d_ops, &maze2d_umaze},
    {"maze2d-medium", SUITE_MAZE2D,     4,  2,   1,  600,    0,           13.13,             277.39,
     &maze2d_ops, &maze2d_medium},
    {"maze2d-large",  SUITE_MAZE2D,     4,  2,   1,  800,    0,             6.7,             273.99,
     &maze2d_ops, &maze2d_large},
    {"bandit",        SUITE_BANDIT,     1,  1,   1,    1,   -1,               0,                  0,
     &bandit_ops, NULL},
};
/* clang-format on */

const int env_count = (int)(sizeof env_table / sizeof *env_table);
