#include "harness/curve/theory_file.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/seal.h"
#include "tests/support/command_line.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(theory_file, .fini = command_line_remove_folder, .timeout = 60);

/* Every number another, so that a field that is lost or misplaced shows. */
static struct theory *make_theory(void)
{
    struct theory *t = calloc(1, sizeof *t);
    double *number = (double *)t;
    cr_assert_not_null(t);
    for (size_t i = 0; i < sizeof *t / sizeof *number; i++)
        number[i] = 1 + (double)i;
    return t;
}

Test(theory_file, reads_every_number_that_was_written)
{
    struct theory *t = make_theory(), *back = calloc(1, sizeof *back);
    const char *path = command_line_path("theory.h5");
    cr_assert_eq(theory_file_write(t, path), STATUS_OK, "%s", status_sentence());
    cr_assert(theory_file_is(path));
    cr_assert_eq(theory_file_read(path, back), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(memcmp(t, back, sizeof *t), 0);
    free(t);
    free(back);
}

static void expect_refused(const char *path, enum status code, const char *words)
{
    struct theory *t = calloc(1, sizeof *t);
    cr_assert_eq(theory_file_read(path, t), code, "%s: %s", words, status_sentence());
    cr_assert_not_null(strstr(status_sentence(), path), "%s", status_sentence());
    cr_assert_not_null(strstr(status_sentence(), words), "%s", status_sentence());
    free(t);
}

/* Flip a bit, cut the end off, or write something else altogether. */
Test(theory_file, one_sentence_says_what_is_wrong_with_a_file)
{
    struct theory *t = make_theory();
    const char *path = command_line_path("theory.h5");
    char *bytes;
    size_t size;
    expect_refused(path, STATUS_MISSING, "");
    cr_assert_eq(theory_file_write(t, path), STATUS_OK);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK);
    for (size_t at = 0; at < size; at += size / 7) {
        bytes[at] ^= 4;
        cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
        expect_refused(path, STATUS_DAMAGED, "damaged");
        bytes[at] ^= 4;
    }
    cr_assert_eq(file_replace(path, bytes, size - SEAL_BYTES), STATUS_OK);
    expect_refused(path, STATUS_DAMAGED, "seal");
    cr_assert_eq(file_replace(path, bytes, size / 2), STATUS_OK);
    expect_refused(path, STATUS_FORMAT, "");
    cr_assert_eq(file_replace(path, "hello\n", 6), STATUS_OK);
    cr_assert(!theory_file_is(path));
    expect_refused(path, STATUS_FORMAT, "");
    free(bytes);
    free(t);
}

/* A sealed file of another format, and one that lacks a field. */
Test(theory_file, another_format_is_named)
{
    const char *path = command_line_path("other.h5");
    static const char *const format[] = {"vitamin curve 2", "vitamin theory 2", "vitamin theory 1"};
    static const char *const words[] = {"is not a 'vitamin theory 1' file", "a newer one wrote it",
                                        "growth/trajectories"};
    for (int i = 0; i < 3; i++) {
        struct h5 f;
        cr_assert_eq(h5_create(&f, path), STATUS_OK);
        cr_assert_eq(h5_set_text(&f, ".", "format", format[i]), STATUS_OK);
        cr_assert_eq(h5_close(&f), STATUS_OK);
        cr_assert_eq(seal_add(path), STATUS_OK);
        cr_assert_eq(theory_file_is(path), i > 0);
        expect_refused(path, STATUS_FORMAT, words[i]);
    }
}

Test(theory_file, a_place_that_cannot_be_written_is_named)
{
    struct theory *t = make_theory();
    const char *path = command_line_path("none/theory.h5");
    cr_assert_eq(theory_file_write(t, path), STATUS_IO);
    cr_assert_not_null(strstr(status_sentence(), "none"), "%s", status_sentence());
    free(t);
}

/* What the repository holds is what this program computes: by another compiler or C library the
 * last bits may differ. */
Test(theory_file, the_recorded_file_is_what_is_computed_now)
{
    const char *path = "results/runs/" THEORY_FILE;
    struct theory *now = calloc(1, sizeof *now), *then = calloc(1, sizeof *then);
    const double *a = (const double *)now, *b = (const double *)then;
    if (!file_exists(path))
        cr_skip_test("no %s", path);
    cr_assert_eq(theory_file_read(path, then), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(theory_compute(now), STATUS_OK);
    for (size_t i = 0; i < sizeof *now / sizeof *a; i++) {
        bool same = (isnan(a[i]) && isnan(b[i])) || fabs(a[i] - b[i]) <= 1e-9 * fabs(b[i]) + 1e-12;
        cr_assert(same, "number %zu is %.17g, recorded %.17g", i, a[i], b[i]);
    }
    free(now);
    free(then);
}
