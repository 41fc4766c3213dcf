/* SAC from scratch on multi-layer perceptrons: the behaviour policy of D4RL's locomotion datasets.
 *
 *   a = tanh(mu + std eps),  H = -mean log pi(a|s)
 *   temperature  log alpha steps on the gradient H + dim(a): entropy is held at -dim(a)
 *   critic       y = r + gamma (1 - d) [min_i Q_i'(s', a') - alpha log pi(a'|s')],  a' ~ pi(s')
 *   actor        -mean [alpha H + min_i Q_i(s, a)]
 *
 * The temperature moves first, and the losses use its new value; both losses are those of the
 * networks before their steps; the target critic follows every step.
 * Source: docs/methods.md 17b; fixture tests/data/sac_mlp.h5 (numpy, tests/data/make_sac_mlp.py).
 */
#include "engine/methods/learner_sac.h"

#include "engine/methods/rl_shared.h"
#include "engine/nn/activation.h"
#include "engine/nn/head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { INIT_ACTOR = 0, INIT_CRITIC = 1000 };

static const float LOG_STD_MIN = -20, LOG_STD_MAX = 2;

static struct sac_learner *sac_of(struct learner *l)
{
    return (struct sac_learner *)l;
}

/* --- making and freeing ----------------------------------------------------------------------- */

static enum status new_networks(struct sac_learner *d)
{
    const struct hyper *h = &d->learner.hyper;
    int S = d->learner.S, A = d->learner.A;
    d->actor_layout.product = learner_product(h);
    d->mlp = mlp_plan(&d->actor_layout, "actor", S, (int)h->mlp_hidden, (int)h->mlp_hidden_layers,
                      2 * A, false);
    mlp_start_near_zero(&d->actor_layout, &d->mlp, 1e-3f);
    struct critic_spec spec = {.cell = CRITIC_MLP,
                               .product = learner_product(h),
                               .S = S,
                               .A = A,
                               .q = 2,
                               .width = (int)h->critic_hidden,
                               .layers = (int)h->critic_hidden_layers,
                               .norm = h->critic_layernorm != 0};
    TRY(critic_plan(&spec, &d->critic));
    mlp_start_near_zero(&d->critic.layout, &d->critic.net[CRITIC_Q1].mlp, 3e-3f);
    mlp_start_near_zero(&d->critic.layout, &d->critic.net[CRITIC_Q2].mlp, 3e-3f);
    TRY(network_init(&d->actor, &d->actor_layout, d->learner.run, INIT_ACTOR, false));
    TRY(lanes_init(&d->actor.lanes, d->actor_layout.size, 0));
    TRY(network_init(&d->critic_net, &d->critic.layout, d->learner.run, INIT_CRITIC, true));
    return lanes_init(&d->critic_net.lanes, d->critic.layout.size, 0);
}

/* A sample of the policy at N states; the tape is good for one backward pass. */
struct sample {
    struct mlp_tape tape;
    const float *eps;
    float *mu, *log_std;       /* (N,A); log_std clamped */
    float *free;               /* (N,A) 1 where log_std is within its limits, else 0 */
    float *u, *action;         /* (N,A) */
    float *log_prob, *q, *low; /* (N); q: Q1, and room for Q2 behind it */
};

/* Also as a dry run. */
static void take_sample(const struct sac_learner *d, int rows, struct arena *a, struct sample *s)
{
    size_t N = (size_t)rows, n = N * (size_t)d->learner.A;
    mlp_take(&d->mlp, rows, false, a, &s->tape);
    s->mu = arena_take(a, n);
    s->log_std = arena_take(a, n);
    s->free = arena_take(a, n);
    s->u = arena_take(a, n);
    s->action = arena_take(a, n);
    s->log_prob = arena_take(a, N);
    s->q = arena_take(a, 2 * N);
    s->low = arena_take(a, N);
}

