#include "suites/dataset_generate.h"

#include "engine/base/stop.h"
#include "engine/base/threads.h"
#include "suites/dataset.h"
#include "tests/support/fixture.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char folder[FILE_PATH];

static void make_folder(void)
{
    toy_folder(folder);
}

static void remove_folder(void)
{
    toy_remove(folder);
}

TestSuite(dataset_generate, .init = make_folder, .fini = remove_folder, .timeout = 120);

static const char *in_folder(const char *name)
{
    return at("%.900s/%s.hdf5", folder, name);
}

static struct dataset_made make(const struct dataset_recipe *r, const char *path)
{
    struct dataset_made made;
    cr_assert_eq(dataset_generate(r, path, &made), STATUS_OK, "%s", status_sentence());
    return made;
}

static struct dataset load(const char *path)
{
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    cr_assert_eq(dataset_load(path, &o, &d), STATUS_OK, "%s", status_sentence());
    return d;
}

/* --- round trip ----------------------------------------------------------------------------------
 */

/* Rows enough for complete episodes of uniform actions. */
static const struct {
    const char *env;
    int rows;
} trips[] = {{"hopper", 200},      {"walker2d", 200}, {"halfcheetah", 1000}, {"ant", 300},
             {"pen", 201},         {"hammer", 201},   {"door", 201},         {"relocate", 201},
             {"maze2d-open", 301}, {"bandit", 20},    {"antmaze-umaze", 702}};

/* Begin episode e again and apply the actions of the file: rewards, flags and states must be the
 * file's to the bit. */
