/* Files of a run that were damaged, cannot be read now, or belong to other data, code or machines:
 * no flipped bit is believed, nothing is overwritten that may be whole, and a curve of several
 * kinds never passes for one. */
#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "harness/curve/checkpoint.h"
#include "harness/matrix/cell.h"
#include "tests/support/reseal.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(run_damage, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 240);

struct bytes {
    char *data;
    size_t size;
};

static const char *in_run(const struct run_request *r, const char *name)
{
    static char path[4][FILE_PATH];
    static int next;
    next = (next + 1) % 4;
    snprintf(path[next], FILE_PATH, "%s/%s", r->folder, name);
    return path[next];
}

static struct bytes bytes_of(const char *path)
{
    struct bytes b;
    cr_assert_eq(file_read(path, 1 << 28, &b.data, &b.size), STATUS_OK, "%s", status_sentence());
    return b;
}

static void flip(const char *path, size_t bit)
{
    struct bytes b = bytes_of(path);
    b.data[bit / 8 % b.size] ^= (char)(1 << bit % 8);
    cr_assert_eq(file_replace(path, b.data, b.size), STATUS_OK);
    free(b.data);
}

static void expect_status(const struct run_request *r, enum status status)
{
    enum status got = run_execute(r, NULL);
    cr_assert_eq(got, status, "%s: %s", status_name(got), status_sentence());
}

static struct run_request begun(const char *method, const char *name, int iterations)
{
    struct run_request r = tiny_run_request(method, name);
    r.stop_after = iterations;
    expect_status(&r, STATUS_INTERRUPTED);
    r.stop_after = 0;
    return r;
}

static void expect_like_quiet(const struct run_request *r)
{
    struct run_request quiet = tiny_run_request(r->config.method, "quiet");
    expect_status(&quiet, STATUS_OK);
    struct curve a = tiny_run_curve(&quiet), b = tiny_run_curve(r);
    tiny_run_expect_same("resumed", &a, &b);
}

static bool log_says(const struct run_request *r, const char *words)
{
    struct bytes log = bytes_of(in_run(r, "run.log"));
    bool found = strstr(log.data, words) != NULL;
    free(log.data);
    return found;
}

/* --- flipped bits ----------------------------------------------------------------------------- */

/* Bit positions over the whole file: its first 40 bytes, its seal, and steps between. */
enum { HEAD = 40, STEPS = 200 };

static size_t position(size_t i, size_t bits)
{
    size_t seal = 8 * (size_t)SEAL_BYTES;
    if (i < HEAD)
        return 8 * i + i % 8;
    if (i < HEAD + SEAL_BYTES)
        return bits - seal + 8 * (i - HEAD) + i % 7;
    return (i - HEAD - SEAL_BYTES) * (bits / STEPS) + i % 8;
}

static enum status visit_nothing(void *context, struct visitor *v)
{
    (void)context;
    (void)v;
    return STATUS_OK;
}

static enum status read_curve(const char *path, const char *hash)
{
    struct curve c;
    (void)hash;
    enum status result = curve_read(path, &c);
    if (result == STATUS_OK)
        curve_free(&c);
    return result;
}

static enum status read_checkpoint(const char *path, const char *hash)
{
    struct checkpoint_info info;
    return checkpoint_read(path, hash, &info, visit_nothing, NULL);
}

static void expect_no_flip_accepted(const char *path, const char *hash,
                                    enum status (*read)(const char *path, const char *hash))
{
    struct bytes b = bytes_of(path);
    cr_assert_eq(read(path, hash), STATUS_OK, "%s", status_sentence());
    int fd = open(path, O_RDWR | O_CLOEXEC);
    cr_assert_geq(fd, 0);
    for (size_t i = 0; i < HEAD + SEAL_BYTES + STEPS; i++) {
        size_t bit = position(i, 8 * b.size) % (8 * b.size);
        char flipped = (char)(b.data[bit / 8] ^ (1 << bit % 8));
        cr_assert_eq(pwrite(fd, &flipped, 1, (off_t)(bit / 8)), 1);
        enum status result = read(path, hash);
        cr_expect_eq(result, STATUS_DAMAGED, "bit %zu of %zu: %s", bit, 8 * b.size,
                     status_name(result));
        cr_assert_eq(pwrite(fd, b.data + bit / 8, 1, (off_t)(bit / 8)), 1);
    }
    close(fd);
    cr_assert_eq(read(path, hash), STATUS_OK, "%s", status_sentence());
    free(b.data);
}

