/* AWAC's gradient: docs/methods.md 11.
 *
 *   A      = ( min_i Q_i(s, a) - min_i Q_i(s, a~) ) / beta,   a~ ~ pi(z), no gradient
 *   weight = min(exp(A), clip), or softmax of A over all B K positions (awac_normalise)
 *   L_rl   = -mean over real positions of weight log pi(a)  [+ lambda H if awac_soft = 2] */
#include "engine/methods/rl_shared.h"

#include <math.h>

/* Noise and sample of the advantage; weight and baseline, two numbers per row of each loss. */
static size_t awac_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 2, 4, true);
}

static enum status awac_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    rl_target_actions(d, b);
    bool soft = d->learner.hyper.awac_soft != 0;
    return rl_critic_pass(d, b, soft ? rl_soft_td_body : rl_td_body, stats);
}

static enum status awac_prepare(struct dt *d, const struct batch *b)
{
    dt_draw(d, b, DRAW_RL_SAMPLE);
    if (d->learner.hyper.awac_soft == 2)
        dt_draw(d, b, DRAW_RL_ENTROPY);
    return STATUS_OK;
}

static void advantages(struct dt *d, const struct actor_rows *r, float *advantage)
{
    size_t N = (size_t)r->rows, n = N * (size_t)d->learner.A, mark = arena_mark(r->scratch);
    const float *eps = rl_gather_noise(d, r, DRAW_RL_SAMPLE);
    float *sample = arena_take(r->scratch, n), *baseline = arena_take(r->scratch, N);
    float beta = (float)d->learner.hyper.inv_temp_beta;
    head_sample(r->output, r->log_std, eps, r->rows, d->learner.A, NULL, sample);
    rl_q_rows(d, r, r->action, true, NULL, advantage, NULL);
    rl_q_rows(d, r, sample, true, NULL, baseline, NULL);
    for (size_t i = 0; i < N; i++)
        advantage[i] = (advantage[i] - baseline[i]) / beta;
    arena_release(r->scratch, mark);
}

/* Softmax weights need the whole batch's advantages first. */
static bool awac_wants_first(const struct dt *d)
{
    return d->learner.hyper.awac_normalise != 0;
}

static void awac_first_rows(struct dt *d, const struct actor_rows *r)
{
    size_t mark = arena_mark(r->scratch);
    float *advantage = arena_take(r->scratch, (size_t)r->rows);
    advantages(d, r, advantage);
    for (int i = 0; i < r->rows; i++)
        rl_q_state(d)->per_step[r->position[i]] = advantage[i];
    arena_release(r->scratch, mark);
}

static void awac_after_first(struct dt *d, const struct batch *b)
{
    size_t N = (size_t)b->B * (size_t)b->K;
    float *per_step = rl_q_state(d)->per_step;
    float most = per_step[0];
    for (size_t i = 1; i < N; i++)
        most = fmaxf(most, per_step[i]);
    double sum = 0;
    for (size_t i = 0; i < N; i++) {
        per_step[i] = expf(per_step[i] - most);
        sum += (double)per_step[i];
    }
    for (size_t i = 0; i < N; i++)
        per_step[i] = (float)((double)per_step[i] / sum);
}

static void awac_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                            double alpha, double sum[SUMS])
{
    const struct hyper *h = &d->learner.hyper;
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    double valid = b->valid > 0 ? b->valid : 1;
    float *weight = arena_take(r->scratch, N);
    if (!h->awac_normalise)
        advantages(d, r, weight);
    for (size_t i = 0; i < N; i++) {
        if (!h->awac_normalise)
            sum[SUM_ADVANTAGE] += r->mask[i] != 0 ? (double)weight[i] : 0;
        weight[i] = h->awac_normalise ? rl_q_state(d)->per_step[r->position[i]]
                                      : fminf(expf(weight[i]), (float)h->weight_clip);
        weight[i] = r->mask[i] != 0 ? weight[i] : 0;
        sum[SUM_WEIGHT] += (double)weight[i];
    }
    double total = rl_weighted_nll(r, b->A, weight, alpha / valid, r->doutput, r->dlog_std);
    if (h->awac_soft == 2)
        total += rl_entropy_rows(d, r, r->mask, alpha / valid);
    sum[SUM_RL] += total / valid;
    arena_release(r->scratch, mark);
}

const struct rl_ops rl_awac = {
    .name = "awac",
    .source = "docs/methods.md 11",
    .needs_log_prob = true,
    .temperature = true,
    .targets = true,
    .state_size = sizeof(struct rl_q_state),
    .init = rl_q_init,
    .free = rl_q_free,
    .scratch = awac_scratch,
    .critic_update = awac_critic_update,
    .prepare = awac_prepare,
    .wants_first = awac_wants_first,
    .first_rows = awac_first_rows,
    .after_first = awac_after_first,
    .actor_rows = awac_actor_rows,
};
