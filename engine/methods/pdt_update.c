#include "engine/methods/learner_pdt.h"

#include "engine/nn/activation.h"
#include "engine/optim/clip.h"
#include "engine/optim/schedule.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* Dropout keys: three networks share a step, so two need keys other than the run's. */
enum { DROP_FUTURE = 1, DROP_FUTURE_RETURN = 2 };

static const char return_gradient[] = "gradient of the return head";

enum { SUM_NLL, SUM_ENTROPY, SUM_KL_UNIT, SUM_KL_PRIOR, SUM_RETURN, SUMS };

struct job {
    struct pdt *d;
    struct windows segment, future;
    struct dropout drop, drop_future;
    bool joint; /* also train the return head */
    double sum[LANES_MAX][SUMS];
};

/* Some windows of the batch. All K steps of each are rows, so row r is position first + r of (B,K)
 * and every array of struct pdt_values is a plain slice. */
struct block {
    struct span windows;
    int N;
    size_t first;
    const float *mask, *state;    /* (N), (N,S) */
    float *relu_state, *dstate;   /* (N,C) relu(embed_state(s)) */
    float *joint, *djoint;        /* (N,2C) relu[embed_state(s), embed_z(z)] */
    float *narrow, *dhidden;      /* (N,C) */
    float *dmu, *dlog_std;        /* (N, max(Z,A)) */
    float *u, *value, *slope, *g; /* (N,A), (N), (N), (N) */
};

static size_t widest(const struct pdt *d)
{
    return (size_t)(d->Z > d->learner.A ? d->Z : d->learner.A);
}

/* Also as a dry run. */
static void take_block(const struct pdt *d, int N, struct arena *a, struct block *k)
{
    size_t n = (size_t)N, C = (size_t)d->policy.C;
    k->relu_state = arena_take(a, n * C);
    k->dstate = arena_take(a, n * C);
    k->joint = arena_take(a, 2 * n * C);
    k->djoint = arena_take(a, 2 * n * C);
    k->narrow = arena_take(a, n * C);
    k->dhidden = arena_take(a, n * C);
    k->dmu = arena_take(a, n * widest(d));
    k->dlog_std = arena_take(a, n * widest(d));
    k->u = arena_take(a, n * (size_t)d->learner.A);
    k->value = arena_take(a, n);
    k->slope = arena_take(a, n);
    k->g = arena_take(a, n);
}

static size_t block_scratch(const struct pdt *d)
{
    struct arena dry;
    struct block k;
    int N = transformer_block_outputs(&d->policy, (int)d->learner.hyper.T_train);
    (void)arena_init(&dry, 0);
    take_block(d, N, &dry, &k);
    arena_take(&dry, (size_t)N * widest(d)); /* of the heads' backward */
    return dry.high + 4096;
}

size_t pdt_update_scratch(const struct pdt *d)
{
    int K = (int)d->learner.hyper.T_train;
    return block_scratch(d) + transformer_scratch(&d->policy, K, true) +
           transformer_scratch(&d->encoder, K, true);
}

size_t pdt_return_scratch(const struct pdt *d)
{
    /* Its pass keeps all layers, though only the head's gradient is wanted: encode(). */
    return block_scratch(d) + transformer_scratch(&d->encoder, (int)d->learner.hyper.T_train, true);
}

/* The next block of a lane. The encoder's windows have fewer tokens than the policy's, so a block
 * of policy windows also fits the encoder. */
