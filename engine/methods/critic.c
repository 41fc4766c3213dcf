#include "engine/methods/critic.h"

#include <assert.h>
#include <string.h>

static const char *const net_names[CRITIC_NETS] = {"q1", "q2", "v"};

static enum status check_spec(const struct critic_spec *s)
{
    int most = s->cell == CRITIC_MLP ? MLP_MAX_HIDDEN : LSTM_MAX_LAYERS;
    if (s->S < 1 || s->A < 1 || s->width < 1)
        return status_fail(STATUS_CONFIG,
                           "a critic of width %d for %d state and %d action numbers; each must be "
                           "positive",
                           s->width, s->S, s->A);
    if (s->layers < 1 || s->layers > most)
        return status_fail(STATUS_CONFIG, "a critic of %d hidden layers; give 1 to %d", s->layers,
                           most);
    if (s->q < 0 || s->q > 2 || (s->q == 0 && !s->v))
        return status_fail(STATUS_CONFIG,
                           "a critic with %d action values%s; give 1 or 2, or a "
                           "state value",
                           s->q, s->v ? "" : " and no state value");
    return STATUS_OK;
}

enum status critic_plan(const struct critic_spec *spec, struct critic *out)
{
    TRY(check_spec(spec));
    *out = (struct critic){.spec = *spec,
                           .ops = spec->cell == CRITIC_MLP ? &critic_mlp : &critic_recurrent};
    out->layout.product = spec->product;
    const bool present[CRITIC_NETS] = {spec->q >= 1, spec->q >= 2, spec->v};
    for (int i = 0; i < CRITIC_NETS; i++) {
        if (!present[i])
            continue;
        out->net[i].in = spec->S + (i == CRITIC_V ? 0 : spec->A);
        out->ops->plan(spec, &out->layout, net_names[i], &out->net[i]);
    }
    return STATUS_OK;
}

void critic_take(const struct critic *c, int B, int K, struct arena *a, struct critic_tape *tape)
{
    *tape = (struct critic_tape){.B = B, .K = K};
    for (int i = 0; i < CRITIC_NETS; i++) {
        if (c->net[i].in == 0)
            continue;
        tape->net[i].x = arena_take(a, (size_t)B * (size_t)K * (size_t)c->net[i].in);
        c->ops->take(&c->net[i], B, K, a, &tape->net[i]);
    }
}

/* x (n, S+A) = state and action side by side */
static void join(const float *state, const float *action, size_t n, size_t S, size_t A, float *x)
{
    for (size_t i = 0; i < n; i++, x += S + A) {
        memcpy(x, state + i * S, S * sizeof *x);
        memcpy(x + S, action + i * A, A * sizeof *x);
    }
}

void critic_q(const struct critic *c, const float *theta, enum critic_which which,
              const float *state, const float *action, int B, struct critic_tape *tape,
              float *values)
{
    assert(which != CRITIC_V && c->net[which].in > 0 && B <= tape->B);
    join(state, action, (size_t)B * (size_t)tape->K, (size_t)c->spec.S, (size_t)c->spec.A,
         tape->net[which].x);
    tape->windows[which] = B;
    c->ops->forward(&c->net[which], theta, B, tape->K, &tape->net[which], values);
}

void critic_v(const struct critic *c, const float *theta, const float *state, int B,
              struct critic_tape *tape, float *values)
{
    assert(c->net[CRITIC_V].in > 0 && B <= tape->B);
    memcpy(tape->net[CRITIC_V].x, state,
           (size_t)B * (size_t)tape->K * (size_t)c->spec.S * sizeof *state);
    tape->windows[CRITIC_V] = B;
    c->ops->forward(&c->net[CRITIC_V], theta, B, tape->K, &tape->net[CRITIC_V], values);
}

void critic_min(const struct critic *c, const float *theta, const float *state, const float *action,
                int B, struct critic_tape *tape, float *q1, float *q2, float *low)
{
    size_t n = (size_t)B * (size_t)tape->K;
    critic_q(c, theta, CRITIC_Q1, state, action, B, tape, q1);
    if (c->spec.q == 1) {
        memmove(low, q1, n * sizeof *low);
        return;
    }
    critic_q(c, theta, CRITIC_Q2, state, action, B, tape, q2);
    for (size_t i = 0; i < n; i++)
        low[i] = q1[i] < q2[i] ? q1[i] : q2[i];
}

void critic_backward(const struct critic *c, const float *theta, enum critic_which which,
                     const float *dvalues, struct critic_tape *tape, float *dtheta, float *daction)
{
    assert(which != CRITIC_V || daction == NULL);
    c->ops->backward(&c->net[which], theta, tape->windows[which], tape->K, dvalues,
                     &tape->net[which], dtheta, daction, c->spec.S);
}

double critic_divide_by(const struct batch *b, enum critic_divisor divisor)
{
    if (divisor == CRITIC_OVER_ALL)
        return (double)b->B * (double)b->K;
    return b->weight_sum > 0 ? b->weight_sum : 1;
}

void critic_target(const float *reward, const float *done, const float *next, float gamma, size_t n,
                   float *y)
{
    for (size_t i = 0; i < n; i++)
        y[i] = reward[i] + (1.0f - done[i]) * gamma * next[i];
}

double critic_td_loss(const float *value, const float *y, const float *weight, double divisor,
                      size_t n, float *dvalue)
{
    double sum = 0;
    float twice = (float)(2 / divisor);
    for (size_t i = 0; i < n; i++) {
        float off = value[i] - y[i];
        sum += (double)weight[i] * (double)off * (double)off;
        dvalue[i] = twice * weight[i] * off;
    }
    return sum / divisor;
}
