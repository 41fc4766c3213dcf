/* vitamin version: which code this is, and what it was built with. */
#ifndef HARNESS_COMMAND_VERSION_H
#define HARNESS_COMMAND_VERSION_H

#include "harness/commands/command.h"

extern const struct command command_version;

#endif