static struct block next_block(struct job *job, struct span *left, struct arena *scratch)
{
    struct pdt *d = job->d;
    struct block k = {.windows = transformer_block(&d->policy, &job->segment, left)};
    k.N = k.windows.count * job->segment.K;
    k.first = (size_t)k.windows.first * (size_t)job->segment.K;
    k.mask = d->batch.mask + k.first;
    k.state = d->batch.state + k.first * (size_t)d->learner.S;
    take_block(d, k.N, scratch, &k);
    return k;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* Posterior and sample: z = mu + sigma xi, 0 on padding. */
static struct transformer_pass *encode(const struct job *job, const struct block *k,
                                       struct arena *scratch)
{
    struct pdt *d = job->d;
    const struct dropout *drop = job->drop_future.p > 0 || job->drop_future.p_embedding > 0
                                     ? &job->drop_future
                                     : NULL;
    struct transformer_pass *pass = transformer_forward(&d->encoder, d->net.current.value,
                                                        &job->future, k->windows, drop, scratch);
    assert(pass->rows == k->N);
    size_t Z = (size_t)d->Z, at = k->first * Z;
    float *mu = d->value.posterior_mu + at, *log_std = d->value.posterior_log_std + at;
    gaussian_forward(&d->posterior, d->net.current.value, pass->hidden, k->N, mu, log_std);
    const float *xi = d->value.latent_noise + at;
    float *z = d->value.z + at;
    for (size_t i = 0; i < (size_t)k->N * Z; i++)
        z[i] = k->mask[i / Z] != 0 ? mu[i] + expf(log_std[i]) * xi[i] : 0.0f;
    return pass;
}

/* Input of prior and return head: relu(embed_state(s)). */
static void embed_state(const struct pdt *d, const struct block *k)
{
    size_t n = (size_t)k->N * (size_t)d->policy.C;
    linear_forward(&d->policy.embed[0], d->net.current.value, k->state, k->N, k->relu_state);
    activation_relu(k->relu_state, n, k->relu_state);
}

/* The return head's output, its loss into *sum and the loss's derivative into dmu, dlog_std. */
static void predict_return(const struct pdt *d, const struct block *k, double *sum)
{
    const struct batch *b = &d->batch;
    size_t C = (size_t)d->policy.C, row = C * sizeof(float);
    float *mu = d->value.return_mu + k->first, *log_std = d->value.return_log_std + k->first;
    const float *z = d->value.z + k->first * (size_t)d->Z;
    linear_forward(&d->policy.embed[1], d->net.current.value, z, k->N, k->narrow);
    activation_relu(k->narrow, (size_t)k->N * C, k->narrow);
    for (size_t i = 0; i < (size_t)k->N; i++) {
        memcpy(k->joint + 2 * i * C, k->relu_state + i * C, row);
        memcpy(k->joint + (2 * i + 1) * C, k->narrow + i * C, row);
        size_t window = (k->first + i) / (size_t)b->K, step = (k->first + i) % (size_t)b->K;
        k->g[i] = b->return_to_go[window * ((size_t)b->K + 1) + step];
    }
    gaussian_forward(&d->returns, d->return_net.current.value, k->joint, k->N, mu, log_std);

    double valid = (double)(b->valid > 0 ? b->valid : 1), total = 0;
    gaussian_nll(mu, log_std, k->g, k->N, 1, k->value);
    for (int i = 0; i < k->N; i++) {
        total += k->mask[i] != 0 ? (double)k->value[i] : 0;
        k->slope[i] = k->mask[i] != 0 ? (float)(1 / valid) : 0;
    }
    *sum += total / valid;
    memset(k->dmu, 0, (size_t)k->N * sizeof(float));
    memset(k->dlog_std, 0, (size_t)k->N * sizeof(float));
    gaussian_nll_backward(mu, log_std, k->g, k->slope, k->N, 1, k->dmu, k->dlog_std);
}

/* --- losses and their gradients --------------------------------------------------------------- */

/* NLL over real steps and entropy over all; through head and policy into d->value.dz. */
static void policy_loss(const struct job *job, const struct block *k, struct arena *scratch,
                        float *dtheta, double sum[SUMS])
{
    struct pdt *d = job->d;
    const struct batch *b = &d->batch;
    const struct dropout *drop = job->drop.p > 0 || job->drop.p_embedding > 0 ? &job->drop : NULL;
    struct transformer_pass *pass = transformer_forward(&d->policy, d->net.current.value,
                                                        &job->segment, k->windows, drop, scratch);
    assert(pass->rows == k->N);
    size_t A = (size_t)b->A, n = (size_t)k->N * A, at = k->first * A;
    float *mu = d->value.action_mu + at, *log_std = d->value.action_log_std + at;
    head_gaussian_forward(&d->action, d->net.current.value, pass->hidden, k->N, mu, log_std);
    memset(k->dmu, 0, n * sizeof(float));
    memset(k->dlog_std, 0, n * sizeof(float));

    /* Likelihood: only real steps have an action to imitate. */
    double valid = (double)(b->valid > 0 ? b->valid : 1), all = (double)b->B * (double)b->K;
    double total = 0;
    head_atanh(b->action + at, n, k->u);
    head_log_prob(mu, log_std, k->u, k->N, b->A, k->value);
    for (int i = 0; i < k->N; i++) {
        total -= k->mask[i] != 0 ? (double)k->value[i] : 0;
        k->slope[i] = k->mask[i] != 0 ? (float)(-1 / valid) : 0;
    }
    sum[SUM_NLL] += total / valid;
    head_log_prob_backward(mu, log_std, k->u, k->slope, k->N, b->A, k->dmu, k->dlog_std, NULL);

    /* Entropy: over all positions, padding included, as in ODT (D38). */
    if (d->learner.hyper.entropy_reg) {
        const float *eps = d->value.entropy_noise + at;
        float weight = (float)(-exp(d->log_temperature.value) / all);
        total = 0;
        head_entropy(mu, log_std, eps, k->N, b->A, k->value);
        for (int i = 0; i < k->N; i++) {
            total += (double)k->value[i];
            k->slope[i] = weight;
        }
        sum[SUM_ENTROPY] += total / all;
        head_entropy_backward(mu, log_std, eps, k->slope, k->N, b->A, k->dmu, k->dlog_std);
    }

    /* The gradient continues through z into the future encoder, so the pass returns dz. */
    float *const dinput[TRANSFORMER_TOKENS] = {NULL, d->value.dz, NULL};
    head_gaussian_backward(&d->action, d->net.current.value, pass->hidden, log_std, k->dmu,
                           k->dlog_std, k->N, scratch, dtheta, k->dhidden);
    transformer_backward(&d->policy, d->net.current.value, pass, k->dhidden, scratch, dtheta,
                         dinput);
}

/* KL(stopgrad q || p) through the prior, into dstate (N,C) before the ReLU. */
static void prior_loss(const struct pdt *d, const struct block *k, struct arena *scratch,
                       float *dtheta, double sum[SUMS])
{
    size_t at = k->first * (size_t)d->Z, n = (size_t)k->N * (size_t)d->Z;
    const float *q_mu = d->value.posterior_mu + at, *q_log_std = d->value.posterior_log_std + at;
    float *mu = d->value.prior_mu + at, *log_std = d->value.prior_log_std + at;
    double divisor = (double)(d->batch.valid > 0 ? d->batch.valid : 1) * d->Z, total = 0;
    gaussian_forward(&d->prior, d->net.current.value, k->relu_state, k->N, mu, log_std);
    gaussian_kl(q_mu, q_log_std, mu, log_std, k->N, d->Z, k->value);
    for (int i = 0; i < k->N; i++) {
        total += k->mask[i] != 0 ? (double)k->value[i] : 0;
        k->slope[i] = k->mask[i] != 0 ? (float)(1 / divisor) : 0;
    }
    sum[SUM_KL_PRIOR] += total / divisor;
    memset(k->dmu, 0, n * sizeof(float));
    memset(k->dlog_std, 0, n * sizeof(float));
    gaussian_kl_backward(q_mu, q_log_std, mu, log_std, k->slope, k->N, d->Z, k->dmu, k->dlog_std);
    gaussian_backward(&d->prior, d->net.current.value, k->relu_state, log_std, k->dmu, k->dlog_std,
                      k->N, scratch, dtheta, k->dstate);
}

/* NLL of the return, added to dstate and d->value.dz, which already hold the other terms'
 * gradients. */
static void return_loss(const struct pdt *d, const struct block *k, struct arena *scratch,
                        float *dtheta, double sum[SUMS])
{
    size_t C = (size_t)d->policy.C, at = k->first * (size_t)d->Z;
    predict_return(d, k, &sum[SUM_RETURN]);
    gaussian_backward(&d->returns, d->return_net.current.value, k->joint,
                      d->value.return_log_std + k->first, k->dmu, k->dlog_std, k->N, scratch,
                      dtheta + d->layout.size, k->djoint);
    for (size_t i = 0; i < (size_t)k->N; i++) {
        const float *left = k->djoint + 2 * i * C, *right = left + C;
        const float *z = k->joint + (2 * i + 1) * C;
        for (size_t j = 0; j < C; j++) {
            k->dstate[i * C + j] += left[j]; /* embed_state_backward applies its ReLU */
            k->narrow[i * C + j] = z[j] > 0 ? right[j] : 0.0f;
        }
    }
    linear_backward_add(&d->policy.embed[1], d->net.current.value, d->value.z + at, k->narrow, k->N,
                        dtheta, d->value.dz + at);
}

static void embed_state_backward(const struct pdt *d, const struct block *k, float *dtheta)
{
    activation_relu_backward(k->relu_state, k->dstate, (size_t)k->N * (size_t)d->policy.C,
                             k->dstate);
    linear_backward(&d->policy.embed[0], d->net.current.value, k->state, k->dstate, k->N, dtheta,
                    NULL);
}

/* KL(q || N(0,I)), and dz through the sample; through the posterior head and the encoder. */
static void posterior_loss(const struct pdt *d, const struct block *k,
                           const struct transformer_pass *future, struct arena *scratch,
                           float *dtheta, double sum[SUMS])
{
    size_t Z = (size_t)d->Z, at = k->first * Z;
    const float *mu = d->value.posterior_mu + at, *log_std = d->value.posterior_log_std + at;
    const float *xi = d->value.latent_noise + at, *dz = d->value.dz + at;
    double divisor = (double)(d->batch.valid > 0 ? d->batch.valid : 1) * d->Z, total = 0;
    gaussian_kl_unit(mu, log_std, k->N, d->Z, k->value);
    for (int i = 0; i < k->N; i++) {
        total += k->mask[i] != 0 ? (double)k->value[i] : 0;
        k->slope[i] = k->mask[i] != 0 ? (float)(d->learner.hyper.pdt_kl / divisor) : 0;
    }
    sum[SUM_KL_UNIT] += total / divisor;
    for (size_t i = 0; i < (size_t)k->N * Z; i++) {
        bool real = k->mask[i / Z] != 0;
        k->dmu[i] = real ? dz[i] : 0.0f;
        k->dlog_std[i] = real ? dz[i] * expf(log_std[i]) * xi[i] : 0.0f;
    }
    gaussian_kl_unit_backward(mu, log_std, k->slope, k->N, d->Z, k->dmu, k->dlog_std);
    gaussian_backward(&d->posterior, d->net.current.value, future->hidden, log_std, k->dmu,
                      k->dlog_std, k->N, scratch, dtheta, k->dhidden);
    transformer_backward(&d->encoder, d->net.current.value, future, k->dhidden, scratch, dtheta,
                         NULL);
}

/* --- the passes over a batch ------------------------------------------------------------------ */

static void update_lane(void *context, int lane, struct span items, float *dtheta,
                        struct arena *scratch)
{
    struct job *job = context;
    struct pdt *d = job->d;
    double *sum = job->sum[lane];
    while (items.count > 0) {
        size_t mark = arena_mark(scratch);
        struct block k = next_block(job, &items, scratch);
        struct transformer_pass *future = encode(job, &k, scratch);
        embed_state(d, &k);
        policy_loss(job, &k, scratch, dtheta, sum);
        prior_loss(d, &k, scratch, dtheta, sum);
        if (job->joint)
            return_loss(d, &k, scratch, dtheta, sum);
        embed_state_backward(d, &k, dtheta);
        posterior_loss(d, &k, future, scratch, dtheta, sum);
        arena_release(scratch, mark);
    }
}

static void return_lane(void *context, int lane, struct span items, float *dtheta,
                        struct arena *scratch)
{
    struct job *job = context;
    struct pdt *d = job->d;
    while (items.count > 0) {
        size_t mark = arena_mark(scratch);
        struct block k = next_block(job, &items, scratch);
        encode(job, &k, scratch);
        embed_state(d, &k);
        predict_return(d, &k, &job->sum[lane][SUM_RETURN]);
        gaussian_backward(&d->returns, d->return_net.current.value, k.joint,
                          d->value.return_log_std + k.first, k.dmu, k.dlog_std, k.N, scratch,
                          dtheta, NULL);
        arena_release(scratch, mark);
    }
}

/* Padding is always computed: the entropy's mean runs over it, and real steps of the segment use
 * the posterior of futures beyond the trajectory's end, which are padding. */
static struct job pdt_job_of(struct pdt *d, uint64_t policy_key, uint64_t future_key, uint64_t step)
{
    const struct hyper *h = &d->learner.hyper;
    const struct batch *b = &d->batch, *f = &d->future;
    size_t K = (size_t)b->K, S = (size_t)b->S, A = (size_t)b->A, Z = (size_t)d->Z;
    struct job job = {.d = d};
    job.segment = (struct windows){.B = b->B,
                                   .K = b->K,
                                   .input = {b->state, d->value.z, b->action},
                                   .pitch = {K * S, K * Z, K * A},
                                   .length = b->length,
                                   .outputs = OUTPUT_ALL};
    job.future = (struct windows){.B = f->B,
                                  .K = f->K,
                                  .input = {f->state, f->action},
                                  .pitch = {K * S, K * A},
                                  .length = f->length,
                                  .outputs = OUTPUT_ALL};
    job.drop = (struct dropout){.p = (float)h->dropout,
                                .p_embedding = (float)h->embed_dropout,
                                .key = policy_key,
                                .step = step};
    job.drop_future = job.drop;
    job.drop_future.key = future_key;
    return job;
}

static int run_pdt_lanes(struct job *job, struct lanes *l, lanes_body *body, double total[SUMS])
{
    struct pdt *d = job->d;
    struct span spans[LANES_MAX];
    for (int i = 0; i < job->segment.B; i++)
        d->window_rows[i] = transformer_rows(&d->policy, &job->segment, i) +
                            transformer_rows(&d->encoder, &job->future, i);
    int lanes = lanes_split(job->segment.B, d->window_rows, spans);
    lanes_run(l, lanes, spans, body, job);
    for (int s = 0; s < SUMS; s++) {
        total[s] = 0;
        for (int i = 0; i < lanes; i++)
            total[s] += job->sum[i][s];
    }
    return lanes;
}

enum status pdt_step(struct pdt *d, int lanes, bool joint)
{
    const struct hyper *h = &d->learner.hyper;
    double lr = schedule_warm_up(h->lr_actor, d->net.moments.step, h->warmup_actor_steps), norm = 0;
    struct lamb_rule rule = lamb_rule_default(h->wd_actor);
    rule.clip = h->actor_grad_clip;
    float *behind[LANES_MAX];
    for (int i = 0; i < LANES_MAX; i++)
        behind[i] = d->net.lanes.dtheta[i] + d->layout.size;
    if (joint)
        TRY(clip_gather(&d->return_net.moments, behind, lanes, return_gradient, &norm));
    rule.beside = norm * norm;
    TRY(network_lamb(&d->net, &rule, lr, lanes, "gradient of the actor", 0, &d->report));
    if (!joint)
        return STATUS_OK;
    rule.beside = d->report.grad_norm * d->report.grad_norm - norm * norm;
    TRY(lamb_step(&rule, &d->return_net.moments, lr, behind, 1, return_gradient,
                  d->return_net.current.value, NULL, NULL));
    params_pack(&d->return_net.current, true);
    return STATUS_OK;
}

enum status pdt_update(struct pdt *d, bool joint)
{
    const struct hyper *h = &d->learner.hyper;
    uint64_t run = d->learner.run, number = (uint64_t)d->learner.updates;
    size_t N = (size_t)d->batch.B * (size_t)d->batch.K;
    struct job job = pdt_job_of(d, run, rng_key_mix(run, DROP_FUTURE), number);
    job.joint = joint;
    pdt_draw(d, PDT_LATENT_TRAIN, number, d->value.latent_noise, N * (size_t)d->Z);
    if (h->entropy_reg)
        pdt_draw(d, PDT_ENTROPY, number, d->value.entropy_noise, N * (size_t)d->learner.A);

