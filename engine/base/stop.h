/* Requests to stop: by Ctrl-C, kill, a closed terminal, or a scheduler's time limit.
 *
 * Long work checks the flag: loops that can save something return to their caller, all others end
 * with stop_check(). In a program that never calls stop_catch() the signals have their default
 * effect. */
#ifndef ENGINE_BASE_STOP_H
#define ENGINE_BASE_STOP_H

#include "engine/base/status.h"

#include <signal.h>
#include <stdbool.h>

/* The signals that request a stop; 0 ends the list. */
extern const int stop_signals[];

/* Was `signal` ignored when the program started (nohup, SIGHUP)? Then it stays ignored. */
bool stop_is_ignored(int signal);

/* Does a second `signal` mean "at once"? Yes for signals that a person or script sends; no for
 * SIGHUP, which comes from both terminal and shell, and SIGXCPU, which comes every second past the
 * limit. */
bool stop_insists(int signal);

/* From now on the first of these signals sets the flag; a second one of the same kind kills at once
 * if stop_insists() says so. Returns the flag, for run_request.stop. */
const volatile sig_atomic_t *stop_catch(void);

/* STATUS_INTERRUPTED once the flag is set; `what`, the work in progress, begins the sentence. */
enum status stop_check(const char *what);

/* In a child process: restore the signals' default effect, which ends it. */
void stop_release(void);

#endif
