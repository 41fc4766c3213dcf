/* `vitamin report`: the program of that name, with the command's arguments. */
#ifndef HARNESS_COMMAND_REPORT_H
#define HARNESS_COMMAND_REPORT_H

#include "harness/commands/command.h"

extern const struct command command_report;

#endif
