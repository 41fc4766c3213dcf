/* Tests on the single-state MDP. Source  docs/methods.md 19, docs/claims.md 1 */
#include "report/claims/claims_impl.h"
#include "report/stats/inference.h"
#include "suites/bandit.h"

#include <math.h>
#include <stdio.h>

static const double found_above = 0.9; /* mean reward of the last rollouts */

enum status claim_share_found(const struct report *r, const struct claim_part *p,
                              struct claim_outcome *o)
{
    struct selection x;
    TRY(selection_make(r, p->a, p->on, selection_final, NULL, &x));
    o->tasks = x.x.tasks;
    o->wanted = x.wanted;
    if (x.x.tasks > 0) {
        int found = 0, n = x.x.runs[0];
        for (int i = 0; i < n; i++)
            found += x.x.score[i] > found_above;
        struct interval *e = &o->estimate;
        e->point = (double)found / n;
        e->runs = n;
        inference_wilson(found, n, r->bootstrap.size, &e->low, &e->high);
        o->verdict = p->test == CLAIM_FINDS ? verdict_above(*e, p->value)
                                            : verdict_below(*e, p->value);
        snprintf(o->detail, sizeof o->detail, "%d of %d seeds end above %g (Wilson interval)",
                 found, n, found_above);
    }
    selection_free(&x);
    return STATUS_OK;
}

/* Mean |critic - reward| after rollout p, over the grid points near where the policy has come to.
 */
static double error_at_end(const struct curve_bandit *b, int p)
{
    const double *action = b->action + (size_t)(b->rollouts - 1) * (size_t)b->actions;
    double low = (double)INFINITY, high = -low, sum = 0;
    int count = 0;
    for (int i = 0; i < b->actions; i++) {
        low = fmin(low, action[i]);
        high = fmax(high, action[i]);
    }
    for (int i = 0; i < b->grid_size; i++) {
        double q = b->critic[(size_t)p * (size_t)b->grid_size + (size_t)i];
        if (isnan(q) || b->grid[i] < low - 0.05 || b->grid[i] > high + 0.05)
            continue;
        sum += fabs(q - bandit_reward(b->grid[i]));
        count++;
    }
    return count > 0 ? sum / count : (double)NAN;
}

static double error_fall(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    const struct curve_bandit *b = run->curve != NULL ? &run->curve->bandit : NULL;
    if (b == NULL || b->rollouts < 2)
        return (double)NAN;
    return error_at_end(b, 0) - error_at_end(b, b->rollouts - 1);
}

enum status claim_critic_error(const struct report *r, const struct claim_part *p,
                               struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, error_fall, NULL, o));
    if (o->tasks > 0)
        o->verdict = verdict_above(o->estimate, 0);
    return STATUS_OK;
}

static double beyond(double x, const double interval[2])
{
    return fmax(0, fmax(interval[0] - x, x - interval[1]));
}

/* Distance from the data of the action that the last policy takes for a return of 1. */
static double distance_to_data(const struct results *r, const struct results_run *run,
                               const void *none)
{
    (void)r;
    (void)none;
    const struct curve_bandit *b = run->curve != NULL ? &run->curve->bandit : NULL;
    if (b == NULL || b->rollouts < 1 || b->policy_size < 1)
        return (double)NAN;
    int nearest = 0;
    for (int i = 1; i < b->policy_size; i++) {
        if (fabs(b->return_to_go[i] - 1) < fabs(b->return_to_go[nearest] - 1))
            nearest = i;
    }
    size_t last = (size_t)(b->rollouts - 1) * (size_t)b->policy_size;
    double action = b->policy[last + (size_t)nearest];
    return fmin(beyond(action, bandit_data[0]), beyond(action, bandit_data[1])) +
           0 * action; /* NaN stays NaN */
}

enum status claim_near_data(const struct report *r, const struct claim_part *p,
                            struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, distance_to_data, NULL, o));
    if (o->tasks > 0)
        o->verdict = verdict_below(o->estimate, p->value);
    return STATUS_OK;
}
