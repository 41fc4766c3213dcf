/* Saving and restoring a replay: offline trajectories as indices into the dataset, rollouts field
 * by field, each field of all rollouts end to end in one array. */
#include "engine/data/replay_impl.h"

#include <stdlib.h>
#include <string.h>

enum { HAS_LOG_PROB = 1, NEXT_MISSING = 2 };

/* All rollouts of a replay, flat. */
struct flat {
    int64_t count, steps;
    int32_t *length;    /* (count) */
    uint8_t *flags;     /* (count) HAS_LOG_PROB | NEXT_MISSING */
    double *raw_return; /* (count) */
    float *state, *next_state, *action, *reward, *log_prob; /* (steps, ...) */
    uint8_t *terminal;                                      /* (steps) */
};

static void flat_free(struct flat *f)
{
    free(f->length);
    free(f->flags);
    free(f->raw_return);
    free(f->state);
    free(f->next_state);
    free(f->action);
    free(f->reward);
    free(f->log_prob);
    free(f->terminal);
}

static void *allocate_array(size_t count, size_t width, bool *ok)
{
    void *array = calloc(count > 0 ? count : 1, width);
    *ok = *ok && array != NULL;
    return array;
}

static enum status taken(const struct flat *f, bool ok)
{
    if (!ok)
        return status_fail(STATUS_MEMORY, "no memory to save or restore %lld rollouts",
                           (long long)f->count);
    return STATUS_OK;
}

static enum status flat_take_counts(struct flat *f)
{
    size_t n = (size_t)f->count;
    bool ok = true;
    f->length = allocate_array(n, sizeof *f->length, &ok);
    f->flags = allocate_array(n, sizeof *f->flags, &ok);
    f->raw_return = allocate_array(n, sizeof *f->raw_return, &ok);
    return taken(f, ok);
}

static enum status flat_take_steps(struct flat *f, size_t S, size_t A)
{
    size_t n = (size_t)f->steps;
    bool ok = true;
    f->state = allocate_array(n * S, sizeof(float), &ok);
    f->next_state = allocate_array(n * S, sizeof(float), &ok);
    f->action = allocate_array(n * A, sizeof(float), &ok);
    f->reward = allocate_array(n, sizeof(float), &ok);
    f->log_prob = allocate_array(n, sizeof(float), &ok);
    f->terminal = allocate_array(n, sizeof *f->terminal, &ok);
    return taken(f, ok);
}

static enum status visit_counts(struct flat *f, struct visitor *v)
{
    TRY(visit_int32s(v, "length", f->length, (size_t)f->count));
    TRY(visit_bytes(v, "flags", f->flags, (size_t)f->count));
    return visit_doubles(v, "raw_return", f->raw_return, (size_t)f->count);
}

static enum status visit_steps(struct flat *f, size_t S, size_t A, struct visitor *v)
{
    size_t n = (size_t)f->steps;
    TRY(visit_floats(v, "state", f->state, n * S));
    TRY(visit_floats(v, "next_state", f->next_state, n * S));
    TRY(visit_floats(v, "action", f->action, n * A));
    TRY(visit_floats(v, "reward", f->reward, n));
    TRY(visit_floats(v, "log_prob", f->log_prob, n));
    return visit_bytes(v, "terminal", f->terminal, n);
}

/* --- saving --- */

static void copy_rollouts(const struct replay *r, struct flat *f)
{
    size_t S = (size_t)r->S, A = (size_t)r->A, at = 0, k = 0;
    for (int i = 0; i < r->count; i++) {
        const struct trajectory *t = &r->item[i];
        if (r->origin[i] >= 0)
            continue;
        size_t L = (size_t)t->length;
        f->length[k] = t->length;
        f->flags[k] = (uint8_t)((t->log_prob != NULL ? HAS_LOG_PROB : 0) |
                                (t->last_next_missing ? NEXT_MISSING : 0));
        f->raw_return[k++] = t->raw_return;
        memcpy(f->state + at * S, t->state, L * S * sizeof(float));
        memcpy(f->next_state + at * S, t->next_state, L * S * sizeof(float));
        memcpy(f->action + at * A, t->action, L * A * sizeof(float));
        memcpy(f->reward + at, t->reward, L * sizeof(float));
        memcpy(f->terminal + at, t->terminal, L);
        if (t->log_prob != NULL)
            memcpy(f->log_prob + at, t->log_prob, L * sizeof(float));
        at += L;
    }
}

