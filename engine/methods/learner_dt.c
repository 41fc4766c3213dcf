#include "engine/methods/learner_dt.h"

#include "engine/methods/rl.h"
#include "engine/methods/value_critic.h"
#include "engine/nn/activation.h"
#include "engine/optim/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Streams of the initial values of the two networks: far apart, so that one's size cannot shift
 * the other's numbers. */
enum { INIT_ACTOR = 0, INIT_CRITIC = 1000 };

static struct dt *dt_of(struct learner *l)
{
    return (struct dt *)l; /* struct learner is its first member */
}

double dt_temperature(const struct dt *d)
{
    return exp(d->log_temperature.value);
}

static size_t batch_floats(const struct dt *d, int width)
{
    return (size_t)d->learner.hyper.batch_size * (size_t)d->learner.hyper.T_train * (size_t)width;
}

static bool wants_kl(const struct dt *d)
{
    return d->learner.hyper.kl_c0 > 0 && d->learner.phase == LEARNER_ONLINE;
}

/* Entropy over all positions, padding included (D38): for the bonus and for the temperature. */
static bool wants_entropy(const struct dt *d)
{
    return d->stochastic && (d->learner.hyper.entropy_reg || d->rl->temperature);
}

/* --- making and freeing ----------------------------------------------------------------------- */

/* The head's and the loss's arrays for a block of `rows` hidden rows; also as a dry run. */
static void take_rows(const struct dt *d, int rows, struct arena *a, struct actor_rows *r,
                      float **dhidden)
{
    size_t N = (size_t)rows, A = (size_t)d->learner.A, S = (size_t)d->learner.S;
    *r = (struct actor_rows){.rows = rows, .scratch = a};
    r->mask = arena_take(a, N);
    r->state = arena_take(a, N * S);
    r->action = arena_take(a, N * A);
    r->output = arena_take(a, N * A);
    r->doutput = arena_take(a, N * A);
    if (d->stochastic) {
        r->log_std = arena_take(a, N * A);
        r->dlog_std = arena_take(a, N * A);
        r->u = arena_take(a, N * A);
    }
    *dhidden = arena_take(a, N * (size_t)d->net.C);
}

/* Most scratch that a lane ever uses: transformer, rows, and the largest part on top. */
static size_t lane_scratch(const struct dt *d)
{
    int K = (int)d->learner.hyper.T_train, rows = transformer_block_outputs(&d->net, K);
    struct arena dry;
    struct actor_rows r;
    struct critic_tape tape;
    float *dhidden;
    (void)arena_init(&dry, 0);
    take_rows(d, rows, &dry, &r, &dhidden);
    size_t A = (size_t)d->learner.A, K_rows = (size_t)rows + (size_t)K;
    for (int i = 0; i < 8; i++)
        arena_take(&dry, K_rows * (A + (size_t)d->learner.S + 1));
    if (d->has_critic)
        critic_take(&d->critic, (int)K_rows, K, &dry, &tape);
    return dry.high + transformer_scratch(&d->net, K, true) + 4096;
}

