#include "engine/nn/lanes.h"

#include "engine/base/memory.h"
#include "engine/base/threads.h"

#include <assert.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CHUNK = 16384 }; /* floats zeroed at once */

static size_t chunks(size_t n)
{
    return (n + CHUNK - 1) / CHUNK;
}

enum status lanes_init(struct lanes *l, size_t gradient, size_t scratch)
{
    *l = (struct lanes){.gradient = gradient};
    l->workers = threads_count() < LANES_MAX ? threads_count() : LANES_MAX;
    enum status status = STATUS_OK;
    for (int i = 0; i < LANES_MAX && gradient > 0; i++) {
        l->dtheta[i] = memory_reserve(gradient * sizeof(float));
        if (l->dtheta[i] == NULL)
            status = STATUS_MEMORY;
    }
    if (status != STATUS_OK) {
        lanes_free(l);
        return status_fail(STATUS_MEMORY,
                           "cannot reserve %d gradient vectors of %.1f MB; use a smaller network",
                           LANES_MAX, (double)gradient * sizeof(float) / 1e6);
    }
    for (int i = 0; i < l->workers && status == STATUS_OK; i++)
        status = arena_init(&l->scratch[i], scratch);
    if (status != STATUS_OK)
        lanes_free(l);
    return status;
}

void lanes_free(struct lanes *l)
{
    for (int i = 0; i < LANES_MAX; i++) {
        free(l->dtheta[i]);
        arena_free(&l->scratch[i]);
    }
    *l = (struct lanes){0};
}

int lanes_split(int count, const int *rows, struct span out[LANES_MAX])
{
    long total = 0;
    for (int i = 0; i < count; i++)
        total += rows != NULL ? rows[i] : 1;
    int lanes = 1; /* a power of two, which two threads share evenly */
    while (2 * lanes <= LANES_MAX && total >= 2L * lanes * LANES_ROWS && 2 * lanes <= count)
        lanes *= 2;

    /* Lane i ends where the running sum is nearest to its share, and leaves an item for each lane
     * behind it. */
    long sum = 0;
    int next = 0;
    for (int i = 0; i < lanes; i++) {
        out[i].first = next;
        long end = total * (i + 1) / lanes;
        while (next < count - (lanes - 1 - i)) {
            long more = rows != NULL ? rows[next] : 1;
            bool must = next == out[i].first || i == lanes - 1;
            if (!must && sum + more - end > end - sum)
                break;
            sum += more;
            next++;
        }
        out[i].count = next - out[i].first;
    }
    return lanes;
}

/* Zero count gradient vectors, chunk by chunk. */
static void zero_gradients(struct lanes *l, int count)
{
    long parts = (long)chunks(l->gradient);
#pragma omp parallel for schedule(static) num_threads(l->workers) collapse(2)
    for (int i = 0; i < count; i++) {
        for (long c = 0; c < parts; c++) {
            size_t from = (size_t)c * CHUNK;
            size_t n = l->gradient - from < CHUNK ? l->gradient - from : CHUNK;
            memset(l->dtheta[i] + from, 0, n * sizeof(float));
        }
    }
}

void lanes_run(struct lanes *l, int count, const struct span spans[], lanes_body *body,
               void *context)
{
    assert(count <= LANES_MAX);
    zero_gradients(l, count);
    if (count == 1) { /* the kernels are parallel */
        body(context, 0, spans[0], l->dtheta[0], &l->scratch[0]);
        arena_release(&l->scratch[0], 0);
        return;
    }
#pragma omp parallel for schedule(dynamic) num_threads(l->workers)
    for (int i = 0; i < count; i++) {
        struct arena *scratch = &l->scratch[omp_get_thread_num()];
        bool tiling = threads_set_tiling(false);
        body(context, i, spans[i], l->dtheta[i], scratch);
        threads_set_tiling(tiling);
        arena_release(scratch, 0);
    }
}
