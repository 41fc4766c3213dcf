/* The theory's numbers in a report: verdicts, figures, tables, page; files that are damaged. */
#include "engine/base/file.h"
#include "harness/curve/theory_file.h"
#include "report/claims/claims.h"
#include "report/results/statistics.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(report_theory, .init = folder_make, .fini = folder_remove, .timeout = 120);

/* As `vitamin theory` finds it, in round numbers. */
static void fill_growth(struct theory *t)
{
    static const double slope[LAW_COUNT] = {100, 3, 2.5, 0, 1.5};
    for (int i = 0; i < LAW_COUNT; i++) {
        struct theory_growth *g = &t->growth[i];
        *g = (struct theory_growth){.trajectories = 1000,
                                    .epsilon = 0.005,
                                    .delta = 0.0066,
                                    .best = 10,
                                    .largest = 100,
                                    .mean = 1,
                                    .slope = slope[i],
                                    .least_slope = slope[i],
                                    .tightest = i == LAW_SPIKES ? 500 : 1e-3,
                                    .printed = -26.1,
                                    .corrected = 523};
        for (int k = 0; k < GROWTH_POINTS; k++) {
            bool there = k < 10;
            g->g[k] = there ? 10 * (k + 1) : (double)NAN;
            g->alpha[k] = there ? 0.01 * pow(k + 1, -slope[i]) : (double)NAN;
            g->bound[k] = there ? g->alpha[k] / g->tightest : (double)NAN;
        }
    }
}

static void fill_contexts(struct theory *t)
{
    static const double length[CONTEXT_ROWS] = {1000, 1000, 200, 100, 30, 10};
    static const double segment[CONTEXT_ROWS] = {20, 5, 5, 20, 20, 20};
    for (int i = 0; i < CONTEXT_ROWS; i++) {
        struct theory_context *c = &t->context[i];
        double n = fmin(length[i], segment[i]);
        *c = (struct theory_context){.length = length[i],
                                     .segment = segment[i],
                                     .segments = 200 * length[i],
                                     .chi_square = 99,
                                     .degrees = 100,
                                     .p = 0.5,
                                     .distance = n / length[i] / 8,
                                     .expected_distance = n / length[i] / 8};
        for (int k = 0; k < CONTEXT_MOST; k++)
            c->share[k] = c->expected[k] = k < n ? 1 / n : (double)NAN;
    }
}

static struct theory *make_theory(void)
{
    struct theory *t = calloc(1, sizeof *t);
    cr_assert_not_null(t);
    fill_growth(t);
    fill_contexts(t);
    for (int i = 0; i < COVERAGE_ROWS; i++)
        t->coverage[i] = (struct theory_coverage){10, 0.1, 1000, 0.69, 0.686, 0.3};
    for (int i = 0; i < REGRET_ROWS; i++)
        t->regret[i] = (struct theory_regret){pow(10, i % 4 - 4), 10, 1, i < 3 ? 3 : 300};
    for (int i = 0; i < PAIR_COUNT; i++) {
        t->ratio[i] = (struct theory_ratio){1.5, 1, 0.5, 0.5, 1, i == 0 ? 1 : 0, 1, {0}, {0}};
        for (int k = 0; k < RATIO_POINTS; k++) {
            t->ratio[i].rtg[k] = 1.5 + 0.1 * k;
            t->ratio[i].log_ratio[k] = i == 0 ? 1 : k / 40.0;
        }
    }
    t->remark[0] = (struct theory_remark){1e6, 50, 49, 0.4, 1.997};
    return t;
}

static void write_theory(const struct theory *t, const char *path)
{
    cr_assert_eq(theory_file_write(t, path), STATUS_OK, "%s", status_sentence());
}

/* --- verdicts ----------------------------------------------------------------------------------
 */

static enum verdict verdict_of(struct theory *t, const char *id, struct claim_result *out)
{
    struct report r = {.bootstrap = bootstrap_default(), .results.theory = t};
    struct claim_result *all = calloc((size_t)claim_count, sizeof *all);
    cr_assert_not_null(all);
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    cr_assert_eq(claims_evaluate(&r, all), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < claim_count; i++) {
        if (strcmp(all[i].claim->id, id) == 0)
            *out = all[i];
    }
    free(all);
    statistics_free(&r);
    return out->verdict;
}