/* All arrays of one update, also as a dry run. */
static void take_update(const struct sac_learner *d, struct arena *a)
{
    int rows = (int)d->learner.hyper.batch_size;
    size_t N = (size_t)rows, A = (size_t)d->learner.A, S = (size_t)d->learner.S;
    struct sample next, now;
    struct critic_tape tape;
    take_sample(d, rows, a, &next);
    take_sample(d, rows, a, &now);
    critic_take(&d->critic, rows, 1, a, &tape);
    for (int i = 0; i < 12; i++)
        arena_take(a, N * A + 64);
    arena_take(a, N * S);
}

static void sac_tear_down(struct learner *l)
{
    struct sac_learner *d = sac_of(l);
    network_free(&d->actor);
    network_free(&d->critic_net);
    batch_free(&d->batch);
    arena_free(&d->arena);
}

static enum status sac_set_up(struct learner *l)
{
    struct sac_learner *d = sac_of(l);
    const struct hyper *h = &l->hyper;
    struct arena dry;
    if (h->rl_gradient != HYPER_rl_gradient_sac)
        return status_fail(STATUS_CONFIG, "rl_gradient = %s: the actor mlp_sac supports sac",
                           hyper_word(h, "rl_gradient"));
    if (h->n_critics != 2)
        return status_fail(STATUS_CONFIG, "n_critics = %d: the actor mlp_sac has 2",
                           (int)h->n_critics);
    TRY(new_networks(d));
    d->log_temperature.value = log(h->init_temperature);
    TRY(batch_init(&d->batch, (int)h->batch_size, 1, d->learner.S, d->learner.A, false));
    (void)arena_init(&dry, 0);
    take_update(d, &dry);
    return arena_init(&d->arena, dry.high + 4096);
}

/* --- the policy ------------------------------------------------------------------------------- */

/* mu and the clamped log_std of N states. */
static void policy_forward(const struct sac_learner *d, const float *state, int rows,
                           struct arena *a, struct sample *s)
{
    size_t A = (size_t)d->learner.A, mark = arena_mark(a);
    float *y = arena_take(a, (size_t)rows * 2 * A);
    mlp_forward(&d->mlp, d->actor.current.value, state, rows, &s->tape, y);
    for (size_t i = 0; i < (size_t)rows; i++) {
        for (size_t j = 0; j < A; j++) {
            float log_std = y[(2 * i + 1) * A + j];
            s->mu[i * A + j] = y[2 * i * A + j];
            s->free[i * A + j] = log_std >= LOG_STD_MIN && log_std <= LOG_STD_MAX;
            s->log_std[i * A + j] = log_std < LOG_STD_MIN   ? LOG_STD_MIN
                                    : log_std > LOG_STD_MAX ? LOG_STD_MAX
                                                            : log_std;
        }
    }
    arena_release(a, mark);
}

/* The action and its log-probability, and the smaller of the critic's values there. */
static void draw(struct sac_learner *d, const float *state, const struct params *critic,
                 enum rng_purpose purpose, const float *given, struct critic_tape *tape,
                 struct sample *s)
{
    int N = d->batch.B, A = d->batch.A;
    size_t n = (size_t)N * (size_t)A;
    float *eps = arena_take(&d->arena, n);
    struct rng rng = rng_at(d->learner.run, purpose, (uint64_t)d->learner.batches);
    if (given != NULL)
        memcpy(eps, given, n * sizeof *eps);
    else
        rng_fill_normal(&rng, 0, eps, n);
    s->eps = eps;
    policy_forward(d, state, N, &d->arena, s);
    head_sample(s->mu, s->log_std, eps, N, A, s->u, s->action);
    head_entropy(s->mu, s->log_std, eps, N, A, s->log_prob);
    for (int i = 0; i < N; i++)
        s->log_prob[i] = -s->log_prob[i];
    critic_min(&d->critic, critic->value, state, s->action, N, tape, s->q, s->q + N, s->low);
}

static double mean(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i];
    return sum / n;
}

/* --- an update -------------------------------------------------------------------------------- */

