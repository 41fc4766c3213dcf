#include "harness/command.h"
#include "harness/command_cost.h"
#include "harness/command_data.h"
#include "harness/command_env.h"
#include "harness/command_explain.h"
#include "harness/command_matrix.h"
#include "harness/command_report.h"
#include "harness/command_results.h"
#include "harness/command_run.h"
#include "harness/command_slurm.h"
#include "harness/command_verify.h"
#include "harness/command_version.h"

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
