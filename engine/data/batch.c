#include "engine/data/batch.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum { PARALLEL_FLOATS = 100000 }; /* a smaller batch is cut before the threads wake up */

struct batch_rule batch_rule_default(void)
{
    return (struct batch_rule){.rtg_scale = 1, .action_limit = 1.0f - 1e-6f};
}

enum status batch_init(struct batch *b, int B, int K, int S, int A, bool with_log_prob)
{
    assert(B >= 1 && K >= 1 && S >= 1 && A >= 1);
    *b = (struct batch){.B = B, .K = K, .S = S, .A = A};
    size_t rows = (size_t)B * (size_t)K;
    size_t floats = rows * (2 * (size_t)S + (size_t)A + 5 + (with_log_prob ? 1 : 0)) + (size_t)B;
    float *at = calloc(floats, sizeof *at);
    int *numbers = calloc(3 * (size_t)B, sizeof *numbers);
    if (at == NULL || numbers == NULL) {
        free(at);
        free(numbers);
        return status_fail(STATUS_MEMORY, "no memory for a batch of %d segments of %d steps", B, K);
    }
    b->state = at;
    b->next_state = b->state + rows * (size_t)S;
    b->action = b->next_state + rows * (size_t)S;
    b->reward = b->action + rows * (size_t)A;
    b->done = b->reward + rows;
    b->mask = b->done + rows;
    b->weight = b->mask + rows;
    b->return_to_go = b->weight + rows;
    if (with_log_prob)
        b->log_prob = b->return_to_go + rows + (size_t)B;
    b->length = numbers;
    b->trajectory = numbers + B;
    b->start = numbers + 2 * B;
    return STATUS_OK;
}

double batch_real_share(const struct batch *b)
{
    return (double)b->valid / ((double)b->B * (double)b->K);
}

void batch_free(struct batch *b)
{
    free(b->state);
    free(b->length);
    *b = (struct batch){0};
}

/* --- drawing --- */

/* The range of a segment's real steps. */
struct place {
    int slot, start, end;
};

static struct place draw_place(const struct replay *r, const struct batch_rule *rule, int K,
                               struct rng *rng)
{
    int slot, step; /* a uniformly drawn step of the trajectory */
    if (rule->draw == BATCH_BY_LENGTH) {
        /* A trajectory by length, then a uniform step in it: all steps are equally likely. */
        uint32_t x = rng_below(rng, (uint32_t)r->steps);
        slot = replay_find_step(r, (int64_t)x);
        step = (int)((int64_t)x - r->first[slot]);
    } else {
        slot = replay_find_weight(r, rng_uniform_double(rng));
        step = (int)rng_below(rng, (uint32_t)r->item[slot].length);
    }
    int L = r->item[slot].length;
    if (rule->segment == BATCH_START_UNIFORM)
        return (struct place){.slot = slot, .start = step, .end = step + K < L ? step + K : L};
    return (struct place){.slot = slot, .start = step + 1 > K ? step + 1 - K : 0, .end = step + 1};
}

static enum status check_source(const struct replay *r, const struct batch *out)
{
    if (r->count == 0)
        return status_fail(STATUS_MISSING, "cannot sample: the replay holds no trajectory");
    if (r->S != out->S || r->A != out->A)
        return status_fail(STATUS_SHAPE,
                           "the replay has states of %d and actions of %d numbers, the batch is "
                           "for %d and %d",
                           r->S, r->A, out->S, out->A);
    assert(r->steps <= UINT32_MAX);
    return STATUS_OK;
}

enum status batch_sample(const struct replay *r, const struct normalizer *n,
                         const struct batch_rule *rule, struct rng rng, struct batch *out)
{
    TRY(check_source(r, out));
    for (int b = 0; b < out->B; b++) {
        struct place p = draw_place(r, rule, out->K, &rng);
        out->trajectory[b] = p.slot;
        out->start[b] = p.start;
        out->length[b] = p.end - p.start;
    }
    return batch_cut(r, n, rule, out);
}

