#include "harness/command.h"

/* clang-format off */
const struct command *const command_table[] = {
    0,
};
/* clang-format on */

const int command_count = (int)(sizeof command_table / sizeof *command_table) - 1;
