#include "harness/commands/command.h"

#include "engine/base/file.h"
#include "engine/base/threads.h"
#include "harness/curve/curve.h"
#include "harness/curve/provenance.h"
#include "harness/run/run.h"
#include "suites/dataset_generate.h"
#include "tests/support/command_line.h"
#include "tests/support/program.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DATA "tests/data/hopper-random-dev.hdf5"

TestSuite(verify, .fini = command_line_remove_folder, .timeout = 120);

static char guide[FILE_PATH + 32]; /* an override of the runs to be recorded, or "" */

/* A run of about a second; `stop_after` iterations, 0 for all of it. */
static void record_run(const char *method, const char *name, int64_t stop_after)
{
    bool bandit = strcmp(name, "bandit") == 0;
    struct run_request r = {
        .config = {.dataset = bandit ? "bandit" : DATA,
                   .method = method,
                   .preset = "code",
                   .size = "tiny",
                   .set = {"stop_transitions=400", "score_at=400", "eval_every=3",
                           "eval_every_unit=iterations", "pretrain_actor_steps=40",
                           "min_transitions_per_iter=50"},
                   .sets = bandit ? 0 : 6},
        .seed = 5,
        .folder = command_line_path(name),
        .matrix = "smoke",
        .checkpoint_every = 1e9,
        .stop_after = stop_after,
        .quiet = true};
    if (*guide != '\0')
        r.config.set[r.config.sets++] = guide;
    cr_assert_eq(run_execute(&r, NULL), stop_after > 0 ? STATUS_INTERRUPTED : STATUS_OK, "%s",
                 status_sentence());
}

static struct curve read_run(const char *name)
{
    struct curve c;
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s/curve.h5", command_line_folder(), name);
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    return c;
}

static void write_run(const char *name, struct curve *c)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s/curve.h5", command_line_folder(), name);
    cr_assert_eq(curve_write(c, path), STATUS_OK, "%s", status_sentence());
    curve_free(c);
}

static enum status verify(const char *options, char **printed)
{
    char words[2 * FILE_PATH];
    snprintf(words, sizeof words, "%s --data tests/data %s", command_line_folder(), options);
    return command_line(&command_verify, words, printed);
}

static void expect(const char *options, enum status status, const char *part)
{
    char *text;
    cr_assert_eq(verify(options, &text), status, "%s: %s", status_sentence(), text);
    cr_assert_not_null(strstr(text, part), "'%s' is not in: %s", part, text);
    free(text);
}

Test(verify, finds_genuine_runs_the_same)
{
    record_run("td3_odt", "a/td3_odt/5", 0);
    record_run("iql", "a/iql/5", 0);
    record_run("odt", "bandit", 0);
    record_run("odt", "a/odt/5", 2); /* stopped: it has a checkpoint */
    expect("--all --iterations 0", STATUS_OK, "4 of 4 runs: 4 same, 0 different, 0 unchecked");
    expect("--all --iterations 3 --threads 1 --method td3_odt", STATUS_OK, ": 3 of ");
    expect("--all --iterations 0", STATUS_OK,
           "same       bandit: 0 of 0 iterations and 16 of 16 evaluations from the start");
}

Test(verify, catches_one_changed_bit_of_a_score)
{
    record_run("td3_odt", "run", 0);
    struct curve c = read_run("run");
    uint64_t bits;
    memcpy(&bits, &c.evaluation[0].score[1], sizeof bits);
    bits ^= 1;
    memcpy(&c.evaluation[0].score[1], &bits, sizeof bits);
    write_run("run", &c);
    expect("", STATUS_FORMAT, "DIFFERENT  run: evaluation 0 (0 transitions): 'score' differs");
    cr_assert_str_eq(status_sentence(), "1 run differs from what this code computes");
    if (!provenance_dirty())
        expect("", STATUS_FORMAT, "the file was changed, or was not made by this code");
}

