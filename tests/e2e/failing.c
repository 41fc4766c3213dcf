/* For LD_PRELOAD: the n-th call of one kind fails, in `vitamin` and `vitamin-report` only.
 *
 *   FAILING=open|write|fsync|rename|read|malloc   the kind
 *                     (malloc: of the program itself; what libraries make of none is theirs)
 *   FAILING_AT=N      which call fails; 0: none, they are counted only
 *   FAILING_COUNT=F   a file of eight bytes in which all processes count together */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

/* Of glibc: dlsym may allocate, so the allocator is not looked up through it. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t width);
extern void *__libc_realloc(void *p, size_t n);

static _Atomic int64_t own_count, *calls = &own_count;
static int64_t at;
static const char *kind = "";
static bool armed;
static uintptr_t text_from, text_to; /* of the program */

static ssize_t (*real_read)(int, void *, size_t);
static ssize_t (*real_write)(int, const void *, size_t);
static ssize_t (*real_pread)(int, void *, size_t, off_t);
static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static int (*real_open)(const char *, int, ...);
static int (*real_fsync)(int);
static int (*real_rename)(const char *, const char *);

#define LOOK_UP(name) *(void **)(&real_##name) = dlsym(RTLD_NEXT, #name)

/* The program is the first object. */
static int take_text(struct dl_phdr_info *object, size_t size, void *context)
{
    (void)size;
    (void)context;
    for (int i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];
        if (part->p_type != PT_LOAD || (part->p_flags & PF_X) == 0)
            continue;
        text_from = object->dlpi_addr + part->p_vaddr;
        text_to = text_from + part->p_memsz;
    }
    return 1;
}

static bool is_own(const void *caller)
{
    return (uintptr_t)caller >= text_from && (uintptr_t)caller < text_to;
}

__attribute__((constructor)) static void set_up(void)
{
    char program[512] = "";
    LOOK_UP(read);
    LOOK_UP(write);
    LOOK_UP(pread);
    LOOK_UP(pwrite);
    LOOK_UP(open);
    LOOK_UP(fsync);
    LOOK_UP(rename);
    const char *count = getenv("FAILING_COUNT"), *number = getenv("FAILING_AT");
    if (getenv("FAILING") != NULL)
        kind = getenv("FAILING");
    at = number != NULL ? atoll(number) : 0;
    int fd = count != NULL ? real_open(count, O_RDWR | O_CLOEXEC) : -1;
    if (fd >= 0) {
        void *shared = mmap(NULL, sizeof *calls, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        if (shared != MAP_FAILED)
            calls = shared;
        close(fd);
    }
    ssize_t n = readlink("/proc/self/exe", program, sizeof program - 1);
    const char *slash = n > 0 ? strrchr(program, '/') : NULL;
    dl_iterate_phdr(take_text, NULL);
    armed = slash != NULL && strncmp(slash, "/vitamin", 8) == 0;
}

static bool fails(const char *what, int error)
{
    if (!armed || strcmp(kind, what) != 0 || atomic_fetch_add(calls, 1) + 1 != at)
        return false;
    errno = error;
    return true;
}

static bool is_system(const char *path)
{
    return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0 ||
           strncmp(path, "/dev/", 5) == 0;
}

static int open_or_fail(const char *path, int flags, mode_t mode)
{
    if (real_open == NULL)
        LOOK_UP(open);
    return !is_system(path) && fails("open", EIO) ? -1 : real_open(path, flags, mode);
}

int open(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_or_fail(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
    va_list more;
    va_start(more, flags);
    mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;
    va_end(more);
    return open_or_fail(path, flags, mode);
}

ssize_t read(int fd, void *data, size_t n)
{
    return fails("read", EIO) ? -1 : real_read(fd, data, n);
}

ssize_t pread(int fd, void *data, size_t n, off_t from)
{
    return fails("read", EIO) ? -1 : real_pread(fd, data, n, from);
}

ssize_t pread64(int fd, void *data, size_t n, off_t from)
{
    return fails("read", EIO) ? -1 : real_pread(fd, data, n, from);
}

ssize_t write(int fd, const void *data, size_t n)
{
    return fd > 2 && fails("write", ENOSPC) ? -1 : real_write(fd, data, n);
}

ssize_t pwrite(int fd, const void *data, size_t n, off_t to)
{
    return fails("write", ENOSPC) ? -1 : real_pwrite(fd, data, n, to);
}

ssize_t pwrite64(int fd, const void *data, size_t n, off_t to)
{
    return fails("write", ENOSPC) ? -1 : real_pwrite(fd, data, n, to);
}

int fsync(int fd)
{
    return fails("fsync", EIO) ? -1 : real_fsync(fd);
}

int rename(const char *from, const char *to)
{
    return fails("rename", EIO) ? -1 : real_rename(from, to);
}

void *malloc(size_t n)
{
    return is_own(__builtin_return_address(0)) && fails("malloc", ENOMEM) ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t width)
{
    return is_own(__builtin_return_address(0)) && fails("malloc", ENOMEM) ? NULL
                                                                          : __libc_calloc(n, width);
}

void *realloc(void *p, size_t n)
{
    return is_own(__builtin_return_address(0)) && fails("malloc", ENOMEM) ? NULL
                                                                          : __libc_realloc(p, n);
}
