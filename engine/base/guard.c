#include "engine/base/guard.h"

#include "engine/base/stop.h"
#include "engine/base/threads.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* A sanitizer's shadow is far larger than any limit of address space. */
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

/* Through the pipe go parts of the answer, each behind its length, then a length of 0 and the
 * status_note. In place there is no pipe, and `held` is the answer itself. */
struct guard_answer {
    int pipe; /* -1: in place */
    unsigned char *held;
    size_t used, room, total, most;
    bool failed, no_memory;
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

/* What it may use beyond what it has inherited. */
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

/* Nobody's signal handlers, no core file, an end to endless loops. */
static void restrain(const struct guard_limits *limits)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGPIPE, SIGXCPU};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    stop_release();
    struct rlimit none = {0, 0}, time = {(rlim_t)limits->seconds, (rlim_t)limits->seconds};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &time);
    if (LIMIT_MEMORY && limits->memory > 0)
        limit_memory(limits->memory);
    guard_disarm();
}

/* The work's own status, or what went wrong with its answer. */
static enum status finish(const char *path, const struct guard_answer *a, enum status result)
{
    if (result != STATUS_OK || !a->failed)
        return result;
    if (a->no_memory)
        return status_fail(STATUS_MEMORY, "%s: no memory to look at it", path);
    return status_fail(STATUS_FORMAT, "%s: holds more than is read of such a file (%zu bytes)",
                       path, a->most);
}

_Noreturn static void be_child(const char *path, const struct guard_limits *limits, int fd,
                               enum status (*work)(void *context, struct guard_answer *answer),
                               void *context)
{
    struct status_note note;
    struct guard_answer answer = {.pipe = fd, .most = limits->answer};
    uint32_t end = 0;
    restrain(limits);
    status_save(&note, finish(path, &answer, work(context, &answer)));
    bool sent = send_part(&answer) && transfer(fd, &end, sizeof end, true) &&
                transfer(fd, &note, sizeof note, true);
    _exit(sent ? 0 : 1);
}

/* --- the parent ------------------------------------------------------------------------------- */

/* False: the child went before its end, or says too much. */
static bool listen(int fd, struct guard_answer *a, struct status_note *note)
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
    if (!transfer(fd, note, sizeof *note, false) || note->code > STATUS_INTERRUPTED)
        return false;
    note->sentence[sizeof note->sentence - 1] = '\0';
    return true;
}

static enum status why_it_ended(const char *path, int end, const struct rusage *used, int seconds)
{
    int number = WIFSIGNALED(end) ? WTERMSIG(end) : 0;
    bool time = used->ru_utime.tv_sec + used->ru_stime.tv_sec + 1 >= seconds;
    /* Whoever stops a program stops its children, too: that says nothing of the file. */
    if (number == SIGINT || number == SIGTERM || number == SIGHUP)
        return status_fail(STATUS_INTERRUPTED, "%s: asked to stop while it was looked at", path);
    if (number == 0 || (number == SIGKILL && !time))
        return status_fail(STATUS_IO, "%s: the process that looks at it %s; run again", path,
                           number == 0 ? "did not answer" : "was killed (no memory left?)");
    if (number == SIGKILL || number == SIGXCPU)
        return status_fail(STATUS_FORMAT,
                           "%s: its headers are damaged or hostile: the HDF5 library comes to no "
                           "end with it (%d s); get or make the file again",
                           path, seconds);
    return status_fail(STATUS_FORMAT,
                       "%s: its headers are so damaged, or hostile, that the HDF5 library fails on "
                       "them (signal %d); get or make the file again",
                       path, number);
}

static enum status collect(pid_t child, int fd, const char *path, const struct guard_limits *limits,
                           struct guard_answer *answer)
{
    struct status_note note = {STATUS_IO, ""};
    struct rusage used = {0};
    int end = 0;
    bool whole = listen(fd, answer, &note);
    close(fd); /* one that goes on talking gets SIGPIPE */
    bool stopped = !whole && stop_check(path) != STATUS_OK;
    if (stopped)
        kill(child, SIGKILL);
    while (wait4(child, &end, 0, &used) < 0 && errno == EINTR)
        continue;
    if (whole)
        return status_restore(&note);
    if (answer->no_memory)
        return status_fail(STATUS_MEMORY, "%s: no memory to look at it", path);
    if (stopped)
        return stop_check(path);
    return why_it_ended(path, end, &used, limits->seconds);
}

static enum status in_child(const char *path, const struct guard_limits *limits,
                            enum status (*work)(void *context, struct guard_answer *answer),
                            void *context, struct guard_answer *answer)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return status_fail(STATUS_IO, "%s: no pipe: %s", path, strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child < 0) {
        int why = errno;
        close(ends[0]);
        close(ends[1]);
        return status_fail(STATUS_IO, "%s: no process to look at it: %s", path, strerror(why));
    }
    if (child == 0) {
        close(ends[0]);
        be_child(path, limits, ends[1], work, context);
    }
    close(ends[1]);
    return collect(child, ends[0], path, limits, answer);
}

enum status guard_collect(const char *path, const struct guard_limits *limits,
                          enum status (*work)(void *context, struct guard_answer *answer),
                          void *context, void **bytes, size_t *count)
{
    struct guard_answer answer = {.pipe = -1, .most = limits->answer};
    enum status result = disarmed ? finish(path, &answer, work(context, &answer))
                                  : in_child(path, limits, work, context, &answer);
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
};

static enum status do_task(void *context, struct guard_answer *answer)
{
    const struct task *t = context;
    threads_set(1); /* the parent's threads do not exist here */
    TRY(t->work(t->context));
    (void)guard_put(answer, t->result, t->bytes);
    return STATUS_OK;
}

enum status guard_run(const char *path, int seconds, enum status (*work)(void *context),
                      void *context, void *result, size_t bytes)
{
    const struct guard_limits limits = {.seconds = seconds, .answer = bytes};
    struct task task = {work, context, result, bytes};
    void *answer;
    size_t count;
    TRY(guard_collect(path, &limits, do_task, &task, &answer, &count));
    bool whole = count == bytes;
    if (whole && bytes > 0)
        memcpy(result, answer, bytes);
    free(answer);
    return whole ? STATUS_OK
                 : status_fail(STATUS_IO,
                               "%s: the process that looks at it did not answer; run again", path);
}
