/* What a table of commands (command.h) says to people: `--help` and the manual page. */
#ifndef ENGINE_BASE_MANUAL_H
#define ENGINE_BASE_MANUAL_H

#include "engine/base/command.h"

#include <stdio.h>

/* The help of one command, for 80 columns; `path` is what is typed before its arguments. */
void manual_help(FILE *out, const struct command *c, const char *path);

/* The program's page with all its commands, in roff's man macros. */
void manual_page(FILE *out, const struct command *program);

#endif
