#include "harness/commands/command_report.h"

#include "harness/base/report_program.h"

static enum status run(int argc, char **argv)
{
    (void)argc;
    return report_program_start(argv);
}

const struct command command_report = {
    .name = "report",
    .usage = "[RESULTS...] [--scores FILE] [--paper] [--methods A,B] [--datasets A,B] [--fig ID]\n"
             "                      [--reps N] [--seed S] [--out DIR] ...",
    .help = "tables, figures, verdicts and a page from result files (`--help`: every option)",
    .own_help = true,
    .run = run,
};
