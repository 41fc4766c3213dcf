/* vitamin-report as people run it. */
#include "tests/report/folder.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(report_program, .init = folder_make, .fini = folder_remove, .timeout = 300);

/* Exit status; stdout and stderr go to FOLDER/said. */
static int report(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int report(const char *format, ...)
{
    const char *build = getenv("BUILD");
    char command[8192], program[FILE_PATH], arguments[3000];
    snprintf(program, sizeof program, "%.512s/vitamin-report", build != NULL ? build : "build/gcc");
    if (access(program, X_OK) != 0)
        cr_skip_test("no %s", program);
    va_list args;
    va_start(args, format);
    vsnprintf(arguments, sizeof arguments, format, args);
    va_end(args);
    snprintf(command, sizeof command, "%s --reps 200 %s > %.200s 2>&1", program, arguments,
             folder_path("said"));
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static bool said(const char *part)
{
    char *text = folder_read(folder_path("said"));
    bool found = strstr(text, part) != NULL;
    if (!found)
        fprintf(stderr, "said: %s\n", text);
    free(text);
    return found;
}

static int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static int shell(const char *format, ...)
{
    char command[4096];
    va_list args;
    va_start(args, format);
    vsnprintf(command, sizeof command, format, args);
    va_end(args);
    int status = system(command);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

Test(report_program, gives_equal_bytes_for_equal_inputs)
{
    char path[FILE_PATH];
    if (!fixture_find("corl_scores", path))
        cr_skip_test("no corl_scores.h5");
    for (int i = 0; i < 2; i++)
        cr_assert_eq(report("--scores %s --format none --out %s%d", path, folder_path("out"), i),
                     0);
    cr_expect_eq(shell("diff -r %s0 %s1", folder_path("out"), folder_path("out")), 0);
    static const char *const files[] = {
        "report.md",       "scores.csv",     "curves.csv.gz",        "provenance.json",
        "tables/tab3.tex", "tables/tab3.md", "tables/aggregates.csv"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        char name[64];
        snprintf(name, sizeof name, "out0/%s", files[i]);
        cr_expect_eq(access(folder_path(name), R_OK), 0, "no %s", files[i]);
    }
}

Test(report_program, reads_hostile_names_without_harm)
{
    const char *csv = folder_write(
        "a.csv", "method,dataset,seed,score\n"
                 "\"$(touch pwned) `touch pwned` _ & % ' \"\" \\ < ~ ^ # $ { }\",\"../../x\",0,50\n"
                 "\"$(touch pwned) `touch pwned` _ & % ' \"\" \\ < ~ ^ # $ { }\",\"../../x\",1,60\n"
                 "plain,\"<script>alert(1)</script>\",0,70\n");
    cr_assert_eq(report("--scores %s --standalone --format svg --out %s", csv, folder_path("out")),
                 0);
    cr_expect_eq(shell("find %s . -maxdepth 3 -name pwned | grep -q .", folder_path("")), 1);
    cr_expect_eq(
        shell("grep -rlF '<script>alert' %s --include=*.md --include=*.html", folder_path("out")),
        1);
    cr_expect_eq(shell("python3 -m json.tool %s/provenance.json > /dev/null 2>&1 || "
                       "! command -v python3 > /dev/null",
                       folder_path("out")),
                 0);
}

Test(report_program, writes_latex_that_compiles_without_overfull_boxes)
{
    char path[FILE_PATH];
    if (!fixture_find("corl_scores", path))
        cr_skip_test("no corl_scores.h5");
    if (shell("command -v pdflatex > /dev/null") != 0)
        cr_skip_test("no pdflatex");
    cr_assert_eq(report("--scores %s --paper --standalone --lang latex --format none --out %s",
                        path, folder_path("out")),
                 0);
    cr_expect_eq(shell("cd %s/tables && for f in *.tex; do "
                       "pdflatex -interaction=nonstopmode -halt-on-error $f > $f.log 2>&1 && "
                       "! grep -q Overfull $f.log || exit 1; done",
                       folder_path("out")),
                 0);
}

Test(report_program, packs_all_that_the_page_links_to_into_equal_archives)
{
    const char *csv = folder_write("a.csv", "method,dataset,seed,score\nodt,pen-human-v1,0,50\n"
                                            "td3_odt,pen-human-v1,0,70\n");
    for (int i = 0; i < 2; i++)
        cr_assert_eq(
            report("--scores %s --format svg --zip --out %s%d", csv, folder_path("out"), i), 0);
    cr_expect_eq(shell("cmp %s0/report.zip %s1/report.zip", folder_path("out"), folder_path("out")),
                 0);
    if (shell("command -v python3 > /dev/null") != 0)
        cr_skip_test("no python3 to read the archive");
    cr_expect_eq(shell("cd %s && python3 -m zipfile -t out0/report.zip > said && "
                       "python3 -m zipfile -e out0/report.zip packed && rm out0/report.zip && "
                       "diff -r out0 packed",
                       folder_path("")),
                 0);
}

Test(report_program, ends_on_a_terminal_with_the_page_in_at_most_five_lines)
{
    if (shell("command -v script > /dev/null") != 0)
        cr_skip_test("no script(1)");
    const char *csv = folder_write("a.csv", "method,dataset,seed,score\nodt,pen-human-v1,0,50\n"
                                            "td3_odt,pen-human-v1,0,70\n");
    const char *build = getenv("BUILD");
    cr_assert_eq(shell("script -qec '%.512s/vitamin-report --reps 200 --scores %s --format none "
                       "--out %s' /dev/null > %s < /dev/null",
                       build != NULL ? build : "build/gcc", csv, folder_path("out"),
                       folder_path("said")),
                 0);
    cr_expect_eq(shell("test $(wc -l < %s) -le 5", folder_path("said")), 0);
    cr_expect_eq(shell("tail -n 1 %s | grep -q 'out/index.html'", folder_path("said")), 0);
    cr_expect_eq(shell("head -n 2 %s | grep -q 'no difference can be tested'", folder_path("said")),
                 0);
}

Test(report_program, makes_only_what_is_asked_for)
{
    const char *csv = folder_write("a.csv", "method,dataset,seed,score\nodt,pen-human-v1,0,50\n"
                                            "td3_odt,pen-human-v1,0,70\n");
    cr_assert_eq(report("--scores %s --table tab2 --lang md --out %s", csv, folder_path("one")), 0);
    cr_expect_eq(shell("test \"$(find %s -type f)\" = %s/tables/tab2.md", folder_path("one"),
                       folder_path("one")),
                 0);
    cr_assert_eq(
        report("--scores %s --table tab2 --methods odt --cell mean_sd --digits 1 --lang md "
               "--out %s",
               csv, folder_path("two")),
        0);
    char *text = folder_read(folder_path("two/tables/tab2.md"));
    cr_expect_not_null(strstr(text, "| Dataset | ODT |"));
    cr_expect_not_null(strstr(text, "50.0"));
    free(text);
    cr_assert_eq(report("--paper --table '*printed' --lang csv --out %s %s", folder_path("three"),
                        folder_path("")),
                 0);
    cr_expect_eq(access(folder_path("three/tables/tab11-printed.csv"), R_OK), 0);
}

static const struct {
    const char *arguments; /* %s: a good score file */
    int status;
    const char *says;
} refused[] = {
    {"--scores %s --fanal last", 2, "--final"},
    {"--scores %s --final middle", 2, "final, last, mean_last_k, best or area"},
    {"--scores %s --reps 0", 2, "--reps is '0', should be a whole number"},
    {"--scores %s --reps", 2, "needs a value"},
    {"--scores %s --paper=yes", 2, "takes no value"},
    {"--scores %s --table tab99", 2, "no table is called 'tab99'"},
    {"--scores %s --methods nobody", 2, "nobody"},
    {"--scores %s --missing error", 2, "uneven"},
    {"--scores /nowhere/at/all.csv", 1, "/nowhere/at/all.csv"},
    {"/nowhere/at/all", 1, "/nowhere/at/all"},
    {"--scores %s --out /proc/nowhere", 1, "/proc/nowhere"},
};

Test(report_program, refuses_in_one_clear_sentence)
{
    const char *csv = folder_write("a.csv", "method,dataset,seed,score\na,pen-human-v1,0,50\n"
                                            "a,pen-human-v1,1,50\na,pen-cloned-v1,0,50\n");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        char arguments[512];
        snprintf(arguments, sizeof arguments, refused[i].arguments, csv);
        int status = report("--out %s %s", folder_path("out"), arguments);
        cr_expect_eq(status, refused[i].status, "%s: status %d", arguments, status);
        cr_expect(said(refused[i].says), "%s", arguments);
    }
}

Test(report_program, says_so_when_there_is_nothing)
{
    cr_expect_eq(report("%s --out %s", folder_path(""), folder_path("out")), 2);
    cr_expect(said("no run found"));
    cr_expect_eq(report("--help"), 0);
    cr_expect(said("--diverged RULE"));
}

Test(report_program, writes_everything_and_ends_with_1_when_a_curve_cannot_be_read)
{
    struct folder_run run = {.matrix = "runs",
                             .dataset = "hopper-random-v2",
                             .method = "odt",
                             .points = 3,
                             .end = 1000,
                             .last = 50,
                             .reduced = "\x1b]0;x\x07\u202e\xc2\x9b\nforged"};
    folder_run(run);
    folder_write("runs/hopper-random-v2/odt/1/curve.h5", "no curve");
    cr_expect_eq(report("%s --format none --out %s", folder_path("runs"), folder_path("out")), 1);
    cr_expect(said("1 curve or folder cannot be read"));
    cr_expect(said("\\x1b]0;x\\x07\\u202e\\u009b"), "shown, not obeyed");
    cr_expect_eq(shell("LC_ALL=C grep -q \"$(printf '\\033')\" %s", folder_path("said")), 1);
    static const char *const files[] = {"index.html", "report.md",       "scores.csv",
                                        "claims.md",  "provenance.json", "tables/tab1.tex"};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        cr_expect_eq(shell("test -s %s/%s", folder_path("out"), files[i]), 0, "%s", files[i]);
}

/* The list of verdicts: how many claims can be tested, each with its interval and seeds. */
Test(report_program, lists_the_verdicts_and_draws_what_was_earned_for_the_targets)
{
    for (int seed = 1; seed <= 3; seed++)
        folder_sweep(seed, 0, 0.5, 0);
    const char *out = folder_path("out");
    cr_assert_eq(report("%s --format svg --fast --out %s", folder_path("rtg"), out), 0, "%s",
                 folder_read(folder_path("said")));
    char *page = folder_read(folder_path("out/report.md"));
    cr_expect_not_null(strstr(page, "Of 45 claims of the paper 1 can be tested with these runs: 1 "
                                    "supported, 0 contradicted, 0 inconclusive."),
                       "%.3000s", page);
    cr_expect_not_null(strstr(page, "| C45 | supported | 0.01 [0.01, 0.01] | 1/34, 3 seeds | "));
    free(page);
    cr_expect_eq(shell("grep -q 'beyond the data.s best' %s/claims.md", out), 0);
    cr_expect_eq(shell("grep -q 7200 %s/figures/targets.dat", out), 0);
}

/* Neither silently, nor with a picture of other numbers in its place. */
Test(report_program, ends_with_1_and_without_the_old_picture_when_one_cannot_be_drawn)
{
    const char *csv = folder_write("a.csv", "method,dataset,seed,score\nodt,pen-human-v1,0,50\n"
                                            "td3_odt,pen-human-v1,0,70\n");
    for (int i = 0; i < 2; i++) {
        static const char *const gnuplot[] = {"exit 1", "printf '<?xml ?><svg ' > profiles.svg"};
        cr_assert_eq(shell("mkdir -p %s/bin %s/out/figures", folder_path(""), folder_path("")), 0);
        folder_write("out/figures/profiles.svg", "<?xml ?><svg>of other numbers</svg>\n");
        char script[128];
        snprintf(script, sizeof script, "#!/bin/sh\n%s\n", gnuplot[i]);
        cr_assert_eq(chmod(folder_write("bin/gnuplot", script), 0755), 0);
        cr_assert_eq(setenv("PATH", folder_path("bin"), 1), 0);
        cr_expect_eq(report("--scores %s --format svg --out %s", csv, folder_path("out")), 1);
        cr_expect(said("pictures could not be drawn"));
        cr_assert_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
        cr_expect_eq(shell("test -e %s/out/index.html", folder_path("")), 0);
        cr_expect_eq(shell("grep -rq 'of other numbers' %s/out", folder_path("")), 1);
    }
    cr_assert_eq(setenv("PATH", folder_path("nothing"), 1), 0);
    folder_write("out/figures/profiles.svg", "<?xml ?><svg>of other numbers</svg>\n");
    cr_expect_eq(report("--scores %s --format svg --out %s", csv, folder_path("out")), 0);
    cr_expect(said("gnuplot is not on PATH"));
    cr_assert_eq(setenv("PATH", "/usr/bin:/bin", 1), 0);
    cr_expect_eq(shell("grep -rq 'of other numbers' %s/out", folder_path("")), 1);
}

Test(report_program, splits_a_table_of_two_budgets)
{
    struct folder_run run = {.matrix = "short",
                             .dataset = "hopper-random-v2",
                             .method = "odt",
                             .points = 11,
                             .end = 1000,
                             .last = 100,
                             .budget = 200};
    for (; run.seed < 2; run.seed++)
        folder_run(run);
    run.matrix = "long";
    run.budget = 1000;
    run.seed = 0;
    folder_run(run);
    cr_assert_eq(report("%s %s --format none --out %s", folder_path("short"), folder_path("long"),
                        folder_path("out")),
                 0);
    cr_expect(said("runs of long are to be read at 1000, most others at 200"));
    static const char *const want[][2] = {{"tab1.md", "20.00"},
                                          {"tab1.md", "Read at 200 online transitions"},
                                          {"tab1+at1000.md", "100.00"},
                                          {"tab1+at1000.md", "Gym-MuJoCo, read at 1000"},
                                          {"tab1+at1000.md", "Read at 1000 online transitions"}};
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++)
        cr_expect_eq(
            shell("grep -qF '%s' %s/tables/%s", want[i][1], folder_path("out"), want[i][0]), 0,
            "%s: %s", want[i][0], want[i][1]);
    cr_expect_eq(shell("grep -q '100.00' %s/tables/tab1.md", folder_path("out")), 1);
}

/* --- whose report it is ----------------------------------------------------------------------- */

static const char *foreign_file(void)
{
    static const char head[] = "method,dataset,seed,step,score\n";
    static const char *const methods[] = {"Rainbow", "Dreamer, v3", "MPC"};
    static const char *const datasets[] = {"hopper-hop", "walker-run"};
    char text[8192];
    int used = snprintf(text, sizeof text, "%s", head);
    for (int i = 0; i < 3 * 2 * 3 * 3; i++) {
        int m = i % 3, d = i / 3 % 2, seed = i / 6 % 3, step = i / 18;
        used += snprintf(text + used, sizeof text - (size_t)used, "\"%s\",%s,%d,%d,%d\n",
                         methods[m], datasets[d], seed, 1000 * step,
                         100 * step * (m + 1) + 10 * seed + d);
    }
    return folder_write("foreign.csv", text);
}

Test(report_program, says_nothing_of_the_paper_in_a_report_on_foreign_scores)
{
    cr_assert_eq(report("--scores %s --format svg --out %s", foreign_file(), folder_path("out")), 0,
                 "%s", folder_read(folder_path("said")));
    cr_expect_eq(shell("cd %s && grep -riE 'fine.?tun|d4rl|the paper|ledger|pretrain|transitions' "
                       "--include=*.md --include=*.html --include=*.tex --include=*.gp .",
                       folder_path("out")),
                 1);
    cr_expect_eq(
        shell("cd %s && ls claims.md tables/claims.csv tables/audit.md tables/agreement.md "
              "tables/*-paper.* figures/paper_vs_ours.* 2> /dev/null | grep -q .",
              folder_path("out")),
        1);
    cr_expect_eq(shell("grep -q 'Dreamer, v3 over MPC' %s/tables/pairs.md", folder_path("out")), 0);
    cr_expect_eq(shell("grep -q 'P(X > Y)' %s/figures/improvement.gp", folder_path("out")), 0);
}

Test(report_program, tells_the_story_that_the_options_ask_for)
{
    cr_assert_eq(
        report("--scores %s --ours 'dreamer, v3' --title 'Walking & running' --score-label "
               "Return --suite-of '*=Control suite' --format none --out %s",
               foreign_file(), folder_path("out")),
        0, "%s", folder_read(folder_path("said")));
    const char *out = folder_path("out");
    cr_expect_eq(shell("grep -q '<h1>Walking &amp; running</h1>' %s/index.html", out), 0);
    cr_expect_eq(shell("grep -q '^# Walking' %s/report.md", out), 0);
    cr_expect_eq(shell("grep -q 'Control suite: final scores' %s/tables/tab-*.md", out), 0);
    cr_expect_eq(shell("head -3 %s/tables/tab-*.md | grep -q 'Rainbow | MPC | Dreamer, v3'", out),
                 0);
    cr_expect_eq(shell("grep -q '^Return, mean over' %s/tables/tab-*.md", out), 0);
    cr_expect_eq(shell("grep -q 'Return' %s/figures/curves_*.gp", out), 0);
    cr_expect_eq(shell("grep -q 'P(Dreamer, v3 > other)' %s/figures/improvement.gp", out), 0);
    cr_expect_eq(shell("grep -q '\"ours\": \"dreamer, v3\"' %s/provenance.json", out), 0);
}

Test(report_program, compares_the_chosen_pairs)
{
    cr_assert_eq(
        report("--scores %s --pairs 'MPC,Rainbow' --pairs 'Dreamer, v3,MPC' --format none --out "
               "%s",
               foreign_file(), folder_path("out")),
        0, "%s", folder_read(folder_path("said")));
    cr_expect_eq(shell("test $(grep -c over %s/tables/pairs.csv) = 0 && "
                       "test $(wc -l < %s/tables/pairs.csv) = 3",
                       folder_path("out"), folder_path("out")),
                 0);
    cr_expect_eq(shell("grep -q 'Dreamer, v3 over MPC' %s/tables/pairs.md", folder_path("out")), 0);
    static const char *const wrong[][2] = {{"MPC", "two methods"},
                                           {"MPC,MPC", "the same method"},
                                           {"MPC,Rainb0w", "the nearest is 'Rainbow'"}};
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(report("--scores %s --pairs '%s' --out %s", folder_path("foreign.csv"),
                            wrong[i][0], folder_path("out")),
                     2);
        cr_expect(said(wrong[i][1]), "%s", wrong[i][0]);
    }
}

