/* Figures from results: which come of what, and that gnuplot draws each without a warning. */
#include "report/figures/figures.h"

#include "report/figures/fig_curves.h"
#include "report/results/scores.h"
#include "report/results/statistics.h"
#include "tests/support/fixture.h"
#include "tests/support/samples.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-figures-XXXXXX";

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "/bin/rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(figures, .init = make_folder, .fini = remove_folder, .timeout = 120);

static void write_text(const char *path, const char *text)
{
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK, "%s", status_sentence());
}

static char *read_text(const char *path)
{
    char *text;
    cr_assert_eq(file_read(path, 1 << 24, &text, NULL), STATUS_OK, "%s", status_sentence());
    return text;
}

/* --- results and what is made of them ------------------------------------------------------------
 */

static struct results load(const char *path)
{
    struct results r;
    results_init(&r, (struct results_options){.missing = MISSING_AVAILABLE});
    bool file = strstr(path, ".csv") != NULL || strstr(path, ".h5") != NULL;
    cr_assert_eq(file ? results_read_scores(&r, path) : results_read_folder(&r, path), STATUS_OK,
                 "%s", status_sentence());
    cr_assert_eq(results_finish(&r), STATUS_OK, "%s", status_sentence());
    return r;
}

static struct results load_text(const char *csv)
{
    write_text(at("%s/in.csv", folder), csv);
    return load(at("%s/in.csv", folder));
}

static const struct theme plain;
static struct report report;

/* Few replications, SVG alone: what is tested here does not depend on either. */
static struct figures quick(const struct results *r, const char *only)
{
    statistics_free(&report);
    report = (struct report){.results = *r, .bootstrap = bootstrap_default(), .gamma = 100};
    report.bootstrap.reps = 200;
    cr_assert_eq(statistics_new(&report), STATUS_OK);
    struct figures f = {.report = &report,
                        .theme = &plain,
                        .folder = at("%s/figures", folder),
                        .only = only,
                        .comment = "vitamin report 0123456789abcdef",
                        .no_page = true};
    f.skip[PICTURE_PDF] = f.skip[PICTURE_PNG] = true;
    return f;
}

static bool have_gnuplot(void)
{
    return system("command -v gnuplot >/dev/null") == 0;
}

static void make(struct figures *f)
{
    cr_assert_eq(figures_make(f), STATUS_OK, "%s", status_sentence());
    if (have_gnuplot()) {
        cr_assert_eq(f->failed, 0, "%s", f->trouble);
        cr_assert_eq(f->warnings, 0);
    }
}

static void expect_ids(const struct figures *f, const char *const *id)
{
    for (; *id != NULL; id++)
        cr_assert_not_null(figures_find(f, *id), "%s is missing", *id);
}

/* What every figure owes its readers. */
static void expect_words(const struct figures *f)
{
    for (int i = 0; i < f->count; i++) {
        const struct figure *g = &f->figure[i];
        cr_assert_gt(strlen(g->title), 3, "%s has no title", g->id);
        cr_assert_gt(strlen(g->caption), 40, "%s has no caption", g->id);
        cr_assert_gt(strlen(g->alt), 10, "%s has no alternative text", g->id);
        cr_assert(g->width > 0.5 && g->width <= 6.75 + 1e-9, "%s", g->id);
        cr_assert(file_exists(at("%s/%s.gp", f->folder, g->id)));
        cr_assert(file_exists(at("%s/%s.dat", f->folder, g->id)));
        if (have_gnuplot())
            cr_assert(file_exists(at("%s/%s.svg", f->folder, g->id)), "%s", g->id);
    }
}