static enum status new_actor(struct dt *d)
{
    const struct hyper *h = &d->learner.hyper;
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

static enum status new_floats(float **out, size_t n)
{
    *out = aligned_alloc(64, (n * sizeof **out + 63) / 64 * 64 + 64);
    if (*out == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a batch; use a smaller batch_size");
    memset(*out, 0, n * sizeof **out);
    return STATUS_OK;
}

/* Scratch of a critic pass over `windows` windows: one lane may get the whole batch. */
static size_t critic_scratch(const struct dt *d, int windows)
{
    int K = (int)d->learner.hyper.T_train;
    struct arena dry;
    struct critic_tape tape;
    (void)arena_init(&dry, 0);
    critic_take(&d->critic, windows > 1 ? windows : 1, K, &dry, &tape);
    for (int i = 0; i < 8; i++)
        arena_take(&dry, (size_t)(windows + 1) * (size_t)K);
    return dry.high + 4096;
}

static enum status make_window_rows(struct dt *d, int count)
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

/* Everything that one update works in, so that training itself allocates nothing. */
static enum status new_workspace(struct dt *d)
{
    const struct hyper *h = &d->learner.hyper;
    int B = (int)h->batch_size, K = (int)h->T_train, S = d->learner.S, A = d->learner.A;
    TRY(batch_init(&d->batch, B, K, S, A, false));
    if (d->rl->online)
        TRY(batch_init(&d->online, B, K, S, A, d->rl->ratios));
    TRY(new_floats(&d->next_action, batch_floats(d, A)));
    TRY(new_floats(&d->next_log_prob, batch_floats(d, 1)));
    TRY(new_floats(&d->per_step, batch_floats(d, 1)));
    TRY(new_floats(&d->per_step2, batch_floats(d, 1)));
    if (h->kl_c0 > 0)
        TRY(new_floats(&d->frozen_action, batch_floats(d, A)));
    for (int site = 0; d->stochastic && site < DRAW_SITES; site++) {
        bool used = site == DRAW_ENTROPY ? wants_entropy(d)
                                         : d->rl->critic_update != NULL || d->rl->online;
        if (used)
            TRY(new_floats(&d->noise[site], batch_floats(d, A)));
    }
    if (!d->stochastic && d->has_critic)
        TRY(new_floats(&d->noise[DRAW_TARGET_NOISE], batch_floats(d, A)));

