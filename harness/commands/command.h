/* The commands of `vitamin`: one file and one row each. */
#ifndef HARNESS_COMMAND_H
#define HARNESS_COMMAND_H

#include "engine/base/status.h"

#include <stdbool.h>

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
