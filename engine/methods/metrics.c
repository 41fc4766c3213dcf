#include "engine/methods/metrics.h"

#include <math.h>

const char *const learner_metric_names[] = {
#define LEARNER_NAME(name, kind, meaning) #name,
    LEARNER_METRICS(LEARNER_NAME)
#undef LEARNER_NAME
};

enum kind { MEAN, LATEST, LARGEST };

static const enum kind kinds[] = {
#define LEARNER_KIND(name, kind, meaning) kind,
    LEARNER_METRICS(LEARNER_KIND)
#undef LEARNER_KIND
};

void stats_add_weighted(struct stats_sum *s, enum learner_metric metric, double value,
                        double weight)
{
    double *sum = &s->sum[metric], *all = &s->weight[metric];
    if (kinds[metric] == MEAN) {
        *sum += weight * value;
        *all += weight;
        return;
    }
    if (kinds[metric] == LATEST || *all == 0 || value > *sum)
        *sum = value;
    *all = 1;
}

void stats_add(struct stats_sum *s, enum learner_metric metric, double value)
{
    stats_add_weighted(s, metric, value, 1);
}

double stats_value(const struct stats_sum *s, enum learner_metric metric)
{
    return s->weight[metric] > 0 ? s->sum[metric] / s->weight[metric] : (double)NAN;
}

enum status stats_visit(struct stats_sum *s, const char *sum, const char *weight, struct visitor *v)
{
    size_t n = LEARNER_METRIC_COUNT, first = LEARNER_METRICS_FIRST;
    if (v->fills && visit_expect(v, sum, n) != STATUS_OK &&
        visit_expect(v, sum, first) == STATUS_OK) {
        *s = (struct stats_sum){{0}, {0}};
        n = first;
    }
    TRY(visit_doubles(v, sum, s->sum, n));
    return visit_doubles(v, weight, s->weight, n);
}
