/* Files that are not what they promise: each must give one sentence that names the file, the field
 * and what to do; none may crash, hang or ask for memory that the file cannot fill. */
#include "suites/dataset.h"

#include "suites/dataset_check.h"
#include "tests/support/toy_dataset.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { N = 40 };

static char folder[FILE_PATH];
static char path[FILE_PATH];

static void make_folder(void)
{
    toy_folder(folder);
    snprintf(path, sizeof path, "%.900s/hopper-toy.hdf5", folder);
}

static void remove_folder(void)
{
    toy_remove(folder);
}

TestSuite(dataset_bad, .init = make_folder, .fini = remove_folder, .timeout = 300);

static const struct toy_style plain = {0};

static void write_good(const struct toy_style *style)
{
    struct toy t = toy_new(N, 11, 3);
    t.terminal[9] = t.timeout[24] = 1;
    toy_write(&t, path, style);
    toy_free(&t);
}

static enum status load_it(const char *env)
{
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    o.env = env;
    enum status result = dataset_load(path, &o, &d);
    if (result == STATUS_OK)
        dataset_free(&d);
    return result;
}

/* The sentence must name the file and, given, the field; and end with advice after a semicolon. */
static void expect_sentence(const char *what, enum status got, enum status want, const char *field)
{
    const char *sentence = status_sentence();
    cr_assert_eq(got, want, "%s: %s instead of %s (%s)", what, status_name(got), status_name(want),
                 sentence);
    cr_expect_not_null(strstr(sentence, path), "%s: no file in '%s'", what, sentence);
    if (field != NULL)
        cr_expect_not_null(strstr(sentence, field), "%s: no '%s' in '%s'", what, field, sentence);
    const char *remedy = strrchr(sentence, ';');
    cr_expect(remedy != NULL && strlen(remedy) > 8, "%s: no remedy in '%s'", what, sentence);
}

/* Open the good file and take one field out of it. */
static hid_t without(const char *field)
{
    write_good(&plain);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(file, 0);
    if (field != NULL)
        cr_assert_geq(H5Ldelete(file, field, H5P_DEFAULT), 0);
    return file;
}

/* --- files that are not HDF5 ---------------------------------------------------------------------
 */

Test(dataset_bad, files_that_are_no_datasets)
{
    expect_sentence("absent", load_it("hopper"), STATUS_MISSING, NULL);
    cr_assert_eq(file_replace(path, "", 0), STATUS_OK);
    expect_sentence("empty", load_it("hopper"), STATUS_FORMAT, "empty");
    static const char page[] = "<html><body>404 not found</body></html>";
    cr_assert_eq(file_replace(path, page, sizeof page), STATUS_OK);
    expect_sentence("a web page", load_it("hopper"), STATUS_FORMAT, "not an HDF5 file");
    static const char signature[] = "\211HDF\r\n\032\n";
    cr_assert_eq(file_replace(path, signature, 8), STATUS_OK);
    expect_sentence("only a signature", load_it("hopper"), STATUS_FORMAT, "cut short");
    unlink(path);
    cr_assert_eq(mkdir(path, 0777), 0);
    expect_sentence("a folder", load_it("hopper"), STATUS_MISSING, "main_data.hdf5");
    rmdir(path);
    cr_assert_eq(mkfifo(path, 0600), 0);
    expect_sentence("a pipe", load_it("hopper"), STATUS_IO, "not a file");
}

Test(dataset_bad, files_cut_short_anywhere)
{
    char *whole;
    size_t bytes;
    const struct toy_style style[] = {{0}, {.gzip = 4}};
    for (int k = 0; k < 2; k++) {
        write_good(&style[k]);
        cr_assert_eq(file_read(path, 1 << 24, &whole, &bytes), STATUS_OK);
        for (size_t n = 1; n < bytes; n += 97) {
            cr_assert_eq(file_replace(path, whole, n), STATUS_OK);
            expect_sentence("truncated", load_it("hopper"), STATUS_FORMAT, NULL);
        }
        free(whole);
    }
}

/* One byte changed anywhere: it is found or it does no harm, in a child process where HDF5 itself
 * can fail. (Not under AddressSanitizer, which takes the child's end for ours.) */
