/* What every command has in common, asked of the program itself. */
#include "harness/commands/command.h"

#include "engine/base/file.h"
#include "engine/base/version.h"
#include "harness/curve/provenance.h"
#include "tests/support/command_line.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(program, .fini = command_line_remove_folder, .timeout = 60);

/* What it prints on stdout, for free(); nothing may go to stderr. */
static char *printed(const char *words)
{
    char out[FILE_PATH + 8], err[FILE_PATH + 8], *text, *complaint = NULL;
    snprintf(out, sizeof out, "%s/out", command_line_folder());
    snprintf(err, sizeof err, "%s/err", command_line_folder());
    (void)remove(out);
    (void)remove(err);
    cr_assert_eq(program_end(program_start(words, out, err)), 0, "vitamin %s", words);
    cr_assert_eq(file_read(out, 1 << 20, &text, NULL), STATUS_OK);
    cr_assert_eq(file_read(err, 1 << 20, &complaint, NULL), STATUS_OK);
    cr_expect_str_eq(complaint, "", "vitamin %s", words);
    free(complaint);
    return text;
}

static void expect_start(const char *words, const char *start)
{
    char *text = printed(words);
    cr_expect_eq(strncmp(text, start, strlen(start)), 0, "vitamin %s: %.80s", words, text);
    free(text);
}

Test(program, every_command_shows_its_arguments_when_asked_for_help)
{
    for (int i = 0; command_table[i] != NULL; i++) {
        char words[64], start[64];
        snprintf(words, sizeof words, "%s --help", command_table[i]->name);
        snprintf(start, sizeof start, "usage: vitamin %s", command_table[i]->name);
        expect_start(words, start);
    }
    expect_start("run --dataset hopper-medium-v2 --help", "usage: vitamin run --dataset");
    expect_start("plan -h", "usage: vitamin plan");
    expect_start("help plan", "usage: vitamin plan");
    expect_start("data generate --help", "usage: vitamin data generate");
    expect_start("--help", "usage: vitamin COMMAND");
}

/* Runs `vitamin WORDS` and returns its exit status; *complaint, for free(), is its stderr. */
static int written_to(const char *out, const char *words, char **complaint)
{
    char err[FILE_PATH];
    cr_assert_eq(file_path(err, "%s/err", command_line_folder()), STATUS_OK);
    (void)remove(err);
    int status = program_end(program_start(words, out, err));
    cr_assert_eq(file_read(err, 1 << 20, complaint, NULL), STATUS_OK);
    return status;
}

/* What is lost on standard output makes any command fail, with one sentence. */
Test(program, full_disk_behind_standard_output_is_an_error_in_every_command)
{
    static const char *const words[] = {
        "help",        "help run",       "--version",
        "version",     "plan",           "plan smoke --cells",
        "env",         "env --json",     "explain td3_odt",
        "cost",        "data list",      "config --dataset hopper-medium-v2 --method odt",
        "env hopper",  "status smoke",   "report --help",
        "data --help", "results --help", "verify --help"};
    char *complaint;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        cr_expect_eq(written_to("/dev/full", words[i], &complaint), 1, "vitamin %s", words[i]);
        const char *end = strchr(complaint, '\n');
        cr_expect(end != NULL && end[1] == '\0', "vitamin %s: %s", words[i], complaint);
        cr_expect_not_null(strstr(complaint, "disk is full"), "vitamin %s: %s", words[i],
                           complaint);
        free(complaint);
    }
}

/* `vitamin plan | head -1`: killed by SIGPIPE as other programs are, or, where that is ignored, 1;
 * without a word in both cases. */
Test(program, reader_that_leaves_is_no_reason_to_complain)
{
    char *complaint, fifo[FILE_PATH];
    cr_assert_eq(file_path(fifo, "%s/fifo", command_line_folder()), STATUS_OK);
    cr_assert_eq(mkfifo(fifo, 0600), 0);
    for (int ignored = 0; ignored < 2; ignored++) {
        signal(SIGPIPE, ignored ? SIG_IGN : SIG_DFL);
        pid_t reader = fork();
        if (reader == 0) {
            int fd = open(fifo, O_RDONLY);
            _exit(close(fd));
        }
        int status = written_to(fifo, "plan paper --cells", &complaint);
        cr_expect_eq(status, ignored ? 1 : 1000 + SIGPIPE, "status %d", status);
        cr_expect_str_eq(complaint, "");
        free(complaint);
        (void)program_end(reader);
    }
}

Test(program, closed_standard_output_is_an_error_and_no_later_file_takes_its_place)
{
    char command[3 * FILE_PATH], program[FILE_PATH], err[FILE_PATH], *complaint;
    program_path(program);
    cr_assert_eq(file_path(err, "%s/closed", command_line_folder()), STATUS_OK);
    snprintf(command, sizeof command, "'%s' version >&- 2>'%s'", program, err);
    int status = system(command);
    cr_expect(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    cr_assert_eq(file_read(err, 1 << 16, &complaint, NULL), STATUS_OK);
    cr_expect_not_null(strstr(complaint, "standard output cannot be written"), "%s", complaint);
    free(complaint);
}

Test(program, version_names_the_revision_the_compiler_and_the_libraries)
{
    char *text = printed("version"), revision[128];
    snprintf(revision, sizeof revision, "vitamin    %s, revision %s, %s", version_number(),
             provenance_revision(), provenance_dirty() ? "with uncommitted" : "clean");
    const char *const parts[] = {revision, "compiler", "flags", "MuJoCo ", "HDF5 ", "OpenBLAS "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(text, parts[i]), "'%s' is not in:\n%s", parts[i], text);
    expect_start("--version", text);
    free(text);
}
