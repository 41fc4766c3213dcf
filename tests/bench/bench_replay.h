/* Data for the bench programs of learners. */
#ifndef TESTS_BENCH_BENCH_REPLAY_H
#define TESTS_BENCH_BENCH_REPLAY_H

#include "engine/base/rng.h"
#include "engine/data/replay.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static inline void bench_check(enum status s)
{
    if (s == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", status_sentence());
    exit(1);
}

/* `count` trajectories of 500 random steps. */
static inline void bench_replay(struct replay *r, int S, int A, int count)
{
    enum { LENGTH = 500 };
    size_t n = (size_t)LENGTH * (size_t)(2 * S + A + 1);
    float *noise = malloc(n * sizeof *noise);
    uint8_t terminal[LENGTH] = {0};
    bench_check(replay_init(r, S, A, REPLAY_UNBOUNDED));
    for (int i = 0; i < count; i++) {
        struct rng rng = rng_at(1, RNG_TEST, (uint64_t)i);
        struct trajectory t;
        rng_fill_normal(&rng, 0, noise, n);
        float *next = noise + LENGTH * S, *action = next + LENGTH * S,
              *reward = action + LENGTH * A;
        for (int j = 0; j < LENGTH * A; j++)
            action[j] = tanhf(action[j]);
        bench_check(
            trajectory_new(LENGTH, S, A, noise, next, action, reward, terminal, NULL, 0, &t));
        bench_check(replay_add(r, &t));
    }
    free(noise);
}

#endif
