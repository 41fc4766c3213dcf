#include "engine/data/trajectory.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

void trajectory_return_to_go(const float *reward, int length, float *return_to_go)
{
    float sum = 0;
    for (int i = length - 1; i >= 0; i--) {
        sum = reward[i] + sum;
        return_to_go[i] = sum;
    }
}

/* Copy n floats to *at and advance it. */
static float *place(float **at, const float *from, size_t n)
{
    float *here = *at;
    memcpy(here, from, n * sizeof *here);
    *at += n;
    return here;
}

static enum status check_finite(const float *x, size_t n, const char *field, int width)
{
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(x[i]))
            return status_fail(STATUS_NONFINITE, "a trajectory's %s is %g at step %zu", field,
                               (double)x[i], i / (size_t)width);
    }
    return STATUS_OK;
}

enum status trajectory_new(int length, int S, int A, const float *state, const float *next_state,
                           const float *action, const float *reward, const uint8_t *terminal,
                           const float *log_prob, double raw_return, struct trajectory *out)
{
    assert(length >= 1 && S >= 1 && A >= 1);
    size_t L = (size_t)length, states = L * (size_t)S, actions = L * (size_t)A;
    TRY(check_finite(state, states, "state", S));
    TRY(check_finite(next_state, states, "next state", S));
    TRY(check_finite(action, actions, "action", A));
    TRY(check_finite(reward, L, "reward", 1));

    size_t floats = 2 * states + actions + 2 * L + (log_prob != NULL ? L : 0);
    float *storage = malloc(floats * sizeof *storage + L);
    if (storage == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a trajectory of %d steps", length);

    float *at = storage;
    *out = (struct trajectory){.length = length, .raw_return = raw_return, .storage = storage};
    out->state = place(&at, state, states);
    out->next_state = place(&at, next_state, states);
    out->action = place(&at, action, actions);
    out->reward = place(&at, reward, L);
    if (log_prob != NULL)
        out->log_prob = place(&at, log_prob, L);
    out->return_to_go = at;
    trajectory_return_to_go(reward, length, at);
    out->terminal = memcpy(at + L, terminal, L);
    for (int i = 0; i < length; i++)
        out->total_reward += (double)reward[i];
    return STATUS_OK;
}

void trajectory_free(struct trajectory *t)
{
    free(t->storage);
    *t = (struct trajectory){0};
}
