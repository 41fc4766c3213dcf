#ifndef HARNESS_COMMAND_COST_H
#define HARNESS_COMMAND_COST_H

#include "harness/commands/command.h"

extern const struct command command_cost;

#endif
