#include "suites/dataset_table.h"
#include "suites/env_impl.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- helpers
 * ----------------------------------------------------------------------------------------- */

static struct env *open_with(const char *name, struct env_options options)
{
    struct env *e;
    cr_assert_eq(env_open(name, &options, &e), STATUS_OK, "%s", status_sentence());
    return e;
}

static struct env *open_plain(const char *name)
{
    return open_with(name, env_defaults());
}

static void reset(struct env *e, uint64_t episode)
{
    cr_assert_eq(env_reset(e, rng_at(7, RNG_TEST, episode)), STATUS_OK, "%s", status_sentence());
}

enum { MOST_ACTIONS = 32 };

/* A uniform random action; the same for the same stream, whichever instance acts. */
static struct env_step act(struct env *e, struct rng *rng)
{
    double action[MOST_ACTIONS];
    for (int i = 0; i < env_kind(e)->act_dim; i++)
        action[i] = 2 * rng_uniform_double(rng) - 1;
    struct env_step out;
    cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
    return out;
}

static struct env_step act_with(struct env *e, double value)
{
    double action[MOST_ACTIONS];
    for (int i = 0; i < MOST_ACTIONS; i++)
        action[i] = value;
    struct env_step out;
    cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
    return out;
}

static double *state_of(const struct env *e)
{
    double *state = malloc(env_state_size(e) * sizeof *state);
    env_get_state(e, state);
    return state;
}

static void expect_same_bits(const char *what, const void *got, const void *want, size_t bytes)
{
    cr_assert(memcmp(got, want, bytes) == 0, "%s: other bits", what);
}

/* One parameter a row of the table. */
static struct criterion_test_params every_environment(void)
{
    static int index[64];
    for (int i = 0; i < env_count; i++)
        index[i] = i;
    return cr_make_param_array(int, index, (size_t)env_count);
}

/* --- the table
 * --------------------------------------------------------------------------------------- */

Test(env_table, rows_have_a_name_of_their_own_and_sane_numbers)
{
    for (int i = 0; i < env_count; i++) {
        const struct env_kind *k = &env_table[i];
        cr_assert_eq(env_find(k->name), k, "%s", k->name);
        cr_assert(k->obs_dim > 0 && k->act_dim > 0 && k->act_dim <= MOST_ACTIONS);
        cr_assert(k->time_limit > 0 && k->frame_skip > 0 && k->ops != NULL);
        cr_assert((k->score.max > k->score.min) == k->suite->scored, "%s", k->name);
    }
}

Test(suite_table, rows_have_a_name_of_their_own_and_an_environment)
{
    for (int i = 0; i < SUITES; i++) {
        const struct suite *s = &suite_table[i];
        int environments = 0;
        for (int k = 0; k < env_count; k++)
            environments += env_table[k].suite == s;
        cr_assert_eq(suite_find(s->name), s, "%s", s->name);
        cr_assert(environments > 0 && s->step_seconds > 0 && s->title[0] != '\0', "%s", s->name);
        cr_assert_eq(s->scored, s->folder[0] != '\0', "%s", s->name);
    }
    cr_assert_null(suite_find("mujoco-delayed"), "a part of a suite is none");
    cr_assert_null(suite_find(""));
}

/* All 34 datasets against tests/data/datasets.csv. */
Test(env_table, datasets_find_their_environment)
{
    FILE *csv = fopen("tests/data/datasets.csv", "r");
    cr_assert_not_null(csv);
    char line[512];
    int rows = 0;
    cr_assert_not_null(fgets(line, sizeof line, csv));
    while (fgets(line, sizeof line, csv) != NULL) {
        char id[64], suite[16], quality[16];
        int S, A, limit;
        double low, high, transitions, mean, std, budget;
        cr_assert_eq(sscanf(line, "%63[^,],%15[^,],%*[^,],%15[^,],%d,%d,%d,%lf,%lf,%lf,%lf,%lf,%lf",
                            id, suite, quality, &S, &A, &limit, &low, &high, &transitions, &mean,
                            &std, &budget),
                     12, "%s", line);
        const struct dataset_entry *e = dataset_find(id);
        cr_assert_not_null(e, "%s", id);
        const struct env_kind *k = env_find(id);
        cr_assert_not_null(k, "%s", id);
        cr_assert_eq(k->obs_dim, S, "%s", id);
        cr_assert_eq(k->act_dim, A, "%s", id);
        cr_assert_eq(k->time_limit, limit, "%s", id);
        expect_number(id, k->score.min, low, 0, 0);
        expect_number(id, k->score.max, high, 0, 0);
        cr_assert_eq(dataset_env(id), k, "%s", id);
        cr_assert_str_eq(k->suite->name, suite, "%s", id);
        cr_assert_str_eq(e->quality, quality, "%s", id);
        expect_number(id, (double)e->paper_transitions, transitions, 0, 0);
        expect_number(id, e->paper_mean, mean, 0, 0);
        expect_number(id, e->paper_std, std, 0, 0);
        expect_number(id, k->suite->budget, budget, 0, 0);
        rows++;
    }
    fclose(csv);
    cr_assert_eq(rows, 34);
}

