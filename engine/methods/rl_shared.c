/* Shared by several RL gradients: the critic's pass, TD losses, Q at the actor's rows, and parts of
 * the actor's loss. */
#include "engine/methods/rl_shared.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- TD3 and IQL, for transformer and MLP ----------------------------------------------------- */

void rl_smooth(const struct hyper *h, const float *eps, size_t n, float limit, float *action)
{
    float scale = (float)h->policy_noise, clip = (float)h->noise_clip;
    for (size_t i = 0; i < n; i++) {
        float noisy = action[i] + fminf(fmaxf(scale * eps[i], -clip), clip);
        noisy = noisy > limit ? limit : noisy; /* keep NaN, so that the loss shows it */
        action[i] = noisy < -limit ? -limit : noisy;
    }
}

/* Mean, standard deviation and largest size of Q1 over real positions. */
static void sum_q(const float *mask, const float *q, const float *y, size_t n,
                  struct critic_sums *s)
{
    for (size_t i = 0; i < n; i++) {
        if (mask[i] == 0)
            continue;
        s->q += (double)q[i];
        s->q_square += (double)q[i] * (double)q[i];
        s->q_most = fmax(s->q_most, fabs((double)q[i]));
        s->y += (double)y[i];
    }
}

void rl_td_loss(const struct rl_td *t, struct critic_tape *tape, struct arena *scratch,
                float *gradient, struct critic_sums *sums)
{
    const float *theta = t->params->value;
    size_t n = (size_t)t->windows * (size_t)tape->K, mark = arena_mark(scratch);
    float *q = arena_take(scratch, n), *dq = arena_take(scratch, n);
    for (int i = 0; i < t->critic->spec.q; i++) {
        enum critic_which which = i == 0 ? CRITIC_Q1 : CRITIC_Q2;
        critic_q(t->critic, theta, which, t->state, t->action, t->windows, tape, q);
        sums->q_loss += critic_td_loss(q, t->y, t->weight, t->divisor, n, dq);
        critic_backward(t->critic, theta, which, dq, tape, gradient, NULL);
        if (i == 0)
            sum_q(t->mask, q, t->y, n, sums);
    }
    arena_release(scratch, mark);
}

void rl_report_critic(const struct critic_sums *s, int valid, double grad_norm,
                      struct stats_sum *stats)
{
    double n = valid > 0 ? valid : 1, variance = s->q_square / n - s->q / n * (s->q / n);
    stats_add(stats, LEARNER_grad_norm_critic, grad_norm);
    if (s->v_loss != 0)
        stats_add(stats, LEARNER_loss_value, s->v_loss);
    if (s->q_most == 0)
        return;
    stats_add(stats, LEARNER_loss_critic, s->q_loss + s->v_loss);
    stats_add(stats, LEARNER_loss_critic_last, s->q_loss + s->v_loss);
    stats_add(stats, LEARNER_q_mean, s->q / n);
    stats_add(stats, LEARNER_q_std, sqrt(variance > 0 ? variance : 0));
    stats_add(stats, LEARNER_q_abs_max, s->q_most);
    stats_add(stats, LEARNER_target_mean, s->y / n);
}

double rl_expectile_loss(const float *u, const float *weight, size_t n, double expectile,
                         double divisor, float *dv)
{
    double loss = 0;
    for (size_t i = 0; i < n; i++) {
        double w = (double)weight[i] * (u[i] < 0 ? 1 - expectile : expectile);
        loss += w * (double)u[i] * (double)u[i];
        dv[i] = (float)(-2 * w * (double)u[i] / divisor); /* u falls as V rises */
    }
    return loss / divisor;
}

float rl_iql_weight(const struct hyper *h, float u)
{
    return fminf(expf((float)h->inv_temp_beta * u), (float)h->weight_clip);
}

/* --- state and scratch ------------------------------------------------------------------------ */

enum status rl_q_init(struct dt *d)
{
    struct rl_q_state *q = rl_q_state(d);
    TRY(dt_new_floats(&q->next_action, dt_batch_floats(d, d->learner.A)));
    TRY(dt_new_floats(&q->next_log_prob, dt_batch_floats(d, 1)));
    TRY(dt_new_floats(&q->y, dt_batch_floats(d, 1)));
    return dt_new_floats(&q->per_step, dt_batch_floats(d, 1));
}

