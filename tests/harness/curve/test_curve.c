#include "harness/curve/curve.h"

#include "engine/base/file.h"
#include "engine/base/guard.h"
#include "engine/base/h5.h"
#include "tests/support/reseal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-curve-XXXXXX";

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

TestSuite(curve, .init = make_folder, .fini = remove_folder);

static const char *in_folder(const char *name)
{
    static char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static struct curve sample(int evaluations, int iterations)
{
    struct curve c = {0};
    cr_assert_eq(curve_set(&c, "method", "td3_odt"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "seed", "%d", 3), STATUS_OK);
    cr_assert_eq(curve_set(&c, "host", "h%d", (int)getpid()), STATUS_OK);
    cr_assert_eq(curve_set_config(&c, "a = 1\nb = 2\n"), STATUS_OK);
    for (int i = 0; i < evaluations; i++) {
        double raw[3] = {i, i + 0.5, -i}, score[3] = {i * 2.0, 1, 1.0 / (i + 1)};
        int32_t length[3] = {10 + i, 20, 30};
        uint8_t success[3] = {1, 0, (uint8_t)(i % 2)};
        struct curve_evaluation row = {i * 10, i * 1000, i * 300, i * 1.5,
                                       raw,    score,    length,  success};
        cr_assert_eq(curve_add_evaluation(&c, &row, 3), STATUS_OK);
    }
    for (int i = 0; i < iterations; i++) {
        struct curve_iteration row = curve_blank_iteration();
        row.value[CURVE_loss_actor] = 1.0 / (i + 3);
        row.value[CURVE_seconds_actor] = i;
        cr_assert_eq(curve_add_iteration(&c, &row), STATUS_OK);
    }
    return c;
}

Test(curve, is_read_as_it_was_written)
{
    struct curve a = sample(5, 70), b;
    cr_assert_eq(curve_init_bandit(&a, 2, 4, 5, 3), STATUS_OK);
    a.bandit.reward[7] = 0.25;
    a.bandit.gradient_steps[1] = 26;
    cr_assert_eq(curve_write(&a, in_folder("a.h5")), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_read(in_folder("a.h5"), &b), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_get_number(&b, "seed", -1), 3);
    cr_assert_str_eq(curve_get(&b, "nothing"), "");
    cr_assert(isnan(b.iteration[3].value[CURVE_loss_critic]));
    cr_assert_float_eq(curve_mean_score(&b, 1), (2 + 1 + 0.5) / 3, 1e-15);
    cr_assert_eq(b.bandit.reward[7], 0.25);
    cr_assert_eq(b.bandit.gradient_steps[1], 26);
    curve_free(&a);
    curve_free(&b);
}

Test(curve, keeps_a_sweep_of_target_returns)
{
    struct curve a = sample(2, 1), plain = sample(2, 1), b;
    cr_assert_eq(curve_init_targets(&a, 3, 2), STATUS_OK);
    for (int i = 0; i < 6; i++) {
        a.targets.target[i / 2] = 10.0 * (i / 2);
        a.targets.real_return[i] = i + 0.5;
        a.targets.raw_return[i] = -i;
    }
    a.targets.data_worst = -3;
    a.targets.data_best = 1.0 / 3;
    cr_assert_eq(curve_write(&a, in_folder("a.h5")), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_read(in_folder("a.h5"), &b), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(b.targets.data_best, 1.0 / 3);
    cr_expect_eq(b.targets.real_return[5], 5.5);
    /* A run under way has none yet; a finished one must have all of it. */
    cr_expect_eq(curve_compare(&plain, &a, true), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(curve_compare(&plain, &a, false), STATUS_FORMAT);
    cr_expect_eq(curve_compare(&a, &plain, false), STATUS_FORMAT);
    b.targets.raw_return[3] = -3.5;
    cr_expect_eq(curve_compare(&a, &b, false), STATUS_FORMAT);
    cr_expect(strstr(status_sentence(), "raw_return") != NULL, "%s", status_sentence());
    curve_free(&a);
    curve_free(&b);
    curve_free(&plain);
}

Test(curve, without_a_row_yet_is_readable)
{
    struct curve a = sample(0, 0), b;
    cr_assert_eq(curve_write(&a, in_folder("a.h5")), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_read(in_folder("a.h5"), &b), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(b.evaluations, 0);
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    curve_free(&a);
    curve_free(&b);
}

Test(curve, truncated_and_grown_again_equals_the_uninterrupted_one)
{
    struct curve a = sample(9, 9), b = sample(9, 9);
    curve_truncate(&b, 3, 5);
    cr_assert_eq(curve_compare(&b, &a, true), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_FORMAT);
    for (int i = 3; i < 9; i++)
        cr_assert_eq(curve_add_evaluation(&b, &a.evaluation[i], 3), STATUS_OK);
    for (int i = 5; i < 9; i++)
        cr_assert_eq(curve_add_iteration(&b, &a.iteration[i]), STATUS_OK);
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    curve_free(&a);
    curve_free(&b);
}

Test(curve, compare_finds_one_bit_but_forgives_times)
{
    struct curve a = sample(3, 3), b = sample(3, 3);
    b.iteration[1].value[CURVE_seconds_actor] = 99;
    b.evaluation[1].seconds = 99;
    cr_assert_eq(curve_set(&b, "host", "elsewhere"), STATUS_OK);
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    b.iteration[2].value[CURVE_loss_actor] = nextafter(b.iteration[2].value[CURVE_loss_actor], 1);
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "loss_actor") != NULL, "%s", status_sentence());
    curve_free(&a);
    curve_free(&b);
}

/* What a run is called decides no bit; where it is to be read is compared if both say it. */
Test(curve, compare_forgives_names_and_what_an_older_file_lacks)
{
    struct curve a = sample(2, 2), b = sample(2, 2);
    curve_set(&a, "variant", "alpha_online=10");
    curve_set(&a, "title", "TD3+ODT, alpha_online=10");
    curve_set(&a, "suite", "adroit");
    curve_set(&a, "budget", "1000");
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_compare(&b, &a, false), STATUS_OK, "%s", status_sentence());
    curve_set(&b, "variant", "alpha_online=1");
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s", status_sentence());
    curve_set(&b, "budget", "2000");
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_FORMAT);
    cr_assert_not_null(strstr(status_sentence(), "'budget'"), "%s", status_sentence());
    curve_free(&a);
    curve_free(&b);
}

