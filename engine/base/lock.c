#include "engine/base/lock.h"

#include "engine/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    OWNER = 256,    /* longest "host boot namespace pid start random" line */
    TRIES = 20,     /* of lock_try: a process that only checks holds the lock for a moment */
    MOMENT = 10,    /* ms between them */
    PATIENCE = 200, /* ms between two tries of lock_wait */
};

/* The state of a lock file or lease. */
enum holder { HOLDER_NONE, HOLDER_LIVES, HOLDER_DEAD, HOLDER_ELSEWHERE };

struct lock_lease {
    char path[FILE_PATH], owner[OWNER];
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool over;
};

struct lock lock_none(void)
{
    return (struct lock){.fd = -1};
}

static void pause_for(long milliseconds)
{
    const struct timespec t = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    nanosleep(&t, NULL);
}

/* --- who holds it ----------------------------------------------------------------------------- */

/* The first word of a small file, "?" when there is none. */
static void word_of(const char *path, char *out, size_t size)
{
    snprintf(out, size, "?");
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    ssize_t n = read(fd, out, size - 1);
    close(fd);
    out[n > 0 ? n : 0] = '\0';
    out[strcspn(out, " \n")] = '\0';
    if (*out == '\0')
        snprintf(out, size, "?");
}

/* When a process started, in clock ticks since boot; 0: no such process, or no /proc. */
static unsigned long long start_of(long pid)
{
    char path[64], text[512];
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    /* The 22nd field; the second is a name in brackets that may contain anything. A zombie counts
     * as dead. */
    const char *at = strrchr(text, ')');
    if (at == NULL || at[1] == '\0' || strchr("ZX", at[2]) != NULL)
        return 0;
    for (int field = 2; field < 22 && at != NULL; field++)
        at = strchr(at + 1, ' ');
    return at != NULL ? strtoull(at, NULL, 10) : 0;
}

/* Identifies this boot of this machine and process namespace, within which a process id is
 * unique. */
static void describe_place(char boot[64], char space[64])
{
    word_of("/proc/sys/kernel/random/boot_id", boot, 64);
    ssize_t n = readlink("/proc/self/ns/pid", space, 63);
    space[n > 0 ? n : 0] = '\0';
    if (n <= 0)
        snprintf(space, 64, "?");
}

static void describe_self(char out[OWNER])
{
    char host[64] = "", boot[64], space[64];
    uint64_t number = 0;
    (void)gethostname(host, sizeof host - 1);
    for (char *c = host; *c != '\0'; c++) {
        if (*c <= ' ')
            *c = '-';
    }
    describe_place(boot, space);
    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = (uint64_t)time(NULL);
    snprintf(out, OWNER, "%s %s %s %ld %llu %016llx\n", *host != '\0' ? host : "?", boot, space,
             (long)getpid(), start_of(getpid()), (unsigned long long)number);
}

/* Seconds since the file was renewed. Both times come from the file system where possible, because
 * the clocks of two machines differ. */
static time_t age_of(const struct stat *file, int clock)
{
    struct stat now;
    struct timespec here = {.tv_sec = time(NULL)};
    if (clock >= 0 && futimens(clock, NULL) == 0 && fstat(clock, &now) == 0)
        here = now.st_mtim;
    return here.tv_sec - file->st_mtim.tv_sec;
}

/* A lease from the future was written before the clock was set back. It counts, but from now on: a
 * living holder renews it. Otherwise nobody could take it for years. */
static bool is_stale(const char *lease, const struct stat *file, int clock)
{
    time_t age = age_of(file, clock);
    if (age < -LOCK_STALE && clock >= 0)
        (void)utimensat(AT_FDCWD, lease, NULL, AT_SYMLINK_NOFOLLOW);
    return age > LOCK_STALE;
}

/* Is the process that started at `start` still alive? Where /proc hides other users' processes only
 * the process id is compared. */