Test(figures, of_the_papers_layout_are_all_there)
{
    static const char *const ids[] = {"fig3",
                                      "fig4",
                                      "fig4b",
                                      "fig6",
                                      "fig7",
                                      "fig7a",
                                      "fig7b",
                                      "fig7c",
                                      "fig7d",
                                      "fig18",
                                      "fig19",
                                      "intervals_antmaze-large",
                                      "gain",
                                      "profiles",
                                      "sample_efficiency",
                                      "improvement",
                                      "improvement_matrix",
                                      "ranks",
                                      "paper_vs_ours",
                                      "seeds_mujoco",
                                      "seeds_antmaze",
                                      "status",
                                      NULL};
    sample_paper_csv(at("%s/in.csv", folder), 3, 6);
    struct results r = load(at("%s/in.csv", folder));
    struct figures f = quick(&r, NULL);
    make(&f);
    expect_ids(&f, ids);
    expect_words(&f);
    cr_assert_null(figures_find(&f, "fig8"), "an ablation without runs of its own");
    cr_assert_not_null(strstr(figures_find(&f, "fig6")->caption, "standard deviation"));
    cr_assert_not_null(strstr(figures_find(&f, "fig6")->caption, "n = 3 runs"));
    cr_assert_not_null(strstr(figures_find(&f, "fig7a")->caption, "200 replications"));
    cr_assert_not_null(figures_find(&f, "fig6")->overlay);
    figures_free(&f);
    results_free(&r);
}

/* Files of our own for every ablation: two seeds a cell. */
static void sample_ablations(const char *runs)
{
    static const struct {
        const char *method, *dataset, *configs;
        double budget;
    } cells[] = {
        {"td3_odt", "halfcheetah-medium-replay-v2",
         "alpha_online = 0.1\nT_eval = 5\n|alpha_online = 10\nT_eval = 5\n|"
         "alpha_online = 0.1\nT_eval = 1\n",
         500000},
        {"td3_odt", "hammer-cloned-v1", "T_train = 5\n|T_train = 1\n|T_train = 20\n", 1000000},
        {"td3_odt", "hopper-random-v2", "a = 1\n", 1400000},
        {"td3_odt", "pen-cloned-v1", "critic_layernorm = 1\n|critic_layernorm = 0\n", 1000000},
        {"td3_odt", "hopper-medium-v2",
         "critic_arch = mlp\nT_train = 20\nT_eval = 5\n|critic_arch = lstm\nT_train = 1\nT_eval = "
         "1\n",
         100000},
        {"odt sac ppo awr awac", "hopper-medium-v2", "a = 1\n", 500000},
        {"sac_odt", "hopper-medium-v2", "a = 1\n", 500000},
        {"iql_odt", "hopper-random-v2", "a = 1\n", 500000},
        {"td3_kl td3bc_dt", "pen-cloned-v1", "a = 1\n", 1000000},
        {"td3_rvs_1layer td3_rvs td3_rvs_3layer odt", "pen-expert-v1", "a = 1\n", 1000000},
    };
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        char methods[128], *rest = methods;
        snprintf(methods, sizeof methods, "%s", cells[i].method);
        for (char *m; (m = strsep(&rest, " ")) != NULL;) {
            char configs[512], *more = configs;
            snprintf(configs, sizeof configs, "%s", cells[i].configs);
            for (char *config; (config = strsep(&more, "|")) != NULL;) {
                /* The first configuration has one more seed: it is the usual one. */
                for (int seed = 0; seed < (config == configs ? 3 : 2); seed++)
                    sample_run(runs, m, cells[i].dataset, seed, cells[i].budget,
                               40 + 10 * (double)i + seed, config);
            }
        }
    }
    for (int seed = 0; seed < 2; seed++) {
        sample_bandit(runs, "odt", seed);
        sample_bandit(runs, "ddpg", seed);
        sample_bandit(runs, "ddpg_odt", seed);
    }
}

