/* PPO's gradient: docs/methods.md 13. Rollouts keep log pi_old; the buffer is cleared every
 * iteration.
 *
 *   ratio = exp(min(log pi(a | training context) - log pi_old, 20)),  A = target - V_old
 *   L_rl  = -mean over real positions of min(ratio A, clip(ratio, 1-c, 1+c) A)
 *   V step: 0.5 mean over real positions of (V - target)^2 */
#include "engine/methods/value_critic.h"

#include <math.h>

static const float RATIO_LOG_MAX = 20;

/* Log-probability and its derivative, per row. */
static size_t ppo_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 0, 2, false);
}

static enum status ppo_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    return d->learner.phase == LEARNER_PRETRAIN ? value_pretrain(d, b, stats) : STATUS_OK;
}

static enum status ppo_begin_iteration(struct dt *d, const struct learner_data *data,
                                       int64_t updates, struct stats_sum *stats)
{
    (void)updates;
    (void)stats;
    return value_targets(d, data->online);
}

static enum status ppo_prepare(struct dt *d, const struct batch *b)
{
    value_fetch(d, b);
    return STATUS_OK;
}

static void ppo_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                           double alpha, double sum[SUMS])
{
    const struct value_state *s = value_state(d);
    const float *target = s->batch_target, *old_v = s->batch_old_v;
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    double valid = b->valid > 0 ? b->valid : 1, clip = d->learner.hyper.ppo_clip, total = 0;
    float *log_prob = arena_take(r->scratch, N), *slope = arena_take(r->scratch, N);
    head_log_prob(r->output, r->log_std, r->u, r->rows, b->A, log_prob);
    for (size_t i = 0; i < N; i++) {
        size_t p = (size_t)r->position[i];
        slope[i] = 0;
        if (r->mask[i] == 0)
            continue;
        /* Cap the exponent: the acting and training contexts differ, so ratios can be huge. */
        float log_ratio = fminf(log_prob[i] - b->log_prob[p], RATIO_LOG_MAX);
        double ratio = exp((double)log_ratio);
        double advantage = (double)target[p] - (double)old_v[p];
        double clipped = fmin(fmax(ratio, 1 - clip), 1 + clip);
        bool free_side = ratio * advantage <= clipped * advantage;
        total -= free_side ? ratio * advantage : clipped * advantage;
        /* No gradient flows where the clipped term is the smaller one or the exponent is capped. */
        if (free_side && log_prob[i] - b->log_prob[p] <= RATIO_LOG_MAX)
            slope[i] = (float)(-alpha * ratio * advantage / valid);
        sum[SUM_WEIGHT] += ratio;
        sum[SUM_ADVANTAGE] += advantage;
        sum[SUM_CLIPPED] += ratio < 1 - clip || ratio > 1 + clip;
        s->log_ratio[p] = log_ratio;
    }
    head_log_prob_backward(r->output, r->log_std, r->u, slope, r->rows, b->A, r->doutput,
                           r->dlog_std, NULL);
    sum[SUM_RL] += total / valid;
    arena_release(r->scratch, mark);
}

/* The k-th smallest of n, by partitioning in place (qsort would allocate in every update). */
static double kth(float *x, size_t n, size_t k)
{
    long low = 0, high = (long)n - 1;
    while (low < high) {
        float pivot = x[low + (high - low) / 2];
        long i = low, j = high;
        while (i <= j) {
            while (x[i] < pivot)
                i++;
            while (x[j] > pivot)
                j--;
            if (i <= j) {
                float swap = x[i];
                x[i++] = x[j];
                x[j--] = swap;
            }
        }
        if ((long)k <= j)
            high = j;
        else if ((long)k >= i)
            low = i;
        else
            break;
    }
    return (double)x[k];
}

static enum status ppo_after_actor(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    struct value_state *s = value_state(d);
    struct arena *arena = &s->arena;
    size_t N = (size_t)b->B * (size_t)b->K, n = 0, mark = arena_mark(arena);
    float *log_ratio = arena_take(arena, N);
    for (size_t i = 0; i < N; i++) {
        if (b->mask[i] != 0)
            log_ratio[n++] = s->log_ratio[i];
    }
    if (n > 0) {
        stats_add(stats, LEARNER_ratio_log_p05, kth(log_ratio, n, (n - 1) * 5 / 100));
        stats_add(stats, LEARNER_ratio_log_p50, kth(log_ratio, n, (n - 1) / 2));
        stats_add(stats, LEARNER_ratio_log_p95, kth(log_ratio, n, (n - 1) * 95 / 100));
    }
    arena_release(arena, mark);
    return value_regress(d, b, s->batch_target, false, stats);
}

const struct rl_ops rl_ppo = {
    .name = "ppo",
    .source = "docs/methods.md 13",
    .needs_v = true,
    .needs_log_prob = true,
    .online = true,
    .ratios = true,
    .state_size = sizeof(struct value_state),
    .init = value_init,
    .free = value_free,
    .visit = value_visit,
    .scratch = ppo_scratch,
    .critic_update = ppo_critic_update,
    .begin_iteration = ppo_begin_iteration,
    .prepare = ppo_prepare,
    .actor_rows = ppo_actor_rows,
    .after_actor = ppo_after_actor,
};
