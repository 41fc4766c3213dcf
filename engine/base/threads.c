#include "engine/base/threads.h"

#include <cblas.h>
#include <omp.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* What OpenBLAS maps for each product that is under way, and for how many at most (0.3.21 and
 * 0.3.29 on x86-64; other processors have the same or less). */
enum { BLAS_BUFFERS = 64 };
static const size_t BLAS_BUFFER = (size_t)128 << 20;

/* Of OpenBLAS, not in its header. A buffer that is given back stays mapped, for the next product.
 */
void *blas_memory_alloc(int position) __attribute__((weak));
void blas_memory_free(void *buffer) __attribute__((weak));

/* BLAS is single-threaded from the first call on, also where nobody called threads_set: a library's
 * default must not decide about bits. */
__attribute__((constructor)) static void start_single_threaded(void)
{
    openblas_set_num_threads(1);
}

int threads_available(void)
{
    return omp_get_num_procs();
}

void threads_set(int n)
{
    openblas_set_num_threads(1);
    omp_set_dynamic(0);
    omp_set_max_active_levels(1); /* a loop inside a loop runs where it is */
    omp_set_num_threads(n > 0 ? n : threads_available());
}

/* What a thread's stack and its share of the heap take beside its buffer. */
static size_t thread_room(void)
{
    struct rlimit stack;
    const size_t usual = (size_t)8 << 20, heap = (size_t)4 << 20;
    bool limited = getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY;
    return (limited ? (size_t)stack.rlim_cur : usual) + heap;
}

enum status threads_reserve(void)
{
    static int reserved; /* buffers that OpenBLAS has already */
    int wanted = threads_count() < BLAS_BUFFERS ? threads_count() : BLAS_BUFFERS;
    if (wanted <= reserved)
        return STATUS_OK;
    size_t room = (size_t)(wanted - reserved) * (BLAS_BUFFER + thread_room());
    void *trial = mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (trial == MAP_FAILED)
        return status_fail(STATUS_MEMORY,
                           "there is no room for the %d MiB of address space that OpenBLAS needs "
                           "for %d thread%s; raise the limit (ulimit -v, ulimit -d), or use fewer "
                           "threads (--threads 1)",
                           (int)(room >> 20), wanted, wanted == 1 ? "" : "s");
    munmap(trial, room);
    void *buffer[BLAS_BUFFERS];
    for (int i = 0; blas_memory_alloc != NULL && i < wanted; i++)
        buffer[i] = blas_memory_alloc(0);
    for (int i = 0; blas_memory_free != NULL && i < wanted; i++)
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
