/* Work that may crash, in a process of its own.
 *
 * HDF5 can crash, loop or ask for all memory on a file whose headers are damaged, before anybody
 * could look at them. In a child process that is one more finding. */
#ifndef ENGINE_BASE_GUARD_H
#define ENGINE_BASE_GUARD_H

#include "engine/base/file.h"
#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

struct guard_limits {
    int seconds;   /* of CPU time */
    size_t memory; /* that the child may ask for, in bytes; 0: as much as it likes */
    size_t answer; /* bytes it may give back */
};

/* Where the work puts its answer; opaque. */
struct guard_answer;

/* Add to the answer. False: it is too long, or nobody listens any more; give up. */
bool guard_put(struct guard_answer *answer, const void *data, size_t bytes);

/* Everything that `context` holds is in its first bytes: no pointers when a child is kept. */
enum { GUARD_CONTEXT = FILE_PATH + 64 };
typedef enum status guard_work(void *context, int fd, struct guard_answer *answer);

/* Run work(context, fd, answer) in a child process, within `limits`, and give back its status and
 * sentence; on STATUS_OK also the answer, for free() (*bytes may be NULL when it is empty). `path`
 * is what the work looks at, `fd` what it reads, or -1.
 *
 * Errors  those of `work`; STATUS_FORMAT: the child died of it; STATUS_IO: there is no child
 *         process, or somebody killed it; STATUS_MEMORY; STATUS_INTERRUPTED: it was told to stop */
enum status guard_collect(const char *path, const struct guard_limits *limits, guard_work *work,
                          void *context, int fd, void **bytes, size_t *count);

/* Many files follow (true) or have followed (false): until then one child does the work of
 * guard_collect() for up to a hundred of them, as long as it meets no damage: `context` must be
 * GUARD_CONTEXT bytes. It keeps a copy of this process's memory, so not for long. */
void guard_keep(bool keep);

/* The work has met damage: the child looks at nothing else afterwards. */
void guard_last(struct guard_answer *answer);

/* The same without a limit of memory, for an answer of a known size: the `bytes` of `result` as the
 * child left them (result may be NULL). */
enum status guard_run(const char *path, int seconds, enum status (*work)(void *context),
                      void *context, void *result, size_t bytes);

/* From now on this process is expendable itself: work is done in place. (What a child is from its
 * start.) */
void guard_disarm(void);

#endif
