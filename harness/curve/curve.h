/* The result file of one run: everything that a table, a figure or a doubter needs.
 *
 *   curve.h5
 *   |-- attributes              text, one each: what the run is and where it comes from (below)
 *   |-- config                  text: the effective configuration, sorted `key = value` lines
 *   |-- evaluation/             one row an evaluation; N rows, E episodes
 *   |   |-- iteration       (N)    online iterations done; 0 after pretraining
 *   |   |-- transitions     (N)    online transitions collected
 *   |   |-- gradient_steps  (N)    actor updates done, pretraining included
 *   |   |-- seconds         (N)    wall time of the run so far, resumes added up
 *   |   |-- raw_return      (N,E)  sum of the environment's own rewards
 *   |   |-- score           (N,E)  D4RL-normalised, 0 = random, 100 = reference
 *   |   |-- length          (N,E)  steps
 *   |   `-- success         (N,E)  1 when the task's own success rule held
 *   |-- iteration/              one row a pretraining block or online iteration; M rows
 *   |   `-- <metric>        (M)    see CURVE_METRICS; NaN where a method has none
 *   |-- segments/                  runs only that another program or machine resumed
 *   |   `-- 1, 2, ...              one group each: evaluations, iterations (rows that the segments
 *   |                              before it made) and its own revision, dirty, program, ...
 * (below)
 *   |-- targets/                 runs with target_sweep only: the last policy's episodes
 *   |   |-- attributes           data_worst, data_best: extreme returns of the data
 *   |   |-- target         (G)   rising; modified reward units, as data_* and real_return
 *   |   |-- real_return    (G,E) of the last evaluation's episodes, played again
 *   |   `-- raw_return     (G,E) the same in the environment's own rewards
 *   `-- bandit/                 runs of the single-state MDP only; P rollouts of 64 actions
 *       |-- gradient_steps  (P)
 *       |-- action, reward  (P,64)
 *       |-- critic          (P,G)  on `grid` (G) actions; NaN without a critic
 *       `-- policy          (P,R)  action for `return_to_go` (R); NaN for a policy without one
 *
 * The file ends with a seal (engine/base/seal.h). Curves of format "vitamin curve 1" are without
 * one and without segments; they are read too.
 *
 * Attributes every run has: format ("vitamin curve 2"), matrix ("": of none), method, label,
 * variant (what sets it apart in its matrix, "alpha_online=10"; ""), title (label and variant, for
 * people), dataset, suite, preset, size, seed, status (running | complete | diverged | failed),
 * budget (transitions at which its score is to be read), config_hash, dataset_kind (d4rl |
 * generated | dev | minari | own | none), dataset_path, dataset_sha256 (of the file),
 * dataset_content (suites/dataset_identity.h; none in older curves), dataset_note,
 * dataset_transitions, dataset_trajectories, dataset_mean, dataset_sd (of normalised returns),
 * dataset_sd_printed (as the paper's scripts compute it), peak_memory_gb, processor_share
 * (processor time over wall time and threads since the last start), revision, dirty (0 | 1),
 * program (SHA-256 of the executable), compiler, flags, versions, blas_core, machine (these eight
 * of the first segment), kernel (path of our own products: engine/nn/kernel.h), precision (f32 |
 * bf16 | bf16_amx, of the products), host, threads, started, updated (ISO 8601), resumes, metrics
 * (2: see CURVE_METRICS), reduced (what is smaller than in the paper, or "").
 *
 * Invariants
 *   1. A curve lives in memory and is written whole: temporary file, sync, rename. A reader sees
 *      the last complete state at any time; a kill loses at most what came after it. A row of a run
 *      under way is synced in the background, before the rename (commit.h): when power fails, the
 *      last row may be missing, but a checkpoint is only written once the rows it knows are on
 * disk.
 *   2. Rows are in order of time. After a resume, rows beyond the checkpoint are dropped and made
 *      again, bit for bit the same.
 *   3. Everything but `seconds*` columns and the attributes host, machine, program, started,
 *      updated, resumes, threads, peak_memory_gb, processor_share, guide_path, variant, title,
 * kernel is a function of (configuration, seed, code, BLAS core): curve_compare. Curves from before
 * variant and title were attributes are named by their folder: run_folder.h.
 *   4. No byte of a sealed file is believed before its seal was found to hold. */
#ifndef HARNESS_CURVE_H
#define HARNESS_CURVE_H

