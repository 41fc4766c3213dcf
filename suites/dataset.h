/* Datasets: D4RL's HDF5 files (and Minari's) as trajectories.
 *
 *   struct dataset_options o = dataset_defaults();
 *   o.reward_div = 100;
 *   TRY(dataset_load("door-human-v1", &o, &d));       an id, or a path
 *   ... d.list[0..d.count-1] ...
 *   dataset_free(&d);
 *
 * What is kept is held once, as float32: trajectories are views into the dataset's arrays, and
 * next_state is `state` one row further wherever the file has no successors of its own. So a
 * dataset must outlive whoever uses its trajectories.
 *
 * How the rows are cut depends on the suite (docs/methods.md 1.1, 1.2):
 *
 *   gym-mujoco       rows 0..N-1, next_state from the file; a trajectory ends after a row with
 *                    terminal or timeout, an unfinished tail is dropped
 *   adroit, maze2d   rows 0..N-2, next_state = the next row, also across ends: there
 *                    last_next_missing is set
 *   antmaze          D4RL's Q-learning view: timeout rows only serve as successors; a trajectory
 *                    ends at each reward and wherever the walk jumps, and every end counts as
 *                    terminal; of those of length 1 the first `singles_kept` stay
 *   Minari           one group, one trajectory; successors are all there
 *
 * A file without timeouts is cut at the environment's time limit instead.
 *
 * With `q_view` the list holds exactly the transitions of D4RL's qlearning_dataset, in pieces: the
 * unfinished tail belongs to it, the row of a timeout does not (its successor is not in the file),
 * and only the file's own terminals stop bootstrapping. TD3+BC and IQL learn from that.
 *
 * Every file is taken for hostile: shapes are checked against each other, the environment and the
 * file's real size before anything is allocated; numbers must be finite; links and storage that
 * lead out of the file are refused. Each failure is one sentence with file, field and remedy.
 * The HDF5 library is not thread-safe: load from one thread at a time. */
#ifndef SUITES_DATASET_H
#define SUITES_DATASET_H

#include "engine/data/trajectory.h"
#include "suites/dataset_identity.h"

enum { DATASET_ID = 96, DATASET_NOTE = 512, DATASET_ALL_SINGLES = -1 };

/* What results computed on a dataset must be labelled with, for ever. */
enum dataset_kind {
    DATASET_D4RL,      /* of its digest; where none is known: of its name and rows, no other mark */
    DATASET_GENERATED, /* made by `vitamin data generate`: the file says so */
    DATASET_DEV,       /* a "-dev" stand-in for development */
    DATASET_MINARI,    /* from Minari, converted or not: other environment versions */
    DATASET_OWN,       /* anything else */
};

/* "d4rl", "generated", "dev", "minari", "own". */
const char *dataset_kind_name(enum dataset_kind kind);

/* Where a file comes from, as far as it says itself. */
enum dataset_origin {
    ORIGIN_FILE,      /* it is silent: D4RL's, or anybody's */
    ORIGIN_GENERATED, /* made by `vitamin data generate` */
    ORIGIN_CONVERTED, /* by `vitamin data convert`, from one of some kind */
    ORIGIN_MINARI,
};

/* Look at the file, or Minari folder, at `path`, in a process of its own (guard.h). Decided in one
 * place together with the kind: a mark that cannot be read is an error, never an origin.
 * Errors  STATUS_IO (cannot be opened), STATUS_FORMAT (no HDF5, damaged marks), STATUS_MEMORY */
enum status dataset_origin(const char *path, enum dataset_origin *out);

struct dataset_options {
    const char *env;     /* row of env_table; NULL: from the id, the file's attributes or name */
    const char *folder;  /* where files lie; NULL: see dataset_locate */
    double reward_div;   /* learners get delayed / reward_div + reward_shift (suites/reward.h) */
    double reward_shift; /* AntMaze -1 */
    int delay;           /* M > 1: rewards paid every M steps and at a trajectory's end; else 0 */
    int singles_kept;    /* AntMaze: 9 (code) or 10 (paper); DATASET_ALL_SINGLES */
    bool q_view;         /* D4RL's Q-learning view, see above */
    bool content;        /* fill in dataset.content: a second per gigabyte */
};

/* Rewards as they are, all singles: what statistics are made of. */
struct dataset_options dataset_defaults(void);

struct dataset {
    char id[DATASET_ID];      /* "hopper-medium-v2"; else the file's name, bare */
    char path[FILE_PATH];     /* of the file */
    char content[SHA256_HEX]; /* see dataset_identity.h; "" unless asked for */
    bool verified;            /* its SHA-256 is that of D4RL's file */
    enum dataset_kind kind;
    char note[DATASET_NOTE]; /* how it was made, one line; "" when the file is silent */
    const struct env_kind *env;
    const struct dataset_entry *entry; /* NULL when it is none of the paper's */
    struct score_range score;          /* the entry's, else the environment's */
    int S, A;

    int64_t rows;            /* in the file */
    int64_t transitions;     /* in `list` */
    int64_t unused;          /* rows - transitions: tails, timeout rows, dropped singles */
    int singles_dropped;     /* AntMaze */
    struct trajectory *list; /* in the file's order */
    int count;

    struct dataset_store *store; /* the arrays that the views look into */
};

/* Everything but the numbers: id, path, kind, note, environment, rows, whether it is D4RL's by its
 * digest. Nothing to free. Errors as dataset_load's up to reading */
enum status dataset_describe(const char *name, const struct dataset_options *options,
                             struct dataset *out);

/* Load and cut. On failure *out is empty and need not be freed.
 *
 * Errors  STATUS_MISSING (no such file), STATUS_FORMAT (not HDF5, damaged, no such field, wrong
 *         type, links outside, no complete trajectory), STATUS_SHAPE (lengths, or another
 *         environment's sizes), STATUS_NONFINITE, STATUS_CONFIG (options; an environment must be
 * named), STATUS_MEMORY, STATUS_IO Threads checks run on as many as threads_set allows; same bits
 * for any number */
enum status dataset_load(const char *name, const struct dataset_options *options,
                         struct dataset *out);
void dataset_free(struct dataset *d);

/* SHA-256 of the file, or of a Minari folder's main file. Reads it once more, so it is not part of
 * loading. Errors STATUS_IO. */
enum status dataset_digest(const struct dataset *d, char out[SHA256_HEX]);

/* Normalised raw returns of all trajectories. */
enum status dataset_summarise(const struct dataset *d, struct score_summary *out);

#endif