Test(run_damage, no_flipped_bit_of_a_curve_or_checkpoint_is_accepted)
{
    struct run_request r = begun("td3bc", "flips", 2);
    struct curve c;
    char hash[80];
    cr_assert_eq(curve_read(in_run(&r, "curve.h5"), &c), STATUS_OK);
    cr_expect(c.sealed);
    snprintf(hash, sizeof hash, "%.79s", curve_get(&c, "config_hash"));
    curve_free(&c);
    expect_no_flip_accepted(in_run(&r, "curve.h5"), hash, read_curve);
    expect_no_flip_accepted(in_run(&r, "checkpoint.h5"), hash, read_checkpoint);
}

/* --- what a damaged file costs ---------------------------------------------------------------- */

Test(run_damage, checkpoint_falls_back_to_the_one_before_it)
{
    struct run_request r = begun("td3_odt", "fallback", 3);
    r.checkpoint_every = 0;
    flip(in_run(&r, "checkpoint.h5"), 12345);
    expect_status(&r, STATUS_OK);
    cr_expect(file_exists(in_run(&r, "checkpoint.damaged-1.h5")));
    cr_expect(log_says(&r, "checkpoint.damaged-1.h5"));
    cr_expect(log_says(&r, "resumes after"));
    cr_expect_not(file_exists(in_run(&r, "checkpoint.h5")), "removed at the end");
    cr_expect_not(file_exists(in_run(&r, "checkpoint.previous.h5")), "removed at the end");
    expect_like_quiet(&r);
}

/* What a kill between the two renames leaves. */
Test(run_damage, checkpoint_that_is_missing_is_the_one_before_it)
{
    struct run_request r = begun("td3bc", "between", 3);
    cr_assert_eq(unlink(in_run(&r, "checkpoint.h5")), 0);
    expect_status(&r, STATUS_OK);
    cr_expect_not(log_says(&r, "from zero"));
    expect_like_quiet(&r);
}

Test(run_damage, two_bad_checkpoints_mean_a_start_from_zero_that_is_said)
{
    struct run_request r = begun("td3bc", "both", 3);
    flip(in_run(&r, "checkpoint.h5"), 99999);
    cr_assert_eq(truncate(in_run(&r, "checkpoint.previous.h5"), 5000), 0);
    expect_status(&r, STATUS_OK);
    cr_expect(file_exists(in_run(&r, "checkpoint.damaged-1.h5")));
    cr_expect(file_exists(in_run(&r, "checkpoint.previous.damaged-1.h5")));
    cr_expect(log_says(&r, "starts from zero"));
    expect_like_quiet(&r);
}

