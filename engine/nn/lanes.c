#include "engine/nn/lanes.h"

#include "engine/base/memory.h"
#include "engine/base/threads.h"
#include "engine/nn/matmul.h"

#include <assert.h>
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
    l->workers = threads_count() < TEAM_MOST ? threads_count() : TEAM_MOST;
    if (l->workers > 1)
        matmul_try_cuts();
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
    for (int i = 0; i < LANES_MAX; i++)
        free(l->dtheta[i]);
    for (int i = 0; i < TEAM_MOST; i++)
        arena_free(&l->scratch[i]);
    *l = (struct lanes){0};
}

size_t lanes_memory(const struct lanes *l)
{
    size_t bytes = l->gradient * LANES_MAX * sizeof(float);
    for (int i = 0; i < l->workers && i < LANES_MAX; i++)
        bytes += l->scratch[i].size;
    return bytes;
}

int lanes_split(int count, const int *rows, struct span out[LANES_MAX])
{
    long total = 0;
    for (int i = 0; i < count; i++)
        total += rows != NULL ? rows[i] : 1;
    int lanes = 1; /* a power of two, so that two threads share evenly */
    while (2 * lanes <= LANES_MAX && total >= 2L * lanes * LANES_ROWS && 2 * lanes <= count)
        lanes *= 2;

    /* Lane i ends where the running sum is nearest to its share, and leaves at least one item for
     * each later lane. */
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

/* Zero one chunk of a gradient vector. */
static void zero_chunk(struct lanes *l, int lane, long chunk)
{
    size_t from = (size_t)chunk * CHUNK;
    size_t n = l->gradient - from < CHUNK ? l->gradient - from : CHUNK;
    memset(l->dtheta[lane] + from, 0, n * sizeof(float));
}

struct lanes_job {
    struct lanes *l;
    const struct span *spans;
    lanes_body *body;
    void *context;
    bool tiling;
};

static void run_lane(void *context, int lane, struct arena *scratch)
{
    const struct lanes_job *job = context;
    bool tiling = threads_set_tiling(job->tiling);
    job->body(job->context, lane, job->spans[lane], job->l->dtheta[lane], scratch);
    arena_release(scratch, 0);
    threads_set_tiling(tiling);
}

/* One thread needs no region, which would call malloc. */
static void zero_gradients(struct lanes *l, int count)
{
    long parts = (long)chunks(l->gradient);
    for (int i = 0; i < count && l->workers == 1 && l->gradient > 0; i++)
        memset(l->dtheta[i], 0, l->gradient * sizeof(float));
    if (l->workers == 1)
        return;
#pragma omp parallel for schedule(static) num_threads(l->workers) collapse(2)
    for (int i = 0; i < count; i++) {
        for (long c = 0; c < parts; c++)
            zero_chunk(l, i, c);
    }
}

void lanes_run(struct lanes *l, int count, const struct span spans[], lanes_body *body,
               void *context)
{
    assert(count >= 1 && count <= LANES_MAX);
    struct lanes_job job = {l, spans, body, context, count == 1};
    zero_gradients(l, count);
    team_run(l->workers, count, l->scratch, run_lane, &job);
}
