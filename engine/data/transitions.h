/* Single transitions for the MLP methods (TD3+BC, IQL; docs/methods.md 16, 17): the whole dataset,
 * then the online ones; first in, first out once `capacity` is reached.
 *
 *   |<- dropped ->|<------------- size: uniform sampling ------------->|
 *   offline row 0 ................ offline_rows-1 | online 0 ... added-1
 *
 * Offline transitions are looked up in the dataset's trajectories, which must outlive this struct;
 * online ones are stored as packed rows. The set is that of a ring buffer of this capacity. */
#ifndef ENGINE_DATA_TRANSITIONS_H
#define ENGINE_DATA_TRANSITIONS_H

#include "engine/base/visitor.h"
#include "engine/data/trajectory.h"

struct transitions {
    int S, A;
    int64_t capacity; /* or -1: unbounded */
    const struct trajectory *offline;
    int offline_count;
    int64_t *first;  /* (offline_count+1) offline rows before each trajectory */
    int64_t dropped; /* oldest transitions that were dropped */
    int64_t added;   /* online transitions ever added */
    float *row;      /* (room, 2S+A+2) state, next state, action, reward, done */
    int64_t room;    /* rows allocated: online transition i lives in row i mod room */
};

/* One transition, raw; the pointers look into the dataset or the packed rows. */
struct transition {
    const float *state, *next_state, *action;
    float reward, done;
};

/* All rows of the dataset. With `skip_timeouts` the last row of a trajectory that does not end in a
 * terminal is left out: its successor is not in the file (the Q-learning view of D4RL).
 * Errors STATUS_MEMORY, STATUS_CONFIG (capacity 0 or below -1). */
enum status transitions_init(struct transitions *t, int S, int A, int64_t capacity,
                             const struct trajectory *offline, int offline_count,
                             bool skip_timeouts);
void transitions_free(struct transitions *t);

/* Number of transitions that can be sampled. */
int64_t transitions_size(const struct transitions *t);

/* Errors STATUS_MEMORY, STATUS_NONFINITE; nothing changed. */
enum status transitions_add(struct transitions *t, const struct transition *x);

/* Transition i of 0..size-1, the oldest first. */
struct transition transitions_at(const struct transitions *t, int64_t i);

/* State to save: counters and stored rows. A reader needs the same dataset and capacity. */
enum status transitions_visit(struct transitions *t, struct visitor *v);

#endif