Test(report_theory, claims_are_judged_from_its_numbers)
{
    struct theory *t = make_theory();
    struct claim_result c;
    cr_assert_eq(verdict_of(t, "C43", &c), VERDICT_SUPPORTED);
    cr_assert_eq(c.outcome[5].verdict, VERDICT_CONTRADICTED); /* as printed */
    cr_assert_eq(c.outcome[5].estimate.point, -26.1);
    cr_assert_eq(c.outcome[6].verdict, VERDICT_SUPPORTED);    /* spikes */
    cr_assert_eq(c.outcome[7].verdict, VERDICT_CONTRADICTED); /* slope 1.5 */
    cr_assert_not_null(strstr(c.outcome[1].detail, "g = 10 to 100"), "%s", c.outcome[1].detail);
    cr_assert_eq(verdict_of(t, "C44", &c), VERDICT_SUPPORTED);
    cr_assert_eq(c.outcome[2].verdict, VERDICT_CONTRADICTED); /* 30 steps */

    /* Every vote can turn its claim. */
    t->growth[LAW_ZETA].slope = 1.99;
    cr_assert_eq(verdict_of(t, "C43", &c), VERDICT_CONTRADICTED);
    t->growth[LAW_ZETA].slope = 3;
    t->growth[LAW_POWER].slope = 1.49;
    cr_assert_eq(verdict_of(t, "C43", &c), VERDICT_CONTRADICTED);
    t->growth[LAW_POWER].slope = 1.5;
    cr_assert_eq(verdict_of(t, "C43", &c), VERDICT_SUPPORTED);
    t->growth[LAW_SLOW].tightest = 1.01;
    cr_assert_eq(verdict_of(t, "C43", &c), VERDICT_CONTRADICTED);
    t->context[3].p = 1e-4;
    cr_assert_eq(verdict_of(t, "C44", &c), VERDICT_CONTRADICTED);
    t->context[3].p = 0.5;
    t->context[0].distance = 0.02;
    cr_assert_eq(verdict_of(t, "C44", &c), VERDICT_CONTRADICTED);
    free(t);
}

Test(report_theory, without_the_file_a_claim_says_which_command_writes_it)
{
    struct claim_result c;
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(verdict_of(NULL, k == 0 ? "C43" : "C44", &c), VERDICT_UNTESTABLE);
        cr_assert_not_null(strstr(c.outcome[0].needed, "`vitamin theory`"), "%s",
                           c.outcome[0].needed);
    }
}

/* --- the program -------------------------------------------------------------------------------
 */

