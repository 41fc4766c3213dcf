#include "engine/base/file.h"
#include "engine/base/threads.h"
#include "harness/base/exit_status.h"
#include "harness/commands/command.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* What scripts and the scheduler (schedule.c) tell apart. */
static int exit_status(enum status result)
{
    switch (result) {
    case STATUS_OK:
        return 0;
    case STATUS_CONFIG:
        return 2;
    case STATUS_INTERRUPTED:
        return EXIT_INTERRUPTED;
    case STATUS_BUSY:
        return EXIT_BUSY;
    case STATUS_WAITS:
        return EXIT_WAITS;
    default:
        return 1;
    }
}

/* Unless the user has chosen. */
static const char *better_core(void)
{
#ifdef __x86_64__
    if (getenv("OPENBLAS_CORETYPE") == NULL)
        return threads_better_core(threads_blas_core(), __builtin_cpu_supports("avx2") != 0,
                                   __builtin_cpu_supports("avx512dq") != 0 &&
                                       __builtin_cpu_supports("avx512bw") != 0 &&
                                       __builtin_cpu_supports("avx512vl") != 0);
#endif
    return NULL;
}

/* Libraries read their environment before main, so a setting of ours takes another start. OpenMP's
 * threads that spin while they wait cost a busy machine dearly: a small run beside others took 40
 * times its processor time and ten times as long. OpenBLAS's own threads would never be used
 * (threads.h), but take memory. */
static void settle_libraries(char **argv)
{
    const char *blas = getenv("OPENBLAS_NUM_THREADS"), *core = better_core();
    if (getenv("OMP_WAIT_POLICY") != NULL && blas != NULL && strcmp(blas, "1") == 0 && core == NULL)
        return;
    if (setenv("OMP_WAIT_POLICY", "passive", 0) == 0 &&
        setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0 &&
        (core == NULL || setenv("OPENBLAS_CORETYPE", core, 1) == 0))
        execv("/proc/self/exe", argv); /* returns only when it cannot: then as it is */
}

int main(int argc, char **argv)
{
    file_settle_streams();
    settle_libraries(argv);
    threads_set(0);
    return exit_status(command_main(&vitamin, argc, argv));
}
