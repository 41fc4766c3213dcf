/* How fast this machine does each kind of work, read from recorded runs, and what any matrix would
 * cost at that speed: for plans that no run of their own has measured yet (the paper's size takes
 * core-years; a few updates of each kind take minutes).
 *
 * The runs are those of the matrix `cost`: every suite and method at the paper's size, a few
 * updates each. Their curves say the seconds of each phase of each iteration. */
#ifndef HARNESS_SPEED_H
#define HARNESS_SPEED_H

#include "harness/curve/curve.h"
#include "harness/sweep/cost.h"

#include <stdbool.h>

/* Core-seconds of one unit of work, means over the online iterations of one run; NaN: no such work.
 * A run on several threads counts each of them. */
struct speed {
    char method[CONFIG_NAME], dataset[CONFIG_NAME];
    const struct suite *suite;
    struct cost_work work; /* of that run: says how large one unit was */
    double actor;          /* one actor update */
    double critic;         /* one critic update */
    double sample;         /* the batches of one actor update */
    double rollout;        /* one online transition: acting and the environment's step */
    double evaluate;       /* one evaluation step, episodes side by side */
    double store;          /* curve and checkpoint, of one iteration */
    double memory_gb;      /* largest resident size */
};

struct speed_table {
    struct speed *speed;
    int count;
    char machine[160]; /* of the first run */
    char compiler[160];
};

/* Read the finished runs of matrix `cost` below `results`. Errors STATUS_MISSING: none is there;
 * the sentence says how to make them. STATUS_CONFIG, STATUS_MEMORY */
enum status speed_read(const char *results, struct speed_table *out);
void speed_free(struct speed_table *t);

/* One unit's speed for a curve; `threads` counts each second so often. False when it holds no
 * online iteration. */
bool speed_of_curve(const struct curve *c, const struct cost_work *work, struct speed *out);

/* Core-seconds by phase of one run of `cell`. The same method in the same suite is the yardstick,
 * else TD3+ODT (transformers) or TD3+BC (MLPs) there; updates and actions of another size are
 * scaled by their arithmetic. `exact` is false when the yardstick was another method.
 * Errors STATUS_CONFIG, STATUS_MISSING (nothing measured in its suite). */
struct speed_estimate {
    double learning, rollout, evaluation, store;
    bool exact;
};
enum status speed_estimate(const struct speed_table *t, const struct matrix_cell *cell,
                           struct speed_estimate *out);

#endif