Test(env_table, a_name_ends_at_a_dash)
{
    cr_assert_str_eq(env_find("antmaze-umaze-diverse-v2")->name, "antmaze-umaze");
    cr_assert_str_eq(env_find("antmaze-large-play")->name, "antmaze-large");
    cr_assert_null(env_find("hopperx"));
    cr_assert_null(env_find("hop"));
    cr_assert_null(env_find("antmaze"));
    cr_assert_null(env_find(""));
    struct env *e;
    cr_assert_eq(env_open("swimmer", NULL, &e), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "swimmer") != NULL);
}

Test(env_table, scores_are_linear_in_the_return)
{
    const struct env_kind *hopper = env_find("hopper");
    expect_number("0", score_normalise(hopper->score, -20.272305), 0, 0, 1e-12);
    expect_number("100", score_normalise(hopper->score, 3234.3), 100, 0, 1e-12);
    expect_number("antmaze", score_normalise(env_find("antmaze-umaze")->score, 1), 100, 0, 0);
    cr_assert(isnan(score_normalise(env_find("bandit")->score, 1)));
}

/* --- every environment
 * ------------------------------------------------------------------------------- */

ParameterizedTestParameters(env, opens_from_any_folder)
{
    return every_environment();
}

ParameterizedTest(int *row, env, opens_from_any_folder)
{
    cr_assert_eq(chdir("/"), 0);
    struct env *e = open_plain(env_table[*row].name);
    reset(e, 0);
    for (int i = 0; i < env_kind(e)->obs_dim; i++)
        cr_assert(isfinite(env_observation(e)[i]));
    env_close(e);
}

ParameterizedTestParameters(env, begins_alike_from_the_same_stream_only)
{
    return every_environment();
}

ParameterizedTest(int *row, env, begins_alike_from_the_same_stream_only)
{
    struct env *e = open_plain(env_table[*row].name);
    reset(e, 3);
    double *first = state_of(e);
    size_t bytes = env_state_size(e) * sizeof *first;
    struct rng rng = rng_at(1, RNG_TEST, 0);
    act(e, &rng);
    reset(e, 3);
    double *second = state_of(e);
    expect_same_bits("same stream", second, first, bytes);
    reset(e, 4);
    env_get_state(e, second);
    if (env_kind(e)->ops->draw != NULL)
        cr_assert(memcmp(first, second, bytes) != 0, "another stream begins at the same state");
    free(first);
    free(second);
    env_close(e);
}

ParameterizedTestParameters(env, continues_bit_for_bit_from_a_saved_state)
{
    return every_environment();
}

/* With a delay, so that what is not paid out yet must be part of the state. */
ParameterizedTest(int *row, env, continues_bit_for_bit_from_a_saved_state)
{
    struct env_options options = env_defaults();
    options.delay = 7;
    options.endless = true;
    struct env *e = open_with(env_table[*row].name, options), *other;
    cr_assert_eq(env_clone(e, &other), STATUS_OK);
    int before = env_kind(e)->time_limit == 1 ? 0 : 17;
    struct rng rng = rng_at(2, RNG_TEST, 0);
    reset(e, 5);
    for (int t = 0; t < before; t++)
        act(e, &rng);
    double *state = state_of(e);
    cr_assert_eq(env_set_state(other, state), STATUS_OK, "%s", status_sentence());
    size_t S = (size_t)env_kind(e)->obs_dim * sizeof(double);
    expect_same_bits("observation", env_observation(other), env_observation(e), S);
    for (int t = 0; t < 25; t++) {
        struct rng same = rng;
        struct env_step one = act(e, &rng), two = act(other, &same);
        expect_same_bits("observation", env_observation(other), env_observation(e), S);
        expect_same_bits("reward", &two.reward, &one.reward, sizeof one.reward);
        cr_assert_eq(env_steps(other), env_steps(e));
    }
    env_get_state(e, state);
    double *end = state_of(other);
    expect_same_bits("state", end, state, env_state_size(e) * sizeof *end);
    free(end);
    free(state);
    env_close(other);
    env_close(e);
}

