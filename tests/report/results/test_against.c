/* Two sets of results held against each other. */
#include "report/results/against.h"
#include "report/results/statistics.h"
#include "report/stats/aggregate.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

TestSuite(against, .init = folder_make, .fini = folder_remove, .timeout = 60);

static const char here[] = "method,dataset,seed,score\n"
                           "alpha,hop,0,10\nalpha,hop,1,12\nalpha,hop,2,14\n"
                           "alpha,run,0,20\nalpha,run,1,20\nalpha,run,2,26\n"
                           "beta,hop,0,1\nbeta,hop,1,2\nbeta,hop,2,3\n"
                           "gamma,hop,0,1\n";
static const char there[] = "method,dataset,seed,score\n"
                            "alpha,hop,0,5\nalpha,hop,1,6\nalpha,hop,2,7\nalpha,hop,3,6\n"
                            "alpha,run,0,30\nalpha,run,1,40\nalpha,run,2,20\n"
                            "beta,run,0,9\ndelta,hop,0,9\nbeta,hop,0,2\nbeta,hop,1,2\n"
                            "beta,hop,2,2\n";

static struct report report_of(const char *csv)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
    r.bootstrap.reps = 500;
    r.results = folder_scores(folder_write("a.csv", csv), (struct results_options){0});
    return r;
}

Test(against, subtracts_cell_by_cell_and_in_sum)
{
    struct report r = report_of(here);
    struct against g;
    cr_assert_eq(against_read(&g, folder_write("b.csv", there), r.results.options), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(against_compare(&g, &r), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(g.cells, 3);
    static const struct {
        const char *method, *dataset;
        double mean[2];
        int runs[2];
    } want[] = {{"alpha", "hop", {12, 6}, {3, 4}},
                {"beta", "hop", {2, 2}, {3, 3}},
                {"alpha", "run", {22, 30}, {3, 3}}};
    for (int i = 0; i < 3; i++) {
        const struct against_cell *c = &g.cell[i];
        cr_expect_str_eq(r.results.method[c->method].id, want[i].method);
        cr_expect_str_eq(r.results.dataset[c->dataset].id, want[i].dataset);
        for (int k = 0; k < 2; k++) {
            cr_expect_float_eq(c->mean[k], want[i].mean[k], 1e-12);
            cr_expect_eq(c->runs[k], want[i].runs[k]);
        }
        struct interval d = c->difference.difference;
        cr_expect_float_eq(d.point, want[i].mean[0] - want[i].mean[1], 1e-12);
        cr_expect(d.low <= d.point && d.point <= d.high);
    }
    cr_expect_eq(g.cell[0].difference.verdict, COMPARE_BETTER);
    cr_expect_eq(g.cell[0].difference.improvement.point, 1);
    cr_expect_eq(g.lone[0], 1, "gamma on hop");
    cr_expect_eq(g.lone[1], 2, "beta on run, delta on hop");
    cr_assert_eq(g.totals, 2, "of one suite: alpha and beta");
    cr_expect_eq(g.total[0].datasets, 2);
    cr_expect_float_eq(g.total[0].difference.difference.point, 17 - 18.0, 1e-12);
    /* IQM here: 10 [12 14 20 20] 26; there 4 and 3 runs, weights 1/8 and 1/6, [1/4, 3/4] of
     * 5 6 6 7 20 30 40: 6 6 with 1/8 each, 7 with 1/8, 20 with 1/8 (of 1/6 from 1/2 on: 1/6),
     * 30 with 1/12. */
    double iqm_there = (6 / 8.0 + 7 / 8.0 + 20 / 6.0 + 30 / 12.0) / 0.5;
    cr_expect_float_eq(g.total[0].iqm.point, 66 / 4.0 - iqm_there, 1e-12, "%.17g",
                       g.total[0].iqm.point);
    against_free(&g);
    report_free(&r);
}

Test(against, itself_differs_nowhere)
{
    struct report r = report_of(here);
    struct against g;
    cr_assert_eq(against_read(&g, folder_path("a.csv"), r.results.options), STATUS_OK);
    cr_assert_eq(against_compare(&g, &r), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(g.cells, 4);
    for (int i = 0; i < g.cells; i++) {
        cr_expect_eq(g.cell[i].difference.difference.point, 0);
        cr_expect_eq(g.cell[i].difference.improvement.point, 0.5);
        cr_expect_neq(g.cell[i].difference.verdict, COMPARE_BETTER);
        cr_expect_neq(g.cell[i].difference.verdict, COMPARE_WORSE);
    }
    cr_expect_eq(g.lone[0] + g.lone[1], 0);
    against_free(&g);
    report_free(&r);
}

Test(against, reads_folders_of_runs_and_says_where_budgets_differ)
{
    for (int k = 0; k < 2; k++) {
        for (int seed = 0; seed < 3; seed++)
            folder_run((struct folder_run){.matrix = k == 0 ? "old" : "new",
                                           .dataset = "pen-human-v1",
                                           .method = "iql",
                                           .seed = seed,
                                           .points = 5,
                                           .end = k == 0 ? 1000 : 2000,
                                           .last = 50 + 10 * k + seed});
    }
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100};
    struct against g;
    r.results = folder_results(folder_path("new"), (struct results_options){0});
    cr_assert_eq(against_read(&g, folder_path("old"), r.results.options), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(against_compare(&g, &r), STATUS_OK, "%s", status_sentence());
    cr_expect_float_eq(g.cell[0].difference.difference.point, 10, 1e-9);
    bool told = false;
    for (int i = 0; i < r.results.notes; i++)
        told |= strstr(r.results.note[i].text, "pen-human-v1 at 2000 and 1000") != NULL;
    cr_expect(told);
    against_free(&g);
    report_free(&r);
}

Test(against, reads_folders_of_score_files)
{
    struct report r = report_of(here);
    struct against g;
    folder_write("scores/alpha.csv", "method,dataset,seed,score\nalpha,hop,0,5\nalpha,hop,1,7\n");
    folder_write("scores/beta.csv", "method,dataset,seed,score\nbeta,hop,0,5\n");
    cr_assert_eq(against_read(&g, folder_path("scores"), r.results.options), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(against_compare(&g, &r), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(g.cells, 2);
    against_free(&g);
    report_free(&r);
}

Test(against, what_shares_nothing_is_an_error_and_so_is_what_is_not_there)
{
    struct report r = report_of(here);
    struct against g;
    cr_assert_eq(against_read(&g,
                              folder_write("c.csv", "method,dataset,seed,score\nalpha,fly,0,1\n"),
                              r.results.options),
                 STATUS_OK);
    cr_expect_eq(against_compare(&g, &r), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "'fly'"), "%s", status_sentence());
    against_free(&g);
    cr_expect_eq(against_read(&g, folder_path("none"), r.results.options), STATUS_IO);
    cr_expect_not_null(strstr(status_sentence(), "--against"), "%s", status_sentence());
    against_free(&g);
    report_free(&r);
}
