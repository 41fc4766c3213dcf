/* Trajectories that a learner samples from: docs/methods.md 5.
 *
 *   slot    0     1     2    ...   C-1
 *          worst <- offline -> best        filled in ascending order of return
 *            ^
 *          cursor: once C are stored, the next trajectory overwrites this slot and the cursor
 *          advances, so the lowest offline returns go first and, after C insertions, the oldest
 *          rollouts
 *
 * Offline trajectories are views into the dataset, which must outlive the replay; rollouts are
 * owned. The same struct serves as AWR's growing buffer (unbounded, then pruned from the old end),
 * PPO's per-iteration buffer (cleared) and the pretraining set (unbounded, never added to). */
#ifndef ENGINE_DATA_REPLAY_H
#define ENGINE_DATA_REPLAY_H

#include "engine/base/visitor.h"
#include "engine/data/trajectory.h"

enum { REPLAY_UNBOUNDED = -1 };

struct replay {
    int S, A;
    int capacity;            /* trajectories, or REPLAY_UNBOUNDED */
    int count;               /* trajectories stored */
    struct trajectory *item; /* (count) in slot order */
    int32_t *origin;         /* (count) index in `offline`, or -1: a rollout */
    int32_t cursor;          /* slot that is overwritten next once full */
    int64_t steps;           /* sum of lengths */
    int64_t *first;          /* (count+1) steps before each slot: sampling by length */
    double *weight;          /* (count+1) running sums of return - min return + 1e-6 */

    const struct trajectory *offline; /* (offline_count) the list of replay_fill, or NULL */
    int offline_count;
    int room; /* slots allocated */
};

/* Sort a dataset's trajectories by total reward, ascending (ties keep their order), and drop as
 * the released code does: from the best down, a trajectory is kept while kept steps + its length
 * < all steps, so exactly the worst one is dropped (docs/methods.md 1.3, D17). A single trajectory
 * is kept. Afterwards list[0..*kept-1] are those kept, in ascending order; the dropped one follows.
 * Errors STATUS_MEMORY, STATUS_MISSING (count 0). */
enum status replay_drop_worst(struct trajectory *list, int count, int *kept);

/* An empty replay. Errors STATUS_CONFIG (capacity 0 or below -1). */
enum status replay_init(struct replay *r, int S, int A, int capacity);
void replay_free(struct replay *r);

/* Fill with views of the `capacity` trajectories of highest total reward, ascending (ties keep
 * their order). Call once, on an empty replay. Errors STATUS_MEMORY. */
enum status replay_fill(struct replay *r, const struct trajectory *list, int count);

/* Add a rollout; its storage moves into the replay (*t is emptied); the trajectory it overwrites is
 * freed. Errors STATUS_MEMORY: the caller still owns *t. */
enum status replay_add(struct replay *r, struct trajectory *t);

/* Keep the newest trajectories that together reach `steps`, drop older ones (AWR). Only for an
 * unbounded replay. */
void replay_prune(struct replay *r, int64_t steps);

/* Drop all (PPO). */
void replay_clear(struct replay *r);

/* The slot that holds step x of 0..steps-1, counted through all slots. O(log count). */
int replay_find_step(const struct replay *r, int64_t x);

/* The slot at x in [0,1) when slots have weights return - min return + 1e-6 (PDT, docs/methods.md
 * 15). O(log count). */
int replay_find_weight(const struct replay *r, double x);

/* State to save: slots (offline ones as indices), rollouts in full, cursor. A reader needs a replay
 * with the same S, A, capacity and offline list. Errors STATUS_FORMAT (indices or lengths that do
 * not fit), STATUS_MEMORY. */
enum status replay_visit(struct replay *r, struct visitor *v);

#endif
