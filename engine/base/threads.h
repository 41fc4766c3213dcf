/* Threads: OpenMP outside, a single-threaded BLAS inside.
 *
 * With several threads OpenBLAS splits sums by their number, so its bits depend on it. Our parallel
 * loops split their *outputs* into parts of fixed size and call BLAS within each, so results depend
 * only on sizes. */
#ifndef ENGINE_BASE_THREADS_H
#define ENGINE_BASE_THREADS_H

#include "engine/base/status.h"

#include <stdbool.h>

/* Use up to n threads from now on (0: as many as this process may use, honouring its CPU
 * affinity). Call before the first parallel loop, from the main thread. */
void threads_set(int n);

/* For people: use the `asked` threads (0: as many as help), but no more than there are processors,
 * and at most THREADS_MOST. Says so on stderr where that is fewer. */
enum { THREADS_MOST = 32 };
void threads_ask(int asked);

/* Make OpenBLAS allocate every thread's buffer now, before the first product: without room for one
 * under an address space limit (ulimit -v, -d) it would retry forever and could not be stopped. A
 * buffer takes 128 MiB of address space, of which only a small part is ever touched.
 * Call after threads_set(), from the main thread. Errors STATUS_MEMORY. */
enum status threads_reserve(void);

/* How many threads a parallel loop will use at most. */
int threads_count(void);

/* Processors this process may run on: affinity and the control group's quota and CPU set count, not
 * the machine. */
int threads_available(void);

/* OpenBLAS's kernel set ("Zen", "SkylakeX"): it helps to determine the bits. */
const char *threads_blas_core(void);
/* The kernel set to ask for (OPENBLAS_CORETYPE) where OpenBLAS chose `core`; NULL: it chose well.
 * An older OpenBLAS takes a newer processor for a Prescott of 2004 and is four times slower for it.
 */
const char *threads_better_core(const char *core, bool avx2, bool avx512);

/* First thing in main: start the program again with the environment that suits it, unless it has
 * it. Libraries read theirs before main. OpenMP's threads that spin while they wait cost a busy
 * machine dearly: a small run beside others took 40 times its processor time and ten times as long.
 * OpenBLAS's own threads would never be used, but take memory. The better core counts unless the
 * user has chosen one. Where the program cannot start again it goes on as it is. */
void threads_settle_libraries(char **argv);

/* Can this processor run OpenBLAS's kernels of that name? False for a name that is not known. */
bool threads_can_use_core(const char *core);

/* "OpenBLAS 0.3.21 ...": its version and how it was built. */
const char *threads_blas_version(void);

/* Whether kernels called from this thread should split into tiles that run in parallel. False
 * inside work that is already parallel (engine/nn/lanes.h). Tiles change how a product is computed,
 * hence possibly its last bit, so this may depend on sizes but never on the thread count. */
bool threads_tiling(void);
/* Set it for the calling thread and return the previous value. Initially true. */
bool threads_set_tiling(bool tiling);

#endif
