#include "harness/curve/theory_file.h"

#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "tests/support/command_line.h"
#include "tests/support/reseal.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stddef.h>
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
        number[i] = (1 + (double)i) / 4096;
    for (int i = 0; i < LAW_COUNT; i++) {
        t->growth[i].trajectories = 10 + i;
        for (int k = GROWTH_POINTS - i; k < GROWTH_POINTS; k++)
            t->growth[i].g[k] = t->growth[i].alpha[k] = t->growth[i].bound[k] = (double)NAN;
    }
    for (int i = 0; i < COVERAGE_ROWS; i++)
        t->coverage[i].trajectories = t->coverage[i].kept = 20 + i;
    t->remark->draws = t->remark->degrees = 30;
    for (int i = 0; i < CONTEXT_ROWS; i++) {
        struct theory_context *c = &t->context[i];
        c->length = c->segments = c->degrees = 5 + i;
        c->segment = 7;
        for (int k = i < 2 ? 5 + i : 7; k < CONTEXT_MOST; k++)
            c->share[k] = c->expected[k] = (double)NAN;
        for (double *p = &c->p; p <= &c->expected_distance; p++)
            *p /= 2;
    }
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
                                        "'laws'"};
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

/* --- content that is sealed and wrong ----------------------------------------------------------
 */

static const double none = (double)NAN, endless = (double)INFINITY;

/* clang-format off */
static const struct { size_t at; double value; const char *words; } impossible[] = {
#define AT(member) offsetof(struct theory, member)
    {AT(context[0].length), none, "'context/length' is nan in row 0"},
    {AT(context[0].length), endless, "'context/length' is inf in row 0"},
    {AT(context[0].length), 1e300, "'context/length' is 1e+300"},
    {AT(context[0].length), 0, "'context/length' is 0"},
    {AT(context[0].length), 2, "do not fit together"},
    {AT(context[0].length), 5.5, "do not fit together"},
    {AT(context[1].segment), none, "'context/segment' is nan in row 1"},
    {AT(context[1].segment), 21, "'context/segment' is 21 in row 1"},
    {AT(context[1].segment), -1, "'context/segment' is -1 in row 1"},
    {AT(context[1].segment), 6.5, "do not fit together"},
    {AT(context[5].p), none, "'context/p' is nan in row 5"},
    {AT(context[5].p), 1.5, "'context/p' is 1.5"},
    {AT(context[2].share[0]), none, "do not fit together"},
    {AT(context[0].expected[19]), 0.5, "do not fit together"},
    {AT(context[0].share[1]), endless, "'context/share' is inf in row 0"},
    {AT(coverage[3].z), none, "'coverage/z' is nan in row 3"},
    {AT(coverage[3].z), -endless, "'coverage/z' is -inf in row 3"},
    {AT(coverage[8].exact), 2, "'coverage/exact' is 2 in row 8"},
    {AT(growth[1].slope), none, "'growth/slope' is nan in row 1"},
    {AT(growth[1].tightest), none, "'growth/tightest' is nan in row 1"},
    {AT(growth[2].lipschitz), endless, "'growth/lipschitz' is inf in row 2"},
    {AT(growth[2].g[0]), none, "do not fit together"},
    {AT(growth[2].g[5]), 0, "do not fit together"},
    {AT(growth[2].alpha[9]), none, "do not fit together"},
    {AT(growth[2].bound[9]), -1, "'growth/bound' is -1 in row 2"},
    {AT(regret[35].bound), none, "'regret/bound' is nan in row 35"},
    {AT(ratio[4].log_ratio[40]), none, "'ratio/log_ratio' is nan in row 4"},
    {AT(ratio[0].least), 100, "do not fit together"},
    {AT(remark[0].p), none, "'remark/p' is nan in row 0"},
};
/* clang-format on */

Test(theory_file, numbers_that_cannot_be_are_refused)
{
    const char *path = command_line_path("theory.h5");
    for (size_t i = 0; i < sizeof impossible / sizeof *impossible; i++) {
        struct theory *t = make_theory();
        memcpy((char *)t + impossible[i].at, &impossible[i].value, sizeof(double));
        cr_assert_eq(theory_file_write(t, path), STATUS_OK, "%s", status_sentence());
        expect_refused(path, STATUS_FORMAT, impossible[i].words);
        free(t);
    }
}

/* Numbers without number: a law without a density has no Lipschitz constant. */
Test(theory_file, what_a_law_does_not_have_may_be_nan)
{
    struct theory *t = make_theory(), *back = calloc(1, sizeof *back);
    const char *path = command_line_path("theory.h5");
    t->growth[0].lipschitz = t->growth[2].printed = t->growth[2].corrected = none;
    cr_assert_eq(theory_file_write(t, path), STATUS_OK);
    cr_expect_eq(theory_file_read(path, back), STATUS_OK, "%s", status_sentence());
    free(back);
    free(t);
}

static void put(const struct h5 *f, const char *name, int rank, size_t rows, size_t columns)
{
    static const double x[LAW_COUNT * GROWTH_POINTS];
    cr_assert_geq(H5Ldelete(f->file, name, H5P_DEFAULT), 0);
    cr_assert_eq(h5_write_double(f, name, rank, (size_t[]){rows, columns}, x), STATUS_OK);
}

Test(theory_file, other_laws_and_shapes_are_refused)
{
    static const char *const words[] = {"the laws are 'spikes zeta power bernoulli slow'",
                                        "the pairs are 'laplace'",
                                        "'growth/g' is not an array",
                                        "'growth/g' is not an array",
                                        "'growth/slope' is not an array",
                                        "'growth/slope'"};
    const char *path = command_line_path("theory.h5");
    struct theory *t = make_theory();
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(theory_file_write(t, path), STATUS_OK);
        struct h5 f = {.file = H5Fopen(path, H5F_ACC_RDWR, H5P_DEFAULT), .fd = -1};
        cr_assert_geq(f.file, 0);
        if (i == 0)
            cr_assert_eq(h5_set_text(&f, ".", "laws", "spikes zeta power bernoulli slow"), 0);
        else if (i == 1)
            cr_assert_eq(h5_set_text(&f, ".", "pairs", "laplace"), 0);
        else if (i == 5)
            cr_assert_geq(H5Ldelete(f.file, "growth/slope", H5P_DEFAULT), 0);
        else
            put(&f, i == 4 ? "growth/slope" : "growth/g", i == 2 ? 2 : 1,
                i == 2   ? GROWTH_POINTS
                : i == 3 ? LAW_COUNT * GROWTH_POINTS
                         : 1,
                LAW_COUNT);
        cr_assert_eq(h5_close(&f), STATUS_OK);
        cr_assert_eq(reseal(path), STATUS_OK);
        expect_refused(path, STATUS_FORMAT, words[i]);
    }
    free(t);
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
