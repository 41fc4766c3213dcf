/* Exit statuses of `vitamin`: 0 done, 1 failed, 2 usage error, and these. The scheduler and the
 * Slurm script read them of the runs that they start. */
#ifndef HARNESS_EXIT_STATUS_H
#define HARNESS_EXIT_STATUS_H

enum {
    EXIT_INTERRUPTED = 3, /* stopped by a signal with its work saved: run it again to resume */
    EXIT_BUSY = 4,        /* another process holds the lock */
    EXIT_WAITS = 5,       /* another cell must come first: run it again after that one */
};

#endif
