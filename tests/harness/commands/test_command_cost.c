#include "engine/base/file.h"
#include "harness/matrix/matrix.h"
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

/* Whatever looks at results says so when they can lie nowhere, and does not count zero. */
Test(command_cost, results_that_are_no_folder_are_refused_by_all)
{
    static const struct command *const all[] = {&command_cost, &command_plan, &command_status,
                                                &command_slurm, &command_sweep};
    const char *file = command_line_path("foo.txt");
    cr_assert_eq(file_replace(file, "hello\n", 6), STATUS_OK);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        char words[512], *printed;
        snprintf(words, sizeof words, "smoke --results %.300s", file);
        cr_expect_eq(command_line(all[i], words, &printed), STATUS_IO, "%s", all[i]->name);
        cr_expect_str_eq(printed, "", "%s", all[i]->name);
        cr_expect_not_null(strstr(status_sentence(), "foo.txt: exists but is not a folder"),
                           "%s: %s", all[i]->name, status_sentence());
        free(printed);
        cr_expect_eq(command_line(all[i], "smoke --results /dev/null", NULL), STATUS_IO, "%s",
                     all[i]->name);
        cr_expect_eq(command_line(all[i], "smoke --results=", NULL), STATUS_CONFIG, "%s",
                     all[i]->name);
    }
}

/* A curve that lies there and cannot be read is no cell to be done: both say so. */
Test(command_cost, plan_and_status_fail_where_a_curve_cannot_be_read)
{
    static const struct command *const both[] = {&command_plan, &command_status};
    struct matrix m;
    char folder[FILE_PATH], path[FILE_PATH], words[512];
    cr_assert_eq(matrix_load("smoke", NULL, &m), STATUS_OK);
    cr_assert_eq(matrix_folder(&m.cell[0], command_line_folder(), folder), STATUS_OK);
    cr_assert_eq(file_make_folder(folder), STATUS_OK);
    cr_assert_eq(file_path(path, "%s/curve.h5", folder), STATUS_OK);
    cr_assert_eq(file_replace(path, "no curve", 8), STATUS_OK);
    matrix_unload(&m);
    snprintf(words, sizeof words, "smoke --results %.300s", command_line_folder());
    for (int i = 0; i < 2; i++) {
        cr_expect_eq(command_line(both[i], words, NULL), STATUS_FORMAT, "%s", both[i]->name);
        cr_expect_not_null(
            strstr(status_sentence(), "1 curve cannot be read; the first, of cell 1"), "%s",
            status_sentence());
    }
}