Test(figures, of_ablations_come_from_result_files)
{
    static const char *const ids[] = {"fig2",  "fig5a", "fig5b", "fig8",       "fig9",   "fig10",
                                      "fig11", "fig20", "fig21", "fig22",      "fig23",  "fig24",
                                      "fig25", "fig26", "cost",  "cost_steps", "phases", NULL};
    const char *runs = at("%s/runs", folder);
    sample_ablations(runs);
    struct results r = load(runs);
    struct figures f = quick(&r, NULL);
    make(&f);
    expect_ids(&f, ids);
    expect_words(&f);
    char *gp = read_text(at("%s/fig5a.gp", f.folder));
    cr_assert_not_null(strstr(gp, "['α = 0.1', 'α = 10']"), "values in order");
    free(gp);
    gp = read_text(at("%s/fig20.gp", f.folder));
    cr_assert_not_null(strstr(gp, "['T_train = 1', 'T_train = 5', 'T_train = 20']"));
    free(gp);
    gp = read_text(at("%s/fig22.gp", f.folder));
    cr_assert_not_null(strstr(gp, "set logscale y"), "losses on a log axis");
    free(gp);
    gp = read_text(at("%s/fig2.gp", f.folder));
    cr_assert_not_null(strstr(gp, "dt DASH[1]"));
    free(gp);
    cr_assert_not_null(strstr(figures_find(&f, "fig2")->alt, "ODT ends at a mean reward of 0.0"));
    figures_free(&f);
    results_free(&r);
}

Test(figures, of_one_seed_have_no_bands_and_no_intervals)
{
    struct results r = load_text("method,dataset,seed,step,score\n"
                                 "odt,hopper-medium-v2,0,0,10\nodt,hopper-medium-v2,0,500000,50\n"
                                 "td3,hopper-medium-v2,0,0,20\ntd3,hopper-medium-v2,0,500000,60\n");
    struct figures f = quick(&r, NULL);
    make(&f);
    expect_words(&f);
    char *gp = read_text(at("%s/fig6.gp", f.folder));
    cr_assert_null(strstr(gp, "filledcurves"));
    free(gp);
    gp = read_text(at("%s/fig7b.gp", f.folder));
    cr_assert_null(strstr(gp, "boxxyerror"));
    cr_assert_not_null(strstr(gp, "vectors nohead"), "the ticks alone");
    free(gp);
    cr_assert_not_null(strstr(figures_find(&f, "fig7b")->caption, "no interval"));
    figures_free(&f);
    results_free(&r);
}

/* gnuplot warns of arrows none of which is long enough to be drawn. */
Test(figures, gains_of_nothing_are_dots_without_arrows)
{
    struct results r = load_text("method,dataset,seed,step,score\n"
                                 "odt,hopper-medium-v2,0,0,10\nodt,hopper-medium-v2,0,500000,10\n"
                                 "td3,hopper-medium-v2,0,0,20\ntd3,hopper-medium-v2,0,500000,20\n");
    struct figures f = quick(&r, "gain");
    make(&f);
    char *gp = read_text(at("%s/gain.gp", f.folder));
    cr_assert_not_null(strstr(gp, "with points pt 7"));
    cr_assert_null(strstr(gp, "with vectors"));
    free(gp);
    figures_free(&f);
    results_free(&r);
}

Test(figures, of_one_method_on_one_dataset_nobody_knows)
{
    struct results r = load_text("method,dataset,seed,score\nmine,my-task,0,7\nmine,my-task,1,7\n");
    struct figures f = quick(&r, NULL);
    make(&f);
    expect_words(&f);
    static const char *const ids[] = {"status", "seeds_other", "profiles", NULL};
    expect_ids(&f, ids);
    cr_assert_null(figures_find(&f, "improvement"));
    figures_free(&f);
    results_free(&r);
}

