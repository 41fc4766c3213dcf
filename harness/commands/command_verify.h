/* `vitamin verify`: do recorded runs again and compare bits. */
#ifndef HARNESS_COMMAND_VERIFY_H
#define HARNESS_COMMAND_VERIFY_H

#include "harness/commands/command.h"

extern const struct command command_verify;

#endif
