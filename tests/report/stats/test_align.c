#include "report/stats/align.h"

#include "report/stats/efficiency.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TOLERANCE 1e-12, 1e-12

/* Equal, NaN where and only where the fixture has NaN. */
static void expect_with_gaps(const char *what, double *got, double *want, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        cr_assert_eq(isnan(got[i]), isnan(want[i]), "%s: element %zu is %g, should be %g", what, i,
                     got[i], want[i]);
        if (isnan(want[i]))
            got[i] = want[i] = 0;
    }
    expect_close_double(what, got, want, n, TOLERANCE);
}

static void expect_one(const struct h5 *f, const char *name, double got)
{
    double want = fixture_scalar(f, name);
    expect_with_gaps(name, &got, &want, 1);
}

static double number(const struct h5 *f, const char *object, const char *name)
{
    double value;
    cr_assert_eq(h5_get_number(f, object, name, &value), STATUS_OK, "%s", status_sentence());
    return value;
}

/* One run: its values on the grid go to `aligned` (J). */
static void check_run(const struct h5 *f, const char *path, double budget, double slack,
                      const double *grid, int J, double *aligned)
{
    size_t n;
    double *x = fixture_doubles(f, at("%s/step", path), &n);
    double *y = fixture_doubles(f, at("%s/score", path), NULL), *want;
    struct align_curve c = {(int)n, x, y};

    struct align_scores s = align_scores(c, budget, slack, ALIGN_LINEAR,
                                         (int)number(f, ".", "last_k"));
    expect_one(f, at("%s/final", path), s.final);
    expect_one(f, at("%s/initial", path), s.initial);
    expect_one(f, at("%s/increase", path), s.increase);
    expect_one(f, at("%s/last_evaluation", path), s.last);
    expect_one(f, at("%s/mean_last_k", path), s.mean_last_k);
    expect_one(f, at("%s/best", path), s.best);
    expect_one(f, at("%s/area_over_budget", path), s.area);

    double *copy = malloc((size_t)J * sizeof *copy);
    align_onto(c, grid, J, slack, ALIGN_LINEAR, aligned);
    memcpy(copy, aligned, (size_t)J * sizeof *copy);
    want = fixture_doubles(f, at("%s/aligned", path), NULL);
    expect_with_gaps(at("%s/aligned", path), copy, want, (size_t)J);
    free(want);
    free(copy);
    free(x);
    free(y);
}

static void check_spread(const struct h5 *f, const char *group, const double *aligned, int runs,
                         int J)
{
    double *mean = malloc(2 * (size_t)J * sizeof *mean), *sd = mean + J;
    int *count = malloc((size_t)J * sizeof *count);
    int *counts = fixture_ints(f, at("%s/count", group), NULL);
    for (int sample = 0; sample < 2; sample++) {
        const char *name = sample ? "sd_sample" : "sd_population";
        efficiency_spread(aligned, runs, J, sample, mean, sd, count);
        double *want_mean = fixture_doubles(f, at("%s/mean", group), NULL);
        double *want_sd = fixture_doubles(f, at("%s/%s", group, name), NULL);
        expect_with_gaps(at("%s/mean", group), mean, want_mean, (size_t)J);
        expect_with_gaps(at("%s/%s", group, name), sd, want_sd, (size_t)J);
        for (int j = 0; j < J; j++)
            cr_assert_eq(count[j], counts[j], "%s/count[%d]", group, j);
        free(want_mean);
        free(want_sd);
    }
    free(mean);
    free(count);
    free(counts);
}

Test(align, curves_equal_the_reference)
{
    struct h5 f = fixture_open("stats_curves");
    struct scores_names groups = scores_members(&f, "/");
    cr_assert_gt(groups.count, 0);
    for (int g = 0; g < groups.count; g++) {
        const char *group = groups.name[g];
        double budget = number(&f, group, "budget"), slack = number(&f, group, "slack");
        size_t J;
        double *want = fixture_doubles(&f, at("%s/grid", group), &J);
        double *grid = malloc(J * sizeof *grid);
        align_grid(budget, (int)J, grid);
        expect_close_double(at("%s/grid", group), grid, want, J, 1e-15, 0);

        int runs = 0;
        while (h5_has(&f, at("%s/run_%d", group, runs)))
            runs++;
        cr_assert_gt(runs, 0);
        double *aligned = malloc((size_t)runs * J * sizeof *aligned);
        for (int n = 0; n < runs; n++) {
            char path[FILE_PATH];
            snprintf(path, sizeof path, "%s/run_%d", group, n);
            check_run(&f, path, budget, slack, grid, (int)J, aligned + (size_t)n * J);
        }
        check_spread(&f, group, aligned, runs, (int)J);
        free(aligned);
        free(grid);
        free(want);
    }
    h5_close(&f);
}

