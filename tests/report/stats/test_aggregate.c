#include "report/stats/aggregate.h"

#include "report/stats/sum.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Relative 1e-12, the agreement wanted with the recordings. A gap or a mean may be 0. */
#define POINT_TOLERANCE 1e-12, 1e-12

static void expect_points(const struct h5 *f, const char *path, const struct matrix *x,
                          double gamma)
{
    char folder[FILE_PATH]; /* at() reuses its buffers */
    snprintf(folder, sizeof folder, "%s", path);
    double got[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_points(x, gamma, got), STATUS_OK, "%s", status_sentence());
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        const char *name = at("%s/%s", folder, aggregate_key((enum aggregate)k));
        expect_number(name, got[k], fixture_scalar(f, name), POINT_TOLERANCE);
    }
}

/* Task means, and the fixture's population deviations and medians with sum.h. */
static void expect_tasks(const struct h5 *f, const char *path, const struct matrix *x)
{
    size_t M = (size_t)x->tasks;
    double *mean = malloc(3 * M * sizeof *mean), *spread = mean + M, *median = mean + 2 * M;
    aggregate_task_means(x, mean);
    for (size_t m = 0; m < M; m++) {
        double column[64];
        size_t n = (size_t)x->runs[m];
        cr_assert_leq(n, 64);
        for (size_t i = 0; i < n; i++)
            column[i] = x->score[x->start[m] + i];
        spread[m] = sum_deviation(column, n, false);
        median[m] = sum_median(column, n);
    }
    const char *name[] = {"task_mean", "task_sd_population", "task_median"};
    for (size_t k = 0; k < 3; k++) {
        double *want = fixture_doubles(f, at("%s/%s", path, name[k]), NULL);
        expect_close_double(at("%s %s", path, name[k]), mean + k * M, want, M, POINT_TOLERANCE);
        free(want);
    }
    free(mean);
}

Test(aggregate, points_of_small_matrices_equal_the_reference)
{
    struct h5 f = fixture_open("stats_small");
    struct scores_names cases = scores_members(&f, "cases");
    cr_assert_gt(cases.count, 0);
    for (int i = 0; i < cases.count; i++) {
        char path[FILE_PATH];
        snprintf(path, sizeof path, "cases/%s", cases.name[i]);
        struct matrix x = scores_load(&f, at("%s/scores", path), cases.name[i]);
        double gamma, cut;
        cr_assert_eq(h5_get_number(&f, path, "gamma", &gamma), STATUS_OK);
        cr_assert_eq(h5_get_number(&f, path, "iqm_cut", &cut), STATUS_OK);
        cr_assert_eq((double)(matrix_count(&x) / 4), cut, "%s", path);
        expect_points(&f, at("%s/point", path), &x, gamma);
        expect_tasks(&f, path, &x);
        matrix_free(&x);
    }
    h5_close(&f);
}

static void check_points(const char *fixture)
{
    struct h5 f = fixture_open(fixture);
    struct scores_names groups = scores_members(&f, "/");
    int seen = 0;
    for (int g = 0; g < groups.count; g++) {
        if (!h5_has(&f, at("%s/algorithm", groups.name[g])))
            continue;
        struct scores_names methods = scores_members(&f, at("%s/algorithm", groups.name[g]));
        for (int i = 0; i < methods.count; i++, seen++) {
            char path[FILE_PATH];
            snprintf(path, sizeof path, "%s/algorithm/%s", groups.name[g], methods.name[i]);
            struct matrix x = scores_load(&f, at("%s/scores", path), methods.name[i]);
            double gamma;
            cr_assert_eq(h5_get_number(&f, path, "gamma", &gamma), STATUS_OK);
            expect_points(&f, at("%s/point", path), &x, gamma);
            expect_tasks(&f, path, &x);
            matrix_free(&x);
        }
    }
    cr_assert_gt(seen, 0);
    h5_close(&f);
}

Test(aggregate, points_of_random_matrices_equal_the_reference)
{
    check_points("stats_random");
}

Test(aggregate, points_of_real_scores_equal_the_reference)
{
    check_points("stats_corl");
}

