#include "harness/base/report_program.h"
#include "harness/commands/command.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-command-XXXXXX";
static char program[64], output[64];

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(program, sizeof program, "%s/vitamin-report", folder);
    snprintf(output, sizeof output, "%s/said", folder);
}

static void remove_folder(void)
{
    unlink(program);
    unlink(output);
    rmdir(folder);
}

TestSuite(command_report, .init = make_folder, .fini = remove_folder);

Test(command_report, says_in_one_sentence_that_the_program_is_missing)
{
    char name[] = "report", *argv[] = {name, NULL};
    cr_assert_eq(report_program_exec(folder, argv), STATUS_IO);
    cr_assert_not_null(strstr(status_sentence(), program), "%s", status_sentence());
    cr_assert_not_null(strstr(status_sentence(), "make build"), "%s", status_sentence());
}

Test(command_report, hands_over_every_argument_as_it_is_and_the_exit_status)
{
    FILE *script = fopen(program, "w");
    fprintf(script, "#!/bin/sh\nprintf '%%s|' \"$@\" > %s\nexit 5\n", output);
    fclose(script);
    cr_assert_eq(chmod(program, 0755), 0);

    char name[] = "report", option[] = "--out", value[] = "a b'c$(d)",
         *argv[] = {name, option, value, NULL};
    pid_t child = fork();
    if (child == 0) {
        report_program_exec(folder, argv);
        _exit(99);
    }
    int ended;
    cr_assert_eq(waitpid(child, &ended, 0), child);
    cr_assert(WIFEXITED(ended) && WEXITSTATUS(ended) == 5, "%d", ended);
    char *said;
    cr_assert_eq(file_read(output, 1 << 10, &said, NULL), STATUS_OK, "%s", status_sentence());
    cr_assert_str_eq(said, "--out|a b'c$(d)|");
    free(said);
}

/* The test program lies beside vitamin-report too, so this starts the real one. */
Test(command_report, starts_the_program_beside_itself)
{
    char name[] = "report", option[] = "--help", *argv[] = {name, option, NULL};
    pid_t child = fork();
    if (child == 0) {
        cr_assert_not_null(freopen(output, "w", stdout));
        command_report.hand_over(argv);
        _exit(99);
    }
    int ended;
    cr_assert_eq(waitpid(child, &ended, 0), child);
    cr_assert(WIFEXITED(ended) && WEXITSTATUS(ended) == 0, "%d", ended);
    char *said;
    cr_assert_eq(file_read(output, 1 << 16, &said, NULL), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(strncmp(said, "usage: vitamin report", 21), 0, "%s", said);
    free(said);
}
