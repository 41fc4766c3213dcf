/* The decision-transformer learner: set-up, training loop and state. */
#include "engine/methods/rl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of the two networks' initial values: far apart, so that the size of one network cannot
 * shift the other's numbers. */
enum { INIT_ACTOR = 0, INIT_CRITIC = 1000 };

double dt_temperature(const struct dt *d)
{
    return exp(d->log_temperature.value);
}

size_t dt_batch_floats(const struct dt *d, int width)
{
    return (size_t)d->learner.hyper.batch_size * (size_t)d->learner.hyper.T_train * (size_t)width;
}

bool dt_wants_entropy(const struct dt *d)
{
    return d->stochastic && (d->learner.hyper.entropy_reg || d->rl->temperature);
}

/* --- making and freeing ----------------------------------------------------------------------- */

static enum status new_actor(struct dt *d)
{
    const struct hyper *h = &d->learner.hyper;
    d->layout.product = learner_product(h);
    d->net = transformer_plan_dt(&d->layout, (int)h->embed_dim, (int)h->n_layer, (int)h->n_head,
                                 d->learner.S, d->learner.A);
    if (d->stochastic)
        d->gaussian = head_gaussian_plan(&d->layout, "head", d->net.C, d->learner.A);
    else
        d->tanh = head_tanh_plan(&d->layout, "head", d->net.C, d->learner.A);
    d->log_temperature.value = log(h->init_temperature);
    TRY(network_init(&d->actor, &d->layout, d->learner.run, INIT_ACTOR, d->rl->targets));
    d->actor.freezes = true;
    return STATUS_OK;
}

static enum status new_critic(struct dt *d)
{
    const struct hyper *h = &d->learner.hyper;
    struct critic_spec spec = {.cell = CRITIC_MLP,
                               .product = learner_product(h),
                               .S = d->learner.S,
                               .A = d->learner.A,
                               .q = (int)h->n_critics,
                               .v = h->n_value_nets > 0,
                               .width = (int)h->critic_hidden,
                               .layers = (int)h->critic_hidden_layers,
                               .norm = h->critic_layernorm != 0};
    if (h->critic_arch != HYPER_critic_arch_mlp) {
        spec.cell = h->critic_arch == HYPER_critic_arch_lstm ? CRITIC_LSTM : CRITIC_RNN;
        spec.layers = 3;
    }
    if (d->rl->critic_update == NULL && d->rl->begin_iteration == NULL)
        return STATUS_OK;
    d->has_critic = true;
    TRY(critic_plan(&spec, &d->critic));
    return network_init(&d->critic_net, &d->critic.layout, d->learner.run, INIT_CRITIC,
                        d->rl->targets);
}

enum status dt_new_floats(float **out, size_t n)
{
    *out = aligned_alloc(64, (n * sizeof **out + 63) / 64 * 64 + 64);
    if (*out == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a batch; use a smaller batch_size");
    memset(*out, 0, n * sizeof **out);
    return STATUS_OK;
}

size_t dt_critic_scratch(const struct dt *d, int windows)
{
    int K = (int)d->learner.hyper.T_train;
    struct arena dry;
    struct critic_tape tape;
    (void)arena_init(&dry, 0);
    critic_take(&d->critic, windows > 1 ? windows : 1, K, &dry, &tape);
    for (int i = 0; i < 8; i++)
        arena_take(&dry, (size_t)(windows + 1) * (size_t)K);
    size_t more = d->rl->critic_scratch != NULL ? d->rl->critic_scratch(d, windows) : 0;
    return dry.high + more + 4096;
}

enum status dt_make_windows(struct dt *d, int count)
{
    if (count <= d->window_room)
        return STATUS_OK;
    int *larger = realloc(d->window_rows, (size_t)count * sizeof *larger);
    if (larger == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d windows", count);
    d->window_rows = larger;
    d->window_room = count;
    return STATUS_OK;
}

/* Allocate everything that an update needs, so that training itself allocates nothing. */
static enum status new_dt_workspace(struct dt *d)
{
    const struct hyper *h = &d->learner.hyper;
    int B = (int)h->batch_size, K = (int)h->T_train, S = d->learner.S, A = d->learner.A;
    TRY(batch_init(&d->batch, B, K, S, A, false));
    if (d->rl->online)
        TRY(batch_init(&d->online, B, K, S, A, d->rl->ratios));
    if (h->kl_c0 > 0)
        TRY(dt_new_floats(&d->frozen_action, dt_batch_floats(d, A)));
    for (int site = 0; d->stochastic && site < DRAW_SITES; site++) {
        bool used = site == DRAW_ENTROPY ? dt_wants_entropy(d)
                                         : d->rl->critic_update != NULL || d->rl->online;
        if (used)
            TRY(dt_new_floats(&d->noise[site], dt_batch_floats(d, A)));
    }
    if (!d->stochastic && d->has_critic)
        TRY(dt_new_floats(&d->noise[DRAW_TARGET_NOISE], dt_batch_floats(d, A)));

