/* What all learners report about their updates. */
#include "engine/methods/learner_impl.h"

#include <math.h>

void stats_finish(const struct stats_sum *s, struct learner_stats *out)
{
    if (out == NULL)
        return;
    for (int i = 0; i < LEARNER_METRIC_COUNT; i++)
        out->value[i] = stats_value(s, (enum learner_metric)i);
}

enum status learner_check_loss(double loss, const char *what, int64_t update)
{
    if (isfinite(loss))
        return STATUS_OK;
    return status_fail(STATUS_NONFINITE,
                       "the %s is %g in update %lld; lower a learning rate, or look at the "
                       "dataset's rewards and the critic's Q in the curve",
                       what, loss, (long long)update);
}