static void replay(struct env *e, const struct dataset *d, int i, uint64_t seed)
{
    const struct trajectory *t = &d->list[i];
    double action[64];
    cr_assert_eq(env_reset(e, dataset_reset_rng(d->env, seed, i)), STATUS_OK);
    for (int k = 0; k < t->length; k++) {
        struct env_step step;
        const double *seen = env_observation(e);
        for (int s = 0; s < d->S; s++)
            cr_assert_eq(t->state[k * d->S + s], (float)seen[s], "%s %d: state %d of step %d",
                         d->id, i, s, k);
        for (int a = 0; a < d->A; a++)
            action[a] = (double)t->action[k * d->A + a];
        cr_assert_eq(env_step(e, action, &step), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(t->reward[k], (float)step.raw_reward, "%s %d: reward of step %d", d->id, i, k);
        if (!d->env->suite->goal_cut) /* whose ends are all terminal */
            cr_assert_eq(t->terminal[k], step.terminated && env_steps(e) < d->env->time_limit);
    }
}

ParameterizedTestParameters(dataset_generate, a_file_replays_to_its_own_rewards)
{
    static int rows[sizeof trips / sizeof *trips];
    for (int i = 0; i < (int)(sizeof trips / sizeof *trips); i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, sizeof trips / sizeof *trips);
}

ParameterizedTest(int *row, dataset_generate, a_file_replays_to_its_own_rewards)
{
    const char *path = in_folder(trips[*row].env);
    struct dataset_recipe r = {.env = trips[*row].env, .rows = trips[*row].rows, .seed = 3};
    struct dataset_made made = make(&r, path);
    struct dataset d = load(path);
    struct env *e;
    cr_assert_eq(env_open(r.env, NULL, &e), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(d.kind, DATASET_GENERATED);
    cr_expect_eq(d.rows, r.rows);
    cr_expect_geq(made.terminals + made.timeouts, 1);
    cr_expect_geq(d.count, made.terminals + made.timeouts - 1, "Adroit loses the last one");
    for (int i = 0; i < d.count; i++)
        replay(e, &d, i, r.seed);
    env_close(e);
    dataset_free(&d);
}

/* --- determinism ---------------------------------------------------------------------------------
 */

static void digest(const struct dataset_recipe *r, char out[SHA256_HEX])
{
    const char *path = in_folder("toy");
    make(r, path);
    cr_assert_eq(sha256_file(path, out), STATUS_OK);
}

Test(dataset_generate, gives_the_same_bytes_for_any_number_of_threads)
{
    char first[SHA256_HEX], other[SHA256_HEX];
    struct dataset_recipe r = {.env = "hopper", .rows = 700, .seed = 1};
    threads_set(1);
    digest(&r, first);
    for (int threads = 2; threads < 4; threads++) {
        threads_set(threads);
        digest(&r, other);
        cr_expect_str_eq(first, other, "%d threads", threads);
    }
    r.seed = 2;
    digest(&r, other);
    cr_expect_str_neq(first, other, "another seed");
}

Test(dataset_generate, begins_a_longer_file_like_a_shorter_one)
{
    struct dataset_recipe r = {.env = "hopper", .rows = 300, .seed = 1};
    const char *path = in_folder("short"), *further = in_folder("long");
    make(&r, path);
    r.rows = 500;
    make(&r, further);
    struct dataset a = load(path), b = load(further);
    cr_assert_leq(a.count, b.count);
    for (int i = 0; i < a.count; i++) {
        cr_assert_eq(a.list[i].length, b.list[i].length);
        cr_expect_arr_eq(a.list[i].state, b.list[i].state,
                         (size_t)(a.list[i].length * a.S) * sizeof(float));
    }
    dataset_free(&a);
    dataset_free(&b);
}

/* What the progress callback was last told. */
static int64_t told, of;
static void note_rows(void *context, int64_t done, int64_t rows)
{
    (void)context;
    cr_expect_geq(done, told);
    told = done;
    of = rows;
}

Test(dataset_generate, tells_how_far_it_is)
{
    struct dataset_recipe recipes[] = {
        {.env = "hopper", .rows = 300, .seed = 1},
        {.env = "maze2d-umaze", .rows = 9000, .seed = 1, .actor = ACT_WAYPOINT},
        {.env = "antmaze-umaze", .rows = 702, .seed = 1, .actor = ACT_WALKER}};
    for (size_t i = 0; i < sizeof recipes / sizeof *recipes; i++) {
        told = of = 0;
        recipes[i].tell = note_rows;
        make(&recipes[i], in_folder(recipes[i].env));
        cr_expect_eq(of, recipes[i].rows);
        cr_expect_eq(told, recipes[i].rows, "%s: %lld", recipes[i].env, (long long)told);
    }
}

/* --- what the file says --------------------------------------------------------------------------
 */

Test(dataset_generate, labels_its_files_and_uses_d4rls_types)
{
    const char *path = in_folder("hopper-medium-v2"); /* whatever it is called */
    struct dataset_recipe r = {.env = "hopper", .rows = 100, .seed = 9, .revision = "abc123"};
    make(&r, path);
    struct dataset d = load(path);
    cr_expect_eq(d.kind, DATASET_GENERATED);
    cr_expect_not_null(strstr(d.note, "uniform random"), "%s", d.note);
    cr_expect_not_null(strstr(d.note, "not D4RL"), "%s", d.note);
    dataset_free(&d);

    struct h5 f;
    char text[256];
    double number;
    cr_assert_eq(h5_open(&f, path), STATUS_OK);
    static const char *const attribute[][2] = {{"generator", "vitamin"},
                                               {"environment", "hopper"},
                                               {"policy", "uniform random actions"},
                                               {"revision", "abc123"}};
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(h5_get_text(&f, ".", attribute[i][0], text, sizeof text), STATUS_OK);
        cr_expect_str_eq(text, attribute[i][1]);
    }
    h5_get_number(&f, ".", "seed", &number);
    cr_expect_eq(number, 9);
    h5_get_number(&f, ".", "rows", &number);
    cr_expect_eq(number, 100);

    static const char *const floats[] = {"observations",          "actions",    "rewards",
                                         "next_observations",     "infos/qpos", "infos/qvel",
                                         "infos/action_log_probs"};
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    for (int i = 0; i < 7; i++) {
        hid_t set = H5Dopen2(file, floats[i], H5P_DEFAULT), type = H5Dget_type(set);
        cr_expect_gt(H5Tequal(type, H5T_IEEE_F32LE), 0, "%s", floats[i]);
        H5Tclose(type);
        H5Dclose(set);
    }
    hid_t set = H5Dopen2(file, "terminals", H5P_DEFAULT), type = H5Dget_type(set);
    hid_t boolean = h5_bool_type();
    cr_expect_gt(H5Tequal(type, boolean), 0);
    float log_prob[100];
    cr_assert_eq(h5_read_float(&f, "infos/action_log_probs", 100, log_prob), STATUS_OK);
    cr_expect_float_eq((double)log_prob[42], -3 * log(2), 1e-6);
    H5Tclose(boolean);
    H5Tclose(type);
    H5Dclose(set);
    H5Fclose(file);
    h5_close(&f);
}

Test(dataset_generate, leaves_nothing_behind_when_it_fails)
{
    const char *path = at("%.900s/absent/toy.hdf5", folder);
    struct dataset_recipe r = {.env = "hopper", .rows = 100};
    struct dataset_made made;
    cr_expect_eq(dataset_generate(&r, path, &made), STATUS_IO);
    r.env = "hoppper";
    path = in_folder("toy");
    cr_expect_eq(dataset_generate(&r, path, &made), STATUS_MISSING);
    r.env = "hopper";
    r.rows = 0;
    cr_expect_eq(dataset_generate(&r, path, &made), STATUS_CONFIG);
    r.rows = 10;
    r.noise = (double)NAN;
    cr_expect_eq(dataset_generate(&r, path, &made), STATUS_CONFIG);
    r.noise = 0;
    r.actor = ACT_WAYPOINT;
    cr_expect_eq(dataset_generate(&r, path, &made), STATUS_CONFIG);
    cr_expect_not(file_exists(path));
}

/* A billion rows would take hours, and reading is looked at between the fields. */
Test(dataset_generate, stops_when_asked_and_so_does_the_reader)
{
    static const char *const envs[] = {"hopper", "maze2d-open"};
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    struct dataset_made made;
    struct dataset_recipe r = {.env = "hopper", .actor = ACT_RANDOM, .rows = 200, .seed = 4};
    make(&r, in_folder("hopper-whole"));
    stop_catch();
    raise(SIGHUP);
    for (int i = 0; i < 2; i++) {
        r = (struct dataset_recipe){.env = envs[i],
                                    .actor = i == 0 ? ACT_RANDOM : ACT_WAYPOINT,
                                    .rows = 1000000000,
                                    .seed = 4};
        cr_expect_eq(dataset_generate(&r, in_folder("long"), &made), STATUS_INTERRUPTED);
        cr_expect_not(file_exists(in_folder("long")));
    }
    cr_expect_eq(dataset_load(in_folder("hopper-whole"), &o, &d), STATUS_INTERRUPTED);
}

Test(dataset_generate, follows_policy_files)
{
    char policy[FILE_PATH];
    fixture_shared("policies/hopper_a2c.h5", policy);
    struct dataset_recipe r = {
        .env = "hopper", .actor = ACT_POLICY, .policy = policy, .rows = 1500, .seed = 4};
    struct dataset_made made;
    const char *path = in_folder("mean"), *noisy = in_folder("noisy");
    make(&r, path);
    r.noise = 0.3;
    make(&r, noisy);
    struct dataset a = load(path), b = load(noisy);
    cr_expect_not_null(strstr(a.note, "mean of policy hopper_a2c.h5"), "%s", a.note);
    cr_expect_not_null(strstr(b.note, "noise 0.3"), "%s", b.note);
    cr_expect(memcmp(a.list[0].action, b.list[0].action, 10 * 3 * sizeof(float)) != 0);
    cr_expect_eq(a.list[0].state[0], b.list[0].state[0], "the same start");
    struct score_summary s;
    cr_assert_eq(dataset_summarise(&a, &s), STATUS_OK);
    cr_expect_gt(s.mean, 5, "far better than random actions: %g", s.mean);
    dataset_free(&a);
    dataset_free(&b);

    r.env = "walker2d";
    cr_expect_eq(dataset_generate(&r, path, &made), STATUS_CONFIG, "another robot's policy");
    cr_expect_not_null(strstr(status_sentence(), "hopper"), "%s", status_sentence());
}

/* --- maze2d's walk -------------------------------------------------------------------------------
 */

Test(dataset_generate, walks_the_maze_as_d4rl_did)
{
    enum { N = 6000 };
    const char *path = in_folder("maze2d-umaze-walk");
    struct dataset_recipe r = {.env = "maze2d-umaze", .actor = ACT_WAYPOINT, .rows = N, .seed = 2};
    struct dataset_made made = make(&r, path);
    struct h5 f;
    float *state = malloc(N * 4 * sizeof *state), *goal = malloc(N * 2 * sizeof *goal);
    float *reward = malloc(N * sizeof *reward), *qpos = malloc(N * 2 * sizeof *qpos);
    uint8_t *timeout = malloc(N);
    cr_assert_eq(h5_open(&f, path), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "observations", N * 4, state), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "infos/goal", N * 2, goal), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "infos/qpos", N * 2, qpos), STATUS_OK);
    cr_assert_eq(h5_read_float(&f, "rewards", N, reward), STATUS_OK);
    cr_assert_eq(h5_read(&f, "timeouts", H5T_NATIVE_UCHAR, N, timeout), STATUS_OK);
    h5_close(&f);

    int ends = 0, since = 0;
    for (int i = 0; i < N; i++, since++) {
        bool at_goal = hypot((double)state[4 * i] - 1, (double)state[4 * i + 1] - 1) <= 0.5;
        cr_assert_eq(reward[i], at_goal, "row %d: the reward of its own observation", i);
        ends += timeout[i];
        if (i == 0)
            continue;
        bool stale = memcmp(state + 4 * i, state + 4 * (i - 1), 4 * sizeof *state) == 0;
        bool new_goal = memcmp(goal + 2 * i, goal + 2 * (i - 1), 2 * sizeof *goal) != 0;
        cr_assert_eq(stale, timeout[i - 1], "row %d sees the old observation once", i);
        cr_assert_eq(new_goal, timeout[i - 1], "row %d: targets change at timeouts", i);
        if (timeout[i - 1])
            since = 0;
        else
            cr_assert(memcmp(qpos + 2 * i, state + 4 * i, 2 * sizeof *qpos) == 0, "row %d", i);
        cr_assert_leq(since, 300, "row %d: longer than the limit", i);
        double moved = hypot((double)qpos[2 * i] - (double)qpos[2 * i - 2],
                             (double)qpos[2 * i + 1] - (double)qpos[2 * i - 1]);
        cr_assert_lt(moved, 0.11, "row %d: one continuous walk", i);
    }
    cr_expect_eq(ends, made.timeouts);
    cr_expect_gt(ends, N / 150, "the mean segment has 72 rows");
    cr_expect_lt(ends, N / 40);
    free(state);
    free(goal);
    free(reward);
    free(qpos);
    free(timeout);
}

