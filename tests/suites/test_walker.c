/* AntMaze's walker, and the files that it makes. */
#include "suites/walker.h"

#include "engine/base/threads.h"
#include "suites/dataset.h"
#include "suites/dataset_generate.h"
#include "suites/maze.h"
#include "tests/support/fixture.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
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

TestSuite(walker, .init = make_folder, .fini = remove_folder, .timeout = 240);

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

/* --- walking ---------------------------------------------------------------------------------- */

/* Through umaze's bend to the goal, in evaluation's own episodes. */
Test(walker, reaches_the_goal_of_umaze)
{
    enum { EPISODES = 4 };
    struct env *e;
    struct walker *w;
    int reached = 0;
    check(env_open("antmaze-umaze", NULL, &e));
    check(walker_new(env_kind(e), &w));
    for (int i = 0; i < EPISODES; i++) {
        struct rng rng = rng_at(3, RNG_TEST, (uint64_t)i);
        struct env_step step = {0};
        double action[8];
        check(env_reset(e, rng_at(4, RNG_TEST, (uint64_t)i)));
        walker_forget(w);
        while (!step.terminated && !step.truncated) {
            walker_act(w, env_observation(e), env_field(e, "goal", NULL), &rng, action);
            for (int a = 0; a < 8; a++)
                cr_assert(fabs(action[a]) <= 1);
            check(env_step(e, action, &step));
        }
        reached += step.success;
    }
    cr_expect_geq(reached, EPISODES - 1);
    walker_delete(w);
    env_close(e);
}

Test(walker, is_refused_outside_antmaze)
{
    struct walker *w;
    cr_assert_eq(walker_new(env_find("maze2d-umaze"), &w), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "antmaze") != NULL, "%s", status_sentence());
    struct dataset_made made;
    struct dataset_recipe r = {.env = "hopper", .actor = ACT_WALKER, .rows = 10};
    cr_assert_eq(dataset_generate(&r, at("%.900s/x.hdf5", folder), &made), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "antmaze") != NULL, "%s", status_sentence());
}

/* The cell that U[0,1)^2 was added to, (row, column). */
static void cell_of(const double at[2], int *row, int *col)
{
    *row = 1 + (int)lround(at[1] / 4 - 0.125);
    *col = 1 + (int)lround(at[0] / 4 - 0.125);
    cr_expect(at[0] - 4 * (*col - 1) >= 0 && at[0] - 4 * (*col - 1) < 1, "x %g", at[0]);
    cr_expect(at[1] - 4 * (*row - 1) >= 0 && at[1] - 4 * (*row - 1) < 1, "y %g", at[1]);
}

/* All of play's goals and no other, all free cells of diverse; starts anywhere but in a wall and at
 * the goal. */
Test(walker, starts_and_goals_are_drawn_as_d4rl_drew_them)
{
    static const struct {
        const char *env;
        enum walker_goals goals;
        int cells;
    } rows[] = {{"antmaze-umaze", WALKER_FIXED, 1}, {"antmaze-umaze", WALKER_DIVERSE, 7},
                {"antmaze-medium", WALKER_PLAY, 3}, {"antmaze-medium", WALKER_DIVERSE, 26},
                {"antmaze-large", WALKER_PLAY, 7},  {"antmaze-large", WALKER_DIVERSE, 46}};
    for (size_t k = 0; k < sizeof rows / sizeof *rows; k++) {
        const struct env_kind *kind = env_find(rows[k].env);
        const struct maze *m = kind->variant;
        bool seen[12 * 12] = {false};
        int cells = 0;
        for (uint64_t i = 0; i < 2000; i++) {
            double start[2], goal[2];
            int row, col, from_row, from_col;
            struct rng rng = rng_at(8, RNG_TEST, i);
            walker_place(kind, rows[k].goals, &rng, start, goal);
            cell_of(goal, &row, &col);
            cr_assert_not(maze_is_wall(m, row, col));
            cells += !seen[row * m->cols + col];
            seen[row * m->cols + col] = true;
            if (rows[k].goals == WALKER_FIXED) {
                cr_expect(start[0] == 0 && start[1] == 0);
                cr_expect(row == 3 && col == 1);
                continue;
            }
            cell_of(start, &from_row, &from_col);
            cr_assert_not(maze_is_wall(m, from_row, from_col));
            cr_expect(from_row != row || from_col != col);
        }
        cr_expect_eq(cells, rows[k].cells, "%s %d: %d cells", rows[k].env, rows[k].goals, cells);
    }
}

