/* The commands of `vitamin`: one file and one row each. */
#ifndef HARNESS_COMMAND_H
#define HARNESS_COMMAND_H

#include "engine/base/status.h"

#include <stdbool.h>

/* Exit statuses of `vitamin`: 0 done, 1 failed, 2 wrongly asked for, and */
enum {
    COMMAND_INTERRUPTED = 3, /* stopped by a signal with its work saved: run it again to go on */
    COMMAND_BUSY = 4,        /* another process is at it */
    COMMAND_WAITS = 5,       /* another cell must come first: run it again after that one */
};

struct command {
    const char *name;
    const char *usage; /* what follows `vitamin NAME` */
    const char *help;  /* one line */
    bool own_help;     /* `vitamin NAME --help` is its own affair */
    /* argv[0] is the command's name. A failure leaves a sentence; main prints it and exits 1. */
    enum status (*run)(int argc, char **argv);
};

extern const struct command *const command_table[];
extern const int command_count;

#endif
