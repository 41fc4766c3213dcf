/* Threads: OpenMP outside, a single-threaded BLAS inside.
 *
 * OpenBLAS with more than one thread splits sums by thread count, so its bits change with it.
 * Here every parallel loop splits its *outputs* in parts of a fixed size and calls BLAS from
 * within; a result then depends on the sizes only. */
#ifndef ENGINE_BASE_THREADS_H
#define ENGINE_BASE_THREADS_H

#include "engine/base/status.h"

#include <stdbool.h>

/* Use up to n threads from now on (0: as many as this process may use, honouring its CPU
 * affinity). Call before the first parallel loop, from the main thread. */
void threads_set(int n);

/* Have OpenBLAS take the buffer of every thread now, before the first product: under a limit of the
 * address space (ulimit -v, -d) it asks for one without end when there is no room, and nobody can
 * stop it. A buffer is 128 MiB of address space, of which only a small part is ever touched.
 * Call after threads_set(), from the main thread. Errors STATUS_MEMORY. */
enum status threads_reserve(void);

/* How many threads a parallel loop will use at most. */
int threads_count(void);

/* Processors this process may run on (affinity and cgroup CPU sets count, not the machine). */
int threads_available(void);

/* OpenBLAS's kernel set ("Zen", "SkylakeX"): part of what decides the bits. */
const char *threads_blas_core(void);

/* "OpenBLAS 0.3.21 ...": its version and how it was built. */
const char *threads_blas_version(void);

/* Whether kernels called from this thread should spread themselves over threads, in tiles. Not
 * inside work that is parallel already (engine/nn/lanes.h). Tiles change how a product is computed,
 * hence possibly its last bit: so the answer may depend on sizes, never on the thread count. */
bool threads_tiling(void);
/* Set it for the calling thread and return what it was. Starts as true. */
bool threads_set_tiling(bool tiling);

#endif
