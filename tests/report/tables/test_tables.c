/* Golden tables: text and numbers, byte for byte, from the scores of CORL (tests/data). After a
 * change that is meant, VITAMIN_GOLDEN=write makes them anew; read the difference before it is
 * committed. */
#include "report/tables/table.h"

#include "report/results/registry.h"
#include "report/results/statistics.h"
#include "report/tables/table_table.h"
#include "tests/report/folder.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(table, .init = folder_make, .fini = folder_remove, .timeout = 30);

static struct report report_of(const char *path)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
    r.bootstrap.reps = 500;
    r.results = folder_scores(path, (struct results_options){0});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    snprintf(r.hash, sizeof r.hash, "0123456789abcdef");
    return r;
}

/* Of the runs of matrix "main" in the scratch folder. */
static struct report report_of_main(void)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
    r.results = folder_results(folder_path("main"), (struct results_options){0});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    return r;
}

static struct report corl(void)
{
    char path[FILE_PATH];
    if (!fixture_find("corl_scores", path))
        cr_skip_test("no corl_scores.h5");
    struct report r = report_of(path);
    /* As when the tables were looked at: in the paper's words, with the last method emphasised. */
    r.results.foreign = false;
    r.results.finetuning = true;
    r.results.ours = r.results.methods - 1;
    return r;
}

static struct table made(const struct report *r, const char *id)
{
    for (int i = 0; i < table_count; i++) {
        if (strcmp(table_table[i].id, id) == 0) {
            struct table t;
            table_init(&t, id, table_table[i].title);
            cr_assert_eq(table_table[i].make(r, table_table[i].argument, &t), STATUS_OK, "%s: %s",
                         id, status_sentence());
            cr_assert_eq(table_check(&t), STATUS_OK);
            return t;
        }
    }
    cr_assert_fail("no table '%s'", id);
    abort();
}

static void expect_golden(const char *name, const char *text)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "tests/data/golden/%s", name);
    const char *mode = getenv("VITAMIN_GOLDEN");
    if (mode != NULL && strcmp(mode, "write") == 0) {
        cr_assert_eq(file_make_folder("tests/data/golden"), STATUS_OK);
        cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK);
        return;
    }
    char *want = folder_read(path);
    size_t same = 0;
    while (want[same] != '\0' && want[same] == text[same])
        same++;
    cr_expect_str_eq(text, want, "%s differs at byte %zu: '%.60s' should be '%.60s'", name, same,
                     text + same, want + same);
    free(want);
}

static void expect_golden_table(const struct report *r, const char *id, bool csv)
{
    struct table t = made(r, id);
    struct text out = {0};
    char name[128];
    table_latex(&t, &(struct table_files){.standalone = true, .comment = "golden"}, &out);
    snprintf(name, sizeof name, "%s.tex", id);
    expect_golden(name, text_get(&out));
    text_free(&out);
    table_markdown(&t, &out);
    snprintf(name, sizeof name, "%s.md", id);
    expect_golden(name, text_get(&out));
    text_free(&out);
    snprintf(name, sizeof name, "%s.csv", id);
    if (csv)
        expect_golden(name, text_get(&t.csv));
    table_free(&t);
}

Test(table, equals_the_golden_main_tables_of_corl)
{
    struct report r = corl();
    expect_golden_table(&r, "tab2", true);
    expect_golden_table(&r, "tab3", true);
    report_free(&r);
}

Test(table, equals_the_golden_aggregates_comparisons_and_audit_of_corl)
{
    struct report r = corl();
    expect_golden_table(&r, "aggregates", true);
    expect_golden_table(&r, "pairs", true);
    expect_golden_table(&r, "tab3-paper", false); /* its w has the math library's last bit */
    expect_golden_table(&r, "agreement", false);
    expect_golden_table(&r, "audit", true);
    report_free(&r);
}

/* --- the paper's form by hand ----------------------------------------------------------------- */