#include "engine/base/commit.h"
#include "engine/base/status.h"
#include "engine/base/visitor.h"
#include "engine/methods/metrics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CURVE_KEY = 32, CURVE_VALUE = 1024 };

/* Attribute `metrics`: raised when a column gets another meaning. */
#define CURVE_METRICS_VERSION "2"

/* Columns of /iteration: the learner's between the harness's own. X(name, kind, meaning); kinds as
 * in engine/methods/metrics.h, over the updates of the block or iteration, and SUM: over all of it.
 * Runs begun before the attribute `metrics` was 2 lack it: their q_abs_max may be the largest of
 * means over up to ten updates. */
/* clang-format off */
#define CURVE_METRICS(X)                                                                           \
    X(phase,              LATEST, "0 pretraining, 1 online")                                       \
    X(iteration,          LATEST, "online iterations done; 0 in pretraining")                      \
    X(transitions,        LATEST, "online transitions collected")                                  \
    X(gradient_steps,     LATEST, "actor updates done")                                            \
    X(trajectories,       SUM,    "trajectories rolled out in this iteration")                     \
    X(rollout_return,     MEAN,   "their raw return")                                              \
    X(rollout_length,     MEAN,   "their length")                                                  \
    X(replay_transitions, LATEST, "transitions held by the replay")                                \
    LEARNER_METRICS(X)                                                                             \
    X(seconds_rollout,    SUM,    "wall time in rollouts")                                         \
    X(seconds_sample,     SUM,    "wall time drawing batches")                                     \
    X(seconds_critic,     SUM,    "wall time in critic updates")                                   \
    X(seconds_actor,      SUM,    "wall time in actor updates")                                    \
    X(seconds_evaluate,   SUM,    "wall time in evaluation")                                       \
    X(seconds_store,      SUM,    "wall time writing curve and checkpoint")
/* clang-format on */

enum curve_metric {
#define CURVE_ENUM(name, kind, meaning) CURVE_##name,
    CURVE_METRICS(CURVE_ENUM)
#undef CURVE_ENUM
        CURVE_METRIC_COUNT
};

/* Metric m of the learner is column CURVE_LEARNER_FIRST + m. */
enum { CURVE_LEARNER_FIRST = CURVE_replay_transitions + 1 };

/* Column names, CURVE_METRIC_COUNT of them. */
extern const char *const curve_metric_names[];

struct curve_evaluation {
    int64_t iteration, transitions, gradient_steps;
    double seconds;
    double *raw_return, *score; /* (E) */
    int32_t *length;            /* (E) */
    uint8_t *success;           /* (E) */
};

struct curve_iteration {
    double value[CURVE_METRIC_COUNT];
};

struct curve_bandit {
    int rollouts, actions, grid_size, policy_size; /* P, 64, G, R */
    int64_t *gradient_steps;                       /* (P) */
    double *action, *reward;                       /* (P,64) */
    double *grid, *critic;                         /* (G), (P,G) */
    double *return_to_go, *policy;                 /* (R), (P,R) */
};

/* What became of each target return: see the drawing above. */
struct curve_targets {
    int targets, episodes;            /* G, E */
    double data_worst, data_best;     /* modified reward units */
    double *target;                   /* (G) */
    double *real_return, *raw_return; /* (G,E) */
};

struct curve_attribute {
    char key[CURVE_KEY];
    char value[CURVE_VALUE];
};

/* What decides the bits besides configuration, seed and data: the attributes by which segments are
 * told apart. X(name) */
#define CURVE_ORIGINS(X)                                                                           \
    X(revision) X(dirty) X(program) X(compiler) X(flags) X(versions) X(blas_core) X(machine)

enum curve_origin {
#define CURVE_ENUM(name) CURVE_ORIGIN_##name,
    CURVE_ORIGINS(CURVE_ENUM)
#undef CURVE_ENUM
        CURVE_ORIGIN_COUNT
};

/* Attribute names, CURVE_ORIGIN_COUNT of them. */
extern const char *const curve_origin_names[];

/* The part of a run that another program, or the same on another machine, made after a resume. */
struct curve_segment {
    int32_t evaluations, iterations; /* rows that come before it */
    char origin[CURVE_ORIGIN_COUNT][CURVE_VALUE];
};