static bool lives(long pid, unsigned long long start)
{
    bool hidden = kill((pid_t)pid, 0) != 0 && errno == EPERM;
    unsigned long long found = start_of(pid);
    return found != 0 ? found == start : hidden;
}

/* Who wrote the file at `fd`, and is that process alive? HOLDER_ELSEWHERE: unknown from here, or
 * the file is not complete yet. */
static enum holder judge_holder(int fd, char owner[OWNER])
{
    char host[64], boot[64], space[64], here[64], around[64];
    long pid;
    unsigned long long start;
    ssize_t n = pread(fd, owner, OWNER - 1, 0);
    owner[n > 0 ? n : 0] = '\0';
    int fields = sscanf(owner, "%63s %63s %63s %ld %llu", host, boot, space, &pid, &start);
    describe_place(here, around);
    if (fields != 5 || pid <= 0 || start == 0 || strcmp(boot, here) != 0 || *here == '?' ||
        strcmp(space, around) != 0 || *around == '?')
        return HOLDER_ELSEWHERE;
    return lives(pid, start) ? HOLDER_LIVES : HOLDER_DEAD;
}

/* --- flock ------------------------------------------------------------------------------------ */

enum answer { ANSWER_TAKEN, ANSWER_BUSY, ANSWER_UNABLE };

static enum answer ask_flock(int fd, int operation, const char *path)
{
    static atomic_flag said = ATOMIC_FLAG_INIT;
    while (flock(fd, operation | LOCK_NB) != 0) {
        if (errno == EINTR)
            continue;
        if (errno == EWOULDBLOCK)
            return ANSWER_BUSY;
        int why = errno;
        if (!atomic_flag_test_and_set(&said))
            log_warn("lock",
                     "%s: no locks on this file system (%s); a lease file that is renewed takes "
                     "their place",
                     path, strerror(why));
        return ANSWER_UNABLE;
    }
    return ANSWER_TAKEN;
}

/* --- leases ----------------------------------------------------------------------------------- */

static enum status lease_path(const char *path, char out[FILE_PATH])
{
    if (snprintf(out, FILE_PATH, "%s.lease", path) >= FILE_PATH)
        return status_fail(STATUS_IO, "%.200s...: the path is longer than %d characters", path,
                           FILE_PATH);
    return STATUS_OK;
}

/* HOLDER_NONE also for a lease that disappeared meanwhile. */
static enum status look_at_lease(const char *lease, int clock, enum holder *out, char owner[OWNER])
{
    *out = HOLDER_NONE;
    *owner = '\0';
    int fd = open(lease, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT)
        return STATUS_OK;
    if (fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be read: %s", lease, strerror(errno));
    struct stat info;
    *out = judge_holder(fd, owner);
    if (*out == HOLDER_ELSEWHERE)
        *out = fstat(fd, &info) == 0 && is_stale(lease, &info, clock) ? HOLDER_DEAD : HOLDER_LIVES;
    close(fd);
    return STATUS_OK;
}

/* Remove a dead lease. Two processes that both see it dead must not remove each other's new lease:
 * only the one that creates "LEASE.RANDOM-OF-THE-DEAD" may, after checking again. */
static void bury(const char *lease, int clock, const char *owner)
{
    char mark[FILE_PATH], again[OWNER];
    enum holder holder;
    const char *last = strrchr(owner, ' ');
    bool named = last != NULL && strspn(last + 1, "0123456789abcdef") == 16;
    if (snprintf(mark, sizeof mark, "%s.%.16s", lease, named ? last + 1 : "unnamed") >= FILE_PATH)
        return;
    int fd = open(mark, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd < 0) { /* another process is removing it, or died doing so */
        struct stat info;
        if (lstat(mark, &info) == 0 && llabs(age_of(&info, clock)) > LOCK_STALE)
            unlink(mark);
        return;
    }
    close(fd);
    if (look_at_lease(lease, clock, &holder, again) == STATUS_OK && holder == HOLDER_DEAD &&
        strcmp(owner, again) == 0)
        unlink(lease);
    unlink(mark);
}

/* Does the lease still name us? */
static bool is_ours(const struct lock_lease *l)
{
    char text[OWNER];
    int fd = open(l->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno != ENOENT; /* unreadable does not mean gone */
    ssize_t n = read(fd, text, sizeof text - 1);
    close(fd);
    text[n > 0 ? n : 0] = '\0';
    return n < 0 || strcmp(text, l->owner) == 0;
}

static void *renew(void *context)
{
    struct lock_lease *l = context;
    bool lost = false;
    pthread_mutex_lock(&l->mutex);
    while (!l->over) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until); /* the date may be set back by years */
        until.tv_sec += LOCK_RENEW;
        if (pthread_cond_timedwait(&l->wake, &l->mutex, &until) != ETIMEDOUT)
            continue;
        if (is_ours(l))
            (void)utimensat(AT_FDCWD, l->path, NULL, AT_SYMLINK_NOFOLLOW);
        else if (!lost)
            log_error("lock",
                      "%s: another process took this lease over; was this machine asleep for more "
                      "than %d s?",
                      l->path, LOCK_STALE);
        lost = lost || !is_ours(l);
    }
    pthread_mutex_unlock(&l->mutex);
    return NULL;
}

