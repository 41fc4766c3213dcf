/* Environment steps per second, and what they cost beyond bare mj_step.
 *
 * Overhead: blocks of steps along one trajectory (random actions), once through env_step and once
 * as mj_step with the recorded controls from the same start, in turns; the median of the blocks'
 * ratios. Both in processor time of the thread, which other programs disturb less than the clock.
 * Threads: the same work on one thread, and on each of two at once, by the clock (`gain`: what one
 * gets at the load of the moment) and in processor time (`own`: if both processors were ours). They
 * are pinned, because a scheduler may keep two short-lived threads on one processor.
 *
 * `bench_env NAME...` measures only those. */
#include "suites/env_impl.h"
#include "tests/bench/bench.h"

#include <math.h>
#include <omp.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { BLOCKS = 32, BLOCK_STEPS = 30, THREAD_BLOCKS = 8, ROUNDS = 7, THREADS = 2 };

static const double block_seconds = 0.003, round_seconds = 0.1;

static double seconds(clockid_t clock)
{
    return bench_seconds(clock);
}

/* Of the calling thread. */
static double processor_time(void)
{
    return seconds(CLOCK_THREAD_CPUTIME_ID);
}

static void need(enum status s)
{
    if (s == STATUS_OK)
        return;
    fprintf(stderr, "bench_env: %s\n", status_sentence());
    exit(1);
}

static double quantile(double *x, int n, double q)
{
    sort_doubles(x, (size_t)n);
    return x[(int)(q * (n - 1) + 0.5)];
}

/* One stretch of an episode: how it begins, its actions and the controls they became. */
struct block {
    double *state, *actions, *ctrl;
    int steps;
};

/* Play on, resetting when an episode ends, and record the next stretch within one episode. */
static void record(struct env *e, struct block *b, bool *begin, struct rng *rng, uint64_t *episode)
{
    const struct env_kind *kind = env_kind(e);
    size_t A = (size_t)kind->act_dim;
    if (*begin)
        need(env_reset(e, rng_at(1, RNG_TEST, (*episode)++)));
    env_get_state(e, b->state);
    *begin = false;
    for (b->steps = 0; b->steps < BLOCK_STEPS && !*begin; b->steps++) {
        double *action = b->actions + (size_t)b->steps * A;
        for (size_t i = 0; i < A; i++)
            action[i] = 2 * rng_uniform_double(rng) - 1;
        struct env_step out;
        need(env_step(e, action, &out));
        memcpy(b->ctrl + (size_t)b->steps * A, e->physics.data->ctrl, A * sizeof(double));
        *begin = out.terminated || out.truncated;
    }
}

static double time_env(struct env *e, const struct block *b, int repeats)
{
    size_t A = (size_t)env_kind(e)->act_dim;
    double total = 0;
    for (int r = 0; r < repeats; r++) {
        need(env_set_state(e, b->state));
        double begin = processor_time();
        for (int t = 0; t < b->steps; t++) {
            struct env_step out;
            need(env_step(e, b->actions + (size_t)t * A, &out));
        }
        total += processor_time() - begin;
    }
    return total;
}

static double time_bare(struct env *e, const struct block *b, int repeats)
{
    size_t A = (size_t)env_kind(e)->act_dim;
    int skip = env_kind(e)->frame_skip;
    const mjModel *m = e->physics.model;
    mjData *d = e->physics.data;
    double total = 0;
    for (int r = 0; r < repeats; r++) {
        need(env_set_state(e, b->state));
        double begin = processor_time();
        for (int t = 0; t < b->steps; t++) {
            memcpy(d->ctrl, b->ctrl + (size_t)t * A, A * sizeof *d->ctrl);
            for (int k = 0; k < skip; k++)
                mj_step(m, d);
        }
        total += processor_time() - begin;
    }
    return total;
}

/* Bits of the observations that the blocks lead to. */
static uint64_t checksum(struct env *e, const struct block *blocks)
{
    uint64_t sum = 14695981039346656037u;
    for (int i = 0; i < BLOCKS; i++) {
        time_env(e, &blocks[i], 1);
        const unsigned char *bytes = (const unsigned char *)env_observation(e);
        for (size_t k = 0; k < (size_t)env_kind(e)->obs_dim * sizeof(double); k++)
            sum = (sum ^ bytes[k]) * 1099511628211u;
    }
    return sum;
}

/* Put the calling thread on the t-th of the processors this process may use. */
static void pin(const cpu_set_t *allowed, int t)
{
    int seen = 0;
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET(cpu, allowed) && seen++ == t) {
            cpu_set_t one;
            CPU_ZERO(&one);
            CPU_SET(cpu, &one);
            sched_setaffinity(0, sizeof one, &one);
        }
    }
}

struct timing {              /* seconds */
    double clock, processor; /* until the last thread is done; mean of the threads' own */
};

