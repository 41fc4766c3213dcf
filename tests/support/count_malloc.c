#include "tests/support/count_malloc.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define OWN_ALLOCATOR 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define OWN_ALLOCATOR 1
#endif
#endif

#ifdef OWN_ALLOCATOR

bool count_malloc_works(void)
{
    return false;
}

long count_malloc(void)
{
    return 0;
}

#else

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

/* glibc's own entry points, which the definitions below stand before. */
void *__libc_malloc(size_t n);             // NOLINT
void *__libc_calloc(size_t n, size_t m);   // NOLINT
void *__libc_realloc(void *p, size_t n);   // NOLINT
void *__libc_memalign(size_t a, size_t n); // NOLINT

static atomic_long calls;

bool count_malloc_works(void)
{
    return true;
}

long count_malloc(void)
{
    return atomic_load(&calls);
}

void *malloc(size_t n)
{
    atomic_fetch_add(&calls, 1);
    return __libc_malloc(n);
}

void *calloc(size_t n, size_t m)
{
    atomic_fetch_add(&calls, 1);
    return __libc_calloc(n, m);
}

void *realloc(void *p, size_t n)
{
    atomic_fetch_add(&calls, 1);
    return __libc_realloc(p, n);
}

void *memalign(size_t a, size_t n);
void *memalign(size_t a, size_t n)
{
    atomic_fetch_add(&calls, 1);
    return __libc_memalign(a, n);
}

void *aligned_alloc(size_t a, size_t n)
{
    atomic_fetch_add(&calls, 1);
    return __libc_memalign(a, n);
}

#endif
