/* How fast this machine does each kind of work, read from recorded runs, and what a cell costs at
 * that speed: for plans that no run of their own has measured yet (the paper's size takes
 * core-years; a few updates of each kind take minutes).
 *
 * The runs are those of the matrix `cost`: every suite and method, in f32, bf16 and bf16_amx, at
 * the paper's size, but for bf16 also at a small one, a few updates each. Their curves say the
 * seconds of each phase of each iteration, the share of them in which the run had a processor, and
 * how much of its windows was padding. */
#ifndef HARNESS_SPEED_H
#define HARNESS_SPEED_H

#include "harness/curve/curve.h"
#include "harness/sweep/work.h"

#include <stdbool.h>

/* Core-seconds (processor time) of one unit of work, means over the online iterations of one run;
 * NaN: no such work. A run on several threads counts each of them. */
struct speed {
    char method[CONFIG_NAME], dataset[CONFIG_NAME];
    int precision; /* enum HYPER_precision_* */
    const struct suite *suite;
    struct work work; /* of that run: says how large one unit was */
    double actor;     /* one actor update */
    double critic;    /* one critic update */
    double sample;    /* the batches of one actor update */
    double rollout;   /* one online transition: acting and the environment's step */
    double evaluate;  /* one evaluation step, episodes side by side */
    double store;     /* curve and checkpoint, of one iteration */
    double memory_gb; /* largest resident size */
    bool small;       /* not at the paper's size */
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

/* One unit's speed for a curve that did this work; out->work is as large as the curve's windows
 * were full. False when it holds no online iteration. */
bool speed_of_curve(const struct curve *c, const struct work *work, struct speed *out);

/* Core-seconds by phase of one run that does this work. The yardstick is the same method in the
 * same suite and precision, else in the other precision, else in another suite, else TD3+ODT
 * (transformers) or TD3+BC (MLPs) in the suite; among several the one whose updates are most like
 * these in size. Updates and actions of another size are scaled by their arithmetic. `exact` is
 * false when the yardstick was of another method, precision or suite. False: there is none. */
struct speed_estimate {
    double learning, rollout, evaluation, store;
    bool exact;
};
bool speed_estimate(const struct speed_table *t, const char *method, const struct hyper *h,
                    const struct env_kind *kind, const struct work *work,
                    struct speed_estimate *out);
double speed_total(const struct speed_estimate *e);

#endif
