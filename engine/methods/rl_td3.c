/* TD3's gradient (and DDPG's: one critic, no smoothing noise, every batch): docs/methods.md 7, 9.
 *
 *   y = r + gamma (1 - d) min_i Q_i'(s', clamp(mu'(z) + clip(noise)))
 *   L_rl = -mean over real positions of Q1(s, mu(z)) */
#include "engine/methods/rl_shared.h"

#include <math.h>

/* Value and derivative per row; daction, and the action of a stochastic policy. */
static size_t td3_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 2, 2, true);
}

static enum status td3_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    const struct hyper *h = &d->learner.hyper;
    size_t n = (size_t)b->B * (size_t)b->K * (size_t)b->A;
    rl_target_actions(d, b);
    if (h->policy_noise > 0)
        rl_smooth(h, dt_draw(d, b, DRAW_TARGET_NOISE), n, HEAD_LIMIT, rl_q_state(d)->next_action);
    return rl_critic_pass(d, b, rl_td_body, stats);
}

/* The action that the critic sees: tanh of mu for a stochastic policy. */
static const float *policy_action(const struct dt *d, const struct actor_rows *r)
{
    if (!d->stochastic)
        return r->output;
    size_t n = (size_t)r->rows * (size_t)d->learner.A;
    float *action = arena_take(r->scratch, n);
    for (size_t i = 0; i < n; i++)
        action[i] = tanhf(r->output[i]);
    return action;
}

/* Optional normalisation (D27): alpha / mean over all positions of |Q1|, detached. */
static bool td3_wants_first(const struct dt *d)
{
    return d->learner.hyper.rl_normalized != 0;
}

static void td3_first_rows(struct dt *d, const struct actor_rows *r)
{
    size_t mark = arena_mark(r->scratch);
    float *q = arena_take(r->scratch, (size_t)r->rows);
    rl_q_rows(d, r, policy_action(d, r), false, NULL, q, NULL);
    for (int i = 0; i < r->rows; i++)
        rl_q_state(d)->per_step[r->position[i]] = fabsf(q[i]);
    arena_release(r->scratch, mark);
}

static void td3_after_first(struct dt *d, const struct batch *b)
{
    double sum = 0;
    size_t N = (size_t)b->B * (size_t)b->K;
    for (size_t i = 0; i < N; i++)
        sum += (double)rl_q_state(d)->per_step[i];
    d->rl_scale = sum > 0 ? (double)N / sum : 1;
}

static void td3_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                           double alpha, double sum[SUMS])
{
    size_t N = (size_t)r->rows, n = N * (size_t)b->A, mark = arena_mark(r->scratch);
    double valid = b->valid > 0 ? b->valid : 1;
    float *value = arena_take(r->scratch, N), *slope = arena_take(r->scratch, N);
    float *daction = arena_take(r->scratch, n);
    const float *action = policy_action(d, r);
    for (size_t i = 0; i < N; i++)
        slope[i] = r->mask[i] != 0 ? (float)(-alpha / valid) : 0;
    for (size_t i = 0; i < n; i++)
        daction[i] = 0;
    rl_q_rows(d, r, action, false, slope, value, daction);
    for (size_t i = 0; i < n; i++)
        r->doutput[i] += d->stochastic ? daction[i] * (1 - action[i] * action[i]) : daction[i];
    double total = 0;
    for (size_t i = 0; i < N; i++)
        total -= r->mask[i] != 0 ? (double)value[i] : 0;
    sum[SUM_RL] += total / valid;
    arena_release(r->scratch, mark);
}

#define DETERMINISTIC_Q                                                                            \
    .recurrent = true, .targets = true, .state_size = sizeof(struct rl_q_state),                   \
    .init = rl_q_init, .free = rl_q_free, .scratch = td3_scratch,                                  \
    .critic_update = td3_critic_update, .wants_first = td3_wants_first,                            \
    .first_rows = td3_first_rows, .after_first = td3_after_first, .actor_rows = td3_actor_rows

const struct rl_ops rl_td3 = {.name = "td3", .source = "docs/methods.md 7", DETERMINISTIC_Q};

/* DDPG differs only in its settings: n_critics = 1, policy_noise = 0, actor_update_interval = 1. */
const struct rl_ops rl_ddpg = {.name = "ddpg", .source = "docs/methods.md 9", DETERMINISTIC_Q};
