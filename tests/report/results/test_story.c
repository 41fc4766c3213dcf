/* Whose report it is: the emphasised method, its kind, the suites of foreign datasets. */
#include "report/export.h"
#include "report/results/report.h"
#include "report/results/results_impl.h"
#include "report/results/statistics.h"
#include "report/results/suite_scores.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

TestSuite(story, .init = folder_make, .fini = folder_remove, .timeout = 30);

static const char foreign[] = "method,dataset,seed,step,score\n"
                              "Rainbow,walker-run,0,0,10\nRainbow,walker-run,0,100,30\n"
                              "Dreamer,walker-run,0,0,20\nDreamer,walker-run,0,100,60\n"
                              "MPC,walker-run,0,0,5\nMPC,walker-run,0,100,50\n";

static struct results read_csv(const char *text, struct results_options options)
{
    return folder_scores(folder_write("a.csv", text), options);
}

static const char *ours(const struct results *r)
{
    return r->ours >= 0 ? r->method[r->ours].id : "nobody";
}

Test(story, emphasises_nobody_in_foreign_scores)
{
    struct results r = read_csv(foreign, (struct results_options){0});
    cr_expect(r.foreign);
    cr_expect_not(r.finetuning);
    cr_expect_str_eq(ours(&r), "nobody");
    cr_expect_str_eq(r.x_title, "Steps");
    results_free(&r);
    r = read_csv("method,dataset,seed,score\nTD3+ODT,walker-run,0,1\nIQL,walker-run,0,2\n",
                 (struct results_options){0});
    cr_expect(r.foreign, "the paper's methods on other datasets");
    cr_expect_str_eq(ours(&r), "nobody");
    results_free(&r);
    r = read_csv("method,dataset,seed,score\nCQL,hopper-medium-v2,0,1\n",
                 (struct results_options){0});
    cr_expect(r.foreign, "other methods on the paper's datasets");
    results_free(&r);
}

Test(story, is_the_papers_for_runs_of_this_program_and_for_its_methods_on_its_datasets)
{
    struct results r = read_csv("method,dataset,seed,score\nTD3+ODT,hopper-medium-v2,0,1\n"
                                "IQL,hopper-medium-v2+delay5,0,2\n",
                                (struct results_options){0});
    cr_expect_not(r.foreign);
    cr_expect(r.finetuning);
    cr_expect_str_eq(ours(&r), "td3_odt");
    results_free(&r);
    folder_run((struct folder_run){.matrix = "m",
                                   .dataset = "my-own-data",
                                   .method = "iql",
                                   .points = 3,
                                   .end = 100,
                                   .last = 5});
    r = folder_results(folder_path("m"), (struct results_options){0});
    cr_expect_not(r.foreign);
    cr_expect_str_eq(ours(&r), "nobody");
    results_free(&r);
    folder_run((struct folder_run){.matrix = "m",
                                   .dataset = "my-own-data",
                                   .method = "td3_odt",
                                   .points = 3,
                                   .end = 100,
                                   .last = 5});
    r = folder_results(folder_path("m"), (struct results_options){0});
    cr_expect_str_eq(ours(&r), "td3_odt");
    results_free(&r);
}

static void write_run(const char *method, const char *dataset, const char *suite, int seed)
{
    folder_run((struct folder_run){.matrix = "m",
                                   .dataset = dataset,
                                   .method = method,
                                   .suite = suite,
                                   .seed = seed,
                                   .points = 3,
                                   .end = 100,
                                   .last = 5 + seed});
}

