#include "engine/base/threads.h"

#include "engine/base/cgroup.h"
#include "engine/base/memory.h"

#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Address space that OpenBLAS maps for each concurrent product, and the largest number of these
 * (0.3.21 and 0.3.29 on x86-64; the same or less on other processors). */
enum { BLAS_BUFFERS = 64 };
static const size_t BLAS_BUFFER = (size_t)128 << 20;

/* From OpenBLAS, not in its header. A freed buffer stays mapped for the next product. */
void *blas_memory_alloc(int position) __attribute__((weak));
void blas_memory_free(void *buffer) __attribute__((weak));

/* For code that runs before a sanitizer has started. */
#define NO_CHECKS                                                                                  \
    __attribute__((no_sanitize("address"), no_sanitize("thread"), no_sanitize("undefined")))

/* A thread's stack and its share of the heap, in addition to its buffer. */
NO_CHECKS static size_t thread_room(void)
{
    struct rlimit stack;
    const size_t usual = (size_t)8 << 20, heap = (size_t)4 << 20;
    bool limited = getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY;
    return (limited ? (size_t)stack.rlim_cur : usual) + heap;
}

/* The number of threads as OpenBLAS determines it at its start: processors, or an environment
 * variable. */
NO_CHECKS static size_t threads_at_start(char *const *environment)
{
    static const char *const variable[] = {
        "OPENBLAS_NUM_THREADS=", "GOTO_NUM_THREADS=", "OMP_NUM_THREADS="};
    unsigned long mask[128] = {0};
    size_t cpus = 0, said = 0;
    syscall(SYS_sched_getaffinity, 0, sizeof mask, mask);
    for (size_t i = 0; i < sizeof mask / sizeof *mask; i++)
        cpus += (size_t)__builtin_popcountl(mask[i]);
    for (int v = 0; v < 3 && said == 0; v++) {
        for (char *const *e = environment; *e != NULL && said == 0; e++) {
            const char *c = *e, *name = variable[v];
            for (; *name != '\0' && *c == *name; c++)
                name++;
            for (; *name == '\0' && *c >= '0' && *c <= '9' && said < BLAS_BUFFERS; c++)
                said = 10 * said + (size_t)(*c - '0');
        }
    }
    cpus = said > 0 && said < cpus ? said : cpus;
    return cpus < BLAS_BUFFERS ? cpus : BLAS_BUFFERS;
}

/* OpenBLAS 0.3.29 maps a buffer for each processor in its own constructor, before main, and where
 * without room it retries forever (0.3.21 does so only at the first product: threads_reserve; the
 * variable that tells the two apart was added in between). Only a program's .preinit_array comes
 * before the constructors of its libraries, so this check ends the process here, using only system
 * calls because even the C library has not started. */
extern char openblas_threads_callback_ __attribute__((weak));

NO_CHECKS static void refuse_without_room(int argc, char **argv, char **environment)
{
    static const char words[] =
        "vitamin: not enough address space for OpenBLAS to start, which takes 140 MiB per "
        "processor; "
        "raise the limit (ulimit -v, ulimit -d), or set OPENBLAS_NUM_THREADS=1\n";
    (void)argc;
    (void)argv;
    struct rlimit space = {RLIM_INFINITY, RLIM_INFINITY}, data = space;
    syscall(SYS_prlimit64, 0, RLIMIT_AS, NULL, &space);
    syscall(SYS_prlimit64, 0, RLIMIT_DATA, NULL, &data);
    if (&openblas_threads_callback_ == NULL ||
        (space.rlim_cur == RLIM_INFINITY && data.rlim_cur == RLIM_INFINITY))
        return;
    size_t others = (size_t)16 << 20; /* used by other libraries at their start */
    size_t room = threads_at_start(environment) * (BLAS_BUFFER + thread_room()) + others;
    long trial = syscall(SYS_mmap, NULL, room, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, (off_t)0);
    if (trial == -1) {
        syscall(SYS_write, STDERR_FILENO, words, sizeof words - 1);
        syscall(SYS_exit_group, EXIT_FAILURE);
    }
    syscall(SYS_munmap, trial, room);
}
__attribute__((section(".preinit_array"),
               used)) static void (*before_libraries)(int, char **, char **) = refuse_without_room;

/* BLAS is single-threaded from the first call on, even without threads_set: a library's default
 * must not determine bits. */
__attribute__((constructor)) static void start_single_threaded(void)
{
    openblas_set_num_threads(1);
}

int threads_available(void)
{
    double quota = round(cgroup_limits("").processors);
    return quota < omp_get_num_procs() ? (int)fmax(quota, 1) : omp_get_num_procs();
}

