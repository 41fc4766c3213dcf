/* One run: a method on a dataset with a seed, from pretraining to the end of its budget.
 *
 *   pretrain  ->  evaluate (x = 0)  ->  [ roll out, update, every n-th: evaluate ] until the budget
 *
 * One loop for all methods; what differs is data (struct hyper). The run's folder:
 *
 *   curve.h5        the result so far (curve.h), replaced whole at every evaluation and checkpoint
 *   checkpoint.h5   the state to go on from (checkpoint.h); removed when the run is complete
 *   checkpoint.extend.h5  on request: the last state that the budget had not shaped yet. A complete
 *                   run with it goes on to a larger budget (stop_transitions and score_at may
 *                   differ, nothing else), bit for bit as a run that had that budget at once
 *   policy.h5       the final policy (kept_policy.h), if the request or the method keeps it
 *   policy_offline.h5  likewise, after pretraining, as soon as that is over: a guide for JSRL
 *   policy_best.h5  that of the best evaluation, on request
 *   policy_NAME.h5  the policy nearest to a level (run_level.h)
 *   config.ini      the effective configuration, as `vitamin config` prints it
 *   run.log         what was said on stderr
 *   lock            held while a process works here
 *
 * A run that finds its own checkpoint goes on from it, bit for bit as if never stopped; a complete
 * one does nothing. Source: docs/methods.md 4, 5, 16, 17. */
#ifndef HARNESS_RUN_H
#define HARNESS_RUN_H

#include "engine/base/file.h"
#include "engine/base/sha256.h"
#include "harness/config/config.h"
#include "harness/curve/curve.h"
#include "harness/run/run_level.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/* Which policies a run leaves as files (kept_policy.h). */
enum run_keep {
    RUN_KEEP_NONE,  /* only those of plain networks (TD3+BC, IQL, SAC), which guide other runs */
    RUN_KEEP_FINAL, /* the final one and that after pretraining */
    RUN_KEEP_BEST   /* and that of the best evaluation */
};

#define RUN_KEEP_WORDS "none|final|best"

/* One of these words. Errors STATUS_CONFIG. */
enum status run_keep_named(const char *word, unsigned *keep);

struct run_request {
    struct config_request config; /* .dataset is an id or a path; .suite is filled in by the run */
    uint64_t seed;
    const char *folder;      /* the run's folder */
    const char *data_folder; /* where datasets lie; NULL: as dataset_locate looks */
    const char *matrix;      /* name of the matrix it belongs to, or NULL */
    const char *variant;     /* what sets it apart there ("alpha_online=10"); NULL or "": nothing */
    const char *results;     /* what {results} in jsrl_guide_file stands for; NULL: refused */
    double checkpoint_every; /* seconds between checkpoints; 0: at every iteration */
    int64_t stop_after;      /* leave after so many iterations (tests); 0: no limit */
    int stop_rows;           /* leave once the curve has so many iteration rows; 0: no limit */
    const struct run_level *level; /* (levels) keep their policies, and leave once all are reached
                                      with STATUS_INTERRUPTED and a checkpoint */
    int levels;
    unsigned keep;        /* enum run_keep */
    bool keep_checkpoint; /* leave checkpoint.extend.h5, from which a larger budget goes on */
    bool quiet;           /* no progress on stderr */
    bool spare_threads;   /* of the threads there are, use only those that help (learner.h) */
    /* Set by a signal handler: checkpoint and leave with STATUS_INTERRUPTED. May be NULL. */
    const volatile sig_atomic_t *stop;
};

struct run_summary {
    bool already_complete;
    int64_t transitions, iterations;
    double first_score, last_score; /* NaN without an evaluation */
    double seconds;                 /* of the whole run, resumes added up */
};

/* Where the policy lies that guides a run of these settings, whose dataset is of `env`: for
 * {results} at its begin stands `results` (NULL: refused), for a `*` the environment. out is "" for
 * a run without a guide of its own file. Errors STATUS_CONFIG, STATUS_IO (too long). */
enum status run_guide_path(const struct hyper *h, const char *results, const char *env,
                           char out[FILE_PATH]);

/* Errors STATUS_CONFIG, STATUS_MISSING (the dataset: the sentence says how to get it),
 * STATUS_NONFINITE (diverged: the curve says so and stays), STATUS_INTERRUPTED (go on later),
 * STATUS_BUSY (another process is at it), STATUS_IO, STATUS_MEMORY */
enum status run_execute(const struct run_request *request, struct run_summary *summary);

/* The effective configuration: fills in config->suite, and makes config->dataset the bare id when
 * it is a path. Of data whose name does not begin with an environment, or with another than
 * config->env, the file is asked: then config->env and config->own are filled in too. Errors
 * STATUS_CONFIG, dataset_describe()'s. */
enum status run_configure(struct config_request *config, struct hyper *h);

/* What tells configurations apart: SHA-256 of config_identity. Errors STATUS_MEMORY. */
enum status run_config_hash(const struct hyper *h, char out[SHA256_HEX]);

/* The content digest of the dataset that a curve's run used (suites/dataset_identity.h), as
 * recorded or known of its file; "": neither. */
const char *run_dataset_content(const struct curve *c);

/* The key of a run's random streams: from dataset and seed alone, so that methods share the
 * initial parameters and batches of a pretraining they have in common (D61). */
uint64_t run_key(const char *dataset, uint64_t seed);

#endif
