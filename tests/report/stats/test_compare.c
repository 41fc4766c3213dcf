#include "report/stats/compare.h"

#include "report/stats/sum.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Point values are ratios of small integers: only the order of summation may differ. */
#define POINT_TOLERANCE 1e-12, 1e-12

static struct bootstrap quick(int reps)
{
    struct bootstrap b = bootstrap_default();
    b.reps = reps;
    return b;
}

static void expect_per_task(const struct h5 *f, const char *path, const struct matrix *x,
                            const struct matrix *y)
{
    size_t M = (size_t)x->tasks;
    double *got = malloc(M * sizeof *got);
    for (size_t m = 0; m < M; m++)
        got[m] = compare_improvement(x->score + x->start[m], x->runs[m], y->score + y->start[m],
                                     y->runs[m]);
    double *want = fixture_doubles(f, at("%s/per_task", path), NULL);
    expect_close_double(path, got, want, M, POINT_TOLERANCE);
    free(want);
    free(got);
}

Test(compare, small_pairs_equal_the_reference)
{
    struct h5 f = fixture_open("stats_small");
    struct scores_names pairs = scores_members(&f, "pairs");
    cr_assert_gt(pairs.count, 0);
    for (int i = 0; i < pairs.count; i++) {
        char path[FILE_PATH];
        snprintf(path, sizeof path, "pairs/%s", pairs.name[i]);
        struct matrix x = scores_load(&f, at("%s/x", path), "x");
        struct matrix y = scores_load(&f, at("%s/y", path), "y");
        struct bootstrap b = quick(100);
        struct comparison forth, back;
        cr_assert_eq(compare_pair(&x, &y, &b, &forth), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(compare_pair(&y, &x, &b, &back), STATUS_OK, "%s", status_sentence());
        expect_number(path, forth.improvement.point, fixture_scalar(&f, at("%s/probability", path)),
                      POINT_TOLERANCE);
        cr_assert_eq(forth.improvement.point + back.improvement.point, 1, "%s", path);
        expect_per_task(&f, path, &x, &y);
        matrix_free(&x);
        matrix_free(&y);
    }
    h5_close(&f);
}

/* Every pair of every group: points to 1e-12, both bounds of both intervals as allowed. */
static void check_pairs(const char *fixture, struct bootstrap b)
{
    struct h5 f = fixture_open(fixture);
    struct scores_names groups = scores_members(&f, "/");
    int seen = 0;
    for (int g = 0; g < groups.count; g++) {
        if (!h5_has(&f, at("%s/pairs", groups.name[g])))
            continue;
        struct scores_names pairs = scores_members(&f, at("%s/pairs", groups.name[g]));
        for (int i = 0; i < pairs.count; i++, seen++) {
            char path[FILE_PATH], name[2][160];
            snprintf(path, sizeof path, "%s/pairs/%s", groups.name[g], pairs.name[i]);
            cr_assert_eq(h5_get_text(&f, path, "x", name[0], sizeof name[0]), STATUS_OK);
            cr_assert_eq(h5_get_text(&f, path, "y", name[1], sizeof name[1]), STATUS_OK);
            struct matrix x[2];
            for (int k = 0; k < 2; k++)
                x[k] = scores_load(&f, at("%s/algorithm/%s/scores", groups.name[g], name[k]),
                                   name[k]);
            struct comparison c;
            cr_assert_eq(compare_pair(&x[0], &x[1], &b, &c), STATUS_OK, "%s", status_sentence());
            expect_number(path, c.improvement.point, fixture_scalar(&f, at("%s/probability", path)),
                          POINT_TOLERANCE);
            expect_number(path, c.difference.point,
                          fixture_scalar(&f, at("%s/mean_difference", path)), POINT_TOLERANCE);
            expect_per_task(&f, path, &x[0], &x[1]);
            scores_expect_bounds(&f, at("%s/probability_ci", path), 0, 0, c.improvement.low,
                                 c.improvement.high);
            scores_expect_bounds(&f, at("%s/mean_difference_ci", path), 0, 0, c.difference.low,
                                 c.difference.high);
            matrix_free(&x[0]);
            matrix_free(&x[1]);
        }
    }
    cr_assert_gt(seen, 0);
    h5_close(&f);
}

Test(compare, random_pairs_equal_the_reference_and_lie_in_the_allowed_range)
{
    check_pairs("stats_random", bootstrap_default());
}

Test(compare, real_pairs_equal_the_reference_and_lie_in_the_allowed_range)
{
    check_pairs("stats_corl", bootstrap_default());
}

Test(compare, other_seeds_lie_there_too)
{
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct bootstrap b = bootstrap_default();
        b.seed = seed;
        check_pairs("stats_random", b);
    }
}