Test(run_damage, curve_is_set_aside_and_made_again_from_the_checkpoint)
{
    struct run_request r = begun("td3_odt", "curve", 3);
    struct curve before, after;
    cr_assert_eq(curve_read(in_run(&r, "curve.h5"), &before), STATUS_OK);
    flip(in_run(&r, "curve.h5"), 54321);
    struct bytes damaged = bytes_of(in_run(&r, "curve.h5"));
    r.stop_after = 1;
    expect_status(&r, STATUS_INTERRUPTED);
    struct bytes aside = bytes_of(in_run(&r, "curve.damaged-1.h5"));
    cr_expect(aside.size == damaged.size && memcmp(aside.data, damaged.data, aside.size) == 0);
    cr_expect(log_says(&r, "curve.damaged-1.h5"));
    cr_assert_eq(curve_read(in_run(&r, "curve.h5"), &after), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(curve_compare(&before, &after, true), STATUS_OK, "%s", status_sentence());
    curve_free(&before);
    curve_free(&after);
    free(damaged.data);
    free(aside.data);
    r.stop_after = 0;
    expect_status(&r, STATUS_OK);
    expect_like_quiet(&r);
}

Test(run_damage, finished_curve_is_set_aside_and_the_run_begins_again)
{
    struct run_request r = tiny_run_request("td3bc", "finished");
    expect_status(&r, STATUS_OK);
    for (int n = 1; n <= 2; n++) {
        char aside[64];
        flip(in_run(&r, "curve.h5"), 70000);
        expect_status(&r, STATUS_OK);
        snprintf(aside, sizeof aside, "curve.damaged-%d.h5", n);
        cr_expect(file_exists(in_run(&r, aside)), "%s", aside);
    }
    cr_expect(log_says(&r, "starts from zero"));
    expect_like_quiet(&r);
}

/* --- what cannot be read now ------------------------------------------------------------------ */

/* No descriptor is left for the n-th file that is opened: whichever that is, the finished curve
 * stays, and what happens then has a sentence. */
Test(run_damage, finished_curve_survives_a_lack_of_descriptors)
{
    struct run_request r = tiny_run_request("td3bc", "descriptors");
    struct rlimit usual, tight;
    int refused = 0;
    expect_status(&r, STATUS_OK);
    struct bytes before = bytes_of(in_run(&r, "curve.h5"));
    cr_assert_eq(getrlimit(RLIMIT_NOFILE, &usual), 0);
    int next = dup(0);
    close(next);
    for (int left = 0; left < 6; left++) {
        struct run_folder look;
        tight = (struct rlimit){(rlim_t)(next + left), usual.rlim_max};
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &tight), 0);
        enum status result = run_execute(&r, NULL);
        refused += result != STATUS_OK;
        run_folder_look(r.folder, &look, NULL);
        cr_assert_eq(setrlimit(RLIMIT_NOFILE, &usual), 0);
        cr_expect(result == STATUS_OK || strlen(status_sentence()) > 20);
        cr_expect(look.state == FOLDER_DONE ||
                      (look.state == FOLDER_FAILED && look.reason[0] != '\0'),
                  "%d left: a cell that cannot be seen is %s", left, run_folder_word(look.state));
        struct bytes now = bytes_of(in_run(&r, "curve.h5"));
        cr_expect(now.size == before.size && memcmp(now.data, before.data, now.size) == 0);
        free(now.data);
    }
    cr_expect_gt(refused, 0);
    cr_expect_not(file_exists(in_run(&r, "curve.damaged-1.h5")));
    expect_status(&r, STATUS_OK);
    free(before.data);
}

/* A link to a place that is not mounted is not "no curve". */
Test(run_damage, curve_behind_a_broken_link_is_not_replaced)
{
    struct run_request r = tiny_run_request("td3bc", "link");
    struct run_folder look;
    expect_status(&r, STATUS_OK);
    char home[FILE_PATH];
    snprintf(home, sizeof home, "%s", in_run(&r, "elsewhere.h5"));
    cr_assert_eq(rename(in_run(&r, "curve.h5"), home), 0);
    cr_assert_eq(symlink("not-mounted.h5", in_run(&r, "curve.h5")), 0);
    expect_status(&r, STATUS_IO);
    run_folder_look(r.folder, &look, NULL);
    cr_expect_eq(look.state, FOLDER_FAILED);
    cr_expect_eq(look.trouble, STATUS_IO);
    cr_assert_eq(unlink(in_run(&r, "curve.h5")), 0);
    cr_assert_eq(symlink("elsewhere.h5", in_run(&r, "curve.h5")), 0);
    expect_status(&r, STATUS_OK);
    cr_expect_not(file_exists(in_run(&r, "checkpoint.h5")), "it was complete");
}

/* A sealed curve that lacks something was written by other code: it is not ours to replace, and its
 * folder is not one in which nothing has begun. */
Test(run_damage, curve_that_lacks_a_dataset_is_not_replaced)
{
    struct run_request r = tiny_run_request("td3bc", "lacks");
    struct run_folder look;
    expect_status(&r, STATUS_OK);
    const char *path = in_run(&r, "curve.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    cr_assert_geq(H5Ldelete(file, "evaluation/score", H5P_DEFAULT), 0);
    cr_assert_geq(H5Fclose(file), 0);
    cr_assert_eq(reseal(path), STATUS_OK, "%s", status_sentence());
    struct bytes before = bytes_of(path);
    expect_status(&r, STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "has no dataset 'evaluation/score'"), "%s",
                       status_sentence());
    run_folder_look(r.folder, &look, NULL);
    cr_expect_eq(look.state, FOLDER_FAILED);
    cr_expect(look.begun);
    cr_expect_not_null(strstr(look.reason, "has no dataset 'evaluation/score'"), "%s", look.reason);
    struct bytes now = bytes_of(path);
    cr_expect(now.size == before.size && memcmp(now.data, before.data, now.size) == 0);
    free(now.data);
    free(before.data);
}

