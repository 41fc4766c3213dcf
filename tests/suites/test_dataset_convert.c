#include "suites/dataset_convert.h"

#include "tests/support/fixture.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <stdio.h>
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

TestSuite(dataset_convert, .init = make_folder, .fini = remove_folder, .timeout = 60);

static const char *in_folder(const char *name)
{
    return at("%.900s/%s", folder, name);
}

static struct dataset_options of(const char *env)
{
    struct dataset_options o = dataset_defaults();
    o.env = env;
    return o;
}

static struct dataset load(const char *path, const char *env)
{
    struct dataset_options o = of(env);
    struct dataset d;
    cr_assert_eq(dataset_load(path, &o, &d), STATUS_OK, "%s", status_sentence());
    return d;
}

/* The same trajectories, number for number. */
static void expect_same(const struct dataset *got, const struct dataset *want)
{
    cr_assert_eq(got->count, want->count);
    cr_assert_eq(got->transitions, want->transitions);
    for (int i = 0; i < got->count; i++) {
        const struct trajectory *a = &got->list[i], *b = &want->list[i];
        size_t L = (size_t)b->length, state = L * (size_t)got->S * sizeof(float);
        cr_assert_eq(a->length, b->length);
        cr_assert_arr_eq(a->state, b->state, state);
        cr_assert_arr_eq(a->next_state, b->next_state, state);
        cr_assert_arr_eq(a->action, b->action, L * (size_t)got->A * sizeof(float));
        cr_assert_arr_eq(a->reward, b->reward, L * sizeof(float));
        cr_assert_arr_eq(a->terminal, b->terminal, L);
        cr_assert_eq(a->last_next_missing, b->last_next_missing);
    }
}

Test(dataset_convert, gives_minaris_episodes_in_d4rls_layout)
{
    static const int end[] = {3, 4, 9, 12, 20, 21, 25, 30, 31, 40, 44, 50};
    struct toy t = toy_new(50, 11, 3);
    struct h5 f;
    for (int e = 0; e < 12; e += 2) /* every second episode ends without a flag */
        (e % 4 == 0 ? t.terminal : t.timeout)[end[e] - 1] = 1;
    const char *path = in_folder("minari.hdf5"), *made_path = in_folder("new.hdf5");
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    for (int e = 0; e < 12; e++)
        toy_write_episode(&f, e, &t, e == 0 ? 0 : end[e - 1], end[e]);
    cr_assert_eq(h5_close(&f), STATUS_OK);

    struct dataset_options o = of("hopper");
    struct dataset_converted made;
    cr_assert_eq(dataset_convert(path, &o, made_path, &made), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(made.rows, 50);
    cr_assert_eq(made.flagged, 6);
    struct dataset want = load(path, "hopper"), got = load(made_path, NULL);
    cr_assert_str_eq(got.env->name, "hopper", "the file says which environment it is for");
    cr_assert_eq(got.kind, DATASET_MINARI, "for ever");
    cr_assert(strstr(got.note, "converted by vitamin from minari.hdf5") != NULL, "%s", got.note);
    expect_same(&got, &want);
    dataset_free(&want);
    dataset_free(&got);
    toy_free(&t);
}

/* Type, layout and rank of a field. */
static void expect_d4rls(const char *path, const char *name, size_t width, H5T_class_t class,
                         int rank)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    hid_t set = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(set);
    hid_t list = H5Dget_create_plist(set), space = H5Dget_space(set);
    cr_expect_eq(H5Tget_size(type), width, "%s", name);
    cr_expect_eq(H5Tget_class(type), class, "%s", name);
    cr_expect_eq(H5Sget_simple_extent_ndims(space), rank, "%s", name);
    cr_expect_eq(H5Pget_layout(list), H5D_CHUNKED, "%s", name);
    H5Sclose(space);
    H5Pclose(list);
    H5Tclose(type);
    H5Dclose(set);
    cr_assert_eq(H5Fclose(file), STATUS_OK);
}

