/* Which cell to start next, and with how many threads: decisions only, no process and no file.
 *
 *      BLOCKED --data, guide are there--> READY --start--> HERE --ends--> OVER | FAILED
 *                                  |  ^             |
 *              found locked        v  |             `--killed, left--> READY, at most RETRIES times
 *                               ELSEWHERE --ends--> OVER | FAILED
 *
 * Invariants
 *   1. Order: the first seed of every kind of cell before the second of any, then cheap before
 * dear, then as numbered: whenever one stops, what is there says as much as it can.
 *   2. The memory of the cells that run here fits, or one runs alone. A cell that does not fit
 * waits while smaller ones behind it start.
 *   3. Threads of the cells that run here are no more than cores. They are one each while there are
 *      as many cells as cores; fewer cells share the cores evenly. The curve does not depend on it.
 *   4. A cell is in one state. Only READY ones start, and OVER and FAILED are final.
 *   5. What another scheduler does is ELSEWHERE until somebody looks again (schedule_found). */
#ifndef HARNESS_SCHEDULE_H
#define HARNESS_SCHEDULE_H

#include "engine/base/status.h"

#include <stddef.h>

enum schedule_state {
    SCHEDULE_READY,
    SCHEDULE_BLOCKED,
    SCHEDULE_HERE,
    SCHEDULE_ELSEWHERE,
    SCHEDULE_OVER,
    SCHEDULE_FAILED,
    SCHEDULE_STATES
};

enum { SCHEDULE_RETRIES = 3 }; /* of a cell that was killed, in one sweep */

struct schedule_job {
    enum schedule_state state;
    int round;     /* which seed of its kind, from 0 */
    double left;   /* core-seconds it still wants */
    size_t memory; /* bytes */
    int threads;   /* while HERE */
    int deaths;    /* how often it was killed */
};

struct schedule {
    struct schedule_job *job; /* one a cell: fill in round, left, memory and state, then sort */
    int *order;               /* what to try first */
    int jobs, cores;
    size_t memory; /* what the cells may use together */

    int cores_used, count[SCHEDULE_STATES];
    size_t memory_used;
};

/* All jobs READY and equal. Errors STATUS_MEMORY. */
enum status schedule_init(int jobs, int cores, size_t memory, struct schedule *out);
void schedule_free(struct schedule *s);

/* By invariant 1. */
void schedule_sort(struct schedule *s);

/* The cell to start now and its threads, or -1: none is ready, or nothing fits. */
int schedule_next(const struct schedule *s, int *threads);

void schedule_start(struct schedule *s, int job, int threads);

/* A job that ran here has ended as OVER or FAILED, or turned out to be ELSEWHERE. */
void schedule_end(struct schedule *s, int job, enum schedule_state state);

/* It was killed, or left without being asked: READY again, or FAILED after too many times. */
enum schedule_state schedule_died(struct schedule *s, int job);

/* A job that does not run here was seen in another state. */
void schedule_found(struct schedule *s, int job, enum schedule_state state);

/* A core for something else than a cell (making a dataset). */
void schedule_take_core(struct schedule *s);
void schedule_return_core(struct schedule *s);

/* Nothing runs here or elsewhere, and nothing will. */
int schedule_is_over(const struct schedule *s);

/* Wall seconds until all are over, if every job took its core-seconds on one core: what a list
 * schedule of this order takes. */
double schedule_wall(const struct schedule *s);

#endif