    if (d->has_critic) {
        TRY(lanes_init(&d->critic_net.lanes, d->critic.layout.size, critic_scratch(d, B)));
        TRY(arena_init(&d->arena, critic_scratch(d, (B + 1) / 2)));
    }
    TRY(make_window_rows(d, 2 * B));
    TRY(lanes_init(&d->actor.lanes, d->layout.size, lane_scratch(d)));
    return lanes_init(&d->forward, 0, lane_scratch(d));
}

static void destroy(struct learner *l)
{
    struct dt *d = dt_of(l);
    network_free(&d->actor);
    network_free(&d->critic_net);
    lanes_free(&d->forward);
    arena_free(&d->arena);
    batch_free(&d->batch);
    batch_free(&d->online);
    for (int site = 0; site < DRAW_SITES; site++)
        free(d->noise[site]);
    free(d->next_action);
    free(d->next_log_prob);
    free(d->per_step);
    free(d->per_step2);
    free(d->frozen_action);
    for (int i = 0; i < d->online_slots; i++) {
        free(d->online_target[i]);
        free(d->online_old_v[i]);
    }
    free(d->online_target);
    free(d->online_old_v);
    free(d->online_length);
    free(d->act_state);
    free(d->act_action);
    free(d->act_rtg);
    free(d->act_output);
    free(d->act_log_std);
    free(d->act_u);
    free(d->act_length);
    free(d->window_rows);
    free(d);
}

static enum status create(const struct learner_spec *spec, struct learner **out)
{
    struct dt *d = calloc(1, sizeof *d);
    if (d == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a learner");
    d->learner.hyper = *spec->hyper;
    d->learner.S = spec->S;
    d->learner.A = spec->A;
    d->learner.run = spec->run;
    d->stochastic = spec->hyper->policy == HYPER_policy_squashed_gaussian;
    d->rl = rl_find(hyper_word(spec->hyper, "rl_gradient")); /* hyper_check has found it */
    enum status result = STATUS_OK;
    if (d->rl->needs_log_prob && !d->stochastic)
        result = status_fail(STATUS_CONFIG, "rl_gradient = %s: needs a stochastic policy",
                             d->rl->name);
    if (result == STATUS_OK)
        result = new_actor(d);
    if (result == STATUS_OK)
        result = new_critic(d);
    if (result == STATUS_OK)
        result = new_workspace(d);
    if (result != STATUS_OK) {
        destroy(&d->learner);
        return result;
    }
    *out = &d->learner;
    return STATUS_OK;
}

static enum status begin(struct learner *l, enum learner_phase phase)
{
    struct dt *d = dt_of(l);
    d->rl_updates = 0;
    if (phase != LEARNER_ONLINE)
        return STATUS_OK;
    if (l->hyper.online_reinit_targets) {
        network_renew_target(&d->actor);
        network_renew_target(&d->critic_net);
    }
    bool guided = l->hyper.jsrl_n0 > 0 && l->hyper.jsrl_guide == HYPER_jsrl_guide_pretrained;
    return l->hyper.kl_c0 > 0 || guided ? network_freeze(&d->actor) : STATUS_OK;
}

/* --- random numbers --------------------------------------------------------------------------- */

const float *dt_draw(struct dt *d, const struct batch *b, enum draw_site site)
{
    size_t n = (size_t)b->B * (size_t)b->K * (size_t)b->A;
    assert(d->noise[site] != NULL);
    if (d->given_noise != NULL) {
        d->given_noise(d->noise_context, site, d->noise[site], n);
        return d->noise[site];
    }
    bool critic = site == DRAW_TARGET_SAMPLE || site == DRAW_TARGET_NOISE;
    uint64_t update = (uint64_t)(critic ? d->learner.batches : d->learner.updates);
    struct rng rng = rng_at(d->learner.run, critic ? RNG_TARGET_NOISE : RNG_POLICY_SAMPLE,
                            update * DRAW_SITES + (uint64_t)site);
    rng_fill_normal(&rng, 0, d->noise[site], n);
    return d->noise[site];
}

/* --- windows ---------------------------------------------------------------------------------- */

/* The batch as the policy sees it: returns 1..K of K+1, states, true actions. */
static struct windows policy_windows(const struct batch *b, enum transformer_outputs outputs)
{
    size_t K = (size_t)b->K;
    return (struct windows){.B = b->B,
                            .K = b->K,
                            .input = {b->return_to_go, b->state, b->action},
                            .pitch = {K + 1, K * (size_t)b->S, K * (size_t)b->A},
                            .length = b->length,
                            .outputs = outputs};
}

/* Shifted by one step for the target policy (docs/methods.md 2.4): next states, returns 2..K+1,
 * actions 2..K and none in the last slot, which nobody reads. */
static struct windows target_windows(const struct dt *d, const struct batch *b)
{
    struct windows w = policy_windows(b, OUTPUT_REAL);
    w.input[0] = b->return_to_go + 1;
    w.input[1] = b->next_state;
    w.input[2] = b->action + b->A;
    if (!d->learner.hyper.target_padding_masked)
        w.length = NULL; /* the released code passes a mask of ones: padding is real (D34) */
    return w;
}

static int split(const struct dt *d, const struct windows *w, const struct windows *more,
                 struct span spans[])
{
    int count = 0;
    for (int i = 0; i < w->B; i++)
        d->window_rows[count++] = transformer_rows(&d->net, w, i);
    for (int i = 0; more != NULL && i < more->B; i++)
        d->window_rows[count++] = transformer_rows(&d->net, more, i);
    return lanes_split(count, d->window_rows, spans);
}

/* --- forward passes without gradient ---------------------------------------------------------- */

struct forward_job {
    struct dt *d;
    const struct params *params;
    const struct windows *w;
    float *output, *log_std; /* (B,K,A), or (n,A) with OUTPUT_LAST; log_std only when stochastic */
};

static void forward_lane(void *context, int lane, struct span items, float *dtheta,
                         struct arena *scratch)
{
    (void)lane;
    (void)dtheta;
    const struct forward_job *job = context;
    struct dt *d = job->d;
    const float *theta = job->params->value;
    size_t A = (size_t)d->learner.A;
    while (items.count > 0) {
        size_t mark = arena_mark(scratch);
        struct span block = transformer_block(&d->net, job->w, &items);
        const struct transformer_pass *pass = transformer_forward(&d->net, theta, job->w, block,
                                                                  NULL, scratch);
        float *mu = arena_take(scratch, (size_t)pass->rows * A), *log_std = NULL;
        if (d->stochastic) {
            log_std = arena_take(scratch, (size_t)pass->rows * A);
            head_gaussian_forward(&d->gaussian, theta, pass->hidden, pass->rows, mu, log_std);
        } else {
            head_tanh_forward(&d->tanh, theta, pass->hidden, pass->rows, mu);
        }
        bool last = job->w->outputs == OUTPUT_LAST;
        for (int i = 0; i < pass->rows; i++) {
            size_t to = (size_t)(last ? pass->position[i] / job->w->K : pass->position[i]) * A;
            memcpy(job->output + to, mu + (size_t)i * A, A * sizeof *mu);
            if (log_std != NULL)
                memcpy(job->log_std + to, log_std + (size_t)i * A, A * sizeof *mu);
        }
        arena_release(scratch, mark);
    }
}

static void forward(struct dt *d, const struct params *p, const struct windows *w, float *output,
                    float *log_std)
{
    struct forward_job job = {d, p, w, output, log_std};
    struct span spans[LANES_MAX];
    int lanes = split(d, w, NULL, spans);
    lanes_run(&d->forward, lanes, spans, forward_lane, &job);
}

enum status dt_target_actions(struct dt *d, const struct batch *b)
{
    struct windows w = target_windows(d, b);
    size_t n = (size_t)b->B * (size_t)b->K * (size_t)b->A;
    if (!d->stochastic) {
        /* Padding that is not computed is no action, not an old batch's: a recurrent critic is fed
         * whole windows. */
        memset(d->next_action, 0, n * sizeof *d->next_action);
        forward(d, &d->actor.target, &w, d->next_action, NULL);
        head_clamp(d->next_action, n);
        return STATUS_OK;
    }
    /* A sample; its log-probability is that of the sample before tanh, never inverted. */
    size_t mark = arena_mark(&d->arena);
    float *mu = d->next_action, *log_std = d->noise[DRAW_TARGET_NOISE];
    const float *eps = dt_draw(d, b, DRAW_TARGET_SAMPLE);
    int N = b->B * b->K;
    memset(log_std, 0, n * sizeof *log_std);
    memset(mu, 0, n * sizeof *mu);
    forward(d, &d->actor.target, &w, mu, log_std);
    float *u = d->noise[DRAW_RL_SAMPLE]; /* free until the actor's update */
    head_sample(mu, log_std, eps, N, b->A, u, NULL);
    head_log_prob(mu, log_std, u, N, b->A, d->next_log_prob);
    for (size_t i = 0; i < n; i++)
        d->next_action[i] = tanhf(u[i]);
    arena_release(&d->arena, mark);
    return STATUS_OK;
}

enum status reg_kl_prepare(struct dt *d, const struct batch *b)
{
    struct windows w = policy_windows(b, OUTPUT_REAL);
    if (d->stochastic) {
        forward(d, &d->actor.frozen, &w, d->frozen_action, d->noise[DRAW_RL_SAMPLE]);
        for (size_t i = 0; i < batch_floats(d, b->A); i++)
            d->frozen_action[i] = tanhf(d->frozen_action[i]);
    } else {
        forward(d, &d->actor.frozen, &w, d->frozen_action, NULL);
    }
    return STATUS_OK;
}

/* --- the actor's pass ------------------------------------------------------------------------- */

struct actor_job {
    struct dt *d;
    const struct batch *b, *online; /* online: the RL term's own batch, or NULL */
    struct windows w, online_w;
    double weight, alpha;
    bool first; /* a pass without gradient that fills per_step */
    const struct dropout *dropout;
    double sum[LANES_MAX][SUMS];
};

static void gather(const struct batch *b, const struct transformer_pass *pass, struct actor_rows *r)
{
    size_t A = (size_t)b->A, S = (size_t)b->S;
    float *mask = (float *)r->mask, *state = (float *)r->state, *action = (float *)r->action;
    r->position = pass->position;
    for (int i = 0; i < pass->rows; i++) {
        size_t from = (size_t)pass->position[i];
        mask[i] = b->mask[from];
        memcpy(state + (size_t)i * S, b->state + from * S, S * sizeof *state);
        memcpy(action + (size_t)i * A, b->action + from * A, A * sizeof *action);
    }
    memset(r->doutput, 0, (size_t)pass->rows * A * sizeof *r->doutput);
    if (r->dlog_std != NULL)
        memset(r->dlog_std, 0, (size_t)pass->rows * A * sizeof *r->dlog_std);
}

/* Blocks of windows of one batch: forward, head, losses, backward. */
static void actor_blocks(struct actor_job *job, const struct batch *b, const struct windows *w,
                         struct span items, bool supervised, bool rl, float *dtheta,
                         struct arena *scratch, double sum[SUMS])
{
    struct dt *d = job->d;
    const float *theta = d->actor.current.value;
    while (items.count > 0) {
        size_t mark = arena_mark(scratch);
        struct span block = transformer_block(&d->net, w, &items);
        struct transformer_pass *pass = transformer_forward(&d->net, theta, w, block, job->dropout,
                                                            scratch);
        struct actor_rows r;
        float *dhidden;
        take_rows(d, pass->rows, scratch, &r, &dhidden);
        gather(b, pass, &r);
        if (d->stochastic) {
            head_gaussian_forward(&d->gaussian, theta, pass->hidden, pass->rows, (float *)r.output,
                                  (float *)r.log_std);
            head_atanh(r.action, (size_t)pass->rows * (size_t)b->A, (float *)r.u);
        } else {
            head_tanh_forward(&d->tanh, theta, pass->hidden, pass->rows, (float *)r.output);
        }

        if (job->first) {
            d->rl->first_rows(d, &r);
            arena_release(scratch, mark);
            continue;
        }
        if (supervised)
            supervised_rows(d, b, &r, job->weight, sum);
        if (rl)
            d->rl->actor_rows(d, b, &r, job->alpha * d->rl_scale, sum);
        if (supervised && wants_kl(d))
            reg_kl_rows(d, b, &r, sum);

        if (d->stochastic)
            head_gaussian_backward(&d->gaussian, theta, pass->hidden, r.log_std, r.doutput,
                                   r.dlog_std, pass->rows, scratch, dtheta, dhidden);
        else
            head_tanh_backward(&d->tanh, theta, pass->hidden, r.output, r.doutput, pass->rows,
                               scratch, dtheta, dhidden);
        transformer_backward(&d->net, theta, pass, dhidden, scratch, dtheta, NULL);
        arena_release(scratch, mark);
    }
}

/* Items 0..B-1 are the batch's windows, B..2B-1 those of the RL term's own batch. */
static void actor_lane(void *context, int lane, struct span items, float *dtheta,
                       struct arena *scratch)
{
    struct actor_job *job = context;
    int B = job->b->B;
    bool rl = job->alpha != 0 && job->d->rl->actor_rows != NULL;
    double *sum = job->sum[lane];
    int own = items.first < B ? B - items.first : 0;
    if (own > items.count)
        own = items.count;
    actor_blocks(job, job->b, &job->w, (struct span){items.first, own}, true,
                 rl && job->online == NULL, dtheta, scratch, sum);
    if (own == items.count)
        return;
    assert(job->online != NULL);
    actor_blocks(job, job->online, &job->online_w,
                 (struct span){items.first + own - B, items.count - own}, false, rl, dtheta,
                 scratch, sum);
}

static void run_lanes(struct actor_job *job, struct lanes *l, double total[SUMS], int *lanes)
{
    struct dt *d = job->d;
    struct span spans[LANES_MAX];
    memset(job->sum, 0, sizeof job->sum);
    *lanes = split(d, &job->w, job->online != NULL ? &job->online_w : NULL, spans);
    lanes_run(l, *lanes, spans, actor_lane, job);
    for (int s = 0; s < SUMS; s++) {
        total[s] = 0;
        for (int i = 0; i < *lanes; i++)
            total[s] += job->sum[i][s];
    }
}

static enum transformer_outputs outputs_of(const struct dt *d)
{
    /* Padding must be computed where a mean runs over it, and for a recurrent critic, which is fed
     * whole windows. */
    bool windows = d->has_critic && d->critic.spec.cell != CRITIC_MLP;
    bool mean_q = d->learner.hyper.rl_normalized != 0;
    bool padding = d->rl->over_all != NULL && d->rl->over_all(d);
    return wants_entropy(d) || windows || mean_q || padding ? OUTPUT_ALL : OUTPUT_REAL;
}

/* The step on theta with the gathered gradient; the target follows in the same pass. */
static enum status step_actor(struct dt *d, int lanes)
{
    const struct hyper *h = &d->learner.hyper;
    double lr = schedule_warm_up(h->lr_actor, d->actor.moments.step, h->warmup_actor_steps);
    static const char what[] = "gradient of the actor";
    if (h->actor_opt == HYPER_actor_opt_adam) {
        struct adam_rule rule = adam_rule_default(h->wd_actor);
        rule.clip = h->actor_grad_clip;
        return network_adam(&d->actor, &rule, lr, lanes, what, h->tau, &d->report);
    }
    struct lamb_rule rule = lamb_rule_default(h->wd_actor);
    rule.clip = h->actor_grad_clip;
    return network_lamb(&d->actor, &rule, lr, lanes, what, h->tau, &d->report);
}

/* loss = temperature (H - H_target), by Adam on its logarithm, in double. */
static enum status step_temperature(struct dt *d, double entropy)
{
    struct adam_rule rule = adam_rule_default(0);
    double gradient = dt_temperature(d) * (entropy + d->learner.A);
    return adam_scalar_step(&rule, &d->log_temperature, d->learner.hyper.lr_temperature, gradient,
                            "gradient of the temperature");
}

static void report_actor(struct dt *d, const struct actor_job *job, const double total[SUMS],
                         struct stats_sum *stats)
{
    const struct batch *rl_batch = job->online != NULL ? job->online : job->b;
    double valid = (double)(rl_batch->valid > 0 ? rl_batch->valid : 1);
    stats_add(stats, LEARNER_loss_supervised, total[SUM_SUPERVISED]);
    stats_add(stats, LEARNER_grad_norm_actor, d->report.grad_norm);
    stats_add(stats, LEARNER_loss_actor,
              job->weight * total[SUM_SUPERVISED] + job->alpha * d->rl_scale * total[SUM_RL] +
                  d->learner.hyper.kl_c0 * total[SUM_KL]);
    if (job->alpha != 0 && d->rl->actor_rows != NULL)
        stats_add(stats, LEARNER_loss_rl, total[SUM_RL]);
    if (wants_entropy(d)) {
        stats_add(stats, LEARNER_entropy, total[SUM_ENTROPY]);
        stats_add(stats, LEARNER_temperature, dt_temperature(d));
    }
    if (total[SUM_WEIGHT] != 0)
        stats_add(stats, d->rl->ratios ? LEARNER_ratio_mean : LEARNER_weight_mean,
                  total[SUM_WEIGHT] / valid);
    if (total[SUM_ADVANTAGE] != 0)
        stats_add(stats, LEARNER_advantage_mean, total[SUM_ADVANTAGE] / valid);
    if (d->rl->ratios)
        stats_add(stats, LEARNER_ratio_clipped, total[SUM_CLIPPED] / valid);
}

enum status dt_actor_update(struct dt *d, const struct batch *b, const struct batch *online,
                            struct stats_sum *stats)
{
    const struct hyper *h = &d->learner.hyper;
    bool pretrain = d->learner.phase == LEARNER_PRETRAIN;
    struct dropout dropout = {.p = (float)h->dropout,
                              .p_embedding = (float)h->embed_dropout,
                              .key = d->learner.run,
                              .step = (uint64_t)d->learner.updates};
    struct actor_job job = {.d = d,
                            .b = b,
                            .online = online,
                            .weight = pretrain ? h->sup_pretrain : h->sup_online,
                            .alpha = pretrain ? h->alpha_pretrain : h->alpha_online,
                            .dropout = d->given_dropout != NULL ? d->given_dropout : &dropout};
    if (d->given_dropout == NULL && h->dropout == 0 && h->embed_dropout == 0)
        job.dropout = NULL;
    job.w = policy_windows(b, outputs_of(d));
    if (online != NULL)
        job.online_w = policy_windows(online, outputs_of(d));