/* The statistics of our walk and of the stand-in's agree within three standard errors. */
Test(dataset_generate, walks_as_well_as_the_reference)
{
    char path[FILE_PATH];
    fixture_shared("data/maze2d-umaze-dev.hdf5", path);
    struct dataset_recipe r = {
        .env = "maze2d-umaze", .actor = ACT_WAYPOINT, .rows = 40000, .seed = 7};
    make(&r, in_folder("walk"));
    struct dataset ours = load(in_folder("walk")), theirs = load(path);
    struct score_summary a, b;
    cr_assert_eq(dataset_summarise(&ours, &a), STATUS_OK);
    cr_assert_eq(dataset_summarise(&theirs, &b), STATUS_OK);
    expect_number("mean score of a segment", a.mean, b.mean, 0, 3 * hypot(a.sem, b.sem));
    dataset_free(&ours);
    dataset_free(&theirs);
}

/* --- the stand-ins' rows -------------------------------------------------------------------------
 */

enum { TASK_FIELDS = 3 };

/* How a row of an Adroit file begins again: our field, the file's, and whether it is the episode's
 * first row that says it (the ball's place before it was moved). */
static const struct {
    const char *file, *env;
    struct {
        const char *field, *key;
        bool first;
    } task[TASK_FIELDS];
} adroit[] = {
    {"door-human-dev", "door", {{"door_body_pos", "infos/door_body_pos", false}}},
    {"door-expert-dev", "door", {{"door_body_pos", "infos/door_body_pos", false}}},
    {"hammer-expert-dev", "hammer", {{"board_pos", "infos/board_pos", false}}},
    {"pen-expert-dev", "pen", {{"desired_orien", "infos/desired_orien", false}}},
    {"relocate-expert-dev",
     "relocate",
     {{"obj_body_pos", "infos/obj_pos", true}, {"target_site_pos", "infos/target_pos", false}}},
};

