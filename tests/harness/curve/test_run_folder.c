#include "harness/curve/run_folder.h"

#include "engine/base/file.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

TestSuite(run_folder, .fini = command_line_remove_folder, .timeout = 60);

static const char *below(const char *name)
{
    static char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s", command_line_folder(), name);
    return path;
}

static void write_text(const char *name, const char *text)
{
    char parent[FILE_PATH];
    cr_assert_eq(file_parent(below(name), parent), STATUS_OK);
    cr_assert_eq(file_make_folder(parent), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(file_replace(below(name), text, strlen(text)), STATUS_OK, "%s", status_sentence());
}

/* A curve of one evaluation; `variant` NULL: as programs wrote it before that was an attribute. */
static void write_curve(const char *folder, const char *status, const char *config,
                        const char *variant)
{
    struct curve c = {.attributes = 0};
    char path[FILE_PATH];
    double raw = 1, score = 42;
    int32_t length = 5;
    uint8_t success = 1;
    struct curve_evaluation row = {3, 3000, 900, 4.5, &raw, &score, &length, &success};
    cr_assert_eq(curve_set(&c, "method", "td3_odt"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "label", "TD3+ODT"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "dataset", "pen-human-v1"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "seed", "7"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "status", "%s", status), STATUS_OK);
    if (variant != NULL)
        cr_assert_eq(curve_set(&c, "variant", "%s", variant), STATUS_OK);
    cr_assert_eq(curve_set_config(&c, config), STATUS_OK);
    cr_assert_eq(curve_add_evaluation(&c, &row, 1), STATUS_OK);
    snprintf(path, sizeof path, "%s", below(folder));
    cr_assert_eq(file_make_folder(path), STATUS_OK, "%s", status_sentence());
    strcat(path, "/curve.h5");
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

static struct run_folder look(const char *folder, struct curve *c)
{
    struct run_folder out;
    run_folder_look(below(folder), &out, c);
    return out;
}

/* --- names -------------------------------------------------------------------------------------
 */

/* clang-format off */
static const struct { const char *folder, *config, *own, *variant, *title; } names[] = {
    /* The file's own word, whatever its folder is called. */
    {"m/d/td3_odt@alpha_online=10/7", "alpha_online = 0.1\n", "", "", "TD3+ODT"},
    {"m/d/td3_odt/7", "alpha_online = 10\n", "alpha_online=10", "alpha_online=10", "TD3+ODT, alpha_online=10"},
    {"somewhere", "alpha_online = 10\n", "alpha_online=10", "alpha_online=10", "TD3+ODT, alpha_online=10"},
    /* An older file is named by its folder ... */
    {"m/d/td3_odt@alpha_online=10/7", "alpha_online = 10\n", NULL, "alpha_online=10", "TD3+ODT, alpha_online=10"},
    {"m/d/td3_odt@alpha_online=10/7", "", NULL, "alpha_online=10", "TD3+ODT, alpha_online=10"},
    {"m/d/td3_odt@lr=1e-4,tau=.5/7", "lr = 0.0001\ntau = 0.5\n", NULL, "lr=1e-4,tau=.5", "TD3+ODT, lr=1e-4,tau=.5"},
    {"m/d/td3_odt@tau=1,delayed_reward=5/seed7", "tau = 1\ndelayed_reward = 5\n", NULL, "tau=1,delayed_reward=5", "TD3+ODT, tau=1"},
    {"m/d/td3_odt@tau=1/7", "tau = -\n", NULL, "tau=1", "TD3+ODT, tau=1"},
    {"m/d/td3_odt@0123abcd/7", "tau = 1\n", NULL, "0123abcd", "TD3+ODT, 0123abcd"},
    {"m/d/td3_odt/7", "tau = 1\n", NULL, "", "TD3+ODT"},
    /* ... but for what its configuration contradicts ... */
    {"m/d/td3_odt@alpha_online=10/7", "alpha_online = 0.1\n", NULL, "", "TD3+ODT"},
    {"m/d/td3_odt@a=1,tau=0.5,head=x/7", "a = 1\ntau = 0.25\nhead = y\n", NULL, "a=1", "TD3+ODT, a=1"},
    /* ... and only if it is one of a run: its last part is a seed. */
    {"m/d/td3_odt@alpha_online=10/last", "alpha_online = 10\n", NULL, "", "TD3+ODT"},
};
/* clang-format on */

ParameterizedTestParameters(run_folder, name_of_a_run_comes_from_its_file)
{
    static int rows[sizeof names / sizeof *names];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        rows[i] = (int)i;
    return cr_make_param_array(int, rows, sizeof names / sizeof *names);
}

ParameterizedTest(int *row, run_folder, name_of_a_run_comes_from_its_file)
{
    struct curve c;
    write_curve(names[*row].folder, "complete", names[*row].config, names[*row].own);
    struct run_folder l = look(names[*row].folder, &c);
    cr_expect(l.readable && l.state == FOLDER_DONE, "%s", l.reason);
    cr_expect_str_eq(curve_get(&c, "variant"), names[*row].variant);
    cr_expect_str_eq(curve_get(&c, "title"), names[*row].title);
    cr_expect_str_eq(curve_get(&c, "dataset"), "pen-human-v1", "its own, not the folder's");
    cr_expect_str_eq(curve_get(&c, "seed"), "7");
    curve_free(&c);
    command_line_remove_folder();
}

Test(run_folder, names_a_run_without_a_curve_by_its_path)
{
    struct curve c;
    write_text("fig5a/pen-human-v1/td3_odt@alpha_online=10/3/config.ini", "");
    struct run_folder l = look("fig5a/pen-human-v1/td3_odt@alpha_online=10/3/", &c);
    cr_expect(l.begun && !l.readable && l.state == FOLDER_WAITING);
    cr_expect_str_eq(curve_get(&c, "matrix"), "fig5a");
    cr_expect_str_eq(curve_get(&c, "dataset"), "pen-human-v1");
    cr_expect_str_eq(curve_get(&c, "method"), "td3_odt");
    cr_expect_str_eq(curve_get(&c, "variant"), "alpha_online=10");
    cr_expect_str_eq(curve_get(&c, "seed"), "3");
    curve_free(&c);
    look("one/pen-human-v1/odt-paper-tiny/seed12", &c);
    cr_expect_str_eq(curve_get(&c, "method"), "odt");
    cr_expect_str_eq(curve_get(&c, "seed"), "12");
    curve_free(&c);
    look("no/number/here", &c);
    cr_expect_not(curve_has(&c, "seed") || curve_has(&c, "method"));
    curve_free(&c);
}

Test(run_folder, takes_the_budget_from_the_configuration_when_no_attribute_states_it)
{
    struct curve c;
    struct run_folder l;
    write_curve("m/d/odt/7", "complete", "score_at = 500000\n", NULL);
    look("m/d/odt/7", &c);
    cr_expect_eq(curve_get_integer(&c, "budget", 0), 500000);
    curve_free(&c);
    run_folder_look_at_file(below("m/d/odt/7/curve.h5"), &l, &c);
    cr_expect(l.readable);
    cr_expect_eq(l.transitions, 3000);
    cr_expect_eq(l.last_score, 42);
    curve_free(&c);
}

/* --- states ------------------------------------------------------------------------------------
 */

Test(run_folder, tells_what_has_become_of_a_run)
{
    struct curve c;
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_WAITING);
    cr_expect_not(look("m/d/odt/1", NULL).begun);
    write_text("m/d/odt/1/run.log", "starts\n");
    cr_expect(look("m/d/odt/1", NULL).begun);
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_WAITING);
    write_text("m/d/odt/1/checkpoint.previous.h5", "");
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_STOPPED, "there is something to go on from");
    write_curve("m/d/odt/1", "running", "", "");
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_STOPPED);

    write_text("m/d/odt/1/lock", "");
    int fd = open(below("m/d/odt/1/lock"), O_RDWR);
    cr_assert_eq(flock(fd, LOCK_EX), 0);
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_RUNNING);
    close(fd);

    cr_assert_eq(run_folder_fail(below("m/d/odt/1"), "no memory left"), STATUS_OK);
    struct run_folder l = look("m/d/odt/1", &c);
    cr_expect_eq(l.state, FOLDER_FAILED);
    cr_expect_str_eq(l.reason, "no memory left");
    cr_expect(l.readable && l.failed_at > 0);
    cr_expect_eq(c.evaluations, 1, "what was recorded is there all the same");
    curve_free(&c);
    write_curve("m/d/odt/1", "complete", "", "");
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_DONE, "a result outweighs an old failure");
    run_folder_forget_failure(below("m/d/odt/1"));
    write_curve("m/d/odt/1", "diverged", "", "");
    cr_expect_eq(look("m/d/odt/1", NULL).state, FOLDER_DIVERGED);

    write_text("m/d/odt/1/curve.h5", "this is no curve");
    l = look("m/d/odt/1", &c);
    cr_expect_eq(l.state, FOLDER_STOPPED, "the next run makes it anew");
    cr_expect(!l.readable && l.trouble == STATUS_DAMAGED && l.reason[0] != '\0');
    cr_expect_eq(c.evaluations, 0);
    curve_free(&c);
}

