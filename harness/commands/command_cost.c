/* vitamin cost: the speed measured by the matrix `cost`, and what each matrix takes at it. */
#include "harness/commands/command.h"

#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/progress.h"
#include "harness/sweep/overview.h"

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
    const char *const *precision = hyper_table[hyper_find("precision")].words;
    say("Core-seconds (processor time) of one unit of work with networks of the paper's size (%s; "
        "%s):\n\n",
        t->machine, t->compiler);
    say("| suite | dataset | method | precision | real positions | actor update | critic update | "
        "batch sampling | transition | evaluation step | memory, GB |\n|%s\n",
        " --- | --- | --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for (int i = 0; i < t->count; i++) {
        const struct speed *s = &t->speed[i];
        if (s->small)
            continue;
        say("| %s | %s | %s | %s | %.0f %% |", s->suite->title, s->dataset, s->method,
            precision[s->precision], 100 * s->work.real_share);
        const double units[] = {s->actor,   s->critic,   s->sample,
                                s->rollout, s->evaluate, s->memory_gb};
        for (size_t k = 0; k < sizeof units / sizeof *units; k++)
            print_number(units[k]);
        printf("\n");
    }
}

struct arguments {
    const char *results, *preset, *data;
    char **matrix; /* NULL ends them; none: all but `cost` itself */
};

/* Hours with three digits that count, and commas: 1,190,000; 26.7; 0.05. */
static void print_hours(double hours)
{
    char digits[32], grouped[48];
    double unit = hours >= 1000 ? pow(10, floor(log10(hours)) - 2) : 1;
    int n = snprintf(digits, sizeof digits, "%.*f",
                     hours < 10    ? 2
                     : hours < 100 ? 1
                                   : 0,
                     round(hours / unit) * unit * (hours >= 1000) + hours * (hours < 1000));
    size_t used = 0;
    for (int i = 0; i < n; i++) {
        grouped[used++] = digits[i];
        if (hours >= 1000 && i + 1 < n && (n - i - 1) % 3 == 0)
            grouped[used++] = ',';
    }
    grouped[used] = '\0';
    printf(" %s |", grouped);
}

struct totals {
    double shortest, longest, all; /* core-seconds */
    double learning, counted;      /* of the estimates before any cell has finished */
};

static struct totals add_up(const struct cost *c, int cells)
{
    struct totals t = {.shortest = (double)INFINITY};
    for (int i = 0; i < cells; i++) {
        t.shortest = fmin(t.shortest, c->seconds[i]);
        t.longest = fmax(t.longest, c->seconds[i]);
        t.all += c->seconds[i];
        t.learning += c->part[i].learning;
        t.counted += speed_total(&c->part[i]);
    }
    return t;
}

/* The cells in other precisions than their own, in the order of the columns. */
static const int others[] = {HYPER_precision_bf16, HYPER_precision_bf16_amx};
enum { OTHERS = sizeof others / sizeof others[0] };

static void print_row(const struct matrix *m, const struct cost *c, double seconds,
                      const double other[OTHERS])
{
    struct totals t = add_up(c, m->cells);
    char wall[32];
    progress_duration(seconds, wall);
    say("| %s%s%s%s | %s | %d |", m->name, c->scaled > 0 ? " *" : "", c->measured > 0 ? " †" : "",
        c->nominal > 0 ? " ‡" : "", m->title, m->cells);
    print_hours(t.shortest / 3600);
    print_hours(t.longest / 3600);
    print_hours(t.all / 3600);
    say(" %s |", wall);
    for (int i = 0; i < OTHERS; i++)
        print_hours(other[i] / 3600);
    printf(t.counted > 0 ? " %.1f %% |\n" : " |\n", 100 * t.learning / t.counted);
}

static enum status print_matrix(const struct arguments *a, const struct speed_table *t,
                                const char *name)
{
    struct matrix m;
    struct overview o;
    TRY(matrix_load(name, a->preset, &m));
    enum status result = overview_init_at(&m, a->results, a->data, t, &o);
    if (result == STATUS_OK) {
        double wall = 0, other[OTHERS];
        result = overview_wall(&o, threads_available(), true, &wall);
        for (int i = 0; i < OTHERS && result == STATUS_OK; i++) {
            struct cost c;
            result = cost_init(&m, t, a->data, others[i], &c);
            if (result == STATUS_OK) {
                other[i] = add_up(&c, m.cells).all;
                cost_free(&c);
            }
        }
        if (result == STATUS_OK)
            print_row(&m, &o.cost, wall, other);
        overview_free(&o);
    }
    matrix_unload(&m);
    return result;
}

static const struct option_row options[] = {
    OPTION_RESULTS(struct arguments, results),
    OPTION_PRESET(struct arguments, preset, ),
    OPTION_DATA(struct arguments, data),
    {.name = NULL},
};

static enum status print_matrices(const struct arguments *a, const struct speed_table *t)
{
    for (char **name = a->matrix; *name != NULL; name++)
        TRY(print_matrix(a, t, *name));
    for (int i = 0; *a->matrix == NULL && matrix_name(i) != NULL; i++) {
        if (strcmp(matrix_name(i), "cost") != 0)
            TRY(print_matrix(a, t, matrix_name(i)));
    }
    printf(
        "\n* some of its methods, or their precision, were not measured; they are estimated from "
        "others by their arithmetic.\n"
        "† from the times of its finished cells.\n"
        "‡ all or some of it a guess, from a nominal speed.\n");
    return STATUS_OK;
}

static enum status print_costs(void *context)
{
    const struct arguments *a = context;
    struct speed_table t;
    TRY(file_check_folder(a->results));
    for (char **name = a->matrix; *name != NULL; name++) { /* before anything is printed */
        struct matrix m;
        TRY(matrix_load(*name, a->preset, &m));
        matrix_unload(&m);
    }
    enum status measured = speed_read(a->results, &t);
    if (measured != STATUS_OK && measured != STATUS_MISSING)
        return measured;
    if (measured == STATUS_OK)
        print_speeds(&t);
    else
        printf("Nothing was measured here: the numbers are guesses, from a nominal speed. `vitamin "
               "sweep cost`\nmeasures this machine, in about an hour of one core.\n");
    int cores = threads_available();
    say("\nCore-hours, preset %s (shortest run, longest run, all runs); the time on "
        "%d core%s:\n\n",
        a->preset != NULL ? a->preset : "of each matrix", cores, cores == 1 ? "" : "s");
    printf("| matrix | what | runs | shortest | longest | all | time | all in bf16 "
           "| all in bf16_amx | learning |\n"
           "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
    enum status result = print_matrices(a, measured == STATUS_OK ? &t : NULL);
    if (measured == STATUS_OK)
        speed_free(&t);
    return result;
}

const struct command command_cost = {
    .name = "cost",
    .summary = "estimate the core-hours of each matrix at this machine's speed",
    .description = "The speed is what `vitamin sweep cost` has measured below RESULTS/cost; before "
                   "that the numbers are guesses, and marked so. `plan`, `status` and `slurm` take "
                   "theirs from the same estimate.",
    .operands = "[MATRIX...]",
    .operand_help = "matrices (`vitamin plan` lists them); without any, all of them",
    COMMAND_OPERAND(struct arguments, matrix),
    .examples = {{"vitamin sweep cost", "measure first, in about an hour"},
                 {"vitamin cost paper lite --preset code", "two matrices, as the code does it"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .run = print_costs,
};
