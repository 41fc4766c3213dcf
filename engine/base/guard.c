#include "engine/base/guard.h"

#include "engine/base/stop.h"
#include "engine/base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer's shadow memory exceeds any address space limit. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define LIMIT_MEMORY 0
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMIT_MEMORY 0
#endif
#endif
#ifndef LIMIT_MEMORY
#define LIMIT_MEMORY 1
#endif

/* The pipe (or socket) carries parts of the answer, each preceded by its length, then a length of 0
 * and the ending. When work is done in this process there is no pipe, and `held` is the answer. */
struct guard_answer {
    int pipe; /* -1: in this process */
    unsigned char *held;
    size_t used, room, total, most;
    bool failed, no_memory, last;
};

struct ending {
    struct status_note note;
    bool last; /* the child exits after this file */
};

enum { PART = 1 << 16 };

static bool disarmed;

void guard_disarm(void)
{
    disarmed = true;
}

static bool transfer(int fd, void *data, size_t bytes, bool sending)
{
    for (char *at = data; bytes > 0;) {
        ssize_t n = sending ? write(fd, at, bytes) : read(fd, at, bytes);
        if (n < 0 && errno == EINTR && (sending || stop_check("") == STATUS_OK))
            continue;
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* --- the answer ------------------------------------------------------------------------------- */

static bool hold(struct guard_answer *a, size_t bytes)
{
    if (a->used + bytes <= a->room)
        return true;
    size_t room = a->used + bytes > 2 * a->room ? a->used + bytes : 2 * a->room;
    unsigned char *larger = realloc(a->held, room);
    a->no_memory = larger == NULL;
    if (larger == NULL)
        return false;
    a->held = larger;
    a->room = room;
    return true;
}

static bool send_part(struct guard_answer *a)
{
    uint32_t length = (uint32_t)a->used;
    bool sent = a->used == 0 || (transfer(a->pipe, &length, sizeof length, true) &&
                                 transfer(a->pipe, a->held, a->used, true));
    a->used = 0;
    return sent;
}

bool guard_put(struct guard_answer *a, const void *data, size_t bytes)
{
    const unsigned char *from = data;
    if (a->failed || bytes > a->most - a->total) {
        a->failed = true;
        return false;
    }
    a->total += bytes;
    while (bytes > 0 && !a->failed) {
        size_t part = a->pipe >= 0 && bytes > PART - a->used ? PART - a->used : bytes;
        a->failed = !hold(a, a->pipe >= 0 ? PART - a->used : part);
        if (a->failed)
            return false;
        memcpy(a->held + a->used, from, part);
        a->used += part;
        from += part;
        bytes -= part;
        if (a->pipe >= 0 && a->used == PART)
            a->failed = !send_part(a);
    }
    return !a->failed;
}

/* --- the child -------------------------------------------------------------------------------- */

/* Limit memory beyond what the child has inherited. */
static void limit_memory(size_t bytes)
{
    unsigned long pages = 0;
    struct rlimit now;
    FILE *file = fopen("/proc/self/statm", "r");
    if (file != NULL) {
        if (fscanf(file, "%lu", &pages) != 1)
            pages = 0;
        fclose(file);
    }
    if (pages == 0 || getrlimit(RLIMIT_AS, &now) != 0)
        return;
    rlim_t most = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
    if (now.rlim_cur != RLIM_INFINITY && now.rlim_cur < most)
        most = now.rlim_cur;
    struct rlimit limit = {most, most};
    setrlimit(RLIMIT_AS, &limit);
}

/* Limit CPU time from now on, against endless loops. */
static void limit_time(int seconds)
{
    struct rusage used;
    getrusage(RUSAGE_SELF, &used);
    rlim_t most = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec + 1 + seconds);
    struct rlimit limit = {most, RLIM_INFINITY};
    if (getrlimit(RLIMIT_CPU, &limit) == 0) {
        limit.rlim_cur = most < limit.rlim_max ? most : limit.rlim_max;
        setrlimit(RLIMIT_CPU, &limit);
    }
}

/* Default signal handlers, no core file. */
static void restrain(const struct guard_limits *limits)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE, SIGXCPU};
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++) {
        signal(fatal[i], SIG_DFL);
        sigaddset(&set, fatal[i]);
    }
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    stop_release();
    struct rlimit none = {0, 0};
    setrlimit(RLIMIT_CORE, &none);
    if (LIMIT_MEMORY && limits->memory > 0)
        limit_memory(limits->memory);
    guard_disarm();
}

