#include "engine/base/file.h"
#include "harness/base/film.h"
#include "suites/camera.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-film-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(film, .init = make_folder, .fini = remove_folder, .timeout = 120);

/* An episode of a few steps; afterwards its state, so that looking can be told from not looking. */
static enum status act_out(struct film *f, const char *env, double state[512], size_t *size)
{
    struct env *e;
    double action[64] = {0.5};
    struct env_step step;
    cr_assert_eq(env_open(env, NULL, &e), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(env_reset(e, rng_at(1, RNG_EVAL_RESET, 0)), STATUS_OK);
    enum status result = f != NULL ? film_look(f, e, 0) : STATUS_OK;
    for (int i = 0; i < 20 && result == STATUS_OK; i++) {
        cr_assert_eq(env_step(e, action, &step), STATUS_OK, "%s", status_sentence());
        result = f != NULL ? film_look(f, e, 0) : STATUS_OK;
    }
    *size = env_state_size(e);
    cr_assert_leq(*size, 512);
    env_get_state(e, state);
    env_close(e);
    return result;
}

/* Where something that films need is lacking, the sentence says what to install. */
static bool is_lacking(enum status result)
{
    if (result == STATUS_MISSING)
        cr_assert(strstr(status_sentence(), "install the package") != NULL, "%s",
                  status_sentence());
    return result == STATUS_MISSING;
}

static void check_film(const char *name, const char *env, size_t at, const char *magic)
{
    char path[FILE_PATH], *bytes;
    double seen[512], unseen[512];
    size_t size, n;
    struct film *f;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    cr_assert_eq(film_new(path, &f), STATUS_OK, "%s", status_sentence());
    enum status result = act_out(f, env, seen, &n);
    if (result == STATUS_OK)
        result = film_finish(f);
    if (is_lacking(result)) {
        film_delete(f);
        cr_assert_not(file_exists(path));
        cr_skip_test("no EGL or ffmpeg here");
    }
    cr_assert_eq(result, STATUS_OK, "%s", status_sentence());
    film_delete(f);
    cr_assert_eq(act_out(NULL, env, unseen, &n), STATUS_OK);
    cr_assert_eq(memcmp(seen, unseen, n * sizeof *seen), 0, "looking changed the world");
    cr_assert_eq(file_read(path, 1 << 26, &bytes, &size), STATUS_OK, "%s", status_sentence());
    cr_assert(size > 1000 && memcmp(bytes + at, magic, strlen(magic)) == 0, "%s: %zu bytes", name,
              size);
    free(bytes);
}

Test(film, writes_mp4)
{
    check_film("a film.mp4", "hopper", 4, "ftyp");
}

Test(film, writes_gif)
{
    check_film("film.gif", "maze2d-umaze", 0, "GIF8");
}

Test(film, writes_a_strip_of_pictures)
{
    check_film("strip.png", "pen", 1, "PNG");
}

/* Something is to be seen, and it moves. */
Test(film, pictures_show_the_world)
{
    struct env *e;
    struct camera *c;
    struct env_step step;
    double action[8] = {1, -1, 1, -1, 1, -1, 1, -1};
    uint8_t *first = malloc(CAMERA_BYTES), *second = malloc(CAMERA_BYTES);
    cr_assert(first != NULL && second != NULL);
    cr_assert_eq(env_open("ant", NULL, &e), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(env_reset(e, rng_at(1, RNG_EVAL_RESET, 0)), STATUS_OK);
    if (is_lacking(camera_open(e, &c)))
        cr_skip_test("no EGL here");
    cr_assert_eq(camera_look(c, e, first), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < 10; i++)
        cr_assert_eq(env_step(e, action, &step), STATUS_OK);
    cr_assert_eq(camera_look(c, e, second), STATUS_OK, "%s", status_sentence());
    int moved = 0;
    for (int i = 0; i < CAMERA_BYTES; i++)
        moved += first[i] != second[i];
    cr_assert_gt(moved, 1000);
    camera_close(c);
    env_close(e);
    free(first);
    free(second);
}

Test(film, refuses_other_endings_and_a_world_without_bodies)
{
    struct film *f;
    double state[512];
    size_t n;
    cr_assert_eq(film_new("film.avi", &f), STATUS_CONFIG);
    cr_assert_eq(film_new("mp4", &f), STATUS_CONFIG);
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/x.mp4", folder);
    cr_assert_eq(film_new(path, &f), STATUS_OK);
    enum status result = act_out(f, "bandit", state, &n);
    cr_assert(result == STATUS_CONFIG || result == STATUS_MISSING, "%s", status_sentence());
    film_delete(f);
    cr_assert_not(file_exists(path));
}

Test(film, without_ffmpeg_one_sentence_says_what_to_install)
{
    struct film *f;
    double state[512];
    size_t n;
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/x.mp4", folder);
    char *path_before = strdup(getenv("PATH"));
    cr_assert_eq(setenv("PATH", "/nowhere", 1), 0);
    cr_assert_eq(film_new(path, &f), STATUS_OK);
    enum status result = act_out(f, "hopper", state, &n);
    if (result == STATUS_OK)
        result = film_finish(f);
    cr_assert(is_lacking(result), "%s", status_sentence());
    film_delete(f);
    cr_assert_eq(setenv("PATH", path_before, 1), 0);
    free(path_before);
    cr_assert_not(file_exists(path));
}
