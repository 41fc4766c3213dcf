/* Learners on a multi-layer perceptron: TD3+BC, IQL, and RvS with a TD3 gradient.
 *
 *   TD3+BC  -(alpha/mean|Q1|) mean Q1(s,mu(s)) + mean (mu(s) - a)^2, every 2nd batch
 *   IQL     V (expectile), actor (advantage weights), Q, on every batch
 *   RvS     w |mu(s,g) - a|^2 - alpha Q1(s,mu(s,g)) on single steps of the replay
 *
 * One batch is one step of all of them.
 * Source: docs/methods.md 16, 17, 18; fixtures td3bc.h5, iql_mlp.h5. */
#include "engine/methods/learner_mlp.h"

#include "engine/methods/rl_shared.h"
#include "engine/nn/activation.h"
#include "engine/optim/adam.h"
#include "engine/optim/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INIT_ACTOR = 0, INIT_CRITIC = 1000, INIT_VALUE = 2000 };

static const float IQL_ACTION_LIMIT = 1.0f - 1e-5f;

static struct mlp_learner *mlp_of(struct learner *l)
{
    return (struct mlp_learner *)l;
}

static bool is_iql(const struct mlp_learner *d)
{
    return d->learner.hyper.rl_gradient == HYPER_rl_gradient_iql;
}

static bool is_rvs(const struct mlp_learner *d)
{
    return d->learner.hyper.mlp_input == HYPER_mlp_input_state_return;
}

static bool is_corl(const struct mlp_learner *d)
{
    return d->learner.hyper.iql_profile == HYPER_iql_profile_corl;
}

/* The actor's dropout. With `-` the field holds the transformer's default, which must not apply. */
static float dropout_of(const struct mlp_learner *d)
{
    const struct hyper *h = &d->learner.hyper;
    return is_iql(d) && hyper_applies(h, "dropout") ? (float)h->dropout : 0;
}

/* Actions lie within [-limit, limit]; RvS shares the transformer methods' limit. */
static float action_limit(const struct mlp_learner *d)
{
    return is_rvs(d) ? HEAD_LIMIT : 1;
}

/* --- making and freeing ----------------------------------------------------------------------- */

static enum status new_net(struct network *n, const struct layout *l, uint64_t run, uint64_t base,
                           bool target)
{
    TRY(network_init(n, l, run, base, target));
    return lanes_init(&n->lanes, l->size, 0);
}

/* IQL's weights start orthogonal with gain sqrt(2), also in the last layers. */
static void start_orthogonal(struct layout *l, const struct critic_net *net)
{
    if (net->in > 0)
        mlp_start_orthogonal(l, &net->mlp, sqrtf(2));
}

static enum status new_mlp_networks(struct mlp_learner *d)
{
    const struct hyper *h = &d->learner.hyper;
    int S = d->learner.S, A = d->learner.A;
    d->in = S + (is_rvs(d) ? 1 : 0);
    d->actor_layout.product = learner_product(h);
    d->mlp = mlp_plan(&d->actor_layout, "actor", d->in, (int)h->mlp_hidden,
                      (int)h->mlp_hidden_layers, A, false);
    if (is_iql(d)) {
        mlp_start_orthogonal(&d->actor_layout, &d->mlp, sqrtf(2));
        d->log_std = layout_add(&d->actor_layout, "actor", "log_std", 1, A, INIT_ZERO, 0);
    }
    struct critic_spec spec = {.cell = CRITIC_MLP,
                               .product = learner_product(h),
                               .S = S,
                               .A = A,
                               .q = (int)h->n_critics,
                               .width = (int)h->critic_hidden,
                               .layers = (int)h->critic_hidden_layers,
                               .norm = h->critic_layernorm != 0};
    TRY(critic_plan(&spec, &d->critic));
    if (is_iql(d)) {
        start_orthogonal(&d->critic.layout, &d->critic.net[CRITIC_Q1]);
        start_orthogonal(&d->critic.layout, &d->critic.net[CRITIC_Q2]);
        spec.q = 0;
        spec.v = true;
        TRY(critic_plan(&spec, &d->value));
        start_orthogonal(&d->value.layout, &d->value.net[CRITIC_V]);
    }
    uint64_t run = d->learner.run;
    TRY(new_net(&d->actor_net, &d->actor_layout, run, INIT_ACTOR, !is_iql(d)));
    TRY(new_net(&d->critic_net, &d->critic.layout, run, INIT_CRITIC, true));
    return is_iql(d) ? new_net(&d->value_net, &d->value.layout, run, INIT_VALUE, false) : STATUS_OK;
}