Test(figures, take_hostile_names_from_score_files)
{
    struct results r = load_text("method,dataset,seed,step,score\n"
                                 "\"`touch h`\",\"<script>alert(1)</script>\",0,0,1\n"
                                 "\"`touch h`\",\"<script>alert(1)</script>\",0,10,5\n"
                                 "\"`touch h`\",\"<script>alert(1)</script>\",1,10,6\n"
                                 "\"a_b & % '\"\"\\\",\"../../etc/$(touch h)\",0,0,1\n"
                                 "\"a_b & % '\"\"\\\",\"../../etc/$(touch h)\",0,10,9\n"
                                 "\"a_b & % '\"\"\\\",\"<script>alert(1)</script>\",0,10,9\n");
    struct figures f = quick(&r, NULL);
    f.no_page = false;
    make(&f);
    expect_words(&f);
    cr_assert(!file_exists(at("%s/h", f.folder)), "a name ran as a command");
    for (int i = 0; i < f.count; i++) {
        cr_assert(picture_safe_id(f.figure[i].id), "%s", f.figure[i].id);
        if (!have_gnuplot())
            continue;
        char *svg = read_text(at("%s/%s.svg", f.folder, f.figure[i].id));
        cr_assert_null(strstr(svg, "<script"), "%s", f.figure[i].id);
        free(svg);
    }
    figures_free(&f);
    results_free(&r);
}

Test(figures, warn_of_names_whose_letters_no_font_has)
{
    write_text(at("%s/fonts.conf", folder), "<?xml version=\"1.0\"?>\n<fontconfig></fontconfig>\n");
    cr_assert_eq(setenv("FONTCONFIG_FILE", at("%s/fonts.conf", folder), 1), 0);
    struct results r = load_text(
        "method,dataset,seed,score\n\u57fa\u7ebf,task,0,7\nplain,task,0,7\n");
    int before = r.notes;
    cr_assert_eq(figures_note_letters(&r), STATUS_OK);
    cr_assert_eq(r.notes, before + 1);
    cr_assert_eq(r.note[before].level, NOTE_WARNING);
    cr_assert_not_null(
        strstr(r.note[before].text, "of 1 name; figures show \u57fa\u7ebf as 'U+57FA 7EBF'"));
    cr_assert_not_null(strstr(r.note[before].text, "fonts-noto-cjk"));
    results_free(&r);
    r = load_text("method,dataset,seed,score\nplain,task,0,7\n");
    before = r.notes;
    cr_assert_eq(figures_note_letters(&r), STATUS_OK);
    cr_assert_eq(r.notes, before, "nothing to say");
    results_free(&r);
}

/* Names beside the points of one panel: inches, of labels in 6 points. */
struct name {
    char text[64];
    double left, right, y;
};

static int names_of(const char *gp, double width, double height, struct name *out, int most)
{
    int n = 0;
    for (const char *c = gp; n < most && (c = strstr(c, "\nset label ")) != NULL; c++) {
        int number;
        double x, y, points;
        if (sscanf(c, "\nset label %d '%63[^']' at screen %lf,screen %lf left font \",%lf\"",
                   &number, out[n].text, &x, &y, &points) != 5 ||
            points != 6)
            continue;
        out[n].left = x * width;
        out[n].right = x * width + theme_text_width(out[n].text, 6);
        out[n++].y = y * height;
    }
    return n;
}

