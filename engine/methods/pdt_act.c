#include "engine/methods/learner_pdt.h"

#include "engine/nn/activation.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct job {
    struct pdt *d;
    struct windows w;
    const struct act_context *context;
    int samples; /* candidates of z; with 1 the prior's sample is used */
    enum pdt_site site;
};

/* --- room ------------------------------------------------------------------------------------- */

/* Scratch for choosing a latent. */
struct choice {
    float *embedded, *mu, *log_std; /* (C), (Z), (Z) */
    float *z, *joint, *narrow;      /* (samples,Z), (samples,2C), (samples,C) */
    float *mean;                    /* (samples) */
};

static struct choice take_choice(const struct pdt *d, int samples, struct arena *a)
{
    size_t C = (size_t)d->policy.C, Z = (size_t)d->Z, n = (size_t)samples;
    return (struct choice){.embedded = arena_take(a, C),
                           .mu = arena_take(a, Z),
                           .log_std = arena_take(a, Z),
                           .z = arena_take(a, n * Z),
                           .joint = arena_take(a, 2 * n * C),
                           .narrow = arena_take(a, n * C),
                           .mean = arena_take(a, n)};
}

size_t pdt_act_scratch(const struct pdt *d)
{
    struct arena dry;
    (void)arena_init(&dry, 0);
    take_choice(d, (int)d->learner.hyper.pdt_samples, &dry);
    /* The choice is done before the policy runs, so they share scratch: the larger of the two, plus
     * the policy's output. */
    size_t policy = transformer_scratch(&d->policy, (int)d->learner.hyper.T_eval, false);
    return (dry.high > policy ? dry.high : policy) + 4096;
}

void pdt_act_free(struct pdt *d)
{
    free(d->act_state);
    free(d->act_latent);
    free(d->act_action);
    free(d->act_mu);
    free(d->act_log_std);
    free(d->act_length);
    d->act_state = d->act_latent = d->act_action = d->act_mu = d->act_log_std = NULL;
    d->act_length = NULL;
    d->act_room = 0;
}

static enum status make_act_room(struct pdt *d, int n)
{
    if (n <= d->act_room)
        return STATUS_OK;
    size_t E = (size_t)d->learner.hyper.T_eval, N = (size_t)n, A = (size_t)d->learner.A;
    pdt_act_free(d);
    d->act_state = calloc(N * E * (size_t)d->learner.S, sizeof(float));
    d->act_latent = calloc(N * E * (size_t)d->Z, sizeof(float));
    d->act_action = calloc(N * E * A, sizeof(float));
    d->act_mu = calloc(N * A, sizeof(float));
    d->act_log_std = calloc(N * A, sizeof(float));
    d->act_length = calloc(N, sizeof *d->act_length);
    if (d->act_state == NULL || d->act_latent == NULL || d->act_action == NULL ||
        d->act_mu == NULL || d->act_log_std == NULL || d->act_length == NULL) {
        pdt_act_free(d);
        return status_fail(STATUS_MEMORY, "no memory to act in %d environments", n);
    }
    TRY(pdt_make_windows(d, n));
    d->act_room = n;
    return STATUS_OK;
}

/* --- contexts and latents --------------------------------------------------------------------- */

/* Copy the last min(steps, E) steps of a history to the right end of its window; the newest z and
 * action are not known yet. */
static void place_context(struct pdt *d, const struct act_context *c, int i)
{
    size_t E = (size_t)d->learner.hyper.T_eval, S = (size_t)d->learner.S, A = (size_t)d->learner.A;
    size_t Z = (size_t)d->Z, steps = (size_t)c->steps, length = steps < E ? steps : E;
    size_t skip = steps - length, at = (size_t)i * E + (E - length);
    d->act_length[i] = (int)length;
    memcpy(d->act_state + at * S, c->state + skip * S, length * S * sizeof(float));
    if (d->learner.normalizer != NULL)
        normalizer_apply(d->learner.normalizer, d->act_state + at * S, (int)length,
                         d->act_state + at * S);
    if (length > 1) {
        memcpy(d->act_action + at * A, c->action + skip * A, (length - 1) * A * sizeof(float));
        memcpy(d->act_latent + at * Z, c->latent + skip * Z, (length - 1) * Z * sizeof(float));
    }
}

/* The candidate with the highest predicted mean return; the first among equals. */
static int best_candidate(const struct pdt *d, const struct choice *c, int samples)
{
    size_t C = (size_t)d->policy.C, n = (size_t)samples;
    linear_forward(&d->policy.embed[1], d->net.current.value, c->z, samples, c->narrow);
    for (size_t i = 0; i < n; i++) {
        memcpy(c->joint + 2 * i * C, c->embedded, C * sizeof(float));
        activation_relu(c->narrow + i * C, C, c->joint + (2 * i + 1) * C);
    }
    linear_forward(&d->returns.mu, d->return_net.current.value, c->joint, samples, c->mean);
    int best = 0;
    for (int i = 1; i < samples; i++)
        best = c->mean[i] > c->mean[best] ? i : best;
    return best;
}

