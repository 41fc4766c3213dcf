#include "engine/data/transitions.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 1024 };

static size_t row_width(const struct transitions *t)
{
    return 2 * (size_t)t->S + (size_t)t->A + 2;
}

/* Number of rows of one trajectory that are used. */
static int usable(const struct trajectory *t, bool skip_timeouts)
{
    bool timed_out = t->terminal[t->length - 1] == 0;
    return t->length - (skip_timeouts && timed_out ? 1 : 0);
}

/* Number of the oldest rows that were dropped. */
static int64_t overflow(const struct transitions *t)
{
    int64_t all = t->first[t->offline_count] + t->added;
    return t->capacity >= 0 && all > t->capacity ? all - t->capacity : 0;
}

enum status transitions_init(struct transitions *t, int S, int A, int64_t capacity,
                             const struct trajectory *offline, int offline_count,
                             bool skip_timeouts)
{
    *t = (struct transitions){
        .S = S, .A = A, .capacity = capacity, .offline = offline, .offline_count = offline_count};
    if (capacity == 0 || capacity < -1)
        return status_fail(STATUS_CONFIG,
                           "a buffer cannot hold %lld transitions; give a positive number, "
                           "or -1 for no limit",
                           (long long)capacity);
    t->first = malloc(((size_t)offline_count + 1) * sizeof *t->first);
    if (t->first == NULL)
        return status_fail(STATUS_MEMORY, "no memory to index %d trajectories", offline_count);
    t->first[0] = 0;
    for (int i = 0; i < offline_count; i++)
        t->first[i + 1] = t->first[i] + usable(&offline[i], skip_timeouts);
    t->dropped = overflow(t);
    return STATUS_OK;
}

void transitions_free(struct transitions *t)
{
    free(t->first);
    free(t->row);
    *t = (struct transitions){0};
}

int64_t transitions_size(const struct transitions *t)
{
    return t->first[t->offline_count] + t->added - t->dropped;
}

/* Make room for `rows` stored rows, or for as many as can ever be in use. It only grows before the
 * first wrap, so row i stays in place. */
static enum status reserve_rows(struct transitions *t, int64_t rows)
{
    if (t->capacity >= 0 && rows > t->capacity)
        rows = t->capacity;
    if (rows <= t->room)
        return STATUS_OK;
    int64_t room = t->room > 0 ? 2 * t->room : FIRST_ROOM;
    if (room < rows)
        room = rows;
    if (t->capacity >= 0 && room > t->capacity)
        room = t->capacity;
    float *larger = realloc(t->row, (size_t)room * row_width(t) * sizeof *larger);
    if (larger == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %lld online transitions", (long long)room);
    t->row = larger;
    t->room = room;
    return STATUS_OK;
}

enum status transitions_add(struct transitions *t, const struct transition *x)
{
    TRY(reserve_rows(t, t->added + 1));
    size_t S = (size_t)t->S, A = (size_t)t->A;
    float *row = t->row + (size_t)(t->added % t->room) * row_width(t);
    float *end = row + row_width(t);

    /* Check before overwriting anything: the slot may hold a transition still in use. */
    const struct {
        const char *name;
        const float *x;
        size_t n;
    } fields[] = {{"state", x->state, S},
                  {"next state", x->next_state, S},
                  {"action", x->action, A},
                  {"reward", &x->reward, 1},
                  {"done flag", &x->done, 1}};
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        for (size_t i = 0; i < fields[k].n; i++) {
            if (!isfinite(fields[k].x[i]))
                return status_fail(STATUS_NONFINITE,
                                   "online transition %lld: the %s holds %g at "
                                   "position %zu",
                                   (long long)t->added, fields[k].name, (double)fields[k].x[i], i);
        }
    }
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        memcpy(row, fields[k].x, fields[k].n * sizeof *row);
        row += fields[k].n;
    }
    assert(row == end);
    (void)end;
    t->added++;
    t->dropped = overflow(t);
    return STATUS_OK;
}

static struct transition offline_at(const struct transitions *t, int64_t i)
{
    int low = 0, high = t->offline_count; /* first[low] <= i < first[high] */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (t->first[middle] <= i)
            low = middle;
        else
            high = middle;
    }
    const struct trajectory *from = &t->offline[low];
    size_t step = (size_t)(i - t->first[low]);
    return (struct transition){.state = from->state + step * (size_t)t->S,
                               .next_state = from->next_state + step * (size_t)t->S,
                               .action = from->action + step * (size_t)t->A,
                               .reward = from->reward[step],
                               .done = (float)from->terminal[step]};
}

struct transition transitions_at(const struct transitions *t, int64_t i)
{
    assert(i >= 0 && i < transitions_size(t));
    int64_t offline_rows = t->first[t->offline_count];
    i += t->dropped;
    if (i < offline_rows)
        return offline_at(t, i);
    const float *row = t->row + (size_t)((i - offline_rows) % t->room) * row_width(t);
    size_t S = (size_t)t->S, A = (size_t)t->A;
    return (struct transition){.state = row,
                               .next_state = row + S,
                               .action = row + 2 * S,
                               .reward = row[2 * S + A],
                               .done = row[2 * S + A + 1]};
}

enum status transitions_visit(struct transitions *t, struct visitor *v)
{
    int64_t added = t->added;
    TRY(visit_count(v, "added", &added, 0));
    if (v->fills) {
        int64_t kept = t->capacity >= 0 && added > t->capacity ? t->capacity : added;
        TRY(visit_expect(v, "row", (size_t)kept * row_width(t)));
        TRY(reserve_rows(t, added));
        t->added = added;
        t->dropped = overflow(t);
    }
    int64_t stored = added < t->room ? added : t->room;
    return visit_floats(v, "row", t->row, (size_t)stored * row_width(t));
}