    /* One pass computes all losses; the terms are kept apart for the curve. */
    double total[SUMS];
    int lanes = run_pdt_lanes(&job, &d->net.lanes, update_lane, total);
    struct pdt_losses *loss = &d->losses;
    *loss = (struct pdt_losses){.nll = total[SUM_NLL],
                                .entropy = total[SUM_ENTROPY],
                                .kl_unit = total[SUM_KL_UNIT],
                                .kl_prior = total[SUM_KL_PRIOR],
                                .returns = total[SUM_RETURN]};
    double temperature = exp(d->log_temperature.value);
    loss->total = loss->nll - (h->entropy_reg ? temperature * loss->entropy : 0) +
                  h->pdt_kl * loss->kl_unit + loss->kl_prior + loss->returns;
    /* Refuse a non-finite loss before anything changes. */
    TRY(learner_check_loss(loss->total, "actor loss", d->learner.updates));
    TRY(pdt_step(d, lanes, joint));
    if (h->entropy_reg) { /* towards an entropy of -A, as in ODT */
        struct adam_rule rule = adam_rule_default(0);
        TRY(adam_scalar_step(&rule, &d->log_temperature, h->lr_temperature,
                             temperature * (loss->entropy + d->learner.A),
                             "gradient of the temperature"));
    }
    d->learner.updates++;
    return STATUS_OK;
}

enum status pdt_return_update(struct pdt *d, int64_t number, double *loss)
{
    uint64_t run = d->learner.run;
    size_t N = (size_t)d->batch.B * (size_t)d->batch.K;
    struct job job = pdt_job_of(d, run, rng_key_mix(run, DROP_FUTURE_RETURN), (uint64_t)number);
    pdt_draw(d, PDT_LATENT_RETURN, (uint64_t)number, d->value.latent_noise, N * (size_t)d->Z);
    double total[SUMS];
    int lanes = run_pdt_lanes(&job, &d->return_net.lanes, return_lane, total);
    TRY(learner_check_loss(total[SUM_RETURN], "loss of the return head", number));
    *loss = total[SUM_RETURN];
    struct adam_rule rule = adam_rule_default(0);
    TRY(adam_step(&rule, &d->return_adam, d->learner.hyper.pdt_return_lr,
                  d->return_net.lanes.dtheta, lanes, return_gradient, d->return_net.current.value,
                  NULL, NULL));
    params_pack(&d->return_net.current, true);
    return STATUS_OK;
}