/* The derivative of -mean min_i Q_i(s, a) by the action, after the passes of draw(). */
static void q_slope(struct sac_learner *d, const struct sample *s, struct critic_tape *tape,
                    float *daction)
{
    size_t N = (size_t)d->batch.B, n = N * (size_t)d->batch.A, mark = arena_mark(&d->arena);
    float *dq = arena_take(&d->arena, N), *part = arena_take(&d->arena, n);
    memset(daction, 0, n * sizeof *daction);
    for (int k = 0; k < 2; k++) {
        for (size_t i = 0; i < N; i++) {
            bool lower = k == 0 ? s->q[i] <= s->q[N + i] : s->q[i] > s->q[N + i];
            dq[i] = lower ? -1.0f / (float)N : 0;
        }
        critic_backward(&d->critic, d->critic_net.current.value, k == 0 ? CRITIC_Q1 : CRITIC_Q2, dq,
                        tape, NULL, part);
        for (size_t i = 0; i < n; i++)
            daction[i] += part[i];
    }
    arena_release(&d->arena, mark);
}

/* -mean [alpha H + min Q]: its gradient by the actor's parameters. */
static void actor_gradient(struct sac_learner *d, struct sample *s, double alpha, float *daction)
{
    int N = d->batch.B, A = d->batch.A;
    size_t n = (size_t)N * (size_t)A, mark = arena_mark(&d->arena);
    float *dmu = arena_take(&d->arena, n), *dlog_std = arena_take(&d->arena, n);
    float *dentropy = arena_take(&d->arena, (size_t)N), *dy = arena_take(&d->arena, 2 * n);
    memset(dmu, 0, n * sizeof *dmu);
    memset(dlog_std, 0, n * sizeof *dlog_std);
    for (int i = 0; i < N; i++)
        dentropy[i] = (float)(-alpha / N);
    activation_tanh_backward(s->action, daction, n, daction);
    head_sample_backward(s->log_std, s->eps, daction, N, A, dmu, dlog_std);
    head_entropy_backward(s->mu, s->log_std, s->eps, dentropy, N, A, dmu, dlog_std);
    for (size_t i = 0; i < (size_t)N; i++) {
        for (size_t j = 0, k = i * (size_t)A; j < (size_t)A; j++, k++) {
            dy[2 * i * (size_t)A + j] = dmu[k];
            dy[(2 * i + 1) * (size_t)A + j] = dlog_std[k] * s->free[k];
        }
    }
    memset(d->actor.lanes.dtheta[0], 0, d->actor_layout.size * sizeof(float));
    mlp_backward(&d->mlp, d->actor.current.value, dy, &s->tape, d->actor.lanes.dtheta[0], NULL, 0);
    arena_release(&d->arena, mark);
}

/* The critic's loss and gradient; `next` is the sample at s'. */
static void critic_gradient(struct sac_learner *d, const struct sample *next, double alpha,
                            struct critic_tape *tape, struct critic_sums *sums)
{
    const struct batch *b = &d->batch;
    size_t N = (size_t)b->B, mark = arena_mark(&d->arena);
    float *value = arena_take(&d->arena, N), *y = arena_take(&d->arena, N);
    for (size_t i = 0; i < N; i++)
        value[i] = next->low[i] - (float)alpha * next->log_prob[i];
    critic_target(b->reward, b->done, value, (float)d->learner.hyper.gamma, N, y);
    struct rl_td td = {.critic = &d->critic,
                       .params = &d->critic_net.current,
                       .windows = b->B,
                       .state = b->state,
                       .action = b->action,
                       .y = y,
                       .weight = b->weight,
                       .mask = b->mask,
                       .divisor = b->B};
    memset(d->critic_net.lanes.dtheta[0], 0, d->critic.layout.size * sizeof(float));
    rl_td_loss(&td, tape, &d->arena, d->critic_net.lanes.dtheta[0], sums);
    arena_release(&d->arena, mark);
}

