#include "engine/base/file.h"
#include "harness/commands/command.h"
#include "harness/curve/curve.h"
#include "tests/support/command_line.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command_run, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

#define BUDGET " stop_transitions=100 score_at=100 pretrain_actor_steps=4"
#define LINE                                                                                       \
    "-d tests/data/hopper-random-dev.hdf5 -m odt --size tiny --quiet --out %s/out --seed 1-2"

static enum status run_line(const char *more, char **printed)
{
    char line[2 * FILE_PATH];
    snprintf(line, sizeof line, LINE " %s", tiny_run_path(""), more);
    return command_line(&command_run, line, printed);
}

static void expect_run(const char *more, const char *folder)
{
    char *printed;
    cr_assert_eq(run_line(more, &printed), STATUS_OK, "%s: %s", more, status_sentence());
    cr_assert(strstr(printed, folder) != NULL, "%s: %s", folder, printed);
    free(printed);
}

/* As in matrices: METHOD@key=value; whatever the order, each key once. */
Test(command_run, settings_have_a_folder_of_their_own)
{
    char path[FILE_PATH];
    const char *const name = "out/hopper-random-dev/odt-paper-tiny@batch_size=8,"
                             "pretrain_actor_steps=4,score_at=100,stop_transitions=100/seed2";
    expect_run("--set batch_size=8" BUDGET, name);
    expect_run("--set" BUDGET " batch_size=9 --set batch_size=8", name);
    expect_run("--set" BUDGET " batch_size=9", "@batch_size=9,");
    snprintf(path, sizeof path, "%s", tiny_run_path(name));
    struct curve c;
    snprintf(path + strlen(path), sizeof path - strlen(path), "/curve.h5");
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_assert(strncmp(curve_get(&c, "variant"), "batch_size=8,", 13) == 0);
    cr_assert(strstr(curve_get(&c, "title"), "ODT, batch_size=8") != NULL);
    curve_free(&c);
}

Test(command_run, extends_in_the_folder_of_the_shorter_run)
{
    char *printed;
    cr_assert_eq(run_line("--set" BUDGET " --extend 300", &printed), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "there is no run") != NULL, "%s", status_sentence());
    free(printed);
    cr_assert_not(file_exists(tiny_run_path("out")));
    expect_run("--keep-checkpoint --set" BUDGET, "stop_transitions=100/seed2");
    expect_run("--extend 300 --set" BUDGET, "stop_transitions=100/seed2");
    cr_assert_eq(run_line("--extend 500 --set" BUDGET, &printed), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "--keep-checkpoint") != NULL, "%s", status_sentence());
    free(printed);
}
