/* Metrics of a learner's updates, and how the numbers of many updates are combined.
 *
 * X(name, kind, meaning); the names are those of the curve's columns (harness/curve/curve.h).
 * Kinds:
 *
 *   MEAN     mean over the updates that have this metric
 *   LATEST   value of the last of them
 *   LARGEST  maximum over them
 *
 * stats_add looks up the kind, so it is stated only here. */
#ifndef ENGINE_METHODS_METRICS_H
#define ENGINE_METHODS_METRICS_H

#include "engine/base/visitor.h"

/* clang-format off */
#define LEARNER_METRICS(X)                                                                         \
    X(loss_actor,       MEAN,    "total actor loss")                                               \
    X(loss_supervised,  MEAN,    "its supervised part, before weighting")                          \
    X(loss_rl,          MEAN,    "its RL part, before weighting")                                  \
    X(loss_critic,      MEAN,    "critic loss; IQL+ODT: Q's and V's")                              \
    X(loss_critic_last, LATEST,  "critic loss of the last batch (Fig. 22)")                        \
    X(loss_value,       MEAN,    "V loss of IQL, PPO, AWR; PDT: loss of the return head")          \
    X(q_mean,           MEAN,    "mean of Q1 over the batch's real positions")                     \
    X(q_std,            MEAN,    "standard deviation of Q1 within a batch")                        \
    X(q_abs_max,        LARGEST, "|Q1| over the real positions of all batches")                    \
    X(target_mean,      MEAN,    "TD target")                                                      \
    X(grad_norm_actor,  MEAN,    "global norm before clipping")                                    \
    X(grad_norm_critic, MEAN,    "global norm of Q's gradient, or of V's where V learns alone")    \
    X(entropy,          MEAN,    "one-sample entropy")                                             \
    X(temperature,      LATEST,  "entropy coefficient after its step")                             \
    X(advantage_mean,   MEAN,    "advantage")                                                      \
    X(weight_mean,      MEAN,    "advantage weight")                                               \
    X(ratio_mean,       MEAN,    "PPO: pi/pi_old")                                                 \
    X(ratio_log_p05,    LATEST,  "PPO: 5 % quantile of the log ratio in the last batch")           \
    X(ratio_log_p50,    LATEST,  "PPO: its median")                                                \
    X(ratio_log_p95,    LATEST,  "PPO: its 95 % quantile")                                         \
    X(ratio_clipped,    MEAN,    "PPO: share outside the clip range")                              \
    X(kl_prior,         MEAN,    "PDT: KL to the prior")                                           \
    X(real_share,       MEAN,    "share of real positions in the batches; the rest is padding")
/* clang-format on */

enum learner_metric {
#define LEARNER_ENUM(name, kind, meaning) LEARNER_##name,
    LEARNER_METRICS(LEARNER_ENUM)
#undef LEARNER_ENUM
        LEARNER_METRIC_COUNT
};

extern const char *const learner_metric_names[];

/* Accumulates the metrics of many updates; zero-initialise. */
struct stats_sum {
    double sum[LEARNER_METRIC_COUNT];    /* of number times weight; or the number itself */
    double weight[LEARNER_METRIC_COUNT]; /* 0: nothing was added */
};

/* Metrics before this one are in every checkpoint; it came later. */
enum { LEARNER_METRICS_FIRST = LEARNER_real_share };

/* Both arrays under these names. Those of an older checkpoint end before LEARNER_METRICS_FIRST. */
enum status stats_visit(struct stats_sum *s, const char *sum, const char *weight,
                        struct visitor *v);

/* Add the value of one update, or the mean value of `weight` updates. */
void stats_add_weighted(struct stats_sum *s, enum learner_metric metric, double value,
                        double weight);
void stats_add(struct stats_sum *s, enum learner_metric metric, double value);

/* NaN when nothing was added. */
double stats_value(const struct stats_sum *s, enum learner_metric metric);

#endif
