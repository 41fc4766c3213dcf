/* The four robots of gym-MuJoCo, -v2 semantics: hopper, walker2d, halfcheetah, ant.
 * One set of functions; what differs is a row of numbers. Source docs/environments.md 2. */
#ifndef SUITES_LOCOMOTION_H
#define SUITES_LOCOMOTION_H

#include "suites/env_impl.h"

struct robot {
    const char *model;     /* file of suites/models */
    int hidden;            /* leading entries of qpos that are not observed */
    double position_noise; /* reset: qpos = qpos0 + U(-n, n) */
    double velocity_noise; /* reset: qvel = U(-n, n), or n N(0,1) when `gaussian` */
    bool gaussian;
    double velocity_clip;                   /* observed velocities; infinite: not clipped */
    double alive_bonus;                     /* paid on every step, the last included */
    double control_cost;                    /* times the sum of squared controls */
    bool (*fallen)(const struct env *e);    /* terminal? NULL: never */
    double (*forward)(const struct env *e); /* the coordinate whose speed is rewarded */
    int contact_entries; /* ant's tail of the observation: zeros, see locomotion.c */
};

extern const struct robot robot_hopper, robot_walker2d, robot_halfcheetah, robot_ant;
extern const struct env_ops locomotion_ops;

/* qpos += U(-position, position), qvel += velocity N(0,1) or U(-velocity, velocity), coordinate by
 * coordinate, the root's (and the ant's four quaternion components) included. */
void locomotion_noise(struct env *e, struct rng *rng, double position, double velocity,
                      bool gaussian);

/* ctrl = clip(low + (a + 1)/2 (high - low), low, high) of each actuator's range: D4RL's wrapper.
 * Returns the sum of squared controls. */
double locomotion_control(struct env *e, const double *action);

#endif