/* All arrays of one step, also as a dry run. */
static void take_step(struct mlp_learner *d, struct arena *a)
{
    size_t N = (size_t)d->learner.hyper.batch_size, A = (size_t)d->learner.A;
    struct critic_tape tape;
    mlp_take(&d->mlp, (int)N, dropout_of(d) > 0, a, &d->tape);
    critic_take(&d->critic, (int)N, 1, a, &tape);
    if (d->value.layout.count > 0)
        critic_take(&d->value, (int)N, 1, a, &tape);
    for (int i = 0; i < 8; i++)
        arena_take(a, N * (A + (size_t)d->in + 1));
}

static enum status new_mlp_workspace(struct mlp_learner *d)
{
    struct arena dry;
    TRY(batch_init(&d->batch, (int)d->learner.hyper.batch_size, 1, d->learner.S, d->learner.A,
                   false));
    (void)arena_init(&dry, 0);
    take_step(d, &dry);
    return arena_init(&d->arena, dry.high + 4096);
}

static void mlp_learner_tear_down(struct learner *l)
{
    struct mlp_learner *d = mlp_of(l);
    network_free(&d->actor_net);
    network_free(&d->critic_net);
    network_free(&d->value_net);
    batch_free(&d->batch);
    arena_free(&d->arena);
}

static enum status mlp_learner_set_up(struct learner *l)
{
    struct mlp_learner *d = mlp_of(l);
    if (l->hyper.rl_gradient != HYPER_rl_gradient_td3 && !is_iql(d))
        return status_fail(STATUS_CONFIG, "rl_gradient = %s: the MLP actor supports td3 and iql",
                           hyper_word(&l->hyper, "rl_gradient"));
    TRY(new_mlp_networks(d));
    return new_mlp_workspace(d);
}

static enum status mlp_learner_begin(struct learner *l, enum learner_phase phase)
{
    struct mlp_learner *d = mlp_of(l);
    /* RvS shares the outer loop of the transformer methods, with its fresh targets (D23). */
    if (phase == LEARNER_ONLINE && is_rvs(d) && l->hyper.online_reinit_targets) {
        network_renew_target(&d->actor_net);
        network_renew_target(&d->critic_net);
    }
    return STATUS_OK;
}

/* --- pieces of a step ------------------------------------------------------------------------- */

/* The actor's input: the state itself, or state and return side by side. */
static const float *input_of(struct mlp_learner *d, const float *state, const float *rtg,
                             size_t rtg_pitch, int N)
{
    if (!is_rvs(d))
        return state;
    size_t S = (size_t)d->learner.S;
    float *x = arena_take(&d->arena, (size_t)N * (S + 1));
    for (size_t i = 0; i < (size_t)N; i++) {
        memcpy(x + i * (S + 1), state + i * S, S * sizeof *x);
        x[i * (S + 1) + S] = rtg[i * rtg_pitch];
    }
    return x;
}

static void actor_forward(struct mlp_learner *d, const struct params *p, const float *x, int N,
                          float *action)
{
    mlp_forward(&d->mlp, p->value, x, N, &d->tape, action);
    for (size_t i = 0; i < (size_t)N * (size_t)d->learner.A; i++)
        action[i] = tanhf(action[i]);
}