/* --- other data, other code ------------------------------------------------------------------- */

static void copy(const char *from, const char *to)
{
    char command[3 * FILE_PATH];
    snprintf(command, sizeof command, "cp '%s' '%s'", from, to);
    cr_assert_eq(system(command), 0);
}

/* One reward is another. */
static void change_a_reward(const char *path)
{
    const float other = 0.25f;
    const hsize_t first = 0, one = 1;
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, "rewards", H5P_DEFAULT), space = H5Dget_space(set);
    hid_t memory = H5Screate_simple(1, &one, NULL);
    H5Sselect_hyperslab(space, H5S_SELECT_SET, &first, NULL, &one, NULL);
    cr_assert_geq(H5Dwrite(set, H5T_NATIVE_FLOAT, memory, space, H5P_DEFAULT, &other), 0);
    H5Sclose(memory);
    H5Sclose(space);
    H5Dclose(set);
    cr_assert_geq(H5Fclose(file), 0);
}

Test(run_damage, other_data_is_refused_and_both_are_named)
{
    char first[FILE_PATH], second[FILE_PATH];
    snprintf(first, sizeof first, "%s", tiny_run_path("hopper-first.hdf5"));
    snprintf(second, sizeof second, "%s", tiny_run_path("hopper-second.hdf5"));
    struct run_request r = tiny_run_request("td3bc", "data");
    copy(r.config.dataset, first);
    copy(r.config.dataset, second);
    change_a_reward(second);
    r.config.dataset = first;
    r.stop_after = 2;
    expect_status(&r, STATUS_INTERRUPTED);
    struct bytes before = bytes_of(in_run(&r, "checkpoint.h5"));
    r.config.dataset = second;
    expect_status(&r, STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "hopper-first.hdf5 (content "), "%s",
                       status_sentence());
    cr_expect_not_null(strstr(status_sentence(), "hopper-second.hdf5 (content "), "%s",
                       status_sentence());
    /* The same path, other numbers. */
    copy(second, first);
    r.config.dataset = first;
    expect_status(&r, STATUS_CONFIG);
    struct bytes after = bytes_of(in_run(&r, "checkpoint.h5"));
    cr_expect(after.size == before.size && memcmp(after.data, before.data, after.size) == 0);
    free(before.data);
    free(after.data);
}

/* Another revision of the program writes other attributes, and the same arrays. */
Test(run_damage, the_same_data_in_another_file_is_resumed)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", tiny_run_path("hopper-first.hdf5"));
    struct run_request r = tiny_run_request("td3bc", "data");
    copy(r.config.dataset, path);
    r.config.dataset = path;
    r.stop_after = 2;
    expect_status(&r, STATUS_INTERRUPTED);
    struct h5 f = {.file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT)};
    cr_assert_eq(h5_set_text(&f, ".", "revision", "0123456789ab"), STATUS_OK);
    H5Fclose(f.file);
    r.stop_after = 0;
    expect_status(&r, STATUS_OK);
}

Test(run_damage, another_seed_is_refused_whether_stopped_or_finished)
{
    struct run_request r = begun("td3bc", "seed", 2);
    r.seed++;
    expect_status(&r, STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "seed 3, not 4"), "%s", status_sentence());
    r.seed--;
    expect_status(&r, STATUS_OK);
    r.seed++;
    expect_status(&r, STATUS_CONFIG);
}

