/* What tables, figures and page share is computed once and has the bits of the plain statistic. */
#include "report/results/statistics.h"

#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(statistics, .init = folder_make, .fini = folder_remove, .timeout = 60);

static struct report report_of(const char *csv)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100};
    r.bootstrap.reps = 500;
    r.results = folder_scores(folder_write("a.csv", csv),
                              (struct results_options){.ours = "td3_odt"});
    cr_assert_eq(statistics_new(&r), STATUS_OK, "%s", status_sentence());
    return r;
}

/* Two suites. */
static const char two_suites[] =
    "method,dataset,seed,score,initial\n"
    "iql,hopper-medium-v2,0,41.5,40\niql,hopper-medium-v2,1,44,39\n"
    "iql,hopper-medium-v2,2,43,41\n"
    "td3_odt,hopper-medium-v2,0,61.5,40\ntd3_odt,hopper-medium-v2,1,66,42\n"
    "td3_odt,hopper-medium-v2,2,42.5,\n"
    "zeta,hopper-medium-v2,0,20,1\nzeta,hopper-medium-v2,1,70,2\n"
    "zeta,hopper-medium-v2,2,43,3\n"
    "iql,maze2d-umaze-v1,0,90,1\niql,maze2d-umaze-v1,1,95,1\n"
    "td3_odt,maze2d-umaze-v1,0,120,1\ntd3_odt,maze2d-umaze-v1,1,93,1\n"
    "zeta,maze2d-umaze-v1,0,10,1\nzeta,maze2d-umaze-v1,1,99,1\n";

static void expect_same(struct interval a, struct interval b)
{
    cr_expect(a.point == b.point && a.low == b.low && a.high == b.high && a.runs == b.runs,
              "%.17g [%.17g, %.17g] and %.17g [%.17g, %.17g]", a.point, a.low, a.high, b.point,
              b.low, b.high);
}

Test(statistics, pairs_of_ours_have_the_bits_of_a_pair_alone)
{
    struct report r = report_of(two_suites);
    for (int suite = -1; suite < r.results.suites; suite++) {
        struct suite_statistics *s;
        cr_assert_eq(statistics_suite(&r, suite, RESULTS_FINAL, &s), STATUS_OK);
        cr_assert_eq(statistics_pairs(&r, s), STATUS_OK, "%s", status_sentence());
        int n = s->scores.methods;
        cr_assert_eq(n, 3);
        cr_expect_str_eq(r.results.method[s->scores.method[s->ours]].id, "td3_odt");
        for (int i = 0; i < n; i++) {
            struct comparison c;
            const struct comparison *got = &s->pair[s->ours * n + i];
            if (i == s->ours)
                continue;
            cr_assert_eq(compare_pair(&s->scores.x[s->ours], &s->scores.x[i], &r.bootstrap, &c),
                         STATUS_OK);
            expect_same(got->improvement, c.improvement);
            expect_same(got->difference, c.difference);
            cr_expect_eq(got->verdict, c.verdict);
            cr_expect_eq(s->pair[i * n + s->ours].improvement.point, 1 - c.improvement.point);
        }
    }
    report_free(&r);
}

Test(statistics, are_computed_once)
{
    struct report r = report_of(two_suites);
    struct suite_statistics *s, *again;
    cr_assert_eq(statistics_suite(&r, 0, RESULTS_FINAL, &s), STATUS_OK);
    cr_assert_eq(statistics_aggregates(&r, s), STATUS_OK);
    cr_assert_eq(statistics_ranks(s), STATUS_OK);
    const void *aggregate = s->aggregate, *rank = s->rank;
    struct interval alone[AGGREGATE_COUNT];
    cr_assert_eq(aggregate_intervals(&s->scores.x[0], 100, &r.bootstrap, alone), STATUS_OK);
    for (int k = 0; k < AGGREGATE_COUNT; k++)
        expect_same(s->aggregate[0][k], alone[k]);

    cr_assert_eq(statistics_suite(&r, 0, RESULTS_FINAL, &again), STATUS_OK);
    cr_assert_eq(statistics_aggregates(&r, again), STATUS_OK);
    cr_assert_eq(statistics_ranks(again), STATUS_OK);
    cr_expect_eq(again, s);
    cr_expect_eq((const void *)again->aggregate, aggregate);
    cr_expect_eq((const void *)again->rank, rank);
    cr_assert_eq(statistics_suite(&r, 0, RESULTS_INCREASE, &again), STATUS_OK);
    cr_expect_neq(again, s, "finals and increases are two statistics");
    report_free(&r);
}

Test(statistics, of_a_cell_are_those_of_its_used_runs)
{
    struct report r = report_of(two_suites);
    const struct cell_statistics *c;
    int method = results_method(&r.results, "td3_odt");
    int dataset = results_dataset(&r.results, "hopper-medium-v2");
    struct interval alone;
    cr_assert_eq(statistics_cell(&r, method, dataset, &c), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(c->runs, 3);
    cr_expect_float_eq(c->final, (61.5 + 66 + 42.5) / 3, 1e-12);
    cr_expect_float_eq(c->initial, 41, 1e-12, "of the two runs that have one");
    cr_expect_float_eq(c->increase, (21.5 + 24) / 2, 1e-12);
    cr_expect_eq(c->lowest, 42.5);
    cr_expect_eq(c->highest, 66);
    cr_assert_eq(report_interval(&r, method, &dataset, 1, &alone), STATUS_OK);
    expect_same(c->interval, alone);

    method = results_method(&r.results, "zeta");
    cr_assert_eq(statistics_cell(&r, method, dataset, &c), STATUS_OK);
    cr_expect(isnan(c->printed.final), "the paper does not know zeta");
    cr_expect_eq(c->agreed.verdict, AGREES_NOT_RUN);
    report_free(&r);
}
