/* Published means and spreads beside the runs here. */
#include "report/results/published.h"
#include "report/results/statistics.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

TestSuite(published, .init = folder_make, .fini = folder_remove, .timeout = 30);

/* Of "alpha" on "hop" the scores 1 to 5: mean 3, sample variance 2.5. */
static const char runs[] = "method,dataset,seed,score\n"
                           "alpha,hop,0,1\nalpha,hop,1,2\nalpha,hop,2,3\nalpha,hop,3,4\n"
                           "alpha,hop,4,5\n"
                           "beta,hop,0,10\nbeta,hop,1,20\nbeta,hop,2,30\n"
                           "alpha,run,0,7\nalpha,run,1,8\n";

static struct report report_of(struct published *p, const char *csv, const char *ours)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2, .published = p};
    r.results = folder_scores(folder_write("runs.csv", runs),
                              (struct results_options){.ours = ours});
    cr_assert_eq(published_read(p, folder_write("published.csv", csv)), STATUS_OK, "%s",
                 status_sentence());
    cr_assert_eq(published_settle(p, &r.results), STATUS_OK, "%s", status_sentence());
    return r;
}

Test(published, is_compared_by_welchs_interval)
{
    const double score[] = {1, 2, 3, 4, 5};
    /* v1 = 0.5, v2 = 16/4 = 4; f = 4.5^2 / (0.25/4 + 16/3) = 3.7529; t(0.975, f) = 2.8543. */
    struct agreed a = agreement_with(0, 4, 4, score, 5);
    cr_expect_float_eq(a.difference, 3, 1e-12);
    cr_expect_float_eq(a.w, 2.8543 * sqrt(4.5), 0.01, "%.6f", a.w);
    cr_expect_eq(a.verdict, AGREES);
    /* Equal spreads and numbers: f = 8, t = 2.306004. */
    a = agreement_with(10, sqrt(2.5), 5, score, 5);
    cr_expect_float_eq(a.w, 2.306004, 1e-5, "%.6f", a.w);
    cr_expect_eq(a.verdict, AGREES_LOWER);
    cr_expect_eq(agreement_with(0, 0.1, 10, score, 5).verdict, AGREES_HIGHER);
    /* The paper's case, no spread: t(0.975, 4) s sqrt(1/5 + 1/5). */
    a = agreement_with(3, (double)NAN, 5, score, 5);
    cr_expect_float_eq(a.w, 1.7559780 * sqrt(2.5), 1e-5, "%.8f", a.w);
    /* As if exact: t(0.975, 4) sqrt(0.5). */
    a = agreement_with(3, (double)NAN, (double)NAN, score, 5);
    cr_expect_float_eq(a.w, 2.776445 * sqrt(0.5), 1e-5, "%.8f", a.w);
    /* No spread at all: equal or not. */
    const double same[] = {2, 2, 2};
    cr_expect_eq(agreement_with(2, 0, 3, same, 3).verdict, AGREES);
    cr_expect_eq(agreement_with(1, 0, 3, same, 3).verdict, AGREES_HIGHER);
    cr_expect_eq(agreement_with(1, 1, 3, same, 2).verdict, AGREES_FEW);
    cr_expect_eq(agreement_with(1, 1, 3, same, 0).verdict, AGREES_NOT_RUN);
}

static void expect_pair(const struct report *r, const struct published_pair *p, const char *theirs,
                        const char *method, const char *dataset)
{
    cr_expect_str_eq(p->row->method, theirs);
    cr_expect_str_eq(r->results.method[p->method].id, method);
    cr_expect_str_eq(r->results.dataset[p->row->at].id, dataset);
}