/* Turn daction into the gradient before tanh and propagate it through the network. */
static void actor_backward(struct mlp_learner *d, const float *action, float *daction, int N)
{
    for (size_t i = 0; i < (size_t)N * (size_t)d->learner.A; i++)
        daction[i] *= 1 - action[i] * action[i];
    mlp_backward(&d->mlp, d->actor_net.current.value, daction, &d->tape,
                 d->actor_net.lanes.dtheta[0], NULL, 0);
}

static void zero(struct network *n)
{
    memset(n->lanes.dtheta[0], 0, n->layout->size * sizeof(float));
}

static enum status step_network(struct network *n, double lr, double decay, const char *what,
                                struct step_report *report)
{
    struct adam_rule rule = adam_rule_default(decay);
    return network_adam(n, &rule, lr, 1, what, 0, report);
}

/* The sum (or mean) over Q nets of mean (Q - y)^2: its step and metrics. */
static enum status step_critic(struct mlp_learner *d, const float *y, double share,
                               struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    const struct hyper *h = &d->learner.hyper;
    size_t mark = arena_mark(&d->arena);
    struct critic_sums sums = {0};
    struct critic_tape tape;
    struct rl_td td = {.critic = &d->critic,
                       .params = &d->critic_net.current,
                       .windows = b->B,
                       .state = b->state,
                       .action = b->action,
                       .y = y,
                       .weight = b->weight,
                       .mask = b->mask,
                       .divisor = (double)b->B / share};
    critic_take(&d->critic, b->B, 1, &d->arena, &tape);
    zero(&d->critic_net);
    rl_td_loss(&td, &tape, &d->arena, d->critic_net.lanes.dtheta[0], &sums);
    arena_release(&d->arena, mark);
    TRY(learner_check_loss(sums.q_loss, "critic loss", d->learner.batches));
    struct step_report report;
    double decay = h->critic_opt == HYPER_critic_opt_adamw ? h->wd_critic : 0;
    TRY(step_network(&d->critic_net, h->lr_critic, decay, "gradient of the critic", &report));
    rl_report_critic(&sums, b->B, report.grad_norm, stats);
    return STATUS_OK;
}

static enum status step_mlp_actor(struct mlp_learner *d, double loss, struct stats_sum *stats)
{
    const struct hyper *h = &d->learner.hyper;
    TRY(learner_check_loss(loss, "actor loss", d->learner.updates));
    double lr = h->actor_cosine_steps > 0
                    ? schedule_cosine(h->lr_actor, d->actor_net.moments.step, h->actor_cosine_steps)
                    : schedule_warm_up(h->lr_actor, d->actor_net.moments.step,
                                       is_rvs(d) ? h->warmup_actor_steps : 0);
    struct step_report report;
    TRY(step_network(&d->actor_net, lr, 0, "gradient of the actor", &report));
    stats_add(stats, LEARNER_loss_actor, loss);
    stats_add(stats, LEARNER_grad_norm_actor, report.grad_norm);
    d->learner.updates++;
    return STATUS_OK;
}

/* Standard normals of this batch: (B,A). */
static float *draw_noise(struct mlp_learner *d, enum rng_purpose purpose, size_t n)
{
    float *eps = arena_take(&d->arena, n);
    if (d->given_noise != NULL) {
        memcpy(eps, d->given_noise, n * sizeof *eps);
        return eps;
    }
    struct rng rng = rng_at(d->learner.run, purpose, (uint64_t)d->learner.batches);
    rng_fill_normal(&rng, 0, eps, n);
    return eps;
}

/* --- TD3+BC and RvS --------------------------------------------------------------------------- */