/* Choose z for environment i's newest step and store it in its window and history. */
static void choose_latent(const struct job *job, int i, struct arena *scratch)
{
    struct pdt *d = job->d;
    const struct act_context *context = &job->context[i];
    size_t mark = arena_mark(scratch), Z = (size_t)d->Z, E = (size_t)job->w.K;
    size_t newest = (size_t)(i + 1) * E - 1;
    struct choice c = take_choice(d, job->samples, scratch);
    linear_forward(&d->policy.embed[0], d->net.current.value,
                   d->act_state + newest * (size_t)d->learner.S, 1, c.embedded);
    activation_relu(c.embedded, (size_t)d->policy.C, c.embedded);
    gaussian_forward(&d->prior, d->net.current.value, c.embedded, 1, c.mu, c.log_std);

    size_t samples = (size_t)job->samples;
    pdt_draw(d, job->site, context->stream, c.z, samples * Z);
    for (size_t j = 0; j < Z; j++) {
        float spread = expf(c.log_std[j]);
        for (size_t k = j; k < samples * Z; k += Z)
            c.z[k] = c.mu[j] + spread * c.z[k];
    }
    int best = job->samples > 1 ? best_candidate(d, &c, job->samples) : 0;
    const float *z = c.z + (size_t)best * Z;
    memcpy(d->act_latent + newest * Z, z, Z * sizeof *z);
    memcpy(context->latent + (size_t)(context->steps - 1) * Z, z, Z * sizeof *z);
    arena_release(scratch, mark);
}

/* --- the policy ------------------------------------------------------------------------------- */

static void act_lane(void *context, int lane, struct span items, float *dtheta,
                     struct arena *scratch)
{
    (void)lane;
    (void)dtheta;
    const struct job *job = context;
    struct pdt *d = job->d;
    size_t A = (size_t)d->learner.A;
    for (int i = 0; i < items.count; i++)
        choose_latent(job, items.first + i, scratch);
    while (items.count > 0) {
        size_t mark = arena_mark(scratch), at = (size_t)items.first * A;
        struct span block = transformer_block(&d->policy, &job->w, &items);
        const struct transformer_pass *pass = transformer_evaluate(&d->policy, d->net.current.value,
                                                                   &job->w, block, NULL, scratch);
        assert(pass->rows == block.count);
        head_gaussian_forward(&d->action, d->net.current.value, pass->hidden, pass->rows,
                              d->act_mu + at, d->act_log_std + at);
        arena_release(scratch, mark);
    }
}

enum status pdt_act(struct learner *l, const struct act_context context[], int n,
                    enum act_mode mode, bool frozen, const float *noise, float *action,
                    float *log_prob)
{
    struct pdt *d = pdt_of(l);
    size_t E = (size_t)l->hyper.T_eval, A = (size_t)l->A, N = (size_t)n * A;
    assert(!frozen);
    (void)frozen;
    TRY(make_act_room(d, n));
    assert(d->act_length != NULL);
    for (int i = 0; i < n; i++) {
        assert(context[i].latent != NULL);
        place_context(d, &context[i], i);
    }
    /* Before the return head is prepared it cannot judge candidates, so a single z is sampled. */
    struct job job = {.d = d,
                      .w = {.B = n,
                            .K = (int)E,
                            .input = {d->act_state, d->act_latent, d->act_action},
                            .pitch = {E * (size_t)l->S, E * (size_t)d->Z, E * A},
                            .length = d->act_length,
                            .outputs = OUTPUT_LAST},
                      .context = context,
                      .samples = d->return_ready ? (int)l->hyper.pdt_samples : 1,
                      .site = mode == ACT_EXPLORE ? PDT_LATENT_ROLLOUT : PDT_LATENT_EVALUATE};
    struct span spans[LANES_MAX];
    for (int i = 0; i < n; i++)
        d->window_rows[i] = transformer_rows(&d->policy, &job.w, i);
    int lanes = lanes_split(n, d->window_rows, spans);
    lanes_run(&d->return_net.lanes, lanes, spans, act_lane, &job);

    /* The policy acts before tanh; evaluation takes the mean. */
    for (size_t i = 0; i < N; i++) {
        float u = d->act_mu[i];
        if (mode == ACT_EXPLORE)
            u += expf(d->act_log_std[i]) * noise[i];
        action[i] = tanhf(u);
    }
    head_clamp(action, N);
    if (log_prob != NULL) {
        /* Of the clamped action; act_action is free again and holds at least (n,A). */
        head_atanh(action, N, d->act_action);
        head_log_prob(d->act_mu, d->act_log_std, d->act_action, n, l->A, log_prob);
    }
    return STATUS_OK;
}