Test(report_program, refuses_a_rule_of_suites_that_is_none)
{
    static const char *const wrong[] = {"DMC", "=DMC", "walker-*="};
    for (int i = 0; i < 3; i++) {
        cr_expect_eq(report("--scores %s --suite-of '%s' --out %s", foreign_file(), wrong[i],
                            folder_path("out")),
                     2);
        cr_expect(said("PATTERN=NAME"), "%s", wrong[i]);
    }
}

Test(report_program, draws_and_compares_published_and_other_results)
{
    const char *published = folder_write("published.csv",
                                         "method,dataset,mean,sd,n\nMPC,walker-run,590,20,5\n"
                                         "Planner,hopper-hop,300,,\n");
    cr_assert_eq(report("--scores %s --published %s --against %s --format svg --out %s",
                        foreign_file(), published, folder_path("foreign.csv"), folder_path("out")),
                 0, "%s", folder_read(folder_path("said")));
    static const char *const files[] = {
        "figures/published_vs_ours.svg", "figures/against.svg", "figures/against_other.svg",
        "tables/published.csv",          "tables/against.tex",  "tables/against-aggregate.md"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        char name[64];
        snprintf(name, sizeof name, "out/%s", files[i]);
        bool picture = strstr(files[i], "svg") != NULL;
        if (!picture || shell("command -v gnuplot > /dev/null") == 0)
            cr_expect_eq(access(folder_path(name), R_OK), 0, "no %s", files[i]);
    }
    cr_expect_eq(shell("grep -q 'Here and there' %s/index.html && grep -q 'Planner' %s/index.html",
                       folder_path("out"), folder_path("out")),
                 0);
    cr_expect_eq(report("--scores %s --published %s --out %s", folder_path("foreign.csv"),
                        folder_path("none.csv"), folder_path("out")),
                 1);
}

