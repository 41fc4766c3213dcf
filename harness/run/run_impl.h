/* The parts of run.c: set-up and loop (run.c), training and rollouts (run_train.c), evaluation
 * (evaluate.c), what is kept (run_store.c, run_stamp.c), times (run_clock.c, run_progress.c). */
#ifndef HARNESS_RUN_IMPL_H
#define HARNESS_RUN_IMPL_H

#include "engine/base/lock.h"
#include "engine/data/replay.h"
#include "engine/data/transitions.h"
#include "engine/methods/learner.h"
#include "harness/base/progress.h"
#include "harness/curve/checkpoint.h"
#include "harness/curve/run_folder.h"
#include "harness/run/rollout.h"
#include "harness/run/run.h"
#include "suites/dataset.h"

#include <time.h>

#define RUN_EXTEND "checkpoint.extend.h5"

enum run_timer {
    TIMER_ROLLOUT,
    TIMER_SAMPLE,
    TIMER_CRITIC,
    TIMER_ACTOR,
    TIMER_EVALUATE,
    TIMER_STORE,
    TIMER_OTHER,
    TIMERS
};

/* Sums of what the current iteration reports; survives a checkpoint in its middle. */
struct run_sums {
    struct stats_sum metrics;
    double returns, lengths;
    int64_t trajectories;
};

struct run {
    const struct run_request *request;
    struct hyper hyper;
    char config_hash[SHA256_HEX];
    char *config_text;
    uint64_t key;     /* streams of this seed */
    uint64_t env_key; /* streams of environments: the run's, or a constant (D60) */

    /* data */
    struct dataset dataset;
    struct trajectory *offline; /* dataset.list sorted by return, the worst one dropped */
    int offline_count;
    double offline_mean_return; /* modified, of all trajectories: where the curriculum starts */
    /* of the file as it is, for the curve */
    struct score_summary file_summary;
    int64_t file_transitions;
    int file_trajectories;
    struct normalizer normalizer;
    struct replay pretrain; /* segments of the offline data */
    struct replay replay;   /* online phase */
    struct replay rollouts; /* PPO, AWR: the rollouts alone */
    struct transitions transitions;
    bool by_transition; /* rollout unit is one step (TD3+BC, IQL, SAC from scratch) */
    bool keeps_rollouts, clears_rollouts, starts_empty;

    struct learner *learner;
    struct run_guide *guide; /* JSRL's oracle, or NULL */
    struct env_options env_options;
    struct env *train_env;
    struct env **eval_env; /* (eval_episodes) */
    int max_steps;

    /* progress, all of it in the checkpoint */
    int32_t online;           /* the online phase has begun */
    int64_t pretrained;       /* actor updates (segments) or batches (transitions) of pretraining */
    int64_t iteration;        /* online iterations completed */
    int64_t transitions_done; /* online transitions */
    int64_t uncounted;        /* PDT's warm-up when it does not count */
    int64_t episodes;         /* training episodes begun */
    int64_t evaluated_at;     /* iteration or transitions of the last evaluation; -1 none */
    int64_t eval_episodes_done;
    int64_t pending_batches; /* of the iteration under way */
    int64_t batches_owed;    /* batches done against updates_per_transition */
    int32_t mid_episode;     /* train_env is within an episode (by_transition) */
    double episode_return;
    double seconds; /* wall time before this process */
    struct run_sums sums;

    struct curve curve;
    /* this process only */
    struct timespec started, last_checkpoint, last_report;
    double processor_started; /* processor seconds of this process before the run */
    double timer[TIMERS];     /* seconds of the iteration under way */
    enum run_timer running;   /* which stopwatch runs, since `since` */
    struct timespec since;
    int64_t iterations_here;
    /* The phase (pretraining, online) in this process: its begin, where it stood then, and seconds
     * of what is complete, for the progress line. */
    struct timespec phase_started;
    int64_t phase_first; /* batches of pretraining, or transitions */
    double phase_timer[TIMERS];
    int64_t batches_of_block; /* pretraining: done in the block under way */
    struct lock lock;
    bool alone;           /* the lock is held */
    bool begun;           /* all is set up, from now on the folder holds something to go on from */
    bool extends;         /* the folder holds this run, complete, with a smaller budget */
    struct commit commit; /* of curve.h5, while the run goes on */
    bool curve_lost;      /* curve.h5 was damaged and is to be made again from the checkpoint */
    bool live;            /* one rewritten line on a terminal */
};

