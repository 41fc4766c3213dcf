/* The paper's four conversion scripts, step by step and with copies of everything: what the views
 * of suites/dataset must equal (docs/methods.md 1.1). */
#ifndef TESTS_SUPPORT_NAIVE_DATASET_H
#define TESTS_SUPPORT_NAIVE_DATASET_H

#include "suites/dataset.h"

/* One trajectory, all arrays owned. */
struct naive_trajectory {
    int length;
    float *state, *next_state, *action, *reward;
    uint8_t *terminal;
};

struct naive {
    int count;
    struct naive_trajectory *list;
};

/* Convert a D4RL file as the script of the environment's suite does. */
struct naive naive_convert(const char *path, const struct env_kind *env);
void naive_free(struct naive *n);

/* Every number of every trajectory must be equal; rewards and returns are those of the file. */
void naive_expect(const struct dataset *d, const struct naive *n);

#endif
