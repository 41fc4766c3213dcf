/* Passes of the decision transformer without gradient, and the random numbers and windows that all
 * its passes use. */
#include "engine/methods/learner_dt.h"

#include <assert.h>
#include <math.h>
#include <string.h>

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
struct windows dt_windows(const struct batch *b, enum transformer_outputs outputs)
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
 * actions 2..K and none in the last slot, which is never read. */
static struct windows target_windows(const struct dt *d, const struct batch *b)
{
    struct windows w = dt_windows(b, OUTPUT_REAL);
    w.input[0] = b->return_to_go + 1;
    w.input[1] = b->next_state;
    w.input[2] = b->action + b->A;
    if (!d->learner.hyper.target_padding_masked)
        w.length = NULL; /* the released code passes a mask of ones: padding is real (D34) */
    return w;
}

int dt_split(const struct dt *d, const struct windows *w, const struct windows *more,
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
    float *output, *log_std; /* (B,K,A), or (n,A) with OUTPUT_LAST; log_std NULL: not wanted */
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
        const struct transformer_pass *pass = transformer_evaluate(&d->net, theta, job->w, block,
                                                                   NULL, scratch);
        float *mu = arena_take(scratch, (size_t)pass->rows * A), *log_std = NULL;
        if (d->stochastic) {
            log_std = arena_take(scratch, (size_t)pass->rows * A);
            head_gaussian_forward(&d->gaussian, theta, pass->hidden, pass->rows, mu, log_std);
        } else {
            head_tanh_forward(&d->tanh, theta, pass->hidden, pass->rows, mu);
        }
        /* Scatter the block's rows to their places in (B,K), or (n) when only last steps are
         * read. */
        bool last = job->w->outputs == OUTPUT_LAST;
        for (int i = 0; i < pass->rows; i++) {
            size_t to = (size_t)(last ? pass->position[i] / job->w->K : pass->position[i]) * A;
            memcpy(job->output + to, mu + (size_t)i * A, A * sizeof *mu);
            if (d->stochastic && job->log_std != NULL)
                memcpy(job->log_std + to, log_std + (size_t)i * A, A * sizeof *mu);
        }
        arena_release(scratch, mark);
    }
}

void dt_forward(struct dt *d, const struct params *p, const struct windows *w, float *output,
                float *log_std)
{
    struct forward_job job = {d, p, w, output, log_std};
    struct span spans[LANES_MAX];
    int lanes = dt_split(d, w, NULL, spans);
    lanes_run(&d->forward, lanes, spans, forward_lane, &job);
}

void dt_target_actions(struct dt *d, const struct batch *b, float *action, float *log_prob)
{
    struct windows w = target_windows(d, b);
    size_t n = (size_t)b->B * (size_t)b->K * (size_t)b->A;
    /* Zero the padding that is not computed, so that a recurrent critic, which gets whole windows,
     * does not see actions of an earlier batch. */
    memset(action, 0, n * sizeof *action);
    if (!d->stochastic) {
        dt_forward(d, &d->actor.target, &w, action, NULL);
        head_clamp(action, n);
        return;
    }
    /* A sample; its log-probability is that of the sample before tanh, never inverted. */
    float *mu = action, *log_std = d->noise[DRAW_TARGET_NOISE];
    const float *eps = dt_draw(d, b, DRAW_TARGET_SAMPLE);
    int N = b->B * b->K;
    memset(log_std, 0, n * sizeof *log_std);
    dt_forward(d, &d->actor.target, &w, mu, log_std);
    float *u = d->noise[DRAW_RL_SAMPLE]; /* unused until the actor's update */
    head_sample(mu, log_std, eps, N, b->A, u, NULL);
    head_log_prob(mu, log_std, u, N, b->A, log_prob);
    for (size_t i = 0; i < n; i++)
        action[i] = tanhf(u[i]);
}

void reg_kl_prepare(struct dt *d, const struct batch *b)
{
    struct windows w = dt_windows(b, OUTPUT_REAL);
    size_t n = (size_t)b->B * (size_t)b->K * (size_t)b->A;
    dt_forward(d, &d->actor.frozen, &w, d->frozen_action, NULL);
    for (size_t i = 0; d->stochastic && i < n; i++)
        d->frozen_action[i] = tanhf(d->frozen_action[i]);
}
