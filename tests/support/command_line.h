/* Call a command of `vitamin` as its main does, and read what it prints. */
#ifndef TESTS_SUPPORT_COMMAND_LINE_H
#define TESTS_SUPPORT_COMMAND_LINE_H

#include "harness/commands/command.h"

/* `words` is one line, split at spaces (the command's name goes before it). What went to stdout is
 * left in *printed, for free(); NULL: not wanted. */
enum status command_line(const struct command *command, const char *words, char **printed);

/* A folder under TMPDIR for one test, and its removal with all that is in it. */
const char *command_line_folder(void);
/* "FOLDER/name"; good for eight calls. */
const char *command_line_path(const char *name);
void command_line_remove_folder(void);

#endif
