#include "suites/dataset_episodes.h"

#include "suites/dataset_table.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROWS = 60 };

/* A file of hopper's shape whose rows end where `terminal` and `timeout` say; NULL: no such field.
 */
static void write_file(const char *path, const uint8_t *terminal, const uint8_t *timeout)
{
    static float number[ROWS * 11];
    struct h5 f;
    size_t state[] = {ROWS, 11}, action[] = {ROWS, 3}, rows[] = {ROWS};
    cr_assert_eq(h5_create(&f, path), STATUS_OK, "%s", status_sentence());
    h5_write_float(&f, "observations", 2, state, number);
    h5_write_float(&f, "next_observations", 2, state, number);
    h5_write_float(&f, "actions", 2, action, number);
    h5_write_float(&f, "rewards", 1, rows, number);
    h5_write(&f, "terminals", H5T_NATIVE_UINT8, H5T_NATIVE_UINT8, 1, rows, 0, terminal);
    if (timeout != NULL)
        h5_write(&f, "timeouts", H5T_NATIVE_UINT8, H5T_NATIVE_UINT8, 1, rows, 0, timeout);
    cr_assert_eq(h5_close(&f), STATUS_OK);
}

static double read_steps(const uint8_t *terminal, const uint8_t *timeout)
{
    char folder[] = "/tmp/vitamin-episodes-XXXXXX", path[64];
    double steps = -1;
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/hopper-mine.hdf5", folder);
    write_file(path, terminal, timeout);
    cr_assert_eq(dataset_read_episodes(path, NULL, &steps), STATUS_OK, "%s", status_sentence());
    remove(path);
    rmdir(folder);
    return steps;
}

Test(dataset_episodes, are_counted_from_the_flags_of_a_file)
{
    uint8_t terminal[ROWS] = {0}, timeout[ROWS] = {0};
    terminal[9] = terminal[19] = timeout[19] = timeout[47] = 1; /* 12 more rows have no end */
    cr_assert_float_eq(read_steps(terminal, timeout), 16, 1e-12);
    cr_assert_float_eq(read_steps(terminal, NULL), 10, 1e-12);
    memset(terminal, 0, sizeof terminal);
    cr_assert_eq(read_steps(terminal, NULL), 1000, "a walk without an end: the time limit");
}

Test(dataset_episodes, of_d4rls_files_are_known)
{
    cr_assert_float_eq(dataset_known_episodes("hopper-random-v2"), 22.1, 0.05);
    cr_assert_eq(dataset_known_episodes("halfcheetah-medium-v2"), 1000);
    cr_assert_eq(dataset_known_episodes("pen-human-v1"), 100);
    cr_assert_eq(dataset_known_episodes("nothing"), 0);
    for (int i = 0; i < dataset_count; i++) {
        double steps = dataset_known_episodes(dataset_table[i].id);
        cr_assert(steps >= 10 && steps <= dataset_env(dataset_table[i].id)->time_limit, "%s: %g",
                  dataset_table[i].id, steps);
    }
}

Test(dataset_episodes, of_no_file_are_an_error)
{
    double steps;
    cr_assert_neq(dataset_read_episodes("/nonexistent/hopper-mine.hdf5", NULL, &steps), STATUS_OK);
}
