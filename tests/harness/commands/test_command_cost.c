#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command_cost, .fini = command_line_remove_folder, .timeout = 120);

static char *printed_by(const struct command *command, const char *words)
{
    char *printed;
    cr_assert_eq(command_line(command, words, &printed), STATUS_OK, "%s: %s", words,
                 status_sentence());
    return printed;
}

/* The k-th cell of the row of `name` in the table of `vitamin cost`. */
static void table_cell(const char *table, const char *name, int k, char out[64])
{
    char row[64];
    snprintf(row, sizeof row, "\n| %s ", name);
    const char *at = strstr(table, row);
    cr_assert_not_null(at, "%s", table);
    for (int i = 0; i <= k; i++)
        at = strchr(at + 1, '|');
    snprintf(out, 64, "%.*s", (int)(strcspn(at + 2, "|") - 1), at + 2);
}

/* `folder`: with measured speeds, or empty. */
static void expect_one_estimate(const char *folder, const char *matrix, const char *basis)
{
    enum { ALL = 5, TIME = 6 };
    char words[256], all[64], wall[64], text[160];
    snprintf(words, sizeof words, "%s --results %s", matrix, folder);
    char *cost = printed_by(&command_cost, words), *plan = printed_by(&command_plan, words),
         *status = printed_by(&command_status, words);
    snprintf(words, sizeof words, "%s --results %s --out %s", matrix, folder,
             command_line_path("job.sh"));
    char *slurm = printed_by(&command_slurm, words);
    table_cell(cost, matrix, ALL, all);
    table_cell(cost, matrix, TIME, wall);
    snprintf(text, sizeof text, " %s core-hours", all);
    cr_expect_not_null(strstr(plan, text), "'%s' in %s", text, plan);
    cr_expect_not_null(strstr(status, text), "'%s' in %s", text, status);
    cr_expect_not_null(strstr(slurm, text), "'%s' in %s", text, slurm);
    snprintf(text, sizeof text, " %s on ", wall);
    cr_expect_not_null(strstr(plan, text), "'%s' in %s", text, plan);
    cr_expect_not_null(strstr(plan, basis), "'%s' in %s", basis, plan);
    cr_expect_not_null(strstr(status, basis), "'%s' in %s", basis, status);
    cr_expect_not_null(strstr(slurm, basis), "'%s' in %s", basis, slurm);
    free(cost);
    free(plan);
    free(status);
    free(slurm);
}

Test(command_cost, plan_status_and_slurm_have_its_number_and_say_what_it_rests_on)
{
    expect_one_estimate(command_line_folder(), "demo", "a guess: nothing was measured");
    expect_one_estimate("results/runs", "demo", "at the speed measured by `vitamin sweep cost`");
}

Test(command_cost, counts_finished_cells_with_what_they_took)
{
    char all[64], text[160];
    char *cost = printed_by(&command_cost, "lite --results results/runs"),
         *plan = printed_by(&command_plan, "lite --results results/runs");
    table_cell(cost, "lite", 5, all);
    snprintf(text, sizeof text, " of %s core-hours in all,", all);
    cr_expect_not_null(strstr(plan, text), "'%s' in %s", text, plan);
    cr_expect_not_null(strstr(plan, "finished cells, for the others scaled by"), "%s", plan);
    free(cost);
    free(plan);
}

Test(command_cost, marks_what_is_a_guess)
{
    char words[256];
    snprintf(words, sizeof words, "demo --results %s", command_line_folder());
    char *printed = printed_by(&command_cost, words);
    cr_expect_not_null(strstr(printed, "Nothing was measured here"));
    cr_expect_not_null(strstr(printed, "| demo ‡ |"), "%s", printed);
    free(printed);
}

Test(command_cost, prints_nothing_before_a_wrong_name)
{
    char *printed;
    cr_assert_eq(command_line(&command_cost, "demo nomatrix --results results/runs", &printed),
                 STATUS_CONFIG);
    cr_expect_str_eq(printed, "");
    free(printed);
}
