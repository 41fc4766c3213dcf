/* One actor update of the decision transformer: docs/methods.md 4.
 *
 *   draws, targets of the RL term        in the order of the released code
 *   [a pass without gradient]            when a weight or scale needs the whole batch first
 *   lanes of blocks of windows           transformer -> head -> losses -> backward
 *   step                                 clip, LAMB or Adam; targets; temperature */
#include "engine/methods/rl.h"

#include "engine/optim/schedule.h"

#include <assert.h>
#include <string.h>

/* --- rows of a block -------------------------------------------------------------------------- */

/* Arrays for a block's rows, which the losses see through struct actor_rows: (rows), (rows,S) or
 * (rows,A) each; log_std, dlog_std and u only for a stochastic policy. */
struct row_buffer {
    float *mask, *state, *action, *output, *log_std, *u, *doutput, *dlog_std;
    float *dhidden; /* (rows,C) */
};

/* Also as a dry run. */
static void take_rows(const struct dt *d, int rows, struct arena *a, struct row_buffer *k)
{
    size_t N = (size_t)rows, A = (size_t)d->learner.A, S = (size_t)d->learner.S;
    *k = (struct row_buffer){.mask = arena_take(a, N),
                             .state = arena_take(a, N * S),
                             .action = arena_take(a, N * A),
                             .output = arena_take(a, N * A),
                             .doutput = arena_take(a, N * A)};
    if (d->stochastic) {
        k->log_std = arena_take(a, N * A);
        k->dlog_std = arena_take(a, N * A);
        k->u = arena_take(a, N * A);
    }
    k->dhidden = arena_take(a, N * (size_t)d->net.C);
}

size_t dt_update_scratch(const struct dt *d)
{
    int K = (int)d->learner.hyper.T_train, rows = transformer_block_outputs(&d->net, K);
    struct arena dry;
    struct row_buffer k;
    (void)arena_init(&dry, 0);
    take_rows(d, rows, &dry, &k);
    /* Scratch in addition to the rows, used in turn by the losses and the heads' backward pass. */
    size_t losses = supervised_scratch(d, rows);
    if (d->rl->scratch != NULL)
        losses += d->rl->scratch(d, rows);
    arena_take(&dry, 2 * (size_t)rows * (size_t)d->learner.A);
    return dry.high + losses + transformer_scratch(&d->net, K, true) + 4096;
}

/* The batch at the pass's rows, and the head's output there. */
static struct actor_rows fill_rows(const struct dt *d, const float *theta, const struct batch *b,
                                   const struct transformer_pass *pass, struct arena *scratch,
                                   const struct row_buffer *k)
{
    size_t A = (size_t)b->A, S = (size_t)b->S, n = (size_t)pass->rows * A;
    for (int i = 0; i < pass->rows; i++) {
        size_t from = (size_t)pass->position[i];
        k->mask[i] = b->mask[from];
        memcpy(k->state + (size_t)i * S, b->state + from * S, S * sizeof *k->state);
        memcpy(k->action + (size_t)i * A, b->action + from * A, A * sizeof *k->action);
    }
    /* Every loss adds its gradient, so the sums start at zero. */
    memset(k->doutput, 0, n * sizeof *k->doutput);
    if (d->stochastic) {
        memset(k->dlog_std, 0, n * sizeof *k->dlog_std);
        head_gaussian_forward(&d->gaussian, theta, pass->hidden, pass->rows, k->output, k->log_std);
        head_atanh(k->action, n, k->u);
    } else {
        head_tanh_forward(&d->tanh, theta, pass->hidden, pass->rows, k->output);
    }
    return (struct actor_rows){.rows = pass->rows,
                               .position = pass->position,
                               .mask = k->mask,
                               .state = k->state,
                               .action = k->action,
                               .output = k->output,
                               .log_std = k->log_std,
                               .u = k->u,
                               .doutput = k->doutput,
                               .dlog_std = k->dlog_std,
                               .scratch = scratch};
}

/* --- the pass --------------------------------------------------------------------------------- */

