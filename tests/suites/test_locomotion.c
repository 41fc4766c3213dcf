#include "suites/env_impl.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

Test(locomotion, the_ant_starts_with_a_unit_quaternion)
{
    struct env *e;
    cr_assert_eq(env_open("ant", NULL, &e), STATUS_OK, "%s", status_sentence());
    for (uint64_t k = 0; k < 50; k++) {
        cr_assert_eq(env_reset(e, rng_at(10, RNG_TEST, k)), STATUS_OK);
        const double *q = env_field(e, "qpos", NULL) + 3;
        expect_number("norm", q[0] * q[0] + q[1] * q[1] + q[2] * q[2] + q[3] * q[3], 1, 0, 1e-14);
        /* On reset the remembered torso position is exact. */
        expect_number("torso_x", env_field(e, "torso_x", NULL)[0], env_field(e, "qpos", NULL)[0], 0,
                      1e-15);
    }
    env_close(e);
}

/* Section 2: the 84 contact entries are zero, and cost nothing, unless asked for. */
Test(locomotion, the_ant_feels_contacts_only_when_asked)
{
    struct env_options options = env_defaults();
    struct env *blind, *feeling;
    cr_assert_eq(env_open("ant", &options, &blind), STATUS_OK);
    options.contact_forces = true;
    cr_assert_eq(env_open("ant", &options, &feeling), STATUS_OK);
    cr_assert_eq(env_reset(blind, rng_at(11, RNG_TEST, 0)), STATUS_OK);
    cr_assert_eq(env_reset(feeling, rng_at(11, RNG_TEST, 0)), STATUS_OK);
    double action[8] = {0}, felt = 0;
    for (int t = 0; t < 40; t++) {
        struct env_step one, other;
        cr_assert_eq(env_step(blind, action, &one), STATUS_OK);
        cr_assert_eq(env_step(feeling, action, &other), STATUS_OK);
        double cost = 0;
        for (int i = 27; i < 111; i++) {
            double f = env_observation(feeling)[i];
            cr_assert(fabs(f) <= 1 && env_observation(blind)[i] == 0);
            cost += 0.0005 * f * f;
        }
        expect_number("cost", one.raw_reward - other.raw_reward, cost, 0, 1e-12);
        felt += cost;
    }
    cr_assert(felt > 0, "it has landed");
    env_close(blind);
    env_close(feeling);
}

/* Terminal conditions, from states on either side of a threshold; section 1. (The ant's lower one
 * lies inside the floor, which throws it out at once.) */
Test(locomotion, robots_fall_where_the_rules_say)
{
    const struct {
        const char *name;
        int coordinate; /* of qpos */
        double inside, outside;
    } cases[] = {
        {"hopper", 1, 0.75, 0.65},   {"hopper", 2, 0.15, 0.25}, {"hopper", 2, -0.15, -0.25},
        {"walker2d", 1, 0.85, 0.75}, {"walker2d", 1, 1.9, 2.1}, {"walker2d", 2, 0.9, 1.1},
        {"walker2d", 2, -0.9, -1.1}, {"ant", 2, 0.3, 1.2},      {"ant", 2, 0.9, 1.1}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct env *e;
        cr_assert_eq(env_open(cases[i].name, NULL, &e), STATUS_OK, "%s", status_sentence());
        const mjModel *m = e->physics.model;
        double qpos[16], qvel[16] = {0}, action[8] = {0};
        for (int side = 0; side < 2; side++) {
            for (int k = 0; k < m->nq; k++)
                qpos[k] = m->qpos0[k];
            if (cases[i].coordinate == 2 && m->nq == m->nv)
                qpos[1] = 1.5; /* in the air: nothing pushes while it tilts */
            qpos[cases[i].coordinate] = side == 0 ? cases[i].inside : cases[i].outside;
            const struct env_value start[] = {{"qpos", qpos, (int)m->nq},
                                              {"qvel", qvel, (int)m->nv}};
            cr_assert_eq(env_reset_to(e, start, 2), STATUS_OK, "%s", status_sentence());
            struct env_step out;
            cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
            cr_assert_eq(out.terminated, side == 1, "%s: qpos[%d] = %g", cases[i].name,
                         cases[i].coordinate, qpos[cases[i].coordinate]);
        }
        env_close(e);
    }
}

Test(locomotion, actions_beyond_the_bounds_count_as_the_bounds)
{
    struct env *one, *other;
    cr_assert_eq(env_open("halfcheetah", NULL, &one), STATUS_OK);
    cr_assert_eq(env_clone(one, &other), STATUS_OK);
    cr_assert_eq(env_reset(one, rng_at(12, RNG_TEST, 0)), STATUS_OK);
    cr_assert_eq(env_reset(other, rng_at(12, RNG_TEST, 0)), STATUS_OK);
    const double far[6] = {3, -3, 1e30, -1e30, 1.5, -1.0001}, bound[6] = {1, -1, 1, -1, 1, -1};
    for (int t = 0; t < 20; t++) {
        struct env_step a, b;
        cr_assert_eq(env_step(one, far, &a), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(env_step(other, bound, &b), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(a.raw_reward, b.raw_reward);
    }
    env_close(one);
    env_close(other);
}
