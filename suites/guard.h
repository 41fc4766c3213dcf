/* Work that may crash, in a process of its own.
 *
 * HDF5 1.10 can crash, or loop, on a file whose headers are damaged, before anybody could look at
 * them. In a child process that is one more finding. */
#ifndef SUITES_GUARD_H
#define SUITES_GUARD_H

#include "engine/base/status.h"

#include <stddef.h>

/* Run work(context) in a child process, on one thread, for at most `seconds` of CPU time, and give
 * back its status and sentence; on STATUS_OK also the `bytes` of `result` as the child left them
 * (result may be NULL). When the child dies: STATUS_FORMAT, `path` being what it looked at.
 *
 * Errors  those of `work`; STATUS_FORMAT; STATUS_IO (no child process), STATUS_MEMORY,
 *         STATUS_INTERRUPTED (the child was told to stop) */
enum status guard_run(const char *path, int seconds, enum status (*work)(void *context),
                      void *context, void *result, size_t bytes);

/* From now on this process is expendable itself: guard_run() does the work in place. (What a child
 * of guard_run is from its start.) */
void guard_disarm(void);

#endif