static void check_intervals(const char *fixture, struct bootstrap b)
{
    struct h5 f = fixture_open(fixture);
    struct scores_names groups = scores_members(&f, "/");
    int seen = 0;
    for (int g = 0; g < groups.count; g++) {
        if (!h5_has(&f, at("%s/algorithm", groups.name[g])))
            continue;
        struct scores_names methods = scores_members(&f, at("%s/algorithm", groups.name[g]));
        for (int i = 0; i < methods.count; i++) {
            char path[FILE_PATH];
            snprintf(path, sizeof path, "%s/algorithm/%s", groups.name[g], methods.name[i]);
            struct matrix x = scores_load(&f, at("%s/scores", path), methods.name[i]);
            double gamma;
            cr_assert_eq(h5_get_number(&f, path, "gamma", &gamma), STATUS_OK);
            struct interval got[AGGREGATE_COUNT];
            cr_assert_eq(aggregate_intervals(&x, gamma, &b, got), STATUS_OK, "%s",
                         status_sentence());
            for (int k = 0; k < AGGREGATE_COUNT; k++, seen++)
                scores_expect_bounds(&f, at("%s/ci/%s", path, aggregate_key((enum aggregate)k)), 0,
                                     0, got[k].low, got[k].high);
            matrix_free(&x);
        }
    }
    cr_assert_gt(seen, 0);
    h5_close(&f);
}

Test(aggregate, intervals_of_random_matrices_lie_in_the_allowed_range)
{
    check_intervals("stats_random", bootstrap_default());
}

Test(aggregate, intervals_of_real_scores_lie_in_the_allowed_range)
{
    check_intervals("stats_corl", bootstrap_default());
}

Test(aggregate, intervals_with_other_seeds_do_too)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct bootstrap b = bootstrap_default();
        b.seed = seed * 1000003;
        check_intervals("stats_random", b);
    }
}

Test(aggregate, uneven_runs_follow_the_two_policies)
{
    struct h5 f = fixture_open("stats_small");
    struct scores_names cases = scores_members(&f, "ragged");
    for (int i = 0; i < cases.count; i++) {
        char path[FILE_PATH];
        snprintf(path, sizeof path, "ragged/%s", cases.name[i]);
        struct matrix x = scores_load(&f, at("%s/scores", path), cases.name[i]), common, there;
        double used, gamma = 100;
        cr_assert_eq(h5_get_number(&f, at("%s/policy_common", path), "runs_used", &used),
                     STATUS_OK);
        cr_assert_eq(matrix_common(&x, &common), STATUS_OK);
        cr_assert_eq(matrix_fewest(&common), (int)used, "%s", path);
        if (used > 0) {
            double *want = fixture_doubles(&f, at("%s/policy_common/scores", path), NULL);
            for (int m = 0; m < common.tasks; m++) {
                for (int n = 0; n < (int)used; n++)
                    cr_assert_eq(common.score[common.start[m] + (size_t)n],
                                 want[n * common.tasks + m]);
            }
            free(want);
            expect_points(&f, at("%s/policy_common", path), &common, gamma);
        } else {
            double none[AGGREGATE_COUNT];
            cr_assert_eq(aggregate_points(&x, gamma, none), STATUS_CONFIG);
        }

        double tasks;
        cr_assert_eq(h5_get_number(&f, at("%s/policy_available", path), "tasks_used", &tasks),
                     STATUS_OK);
        cr_assert_eq(matrix_keep(&x, NULL, 0, &there), STATUS_OK);
        cr_assert_eq(there.tasks, (int)tasks, "%s", path);
        expect_points(&f, at("%s/policy_available", path), &there, gamma);
        matrix_free(&x);
        matrix_free(&common);
        matrix_free(&there);
    }
    h5_close(&f);
}

Test(aggregate, four_by_hand)
{
    /* Task means 3, 8, 40; sorted 1 2 5 6 10 30 40 50; floor(9/4) = 2 dropped on each side. */
    const double score[] = {1, 10, 30, 2, 6, 40, 6, 8, 50};
    struct matrix x = scores_make("hand", 3, 3, score);
    double got[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_points(&x, 30, got), STATUS_OK);
    expect_number("mean", got[AGGREGATE_MEAN], 17, 1e-15, 0);
    expect_number("median", got[AGGREGATE_MEDIAN], 8, 1e-15, 0);
    expect_number("iqm", got[AGGREGATE_IQM], (6 + 6 + 8 + 10 + 30) / 5.0, 1e-15, 0);
    expect_number("gap", got[AGGREGATE_GAP], 30 - (1 + 10 + 30 + 2 + 6 + 30 + 6 + 8 + 30) / 9.0,
                  1e-15, 0);
    matrix_free(&x);
}