Test(align, never_to_the_left_and_only_within_slack_to_the_right)
{
    const double x[] = {10, 20, 40}, y[] = {1, 3, 4};
    struct align_curve c = {3, x, y};
    cr_assert(isnan(align_at(c, 9.9, 100, ALIGN_LINEAR)));
    cr_assert_eq(align_at(c, 10, 0, ALIGN_LINEAR), 1);
    cr_assert_eq(align_at(c, 15, 0, ALIGN_LINEAR), 2);
    cr_assert_eq(align_at(c, 15, 0, ALIGN_HOLD), 1);
    cr_assert_eq(align_at(c, 20, 0, ALIGN_HOLD), 3);
    cr_assert_eq(align_at(c, 40, 0, ALIGN_LINEAR), 4);
    cr_assert(isnan(align_at(c, 41, 0, ALIGN_HOLD)));
    cr_assert_eq(align_at(c, 45, 5, ALIGN_LINEAR), 4);
    cr_assert(isnan(align_at(c, 45.1, 5, ALIGN_LINEAR)));
    cr_assert_eq(align_spacing(c), 15);
    struct align_curve none = {0, x, y};
    cr_assert(isnan(align_at(none, 10, 5, ALIGN_LINEAR)));
    cr_assert(isnan(align_spacing(none)));
}

Test(align, scores_without_their_points_are_missing)
{
    /* No point at 0: no initial, no increase, no area. Too short: no final. */
    const double x[] = {10, 20, 40}, y[] = {1, 3, 4}, zero[] = {0, 20, 40};
    struct align_scores s = align_scores((struct align_curve){3, x, y}, 30, 0, ALIGN_LINEAR, 2);
    cr_assert_eq(s.final, 3.5);
    cr_assert(isnan(s.initial) && isnan(s.increase) && isnan(s.area));
    cr_assert(s.last == 3 && s.mean_last_k == 2 && s.best == 3);
    s = align_scores((struct align_curve){3, zero, y}, 50, 0, ALIGN_LINEAR, 10);
    cr_assert(isnan(s.final) && isnan(s.increase) && isnan(s.area));
    cr_assert(s.initial == 1 && s.last == 4);
    expect_number("mean of all", s.mean_last_k, 8.0 / 3, 1e-15, 0);
    s = align_scores((struct align_curve){3, zero, y}, 30, 0, ALIGN_LINEAR, 1);
    /* 20 * 2 + 10 * 3.25 over 30 */
    expect_number("area", s.area, 72.5 / 30, 1e-15, 0);
    s = align_scores((struct align_curve){0, x, y}, 30, 0, ALIGN_LINEAR, 1);
    cr_assert(isnan(s.final) && isnan(s.last) && isnan(s.best));
}

Test(align, reaching_a_score_means_staying_there)
{
    const double grid[] = {0, 10, 20, 30, 40, 50, 60};
    const double y[] = {0, 60, 60, 10, 50, 60, 70}, gap[] = {0, 60, 60, (double)NAN, 50, 60, 10};
    cr_assert_eq(align_reach(grid, y, 7, 50, 3), 40);
    cr_assert_eq(align_reach(grid, y, 7, 50, 1), 10);
    cr_assert_eq(align_reach(grid, y, 7, 0, 3), 0);
    cr_assert_eq(align_reach(grid, y, 7, 80, 3), (double)INFINITY);
    cr_assert_eq(align_reach(grid, gap, 7, 50, 3), (double)INFINITY);
}

Test(align, late_variance_is_that_of_the_last_half)
{
    const double x[] = {0, 10, 50, 70, 100, 110}, y[] = {0, 90, 1, 2, 3, 500};
    struct align_curve c = {6, x, y};
    expect_number("variance", align_late_variance(c, 100), 2.0 / 3, 1e-15, 0);
    cr_assert(isnan(align_late_variance(c, 60)));
}
