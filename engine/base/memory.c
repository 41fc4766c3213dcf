#include "engine/base/memory.h"

#include <stdlib.h>
#include <sys/mman.h>

void *memory_reserve(size_t bytes)
{
    const size_t line = 64, page = (size_t)2 << 20;
    if (bytes > (size_t)-1 - page)
        return NULL;
    size_t unit = bytes >= 2 * page ? page : line;
    size_t rounded = bytes > 0 ? (bytes + unit - 1) / unit * unit : unit;
    void *block = aligned_alloc(unit, rounded);
    if (block != NULL && unit == page)
        (void)madvise(block, rounded, MADV_HUGEPAGE); /* only advice: results do not depend on it */
    return block;
}

bool memory_has_room(size_t bytes)
{
    void *trial = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return trial != MAP_FAILED && munmap(trial, bytes) == 0;
}

enum status memory_grow(void **list, int count, size_t width, const char *what)
{
    if ((count & (count - 1)) != 0)
        return STATUS_OK;
    void *larger = realloc(*list, (count > 0 ? 2 * (size_t)count : 1) * width);
    if (larger == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %s", what);
    *list = larger;
    return STATUS_OK;
}