/* scipy.stats.trim_mean(x, 0.25), which rliable applies to the runs of all tasks: int(0.25 L) are
 * cut on each side. Insertion sort and a plain sum. */
static double trim_mean(const double *x, int n)
{
    double sorted[64], sum = 0;
    int cut = (int)(0.25 * n);
    for (int i = 0; i < n; i++) {
        int k = i;
        for (; k > 0 && sorted[k - 1] > x[i]; k--)
            sorted[k] = sorted[k - 1];
        sorted[k] = x[i];
    }
    for (int i = cut; i < n - cut; i++)
        sum += sorted[i];
    return sum / (n - 2 * cut);
}

Test(aggregate, the_iqm_pools_runs_or_weighs_tasks_equally)
{
    /* Task a has 6 runs, task b 2. Pooled: 0 1 2 3 | 4 5 100 200, two dropped on each side. */
    const double a[] = {0, 1, 2, 3, 4, 5}, b[] = {100, 200};
    struct matrix x;
    double got[AGGREGATE_COUNT];
    cr_assert_eq(matrix_init(&x, "hand"), STATUS_OK);
    cr_assert_eq(matrix_add(&x, "a", 6, a), STATUS_OK);
    cr_assert_eq(matrix_add(&x, "b", 2, b), STATUS_OK);
    /* Weights 1/12 and 1/4: [1/4, 3/4] holds 3, 4, 5 with 1/12 each and 100 with 1/4. */
    cr_assert_eq(aggregate_points(&x, 100, got), STATUS_OK);
    expect_number("tasks", got[AGGREGATE_IQM], ((3 + 4 + 5) / 12.0 + 100 / 4.0) / 0.5, 1e-14, 0);
    double mean = got[AGGREGATE_MEAN];
    x.pooled = true;
    cr_assert_eq(aggregate_points(&x, 100, got), STATUS_OK);
    expect_number("runs", got[AGGREGATE_IQM], (2 + 3 + 4 + 5) / 4.0, 1e-14, 0);
    expect_number("rliable", got[AGGREGATE_IQM], trim_mean(x.score, 8), 1e-14, 0);
    expect_number("mean", got[AGGREGATE_MEAN], mean, 0, 0);
    matrix_free(&x);
}

Test(aggregate, the_pooled_iqm_is_rliables_for_any_shape)
{
    for (int shape = 0; shape < 40; shape++) {
        struct matrix all = scores_random("x", 8, 5, -20, 120, (uint64_t)shape), x;
        cr_assert_eq(matrix_init(&x, "x"), STATUS_OK);
        x.pooled = true;
        for (int m = 0; m < 5; m++)
            cr_assert_eq(
                matrix_add(&x, all.task[m], 1 + (shape * (m + 3)) % 8, all.score + all.start[m]),
                STATUS_OK);
        double got[AGGREGATE_COUNT];
        cr_assert_eq(aggregate_points(&x, 100, got), STATUS_OK);
        expect_number("iqm", got[AGGREGATE_IQM], trim_mean(x.score, (int)matrix_count(&x)), 1e-13,
                      0);
        matrix_free(&all);
        matrix_free(&x);
    }
}

Test(aggregate, the_weighted_iqm_of_a_divisible_full_matrix_is_the_plain_one)
{
    /* 4 x 4: both rules drop a quarter. One task with each run twice keeps its weight, so the
     * uneven matrix must give the same numbers. */
    struct matrix x = scores_random("plain", 4, 4, -20, 120, 3), y;
    cr_assert_eq(matrix_init(&y, "doubled"), STATUS_OK);
    for (int m = 0; m < 4; m++) {
        double twice[8];
        for (int n = 0; n < 8; n++)
            twice[n] = x.score[x.start[m] + (size_t)n / 2];
        cr_assert_eq(matrix_add(&y, x.task[m], m == 2 ? 8 : 4, m == 2 ? twice : &x.score[4 * m]),
                     STATUS_OK);
    }
    double a[AGGREGATE_COUNT], b[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_points(&x, 100, a), STATUS_OK);
    cr_assert_eq(aggregate_points(&y, 100, b), STATUS_OK);
    expect_close_double("weighted", b, a, AGGREGATE_COUNT, 1e-14, 0);
    matrix_free(&x);
    matrix_free(&y);
}

static void oracle(const struct matrix *x, const void *context, double *scratch, double *out)
{
    (void)context;
    (void)scratch;
    aggregate_points(x, 100, out);
}