static const char by_hand[] = "method,dataset,seed,score,initial\n"
                              "td3bc,hopper-medium-v2,0,90,80\n"
                              "td3bc,hopper-medium-v2,1,90,100\n"
                              "iql,hopper-medium-v2,0,100.001,100.003\n"
                              "iql,hopper-medium-v2,1,100.001,100.003\n"
                              "odt,hopper-medium-v2,0,100.004,50\n"
                              "odt,hopper-medium-v2,1,99.998,50\n"
                              "pdt,hopper-medium-v2,0,89,\n"
                              "pdt,hopper-medium-v2,1,91.6,\n"
                              "td3,hopper-medium-v2,0,-5,0\n"
                              "odt,hopper-random-v2,0,-3,0\n"
                              "iql,hopper-random-v2,0,-2.5,-2.5\n";

Test(table, calls_none_the_best_where_all_are_equal)
{
    struct report r = report_of(folder_write("a.csv", "method,dataset,seed,score\n"
                                                      "iql,pen-human-v1,0,0\n"
                                                      "odt,pen-human-v1,0,0\n"
                                                      "td3,pen-human-v1,0,0\n"
                                                      "iql,pen-cloned-v1,0,5\n"
                                                      "odt,pen-cloned-v1,0,5\n"
                                                      "td3,pen-cloned-v1,0,1\n"
                                                      "iql,door-human-v1,0,5\n"));
    struct table t = made(&r, "tab2");
    static const enum table_face want[3][3] = {{FACE_PLAIN, FACE_PLAIN, FACE_PLAIN},
                                               {FACE_BOLD, FACE_BOLD, FACE_PLAIN},
                                               {FACE_PLAIN, FACE_PLAIN, FACE_PLAIN}};
    static const char *const row[] = {"Pen-human", "Pen-cloned", "Door-human"};
    for (int i = 0; i < 3; i++) {
        int at = 0;
        while (at < t.rows && strcmp(table_cell(&t, at, 0)->text, row[i]) != 0)
            at++;
        cr_assert_lt(at, t.rows, "no %s", row[i]);
        for (int m = 0; m < 3; m++)
            cr_expect_eq(table_cell(&t, at, m + 1)->face, want[i][m], "%s, column %d", row[i], m);
    }
    table_free(&t);
    report_free(&r);
}

Test(table, prints_final_and_increase_as_the_paper_does)
{
    struct report r = report_of(folder_write("a.csv", by_hand));
    struct table t = made(&r, "tab1");
    static const struct {
        int row, column;
        const char *text, *mark;
        enum table_face face;
    } want[] = {
        {0, 0, "Hopper-medium", "", FACE_PLAIN},
        {0, 1, "90.00(+0.00)", "", FACE_PLAIN},  /* not above 0.9 * 100.001 */
        {0, 2, "100.00(+0.00)", "", FACE_BOLD},  /* -0.002 rounds to zero: no minus sign */
        {0, 3, "100.00(+50.00)", "", FACE_BOLD}, /* equal as printed */
        {0, 4, "90.30", "", FACE_UNDERLINE},     /* no initial score */
        {0, 5, "-5.00(-5.00)", "1", FACE_PLAIN}, /* one seed of two */
        {1, 1, "\u2014", "", FACE_PLAIN},
        {1, 2, "-2.50(+0.00)", "1", FACE_BOLD},
        {1, 3, "-3.00(-3.00)", "1", FACE_PLAIN}, /* best is not positive: no underline */
        {2, 0, "Average", "", FACE_PLAIN},
        {2, 1, "\u2014", "", FACE_PLAIN}, /* an average needs all its rows */
        {2, 2, "48.75(+0.00)", "", FACE_BOLD},
        {2, 3, "48.50(+23.50)", "", FACE_UNDERLINE},
    };
    cr_assert_eq(t.rows, 3);
    cr_assert_eq(t.columns, 6);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        const struct table_cell *c = table_cell(&t, want[i].row, want[i].column);
        cr_expect_str_eq(c->text, want[i].text, "cell %d,%d: %s", want[i].row, want[i].column,
                         c->text);
        cr_expect_str_eq(c->mark, want[i].mark, "cell %d,%d", want[i].row, want[i].column);
        cr_expect_eq(c->face, want[i].face, "cell %d,%d: %s", want[i].row, want[i].column, c->text);
    }
    table_free(&t);
    report_free(&r);
}

