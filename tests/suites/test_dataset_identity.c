#include "suites/dataset_generate.h"
#include "suites/dataset_impl.h"
#include "tests/support/known_file.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char folder[FILE_PATH];

static void make_folder(void)
{
    toy_folder(folder);
}

static void remove_folder(void)
{
    toy_remove(folder);
}

TestSuite(dataset_identity, .init = make_folder, .fini = remove_folder, .timeout = 300);

static const char *in_folder(const char *name)
{
    static char path[4][FILE_PATH + 64];
    static int next;
    char *out = path[next++ % 4];
    snprintf(out, sizeof path[0], "%.900s/%s", folder, name);
    return out;
}

static struct dataset load(const char *path)
{
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    o.content = true;
    cr_assert_eq(dataset_load(path, &o, &d), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(strlen(d.content), SHA256_HEX - 1);
    return d;
}

/* The content digest of `t` in a file of that style. */
static const char *content(const struct toy *t, const struct toy_style *style)
{
    static char out[2][SHA256_HEX];
    static int next;
    const char *path = in_folder("hopper-mine.hdf5");
    toy_write(t, path, style);
    struct dataset d = load(path);
    char *digest = out[next++ % 2];
    memcpy(digest, d.content, SHA256_HEX);
    dataset_free(&d);
    return digest;
}

Test(dataset_identity, is_of_the_arrays_and_not_of_how_they_are_stored)
{
    const struct toy_style styles[] = {
        {.gzip = 4},
        {.number = H5T_IEEE_F64LE, .flag = H5T_NATIVE_UCHAR, .gzip = 1, .columns = true},
        {.extras = true}};
    struct toy t = toy_new(40, 11, 3);
    char plain[SHA256_HEX];
    t.timeout[19] = t.timeout[39] = 1;
    snprintf(plain, sizeof plain, "%s", content(&t, &(struct toy_style){0}));
    for (size_t i = 0; i < sizeof styles / sizeof *styles; i++)
        cr_expect_str_eq(content(&t, &styles[i]), plain, "style %zu", i);

    /* Attributes say who wrote it, not what it is. */
    struct h5 f = {.file = H5Fopen(in_folder("hopper-mine.hdf5"), H5F_ACC_RDWR, H5P_DEFAULT)};
    cr_assert_eq(h5_set_text(&f, ".", "revision", "0123456789ab"), STATUS_OK);
    H5Fclose(f.file);
    struct dataset d = load(in_folder("hopper-mine.hdf5"));
    cr_expect_str_eq(d.content, plain);
    dataset_free(&d);
    toy_free(&t);
}

Test(dataset_identity, changes_with_every_number_and_shape)
{
    const struct toy_style style = {.gzip = 1};
    struct toy t = toy_new(40, 11, 3);
    char plain[SHA256_HEX];
    t.timeout[19] = t.timeout[39] = 1;
    snprintf(plain, sizeof plain, "%s", content(&t, &style));
    float *const numbers[] = {&t.state[1], &t.next_state[7], &t.action[2], &t.reward[39]};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        const float kept = *numbers[i];
        *numbers[i] = kept + 0.5f;
        cr_expect_str_neq(content(&t, &style), plain, "number %zu", i);
        *numbers[i] = kept;
    }
    t.terminal[5] = 1;
    cr_expect_str_neq(content(&t, &style), plain);
    t.terminal[5] = 0;
    t.timeout[19] = 0;
    cr_expect_str_neq(content(&t, &style), plain);
    t.timeout[19] = 1;
    cr_expect_str_eq(content(&t, &style), plain);
    t.rows = 39;
    t.terminal[38] = 1;
    cr_expect_str_neq(content(&t, &style), plain);
    t.rows = 40;
    t.terminal[38] = 0;
    toy_free(&t);
}