Test(curve, says_what_is_wrong_with_a_bad_file)
{
    struct curve a = sample(3, 3), b;
    const char *path = in_folder("a.h5");
    cr_assert_eq(curve_read(path, &b), STATUS_MISSING);
    cr_assert_eq(curve_write(&a, path), STATUS_OK);
    /* Cut at every sixteenth: an error each time, never a crash. */
    char *bytes;
    size_t size;
    cr_assert_eq(file_read(path, 1 << 24, &bytes, &size), STATUS_OK);
    for (int part = 0; part < 16; part++) {
        cr_assert_eq(file_replace(path, bytes, size * (size_t)part / 16), STATUS_OK);
        cr_assert_eq(curve_read(path, &b), STATUS_DAMAGED, "cut at %d/16", part);
    }
    free(bytes);

    struct h5 f;
    cr_assert_eq(h5_create(&f, path), STATUS_OK);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    cr_assert_eq(curve_read(path, &b), STATUS_FORMAT);
    cr_assert(strstr(status_sentence(), "vitamin curve") != NULL);
    cr_assert_eq(curve_write(&a, in_folder("no/folder/a.h5")), STATUS_IO);
    struct commit commit = {.under_way = false};
    cr_assert_eq(curve_begin_write(&a, in_folder("no/folder/a.h5"), &commit), STATUS_IO);
    cr_assert_eq(commit_end(&commit), STATUS_OK, "nothing was begun");

    struct curve_evaluation row = a.evaluation[0];
    cr_assert_eq(curve_add_evaluation(&a, &row, 2), STATUS_SHAPE);
    curve_free(&a);
}

