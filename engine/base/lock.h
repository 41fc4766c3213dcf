/* One process at a time: what makes a file, or works in a folder, holds the lock beside it.
 *
 *   PATH         the lock file; flock(2) is taken on it, and it stays when the lock is released
 *   PATH.lease   only where the file system knows no flock: a lease in its place
 *
 * A lease is created exclusively, says who holds it, and has its time renewed by a thread every
 * LOCK_RENEW seconds. It is dead, and the next one may have it, when
 *   - it was written on this boot of this machine, in this process namespace, and the process is
 *     gone (its start time is compared, so that a number used again deceives nobody), or
 *   - it comes from elsewhere (another machine, container or boot) and was not renewed for
 *     LOCK_STALE seconds of the file system's clock. Host names are not compared: machines and
 *     containers share them, and a lease taken from the living would be worse than a wait.
 * The two kinds respect each other: a holder by flock also writes who it is into PATH.
 *
 * That the file system has no locks is logged once by a process.
 *
 * Threads  calls for different paths may run at once; one struct belongs to one thread */
#ifndef ENGINE_BASE_LOCK_H
#define ENGINE_BASE_LOCK_H

#include "engine/base/file.h"

#include <signal.h>

enum { LOCK_RENEW = 30, LOCK_STALE = 300 }; /* seconds */

struct lock_lease;
struct lock {
    int fd;                   /* of the lock file; -1 when nothing is held */
    struct lock_lease *lease; /* NULL where flock works */
};

/* A lock that is not held: what lock_release() leaves, too. */
struct lock lock_none(void);

/* Take it now, or say that somebody else has it. `what` begins the sentence: the file or folder
 * that is worked on.
 * Errors  STATUS_BUSY  another process holds it
 *         STATUS_IO    the lock file cannot be created (a folder that is not there, or read-only)
 *         STATUS_MEMORY */
enum status lock_try(struct lock *l, const char *path, const char *what);

/* Take it, however long that takes; that it waits is logged once. `stop` (may be NULL):
 * ends the wait when it becomes other than 0. Errors  STATUS_INTERRUPTED, and those of lock_try but
 * STATUS_BUSY */
enum status lock_wait(struct lock *l, const char *path, const char *what,
                      const volatile sig_atomic_t *stop);

/* Let go, if it is held. */
void lock_release(struct lock *l);

/* Does another process hold it just now? No lock file: no. Errors STATUS_IO: that cannot be told.
 */
enum status lock_look(const char *path, bool *held);

#endif
