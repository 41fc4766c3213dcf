#include "engine/data/replay_impl.h"

#include <assert.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static enum status no_memory(int count)
{
    return status_fail(STATUS_MEMORY, "no memory for a replay of %d trajectories", count);
}

/* --- order by return --- */

struct ranked {
    double total;
    int index;
};

static int by_total(const void *left, const void *right)
{
    const struct ranked *a = left, *b = right;
    if (a->total != b->total)
        return a->total < b->total ? -1 : 1;
    return a->index < b->index ? -1 : 1; /* ties keep their order */
}

/* Indices of list[] by total reward, ascending; for free(). NULL: no memory. */
static struct ranked *rank(const struct trajectory *list, int count)
{
    struct ranked *order = malloc((size_t)(count > 0 ? count : 1) * sizeof *order);
    if (order == NULL)
        return NULL;
    for (int i = 0; i < count; i++)
        order[i] = (struct ranked){.total = list[i].total_reward, .index = i};
    qsort(order, (size_t)count, sizeof *order, by_total);
    return order;
}

enum status replay_drop_worst(struct trajectory *list, int count, int *kept)
{
    if (count < 1)
        return status_fail(STATUS_MISSING, "the dataset holds no trajectory");
    struct ranked *order = rank(list, count);
    struct trajectory *sorted = malloc((size_t)count * sizeof *sorted);
    if (order == NULL || sorted == NULL) {
        free(order);
        free(sorted);
        return no_memory(count);
    }

    int64_t all = 0, steps = 0;
    for (int i = 0; i < count; i++)
        all += list[i].length;
    int worst = count; /* first trajectory kept, in ascending order */
    while (worst > 0 && steps + list[order[worst - 1].index].length < all)
        steps += list[order[--worst].index].length;
    if (worst == count)
        worst = 0; /* keep the only one */

    /* Those kept, ascending, then those dropped. */
    *kept = count - worst;
    for (int i = 0; i < count; i++)
        sorted[i] = list[order[(i + worst) % count].index];
    memcpy(list, sorted, (size_t)count * sizeof *list);
    free(order);
    free(sorted);
    return STATUS_OK;
}

/* --- slots --- */

enum status replay_init(struct replay *r, int S, int A, int capacity)
{
    *r = (struct replay){.S = S, .A = A, .capacity = capacity};
    if (capacity == 0 || capacity < REPLAY_UNBOUNDED)
        return status_fail(STATUS_CONFIG,
                           "a replay cannot hold %d trajectories; give a positive number, "
                           "or -1 for no limit",
                           capacity);
    return STATUS_OK;
}

void replay_free(struct replay *r)
{
    for (int i = 0; i < r->count; i++)
        trajectory_free(&r->item[i]);
    free(r->item);
    free(r->origin);
    free(r->first);
    free(r->weight);
    *r = (struct replay){0};
}

/* Grow an array; returns the old one, with *ok false, when there is no memory. */
static void *resized(void *old, size_t count, size_t width, bool *ok)
{
    void *larger = realloc(old, count * width);
    if (larger == NULL) {
        *ok = false;
        return old;
    }
    return larger;
}

enum status replay_reserve(struct replay *r, int count)
{
    if (count <= r->room)
        return STATUS_OK;
    int64_t room = r->room > 0 ? 2 * (int64_t)r->room : 16;
    if (room < count)
        room = count;
    if (r->capacity != REPLAY_UNBOUNDED && room > r->capacity)
        room = r->capacity;
    size_t n = (size_t)room;
    bool ok = true;
    r->item = resized(r->item, n, sizeof *r->item, &ok);
    r->origin = resized(r->origin, n, sizeof *r->origin, &ok);
    r->first = resized(r->first, n + 1, sizeof *r->first, &ok);
    r->weight = resized(r->weight, n + 1, sizeof *r->weight, &ok);
    if (!ok)
        return no_memory((int)room);
    r->room = (int)room;
    return STATUS_OK;
}

/* Cheap compared with the updates that follow a change. */
void replay_tabulate(struct replay *r)
{
    r->steps = 0;
    if (r->count == 0)
        return;
    double lowest = r->item[0].total_reward;
    for (int i = 1; i < r->count; i++) {
        if (r->item[i].total_reward < lowest)
            lowest = r->item[i].total_reward;
    }
    r->first[0] = 0;
    r->weight[0] = 0;
    for (int i = 0; i < r->count; i++) {
        r->first[i + 1] = r->first[i] + r->item[i].length;
        r->weight[i + 1] = r->weight[i] + (r->item[i].total_reward - lowest) + 1e-6;
    }
    r->steps = r->first[r->count];
}

static struct trajectory view_of(const struct trajectory *t)
{
    struct trajectory view = *t;
    view.storage = NULL;
    return view;
}

enum status replay_fill(struct replay *r, const struct trajectory *list, int count)
{
    assert(r->count == 0 && r->offline == NULL && "filled twice");
    int keep = r->capacity != REPLAY_UNBOUNDED && r->capacity < count ? r->capacity : count;
    struct ranked *order = rank(list, count);
    if (order == NULL)
        return no_memory(count);
    enum status status = replay_reserve(r, keep);
    if (status == STATUS_OK) {
        for (int i = 0; i < keep; i++) {
            int from = order[count - keep + i].index;
            r->item[i] = view_of(&list[from]);
            r->origin[i] = from;
        }
        r->count = keep;
        r->offline = list;
        r->offline_count = count;
        replay_tabulate(r);
    }
    free(order);
    return status;
}

enum status replay_add(struct replay *r, struct trajectory *t)
{
    assert(t->length >= 1);
    bool full = r->count == r->capacity;
    if (!full)
        TRY(replay_reserve(r, r->count + 1));
    int slot = full ? r->cursor : r->count;
    if (full) {
        trajectory_free(&r->item[slot]);
        r->cursor = (r->cursor + 1) % r->capacity;
    } else {
        r->count++;
    }
    r->item[slot] = *t;
    r->origin[slot] = -1;
    *t = (struct trajectory){0};
    replay_tabulate(r);
    return STATUS_OK;
}

void replay_prune(struct replay *r, int64_t steps)
{
    assert(r->capacity == REPLAY_UNBOUNDED && "slots of a bounded replay are not in order of age");
    int oldest = r->count;
    for (int64_t kept = 0; oldest > 0 && kept < steps;)
        kept += r->item[--oldest].length;
    for (int i = 0; i < oldest; i++)
        trajectory_free(&r->item[i]);
    r->count -= oldest;
    if (r->count > 0 && oldest > 0) {
        memmove(r->item, r->item + oldest, (size_t)r->count * sizeof *r->item);
        memmove(r->origin, r->origin + oldest, (size_t)r->count * sizeof *r->origin);
    }
    replay_tabulate(r);
}

void replay_clear(struct replay *r)
{
    for (int i = 0; i < r->count; i++)
        trajectory_free(&r->item[i]);
    r->count = 0;
    r->cursor = 0;
    replay_tabulate(r);
}

int replay_find_step(const struct replay *r, int64_t x)
{
    assert(x >= 0 && x < r->steps);
    int low = 0, high = r->count; /* first[low] <= x < first[high] */
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (r->first[middle] <= x)
            low = middle;
        else
            high = middle;
    }
    return low;
}

int replay_find_weight(const struct replay *r, double x)
{
    assert(r->count > 0 && x >= 0 && x < 1);
    double target = x * r->weight[r->count];
    int low = 0, high = r->count;
    while (high - low > 1) {
        int middle = low + (high - low) / 2;
        if (r->weight[middle] <= target)
            low = middle;
        else
            high = middle;
    }
    return low;
}
