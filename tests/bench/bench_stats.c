/* The statistics of a full report: 7 methods x 34 tasks x 5 seeds at 50,000 replications.
 *
 * For each statistic the median and the range of several runs, on one thread and on two, and a
 * checksum of every bound: equal for any number of threads. Nothing is judged. When python3 can
 * import rliable, its own times follow (tests/bench/rliable_times.py), at the replications it can
 * do in seconds. */
#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "report/stats/aggregate.h"
#include "report/stats/compare.h"
#include "report/stats/efficiency.h"
#include "report/stats/profile.h"
#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { METHODS = 7, TASKS = 34, RUNS = 5, GRID = 101, REPEAT = 5, THREADS = 2, TAUS = 151 };

/* Seconds of CLOCK_MONOTONIC, or of CLOCK_PROCESS_CPUTIME_ID: what all threads used together, which
 * neighbours on the machine disturb less. */
static void must(enum status status)
{
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "bench_stats: %s\n", status_sentence());
    exit(1);
}

struct input {
    struct matrix x[METHODS];
    const struct matrix *list[METHODS];
    double *curve[METHODS]; /* (TASKS * RUNS, GRID) */
    double tau[TAUS];
    struct bootstrap b;
};

/* Scores around a task's level, 0 to 120; curves that rise to them. */
static void make_input(struct input *in)
{
    in->b = bootstrap_default();
    for (int k = 0; k < METHODS; k++) {
        struct rng rng = rng_at((uint64_t)k, RNG_TEST, 0);
        char name[32];
        snprintf(name, sizeof name, "method %d", k);
        must(matrix_init(&in->x[k], name));
        for (int m = 0; m < TASKS; m++) {
            double score[RUNS], level = 15 + 2.5 * m + 3 * k;
            for (int n = 0; n < RUNS; n++)
                score[n] = level + 12 * rng_normal_double(&rng);
            snprintf(name, sizeof name, "task %d", m);
            must(matrix_add(&in->x[k], name, RUNS, score));
        }
        in->list[k] = &in->x[k];
        in->curve[k] = malloc(sizeof(double) * TASKS * RUNS * GRID);
        for (int i = 0; in->curve[k] != NULL && i < TASKS * RUNS * GRID; i++)
            in->curve[k][i] = in->x[k].score[i / GRID] * sqrt(i % GRID / (GRID - 1.0));
    }
    for (int t = 0; t < TAUS; t++)
        in->tau[t] = t;
}

/* ---- what is timed; each returns the sum of its bounds ----------------------------------------
 */

static double run_aggregates(const struct input *in)
{
    double check = 0;
    for (int k = 0; k < METHODS; k++) {
        struct interval out[AGGREGATE_COUNT];
        must(aggregate_intervals(&in->x[k], 100, &in->b, out));
        for (int i = 0; i < AGGREGATE_COUNT; i++)
            check += out[i].low + out[i].high;
    }
    return check;
}

static double run_pairs(const struct input *in)
{
    double check = 0;
    static struct comparison out[METHODS * METHODS];
    must(compare_all(in->list, METHODS, &in->b, out));
    for (int i = 0; i < METHODS * METHODS; i++)
        check += out[i].improvement.low + out[i].difference.high;
    return check;
}

static double run_profiles(const struct input *in)
{
    double check = 0;
    for (int k = 0; k < METHODS; k++) {
        struct profile p;
        must(profile_make(&in->x[k], in->tau, TAUS, &in->b, &p));
        for (int t = 0; t < TAUS; t++)
            check += p.run_low[t] + p.run_high[t];
        profile_free(&p);
    }
    return check;
}

static double run_curves(const struct input *in)
{
    double check = 0;
    for (int k = 0; k < METHODS; k++) {
        struct efficiency e;
        must(efficiency_make(&in->x[k], in->curve[k], GRID, &in->b, &e));
        for (int j = 0; j < GRID; j++)
            check += e.iqm_low[j] + e.iqm_high[j];
        efficiency_free(&e);
    }
    return check;
}

static double run_tasks(const struct input *in)
{
    double check = 0;
    struct interval improvement[TASKS], difference[TASKS];
    must(compare_tasks(&in->x[0], &in->x[1], &in->b, improvement, difference, NULL));
    for (int m = 0; m < TASKS; m++)
        check += improvement[m].low + difference[m].high;
    return check;
}

static const struct {
    const char *what;
    double (*run)(const struct input *in);
} bench[] = {
    {"four aggregates, 7 methods", run_aggregates},
    {"21 pairs: improvement and difference", run_pairs},
    {"profiles of 151 thresholds, 7 methods", run_profiles},
    {"sample efficiency, 101 points, 7 methods", run_curves},
    {"one pair, each of 34 tasks", run_tasks},
};

int main(int argc, char **argv)
{
    static struct input in;
    const char *only = argc > 1 ? argv[1] : ""; /* a part of a row's name */
    make_input(&in);
    printf("7 methods x 34 tasks x 5 seeds, %d replications; seconds: median (least .. most of "
           "%d)\n",
           in.b.reps, REPEAT);
    for (size_t i = 0; i < sizeof bench / sizeof *bench; i++) {
        for (int threads = 1; threads <= THREADS && strstr(bench[i].what, only); threads++) {
            double seconds[REPEAT], used[REPEAT], check = 0;
            threads_set(threads);
            for (int r = 0; r < REPEAT; r++) {
                double start = bench_seconds(CLOCK_MONOTONIC),
                       cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
                check = bench[i].run(&in);
                seconds[r] = bench_seconds(CLOCK_MONOTONIC) - start;
                used[r] = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
            }
            sort_doubles(seconds, REPEAT);
            sort_doubles(used, REPEAT);
            printf("%-42s %d thread%s  %.3f (%.3f .. %.3f)  cpu %.3f  checksum %.17g\n",
                   bench[i].what, threads, threads == 1 ? " " : "s", seconds[REPEAT / 2],
                   seconds[0], seconds[REPEAT - 1], used[REPEAT / 2], check);
        }
    }
    fflush(stdout);
    if (*only != '\0')
        puts("(some rows only)");
    else if (system("${PYTHON:-python3} -c 'import rliable' 2>/dev/null") != 0)
        puts("rliable: python3 cannot import it, no time to compare with");
    else if (system("${PYTHON:-python3} tests/bench/rliable_times.py") != 0)
        puts("rliable: its script failed");
    for (int k = 0; k < METHODS; k++) {
        matrix_free(&in.x[k]);
        free(in.curve[k]);
    }
    return 0;
}
