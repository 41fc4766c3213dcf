/* For LD_PRELOAD: the n-th call of one kind fails, in `vitamin` and `vitamin-report` only.
 *
 *   FAILING=KIND      open write read stream fsync rename malloc mkdir unlink flock fork pipe trunc
 *                     falloc mmap close thread memfd stat list seek message
 *                     (malloc, mmap: of the program itself; what libraries make of none is theirs)
 *   FAILING_AT=N      which call fails; 0: none, they are counted only
 *   FAILING_STAYS=1   all later calls fail, too
 *   FAILING_SHORT=1   a write that fails writes half of its bytes and reports that
 *   FAILING_ERROR=E   errno (default: the kind's own)
 *   FAILING_SAY=1     write the call that fails to standard error
 *   FAILING_COUNT=F   a file of eight bytes in which all processes count together */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <link.h>
#include <pthread.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

/* Of glibc: dlsym may allocate, so the allocator is not looked up through it. */
extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t width);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t alignment, size_t n);

enum { STREAM_ERROR = 0x20 }; /* what ferror() looks at in glibc's FILE */

static _Atomic int64_t own_count, *calls = &own_count;
static int64_t at;
static int own_error;
static const char *kind = "";
static bool armed, stays, cuts, says;
static uintptr_t text_from, text_to; /* of the program */

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

static int64_t number_in(const char *variable)
{
    const char *text = getenv(variable);
    return text != NULL ? atoll(text) : 0;
}

