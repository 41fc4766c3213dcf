/* Large arrays on large pages, and lists that grow.
 *
 * A step walks through hundreds of MB in strides of a row; with pages of 4 kB the address
 * translation alone costs 4 % of a GEMM on a 512-wide network (measured). */
#ifndef ENGINE_BASE_MEMORY_H
#define ENGINE_BASE_MEMORY_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

/* `bytes` uninitialised bytes for free(), on a 64-byte boundary; from 4 MB on, on a 2 MB boundary
 * with large pages asked for (the kernel may decline). NULL when there is no memory. */
void *memory_reserve(size_t bytes);

/* Whether `bytes` can be had at this moment: asked before code that cannot bear a refusal. (A
 * mapping, because compilers leave out malloc with its free.) */
bool memory_has_room(size_t bytes);

/* Room for one more behind `count` elements of `width` bytes: lists double at powers of two, so
 * that the capacity need not be kept. `what` they are stands in the sentence. Errors STATUS_MEMORY,
 * and the list is as it was. */
enum status memory_grow(void **list, int count, size_t width, const char *what);

#endif
