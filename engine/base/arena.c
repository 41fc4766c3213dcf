#include "engine/base/arena.h"

#include "engine/base/memory.h"

#include <assert.h>
#include <stdlib.h>

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_POISON 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_POISON 1
#endif
#endif

#ifdef ARENA_POISON
#include <sanitizer/asan_interface.h>
#define poison(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define poison(p, n)   ((void)(p), (void)(n))
#define unpoison(p, n) ((void)(p), (void)(n))
#endif

enum { ALIGN = 64 };

static size_t rounded(size_t bytes)
{
    return (bytes + ALIGN - 1) / ALIGN * ALIGN;
}

enum status arena_init(struct arena *a, size_t size)
{
    *a = (struct arena){.size = rounded(size)};
    if (size == 0)
        return STATUS_OK;
    a->base = memory_reserve(a->size);
    if (a->base == NULL)
        return status_fail(STATUS_MEMORY,
                           "cannot reserve %.1f MB for activations; use a smaller "
                           "batch or network",
                           (double)size / 1e6);
    poison(a->base, a->size);
    return STATUS_OK;
}

void arena_free(struct arena *a)
{
    if (a->base != NULL)
        unpoison(a->base, a->size);
    free(a->base);
    *a = (struct arena){0};
}

void *arena_take_bytes(struct arena *a, size_t bytes)
{
    size_t start = a->used;
    a->used += rounded(bytes);
    if (a->used > a->high)
        a->high = a->used;
    if (a->base == NULL)
        return NULL;
    assert(a->used <= a->size && "the dry run measured too little");
    unpoison(a->base + start, bytes);
    return a->base + start;
}

float *arena_take(struct arena *a, size_t n)
{
    return arena_take_bytes(a, n * sizeof(float));
}

size_t arena_mark(const struct arena *a)
{
    return a->used;
}

void arena_release(struct arena *a, size_t mark)
{
    assert(mark <= a->used);
    if (a->base != NULL)
        poison(a->base + mark, a->used - mark);
    a->used = mark;
}
