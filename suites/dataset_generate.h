/* Datasets made here, in D4RL's layout, for whoever has none of D4RL's files (or wants others).
 *
 *   random    D4RL's own recipe: whole episodes of uniform actions, one after another, cut at the
 *             wanted number of rows; a step at the time limit is a timeout, even if it also
 *             terminated
 *   waypoint  maze2d as D4RL made it: one continuous walk of the waypoint controller from target to
 *             target; `timeouts` marks where a target was reached (or its time ran out), rewards
 *             are for the fixed goal and belong to the row's observation: one step late
 *   walker    antmaze as D4RL made it, by an ant that needed no training (walker.h): episodes of
 *             one row more than the time limit, which go on at the goal; starts and goals as D4RL
 *             placed them; rewards and terminals are 1 where the next row's position is at the
 *             goal of one evaluation, whatever goal the ant had
 *   policy    episodes of a policy file; sampled ones (locomotion) with their log-probabilities and
 *             the policy itself, (Adroit) with the distributions of their actions
 *             as Adroit's `cloned`: such episodes for half of the rows, then demonstrations
 *   buffer    the replay buffer of a learner, as it was collected; the simulator's states are not
 *             in it
 *
 * Actions are rounded to float32 before they are applied, so a row can be replayed. The files say
 * in attributes how they were made; what is computed on them is labelled so for ever.
 *
 * Episode e draws from (seed, environment, e) only, so a file does not depend on threads, and a
 * longer one begins like a shorter one. Source docs/datasets.md 3 */
#ifndef SUITES_DATASET_GENERATE_H
#define SUITES_DATASET_GENERATE_H

#include "engine/base/rng.h"
#include "suites/env.h"
#include "suites/walker.h"

#include <stdint.h>

enum dataset_actor { ACT_RANDOM, ACT_WAYPOINT, ACT_WALKER, ACT_POLICY, ACT_BUFFER };

/* A learner's buffer in the order of collection, rows as transitions.h stores them: state (S), next
 * state (S), action (A), reward, done. Collections were cut where a row's successor is not the next
 * row's state: there, and at the end, a row that is not terminal is a timeout. */
struct dataset_buffer {
    int64_t rows;
    const float *row; /* (rows, 2S+A+2) */
};

struct dataset_recipe {
    const char *env; /* row of env_table */
    enum dataset_actor actor;
    const char *policy;                  /* ACT_POLICY: its file */
    bool stochastic;                     /* sample its actions instead of taking the mean */
    double noise;                        /* times N(0,1) is added to each action before clipping */
    enum walker_goals goals;             /* ACT_WALKER */
    const struct dataset_buffer *buffer; /* ACT_BUFFER */
    const char *demonstrations; /* ACT_POLICY: a dataset whose rows, repeated, follow the first
                                   episode's end at or behind half of the rows; or NULL */
    const char *about;          /* what the note adds of the policy or buffer; NULL: nothing */
    const char *algorithm;      /* D4RL's metadata/algorithm ("SAC") and iteration; NULL: none */
    int iteration;
    int64_t rows;
    uint64_t seed;
    const char *revision;                                    /* of the code, for the file */
    void (*tell)(void *context, int64_t done, int64_t rows); /* now and then; may be NULL */
    void *context;
};

struct dataset_made {
    int64_t rows;
    int64_t episodes; /* in the file, the last one maybe cut */
    int64_t terminals, timeouts;
    int64_t diverged; /* episodes that ended because the simulation did: a timeout */
    int64_t reached;  /* ACT_WALKER: episodes that came within 0.5 of their own goal */
};

/* Write `path`. Errors  STATUS_CONFIG (a policy of another environment, waypoints outside maze2d,
 * numbers out of range), STATUS_PHYSICS (nothing but divergence), those of env_open, policy_read
 * and the writer.  Threads  as many as threads_set allows, same bytes */
enum status dataset_generate(const struct dataset_recipe *r, const char *path,
                             struct dataset_made *out);

/* The streams of episode e: its start (env_reset), and its actions. */
struct rng dataset_reset_rng(const struct env_kind *env, uint64_t seed, int64_t e);
struct rng dataset_action_rng(const struct env_kind *env, uint64_t seed, int64_t e);

#endif
