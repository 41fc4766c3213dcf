/* Being asked to stop: by Ctrl-C, kill, a closed terminal, or a scheduler whose time is up.
 *
 * Long work looks here: loops that can save something return to their caller, all others end with
 * stop_check(). A program that never calls stop_catch() is ended by the signals themselves. */
#ifndef ENGINE_BASE_STOP_H
#define ENGINE_BASE_STOP_H

#include "engine/base/status.h"

#include <signal.h>
#include <stdbool.h>

/* The signals that ask; 0 ends the list. */
extern const int stop_signals[];

/* Was `signal` ignored when the program started (nohup, SIGHUP)? Then it stays ignored. */
bool stop_is_ignored(int signal);

/* Does a second `signal` mean "at once"? Yes for those a person or a script sends; SIGHUP comes
 * from the terminal and from the shell, SIGXCPU every second once the limit is passed. */
bool stop_insists(int signal);

/* From now on the first of the signals sets the flag; a second of its kind kills at once where it
 * insists. Returns the flag, for run_request.stop. */
const volatile sig_atomic_t *stop_catch(void);

/* STATUS_INTERRUPTED once the flag is set; WHAT, which was being worked on, begins the sentence. */
enum status stop_check(const char *what);

/* In a child process: the signals end it again, as they do by default. */
void stop_release(void);

#endif
