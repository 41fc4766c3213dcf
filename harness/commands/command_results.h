/* `vitamin results`: list, filter and export recorded runs. */
#ifndef HARNESS_COMMAND_RESULTS_H
#define HARNESS_COMMAND_RESULTS_H

#include "harness/commands/command.h"

extern const struct command command_results;

#endif