Test(story, is_the_same_when_the_reports_own_files_are_read_back)
{
    for (int seed = 0; seed < 2; seed++) {
        write_run("td3_odt", "hopper-mine", NULL, seed);
        write_run("iql", "mine", "maze2d", seed);
        write_run("custom", "pen-human-v1", NULL, seed);
    }
    struct results r = folder_results(folder_path("m"), (struct results_options){0});
    static const char *const rules[] = {"walker-*=DMC"};
    struct results f = read_csv(foreign,
                                (struct results_options){.suite_of = rules, .suite_ofs = 1});
    const struct results *all[] = {&r, &f};
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(export_scores(all[k], folder_path("scores.csv")), STATUS_OK);
        cr_assert_eq(export_curves(all[k], folder_path("curves.csv.gz")), STATUS_OK);
        static const char *const files[] = {"scores.csv", "curves.csv.gz"};
        for (int i = 0; i < 2; i++) {
            struct results again = folder_scores(folder_path(files[i]),
                                                 (struct results_options){0});
            cr_expect_eq(again.foreign, all[k]->foreign, "%s of %d", files[i], k);
            cr_expect_eq(again.finetuning, all[k]->finetuning, "%s of %d", files[i], k);
            cr_expect_str_eq(ours(&again), ours(all[k]), "%s of %d", files[i], k);
            cr_expect_str_eq(again.x_title, all[k]->x_title, "%s of %d", files[i], k);
            cr_assert_eq(again.suites, all[k]->suites, "%s of %d", files[i], k);
            for (int s = 0; s < again.suites; s++)
                cr_expect_str_eq(again.suite[s].id, all[k]->suite[s].id, "%s of %d", files[i], k);
            results_free(&again);
        }
    }
    results_free(&r);
    results_free(&f);
}

Test(story, is_of_the_method_that_the_user_names_by_id_or_label)
{
    static const char *const names[] = {"Dreamer", "dreamer", "DREAMER"};
    for (int i = 0; i < 3; i++) {
        struct results r = read_csv(foreign, (struct results_options){.ours = names[i]});
        cr_expect_str_eq(ours(&r), "Dreamer");
        cr_expect_eq(r.ours, r.methods - 1, "ours comes last");
        cr_expect_str_eq(r.method[0].id, "Rainbow");
        cr_expect_str_eq(r.method[1].id, "MPC");
        results_free(&r);
    }
    struct results r = read_csv("method,dataset,seed,score\nTD3+ODT,hopper-medium-v2,0,1\n"
                                "IQL,hopper-medium-v2,0,2\n",
                                (struct results_options){.ours = "IQL"});
    cr_expect_str_eq(ours(&r), "iql");
    results_free(&r);
}

Test(story, of_a_method_that_is_not_there_is_an_error_with_the_nearest_name)
{
    struct results r;
    results_init(&r, (struct results_options){.ours = "Dramer"});
    cr_assert_eq(results_read_scores(&r, folder_write("a.csv", foreign)), STATUS_OK);
    cr_expect_eq(results_finish(&r), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "--ours"), "%s", status_sentence());
    cr_expect_not_null(strstr(status_sentence(), "'Dreamer'"), "%s", status_sentence());
    results_free(&r);
    results_init(&r, (struct results_options){.ours = "MPC"});
    cr_assert_eq(results_read_scores(&r, folder_path("a.csv")), STATUS_OK);
    cr_assert_eq(results_select(&r, "Rainbow,Dreamer", NULL, NULL), STATUS_OK);
    cr_expect_eq(results_finish(&r), STATUS_CONFIG, "its runs are not selected");
    results_free(&r);
}

Test(story, has_methods_in_the_order_of_their_list)
{
    struct results r;
    results_init(&r, (struct results_options){.ours = "Dreamer"});
    cr_assert_eq(results_read_scores(&r, folder_write("a.csv", foreign)), STATUS_OK);
    cr_assert_eq(results_select(&r, "MPC,Dreamer,R*", NULL, NULL), STATUS_OK);
    cr_assert_eq(results_finish(&r), STATUS_OK, "%s", status_sentence());
    static const char *const want[] = {"MPC", "Dreamer", "Rainbow"};
    for (int i = 0; i < 3; i++)
        cr_expect_str_eq(r.method[i].id, want[i]);
    cr_expect_eq(r.ours, 1, "where the list says");
    results_free(&r);
}

Test(story, of_an_ablation_has_it_in_the_main_tables)
{
    write_run("td3_odt", "pen-human-v1", NULL, 0);
    write_run("td3_odt_kl", "pen-human-v1", NULL, 0);
    struct results r = folder_results(folder_path("m"), (struct results_options){0});
    cr_expect_not(suite_scores_standard(&r, results_method(&r, "td3_odt_kl")));
    results_free(&r);
    r = folder_results(folder_path("m"), (struct results_options){.ours = "td3_odt_kl"});
    cr_expect(suite_scores_standard(&r, r.ours));
    cr_expect_str_eq(ours(&r), "td3_odt_kl");
    results_free(&r);
}

