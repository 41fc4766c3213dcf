#include "harness/sweep/schedule.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

static void change(struct schedule *s, int job, enum schedule_state to)
{
    s->count[s->job[job].state]--;
    s->count[to]++;
    s->job[job].state = to;
}

enum status schedule_init(int jobs, int cores, size_t memory, struct schedule *out)
{
    *out = (struct schedule){.jobs = jobs, .cores = cores > 0 ? cores : 1, .memory = memory};
    out->job = calloc((size_t)jobs, sizeof *out->job);
    out->order = calloc((size_t)jobs, sizeof *out->order);
    if (out->job == NULL || out->order == NULL) {
        schedule_free(out);
        return status_fail(STATUS_MEMORY, "no memory for %d cells", jobs);
    }
    for (int i = 0; i < jobs; i++)
        out->order[i] = i;
    out->count[SCHEDULE_READY] = jobs;
    return STATUS_OK;
}

void schedule_free(struct schedule *s)
{
    free(s->job);
    free(s->order);
    *s = (struct schedule){.jobs = 0};
}

static int compare(const void *a, const void *b, void *context)
{
    const struct schedule_job *job = context;
    int i = *(const int *)a, k = *(const int *)b;
    if (job[i].round != job[k].round)
        return job[i].round - job[k].round;
    if (job[i].left != job[k].left)
        return job[i].left < job[k].left ? -1 : 1;
    return i - k;
}

void schedule_sort(struct schedule *s)
{
    qsort_r(s->order, (size_t)s->jobs, sizeof *s->order, compare, s->job);
}

/* Does it fit beside what runs here? One alone always does. */
static int fits(const struct schedule *s, int job, size_t used, int running)
{
    return running == 0 || used + s->job[job].memory <= s->memory;
}

int schedule_next(const struct schedule *s, int *threads)
{
    int free_cores = s->cores - s->cores_used, running = s->count[SCHEDULE_HERE];
    int first = -1, starting = 0;
    size_t used = s->memory_used;
    *threads = 0;
    if (free_cores <= 0)
        return -1;
    /* How many would start now? They share the free cores. */
    for (int i = 0; i < s->jobs && starting < free_cores; i++) {
        int job = s->order[i];
        if (s->job[job].state != SCHEDULE_READY || !fits(s, job, used, running + starting))
            continue;
        first = first < 0 ? job : first;
        used += s->job[job].memory;
        starting++;
    }
    if (first >= 0)
        *threads = free_cores / starting;
    return first;
}

void schedule_start(struct schedule *s, int job, int threads)
{
    assert(s->job[job].state == SCHEDULE_READY);
    change(s, job, SCHEDULE_HERE);
    s->job[job].threads = threads;
    s->cores_used += threads;
    s->memory_used += s->job[job].memory;
}

void schedule_end(struct schedule *s, int job, enum schedule_state state)
{
    assert(s->job[job].state == SCHEDULE_HERE);
    change(s, job, state);
    s->cores_used -= s->job[job].threads;
    s->memory_used -= s->job[job].memory;
    s->job[job].threads = 0;
}

enum schedule_state schedule_died(struct schedule *s, int job)
{
    enum schedule_state state = ++s->job[job].deaths > SCHEDULE_RETRIES ? SCHEDULE_FAILED
                                                                        : SCHEDULE_READY;
    schedule_end(s, job, state);
    return state;
}

void schedule_found(struct schedule *s, int job, enum schedule_state state)
{
    enum schedule_state now = s->job[job].state;
    assert(now != SCHEDULE_HERE && state != SCHEDULE_HERE);
    if (now != SCHEDULE_OVER && now != SCHEDULE_FAILED)
        change(s, job, state);
}

void schedule_take_core(struct schedule *s)
{
    s->cores_used++;
}

void schedule_return_core(struct schedule *s)
{
    s->cores_used--;
}

int schedule_is_over(const struct schedule *s)
{
    return s->count[SCHEDULE_READY] + s->count[SCHEDULE_HERE] + s->count[SCHEDULE_ELSEWHERE] == 0;
}

/* The core that is free first takes the next job. */
double schedule_wall(const struct schedule *s)
{
    double *busy_until = calloc((size_t)s->cores, sizeof *busy_until), end = 0, sum = 0;
    int jobs = 0;
    for (int i = 0; i < s->jobs; i++) {
        const struct schedule_job *job = &s->job[s->order[i]];
        if (job->state == SCHEDULE_OVER || job->state == SCHEDULE_FAILED)
            continue;
        sum += job->left;
        jobs++;
        int core = 0;
        for (int k = 1; k < s->cores && busy_until != NULL; k++)
            core = busy_until[k] < busy_until[core] ? k : core;
        if (busy_until != NULL) {
            busy_until[core] += job->left;
            end = fmax(end, busy_until[core]);
        }
    }
    if (busy_until == NULL)
        return sum / s->cores;
    free(busy_until);
    int threads = jobs > 0 && jobs < s->cores ? s->cores / jobs : 1; /* invariant 3 */
    return end / threads;
}