Test(figures, of_printed_scores_name_points_where_nothing_crosses_the_name)
{
    /* On the diagonal, far from it, and three on one spot. */
    struct results r = load_text(
        "method,dataset,seed,score\n"
        "td3_odt,hopper-medium-v2,0,20\ntd3_odt,hopper-medium-v2,1,21\n"
        "td3_odt,walker2d-medium-v2,0,20\ntd3_odt,walker2d-medium-v2,1,22\n"
        "odt,hopper-medium-v2,0,97\nodt,hopper-medium-v2,1,98\n"
        "odt,walker2d-medium-v2,0,5\nodt,walker2d-medium-v2,1,99\n"
        "iql,hopper-medium-v2,0,45\niql,hopper-medium-v2,1,44\n"
        "td3bc,ant-medium-v2,0,60\ntd3bc,ant-medium-v2,1,61\n");
    struct figures f = quick(&r, "paper_vs_ours");
    make(&f);
    const struct figure *g = figures_find(&f, "paper_vs_ours");
    cr_assert_not_null(g);
    char *gp = read_text(at("%s/paper_vs_ours.gp", f.folder));
    struct name name[16];
    int n = names_of(gp, g->width, g->height, name, 16);
    cr_assert_eq(n, 6, "every point has a name: %d of 6", n);
    double left, right, bottom, top;
    const char *margins = strstr(gp, "set lmargin at screen 0.");
    cr_assert_eq(
        sscanf(margins,
               "set lmargin at screen %lf; set rmargin at screen %lf\nset bmargin at screen "
               "%lf; set tmargin at screen %lf",
               &left, &right, &bottom, &top),
        4);
    for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++)
            cr_assert(name[i].left >= name[k].right || name[k].left >= name[i].right ||
                          fabs(name[i].y - name[k].y) > 0.08,
                      "%s covers %s", name[i].text, name[k].text);
        double upper = name[i].left - left * g->width - (name[i].y + 0.03 - bottom * g->height);
        double lower = name[i].right - left * g->width - (name[i].y - 0.03 - bottom * g->height);
        cr_assert(upper > 0 || lower < 0, "the diagonal crosses %s", name[i].text);
    }
    cr_assert_not_null(strstr(gp, "array LABEL[4] = ['TD3+BC', 'IQL', 'ODT', 'TD3+ODT']"),
                       "the legend says which method a point is of");
    free(gp);
    figures_free(&f);
    results_free(&r);
}

Test(figures, of_half_a_grid_say_what_is_missing)
{
    struct results r = load_text(
        "method,dataset,seed,step,score,status\n"
        "odt,hopper-medium-v2,0,0,10,ok\nodt,hopper-medium-v2,0,500000,50,ok\n"
        "odt,hopper-medium-v2,1,0,10,ok\nodt,hopper-medium-v2,1,500000,55,ok\n"
        "odt,ant-medium-v2,0,0,10,ok\nodt,ant-medium-v2,0,500000,50,ok\n"
        "td3,hopper-medium-v2,0,0,20,ok\ntd3,hopper-medium-v2,0,500000,60,ok\n"
        "iql,hopper-medium-v2,0,0,20,ok\niql,hopper-medium-v2,0,250000,60,incomplete\n"
        "pdt,ant-medium-v2,0,0,20,ok\npdt,ant-medium-v2,0,500000,,diverged\n");
    struct figures f = quick(&r, NULL);
    make(&f);
    expect_words(&f);
    cr_assert_not_null(strstr(figures_find(&f, "fig7b")->caption, "is left out"), "%s",
                       figures_find(&f, "fig7b")->caption);
    cr_assert_not_null(strstr(figures_find(&f, "fig6")->caption, "of 2 planned"));
    figures_free(&f);
    results_free(&r);
}

Test(figures, are_chosen_by_name)
{
    sample_paper_csv(at("%s/in.csv", folder), 2, 3);
    struct results r = load(at("%s/in.csv", folder));
    struct figures f = quick(&r, "7,seeds_*");
    make(&f);
    static const char *const ids[] = {"fig7", "fig7a", "fig7d", "seeds_maze2d", NULL};
    expect_ids(&f, ids);
    cr_assert_null(figures_find(&f, "fig6"));
    cr_assert_null(figures_find(&f, "profiles"));
    figures_free(&f);
    f = quick(&r, "fig99");
    cr_assert_eq(figures_make(&f), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "fig99"));
    figures_free(&f);
    results_free(&r);
}

