/* `vitamin report`: the report is a program of its own (vitamin-report), linked without the methods
 * and MuJoCo. This command replaces the running program by it. */
#ifndef HARNESS_COMMAND_REPORT_H
#define HARNESS_COMMAND_REPORT_H

#include "harness/commands/command.h"

extern const struct command command_report;

/* Become `folder`/vitamin-report with these arguments; argv is NULL-terminated, argv[0] is
 * replaced. Returns only when that fails.
 *
 * Errors  STATUS_IO: the program is not there or does not start */
enum status command_report_exec(const char *folder, char **argv);

#endif