struct actor_job {
    struct dt *d;
    const struct batch *b, *online; /* online: the RL term's own batch, or NULL */
    struct windows w, online_w;
    double weight, alpha;
    bool first; /* a pass without gradient for what needs the whole batch */
    const struct dropout *dropout;
    double sum[LANES_MAX][SUMS];
};

static bool wants_kl(const struct dt *d)
{
    return d->learner.hyper.kl_c0 > 0 && d->learner.phase == LEARNER_ONLINE;
}

/* Which losses a group of windows has. */
struct terms {
    bool supervised, rl;
};

/* The losses at a block's rows, and their gradients through head and transformer. */
static void block_losses(struct actor_job *job, const struct batch *b, struct terms terms,
                         const struct actor_rows *r, double sum[SUMS])
{
    struct dt *d = job->d;
    if (terms.supervised)
        supervised_rows(d, b, r, job->weight, sum);
    if (terms.rl)
        d->rl->actor_rows(d, b, r, job->alpha * d->rl_scale, sum);
    if (terms.supervised && wants_kl(d))
        reg_kl_rows(d, b, r, sum);
}

static void block_backward(struct dt *d, const float *theta, const struct transformer_pass *pass,
                           const struct row_buffer *k, struct arena *scratch, float *dtheta)
{
    if (d->stochastic)
        head_gaussian_backward(&d->gaussian, theta, pass->hidden, k->log_std, k->doutput,
                               k->dlog_std, pass->rows, scratch, dtheta, k->dhidden);
    else
        head_tanh_backward(&d->tanh, theta, pass->hidden, k->output, k->doutput, pass->rows,
                           scratch, dtheta, k->dhidden);
    transformer_backward(&d->net, theta, pass, k->dhidden, scratch, dtheta, NULL);
}