enum status batch_sample_future(const struct replay *r, const struct normalizer *n,
                                const struct batch_rule *rule, struct rng rng, struct batch *out,
                                struct batch *future)
{
    assert(out->B == future->B);
    TRY(batch_sample(r, n, rule, rng, out));
    TRY(check_source(r, future));
    for (int b = 0; b < out->B; b++) {
        int end = out->start[b] + out->length[b];
        int left = r->item[out->trajectory[b]].length - end;
        future->trajectory[b] = out->trajectory[b];
        future->start[b] = end;
        future->length[b] = left < future->K ? left : future->K;
    }
    return batch_cut(r, n, rule, future);
}

/* --- cutting --- */

static void fill_floats(float *x, size_t n, float value)
{
    for (size_t i = 0; i < n; i++)
        x[i] = value;
}

/* (K,S) raw states: zeros, then rows of `from`; all normalised. */
static void cut_states(const struct normalizer *n, const float *from, int pad, int length, int S,
                       float *out)
{
    size_t padding = (size_t)pad * (size_t)S;
    memset(out, 0, padding * sizeof *out);
    if (n == NULL) {
        memcpy(out + padding, from, (size_t)length * (size_t)S * sizeof *out);
        return;
    }
    normalizer_apply(n, out, pad, out);
    normalizer_apply(n, from, length, out + padding);
}

static void clamp(const float *x, size_t n, float limit, float *out)
{
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float low = x[i] > -limit ? x[i] : -limit;
        out[i] = low < limit ? low : limit;
    }
}

/* (K) zeros, then `length` values of `from`. */
static void cut_steps(const float *from, int pad, int length, float *out)
{
    memset(out, 0, (size_t)pad * sizeof *out);
    memcpy(out + pad, from, (size_t)length * sizeof *out);
}

/* (K+1) returns-to-go: zeros, then one for each real step and one for the step after. */
static void cut_returns(const struct trajectory *t, int start, int length, int pad, double scale,
                        float *out)
{
    memset(out, 0, (size_t)pad * sizeof *out);
    for (int k = 0; k <= length; k++) {
        float g = start + k < t->length ? t->return_to_go[start + k] : 0.0f;
        out[pad + k] = (float)((double)g * scale);
    }
}

static void cut_row(const struct replay *r, const struct normalizer *n,
                    const struct batch_rule *rule, struct batch *out, int b)
{
    const struct trajectory *t = &r->item[out->trajectory[b]];
    int K = out->K, start = out->start[b], length = out->length[b], pad = K - length;
    size_t S = (size_t)out->S, A = (size_t)out->A, first = (size_t)b * (size_t)K;
    size_t real = (size_t)length, at = (size_t)start, padding = (size_t)pad;

    cut_states(n, t->state + at * S, pad, length, out->S, out->state + first * S);
    cut_states(n, t->next_state + at * S, pad, length, out->S, out->next_state + first * S);

    /* Actions are clamped so that their atanh is finite. */
    float *action = out->action + first * A;
    memset(action, 0, padding * A * sizeof *action);
    if (rule->action_limit > 0)
        clamp(t->action + at * A, real * A, rule->action_limit, action + padding * A);
    else
        memcpy(action + padding * A, t->action + at * A, real * A * sizeof *action);

    cut_steps(t->reward + at, pad, length, out->reward + first);
    if (out->log_prob != NULL && length > 0)
        cut_steps(t->log_prob + at, pad, length, out->log_prob + first);
    else if (out->log_prob != NULL)
        fill_floats(out->log_prob + first, padding, 0);
    cut_returns(t, start, length, pad, rule->rtg_scale,
                out->return_to_go + (size_t)b * ((size_t)K + 1));

    /* A done of 2 turns 1 - done into -1 on padding: a loss that forgets the mask becomes
     * visible. */
    fill_floats(out->done + first, padding, 2);
    for (size_t k = 0; k < real; k++)
        out->done[first + padding + k] = (float)t->terminal[at + k];
    fill_floats(out->mask + first, padding, 0);
    fill_floats(out->mask + first + padding, real, 1);
    memcpy(out->weight + first, out->mask + first, (size_t)K * sizeof(float));

    /* D40: the last row of a timed-out trajectory would bootstrap from another trajectory. */
    bool reaches_end = length > 0 && start + length == t->length;
    if (rule->skip_missing_next && reaches_end && t->last_next_missing &&
        t->terminal[t->length - 1] == 0)
        out->weight[first + (size_t)K - 1] = 0;
}

