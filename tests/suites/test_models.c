#include "suites/env_impl.h"
#include "tests/support/fixture.h"
#include "tests/support/model_facts.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

/* Every environment whose model is ours alone, and its file of facts. */
static const struct {
    const char *env, *facts;
} models[] = {{"hopper", "hopper"},
              {"walker2d", "walker2d"},
              {"halfcheetah", "halfcheetah"},
              {"ant", "ant"},
              {"antmaze-umaze", "antmaze_umaze"},
              {"antmaze-medium", "antmaze_medium"},
              {"antmaze-large", "antmaze_large"},
              {"maze2d-open", "maze2d_open"},
              {"maze2d-umaze", "maze2d_umaze"},
              {"maze2d-medium", "maze2d_medium"},
              {"maze2d-large", "maze2d_large"}};

enum { MODELS = sizeof models / sizeof *models };

static struct criterion_test_params rows(void)
{
    static int index[MODELS];
    for (int i = 0; i < MODELS; i++)
        index[i] = i;
    return cr_make_param_array(int, index, MODELS);
}

static struct env *open_model(int row, bool exact_inertia)
{
    struct env_options options = env_defaults();
    options.exact_inertia = exact_inertia;
    struct env *e;
    cr_assert_eq(env_open(models[row].env, &options, &e), STATUS_OK, "%s", status_sentence());
    return e;
}

ParameterizedTestParameters(models, equal_the_published_facts)
{
    return rows();
}

ParameterizedTest(int *row, models, equal_the_published_facts)
{
    struct env *e = open_model(*row, false);
    model_facts_check(e->physics.model, models[*row].facts);
    env_close(e);
}

ParameterizedTestParameters(models, weigh_capsules_exactly_when_asked)
{
    return rows();
}

ParameterizedTest(int *row, models, weigh_capsules_exactly_when_asked)
{
    struct env *e = open_model(*row, true);
    model_facts_check_exact_inertia(e->physics.model, models[*row].facts);
    env_close(e);
}

/* Needs no facts file: the masses of docs/environments.md 2.4. */
Test(models, have_the_masses_of_the_old_compiler)
{
    const struct {
        const char *env;
        double legacy, exact;
    } masses[] = {{"hopper", 15.264999, 15.820013},
                  {"walker2d", 22.698007, 23.677137},
                  {"halfcheetah", 14, 14},
                  {"ant", 0.878710, 0.910880},
                  {"antmaze-medium", 0.878710, 0.910880}};
    for (size_t i = 0; i < sizeof masses / sizeof *masses; i++) {
        for (int exact = 0; exact < 2; exact++) {
            struct env_options options = env_defaults();
            options.exact_inertia = exact == 1;
            struct env *e;
            cr_assert_eq(env_open(masses[i].env, &options, &e), STATUS_OK, "%s", status_sentence());
            double total = 0;
            for (int b = 0; b < e->physics.model->nbody; b++)
                total += e->physics.model->body_mass[b];
            expect_number(at("%s: mass", masses[i].env), total,
                          exact == 1 ? masses[i].exact : masses[i].legacy, 0, 1e-6);
            env_close(e);
        }
    }
}