static enum status td3_critic(struct mlp_learner *d, struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    const struct hyper *h = &d->learner.hyper;
    size_t N = (size_t)b->B, n = N * (size_t)b->A, mark = arena_mark(&d->arena);
    float *y = arena_take(&d->arena, N);
    size_t above = arena_mark(&d->arena);
    struct critic_tape tape;
    mlp_take(&d->mlp, b->B, false, &d->arena, &d->tape);
    float *next = arena_take(&d->arena, n);
    float *low = arena_take(&d->arena, N), *other = arena_take(&d->arena, N);
    const float *x = input_of(d, b->next_state, b->return_to_go + 1, 2, b->B);
    const float *eps = draw_noise(d, RNG_TARGET_NOISE, n);
    actor_forward(d, &d->actor_net.target, x, b->B, next);
    rl_smooth(h, eps, n, action_limit(d), next);
    critic_take(&d->critic, b->B, 1, &d->arena, &tape);
    critic_min(&d->critic, d->critic_net.target.value, b->next_state, next, b->B, &tape, low, other,
               low);
    critic_target(b->reward, b->done, low, (float)h->gamma, N, y);
    arena_release(&d->arena, above);
    enum status result = step_critic(d, y, 1, stats);
    arena_release(&d->arena, mark);
    return result;
}

/* loss = -rl mean Q1(s, mu) + sup * squared error; TD3+BC: rl = alpha / mean|Q1|, sup over B*A. */
static enum status td3_actor(struct mlp_learner *d, struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    const struct hyper *h = &d->learner.hyper;
    size_t N = (size_t)b->B, n = N * (size_t)b->A, mark = arena_mark(&d->arena);
    bool pretrain = d->learner.phase == LEARNER_PRETRAIN, rvs = is_rvs(d);
    double sup = rvs ? (pretrain ? h->sup_pretrain : h->sup_online) : 1;
    double rl = rvs ? (pretrain ? h->alpha_pretrain : h->alpha_online) : h->bc_alpha;
    bool mean_dims = !rvs || h->sup_loss_dims == HYPER_sup_loss_dims_mean;
    double sup_divisor = (double)N * (mean_dims ? b->A : 1);
    struct critic_tape tape;

    /* Q1 at the policy's own action: the actor maximises it. */
    mlp_take(&d->mlp, b->B, false, &d->arena, &d->tape);
    critic_take(&d->critic, b->B, 1, &d->arena, &tape);
    float *action = arena_take(&d->arena, n), *daction = arena_take(&d->arena, n);
    float *q = arena_take(&d->arena, N), *dq = arena_take(&d->arena, N);
    const float *x = input_of(d, b->state, b->return_to_go, 2, b->B);
    actor_forward(d, &d->actor_net.current, x, b->B, action);
    critic_q(&d->critic, d->critic_net.current.value, CRITIC_Q1, b->state, action, b->B, &tape, q);
    double value = 0, size = 0, error = 0;
    for (size_t i = 0; i < N; i++) {
        value += (double)q[i] / (double)N;
        size += fabs((double)q[i]) / (double)N;
    }
    /* TD3+BC normalises by mean|Q1|, detached, so that bc_alpha means the same on every scale of
     * rewards. */
    if (!rvs)
        rl = size > 0 ? rl / size : 0;
    for (size_t i = 0; i < N; i++)
        dq[i] = (float)(-rl / (double)N);
    critic_backward(&d->critic, d->critic_net.current.value, CRITIC_Q1, dq, &tape, NULL, daction);

    /* Add the supervised part at the action, so that one pass serves both losses. */
    for (size_t i = 0; i < n; i++) {
        double off = (double)action[i] - (double)b->action[i];
        error += off * off / sup_divisor;
        daction[i] += (float)(2 * sup * off / sup_divisor);
    }
    zero(&d->actor_net);
    actor_backward(d, action, daction, b->B);
    arena_release(&d->arena, mark);

    stats_add(stats, LEARNER_loss_supervised, error);
    stats_add(stats, LEARNER_loss_rl, -value);
    TRY(step_mlp_actor(d, sup * error - rl * value, stats));
    /* Targets move only on actor updates (the delay of TD3). */
    network_follow(&d->actor_net, h->tau);
    network_follow(&d->critic_net, h->tau);
    return STATUS_OK;
}

enum status mlp_td3_update(struct mlp_learner *d, bool actor, struct stats_sum *stats)
{
    TRY(td3_critic(d, stats));
    return actor ? td3_actor(d, stats) : STATUS_OK;
}

/* --- IQL -------------------------------------------------------------------------------------- */

