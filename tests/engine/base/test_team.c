#include "engine/base/team.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { TASKS = 67, ROUNDS = 200 };

/* Every leader shares ROUNDS sections, each of which adds to what the last one left. */
struct job {
    int size;
    int value[TEAM_LEADERS][TASKS];
    atomic_int wrong;
};

struct section {
    struct job *job;
    int lead, round;
};

static void task(void *context, int task, struct arena *scratch)
{
    struct section *s = context;
    struct job *job = s->job;
    size_t mark = arena_mark(scratch);
    int *mine = arena_take_bytes(scratch, 256 * sizeof *mine);
    for (int i = 0; i < 256; i++)
        mine[i] = task;
    if (job->value[s->lead][task] != s->round || team_size() != 1)
        job->wrong++;
    for (int i = 0; i < 256; i++)
        job->wrong += mine[i] != task;
    job->value[s->lead][task]++;
    arena_release(scratch, mark);
}

static void lead(void *context, int lead, struct arena *scratch)
{
    struct job *job = context;
    if (team_size() != job->size)
        job->wrong++;
    for (int round = 0; round < ROUNDS; round++) {
        struct section s = {job, lead, round};
        team_share(TASKS, task, &s, scratch);
        for (int i = 0; i < TASKS; i++)
            job->wrong += job->value[lead][i] != round + 1;
    }
}

Test(team, does_every_task_once_before_it_goes_on)
{
    static const int threads[] = {1, 2, 3, 4, 5, 8, 16, 32};
    for (size_t t = 0; t < sizeof threads / sizeof *threads; t++) {
        struct arena scratch[TEAM_MOST];
        for (int i = 0; i < threads[t]; i++)
            cr_assert_eq(arena_init(&scratch[i], 4096), STATUS_OK);
        for (int leads = 1; leads <= TEAM_LEADERS; leads++) {
            struct job job = {.size = (threads[t] + leads - 1) / leads};
            team_run(threads[t], leads, scratch, lead, &job);
            cr_assert_eq(job.wrong, 0, "%d threads, %d leaders: %d wrong", threads[t], leads,
                         job.wrong);
            for (int i = 0; i < TEAM_LEADERS; i++)
                cr_assert_eq(job.value[i][TASKS - 1], i < leads ? ROUNDS : 0);
        }
        for (int i = 0; i < threads[t]; i++)
            arena_free(&scratch[i]);
    }
    cr_assert_eq(team_size(), 1);
}

Test(team, ranges_are_a_partition_at_whole_units)
{
    for (int n = 1; n < 400; n += 7) {
        for (int unit = 1; unit <= 48; unit += 47) {
            int most = n / unit > 0 ? n / unit : 1;
            for (int parts = 1; parts <= most && parts <= 32; parts++) {
                int next = 0;
                for (int p = 0; p < parts; p++) {
                    struct team_range r = team_range(n, unit, parts, p);
                    cr_assert_eq(r.first, next);
                    cr_assert(r.first % unit == 0 && (r.count >= unit || parts == 1));
                    next += r.count;
                }
                cr_assert_eq(next, n, "%d in %d parts", n, parts);
            }
        }
    }
}

static void ask(void *context, int lead, struct arena *scratch)
{
    (void)lead, (void)scratch;
    int *parts = context;
    parts[0] = team_parts(0.5, 1);
    parts[1] = team_parts(2.9, 1);
    parts[2] = team_parts(1e9, 1);
}

Test(team, little_work_is_not_cut)
{
    struct arena scratch[TEAM_MOST] = {{0}};
    int parts[3];
    team_run(8, 1, scratch, ask, parts);
    cr_assert(parts[0] == 1 && parts[1] == 2 && parts[2] == 8);
    team_run(1, 1, scratch, ask, parts);
    cr_assert(parts[0] == 1 && parts[1] == 1 && parts[2] == 1);
}

/* The count runs what would be run, on one thread. */
Test(team, counts_sections_on_one_thread)
{
    struct arena scratch[TEAM_MOST];
    cr_assert_eq(arena_init(&scratch[0], 4096), STATUS_OK);
    struct team_count c = {.threads = 8};
    struct job job = {.size = 4};
    team_count(&c);
    team_run(1, 2, scratch, lead, &job);
    team_count(NULL);
    cr_assert_eq(job.wrong, 0);
    cr_assert_eq(c.sections, ROUNDS, "of one leader");
    cr_assert(c.predicted > 0 && c.predicted <= c.alone && c.shared <= c.alone);
    arena_free(&scratch[0]);
}
