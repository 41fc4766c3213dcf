/* Acting with the decision transformer: the last T_eval steps of n environments in one batch. */
#include "engine/methods/learner_dt.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void dt_act_free(struct dt *d)
{
    float **arrays[] = {&d->act_state,  &d->act_action,  &d->act_rtg,
                        &d->act_output, &d->act_log_std, &d->act_u};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        free(*arrays[i]);
        *arrays[i] = NULL;
    }
    free(d->act_length);
    d->act_length = NULL;
    d->act_room = 0;
}

static enum status make_act_room(struct dt *d, int n)
{
    if (n <= d->act_room)
        return STATUS_OK;
    size_t E = (size_t)d->learner.hyper.T_eval, N = (size_t)n, A = (size_t)d->learner.A;
    dt_act_free(d);
    d->act_length = malloc(N * sizeof *d->act_length);
    if (d->act_length == NULL)
        return status_fail(STATUS_MEMORY, "no memory to act in %d environments", n);
    TRY(dt_new_floats(&d->act_state, N * E * (size_t)d->learner.S));
    TRY(dt_new_floats(&d->act_action, N * E * A));
    TRY(dt_new_floats(&d->act_rtg, N * E));
    TRY(dt_new_floats(&d->act_output, N * A));
    TRY(dt_new_floats(&d->act_log_std, N * A));
    TRY(dt_new_floats(&d->act_u, N * A));
    TRY(dt_make_windows(d, n));
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

/* A = mu + expl_noise eps in exploration, mu in evaluation; clamped to the limits in both. */
static void act_deterministic(const struct dt *d, enum act_mode mode, const float *noise, size_t N,
                              float *action)
{
    memcpy(action, d->act_output, N * sizeof *action);
    head_clamp(action, N);
    for (size_t i = 0; mode == ACT_EXPLORE && i < N; i++)
        action[i] += (float)d->learner.hyper.expl_noise * noise[i];
    head_clamp(action, N);
}

/* tanh of a sample in exploration, of the mean in evaluation. */
static void act_stochastic(const struct dt *d, enum act_mode mode, const float *noise, int n,
                           float *action, float *log_prob)
{
    size_t N = (size_t)n * (size_t)d->learner.A;
    for (size_t i = 0; i < N; i++) {
        float u = d->act_output[i];
        if (mode == ACT_EXPLORE)
            u += expf(d->act_log_std[i]) * noise[i];
        action[i] = tanhf(u);
    }
    head_clamp(action, N);
    if (log_prob != NULL) {
        /* Of the clamped action, as in the released code. */
        head_atanh(action, N, d->act_u);
        head_log_prob(d->act_output, d->act_log_std, d->act_u, n, d->learner.A, log_prob);
    }
}

enum status dt_act(struct learner *l, const struct act_context context[], int n, enum act_mode mode,
                   bool frozen, const float *noise, float *action, float *log_prob)
{
    struct dt *d = dt_of(l);
    TRY(make_act_room(d, n));
    for (int i = 0; i < n; i++)
        place_context(d, &context[i], i);
    size_t E = (size_t)l->hyper.T_eval, S = (size_t)l->S, A = (size_t)l->A;
    struct windows w = {.B = n,
                        .K = (int)E,
                        .input = {d->act_rtg, d->act_state, d->act_action},
                        .pitch = {E, E * S, E * A},
                        .length = d->act_length,
                        .outputs = OUTPUT_LAST};
    assert(!frozen || d->actor.frozen.value != NULL);
    dt_forward(d, frozen ? &d->actor.frozen : &d->actor.current, &w, d->act_output, d->act_log_std);
    if (d->stochastic)
        act_stochastic(d, mode, noise, n, action, log_prob);
    else
        act_deterministic(d, mode, noise, (size_t)n * A, action);
    return STATUS_OK;
}