Test(published, stands_beside_the_same_method_else_ours_else_every_one)
{
    struct published p;
    struct published_pair *pair;
    int count;
    static const char csv[] = "Method,Dataset,Mean,SD,N\n"
                              "ALPHA,hop,3,1,5\nother,hop,12,,\nother,run,9,2,4\n";
    struct report r = report_of(&p, csv, NULL);
    cr_assert_eq(published_pairs(&r, &pair, &count), STATUS_OK);
    cr_assert_eq(count, 4);
    expect_pair(&r, &pair[0], "ALPHA", "alpha", "hop");
    expect_pair(&r, &pair[1], "other", "alpha", "hop");
    expect_pair(&r, &pair[2], "other", "beta", "hop");
    expect_pair(&r, &pair[3], "other", "alpha", "run");
    /* t(0.975, 4) / sqrt(5) = 1.241664 */
    cr_expect_float_eq(pair[0].published_low, 3 - 1.241664, 1e-5);
    cr_expect_float_eq(pair[0].published_high, 3 + 1.241664, 1e-5);
    cr_expect(isnan(pair[1].published_low));
    cr_expect_float_eq(pair[0].sd, sqrt(2.5), 1e-12);
    cr_expect_float_eq(pair[0].high - pair[0].low, 2 * pair[0].agreed.w, 1e-12);
    free(pair);
    report_free(&r);
    published_free(&p);

    r = report_of(&p, csv, "beta");
    cr_assert_eq(published_pairs(&r, &pair, &count), STATUS_OK);
    cr_assert_eq(count, 2);
    expect_pair(&r, &pair[0], "ALPHA", "alpha", "hop");
    expect_pair(&r, &pair[1], "other", "beta", "hop");
    free(pair);
    report_free(&r);
    published_free(&p);
}

Test(published, file_is_refused_with_line_and_reason)
{
    static const struct {
        const char *csv, *said;
    } cases[] = {
        {"method,dataset,sd,n\na,hop,1,2\n", "no column 'mean'"},
        {"method,dataset,mean,sd,n\n", "no results"},
        {"method,dataset,mean,sd,n\na,hop,1,1,5\na,hop,,1,5\n", ":3: the mean is not a number"},
        {"method,dataset,mean,sd,n\na,hop,1,-1,5\n", ":2: sd is not"},
        {"method,dataset,mean,sd,n\na,hop,1,1,0\n", ":2: n is not"},
        {"method,dataset,mean,sd,n\na,hop,1,1,2.5\n", ":2: n is not"},
        {"method,dataset,mean,sd,n\na,hop,high,1,5\n", "high"},
        {"method,dataset,mean,sd,n\n,hop,1,1,5\n", ":2: the method has no name"},
        {"method,dataset,mean\na,hop,1\nb,hop,2\na,hop,3\n", ":4: a on hop is in line 2 too"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct published p;
        cr_expect_eq(published_read(&p, folder_write("p.csv", cases[i].csv)), STATUS_FORMAT, "%s",
                     cases[i].csv);
        cr_expect_not_null(strstr(status_sentence(), cases[i].said), "%s", status_sentence());
        published_free(&p);
    }
    struct published p;
    cr_expect_eq(published_read(&p, folder_path("none.csv")), STATUS_IO);
    published_free(&p);
}

Test(published, datasets_that_were_not_run_are_told_and_all_of_them_an_error)
{
    struct published p;
    struct report r = report_of(&p, "method,dataset,mean,sd,n\na,hop,1,1,5\na,fly,2,1,5\n", NULL);
    bool told = false;
    for (int i = 0; i < r.results.notes; i++)
        told |= strstr(r.results.note[i].text, "1 of 2 published results") != NULL &&
                strstr(r.results.note[i].text, "fly, line 3") != NULL;
    cr_expect(told);
    published_free(&p);
    cr_assert_eq(published_read(&p, folder_write("q.csv", "method,dataset,mean\na,fly,2\n")),
                 STATUS_OK);
    cr_expect_eq(published_settle(&p, &r.results), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "'fly'"), "%s", status_sentence());
    published_free(&p);
    report_free(&r);
}