static enum status step(struct sac_learner *d, double actor_loss, const struct critic_sums *sums,
                        struct stats_sum *stats)
{
    const struct hyper *h = &d->learner.hyper;
    struct adam_rule rule = adam_rule_default(0);
    struct step_report report;
    TRY(network_adam(&d->critic_net, &rule, h->lr_critic, 1, "gradient of the critic", h->tau,
                     &report));
    rl_report_critic(sums, d->batch.B, report.grad_norm, stats);
    TRY(network_adam(&d->actor, &rule, h->lr_actor, 1, "gradient of the actor", 0, &report));
    stats_add(stats, LEARNER_loss_actor, actor_loss);
    stats_add(stats, LEARNER_grad_norm_actor, report.grad_norm);
    d->learner.updates++;
    return STATUS_OK;
}

/* Whatever the losses are made of, before anything steps. */
static enum status check_parts(const struct sac_learner *d, const struct sample *next,
                               const struct sample *now)
{
    int N = d->batch.B;
    int64_t at = d->learner.batches;
    TRY(learner_check_loss(mean(d->batch.reward, N), "mean of a batch's rewards", at));
    TRY(learner_check_loss(mean(next->low, N), "target critic's value", at));
    TRY(learner_check_loss(mean(next->log_prob, N), "log-probability at the next state", at));
    TRY(learner_check_loss(mean(now->log_prob, N), "entropy", at));
    return learner_check_loss(mean(now->low, N), "critic's value", at);
}

enum status sac_update(struct sac_learner *d, struct stats_sum *stats)
{
    const struct batch *b = &d->batch;
    const struct hyper *h = &d->learner.hyper;
    size_t mark = arena_mark(&d->arena);
    struct adam_rule rule = adam_rule_default(0);
    struct critic_sums sums = {0};
    struct critic_tape tape;
    struct sample next, now;
    take_sample(d, b->B, &d->arena, &next);
    take_sample(d, b->B, &d->arena, &now);
    critic_take(&d->critic, b->B, 1, &d->arena, &tape);
    float *daction = arena_take(&d->arena, (size_t)b->B * (size_t)b->A);

    draw(d, b->next_state, &d->critic_net.target, RNG_TARGET_NOISE, d->next_noise, &tape, &next);
    draw(d, b->state, &d->critic_net.current, RNG_POLICY_SAMPLE, d->noise, &tape, &now);
    TRY(check_parts(d, &next, &now));
    q_slope(d, &now, &tape, daction);
    double entropy = -mean(now.log_prob, b->B), value = mean(now.low, b->B);

    TRY(adam_scalar_step(&rule, &d->log_temperature, h->lr_temperature, entropy + b->A,
                         "gradient of the temperature"));
    double alpha = exp(d->log_temperature.value);
    learner_tick(&d->learner, STAGE_ACTOR);
    actor_gradient(d, &now, alpha, daction);
    learner_tick(&d->learner, STAGE_CRITIC);
    critic_gradient(d, &next, alpha, &tape, &sums);
    arena_release(&d->arena, mark);
    TRY(learner_check_loss(sums.q_loss, "critic loss", d->learner.batches));
    stats_add(stats, LEARNER_entropy, entropy);
    stats_add(stats, LEARNER_temperature, alpha);
    stats_add(stats, LEARNER_loss_rl, -value);
    return step(d, -alpha * entropy - value, &sums, stats);
}

/* --- training and acting ---------------------------------------------------------------------- */

static enum status sac_train(struct learner *l, const struct learner_data *data, int64_t batches,
                             struct learner_stats *out)
{
    struct sac_learner *d = sac_of(l);
    struct stats_sum stats = {{0}, {0}};
    arena_release(&d->arena, 0); /* left by a refused update */
    for (int64_t j = 0; j < batches; j++) {
        learner_tick(l, STAGE_SAMPLE);
        struct rng rng = rng_at(l->run, RNG_BATCH, (uint64_t)l->batches);
        TRY(batch_sample_transitions(data->transitions, l->normalizer, 0, 1, 0, rng, &d->batch));
        stats_add(&stats, LEARNER_real_share, batch_real_share(&d->batch));
        learner_tick(l, STAGE_CRITIC);
        TRY(sac_update(d, &stats));
        l->batches++;
    }
    stats_finish(&stats, out);
    return STATUS_OK;
}