/* The thread blocks all signals: others handle them. */
static bool start_renewing(struct lock_lease *l)
{
    sigset_t all, before;
    pthread_condattr_t clock;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_mutex_init(&l->mutex, NULL);
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&l->wake, &clock);
    pthread_condattr_destroy(&clock);
    int failed = pthread_create(&l->thread, NULL, renew, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return failed == 0;
}

/* Create the lease with our identity; remove it if a full disk leaves it half-written. */
static enum status write_lease(const struct lock_lease *l, bool *taken)
{
    int fd = open(l->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666);
    *taken = fd >= 0;
    if (fd < 0 && errno == EEXIST)
        return STATUS_OK;
    if (fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be created: %s", l->path, file_reason());
    ssize_t n = write(fd, l->owner, strlen(l->owner));
    int why = n < 0 ? errno : ENOSPC;
    bool whole = n == (ssize_t)strlen(l->owner) && close(fd) == 0;
    if (whole)
        return STATUS_OK;
    unlink(l->path);
    errno = why;
    return status_fail(STATUS_IO, "%s: cannot be written: %s", l->path, file_reason());
}

/* No live process may hold the lock file by flock either: the file names its owner. */
static enum status take_lease(struct lock *l, const char *path, enum answer *out)
{
    char owner[OWNER];
    enum holder holder;
    bool taken = false;
    struct lock_lease *lease = calloc(1, sizeof *lease);
    if (lease == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for a lease", path);
    *out = ANSWER_BUSY;
    describe_self(lease->owner);
    enum status result = lease_path(path, lease->path);
    if (result == STATUS_OK)
        result = look_at_lease(lease->path, l->fd, &holder, owner);
    if (result == STATUS_OK && holder == HOLDER_DEAD)
        bury(lease->path, l->fd, owner);
    if (result == STATUS_OK && holder != HOLDER_LIVES)
        result = write_lease(lease, &taken);
    bool flocked = taken && judge_holder(l->fd, owner) == HOLDER_LIVES;
    if (taken && !flocked) {
        if (start_renewing(lease)) {
            *out = ANSWER_TAKEN;
            l->lease = lease;
            return STATUS_OK;
        }
        result = status_fail(STATUS_MEMORY, "%s: no thread to renew the lease", path);
    }
    if (taken)
        unlink(lease->path);
    free(lease);
    return result;
}

/* --- the lock --------------------------------------------------------------------------------- */

/* With flock: write our identity, then check whether another process has a lease. */
static enum status sign(const struct lock *l, const char *path, enum answer *out)
{
    char lease[FILE_PATH], owner[OWNER];
    enum holder holder;
    describe_self(owner);
    /* Only for processes that cannot see the flock itself: a full disk does not matter. */
    if (ftruncate(l->fd, 0) == 0)
        (void)!pwrite(l->fd, owner, strlen(owner), 0);
    TRY(lease_path(path, lease));
    TRY(look_at_lease(lease, l->fd, &holder, owner));
    if (holder == HOLDER_DEAD)
        bury(lease, l->fd, owner);
    *out = holder == HOLDER_LIVES ? ANSWER_BUSY : ANSWER_TAKEN;
    return STATUS_OK;
}

static void release_lock_file(struct lock *l, bool ours)
{
    if (ours && l->fd >= 0)
        (void)!ftruncate(l->fd, 0);
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

static enum status take_once(struct lock *l, const char *path, enum answer *out)
{
    *l = lock_none();
    l->fd = open(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0666);
    if (l->fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be created: %s", path, file_reason());
    *out = ask_flock(l->fd, LOCK_EX, path);
    bool flocked = *out == ANSWER_TAKEN;
    enum status result = flocked                 ? sign(l, path, out)
                         : *out == ANSWER_UNABLE ? take_lease(l, path, out)
                                                 : STATUS_OK;
    if (result != STATUS_OK || *out != ANSWER_TAKEN)
        release_lock_file(l, flocked);
    return result;
}

enum status lock_try(struct lock *l, const char *path, const char *what)
{
    enum answer answer = ANSWER_BUSY;
    for (int i = 0; i < TRIES; i++) {
        TRY(take_once(l, path, &answer));
        if (answer == ANSWER_TAKEN)
            return STATUS_OK;
        pause_for(MOMENT);
    }
    return status_fail(STATUS_BUSY, "%s: is in use by another process", what);
}

enum status lock_wait(struct lock *l, const char *path, const char *what,
                      const volatile sig_atomic_t *stop)
{
    enum answer answer = ANSWER_BUSY;
    for (bool said = false;; said = true) {
        TRY(take_once(l, path, &answer));
        if (answer == ANSWER_TAKEN)
            return STATUS_OK;
        if (!said)
            log_info("lock", "%s: in use by another process; waiting for it", what);
        pause_for(PATIENCE);
        if (stop != NULL && *stop)
            return status_fail(STATUS_INTERRUPTED, "%s: stopped while waiting for another process",
                               what);
    }
}

void lock_release(struct lock *l)
{
    struct lock_lease *lease = l->lease;
    if (lease != NULL) {
        pthread_mutex_lock(&lease->mutex);
        lease->over = true;
        pthread_cond_signal(&lease->wake);
        pthread_mutex_unlock(&lease->mutex);
        pthread_join(lease->thread, NULL);
        if (is_ours(lease))
            unlink(lease->path);
        pthread_cond_destroy(&lease->wake);
        pthread_mutex_destroy(&lease->mutex);
        free(lease);
    }
    release_lock_file(l, lease == NULL);
    *l = lock_none();
}

enum status lock_look(const char *path, bool *held)
{
    char lease[FILE_PATH], owner[OWNER];
    enum holder holder = HOLDER_NONE;
    *held = false;
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return STATUS_OK;
    if (fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be opened: %s", path, strerror(errno));
    enum answer answer = ask_flock(fd, LOCK_SH, path);
    *held = answer == ANSWER_BUSY;
    enum status result = STATUS_OK;
    if (!*held && (result = lease_path(path, lease)) == STATUS_OK)
        result = look_at_lease(lease, -1, &holder, owner);
    *held = *held || holder == HOLDER_LIVES ||
            (answer == ANSWER_UNABLE && judge_holder(fd, owner) == HOLDER_LIVES);
    close(fd);
    return result;
}