enum { MANY = 6 };

ParameterizedTestParameters(env, computes_the_same_on_every_thread)
{
    return every_environment();
}

ParameterizedTest(int *row, env, computes_the_same_on_every_thread)
{
    struct env *e[MANY];
    double *serial[MANY], *parallel[MANY];
    int failures = 0;
    e[0] = open_plain(env_table[*row].name);
    for (int i = 1; i < MANY; i++)
        cr_assert_eq(env_clone(e[0], &e[i]), STATUS_OK, "%s", status_sentence());
    for (int round = 0; round < 2; round++) {
#pragma omp parallel for num_threads(round == 0 ? 1 : 3) schedule(dynamic, 1)
        for (int i = 0; i < MANY; i++) {
            struct rng rng = rng_at(3, RNG_TEST, (uint64_t)i);
            struct env_step out = {0};
            double action[MOST_ACTIONS];
            bool good = env_reset(e[i], rng_at(4, RNG_TEST, (uint64_t)i)) == STATUS_OK;
            for (int t = 0; t < 20 && good && !out.terminated && !out.truncated; t++) {
                for (int k = 0; k < env_kind(e[i])->act_dim; k++)
                    action[k] = 2 * rng_uniform_double(&rng) - 1;
                good = env_step(e[i], action, &out) == STATUS_OK;
            }
            (round == 0 ? serial : parallel)[i] = state_of(e[i]);
#pragma omp atomic
            failures += !good;
        }
    }
    cr_assert_eq(failures, 0);
    for (int i = 0; i < MANY; i++) {
        expect_same_bits(at("instance %d", i), parallel[i], serial[i],
                         env_state_size(e[i]) * sizeof *serial[i]);
        free(serial[i]);
        free(parallel[i]);
    }
    for (int i = MANY - 1; i >= 0; i--) /* the world outlives the instance that compiled it */
        env_close(e[MANY - 1 - i]);
}

ParameterizedTestParameters(env, refuses_an_action_that_is_no_number)
{
    return every_environment();
}

ParameterizedTest(int *row, env, refuses_an_action_that_is_no_number)
{
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY};
    struct env *e = open_plain(env_table[*row].name);
    int A = env_kind(e)->act_dim;
    reset(e, 0);
    double *before = state_of(e);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        double action[MOST_ACTIONS] = {0};
        action[A - 1] = bad[i];
        struct env_step out;
        cr_assert_eq(env_step(e, action, &out), STATUS_NONFINITE);
        cr_assert(strstr(status_sentence(), env_table[*row].name) != NULL);
    }
    double *after = state_of(e);
    expect_same_bits("state", after, before, env_state_size(e) * sizeof *after);
    act_with(e, 0); /* the episode goes on */
    free(before);
    free(after);
    env_close(e);
}

/* --- ends of episodes
 * -------------------------------------------------------------------------------- */

Test(env, is_truncated_at_the_time_limit_and_then_needs_a_reset)
{
    const char *const names[] = {"maze2d-open", "maze2d-large", "antmaze-umaze", "halfcheetah",
                                 "door"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct env *e = open_plain(names[i]);
        struct env_step out = {0};
        reset(e, 1);
        for (int t = 1; t <= env_kind(e)->time_limit; t++) {
            cr_assert(!out.truncated && !out.terminated, "%s ends after %d steps", names[i], t - 1);
            out = act_with(e, 0);
            cr_assert_eq(env_steps(e), t);
        }
        cr_assert(out.truncated && !out.terminated, "%s", names[i]);
        double action[MOST_ACTIONS] = {0};
        cr_assert_eq(env_step(e, action, &out), STATUS_CONFIG);
        reset(e, 2);
        cr_assert_eq(env_steps(e), 0);
        act_with(e, 0);
        env_close(e);
    }
}

Test(env, needs_a_reset_before_its_first_step)
{
    struct env *e = open_plain("hopper");
    double action[MOST_ACTIONS] = {0};
    struct env_step out;
    cr_assert_eq(env_step(e, action, &out), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "reset") != NULL);
    env_close(e);
}

