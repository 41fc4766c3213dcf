/* Stopwatches of a run: where its time goes, by iteration for the curve, by phase for the progress
 * line. */
#include "harness/run/run_impl.h"

#include "engine/base/threads.h"

#include <string.h>

static double processor_seconds(void)
{
    struct timespec used;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (double)used.tv_sec + 1e-9 * (double)used.tv_nsec;
}

void run_start_clocks(struct run *r)
{
    clock_gettime(CLOCK_MONOTONIC, &r->started);
    r->since = r->last_checkpoint = r->last_report = r->started;
    r->processor_started = processor_seconds();
}

double run_processor_share(const struct run *r)
{
    double wall = progress_since(&r->started) * threads_count();
    return wall > 0 ? (processor_seconds() - r->processor_started) / wall : 1;
}

void run_switch(struct run *r, enum run_timer to)
{
    double passed = progress_since(&r->since);
    r->timer[r->running] += passed;
    r->running = to;
    clock_gettime(CLOCK_MONOTONIC, &r->since);
}

void run_begin_phase(struct run *r)
{
    clock_gettime(CLOCK_MONOTONIC, &r->phase_started);
    r->phase_first = r->online ? r->transitions_done : r->pretrained;
    memset(r->phase_timer, 0, sizeof r->phase_timer);
    r->iterations_here = 0;
}

/* The first six timers are the last six columns, in their order. */
void run_take_timers(struct run *r, double column[CURVE_METRIC_COUNT])
{
    _Static_assert((int)TIMER_OTHER == (int)CURVE_METRIC_COUNT - (int)CURVE_seconds_rollout,
                   "a timer for each column of seconds");
    for (int i = 0; i < TIMERS; i++) {
        if (i != TIMER_OTHER)
            column[CURVE_seconds_rollout + i] = r->timer[i];
        r->phase_timer[i] += r->timer[i];
        r->timer[i] = 0;
    }
}
