#include "harness/commands/command.h"
#include "suites/dataset.h"
#include "tests/support/command_line.h"
#include "tests/support/fixture.h"
#include "tests/support/json.h"
#include "tests/support/known_file.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char folder[FILE_PATH];

static void make_folder(void)
{
    toy_folder(folder);
    setenv("VITAMIN_DATA", folder, 1);
}

static void remove_folder(void)
{
    toy_remove(folder);
}

TestSuite(command_data, .init = make_folder, .fini = remove_folder, .timeout = 120);

/* A failure's sentence must have these words. */
static void refuse(const char *line, enum status code, const char *word)
{
    char *printed;
    enum status result = command_line(&command_data, line, &printed);
    cr_assert_eq(result, code, "%s: %s, %s", line, status_name(result), status_sentence());
    cr_assert(strstr(status_sentence(), word) != NULL, "%s: %s", line, status_sentence());
    free(printed);
}

/* What a command that succeeds prints, for free(). */
static char *print(const char *line)
{
    char *printed;
    cr_assert_eq(command_line(&command_data, line, &printed), STATUS_OK, "%s: %s", line,
                 status_sentence());
    return printed;
}

static struct dataset load(const char *name)
{
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    o.folder = folder;
    cr_assert_eq(dataset_load(name, &o, &d), STATUS_OK, "%s", status_sentence());
    return d;
}

Test(command_data, generates_what_a_run_finds_by_its_id)
{
    free(print("generate hopper-random-v2 --rows 600"));
    struct dataset d = load("hopper-random-v2");
    cr_assert_eq(d.kind, DATASET_GENERATED);
    cr_assert_eq(d.rows, 600);
    cr_assert(strstr(d.note, "uniform random actions, seed 1") != NULL, "%s", d.note);
    dataset_free(&d);

    /* What has no recipe may be stood in for, but only when asked for. */
    refuse("generate pen-expert-v1 --rows 500", STATUS_CONFIG, "--policy random");
    refuse("generate ant-expert-v2", STATUS_CONFIG, "no recipe for 'expert'");
    free(print("generate hopper-medium-v2 --policy random --transitions 500"));
    d = load("hopper-medium-v2");
    cr_assert_eq(d.kind, DATASET_GENERATED);
    dataset_free(&d);

    free(print("generate maze2d-umaze-v1 --rows 500 --seed 3"));
    d = load("maze2d-umaze-v1");
    cr_assert(strstr(d.note, "waypoint controller, seed 3") != NULL, "%s", d.note);
    dataset_free(&d);
}

Test(command_data, generates_for_an_environment_with_a_policy)
{
    char policy[FILE_PATH];
    fixture_shared("policies/pen_dapg.h5", policy);
    char *printed = print(
        at("generate pen --policy %.400s --stochastic --rows 1000 --out %.400s/new/a", policy,
           folder));
    const char *file = at("%.900s/new/a/pen-dapg.hdf5", folder);
    cr_assert(strstr(printed, file) != NULL, "%s", printed);
    free(printed);
    struct dataset d = load(file);
    cr_assert_eq(d.rows, 1000);
    cr_assert_str_eq(d.env->name, "pen");
    struct score_summary s;
    cr_assert_eq(dataset_summarise(&d, &s), STATUS_OK);
    cr_assert(s.mean > 40, "an expert's score, not %g", s.mean);
    dataset_free(&d);

    refuse(at("generate door --policy %.900s", policy), STATUS_CONFIG, "45 observations");
}

Test(command_data, never_replaces_a_file_it_did_not_make)
{
    const char *file = at("%.900s/ant-random.hdf5", folder);
    free(print("generate ant --rows 50"));
    free(print("generate ant --rows 60"));
    struct dataset d = load(file);
    cr_assert_eq(d.rows, 60);
    dataset_free(&d);
    cr_assert_eq(file_replace(file, "precious", 8), STATUS_OK);
    refuse("generate ant --rows 50", STATUS_CONFIG, "not made by vitamin");
}

/* One opening, one file: others may put theirs in its place while it is looked at. */
static void expect_whole_if_there(int64_t rows)
{
    char *text, copy[FILE_PATH];
    size_t bytes;
    const char *path = at("%.900s/ant-random.hdf5", folder);
    if (!file_exists(path))
        return;
    cr_assert_eq(file_read(path, 1 << 24, &text, &bytes), STATUS_OK, "%s", status_sentence());
    snprintf(copy, sizeof copy, "%s", at("%.900s/ant-copy.hdf5", folder));
    cr_assert_eq(file_replace(copy, text, bytes), STATUS_OK);
    free(text);
    struct dataset d = load(copy);
    cr_assert_eq(d.rows, rows);
    dataset_free(&d);
}