/* What a run makes at its end is repeated where all of its rows are. */
Test(verify, catches_one_changed_bit_of_a_target_sweep)
{
    snprintf(guide, sizeof guide, "target_sweep=2");
    record_run("odt", "run", 0);
    expect("--iterations 0", STATUS_OK, "1 same");
    struct curve c = read_run("run");
    int rows = c.iterations;
    cr_assert_gt(c.targets.targets, 3);
    uint64_t bits;
    memcpy(&bits, &c.targets.real_return[1], sizeof bits);
    bits ^= 1;
    memcpy(&c.targets.real_return[1], &bits, sizeof bits);
    write_run("run", &c);
    expect("--iterations 0", STATUS_FORMAT, "DIFFERENT  run: 'targets/real_return' differs at 1");
    char exactly[32];
    snprintf(exactly, sizeof exactly, "--iterations %d", rows);
    expect(exactly, STATUS_FORMAT, "DIFFERENT  run: 'targets/real_return' differs at 1");
}

Test(verify, catches_another_loss_configuration_and_length)
{
    record_run("odt", "run", 0);
    struct curve c = read_run("run");
    c.iteration[1].value[CURVE_loss_actor] += 1e-9;
    write_run("run", &c);
    expect("", STATUS_FORMAT, "'loss_actor' is ");

    c = read_run("run");
    c.iteration[1].value[CURVE_loss_actor] -= 1e-9;
    char *at = strstr(c.config, "batch_size = 32");
    cr_assert_not_null(at);
    memcpy(at, "batch_size = 31", 15);
    write_run("run", &c);
    expect("", STATUS_FORMAT, "does not match its config_hash");

    /* Rows that were never computed. */
    unlink(command_line_path("run/curve.h5"));
    record_run("odt", "run", 0);
    c = read_run("run");
    struct curve_iteration more = c.iteration[c.iterations - 1];
    cr_assert_eq(curve_add_iteration(&c, &more), STATUS_OK);
    write_run("run", &c);
    expect("--iterations 0", STATUS_FORMAT, "iterations against");

    /* A run that claims to be over where it is not. */
    c = read_run("run");
    curve_truncate(&c, 1, 5);
    write_run("run", &c);
    expect("", STATUS_FORMAT, "DIFFERENT");
}

Test(verify, says_what_is_not_as_it_was_recorded)
{
    record_run("odt", "run", 0);
    struct curve c = read_run("run");
    curve_set(&c, "revision", "0123456789ab");
    curve_set(&c, "blas_core", "SomeOtherCore");
    write_run("run", &c);
    expect("", STATUS_OK, "although: revision was '0123456789ab'");
    c = read_run("run");
    c.iteration[0].value[CURVE_loss_actor] += 1e-9;
    write_run("run", &c);
    expect("", STATUS_FORMAT, "likely because: revision was '0123456789ab'");
    expect("", STATUS_FORMAT, "BLAS core was 'SomeOtherCore', here '");
}

/* Whatever its rows are, no program on one machine computes it. */
Test(verify, refuses_a_curve_of_several_segments)
{
    const char *const elsewhere[CURVE_ORIGIN_COUNT] = {"0123456789ab", "0",    "",     "gcc",
                                                       "-O1",          "none", "Zen9", "Abacus"};
    record_run("odt", "run", 0);
    struct curve c = read_run("run");
    cr_assert_eq(curve_add_segment(&c, elsewhere), STATUS_OK);
    c.segment[0].iterations = 7;
    write_run("run", &c);
    expect("", STATUS_MISSING,
           "UNCHECKED  run: several segments: 2, from iteration row 7 on: revision "
           "0123456789ab instead of ");
}

/* As a revision from before some setting would have written it. */
Test(verify, does_runs_of_older_configurations_again)
{
    char hash[SHA256_HEX];
    record_run("td3_odt", "run", 0);
    struct curve c = read_run("run");
    char *drop = strstr(c.config, "jsrl_n0 = ");
    cr_assert_not_null(drop);
    char *end = strchr(drop, '\n') + 1;
    memmove(drop, end, strlen(end) + 1);
    sha256_of(c.config, strlen(c.config), hash);
    curve_set(&c, "config_hash", "%s", hash);
    write_run("run", &c);
    expect("", STATUS_OK, "same       run: ");
    expect("", STATUS_OK, "this code has settings that the recorded configuration lacks");

    c = read_run("run");
    c.iteration[0].value[CURVE_loss_actor] += 1e-9;
    write_run("run", &c);
    expect("", STATUS_FORMAT, "likely because: ");
}

