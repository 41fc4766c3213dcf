/* A user's own data: whatever its name, in D4RL's layout or Minari's, and what it is run with. */
#include "engine/base/h5.h"
#include "harness/commands/command.h"
#include "tests/support/command_line.h"
#include "tests/support/tiny_run.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(run_own, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 240);

static void write_hopper(const char *path, const char *environment)
{
    struct toy t = toy_new(300, 11, 3);
    for (int i = 29; i < 300; i += 30)
        t.timeout[i] = 1;
    toy_write(&t, path, &(struct toy_style){.gzip = 1});
    toy_free(&t);
    if (environment == NULL)
        return;
    struct h5 f = {.file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT)};
    cr_assert_eq(h5_set_text(&f, ".", "environment", environment), STATUS_OK);
    H5Fclose(f.file);
}

/* Minari's layout: `episodes` of ten steps of an environment that metadata.json names. */
static void write_minari(const char *folder, int episodes, int S, int A, const char *spec)
{
    char path[FILE_PATH], text[1024];
    struct h5 f;
    struct toy t = toy_new(10 * episodes, S, A);
    cr_assert_eq(file_path(path, "%s/data", folder), STATUS_OK);
    cr_assert_eq(file_make_folder(path), STATUS_OK);
    cr_assert_eq(file_path(path, "%s/data/main_data.hdf5", folder), STATUS_OK);
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    for (int e = 0; e < episodes; e++) {
        t.timeout[10 * e + 9] = 1;
        toy_write_episode(&f, e, &t, 10 * e, 10 * e + 10);
    }
    cr_assert_eq(h5_close(&f), STATUS_OK);
    toy_free(&t);
    cr_assert_eq(file_path(path, "%s/data/metadata.json", folder), STATUS_OK);
    snprintf(text, sizeof text,
             "{\"dataset_id\": \"x\", \"env_spec\": \"{\\\"id\\\": \\\"%s\\\", "
             "\\\"kwargs\\\": {}}\"}",
             spec);
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK);
}

static struct run_request request(const char *dataset, const char *name)
{
    struct run_request r = tiny_run_request("td3bc", name);
    r.config.dataset = dataset;
    return r;
}

static struct curve complete(const struct run_request *r)
{
    cr_assert_eq(run_execute(r, NULL), STATUS_OK, "%s", status_sentence());
    return tiny_run_curve(r);
}

static void expect_run(const char *dataset, const char *env, const char *id)
{
    struct run_request r = request(dataset, id);
    r.config.env = env;
    struct curve c = complete(&r);
    cr_expect_str_eq(curve_get(&c, "dataset"), id);
    curve_free(&c);
}

Test(run_own, runs_whatever_the_file_is_called)
{
    char mine[FILE_PATH], attribute[FILE_PATH], nowhere[FILE_PATH];
    snprintf(mine, sizeof mine, "%s", tiny_run_path("mine.hdf5"));
    snprintf(attribute, sizeof attribute, "%s", tiny_run_path("robot-7.hdf5"));
    snprintf(nowhere, sizeof nowhere, "%s", tiny_run_path("nowhere.hdf5"));
    write_hopper(mine, NULL);
    write_hopper(attribute, "hopper");
    expect_run(mine, "hopper", "hopper-mine");
    expect_run(attribute, NULL, "hopper-robot-7");
    struct run_request r = request(mine, "refused");
    cr_expect_eq(run_execute(&r, NULL), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "name one (--env"), "%s", status_sentence());
    r.config.env = "walker2d";
    cr_expect_eq(run_execute(&r, NULL), STATUS_SHAPE, "%s", status_sentence());
    r = request(nowhere, "refused");
    cr_expect_eq(run_execute(&r, NULL), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "unknown dataset"), "%s", status_sentence());
}