enum status batch_cut(const struct replay *r, const struct normalizer *n,
                      const struct batch_rule *rule, struct batch *out)
{
    TRY(check_source(r, out));
    if (n != NULL && n->S != out->S)
        return status_fail(STATUS_SHAPE, "states have %d numbers, the normaliser %d", out->S, n->S);
    /* Check everything first: an error must not leave a parallel loop half done. */
    for (int b = 0; b < out->B; b++) {
        assert(out->trajectory[b] >= 0 && out->trajectory[b] < r->count);
        const struct trajectory *t = &r->item[out->trajectory[b]];
        assert(out->length[b] >= 0 && out->length[b] <= out->K && out->start[b] >= 0 &&
               out->start[b] + out->length[b] <= t->length);
        if (out->log_prob != NULL && t->log_prob == NULL && out->length[b] > 0)
            return status_fail(STATUS_MISSING,
                               "trajectory %d of the replay was stored without log-probabilities; "
                               "roll out with a stochastic policy",
                               out->trajectory[b]);
    }

    size_t floats = (size_t)out->B * (size_t)out->K * (size_t)(2 * out->S + out->A);
    if (floats > PARALLEL_FLOATS) {
#pragma omp parallel for schedule(static)
        for (int b = 0; b < out->B; b++)
            cut_row(r, n, rule, out, b);
    } else { /* with an if clause libgomp would allocate a team of one each time */
        for (int b = 0; b < out->B; b++)
            cut_row(r, n, rule, out, b);
    }

    out->valid = 0;
    out->weight_sum = 0;
    for (int b = 0; b < out->B; b++)
        out->valid += out->length[b];
    for (size_t i = 0; i < (size_t)out->B * (size_t)out->K; i++)
        out->weight_sum += (double)out->weight[i];
    return STATUS_OK;
}

/* --- single transitions --- */

enum status batch_sample_transitions(const struct transitions *t, const struct normalizer *n,
                                     float action_limit, float reward_scale, float reward_shift,
                                     struct rng rng, struct batch *out)
{
    assert(out->K == 1 && out->log_prob == NULL);
    int64_t size = transitions_size(t);
    if (size == 0)
        return status_fail(STATUS_MISSING, "cannot sample: the buffer holds no transition");
    if (t->S != out->S || t->A != out->A || (n != NULL && n->S != out->S))
        return status_fail(STATUS_SHAPE,
                           "the buffer has states of %d and actions of %d numbers, the batch is "
                           "for %d and %d",
                           t->S, t->A, out->S, out->A);
    assert(size <= UINT32_MAX);
    size_t S = (size_t)t->S, A = (size_t)t->A;
    /* Sequential: rows are short, and the draws must follow one order. */
    for (int b = 0; b < out->B; b++) {
        int64_t i = (int64_t)rng_below(&rng, (uint32_t)size);
        struct transition x = transitions_at(t, i);
        size_t row = (size_t)b;
        cut_states(n, x.state, 0, 1, t->S, out->state + row * S);
        cut_states(n, x.next_state, 0, 1, t->S, out->next_state + row * S);
        if (action_limit > 0)
            clamp(x.action, A, action_limit, out->action + row * A);
        else
            memcpy(out->action + row * A, x.action, A * sizeof(float));
        out->reward[row] = x.reward * reward_scale + reward_shift;
        out->done[row] = x.done;
        out->trajectory[b] = -1;
        out->start[b] = (int)i;
        out->length[b] = 1;
    }
    /* A single transition has no padding and no return. */
    fill_floats(out->mask, (size_t)out->B, 1);
    fill_floats(out->weight, (size_t)out->B, 1);
    fill_floats(out->return_to_go, 2 * (size_t)out->B, 0);
    out->valid = out->B;
    out->weight_sum = out->B;
    return STATUS_OK;
}

void batch_gather(const struct batch *b, const float *const values[], float *out)
{
    for (int i = 0; i < b->B; i++)
        cut_steps(values[b->trajectory[i]] + b->start[i], b->K - b->length[i], b->length[i],
                  out + (size_t)i * (size_t)b->K);
}
