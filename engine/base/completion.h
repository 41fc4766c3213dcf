/* Completion for the shells, from a table of commands (command.h): a script that knows commands,
 * options and the words that an option takes; whatever else is typed is taken for a file. */
#ifndef ENGINE_BASE_COMPLETION_H
#define ENGINE_BASE_COMPLETION_H

#include "engine/base/command.h"

#define COMPLETION_SHELLS "bash|zsh|fish"

/* Print the script for one program and one of the shells. A command that hands over to a program
 * named PROGRAM-COMMAND uses that one's script: print it, too. Errors STATUS_CONFIG: another shell
 */
enum status completion_print(const struct command *program, const char *shell);

#endif