/* The work's status, or the error of its answer. */
static enum status result_of_work(const char *path, const struct guard_answer *a,
                                  enum status result)
{
    if (result != STATUS_OK || !a->failed)
        return result;
    if (a->no_memory)
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    return status_fail(STATUS_FORMAT, "%s: holds more than the limit for such a file (%zu bytes)",
                       path, a->most);
}

/* Do the work and send the result; false: the parent has gone, or this process should exit. */
static bool serve(const char *path, const struct guard_limits *limits, int out, guard_work *work,
                  void *context, int fd)
{
    struct ending ending = {0};
    struct guard_answer answer = {.pipe = out, .most = limits->answer};
    uint32_t end = 0;
    limit_time(limits->seconds);
    status_save(&ending.note, result_of_work(path, &answer, work(context, fd, &answer)));
    ending.last = answer.last || ending.note.code != STATUS_OK;
    bool sent = send_part(&answer) && transfer(out, &end, sizeof end, true) &&
                transfer(out, &ending, sizeof ending, true);
    free(answer.held);
    return sent && !ending.last;
}

/* --- the parent ------------------------------------------------------------------------------- */

/* False: the child ended too early, or its answer is too long. */
static bool hear(int fd, struct guard_answer *a, struct ending *e)
{
    for (;;) {
        uint32_t length;
        if (!transfer(fd, &length, sizeof length, false))
            return false;
        if (length == 0)
            break;
        if (length > PART || length > a->most - a->used || !hold(a, length) ||
            !transfer(fd, a->held + a->used, length, false))
            return false;
        a->used += length;
    }
    if (!transfer(fd, e, sizeof *e, false))
        return false;
    e->note.sentence[sizeof e->note.sentence - 1] = '\0';
    return true;
}

static enum status why_it_ended(const char *path, int end, int seconds)
{
    int number = WIFSIGNALED(end) ? WTERMSIG(end) : 0;
    /* A signal that stops the program also stops its children: that says nothing about the file. */
    if (number == SIGINT || number == SIGTERM || number == SIGHUP)
        return status_fail(STATUS_INTERRUPTED, "%s: asked to stop while reading it", path);
    if (number == 0 || number == SIGKILL)
        return status_fail(STATUS_IO, "%s: the process that reads it %s; run again", path,
                           number == 0 ? "did not answer" : "was killed (no memory left?)");
    if (number == SIGXCPU)
        return status_fail(STATUS_FORMAT,
                           "%s: its headers are damaged or hostile: the HDF5 library does not "
                           "finish reading it (%d s); fetch or generate it again",
                           path, seconds);
    return status_fail(STATUS_FORMAT,
                       "%s: its headers are damaged or hostile: the HDF5 library crashes on them "
                       "(signal %d); fetch or generate it again",
                       path, number);
}

static enum status no_child(const char *path, const char *what)
{
    return status_fail(STATUS_IO, "%s: cannot create a %s to read it: %s", path, what,
                       strerror(errno));
}

/* Wait for the child to end and return its wait status. */
static int part_with(pid_t child, int fd)
{
    int end = 0;
    close(fd); /* a child still writing gets SIGPIPE, one still reading gets end of file */
    while (waitpid(child, &end, 0) < 0 && errno == EINTR)
        continue;
    return end;
}

/* The error when no complete answer came. */
static enum status give_up_on(pid_t child, int fd, const char *path,
                              const struct guard_limits *limits, const struct guard_answer *answer)
{
    enum status stop = stop_check(path);
    if (stop != STATUS_OK)
        kill(child, SIGKILL);
    int end = part_with(child, fd);
    if (stop != STATUS_OK)
        return stop;
    if (answer->no_memory)
        return status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    return why_it_ended(path, end, limits->seconds);
}

