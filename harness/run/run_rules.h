/* The outer loop's rules as plain functions of the configuration and of counters, so that tests can
 * hold them against the text. Source docs/methods.md 4, 5, 18. */
#ifndef HARNESS_RUN_RULES_H
#define HARNESS_RUN_RULES_H

#include "engine/methods/hyper.h"

/* Target return of training episode 0, 1, ...; the curriculum of Fig. 24 comes from the data's mean
 * return: rtg_eval - base^episode (rtg_eval - data_mean). Without: rtg_online. */
double rules_online_target(const struct hyper *h, double data_mean, int64_t episode);

/* Steps that JSRL's guide acts in: floor(n0 decay^episode). */
int rules_guide_steps(const struct hyper *h, int64_t episode);

/* No further iteration: transitions reach the budget, or iterations their limit. */
bool rules_budget_spent(const struct hyper *h, int64_t transitions, int64_t iterations);

/* `evaluated_at` in the unit of eval_every, -1: never. */
bool rules_evaluation_due(const struct hyper *h, int64_t evaluated_at, int64_t transitions,
                          int64_t iterations);

/* Batches that so many online transitions of a method on single transitions ask for; the first
 * start_transitions ask for none. */
int64_t rules_batches_due(const struct hyper *h, int64_t transitions);

#endif
