/* IQL's gradient on the transformer: docs/methods.md 14.
 *
 *   u    = min_i Q_i'(s, a) - V(s)
 *   L_V  = mean of |e - [u < 0]| u^2                    (all positions as released, D37)
 *   y    = r + gamma (1 - d) V'(s')                     (V' the Polyak copy)
 *   L_rl = mean over real positions of min(exp(beta u), clip) * l,   l = -log pi(a) or |mu - a|^2
 */
#include "engine/methods/rl_shared.h"

#include <math.h>

static void critic_windows(struct dt *d, const struct batch *b, struct span windows,
                           float *gradient, struct arena *scratch, struct critic_sums *sums)
{
    const struct hyper *h = &d->learner.hyper;
    size_t from = (size_t)windows.first * (size_t)b->K, n = (size_t)windows.count * (size_t)b->K;
    const float *state = b->state + from * (size_t)b->S;
    bool all = h->unmasked_value_losses != 0;
    struct critic_tape tape;
    critic_take(&d->critic, windows.count, b->K, scratch, &tape);
    float *low = arena_take(scratch, n), *v = arena_take(scratch, n), *dv = arena_take(scratch, n);
    float *next = arena_take(scratch, n), *weight = arena_take(scratch, n);
    float *u = rl_q_state(d)->per_step + from;

    critic_min(&d->critic, d->critic_net.target.value, state, b->action + from * (size_t)b->A,
               windows.count, &tape, low, v, low);
    critic_v(&d->critic, d->critic_net.target.value, b->next_state + from * (size_t)b->S,
             windows.count, &tape, next);
    critic_v(&d->critic, d->critic_net.current.value, state, windows.count, &tape, v);
    for (size_t i = 0; i < n; i++) {
        u[i] = low[i] - v[i];
        weight[i] = all ? 1 : b->mask[from + i];
    }
    double divisor = all ? (double)b->B * (double)b->K : b->valid > 0 ? b->valid : 1;
    sums->v_loss += rl_expectile_loss(u, weight, n, h->expectile, divisor, dv);
    critic_backward(&d->critic, d->critic_net.current.value, CRITIC_V, dv, &tape, gradient, NULL);
    rl_td_windows(d, b, windows, next, &tape, gradient, scratch, sums);
}

/* The weight, and two numbers per row of the likelihood. */
static size_t iql_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 0, 3, false);
}

static enum status iql_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    return rl_critic_pass(d, b, critic_windows, stats);
}

/* Deterministic: weight |ahat - a|^2, summed over dimensions. */
static double squared_rows(const struct actor_rows *r, int A, const float *weight, double scale)
{
    double total = 0;
    for (int i = 0; i < r->rows; i++) {
        for (int a = 0; a < A; a++) {
            size_t at = (size_t)i * (size_t)A + (size_t)a;
            double off = (double)r->output[at] - (double)r->action[at];
            total += (double)weight[i] * off * off;
            r->doutput[at] += (float)(2 * scale * (double)weight[i] * off);
        }
    }
    return total;
}

static void iql_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                           double alpha, double sum[SUMS])
{
    const struct hyper *h = &d->learner.hyper;
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    double valid = b->valid > 0 ? b->valid : 1;
    float *weight = arena_take(r->scratch, N);
    for (size_t i = 0; i < N; i++) {
        float u = rl_q_state(d)->per_step[r->position[i]]; /* from before the critic's step */
        weight[i] = r->mask[i] != 0 ? rl_iql_weight(h, u) : 0;
        sum[SUM_ADVANTAGE] += r->mask[i] != 0 ? (double)u : 0;
        sum[SUM_WEIGHT] += (double)weight[i];
    }
    double total = d->stochastic
                       ? rl_weighted_nll(r, b->A, weight, alpha / valid, r->doutput, r->dlog_std)
                       : squared_rows(r, b->A, weight, alpha / valid);
    sum[SUM_RL] += total / valid;
    arena_release(r->scratch, mark);
}

const struct rl_ops rl_iql = {
    .name = "iql",
    .source = "docs/methods.md 14",
    .needs_v = true,
    .targets = true,
    .state_size = sizeof(struct rl_q_state),
    .init = rl_q_init,
    .free = rl_q_free,
    .scratch = iql_scratch,
    .critic_update = iql_critic_update,
    .actor_rows = iql_actor_rows,
};
