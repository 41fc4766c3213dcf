/* Another `vitamin` at work: a process of its own, in a process group of its own, so that a crash
 * harms nobody and Ctrl-C at a terminal reaches it only through us. What it says is kept in memory,
 * not on a disk that may be full. If we are killed it is asked to stop (SIGTERM). */
#ifndef HARNESS_CHILD_H
#define HARNESS_CHILD_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <sys/types.h>

struct child {
    pid_t pid;  /* 0: none */
    int output; /* memory file of what it wrote on stdout and stderr */
};

/* Start this program again with other arguments; argv[0] is a command's name, NULL ends it.
 * Signals start at their defaults, unblocked. Errors STATUS_IO: no process to be had. */
enum status child_start(char *const argv[], struct child *out);

/* Has it ended? Then *wait_status is waitpid's. Does not wait. */
bool child_ended(struct child *c, int *wait_status);

void child_signal(const struct child *c, int signal);

/* The last line it wrote, without "vitamin COMMAND: "; "" when it said nothing. */
void child_last_words(const struct child *c, char *out, size_t size);

/* Forget one that has ended. */
void child_free(struct child *c);

#endif
