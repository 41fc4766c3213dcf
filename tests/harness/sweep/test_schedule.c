#include "harness/sweep/schedule.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct schedule s;

static void set_up(int jobs, int cores, size_t memory)
{
    cr_assert_eq(schedule_init(jobs, cores, memory, &s), STATUS_OK);
}

static void tear_down(void)
{
    schedule_free(&s);
}

TestSuite(schedule, .fini = tear_down);

static void expect_next(int job, int threads)
{
    int got_threads, got = schedule_next(&s, &got_threads);
    cr_assert_eq(got, job, "next is %d, not %d", got, job);
    if (job >= 0)
        cr_assert_eq(got_threads, threads, "%d threads, not %d", got_threads, threads);
}

static void start_next(void)
{
    int threads, job = schedule_next(&s, &threads);
    cr_assert_geq(job, 0);
    schedule_start(&s, job, threads);
}

Test(schedule, first_seeds_come_first_then_what_is_cheap_then_the_number)
{
    static const double left[] = {50, 1, 9, 50, 1, 9};
    set_up(6, 2, 0); /* three kinds, two seeds each */
    for (int i = 0; i < 6; i++) {
        s.job[i].round = i / 3;
        s.job[i].left = left[i];
    }
    s.job[5].left = 1; /* as cheap as 4 */
    schedule_sort(&s);
    static const int expected[] = {1, 2, 0, 4, 5, 3};
    for (int i = 0; i < 6; i++)
        cr_assert_eq(s.order[i], expected[i], "place %d holds %d", i, s.order[i]);
}

Test(schedule, as_many_runs_as_cores_with_one_thread_each)
{
    set_up(5, 4, 1000);
    for (int i = 0; i < 4; i++) {
        expect_next(i, 1);
        start_next();
    }
    expect_next(-1, 0);
    schedule_end(&s, 2, SCHEDULE_OVER);
    expect_next(4, 1);
}

Test(schedule, fewer_cells_share_the_cores)
{
    set_up(3, 8, 1000);
    expect_next(0, 2);
    start_next();
    expect_next(1, 3);
    start_next();
    expect_next(2, 3);
    start_next();
    cr_assert_eq(s.cores_used, 8);
}

Test(schedule, memory_holds_back_what_does_not_fit_but_not_what_is_behind_it)
{
    set_up(3, 4, 100);
    s.job[0].memory = 60;
    s.job[1].memory = 50;
    s.job[2].memory = 40;
    expect_next(0, 2); /* 0 and 2 fit together and share four cores */
    start_next();
    expect_next(2, 2);
    start_next();
    cr_assert_eq(s.memory_used, 100);
    expect_next(-1, 0);
    schedule_end(&s, 0, SCHEDULE_OVER);
    expect_next(1, 2);
}

Test(schedule, cell_larger_than_all_memory_runs_alone)
{
    set_up(2, 2, 100);
    s.job[0].memory = 500;
    s.job[1].memory = 10;
    expect_next(0, 2);
    start_next();
    expect_next(-1, 0);
    schedule_end(&s, 0, SCHEDULE_OVER);
    expect_next(1, 2);
}

Test(schedule, blocked_and_foreign_cells_do_not_start)
{
    set_up(3, 1, 100);
    schedule_found(&s, 0, SCHEDULE_BLOCKED);
    schedule_found(&s, 1, SCHEDULE_ELSEWHERE);
    expect_next(2, 1);
    start_next();
    schedule_end(&s, 2, SCHEDULE_OVER);
    expect_next(-1, 0);
    cr_assert_not(schedule_is_over(&s), "one runs elsewhere");
    schedule_found(&s, 1, SCHEDULE_READY); /* its scheduler has died */
    expect_next(1, 1);
    schedule_found(&s, 1, SCHEDULE_OVER);
    cr_assert(schedule_is_over(&s), "what is blocked cannot be waited for");
    schedule_found(&s, 0, SCHEDULE_READY); /* its dataset has come */
    expect_next(0, 1);
}

