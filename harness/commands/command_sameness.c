#include "harness/commands/command.h"

#include "harness/base/report_program.h"

struct arguments {
    const char *folder, *datasets, *methods, *seeds;
};

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"seeds",    's', "N|A-B", NULL, "only these seeds, each of which must be there", FIELD(seeds)},
    {"datasets", 'd', "LIST",  NULL, "only these datasets: ids or patterns, with commas between", FIELD(datasets)},
    {"methods",  'm', "LIST",  NULL, "only these methods", FIELD(methods)},
    {.name = NULL},
};
/* clang-format on */

/* The statistics are the report's. */
static enum status compare(void *context)
{
    const struct arguments *a = context;
    const char *const given[][2] = {
        {"--seeds", a->seeds}, {"--datasets", a->datasets}, {"--methods", a->methods}};
    char *argv[12] = {(char *)"report", (char *)"--sameness"};
    int argc = 2;
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i][1] == NULL)
            continue;
        argv[argc++] = (char *)given[i][0];
        argv[argc++] = (char *)given[i][1];
    }
    argv[argc++] = (char *)"--";
    argv[argc++] = (char *)a->folder;
    argv[argc] = NULL;
    return report_program_start(argv);
}

const struct command command_sameness = {
    .name = "sameness",
    .summary = "compare runs of matrix tiny with runs of the released program, as distributions",
    .description =
        "Compares scores, lengths, losses, Q, gradient norms and entropies of finished runs with "
        "those of recorded runs of the authors' program (results/reference) by permutation tests "
        "with Holm's correction, and says the smallest difference that it could have seen "
        "(docs/sameness.md). `make test-sameness` runs the matrix first.\n\n"
        "Exit status: 0 nothing differs, 1 something differs, or a run is missing, unfinished or "
        "cannot be read, 2 usage error.",
    .operands = "[RESULTS]",
    .operand_help = "folder of the runs",
    .operand_standard = "results/runs/tiny",
    COMMAND_OPERAND(struct arguments, folder),
    .examples = {{"vitamin sameness out/sameness/runs", "what `make test-sameness` has run"},
                 {"vitamin sameness -d maze2d-umaze-v1 -s 1-4", "four seeds on one dataset"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = compare,
};
