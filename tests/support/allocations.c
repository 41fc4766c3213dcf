#include "tests/support/allocations.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED (__has_feature(address_sanitizer) || __has_feature(thread_sanitizer))
#else
#define SANITIZED 0
#endif

/* LLVM's OpenMP, unlike GCC's, allocates in every parallel region. */
#if defined(__GLIBC__) && !defined(__clang__) && !SANITIZED
#define COUNTED 1
#else
#define COUNTED 0
#endif

static atomic_bool counting;
static atomic_long count;

bool allocations_refused(void)
{
    return !SANITIZED;
}

bool allocations_counted(void)
{
    return COUNTED;
}

void allocations_begin(void)
{
    atomic_store(&count, 0);
    atomic_store(&counting, true);
}

long allocations_end(void)
{
    atomic_store(&counting, false);
    return atomic_load(&count);
}

#if COUNTED

/* glibc's own, exported for replacements such as these; free() stays glibc's. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);

/* OpenBLAS packs some small products into blocks of its own: no call of ours. */
static bool from_blas(const void *caller)
{
    Dl_info where;
    return dladdr(caller, &where) != 0 && where.dli_fname != NULL &&
           strstr(where.dli_fname, "openblas") != NULL;
}

static void note(const void *caller)
{
    if (atomic_load_explicit(&counting, memory_order_relaxed) && !from_blas(caller))
        atomic_fetch_add(&count, 1);
}

void *malloc(size_t size)
{
    note(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t n, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_calloc(n, size);
}

void *realloc(void *block, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    note(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **out, size_t alignment, size_t size)
{
    note(__builtin_return_address(0));
    *out = __libc_memalign(alignment, size);
    return *out != NULL ? 0 : ENOMEM;
}

#endif