Test(table, has_other_cells_names_and_rules_for_bold)
{
    struct report r = report_of(folder_write("a.csv", by_hand));
    static const struct {
        enum cell_form form;
        const char *text;
    } forms[] = {{CELL_MEAN_SD, "90.3 \u00b1 1.3"},
                 {CELL_MEAN_CI, "90.3 [89.0, 91.6]"},
                 {CELL_INITIAL_FINAL, "90.3"}};
    r.digits = 1;
    r.abbreviate = true;
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        r.cell = forms[i].form;
        struct table t = made(&r, "tab1");
        cr_expect_str_eq(table_cell(&t, 0, 4)->text, forms[i].text);
        cr_expect_str_eq(table_cell(&t, 0, 0)->text, "Ho-M");
        table_free(&t);
    }
    r.best_by_interval = true;
    struct table t = made(&r, "tab1");
    cr_expect_eq(table_cell(&t, 0, 2)->face, FACE_BOLD);
    cr_expect_eq(table_cell(&t, 0, 1)->face, FACE_PLAIN);
    table_free(&t);
    report_free(&r);
}

Test(table, rounds_to_zero_without_a_sign)
{
    char out[32];
    cr_expect_str_eq(table_number(-0.004, 2, false, out, sizeof out), "0.00");
    cr_expect_str_eq(table_number(-0.004, 2, true, out, sizeof out), "+0.00");
    cr_expect_str_eq(table_number(-0.006, 2, true, out, sizeof out), "-0.01");
    cr_expect_str_eq(table_number(12.345678, 1, true, out, sizeof out), "+12.3");
    cr_expect_str_eq(table_number(-0.4, 0, false, out, sizeof out), "0");
}

/* --- names that would break a format ---------------------------------------------------------- */

Test(table, stays_well_formed_with_hostile_names)
{
    struct report r = report_of(folder_write(
        "a.csv", "method,dataset,seed,score\n"
                 "\"_ & % ' \"\" \\ < ~ ^ # $ { }|`x`\",\"d_1 & | <b> \\input{x}\",0,50\n"
                 "\"_ & % ' \"\" \\ < ~ ^ # $ { }|`x`\",\"d_1 & | <b> \\input{x}\",1,60\n"));
    struct table t = made(&r, "tab-other");
    struct text out = {0};
    cr_assert_eq(t.rows, 1);
    table_markdown(&t, &out);
    int bars = 0;
    const char *line = strstr(text_get(&out), "\n| d");
    cr_assert_not_null(line);
    for (const char *c = line + 1; *c != '\n' && *c != '\0'; c++)
        bars += *c == '|' && c[-1] != '\\';
    cr_expect_eq(bars, 3, "a row of two cells: %s", line);
    cr_expect_null(strstr(text_get(&out), "<b>"));
    text_free(&out);

    table_latex(&t, &(struct table_files){.comment = "c"}, &out);
    cr_expect_null(strstr(text_get(&out), "\\input"));
    cr_expect_not_null(strstr(text_get(&out), "\\textbackslash{}input\\{x\\}"));
    const char *row = strstr(text_get(&out), "\nd\\_1");
    cr_assert_not_null(row);
    int ampersands = 0;
    for (const char *c = row + 1; *c != '\n' && *c != '\0'; c++)
        ampersands += *c == '&' && c[-1] != '\\';
    cr_expect_eq(ampersands, 1, "%s", row);
    text_free(&out);
    table_free(&t);
    report_free(&r);
}

Test(table, explains_letters_that_need_a_unicode_engine)
{
    struct table t;
    struct text out = {0};
    table_init(&t, "cjk", "CJK");
    table_column(&t, "Dataset", true, 0);
    table_column(&t, "\u03bb=0.1", false, 0);
    table_put(&t, table_row(&t, false), 0, "hopper");
    table_latex(&t, &(struct table_files){0}, &out);
    cr_expect_not_null(strstr(text_get(&out), "$\\lambda$=0.1"));
    cr_expect_null(strstr(text_get(&out), "unicodetext"), "nothing to explain");
    text_free(&out);
    table_put(&t, 0, 0, "\u57fa\u7ebf");
    table_latex(&t, &(struct table_files){0}, &out);
    const char *made = strstr(text_get(&out), "\\providecommand\\unicodetext[3]");
    const char *used = strstr(text_get(&out), "\\unicodetext{57FA}{U+57FA 7EBF}{\u57fa\u7ebf}");
    cr_assert_not_null(made);
    cr_assert_not_null(used);
    cr_expect(made < used);
    cr_expect_not_null(strstr(text_get(&out), "lualatex"));
    text_free(&out);
    table_free(&t);
}

