#ifndef HARNESS_COMMAND_EXPLAIN_H
#define HARNESS_COMMAND_EXPLAIN_H

#include "harness/commands/command.h"

extern const struct command command_explain;

#endif