/* Unsquashed Gaussian with mean tanh(net) and one log std per dimension:
 * loss = -mean of weight log N(a; mean, std), gradients into the network and log std. */
static enum status iql_actor(struct mlp_learner *d, const float *weight, struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    size_t N = (size_t)b->B, A = (size_t)b->A, n = N * A, mark = arena_mark(&d->arena);
    float low = is_corl(d) ? -20.0f : -5.0f, dropout = dropout_of(d);
    const float *log_std = d->actor_net.current.value + d->log_std;
    float *dlog_std = d->actor_net.lanes.dtheta[0] + d->log_std;
    mlp_take(&d->mlp, b->B, dropout > 0, &d->arena, &d->tape);
    if (dropout > 0)
        mlp_draw_dropout(&d->mlp, dropout,
                         rng_at(d->learner.run, RNG_DROPOUT, (uint64_t)d->learner.updates),
                         &d->tape);
    float *mean = arena_take(&d->arena, n), *dmean = arena_take(&d->arena, n);
    zero(&d->actor_net);
    actor_forward(d, &d->actor_net.current, b->state, b->B, mean);
    /* Clamping the log standard deviation stops its gradient outside the limits. */
    double loss = 0;
    for (size_t i = 0; i < N; i++) {
        double share = (double)weight[i] / (double)N;
        for (size_t a = 0; a < A; a++) {
            double clamped = fmin(fmax((double)log_std[a], (double)low), 2), std = exp(clamped);
            double z = ((double)b->action[i * A + a] - (double)mean[i * A + a]) / std;
            loss += share * (0.5 * z * z + clamped + 0.5 * log(2 * M_PI));
            dmean[i * A + a] = (float)(-share * z / std);
            if (log_std[a] >= low && log_std[a] <= 2)
                dlog_std[a] += (float)(share * (1 - z * z));
        }
    }
    actor_backward(d, mean, dmean, b->B);
    arena_release(&d->arena, mark);
    return step_mlp_actor(d, loss, stats);
}

/* u = q - V(s), and next = V(s'). (B) each */
static void iql_advantage(struct mlp_learner *d, struct critic_tape *tape, const float *q,
                          float *next, float *v, float *u)
{
    const struct batch *b = &d->batch;
    const float *theta = d->value_net.current.value;
    critic_v(&d->value, theta, b->next_state, b->B, tape, next);
    critic_v(&d->value, theta, b->state, b->B, tape, v);
    for (size_t i = 0; i < (size_t)b->B; i++)
        u[i] = q[i] - v[i];
}

/* V's step towards the expectile of q. CORL computes u and next before it, the original after. */
static enum status iql_value(struct mlp_learner *d, const float *q, float *next, float *u,
                             struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    const struct hyper *h = &d->learner.hyper;
    size_t N = (size_t)b->B, mark = arena_mark(&d->arena);
    struct critic_tape tape;
    critic_take(&d->value, b->B, 1, &d->arena, &tape);
    float *v = arena_take(&d->arena, N), *dv = arena_take(&d->arena, N);
    iql_advantage(d, &tape, q, next, v, u);
    double loss = rl_expectile_loss(u, b->mask, N, h->expectile, (double)N, dv);
    zero(&d->value_net);
    critic_backward(&d->value, d->value_net.current.value, CRITIC_V, dv, &tape,
                    d->value_net.lanes.dtheta[0], NULL);
    TRY(learner_check_loss(loss, "value loss", d->learner.batches));
    stats_add(stats, LEARNER_loss_value, loss);
    TRY(step_network(&d->value_net, h->lr_critic, 0, "gradient of V", NULL));
    if (!is_corl(d))
        iql_advantage(d, &tape, q, next, v, u);
    arena_release(&d->arena, mark);
    return STATUS_OK;
}

/* Turn u into the actor's weights. */
static void iql_weights(const struct hyper *h, size_t N, float *u, struct stats_sum *stats)
{
    double mean = 0, weights = 0;
    for (size_t i = 0; i < N; i++) {
        mean += (double)u[i] / (double)N;
        u[i] = rl_iql_weight(h, u[i]);
        weights += (double)u[i] / (double)N;
    }
    stats_add(stats, LEARNER_advantage_mean, mean);
    stats_add(stats, LEARNER_weight_mean, weights);
}