Test(dataset_convert, cleans_odd_variants_of_d4rls_layout)
{
    struct toy t = toy_new(430, 39, 28); /* door: its limit is 200 steps */
    struct toy_style odd = {
        .number = H5T_NATIVE_DOUBLE, .flag = H5T_NATIVE_INT, .columns = true, .extras = true};
    int8_t *timeout = t.timeout;
    t.timeout = NULL;
    toy_write(&t, in_folder("odd.hdf5"), &odd);
    t.timeout = timeout;

    struct dataset_options o = of("door");
    struct dataset_converted made;
    const char *path = in_folder("clean.hdf5");
    cr_assert_eq(dataset_convert(in_folder("odd.hdf5"), &o, path, &made), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(made.flagged, 2, "after 200 and 400 steps");
    struct dataset want = load(in_folder("odd.hdf5"), "door"), got = load(path, NULL);
    cr_assert_eq(got.kind, DATASET_OWN);
    expect_same(&got, &want);
    dataset_free(&want);
    dataset_free(&got);
    expect_d4rls(path, "observations", 4, H5T_FLOAT, 2);
    expect_d4rls(path, "rewards", 4, H5T_FLOAT, 1);
    expect_d4rls(path, "terminals", 1, H5T_ENUM, 1);
    expect_d4rls(path, "timeouts", 1, H5T_ENUM, 1);
    toy_free(&t);
}

Test(dataset_convert, keeps_the_label_of_the_original)
{
    struct dataset_options o = dataset_defaults();
    struct dataset_converted made;
    char name[DATASET_ID];
    const char *path = in_folder("hopper-random-v2.hdf5"),
               *original = "tests/data/hopper-random-dev.hdf5";
    cr_assert_eq(dataset_convert_name(original, &o, name), STATUS_OK);
    cr_assert_str_eq(name, "hopper-random-dev-clean");
    cr_assert_eq(dataset_convert(original, &o, path, &made), STATUS_OK, "%s", status_sentence());
    struct dataset want = load(original, NULL), got = load(path, NULL);
    cr_assert_eq(got.kind, DATASET_DEV, "even under D4RL's name");
    expect_same(&got, &want);
    dataset_free(&want);
    dataset_free(&got);
}

Test(dataset_convert, leaves_nothing_behind_when_the_original_is_bad)
{
    struct toy t = toy_new(20, 11, 3);
    struct dataset_options o = of("walker2d");
    struct dataset_converted made;
    toy_write(&t, in_folder("bad.hdf5"), &(struct toy_style){0});
    cr_assert_eq(dataset_convert(in_folder("bad.hdf5"), &o, in_folder("new.hdf5"), &made),
                 STATUS_SHAPE);
    cr_assert(strstr(status_sentence(), "11 columns") != NULL, "%s", status_sentence());
    cr_assert_not(file_exists(in_folder("new.hdf5")));
    cr_assert_not(file_exists(in_folder("new.hdf5.tmp")));
    toy_free(&t);
}

/* Where successors are the next rows, a file's last row has none: Minari's last observation becomes
 * that row, and no episode is lost. */
Test(dataset_convert, keeps_the_last_episode_of_minari)
{
    char minari[FILE_PATH], out[FILE_PATH];
    struct dataset_options o = dataset_defaults();
    struct dataset_converted made;
    struct dataset before, after;
    struct h5 f;
    struct toy t = toy_new(30, 45, 24);
    o.env = "pen";
    t.timeout[9] = t.timeout[19] = t.timeout[29] = 1;
    snprintf(minari, sizeof minari, "%.900s/main_data.hdf5", folder);
    snprintf(out, sizeof out, "%.900s/pen-mine.hdf5", folder);
    cr_assert_eq(h5_create(&f, minari), STATUS_OK);
    for (int e = 0; e < 3; e++)
        toy_write_episode(&f, e, &t, 10 * e, 10 * e + 10);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_assert_eq(dataset_load(minari, &o, &before), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(dataset_convert(minari, &o, out, &made), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(dataset_load(out, &o, &after), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(before.transitions, 30);
    cr_expect_eq(after.transitions, 30);
    cr_expect_eq(after.count, 3);
    cr_expect_eq(made.rows, 31);
    cr_expect_arr_eq(after.list[2].next_state + 9 * 45, before.list[2].next_state + 9 * 45,
                     45 * sizeof(float));
    dataset_free(&before);
    dataset_free(&after);
    toy_free(&t);
}
