#include "harness/commands/command.h"

#include "engine/base/file.h"
#include "harness/curve/theory_file.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(command_theory, .fini = command_line_remove_folder, .timeout = 240);

static void expect_narrow(const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t n = strcspn(line, "\n");
        cr_assert_leq(n, 80, "%.*s", (int)n, line);
        cr_assert(n == 0 || line[n - 1] != ' ', "trailing blank: %.*s", (int)n, line);
        line += n + (line[n] == '\n');
    }
}

static void read_all(const char *path, char **bytes, size_t *size)
{
    cr_assert_eq(file_read(path, 1 << 20, bytes, size), STATUS_OK, "%s", status_sentence());
}

Test(command_theory, writes_equal_bytes_twice_and_says_what_it_found)
{
    char words[2 * FILE_PATH], *printed, *again, *a, *b;
    size_t na, nb;
    snprintf(words, sizeof words, "--out %s", command_line_path("new/folder/theory.h5"));
    cr_assert_eq(command_line(&command_theory, words, &printed), STATUS_OK, "%s",
                 status_sentence());
    snprintf(words, sizeof words, "-o %s", command_line_path("theory.h5"));
    cr_assert_eq(command_line(&command_theory, words, &again), STATUS_OK);
    read_all(command_line_path("new/folder/theory.h5"), &a, &na);
    read_all(command_line_path("theory.h5"), &b, &nb);
    cr_assert_eq(na, nb);
    cr_assert_eq(memcmp(a, b, na), 0);

    /* The last line is the path, as long as the user's folder's name. */
    char *path = strstr(printed, command_line_path("new/folder/theory.h5"));
    cr_assert_not_null(path);
    *path = '\0';
    expect_narrow(printed);
    static const char *const said[] = {
        "zeta, P(g) ~ g^-3             28     1000     3.00      2.0  holds\n",
        "spikes, not Lipschitz",
        "0.00      1.5  broken\n",
        "numerator is -26.1",
        "standard errors of 9: agrees\n",
        "Laplace, common scale",
        "yes, AWAC's weight\n",
        "yes, another value\n",
        "Remark E.8",
        "  1000  20    200000",
        "bounds say nothing\n"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++)
        cr_assert_not_null(strstr(printed, said[i]), "'%s' in\n%s", said[i], printed);
    free(printed);
    free(again);
    free(a);
    free(b);
}

Test(command_theory, the_context_law_alone_writes_no_file)
{
    char *printed;
    cr_assert_eq(command_line(&command_theory, "--context-law -L 30 -K 5", &printed), STATUS_OK,
                 "%s", status_sentence());
    cr_assert(!file_exists("results/runs/theory.h5") || file_exists("results/README.md"));
    expect_narrow(printed);
    cr_assert_not_null(strstr(printed, "    30   5      6000"), "%s", printed);
    cr_assert_not_null(strstr(printed, "\n       5   0.1"), "%s", printed);
    cr_assert_null(strstr(printed, "\n       6"), "%s", printed);
    free(printed);
    cr_assert_eq(command_line(&command_theory, "--context-law -L 100000 -K 1", &printed), STATUS_OK,
                 "%s", status_sentence());
    cr_assert_not_null(strstr(printed, "100000   1   2000000"),
                       "no more, which would take long: %s", printed);
    free(printed);
}

Test(command_theory, refuses_what_it_cannot_draw)
{
    static const char *const wrong[] = {
        "--context-law -K 21", "--context-law -K 0",      "--context-law --length 0", "lite",
        "--length 30",         "--context-law --out x.h5"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        cr_assert_eq(command_line(&command_theory, wrong[i], NULL), STATUS_CONFIG, "%s", wrong[i]);
}

/* Refused before anything is computed, and as it was. */
Test(command_theory, another_file_is_not_replaced)
{
    char words[2 * FILE_PATH], *printed, *text;
    const char *path = command_line_path("mine.txt");
    cr_assert_eq(file_replace(path, "mine", 4), STATUS_OK);
    cr_assert_eq(mkfifo(command_line_path("pipe"), 0600), 0);
    cr_assert_eq(symlink("nowhere", command_line_path("link")), 0);
    static const char *const names[] = {"mine.txt", "pipe", "link", "."};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(words, sizeof words, "-o %s", command_line_path(names[i]));
        enum status got = command_line(&command_theory, words, &printed);
        cr_expect_eq(got, i == 2 ? STATUS_IO : STATUS_CONFIG, "%s", names[i]);
        cr_expect_not_null(strstr(status_sentence(), names[i]), "%s", status_sentence());
        cr_expect_str_eq(printed, "");
        free(printed);
    }
    cr_assert_eq(file_read(command_line_path("mine.txt"), 100, &text, NULL), STATUS_OK);
    cr_expect_str_eq(text, "mine");
    free(text);
    struct stat info;
    cr_expect(lstat(command_line_path("pipe"), &info) == 0 && S_ISFIFO(info.st_mode));
    cr_expect(lstat(command_line_path("link"), &info) == 0 && S_ISLNK(info.st_mode));
}

/* Its own file it does replace, and removes what a killed one left beside it. */
Test(command_theory, leaves_nothing_of_a_killed_one)
{
    char words[2 * FILE_PATH], left[FILE_PATH], *printed;
    cr_assert_eq(file_temporary(command_line_path("theory.h5"), left), STATUS_OK);
    snprintf(words, sizeof words, "-o %s", command_line_path("theory.h5"));
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(command_line(&command_theory, words, &printed), STATUS_OK, "%s",
                     status_sentence());
        free(printed);
        cr_expect_not(file_exists(left));
    }
}
