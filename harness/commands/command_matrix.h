/* `vitamin plan`, `vitamin sweep` and `vitamin status`: what is done with a whole matrix. */
#ifndef HARNESS_COMMAND_MATRIX_H
#define HARNESS_COMMAND_MATRIX_H

#include "harness/commands/command.h"

extern const struct command command_plan, command_sweep, command_status;

#endif