/* --- every table on poor input ---------------------------------------------------------------- */

static const struct {
    const char *what, *text;
} poor[] = {
    {"one run", "method,dataset,seed,score\na,b,0,5\n"},
    {"one method", "method,dataset,seed,score\na,hopper-medium-v2,0,5\na,hopper-medium-v2,1,6\n"
                   "a,pen-human-v1,0,5\n"},
    {"all equal", "method,dataset,seed,score\na,x,0,5\na,x,1,5\nb,x,0,5\nb,x,1,5\n"},
    {"all zero", "method,dataset,seed,score,initial\ntd3bc,antmaze-umaze-v2,0,0,0\n"
                 "td3bc,antmaze-umaze-v2,1,0,0\ntd3bc,antmaze-umaze-v2,2,0,0\n"},
    {"NaN", "method,dataset,seed,step,score\na,x,0,0,5\na,x,0,10,nan\nb,x,0,0,nan\n"},
    {"nothing finished", "method,dataset,seed,score,status\na,x,0,,incomplete\na,x,1,,failed\n"},
    {"twelve methods",
     "method,dataset,seed,score\na,x,0,1\nb,x,0,2\nc,x,0,3\nd,x,0,4\ne,x,0,5\nf,x,0,6\n"
     "g,x,0,7\nh,x,0,8\ni,x,0,9\nj,x,0,10\nk,x,0,11\nl,x,0,12\n"},
};

Test(table, is_made_or_left_out_for_poor_input)
{
    for (size_t k = 0; k < sizeof poor / sizeof poor[0]; k++) {
        struct report r = report_of(folder_write("a.csv", poor[k].text));
        r.bootstrap.reps = 50;
        int rows = 0;
        for (int i = 0; i < table_count; i++) {
            struct table t = made(&r, table_table[i].id);
            struct text out = {0};
            if (t.rows > 0) {
                table_latex(&t, &(struct table_files){.standalone = true}, &out);
                table_markdown(&t, &out);
            }
            cr_expect_null(strstr(text_get(&out), "nan"), "%s: %s prints nan", poor[k].what, t.id);
            cr_expect_null(strstr(text_get(&out), "inf"), "%s: %s prints inf", poor[k].what, t.id);
            rows += t.rows;
            text_free(&out);
            table_free(&t);
        }
        cr_expect_gt(rows, 0, "%s", poor[k].what);
        report_free(&r);
    }
}

static void run_of_an_ablation(const char *dataset, const char *method, const char *variant,
                               int seed, double last)
{
    char folder[64];
    snprintf(folder, sizeof folder, "%s%s%s", method, variant[0] != '\0' ? "@" : "", variant);
    folder_run((struct folder_run){.matrix = "main",
                                   .dataset = dataset,
                                   .method = method,
                                   .variant = variant,
                                   .folder = folder,
                                   .seed = seed,
                                   .points = 2,
                                   .end = 1000,
                                   .last = last});
}

