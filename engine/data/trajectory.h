/* Trajectories: suites load them, rollouts add them, the replay stores them, samplers cut them.
 *
 * States are raw (not normalised), rewards are modified (scaled, shifted, delayed:
 * docs/methods.md 1.4). A trajectory either owns its arrays (storage != NULL) or points into the
 * arrays of a dataset that outlives it, so that a million offline transitions are stored once. */
#ifndef ENGINE_DATA_TRAJECTORY_H
#define ENGINE_DATA_TRAJECTORY_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stdint.h>

struct trajectory {
    int length;                /* L >= 1 steps */
    const float *state;        /* (L,S) before the action */
    const float *next_state;   /* (L,S) the successor; may overlap `state` shifted by one row */
    const float *action;       /* (L,A) as applied */
    const float *reward;       /* (L) modified reward */
    const float *return_to_go; /* (L) undiscounted sum of reward[i..L-1], summed from the end */
    const uint8_t *terminal;   /* (L) 1: no bootstrap from next_state */
    const float *log_prob;     /* (L) log-probability of the action at acting time (PPO), or NULL */
    bool last_next_missing;    /* next_state of the last row belongs to another trajectory: the
                                * `paper` preset gives that row no critic weight (D40) */
    double total_reward;       /* sum of reward, in double; the sort key */
    double raw_return;         /* sum of the environment's raw rewards, for scores */
    void *storage;             /* what trajectory_free frees; NULL for a view */
};

/* return_to_go[i] = reward[i] + return_to_go[i+1], in float from the end, as the released
 * sampler sums it (docs/networks.md 8). */
void trajectory_return_to_go(const float *reward, int length, float *return_to_go);

/* A trajectory that owns copies of its arrays; return_to_go and total_reward are computed.
 * log_prob may be NULL. Errors STATUS_MEMORY, STATUS_NONFINITE (a value that is not finite). */
enum status trajectory_new(int length, int S, int A, const float *state, const float *next_state,
                           const float *action, const float *reward, const uint8_t *terminal,
                           const float *log_prob, double raw_return, struct trajectory *out);

/* Free what it owns; for a view nothing. */
void trajectory_free(struct trajectory *t);

#endif