/* The fast road against the general one, which sorts every replicate anew. */
static void check_oracle(const struct matrix *x)
{
    struct bootstrap b = bootstrap_default();
    b.reps = 777;
    struct interval fast[AGGREGATE_COUNT], slow[AGGREGATE_COUNT];
    const struct statistic s = {oracle, NULL, 0, AGGREGATE_COUNT};
    cr_assert_eq(aggregate_intervals(x, 100, &b, fast), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(bootstrap_run(&b, BOOTSTRAP_SCORES, &x, 1, &s, NULL, slow), STATUS_OK, "%s",
                 status_sentence());
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        const double got[3] = {fast[k].point, fast[k].low, fast[k].high};
        const double want[3] = {slow[k].point, slow[k].low, slow[k].high};
        expect_close_double(aggregate_title((enum aggregate)k), got, want, 3, 1e-12, 0);
        cr_assert_eq(fast[k].runs, slow[k].runs);
    }
}

Test(aggregate, replicates_equal_those_of_the_plain_definition)
{
    const int shape[][2] = {{5, 34}, {2, 1}, {3, 7}, {10, 2}, {1, 3}};
    for (size_t i = 1; i < sizeof shape / sizeof *shape; i++) {
        struct matrix x = scores_random("x", shape[i][0], shape[i][1], -50, 150, i);
        if (shape[i][0] > 1)
            check_oracle(&x);
        matrix_free(&x);
    }
}

Test(aggregate, replicates_of_uneven_runs_do_too)
{
    const double score[] = {1,  2,           3,           4,  (double)NAN, 5,           6,
                            7,  (double)NAN, 8,           55, 120,         (double)NAN, 20,
                            -4, 30,          (double)NAN, 99, 61,          (double)NAN};
    struct matrix x = scores_make("uneven", 4, 5, score);
    cr_assert(!matrix_full(&x));
    check_oracle(&x);
    x.pooled = true;
    check_oracle(&x);
    matrix_free(&x);

    /* Primes whose common multiple exceeds 2^50: real weights. */
    const int prime[] = {3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47};
    cr_assert_eq(matrix_init(&x, "primes"), STATUS_OK);
    for (size_t m = 0; m < sizeof prime / sizeof *prime; m++) {
        struct matrix column = scores_random("c", prime[m], 1, 0, 100, 40 + m);
        cr_assert_eq(matrix_add(&x, at("p%zu", m), prime[m], column.score), STATUS_OK);
        matrix_free(&column);
    }
    check_oracle(&x);
    matrix_free(&x);
}

Test(aggregate, more_than_256_runs_are_drawn_without_bias)
{
    /* Indices by rejection: the mean of 300 runs 0..299 moves around 149.5. */
    double score[300];
    for (int i = 0; i < 300; i++)
        score[i] = i;
    struct matrix x = scores_make("many", 300, 1, score);
    struct bootstrap b = bootstrap_default();
    b.reps = 20000;
    struct interval got[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 1000, &b, got), STATUS_OK);
    double sd = sum_deviation(score, 300, false) / sqrt(300);
    expect_number("low", got[AGGREGATE_MEAN].low, 149.5 - 1.96 * sd, 0, 0.3);
    expect_number("high", got[AGGREGATE_MEAN].high, 149.5 + 1.96 * sd, 0, 0.3);
    check_oracle(&x);
    matrix_free(&x);
}

Test(aggregate, an_offset_of_a_billion_costs_no_digit)
{
    struct matrix x = scores_random("x", 5, 9, 0, 100, 8), y;
    for (size_t i = 0; i < matrix_count(&x); i++)
        x.score[i] = floor(x.score[i]);
    cr_assert_eq(matrix_common(&x, &y), STATUS_OK);
    for (size_t i = 0; i < matrix_count(&y); i++)
        y.score[i] += 1e9;
    struct bootstrap b = bootstrap_default();
    b.reps = 5000;
    struct interval a[AGGREGATE_COUNT], c[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 90, &b, a), STATUS_OK);
    cr_assert_eq(aggregate_intervals(&y, 1e9 + 90, &b, c), STATUS_OK);
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        double offset = k == AGGREGATE_GAP ? 0 : 1e9;
        const double got[3] = {c[k].point - offset, c[k].low - offset, c[k].high - offset};
        const double want[3] = {a[k].point, a[k].low, a[k].high};
        /* 2^-23 is half a unit in the last place of 1e9. */
        expect_close_double(aggregate_key((enum aggregate)k), got, want, 3, 0, 4 * 0x1p-23);
    }
    matrix_free(&x);
    matrix_free(&y);
}

