/* Shared by the files that test claims. */
#ifndef REPORT_CLAIMS_IMPL_H
#define REPORT_CLAIMS_IMPL_H

#include "report/claims/claims.h"
#include "report/claims/selection.h"

/* One per claim_test. On entry the outcome is empty and untestable. A test without runs leaves it
 * so. Errors STATUS_MEMORY. */
typedef enum status claim_function(const struct report *r, const struct claim_part *p,
                                   struct claim_outcome *o);

/* claim_means.c: finals and increases. */
claim_function claim_difference, claim_each, claim_level, claim_most_below, claim_gain,
    claim_gain_difference, claim_drop, claim_interaction, claim_better, claim_best_iqm,
    claim_variance, claim_trend, claim_knob;

/* claim_runs.c: what a run's curve tells beyond its final score. */
claim_function claim_wobble, claim_reach, claim_peak, claim_later, claim_halved, claim_large_q,
    claim_ratio, claim_loss, claim_cost;

/* claim_bandit.c: the single-state MDP. */
claim_function claim_share_found, claim_critic_error, claim_near_data;

/* claim_targets.c: what pretrained policies earn for the returns that they are asked for. */
claim_function claim_target_share, claim_target_beyond, claim_target_within;

/* claim_theory.c: what `vitamin theory` computed. */
claim_function claim_theory;

/* The interval of a mean over picked runs; keeps tasks and wanted. No runs: nothing happens. */
enum status claim_mean(const struct report *r, const char *who, const char *where,
                       selection_value *value, const void *context, struct claim_outcome *o);

/* The same of a minus b. */
enum status claim_mean_difference(const struct report *r, const struct claim_part *p,
                                  selection_value *value, struct claim_outcome *o);

/* Any statistic of a's runs and b's, on the datasets that both have. */
typedef enum status claim_statistic(const struct matrix *a, const struct matrix *b,
                                    const struct bootstrap *bootstrap, struct interval *out);
enum status claim_pair(const struct report *r, const struct claim_part *p, selection_value *value,
                       claim_statistic *statistic, struct claim_outcome *o);

/* "alpha_online: 0.001 0.01" taken apart; returns how many values. */
enum { CLAIM_KNOB_VALUES = 16 };
int claim_knob_values(const char *knob, char key[64], double value[CLAIM_KNOB_VALUES]);
/* "td3_odt{alpha_online=0.01}" */
void claim_knob_who(const char *who, const char *key, double value, char *out, size_t size);

#endif
