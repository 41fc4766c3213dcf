#include "suites/env_impl.h"
#include "suites/maze.h"
#include "suites/waypoint.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>

/* docs/environments.md 3.1: goals, cells, and what D4RL's controller and uniform actions return
 * (mean and standard error of 100 episodes; open's errors are not given: from our own spread). */
static const struct {
    const char *name;
    const struct maze *maze;
    int goal[2], cells;
    double controller, controller_error, dense, dense_error;
} mazes[] = {{"maze2d-open", &maze2d_open, {2, 3}, 15, 123, 1.1, 0, 0},
             {"maze2d-umaze", &maze2d_umaze, {1, 1}, 7, 160.7, 13, 192.6, 9.9},
             {"maze2d-medium", &maze2d_medium, {6, 6}, 26, 255, 26, 0, 0},
             {"maze2d-large", &maze2d_large, {7, 9}, 46, 315, 34, 0, 0}};

enum { MAZES = sizeof mazes / sizeof *mazes };

static struct criterion_test_params rows(void)
{
    static int index[MAZES] = {0, 1, 2, 3};
    return cr_make_param_array(int, index, MAZES);
}

static struct env *open_maze(int row, bool dense)
{
    struct env_options options = env_defaults();
    options.dense = dense;
    struct env *e;
    cr_assert_eq(env_open(mazes[row].name, &options, &e), STATUS_OK, "%s", status_sentence());
    return e;
}

ParameterizedTestParameters(maze2d, has_its_cells_and_a_goal_that_stays)
{
    return rows();
}

/* Where it starts: test_resets.c. */
ParameterizedTest(int *row, maze2d, has_its_cells_and_a_goal_that_stays)
{
    const struct maze *m = mazes[*row].maze;
    struct env *e = open_maze(*row, false);
    int cells = 0;
    for (int c = 0; c < m->rows * m->cols; c++)
        cells += m->map[c] != '#';
    cr_assert_eq(cells, mazes[*row].cells);
    for (uint64_t k = 0; k < 50; k++) {
        cr_assert_eq(env_reset(e, rng_at(1, RNG_TEST, k)), STATUS_OK);
        const double *goal = env_field(e, "goal", NULL);
        cr_assert(goal[0] == mazes[*row].goal[0] && goal[1] == mazes[*row].goal[1]);
    }
    env_close(e);
}

/* Mean return of D4RL's controller, its plan kept over resets as in the original. */
static void walk(struct env *e, int episodes, double *mean, double *error)
{
    struct waypoint *w;
    cr_assert_eq(waypoint_new(env_kind(e), &w), STATUS_OK, "%s", status_sentence());
    double sum = 0, squares = 0;
    for (int i = 0; i < episodes; i++) {
        struct rng rng = rng_at(2, RNG_TEST, (uint64_t)i);
        struct env_step out = {0};
        double total = 0;
        cr_assert_eq(env_reset(e, rng_at(3, RNG_TEST, (uint64_t)i)), STATUS_OK);
        while (!out.truncated) {
            double action[2];
            waypoint_act(w, env_observation(e), env_field(e, "goal", NULL), &rng, action);
            cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
            total += out.raw_reward;
        }
        sum += total;
        squares += total * total;
    }
    *mean = sum / episodes;
    *error = sqrt((squares / episodes - *mean * *mean) / (episodes - 1));
    waypoint_delete(w);
}

ParameterizedTestParameters(maze2d, controller_returns_what_d4rl_s_does)
{
    return rows();
}

ParameterizedTest(int *row, maze2d, controller_returns_what_d4rl_s_does, .timeout = 60)
{
    double mean, error;
    struct env *e = open_maze(*row, false);
    walk(e, 200, &mean, &error);
    expect_number(mazes[*row].name, mean, mazes[*row].controller, 0,
                  3 * hypot(error, mazes[*row].controller_error));
    env_close(e);
    if (mazes[*row].dense > 0) {
        e = open_maze(*row, true);
        walk(e, 200, &mean, &error);
        expect_number("dense", mean, mazes[*row].dense, 0,
                      3 * hypot(error, mazes[*row].dense_error));
        env_close(e);
    }
}

ParameterizedTestParameters(maze2d, controller_reaches_the_goal_from_every_start)
{
    return rows();
}

