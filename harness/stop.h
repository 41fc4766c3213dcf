/* Being asked to stop: by Ctrl-C, kill, or a scheduler whose time is up. */
#ifndef HARNESS_STOP_H
#define HARNESS_STOP_H

#include <signal.h>

/* From now on the first SIGINT, SIGTERM or SIGUSR1 sets the flag; a second of its kind kills at
 * once. Returns the flag, for run_request.stop. */
const volatile sig_atomic_t *stop_catch(void);

#endif
