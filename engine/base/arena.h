/* One block of memory for activations, handed out from the front.
 *
 *   arena_init(&a, 0)          dry run: arena_take returns NULL-based offsets and counts `high`
 *   arena_init(&a, bytes)      the real block
 *   mark = arena_mark(&a); ... arena_take ...; arena_release(&a, mark)
 *
 * A training step never calls malloc: it takes everything from an arena whose size a dry run has
 * measured. Blocks are 64-byte aligned. Under AddressSanitizer released memory is poisoned.
 * Only one thread may use an arena at a time. */
#ifndef ENGINE_BASE_ARENA_H
#define ENGINE_BASE_ARENA_H

#include "engine/base/status.h"

#include <stddef.h>

struct arena {
    char *base;  /* NULL while measuring */
    size_t size; /* bytes at base */
    size_t used; /* bytes handed out */
    size_t high; /* most ever handed out, which a dry run measures */
};

/* Reserve `size` bytes (0: measure only). Errors STATUS_MEMORY. */
enum status arena_init(struct arena *a, size_t size);
void arena_free(struct arena *a);

/* `n` floats (or bytes), uninitialised, 64-byte aligned. Exceeding the arena is our own mistake:
 * assert. Do not dereference the result while measuring. */
float *arena_take(struct arena *a, size_t n);
void *arena_take_bytes(struct arena *a, size_t bytes);

size_t arena_mark(const struct arena *a);
void arena_release(struct arena *a, size_t mark);

#endif