void rl_q_free(struct dt *d)
{
    struct rl_q_state *q = rl_q_state(d);
    free(q->next_action);
    free(q->next_log_prob);
    free(q->y);
    free(q->per_step);
}

size_t rl_scratch(const struct dt *d, int rows, int actions, int numbers, bool q)
{
    size_t N = (size_t)rows, A = (size_t)d->learner.A;
    struct arena dry;
    struct critic_tape tape;
    (void)arena_init(&dry, 0);
    for (int i = 0; i < actions + q; i++)
        arena_take(&dry, N * A);
    for (int i = 0; i < numbers + 3 * q; i++)
        arena_take(&dry, N);
    /* A recurrent critic gets whole windows; blocks never split one. */
    int K = d->critic.spec.cell == CRITIC_MLP ? 1 : (int)d->learner.hyper.T_train;
    if (q)
        critic_take(&d->critic, (rows + K - 1) / K, K, &dry, &tape);
    return dry.high;
}

void rl_target_actions(struct dt *d, const struct batch *b)
{
    dt_target_actions(d, b, rl_q_state(d)->next_action, rl_q_state(d)->next_log_prob);
}

void rl_smooth_target_actions(struct dt *d, const struct batch *b)
{
    const struct hyper *h = &d->learner.hyper;
    size_t n = (size_t)b->B * (size_t)b->K * (size_t)b->A;
    rl_target_actions(d, b);
    if (h->policy_noise > 0)
        rl_smooth(h, dt_draw(d, b, DRAW_TARGET_NOISE), n, HEAD_LIMIT, rl_q_state(d)->next_action);
}

/* --- the critic's pass ------------------------------------------------------------------------ */

struct critic_pass {
    struct dt *d;
    const struct batch *b;
    critic_body *body;
    struct critic_sums sums[LANES_MAX];
};

static void critic_lane(void *context, int lane, struct span windows, float *dtheta,
                        struct arena *scratch)
{
    struct critic_pass *pass = context;
    pass->body(pass->d, pass->b, windows, dtheta, scratch, &pass->sums[lane]);
}

enum status rl_critic_pass(struct dt *d, const struct batch *b, critic_body *body,
                           struct stats_sum *stats)
{
    const struct hyper *h = &d->learner.hyper;
    struct critic_pass pass = {.d = d, .b = b, .body = body};
    struct span spans[LANES_MAX];
    for (int i = 0; i < b->B; i++)
        d->window_rows[i] = b->K;
    int lanes = lanes_split(b->B, d->window_rows, spans);
    lanes_run(&d->critic_net.lanes, lanes, spans, critic_lane, &pass);

    struct critic_sums total = {0};
    for (int i = 0; i < lanes; i++) {
        total.q_loss += pass.sums[i].q_loss;
        total.v_loss += pass.sums[i].v_loss;
        total.q += pass.sums[i].q;
        total.q_square += pass.sums[i].q_square;
        total.q_most = fmax(total.q_most, pass.sums[i].q_most);
        total.y += pass.sums[i].y;
    }
    TRY(learner_check_loss(total.q_loss + total.v_loss, "critic loss", d->learner.batches));
    bool decoupled = h->critic_opt == HYPER_critic_opt_adamw;
    struct adam_rule rule = adam_rule_default(decoupled ? h->wd_critic : 0);
    struct step_report step;
    TRY(network_adam(&d->critic_net, &rule, h->lr_critic, lanes, "gradient of the critic", 0,
                     &step));
    rl_report_critic(&total, b->valid, step.grad_norm, stats);
    return STATUS_OK;
}

