#include "harness/commands/command.h"

#include "engine/base/memory.h"
#include "harness/base/report_program.h"
#include "harness/matrix/matrix.h"
#include "harness/run/run.h"

#include <stdio.h>
#include <stdlib.h>

struct arguments {
    const char *folder, *datasets, *methods, *seeds;
    bool any_settings;
};

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"seeds",    's', "N|A-B", NULL, "only these seeds, each of which must be there", FIELD(seeds)},
    {"datasets", 'd', "LIST",  NULL, "only these datasets: ids or patterns, with commas between", FIELD(datasets)},
    {"methods",  'm', "LIST",  NULL, "only these methods", FIELD(methods)},
    {"any-settings", 0, NULL, NULL, "compare also runs whose settings are not matrix tiny's: with faults planted on purpose", FIELD(any_settings)},
    {.name = NULL},
};
/* clang-format on */

/* What the report program is started with; nothing is freed, for it takes this one's place. */
struct words {
    char **word; /* NULL-terminated */
    int count;
};

static enum status add_word(struct words *w, const char *word)
{
    for (int i = 0; i < 2; i++) { /* and a NULL behind it, which the next one takes the place of */
        TRY(memory_grow((void **)&w->word, w->count, sizeof *w->word, "the arguments"));
        w->word[w->count++] = i == 0 ? (char *)word : NULL;
    }
    w->count--;
    return STATUS_OK;
}

/* "METHOD DATASET" and the configuration of the cell's runs. */
static enum status add_settings(struct words *w, const struct matrix_cell *cell)
{
    struct config_request request;
    struct hyper h;
    char *config, *text;
    matrix_request(cell, &request);
    TRY(run_configure(&request, &h));
    TRY(config_identity(&h, &config));
    int length = asprintf(&text, "%s %s\n%s", cell->method, cell->dataset, config);
    free(config);
    if (length < 0)
        return status_fail(STATUS_MEMORY, "no memory for the settings of matrix tiny");
    TRY(add_word(w, "--settings"));
    return add_word(w, text);
}

static enum status add_all_settings(struct words *w)
{
    struct matrix tiny;
    TRY(matrix_load("tiny", NULL, &tiny));
    enum status result = STATUS_OK;
    for (int i = 0; i < tiny.cells && result == STATUS_OK; i++) {
        bool before = false;
        for (int k = 0; k < i; k++)
            before |= matrix_same_kind(&tiny.cell[k], &tiny.cell[i]);
        if (!before)
            result = add_settings(w, &tiny.cell[i]);
    }
    matrix_unload(&tiny);
    return result;
}

/* The statistics are the report's. */
static enum status compare(void *context)
{
    const struct arguments *a = context;
    struct words w = {.count = 0};
    const char *const given[][2] = {
        {"--seeds", a->seeds}, {"--datasets", a->datasets}, {"--methods", a->methods}};
    TRY(add_word(&w, "report"));
    TRY(add_word(&w, "--sameness"));
    for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
        if (given[i][1] == NULL)
            continue;
        TRY(add_word(&w, given[i][0]));
        TRY(add_word(&w, given[i][1]));
    }
    if (!a->any_settings)
        TRY(add_all_settings(&w));
    TRY(add_word(&w, "--"));
    TRY(add_word(&w, a->folder));
    return report_program_start(w.word);
}

const struct command command_sameness = {
    .name = "sameness",
    .summary = "compare runs of matrix tiny with runs of the released program, as distributions",
    .description =
        "Compares scores, lengths, losses, Q, gradient norms and entropies of finished runs with "
        "those of recorded runs of the authors' program (results/reference) by permutation tests "
        "with Holm's correction, and says the smallest difference that it could have seen "
        "(docs/sameness.md). `make test-sameness` runs the matrix first.\n\n"
        "Exit status: 0 nothing differs, 1 something differs, or a run is missing, unfinished, "
        "has other settings or cannot be read, 2 usage error.",
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