Test(figures, without_gnuplot_leave_scripts_data_and_one_clear_line)
{
    struct results r = load_text("method,dataset,seed,score\nodt,hopper-medium-v2,0,7\n");
    cr_assert_eq(setenv("PATH", folder, 1), 0);
    struct figures f = quick(&r, "status");
    cr_assert_eq(figures_make(&f), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(f.drawn, 0);
    cr_assert_not_null(strstr(f.trouble, "gnuplot is not on PATH"));
    cr_assert(file_exists(at("%s/status.gp", f.folder)));
    cr_assert(!file_exists(at("%s/status.svg", f.folder)));
    figures_free(&f);
    results_free(&r);
}

Test(figures, in_a_folder_that_cannot_be_written_are_an_error_with_its_name)
{
    struct results r = load_text("method,dataset,seed,score\nodt,hopper-medium-v2,0,7\n");
    struct figures f = quick(&r, NULL);
    f.folder = "/proc/figures";
    cr_assert_eq(figures_make(&f), STATUS_IO);
    cr_assert_not_null(strstr(status_sentence(), "/proc/figures"));
    figures_free(&f);
    results_free(&r);
}

Test(figures, of_equal_results_are_equal_bytes)
{
    sample_paper_csv(at("%s/in.csv", folder), 2, 3);
    char *text[2][3];
    for (int turn = 0; turn < 2; turn++) {
        struct results r = load(at("%s/in.csv", folder));
        struct figures f = quick(&r, "fig19,fig7d,ranks");
        f.folder = at("%s/%d", folder, turn);
        make(&f);
        text[turn][0] = read_text(at("%s/fig19.gp", f.folder));
        text[turn][1] = read_text(at("%s/fig7d.dat", f.folder));
        text[turn][2] = read_text(
            at("%s/%s", f.folder, have_gnuplot() ? "ranks.svg" : "ranks.dat"));
        figures_free(&f);
        results_free(&r);
    }
    for (int i = 0; i < 3; i++) {
        cr_assert_str_eq(text[0][i], text[1][i]);
        free(text[0][i]);
        free(text[1][i]);
    }
}

/* Real scores: the file behind a figure, number by number as it was when looked at. */
Test(figures, of_the_corl_scores_have_the_numbers_they_had)
{
    char path[FILE_PATH];
    fixture_shared("data/corl_scores.h5", path);
    struct results r = load(path);
    /* As when they were looked at: in the paper's words, with the last method emphasised. */
    r.foreign = false;
    r.finetuning = true;
    r.ours = r.methods - 1;
    struct figures f = quick(&r, "fig4b,gain");
    make(&f);
    static const char *const golden[] = {"fig4b.dat", "gain.dat", "gain.gp"};
    for (size_t i = 0; i < sizeof golden / sizeof *golden; i++) {
        char *got = read_text(at("%s/%s", f.folder, golden[i]));
        char *want = read_text(at("tests/data/figures/%s", golden[i]));
        cr_assert_str_eq(got, want, "%s changed", golden[i]);
        free(got);
        free(want);
    }
    figures_free(&f);
    results_free(&r);
}

Test(figures, of_offline_scores_stand_over_gradient_steps)
{
    char path[FILE_PATH];
    fixture_shared("data/d3rlpy_scores.h5", path);
    struct results r = load(path);
    struct figures f = quick(&r, "curves_other,intervals_other");
    make(&f);
    char *gp = read_text(at("%s/curves_other.gp", f.folder));
    cr_assert_not_null(strstr(gp, "Gradient steps"));
    free(gp);
    figures_free(&f);
    results_free(&r);
}

Test(figures, have_rows_with_safe_and_different_ids)
{
    for (int i = 0; i < figure_table_count; i++) {
        const struct figure_row *row = &figure_table[i];
        cr_assert(picture_safe_id(row->id), "%s", row->id);
        cr_assert((row->draw != NULL) != (row->suites != NULL), "%s", row->id);
        cr_assert_not_null(row->title, "%s", row->id);
        for (int k = 0; k < i; k++)
            cr_assert_str_neq(row->id, figure_table[k].id);
    }
}
