/* What has become of a cell: read from its folder, never from a list, so that any number of
 * schedulers, machines and people see the same.
 *
 *     waiting --> running --> done | diverged        lock held    curve says complete | diverged
 *                  |    ^ \
 *                  v    |  `--> failed               file `failed`: one sentence
 *                 stopped                            curve or checkpoint, nobody at it
 *
 * A failed cell is tried again by the next sweep; a diverged one is a result. */
#ifndef HARNESS_CELL_H
#define HARNESS_CELL_H

#include "engine/base/sha256.h"
#include "harness/matrix/matrix.h"

#include <stdint.h>
#include <time.h>

#define CELL_STATES(X)                                                                             \
    X(CELL_WAITING, "waiting")                                                                     \
    X(CELL_STOPPED, "stopped")                                                                     \
    X(CELL_RUNNING, "running")                                                                     \
    X(CELL_DONE, "done")                                                                           \
    X(CELL_DIVERGED, "diverged")                                                                   \
    X(CELL_FAILED, "failed")

enum cell_state {
#define CELL_ENUM(state, word) state,
    CELL_STATES(CELL_ENUM)
#undef CELL_ENUM
        CELL_STATE_COUNT
};

const char *cell_state_word(enum cell_state state);

struct cell_look {
    enum cell_state state;
    double first_score, last_score; /* NaN without an evaluation */
    int64_t transitions, budget;    /* of the last evaluation, and to reach; 0: not known */
    double seconds;                 /* wall time so far; 0: not known */
    int threads;
    char reason[512];     /* of a failure or divergence */
    char config_hash[80]; /* of the run that is there; "" when there is none */
    time_t failed_at;
    /* Not STATUS_OK: there is a curve, and it is damaged or cannot be read now (`reason`). */
    enum status trouble;
    bool waits; /* its guide's policy is not there (overview_look) */
};

/* Look at a run's folder; a missing one is a waiting cell. Holds the run's lock for a moment. */
void cell_look(const char *folder, struct cell_look *out);

/* The hash of a cell's configuration. Errors STATUS_CONFIG: it is refused. */
enum status cell_config_hash(const struct matrix_cell *cell, char out[SHA256_HEX]);

/* Is the run that stands there one of this very configuration? Settings that a matrix gives to all
 * cells are in no folder's name, so an edited matrix finds its old results.
 * Errors STATUS_CONFIG: it is another. */
enum status cell_check(const char *config_hash, const char *folder, const struct cell_look *look);

/* Record a failure in `folder`, or forget one. Errors STATUS_IO. */
enum status cell_fail(const char *folder, const char *reason);
void cell_forget_failure(const char *folder);

/* No more work to do. */
bool cell_is_over(enum cell_state state);

#endif
