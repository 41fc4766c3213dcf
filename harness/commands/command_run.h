/* `vitamin run`: one method on one dataset, one or several seeds. */
#ifndef HARNESS_COMMAND_RUN_H
#define HARNESS_COMMAND_RUN_H

#include "harness/commands/command.h"

extern const struct command command_run, command_config;

#endif
