#include "harness/commands/command.h"

#include "engine/base/escape.h"
#include "engine/base/h5.h"
#include "harness/curve/provenance.h"
#include "harness/matrix/record.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(status_command, .fini = command_line_remove_folder, .timeout = 60);
TestSuite(command_results, .fini = command_line_remove_folder, .timeout = 60);

/* A recorded run as it stands in a results folder. Scores are means of two episodes. */
struct made {
    const char *folder, *matrix, *dataset, *suite, *method, *status, *revision, *dirty, *reduced;
    int seed, evaluations;
    double score[4];
};

/* clang-format off */
static const struct made made[] = {
    {"mujoco/hopper-medium-v2/td3_odt/2", "mujoco", "hopper-medium-v2", "mujoco", "td3_odt", "complete", NULL, "0", "", 2, 3, {10, 40, 30, 0}},
    {"mujoco/hopper-medium-v2/td3_odt/10", "mujoco", "hopper-medium-v2", "mujoco", "td3_odt", "diverged", NULL, "1", "", 10, 1, {12, 0, 0, 0}},
    {"fig5a/pen-human-v1/td3_odt@alpha_online=10,\"q\"/1", "fig5a", "pen-human-v1", "adroit", "td3_odt", "running", "0123456789ab", "0", "n_layer 1 (paper 4), \"x\"", 1, 2, {1, -2.5, 0, 0}},
    {"mujoco/hopper-medium-v2/odt/1", "mujoco", "hopper-medium-v2", "mujoco", "odt", "running", "0123456789ab", "1", "", 1, 0, {0, 0, 0, 0}},
};
/* clang-format on */
enum { MADE = sizeof made / sizeof *made };