/* Runs of before q_abs_max was the largest |Q1|: no bit of another column may differ. */
Test(verify, does_runs_of_older_metrics_again)
{
    record_run("td3_odt", "run", 0);
    struct curve c = read_run("run");
    cr_assert_str_eq(curve_get(&c, "metrics"), "2");
    c.iteration[1].value[CURVE_q_abs_max] -= 1e-3;
    write_run("run", &c);
    expect("", STATUS_FORMAT, "q_abs_max");

    c = read_run("run");
    for (int i = 0; i < c.attributes; i++) {
        if (strcmp(c.attribute[i].key, "metrics") == 0)
            c.attribute[i] = c.attribute[--c.attributes];
    }
    write_run("run", &c);
    expect("", STATUS_OK, "same       run: ");
    expect("", STATUS_OK, "q_abs_max had another meaning and is not compared");

    c = read_run("run");
    c.iteration[1].value[CURVE_q_mean] -= 1e-3;
    write_run("run", &c);
    expect("", STATUS_FORMAT, "q_mean");
}

Test(verify, says_when_the_dataset_is_missing_or_another)
{
    char copy[2 * FILE_PATH], command[3 * FILE_PATH];
    snprintf(copy, sizeof copy, "%s", command_line_path("hopper-mine.hdf5"));
    snprintf(command, sizeof command, "cp %s '%s'", DATA, copy);
    cr_assert_eq(system(command), 0);
    struct run_request r = {.config = {.dataset = copy,
                                       .method = "odt",
                                       .preset = "code",
                                       .size = "tiny",
                                       .set = {"stop_transitions=200", "pretrain_actor_steps=10"},
                                       .sets = 2},
                            .folder = command_line_path("run"),
                            .quiet = true};
    cr_assert_eq(run_execute(&r, NULL), STATUS_OK, "%s", status_sentence());
    expect("", STATUS_OK, "same       run: ");

    cr_assert_eq(truncate(copy, 10), 0);
    expect("", STATUS_MISSING, "is not the dataset that the run used");
    unlink(copy);
    expect("", STATUS_MISSING, "UNCHECKED  run: ");
    expect("", STATUS_MISSING, "hopper-mine");
    cr_assert_str_eq(status_sentence(), "1 run could not be checked");
}

/* A fresh clone has curves and no data: what the run's matrix says how to make is made, and the
 * revision that this program writes into it is not the recorded one's. */
Test(verify, makes_the_data_as_the_matrix_says)
{
    char made[2 * FILE_PATH], *text;
    struct dataset_made unused;
    struct dataset_recipe recipe = {
        .env = "hopper", .actor = ACT_RANDOM, .rows = 3000, .seed = 1, .revision = "0123456789ab"};
    snprintf(made, sizeof made, "%s", command_line_path("then/hopper-random-v2.hdf5"));
    cr_assert_eq(file_make_folder(command_line_path("then")), STATUS_OK);
    cr_assert_eq(dataset_generate(&recipe, made, &unused), STATUS_OK, "%s", status_sentence());
    struct run_request r = {.config = {.dataset = made,
                                       .method = "iql",
                                       .preset = "paper",
                                       .size = "tiny",
                                       .set = {"stop_transitions=300", "pretrain_actor_steps=10"},
                                       .sets = 2},
                            .folder = command_line_path("runs/run"),
                            .matrix = "smoke",
                            .checkpoint_every = 1e9,
                            .quiet = true};
    cr_assert_eq(run_execute(&r, NULL), STATUS_OK, "%s", status_sentence());
    unlink(made);
    char words[3 * FILE_PATH];
    snprintf(words, sizeof words, "%s --data %s", command_line_path("runs"),
             command_line_path("new"));
    for (int again = 0; again < 2; again++) {
        cr_assert_eq(command_line(&command_verify, words, &text), STATUS_OK, "%s: %s",
                     status_sentence(), text);
        cr_assert_not_null(strstr(text, "same       run: "), "%s", text);
        cr_assert_eq(strstr(text, "a stand-in, not D4RL's data") != NULL, again == 0, "%s", text);
        free(text);
    }

    /* Other data under the same name is not it. */
    struct curve c;
    snprintf(made, sizeof made, "%s", command_line_path("runs/run/curve.h5"));
    cr_assert_eq(curve_read(made, &c), STATUS_OK);
    curve_set(&c, "dataset_content", "%064d", 7);
    cr_assert_eq(curve_write(&c, made), STATUS_OK);
    curve_free(&c);
    cr_assert_eq(command_line(&command_verify, words, &text), STATUS_MISSING, "%s", text);
    cr_assert_not_null(strstr(text, "is not the dataset that the run used (content "), "%s", text);
    free(text);
}