/* --- files ------------------------------------------------------------------------------------ */

static float *column(const struct h5 *f, const char *name, size_t rows)
{
    size_t n;
    float *x = fixture_floats(f, name, &n);
    cr_assert_eq(n % rows, 0, "%s", name);
    return x;
}

/* Episodes of one row more than the limit; states after the step; a reward where the next row's
 * position is at the file's one goal, in the last row of all never. */
Test(walker, files_have_d4rls_rows_and_relabelled_rewards)
{
    enum { ROWS = 1500 };
    const char *path = at("%.900s/antmaze-umaze-diverse-v2.hdf5", folder);
    struct dataset_made made;
    struct dataset_recipe r = {.env = "antmaze-umaze",
                               .actor = ACT_WALKER,
                               .goals = WALKER_DIVERSE,
                               .noise = 0.2,
                               .rows = ROWS,
                               .seed = 11};
    check(dataset_generate(&r, path, &made));
    cr_expect_eq(made.timeouts, 2);
    cr_expect_eq(made.episodes, 3);
    struct h5 f;
    char policy[512];
    double goal[2];
    check(h5_open(&f, path));
    check(h5_get_text(&f, ".", "policy", policy, sizeof policy));
    const char *where = strchr(strstr(policy, "rewards for the goal"), '(');
    cr_assert_eq(sscanf(where, "(%lf, %lf)", &goal[0], &goal[1]), 2, "%s", policy);
    float *obs = column(&f, "observations", ROWS), *reward = column(&f, "rewards", ROWS);
    float *terminal = column(&f, "terminals", ROWS), *timeout = column(&f, "timeouts", ROWS);
    float *qpos = column(&f, "infos/qpos", ROWS), *qvel = column(&f, "infos/qvel", ROWS);
    float *target = column(&f, "infos/goal", ROWS);
    for (int t = 0; t < ROWS; t++) {
        cr_assert_eq(timeout[t] != 0, t == 700 || t == 1401, "row %d", t);
        cr_assert_eq(terminal[t], reward[t], "row %d", t);
        if (t + 1 == ROWS) {
            cr_expect_eq(reward[t], 0);
            continue;
        }
        const float *next = obs + (size_t)(t + 1) * 29;
        double off = hypot((double)next[0] - goal[0], (double)next[1] - goal[1]);
        if (fabs(off - 0.5) > 2e-3)
            cr_assert_eq(reward[t], off < 0.5, "row %d: %g from the goal", t, off);
        if (timeout[t] != 0)
            continue;
        cr_assert_arr_eq(next, qpos + (size_t)t * 15, 15 * sizeof *qpos);
        cr_assert_arr_eq(next + 15, qvel + (size_t)t * 14, 14 * sizeof *qvel);
        cr_assert_eq(target[2 * t], target[2 * t + 2], "one goal an episode");
    }
    cr_expect_neq(target[0], target[2 * 701], "another goal in the next episode");
    cr_expect_gt(hypot((double)obs[701 * 29], (double)obs[701 * 29 + 1]) +
                     hypot((double)obs[0], (double)obs[1]),
                 1, "starts anywhere");
    float *const columns[] = {obs, reward, terminal, timeout, qpos, qvel, target};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        free(columns[i]);
    check(h5_close(&f));
}

Test(walker, files_are_the_same_bytes_for_any_number_of_threads)
{
    char first[SHA256_HEX], other[SHA256_HEX];
    const char *path = at("%.900s/x.hdf5", folder);
    struct dataset_made made;
    struct dataset_recipe r = {
        .env = "antmaze-umaze", .actor = ACT_WALKER, .noise = 0.2, .rows = 900, .seed = 2};
    threads_set(1);
    check(dataset_generate(&r, path, &made));
    check(sha256_file(path, first));
    threads_set(3);
    check(dataset_generate(&r, path, &made));
    check(sha256_file(path, other));
    cr_expect_str_eq(first, other);
}
