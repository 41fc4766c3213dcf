/* Tests on a sweep of target returns (C45). Source  docs/claims.md 1 */
#include "report/claims/claims_impl.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Of a policy that has not been finetuned yet; NULL: this run made no such sweep. */
static const struct curve_targets *sweep_of(const struct results_run *run)
{
    const struct curve_targets *t = run->curve != NULL ? &run->curve->targets : NULL;
    bool finetuned = run->points == 0 || run->x[run->points - 1] > 0;
    return t != NULL && t->targets > 0 && !finetuned ? t : NULL;
}

/* Slope of the real return over the targets from `low` to `high`, by least squares. */
static double slope_between(const struct curve_targets *t, double low, double high)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    int n = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int g = 0; g < t->targets; g++) {
            if (t->target[g] < low || t->target[g] > high)
                continue;
            double real = curve_target_return(t, g);
            if (pass == 0) {
                n++;
                x += t->target[g];
                y += real;
            } else {
                xx += (t->target[g] - x / n) * (t->target[g] - x / n);
                xy += (t->target[g] - x / n) * (real - y / n);
            }
        }
    }
    return n > 1 && xx > 0 ? xy / xx : (double)NAN;
}

static double rollout_target(const struct results_run *run)
{
    char text[64], *end;
    double target = strtod(results_config(run, "rtg_online", text, sizeof text), &end);
    return end != text ? target : (double)NAN;
}

/* How much of the way from the data's worst return to the target of rollouts the real one makes.
 * Only where that target lies beyond the data. */
static double share_of_target(const struct results *r, const struct results_run *run,
                              const void *none)
{
    (void)r;
    (void)none;
    const struct curve_targets *t = sweep_of(run);
    double target = rollout_target(run);
    for (int g = 0; t != NULL && target > t->data_best && g < t->targets; g++) {
        if (t->target[g] == target)
            return (curve_target_return(t, g) - t->data_worst) / (target - t->data_worst);
    }
    return (double)NAN;
}

static double slope_beyond(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    const struct curve_targets *t = sweep_of(run);
    return t != NULL ? slope_between(t, t->data_best, (double)INFINITY) : (double)NAN;
}

static double slope_within(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    const struct curve_targets *t = sweep_of(run);
    return t != NULL ? slope_between(t, t->data_worst, t->data_best) : (double)NAN;
}

/* Runs with a sweep are of one matrix. */
static enum status judge(const struct report *r, const struct claim_part *p, selection_value *value,
                         enum verdict (*verdict)(struct interval, double), struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, value, NULL, o));
    if (o->tasks == 0)
        snprintf(o->needed, sizeof o->needed, "the matrix rtg (`vitamin sweep rtg`)");
    else
        o->verdict = verdict(o->estimate, p->value);
    return STATUS_OK;
}

enum status claim_target_share(const struct report *r, const struct claim_part *p,
                               struct claim_outcome *o)
{
    return judge(r, p, share_of_target, verdict_below, o);
}

enum status claim_target_beyond(const struct report *r, const struct claim_part *p,
                                struct claim_outcome *o)
{
    return judge(r, p, slope_beyond, verdict_below, o);
}

enum status claim_target_within(const struct report *r, const struct claim_part *p,
                                struct claim_outcome *o)
{
    return judge(r, p, slope_within, verdict_above, o);
}
