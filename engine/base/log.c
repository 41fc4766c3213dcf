#include "engine/base/log.h"

#include "engine/base/say.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { LINE = 2048 };

static enum log_level threshold = LOG_INFO, stderr_threshold = LOG_DEBUG;
static int log_file = -1;
static _Atomic bool line_stands;

void log_set_level(enum log_level level)
{
    threshold = level;
}

void log_set_stderr_level(enum log_level level)
{
    stderr_threshold = level;
}

void log_set_line(bool stands)
{
    line_stands = stands;
}

enum status log_open(const char *path)
{
    log_close();
    log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    if (log_file < 0)
        return status_fail(STATUS_IO, "%s: cannot open the log: %s", path, strerror(errno));
    return STATUS_OK;
}

void log_close(void)
{
    if (log_file >= 0)
        close(log_file);
    log_file = -1;
}

void log_write(enum log_level level, const char *module, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warn", "error"};
    if (level < threshold)
        return;

    static const char over[] = "\r\033[K";
    char text[LINE + sizeof over], *const line = text + sizeof over - 1;
    struct timespec now;
    struct tm day;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &day);
    size_t used = strftime(line, LINE, "%Y-%m-%dT%H:%M:%SZ", &day);
    used += (size_t)snprintf(line + used, LINE - used, " %-5s %s: ", names[level], module);

    va_list args;
    va_start(args, format);
    used += say_list(line + used, LINE - used - 1, format, args);
    va_end(args);
    line[used++] = '\n';

    /* A log that cannot be written must not stop the run it describes. */
    ssize_t ignored = 0;
    memcpy(text, over, sizeof over - 1);
    if (level >= stderr_threshold && line_stands)
        ignored = write(STDERR_FILENO, text, used + sizeof over - 1);
    else if (level >= stderr_threshold)
        ignored = write(STDERR_FILENO, line, used);
    if (log_file >= 0)
        ignored = write(log_file, line, used);
    (void)ignored;
}