Test(aggregate, a_huge_outlier_leaves_the_iqm_its_digits)
{
    double score[20];
    for (int i = 0; i < 20; i++)
        score[i] = i;
    struct matrix x = scores_make("x", 20, 1, score);
    score[0] = -1e15;
    score[19] = 1e15;
    struct matrix y = scores_make("x", 20, 1, score);
    double a[AGGREGATE_COUNT], b[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_points(&x, 100, a), STATUS_OK);
    cr_assert_eq(aggregate_points(&y, 100, b), STATUS_OK);
    cr_assert_eq(a[AGGREGATE_IQM], b[AGGREGATE_IQM]);
    expect_number("mean", b[AGGREGATE_MEAN], 8.55, 1e-14, 0); /* the two cancel exactly */
    matrix_free(&x);
    matrix_free(&y);
}

Test(aggregate, one_seed_has_points_and_no_interval)
{
    const double score[] = {10, 20, 30, 40, 50};
    struct matrix x = scores_make("one", 1, 5, score);
    struct bootstrap b = bootstrap_default();
    b.reps = 100;
    struct interval got[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 100, &b, got), STATUS_OK);
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        cr_assert(!interval_known(got[k]));
        cr_assert_eq(got[k].runs, 1);
        cr_assert(isfinite(got[k].point));
    }
    matrix_free(&x);
}

Test(aggregate, equal_scores_give_an_interval_of_exactly_no_width)
{
    /* A different awkward constant per task: no spread within tasks, much across. */
    double score[7 * 5];
    for (int i = 0; i < 35; i++)
        score[i] = (i % 5 + 1) * 98.7654321 / 7;
    struct matrix x = scores_make("flat", 7, 5, score);
    struct bootstrap b = bootstrap_default();
    b.reps = 1000;
    struct interval got[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 50, &b, got), STATUS_OK);
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        cr_assert_eq(got[k].low, got[k].high, "%s", aggregate_key((enum aggregate)k));
        cr_assert_eq(got[k].low, got[k].point, "%s", aggregate_key((enum aggregate)k));
    }
    matrix_free(&x);
}

Test(aggregate, one_task_has_its_mean_as_median)
{
    struct matrix x = scores_random("x", 5, 1, 0, 100, 5);
    struct bootstrap b = bootstrap_default();
    b.reps = 2000;
    struct interval got[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 100, &b, got), STATUS_OK);
    cr_assert_eq(got[AGGREGATE_MEAN].low, got[AGGREGATE_MEDIAN].low);
    cr_assert_eq(got[AGGREGATE_MEAN].high, got[AGGREGATE_MEDIAN].high);
    expect_number("gap is 100 - mean below 100", got[AGGREGATE_GAP].point,
                  100 - got[AGGREGATE_MEAN].point, 1e-13, 0);
    matrix_free(&x);
}

Test(aggregate, task_resampling_widens_the_interval)
{
    struct matrix x = scores_random("x", 5, 12, 0, 20, 9);
    for (size_t i = 0; i < matrix_count(&x); i++)
        x.score[i] += 7.0 * (double)(i / 5); /* tasks differ much, runs little */
    struct bootstrap b = bootstrap_default();
    b.reps = 4000;
    struct interval runs[AGGREGATE_COUNT], tasks[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&x, 100, &b, runs), STATUS_OK);
    b.tasks = true;
    cr_assert_eq(aggregate_intervals(&x, 100, &b, tasks), STATUS_OK);
    for (int k = 0; k < AGGREGATE_COUNT; k++) {
        cr_assert_eq(runs[k].point, tasks[k].point);
        cr_assert_gt(tasks[k].high - tasks[k].low, 2 * (runs[k].high - runs[k].low));
    }
    /* Standard error over task columns plus that over runs. */
    double mean[12], within = 0;
    aggregate_task_means(&x, mean);
    for (int m = 0; m < 12; m++)
        within += sum_variance(x.score + x.start[m], 5, false) / 5 / 12;
    double error = sqrt((sum_variance(mean, 12, false) + within) / 12);
    expect_number("width", tasks[AGGREGATE_MEAN].high - tasks[AGGREGATE_MEAN].low, 2 * 1.96 * error,
                  0.05, 0);
    matrix_free(&x);
}