Test(env, goes_on_for_ever_when_asked)
{
    struct env_options options = env_defaults();
    options.endless = true;
    struct env *e = open_with("maze2d-open", options);
    reset(e, 0);
    for (int t = 0; t < 400; t++) {
        struct env_step out = act_with(e, 0);
        cr_assert(!out.truncated && !out.terminated);
    }
    env_close(e);
    e = open_with("hopper", options);
    reset(e, 0);
    for (int t = 0; t < 100; t++) /* it has long fallen */
        cr_assert(!act_with(e, 1).terminated);
    env_close(e);
}

Test(env, survives_a_simulation_that_diverges)
{
    const char *const names[] = {"hopper",        "halfcheetah",  "ant",
                                 "antmaze-umaze", "maze2d-umaze", "relocate"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct env *e = open_plain(names[i]);
        reset(e, 0);
        int nq, nv;
        const double *start = env_field(e, "qpos", &nq);
        env_field(e, "qvel", &nv);
        double qpos[64], qvel[64] = {0};
        memcpy(qpos, start, (size_t)nq * sizeof *qpos);
        int last = nv - 1; /* not a coordinate that maze2d would clip: there the position */
        if (env_kind(e)->suite->waypoints)
            qpos[0] = 1e11;
        else
            qvel[last] = 1e11;
        const struct env_value values[] = {{"qpos", qpos, nq}, {"qvel", qvel, nv}};
        enum status begun = env_reset_to(e, values, 2);
        double action[MOST_ACTIONS] = {0};
        struct env_step out;
        enum status stepped = begun == STATUS_OK ? env_step(e, action, &out) : begun;
        cr_assert_eq(stepped, STATUS_PHYSICS, "%s: %s", names[i], status_name(stepped));
        cr_assert(strstr(status_sentence(), names[i]) != NULL, "%s", status_sentence());
        cr_assert_eq(env_step(e, action, &out), STATUS_CONFIG, "the episode is over");
        reset(e, 1);
        act_with(e, 0);
        env_close(e);
    }
    cr_assert(access("MUJOCO_LOG.TXT", F_OK) != 0, "MuJoCo wrote its log file");
}

/* --- states from outside
 * ----------------------------------------------------------------------------- */

Test(env, refuses_a_state_that_cannot_be)
{
    struct env *e = open_plain("ant");
    double qpos[15] = {0, 0, 0.75, 1}, qvel[14] = {0}, bad[15] = {0, (double)NAN};
    const struct env_value good[] = {{"qpos", qpos, 15}, {"qvel", qvel, 14}};
    const struct env_value lacking[] = {{"qpos", qpos, 15}};
    const struct env_value small[] = {{"qpos", qpos, 14}, {"qvel", qvel, 14}};
    const struct env_value nan[] = {{"qpos", bad, 15}, {"qvel", qvel, 14}};
    const struct env_value alien[] = {{"qpos", qpos, 15}, {"qvel", qvel, 14}, {"goal", qpos, 2}};
    cr_assert_eq(env_reset_to(e, lacking, 1), STATUS_MISSING);
    cr_assert_eq(env_reset_to(e, small, 2), STATUS_SHAPE);
    cr_assert(strstr(status_sentence(), "qpos") != NULL);
    cr_assert_eq(env_reset_to(e, nan, 2), STATUS_NONFINITE);
    cr_assert_eq(env_reset_to(e, alien, 3), STATUS_MISSING);
    cr_assert_eq(env_reset_to(e, good, 2), STATUS_OK, "%s", status_sentence());

    double *state = state_of(e);
    state[3] = (double)NAN;
    cr_assert_eq(env_set_state(e, state), STATUS_NONFINITE);
    free(state);
    env_close(e);
}

Test(env, refuses_options_that_make_no_sense)
{
    const struct {
        const char *env;
        struct env_options options;
    } bad[] = {{"hopper", {.reward_div = 0}},
               {"hopper", {.reward_div = -1}},
               {"hopper", {.reward_div = (double)NAN}},
               {"hopper", {.reward_div = 1, .reward_shift = (double)INFINITY}},
               {"hopper", {.reward_div = 1, .delay = -1}},
               {"hopper", {.reward_div = 1, .dense = true}},
               {"maze2d-open", {.reward_div = 1, .contact_forces = true}},
               {"bandit", {.reward_div = 1, .exact_inertia = true}}};
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct env *e;
        cr_assert_eq(env_open(bad[i].env, &bad[i].options, &e), STATUS_CONFIG, "%zu", i);
        cr_assert(strstr(status_sentence(), bad[i].env) != NULL);
    }
}

/* --- rewards
 * ----------------------------------------------------------------------------------------- */

