/* Adroit's `cloned` from demonstrations at hand: a behaviour-cloning policy is trained on them, a
 * run like any other (td3bc without its RL term), and acts for half of the rows.
 *
 *   results/runs/recipes/door-human-v1/clone-seed1     policy_offline.h5
 *
 * Source docs/datasets.md 3 */
#ifndef HARNESS_CLONE_RECIPE_H
#define HARNESS_CLONE_RECIPE_H

#include "engine/base/file.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

struct clone_request {
    const char *env;            /* pen, hammer, door, relocate */
    const char *demonstrations; /* an id or a path; NULL: ENV-human-v1 */
    uint64_t seed;
    const char *folder; /* of the runs; NULL: results/runs/recipes */
    const char *size;   /* config_sizes; NULL: "paper" */
    const char *set;    /* tests: one more "key=value", or NULL */
    bool quiet;
    const volatile sig_atomic_t *stop;
};

struct clone {
    char demonstrations[FILE_PATH]; /* the file */
    char policy[FILE_PATH];
    char about[256];
};

/* Noise times N(0,1) on the clone's actions. */
extern const double clone_recipe_noise;

/* Train, if that was not done yet. Errors  STATUS_MISSING (no demonstrations: the sentence says how
 * to get them), those of run_execute */
enum status clone_recipe_train(const struct clone_request *r, struct clone *out);

#endif