/* Change an attribute that the checkpoint's curve carries, as a run that began elsewhere has it. */
static void pretend(const struct run_request *r, const char *key, const char *value)
{
    const char *path = in_run(r, "checkpoint.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    hid_t set = H5Dopen2(file, "curve/attributes", H5P_DEFAULT);
    hid_t space = H5Dget_space(set);
    size_t n = (size_t)H5Sget_simple_extent_npoints(space) / sizeof(struct curve_attribute);
    struct curve_attribute *a = calloc(n, sizeof *a);
    bool found = false;
    cr_assert_geq(H5Dread(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, a), 0);
    for (size_t i = 0; i < n; i++) {
        if (strcmp(a[i].key, key) != 0)
            continue;
        snprintf(a[i].value, sizeof a[i].value, "%s", value);
        found = true;
    }
    cr_assert(found, "%s", key);
    cr_assert_geq(H5Dwrite(set, H5T_NATIVE_UINT8, H5S_ALL, H5S_ALL, H5P_DEFAULT, a), 0);
    free(a);
    H5Sclose(space);
    H5Dclose(set);
    H5Fclose(file);
    cr_assert_eq(reseal(path), STATUS_OK);
}

static const struct {
    const char *key, *value;
} origins[] = {{"blas_core", "Elsewhere"}, {"revision", "0123456789ab"},
               {"machine", "Abacus"},      {"compiler", "1.0"},
               {"flags", "-O0"},           {"versions", "none"}};

Test(run_damage, other_kernels_code_or_machine_begin_a_segment)
{
    for (size_t i = 0; i < sizeof origins / sizeof *origins; i++) {
        char name[16], text[CURVE_VALUE];
        snprintf(name, sizeof name, "segment%zu", i);
        struct run_request r = begun("td3bc", name, 2);
        pretend(&r, origins[i].key, origins[i].value);
        expect_status(&r, STATUS_OK);
        struct curve c = tiny_run_curve(&r);
        cr_assert_eq(c.segments, 1, "%s", origins[i].key);
        cr_expect_str_eq(curve_get(&c, origins[i].key), origins[i].value);
        cr_expect_eq(curve_describe_segments(&c, text, sizeof text), 2);
        cr_expect_not_null(strstr(text, origins[i].key), "%s", text);
        cr_expect_not_null(strstr(text, origins[i].value), "%s", text);
        cr_expect_gt(c.segment[0].iterations, 0);
        cr_expect_lt(c.segment[0].iterations, c.iterations);
        cr_expect_eq(curve_compare(&c, &c, false), STATUS_OK, "%s", status_sentence());
        /* It does not pass for a curve of one kind. */
        struct curve one = c;
        one.segments = 0;
        cr_expect_eq(curve_compare(&c, &one, false), STATUS_FORMAT);
        cr_expect_eq(curve_compare(&one, &c, false), STATUS_FORMAT);
        cr_expect(log_says(&r, "2 segments"));
        curve_free(&c);
    }
}

/* Two changed trees of one revision are told apart by their programs; two clean ones need not be.
 */
Test(run_damage, programs_of_changed_trees_are_compared_by_their_bytes)
{
    struct run_request r = begun("td3bc", "dirty", 2);
    struct curve c;
    cr_assert_eq(curve_read(in_run(&r, "curve.h5"), &c), STATUS_OK);
    bool dirty = strcmp(curve_get(&c, "dirty"), "0") != 0;
    cr_expect_eq(strlen(curve_get(&c, "program")), 64);
    curve_free(&c);
    pretend(&r, "program", "another");
    expect_status(&r, STATUS_OK);
    c = tiny_run_curve(&r);
    cr_expect_eq(c.segments, dirty);
    curve_free(&c);
}

/* Curves from before seals and segments: no attribute, no seal. */
Test(run_damage, old_curves_are_read_and_known_to_carry_no_digest)
{
    struct run_request r = tiny_run_request("td3bc", "old");
    struct curve c;
    expect_status(&r, STATUS_OK);
    const char *path = in_run(&r, "curve.h5");
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const struct h5 f = {.file = file};
    cr_assert_eq(h5_set_text(&f, ".", "format", "vitamin curve 1"), STATUS_OK);
    H5Fclose(file);
    struct stat info;
    cr_assert_eq(stat(path, &info), 0);
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_expect_not(c.sealed);
    curve_free(&c);
    expect_status(&r, STATUS_OK);

    file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
    const struct h5 g = {.file = file};
    cr_assert_eq(h5_set_text(&g, ".", "format", "vitamin curve 3"), STATUS_OK);
    H5Fclose(file);
    cr_assert_eq(reseal(path), STATUS_OK);
    cr_expect_eq(curve_read(path, &c), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "a newer one"), "%s", status_sentence());
    expect_status(&r, STATUS_FORMAT);
}
