#include "engine/methods/learner_pdt.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of the initial values, as in learner_dt.c. */
enum { INIT_ACTOR = 0, INIT_RETURN = 1000 };

/* --- making and freeing ----------------------------------------------------------------------- */

/* Reject settings of other methods that PDT does not support. */
static enum status check_settings(const struct hyper *h)
{
    if (h->policy != HYPER_policy_squashed_gaussian)
        return status_fail(STATUS_CONFIG, "policy = %s: actor = pdt needs squashed_gaussian",
                           hyper_word(h, "policy"));
    if (h->rl_gradient != HYPER_rl_gradient_none)
        return status_fail(STATUS_CONFIG, "rl_gradient = %s: actor = pdt uses none",
                           hyper_word(h, "rl_gradient"));
    if (h->actor_opt != HYPER_actor_opt_lamb)
        return status_fail(STATUS_CONFIG, "actor_opt = %s: actor = pdt needs lamb",
                           hyper_word(h, "actor_opt"));
    if (h->kl_c0 > 0 || h->jsrl_n0 > 0)
        return status_fail(STATUS_CONFIG,
                           "kl_c0, jsrl_n0: actor = pdt keeps no frozen policy; leave them at 0");
    return STATUS_OK;
}

static enum status new_pdt_networks(struct pdt *d)
{
    const struct hyper *h = &d->learner.hyper;
    int C = (int)h->embed_dim, L = (int)h->n_layer, H = (int)h->n_head, Z = d->Z;
    int S = d->learner.S, A = d->learner.A;
    struct transformer_token segment[] = {
        {"embed_state", S}, {"embed_future", Z}, {"embed_action", A}};
    struct transformer_token future[] = {{"embed_state", S}, {"embed_action", A}};
    d->layout.product = d->return_layout.product = learner_product(h);
    d->policy = transformer_plan(&d->layout, "", C, L, H, 3, segment, 1);
    d->encoder = transformer_plan(&d->layout, "future.", C, L, H, 2, future, 1);
    d->action = head_gaussian_plan(&d->layout, "head", C, A);
    d->posterior = gaussian_plan(&d->layout, "future.z", C, Z);
    d->prior = gaussian_plan(&d->layout, "prior", C, Z);
    d->returns = gaussian_plan(&d->return_layout, "return", 2 * C, 1);
    d->log_temperature.value = log(h->init_temperature);
    TRY(network_init(&d->net, &d->layout, d->learner.run, INIT_ACTOR, false));
    TRY(network_init(&d->return_net, &d->return_layout, d->learner.run, INIT_RETURN, false));
    return moments_init(&d->return_adam, &d->return_layout);
}

enum status pdt_make_windows(struct pdt *d, int count)
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