/* With a plan for each start it always arrives, says so, and stays there. */
ParameterizedTest(int *row, maze2d, controller_reaches_the_goal_from_every_start)
{
    struct env_options options = env_defaults();
    options.endless = true;
    struct env *e;
    struct waypoint *w;
    cr_assert_eq(env_open(mazes[*row].name, &options, &e), STATUS_OK, "%s", status_sentence());
    for (uint64_t i = 0; i < 40; i++) {
        struct rng rng = rng_at(4, RNG_TEST, i);
        cr_assert_eq(env_reset(e, rng_at(5, RNG_TEST, i)), STATUS_OK);
        cr_assert_eq(waypoint_new(env_kind(e), &w), STATUS_OK, "%s", status_sentence());
        bool there = false;
        struct env_step out = {0};
        for (int t = 0; t < 3000 && !there; t++) {
            double action[2];
            there = waypoint_act(w, env_observation(e), env_field(e, "goal", NULL), &rng, action);
            cr_assert(fabs(action[0]) <= 1 && fabs(action[1]) <= 1);
            cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
        }
        cr_assert(there && out.goal, "%s: start %d", mazes[*row].name, (int)i);
        waypoint_delete(w);
    }
    env_close(e);
}

Test(maze2d, controller_is_for_maze2d_only)
{
    struct waypoint *w;
    cr_assert_eq(waypoint_new(env_find("hopper"), &w), STATUS_CONFIG);
    cr_assert_eq(waypoint_new(env_find("antmaze-umaze"), &w), STATUS_CONFIG);
}

/* Walls hold a ball that pushes against them for the whole episode. */
Test(maze2d, balls_do_not_leave_the_maze)
{
    for (int row = 0; row < MAZES; row++) {
        const struct maze *m = mazes[row].maze;
        struct env *e = open_maze(row, false);
        for (int k = 0; k < 8; k++) {
            const double push[2] = {k & 1 ? 1 : -1, k & 2 ? 1 : -1};
            struct env_step out = {0};
            cr_assert_eq(env_reset(e, rng_at(6, RNG_TEST, (uint64_t)k)), STATUS_OK);
            while (!out.truncated)
                cr_assert_eq(env_step(e, push, &out), STATUS_OK, "%s", status_sentence());
            const double *o = env_observation(e);
            /* Free space of a map: between the walls' faces, shifted by the body's -0.2. */
            cr_assert(o[0] > 0.35 && o[0] < m->rows - 1.75 && o[1] > 0.35 && o[1] < m->cols - 1.75,
                      "%s: at %g, %g", mazes[row].name, o[0], o[1]);
        }
        env_close(e);
    }
}

/* Mean returns of uniform actions (docs/environments.md 2.3: 20 000 transitions; maze:
 * umaze 22.8 of 100 episodes): the same physics, whatever the stream. */
Test(random_policy, returns_what_d4rl_s_does, .timeout = 60)
{
    const struct {
        const char *name;
        double mean;
        int episodes, reference; /* ours, and how many the published number averages */
    } published[] = {{"hopper", 19.1, 250, 900},
                     {"walker2d", 1.8, 250, 1000},
                     {"halfcheetah", -274, 15, 20},
                     {"ant", -66, 40, 116},
                     {"maze2d-umaze", 22.8, 300, 100}};
    for (size_t i = 0; i < sizeof published / sizeof *published; i++) {
        struct env *e;
        cr_assert_eq(env_open(published[i].name, NULL, &e), STATUS_OK, "%s", status_sentence());
        double sum = 0, squares = 0;
        int n = published[i].episodes;
        for (int k = 0; k < n; k++) {
            struct rng rng = rng_at(7, RNG_TEST, (uint64_t)k);
            struct env_step out = {0};
            double total = 0;
            cr_assert_eq(env_reset(e, rng_at(8, RNG_TEST, (uint64_t)k)), STATUS_OK);
            while (!out.terminated && !out.truncated) {
                double action[8];
                for (int a = 0; a < env_kind(e)->act_dim; a++)
                    action[a] = 2 * rng_uniform_double(&rng) - 1;
                cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
                total += out.raw_reward;
            }
            sum += total;
            squares += total * total;
        }
        double mean = sum / n, variance = squares / n - mean * mean;
        double error = sqrt(variance / n + variance / published[i].reference);
        expect_number(published[i].name, mean, published[i].mean, 0, 3 * error);
        env_close(e);
    }
}