/* --- suites ----------------------------------------------------------------------------------- */

static const char many[] = "method,dataset,seed,score\n"
                           "a,hopper-hop,0,1\na,hopper-stand,0,2\na,walker-run,0,3\n"
                           "a,hopper-medium-v0,0,4\na,antmaze-umaze-v0,0,5\n"
                           "a,hopper-medium-v2,0,6\na,antmaze-large-play-v2,0,7\n"
                           "a,hopper-random-dev,0,8\n";

static const char *suite_of(const struct results *r, const char *dataset)
{
    int d = results_dataset(r, dataset);
    cr_assert_geq(d, 0, "no %s", dataset);
    return r->suite[r->dataset[d].suite].id;
}

Test(story, puts_a_dataset_into_a_suite_by_its_exact_id)
{
    struct results r = read_csv(many, (struct results_options){0});
    cr_expect_str_eq(suite_of(&r, "hopper-medium-v2"), "mujoco");
    cr_expect_str_eq(suite_of(&r, "antmaze-large-play-v2"), "antmaze-large");
    cr_expect_str_eq(suite_of(&r, "hopper-random-dev"), "mujoco", "a part of the paper's");
    static const char *const others[] = {"hopper-hop", "hopper-stand", "walker-run",
                                         "hopper-medium-v0", "antmaze-umaze-v0"};
    for (int i = 0; i < 5; i++)
        cr_expect_str_eq(suite_of(&r, others[i]), "other", "%s", others[i]);
    cr_expect_str_eq(r.suite[results_suite(&r, "other")].title, "Other");
    results_free(&r);
    r = read_csv(foreign, (struct results_options){0});
    cr_expect_eq(r.suites, 1);
    cr_expect_str_eq(r.suite[0].title, "All datasets", "nothing that they are other than");
    results_free(&r);
}

Test(story, keeps_runs_of_this_program_in_the_suite_that_they_state_or_that_their_name_tells)
{
    static const struct folder_run run = {
        .matrix = "m", .method = "iql", .points = 3, .end = 100, .last = 5};
    struct folder_run stated = run, named = run;
    stated.dataset = "mine";
    stated.suite = "maze2d";
    named.dataset = "hopper-mine-v7";
    folder_run(stated);
    folder_run(named);
    struct results r = folder_results(folder_path("m"), (struct results_options){0});
    cr_expect_str_eq(suite_of(&r, "mine"), "maze2d");
    cr_expect_str_eq(suite_of(&r, "hopper-mine-v7"), "mujoco");
    results_free(&r);
}

Test(story, puts_datasets_into_the_suites_of_the_users_patterns)
{
    static const char *const rules[] = {"hopper-*=DMC hopper", "walker-*=DMC", "*-v0=gym-mujoco"};
    struct results r = read_csv(many, (struct results_options){.suite_of = rules, .suite_ofs = 3});
    cr_expect_str_eq(suite_of(&r, "hopper-hop"), "DMC hopper");
    cr_expect_str_eq(suite_of(&r, "hopper-medium-v0"), "DMC hopper", "the first pattern counts");
    cr_expect_str_eq(suite_of(&r, "walker-run"), "DMC");
    cr_expect_str_eq(suite_of(&r, "antmaze-umaze-v0"), "mujoco", "a suite that is known by title");
    cr_expect_str_eq(suite_of(&r, "hopper-medium-v2"), "mujoco", "its id says so");
    cr_expect_eq(results_suite(&r, "other"), -1);
    cr_expect(r.suite[results_suite(&r, "DMC")].scored);
    cr_expect_not(r.suite[results_suite(&r, "DMC")].known);
    results_free(&r);
}