    /* Draws in the published order: the supervised entropy first. */
    d->rl_scale = 1;
    if (wants_entropy(d))
        dt_draw(d, b, DRAW_ENTROPY);
    if (wants_kl(d))
        TRY(reg_kl_prepare(d, b));
    if (job.alpha != 0 && d->rl->prepare != NULL)
        TRY(d->rl->prepare(d, online != NULL ? online : b));

    double total[SUMS];
    int lanes;
    if (job.alpha != 0 && d->rl->wants_first != NULL && d->rl->wants_first(d)) {
        job.first = true;
        run_lanes(&job, &d->forward, total, &lanes);
        d->rl->after_first(d, b);
        job.first = false;
    }
    run_lanes(&job, &d->actor.lanes, total, &lanes);
    TRY(learner_check_loss(job.weight * total[SUM_SUPERVISED] + job.alpha * total[SUM_RL],
                           "actor loss", d->learner.updates));
    TRY(step_actor(d, lanes));
    network_follow(&d->critic_net, h->tau);
    if (wants_entropy(d))
        TRY(step_temperature(d, total[SUM_ENTROPY]));
    report_actor(d, &job, total, stats);
    d->learner.updates++;
    d->rl_updates++;
    return STATUS_OK;
}

enum status dt_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    return d->rl->critic_update(d, b, stats);
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

static int64_t batches_of(const struct learner *l, int64_t updates)
{
    const struct dt *d = (const struct dt *)l;
    return updates * (d->has_critic ? l->hyper.actor_update_interval : 1);
}

static enum status train(struct learner *l, const struct learner_data *data, int64_t batches,
                         struct learner_stats *out)
{
    struct dt *d = dt_of(l);
    struct stats_sum stats = {{0}, {0}};
    struct batch_rule rule = batch_rule_of(d);
    int64_t interval = batches_of(l, 1);
    bool online = d->rl->online && l->phase == LEARNER_ONLINE;
    if (online && !d->under_way) {
        d->iteration = stats;
        TRY(d->rl->begin_iteration(d, data, (batches + data->follow) / interval, &d->iteration));
    }
    struct stats_sum *sum = online ? &d->iteration : &stats;

