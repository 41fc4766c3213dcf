/* Large arrays on large pages.
 *
 * A step walks through hundreds of MB in strides of a row; with pages of 4 kB the address
 * translation alone costs 4 % of a GEMM on a 512-wide network (measured). */
#ifndef ENGINE_BASE_MEMORY_H
#define ENGINE_BASE_MEMORY_H

#include <stddef.h>

/* `bytes` uninitialised bytes for free(), on a 64-byte boundary; from 4 MB on, on a 2 MB boundary
 * with large pages asked for (the kernel may decline). NULL when there is no memory. */
void *memory_reserve(size_t bytes);

#endif