Test(table, holds_each_variant_against_its_own_method)
{
    for (int seed = 1; seed <= 3; seed++) {
        run_of_an_ablation("hopper-random-v2", "odt", "", seed, 10 + seed);
        run_of_an_ablation("hopper-random-v2", "odt", "tau=1", seed, 30 + 2 * seed);
        run_of_an_ablation("walker2d-random-v2", "odt", "", seed, 20);
        run_of_an_ablation("walker2d-random-v2", "odt", "tau=1", seed, 20);
        run_of_an_ablation("pen-human-v1", "odt", "tau=1", seed, 20); /* nothing beside it */
        run_of_an_ablation("hopper-random-v2", "td3_odt", "", seed, 99);
    }
    struct report r = report_of_main();
    struct table t = made(&r, "variants");
    cr_assert_eq(t.rows, 3, "two datasets and both together");
    cr_expect_str_eq(table_cell(&t, 0, 1)->text, "ODT, tau=1");
    cr_expect_str_eq(table_cell(&t, 0, 2)->text, "ODT");
    cr_expect_str_eq(table_cell(&t, 0, 4)->text, "1.00 [1.00, 1.00]");
    /* 34 - 12 */
    cr_expect_eq(strncmp(table_cell(&t, 0, 5)->text, "+22.0 [+", 8), 0);
    cr_expect_str_eq(table_cell(&t, 0, 6)->text, "better");
    cr_expect_str_eq(table_cell(&t, 1, 5)->text, "+0.0 [+0.0, +0.0]");
    cr_expect_str_eq(table_cell(&t, 1, 6)->text, "no clear difference");
    cr_expect_eq(strncmp(table_cell(&t, 2, 5)->text, "+11.0 [", 7), 0);
    table_free(&t);

    t = made(&r, "ablation-mujoco");
    cr_assert_eq(t.columns, 4, "the emphasised method, the one that is varied, the variant");
    cr_expect_str_eq(t.column[1].title, "ODT");
    cr_expect_str_eq(t.column[2].title, "TD3+ODT");
    cr_expect_str_eq(t.column[3].title, "ODT, tau=1");
    table_free(&t);
    report_free(&r);
}

Test(table, shows_hyperparameters_and_cost_from_the_runs)
{
    for (int d = 0; d < 2; d++) {
        folder_run((struct folder_run){.matrix = "main",
                                       .dataset = d == 0 ? "hopper-random-v2" : "pen-human-v1",
                                       .method = "td3_odt",
                                       .points = 4,
                                       .end = 1000,
                                       .last = 30,
                                       .config = d == 0
                                                     ? "T_train = 20\ngamma = 0.99\nlabel = a\n"
                                                     : "T_train = 5\ngamma = 0.99\nlabel = b\n"});
    }
    struct report r = report_of_main();
    struct table t = made(&r, "tab8");
    cr_assert_eq(t.rows, 2, "label is no hyperparameter");
    cr_expect_str_eq(table_cell(&t, 0, 1)->text, "20 / 5");
    cr_expect_str_eq(table_cell(&t, 1, 1)->text, "0.99");
    table_free(&t);
    t = made(&r, "tab9");
    cr_assert_eq(t.rows, 2);
    cr_assert_eq(t.columns, 2);
    cr_expect_str_eq(table_cell(&t, 1, 1)->text, "5");
    table_free(&t);
    t = made(&r, "cost");
    cr_assert_eq(t.rows, 2);
    cr_expect_str_eq(table_cell(&t, 0, 2)->text, "1");
    table_free(&t);
    report_free(&r);
}

Test(table, of_settings_has_only_keys_that_some_method_reads)
{
    static const char config[] = "family = dt\nactor = dt\nrl_gradient = %s\ngamma = 0.99\n"
                                 "tau = 0.005\npdt_latent = 16\nmlp_hidden = 256\nembed_dim = 64\n"
                                 "antmaze_singles_kept = 10\njsrl_n0 = 0\njsrl_guide = pretrained\n"
                                 "jsrl_guide_file = \n";
    static const char *const method[] = {"odt", "td3_odt"}, *const gradient[] = {"none", "td3"};
    for (int m = 0; m < 2; m++) {
        char text[512];
        snprintf(text, sizeof text, config, gradient[m]);
        folder_run((struct folder_run){.matrix = "main",
                                       .dataset = "hopper-medium-v2",
                                       .method = method[m],
                                       .points = 4,
                                       .end = 1000,
                                       .last = 30,
                                       .config = text});
    }
    struct report r = report_of_main();
    struct table t = made(&r, "tab8");
    static const char *const kept[] = {"family", "actor", "rl_gradient",
                                       "gamma",  "tau",   "embed_dim"};
    cr_assert_eq(t.rows, 6, "%d rows, the last %s", t.rows, table_cell(&t, t.rows - 1, 0)->text);
    for (int i = 0; i < 6; i++)
        cr_expect_str_eq(table_cell(&t, i, 0)->text, kept[i]);
    cr_expect_str_eq(table_cell(&t, 3, 1)->text, "-", "ODT has no critic");
    cr_expect_str_eq(table_cell(&t, 3, 2)->text, "0.99");
    cr_expect_not_null(strstr(text_get(&t.csv), "pdt_latent"), "the CSV has what was recorded");
    table_free(&t);
    report_free(&r);
}

