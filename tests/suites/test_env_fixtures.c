#include "suites/physics.h"
#include "tests/support/env_replay.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

/* Adroit has its own tests and tolerances. */
static const char *const patterns[] = {"env_hopper*",     "env_halfcheetah*", "env_walker2d*",
                                       "env_ant{,[!m]*}", "env_antmaze*",     "env_maze2d*"};

enum { PATTERNS = sizeof patterns / sizeof *patterns, MANY = 100 };

/* Row = pattern * MANY + which of its fixtures; a pattern without any has one row, which skips. */
static struct criterion_test_params rows(void)
{
    static int index[PATTERNS * MANY];
    int n = 0;
    for (int p = 0; p < PATTERNS; p++) {
        int count = replay_count(patterns[p]);
        for (int i = 0; i < MANY && (i < count || i == 0); i++)
            index[n++] = p * MANY + i;
    }
    return cr_make_param_array(int, index, (size_t)n);
}

/* Another version of MuJoCo takes other rounding decisions, and contacts amplify them: there only
 * statistics can be compared (docs/environments.md 2.5). */
static void fixture_of(int row, char name[REPLAY_NAME])
{
    if (!replay_name(patterns[row / MANY], row % MANY, name))
        cr_skip_test("no fixture %s.h5", patterns[row / MANY]);
    if (strcmp(physics_version(), "2.2.2") != 0)
        cr_skip_test("%s was recorded with MuJoCo 2.2.2, this is %s", name, physics_version());
}

ParameterizedTestParameters(env_fixtures, single_steps_are_those_of_the_original)
{
    return rows();
}

/* Measured: 4e-12 (halfcheetah, whose contacts are soft and stiff at once), else below 3e-13. */
ParameterizedTest(int *row, env_fixtures, single_steps_are_those_of_the_original)
{
    char name[REPLAY_NAME];
    fixture_of(*row, name);
    replay_single_steps(
        name, (struct replay_tolerance){.observation = 1e-9, .reward = 1e-9, .control = 1e-14});
}

ParameterizedTestParameters(env_fixtures, episodes_begin_as_those_of_the_original)
{
    return rows();
}

/* Measured: 1.2e-10 (halfcheetah), else below 3e-13. */
ParameterizedTest(int *row, env_fixtures, episodes_begin_as_those_of_the_original)
{
    char name[REPLAY_NAME];
    fixture_of(*row, name);
    replay_open_loop(
        name, 10, (struct replay_tolerance){.observation = 1e-6, .reward = 1e-6, .control = 1e-14});
}
