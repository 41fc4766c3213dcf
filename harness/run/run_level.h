/* Levels of a run: the policy that it had when its evaluations were nearest to a wanted return, as
 * D4RL chose the behaviour policies of its `medium` and `expert` data. Source docs/datasets.md 3 */
#ifndef HARNESS_RUN_LEVEL_H
#define HARNESS_RUN_LEVEL_H

#include "harness/curve/curve.h"

struct run_level {
    const char *name;  /* policy_NAME.h5 in the run's folder is the policy so far nearest */
    double raw_return; /* mean of an evaluation */
};

/* The evaluation nearest to `target` (the first of several; not the one before any step; -1: there
 * is none), up to the one at which the level is reached: that is within 10 % of the target, or it
 * is the 20th at or above it. True: it is reached, and later evaluations change nothing. */
bool run_level_find(const struct curve *c, double target, int *row);

/* Mean and standard deviation of an evaluation's raw returns. */
double run_level_return(const struct curve *c, int row, double *sd);

#endif
