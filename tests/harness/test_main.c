/* What every command has in common, asked of the program itself. */
#include "harness/command.h"

#include "engine/base/file.h"
#include "harness/provenance.h"
#include "tests/support/command_line.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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
    for (int i = 0; i < command_count; i++) {
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

Test(program, version_names_the_revision_the_compiler_and_the_libraries)
{
    char *text = printed("version"), revision[128];
    snprintf(revision, sizeof revision, "revision %s, %s", provenance_revision(),
             provenance_dirty() ? "with changes" : "clean");
    const char *const parts[] = {revision, "compiler", "flags", "MuJoCo ", "HDF5 ", "OpenBLAS "};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        cr_expect_not_null(strstr(text, parts[i]), "'%s' is not in:\n%s", parts[i], text);
    expect_start("--version", text);
    free(text);
}
