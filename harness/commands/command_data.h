/* `vitamin data`: lists, makes, fetches, checks and converts datasets. Its subcommands are a table
 * of the same kind as the commands themselves: one row here, one file data_NAME.c each. */
#ifndef HARNESS_COMMAND_DATA_H
#define HARNESS_COMMAND_DATA_H

#include "harness/commands/command.h"

extern const struct command command_data;

extern const struct command *const data_table[];
extern const int data_count;

extern const struct command data_list, data_stats, data_check, data_fetch, data_generate, data_get,
    data_convert;

#endif
