/* One run as the comparison with the released program sees it: the same few numbers of each of its
 * iterations and evaluations, from a curve of ours or from results/reference/tiny.csv. */
#ifndef REPORT_RUN_LOG_H
#define REPORT_RUN_LOG_H

#include "report/results/results.h"

/* X(name, decimals): a column of tiny.csv, which a curve has too; decimals to which the file rounds
 * it, -1: six digits. Scores and lengths: of an iteration's rollouts, or of an evaluation. */
#define RUN_LOG_COLUMNS(X)                                                                         \
    X(score_mean, 4)                                                                               \
    X(score_std, 4)                                                                                \
    X(length, 2)                                                                                   \
    X(loss_actor, -1)                                                                              \
    X(loss_supervised, -1)                                                                         \
    X(loss_rl, -1)                                                                                 \
    X(loss_critic, -1)                                                                             \
    X(q_mean, -1)                                                                                  \
    X(q_std, -1)                                                                                   \
    X(q_abs_max, -1)                                                                               \
    X(grad_norm_actor, -1)                                                                         \
    X(entropy, -1)                                                                                 \
    X(temperature, -1)

enum run_log_column {
#define RUN_LOG_ENUM(name, decimals) RUN_LOG_##name,
    RUN_LOG_COLUMNS(RUN_LOG_ENUM)
#undef RUN_LOG_ENUM
        RUN_LOG_COLUMN_COUNT
};

enum run_log_kind { RUN_LOG_TRAIN, RUN_LOG_EVALUATION, RUN_LOG_KINDS };

/* Of one iteration, 0 = pretraining: what its updates and rollouts gave, or an evaluation behind
 * it. NaN: there is no such number. */
struct run_log_row {
    int iteration;
    double value[RUN_LOG_COLUMN_COUNT];
};

struct run_log {
    char dataset[RESULTS_ID], method[RESULTS_ID];
    int64_t seed;
    struct run_log_row *row[RUN_LOG_KINDS]; /* in order of their iterations */
    int rows[RUN_LOG_KINDS];
};

void run_log_free(struct run_log *l);

/* The run of a curve, rounded as the file rounds: blocks of pretraining become one row; scores have
 * their population standard deviation. q_abs_max is NaN in curves from before it was the largest
 * |Q1| (attribute `metrics`). Errors STATUS_FORMAT (the dataset's environment has no scores),
 * STATUS_MEMORY. */
enum status run_log_of_curve(const struct curve *c, const char *dataset, struct run_log *out);

/* The recorded runs of the released program: for free() after run_log_free of each. `text` is a
 * file's, NULL: the program's own copy of results/reference/tiny.csv. Errors STATUS_FORMAT with
 * file and line, STATUS_MEMORY. */
enum status run_log_read(const char *name, const char *text, struct run_log **out, int *count);

/* Has `l` rows of the same iterations? */
bool run_log_same_rows(const struct run_log *l, const struct run_log *other);

#endif
