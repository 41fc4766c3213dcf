/* What keeping a run's files costs: a curve of 300 evaluations and 1,500 iterations written whole
 * on disk and in memory, where a sync is free; what a run waits of that for a further evaluation
 * (the sync goes on in the background); the same read; and the digest. */
#include "engine/base/file.h"
#include "engine/base/sha256.h"
#include "harness/curve/curve.h"
#include "tests/bench/bench.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 41, EVALUATIONS = 300, EPISODES = 10, ITERATIONS = 1500, BYTES = 1 << 28 };

/* Wall time says what a run waits, processor time what it costs on a busy machine. */
static void need(enum status s)
{
    if (s == STATUS_OK)
        return;
    fprintf(stderr, "bench_curve: %s\n", status_sentence());
    exit(1);
}

static void fill(struct curve *c)
{
    static double raw[EPISODES], score[EPISODES];
    static int32_t length[EPISODES];
    static uint8_t success[EPISODES];
    char key[CURVE_KEY];
    for (int i = 0; i < 35; i++) {
        snprintf(key, sizeof key, "attribute_%d", i);
        need(curve_set(c, key, "%d is a value of some length, as paths and flags have", i));
    }
    need(curve_set_config(c, "key = value\n"));
    for (int i = 0; i < EVALUATIONS; i++) {
        struct curve_evaluation row = {i, i, i, i, raw, score, length, success};
        for (int e = 0; e < EPISODES; e++)
            raw[e] = score[e] = (double)rand();
        need(curve_add_evaluation(c, &row, EPISODES));
    }
    for (int i = 0; i < ITERATIONS; i++) {
        struct curve_iteration row;
        for (int k = 0; k < CURVE_METRIC_COUNT; k++)
            row.value[k] = k % 2 == 0 ? (double)rand() / RAND_MAX : (double)NAN;
        need(curve_add_iteration(c, &row));
    }
}

struct took {
    double wall[ROUNDS], cpu[ROUNDS];
};

static void show(const char *what, struct took *t)
{
    sort_doubles(t->wall, ROUNDS);
    sort_doubles(t->cpu, ROUNDS);
    printf(", %s in %.2f ms (%.2f to %.2f; processor %.2f)", what, 1e3 * t->wall[ROUNDS / 2],
           1e3 * t->wall[ROUNDS / 10], 1e3 * t->wall[ROUNDS - 1 - ROUNDS / 10],
           1e3 * t->cpu[ROUNDS / 2]);
}

static void measure(const struct curve *c, const char *parent, const char *where)
{
    char folder[FILE_PATH], path[FILE_PATH + 16];
    struct took write, wait, read;
    struct commit commit = {.under_way = false};
    struct stat info = {0};
    snprintf(folder, sizeof folder, "%s/vitamin-bench-XXXXXX", parent);
    if (mkdtemp(folder) == NULL) {
        printf("%-8s cannot be measured\n", where);
        return;
    }
    snprintf(path, sizeof path, "%s/curve.h5", folder);
    for (int i = 0; i < ROUNDS; i++) {
        struct curve again;
        double wall = bench_seconds(CLOCK_MONOTONIC), cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        need(curve_write(c, path));
        write.wall[i] = bench_seconds(CLOCK_MONOTONIC) - wall;
        write.cpu[i] = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        wall = bench_seconds(CLOCK_MONOTONIC), cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        need(commit_end(&commit));
        need(curve_begin_write(c, path, &commit));
        wait.wall[i] = bench_seconds(CLOCK_MONOTONIC) - wall;
        wait.cpu[i] = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL); /* far less than an evaluation */
        wall = bench_seconds(CLOCK_MONOTONIC), cpu = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
        need(curve_read(path, &again));
        read.wall[i] = bench_seconds(CLOCK_MONOTONIC) - wall;
        read.cpu[i] = bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
        curve_free(&again);
    }
    need(commit_end(&commit));
    stat(path, &info);
    unlink(path);
    rmdir(folder);
    printf("%-8s %s, %lld bytes", where, curve_get(c, "status"), (long long)info.st_size);
    show("written", &write);
    show("appended to", &wait);
    show("read", &read);
    putchar('\n');
}

static void measure_digest(void)
{
    char *bytes = malloc(BYTES), hex[SHA256_HEX];
    if (bytes == NULL)
        return;
    memset(bytes, 7, BYTES);
    double t = bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
    sha256_of(bytes, BYTES, hex);
    printf("SHA-256  %.0f MB/s (%.8s)\n",
           BYTES / 1e6 / (bench_seconds(CLOCK_PROCESS_CPUTIME_ID) - t), hex);
    free(bytes);
}

int main(void)
{
    const char *disk = getenv("TMPDIR");
    struct curve c = {.attributes = 0};
    fill(&c);
    printf("a curve of %d evaluations of %d episodes and %d iterations, median of %d\n",
           EVALUATIONS, EPISODES, ITERATIONS, ROUNDS);
    for (int over = 0; over < 2; over++) {
        need(curve_set(&c, "status", over ? "complete" : "running"));
        measure(&c, disk != NULL && disk[0] != '\0' ? disk : "/tmp", "disk");
        measure(&c, "/dev/shm", "memory");
    }
    measure_digest();
    curve_free(&c);
    return 0;
}
