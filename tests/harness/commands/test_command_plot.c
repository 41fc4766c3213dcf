#include "engine/base/file.h"
#include "harness/commands/command.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"

#include "harness/curve/curve.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

TestSuite(command_plot, .fini = command_line_remove_folder, .timeout = 60);

static void write_run(const char *name, const char *method)
{
    struct curve c = {.attributes = 0};
    const char *folder = command_line_path(name);
    int32_t length = 1;
    uint8_t success = 0;
    curve_set(&c, "dataset", "hopper-random-v2");
    curve_set(&c, "method", "%s", method);
    curve_set(&c, "seed", "1");
    curve_set(&c, "status", "running");
    for (int i = 0; i < 3; i++) {
        double raw = 1, score = 10 * i;
        struct curve_evaluation e = {i, 100 * i, i, i, &raw, &score, &length, &success};
        struct curve_iteration row = curve_blank_iteration();
        row.value[CURVE_phase] = 1;
        row.value[CURVE_transitions] = 100 * i;
        row.value[CURVE_loss_actor] = 2 - i;
        cr_assert_eq(curve_add_evaluation(&c, &e, 1), STATUS_OK);
        cr_assert_eq(curve_add_iteration(&c, &row), STATUS_OK);
    }
    cr_assert_eq(file_make_folder(folder), STATUS_OK);
    cr_assert_eq(curve_write(&c, at("%s/curve.h5", folder)), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

static void need_gnuplot(void)
{
    if (system("gnuplot --version > /dev/null 2>&1") != 0)
        cr_skip_test("gnuplot is not installed");
}

/* gnuplot writes to the standard output that it is given. */
Test(command_plot, draws_what_a_run_has_as_text)
{
    char *printed;
    need_gnuplot();
    write_run("runs/a/1", "odt");
    cr_assert_eq(command_line(&command_plot, command_line_path("runs/a/1"), &printed), STATUS_OK,
                 "%s", status_sentence());
    cr_expect(strstr(printed, "odt hopper-random-v2 seed 1: stopped\n") == printed, "%s", printed);
    cr_expect(strstr(printed, " score ") != NULL, "%s", printed);
    cr_expect(strstr(printed, "loss_actor") != NULL, "%s", printed);
    cr_expect(strstr(printed, "loss_critic") == NULL, "what nobody has is not drawn");
    cr_expect(strstr(printed, "online transitions") != NULL, "%s", printed);
    free(printed);
}

/* On a terminal of 40 columns: the numbers below the axis stand apart. */
Test(command_plot, numbers_of_a_narrow_axis_do_not_overlap)
{
    const char *build = getenv("BUILD");
    char *text;
    size_t bytes;
    need_gnuplot();
    if (system("script --version > /dev/null 2>&1") != 0)
        cr_skip_test("script is not installed");
    struct curve c = {.attributes = 0};
    curve_set(&c, "dataset", "hopper-random-v2");
    curve_set(&c, "method", "odt");
    curve_set(&c, "seed", "1");
    for (int i = 0; i <= 10; i++) {
        double raw = 1, score = 10 * i;
        int32_t length = 1;
        uint8_t success = 0;
        struct curve_evaluation e = {i, 100 * i, i, i, &raw, &score, &length, &success};
        cr_assert_eq(curve_add_evaluation(&c, &e, 1), STATUS_OK);
    }
    cr_assert_eq(file_make_folder(command_line_path("runs/a/1")), STATUS_OK);
    cr_assert_eq(curve_write(&c, command_line_path("runs/a/1/curve.h5")), STATUS_OK);
    curve_free(&c);
    cr_assert_eq(system(at("TERM=xterm script -qc 'stty cols 40 rows 10; %s/vitamin plot %s' "
                           "/dev/null > %s < /dev/null",
                           build != NULL ? build : "build/gcc", command_line_path("runs/a/1"),
                           command_line_path("drawn"))),
                 0);
    cr_assert_eq(file_read(command_line_path("drawn"), 1 << 20, &text, &bytes), STATUS_OK);
    const char *axis = strstr(text, " 500 "), *end = axis != NULL ? strstr(axis, " 1000 ") : NULL;
    cr_assert(end != NULL, "%s", text);
    cr_expect_eq(strspn(axis + 5, " "), (size_t)(end - axis - 4), "nothing between: %s", text);
    free(text);
}

Test(command_plot, draws_several_runs_into_a_file)
{
    char *picture;
    size_t bytes;
    need_gnuplot();
    write_run("runs/a/1", "odt");
    write_run("runs/b/1", "it's `touch hit` <b>");
    cr_assert_eq(command_line(&command_plot,
                              at("%s --metric score --out %s", command_line_path("runs"),
                                 command_line_path("it.svg")),
                              NULL),
                 STATUS_OK, "%s", status_sentence());
    cr_assert_eq(file_read(command_line_path("it.svg"), 1 << 20, &picture, &bytes), STATUS_OK);
    cr_expect(strstr(picture, "`touch hit` &lt;b") != NULL);
    free(picture);
}

Test(command_plot, says_what_cannot_be_drawn)
{
    static const struct {
        const char *options, *part;
    } wrong[] = {{"--metric scor", "did you mean 'score'"},
                 {"--metric entropy", "entropy: nothing has been recorded yet"},
                 {"--out it.gif", "should end in .png, .svg or .pdf"},
                 {"--follow 0", "--follow is '0'"}};
    write_run("runs/a/1", "odt");
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const char *words = at("%s %s", command_line_path("runs"), wrong[i].options);
        cr_expect_neq(command_line(&command_plot, words, NULL), STATUS_OK, "%s", words);
        cr_expect(strstr(status_sentence(), wrong[i].part) != NULL, "%s", status_sentence());
    }
    cr_assert_eq(command_line(&command_plot, "", NULL), STATUS_CONFIG);
    for (int i = 0; i < 13; i++)
        write_run(at("many/%d/1", i), "odt");
    cr_assert_eq(command_line(&command_plot, command_line_path("many"), NULL), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "more than 12 runs") != NULL, "%s", status_sentence());
}
