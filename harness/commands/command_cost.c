/* vitamin cost: the speed measured by the matrix `cost`, and what each matrix takes at it. */
#include "harness/commands/command.h"

#include "engine/base/say.h"
#include "harness/sweep/speed.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* A cell of a Markdown table; an empty one where there is no such work. */
static void print_number(double x)
{
    if (!isfinite(x))
        printf(" |");
    else if (x != 0 && fabs(x) < 1e-2)
        printf(" %.2g |", x);
    else
        printf(" %.*f |", x < 10 ? 2 : x < 1000 ? 1 : 0, x);
}

static void print_speeds(const struct speed_table *t)
{
    say("Core-seconds of one unit of work at the paper's size (%s; %s):\n\n", t->machine,
        t->compiler);
    say("| suite | dataset | method | actor update | critic update | batch sampling | "
        "transition | evaluation step | memory, GB |\n|%s\n",
        " --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (int i = 0; i < t->count; i++) {
        const struct speed *s = &t->speed[i];
        say("| %s | %s | %s |", s->suite->title, s->dataset, s->method);
        const double units[] = {s->actor,   s->critic,   s->sample,
                                s->rollout, s->evaluate, s->memory_gb};
        for (size_t k = 0; k < sizeof units / sizeof *units; k++)
            print_number(units[k]);
        printf("\n");
    }
}

static enum status print_matrix(const struct speed_table *t, const char *name, const char *preset)
{
    struct matrix m;
    struct speed_estimate sum = {.exact = true};
    double least = (double)INFINITY, most = 0;
    TRY(matrix_load(name, preset, &m));
    enum status result = STATUS_OK;
    for (int i = 0; i < m.cells && result == STATUS_OK; i++) {
        struct speed_estimate one;
        result = speed_estimate(t, &m.cell[i], &one);
        double whole = one.learning + one.rollout + one.evaluation + one.store;
        sum.learning += one.learning;
        sum.rollout += one.rollout;
        sum.evaluation += one.evaluation;
        sum.store += one.store;
        sum.exact = sum.exact && one.exact;
        least = fmin(least, whole);
        most = fmax(most, whole);
    }
    if (result == STATUS_OK) {
        double whole = sum.learning + sum.rollout + sum.evaluation + sum.store;
        say("| %s%s | %s | %d |", name, sum.exact ? "" : " *", m.title, m.cells);
        print_number(least / 3600);
        print_number(most / 3600);
        print_number(whole / 3600);
        printf(" %.1f %% |\n", whole > 0 ? 100 * sum.learning / whole : 0);
    }
    matrix_unload(&m);
    return result;
}

struct arguments {
    const char *results, *preset;
    char **matrix; /* NULL ends them; none: all but `cost` itself */
};

static const struct option_row options[] = {
    OPTION_RESULTS(struct arguments, results),
    OPTION_PRESET(struct arguments, preset, ),
    {.name = NULL},
};

static enum status print_matrices(const struct arguments *a, const struct speed_table *t)
{
    for (char **name = a->matrix; *name != NULL; name++)
        TRY(print_matrix(t, *name, a->preset));
    for (int i = 0; *a->matrix == NULL && matrix_name(i) != NULL; i++) {
        if (strcmp(matrix_name(i), "cost") != 0)
            TRY(print_matrix(t, matrix_name(i), a->preset));
    }
    printf(
        "\n* some of its methods were not measured; they are estimated from TD3+ODT or TD3+BC by "
        "their arithmetic.\n");
    return STATUS_OK;
}

static enum status print_costs(void *context)
{
    const struct arguments *a = context;
    struct speed_table t;
    TRY(speed_read(a->results, &t));
    print_speeds(&t);
    say("\nCore-hours at that speed, preset %s (shortest run, longest run, all runs):\n\n",
        a->preset != NULL ? a->preset : "of each matrix");
    printf("| matrix | what | runs | shortest | longest | all | learning |\n"
           "| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    enum status result = print_matrices(a, &t);
    speed_free(&t);
    return result;
}

const struct command command_cost = {
    .name = "cost",
    .summary = "estimate the core-hours of each matrix at this machine's measured speed",
    .description = "The speed is what `vitamin sweep cost` has measured below RESULTS/cost.",
    .operands = "[MATRIX...]",
    .operand_help = "matrices (`vitamin plan` lists them); without any, all of them",
    COMMAND_OPERAND(struct arguments, matrix),
    .examples = {{"vitamin sweep cost", "measure first, in about an hour"},
                 {"vitamin cost paper lite --preset code", "two matrices, as the code does it"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = print_costs,
};