Test(dataset_bad, single_damaged_bytes_are_survived)
{
#ifdef __SANITIZE_ADDRESS__
    cr_skip_test("HDF5's own crashes would be reported");
#endif
    char *whole;
    size_t bytes, found = 0, tried = 0;
    write_good(&(struct toy_style){.gzip = 4});
    cr_assert_eq(file_read(path, 1 << 24, &whole, &bytes), STATUS_OK);
    FILE *file = fopen(path, "r+b");
    struct dataset_options o = dataset_defaults();
    struct dataset_report *r = malloc(sizeof *r);
    for (size_t at = 0; at < bytes; at += 83) {
        char bad = (char)(whole[at] ^ 0x55);
        fseek(file, (long)at, SEEK_SET);
        fwrite(&bad, 1, 1, file);
        fflush(file);
        cr_assert_eq(dataset_check(path, &o, r), STATUS_OK, "%s", status_sentence());
        found += r->problems > 0;
        tried++;
        enum status loaded = load_it("hopper"); /* as careful as the check */
        cr_assert((loaded == STATUS_OK) == (r->problems == 0), "byte %zu: %s", at,
                  status_sentence());
        fseek(file, (long)at, SEEK_SET);
        fwrite(&whole[at], 1, 1, file);
    }
    fclose(file);
    free(whole);
    free(r);
    cr_expect_gt(found, tried / 20, "only %zu of %zu damages were seen", found, tried);
}

