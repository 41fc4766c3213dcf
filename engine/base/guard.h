/* Run work that may crash in a child process.
 *
 * On a file with damaged headers HDF5 can crash, loop or request all memory before we can check
 * them. In a child process this becomes an ordinary error. */
#ifndef ENGINE_BASE_GUARD_H
#define ENGINE_BASE_GUARD_H

#include "engine/base/file.h"
#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct guard_limits {
    int seconds;   /* of CPU time */
    size_t memory; /* bytes that the child may allocate; 0: no limit */
    size_t answer; /* bytes that it may return */
};

/* Collects the work's answer; opaque. */
struct guard_answer;

/* Add to the answer. False: it is too long, or the parent has gone; give up. */
bool guard_put(struct guard_answer *answer, const void *data, size_t bytes);

/* Size of `context` when a child is kept: it is copied, so it must not hold pointers. */
enum { GUARD_CONTEXT = FILE_PATH + 64 };
typedef enum status guard_work(void *context, int fd, struct guard_answer *answer);

/* Run work(context, fd, answer) in a child process within `limits` and return its status and
 * sentence; on STATUS_OK also the answer, for free() (*bytes may be NULL when it is empty). `path`
 * names the file in sentences; the work reads it from `fd`, or `fd` is -1.
 *
 * Errors  those of `work`; STATUS_FORMAT: the work crashed the child; STATUS_IO: the child could
 * not be started or was killed; STATUS_MEMORY; STATUS_INTERRUPTED: it was told to stop */
enum status guard_collect(const char *path, const struct guard_limits *limits, guard_work *work,
                          void *context, int fd, void **bytes, size_t *count);

/* Announce many files (true) or their end (false): in between one child does the work of
 * guard_collect() for up to a hundred files, as long as none is damaged; `context` must then have
 * GUARD_CONTEXT bytes. The child keeps a copy of this process's memory, so end it soon. */
void guard_keep(bool keep);

/* Call when the work finds damage: the child handles no further file. */
void guard_last(struct guard_answer *answer);

/* Call when an answer makes no sense: whatever has given it is asked for nothing else. */
void guard_distrust(void);

/* The same without a memory limit, for an answer of known size: `bytes` of `result`, as the child
 * leaves them (result may be NULL). The work may use as many threads as threads_set allows. */
enum status guard_run(const char *path, int seconds, enum status (*work)(void *context),
                      void *context, void *result, size_t bytes);

/* Memory shared with the child of guard_run(), which fills it: for results too large for an answer.
 * Zeros at first; NULL when there is none. Check what the child leaves there like an answer.
 * Release with guard_unshare(), which allows NULL. */
void *guard_share(size_t bytes);
void guard_unshare(void *memory);

/* Do the work in this process from now on, because it may itself crash (as any child may). */
void guard_disarm(void);

#endif