/* One bit after the other, all over the file: refused with a sentence, or read; nothing else. */
Test(curve, flipped_bits_are_refused_or_harmless, .timeout = 120)
{
    struct curve a = sample(3, 70), b;
    char *bytes;
    size_t size, refused = 0;
    cr_assert_eq(curve_write(&a, in_folder("a.h5")), STATUS_OK);
    cr_assert_eq(file_read(in_folder("a.h5"), 1 << 24, &bytes, &size), STATUS_OK);
    guard_keep(true);
    for (size_t i = 0; i < 400; i++) {
        size_t at = i * size / 400;
        bytes[at] ^= (char)(1 << i % 8);
        cr_assert_eq(file_replace(in_folder("b.h5"), bytes, size), STATUS_OK);
        bytes[at] ^= (char)(1 << i % 8);
        if (curve_read(in_folder("b.h5"), &b) == STATUS_OK) {
            curve_free(&b);
        } else {
            refused++;
            cr_expect(strstr(status_sentence(), "b.h5") != NULL, "%s", status_sentence());
        }
    }
    guard_keep(false);
    cr_expect_gt(refused, (size_t)20);
    free(bytes);
    curve_free(&a);
}

/* The name of the configuration led to /etc/passwd once, and a report printed it. */
Test(curve, configuration_from_another_file_is_refused)
{
    struct curve a = sample(3, 3), b;
    const char *path = in_folder("a.h5");
    const hsize_t one = 1;
    cr_assert_eq(curve_write(&a, path), STATUS_OK);
    hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), list = H5Pcreate(H5P_DATASET_CREATE);
    hid_t text = H5Tcopy(H5T_C_S1), space = H5Screate_simple(1, &one, NULL);
    H5Tset_size(text, 64);
    H5Ldelete(file, "config", H5P_DEFAULT);
    cr_assert_geq(H5Pset_external(list, "/etc/passwd", 0, 64), 0);
    H5Dclose(H5Dcreate2(file, "config", text, space, H5P_DEFAULT, list, H5P_DEFAULT));
    H5Sclose(space);
    H5Tclose(text);
    H5Pclose(list);
    H5Fclose(file);
    cr_expect_neq(curve_read(path, &b), STATUS_OK);
    cr_expect(strstr(status_sentence(), "a.h5") != NULL, "%s", status_sentence());
    curve_free(&a);
}

/* A few kilobytes that unpack to rows of a hundred times their size. */
Test(curve, rows_beyond_what_the_file_can_mean_are_refused)
{
    struct curve a = sample(3, 3), b;
    const char *path = in_folder("a.h5");
    const size_t rows = 1 << 20;
    cr_assert_eq(curve_write(&a, path), STATUS_OK);
    struct h5 f = {.file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), .fd = -1};
    double *zeros = calloc(rows, sizeof *zeros);
    H5Ldelete(f.file, "iteration/iteration", H5P_DEFAULT);
    cr_assert_eq(
        h5_write(&f, "iteration/iteration", H5T_STD_I8LE, H5T_NATIVE_DOUBLE, 1, &rows, 9, zeros),
        STATUS_OK);
    H5Fclose(f.file);
    free(zeros);
    struct rusage before, after;
    getrusage(RUSAGE_SELF, &before);
    cr_expect_neq(curve_read(path, &b), STATUS_OK);
    cr_expect(strstr(status_sentence(), "a.h5") != NULL, "%s", status_sentence());
    getrusage(RUSAGE_SELF, &after);
    cr_expect_lt(after.ru_maxrss - before.ru_maxrss, 100L << 10);
    curve_free(&a);
}

Test(curve, attributes_are_made_of_its_own)
{
    struct curve c = {.attributes = 0};
    char key[CURVE_KEY];
    cr_assert_eq(curve_set(&c, "label", "TD3+ODT"), STATUS_OK);
    for (int i = 0; i < 40; i++) { /* the array moves */
        snprintf(key, sizeof key, "title%d", i);
        cr_assert_eq(curve_set(&c, key, "%s, %d", curve_get(&c, "label"), i), STATUS_OK);
    }
    cr_expect_str_eq(curve_get(&c, "title39"), "TD3+ODT, 39");
    cr_assert_eq(curve_set(&c, "label", "%s, %s", "new", curve_get(&c, "label")), STATUS_OK);
    cr_expect_str_eq(curve_get(&c, "label"), "new, TD3+ODT");
    curve_free(&c);
}

