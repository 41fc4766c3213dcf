#ifndef HARNESS_COMMAND_EXPLAIN_H
#define HARNESS_COMMAND_EXPLAIN_H

#include "harness/command.h"

extern const struct command command_explain;

#endif