/* As many containers do at once, each as process 1: every file that can be opened is whole. */
Test(command_data, generates_one_file_from_several_processes)
{
    enum { PROCESSES = 4 };
    pid_t pid[PROCESSES];
    fflush(NULL);
    for (int i = 0; i < PROCESSES; i++) {
        if ((pid[i] = fork()) == 0) {
            char *printed;
            const char *missing = i % 2 == 0 ? " --missing" : "";
            enum status result = command_line(&command_data,
                                              at("generate ant --rows 3000%s", missing), &printed);
            _exit(result == STATUS_OK ? 0 : 1);
        }
    }
    for (int left = PROCESSES, end; left > 0;) {
        pid_t ended = waitpid(-1, &end, WNOHANG);
        left -= ended > 0;
        cr_assert(ended == 0 || (WIFEXITED(end) && WEXITSTATUS(end) == 0));
        expect_whole_if_there(3000);
    }
    cr_assert_eq(system(at("test -z \"$(ls %.900s | grep tmp)\"", folder)), 0, "leftovers");
    /* A killed writer's is removed by the next. */
    cr_assert_eq(file_replace(at("%.900s/ant-random.hdf5.1-0123456789abcdef.tmp", folder), "x", 1),
                 STATUS_OK);
    free(print("generate ant --rows 50"));
    cr_assert_eq(system(at("test -z \"$(ls %.900s | grep tmp)\"", folder)), 0, "leftovers");
    char *printed = print("generate ant --rows 60 --missing");
    cr_assert(strstr(printed, "already present") != NULL, "%s", printed);
    free(printed);
}

/* A bit of the marks flips: an error, or still a stand-in, but never D4RL's or anybody's data. */
Test(command_data, a_damaged_mark_never_makes_a_stand_in_real)
{
    free(print("generate hopper-random-v2 --rows 50"));
    const char *path = at("%.900s/hopper-random-v2.hdf5", folder);
    char *text, name[FILE_PATH];
    size_t bytes;
    int errors = 0, tried = 0;
    snprintf(name, sizeof name, "%s", path);
    cr_assert_eq(file_read(name, 1 << 24, &text, &bytes), STATUS_OK);
    const char *mark = memmem(text, bytes, "generator", 10);
    cr_assert_not_null(mark);
    for (size_t i = (size_t)(mark - text) - 24; i < (size_t)(mark - text) + 56; i++) {
        char before = text[i];
        text[i] = (char)(before ^ (1 << i % 8));
        cr_assert_eq(file_replace(name, text, bytes), STATUS_OK);
        text[i] = before;
        struct dataset_options o = dataset_defaults();
        struct dataset d;
        enum status result = dataset_load("hopper-random-v2", &o, &d);
        tried++;
        errors += result != STATUS_OK;
        if (result != STATUS_OK)
            continue;
        cr_expect_eq(d.kind, DATASET_GENERATED, "byte %zu: %s", i, dataset_kind_name(d.kind));
        dataset_free(&d);
    }
    cr_expect(errors > 0 && errors < tried, "%d of %d", errors, tried);
    free(text);
}

Test(command_data, lists_ids_and_what_is_there)
{
    free(print("generate hopper-random-v2 --rows 100"));
    free(print("generate ant --rows 50"));
    char *printed = print("list");
    for (int i = 0; i < dataset_count; i++)
        cr_expect(strstr(printed, dataset_table[i].id) != NULL, "%s", dataset_table[i].id);
    cr_expect(strstr(printed, "bandit") != NULL);
    const char *line = strstr(printed, "hopper-random-v2");
    cr_assert_not_null(line);
    cr_expect(strstr(line, "stand-in") < strchr(line, '\n'), "%.120s", line);
    cr_expect(strstr(line, "-20.272") < strchr(line, '\n'), "%.120s", line);
    cr_expect(strstr(printed, "ant-random.hdf5") != NULL, "own files are listed, too");
    free(printed);
}

/* The line of a dataset in `vitamin data list` holds these words. */
static void expect_in_line(const char *printed, const char *id, const char *words)
{
    const char *line = strstr(printed, id), *found = line != NULL ? strstr(line, words) : NULL;
    cr_expect(found != NULL && found < strchr(line, '\n'), "%s: '%s' is not in %.200s", id, words,
              line);
}

Test(command_data, lists_what_each_file_is_and_how_to_get_it)
{
    struct toy human = toy_new(9942, 39, 30), some = toy_new(40, 11, 3);
    human.timeout[99] = human.timeout[9941] = some.timeout[39] = 1;
    toy_write(&human, at("%.900s/relocate-human-v1.hdf5", folder), &(struct toy_style){.gzip = 1});
    toy_write(&some, at("%.900s/hopper-medium-v2.hdf5", folder), &(struct toy_style){.gzip = 1});
    toy_write(&some, at("%.900s/walker2d-medium-v2.hdf5", folder), &(struct toy_style){.gzip = 2});
    known_file("hopper-medium-v2", at("%.900s/hopper-medium-v2.hdf5", folder));
    cr_assert_eq(file_replace(at("%.900s/pen-human-v1.hdf5", folder), "no", 2), STATUS_OK);
    char *printed = print("list");
    expect_in_line(printed, "hopper-medium-v2", " verified ");
    expect_in_line(printed, "relocate-human-v1", " by rows ");
    expect_in_line(printed, "walker2d-medium-v2", " other ");
    expect_in_line(printed, "walker2d-medium-v2", "vitamin data fetch walker2d-medium-v2");
    expect_in_line(printed, "pen-human-v1", " unreadable ");
    expect_in_line(printed, "ant-medium-v2", "d4rl, mirrors ");
    expect_in_line(printed, "ant-medium-v2", "vitamin data fetch ant-medium-v2");
    expect_in_line(printed, "ant-random-v2", "vitamin data generate ant-random-v2");
    expect_in_line(printed, "maze2d-large-v1", " d4rl  ");
    expect_in_line(printed, "pen-expert-v1", "d4rl, mirrors? ");
    free(printed);
    toy_free(&human);
    toy_free(&some);
}