/* --- content that is sealed and wrong ----------------------------------------------------------
 */

static struct curve swept(void)
{
    struct curve c = sample(2, 1);
    cr_assert_eq(curve_init_targets(&c, 3, 2), STATUS_OK);
    for (int i = 0; i < 6; i++) {
        c.targets.target[i / 2] = 10.0 * (i / 2);
        c.targets.real_return[i] = c.targets.raw_return[i] = i;
    }
    c.targets.data_worst = 0;
    c.targets.data_best = 1;
    return c;
}

/* "Cannot read" is never "not there". */
Test(curve, what_a_sealed_one_lacks_is_named_and_is_not_a_missing_file)
{
    static const char *const lacking[] = {"config",
                                          "evaluation",
                                          "evaluation/score",
                                          "evaluation/raw_return",
                                          "iteration",
                                          "evaluation/success",
                                          "targets/target",
                                          "targets/real_return",
                                          "targets/raw_return"};
    struct curve a = swept(), b;
    const char *path = in_folder("lacks.h5");
    for (size_t i = 0; i < sizeof lacking / sizeof *lacking; i++) {
        cr_assert_eq(curve_write(&a, path), STATUS_OK, "%s", status_sentence());
        hid_t file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT);
        cr_assert_geq(H5Ldelete(file, lacking[i], H5P_DEFAULT), 0, "%s", lacking[i]);
        cr_assert_geq(H5Fclose(file), 0);
        cr_assert_eq(reseal(path), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(curve_read(path, &b), STATUS_FORMAT, "%s: %s", lacking[i], status_sentence());
        cr_expect(strstr(status_sentence(), "has no dataset '") != NULL, "%s", status_sentence());
        cr_expect(strstr(status_sentence(), lacking[i]) != NULL, "%s", status_sentence());
        cr_expect(strstr(status_sentence(), path) != NULL, "%s", status_sentence());
    }
    curve_free(&a);
}

Test(curve, a_sweep_of_impossible_targets_is_refused)
{
    const double none = (double)NAN, endless = (double)INFINITY;
    const struct {
        const char *where;
        double value;
        const char *status, *words;
    } cases[] = {{"target", none, "complete", "'targets/target' is nan"},
                 {"target", endless, "complete", "'targets/target' is inf"},
                 {"target", 10, "complete", "'targets/target' holds 10 twice"},
                 {"target", 10, "diverged", "'targets/target' holds 10 twice"},
                 {"real", none, "complete", "'targets/real_return' is nan at 0"},
                 {"raw", -endless, "complete", "'targets/raw_return' is -inf at 0"},
                 {"raw", none, "diverged", NULL},
                 {"worst", 2, "complete", "returns from 2 to 1"},
                 {"worst", none, "complete", "returns from nan to 1"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct curve a = swept(), b;
        double *to = strcmp(cases[i].where, "target") == 0 ? a.targets.target
                     : strcmp(cases[i].where, "real") == 0 ? a.targets.real_return
                     : strcmp(cases[i].where, "raw") == 0  ? a.targets.raw_return
                                                           : &a.targets.data_worst;
        *to = cases[i].value;
        cr_assert_eq(curve_set(&a, "status", "%s", cases[i].status), STATUS_OK);
        cr_assert_eq(curve_write(&a, in_folder("t.h5")), STATUS_OK, "%s", status_sentence());
        enum status got = curve_read(in_folder("t.h5"), &b);
        cr_expect_eq(got, cases[i].words == NULL ? STATUS_OK : STATUS_FORMAT, "%zu: %s", i,
                     status_sentence());
        if (cases[i].words != NULL)
            cr_expect(strstr(status_sentence(), cases[i].words) != NULL, "%s", status_sentence());
        if (got == STATUS_OK)
            curve_free(&b);
        curve_free(&a);
    }
}