/* Blocks of windows of one batch: forward, head, losses, backward. */
static void actor_blocks(struct actor_job *job, const struct batch *b, const struct windows *w,
                         struct span items, struct terms terms, float *dtheta,
                         struct arena *scratch, double sum[SUMS])
{
    struct dt *d = job->d;
    const float *theta = d->actor.current.value;
    while (items.count > 0) {
        size_t mark = arena_mark(scratch);
        struct span block = transformer_block(&d->net, w, &items);
        const struct transformer_pass *pass = job->first
                                                  ? transformer_evaluate(&d->net, theta, w, block,
                                                                         job->dropout, scratch)
                                                  : transformer_forward(&d->net, theta, w, block,
                                                                        job->dropout, scratch);
        struct row_buffer k;
        take_rows(d, pass->rows, scratch, &k);
        struct actor_rows r = fill_rows(d, theta, b, pass, scratch, &k);
        if (job->first) {
            d->rl->first_rows(d, &r);
        } else {
            block_losses(job, b, terms, &r, sum);
            block_backward(d, theta, pass, &k, scratch, dtheta);
        }
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
    struct terms here = {.supervised = true, .rl = rl && job->online == NULL};
    struct terms there = {.supervised = false, .rl = rl};
    actor_blocks(job, job->b, &job->w, (struct span){items.first, own}, here, dtheta, scratch, sum);
    if (own == items.count)
        return;
    assert(job->online != NULL);
    actor_blocks(job, job->online, &job->online_w,
                 (struct span){items.first + own - B, items.count - own}, there, dtheta, scratch,
                 sum);
}

static int run_actor_lanes(struct actor_job *job, struct lanes *l, double total[SUMS])
{
    struct span spans[LANES_MAX];
    memset(job->sum, 0, sizeof job->sum);
    int lanes = dt_split(job->d, &job->w, job->online != NULL ? &job->online_w : NULL, spans);
    lanes_run(l, lanes, spans, actor_lane, job);
    for (int s = 0; s < SUMS; s++) {
        total[s] = 0;
        for (int i = 0; i < lanes; i++)
            total[s] += job->sum[i][s];
    }
    return lanes;
}

static enum transformer_outputs outputs_of(const struct dt *d)
{
    /* Padding must be computed where a mean runs over it, and for a recurrent critic, which gets
     * whole windows. */
    bool windows = d->has_critic && d->critic.spec.cell != CRITIC_MLP;
    bool mean_q = d->learner.hyper.rl_normalized != 0;
    bool padding = d->rl->over_all != NULL && d->rl->over_all(d);
    return dt_wants_entropy(d) || windows || mean_q || padding ? OUTPUT_ALL : OUTPUT_REAL;
}

/* --- the step --------------------------------------------------------------------------------- */

/* One step of the actor with the sum of the lanes' gradients; its target moves in the same pass. */
static enum status step_dt_actor(struct dt *d, int lanes)
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
    if (dt_wants_entropy(d)) {
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

/* --- an update -------------------------------------------------------------------------------- */

static struct actor_job actor_job_of(struct dt *d, const struct batch *b,
                                     const struct batch *online, struct dropout *own)
{
    const struct hyper *h = &d->learner.hyper;
    bool pretrain = d->learner.phase == LEARNER_PRETRAIN;
    struct actor_job job = {.d = d,
                            .b = b,
                            .online = online,
                            .w = dt_windows(b, outputs_of(d)),
                            .weight = pretrain ? h->sup_pretrain : h->sup_online,
                            .alpha = pretrain ? h->alpha_pretrain : h->alpha_online,
                            .dropout = d->given_dropout};
    if (online != NULL)
        job.online_w = dt_windows(online, outputs_of(d));
    if (d->given_dropout == NULL && (h->dropout != 0 || h->embed_dropout != 0)) {
        *own = (struct dropout){.p = (float)h->dropout,
                                .p_embedding = (float)h->embed_dropout,
                                .key = d->learner.run,
                                .step = (uint64_t)d->learner.updates};
        job.dropout = own;
    }
    return job;
}

/* Draw noise in the order of the released code, the supervised entropy first, and compute what the
 * losses need from the whole batch. */
static enum status prepare_losses(struct actor_job *job)
{
    struct dt *d = job->d;
    d->rl_scale = 1;
    if (dt_wants_entropy(d))
        dt_draw(d, job->b, DRAW_ENTROPY);
    if (wants_kl(d))
        reg_kl_prepare(d, job->b);
    if (job->alpha != 0 && d->rl->prepare != NULL)
        TRY(d->rl->prepare(d, job->online != NULL ? job->online : job->b));
    return STATUS_OK;
}

enum status dt_actor_update(struct dt *d, const struct batch *b, const struct batch *online,
                            struct stats_sum *stats)
{
    struct dropout dropout;
    struct actor_job job = actor_job_of(d, b, online, &dropout);
    double total[SUMS];
    TRY(prepare_losses(&job));

    /* Some losses have weights or a scale that depend on the whole batch: a pass without gradient
     * computes them first. */
    if (job.alpha != 0 && d->rl->wants_first != NULL && d->rl->wants_first(d)) {
        job.first = true;
        run_actor_lanes(&job, &d->forward, total);
        d->rl->after_first(d, b);
        job.first = false;
    }

    /* Forward and backward pass. A non-finite loss is refused here, before anything has changed. */
    int lanes = run_actor_lanes(&job, &d->actor.lanes, total);
    TRY(learner_check_loss(job.weight * total[SUM_SUPERVISED] + job.alpha * total[SUM_RL],
                           "actor loss", d->learner.updates));

    /* Step the actor and its target, then move the critic's target: targets move once per actor
     * update, not per critic update. */
    TRY(step_dt_actor(d, lanes));
    network_follow(&d->critic_net, d->learner.hyper.tau);

    /* Step the temperature last: the losses above used the old value; the metrics report the
     * new. */
    if (dt_wants_entropy(d))
        TRY(step_temperature(d, total[SUM_ENTROPY]));
    report_actor(d, &job, total, stats);
    d->learner.updates++;
    d->phase_updates++;
    return STATUS_OK;
}

enum status dt_critic_update(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    return d->rl->critic_update(d, b, stats);
}