    /* A single lane may get the whole batch. */
    if (d->has_critic)
        TRY(lanes_init(&d->critic_net.lanes, d->critic.layout.size, dt_critic_scratch(d, B)));
    TRY(dt_make_windows(d, 2 * B));
    TRY(lanes_init(&d->actor.lanes, d->layout.size, dt_update_scratch(d)));
    return lanes_init(&d->forward, 0, dt_update_scratch(d));
}

static enum status new_rl_state(struct dt *d)
{
    if (d->rl->state_size == 0)
        return STATUS_OK;
    d->rl_state = calloc(1, d->rl->state_size);
    if (d->rl_state == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the state of rl_gradient = %s",
                           d->rl->name);
    return d->rl->init(d);
}

static void dt_tear_down(struct learner *l)
{
    struct dt *d = dt_of(l);
    network_free(&d->actor);
    network_free(&d->critic_net);
    lanes_free(&d->forward);
    batch_free(&d->batch);
    batch_free(&d->online);
    for (int site = 0; site < DRAW_SITES; site++)
        free(d->noise[site]);
    free(d->frozen_action);
    if (d->rl_state != NULL)
        d->rl->free(d);
    free(d->rl_state);
    dt_act_free(d);
    free(d->window_rows);
}

static enum status dt_set_up(struct learner *l)
{
    struct dt *d = dt_of(l);
    d->stochastic = l->hyper.policy == HYPER_policy_squashed_gaussian;
    d->rl = rl_find(hyper_word(&l->hyper, "rl_gradient")); /* hyper_check knows that it exists */
    if (d->rl->needs_log_prob && !d->stochastic)
        return status_fail(STATUS_CONFIG, "rl_gradient = %s: needs a stochastic policy",
                           d->rl->name);
    TRY(new_actor(d));
    TRY(new_critic(d));
    TRY(new_dt_workspace(d));
    return new_rl_state(d);
}

static enum status dt_begin(struct learner *l, enum learner_phase phase)
{
    struct dt *d = dt_of(l);
    d->phase_updates = 0;
    if (phase != LEARNER_ONLINE)
        return STATUS_OK;
    if (l->hyper.online_reinit_targets) {
        network_renew_target(&d->actor);
        network_renew_target(&d->critic_net);
    }
    bool guided = l->hyper.jsrl_n0 > 0 && l->hyper.jsrl_guide == HYPER_jsrl_guide_pretrained;
    return l->hyper.kl_c0 > 0 || guided ? network_freeze(&d->actor) : STATUS_OK;
}

/* --- training --------------------------------------------------------------------------------- */

static struct batch_rule batch_rule_of(const struct dt *d)
{
    const struct hyper *h = &d->learner.hyper;
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = h->rtg_token == HYPER_rtg_token_zero ? 0 : h->rtg_scale;
    rule.skip_missing_next = h->last_row_bootstrap == HYPER_last_row_bootstrap_excluded;
    return rule;
}

static int64_t dt_batches(const struct learner *l, int64_t updates)
{
    const struct dt *d = (const struct dt *)l;
    return updates * (d->has_critic ? l->hyper.actor_update_interval : 1);
}

static enum status dt_train(struct learner *l, const struct learner_data *data, int64_t batches,
                            struct learner_stats *out)
{
    struct dt *d = dt_of(l);
    struct stats_sum stats = {{0}, {0}};
    struct batch_rule rule = batch_rule_of(d);
    int64_t interval = dt_batches(l, 1);
    bool online = d->rl->online && l->phase == LEARNER_ONLINE;
    /* PPO and AWR fit V to the rollouts once per iteration, even if the iteration takes several
     * calls. */
    if (online && !d->under_way) {
        d->iteration = stats;
        TRY(d->rl->begin_iteration(d, data, (batches + data->follow) / interval, &d->iteration));
    }
    struct stats_sum *sum = online ? &d->iteration : &stats;