Test(reward, is_delayed_then_divided_then_shifted)
{
    struct reward r = {.div = 100, .shift = -1, .delay = 3};
    const double raw[] = {10, 20, 30, 40, 50, 60, 70};
    const double want[] = {-1, -1, -0.4, -1, -1, 0.5, -0.3};
    reward_reset(&r);
    for (int j = 0; j < 7; j++)
        expect_number(at("step %d", j), reward_modify(&r, raw[j], j, j == 6), want[j], 0, 1e-15);
}

Test(reward, forgets_what_is_pending_at_a_reset)
{
    struct reward r = {.div = 1, .delay = 5};
    reward_modify(&r, 1000, 0, false);
    reward_reset(&r);
    double paid = 0;
    for (int j = 0; j < 5; j++)
        paid += reward_modify(&r, 1, j, false);
    expect_number("paid", paid, 5, 0, 0);
}

Test(env, delays_rewards_without_changing_the_return)
{
    const char *const names[] = {"hopper", "maze2d-open", "halfcheetah", "pen", "bandit"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct env_options options = env_defaults();
        options.delay = 5;
        struct env *e = open_with(names[i], options);
        struct rng rng = rng_at(5, RNG_TEST, 0);
        double raw = 0, paid = 0;
        struct env_step out = {0};
        reset(e, 0);
        for (int t = 0; !out.terminated && !out.truncated; t++) {
            out = act(e, &rng);
            raw += out.raw_reward;
            paid += out.reward;
            bool payday = t % 5 == 4 || out.terminated || out.truncated;
            if (payday)
                expect_number(names[i], paid, raw, 1e-12, 1e-12);
            else
                cr_assert_eq(out.reward, 0);
        }
        env_close(e);
    }
}

Test(env, scales_and_shifts_rewards_but_not_raw_ones)
{
    struct env_options options = env_defaults();
    options.reward_shift = -1;
    struct env *e = open_with("antmaze-medium-play-v2", options);
    reset(e, 0);
    struct env_step out = act_with(e, 0);
    expect_number("antmaze", out.reward, -1, 0, 0);
    expect_number("antmaze raw", out.raw_reward, 0, 0, 0);
    env_close(e);

    options = env_defaults();
    options.reward_div = 100;
    e = open_with("hammer", options);
    reset(e, 0);
    out = act_with(e, 0);
    expect_number("hammer", out.reward, out.raw_reward / 100, 1e-15, 0);
    cr_assert(out.raw_reward != 0);
    env_close(e);
}

Test(bandit, pays_as_the_formula_says)
{
    const double table[][2] = {{-1, 0},  {-0.5, 0.25}, {0, 1},  {0.25, 0.5},
                               {0.5, 0}, {1, -1},      {-3, 0}, {7, -1}};
    struct env *e = open_plain("bandit");
    for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
        reset(e, i);
        expect_number("observation", env_observation(e)[0], 1, 0, 0);
        struct env_step out = act_with(e, table[i][0]);
        expect_number(at("action %g", table[i][0]), out.raw_reward, table[i][1], 0, 0);
        cr_assert(out.terminated && !out.truncated);
    }
    env_close(e);
}

/* --- the AntMaze episode
 * ----------------------------------------------------------------------------- */

Test(antmaze, ends_with_a_success_at_the_goal_and_not_by_falling)
{
    struct env *e = open_plain("antmaze-umaze");
    double qpos[15] = {0, 0, 0.75, 0, 1}; /* upside down: quaternion (0, 1, 0, 0) */
    double qvel[14] = {0}, far[2] = {0, 9}, here[2] = {0.3, 0.3};
    const struct env_value lost[] = {{"qpos", qpos, 15}, {"qvel", qvel, 14}, {"goal", far, 2}};
    cr_assert_eq(env_reset_to(e, lost, 3), STATUS_OK, "%s", status_sentence());
    for (int t = 0; t < 30; t++) {
        struct env_step out = act_with(e, 0);
        cr_assert(!out.terminated && !out.success && out.raw_reward == 0);
    }
    const struct env_value won[] = {{"qpos", qpos, 15}, {"qvel", qvel, 14}, {"goal", here, 2}};
    cr_assert_eq(env_reset_to(e, won, 3), STATUS_OK, "%s", status_sentence());
    struct env_step out = act_with(e, 0);
    cr_assert(out.terminated && out.success && out.goal && !out.truncated);
    expect_number("reward", out.raw_reward, 1, 0, 0);
    env_close(e);
}