enum status mlp_iql_update(struct mlp_learner *d, struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    const struct hyper *h = &d->learner.hyper;
    size_t N = (size_t)b->B, mark = arena_mark(&d->arena);
    float *q = arena_take(&d->arena, N), *other = arena_take(&d->arena, N);
    float *next = arena_take(&d->arena, N), *u = arena_take(&d->arena, N);

    /* Rewards are first used in the last of the three steps: check them before the first. */
    double rewards = 0;
    for (size_t i = 0; i < N; i++)
        rewards += (double)b->reward[i];
    TRY(learner_check_loss(rewards, "sum of a batch's rewards", d->learner.batches));

    /* q = min Q'(s,a), the target of V. */
    size_t above = arena_mark(&d->arena);
    struct critic_tape tape;
    critic_take(&d->critic, b->B, 1, &d->arena, &tape);
    critic_min(&d->critic, d->critic_net.target.value, b->state, b->action, b->B, &tape, q, other,
               q);
    arena_release(&d->arena, above);
    TRY(iql_value(d, q, next, u, stats));

    /* Weights from u, then Q towards r + gamma (1-d) V(s'); the order between them is free. */
    iql_weights(h, N, u, stats);
    TRY(iql_actor(d, u, stats));
    float *y = q; /* no longer needed, so it is reused */
    critic_target(b->reward, b->done, next, (float)h->gamma, N, y);
    TRY(step_critic(d, y, is_corl(d) ? 0.5 : 1, stats));
    network_follow(&d->critic_net, h->tau);
    arena_release(&d->arena, mark);
    return STATUS_OK;
}

/* --- training and acting ---------------------------------------------------------------------- */

static int64_t mlp_learner_batches(const struct learner *l, int64_t updates)
{
    return updates * l->hyper.actor_update_interval;
}

static enum status mlp_learner_train(struct learner *l, const struct learner_data *data,
                                     int64_t batches, struct learner_stats *out)
{
    struct mlp_learner *d = mlp_of(l);
    struct stats_sum stats = {{0}, {0}};
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = l->hyper.rtg_scale;
    rule.skip_missing_next = l->hyper.last_row_bootstrap == HYPER_last_row_bootstrap_excluded;
    int64_t interval = l->hyper.actor_update_interval;
    arena_release(&d->arena, 0); /* left by a refused update */
    for (int64_t j = 0; j < batches; j++) {
        learner_tick(l, STAGE_SAMPLE);
        /* Even numbers, like the transformer learner, which uses odd ones for a second batch. */
        struct rng rng = rng_at(l->run, RNG_BATCH, 2 * (uint64_t)l->batches);
        if (is_rvs(d))
            TRY(batch_sample(data->replay, l->normalizer, &rule, rng, &d->batch));
        else
            TRY(batch_sample_transitions(data->transitions, l->normalizer,
                                         is_iql(d) ? IQL_ACTION_LIMIT : 0, 1, 0, rng, &d->batch));
        stats_add(&stats, LEARNER_real_share, batch_real_share(&d->batch));
        learner_tick(l, STAGE_CRITIC);
        if (is_iql(d)) {
            TRY(mlp_iql_update(d, &stats));
        } else {
            /* RvS counts batches within the iteration, TD3+BC across the whole run. */
            bool actor = is_rvs(d) ? j % interval == 0 : (l->batches + 1) % interval == 0;
            TRY(mlp_td3_update(d, actor, &stats));
        }
        l->batches++;
    }
    stats_finish(&stats, out);
    return STATUS_OK;
}