Test(compare, by_hand)
{
    /* 1,2,3 against 2,2: two wins, two ties, two losses. Against 0,2: four wins, one tie. */
    const double x[] = {1, 2, 3}, y[] = {2, 2}, z[] = {0, 2};
    cr_assert_eq(compare_improvement(x, 3, y, 2), 0.5);
    expect_number("z", compare_improvement(x, 3, z, 2), (4 + 0.5) / 6, 1e-15, 0);
}

Test(compare, the_probabilities_of_both_directions_sum_to_one_exactly)
{
    for (uint64_t seed = 0; seed < 300; seed++) {
        int nx = 1 + (int)(seed % 7), ny = 1 + (int)(seed % 11), tasks = 1 + (int)(seed % 13);
        struct matrix x = scores_random("x", nx, tasks, 0, 10, 2 * seed);
        struct matrix y = scores_random("y", ny, tasks, 0, 10, 2 * seed + 1);
        for (size_t i = 0; i < matrix_count(&x); i++)
            x.score[i] = floor(x.score[i]); /* with ties */
        for (size_t i = 0; i < matrix_count(&y); i++)
            y.score[i] = floor(y.score[i]);
        struct bootstrap b = quick(64);
        struct comparison forth, back;
        cr_assert_eq(compare_pair(&x, &y, &b, &forth), STATUS_OK);
        cr_assert_eq(compare_pair(&y, &x, &b, &back), STATUS_OK);
        cr_assert_eq(forth.improvement.point + back.improvement.point, 1);
        cr_assert_eq(compare_improvement(x.score, nx, y.score, ny) +
                         compare_improvement(y.score, ny, x.score, nx),
                     1);
        if (nx > 1 && ny > 1) {
            expect_number("mirrored", forth.improvement.low, 1 - back.improvement.high, 1e-14, 0);
            expect_number("mirrored", forth.difference.low, -back.difference.high, 1e-14, 1e-14);
        }
        matrix_free(&x);
        matrix_free(&y);
    }
}

Test(compare, all_pairs_mirror_exactly_and_equal_single_pairs)
{
    struct matrix x[4];
    const struct matrix *p[4];
    for (int k = 0; k < 4; k++) {
        x[k] = scores_random(at("method %d", k), 3 + k, 6, 0, 50 + 10 * k, (uint64_t)k);
        p[k] = &x[k];
    }
    struct bootstrap b = quick(1500);
    struct comparison all[16], one;
    cr_assert_eq(compare_all(p, 4, &b, all), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < 4; i++) {
        cr_assert_eq(all[i * 4 + i].improvement.point, 0.5);
        for (int j = 0; j < 4; j++) {
            const struct comparison *a = &all[i * 4 + j], *c = &all[j * 4 + i];
            cr_assert_eq(a->improvement.point + c->improvement.point, 1);
            cr_assert_eq(a->difference.low, -c->difference.high);
            if (j <= i)
                continue;
            cr_assert_eq(a->improvement.low + c->improvement.high, 1);
            cr_assert_eq(compare_pair(p[i], p[j], &b, &one), STATUS_OK);
            cr_assert_eq(one.improvement.low, a->improvement.low);
            cr_assert_eq(one.improvement.high, a->improvement.high);
            cr_assert_eq(one.difference.low, a->difference.low);
            cr_assert_eq(one.difference.high, a->difference.high);
        }
    }
    for (int k = 0; k < 4; k++)
        matrix_free(&x[k]);
}

Test(compare, many_methods_take_several_passes_with_equal_bits)
{
    /* 6 methods, 15 pairs; at 700,000 replications 5 fit in a pass. */
    enum { K = 6 };
    struct matrix x[K];
    const struct matrix *p[K];
    for (int k = 0; k < K; k++) {
        x[k] = scores_random(at("m%d", k), 3, 1, 0, 10, (uint64_t)k);
        p[k] = &x[k];
    }
    struct bootstrap b = quick(700000);
    struct comparison all[K * K], one;
    cr_assert_eq(compare_all(p, K, &b, all), STATUS_OK, "%s", status_sentence());
    for (int j = 1; j < K; j++) {
        cr_assert_eq(compare_pair(p[j - 1], p[j], &b, &one), STATUS_OK);
        cr_assert_eq(one.improvement.low, all[(j - 1) * K + j].improvement.low);
        cr_assert_eq(one.difference.high, all[(j - 1) * K + j].difference.high);
    }
    for (int k = 0; k < K; k++)
        matrix_free(&x[k]);
}