/* What cannot be looked at now is not "not there". */
Test(run_folder, does_not_take_what_it_cannot_see_for_missing)
{
    static const char *const hidden[] = {"curve.h5", "failed", "checkpoint.h5", "config.ini",
                                         "lock"};
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        char folder[64], name[128];
        snprintf(folder, sizeof folder, "m/d/odt/%zu", i);
        snprintf(name, sizeof name, "%s/run.txt", folder);
        write_text(name, "");
        snprintf(name, sizeof name, "%s/%s", folder, hidden[i]);
        cr_assert_eq(symlink(strcmp(hidden[i], "lock") == 0 ? "lock" : "not-mounted", below(name)),
                     0);
        struct run_folder l = look(folder, NULL);
        cr_expect_eq(l.state, FOLDER_FAILED, "%s", hidden[i]);
        cr_expect_not_null(strstr(l.reason, hidden[i]), "%s: %s", hidden[i], l.reason);
        cr_expect_eq(l.failed_at, 0, "%s: nobody recorded a failure", hidden[i]);
        cr_expect_eq(l.trouble, i == 0 ? STATUS_IO : STATUS_OK);
    }
    struct curve c;
    char path[FILE_PATH + 8];
    memset(path, 'x', sizeof path);
    path[sizeof path - 1] = '\0';
    struct run_folder l;
    run_folder_look(path, &l, &c);
    cr_expect(l.state == FOLDER_FAILED && l.trouble == STATUS_IO && l.reason[0] != '\0');
    curve_free(&c);
}
