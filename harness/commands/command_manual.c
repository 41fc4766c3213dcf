#include "harness/commands/command.h"

#include "engine/base/completion.h"
#include "engine/base/manual.h"
#include "harness/base/report_program.h"

struct arguments {
    const char *shell;
};

static enum status print_completion(void *context)
{
    const char *shell = ((const struct arguments *)context)->shell;
    TRY(completion_print(&vitamin, shell));
    /* `vitamin report` is a program of its own, with a table of its own. */
    return report_program_run(
        (char *[]){(char *)"report", (char *)"--completion", (char *)shell, NULL});
}

static enum status print_page(void *unused)
{
    (void)unused;
    manual_page(stdout, &vitamin);
    return STATUS_OK;
}

const struct command command_completion = {
    .name = "completion",
    .summary = "print the completion script of a shell",
    .operands = "SHELL",
    .operand_help = "bash, zsh or fish",
    COMMAND_OPERAND(struct arguments, shell),
    .examples = {{"source <(vitamin completion bash)", "complete in the running bash"},
                 {"vitamin completion zsh > ~/.zfunc/_vitamin",
                  "for zsh, in a folder of its fpath"},
                 {"vitamin completion fish > ~/.config/fish/completions/vitamin.fish",
                  "for fish, from its next start on"}},
    .arguments = sizeof(struct arguments),
    .run = print_completion,
};

const struct command command_man = {
    .name = "man",
    .summary = "print the manual page",
    .description = "The page of the report is printed by `vitamin report --man`. `make man` writes "
                   "both into the build folder.",
    .examples = {{"vitamin man | man -l -", "read it"}},
    .run = print_page,
};