Test(compare, any_increasing_map_leaves_the_probability_alone)
{
    struct matrix x = scores_random("x", 5, 8, -3, 3, 1), y = scores_random("y", 4, 8, -2, 3, 2);
    struct bootstrap b = quick(2000);
    struct comparison plain, mapped, offset;
    cr_assert_eq(compare_pair(&x, &y, &b, &plain), STATUS_OK);
    for (int step = 0; step < 2; step++) {
        for (size_t i = 0; i < matrix_count(&x); i++)
            x.score[i] = step == 0 ? sinh(3 * x.score[i]) : x.score[i] + 1e9;
        for (size_t i = 0; i < matrix_count(&y); i++)
            y.score[i] = step == 0 ? sinh(3 * y.score[i]) : y.score[i] + 1e9;
        cr_assert_eq(compare_pair(&x, &y, &b, step == 0 ? &mapped : &offset), STATUS_OK);
    }
    cr_assert_eq(plain.improvement.point, mapped.improvement.point);
    cr_assert_eq(plain.improvement.low, mapped.improvement.low);
    cr_assert_eq(plain.improvement.high, mapped.improvement.high);
    cr_assert_eq(plain.improvement.low, offset.improvement.low);
    matrix_free(&x);
    matrix_free(&y);
}

static void naive(const struct matrix *x, const void *context, double *scratch, double *out)
{
    (void)context;
    (void)scratch;
    out[0] = out[1] = 0;
    for (int m = 0; m < x[0].tasks; m++) {
        const double *a = x[0].score + x[0].start[m], *b = x[1].score + x[1].start[m];
        int na = x[0].runs[m], nb = x[1].runs[m];
        out[0] += compare_improvement(a, na, b, nb) / x[0].tasks;
        out[1] += (sum_mean(a, (size_t)na) - sum_mean(b, (size_t)nb)) / x[0].tasks;
    }
}

Test(compare, replicates_equal_those_of_the_plain_definition)
{
    const double uneven[] = {1, 2, 3, 4, (double)NAN, 5, 6, 7, (double)NAN, 8, 2, 3};
    struct matrix x = scores_make("x", 4, 3, uneven), y = scores_random("y", 6, 3, 0, 9, 4);
    for (size_t i = 0; i < matrix_count(&y); i++)
        y.score[i] = floor(y.score[i]);
    const struct matrix *both[] = {&x, &y};
    struct bootstrap b = quick(1001);
    struct comparison c;
    struct interval slow[2];
    const struct statistic both_of = {naive, NULL, 0, 2};
    for (int tasks = 0; tasks < 2; tasks++) {
        b.tasks = tasks == 1;
        cr_assert_eq(compare_pair(&x, &y, &b, &c), STATUS_OK);
        cr_assert_eq(bootstrap_run(&b, BOOTSTRAP_PAIRS, both, 2, &both_of, NULL, slow), STATUS_OK);
        const double got[] = {c.improvement.low, c.improvement.high,  c.difference.low,
                              c.difference.high, c.improvement.point, c.difference.point};
        const double want[] = {slow[0].low,  slow[0].high,  slow[1].low,
                               slow[1].high, slow[0].point, slow[1].point};
        expect_close_double("replicates", got, want, 6, 1e-13, 0);
    }
    matrix_free(&x);
    matrix_free(&y);
}

