#include "engine/methods/value_critic.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum status value_init(struct dt *d)
{
    struct value_state *v = value_state(d);
    TRY(dt_new_floats(&v->batch_target, dt_batch_floats(d, 1)));
    TRY(dt_new_floats(&v->batch_old_v, dt_batch_floats(d, 1)));
    TRY(dt_new_floats(&v->log_ratio, dt_batch_floats(d, 1)));
    return arena_init(&v->arena, dt_critic_scratch(d, ((int)d->learner.hyper.batch_size + 1) / 2));
}

void value_free(struct dt *d)
{
    struct value_state *v = value_state(d);
    for (int i = 0; i < v->slots; i++) {
        free(v->target[i]);
        free(v->old_v[i]);
    }
    free(v->target);
    free(v->old_v);
    free(v->length);
    free(v->batch_target);
    free(v->batch_old_v);
    free(v->log_ratio);
    arena_free(&v->arena);
}

static void pretrain_windows(struct dt *d, const struct batch *b, struct span windows,
                             float *gradient, struct arena *scratch, struct critic_sums *sums)
{
    const struct hyper *h = &d->learner.hyper;
    bool released = h->v_pretrain_td == HYPER_v_pretrain_td_as_released;
    size_t from = (size_t)windows.first * (size_t)b->K, n = (size_t)windows.count * (size_t)b->K;
    const float *state = b->state + from * (size_t)b->S;
    const float *next_state = b->next_state + from * (size_t)b->S;
    double gamma = released ? 1 : h->gamma;
    double divisor = critic_divide_by(b, released ? CRITIC_OVER_ALL : CRITIC_OVER_VALID);
    struct critic_tape tape;
    critic_take(&d->critic, windows.count, b->K, scratch, &tape);
    float *next = arena_take(scratch, n), *v = arena_take(scratch, n),
          *off = arena_take(scratch, n);

    /* V(s') before V(s): the tape must hold the pass at s, through which the gradient flows. */
    critic_v(&d->critic, d->critic_net.current.value, next_state, windows.count, &tape, next);
    critic_v(&d->critic, d->critic_net.current.value, state, windows.count, &tape, v);
    for (size_t i = 0; i < n; i++) {
        double weight = released ? 1 : (double)b->weight[from + i];
        double error = (double)v[i] - (double)b->reward[from + i] -
                       gamma * (1 - (double)b->done[from + i]) * (double)next[i];
        sums->v_loss += weight * error * error / divisor;
        off[i] = (float)(2 * weight * error / divisor);
    }
    critic_backward(&d->critic, d->critic_net.current.value, CRITIC_V, off, &tape, gradient, NULL);
    if (!released)
        return;
    /* In the released code the gradient also flows through V(s') (D36). */
    critic_v(&d->critic, d->critic_net.current.value, next_state, windows.count, &tape, next);
    for (size_t i = 0; i < n; i++)
        off[i] *= -(1 - b->done[from + i]);
    critic_backward(&d->critic, d->critic_net.current.value, CRITIC_V, off, &tape, gradient, NULL);
}

enum status value_pretrain(struct dt *d, const struct batch *b, struct stats_sum *stats)
{
    return rl_critic_pass(d, b, pretrain_windows, stats);
}

/* V of raw states, in pieces that fit the arena. */
static void values_of(struct dt *d, const float *state, int length, float *out)
{
    const struct hyper *h = &d->learner.hyper;
    struct arena *arena = &value_state(d)->arena;
    int S = d->learner.S, room = (int)(h->batch_size * h->T_train) / 2;
    room = room > 0 ? room : 1;
    for (int from = 0; from < length; from += room) {
        int n = length - from < room ? length - from : room;
        size_t mark = arena_mark(arena);
        struct critic_tape tape;
        critic_take(&d->critic, n, 1, arena, &tape);
        float *s = d->batch.state; /* unused between updates, and large enough */
        memcpy(s, state + (size_t)from * (size_t)S, (size_t)n * (size_t)S * sizeof *s);
        if (d->learner.normalizer != NULL)
            normalizer_apply(d->learner.normalizer, s, n, s);
        critic_v(&d->critic, d->critic_net.current.value, s, n, &tape, out + from);
        arena_release(arena, mark);
    }
}

