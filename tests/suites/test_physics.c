#include "suites/env_impl.h"

#include <criterion/criterion.h>
#include <string.h>

/* A world made of text. */
static enum status compile_text(const char *xml, struct physics_world **out)
{
    struct physics_files files = {0};
    physics_add_file(&files, "test.xml", strdup(xml));
    enum status result = physics_compile(&files, false, out);
    physics_free_files(&files);
    return result;
}

Test(physics, says_what_is_wrong_with_a_model)
{
    struct physics_world *w;
    cr_assert_eq(compile_text("<mujoco><worldbody><geom type='cube'/></worldbody></mujoco>", &w),
                 STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "cube") != NULL ||
                  strstr(status_sentence(), "type") != NULL,
              "%s", status_sentence());
    cr_assert_eq(compile_text("not XML at all", &w), STATUS_FORMAT);
    cr_assert_eq(compile_text("<mujoco><include file='nowhere.xml'/></mujoco>", &w), STATUS_FORMAT);

    struct physics_files files = {0};
    physics_add_file(&files, "nowhere.xml", NULL);
    cr_assert_eq(physics_compile(&files, false, &w), STATUS_MISSING);
}

/* With a stack of 180 numbers MuJoCo can compute a flight but no contact: there it calls mju_error,
 * which by default ends the process. */
Test(physics, lives_through_a_fatal_error_of_mujoco)
{
#if mjVERSION_HEADER >= 300
    cr_skip_test("this version counts its stack in another way");
#endif
    struct physics_world *w;
    cr_assert_eq(compile_text("<mujoco><size nstack='180'/><worldbody>"
                              "<geom type='plane' size='1 1 1'/><body pos='0 0 1'><freejoint/>"
                              "<geom type='box' size='0.1 0.1 0.1'/></body></worldbody></mujoco>",
                              &w),
                 STATUS_OK, "%s", status_sentence());
    struct physics p;
    cr_assert_eq(physics_open(w, false, &p), STATUS_OK, "%s", status_sentence());
    physics_world_release(w);
    for (int i = 0; i < 3; i++) {
        physics_reset(&p);
        cr_assert_eq(physics_step(&p, 1), STATUS_OK, "%s", status_sentence());
        p.data->qpos[2] = 0.09;
        cr_assert_eq(physics_step(&p, 1), STATUS_PHYSICS);
        cr_assert(strstr(status_sentence(), "verflow") != NULL, "%s", status_sentence());
    }
    physics_close(&p);
}

Test(physics, gives_an_instance_its_own_model_where_resets_write_into_it)
{
    struct env *one, *other;
    cr_assert_eq(env_open("door", NULL, &one), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(env_clone(one, &other), STATUS_OK, "%s", status_sentence());
    cr_assert_neq(one->physics.model, other->physics.model);
    cr_assert_eq(env_reset(one, rng_at(1, RNG_TEST, 1)), STATUS_OK);
    cr_assert_eq(env_reset(other, rng_at(1, RNG_TEST, 2)), STATUS_OK);
    int n;
    const double *a = env_field(one, "door_body_pos", &n);
    const double *b = env_field(other, "door_body_pos", &n);
    cr_assert(n == 3 && memcmp(a, b, 3 * sizeof *a) != 0);
    env_close(one);
    env_close(other);

    cr_assert_eq(env_open("hopper", NULL, &one), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(env_clone(one, &other), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(one->physics.model, other->physics.model, "the others share it");
    env_close(one);
    env_close(other);
}
