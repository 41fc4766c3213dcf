#include "engine/base/threads.h"

#include <cblas.h>
#include <omp.h>

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
