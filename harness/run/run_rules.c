#include "harness/run/run_rules.h"

#include <math.h>

double rules_online_target(const struct hyper *h, double data_mean, int64_t episode)
{
    if (!hyper_applies(h, "curriculum_base") || h->curriculum_base <= 0)
        return h->rtg_online;
    return h->rtg_eval - pow(h->curriculum_base, (double)episode) * (h->rtg_eval - data_mean);
}

int rules_guide_steps(const struct hyper *h, int64_t episode)
{
    if (!hyper_applies(h, "jsrl_n0") || h->jsrl_n0 <= 0)
        return 0;
    return (int)floor(h->jsrl_n0 * pow(h->jsrl_decay, (double)episode));
}

bool rules_budget_spent(const struct hyper *h, int64_t transitions, int64_t iterations)
{
    bool limited = hyper_applies(h, "max_online_iters") && h->max_online_iters > 0;
    return transitions >= h->stop_transitions || (limited && iterations >= h->max_online_iters);
}

bool rules_evaluation_due(const struct hyper *h, int64_t evaluated_at, int64_t transitions,
                          int64_t iterations)
{
    bool by_iteration = h->eval_every_unit == HYPER_eval_every_unit_iterations;
    return evaluated_at < 0 ||
           (by_iteration ? iterations : transitions) - evaluated_at >= h->eval_every;
}

int64_t rules_batches_due(const struct hyper *h, int64_t transitions)
{
    int64_t counted = transitions - h->start_transitions;
    return counted > 0 ? (int64_t)floor((double)counted * h->updates_per_transition) : 0;
}
