/* Behaviour policies of D4RL's locomotion datasets, trained here: one run of SAC from scratch
 * serves `medium`, `medium-replay` and `expert` of an environment.
 *
 *   results/runs/recipes/hopper/seed1     a run like any other: resumed where it stopped, listed by
 *                                         `vitamin results`; policy_medium.h5, policy_expert.h5
 *
 * It looks every 1000 steps at 20 episodes of the sampling policy, and stops once a level is
 * reached (run_level.h); a request for `expert` goes on from there. Source docs/datasets.md 3 */
#ifndef HARNESS_SAC_RECIPE_H
#define HARNESS_SAC_RECIPE_H

#include "engine/base/file.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

enum sac_level { SAC_MEDIUM, SAC_EXPERT, SAC_LEVELS };

struct sac_request {
    const char *env; /* a row of the recipe's table: hopper, halfcheetah, walker2d, ant */
    enum sac_level level;
    uint64_t seed;
    const char *folder;            /* of the runs; NULL: results/runs/recipes */
    const char *size;              /* config_sizes; NULL: "paper" */
    const char *set;               /* tests: one more "key=value", or NULL */
    double raw_return[SAC_LEVELS]; /* tests: instead of D4RL's levels; 0: those */
    bool quiet;
    const volatile sig_atomic_t *stop; /* may be NULL */
};

struct sac_snapshot {
    char policy[FILE_PATH]; /* the policy file */
    char about[256];        /* one line: steps, evaluated return, wanted return */
    int64_t transitions;    /* environment steps when it was taken: the rows of medium-replay */
    int64_t iteration;
    double mean, sd; /* raw returns of its evaluation */
    bool reached;    /* false: the run's budget ended before, and this is the nearest */
};

/* D4RL's mean return of a dataset of that level; 0: no recipe. */
double sac_recipe_return(const char *env, enum sac_level level);

/* Train up to the level, if that was not done yet.
 * Errors  STATUS_CONFIG (no such level), STATUS_INTERRUPTED (asked to stop: the same call resumes),
 *         those of run_execute */
enum status sac_recipe_train(const struct sac_request *r, struct sac_snapshot *out);

/* The first `rows` rows of the run's buffer, as dataset_generate takes them; for free().
 * Errors  STATUS_MISSING (the run is complete and has dropped it), STATUS_IO, STATUS_MEMORY */
enum status sac_recipe_buffer(const struct sac_request *r, int64_t rows, float **row);

#endif