Test(compare, per_task_comparisons_are_those_of_the_task_alone)
{
    struct matrix x = scores_random("x", 5, 3, 0, 60, 1), y = scores_random("y", 5, 3, 0, 50, 2);
    for (int n = 0; n < 5; n++)
        x.score[n] = 100 + n; /* task 0: every run above */
    struct bootstrap b = quick(3000);
    struct interval improvement[3], difference[3];
    double p[3];
    cr_assert_eq(compare_tasks(&x, &y, &b, improvement, difference, p), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(improvement[0].point, 1);
    cr_assert_eq(improvement[0].low, 1);
    expect_number("smallest p of 5 + 5", p[0], 2.0 / 252, 1e-12, 0);
    for (int m = 0; m < 3; m++) {
        expect_number("difference", difference[m].point,
                      sum_mean(x.score + 5 * m, 5) - sum_mean(y.score + 5 * m, 5), 1e-13, 0);
        cr_assert(interval_holds(difference[m], difference[m].point));
    }
    cr_assert_eq(compare_tasks(&x, &y, &b, NULL, NULL, NULL), STATUS_OK);
    matrix_free(&x);
    matrix_free(&y);
}

/* `runs` scores each on one task. */
static enum compare_verdict verdict_of(int runs, const double *x, const double *y)
{
    struct matrix a = scores_make("a", runs, 1, x), c = scores_make("c", runs, 1, y);
    struct bootstrap b = quick(5000);
    struct comparison out;
    cr_assert_eq(compare_pair(&a, &c, &b, &out), STATUS_OK);
    matrix_free(&a);
    matrix_free(&c);
    return out.verdict;
}

Test(compare, the_verdict_needs_both_the_mean_and_the_probability)
{
    const double high[] = {80, 82, 84, 86, 88}, low[] = {10, 12, 14, 16, 18};
    const double near[] = {9, 13, 14, 17, 18};
    /* Equal means, but nine runs of ten below: ranks alone decide nothing. */
    const double flat[] = {10, 10, 10, 10, 10, 10, 10, 10, 10, 10};
    const double unlucky[] = {9, 9, 9, 9, 9, 9, 9, 9, 9, 19};
    cr_assert_eq(verdict_of(5, high, low), COMPARE_BETTER);
    cr_assert_eq(verdict_of(5, low, high), COMPARE_WORSE);
    cr_assert_eq(verdict_of(5, low, near), COMPARE_UNCLEAR);
    cr_assert_eq(verdict_of(2, high, low), COMPARE_UNTESTED);
    cr_assert_eq(verdict_of(10, unlucky, flat), COMPARE_UNCLEAR);
    cr_assert_str_eq(compare_word(COMPARE_UNCLEAR), "no clear difference");

    /* Three tasks slightly worse for certain, one far better for certain. */
    double many[3 * 4], few[3 * 4];
    for (int i = 0; i < 12; i++) {
        many[i] = i % 4 == 0 ? 900 + i : 9;
        few[i] = 10;
    }
    struct matrix x = scores_make("x", 3, 4, many), y = scores_make("y", 3, 4, few);
    struct bootstrap b = quick(500);
    struct comparison out;
    cr_assert_eq(compare_pair(&x, &y, &b, &out), STATUS_OK);
    cr_assert_eq(out.verdict, COMPARE_MIXED);
    matrix_free(&x);
    matrix_free(&y);
}

Test(compare, refuses_what_cannot_be_compared_and_says_why)
{
    struct matrix x = scores_random("x", 3, 2, 0, 1, 1), same = scores_random("x", 3, 2, 0, 1, 2);
    struct matrix longer = scores_random("y", 3, 3, 0, 1, 3), empty, other;
    const double one[] = {1, 2};
    cr_assert_eq(matrix_init(&other, "z"), STATUS_OK);
    cr_assert_eq(matrix_add(&other, "task0", 2, one), STATUS_OK);
    cr_assert_eq(matrix_add(&other, "elsewhere", 2, one), STATUS_OK);
    cr_assert_eq(matrix_init(&empty, "e"), STATUS_OK);
    cr_assert_eq(matrix_add(&empty, "task0", 2, one), STATUS_OK);
    cr_assert_eq(matrix_add(&empty, "task1", 0, NULL), STATUS_OK);
    struct bootstrap b = quick(10);
    struct comparison c;
    cr_assert_eq(compare_pair(&x, &same, &b, &c), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "both named 'x'"));
    cr_assert_eq(compare_pair(&x, &longer, &b, &c), STATUS_CONFIG);
    cr_assert_eq(compare_pair(&x, &other, &b, &c), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "'elsewhere'"));
    cr_assert_eq(compare_pair(&x, &empty, &b, &c), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "task1"));
    b.reps = 0;
    cr_assert_eq(compare_pair(&x, &longer, &b, &c), STATUS_CONFIG);
    matrix_free(&x);
    matrix_free(&same);
    matrix_free(&longer);
    matrix_free(&other);
    matrix_free(&empty);
}

Test(compare, one_seed_has_points_and_no_interval)
{
    struct matrix x = scores_random("x", 1, 4, 0, 1, 1), y = scores_random("y", 5, 4, 0, 1, 2);
    struct bootstrap b = quick(50);
    struct comparison c;
    cr_assert_eq(compare_pair(&x, &y, &b, &c), STATUS_OK);
    cr_assert(!interval_known(c.improvement) && !interval_known(c.difference));
    cr_assert(isfinite(c.improvement.point) && isfinite(c.difference.point));
    cr_assert_eq(c.verdict, COMPARE_UNTESTED);
    matrix_free(&x);
    matrix_free(&y);
}
