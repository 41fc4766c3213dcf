/* AWR's gradient: docs/methods.md 12. The online replay keeps the most recent transitions.
 *
 *   iteration: TD(lambda) targets G with V, V steps on 0.5 (V - G)^2, targets again with the new V
 *   actor:     A = G - V_old,  weight = min(exp(A / beta), clip)
 *              L_rl = -mean weight log pi(a) - mean lambda H      (all positions as released, D37)
 */
#include "engine/methods/value_critic.h"

#include <math.h>
#include <stdlib.h>

/* The released counter is named after episodes but counts actor updates of the phase. It is checked
 * only when an iteration begins, so the whole first iteration is warm-up (D70). */
enum { WARM_UP_UPDATES = 10 };

struct awr_state {
    struct value_state value;  /* first */
    float *weight, *advantage; /* (B,K) for the current batch */
    int32_t warming_up;        /* the iteration trains without the RL term */
};

static enum status awr_init(struct dt *d)
{
    struct awr_state *s = d->rl_state;
    TRY(dt_new_floats(&s->weight, dt_batch_floats(d, 1)));
    TRY(dt_new_floats(&s->advantage, dt_batch_floats(d, 1)));
    return value_init(d);
}

static void awr_free_state(struct dt *d)
{
    struct awr_state *s = d->rl_state;
    free(s->weight);
    free(s->advantage);
    value_free(d);
}

static enum status awr_visit(struct dt *d, struct visitor *v)
{
    struct awr_state *s = d->rl_state;
    TRY(visit_int32s(v, "warming_up", &s->warming_up, 1));
    return value_visit(d, v);
}

/* Weight and mask, two numbers per row of each loss, and the entropy's noise. */
static size_t awr_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 1, 4, false);
}

static enum status awr_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    return d->learner.phase == LEARNER_PRETRAIN ? value_pretrain(d, b, stats) : STATUS_OK;
}

static bool all_positions(const struct dt *d)
{
    return d->learner.hyper.unmasked_value_losses != 0;
}

static enum status awr_begin_iteration(struct dt *d, const struct learner_data *data,
                                       int64_t updates, struct stats_sum *stats)
{
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = d->learner.hyper.rtg_scale;
    struct awr_state *s = d->rl_state;
    s->warming_up = d->phase_updates < WARM_UP_UPDATES;
    TRY(value_targets(d, data->online));
    for (int64_t j = 0; j < updates; j++) {
        learner_tick(&d->learner, STAGE_CRITIC);
        /* V's batches have separate streams, numbered beyond any that the actor draws. */
        struct rng rng = rng_at(rng_key_mix(d->learner.run, 1), RNG_BATCH,
                                (uint64_t)(d->learner.updates + j));
        TRY(batch_sample(data->online, d->learner.normalizer, &rule, rng, &d->online));
        value_fetch(d, &d->online);
        TRY(value_regress(d, &d->online, s->value.batch_target, all_positions(d), stats));
    }
    return value_targets(d, data->online);
}

/* Advantages and weights at the batch's steps, from its targets and old values. */
static void weigh(struct dt *d, const struct batch *b)
{
    const struct hyper *h = &d->learner.hyper;
    struct awr_state *s = d->rl_state;
    size_t N = (size_t)b->B * (size_t)b->K;
    double mean = 0, square = 0;
    for (size_t i = 0; i < N; i++) {
        s->advantage[i] = s->value.batch_target[i] - s->value.batch_old_v[i];
        mean += (double)s->advantage[i] / (double)N;
    }
    for (size_t i = 0; i < N; i++)
        square += pow((double)s->advantage[i] - mean, 2) / (double)(N > 1 ? N - 1 : 1);
    for (size_t i = 0; i < N; i++) {
        double advantage = (double)s->advantage[i];
        if (h->rl_normalized)
            advantage = (advantage - mean) / (sqrt(square) + 1e-8);
        s->weight[i] = (float)fmin(exp(advantage / h->inv_temp_beta), h->weight_clip);
    }
}

static enum status awr_prepare(struct dt *d, const struct batch *b)
{
    const struct awr_state *s = d->rl_state;
    if (s->warming_up)
        d->rl_scale = 0;
    dt_draw(d, b, DRAW_RL_ENTROPY);
    value_fetch(d, b);
    weigh(d, b);
    return STATUS_OK;
}

static void awr_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                           double alpha, double sum[SUMS])
{
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    const struct awr_state *s = d->rl_state;
    bool all = all_positions(d);
    double divisor = all ? (double)b->B * (double)b->K : b->valid > 0 ? b->valid : 1;
    float *weight = arena_take(r->scratch, N), *one = arena_take(r->scratch, N);
    for (size_t i = 0; i < N; i++) {
        one[i] = all || r->mask[i] != 0 ? 1 : 0;
        weight[i] = one[i] * s->weight[r->position[i]];
        sum[SUM_WEIGHT] += r->mask[i] != 0 ? (double)weight[i] : 0;
        sum[SUM_ADVANTAGE] += r->mask[i] != 0 ? (double)s->advantage[r->position[i]] : 0;
    }
    double total = rl_weighted_nll(r, b->A, weight, alpha / divisor, r->doutput, r->dlog_std);
    total += rl_entropy_rows(d, r, one, alpha / divisor);
    sum[SUM_RL] += total / divisor;
    arena_release(r->scratch, mark);
}

const struct rl_ops rl_awr = {
    .name = "awr",
    .source = "docs/methods.md 12",
    .needs_v = true,
    .needs_log_prob = true,
    .online = true,
    .over_all = all_positions,
    .state_size = sizeof(struct awr_state),
    .init = awr_init,
    .free = awr_free_state,
    .visit = awr_visit,
    .scratch = awr_scratch,
    .critic_update = awr_critic_update,
    .begin_iteration = awr_begin_iteration,
    .prepare = awr_prepare,
    .actor_rows = awr_actor_rows,
};
