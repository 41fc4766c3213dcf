/* Tests that look into a run's curve: spread within a run, speed, peaks, losses, seconds. */
#include "report/claims/claims_impl.h"
#include "report/stats/contrast.h"
#include "report/stats/inference.h"

#include <math.h>
#include <stdio.h>

static double budget_of(const struct results *r, const struct results_run *run)
{
    return r->dataset[run->dataset].budget;
}

static struct align_curve curve_of(const struct results_run *run)
{
    return (struct align_curve){run->points, run->x, run->y};
}

/* --- spread within a run ---------------------------------------------------------------------- */

static double late_variance(const struct results *r, const struct results_run *run,
                            const void *none)
{
    (void)none;
    return run->used ? align_late_variance(curve_of(run), budget_of(r, run)) : (double)NAN;
}

enum status claim_wobble(const struct report *r, const struct claim_part *p,
                         struct claim_outcome *o)
{
    TRY(claim_pair(r, p, late_variance, contrast_mean_ratio, o));
    if (o->tasks > 0)
        o->verdict = verdict_above(o->estimate, p->value);
    return STATUS_OK;
}

/* --- speed ------------------------------------------------------------------------------------ */

enum { GRID = 101, STAY = 3, MOST_RUNS = 512 };

/* Transitions from which the score stays at or above `level`; infinite: never. */
static double reached_at(const struct results *r, const struct results_run *run, const void *level)
{
    double grid[GRID], y[GRID];
    if (!run->used || run->points < 2)
        return (double)NAN;
    align_grid(budget_of(r, run), GRID, grid);
    align_onto(curve_of(run), grid, GRID, 0, ALIGN_LINEAR, y);
    return align_reach(grid, y, GRID, *(const double *)level, STAY);
}

/* Kaplan-Meier median over one knob value's runs; runs that never reach are censored. A matrix
 * holds finite numbers only, so the times are collected here. */
static enum status median_reach(const struct report *r, const char *who, const char *where,
                                double level, double *median, int *runs)
{
    const struct results *x = &r->results;
    double time[MOST_RUNS];
    bool event[MOST_RUNS];
    *runs = 0;
    *median = (double)NAN;
    for (int i = 0; i < x->runs && *runs < MOST_RUNS; i++) {
        if (!selection_is(x, &x->run[i], who, where))
            continue;
        double t = reached_at(x, &x->run[i], &level);
        if (isnan(t))
            continue;
        event[*runs] = isfinite(t);
        time[(*runs)++] = isfinite(t) ? t : budget_of(x, &x->run[i]);
    }
    return *runs > 0 ? inference_survival_median(time, event, *runs, median) : STATUS_OK;
}

enum status claim_reach(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    char key[64], who[MATRIX_NAME];
    double value[CLAIM_KNOB_VALUES], before = (double)NAN;
    int count = claim_knob_values(p->knob, key, value), fewest = MOST_RUNS, falls = 0, rises = 0;
    size_t used = 0;
    o->wanted = count;
    for (int i = 0; i < count; i++) {
        double median;
        int runs;
        claim_knob_who(p->a, key, value[i], who, sizeof who);
        TRY(median_reach(r, who, p->on, p->value, &median, &runs));
        if (runs == 0)
            continue;
        o->tasks++;
        fewest = runs < fewest ? runs : fewest;
        if (used < sizeof o->detail)
            used += (size_t)snprintf(o->detail + used, sizeof o->detail - used, "%s%s=%g: %.0f",
                                     used > 0 ? ", " : "median transitions ", key, value[i],
                                     median);
        falls += !isnan(before) && median < before;
        rises += !isnan(before) && median > before;
        before = median;
    }
    if (o->tasks < count || fewest < VERDICT_RUNS)
        return STATUS_OK;
    o->verdict = falls == count - 1   ? VERDICT_SUPPORTED
                 : rises == count - 1 ? VERDICT_CONTRADICTED
                                      : VERDICT_INCONCLUSIVE;
    return STATUS_OK;
}

/* --- peaks and ends --------------------------------------------------------------------------- */

static double early_peak(const struct results *r, const struct results_run *run, const void *none)
{
    (void)none;
    double best = (double)NAN;
    for (int i = 0; i < run->points && run->x[i] <= 0.1 * budget_of(r, run); i++)
        best = fmax(best, run->y[i]); /* fmax passes over NaN */
    return run->used ? best - run->final : (double)NAN;
}

