#include "harness/commands/command.h"
#include "harness/commands/command_cost.h"
#include "harness/commands/command_data.h"
#include "harness/commands/command_env.h"
#include "harness/commands/command_explain.h"
#include "harness/commands/command_matrix.h"
#include "harness/commands/command_report.h"
#include "harness/commands/command_results.h"
#include "harness/commands/command_run.h"
#include "harness/commands/command_slurm.h"
#include "harness/commands/command_verify.h"
#include "harness/commands/command_version.h"

/* clang-format off */
const struct command *const command_table[] = {
    &command_run,
    &command_config,
    &command_explain,
    &command_env,
    &command_plan,
    &command_sweep,
    &command_status,
    &command_report,
    &command_data,
    &command_results,
    &command_cost,
    &command_verify,
    &command_slurm,
    &command_version,
    0,
};
/* clang-format on */

const int command_count = (int)(sizeof command_table / sizeof command_table[0]) - 1;