void threads_set(int n)
{
    openblas_set_num_threads(1);
    omp_set_dynamic(0);
    omp_set_max_active_levels(1); /* a nested parallel loop runs on the calling thread */
    omp_set_num_threads(n > 0 ? n : threads_available());
}

void threads_ask(int asked)
{
    int processors = threads_available(),
        most = processors < THREADS_MOST ? processors : THREADS_MOST;
    if (asked > most)
        fprintf(stderr, "vitamin: %d of %d threads are used: %s\n", most, asked,
                most == processors
                    ? "there are no more processors, and threads that share one only "
                      "wait for each other"
                    : "more do not help");
    threads_set(asked > 0 && asked < most ? asked : most);
}

enum status threads_reserve(void)
{
    static int reserved; /* buffers that OpenBLAS already has */
    int wanted = threads_count() < BLAS_BUFFERS ? threads_count() : BLAS_BUFFERS;
    if (wanted <= reserved)
        return STATUS_OK;
    size_t room = (size_t)(wanted - reserved) * (BLAS_BUFFER + thread_room());
    if (!memory_has_room(room))
        return status_fail(STATUS_MEMORY,
                           "not enough address space for the %d MiB that OpenBLAS needs for "
                           "%d thread%s; raise the limit (ulimit -v, ulimit -d), or use fewer "
                           "threads (--threads 1)",
                           (int)(room >> 20), wanted, wanted == 1 ? "" : "s");
    void *buffer[BLAS_BUFFERS] = {NULL};
    bool can = blas_memory_alloc != NULL && blas_memory_free != NULL;
    for (int i = 0; can && i < wanted; i++)
        buffer[i] = blas_memory_alloc(0);
    for (int i = 0; can && i < wanted; i++)
        blas_memory_free(buffer[i]);
#pragma omp parallel
    (void)omp_get_thread_num(); /* the threads, with their stacks */
    reserved = wanted;
    return STATUS_OK;
}

int threads_count(void)
{
    return omp_get_max_threads();
}

const char *threads_blas_core(void)
{
    return openblas_get_corename();
}

const char *threads_better_core(const char *core, bool avx2, bool avx512)
{
    if (core == NULL || strcmp(core, "Prescott") != 0)
        return NULL;
    return avx512 ? "SkylakeX" : avx2 ? "Haswell" : NULL;
}

#ifdef __x86_64__
/* What OpenBLAS's kernels for SkylakeX need. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512dq") != 0 && __builtin_cpu_supports("avx512bw") != 0 &&
           __builtin_cpu_supports("avx512vl") != 0;
}
#endif

/* Unless the user has chosen. */
static const char *wanted_core(void)
{
#ifdef __x86_64__
    if (getenv("OPENBLAS_CORETYPE") == NULL)
        return threads_better_core(threads_blas_core(), __builtin_cpu_supports("avx2") != 0,
                                   has_avx512());
#endif
    return NULL;
}

void threads_settle_libraries(char **argv)
{
    const char *blas = getenv("OPENBLAS_NUM_THREADS"), *core = wanted_core();
    if (getenv("OMP_WAIT_POLICY") != NULL && blas != NULL && strcmp(blas, "1") == 0 && core == NULL)
        return;
    if (setenv("OMP_WAIT_POLICY", "passive", 0) == 0 &&
        setenv("OPENBLAS_NUM_THREADS", "1", 1) == 0 &&
        (core == NULL || setenv("OPENBLAS_CORETYPE", core, 1) == 0))
        execv("/proc/self/exe", argv); /* returns only when it cannot: then as it is */
}

bool threads_can_use_core(const char *core)
{
#ifdef __x86_64__
    static const char *const avx2[] = {"Haswell", "Zen", "Excavator"};
    for (size_t i = 0; i < sizeof avx2 / sizeof *avx2; i++) {
        if (strcmp(core, avx2[i]) == 0)
            return __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
    }
    if (strcmp(core, "SkylakeX") == 0)
        return has_avx512();
    if (strcmp(core, "Cooperlake") == 0)
        return has_avx512() && __builtin_cpu_supports("avx512bf16") != 0;
    return strcmp(core, "Prescott") == 0;
#else
    (void)core;
    return false;
#endif
}

const char *threads_blas_version(void)
{
    return openblas_get_config();
}

static _Thread_local bool no_tiling;

bool threads_tiling(void)
{
    return !no_tiling;
}

bool threads_set_tiling(bool tiling)
{
    bool before = !no_tiling;
    no_tiling = !tiling;
    return before;
}