/* run_clock.c: stop the running stopwatch, start another. */
void run_switch(struct run *r, enum run_timer to);
/* The iteration's times into its row of the curve, and on from zero. */
/* Processor time over wall time and threads since the run was started here: less than 1 where it
 * waited for others. */
void run_start_clocks(struct run *r);
double run_processor_share(const struct run *r);
void run_take_timers(struct run *r, double column[CURVE_METRIC_COUNT]);
void run_begin_phase(struct run *r);

/* run.c */
bool run_should_stop(const struct run *r);
/* SAC from scratch: `dataset` only names the environment. */
bool run_takes_no_data(const struct hyper *h);
enum status run_path(const struct run *r, const char *name, char out[FILE_PATH])
    __attribute__((warn_unused_result));

/* run_train.c */
enum status run_pretrain_block(struct run *r, bool *done);
enum status run_begin_online(struct run *r);
/* Roll out and update until the iteration is complete or a stop is asked for. */
enum status run_iteration(struct run *r);
int64_t run_pretrain_total(const struct run *r);

/* run_policy.c: the present policy as a file in the run's folder, if the run keeps it; and JSRL's
 * guide from such a file. */
enum status run_write_policy(const struct run *r, const char *name);
/* After an evaluation: the same as policy_best.h5, if no evaluation before was as good. */
enum status run_keep_best(const struct run *r);
enum status run_open_guide(struct run *r);
/* The SHA-256 of the guide's file; "" without a guide. */
const char *run_guide_digest(const struct run *r);
const char *run_guide_file(const struct run *r);
void run_close_guide(struct run *r);
void run_guide_act(void *guide, const float *state, int t, float *action);

/* run_progress.c: a line a minute, or one rewritten line on a terminal; `force`: now. */
void run_progress(struct run *r, bool force);

/* run_bandit.c: the whole run of the single-state MDP. */
enum status run_bandit(struct run *r);

/* evaluate.c: eval_episodes episodes, appended to the curve. */
enum status evaluate(struct run *r);
/* How its episodes are played: those numbered from `first`, with the streams of `run`. */
struct rollout_spec evaluation_spec(const struct hyper *h, uint64_t run, int max_steps,
                                    uint64_t first);

/* run_targets.c: at the end, the episodes of the last evaluation for each of a range of target
 * returns, into the curve; nothing where target_sweep is 0. *stopped: a stop was asked for before
 * all were done, and a resume begins with the first again. */
enum status run_sweep_targets(struct run *r, bool *stopped);

/* run_resume.c: begin anew, or go on from a checkpoint if what decides the result is as it was.
 * Errors STATUS_CONFIG: it is not. */
enum status run_resume(struct run *r);
/* Is there a finished curve of this very run? Another run's is an error, and so is one that cannot
 * be read now; a damaged one is noted in r->curve_lost, for run_set_aside() once there is a log. */
enum status run_look_for_complete(struct run *r, bool *complete, struct run_summary *summary);
/* Rename a damaged file of the run, and say so. */
enum status run_set_aside(const struct run *r, const char *name);
void run_remove_checkpoints(const struct run *r);
/* Write checkpoint.extend.h5, if the request wants it. */
enum status run_keep_state(struct run *r);
/* Read it. Errors STATUS_MISSING, those of checkpoint_read. */
enum status run_read_state(struct run *r);
/* The digest of a configuration's text without the keys that an extension may change. */
enum status run_hash_but_budget(const char *config, char out[SHA256_HEX]);
/* Will the budget cut the iteration that comes next, or did it cut the last one? Then it is shorter
 * than it would be with a larger budget. */
bool run_budget_cuts(const struct run *r);

/* run_store.c */
enum status run_visit(void *context, struct visitor *v);
enum status run_add_iteration(struct run *r);
enum status run_save(struct run *r); /* curve, then checkpoint */
enum status run_save_curve(struct run *r, const char *state);

/* run_stamp.c: the curve's attributes, when the run begins; those that every run has; and those
 * that a run lacks which an older program began. */
enum status run_stamp(struct run *r);
enum status run_stamp_names(struct run *r, const char *label, const char *dataset, int64_t budget);
enum status run_stamp_older(struct run *r);
/* What the budget decides: the attributes budget, config_hash and reduced, and the configuration.
 */
enum status run_stamp_budget(struct run *r);

#endif