__attribute__((constructor)) static void set_up(void)
{
    char program[512] = "";
    const char *count = getenv("FAILING_COUNT");
    if (getenv("FAILING") != NULL)
        kind = getenv("FAILING");
    at = number_in("FAILING_AT");
    own_error = (int)number_in("FAILING_ERROR");
    stays = number_in("FAILING_STAYS") != 0;
    cuts = number_in("FAILING_SHORT") != 0;
    says = number_in("FAILING_SAY") != 0;
    int fd = count != NULL ? open(count, O_RDWR | O_CLOEXEC) : -1;
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

static bool fails(const char *what, int error, const char *call)
{
    if (!armed || strcmp(kind, what) != 0)
        return false;
    int64_t n = atomic_fetch_add(calls, 1) + 1;
    if (at == 0 || n < at || (n > at && !stays))
        return false;
    if (says)
        dprintf(STDERR_FILENO, "[%s fails]\n", call);
    errno = own_error != 0 ? own_error : error;
    return true;
}

static bool is_system(const char *path)
{
    return strncmp(path, "/proc/", 6) == 0 || strncmp(path, "/sys/", 5) == 0 ||
           strncmp(path, "/dev/", 5) == 0;
}

/* The real function of this name. */
#define REAL(name)                                                                                 \
    static __typeof__(&name) real;                                                                 \
    if (real == NULL)                                                                              \
    *(void **)(&real) = dlsym(RTLD_NEXT, #name)

/* A function that fails with `failure`, or is the real one. */
#define WRAP(result, name, parameters, arguments, what, error, failure)                            \
    result name parameters                                                                         \
    {                                                                                              \
        REAL(name);                                                                                \
        return fails(what, error, #name) ? failure : real arguments;                               \
    }

/* --- files --------------------------------------------------------------------------------------
 */

#define WRAP_OPEN(name)                                                                            \
    int name(const char *path, int flags, ...)                                                     \
    {                                                                                              \
        REAL(name);                                                                                \
        va_list more;                                                                              \
        va_start(more, flags);                                                                     \
        mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(more, mode_t) : 0;             \
        va_end(more);                                                                              \
        return !is_system(path) && fails("open", EIO, path) ? -1 : real(path, flags, mode);        \
    }
WRAP_OPEN(open)
WRAP_OPEN(open64)

#define WRAP_FOPEN(name)                                                                           \
    FILE *name(const char *path, const char *mode)                                                 \
    {                                                                                              \
        REAL(name);                                                                                \
        return !is_system(path) && fails("open", EIO, path) ? NULL : real(path, mode);             \
    }
WRAP_FOPEN(fopen)
WRAP_FOPEN(fopen64)

/* Half of the bytes, or an error. */
#define WRAP_WRITE(name, parameters, fd, n, part, whole)                                           \
    ssize_t name parameters                                                                        \
    {                                                                                              \
        REAL(name);                                                                                \
        if (fd <= STDERR_FILENO || !fails("write", ENOSPC, #name))                                 \
            return real whole;                                                                     \
        return cuts && n > 1 ? real part : -1;                                                     \
    }
WRAP_WRITE(write, (int fd, const void *data, size_t n), fd, n, (fd, data, n / 2), (fd, data, n))
WRAP_WRITE(pwrite, (int fd, const void *data, size_t n, off_t to), fd, n, (fd, data, n / 2, to),
           (fd, data, n, to))
WRAP_WRITE(pwrite64, (int fd, const void *data, size_t n, off_t to), fd, n, (fd, data, n / 2, to),
           (fd, data, n, to))

WRAP(ssize_t, read, (int fd, void *data, size_t n), (fd, data, n), "read", EIO, -1)
WRAP(ssize_t, pread, (int fd, void *data, size_t n, off_t from), (fd, data, n, from), "read", EIO,
     -1)
WRAP(ssize_t, pread64, (int fd, void *data, size_t n, off_t from), (fd, data, n, from), "read", EIO,
     -1)
WRAP(off_t, lseek, (int fd, off_t to, int from), (fd, to, from), "seek", EIO, -1)
WRAP(off_t, lseek64, (int fd, off_t to, int from), (fd, to, from), "seek", EIO, -1)
WRAP(int, fsync, (int fd), (fd), "fsync", EIO, -1)
WRAP(int, rename, (const char *from, const char *to), (from, to), "rename", EIO, -1)
WRAP(int, mkdir, (const char *path, mode_t mode), (path, mode), "mkdir", ENOSPC, -1)
WRAP(int, unlink, (const char *path), (path), "unlink", EIO, -1)
WRAP(int, flock, (int fd, int operation), (fd, operation), "flock", ENOLCK, -1)
WRAP(int, ftruncate, (int fd, off_t n), (fd, n), "trunc", EIO, -1)
WRAP(int, ftruncate64, (int fd, off_t n), (fd, n), "trunc", EIO, -1)
WRAP(int, fallocate, (int fd, int mode, off_t from, off_t n), (fd, mode, from, n), "falloc", ENOSPC,
     -1)
WRAP(int, stat, (const char *path, struct stat *out), (path, out), "stat", EIO, -1)
WRAP(int, lstat, (const char *path, struct stat *out), (path, out), "stat", EIO, -1)
WRAP(int, fstat, (int fd, struct stat *out), (fd, out), "stat", EIO, -1)
WRAP(int, access, (const char *path, int mode), (path, mode), "stat", EIO, -1)
WRAP(DIR *, opendir, (const char *path), (path), "list", EMFILE, NULL)
WRAP(struct dirent *, readdir, (DIR * folder), (folder), "list", EIO, NULL)
WRAP(FTS *, fts_open,
     (char *const *paths, int options, int (*order)(const FTSENT **, const FTSENT **)),
     (paths, options, order), "list", EMFILE, NULL)
WRAP(FTSENT *, fts_read, (FTS * tree), (tree), "list", EIO, NULL)

int scandir(const char *path, struct dirent ***out, int (*choose)(const struct dirent *),
            int (*order)(const struct dirent **, const struct dirent **))
{
    REAL(scandir);
    return !is_system(path) && fails("list", EMFILE, path) ? -1 : real(path, out, choose, order);
}

/* Closed all the same, as on Linux. */
int close(int fd)
{
    REAL(close);
    int result = real(fd);
    return fails("close", EIO, "close") ? -1 : result;
}

/* --- streams ------------------------------------------------------------------------------------
 */

static bool stream_fails(FILE *f, const char *call)
{
    bool standard = f == NULL || f == stdin || f == stdout || f == stderr;
    if (standard || !fails("stream", EIO, call))
        return false;
    f->_flags |= STREAM_ERROR;
    return true;
}

size_t fread(void *data, size_t width, size_t n, FILE *f)
{
    REAL(fread);
    return stream_fails(f, "fread") ? 0 : real(data, width, n, f);
}

char *fgets(char *line, int n, FILE *f)
{
    REAL(fgets);
    return stream_fails(f, "fgets") ? NULL : real(line, n, f);
}

size_t fwrite(const void *data, size_t width, size_t n, FILE *f)
{
    REAL(fwrite);
    return stream_fails(f, "fwrite") ? 0 : real(data, width, n, f);
}

int fflush(FILE *f)
{
    REAL(fflush);
    return stream_fails(f, "fflush") ? EOF : real(f);
}

int fclose(FILE *f)
{
    REAL(fclose);
    bool failed = stream_fails(f, "fclose");
    int kept = errno, result = real(f);
    if (failed)
        errno = kept;
    return failed ? EOF : result;
}

/* --- processes and memory -----------------------------------------------------------------------
 */

WRAP(pid_t, fork, (void), (), "fork", EAGAIN, -1)
WRAP(int, posix_spawn,
     (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *settings, char *const *arguments, char *const *environment),
     (pid, path, actions, settings, arguments, environment), "fork", EAGAIN, errno)
WRAP(int, posix_spawnp,
     (pid_t * pid, const char *path, const posix_spawn_file_actions_t *actions,
      const posix_spawnattr_t *settings, char *const *arguments, char *const *environment),
     (pid, path, actions, settings, arguments, environment), "fork", EAGAIN, errno)
WRAP(int, pipe2, (int ends[2], int flags), (ends, flags), "pipe", EMFILE, -1)
WRAP(int, socketpair, (int domain, int type, int protocol, int ends[2]),
     (domain, type, protocol, ends), "pipe", EMFILE, -1)
WRAP(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags),
     "message", ENOBUFS, -1)
WRAP(ssize_t, recvmsg, (int fd, struct msghdr *message, int flags), (fd, message, flags), "message",
     ENOMEM, -1)
WRAP(int, memfd_create, (const char *name, unsigned flags), (name, flags), "memfd", EMFILE, -1)
WRAP(int, pthread_create,
     (pthread_t * thread, const pthread_attr_t *settings, void *(*work)(void *), void *context),
     (thread, settings, work, context), "thread", EAGAIN, errno)

#define OWN(what, call) is_own(__builtin_return_address(0)) && fails(what, ENOMEM, call)

void *mmap(void *place, size_t n, int protection, int flags, int fd, off_t from)
{
    REAL(mmap);
    return OWN("mmap", "mmap") ? MAP_FAILED : real(place, n, protection, flags, fd, from);
}

void *malloc(size_t n)
{
    return OWN("malloc", "malloc") ? NULL : __libc_malloc(n);
}

void *calloc(size_t n, size_t width)
{
    return OWN("malloc", "calloc") ? NULL : __libc_calloc(n, width);
}

void *realloc(void *p, size_t n)
{
    return OWN("malloc", "realloc") ? NULL : __libc_realloc(p, n);
}

void *aligned_alloc(size_t alignment, size_t n)
{
    return OWN("malloc", "aligned_alloc") ? NULL : __libc_memalign(alignment, n);
}