void rl_td_windows(struct dt *d, const struct batch *b, struct span windows, const float *next,
                   struct critic_tape *tape, float *gradient, struct arena *scratch,
                   struct critic_sums *sums)
{
    const struct hyper *h = &d->learner.hyper;
    size_t from = (size_t)windows.first * (size_t)b->K, n = (size_t)windows.count * (size_t)b->K;
    bool valid = h->critic_loss_denominator == HYPER_critic_loss_denominator_valid;
    float *y = rl_q_state(d)->y + from;
    critic_target(b->reward + from, b->done + from, next, (float)h->gamma, n, y);
    struct rl_td td = {.critic = &d->critic,
                       .params = &d->critic_net.current,
                       .windows = windows.count,
                       .state = b->state + from * (size_t)b->S,
                       .action = b->action + from * (size_t)b->A,
                       .y = y,
                       .weight = b->weight + from,
                       .mask = b->mask + from,
                       .divisor = critic_divide_by(b, valid ? CRITIC_OVER_VALID : CRITIC_OVER_ALL)};
    rl_td_loss(&td, tape, scratch, gradient, sums);
}

static void td_body(struct dt *d, const struct batch *b, struct span windows, bool soft,
                    float *gradient, struct arena *scratch, struct critic_sums *sums)
{
    size_t from = (size_t)windows.first * (size_t)b->K, n = (size_t)windows.count * (size_t)b->K;
    size_t mark = arena_mark(scratch);
    struct critic_tape tape;
    critic_take(&d->critic, windows.count, b->K, scratch, &tape);
    float *low = arena_take(scratch, n), *other = arena_take(scratch, n);
    critic_min(&d->critic, d->critic_net.target.value, b->next_state + from * (size_t)b->S,
               rl_q_state(d)->next_action + from * (size_t)b->A, windows.count, &tape, low, other,
               low);
    float lambda = soft ? (float)dt_temperature(d) : 0;
    for (size_t i = 0; soft && i < n; i++)
        low[i] -= lambda * rl_q_state(d)->next_log_prob[from + i];
    rl_td_windows(d, b, windows, low, &tape, gradient, scratch, sums);
    arena_release(scratch, mark);
}

void rl_td_body(struct dt *d, const struct batch *b, struct span windows, float *gradient,
                struct arena *scratch, struct critic_sums *sums)
{
    td_body(d, b, windows, false, gradient, scratch, sums);
}

void rl_soft_td_body(struct dt *d, const struct batch *b, struct span windows, float *gradient,
                     struct arena *scratch, struct critic_sums *sums)
{
    td_body(d, b, windows, true, gradient, scratch, sums);
}

/* Whole windows for a recurrent critic: rows scattered to (windows,K), and back. Blocks hold whole
 * windows, and outputs_of() asks for all their positions. */
static void q_windows(struct dt *d, const struct actor_rows *r, const float *action,
                      enum critic_which which, const float *dvalue, float *value, float *daction)
{
    int K = (int)d->learner.hyper.T_train, B = r->rows / K;
    struct critic_tape tape;
    critic_take(&d->critic, B, K, r->scratch, &tape);
    critic_q(&d->critic, d->critic_net.current.value, which, r->state, action, B, &tape, value);
    if (dvalue != NULL)
        critic_backward(&d->critic, d->critic_net.current.value, which, dvalue, &tape, NULL,
                        daction);
}

void rl_q_rows(struct dt *d, const struct actor_rows *r, const float *action, bool low,
               const float *dvalue, float *value, float *daction)
{
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    size_t n = N * (size_t)d->learner.A;
    float *step = dvalue != NULL ? arena_take(r->scratch, n) : NULL;
    /* A recurrent critic cannot be evaluated at single rows. */
    if (d->critic.spec.cell != CRITIC_MLP) {
        q_windows(d, r, action, CRITIC_Q1, dvalue, value, step);
        for (size_t i = 0; step != NULL && i < n; i++)
            daction[i] += step[i];
        arena_release(r->scratch, mark);
        return;
    }

    /* An MLP critic treats each row as a window of one step, without padding. */
    bool twin = low && d->critic.spec.q > 1;
    float *other = twin ? arena_take(r->scratch, N) : NULL;
    float *smaller = twin ? arena_take(r->scratch, N) : NULL;
    float *part = dvalue != NULL ? arena_take(r->scratch, N) : NULL;
    struct critic_tape tape;
    critic_take(&d->critic, r->rows, 1, r->scratch, &tape);
    if (twin)
        critic_min(&d->critic, d->critic_net.current.value, r->state, action, r->rows, &tape, value,
                   other, smaller);
    else
        critic_q(&d->critic, d->critic_net.current.value, CRITIC_Q1, r->state, action, r->rows,
                 &tape, value);

    /* The derivative of a minimum is that of the smaller of the two. */
    for (int net = 0; dvalue != NULL && net < (twin ? 2 : 1); net++) {
        for (size_t i = 0; i < N; i++) {
            bool mine = !twin || (net == 0 ? value[i] <= other[i] : value[i] > other[i]);
            part[i] = mine ? dvalue[i] : 0;
        }
        critic_backward(&d->critic, d->critic_net.current.value, net == 0 ? CRITIC_Q1 : CRITIC_Q2,
                        part, &tape, NULL, step);
        for (size_t i = 0; i < n; i++)
            daction[i] += step[i];
    }
    if (twin)
        memcpy(value, smaller, N * sizeof *value);
    arena_release(r->scratch, mark);
}

