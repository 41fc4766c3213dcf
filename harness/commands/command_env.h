/* `vitamin env`: run episodes of an environment and print what came out. */
#ifndef HARNESS_COMMAND_ENV_H
#define HARNESS_COMMAND_ENV_H

#include "harness/commands/command.h"

extern const struct command command_env;

#endif