ParameterizedTestParameters(dataset_generate, a_recorded_row_begins_again)
{
    static int rows[] = {0, 1, 2, 3, 4};
    return cr_make_param_array(int, rows, 5);
}

/* As the real files' README says: restarting from a row and applying its action gives the next
 * observation to 6e-6 and the reward to 4e-6. The solver's warm start is not in the files, so a
 * contact that comes or goes in a row may stop it elsewhere: rare strays are allowed. */
ParameterizedTest(int *row, dataset_generate, a_recorded_row_begins_again)
{
    char path[FILE_PATH];
    struct env *e;
    struct h5 f;
    fixture_shared(at("data/%s.hdf5", adroit[*row].file), path);
    cr_assert_eq(env_open(adroit[*row].env, NULL, &e), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(h5_open(&f, path), STATUS_OK);
    struct dataset d = load(path);

    /* All fields of a state, as doubles. */
    const char *key[2 + TASK_FIELDS] = {"infos/qpos", "infos/qvel"};
    struct env_value value[2 + TASK_FIELDS] = {{.name = "qpos"}, {.name = "qvel"}};
    double *column[2 + TASK_FIELDS];
    int fields = 2;
    for (int k = 0; k < TASK_FIELDS && adroit[*row].task[k].key != NULL; k++, fields++) {
        key[fields] = adroit[*row].task[k].key;
        value[fields].name = adroit[*row].task[k].field;
    }
    for (int k = 0; k < fields; k++) {
        column[k] = fixture_doubles(&f, key[k], NULL);
        value[k].count = fixture_dim(&f, key[k], 1);
    }

    double worst_state = 0, worst_reward = 0, action[64];
    int tried = 0, strays = 0, start = 0;
    for (int i = 0; i < d.count; start += d.list[i++].length) {
        const struct trajectory *t = &d.list[i];
        for (int j = i % 29; j + 1 < t->length; j += 29, tried++) {
            struct env_step step;
            for (int k = 0; k < fields; k++) {
                int from = k >= 2 && adroit[*row].task[k - 2].first ? start : start + j;
                value[k].data = column[k] + (size_t)from * (size_t)value[k].count;
            }
            cr_assert_eq(env_reset_to(e, value, fields), STATUS_OK, "%s", status_sentence());
            for (int a = 0; a < d.A; a++)
                action[a] = (double)t->action[j * d.A + a];
            cr_assert_eq(env_step(e, action, &step), STATUS_OK, "%s", status_sentence());
            double off = 0, off_reward = fabs(step.raw_reward - (double)t->reward[j]);
            for (int s = 0; s < d.S; s++)
                off = fmax(off, fabs(env_observation(e)[s] - (double)t->next_state[j * d.S + s]));
            bool stray = off > 6e-6 && off < 1e-3;
            strays += stray;
            worst_state = fmax(worst_state, stray ? 0 : off);
            worst_reward = fmax(worst_reward, stray ? 0 : off_reward);
        }
    }
    cr_expect_gt(tried, 100);
    cr_expect_leq(strays, tried / 100, "%s: %d of %d rows stray", d.id, strays, tried);
    expect_number(at("%s: next observation", d.id), worst_state, 0, 0, 6e-6);
    expect_number(at("%s: reward", d.id), worst_reward, 0, 0, 4e-6);
    for (int k = 0; k < fields; k++)
        free(column[k]);
    dataset_free(&d);
    h5_close(&f);
    env_close(e);
}
