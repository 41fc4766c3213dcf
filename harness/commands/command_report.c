#include "harness/commands/command.h"

#include "harness/base/report_program.h"

const struct command command_report = {
    .name = "report",
    .summary = "make tables, figures, verdicts and a page from result files",
    .description = "This is the program `vitamin-report`, which has a manual page of its own.",
    .examples = {{"vitamin report", "report on results/runs into out/report"}},
    .hand_over = report_program_start,
};