static enum status in_child(const char *path, const struct guard_limits *limits, guard_work *work,
                            void *context, int fd, struct guard_answer *answer)
{
    int ends[2];
    struct ending ending;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return no_child(path, "pipe");
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        enum status failed = no_child(path, "process");
        close(ends[0]);
        close(ends[1]);
        return failed;
    }
    if (child == 0) {
        close(ends[0]);
        restrain(limits);
        (void)serve(path, limits, ends[1], work, context, fd);
        _exit(0);
    }
    close(ends[1]);
    if (!hear(ends[0], answer, &ending))
        return give_up_on(child, ends[0], path, limits, answer);
    (void)part_with(child, ends[0]);
    return status_restore(&ending.note);
}

/* --- a child for many files ------------------------------------------------------------------- */

/* A request; the worker is a fork of this program, so function addresses are the same. */
struct request {
    char path[FILE_PATH];
    struct guard_limits limits;
    guard_work *work;
    unsigned char context[GUARD_CONTEXT];
};

/* A separate process for each file would protect more: a file that HDF5 accepted may have damaged
 * the heap and so affect a later file. But forking from the child takes 2.3 times the processor
 * time on a report of 1,000 curves. Instead the child ends at any error and when its answer makes
 * no sense, and our own curves are opened only when their seals match. */
enum { WORKER_FILES = 100 }; /* frees what the library leaks */

static struct {
    bool wanted;
    pid_t pid; /* 0: none */
    int socket, files;
} worker;

static bool send_request(const struct request *r, int fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control = {.room = {0}};
    struct iovec part = {(void *)(uintptr_t)r, sizeof *r};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    control.head.cmsg_level = SOL_SOCKET;
    control.head.cmsg_type = SCM_RIGHTS;
    control.head.cmsg_len = CMSG_LEN(sizeof fd);
    memcpy(CMSG_DATA(&control.head), &fd, sizeof fd);
    return sendmsg(worker.socket, &message, MSG_NOSIGNAL) == (ssize_t)sizeof *r;
}

static bool take_request(int from, struct request *r, int *fd)
{
    union {
        struct cmsghdr head;
        char room[CMSG_SPACE(sizeof(int))];
    } control;
    struct iovec part = {r, sizeof *r};
    struct msghdr message = {.msg_iov = &part,
                             .msg_iovlen = 1,
                             .msg_control = control.room,
                             .msg_controllen = sizeof control.room};
    ssize_t n;
    do
        n = recvmsg(from, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    while (n < 0 && errno == EINTR);
    if (n != (ssize_t)sizeof *r || CMSG_FIRSTHDR(&message) == NULL)
        return false;
    memcpy(fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof *fd);
    return true;
}

_Noreturn static void be_worker(const struct guard_limits *limits, int socket)
{
    struct request r;
    int fd;
    /* The worker outlives the parent's open files, above all locks: close them. */
    socket = dup2(socket, 3);
    (void)close_range(4, ~0U, 0);
    restrain(limits);
    while (take_request(socket, &r, &fd) && serve(r.path, &r.limits, socket, r.work, r.context, fd))
        close(fd);
    _exit(0);
}

static void dismiss_worker(void)
{
    if (worker.pid > 0)
        (void)part_with(worker.pid, worker.socket);
    worker.pid = 0;
}

static enum status hire_worker(const char *path, const struct guard_limits *limits)
{
    int ends[2];
    if (worker.pid > 0 && worker.files < WORKER_FILES)
        return STATUS_OK;
    dismiss_worker();
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return no_child(path, "socket");
    fflush(NULL);
    worker.pid = fork();
    if (worker.pid == 0)
        be_worker(limits, ends[1]);
    enum status result = worker.pid < 0 ? no_child(path, "process") : STATUS_OK;
    close(ends[1]);
    worker.socket = ends[0];
    worker.files = 0;
    if (result != STATUS_OK) {
        close(ends[0]);
        worker.pid = 0;
    }
    return result;
}

static enum status by_worker(const char *path, const struct guard_limits *limits, guard_work *work,
                             const void *context, int fd, struct guard_answer *answer)
{
    struct request r = {.limits = *limits, .work = work};
    struct ending ending;
    snprintf(r.path, sizeof r.path, "%s", path);
    memcpy(r.context, context, GUARD_CONTEXT);
    TRY(hire_worker(path, limits));
    worker.files++;
    if (send_request(&r, fd) && hear(worker.socket, answer, &ending)) {
        if (ending.last)
            dismiss_worker();
        return status_restore(&ending.note);
    }
    pid_t child = worker.pid;
    worker.pid = 0;
    return give_up_on(child, worker.socket, path, limits, answer);
}

void guard_keep(bool keep)
{
    worker.wanted = keep;
    if (!keep)
        dismiss_worker();
}

void guard_distrust(void)
{
    if (worker.pid > 0)
        kill(worker.pid, SIGKILL); /* it may not even end by itself */
    dismiss_worker();
}

void guard_last(struct guard_answer *answer)
{
    answer->last = true;
}

/* --- all ways --------------------------------------------------------------------------------- */

enum status guard_collect(const char *path, const struct guard_limits *limits, guard_work *work,
                          void *context, int fd, void **bytes, size_t *count)
{
    struct guard_answer answer = {.pipe = -1, .most = limits->answer};
    enum status result;
    if (disarmed)
        result = result_of_work(path, &answer, work(context, fd, &answer));
    else if (worker.wanted && fd >= 0)
        result = by_worker(path, limits, work, context, fd, &answer);
    else
        result = in_child(path, limits, work, context, fd, &answer);
    *bytes = result == STATUS_OK ? answer.held : NULL;
    *count = result == STATUS_OK ? answer.used : 0;
    if (result != STATUS_OK)
        free(answer.held);
    return result;
}

/* --- an answer of a known size ---------------------------------------------------------------- */

struct task {
    enum status (*work)(void *context);
    void *context, *result;
    size_t bytes;
    int threads;
    struct status_note note;
};

static void *work_of(void *context)
{
    struct task *t = context;
    threads_set(t->threads);
    status_save(&t->note, t->work(t->context));
    return NULL;
}

/* The parent's threads do not exist in a child, but GNU's OpenMP waits for those of the thread that
 * has forked. A new thread gets new ones. */
static enum status on_new_thread(struct task *t)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, work_of, t) == 0) {
        pthread_join(thread, NULL);
    } else {
        t->threads = 1;
        work_of(t);
    }
    return status_restore(&t->note);
}