Test(table, splits_what_is_too_wide_or_too_long_for_a_page)
{
    struct table t;
    table_init(&t, "big", "Big");
    table_column(&t, "Name", true, 0);
    for (int k = 0; k < 20; k++)
        table_column(&t, "A long method name", false, 0);
    for (int i = 0; i < 100; i++) {
        int row = table_row(&t, i % 10 == 0);
        for (int k = 0; k < 21; k++)
            table_put(&t, row, k, "cell%d", i);
    }
    struct text out = {0};
    table_latex(&t, &(struct table_files){.standalone = true}, &out);
    int tabulars = 0, cells = 0;
    for (const char *c = text_get(&out); (c = strstr(c, "\\toprule")) != NULL; c++)
        tabulars++;
    for (const char *c = text_get(&out); (c = strstr(c, "cell57 ")) != NULL; c++)
        cells++;
    cr_expect_geq(tabulars, 9);
    cr_expect_eq(tabulars % 3, 0, "%d tabulars: equal rows in every block of columns", tabulars);
    cr_expect_eq(cells, 20 + tabulars / 3, "every column once, the name in each block");
    text_free(&out);
    table_free(&t);
}

static int count_of(const char *text, const char *what)
{
    int n = 0;
    for (const char *c = text; (c = strstr(c, what)) != NULL; c++)
        n++;
    return n;
}

/* Seven methods beside the longest names: the last one, ours, must not end up below the others, and
 * all of it must be large enough to read. */
Test(table, sets_seven_methods_side_by_side_their_increase_below)
{
    struct table t;
    table_init(&t, "tab1", "Seven");
    table_column(&t, "Dataset", true, 0);
    for (int k = 0; k < 7; k++)
        table_column(&t, "DDPG+ODT", false, 0);
    int row = table_row(&t, false);
    table_put(&t, row, 0, "HalfCheetah-medium-replay");
    for (int k = 0; k < 7; k++) {
        table_put(&t, row, 1 + k, "101.92(-36.85)");
        table_cell(&t, row, 1 + k)->face = k == 6   ? FACE_UNDERLINE
                                           : k == 5 ? FACE_BOLD
                                                    : FACE_PLAIN;
    }
    struct text out = {0};
    table_latex(&t, &(struct table_files){.standalone = true}, &out);
    const char *tex = text_get(&out);
    cr_expect_eq(count_of(tex, "\\begin{tabular}{@{}l"), 1, "one tabular");
    cr_expect_not_null(strstr(tex, "\\fontsize{8}"));
    cr_expect_eq(count_of(tex, "\\stacked{\\textbf{101.92}}{\\textbf{($-$36.85)}}"), 1);
    cr_expect_eq(count_of(tex, "\\stacked{\\underline{101.92}}{($-$36.85)}"), 1);
    cr_expect_not_null(strstr(tex, "\\renewcommand{\\arraystretch}{1.25}"),
                       "room for what is underlined");
    text_free(&out);
    table_free(&t);
}

Test(table, breaks_long_headings_and_names)
{
    struct table t;
    table_init(&t, "long", "Long");
    table_column(&t, "Dataset", true, 0);
    for (int k = 0; k < 3; k++)
        table_column(&t, "TD3+ODT, stop_transitions=500000,score_at=500000", false, 0);
    int row = table_row(&t, false);
    table_put(&t, row, 0, "my-very-long-benchmark-environment-name-medium-replay-v12345");
    for (int k = 0; k < 3; k++)
        table_put(&t, row, 1 + k, "17.01(+11.54)");
    struct text out = {0};
    table_latex(&t, &(struct table_files){0}, &out);
    const char *tex = text_get(&out);
    cr_expect_not_null(strstr(tex, "\\begin{tabular}[b]{@{}r@{}}TD3+ODT,\\\\stop\\_\\\\"), "%s",
                       tex);
    cr_expect_not_null(strstr(tex, "\\begin{tabular}[t]{@{}l@{}}my-very-long-"), "%s", tex);
    cr_expect_eq(count_of(tex, "\\toprule"), 1, "nothing is split");
    cr_expect_not_null(strstr(tex, "{1.08}"), "nothing is underlined");
    text_free(&out);
    table_free(&t);
}