/* Make room for the slots of this many trajectories. */
static enum status make_slots(struct value_state *v, int count)
{
    if (count <= v->slots)
        return STATUS_OK;
    size_t bytes = (size_t)count * sizeof(float *);
    float **target = realloc(v->target, bytes);
    if (target != NULL)
        v->target = target;
    float **old_v = realloc(v->old_v, bytes);
    if (old_v != NULL)
        v->old_v = old_v;
    int32_t *length = realloc(v->length, (size_t)count * sizeof *length);
    if (length != NULL)
        v->length = length;
    if (target == NULL || old_v == NULL || length == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the targets of %d trajectories", count);
    for (; v->slots < count; v->slots++)
        target[v->slots] = old_v[v->slots] = NULL;
    return STATUS_OK;
}

/* Allocate arrays with the slots' lengths. */
static enum status fill_slots(struct value_state *v)
{
    for (int i = 0; i < v->count; i++) {
        size_t length = (size_t)v->length[i];
        free(v->target[i]);
        free(v->old_v[i]);
        v->target[i] = calloc(length, sizeof(float));
        v->old_v[i] = calloc(length, sizeof(float));
        if (v->target[i] == NULL || v->old_v[i] == NULL)
            return status_fail(STATUS_MEMORY, "no memory for a trajectory's targets");
    }
    return STATUS_OK;
}

enum status value_targets(struct dt *d, const struct replay *online)
{
    const struct hyper *h = &d->learner.hyper;
    struct value_state *state = value_state(d);
    TRY(make_slots(state, online->count));
    state->count = online->count;
    for (int i = 0; i < online->count; i++)
        state->length[i] = online->item[i].length;
    TRY(fill_slots(state));
    for (int i = 0; i < online->count; i++) {
        const struct trajectory *t = &online->item[i];
        float *target = state->target[i], *v = state->old_v[i], *next = target;
        values_of(d, t->state, t->length, v);
        values_of(d, t->next_state, t->length, next);
        double advantage = 0;
        for (int k = t->length - 1; k >= 0; k--) {
            double live = t->terminal[k] ? 0 : 1;
            double delta = (double)t->reward[k] + h->gamma * live * (double)next[k] - (double)v[k];
            advantage = delta + h->gamma * h->gae_lambda * live * advantage;
            target[k] = (float)(advantage + (double)v[k]);
        }
    }
    return STATUS_OK;
}

/* Visit the slots' arrays, concatenated, as one array. */
static enum status visit_slots(const struct value_state *state, struct visitor *v, const char *name,
                               float **slot)
{
    size_t all = 0, at = 0;
    for (int i = 0; i < state->count; i++)
        all += (size_t)state->length[i];
    float *flat = malloc((all > 0 ? all : 1) * sizeof *flat);
    if (flat == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the targets of the rollouts");
    for (int i = 0; i < state->count && !v->fills; at += (size_t)state->length[i++])
        memcpy(flat + at, slot[i], (size_t)state->length[i] * sizeof *flat);
    enum status result = visit_floats(v, name, flat, all);
    at = 0;
    for (int i = 0; i < state->count && v->fills; at += (size_t)state->length[i++])
        memcpy(slot[i], flat + at, (size_t)state->length[i] * sizeof *flat);
    free(flat);
    return result;
}

enum status value_visit(struct dt *d, struct visitor *v)
{
    struct value_state *state = value_state(d);
    int32_t count = state->count;
    TRY(visit_int32s(v, "trajectories", &count, 1));
    if (v->fills) {
        TRY(make_slots(state, count));
        state->count = count;
    }
    TRY(visit_int32s(v, "length", state->length, (size_t)count));
    if (v->fills)
        TRY(fill_slots(state));
    TRY(visit_slots(state, v, "target", state->target));
    return visit_slots(state, v, "old_v", state->old_v);
}

void value_fetch(struct dt *d, const struct batch *b)
{
    struct value_state *v = value_state(d);
    batch_gather(b, (const float *const *)v->target, v->batch_target);
    batch_gather(b, (const float *const *)v->old_v, v->batch_old_v);
}

static void regress_windows(struct dt *d, const struct batch *b, struct span windows,
                            float *gradient, struct arena *scratch, struct critic_sums *sums)
{
    size_t from = (size_t)windows.first * (size_t)b->K, n = (size_t)windows.count * (size_t)b->K;
    bool all = value_state(d)->regress_all;
    double divisor = all ? (double)b->B * (double)b->K : b->valid > 0 ? b->valid : 1;
    const float *target = value_state(d)->regress_target + from;
    struct critic_tape tape;
    critic_take(&d->critic, windows.count, b->K, scratch, &tape);
    float *v = arena_take(scratch, n), *dv = arena_take(scratch, n);
    critic_v(&d->critic, d->critic_net.current.value, b->state + from * (size_t)b->S, windows.count,
             &tape, v);
    for (size_t i = 0; i < n; i++) {
        double error = all || b->mask[from + i] != 0 ? (double)v[i] - (double)target[i] : 0;
        sums->v_loss += 0.5 * error * error / divisor;
        dv[i] = (float)(error / divisor);
    }
    critic_backward(&d->critic, d->critic_net.current.value, CRITIC_V, dv, &tape, gradient, NULL);
}

enum status value_regress(struct dt *d, const struct batch *b, const float *target, bool all,
                          struct stats_sum *stats)
{
    value_state(d)->regress_target = target;
    value_state(d)->regress_all = all;
    return rl_critic_pass(d, b, regress_windows, stats);
}