/* Is the mean over runs above the claim's value? */
static enum status test_mean(const struct report *r, const struct claim_part *p,
                             selection_value *value, struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, value, NULL, o));
    if (o->tasks > 0)
        o->verdict = verdict_above(o->estimate, p->value);
    return STATUS_OK;
}

enum status claim_peak(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    return test_mean(r, p, early_peak, o);
}

/* Only runs that went on to at least twice the point count. */
static double gain_after(const struct results *r, const struct results_run *run,
                         const void *context)
{
    (void)r;
    double from = *(const double *)context;
    if (run->points < 2 || run->x[run->points - 1] < 2 * from)
        return (double)NAN;
    return run->y[run->points - 1] - align_at(curve_of(run), from, 0, ALIGN_LINEAR);
}

enum status claim_later(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    TRY(claim_mean(r, p->a, p->on, gain_after, &p->value, o));
    if (o->tasks > 0)
        o->verdict = verdict_above(o->estimate, 0);
    return STATUS_OK;
}

/* --- shares of runs: the mean of zeros and ones ----------------------------------------------- */

static double is_halved(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    if (!run->used || !(run->initial > 0))
        return (double)NAN;
    return run->final < run->initial / 2;
}

static double large_q(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    bool known = false, large = false;
    for (int i = 0; run->curve != NULL && i < run->curve->iterations; i++) {
        double q = run->curve->iteration[i].value[CURVE_q_mean];
        known = known || !isnan(q);
        large = large || fabs(q) > 1e4;
    }
    return known ? large : (double)NAN;
}

static double ratio_outside(const struct results *r, const struct results_run *run,
                            const void *none)
{
    (void)r;
    (void)none;
    int known = 0, outside = 0;
    for (int i = 0; run->curve != NULL && i < run->curve->iterations; i++) {
        double ratio = run->curve->iteration[i].value[CURVE_ratio_mean];
        known += !isnan(ratio);
        outside += ratio < 0.5 || ratio > 2;
    }
    return known > 0 ? (double)outside / known : (double)NAN;
}

enum status claim_halved(const struct report *r, const struct claim_part *p,
                         struct claim_outcome *o)
{
    return test_mean(r, p, is_halved, o);
}

enum status claim_large_q(const struct report *r, const struct claim_part *p,
                          struct claim_outcome *o)
{
    return test_mean(r, p, large_q, o);
}

enum status claim_ratio(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    return test_mean(r, p, ratio_outside, o);
}

/* --- losses and seconds ----------------------------------------------------------------------- */

static double log_loss(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    double sum = 0;
    int known = 0;
    for (int i = 0; run->curve != NULL && i < run->curve->iterations; i++) {
        double loss = run->curve->iteration[i].value[CURVE_loss_critic_last];
        if (loss > 0 && run->curve->iteration[i].value[CURVE_phase] > 0) {
            sum += log10(loss);
            known++;
        }
    }
    return known > 0 ? sum / known : (double)NAN;
}

enum status claim_loss(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    TRY(claim_mean_difference(r, p, log_loss, o));
    if (o->tasks > 0)
        o->verdict = verdict_below(o->estimate, 0);
    return STATUS_OK;
}

/* Seconds of an online actor update with all that belongs to it: batches, critic, actor. */
static double update_seconds(const struct results *r, const struct results_run *run,
                             const void *none)
{
    (void)r;
    (void)none;
    double seconds = 0, first = (double)NAN, last = (double)NAN;
    for (int i = 0; run->curve != NULL && i < run->curve->iterations; i++) {
        const double *v = run->curve->iteration[i].value;
        if (!(v[CURVE_phase] > 0)) {
            first = v[CURVE_gradient_steps]; /* updates of pretraining */
            continue;
        }
        const double parts[] = {v[CURVE_seconds_sample], v[CURVE_seconds_critic],
                                v[CURVE_seconds_actor]};
        for (int k = 0; k < 3; k++)
            seconds += isnan(parts[k]) ? 0 : parts[k];
        last = v[CURVE_gradient_steps];
    }
    double updates = last - (isnan(first) ? 0 : first);
    return updates > 0 && seconds > 0 ? seconds / updates : (double)NAN;
}

enum status claim_cost(const struct report *r, const struct claim_part *p, struct claim_outcome *o)
{
    TRY(claim_pair(r, p, update_seconds, contrast_mean_ratio, o));
    if (o->tasks > 0) {
        o->verdict = verdict_below(o->estimate, p->value);
        o->published = p->value;
    }
    return STATUS_OK;
}