Test(run_own, runs_minaris_folders_and_ids)
{
    char folder[FILE_PATH], root[FILE_PATH];
    snprintf(folder, sizeof folder, "%s", tiny_run_path("myset"));
    write_minari(folder, 30, 11, 3, "Hopper-v5");
    expect_run(folder, NULL, "hopper-myset");

    snprintf(root, sizeof root, "%s", tiny_run_path("minari"));
    cr_assert_eq(file_path(folder, "%s/D4RL/stick/human-v2", root), STATUS_OK);
    write_minari(folder, 30, 11, 3, "Hopper-v5");
    setenv("MINARI_DATASETS_PATH", root, 1);
    expect_run("D4RL/stick/human-v2", NULL, "hopper-human-v2");
    char command[4 * FILE_PATH];
    snprintf(command, sizeof command, "rm -r '%s'", tiny_run_path("hopper-human-v2"));
    cr_assert_eq(system(command), 0);
    unsetenv("MINARI_DATASETS_PATH");
    char home[FILE_PATH];
    snprintf(home, sizeof home, "%s", tiny_run_path("home"));
    snprintf(command, sizeof command, "mkdir -p '%s/.minari' && mv '%s' '%s/.minari/datasets'",
             home, root, home);
    cr_assert_eq(system(command), 0);
    setenv("HOME", home, 1);
    expect_run("D4RL/stick/human-v2", NULL, "hopper-human-v2");

    /* Rewards of another kind than our environment pays are not guessed to be its own. */
    write_minari(folder, 3, 11, 3, "AdroitHandPenSparse-v1");
    struct run_request r = request(folder, "refused");
    cr_expect_eq(run_execute(&r, NULL), STATUS_CONFIG, "%s", status_sentence());
}

Test(run_own, scores_and_steps_are_the_environments_unless_set)
{
    char mine[FILE_PATH];
    snprintf(mine, sizeof mine, "%s", tiny_run_path("hopper-mine.hdf5"));
    write_hopper(mine, NULL);
    struct run_request r = request(mine, "standard");
    struct curve a = complete(&r);
    r = request(mine, "set");
    r.config.set[r.config.sets++] = "score_min=0";
    r.config.set[r.config.sets++] = "score_max=50";
    r.config.set[r.config.sets++] = "horizon=7";
    struct curve b = complete(&r);
    for (int i = 0; i < b.evaluations; i++) {
        for (int e = 0; e < b.episodes; e++) {
            cr_expect_leq(b.evaluation[i].length[e], 7);
            cr_expect_float_eq(b.evaluation[i].score[e], 2 * b.evaluation[i].raw_return[e], 1e-9);
        }
    }
    cr_expect_float_eq(a.evaluation[0].score[0],
                       100 * (a.evaluation[0].raw_return[0] + 20.272305) / (3234.3 + 20.272305),
                       1e-9);
    /* What is not set stands in no configuration, so that older runs have the same hash. */
    cr_expect_null(strstr(a.config, "horizon"));
    cr_expect_not_null(strstr(b.config, "horizon = 7"));
    curve_free(&a);
    curve_free(&b);
    r = request(mine, "refused");
    r.config.set[r.config.sets++] = "horizon=1001";
    cr_expect_eq(run_execute(&r, NULL), STATUS_CONFIG);
    r = request(mine, "refused too");
    r.config.set[r.config.sets++] = "score_min=5";
    cr_expect_eq(run_execute(&r, NULL), STATUS_CONFIG);
}

/* Minari's mazes are centred on the origin. */
Test(run_own, positions_in_the_walls_of_a_maze_are_refused)
{
    char path[FILE_PATH];
    struct toy t = toy_new(100, 4, 2); /* all from -1 to 1 */
    t.timeout[49] = t.timeout[99] = 1;
    snprintf(path, sizeof path, "%s", tiny_run_path("maze2d-umaze-mine.hdf5"));
    toy_write(&t, path, &(struct toy_style){.gzip = 1});
    struct run_request r = request(path, "refused");
    cr_expect_eq(run_execute(&r, NULL), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "lie in walls of maze2d-umaze"), "%s",
                       status_sentence());
    for (int i = 0; i < 100; i++) {
        t.state[4 * i] = 1 + 0.1f * t.state[4 * i];
        t.state[4 * i + 1] = 1 + 0.1f * t.state[4 * i + 1];
    }
    toy_write(&t, path, &(struct toy_style){.gzip = 1});
    struct curve c = complete(&r);
    curve_free(&c);
    toy_free(&t);
}
