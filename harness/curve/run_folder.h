/* A run's folder, read in one place: what has become of the run, how far it got, and what it calls
 * itself. Status, `vitamin results`, the sweep and the report see the same; no list is kept, so
 * that any number of schedulers, machines and people do.
 *
 *     waiting --> running --> done | diverged        lock held    curve says complete | diverged
 *                  |    ^ \
 *                  v    |  `--> failed               file `failed`: one sentence
 *                 stopped                            curve or checkpoint, not running
 *
 * A failed run is tried again by the next sweep; a diverged one is a result. What cannot be looked
 * at now is failed, with the reason, never missing. */
#ifndef HARNESS_RUN_FOLDER_H
#define HARNESS_RUN_FOLDER_H

#include "engine/base/file.h"
#include "harness/curve/curve.h"

#include <time.h>

#define FOLDER_STATES(X)                                                                           \
    X(FOLDER_WAITING, "waiting")                                                                   \
    X(FOLDER_STOPPED, "stopped")                                                                   \
    X(FOLDER_RUNNING, "running")                                                                   \
    X(FOLDER_DONE, "done")                                                                         \
    X(FOLDER_DIVERGED, "diverged")                                                                 \
    X(FOLDER_FAILED, "failed")

enum folder_state {
#define FOLDER_ENUM(state, word) state,
    FOLDER_STATES(FOLDER_ENUM)
#undef FOLDER_ENUM
        FOLDER_STATE_COUNT
};

const char *run_folder_word(enum folder_state state);

struct run_folder {
    enum folder_state state;
    char reason[STATUS_SENTENCE]; /* of a failure or divergence, or why the curve cannot be read */
    bool readable;                /* there is a curve, and it was read */
    enum status trouble;          /* not STATUS_OK: there is one, damaged or not readable now */
    bool begun;                   /* a run left its traces here, be it a configuration or a log */
    time_t failed_at;             /* of the file `failed`; 0: there is none */
    /* how far it got */
    int evaluations, episodes, rows;
    double first_score, last_score, best_score; /* mean scores of an evaluation; NaN without one */
    int64_t transitions, gradient_steps;        /* of the last evaluation */
    int64_t budget;                             /* of transitions; 0: not known */
    double seconds;                             /* wall time, resumes added up; 0: not known */
    int threads;
    char config_hash[80]; /* "" when there is no curve */
};

/* Look at a run's folder; one that is not there is a waiting run's. Holds the run's lock for a
 * moment. `curve` (may be NULL; curve_free) is the curve, without rows where none can be read. What
 * it does not say of the run itself (curves from before the attributes `variant` and `title`, and
 * where there is none to read) is derived here from the folder's path
 *
 *     .../MATRIX/DATASET/METHOD[@key=value,...]/SEED      a cell of a matrix
 *     .../DATASET/METHOD-PRESET-SIZE/seedN                `vitamin run`
 *
 * but for settings that its configuration contradicts, and `budget` from its configuration. Without
 * a SEED in the path there is no attribute `seed`, nor `variant`. */
void run_folder_look(const char *folder, struct run_folder *out, struct curve *curve);

/* The same of one curve file of any name, with the folder that it lies in. */
void run_folder_look_at_file(const char *path, struct run_folder *out, struct curve *curve);

/* No more work to do. */
bool run_folder_is_over(enum folder_state state);

/* Record a failure in `folder`, or forget one. Errors STATUS_IO. */
enum status run_folder_fail(const char *folder, const char *reason);
void run_folder_forget_failure(const char *folder);

/* The state to go on from: the last one, the one before it. */
extern const char *const run_folder_checkpoints[2];

/* The part of a variant that names a method: "alpha_online=10" of
 * "alpha_online=10,delayed_reward=5" for a delay of rewards is the dataset's matter. */
void run_folder_method_variant(const char *variant, char out[CURVE_VALUE]);

/* How people call what was run, for the attribute `title`: "TD3+ODT, alpha_online=10". */
enum status run_folder_set_title(struct curve *c);

#endif
