/* `vitamin data`: lists, makes, fetches, checks and converts datasets. Its commands are a table of
 * the same kind as the commands themselves: one row here, one file data_NAME.c each. */
#include "harness/commands/command.h"
#include "harness/matrix/generate.h"

/* clang-format off */
const struct command *const data_table[] = {
    &data_list,
    &data_stats,
    &data_check,
    &data_fetch,
    &data_generate,
    &data_get,
    &data_convert,
    0,
};
/* clang-format on */

const struct command command_data = {
    .name = "data",
    .summary = "list, compare, check, fetch, generate and convert datasets",
    .examples = {{"vitamin data list", "what there is, and where"},
                 {"vitamin data fetch hopper-medium-v2", "download one of D4RL's"}},
    .commands = data_table,
};