static enum status do_task(void *context, int fd, struct guard_answer *answer)
{
    (void)fd;
    struct task *t = context;
    TRY(answer->pipe >= 0 ? on_new_thread(t) : t->work(t->context));
    (void)guard_put(answer, t->result, t->bytes);
    return STATUS_OK;
}

enum status guard_run(const char *path, int seconds, enum status (*work)(void *context),
                      void *context, void *result, size_t bytes)
{
    const struct guard_limits limits = {.seconds = seconds, .answer = bytes};
    struct task task = {work, context, result, bytes, threads_count(), {0}};
    void *answer;
    size_t count;
    TRY(guard_collect(path, &limits, do_task, &task, -1, &answer, &count));
    bool whole = count == bytes;
    if (whole && bytes > 0)
        memcpy(result, answer, bytes);
    free(answer);
    return whole ? STATUS_OK
                 : status_fail(STATUS_IO, "%s: the process that reads it did not answer; run again",
                               path);
}

/* --- shared memory ---------------------------------------------------------------------------- */

/* Before each block. In place it is malloc's, so that a sanitizer sees where it ends. */
union shared {
    size_t mapped; /* 0: malloc's */
    char room[64]; /* what follows is aligned for anything */
};

void *guard_share(size_t bytes)
{
    union shared *block = NULL;
    size_t all;
    if (__builtin_add_overflow(bytes, sizeof *block, &all))
        return NULL;
    if (disarmed) {
        block = calloc(1, all);
    } else {
        void *mapped = mmap(NULL, all, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        block = mapped != MAP_FAILED ? mapped : NULL;
    }
    if (block == NULL)
        return NULL;
    block->mapped = disarmed ? 0 : all;
    return block + 1;
}

void guard_unshare(void *memory)
{
    union shared *block = memory;
    if (block == NULL)
        return;
    block--;
    if (block->mapped == 0)
        free(block);
    else
        munmap(block, block->mapped);
}