static enum status act_rows(struct mlp_learner *d, const struct act_context context[], int n,
                            float *action)
{
    size_t S = (size_t)d->learner.S, A = (size_t)d->learner.A, mark = arena_mark(&d->arena);
    float *state = arena_take(&d->arena, (size_t)n * S), *rtg = arena_take(&d->arena, (size_t)n);
    for (int i = 0; i < n; i++) {
        const struct act_context *c = &context[i];
        memcpy(state + (size_t)i * S, c->state + (size_t)(c->steps - 1) * S, S * sizeof *state);
        rtg[i] = c->return_to_go != NULL ? c->return_to_go[c->steps - 1] : 0;
    }
    if (d->learner.normalizer != NULL)
        normalizer_apply(d->learner.normalizer, state, n, state);
    mlp_take(&d->mlp, n, false, &d->arena, &d->tape);
    float *out = arena_take(&d->arena, (size_t)n * A);
    actor_forward(d, &d->actor_net.current, input_of(d, state, rtg, 1, n), n, out);
    memcpy(action, out, (size_t)n * A * sizeof *action);
    arena_release(&d->arena, mark);
    return STATUS_OK;
}

static enum status mlp_learner_act(struct learner *l, const struct act_context context[], int n,
                                   enum act_mode mode, bool frozen, const float *noise,
                                   float *action, float *log_prob)
{
    struct mlp_learner *d = mlp_of(l);
    int A = l->A, room = (int)l->hyper.batch_size; /* the arena was measured for this size */
    float limit = action_limit(d);
    (void)frozen;
    (void)log_prob;
    for (int from = 0; from < n; from += room)
        TRY(act_rows(d, context + from, n - from < room ? n - from : room, action + from * A));
    for (int i = 0; i < n * A; i++) {
        if (mode == ACT_EXPLORE) {
            float std = (float)l->hyper.expl_noise;
            if (is_iql(d))
                std = expf(fminf(fmaxf(d->actor_net.current.value[d->log_std + (size_t)(i % A)],
                                       is_corl(d) ? -20.0f : -5.0f),
                                 2));
            action[i] += std * noise[i];
        }
        action[i] = fminf(fmaxf(action[i], -limit), limit);
    }
    return STATUS_OK;
}

/* --- state ------------------------------------------------------------------------------------ */

static enum status mlp_learner_visit(struct learner *l, struct visitor *v)
{
    struct mlp_learner *d = mlp_of(l);
    TRY(network_visit(&d->actor_net, "actor", v));
    TRY(network_visit(&d->critic_net, "critic", v));
    return is_iql(d) ? network_visit(&d->value_net, "value", v) : STATUS_OK;
}

static size_t mlp_learner_memory(const struct learner *l)
{
    const struct mlp_learner *d = (const struct mlp_learner *)l;
    return network_memory(&d->actor_net) + network_memory(&d->critic_net) +
           network_memory(&d->value_net) + d->arena.size;
}

static int mlp_learner_layers(const struct learner *l, struct learner_layer out[])
{
    const struct mlp_learner *d = (const struct mlp_learner *)l;
    if (is_rvs(d))
        return 0;
    _Static_assert(MLP_MAX_HIDDEN + 1 <= LEARNER_LAYERS, "raise LEARNER_LAYERS");
    for (int i = 0; i <= d->mlp.hidden; i++) {
        const struct linear *f = &d->mlp.layer[i];
        out[i] = (struct learner_layer){.in = f->in,
                                        .out = f->out,
                                        .weight = d->actor_net.current.value + f->weight,
                                        .bias = d->actor_net.current.value + f->bias};
    }
    return d->mlp.hidden + 1;
}

static int mlp_learner_networks(struct learner *l, struct network *out[])
{
    out[0] = &mlp_of(l)->actor_net;
    return 1;
}

const struct learner_ops learner_mlp = {
    .name = "mlp",
    .size = sizeof(struct mlp_learner),
    .set_up = mlp_learner_set_up,
    .tear_down = mlp_learner_tear_down,
    .begin = mlp_learner_begin,
    .batches = mlp_learner_batches,
    .train = mlp_learner_train,
    .act = mlp_learner_act,
    .visit = mlp_learner_visit,
    .memory = mlp_learner_memory,
    .networks = mlp_learner_networks,
    .layers = mlp_learner_layers,
};
