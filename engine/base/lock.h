/* One process at a time makes a file or works in a folder: it holds the lock next to it.
 *
 *   PATH         the lock file; flock(2) is taken on it, and it stays when the lock is released
 *   PATH.lease   a lease instead, only where the file system has no flock
 *
 * A lease is created exclusively, names its holder, and a thread renews its time every LOCK_RENEW
 * seconds. It is dead, and another process may take it, when
 *   - it was written on this boot of this machine, in this process namespace, and the process is
 *     gone (its start time is compared too, in case the process id was reused), or
 *   - it comes from elsewhere (another machine, container or boot) and was not renewed for
 *     LOCK_STALE seconds of the file system's clock. Host names are not compared: machines and
 *     containers share them, and taking a lease from a live process would be worse than waiting.
 *     A time in the future (the clock was set back) becomes that of now.
 * The two kinds respect each other: a holder by flock also writes its identity into PATH.
 *
 * A process logs once that the file system has no locks.
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

/* A lock that is not held, as lock_release() also leaves it. */
struct lock lock_none(void);

/* Take the lock now, or fail if another process holds it. `what`, the file or folder that the lock
 * protects, begins the sentence.
 * Errors  STATUS_BUSY  another process holds it
 *         STATUS_IO    the lock file cannot be created (a missing or read-only folder)
 *         STATUS_MEMORY */
enum status lock_try(struct lock *l, const char *path, const char *what);

/* Wait until the lock is free and take it; a wait is logged once and ends when *stop becomes
 * nonzero
 * (`stop` may be NULL). Errors  STATUS_INTERRUPTED, and those of lock_try except STATUS_BUSY */
enum status lock_wait(struct lock *l, const char *path, const char *what,
                      const volatile sig_atomic_t *stop);

/* Release the lock if it is held. */
void lock_release(struct lock *l);

/* Does another process hold the lock? Without a lock file: no. Errors STATUS_IO: the check
 * failed. */
enum status lock_look(const char *path, bool *held);

#endif