    for (int64_t j = 0; j < batches; j++) {
        learner_tick(l, STAGE_SAMPLE);
        struct rng rng = rng_at(l->run, RNG_BATCH, 2 * (uint64_t)l->batches);
        TRY(batch_sample(data->replay, l->normalizer, &rule, rng, &d->batch));
        if (online) {
            rng = rng_at(l->run, RNG_BATCH, 2 * (uint64_t)l->batches + 1);
            TRY(batch_sample(data->online, l->normalizer, &rule, rng, &d->online));
        }
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
    stats_finish(d->under_way ? &stats : sum, out); /* none yet, or all */
    return STATUS_OK;
}

/* --- acting ----------------------------------------------------------------------------------- */

static enum status make_act_room(struct dt *d, int n)
{
    if (n <= d->act_room)
        return STATUS_OK;
    size_t E = (size_t)d->learner.hyper.T_eval, N = (size_t)n, A = (size_t)d->learner.A;
    free(d->act_state);
    free(d->act_action);
    free(d->act_rtg);
    free(d->act_output);
    free(d->act_log_std);
    free(d->act_u);
    free(d->act_length);
    d->act_room = 0;
    d->act_state = d->act_action = d->act_rtg = d->act_output = d->act_log_std = d->act_u = NULL;
    d->act_length = malloc(N * sizeof *d->act_length);
    TRY(new_floats(&d->act_state, N * E * (size_t)d->learner.S));
    TRY(new_floats(&d->act_action, N * E * A));
    TRY(new_floats(&d->act_rtg, N * E));
    TRY(new_floats(&d->act_output, N * A));
    TRY(new_floats(&d->act_log_std, N * A));
    TRY(new_floats(&d->act_u, N * A));
    if (d->act_length == NULL)
        return status_fail(STATUS_MEMORY, "no memory to act in %d environments", n);
    TRY(make_window_rows(d, n));
    d->act_room = n;
    return STATUS_OK;
}

/* Copy the last min(steps, E) steps of a history to the right end of its window. */
static void place_context(struct dt *d, const struct act_context *c, int i)
{
    size_t E = (size_t)d->learner.hyper.T_eval, S = (size_t)d->learner.S, A = (size_t)d->learner.A;
    size_t length = (size_t)c->steps < E ? (size_t)c->steps : E, skip = (size_t)c->steps - length;
    size_t at = (size_t)i * E + (E - length);
    d->act_length[i] = (int)length;
    memcpy(d->act_state + at * S, c->state + skip * S, length * S * sizeof(float));
    if (d->learner.normalizer != NULL)
        normalizer_apply(d->learner.normalizer, d->act_state + at * S, (int)length,
                         d->act_state + at * S);
    if (length > 1)
        memcpy(d->act_action + at * A, c->action + skip * A, (length - 1) * A * sizeof(float));
    bool zero = d->learner.hyper.rtg_token == HYPER_rtg_token_zero;
    for (size_t k = 0; k < length; k++)
        d->act_rtg[at + k] = zero ? 0 : c->return_to_go[skip + k];
}

static enum status act(struct learner *l, const struct act_context context[], int n,
                       enum act_mode mode, bool frozen, const float *noise, float *action,
                       float *log_prob)
{
    struct dt *d = dt_of(l);
    TRY(make_act_room(d, n));
    for (int i = 0; i < n; i++)
        place_context(d, &context[i], i);
    size_t E = (size_t)l->hyper.T_eval, S = (size_t)l->S, A = (size_t)l->A, N = (size_t)n * A;
    struct windows w = {.B = n,
                        .K = (int)E,
                        .input = {d->act_rtg, d->act_state, d->act_action},
                        .pitch = {E, E * S, E * A},
                        .length = d->act_length,
                        .outputs = OUTPUT_LAST};
    assert(!frozen || d->actor.frozen.value != NULL);
    forward(d, frozen ? &d->actor.frozen : &d->actor.current, &w, d->act_output, d->act_log_std);

    if (!d->stochastic) {
        memcpy(action, d->act_output, N * sizeof *action);
        head_clamp(action, N);
        for (size_t i = 0; mode == ACT_EXPLORE && i < N; i++)
            action[i] += (float)l->hyper.expl_noise * noise[i];
        head_clamp(action, N);
        return STATUS_OK;
    }
    for (size_t i = 0; i < N; i++) {
        float u = d->act_output[i];
        if (mode == ACT_EXPLORE)
            u += expf(d->act_log_std[i]) * noise[i];
        action[i] = tanhf(u);
    }
    head_clamp(action, N);
    if (log_prob != NULL) {
        /* Of the clamped action, as the published code stores it. */
        head_atanh(action, N, d->act_u);
        head_log_prob(d->act_output, d->act_log_std, d->act_u, n, l->A, log_prob);
    }
    return STATUS_OK;
}

/* --- state ------------------------------------------------------------------------------------ */

/* What an iteration of PPO or AWR that was stopped in its middle goes on from. */
static enum status visit_iteration(struct dt *d, struct visitor *v)
{
    visitor_enter(v, "iteration");
    TRY(visit_int32s(v, "under_way", &d->under_way, 1));
    if (d->under_way) {
        TRY(visit_doubles(v, "sum", d->iteration.sum, LEARNER_METRIC_COUNT));
        TRY(visit_doubles(v, "weight", d->iteration.weight, LEARNER_METRIC_COUNT));
        TRY(visit_int32s(v, "warming_up", &d->warming_up, 1));
        TRY(value_visit(d, v));
    }
    visitor_leave(v);
    return STATUS_OK;
}

static enum status visit(struct learner *l, struct visitor *v)
{
    struct dt *d = dt_of(l);
    TRY(network_visit(&d->actor, "actor", v));
    visitor_enter(v, "temperature");
    TRY(adam_scalar_visit(&d->log_temperature, v));
    visitor_leave(v);
    TRY(visit_count(v, "rl_updates", &d->rl_updates, 0));
    if (d->has_critic)
        TRY(network_visit(&d->critic_net, "critic", v));
    return d->rl->online ? visit_iteration(d, v) : STATUS_OK;
}

static size_t memory(const struct learner *l)
{
    const struct dt *d = (const struct dt *)l;
    return network_memory(&d->actor) + network_memory(&d->critic_net) + lanes_memory(&d->forward) +
           d->arena.size;
}

const struct learner_ops learner_dt = {
    .name = "dt",
    .create = create,
    .destroy = destroy,
    .begin = begin,
    .batches = batches_of,
    .train = train,
    .act = act,
    .visit = visit,
    .memory = memory,
};