static enum status save(struct replay *r, struct visitor *v, struct flat *f)
{
    int64_t count = r->count;
    for (int i = 0; i < r->count; i++) {
        if (r->origin[i] < 0) {
            f->count++;
            f->steps += r->item[i].length;
        }
    }
    size_t S = (size_t)r->S, A = (size_t)r->A;
    TRY(flat_take_counts(f));
    TRY(flat_take_steps(f, S, A));
    copy_rollouts(r, f);
    TRY(visit_int64s(v, "count", &count, 1));
    TRY(visit_int32s(v, "cursor", &r->cursor, 1));
    TRY(visit_int32s(v, "origin", r->origin, (size_t)r->count));
    TRY(visit_counts(f, v));
    return visit_steps(f, S, A, v);
}

/* --- restoring --- */

/* Check every number that the rest relies on. */
static enum status check_slots(const struct replay *to, const struct replay *r, int64_t count,
                               struct flat *f)
{
    for (int64_t i = 0; i < count; i++) {
        if (r->origin[i] < -1 || r->origin[i] >= to->offline_count)
            return status_fail(STATUS_FORMAT,
                               "replay slot %lld refers to offline trajectory %d of %d; the "
                               "checkpoint belongs to another dataset",
                               (long long)i, r->origin[i], to->offline_count);
        f->count += r->origin[i] < 0;
    }
    bool full = count == to->capacity;
    if (r->cursor < 0 || (r->cursor > 0 && (!full || r->cursor >= count)))
        return status_fail(STATUS_FORMAT, "the replay's cursor is %d with %lld trajectories of %d",
                           r->cursor, (long long)count, to->capacity);
    return STATUS_OK;
}

static enum status check_lengths(struct flat *f)
{
    for (int64_t i = 0; i < f->count; i++) {
        if (f->length[i] < 1)
            return status_fail(STATUS_FORMAT, "rollout %lld in the replay has %d steps",
                               (long long)i, f->length[i]);
        f->steps += f->length[i];
    }
    if (f->steps > INT32_MAX)
        return status_fail(STATUS_FORMAT, "the replay claims %lld rollout steps",
                           (long long)f->steps);
    return STATUS_OK;
}

/* Assemble the slots: views of the dataset, and rollouts that own copies. */
static enum status assemble(const struct replay *to, const struct flat *f, int count,
                            struct replay *r)
{
    size_t S = (size_t)r->S, A = (size_t)r->A, at = 0, k = 0;
    for (int i = 0; i < count; i++) {
        if (r->origin[i] >= 0) {
            r->item[i] = to->offline[r->origin[i]];
            r->item[i].storage = NULL;
        } else {
            bool has = (f->flags[k] & HAS_LOG_PROB) != 0;
            TRY(trajectory_new(f->length[k], r->S, r->A, f->state + at * S, f->next_state + at * S,
                               f->action + at * A, f->reward + at, f->terminal + at,
                               has ? f->log_prob + at : NULL, f->raw_return[k], &r->item[i]));
            r->item[i].last_next_missing = (f->flags[k] & NEXT_MISSING) != 0;
            at += (size_t)f->length[k++];
        }
        r->count = i + 1;
    }
    return STATUS_OK;
}

/* Read into `r`, an empty replay like `to`, which stays unchanged. */
static enum status restore(const struct replay *to, struct visitor *v, struct flat *f,
                           struct replay *r)
{
    int64_t count = 0;
    TRY(visit_int64s(v, "count", &count, 1));
    int64_t most = to->capacity == REPLAY_UNBOUNDED ? INT32_MAX / 2 : to->capacity;
    if (count < 0 || count > most)
        return status_fail(STATUS_FORMAT, "the replay holds %lld trajectories, at most %lld fit",
                           (long long)count, (long long)most);
    TRY(visit_expect(v, "origin", (size_t)count));
    TRY(replay_reserve(r, (int)count));
    TRY(visit_int32s(v, "cursor", &r->cursor, 1));
    TRY(visit_int32s(v, "origin", r->origin, (size_t)count));
    TRY(check_slots(to, r, count, f));
    TRY(flat_take_counts(f));
    TRY(visit_counts(f, v));
    TRY(check_lengths(f));
    TRY(visit_expect(v, "reward", (size_t)f->steps));
    TRY(flat_take_steps(f, (size_t)r->S, (size_t)r->A));
    TRY(visit_steps(f, (size_t)r->S, (size_t)r->A, v));
    TRY(assemble(to, f, (int)count, r));
    replay_tabulate(r);
    return STATUS_OK;
}

enum status replay_visit(struct replay *r, struct visitor *v)
{
    struct flat flat = {0};
    enum status status;
    if (!v->fills) {
        status = save(r, v, &flat);
    } else {
        struct replay fresh = {.S = r->S, .A = r->A, .capacity = r->capacity};
        status = restore(r, v, &flat, &fresh);
        if (status == STATUS_OK) {
            fresh.offline = r->offline;
            fresh.offline_count = r->offline_count;
            replay_free(r);
            *r = fresh;
        } else {
            replay_free(&fresh);
        }
    }
    flat_free(&flat);
    return status;
}