static void write_run(const struct made *m)
{
    struct curve c = {.attributes = 0};
    char path[FILE_PATH];
    curve_set(&c, "matrix", "%s", m->matrix);
    curve_set(&c, "dataset", "%s", m->dataset);
    curve_set(&c, "suite", "%s", m->suite);
    curve_set(&c, "method", "%s", m->method);
    curve_set(&c, "label", "label of %s", m->method);
    curve_set(&c, "preset", "paper");
    curve_set(&c, "size", "paper");
    curve_set(&c, "seed", "%d", m->seed);
    curve_set(&c, "status", "%s", m->status);
    curve_set(&c, "revision", "%s", m->revision != NULL ? m->revision : provenance_revision());
    curve_set(&c, "dirty", "%s", m->dirty);
    curve_set(&c, "reduced", "%s", m->reduced);
    curve_set(&c, "dataset_kind", "d4rl");
    curve_set(&c, "config_hash", "abc");
    curve_set(&c, "failure", "%s", strcmp(m->status, "diverged") == 0 ? "NaN in\nQ1" : "");
    for (int i = 0; i < m->evaluations; i++) {
        double raw[2] = {1, 2}, score[2] = {m->score[i] - 1, m->score[i] + 1};
        int32_t length[2] = {5, 6};
        uint8_t success[2] = {0, 1};
        struct curve_evaluation row = {i, i * 1000, i * 300, i * 1.5, raw, score, length, success};
        cr_assert_eq(curve_add_evaluation(&c, &row, 2), STATUS_OK);
    }
    snprintf(path, sizeof path, "%s/%s", command_line_folder(), m->folder);
    cr_assert_eq(file_make_folder(path), STATUS_OK, "%s", status_sentence());
    strcat(path, "/curve.h5");
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

static void make_results(void)
{
    for (int i = 0; i < MADE; i++)
        write_run(&made[i]);
}

static char *list_with(const char *options, enum status expected)
{
    char words[2 * FILE_PATH], *printed;
    snprintf(words, sizeof words, "%s %s", command_line_folder(), options);
    cr_assert_eq(command_line(&command_results, words, &printed), expected, "%s: %s", options,
                 status_sentence());
    return printed;
}

static char *list(const char *options)
{
    return list_with(options, STATUS_OK);
}

static void refuse(const char *options, enum status expected, const char *part)
{
    char words[2 * FILE_PATH];
    snprintf(words, sizeof words, "%s %s", command_line_folder(), options);
    cr_assert_eq(command_line(&command_results, words, NULL), expected, "%s", options);
    cr_assert_not_null(strstr(status_sentence(), part), "%s: %s", options, status_sentence());
}

static int count(const char *text, const char *part)
{
    int n = 0;
    for (; (text = strstr(text, part)) != NULL; text += strlen(part))
        n++;
    return n;
}

/* Field `column` of line `line` (0: the header) of a CSV text, quotes taken off. */
static const char *field(const char *csv, int line, const char *name)
{
    static char out[2048];
    int want = -1;
    for (int k = 0;;) { /* the header finds the column, then `line` gives the field */
        size_t n = 0;
        bool quoted = *csv == '"';
        csv += quoted;
        while (*csv != '\0' && (quoted || strchr(",\n", *csv) == NULL)) {
            if (quoted && *csv == '"' && *++csv != '"')
                break;
            out[n++] = *csv++;
        }
        out[n] = '\0';
        if (line == 0 && k == want)
            return out;
        if (want < 0 && strcmp(out, name) == 0)
            want = k;
        k++;
        cr_assert(*csv == ',' || *csv == '\n', "line ends early at '%s'", csv);
        if (*csv++ == '\n') {
            cr_assert_geq(want, 0, "no column '%s'", name);
            line--;
            k = 0;
        }
    }
}

Test(command_results, lists_runs_in_order_with_their_scores_and_their_code)
{
    make_results();
    char *text = list("");
    const char *two = strstr(text, "  hopper-medium-v2           td3_odt             2  done");
    const char *ten = strstr(text, "  hopper-medium-v2           td3_odt            10  diverged");
    cr_assert(two != NULL && ten != NULL && two < ten, "%s", text);
    cr_assert_not_null(strstr(two, "  10.0   30.0"), "%s", text);
    cr_assert_not_null(strstr(text, "NaN in Q1"), "a line's end in a reason must go: %s", text);
    cr_assert_eq(count(text, "0123456789ab\n"), 1, "%s", text);
    cr_assert_eq(count(text, "0123456789ab, dirty\n"), 1, "%s", text);
    cr_assert_eq(count(text, "this\n"), 1, "%s", text);
    cr_assert_eq(count(text, "this, dirty\n"), 1, "%s", text);
    cr_assert_eq(count(text, "d4rl, reduced"), 1, "%s", text);
    cr_assert_not_null(strstr(text, "4 runs: 2 stopped, 1 done, 1 diverged"), "%s", text);
    cr_assert_not_null(strstr(text, "2 by another revision"), "%s", text);
    cr_assert_not_null(strstr(text, "2 by code with uncommitted changes"), "%s", text);
    free(text);
}

Test(command_results, exports_csv_that_reads_back)
{
    make_results();
    char *csv = list("--csv");
    cr_assert_eq(count(csv, "\n"), 1 + MADE);
    /* path order: fig5a, mujoco/odt, mujoco/td3_odt/2, .../10 */
    cr_assert_str_eq(field(csv, 1, "matrix"), "fig5a");
    cr_assert_str_eq(field(csv, 1, "variant"), "alpha_online=10,\"q\"");
    cr_assert_str_eq(field(csv, 1, "reduced"), "n_layer 1 (paper 4), \"x\"");
    cr_assert_str_eq(field(csv, 1, "first_score"), "1");
    cr_assert_str_eq(field(csv, 1, "last_score"), "-2.5");
    cr_assert_str_eq(field(csv, 1, "status"), "stopped");
    cr_assert_str_eq(field(csv, 1, "revision"), "0123456789ab");
    cr_assert_str_eq(field(csv, 1, "this_code"), "0");
    cr_assert_str_eq(field(csv, 2, "method"), "odt");
    cr_assert_str_eq(field(csv, 2, "first_score"), "", "no evaluation: empty, not 0");
    cr_assert_str_eq(field(csv, 3, "best_score"), "40");
    cr_assert_str_eq(field(csv, 3, "transitions"), "2000");
    cr_assert_str_eq(field(csv, 3, "seconds"), "3.000");
    cr_assert_str_eq(field(csv, 3, "this_code"), provenance_dirty() ? "0" : "1");
    cr_assert_str_eq(field(csv, 4, "seed"), "10");
    cr_assert_str_eq(field(csv, 4, "this_code"), "0", "a dirty tree is never this code");
    cr_assert_str_eq(field(csv, 4, "status"), "diverged");
    free(csv);
}

/* clang-format off */
static const struct {
    const char *options;
    int runs;
} filters[] = {
    {"--method td3_odt", 3},      {"--method odt,td3*", 4},          {"--method td3_odt@alpha*", 1},
    {"--dataset adroit", 1},      {"--dataset hopper-*", 3},         {"--status diverged,done", 2},
    {"--matrix fig5a", 1},        {"--matrix mujoco", 3},            {"--matrix main", 3},
    {"--matrix m*", 3},           {"--method odt --status stopped", 1},
};
/* clang-format on */

ParameterizedTestParameters(command_results, filters_by_names_and_patterns)
{
    static int rows[sizeof filters / sizeof *filters];
    for (int i = 0; i < (int)(sizeof rows / sizeof *rows); i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(int *row, command_results, filters_by_names_and_patterns)
{
    char options[256];
    make_results();
    snprintf(options, sizeof options, "--csv %s", filters[*row].options);
    char *csv = list(options);
    cr_assert_eq(count(csv, "\n"), 1 + filters[*row].runs, "%s: %s", filters[*row].options, csv);
    free(csv);
    command_line_remove_folder();
}

Test(command_results, shows_what_cannot_be_read_and_goes_on)
{
    char path[FILE_PATH];
    write_run(&made[0]);
    snprintf(path, sizeof path, "%s/mujoco/pen/odt/1", command_line_folder());
    cr_assert_eq(file_make_folder(path), STATUS_OK);
    strcat(path, "/curve.h5");
    cr_assert_eq(file_replace(path, "\x89HDF\r\n\x1a\n damaged", 17), STATUS_OK);
    char *text = list_with("", STATUS_FORMAT);
    cr_assert_not_null(strstr(status_sentence(), "1 of 2 curves cannot be read"));
    cr_assert_not_null(strstr(text, "mujoco/pen/odt/1: "), "%s", text);
    cr_assert_not_null(strstr(text, "2 runs: 1 done, 1 unreadable"), "%s", text);
    free(text);
    text = list_with("--status unreadable --csv", STATUS_FORMAT);
    cr_assert_eq(count(text, "\n"), 2);
    cr_assert_not_null(strstr(field(text, 1, "reason"), "curve.h5"), "%s", text);
    free(text);
    free(list("--status done"));
}

Test(command_results, reads_one_run_by_its_folder_or_its_file)
{
    char words[FILE_PATH], *text;
    write_run(&made[0]);
    for (int i = 0; i < 2; i++) {
        snprintf(words, sizeof words, "%s/%s/%s", command_line_folder(), made[0].folder,
                 i == 0 ? "" : "curve.h5");
        cr_assert_eq(command_line(&command_results, words, &text), STATUS_OK, "%s",
                     status_sentence());
        cr_assert_not_null(strstr(text, "1 run: 1 done"), "%s", text);
        free(text);
    }
}

Test(command_results, says_what_is_wrong_with_the_question)
{
    refuse("", STATUS_MISSING, "no recorded run");
    make_results();
    refuse("--method td3odt", STATUS_CONFIG, "'td3_odt'");
    refuse("--matrix fig5b", STATUS_CONFIG, "'fig5a'");
    refuse("--status finished", STATUS_CONFIG, "matches none of the 4 runs");
    refuse("--dataset adroit --method odt", STATUS_CONFIG, "none of the 1 runs");
    refuse("--colour", STATUS_CONFIG, "--colour");
    refuse("another", STATUS_CONFIG, "unexpected argument 'another'");
    cr_assert_eq(command_line(&command_results, "/nonexistent/folder", NULL), STATUS_IO);
    cr_assert_not_null(strstr(status_sentence(), "/nonexistent/folder"), "%s", status_sentence());
}

/* A run below a folder that cannot be looked at (here: its path is too long) is not one less. */
Test(command_results, refuses_to_list_less_than_there_is)
{
    char name[201], here[FILE_PATH];
    make_results();
    memset(name, 'a', 200);
    name[200] = '\0';
    cr_assert_not_null(getcwd(here, sizeof here));
    cr_assert_eq(chdir(command_line_folder()), 0);
    for (int i = 0; i < 22; i++) {
        cr_assert_eq(mkdir(name, 0777), 0);
        cr_assert_eq(chdir(name), 0);
    }
    cr_assert_eq(chdir(here), 0);
    refuse("", STATUS_IO, "File name too long");
}

/* Two folders, one run each with another score, one only here, one only there. */
Test(command_results, compares_two_folders_bit_by_bit)
{
    char words[4 * FILE_PATH], folder[FILE_PATH], *text;
    struct made m = made[0];
    static const char *const names[] = {"a/same", "b/same", "a/other", "b/other", "a/x", "b/y"};
    for (int i = 0; i < 6; i++) {
        m.folder = names[i];
        m.score[1] = i == 3 ? 41 : 40;
        m.seed = i / 2;
        write_run(&m);
    }
    snprintf(folder, sizeof folder, "%s", command_line_folder());
    snprintf(words, sizeof words, "%s/a --compare %s/b", folder, folder);
    cr_assert_eq(command_line(&command_results, words, &text), STATUS_FORMAT, "%s",
                 status_sentence());
    cr_assert_not_null(strstr(text, "other: evaluation 1 (1000 transitions): 'score' differs\n"),
                       "%s", text);
    cr_assert_not_null(strstr(text, "x: only in the first folder\n"), "%s", text);
    cr_assert_not_null(strstr(text, "y: only in the second folder\n"), "%s", text);
    cr_assert_eq(count(text, "\n"), 3, "%s", text);
    cr_assert_not_null(strstr(status_sentence(), "3 runs differ"), "%s", status_sentence());
    free(text);
    snprintf(words, sizeof words, "%s/a --compare %s/a", folder, folder);
    cr_assert_eq(command_line(&command_results, words, &text), STATUS_OK, "%s", status_sentence());
    cr_assert_str_eq(text, "3 runs, bit-identical but for times\n");
    free(text);

    /* Old program against new: their numbers are compared, and that they differ is said. */
    m = made[2];
    m.folder = "old/run";
    write_run(&m);
    m.folder = "new/run";
    m.revision = "ba9876543210";
    write_run(&m);
    snprintf(words, sizeof words, "%s/old --compare %s/new", folder, folder);
    cr_assert_eq(command_line(&command_results, words, &text), STATUS_OK, "%s", status_sentence());
    cr_assert_str_eq(text,
                     "1 of 1 made by another program or processor: revision '0123456789ab' and "
                     "'ba9876543210'\n1 run, bit-identical but for times\n");
    free(text);
}

/* Two folders of one run each are compared with each other, whatever the runs are called. */
Test(command_results, compares_two_single_runs_of_different_names)
{
    char words[4 * FILE_PATH], folder[FILE_PATH], *text;
    struct made m = made[0];
    static const char *const names[] = {"a/one", "b/two", "c/three"};
    for (int i = 0; i < 3; i++) {
        m.folder = names[i];
        m.score[1] = i == 2 ? 41 : 40;
        write_run(&m);
    }
    snprintf(folder, sizeof folder, "%s", command_line_folder());
    snprintf(words, sizeof words, "%s/a --compare %s/b", folder, folder);
    cr_assert_eq(command_line(&command_results, words, &text), STATUS_OK, "%s", status_sentence());
    cr_assert_str_eq(text, "1 run, bit-identical but for times\n");
    free(text);
    snprintf(words, sizeof words, "%s/a --compare %s/c", folder, folder);
    cr_assert_eq(command_line(&command_results, words, &text), STATUS_FORMAT);
    cr_assert_str_eq(text, "one and three: evaluation 1 (1000 transitions): 'score' differs\n");
    cr_assert_not_null(strstr(status_sentence(), "1 run differs"), "%s", status_sentence());
    free(text);
}

/* --- foreign texts ---------------------------------------------------------------------------- */

/* Fails when a terminal would obey anything but the ends of lines. */
static void expect_harmless(const char *text)
{
    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        char one[4096], shown[4 * 4096 + 1];
        size_t n = strcspn(line, "\n");
        snprintf(one, sizeof one, "%.*s", (int)n, line);
        cr_expect_str_eq(escape_terminal(one, shown, sizeof shown), one);
        line += n;
    }
}

Test(command_results, prints_no_control_character_of_a_file)
{
    static const char hostile[] = "x\x1b]0;title\x07\x9b"
                                  "2J\xc2\x9b"
                                  "31m\u202e\u2066\u2028\nforged";
    struct made run = made[0];
    run.folder = "mujoco/hopper\x1b[2J\u202e/td3_odt/2";
    run.matrix = run.dataset = run.method = run.reduced = hostile;
    run.revision = hostile;
    write_run(&run);
    char *text = list("");
    expect_harmless(text);
    cr_expect_not_null(strstr(text, "\\u202e"), "%s", text);
    free(text);
    text = list("--csv");
    expect_harmless(text);
    cr_expect_eq(count(text, "\n"), 2);
    free(text);
    refuse("--method nobody", STATUS_CONFIG, "nobody");
    expect_harmless(status_sentence());
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s/curve.h5", command_line_folder(), run.folder);
    cr_assert_eq(file_replace(path, "no curve", 8), STATUS_OK);
    text = list_with("", STATUS_FORMAT);
    expect_harmless(text);
    expect_harmless(status_sentence());
    free(text);
}

Test(command_results, defuses_formulas_in_its_csv)
{
    struct made run = made[0];
    run.reduced = "=HYPERLINK(\"x\")";
    write_run(&run);
    char *text = list("--csv");
    cr_expect_not_null(strstr(text, ",\"'=HYPERLINK(\"\"x\"\")\","), "%s", text);
    free(text);
}

Test(status_command, ends_with_an_error_when_a_curve_cannot_be_read)
{
    char matrix[FILE_PATH], words[4 * FILE_PATH], path[FILE_PATH + 64], *text;
    static const char ini[] = "[matrix]\n[experiment bad]\nmethods = odt\n"
                              "datasets = hopper-random-v2\nseeds = 1\n";
    snprintf(matrix, sizeof matrix, "%s", command_line_path("bad.ini"));
    cr_assert_eq(file_replace(matrix, ini, strlen(ini)), STATUS_OK);
    snprintf(words, sizeof words, "%s --results %s", matrix, command_line_path("runs"));
    cr_assert_eq(command_line(&command_status, words, &text), STATUS_OK, "%s", status_sentence());
    free(text);
    snprintf(path, sizeof path, "%s/bad/hopper-random-v2/odt/1", command_line_path("runs"));
    cr_assert_eq(file_make_folder(path), STATUS_OK);
    strcat(path, "/curve.h5");
    cr_assert_eq(file_replace(path, "no curve", 8), STATUS_OK);
    cr_assert_eq(command_line(&command_status, words, &text), STATUS_FORMAT);
    cr_expect_not_null(strstr(text, "of 1 done"), "%s", text);
    cr_expect_not_null(strstr(status_sentence(), "1 curve cannot be read"), "%s",
                       status_sentence());
    free(text);
}

Test(command_results, says_which_runs_have_several_segments_or_no_digest)
{
    const char *const elsewhere[CURVE_ORIGIN_COUNT] = {"0123456789ab", "0",    "",     "gcc",
                                                       "-O1",          "none", "Zen9", "Abacus"};
    char path[FILE_PATH], *text;
    struct curve c;
    write_run(&made[0]);
    snprintf(path, sizeof path, "%s/%s/curve.h5", command_line_folder(), made[0].folder);
    text = list("");
    cr_expect_null(strstr(text, "segments"), "%s", text);
    cr_expect_null(strstr(text, "digest"), "%s", text);
    free(text);
    text = list("--csv");
    cr_expect_str_eq(field(text, 1, "segments"), "1");
    cr_expect_str_eq(field(text, 1, "sealed"), "1");
    free(text);

    cr_assert_eq(curve_read(path, &c), STATUS_OK);
    cr_assert_eq(curve_add_segment(&c, elsewhere), STATUS_OK);
    cr_assert_eq(curve_write(&c, path), STATUS_OK);
    curve_free(&c);
    text = list("");
    cr_expect_not_null(strstr(text, "    2 segments: from iteration row "), "%s", text);
    cr_expect_not_null(strstr(text, "machine Abacus instead of "), "%s", text);
    cr_expect_not_null(strstr(text, "1 of several segments"), "%s", text);
    free(text);

    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const struct h5 f = {.file = file};
    cr_assert_eq(h5_set_text(&f, ".", "format", "vitamin curve 1"), STATUS_OK);
    H5Fclose(file);
    text = list("");
    cr_expect_not_null(strstr(text, "1 without a digest"), "%s", text);
    free(text);
    text = list("--csv");
    cr_expect_str_eq(field(text, 1, "segments"), "2");
    cr_expect_str_eq(field(text, 1, "sealed"), "0");
    free(text);
}