Test(schedule, what_is_over_stays_over)
{
    set_up(1, 1, 100);
    start_next();
    schedule_end(&s, 0, SCHEDULE_FAILED);
    schedule_found(&s, 0, SCHEDULE_READY);
    cr_assert_eq(s.job[0].state, SCHEDULE_FAILED);
    expect_next(-1, 0);
    cr_assert(schedule_is_over(&s));
}

Test(schedule, killed_cell_is_tried_again_but_not_for_ever)
{
    set_up(1, 1, 100);
    for (int i = 0; i < SCHEDULE_RETRIES; i++) {
        start_next();
        cr_assert_eq(schedule_died(&s, 0), SCHEDULE_READY);
        cr_assert_eq(s.cores_used, 0);
    }
    start_next();
    cr_assert_eq(schedule_died(&s, 0), SCHEDULE_FAILED);
    cr_assert(schedule_is_over(&s));
}

Test(schedule, making_a_dataset_takes_a_core)
{
    set_up(2, 2, 100);
    schedule_take_core(&s);
    start_next();
    expect_next(-1, 0);
    schedule_return_core(&s);
    expect_next(1, 1);
}

Test(schedule, wall_time_is_that_of_a_list_schedule)
{
    set_up(4, 2, 100);
    static const double left[] = {3, 1, 1, 4};
    for (int i = 0; i < 4; i++)
        s.job[i].left = left[i];
    schedule_sort(&s); /* 1 1 3 4 */
    cr_assert_float_eq(schedule_wall(&s), 5, 1e-12);
    schedule_found(&s, 3, SCHEDULE_OVER);
    cr_assert_float_eq(schedule_wall(&s), 4, 1e-12);
    schedule_found(&s, 0, SCHEDULE_OVER);
    schedule_found(&s, 1, SCHEDULE_OVER);
    cr_assert_float_eq(schedule_wall(&s), 0.5, 1e-12, "one cell has both cores");
}

/* Whatever happens, books are kept: states add up, threads and memory are those of what runs. */
Test(schedule, invariants_hold_in_any_course_of_events)
{
    unsigned random = 12345;
    for (int round = 0; round < 200; round++) {
        set_up(12, 1 + round % 5, 100);
        for (int i = 0; i < s.jobs; i++) {
            s.job[i].memory = (size_t)(10 + 13 * i);
            s.job[i].round = i % 3;
        }
        schedule_sort(&s);
        for (int step = 0; step < 80; step++) {
            random = random * 1664525u + 1013904223u;
            int job = (int)(random >> 16) % s.jobs, what = (int)(random >> 8) % 5, threads;
            if (what < 2 && schedule_next(&s, &threads) >= 0)
                schedule_start(&s, schedule_next(&s, &threads), threads);
            else if (s.job[job].state == SCHEDULE_HERE && what == 2)
                schedule_died(&s, job);
            else if (s.job[job].state == SCHEDULE_HERE)
                schedule_end(&s, job, what == 3 ? SCHEDULE_OVER : SCHEDULE_ELSEWHERE);
            else
                schedule_found(&s, job, what == 4 ? SCHEDULE_ELSEWHERE : SCHEDULE_READY);
            int here = 0, cores = 0, sum = 0;
            size_t memory = 0;
            for (int i = 0; i < s.jobs; i++) {
                if (s.job[i].state != SCHEDULE_HERE)
                    continue;
                here++;
                cores += s.job[i].threads;
                memory += s.job[i].memory;
            }
            for (int i = 0; i < SCHEDULE_STATES; i++)
                sum += s.count[i];
            cr_assert_eq(sum, s.jobs);
            cr_assert_eq(here, s.count[SCHEDULE_HERE]);
            cr_assert_eq(cores, s.cores_used);
            cr_assert_leq(cores, s.cores);
            cr_assert_eq(memory, s.memory_used);
            cr_assert(memory <= s.memory || here == 1, "%zu bytes, %d runs", memory, here);
        }
        schedule_free(&s);
    }
}
