#include "harness/download.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    /* Exit statuses of curl (its manual) that we tell apart. */
    CURL_NO_PROXY = 5,
    CURL_NO_HOST = 6,
    CURL_NO_CONNECTION = 7,
    CURL_PARTIAL = 18,
    CURL_HTTP_ERROR = 22,
    CURL_NO_WRITE = 23,
    CURL_TIMEOUT = 28,
    CURL_NO_RANGES = 33,
    CURL_EMPTY_REPLY = 52,
    CURL_NO_RECEIVE = 56,
    CURL_NOT_THERE = 127, /* the shell's word for: no such program */

    HTTP_RANGE_ERROR = 416, /* nothing lies behind what we have */
    LOOK_EVERY = 500,       /* ms between two looks at what has arrived */
};

struct answer {
    int exit, http;
    char message[256]; /* curl's one line */
};

static long long size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? (long long)info.st_size : 0;
}

/* --- one call of curl ------------------------------------------------------------------------- */

static void become_curl(const char *url, const char *path, int out)
{
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    close(out);
    /* -q: the user's own curlrc must not change what is written where. A connection that brings
     * less than 1 kB/s for a minute is dead. */
    execlp("curl", "curl", "-q", "--fail", "--location", "--silent", "--show-error", "--proto",
           "=http,https,file", "--connect-timeout", "20", "--speed-limit", "1000", "--speed-time",
           "60", "--continue-at", "-", "--write-out", "\n%{http_code}", "--output", path, "--", url,
           (char *)NULL);
    _exit(CURL_NOT_THERE);
}

/* All that curl says, "message \n code", while telling how far it is. */
static void listen_to(int in, const char *path, bool show, struct answer *a)
{
    char text[1024];
    size_t used = 0;
    for (;;) {
        struct pollfd ready = {.fd = in, .events = POLLIN};
        int n = poll(&ready, 1, LOOK_EVERY);
        if (n == 0 && show)
            fprintf(stderr, "\r  %.1f MB ", (double)size_of(path) / 1e6);
        if (n == 0 || (n < 0 && errno == EINTR))
            continue;
        ssize_t got = read(in, text + used, sizeof text - 1 - used);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            break;
        used += (size_t)got;
        if (used == sizeof text - 1)
            used /= 2; /* never: curl is silent but for one line */
    }
    if (show)
        fprintf(stderr, "\r%12s\r", "");
    text[used] = '\0';
    char *code = strrchr(text, '\n');
    a->http = code != NULL ? (int)strtol(code + 1, NULL, 10) : 0;
    size_t start = strspn(text, "\n");
    snprintf(a->message, sizeof a->message, "%.*s", (int)strcspn(text + start, "\n"), text + start);
}

static enum status call(const char *url, const char *path, bool show, struct answer *a)
{
    int ends[2];
    *a = (struct answer){.exit = -1};
    if (pipe(ends) != 0)
        return status_fail(STATUS_IO, "%s: no pipe to curl: %s", url, strerror(errno));
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        close(ends[0]);
        become_curl(url, path, ends[1]);
    }
    close(ends[1]);
    if (child > 0)
        listen_to(ends[0], path, show, a);
    close(ends[0]);
    if (child < 0)
        return status_fail(STATUS_IO, "%s: no process for curl: %s", url, strerror(errno));
    int end = 0;
    while (waitpid(child, &end, 0) < 0 && errno == EINTR)
        continue;
    a->exit = WIFEXITED(end) ? WEXITSTATUS(end) : -1;
    return STATUS_OK;
}

/* --- as often as it takes -----------------------------------------------------------------------
 */

static enum status explain(const char *url, const char *path, const struct answer *a)
{
    switch (a->exit) {
    case 0:
        return STATUS_OK;
    case CURL_NOT_THERE:
        return status_fail(
            STATUS_MISSING,
            "the program curl is missing; install it (make deps), or get %s by other "
            "means",
            url);
    case CURL_NO_PROXY:
    case CURL_NO_HOST:
    case CURL_NO_CONNECTION:
    case CURL_TIMEOUT:
        return status_fail(STATUS_IO,
                           "%s cannot be reached, is this machine offline? (%s); what has arrived "
                           "is kept, run again to go on",
                           url, a->message);
    case CURL_HTTP_ERROR:
        return status_fail(STATUS_MISSING, "%s: the server answers with error %d", url, a->http);
    case CURL_NO_WRITE:
        return status_fail(STATUS_IO, "%s: cannot be written (%s); is the disk full?", path,
                           a->message);
    default:
        return status_fail(
            STATUS_IO,
            "%s: the download broke off (%s); what has arrived is kept, run again to "
            "go on",
            url, *a->message != '\0' ? a->message : "curl was stopped");
    }
}

static bool may_go_on(int exit)
{
    return exit == CURL_PARTIAL || exit == CURL_TIMEOUT || exit == CURL_EMPTY_REPLY ||
           exit == CURL_NO_RECEIVE;
}

static enum status get(const char *url, const char *path, bool show)
{
    struct answer a;
    for (;;) {
        long long before = size_of(path);
        TRY(call(url, path, show, &a));
        bool no_rest = a.exit == CURL_NO_RANGES ||
                       (a.exit == CURL_HTTP_ERROR && a.http == HTTP_RANGE_ERROR);
        if (no_rest && before > 0) { /* the next round asks for the whole: it cannot end here */
            if (truncate(path, 0) != 0)
                return status_fail(STATUS_IO, "%s: cannot be emptied: %s", path, strerror(errno));
            continue;
        }
        if (may_go_on(a.exit) && size_of(path) > before)
            continue;
        return explain(url, path, &a);
    }
}

enum status download(const char *url, const char *path, bool show)
{
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (fd < 0)
        return status_fail(STATUS_IO, "%s: cannot be written: %s", path, strerror(errno));
    enum status result = STATUS_OK;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        result = status_fail(STATUS_BUSY, "%s: another process is downloading it", path);
    else
        result = get(url, path, show);
    close(fd);
    if (size_of(path) == 0)
        unlink(path);
    return result;
}