Test(story, selects_suites_of_the_user_by_name)
{
    static const char *const rules[] = {"*-run=DMC"};
    struct results r;
    results_init(&r, (struct results_options){.suite_of = rules, .suite_ofs = 1});
    cr_assert_eq(results_read_scores(&r, folder_write("a.csv", many)), STATUS_OK);
    cr_assert_eq(results_select(&r, NULL, NULL, "dmc"), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(results_finish(&r), STATUS_OK, "%s", status_sentence());
    cr_expect_eq(r.datasets, 1);
    cr_expect_str_eq(r.dataset[0].id, "walker-run");
    results_free(&r);
}

Test(story, refuses_a_pattern_that_places_no_dataset)
{
    static const struct {
        const char *rule, *said;
    } cases[] = {{"cheetah-*=DMC", "no dataset matches"},
                 {"hopper-medium-v2=DMC", "belongs to mujoco by its id"}};
    for (int i = 0; i < 2; i++) {
        struct results r;
        results_init(&r, (struct results_options){.suite_of = &cases[i].rule, .suite_ofs = 1});
        cr_assert_eq(results_read_scores(&r, folder_write("a.csv", many)), STATUS_OK);
        cr_expect_eq(results_finish(&r), STATUS_CONFIG);
        cr_expect_not_null(strstr(status_sentence(), cases[i].said), "%s", status_sentence());
        results_free(&r);
    }
}

/* --- pairs and words -------------------------------------------------------------------------- */

static int list_pairs(const struct report *r, char out[9][64])
{
    struct suite_statistics *s;
    int n = 0, at = 0, x, y;
    cr_assert_eq(statistics_suite(r, 0, RESULTS_FINAL, &s), STATUS_OK);
    while (statistics_next_pair(r, s, &at, &x, &y))
        snprintf(out[n++], 64, "%.24s/%.24s", r->results.method[s->scores.method[x]].id,
                 r->results.method[s->scores.method[y]].id);
    return n;
}

Test(story, compares_all_pairs_ours_or_the_chosen_ones)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100};
    char pair[9][64];
    r.results = read_csv(foreign, (struct results_options){0});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    cr_assert_eq(list_pairs(&r, pair), 3);
    cr_expect_str_eq(pair[0], "Rainbow/Dreamer");
    cr_expect_str_eq(pair[2], "Dreamer/MPC");
    int chosen[2][2] = {{2, 0}, {1, 0}};
    r.pair = chosen;
    r.pairs = 2;
    cr_assert_eq(list_pairs(&r, pair), 2);
    cr_expect_str_eq(pair[0], "MPC/Rainbow");
    cr_expect_str_eq(pair[1], "Dreamer/Rainbow");
    report_free(&r);
    r.pairs = 0;
    r.results = read_csv(foreign, (struct results_options){.ours = "MPC"});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    cr_assert_eq(list_pairs(&r, pair), 2);
    cr_expect_str_eq(pair[0], "MPC/Rainbow");
    cr_expect_str_eq(pair[1], "MPC/Dreamer");
    report_free(&r);
}

Test(story, speaks_of_scales_without_the_papers_words)
{
    static const char *const files[] = {
        "method,dataset,seed,score\nA,reach,0,0.4\nB,reach,0,0.6\n",
        "method,dataset,seed,score\nA,reach,0,4000\nB,reach,0,9000\n",
        "method,dataset,seed,score\nA,hopper-medium-v2,0,3000\nB,hopper-medium-v2,0,2500\n",
        "method,dataset,seed,score\nA,hopper-medium-v2,0,30\nB,hopper-medium-v0,0,25\n"};
    for (int i = 0; i < 4; i++) {
        struct results r = read_csv(files[i], (struct results_options){0});
        int said = 0;
        for (int k = 0; k < r.notes; k++) {
            said += r.note[k].level != NOTE_INFO;
            cr_expect_null(strstr(r.note[k].text, "D4RL"), "%s", r.note[k].text);
            cr_expect_null(strstr(r.note[k].text, "claim"), "%s", r.note[k].text);
        }
        cr_expect_gt(said, 0, "file %d", i);
        results_free(&r);
    }
}

Test(story, calls_scores_what_they_are)
{
    struct report r = {.results = {.foreign = true}};
    char text[64];
    cr_expect_str_eq(report_score(&r), "Score");
    cr_expect_str_eq(report_score_of(&r, "IQM", text, sizeof text), "IQM score");
    r.score_label = "SPL";
    cr_expect_str_eq(report_score_of(&r, "IQM", text, sizeof text), "IQM SPL");
    r = (struct report){.results = {.finetuning = true}};
    cr_expect_str_eq(report_score(&r), "D4RL-normalised score");
    cr_expect_str_eq(report_score_of(&r, "Mean", text, sizeof text), "Mean normalised score");
}
