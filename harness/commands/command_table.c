#include "harness/commands/command.h"

/* clang-format off */
const struct command *const command_table[] = {
    &command_run,
    &command_config,
    &command_explain,
    &command_env,
    &command_plan,
    &command_sweep,
    &command_status,
    &command_watch,
    &command_plot,
    &command_report,
    &command_data,
    &command_results,
    &command_export,
    &command_cost,
    &command_verify,
    &command_sameness,
    &command_theory,
    &command_slurm,
    &command_version,
    &command_completion,
    &command_man,
    0,
};
/* clang-format on */

const struct command vitamin = {
    .name = "vitamin",
    .summary = "train TD3+ODT and its peers, offline then online, and compare them",
    .description =
        "Long work can be stopped at any time (Ctrl-C, SIGTERM): what is done is saved, and the "
        "same command resumes.\n\n"
        "Exit status: 0 done, 1 failed, 2 usage error, 3 stopped with its work saved, 4 another "
        "process holds the lock, 5 another cell must be done first. What failed is said in one "
        "sentence, the last on stderr.\n\n"
        "Environment: `VITAMIN_DATA` names the folder of datasets (`--data` wins), "
        "`VITAMIN_SERVER` and `VITAMIN_MIRROR` where to fetch them from, `TMPDIR` the folder for "
        "scratch files.",
    .examples = {{"vitamin sweep smoke --report out/smoke", "everything end to end in minutes"},
                 {"vitamin data fetch hopper-medium-v2", "a dataset of D4RL"},
                 {"vitamin run --dataset hopper-medium-v2 --method td3_odt --size small",
                  "train on it"},
                 {"vitamin report", "tables, figures and a page of what has run"}},
    .commands = command_table,
};
