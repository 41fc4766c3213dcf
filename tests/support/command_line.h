/* Commands as a user runs them. */
#ifndef TESTS_SUPPORT_COMMAND_LINE_H
#define TESTS_SUPPORT_COMMAND_LINE_H

#include "harness/command.h"

/* Run `c` with the words of one line behind its name; what it printed (for free()) in *printed. */
enum status command_line(const struct command *c, const char *line, char **printed);

#endif