Test(dataset_bad, check_lists_every_problem)
{
    hid_t file = without("actions");
    cr_assert_geq(H5Ldelete(file, "rewards", H5P_DEFAULT), 0);
    cr_assert_geq(H5Ldelete(file, "terminals", H5P_DEFAULT), 0);
    cr_assert_geq(H5Ldelete(file, "timeouts", H5P_DEFAULT), 0);
    struct h5 f = {.file = file};
    float x[N + 1] = {[3] = NAN};
    size_t dims[] = {N + 1};
    cr_assert_eq(h5_write_float(&f, "rewards", 1, dims, x), STATUS_OK);
    dims[0] = N;
    cr_assert_eq(h5_write_float(&f, "terminals", 1, dims, x), STATUS_OK);
    H5Fclose(file);

    struct dataset_options o = dataset_defaults();
    struct dataset_report *r = malloc(sizeof *r);
    cr_assert_eq(dataset_check(path, &o, r), STATUS_OK, "%s", status_sentence());
    cr_expect(r->known);
    cr_expect_str_eq(r->env, "hopper");
    cr_assert_eq(r->problems, 3);
    cr_expect_not_null(strstr(r->problem[0].sentence, "'actions' is missing"));
    cr_expect_not_null(strstr(r->problem[1].sentence, "'rewards' has 41 rows"));
    cr_expect_not_null(strstr(r->problem[2].sentence, "'terminals' is neither 0 nor 1 in row 3"));
    cr_expect_eq(r->remarks, 1, "no timeouts");

    write_good(&plain);
    cr_assert_eq(dataset_check(path, &o, r), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(r->problems, 0, "%s", r->problem[0].sentence);
    cr_expect_eq(r->rows, N);
    cr_expect_eq(r->trajectories, 2);
    cr_expect_eq(r->transitions, 25);
    free(r);
}

/* --- fields --------------------------------------------------------------------------------------
 */

static const struct {
    const char *name;
    bool required, number;
    int cols;
} fields[] = {
    {"observations", true, true, 11}, {"actions", true, true, 3},
    {"rewards", true, true, 1},       {"terminals", true, false, 1},
    {"timeouts", false, false, 1},    {"next_observations", false, true, 11},
};
enum { FIELDS = sizeof fields / sizeof *fields };

Test(dataset_bad, missing_fields)
{
    for (int i = 0; i < FIELDS; i++) {
        H5Fclose(without(fields[i].name));
        enum status got = load_it("hopper");
        if (fields[i].required)
            expect_sentence(fields[i].name, got, STATUS_FORMAT, fields[i].name);
        else
            cr_expect_eq(got, STATUS_OK, "%s may be absent: %s", fields[i].name, status_sentence());
    }
}

/* Put an array of these dims in the place of a field, not written. */
static void replace(const char *name, hid_t type, int rank, const hsize_t dims[])
{
    hid_t file = without(name), space = H5Screate_simple(rank, dims, NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_alloc_time(list, H5D_ALLOC_TIME_EARLY);
    hid_t set = H5Dcreate2(file, name, type, space, H5P_DEFAULT, list, H5P_DEFAULT);
    cr_assert_geq(set, 0);
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    H5Fclose(file);
}

Test(dataset_bad, wrong_shapes)
{
    for (int i = 0; i < FIELDS; i++) {
        const char *name = fields[i].name;
        hsize_t cols = (hsize_t)fields[i].cols;
        const hsize_t longer[] = {N + 1, cols}, shorter[] = {N - 1, cols}, wider[] = {N, cols + 1},
                      deep[] = {N, cols, 1}, none[] = {0, cols}, square[] = {cols, N};
        const hsize_t *dims[] = {longer, shorter, wider, square, deep, none};
        for (int k = 0; k < 6; k++) {
            if (k == 0 && i == 0)
                continue; /* then all others are shorter: their names are in the sentence */
            if (k == 1 && i == 0)
                continue;
            replace(name, H5T_IEEE_F32LE, k == 4 ? 3 : 2, dims[k]);
            expect_sentence(name, load_it("hopper"), STATUS_SHAPE, name);
        }
    }
    const hsize_t scalar[] = {1};
    replace("rewards", H5T_IEEE_F32LE, 1, scalar);
    expect_sentence("one reward", load_it("hopper"), STATUS_SHAPE, "rewards");
}

Test(dataset_bad, another_environments_file)
{
    write_good(&plain);
    expect_sentence("walker2d", load_it("walker2d"), STATUS_SHAPE, "observations");
    cr_expect_not_null(strstr(status_sentence(), "suggest hopper"), "%s", status_sentence());
    expect_sentence("no such environment", load_it("hoppper"), STATUS_CONFIG, "hoppper");
}

Test(dataset_bad, types_that_are_no_numbers)
{
    hid_t text = H5Tcopy(H5T_C_S1), pair = H5Tcreate(H5T_COMPOUND, 8);
    hid_t opaque = H5Tcreate(H5T_OPAQUE, 4), words = H5Tcopy(H5T_C_S1);
    H5Tset_size(text, 4);
    H5Tset_size(words, H5T_VARIABLE);
    H5Tinsert(pair, "a", 0, H5T_IEEE_F32LE);
    H5Tinsert(pair, "b", 4, H5T_IEEE_F32LE);
    hsize_t four[] = {4};
    hid_t array = H5Tarray_create2(H5T_IEEE_F32LE, 1, four);
    const hid_t type[] = {text, words, pair, opaque, array, H5T_STD_REF_OBJ};
    for (int i = 0; i < FIELDS; i++) {
        hsize_t dims[] = {N, (hsize_t)fields[i].cols};
        for (int k = 0; k < 6; k++) {
            replace(fields[i].name, type[k], 2, dims);
            expect_sentence(fields[i].name, load_it("hopper"), STATUS_FORMAT, fields[i].name);
        }
    }
    H5Tclose(text);
    H5Tclose(words);
    H5Tclose(pair);
    H5Tclose(opaque);
    H5Tclose(array);
}

Test(dataset_bad, numbers_that_are_not_finite)
{
    const double bad[] = {(double)NAN, (double)INFINITY, -(double)INFINITY, 1e300};
    for (int i = 0; i < FIELDS; i++) {
        for (int k = 0; k < 4; k++) {
            int cols = fields[i].cols;
            double *x = calloc((size_t)(N * cols), sizeof *x);
            size_t dims[] = {N, (size_t)cols};
            x[17 * cols + cols / 2] = bad[k];
            hid_t file = without(fields[i].name);
            struct h5 f = {.file = file};
            cr_assert_eq(h5_write_double(&f, fields[i].name, 2, dims, x), STATUS_OK);
            H5Fclose(file);
            free(x);
            expect_sentence(fields[i].name, load_it("hopper"),
                            fields[i].number ? STATUS_NONFINITE : STATUS_FORMAT, fields[i].name);
            cr_expect_not_null(strstr(status_sentence(), "row 17"), "%s", status_sentence());
        }
    }
}

Test(dataset_bad, flags_that_are_neither_0_nor_1)
{
    const int bad[] = {2, -1, 255, 256, 1 << 20};
    for (int k = 0; k < 5; k++) {
        int x[N] = {[9] = 1, [30] = bad[k]};
        size_t dims[] = {N};
        hid_t file = without("terminals");
        struct h5 f = {.file = file};
        cr_assert_eq(h5_write(&f, "terminals", H5T_STD_I32LE, H5T_NATIVE_INT, 1, dims, 0, x),
                     STATUS_OK);
        H5Fclose(file);
        expect_sentence("a flag", load_it("hopper"), STATUS_FORMAT, "terminals");
        cr_expect_not_null(strstr(status_sentence(), "row 30"), "%s", status_sentence());
    }
}

Test(dataset_bad, no_complete_trajectory)
{
    struct toy t = toy_new(N, 11, 3);
    toy_write(&t, path, &plain);
    expect_sentence("no flags", load_it("hopper"), STATUS_FORMAT, "complete");
    toy_free(&t);
    const struct toy_style one = {.columns = true};
    t = toy_new(1, 39, 28);
    t.timeout[0] = 1;
    toy_write(&t, path, &one);
    expect_sentence("one row", load_it("door"), STATUS_FORMAT, "complete");
    toy_free(&t);
}

/* --- promises ------------------------------------------------------------------------------------
 */

/* A header that promises `rows` rows in chunks of `chunk` rows, of which none is there. */
static void promise(const char *name, hsize_t rows, hsize_t cols, hsize_t chunk, bool gzip)
{
    hsize_t dims[] = {rows, cols}, chunks[] = {chunk, cols};
    hsize_t most[] = {H5S_UNLIMITED, cols}; /* or a chunk could not be longer than the array */
    hid_t file = without(name), space = H5Screate_simple(2, dims, chunk > rows ? most : NULL);
    hid_t list = H5Pcreate(H5P_DATASET_CREATE);
    if (chunk > 0)
        H5Pset_chunk(list, 2, chunks);
    if (gzip)
        H5Pset_deflate(list, 4);
    hid_t set = H5Dcreate2(file, name, H5T_IEEE_F32LE, space, H5P_DEFAULT, list, H5P_DEFAULT);
    cr_assert_geq(set, 0);
    if (chunk > 0 && gzip) { /* one real chunk, so that something is stored */
        hsize_t start[] = {0, 0}, one[] = {1, 1};
        float x = 1;
        hid_t memory = H5Screate_simple(2, one, NULL);
        H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, one, NULL);
        H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, &x);
        H5Sclose(memory);
    }
    H5Dclose(set);
    H5Pclose(list);
    H5Sclose(space);
    H5Fclose(file);
}