static int report(const char *arguments)
{
    const char *build = getenv("BUILD");
    char program[FILE_PATH], command[2 * FILE_PATH];
    snprintf(program, sizeof program, "%.512s/vitamin-report", build != NULL ? build : "build/gcc");
    if (access(program, X_OK) != 0)
        cr_skip_test("no %s", program);
    snprintf(command, sizeof command, "%s --reps 100 %.2000s > %.400s 2>&1", program, arguments,
             folder_path("said"));
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int report_on(const char *results, const char *options, const char *out)
{
    char arguments[2000], path[FILE_PATH];
    snprintf(path, sizeof path, "%s", folder_path(out));
    snprintf(arguments, sizeof arguments, "%.600s %s --out %.600s", folder_path(results), options,
             path);
    return report(arguments);
}

static void expect_in(const char *file, const char *words)
{
    char *text = folder_read(folder_path(file));
    cr_expect_not_null(strstr(text, words), "%s lacks '%s'", file, words);
    free(text);
}

static void expect_not_in(const char *file, const char *words)
{
    char *text = folder_read(folder_path(file));
    cr_expect_null(strstr(text, words), "%s has '%s'", file, words);
    free(text);
}

static void make_run(void)
{
    folder_run((struct folder_run){.matrix = "runs/lite",
                                   .dataset = "hopper-random-v2",
                                   .method = "td3_odt",
                                   .seed = 1,
                                   .points = 3,
                                   .end = 1000,
                                   .first = 1,
                                   .last = 9,
                                   .budget = 1000,
                                   .status = "complete",
                                   .config = ""});
}

Test(report_theory, is_a_section_two_tables_three_figures_and_two_verdicts_beside_the_runs)
{
    struct theory *t = make_theory();
    make_run();
    write_theory(t, folder_path("runs/theory.h5"));
    cr_assert_eq(report_on("runs", "--format svg", "out"), 0);
    expect_in("out/report.md", "## Theory\n\nLemma 3 and its corollaries do not hold as printed");
    expect_in("out/report.md", "| C43 | supported |");
    expect_in("out/report.md", "### The theory in numbers");
    expect_in("out/claims.md", "## C44: supported");
    expect_in("out/claims.md", "D63, D64, D65, D66, D67, D68");
    expect_in("out/index.html", "<h2>Theory</h2>");
    expect_in("out/index.html", "that a bound on the regret is tight does not show");
    expect_in("out/tables/theory.csv", "slope of 1/alpha_f,Bernoulli rewards,100,at least 2,");
    expect_in("out/tables/regret.csv", "alpha,horizon,epsilon,bound\n1,10,");
    expect_in("out/provenance.json", "\"theory\": {\"file\": \"");
    static const char *const figures[] = {"theory_growth", "theory_ratio", "fig12"};
    for (int i = 0; i < 3; i++) {
        char name[64];
        snprintf(name, sizeof name, "out/figures/%s.dat", figures[i]);
        cr_expect(file_exists(folder_path(name)), "no %s", name);
    }
    free(t);
}

Test(report_theory, is_absent_where_there_is_no_file)
{
    make_run();
    cr_assert_eq(report_on("runs", "--format svg", "out"), 0);
    expect_not_in("out/report.md", "## Theory");
    expect_not_in("out/index.html", "<h2>Theory</h2>");
    expect_in("out/claims.md", "## C43: not testable");
    expect_in("out/claims.md", "vitamin theory");
    cr_expect_not(file_exists(folder_path("out/tables/theory.md")));
    cr_expect_not(file_exists(folder_path("out/figures/theory_growth.gp")));
    expect_not_in("out/provenance.json", "\"theory\"");
}

/* A file of any name, without a single run. */
Test(report_theory, is_a_report_of_its_own)
{
    struct theory *t = make_theory();
    write_theory(t, folder_path("mine.h5"));
    for (int i = 0; i < 2; i++)
        cr_assert_eq(report_on("mine.h5", "--format svg", i == 0 ? "out" : "again"), 0);
    expect_in("out/report.md", "There are no runs: only what the theory says.");
    expect_in("out/report.md", "| C44 | supported |");
    char *a = folder_read(folder_path("out/report.md"));
    char *b = folder_read(folder_path("again/report.md"));
    cr_expect_str_eq(a, b);
    free(a);
    free(b);
    free(t);
}

Test(report_theory, a_damaged_file_is_one_error_and_the_rest_a_report)
{
    struct theory *t = make_theory();
    const char *path = folder_path("runs/theory.h5");
    char *bytes;
    size_t size;
    make_run();
    write_theory(t, path);
    cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK);
    bytes[size / 2] ^= 1;
    cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
    cr_assert_eq(report_on("runs", "--format svg", "out"), 1);
    expect_in("said", "theory.h5: was damaged after it was written");
    expect_in("said", "1 theory file cannot be read (named above");
    expect_not_in("said", "curve or folder");
    expect_in("out/claims.md", "## C43: not testable");
    expect_in("out/claims.md", "instead of the damaged one");
    expect_not_in("out/report.md", "## Theory");
    free(bytes);
    free(t);
}

Test(report_theory, the_first_of_two_files_counts_and_a_note_says_so)
{
    struct theory *t = make_theory();
    make_run();
    write_theory(t, folder_path("runs/theory.h5"));
    t->context[0].p = 1e-9;
    write_theory(t, folder_path("runs/lite/theory.h5"));
    cr_assert_eq(report_on("runs", "--format svg", "out"), 0);
    expect_in("out/report.md", "theory.h5 is not.");
    free(t);
}
