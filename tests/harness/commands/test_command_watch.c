#include "engine/base/lock.h"
#include "harness/base/terminal.h"
#include "harness/commands/command.h"
#include "harness/curve/curve.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command_watch, .fini = command_line_remove_folder, .timeout = 60);
TestSuite(terminal);

static void write_run(int seed, const char *status, int evaluations)
{
    struct curve c = {.attributes = 0};
    const char *folder = command_line_path(at("runs/m/hopper-random-v2/odt/%d", seed));
    int32_t length = 1;
    uint8_t success = 0;
    curve_set(&c, "matrix", "m");
    curve_set(&c, "dataset", "hopper-random-v2");
    curve_set(&c, "method", "odt");
    curve_set(&c, "seed", "%d", seed);
    curve_set(&c, "status", "%s", status);
    curve_set(&c, "budget", "1000");
    for (int i = 0; i < evaluations; i++) {
        double raw = 1, score = 10 * i;
        struct curve_evaluation e = {i, 100 * i, i, i, &raw, &score, &length, &success};
        cr_assert_eq(curve_add_evaluation(&c, &e, 1), STATUS_OK);
    }
    cr_assert_eq(file_make_folder(folder), STATUS_OK);
    cr_assert_eq(curve_write(&c, at("%s/curve.h5", folder)), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

static char *watch(const char *options, enum status expected)
{
    char *printed;
    enum status result = command_line(&command_watch,
                                      at("%s %s", command_line_path("runs"), options), &printed);
    cr_assert_eq(result, expected, "%s", status_sentence());
    return printed;
}

Test(command_watch, shows_runs_under_way_and_counts_the_others)
{
    struct lock lock;
    setenv("LC_ALL", "C.UTF-8", 1);
    write_run(1, "running", 4);
    write_run(2, "complete", 4);
    cr_assert_eq(lock_try(&lock, command_line_path("runs/m/hopper-random-v2/odt/1/lock"), "it"),
                 STATUS_OK);
    char *printed = watch("--once", STATUS_OK);
    cr_expect(strstr(printed, "odt hopper-random-v2 seed 1") == printed, "%s", printed);
    cr_expect(strstr(printed, " 30.0   30 % ") != NULL, "%s", printed);
    cr_expect(strstr(printed, "▁▃▆█\n") != NULL, "%s", printed);
    cr_expect(strstr(printed, "seed 2") == NULL, "%s", printed);
    cr_expect(strstr(printed, "\n1 running, 1 done\n") != NULL, "%s", printed);
    cr_expect(strchr(printed, '\033') == NULL, "no terminal, no commands for one");
    free(printed);
    setenv("LC_ALL", "C", 1);
    printed = watch("--once", STATUS_OK);
    cr_expect(strstr(printed, "_,+#\n") != NULL, "%s", printed);
    free(printed);
    lock_release(&lock);
    /* Not running: it ends by itself. */
    printed = watch("", STATUS_OK);
    cr_expect_str_eq(printed, "1 stopped, 1 done\n");
    free(printed);
}

/* As `vitamin results` does: which, why, and it is an error. */
Test(command_watch, names_what_cannot_be_read)
{
    write_run(1, "complete", 4);
    write_run(2, "complete", 4);
    cr_assert_eq(file_replace(command_line_path("runs/m/hopper-random-v2/odt/2/curve.h5"), "no", 2),
                 STATUS_OK);
    for (int once = 0; once < 2; once++) {
        char *printed = watch(once ? "--once" : "", STATUS_FORMAT);
        cr_expect(strstr(printed, "m/hopper-random-v2/odt/2: ") == printed, "%s", printed);
        cr_expect(strstr(printed, "\n1 done, 1 unreadable\n") != NULL, "%s", printed);
        cr_expect(strstr(status_sentence(), "1 of 2 curves cannot be read; the first: ") != NULL,
                  "%s", status_sentence());
        free(printed);
    }
}

Test(command_watch, says_when_there_is_nothing)
{
    free(watch("", STATUS_IO));
    cr_assert_eq(file_make_folder(command_line_path("runs")), STATUS_OK);
    free(watch("--once", STATUS_MISSING));
    free(watch("--interval 0", STATUS_CONFIG));
}

Test(terminal, draws_the_last_numbers_between_their_extremes)
{
    const double rising[] = {0, 1, 2, 3, 4, 5, 6, 7}, gap[] = {1, NAN, 2, INFINITY},
                 flat[] = {3, 3};
    char out[64];
    terminal_sparkline(rising, 8, 20, true, out, sizeof out);
    cr_expect_str_eq(out, "▁▂▃▄▅▆▇█");
    terminal_sparkline(rising, 8, 3, false, out, sizeof out);
    cr_expect_str_eq(out, "_=#");
    terminal_sparkline(gap, 4, 20, false, out, sizeof out);
    cr_expect_str_eq(out, "_ # ");
    terminal_sparkline(flat, 2, 20, false, out, sizeof out);
    cr_expect_str_eq(out, "__");
    terminal_sparkline(flat, 0, 20, false, out, sizeof out);
    cr_expect_str_eq(out, "");
}

Test(terminal, believes_the_first_variable_that_is_set)
{
    setenv("LC_ALL", "", 1);
    setenv("LC_CTYPE", "de_DE.utf8", 1);
    setenv("LANG", "C", 1);
    cr_expect(terminal_has_utf8());
    setenv("LC_ALL", "POSIX", 1);
    cr_expect_not(terminal_has_utf8());
}
