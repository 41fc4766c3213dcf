#include "suites/guard.h"

#include "engine/base/threads.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static bool disarmed;

void guard_disarm(void)
{
    disarmed = true;
}

static bool transfer(int fd, void *data, size_t bytes, bool sending)
{
    for (char *at = data; bytes > 0;) {
        ssize_t n = sending ? write(fd, at, bytes) : read(fd, at, bytes);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        bytes -= (size_t)n;
    }
    return true;
}

/* In the child: nobody's signal handlers, no core file, an end to endless loops. */
static void restrain(int seconds)
{
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
    for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
        signal(fatal[i], SIG_DFL);
    struct rlimit none = {0, 0}, time = {(rlim_t)seconds, (rlim_t)seconds};
    setrlimit(RLIMIT_CORE, &none);
    setrlimit(RLIMIT_CPU, &time);
    threads_set(1); /* the parent's threads do not exist here */
    guard_disarm();
}

static enum status collect(pid_t child, int fd, const char *path, void *result, size_t bytes)
{
    struct status_note note = {STATUS_IO, ""};
    char *copy = malloc(bytes + 1);
    bool whole = copy != NULL && transfer(fd, &note, sizeof note, false) &&
                 transfer(fd, copy, bytes, false);
    close(fd);
    int end = 0;
    while (waitpid(child, &end, 0) < 0 && errno == EINTR)
        continue;
    if (whole && note.code == STATUS_OK && bytes > 0)
        memcpy(result, copy, bytes);
    bool memory = copy != NULL;
    free(copy);
    if (whole)
        return status_restore(&note);
    if (!memory)
        return status_fail(STATUS_MEMORY, "%s: no memory to look at it", path);
    /* Whoever stops a program stops its children, too: that says nothing of the file. */
    if (WIFSIGNALED(end) && (WTERMSIG(end) == SIGINT || WTERMSIG(end) == SIGTERM))
        return status_fail(STATUS_INTERRUPTED, "%s: asked to stop while it was looked at", path);
    if (WIFSIGNALED(end))
        return status_fail(STATUS_FORMAT,
                           "%s: its headers are so damaged that the HDF5 library fails on them "
                           "(signal %d); get or make the file again",
                           path, WTERMSIG(end));
    return status_fail(STATUS_IO, "%s: the process that looks at it did not answer; run again",
                       path);
}

enum status guard_run(const char *path, int seconds, enum status (*work)(void *context),
                      void *context, void *result, size_t bytes)
{
    int ends[2];
    if (disarmed)
        return work(context);
    if (pipe(ends) != 0)
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
        struct status_note note;
        restrain(seconds);
        close(ends[0]);
        status_save(&note, work(context));
        bool sent = transfer(ends[1], &note, sizeof note, true) &&
                    (bytes == 0 || transfer(ends[1], result, bytes, true));
        _exit(sent ? 0 : 1);
    }
    close(ends[1]);
    return collect(child, ends[0], path, result, bytes);
}
