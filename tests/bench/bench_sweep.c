/* Throughput of the scheduler: N equal cells on all cores against one cell alone, in turn. On a
 * quiet machine the ratio to N/cores times one cell alone should be close to 1. */
#include "engine/base/file.h"
#include "engine/base/threads.h"
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 3, CELLS_A_CORE = 4 };

static char folder[] = "/tmp/vitamin-bench-XXXXXX";

struct took {
    double wall, cpu; /* seconds */
};

static double seconds(struct timeval t)
{
    return (double)t.tv_sec + 1e-6 * (double)t.tv_usec;
}

static double children_cpu(void)
{
    struct rusage r;
    getrusage(RUSAGE_CHILDREN, &r);
    return seconds(r.ru_utime) + seconds(r.ru_stime);
}

/* Run the vitamin beside us (in the folder above); argv[0] is a command's name. */
static struct took run(const char *const argv[])
{
    char program[FILE_PATH];
    const char *words[32] = {"vitamin"};
    struct timespec from, to;
    int status;
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 16);
    program[n > 0 ? n : 0] = '\0';
    *strrchr(program, '/') = '\0';
    strcpy(strrchr(program, '/'), "/vitamin");
    for (int i = 0; argv[i] != NULL; i++)
        words[i + 1] = argv[i];
    double cpu = children_cpu();
    clock_gettime(CLOCK_MONOTONIC, &from);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        if (freopen("/dev/null", "w", stdout) != NULL)
            execv(program, (char *const *)words);
        _exit(127);
    }
    waitpid(child, &status, 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
        fprintf(stderr, "bench_sweep: %s %s failed\n", program, argv[0]);
        exit(1);
    }
    return (struct took){(double)(to.tv_sec - from.tv_sec) +
                             1e-9 * (double)(to.tv_nsec - from.tv_nsec),
                         children_cpu() - cpu};
}

static void clear(const char *what)
{
    char command[256];
    snprintf(command, sizeof command, "rm -rf '%s%s'", folder, what);
    if (system(command) != 0)
        exit(1);
}

int main(void)
{
    char matrix[64], results[64], data[64], text[512], load[64] = "?";
    int cores = threads_available(), cells = CELLS_A_CORE * cores;
    double ratio[ROUNDS];
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(matrix, sizeof matrix, "%s/equal.ini", folder);
    snprintf(results, sizeof results, "%s/runs", folder);
    snprintf(data, sizeof data, "%s/data", folder);
    int length = snprintf(text, sizeof text,
                          "[matrix]\nsize = tiny\ndata = generate\nset = stop_transitions=20000 "
                          "score_at=20000\n[experiment equal]\nmethods = iql\n"
                          "datasets = hopper-random-v2\nseeds = 1-%d\n[generate]\n"
                          "hopper-random-v2 = --policy random --rows 5000\n",
                          cells);
    if (file_replace(matrix, text, (size_t)length) != STATUS_OK)
        return 1;
    const char *const get[] = {"data", "get", matrix, "--data", data, NULL};
    const char *const one[] = {"run",       "--matrix", matrix,    "--cell",    "1", "--data", data,
                               "--results", results,    "--quiet", "--threads", "1", NULL};
    const char *const all[] = {"sweep", matrix, "--data", data, "--results", results, NULL};
    run(get);
    FILE *file = fopen("/proc/loadavg", "r");
    if (file != NULL && fgets(load, sizeof load, file) != NULL)
        load[strcspn(load, "\n")] = '\0';
    if (file != NULL)
        fclose(file);
    printf("%d cells on %d cores; load before: %s\n", cells, cores, load);
    printf("round   one cell, wall and CPU s   all cells, wall and CPU s   all / (N/cores x one)   "
           "CPU a cell / one\n");
    for (int i = 0; i < ROUNDS; i++) {
        clear("/runs");
        struct took a = run(one);
        clear("/runs");
        struct took b = run(all);
        ratio[i] = b.wall / (a.wall * CELLS_A_CORE);
        printf("%5d %12.2f %12.2f %14.2f %12.2f %18.3f %22.3f\n", i + 1, a.wall, a.cpu, b.wall,
               b.cpu, ratio[i], b.cpu / cells / a.cpu);
    }
    sort_doubles(ratio, ROUNDS);
    printf("median ratio %.3f\n", ratio[ROUNDS / 2]);
    clear("");
    return 0;
}
