/* SAC's gradient: docs/methods.md 10.
 *
 *   y    = r + gamma (1 - d) [ min_i Q_i'(s', a') - lambda log pi'(a') ],   a' ~ pi'(z)
 *   L_rl = -mean over real positions of lambda H + min_i Q_i(s, a),         a ~ pi(z)
 *
 * The entropy H and the action use separate draws, as in the released code. lambda is constant
 * here; it is learned from the supervised entropy draw. */
#include "engine/methods/rl_shared.h"

#include <string.h>

/* Noise, action, du, and the entropy's noise; two numbers per row of each loss. */
static size_t sac_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 4, 4, true);
}

static enum status sac_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    rl_target_actions(d, b);
    return rl_critic_pass(d, b, rl_soft_td_body, stats);
}

static enum status sac_prepare(struct dt *d, const struct batch *b)
{
    dt_draw(d, b, DRAW_RL_ENTROPY);
    dt_draw(d, b, DRAW_RL_SAMPLE);
    return STATUS_OK;
}

static void sac_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r,
                           double alpha, double sum[SUMS])
{
    int A = b->A;
    size_t N = (size_t)r->rows, n = N * (size_t)A, mark = arena_mark(r->scratch);
    double valid = b->valid > 0 ? b->valid : 1;
    const float *eps = rl_gather_noise(d, r, DRAW_RL_SAMPLE);
    float *action = arena_take(r->scratch, n), *du = arena_take(r->scratch, n);
    float *value = arena_take(r->scratch, N), *slope = arena_take(r->scratch, N);
    head_sample(r->output, r->log_std, eps, r->rows, A, NULL, action);
    for (size_t i = 0; i < N; i++)
        slope[i] = r->mask[i] != 0 ? (float)(-alpha / valid) : 0;
    memset(du, 0, n * sizeof *du);
    rl_q_rows(d, r, action, true, slope, value, du);
    for (size_t i = 0; i < n; i++)
        du[i] *= 1 - action[i] * action[i];
    head_sample_backward(r->log_std, eps, du, r->rows, A, r->doutput, r->dlog_std);

    double total = rl_entropy_rows(d, r, r->mask, alpha / valid);
    for (size_t i = 0; i < N; i++)
        total -= r->mask[i] != 0 ? (double)value[i] : 0;
    sum[SUM_RL] += total / valid;
    arena_release(r->scratch, mark);
}

const struct rl_ops rl_sac = {
    .name = "sac",
    .source = "docs/methods.md 10",
    .needs_log_prob = true,
    .temperature = true,
    .targets = true,
    .state_size = sizeof(struct rl_q_state),
    .init = rl_q_init,
    .free = rl_q_free,
    .scratch = sac_scratch,
    .critic_update = sac_critic_update,
    .prepare = sac_prepare,
    .actor_rows = sac_actor_rows,
};
