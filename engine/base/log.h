/* Log lines on stderr and, once opened, in a file: `time level module: message`.
 * Thread-safe: a line is one write, a %s in it without line breaks and control characters (say.h).
 * Numbers for later use go to HDF5, not here. */
#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

#include "engine/base/status.h"

#include <stdbool.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below `level` are dropped (default LOG_INFO). */
void log_set_level(enum log_level level);

/* Of the others, only lines of `level` and above also go to stderr (default: all). */
void log_set_stderr_level(enum log_level level);

/* The last line of stderr is one that is written over: log lines take its place. */
void log_set_line(bool stands);

/* Also append every line to `path`. Errors STATUS_IO. */
enum status log_open(const char *path);
void log_close(void);

/* Use as log_info("replay", "kept %d trajectories", n). */
void log_write(enum log_level level, const char *module, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_debug(module, ...) log_write(LOG_DEBUG, module, __VA_ARGS__)
#define log_info(module, ...)  log_write(LOG_INFO, module, __VA_ARGS__)
#define log_warn(module, ...)  log_write(LOG_WARN, module, __VA_ARGS__)
#define log_error(module, ...) log_write(LOG_ERROR, module, __VA_ARGS__)

#endif