Test(report_program, says_which_interquartile_mean_it_computes_and_gives_the_other)
{
    /* Pooled: 0 1 [2 3 4 5] 100 200; tasks equal: 3 4 5 with 1/12 each, 100 with 1/4. */
    const char *csv = folder_write("uneven.csv", "method,dataset,seed,score\nm,a,0,0\nm,a,1,1\n"
                                                 "m,a,2,2\nm,a,3,3\nm,a,4,4\nm,a,5,5\n"
                                                 "m,b,0,100\nm,b,1,200\n");
    static const struct {
        const char *rule, *value, *other;
    } cases[] = {{"tasks", "52.0 ", "--iqm runs), the IQM is 3.5 (m, All datasets)"},
                 {"runs", "3.5 ", "--iqm tasks) the IQM is 52.0 (m, All datasets)"}};
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(report("--scores %s --iqm %s --table aggregates --lang md --out %s%d", csv,
                            cases[i].rule, folder_path("iqm"), i),
                     0);
        cr_expect_eq(shell("grep -q '| %s' %s%d/tables/aggregates.md", cases[i].value,
                           folder_path("iqm"), i),
                     0, "%s", cases[i].rule);
        cr_expect_eq(shell("grep -qF -e '%s' %s%d/tables/aggregates.md", cases[i].other,
                           folder_path("iqm"), i),
                     0, "%s", cases[i].rule);
    }
}

Test(report_program, keeps_words_and_suites_of_the_user_as_they_are)
{
    const char *out = folder_path("out");
    cr_assert_eq(report("--scores %s --suite-of 'walker-*=A/B' --suite-of 'hopper-*=A_B' "
                        "--score-label 'R_t^2 {x}' --format svg --out %s",
                        foreign_file(), out),
                 0, "%s", folder_read(folder_path("said")));
    cr_expect_eq(shell("test $(ls %s/tables/tab-*.csv | wc -l) = 2", out), 0, "one for each");
    if (shell("command -v gnuplot > /dev/null") == 0)
        cr_expect_eq(shell("grep -qF 'R_t^2 {x}' %s/figures/profiles.svg", out), 0);
}