static enum status act_rows(struct sac_learner *d, const struct act_context context[], int n,
                            const float *noise, float *action, float *log_prob)
{
    size_t S = (size_t)d->learner.S, A = (size_t)d->learner.A, mark = arena_mark(&d->arena);
    float *state = arena_take(&d->arena, (size_t)n * S);
    struct sample s;
    take_sample(d, n, &d->arena, &s);
    for (int i = 0; i < n; i++)
        memcpy(state + (size_t)i * S, context[i].state + (size_t)(context[i].steps - 1) * S,
               S * sizeof *state);
    if (d->learner.normalizer != NULL)
        normalizer_apply(d->learner.normalizer, state, n, state);
    policy_forward(d, state, n, &d->arena, &s);
    if (noise != NULL)
        head_sample(s.mu, s.log_std, noise, n, (int)A, s.u, action);
    else
        activation_tanh(s.mu, (size_t)n * A, action);
    if (log_prob != NULL)
        head_log_prob(s.mu, s.log_std, noise != NULL ? s.u : s.mu, n, (int)A, log_prob);
    arena_release(&d->arena, mark);
    return STATUS_OK;
}

static enum status sac_act(struct learner *l, const struct act_context context[], int n,
                           enum act_mode mode, bool frozen, const float *noise, float *action,
                           float *log_prob)
{
    struct sac_learner *d = sac_of(l);
    int A = l->A, room = (int)l->hyper.batch_size; /* the arena was measured for this size */
    (void)frozen;
    for (int from = 0; from < n; from += room)
        TRY(act_rows(d, context + from, n - from < room ? n - from : room,
                     mode == ACT_EXPLORE ? noise + from * A : NULL, action + from * A,
                     log_prob != NULL ? log_prob + from : NULL));
    return STATUS_OK;
}

/* --- state ------------------------------------------------------------------------------------ */

static enum status sac_visit(struct learner *l, struct visitor *v)
{
    struct sac_learner *d = sac_of(l);
    TRY(network_visit(&d->actor, "actor", v));
    TRY(network_visit(&d->critic_net, "critic", v));
    visitor_enter(v, "temperature");
    TRY(adam_scalar_visit(&d->log_temperature, v));
    visitor_leave(v);
    return STATUS_OK;
}

static size_t sac_memory(const struct learner *l)
{
    const struct sac_learner *d = (const struct sac_learner *)l;
    return network_memory(&d->actor) + network_memory(&d->critic_net) + d->arena.size;
}

/* The last layer's first A rows are the mean's, the others the log standard deviation's. */
static int sac_layers(const struct learner *l, struct learner_layer out[])
{
    const struct sac_learner *d = (const struct sac_learner *)l;
    int last = d->mlp.hidden, A = l->A;
    for (int i = 0; i <= last; i++) {
        const struct linear *f = &d->mlp.layer[i];
        out[i] = (struct learner_layer){.in = f->in,
                                        .out = i < last ? f->out : A,
                                        .weight = d->actor.current.value + f->weight,
                                        .bias = d->actor.current.value + f->bias};
    }
    _Static_assert(MLP_MAX_HIDDEN + 2 <= LEARNER_LAYERS, "raise LEARNER_LAYERS");
    out[last + 1] = out[last];
    out[last + 1].weight += (ptrdiff_t)A * out[last].in;
    out[last + 1].bias += A;
    return last + 1;
}

static int sac_networks(struct learner *l, struct network *out[])
{
    out[0] = &sac_of(l)->actor;
    return 1;
}

const struct learner_ops learner_sac = {
    .name = "mlp_sac",
    .size = sizeof(struct sac_learner),
    .set_up = sac_set_up,
    .tear_down = sac_tear_down,
    .train = sac_train,
    .act = sac_act,
    .visit = sac_visit,
    .memory = sac_memory,
    .networks = sac_networks,
    .layers = sac_layers,
    .has_spread = true,
};