/* Options decide how it is cut and paid, not what it is. */
Test(dataset_identity, does_not_depend_on_how_it_is_used)
{
    struct dataset_options o = dataset_defaults();
    struct dataset d, plain = load("tests/data/hopper-random-dev.hdf5");
    o.content = o.q_view = true;
    o.reward_div = 10;
    o.delay = 5;
    cr_assert_eq(dataset_load("tests/data/hopper-random-dev.hdf5", &o, &d), STATUS_OK);
    cr_expect_str_eq(d.content, plain.content);
    dataset_free(&d);
    o.content = false;
    cr_assert_eq(dataset_load("tests/data/hopper-random-dev.hdf5", &o, &d), STATUS_OK);
    cr_expect_str_eq(d.content, "");
    dataset_free(&d);
    dataset_free(&plain);
}

Test(dataset_identity, makes_a_file_d4rls_own_under_any_name)
{
    struct toy t = toy_new(40, 11, 3);
    t.timeout[39] = 1;
    toy_write(&t, in_folder("download(1).hdf5"), &(struct toy_style){.gzip = 1});
    known_file("hopper-medium-v2", in_folder("download(1).hdf5"));
    struct dataset d = load(in_folder("download(1).hdf5"));
    cr_expect(d.verified);
    cr_expect_eq(d.kind, DATASET_D4RL);
    cr_expect_str_eq(d.id, "hopper-medium-v2");
    cr_expect_str_eq(d.env->name, "hopper");
    dataset_free(&d);

    /* A name that says something else does not count. */
    cr_assert_eq(rename(in_folder("download(1).hdf5"), in_folder("walker2d-medium-v2.hdf5")), 0);
    d = load(in_folder("walker2d-medium-v2.hdf5"));
    cr_expect_str_eq(d.id, "hopper-medium-v2");
    cr_expect_eq(d.kind, DATASET_D4RL);
    dataset_free(&d);
    toy_free(&t);
}

Test(dataset_identity, names_both_digests_of_a_file_that_only_looks_like_d4rls)
{
    char digest[SHA256_HEX];
    const char *path = in_folder("pen-human-v1.hdf5");
    struct toy t = toy_new(5000, 45, 24);
    t.timeout[99] = t.timeout[4999] = 1;
    toy_write(&t, path, &(struct toy_style){.gzip = 1});
    cr_assert_eq(sha256_file(path, digest), STATUS_OK);
    struct dataset d = load(path);
    cr_expect_eq(d.kind, DATASET_OWN);
    cr_expect_not(d.verified);
    cr_expect_not_null(strstr(d.note, digest), "%s", d.note);
    cr_expect_not_null(strstr(d.note, d.entry->sha256), "%s", d.note);
    cr_expect_not_null(strstr(d.note, "vitamin data fetch pen-human-v1"), "%s", d.note);
    dataset_free(&d);
    toy_free(&t);
}

/* Each recorded stand-in, made again as it was made then: its file is the recorded one to the last
 * byte, so its content is what that one held. */
Test(dataset_identity, of_recorded_stand_ins_is_what_the_table_says)
{
    int made = 0;
    for (const struct dataset_alias *a = dataset_aliases; a->file != NULL; a++) {
        char digest[SHA256_HEX];
        struct dataset_made unused;
        struct dataset_recipe r = {.env = a->env,
                                   .actor = a->waypoint ? ACT_WAYPOINT : ACT_RANDOM,
                                   .rows = a->rows,
                                   .seed = 1,
                                   .revision = a->revision};
        cr_expect_str_eq(dataset_known_content(a->file), a->content);
        if (strcmp(a->env, "hopper") != 0 && strcmp(a->env, "maze2d-umaze") != 0)
            continue; /* the same code, but minutes: they were made when the row was written */
        if (a->rows > 20000)
            continue;
        cr_assert_eq(dataset_generate(&r, in_folder("made.hdf5"), &unused), STATUS_OK, "%s",
                     status_sentence());
        cr_assert_eq(sha256_file(in_folder("made.hdf5"), digest), STATUS_OK);
        cr_expect_str_eq(digest, a->file, "%s, %lld rows", a->env, (long long)a->rows);
        struct dataset d = load(in_folder("made.hdf5"));
        cr_expect_str_eq(d.content, a->content, "%s, %lld rows", a->env, (long long)a->rows);
        dataset_free(&d);
        made++;
    }
    cr_assert_geq(made, 2);
    cr_expect_str_eq(dataset_known_content(""), "");
}