Test(dataset_bad, absurd_sizes)
{
    const hsize_t big = (hsize_t)1 << 40, huge = (hsize_t)1 << 58;
    for (int i = 0; i < FIELDS; i++) {
        const char *name = fields[i].name;
        hsize_t cols = (hsize_t)fields[i].cols;
        promise(name, big, cols, 0, false);
        expect_sentence(name, load_it("hopper"), STATUS_SHAPE, name);
        promise(name, big, cols, 1000, false);
        expect_sentence(name, load_it("hopper"), STATUS_SHAPE, name);
        promise(name, huge, cols, 1000, true);
        expect_sentence(name, load_it("hopper"), STATUS_SHAPE, name);
        promise(name, N, cols, N, false); /* right shape, but nothing was ever written */
        (void)load_it("hopper");
    }
    /* Minari's group with absurd actions. */
    promise("observations", big, 11, 1000, true);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t group = H5Gcreate2(file, "episode_0", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);
    H5Lmove(file, "observations", group, "observations", H5P_DEFAULT, H5P_DEFAULT);
    H5Gclose(group);
    H5Fclose(file);
    expect_sentence("minari", load_it("hopper"), STATUS_SHAPE, "episode_0/observations");
}

Test(dataset_bad, chunks_larger_than_any_file)
{
    promise("rewards", N, 1, (hsize_t)1 << 29, true);
    expect_sentence("chunk", load_it("hopper"), STATUS_SHAPE, "rewards");
}

/* --- ways out of the file ------------------------------------------------------------------------
 */