    for (int64_t j = 0; j < batches; j++) {
        learner_tick(l, STAGE_SAMPLE);
        /* Two streams per batch, so that a second batch never shifts the first one's draws. */
        struct rng rng = rng_at(l->run, RNG_BATCH, 2 * (uint64_t)l->batches);
        TRY(batch_sample(data->replay, l->normalizer, &rule, rng, &d->batch));
        stats_add(sum, LEARNER_real_share, batch_real_share(&d->batch));
        if (online) {
            rng = rng_at(l->run, RNG_BATCH, 2 * (uint64_t)l->batches + 1);
            TRY(batch_sample(data->online, l->normalizer, &rule, rng, &d->online));
        }
        /* The critic first: the actor's gradient uses the updated one. */
        if (d->rl->critic_update != NULL) {
            learner_tick(l, STAGE_CRITIC);
            TRY(dt_critic_update(d, &d->batch, sum));
        }
        if (j % interval == 0) {
            learner_tick(l, STAGE_ACTOR);
            TRY(dt_actor_update(d, &d->batch, online ? &d->online : NULL, sum));
            if (online && d->rl->after_actor != NULL)
                TRY(d->rl->after_actor(d, &d->online, sum));
        }
        l->batches++;
    }
    d->under_way = online && data->follow > 0;
    stats_finish(d->under_way ? &stats : sum, out); /* either none or all of an iteration */
    return STATUS_OK;
}

/* --- state ------------------------------------------------------------------------------------ */

/* State needed to resume an interrupted iteration of PPO or AWR. */
static enum status visit_iteration(struct dt *d, struct visitor *v)
{
    visitor_enter(v, "iteration");
    TRY(visit_int32s(v, "under_way", &d->under_way, 1));
    if (d->under_way) {
        TRY(stats_visit(&d->iteration, "sum", "weight", v));
        TRY(d->rl->visit(d, v));
    }
    visitor_leave(v);
    return STATUS_OK;
}

static enum status dt_visit(struct learner *l, struct visitor *v)
{
    struct dt *d = dt_of(l);
    TRY(network_visit(&d->actor, "actor", v));
    visitor_enter(v, "temperature");
    TRY(adam_scalar_visit(&d->log_temperature, v));
    visitor_leave(v);
    TRY(visit_count(v, "rl_updates", &d->phase_updates, 0));
    if (d->has_critic)
        TRY(network_visit(&d->critic_net, "critic", v));
    return d->rl->online ? visit_iteration(d, v) : STATUS_OK;
}

static size_t dt_memory(const struct learner *l)
{
    const struct dt *d = (const struct dt *)l;
    return network_memory(&d->actor) + network_memory(&d->critic_net) + lanes_memory(&d->forward);
}

static int dt_networks(struct learner *l, struct network *out[])
{
    out[0] = &dt_of(l)->actor;
    return 1;
}

const struct learner_ops learner_dt = {
    .name = "dt",
    .size = sizeof(struct dt),
    .set_up = dt_set_up,
    .tear_down = dt_tear_down,
    .begin = dt_begin,
    .batches = dt_batches,
    .train = dt_train,
    .act = dt_act,
    .visit = dt_visit,
    .memory = dt_memory,
    .networks = dt_networks,
};