/* Every thread steps through some blocks, all at once. */
static struct timing time_threads(struct env *const *e, const struct block *blocks, int threads,
                                  int repeats)
{
    cpu_set_t allowed;
    sched_getaffinity(0, sizeof allowed, &allowed);
    double begin = 0, own[THREADS] = {0};
#pragma omp parallel num_threads(threads)
    {
        int me = omp_get_thread_num();
        pin(&allowed, me);
#pragma omp barrier
#pragma omp master
        begin = seconds(CLOCK_MONOTONIC);
        for (int i = 0; i < THREAD_BLOCKS; i++)
            own[me] += time_env(e[me], &blocks[i], repeats);
    }
    struct timing t = {.clock = seconds(CLOCK_MONOTONIC) - begin};
    for (int i = 0; i < threads; i++)
        t.processor += own[i] / threads;
#pragma omp parallel num_threads(threads)
    sched_setaffinity(0, sizeof allowed, &allowed);
    return t;
}

static void record_blocks(struct env *e, struct block blocks[BLOCKS])
{
    size_t numbers = BLOCK_STEPS * (size_t)env_kind(e)->act_dim, state = env_state_size(e);
    struct rng rng = rng_at(1, RNG_TEST, UINT64_MAX);
    uint64_t episode = 0;
    bool begin = true;
    for (int i = 0; i < BLOCKS; i++) {
        struct block *b = &blocks[i];
        b->state = malloc((state + 2 * numbers) * sizeof *b->state);
        if (b->state == NULL)
            exit(1);
        b->actions = b->state + state;
        b->ctrl = b->actions + numbers;
        record(e, b, &begin, &rng, &episode);
    }
}

static void print_row(struct env *const e[THREADS], const struct block blocks[BLOCKS])
{
    /* Overhead, block by block; both ways first in turn. */
    double ratio[BLOCKS], rate[BLOCKS];
    for (int i = 0; i < BLOCKS; i++) {
        const struct block *b = &blocks[i];
        int repeats = 1 + (int)(block_seconds / (time_env(e[0], b, 1) + 1e-7));
        double env = 0, bare = 0;
        for (int half = 0; half < 4; half++) {
            if (half % 2 == i % 2)
                env += time_env(e[0], b, repeats);
            else
                bare += time_bare(e[1], b, repeats);
        }
        ratio[i] = env / bare;
        rate[i] = 2.0 * repeats * b->steps / env;
    }

    /* Threads, one and two in turn. */
    double gain[ROUNDS], own[ROUNDS];
    int repeats = 1 + (int)(round_seconds / time_threads(e, blocks, 1, 1).clock);
    for (int r = 0; r < ROUNDS; r++) {
        struct timing one = time_threads(e, blocks, 1, repeats);
        struct timing two = time_threads(e, blocks, THREADS, repeats);
        gain[r] = THREADS * one.clock / two.clock;
        own[r] = THREADS * one.processor / two.processor;
    }

    double low = quantile(rate, BLOCKS, 0.25), high = quantile(rate, BLOCKS, 0.75);
    double median = quantile(rate, BLOCKS, 0.5);
    printf("%-15s %9.0f %9.0f-%-9.0f %+8.2f %% %9.0f  %5.2f %5.2f %5.2f  %016llx\n",
           env_kind(e[0])->name, median, low, high, 100 * (quantile(ratio, BLOCKS, 0.5) - 1),
           median * quantile(own, ROUNDS, 0.5), quantile(own, ROUNDS, 0.5),
           quantile(gain, ROUNDS, 0.5), quantile(gain, ROUNDS, 1),
           (unsigned long long)checksum(e[0], blocks));
    fflush(stdout);
}

static void measure(const struct env_kind *kind)
{
    struct env *e[THREADS];
    struct block blocks[BLOCKS];
    need(env_open(kind->name, NULL, &e[0]));
    need(env_clone(e[0], &e[1]));
    record_blocks(e[0], blocks);
    print_row(e, blocks);
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i].state);
    for (int t = 0; t < THREADS; t++)
        env_close(e[t]);
}

int main(int argc, char **argv)
{
    double load = 0;
    getloadavg(&load, 1);
    printf(
        "MuJoCo %s, compiler %s, load of the machine before: %.1f\n"
        "one thread: steps/s over %d blocks, median and quartiles; overhead over bare mj_step;\n"
        "two threads: steps/s, gain in processor time, by the clock, and its best of %d rounds\n\n",
        physics_version(), __VERSION__, load, BLOCKS, ROUNDS);
    printf("%-15s %9s %19s %10s %9s  %5s %5s %5s  %s\n", "environment", "steps/s", "quartiles",
           "overhead", "two", "own", "gain", "best", "checksum");
    for (int i = 0; i < env_count; i++) {
        bool wanted = argc == 1 && env_table[i].ops->model != NULL; /* it has no physics */
        for (int k = 1; k < argc; k++)
            wanted = wanted ||
                     (strcmp(argv[k], env_table[i].name) == 0 && env_table[i].ops->model != NULL);
        if (wanted)
            measure(&env_table[i]);
    }
    return 0;
}