/* The libraries that decide bits, from OpenBLAS on. */
static void read_libraries(const struct curve *c, char out[CURVE_VALUE])
{
    const char *from = strstr(curve_get(c, "versions"), "OpenBLAS");
    snprintf(out, CURVE_VALUE, "%s", from != NULL ? from : "");
}

/* What a fresh clone's user does: recorded runs of the repository, without their data. Another
 * OpenBLAS or C library may well compute other bits. */
Test(verify, repeats_recorded_runs_of_the_repository, .timeout = 600)
{
    char words[3 * FILE_PATH], printed[FILE_PATH], *text;
    char recorded[CURVE_VALUE], here[CURVE_VALUE];
    struct curve c = {0};
    if (!threads_can_use_core("SkylakeX"))
        cr_skip_test("this processor cannot run the kernels that computed them");
    cr_assert_eq(curve_read("results/runs/cost/maze2d-umaze-v1/iql/1/curve.h5", &c), STATUS_OK);
    read_libraries(&c, recorded);
    cr_assert_eq(provenance_stamp(&c), STATUS_OK);
    read_libraries(&c, here);
    curve_free(&c);
    if (strcmp(recorded, here) != 0)
        cr_skip_test("they were computed with %s; here is %s", recorded, here);
    snprintf(printed, sizeof printed, "%s", command_line_path("printed"));
    cr_assert_eq(file_make_folder(command_line_folder()), STATUS_OK);
    snprintf(words, sizeof words,
             "verify results/runs/cost --dataset maze2d-umaze-v1 --method iql --all --iterations 1 "
             "--data %s",
             command_line_path("data"));
    int end = program_end(program_start(words, printed, printed));
    cr_assert_eq(file_read(printed, 1 << 20, &text, NULL), STATUS_OK);
    cr_expect_eq(end, 0, "%s", text);
    cr_expect_not_null(strstr(text, " same, 0 different, 0 unchecked"), "%s", text);
    free(text);
}

/* A curve may come from anywhere: the paths in it are not opened on its word. Here each leads to a
 * pipe, where opening would wait for ever. */
Test(verify, opens_only_what_lies_below_the_folders_that_were_named, .timeout = 60)
{
    char pipe[FILE_PATH], hash[SHA256_HEX], *text;
    struct curve c;
    cr_assert_eq(file_path(pipe, "%s-pipe.hdf5", command_line_folder()), STATUS_OK);
    cr_assert_eq(mkfifo(pipe, 0600), 0);
    record_run("odt", "run", 0);

    /* The dataset: found by its name where it was named, refused elsewhere. */
    static const char *const names[] = {"dataset_path", "dataset"};
    c = read_run("run");
    curve_set(&c, "dataset_path", "%s", pipe);
    write_run("run", &c);
    expect("", STATUS_OK, "same       run: ");
    for (int i = 0; i < 2; i++) {
        c = read_run("run");
        curve_set(&c, names[i], "%s", pipe);
        write_run("run", &c);
    }
    expect("", STATUS_MISSING, "the dataset's name in the curve is '");
    c = read_run("run");
    curve_set(&c, "dataset", "hopper-nowhere");
    write_run("run", &c);
    expect("", STATUS_MISSING, "is not below 'tests/data'; name the folder it is in with --data");

    /* The method's file. */
    unlink(command_line_path("run/curve.h5"));
    record_run("odt", "run", 0);
    c = read_run("run");
    curve_set(&c, "method", "%s", pipe);
    write_run("run", &c);
    expect("", STATUS_MISSING, "name it (--method FILE) to have it read");

    /* The guide's policy. */
    unlink(command_line_path("run/curve.h5"));
    record_run("iql", "guide", 0);
    snprintf(guide, sizeof guide, "jsrl_guide_file=%s",
             command_line_path("guide/policy_offline.h5"));
    record_run("odt_jsrl_oracle", "run", 0);
    expect("--method odt_jsrl_oracle", STATUS_OK, "same       run: ");
    c = read_run("run");
    char *key = strstr(c.config, "jsrl_guide_file = "), *rest = strchr(key, '\n');
    cr_assert(asprintf(&text, "%.*sjsrl_guide_file = %s%s", (int)(key - c.config), c.config, pipe,
                       rest) > 0);
    sha256_of(text, strlen(text), hash);
    cr_assert_eq(curve_set_config(&c, text), STATUS_OK);
    curve_set(&c, "config_hash", "%s", hash);
    free(text);
    write_run("run", &c);
    expect("--method odt_jsrl_oracle", STATUS_MISSING, "its guide, ");
    unlink(pipe);
}