static enum status new_values(struct pdt *d)
{
    size_t N = (size_t)d->batch.B * (size_t)d->batch.K;
    size_t z = N * (size_t)d->Z, a = N * (size_t)d->learner.A;
    float *at = calloc(7 * z + 3 * a + 2 * N, sizeof *at);
    if (at == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a batch; use a smaller batch_size");
    d->memory = at;
    float **latents[] = {&d->value.z,
                         &d->value.dz,
                         &d->value.posterior_mu,
                         &d->value.posterior_log_std,
                         &d->value.prior_mu,
                         &d->value.prior_log_std,
                         &d->value.latent_noise};
    float **actions[] = {&d->value.action_mu, &d->value.action_log_std, &d->value.entropy_noise};
    for (size_t i = 0; i < sizeof latents / sizeof *latents; i++, at += z)
        *latents[i] = at;
    for (size_t i = 0; i < sizeof actions / sizeof *actions; i++, at += a)
        *actions[i] = at;
    d->value.return_mu = at;
    d->value.return_log_std = at + N;
    return STATUS_OK;
}

/* Allocate everything that an update needs, so that training itself allocates nothing. */
static enum status new_pdt_workspace(struct pdt *d)
{
    const struct hyper *h = &d->learner.hyper;
    int B = (int)h->batch_size, K = (int)h->T_train, S = d->learner.S, A = d->learner.A;
    TRY(batch_init(&d->batch, B, K, S, A, false));
    TRY(batch_init(&d->future, B, K, S, A, false));
    TRY(new_values(d));
    TRY(pdt_make_windows(d, B));
    size_t act = pdt_act_scratch(d), returns = pdt_return_scratch(d);
    TRY(lanes_init(&d->return_net.lanes, d->return_layout.size, act > returns ? act : returns));
    return lanes_init(&d->net.lanes, d->layout.size + d->return_layout.size, pdt_update_scratch(d));
}

static void pdt_tear_down(struct learner *l)
{
    struct pdt *d = pdt_of(l);
    network_free(&d->net);
    network_free(&d->return_net);
    moments_free(&d->return_adam);
    batch_free(&d->batch);
    batch_free(&d->future);
    free(d->memory);
    free(d->window_rows);
    pdt_act_free(d);
}

static enum status pdt_set_up(struct learner *l)
{
    struct pdt *d = pdt_of(l);
    TRY(check_settings(&l->hyper));
    d->Z = (int)l->hyper.pdt_latent;
    TRY(new_pdt_networks(d));
    return new_pdt_workspace(d);
}

static enum status pdt_begin(struct learner *l, enum learner_phase phase)
{
    (void)phase;
    pdt_of(l)->return_ready = 0;
    return STATUS_OK;
}

/* --- random numbers --------------------------------------------------------------------------- */

void pdt_draw(const struct pdt *d, enum pdt_site site, uint64_t number, float *out, size_t n)
{
    if (d->given_noise != NULL) {
        d->given_noise(d->noise_context, site, out, n);
        return;
    }
    struct rng rng = site == PDT_ENTROPY
                         ? rng_at(d->learner.run, RNG_POLICY_SAMPLE, number)
                         : rng_at(d->learner.run, RNG_LATENT, number * 4 + (uint64_t)site);
    rng_fill_normal(&rng, 0, out, n);
}

/* --- training --------------------------------------------------------------------------------- */

static enum status sample(struct pdt *d, const struct learner_data *data, uint64_t number)
{
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = d->learner.hyper.rtg_scale;
    rule.segment = BATCH_END_UNIFORM;
    rule.draw = d->learner.phase == LEARNER_ONLINE ? BATCH_BY_RETURN : BATCH_BY_LENGTH;
    learner_tick(&d->learner, STAGE_SAMPLE);
    return batch_sample_future(data->replay, d->learner.normalizer, &rule,
                               rng_at(d->learner.run, RNG_BATCH, number), &d->batch, &d->future);
}

/* Before the first joint update: the return head alone learns to predict from frozen z. */
static enum status prepare_return_head(struct pdt *d, const struct learner_data *data)
{
    size_t bytes = d->return_layout.size * sizeof(float);
    memset(d->return_adam.m, 0, bytes);
    memset(d->return_adam.v, 0, bytes);
    d->return_adam.step = 0;
    for (int64_t i = 0; i < d->learner.hyper.pdt_return_steps; i++) {
        double loss;
        TRY(sample(d, data, 2 * (uint64_t)i + 1));
        learner_tick(&d->learner, STAGE_ACTOR);
        TRY(pdt_return_update(d, i, &loss));
    }
    d->return_ready = 1;
    return STATUS_OK;
}

static void report(const struct pdt *d, bool joint, struct stats_sum *stats)
{
    const struct pdt_losses *loss = &d->losses;
    double temperature = exp(d->log_temperature.value);
    bool entropy = d->learner.hyper.entropy_reg != 0;
    stats_add(stats, LEARNER_loss_actor, loss->total);
    stats_add(stats, LEARNER_real_share,
              (batch_real_share(&d->batch) + batch_real_share(&d->future)) / 2);
    stats_add(stats, LEARNER_loss_supervised,
              loss->nll - (entropy ? temperature * loss->entropy : 0));
    stats_add(stats, LEARNER_kl_prior, loss->kl_prior);
    stats_add(stats, LEARNER_grad_norm_actor, d->report.grad_norm);
    if (entropy) {
        stats_add(stats, LEARNER_entropy, loss->entropy);
        stats_add(stats, LEARNER_temperature, temperature);
    }
    if (joint)
        stats_add(stats, LEARNER_loss_value, loss->returns);
}

static enum status pdt_train(struct learner *l, const struct learner_data *data, int64_t batches,
                             struct learner_stats *out)
{
    struct pdt *d = pdt_of(l);
    struct stats_sum stats = {{0}, {0}};
    bool joint = l->phase == LEARNER_ONLINE;
    if (joint && !d->return_ready)
        TRY(prepare_return_head(d, data));
    for (int64_t j = 0; j < batches; j++) {
        TRY(sample(d, data, 2 * (uint64_t)l->batches));
        learner_tick(l, STAGE_ACTOR);
        TRY(pdt_update(d, joint));
        report(d, joint, &stats);
        l->batches++;
    }
    stats_finish(&stats, out);
    return STATUS_OK;
}

/* --- state ------------------------------------------------------------------------------------ */

static enum status pdt_visit(struct learner *l, struct visitor *v)
{
    struct pdt *d = pdt_of(l);
    TRY(network_visit(&d->net, "actor", v));
    /* return_adam exists only within one call of pdt_train. */
    TRY(network_visit(&d->return_net, "return_head", v));
    visitor_enter(v, "return_head");
    TRY(visit_int32s(v, "ready", &d->return_ready, 1));
    visitor_leave(v);
    visitor_enter(v, "temperature");
    TRY(adam_scalar_visit(&d->log_temperature, v));
    visitor_leave(v);
    return STATUS_OK;
}

static size_t pdt_memory(const struct learner *l)
{
    const struct pdt *d = (const struct pdt *)l;
    return network_memory(&d->net) + network_memory(&d->return_net) +
           2 * d->return_layout.size * sizeof(float);
}

static int pdt_networks(struct learner *l, struct network *out[])
{
    struct pdt *d = pdt_of(l);
    out[0] = &d->net;
    out[1] = &d->return_net;
    return 2;
}

static void pdt_taken(struct learner *l, enum learner_phase phase)
{
    pdt_of(l)->return_ready = phase == LEARNER_ONLINE;
}

const struct learner_ops learner_pdt = {
    .name = "pdt",
    .size = sizeof(struct pdt),
    .set_up = pdt_set_up,
    .tear_down = pdt_tear_down,
    .begin = pdt_begin,
    .train = pdt_train,
    .act = pdt_act,
    .visit = pdt_visit,
    .memory = pdt_memory,
    .networks = pdt_networks,
    .training_only = "future.",
    .taken = pdt_taken,
};
