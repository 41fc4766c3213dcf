/* Teams: the threads of one parallel region, of which some lead and the others help.
 *
 * A leader runs sequential code. Where it comes to work that falls into independent tasks it calls
 * team_share, and threads that lead nothing take tasks beside it until all are done. A task
 * writes what no other task of its section reads or writes, so it does not matter who runs it.
 *
 *   team_run(threads, 4, scratch, lead, &context)       lead(&context, 0..3, ...), each on a thread
 *     lead: ... team_share(n, task, &rows, scratch); ... more sequential code ...
 *
 * The number of tasks may depend on team_size only where no bit depends on it: elementwise loops
 * cut anywhere, products cut as matmul.h allows.
 *
 * A section costs its leader the time to wake a thread (about 10 us), so a leader with little work
 * asks team_parts whether to share it. Threads that wait sleep. Nothing is allocated, except by
 * OpenMP at the first region. */
#ifndef ENGINE_BASE_TEAM_H
#define ENGINE_BASE_TEAM_H

#include "engine/base/arena.h"
#include "engine/base/threads.h"

#include <stdbool.h>

enum {
    TEAM_MOST = THREADS_MOST, /* threads of a team */
    TEAM_LEADERS = 4          /* those of them that may lead */
};

/* A leader's work; one task of a section. `scratch` is the thread's own, and empty again when it
 * returns (a task: as it was). */
typedef void team_lead(void *context, int lead, struct arena *scratch);
typedef void team_task(void *context, int task, struct arena *scratch);

/* Call lead(context, i, ...) for i in 0..leads-1, leads at most TEAM_LEADERS, on a team of
 * `threads` threads, at most TEAM_MOST. scratch[t] is thread t's. Not inside a team. */
void team_run(int threads, int leads, struct arena scratch[], team_lead *lead, void *context);

/* How many threads share a section, the leader included: threads/leads rounded up; 1 outside of
 * leaders. */
int team_size(void);

/* Into how many tasks to cut `work` when each shall have at least `least` of it: 1..team_size. */
int team_parts(double work, double least);

/* For tests: cut however little there is. */
void team_cut_all(bool all);

/* Call task(context, i, ...) for i in 0..tasks-1, in any order, on this thread and those that help,
 * and return when all are done. `scratch` is the caller's. */
void team_share(int tasks, team_task *task, void *context, struct arena *scratch);

/* Part `part` of `parts` of 0..n-1, about equal ones, which begin at multiples of `unit`. With at
 * most n/unit parts each has at least `unit`. */
struct team_range {
    int first, count;
};
struct team_range team_range(int n, int unit, int parts, int part);

/* How much of an elementwise loop is worth a task: numbers read and written, some 20 us. */
enum { TEAM_NUMBERS = 1 << 17 };

/* --- what is parallel, counted --------------------------------------------------------------- */

/* While a count is on, team_run runs everything on the calling thread, but cuts sections as a team
 * of `threads` would and reads the clock around each task. */
struct team_count {
    int threads;
    double alone;     /* seconds, on the one thread */
    double shared;    /* of these, in sections of several tasks */
    double predicted; /* seconds of the team if waking were free: leaders in parallel, and tasks */
    long sections;    /* of the leader that takes longest, the sum over regions */
};

/* Add to c from now on; NULL: stop. */
void team_count(struct team_count *c);

#endif
