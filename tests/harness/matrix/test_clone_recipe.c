/* Adroit's cloned from demonstrations. */
#include "engine/base/h5.h"
#include "harness/matrix/clone_recipe.h"
#include "suites/dataset.h"
#include "suites/dataset_generate.h"
#include "tests/support/fixture.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(clone_recipe, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 600);

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

/* Demonstrations by nobody: 301 rows of uniform actions, so that the second one is cut. */
static const char *demonstrations(void)
{
    const char *path = tiny_run_path("door-human-mine.hdf5");
    struct dataset_made made;
    struct dataset_recipe r = {.env = "door", .rows = 301, .seed = 4};
    check(dataset_generate(&r, path, &made));
    return path;
}

static struct clone_request request_of(const char *path)
{
    return (struct clone_request){.env = "door",
                                  .demonstrations = path,
                                  .seed = 1,
                                  .folder = tiny_run_path("recipes"),
                                  .size = "tiny",
                                  .set = "pretrain_actor_steps=100",
                                  .quiet = true};
}

static float *column(const char *path, const char *name, size_t rows, size_t width)
{
    struct h5 f;
    size_t n;
    check(h5_open(&f, path));
    float *x = fixture_floats(&f, name, &n);
    cr_assert_eq(n, rows * width, "%s", name);
    check(h5_close(&f));
    return x;
}

/* Half of the rows, to the end of an episode, are the clone's; then all demonstrations, flags and
 * all, again and again; the last copy is cut without a flag. */
Test(clone_recipe, half_are_the_clones_episodes_and_half_the_demonstrations)
{
    enum { ROWS = 900, CLONED = 600, HUMAN = 301, S = 39, A = 28 };
    const char *human = demonstrations(), *path = tiny_run_path("door-cloned-v1.hdf5");
    struct clone_request request = request_of(human);
    struct clone clone, again;
    struct dataset_made made;
    check(clone_recipe_train(&request, &clone));
    cr_expect(strstr(clone.about, "door-human-mine.hdf5") != NULL, "%s", clone.about);
    struct dataset_recipe r = {.env = "door",
                               .actor = ACT_POLICY,
                               .policy = clone.policy,
                               .noise = clone_recipe_noise,
                               .demonstrations = clone.demonstrations,
                               .rows = ROWS,
                               .seed = 2,
                               .about = clone.about};
    check(dataset_generate(&r, path, &made));
    cr_expect_eq(made.timeouts, 3 + 1, "three episodes of the clone, one demonstration");
    float *state = column(path, "observations", ROWS, S),
          *from = column(human, "observations", HUMAN, S);
    float *action = column(path, "actions", ROWS, A), *acted = column(human, "actions", HUMAN, A);
    float *reward = column(path, "rewards", ROWS, 1), *paid = column(human, "rewards", HUMAN, 1);
    float *timeout = column(path, "timeouts", ROWS, 1);
    for (int i = 0; i < ROWS; i++)
        cr_assert_eq(timeout[i] != 0, i < CLONED ? i % 200 == 199 : i == CLONED + 199, "row %d", i);
    cr_assert_arr_eq(state + CLONED * S, from, (ROWS - CLONED) * S * sizeof *from);
    cr_assert_arr_eq(action + CLONED * A, acted, (ROWS - CLONED) * A * sizeof *acted);
    cr_assert_arr_eq(reward + CLONED, paid, (ROWS - CLONED) * sizeof *paid);
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    check(dataset_load(path, &o, &d));
    cr_expect_eq(d.kind, DATASET_GENERATED);
    cr_expect(strstr(d.note, "demonstrations repeated") != NULL, "%s", d.note);
    dataset_free(&d);
    check(clone_recipe_train(&request, &again));
    cr_expect_str_eq(again.about, clone.about, "trained once");
    float *const columns[] = {state, from, action, acted, reward, paid, timeout};
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        free(columns[i]);
}

Test(clone_recipe, without_demonstrations_it_says_where_they_are)
{
    struct clone_request r = request_of(NULL);
    struct clone clone;
    setenv("VITAMIN_DATA", tiny_run_path("nothing"), 1);
    setenv("HOME", tiny_run_path("nobody"), 1);
    unsetenv("D4RL_DATASET_DIR");
    cr_assert_eq(clone_recipe_train(&r, &clone), STATUS_MISSING);
    cr_expect(strstr(status_sentence(), "vitamin data fetch door-human-v1") != NULL, "%s",
              status_sentence());
}