/* --- the actor's loss of TD3 ------------------------------------------------------------------ */

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

/* Value and derivative per row; daction, and the action of a stochastic policy. */
size_t rl_q_scratch(const struct dt *d, int rows)
{
    return rl_scratch(d, rows, 2, 2, true);
}

bool rl_q_wants_first(const struct dt *d)
{
    return d->learner.hyper.rl_normalized != 0;
}

void rl_q_first_rows(struct dt *d, const struct actor_rows *r)
{
    size_t mark = arena_mark(r->scratch);
    float *q = arena_take(r->scratch, (size_t)r->rows);
    rl_q_rows(d, r, policy_action(d, r), false, NULL, q, NULL);
    for (int i = 0; i < r->rows; i++)
        rl_q_state(d)->per_step[r->position[i]] = fabsf(q[i]);
    arena_release(r->scratch, mark);
}

void rl_q_after_first(struct dt *d, const struct batch *b)
{
    double sum = 0;
    size_t N = (size_t)b->B * (size_t)b->K;
    for (size_t i = 0; i < N; i++)
        sum += (double)rl_q_state(d)->per_step[i];
    d->rl_scale = sum > 0 ? (double)N / sum : 1;
}

void rl_q_actor_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double alpha,
                     double sum[SUMS])
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

/* --- parts of losses -------------------------------------------------------------------------- */

const float *rl_gather_noise(const struct dt *d, const struct actor_rows *r, enum draw_site site)
{
    size_t A = (size_t)d->learner.A;
    float *eps = arena_take(r->scratch, (size_t)r->rows * A);
    for (int i = 0; i < r->rows; i++)
        memcpy(eps + (size_t)i * A, d->noise[site] + (size_t)r->position[i] * A, A * sizeof *eps);
    return eps;
}

double rl_entropy_rows(struct dt *d, const struct actor_rows *r, const float *weight, double scale)
{
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    int A = d->learner.A;
    double lambda = dt_temperature(d), total = 0;
    const float *eps = rl_gather_noise(d, r, DRAW_RL_ENTROPY);
    float *entropy = arena_take(r->scratch, N), *slope = arena_take(r->scratch, N);
    head_entropy(r->output, r->log_std, eps, r->rows, A, entropy);
    for (size_t i = 0; i < N; i++) {
        total -= lambda * (double)weight[i] * (double)entropy[i];
        slope[i] = (float)(-scale * lambda * (double)weight[i]);
    }
    head_entropy_backward(r->output, r->log_std, eps, slope, r->rows, A, r->doutput, r->dlog_std);
    arena_release(r->scratch, mark);
    return total;
}

double rl_weighted_nll(const struct actor_rows *r, int A, const float *weight, double scale,
                       float *doutput, float *dlog_std)
{
    size_t N = (size_t)r->rows, mark = arena_mark(r->scratch);
    float *log_prob = arena_take(r->scratch, N), *slope = arena_take(r->scratch, N);
    double loss = 0;
    head_log_prob(r->output, r->log_std, r->u, r->rows, A, log_prob);
    for (size_t i = 0; i < N; i++) {
        loss -= (double)weight[i] * (double)log_prob[i];
        slope[i] = (float)(-scale * (double)weight[i]);
    }
    head_log_prob_backward(r->output, r->log_std, r->u, slope, r->rows, A, doutput, dlog_std, NULL);
    arena_release(r->scratch, mark);
    return loss;
}