Test(table, stands_in_floats_with_caption_and_label_on_request)
{
    struct table t;
    table_init(&t, "tab1", "Gym & co");
    table_column(&t, "Dataset", true, 0);
    table_column(&t, "IQL", false, 0);
    for (int i = 0; i < 60; i++)
        table_put(&t, table_row(&t, false), 1, "%d", i);
    text_add(&t.caption, "Mean of 5 %%.");
    struct text out = {0};
    table_latex(&t, &(struct table_files){.captions = true}, &out);
    const char *tex = text_get(&out);
    cr_expect_eq(count_of(tex, "\\begin{table}[t]"), 2, "a page each");
    cr_expect_eq(count_of(tex, "\\end{table}"), 2);
    cr_expect_not_null(strstr(tex, "\\caption{Gym \\& co. Mean of 5 \\%.}\n\\label{tab:tab1}"));
    cr_expect_not_null(
        strstr(tex, "\\addtocounter{table}{-1}%\n\\caption{Gym \\& co (continued).}"));
    cr_expect_eq(count_of(tex, "\\label"), 1);
    text_free(&out);
    table_latex(&t, &(struct table_files){.captions = true, .label_prefix = "tbl-x:"}, &out);
    cr_expect_not_null(strstr(text_get(&out), "\\label{tbl-x:tab1}"));
    text_free(&out);
    table_latex(&t, &(struct table_files){0}, &out);
    cr_expect_null(strstr(text_get(&out), "caption"), "only on request");
    text_free(&out);
    table_free(&t);
}

/* With LaTeX at hand: every table of hostile and long names compiles, none is wider than 5.5 in. */
Test(table, is_never_wider_than_the_text, .timeout = 120)
{
    if (system("command -v pdflatex >/dev/null && kpsewhich booktabs.sty >/dev/null") != 0)
        cr_skip_test("no pdflatex with booktabs");
    char csv[8192] = "method,dataset,seed,score,initial\n";
    static const char *const methods[] = {
        "A method with an extremely long descriptive name of 60 chars!",
        "Andafurtheronewithneitherblanksnorhyphensnoranythingtobreakat",
        "\u03bb=0.1, \u03b2=\u221e \u201cours\u201d \u00ab\u0111\u00bb e\u0301",
        "\u57fa\u7ebf\u6211\u4eec\u7684\u65b9\u6cd5",
        "WWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWWW",
        "td3_odt",
        "td3bc",
        "\u0414\u0435\u043b\u044c\u0442\u0430 & % # _ ^ ~"};
    for (int m = 0; m < 8; m++) {
        for (int d = 0; d < 3; d++) {
            static const char *const datasets[] = {"halfcheetah-medium-replay-v2",
                                                   "walker2d-medium-replay-v2", "antmaze-umaze-v2"};
            for (int seed = 0; seed < 3; seed++)
                snprintf(csv + strlen(csv), sizeof csv - strlen(csv), "\"%s\",%s,%d,%d.5,%d\n",
                         methods[m], datasets[d], seed, -110 + 7 * m + seed, 10 * m);
        }
    }
    struct report r = report_of(folder_write("a.csv", csv));
    r.bootstrap.reps = 50;
    for (int i = 0; i < table_count; i++) {
        struct table t = made(&r, table_table[i].id);
        if (t.rows > 0) {
            struct text out = {0};
            char command[512];
            table_latex(&t, &(struct table_files){.standalone = true}, &out);
            cr_assert_eq(text_write(&out, folder_path("t.tex")), STATUS_OK);
            snprintf(command, sizeof command,
                     "cd '%s' && pdflatex -interaction=nonstopmode -halt-on-error t.tex >log 2>&1",
                     folder_path("."));
            cr_expect_eq(system(command), 0, "%s does not compile", t.id);
            char *log = folder_read(folder_path("t.log"));
            const char *over = strstr(log, "Overfull \\hbox");
            cr_expect_null(over, "%s: %.60s", t.id, over != NULL ? over : "");
            free(log);
        }
        table_free(&t);
    }
    report_free(&r);
}