Test(dataset_bad, links_that_lead_outside)
{
    char other[FILE_PATH];
    snprintf(other, sizeof other, "%.900s/other.hdf5", folder);
    write_good(&plain);
    cr_assert_eq(rename(path, other), 0);
    for (int i = 0; i < FIELDS; i++) {
        const char *name = fields[i].name;
        hid_t file = without(name); /* even within the same folder */
        H5Lcreate_external("other.hdf5", name, file, name, H5P_DEFAULT, H5P_DEFAULT);
        H5Fclose(file);
        expect_sentence(name, load_it("hopper"), STATUS_FORMAT, name);
        cr_expect_not_null(strstr(status_sentence(), "other.hdf5"), "%s", status_sentence());

        file = without(name); /* through a soft link */
        H5Lcreate_external(other, "/", file, "away", H5P_DEFAULT, H5P_DEFAULT);
        char target[64];
        snprintf(target, sizeof target, "/away/%s", name);
        H5Lcreate_soft(target, file, name, H5P_DEFAULT, H5P_DEFAULT);
        H5Fclose(file);
        expect_sentence(name, load_it("hopper"), STATUS_FORMAT, name);

        file = without(name);
        H5Lcreate_soft("/nowhere", file, name, H5P_DEFAULT, H5P_DEFAULT);
        H5Fclose(file);
        expect_sentence(name, load_it("hopper"), STATUS_FORMAT, name);

        file = without(name);
        H5Gclose(H5Gcreate2(file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
        H5Fclose(file);
        expect_sentence(name, load_it("hopper"), STATUS_FORMAT, name);
    }
    /* A soft link within the file is nothing bad. */
    hid_t file = without(NULL);
    H5Lmove(file, "rewards", file, "kept", H5P_DEFAULT, H5P_DEFAULT);
    H5Lcreate_soft("/kept", file, "rewards", H5P_DEFAULT, H5P_DEFAULT);
    H5Fclose(file);
    cr_expect_eq(load_it("hopper"), STATUS_OK, "%s", status_sentence());
}

Test(dataset_bad, numbers_kept_in_another_file)
{
    char secret[FILE_PATH], source[FILE_PATH];
    hsize_t dims[] = {N, 1};
    snprintf(secret, sizeof secret, "%.900s/secret", folder);
    snprintf(source, sizeof source, "%.900s/source.hdf5", folder);
    write_good(&plain);
    cr_assert_eq(rename(path, source), 0);
    cr_assert_eq(file_replace(secret, calloc(4, N), 4 * N), STATUS_OK);

    for (int k = 0; k < 2; k++) {
        hid_t file = without("rewards"), space = H5Screate_simple(2, dims, NULL);
        hid_t list = H5Pcreate(H5P_DATASET_CREATE);
        if (k == 0)
            H5Pset_external(list, secret, 0, 4 * N);
        else
            H5Pset_virtual(list, space, source, "rewards", space);
        hid_t set = H5Dcreate2(file, "rewards", H5T_IEEE_F32LE, space, H5P_DEFAULT, list,
                               H5P_DEFAULT);
        cr_assert_geq(set, 0);
        H5Dclose(set);
        H5Pclose(list);
        H5Sclose(space);
        H5Fclose(file);
        expect_sentence(k == 0 ? "external storage" : "virtual dataset", load_it("hopper"),
                        STATUS_FORMAT, "rewards");
        cr_expect_not_null(strstr(status_sentence(), "another file"), "%s", status_sentence());
    }
}

/* --- Minari --------------------------------------------------------------------------------------
 */

Test(dataset_bad, minari_episodes_that_do_not_fit)
{
    static const char *const field[] = {"observations", "actions", "rewards", "terminations",
                                        "truncations"};
    struct toy t = toy_new(N, 11, 3);
    for (int i = 0; i < 5; i++) {
        for (int k = 0; k < 2; k++) {
            struct h5 f;
            cr_assert_eq(h5_create(&f, path), STATUS_OK);
            toy_write_episode(&f, 0, &t, 0, 10);
            toy_write_episode(&f, 1, &t, 10, 30);
            char name[64];
            snprintf(name, sizeof name, "episode_1/%s", field[i]);
            H5Ldelete(f.file, name, H5P_DEFAULT);
            if (k == 1) /* too short by one */
                toy_write_numbers(&f, name, i == 0 ? 20 : 19,
                                  i == 0   ? 11
                                  : i == 1 ? 3
                                           : 1,
                                  t.state, &plain);
            h5_close(&f);
            expect_sentence(name, load_it("hopper"), k == 0 ? STATUS_FORMAT : STATUS_SHAPE,
                            "episode_1");
        }
    }
    toy_free(&t);
}

Test(dataset_bad, options_out_of_range)
{
    write_good(&plain);
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    o.reward_div = 0;
    cr_expect_eq(dataset_load(path, &o, &d), STATUS_CONFIG);
    o = dataset_defaults();
    o.reward_shift = (double)NAN;
    cr_expect_eq(dataset_load(path, &o, &d), STATUS_CONFIG);
    o = dataset_defaults();
    o.delay = -1;
    cr_expect_eq(dataset_load(path, &o, &d), STATUS_CONFIG);
    o = dataset_defaults();
    o.singles_kept = -2;
    cr_expect_eq(dataset_load(path, &o, &d), STATUS_CONFIG);
}