/* What a killed run leaves: a curve with rows beyond the checkpoint. */
Test(verify, goes_on_from_a_checkpoint_when_asked)
{
    char command[4 * FILE_PATH];
    record_run("td3_odt", "run", 1);
    snprintf(command, sizeof command, "cp '%s/run/checkpoint.h5' '%s/kept'", command_line_folder(),
             command_line_folder());
    cr_assert_eq(system(command), 0);
    record_run("td3_odt", "run", 3);
    snprintf(command, sizeof command, "mv '%s/kept' '%s/run/checkpoint.h5'", command_line_folder(),
             command_line_folder());
    cr_assert_eq(system(command), 0);
    struct curve c = read_run("run");
    int rows = c.iterations;
    char part[80];
    snprintf(part, sizeof part, "3 of %d iterations from the checkpoint at %d,", rows, rows - 3);
    curve_free(&c);
    expect("--from-checkpoint", STATUS_OK, part);

    c = read_run("run");
    c.iteration[rows - 1].value[CURVE_q_mean] *= 1.5;
    write_run("run", &c);
    expect("--from-checkpoint", STATUS_FORMAT, "'q_mean' is ");
}

/* Which runs are drawn depends on the seed and the names, not on what is beside them. */
Test(verify, draws_the_same_lots_for_the_same_seed)
{
    struct curve c = {.attributes = 0};
    char name[32], *one, *again, *other;
    for (int i = 0; i < 12; i++) {
        snprintf(name, sizeof name, "r%d", i);
        cr_assert_eq(file_make_folder(command_line_path(name)), STATUS_OK);
        write_run(name, &c); /* unreadable as a run: what counts is which are looked at */
    }
    cr_assert_eq(verify("--runs 4", &one), STATUS_FORMAT);
    cr_assert_eq(verify("--runs 4 --seed 1", &again), STATUS_FORMAT);
    cr_assert_eq(verify("--runs 4 --seed 2", &other), STATUS_FORMAT);
    cr_assert_str_eq(one, again);
    cr_assert_str_neq(one, other);
    cr_assert_not_null(strstr(one, "4 of 12 runs"), "%s", one);
    free(one);
    free(again);
    free(other);
}

Test(verify, leaves_nothing_behind)
{
    char *text;
    record_run("odt", "results/run", 0);
    cr_assert_eq(file_make_folder(command_line_path("scratch")), STATUS_OK);
    setenv("TMPDIR", command_line_path("scratch"), 1);
    expect("", STATUS_OK, "1 same");
    cr_assert_eq(rmdir(command_line_path("scratch")), 0, "the scratch folder is not empty");
    cr_assert_eq(verify("", &text), STATUS_IO, "%s", text);
    cr_assert_not_null(strstr(status_sentence(), "vitamin-verify"), "%s", status_sentence());
    free(text);
}

Test(verify, says_what_is_wrong_with_the_question)
{
    static const char *const questions[] = {"--runs 0",       "--runs x", "--iterations -1",
                                            "--threads many", "--sead 3", "a b"};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        cr_assert_eq(verify(questions[i], NULL), STATUS_CONFIG, "%s", questions[i]);
        cr_assert_neq(status_sentence()[0], '\0');
    }
    cr_assert_eq(verify("", NULL), STATUS_MISSING);
}