/* Plain data; zero-initialise, free with curve_free. */
struct curve {
    struct curve_attribute *attribute;
    int attributes;
    char *config; /* NUL-terminated text, or NULL */
    int episodes; /* E, the same for every evaluation; 0 before the first */
    struct curve_evaluation *evaluation;
    int evaluations;
    struct curve_iteration *iteration;
    int iterations;
    struct curve_segment *segment; /* those after the first; the first is the attributes' */
    int segments;
    struct curve_bandit bandit;   /* rollouts = 0: not a bandit run */
    struct curve_targets targets; /* targets = 0: no sweep of target returns */
    bool sealed;                  /* it was read from a file whose seal holds */
};

void curve_free(struct curve *c);

/* Set or replace an attribute. Errors STATUS_MEMORY; too long a value is cut with "...". */
enum status curve_set(struct curve *c, const char *key, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
bool curve_has(const struct curve *c, const char *key);
/* Its value; "" when there is none. */
const char *curve_get(const struct curve *c, const char *key);
/* Its value as a number; `otherwise` when there is none. An integer too large is the nearest. */
double curve_get_number(const struct curve *c, const char *key, double otherwise);
int64_t curve_get_integer(const struct curve *c, const char *key, int64_t otherwise);

enum status curve_set_config(struct curve *c, const char *text);
/* The value of `key` in the `key = value` lines of a configuration, cut to `size`; its default if
 * it is not there and came later than the first recorded runs; else "". Returns `out`. */
const char *curve_config_value(const char *config, const char *key, char *out, size_t size);

/* In which keys two configurations differ, for people: "alpha_online (0.1 there, 10 here), ...",
 * the first few by name. Returns how many there are. */
int curve_config_differences(const char *there, const char *here, char *out, size_t size);

/* Append a row; arrays are copied. Errors STATUS_SHAPE (another number of episodes), STATUS_MEMORY.
 */
enum status curve_add_evaluation(struct curve *c, const struct curve_evaluation *row, int episodes);
enum status curve_add_iteration(struct curve *c, const struct curve_iteration *row);
/* Begin a segment behind the rows that there are; the values of its origins are copied. */
enum status curve_add_segment(struct curve *c, const char *const origin[CURVE_ORIGIN_COUNT]);
/* An origin's value in the segment that wrote the last rows. */
const char *curve_last_origin(const struct curve *c, enum curve_origin which);
/* Where each further segment begins and what it changed, for people; "" when there is one only:
 * "from iteration row 12 on: blas_core Zen instead of Haswell". Returns the number of segments. */
int curve_describe_segments(const struct curve *c, char *out, size_t size);
/* Make room for a bandit's rows, filled with NaN. */
enum status curve_init_bandit(struct curve *c, int rollouts, int actions, int grid_size,
                              int policy_size);
/* Make room for a sweep of target returns, filled with NaN; one that is there goes. */
enum status curve_init_targets(struct curve *c, int targets, int episodes);
/* What the episodes of target g returned, on average. */
double curve_target_return(const struct curve_targets *t, int g);
/* An iteration row with every metric NaN. */
struct curve_iteration curve_blank_iteration(void);

/* Keep the first rows only: what a resume does with rows beyond its checkpoint. */
void curve_truncate(struct curve *c, int evaluations, int iterations);

/* Mean score of an evaluation. */
double curve_mean_score(const struct curve *c, int evaluation);

/* What survives a restart: everything but the arrays of a bandit and of a target sweep, which are
 * made at the end. */
enum status curve_visit(struct curve *c, struct visitor *v);

/* Write atomically, sealed. Errors STATUS_IO (full disk), STATUS_MEMORY. */
enum status curve_write(const struct curve *c, const char *path);
/* The same, but the disk syncs while the caller goes on; commit_end() says how it went. */
enum status curve_begin_write(const struct curve *c, const char *path, struct commit *commit);
/* Read whole. Errors
 *   STATUS_MISSING  there is no such file
 *   STATUS_IO       it is there and cannot be read now; STATUS_MEMORY
 *   STATUS_DAMAGED  its seal does not hold or is lacking, or it is no readable HDF5 file
 *   STATUS_FORMAT   a curve of another version, or HDF5 that is no curve */
enum status curve_read(const char *path, struct curve *out);
/* Bytes of memory that a curve takes, about. */
size_t curve_memory(const struct curve *c);

/* STATUS_OK when equal in every bit of what invariant 3 promises; else STATUS_FORMAT with the
 * first difference in the sentence. `rows_of_a`: a may be a prefix of b. */
enum status curve_compare(const struct curve *a, const struct curve *b, bool rows_of_a);

#endif
