/* vitamin cost: the speed measured by the matrix `cost`, and what each matrix takes at it. */
#include "harness/commands/command_cost.h"

#include "engine/base/say.h"
#include "harness/base/argument.h"
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
    say("| suite | dataset | method | actor update | critic update | drawing batches | "
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

static enum status run(int argc, char **argv)
{
    const char *results = NULL, *preset = NULL;
    int rest;
    TRY(argument_read(argc, argv,
                      (const struct argument[]){{"results", .text = &results},
                                                {"preset", .text = &preset},
                                                {.name = NULL}},
                      &rest));
    if (preset != NULL && !config_is_preset(preset))
        return status_fail(STATUS_CONFIG, "unknown preset '%s'; there are paper and code", preset);
    struct speed_table t;
    TRY(speed_read(results, &t));
    print_speeds(&t);
    say("\nCore-hours at that speed, preset %s (least and most of one run, and all runs):\n\n",
        preset != NULL ? preset : "of each matrix");
    printf("| matrix | what | runs | least | most | all | learning |\n"
           "| --- | --- | ---: | ---: | ---: | ---: | ---: |\n");
    enum status result = STATUS_OK;
    if (rest < argc) {
        for (int i = rest; i < argc && result == STATUS_OK; i++)
            result = print_matrix(&t, argv[i], preset);
    } else {
        for (int i = 0; matrix_name(i) != NULL && result == STATUS_OK; i++) {
            if (strcmp(matrix_name(i), "cost") != 0)
                result = print_matrix(&t, matrix_name(i), preset);
        }
    }
    speed_free(&t);
    if (result == STATUS_OK)
        printf(
            "\n* some of its methods were not measured and are reckoned from TD3+ODT or TD3+BC by "
            "their arithmetic.\n");
    return result;
}

const struct command command_cost = {
    .name = "cost",
    .usage = "[MATRIX...] [--results FOLDER] [--preset paper|code]",
    .help = "core-hours of each matrix at this machine's speed, as measured by `sweep cost`",
    .run = run,
};