Test(command_data, lists_no_less_than_there_is)
{
    const char *file = at("%.900s/file", folder);
    char line[FILE_PATH + 32];
    cr_assert_eq(file_replace(file, "no", 2), STATUS_OK);
    snprintf(line, sizeof line, "list --data %s", file);
    refuse(line, STATUS_IO, "cannot be listed: Not a directory");
    snprintf(line, sizeof line, "list --data %.900s/nothing", folder); /* nothing yet */
    free(print(line));
}

Test(command_data, compares_statistics_with_the_paper)
{
    char path[FILE_PATH];
    fixture_shared("data/door-human-dev.hdf5", path);
    char *printed = print(at("stats %.900s --json", path));
    struct json *v = json_parse(printed);
    cr_assert_not_null(v, "not JSON: %s", printed);
    /* What the real files' README and the paper's Table 5 print. */
    expect_number("rows", json_get(v, "rows")->number, 6729, 0, 0);
    expect_number("transitions", json_get(v, "transitions")->number, 6504, 0, 0);
    expect_number("mean", json_get(v, "normalized_mean")->number, 28.35, 0, 0.005);
    expect_number("sd", json_get(v, "normalized_std")->number, 11.96, 0, 0.005);
    const struct json *paper = json_get(v, "paper");
    cr_assert_str_eq(json_get(paper, "dataset")->string, "door-human-v1");
    expect_number("paper", json_get(paper, "std")->number, 13.88, 0, 0);
    json_free(v);
    free(printed);
    printed = print(at("stats %.900s", path));
    cr_assert(strstr(printed, "the paper") != NULL && strstr(printed, "stand-in") != NULL, "%s",
              printed);
    free(printed);
    refuse("stats", STATUS_MISSING, "none of the paper's");
    refuse("stats pen-human-v1", STATUS_MISSING, "vitamin data fetch pen-human-v1");
}

Test(command_data, checks_all_of_a_file)
{
    free(print("generate hopper-random-v2 --rows 300"));
    char *printed = print("check hopper-random-v2");
    cr_assert(strstr(printed, "good: 300 rows") != NULL, "%s", printed);
    free(printed);
    /* Of another environment: both arrays are wrong, and both are named. */
    cr_assert_eq(command_line(&command_data, "check hopper-random-v2 --env ant", &printed),
                 STATUS_FORMAT);
    cr_assert(strstr(printed, "'observations' has 11 columns") != NULL, "%s", printed);
    cr_assert(strstr(printed, "'actions' has 3 columns") != NULL, "%s", printed);
    free(printed);
    refuse("check", STATUS_CONFIG, "FILE|ID... is missing");
    refuse("check /nowhere.hdf5", STATUS_MISSING, "no such file");
}

Test(command_data, converts_into_the_data_folder)
{
    char *printed = print("convert tests/data/hopper-random-dev.hdf5");
    cr_assert(strstr(printed, "hopper-random-dev-clean.hdf5: 2000 rows") != NULL, "%s", printed);
    free(printed);
    struct dataset d = load("hopper-random-dev-clean");
    cr_assert_eq(d.kind, DATASET_DEV);
    dataset_free(&d);
    refuse("convert", STATUS_CONFIG, "FILE|FOLDER|ID is missing");
    refuse("convert tests/data/adam.h5 --env hopper", STATUS_FORMAT, "observations");
}

Test(command_data, refuses_wrong_arguments)
{
    refuse("frobnicate", STATUS_CONFIG, "frobnicate");
    refuse("generate", STATUS_CONFIG, "ID|ENVIRONMENT is missing");
    refuse("generate hopper walker2d", STATUS_CONFIG, "unexpected argument 'walker2d'");
    refuse("generate swimmer", STATUS_CONFIG, "swimmer");
    refuse("generate hopper --rows 0", STATUS_CONFIG, "--rows");
    refuse("generate hopper --noise nan", STATUS_CONFIG, "--noise");
    refuse("generate hopper --fast", STATUS_CONFIG, "--fast");
    refuse("generate hopper --stochastic", STATUS_CONFIG, "--policy FILE");
    refuse("generate hopper --policy waypoint", STATUS_CONFIG, "maze2d");
    refuse("generate hopper --policy /nowhere.h5", STATUS_MISSING, "/nowhere.h5");
    char *printed = print("help generate");
    cr_assert(strstr(printed, "--policy") != NULL);
    free(printed);
}
