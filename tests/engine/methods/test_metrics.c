#include "engine/methods/metrics.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

/* What their names and meanings promise, written down a second time. */
static const char *const latest[] = {"loss_critic_last", "temperature", "ratio_log_p05",
                                     "ratio_log_p50", "ratio_log_p95"};
static const char largest[] = "q_abs_max";

static bool is_latest(const char *name)
{
    for (size_t i = 0; i < sizeof latest / sizeof *latest; i++) {
        if (strcmp(name, latest[i]) == 0)
            return true;
    }
    return false;
}

Test(metrics, are_folded_as_their_names_say)
{
    for (int i = 0; i < LEARNER_METRIC_COUNT; i++) {
        enum learner_metric m = (enum learner_metric)i;
        const char *name = learner_metric_names[i];
        struct stats_sum s = {{0}, {0}};
        cr_expect(isnan(stats_value(&s, m)), "%s: nothing was added", name);
        stats_add_weighted(&s, m, -7, 3); /* below the zero that the sums begin with */
        cr_expect_eq(stats_value(&s, m), -7, "%s: of one it is that one", name);
        stats_add_weighted(&s, m, 5, 1);
        stats_add(&s, m, 1);
        double want = is_latest(name) ? 1 : strcmp(name, largest) == 0 ? 5 : (-21 + 5 + 1) / 5.0;
        cr_expect_eq(stats_value(&s, m), want, "%s: %g, should be %g", name, stats_value(&s, m),
                     want);
    }
}
