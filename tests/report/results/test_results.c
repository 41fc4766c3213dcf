#include "report/results/results.h"

#include "report/export.h"
#include "tests/report/folder.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(results, .init = folder_make, .fini = folder_remove, .timeout = 30);

static const struct results_options defaults = {0};

static const struct results_run *run_at(const struct results *r, const char *method,
                                        const char *dataset, int index)
{
    int m = results_method(r, method), d = results_dataset(r, dataset), n;
    cr_assert(m >= 0 && d >= 0, "no %s on %s", method, dataset);
    const struct results_run *run = results_cell(r, m, d, &n);
    cr_assert_lt(index, n, "%s on %s has %d runs", method, dataset, n);
    return &run[index];
}

static bool has_note(const struct results *r, enum note_level level, const char *part)
{
    for (int i = 0; i < r->notes; i++) {
        if (r->note[i].level == level && strstr(r->note[i].text, part) != NULL)
            return true;
    }
    return false;
}

/* --- score files ------------------------------------------------------------------------------ */

Test(results, reads_tidy_csv_in_any_order)
{
    struct results r = folder_scores(folder_write("a.csv", "score,seed,step,method,dataset,extra\n"
                                                           "30,1,100,mine,hopper-medium-v2,x\n"
                                                           "10,1,0,mine,hopper-medium-v2,x\n"
                                                           "20,1,50,mine,hopper-medium-v2,x\n"
                                                           "7,2,100,mine,hopper-medium-v2,x\n"
                                                           "5,2,0,mine,hopper-medium-v2,x\n"),
                                     defaults);
    cr_expect_eq(r.runs, 2);
    cr_expect_eq(r.seeds, 2);
    cr_expect_float_eq(r.dataset[0].budget, 100, 0);
    const struct results_run *run = run_at(&r, "mine", "hopper-medium-v2", 0);
    cr_expect_eq(run->points, 3);
    cr_expect_float_eq(run->final, 30, 1e-12);
    cr_expect_float_eq(run->increase, 20, 1e-12);
    cr_expect_float_eq(run->area, 20, 1e-12);
    cr_expect_float_eq(run->best, 30, 1e-12);
    cr_expect_str_eq(r.suite[0].id, "mujoco");
    results_free(&r);
}

Test(results, reads_final_scores_without_curves)
{
    struct results r = folder_scores(folder_write("a.csv", "method,dataset,seed,score,initial\n"
                                                           "IQL,pen-human-v1,0,80,60\n"
                                                           "IQL,pen-human-v1,1,90,\n"),
                                     defaults);
    const struct results_run *run = run_at(&r, "iql", "pen-human-v1", 0);
    cr_expect_float_eq(run[0].increase, 20, 1e-12);
    cr_expect(isnan(run[1].increase) && run[1].used);
    cr_expect_str_eq(r.method[0].label, "IQL");
    cr_expect(r.method[0].main);
    results_free(&r);
}

Test(results, orders_methods_and_datasets_as_the_paper_does)
{
    struct results r = folder_scores(
        folder_write("a.csv", "method,dataset,seed,score\n"
                              "zeta,maze2d-open-v0,0,1\ntd3_odt,maze2d-open-v0,0,1\n"
                              "sac,hopper-medium-v2,0,1\nalpha,unheard-of,0,1\n"
                              "td3bc,antmaze-large-play-v2,0,1\nodt,antmaze-umaze-v2,0,1\n"
                              "odt,hopper-medium-expert-v0,0,1\nodt,halfcheetah-random-v2,0,1\n"),
        defaults);
    static const char *const methods[] = {"td3bc", "odt", "td3_odt", "sac", "zeta", "alpha"};
    static const char *const datasets[] = {"hopper-medium-v2",       "halfcheetah-random-v2",
                                           "antmaze-umaze-v2",       "antmaze-large-play-v2",
                                           "maze2d-open-v0",         "unheard-of",
                                           "hopper-medium-expert-v0"};
    cr_assert_eq(r.methods, 6);
    for (int i = 0; i < r.methods; i++)
        cr_expect_str_eq(r.method[i].id, methods[i]);
    cr_assert_eq(r.datasets, 7);
    for (int i = 0; i < r.datasets; i++)
        cr_expect_str_eq(r.dataset[i].id, datasets[i]);
    cr_expect_eq(r.suites, 5);
    cr_expect_eq(r.suite[results_suite(&r, "mujoco")].count, 2);
    cr_expect_not(r.suite[results_suite(&r, "other")].known);
    results_free(&r);
}

Test(results, reads_corl_scores_with_the_offline_phase_as_the_start)
{
    char path[FILE_PATH];
    if (!fixture_find("corl_scores", path))
        cr_skip_test("no corl_scores.h5");
    struct results r = folder_scores(path, defaults);
    cr_expect_eq(r.seeds, 4);
    cr_expect_eq(r.methods, 6);
    const struct results_run *run = run_at(&r, "iql", "antmaze-umaze-v2", 0);
    cr_expect_float_eq(run->x[0], 0, 0);
    cr_expect_float_eq(run->initial, 78, 1e-12);
    cr_expect_float_eq(run->final, 97, 1e-12);
    cr_expect_float_eq(run->increase, 19, 1e-12);
    run = run_at(&r, "ReBRAC", "antmaze-umaze-v2", 0); /* starts at step 1 */
    cr_expect_float_eq(run->initial, 97, 1e-12);
    cr_expect_float_eq(run->final, 1, 1e-12);
    cr_expect_eq(results_method(&r, "AWAC"), -1, "a known method goes by its id");
    results_free(&r);
}

/* The whole file: every final, initial and increase that it states. */
Test(results, gives_the_finals_that_the_score_file_states)
{
    char path[FILE_PATH];
    fixture_shared("data/corl_scores.h5", path);
    struct h5 f;
    cr_assert_eq(h5_open(&f, path), STATUS_OK);
    size_t n;
    double *final = fixture_doubles(&f, "final/final", &n);
    double *initial = fixture_doubles(&f, "final/initial", NULL);
    double *increase = fixture_doubles(&f, "final/increase", NULL);
    int D = fixture_dim(&f, "final/final", 1), N = fixture_dim(&f, "final/final", 2);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    struct results r = folder_scores(path, defaults);
    cr_assert_eq((size_t)r.runs, n);

    /* Our order of methods is the paper's, the file's is its own: look up by sums of a cell. */
    int found = 0;
    for (size_t cell = 0; cell < n / (size_t)N; cell++) {
        for (int m = 0; m < r.methods; m++) {
            for (int d = 0; d < r.datasets; d++) {
                int count, equal = 0;
                const struct results_run *run = results_cell(&r, m, d, &count);
                for (int i = 0; i < count && count == N; i++) {
                    size_t k = cell * (size_t)N + (size_t)i;
                    equal += run[i].final == final[k] && run[i].initial == initial[k] &&
                             fabs(run[i].increase - increase[k]) < 1e-9;
                }
                found += equal == N;
            }
        }
    }
    cr_expect_geq(found, (int)(n / (size_t)N));
    cr_expect_gt(D, 0);
    free(final);
    free(initial);
    free(increase);
    results_free(&r);
}

Test(results, draws_offline_files_over_gradient_steps)
{
    char path[FILE_PATH];
    fixture_shared("data/d3rlpy_scores.h5", path);
    struct results r = folder_scores(path, defaults);
    cr_expect_str_eq(r.x_title, "Gradient steps");
    cr_expect_eq(r.seeds, 10);
    cr_expect(isnan(r.run[0].increase));
    cr_expect(r.run[0].used);
    results_free(&r);
}

Test(results, reads_back_its_own_exports)
{
    const char *source = folder_write("a.csv", "method,dataset,seed,step,score\n"
                                               "a,x-1,0,0,1.25\na,x-1,0,10,3.125\n"
                                               "b,x-1,0,0,2\nb,x-1,0,10,nan\n");
    struct results r = folder_scores(source, defaults), again;
    cr_assert_eq(export_scores(&r, folder_path("scores.csv")), STATUS_OK);
    cr_assert_eq(export_curves(&r, folder_path("curves.csv.gz")), STATUS_OK);
    static const char *const files[] = {"scores.csv", "curves.csv.gz"};
    for (int i = 0; i < 2; i++) {
        again = folder_scores(folder_path(files[i]), defaults);
        cr_expect_float_eq(run_at(&again, "a", "x-1", 0)->final, 3.125, 0, "%s", files[i]);
        cr_expect_float_eq(run_at(&again, "a", "x-1", 0)->increase, 1.875, 0, "%s", files[i]);
        results_free(&again);
    }
    again = folder_scores(folder_path("scores.csv"), defaults);
    cr_expect_eq(run_at(&again, "b", "x-1", 0)->status, RUN_DIVERGED);
    cr_expect_float_eq(run_at(&again, "b", "x-1", 0)->final, run_at(&r, "b", "x-1", 0)->final, 0);
    results_free(&again);
    results_free(&r);
}

/* --- result folders --------------------------------------------------------------------------- */

Test(results, reads_folders_of_curves)
{
    for (int seed = 0; seed < 3; seed++) {
        folder_run((struct folder_run){.matrix = "main",
                                       .dataset = "hopper-random-v2",
                                       .method = "td3_odt",
                                       .seed = seed,
                                       .points = 6,
                                       .end = 500000,
                                       .first = 1,
                                       .last = 70 + seed});
    }
    struct results r = folder_results(folder_path("main"), defaults);
    cr_assert_eq(r.runs, 3);
    const struct results_run *run = run_at(&r, "td3_odt", "hopper-random-v2", 1);
    cr_expect_eq(run->seed, 1);
    cr_expect_float_eq(run->final, 71, 1e-9);
    cr_expect_float_eq(run->increase, 70, 1e-9);
    cr_expect_float_eq(run->runtime, 50, 1e-9);
    cr_expect_str_eq(run->origin.matrix, "main");
    results_free(&r);
}

Test(results, keeps_every_kind_of_broken_run_apart)
{
    struct folder_run base = {.matrix = "main",
                              .dataset = "hopper-random-v2",
                              .method = "odt",
                              .points = 5,
                              .end = 1000,
                              .first = 8,
                              .last = 40};
    folder_run(base);
    base.seed = 1;
    base.status = "running";
    base.end = 600;
    base.budget = 1000;
    folder_run(base);
    base.seed = 2;
    base.status = "failed";
    folder_run(base);
    base.seed = 3;
    base.status = "diverged";
    folder_run(base);
    folder_write("main/hopper-random-v2/odt/4/config.ini", "x = 1\n");
    folder_write("main/hopper-random-v2/odt/5/curve.h5", "this is no HDF5 file");

    struct results r = folder_results(folder_path("main"), defaults);
    static const enum run_status want[] = {RUN_OK,       RUN_INCOMPLETE, RUN_FAILED,
                                           RUN_DIVERGED, RUN_MISSING,    RUN_FAILED};
    cr_assert_eq(r.runs, 6);
    for (int i = 0; i < 6; i++) {
        cr_expect_eq(r.run[i].status, want[i], "seed %d: %s", i, run_status_word(r.run[i].status));
        cr_expect_eq(r.run[i].used, i == 0 || i == 3);
        cr_expect(i == 0 || r.run[i].why[0] != '\0');
    }
    cr_expect_float_eq(r.run[3].final, 0, 0, "floor: min(0, last)");
    cr_expect(has_note(&r, NOTE_BANNER, "1 incomplete, 2 failed, 1 missing"));
    cr_expect(has_note(&r, NOTE_WARNING, "1 run diverged"));
    results_free(&r);

    r = folder_results(folder_path("main"), (struct results_options){.diverged = DIVERGED_LAST});
    cr_expect_float_eq(r.run[3].final, 40, 1e-9);
    results_free(&r);
    r = folder_results(folder_path("main"), (struct results_options){.diverged = DIVERGED_DROP});
    cr_expect_not(r.run[3].used);
    results_free(&r);
    r = folder_results(folder_path("main"), (struct results_options){.budget = 500});
    cr_expect_eq(r.run[1].status, RUN_OK, "a running run is past this budget");
    results_free(&r);
}

Test(results, survives_a_truncated_curve)
{
    folder_run((struct folder_run){.matrix = "main",
                                   .dataset = "hopper-random-v2",
                                   .method = "odt",
                                   .points = 50,
                                   .end = 1000,
                                   .last = 40});
    const char *path = folder_path("main/hopper-random-v2/odt/0/curve.h5");
    FILE *f = fopen(path, "rb");
    cr_assert_not_null(f);
    char *bytes = malloc(1 << 20);
    size_t size = fread(bytes, 1, 1 << 20, f);
    fclose(f);
    folder_run((struct folder_run){.matrix = "main",
                                   .dataset = "hopper-random-v2",
                                   .method = "odt",
                                   .seed = 9,
                                   .points = 5,
                                   .end = 1000,
                                   .last = 40});
    for (size_t keep = 0; keep < size; keep += 1 + size / 23) {
        f = fopen(path, "wb");
        cr_assert_eq(fwrite(bytes, 1, keep, f), keep);
        fclose(f);
        struct results r = folder_results(folder_path("main"), defaults);
        cr_expect_eq(r.run[0].status, RUN_FAILED, "%zu of %zu bytes", keep, size);
        cr_expect(r.run[1].used);
        results_free(&r);
    }
    free(bytes);
}

Test(results, tells_other_configurations_apart)
{
    struct folder_run run = {
        .dataset = "hopper-random-v2", .method = "td3_odt", .points = 3, .end = 1000, .last = 50};
    static const char *const config[] = {"alpha_online = 0.1\nlabel = x\n",
                                         "alpha_online = 10\nlabel = x\n",
                                         "alpha_online = 1\nlabel = y\n"};
    for (int k = 0; k < 3; k++) {
        char matrix[16];
        snprintf(matrix, sizeof matrix, "m%d", k);
        run.matrix = matrix;
        run.config = config[k];
        for (run.seed = 0; run.seed < (k == 0 ? 3 : 2); run.seed++)
            folder_run(run);
    }
    run.matrix = "other";
    run.config = config[0];
    run.preset = "code";
    run.seed = 0;
    folder_run(run);
    struct results r = folder_results(folder_path(""), defaults);
    cr_assert_eq(r.methods, 4);
    cr_expect_str_eq(r.method[0].id, "td3_odt");
    cr_expect_str_eq(r.method[1].id, "td3_odt:alpha_online=1");
    cr_expect_str_eq(r.method[2].id, "td3_odt:alpha_online=10");
    cr_expect_str_eq(r.method[3].id, "td3_odt:preset=code");
    cr_expect(r.method[0].main && !r.method[1].main);
    cr_expect(has_note(&r, NOTE_BANNER, "several presets; those of preset 'code'"));
    char value[32];
    cr_expect_str_eq(results_config(run_at(&r, "td3_odt:alpha_online=10", "hopper-random-v2", 0),
                                    "alpha_online", value, sizeof value),
                     "10");
    results_free(&r);
}

Test(results, takes_variants_and_failures_from_the_folders_of_a_matrix)
{
    struct folder_run run = {.matrix = "fig5a",
                             .dataset = "hammer-human-v1",
                             .points = 3,
                             .method = "td3_odt",
                             .end = 1000,
                             .last = 50};
    folder_run(run);
    run.status = "running";
    run.seed = 1;
    run.budget = 9000;
    folder_run(run);
    folder_write("fig5a/hammer-human-v1/td3_odt/1/failed", "no memory left\n");
    folder_write("fig5a/hammer-human-v1/td3_odt@alpha_online=10/0/failed", "the disk is full\n");
    folder_write("fig5a/hammer-human-v1/td3_odt@alpha_online=10,delayed_reward=5/1/run.log", "");
    folder_write("one/hammer-human-v1/odt-paper-tiny/seed3/config.ini", "");
    struct results r = folder_results(folder_path(""), defaults);
    const struct results_run *failed = run_at(&r, "td3_odt", "hammer-human-v1", 1);
    cr_expect_eq(failed->status, RUN_FAILED);
    cr_expect_str_eq(failed->why, "no memory left");
    const struct results_run *variant = run_at(&r, "td3_odt:alpha_online=10", "hammer-human-v1", 0);
    cr_expect_eq(variant[0].status, RUN_FAILED);
    cr_expect_eq(variant[1].status, RUN_MISSING);
    cr_expect_str_eq(r.method[variant->method].label, "TD3+ODT, alpha_online=10");
    cr_expect_eq(run_at(&r, "odt", "hammer-human-v1", 0)->seed, 3);
    cr_expect(has_note(&r, NOTE_WARNING, "seed 1: no memory left"));
    results_free(&r);
}

Test(results, do_not_pass_over_a_folder_that_cannot_be_seen)
{
    folder_run((struct folder_run){.matrix = "main",
                                   .dataset = "hopper-random-v2",
                                   .method = "odt",
                                   .points = 5,
                                   .end = 1000,
                                   .last = 40});
    cr_assert_eq(symlink("/not/mounted", folder_path("main/walker2d-random-v2")), 0);
    folder_write("main/hopper-random-v2/odt/1/run.log", "");
    cr_assert_eq(symlink("/not/mounted.h5", folder_path("main/hopper-random-v2/odt/1/curve.h5")),
                 0);
    folder_write("main/hopper-random-v2/odt/2/failed", "the disk is full\n");
    folder_write("main/hopper-random-v2/odt/2/curve.h5", "damaged");
    struct results r = folder_results(folder_path(""), defaults);
    cr_assert_eq(r.runs, 3);
    cr_expect(has_note(&r, NOTE_WARNING, "walker2d-random-v2: is a dangling symbolic link"));
    for (int i = 1; i < 3; i++)
        cr_expect(r.run[i].status == RUN_FAILED && r.run[i].unreadable, "seed %d", i);
    cr_expect_eq(results_all_read(&r, ""), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "3 curves"), "%s", status_sentence());
    results_free(&r);
}

/* A folder's name names a run only where its file says nothing, and never against it. */
Test(results, names_runs_by_what_their_files_say)
{
    struct folder_run run = {.matrix = "m",
                             .dataset = "hammer-human-v1",
                             .method = "td3_odt",
                             .points = 3,
                             .end = 1000,
                             .last = 50,
                             .config = "alpha_online = 0.1\n"};
    run.folder = "td3_odt@alpha_online=10"; /* moved or renamed by hand */
    folder_run(run);
    run.seed = 1;
    run.folder = "odt";
    run.variant = "";
    folder_run(run);
    run.seed = 2;
    run.folder = "td3_odt";
    run.config = "alpha_online = 10\n";
    run.variant = "alpha_online=10";
    folder_run(run);
    run.seed = 3;
    run.folder = "td3_odt@alpha_online=10";
    run.variant = NULL; /* an older one */
    folder_run(run);
    struct results r = folder_results(folder_path(""), defaults);
    cr_assert_eq(r.methods, 2);
    int count;
    int plain = results_method(&r, "td3_odt"), ten = results_method(&r, "td3_odt:alpha_online=10");
    cr_assert(plain >= 0 && ten >= 0);
    cr_expect_eq(results_cell(&r, plain, 0, &count)->seed, 0);
    cr_expect_eq(count, 2);
    cr_expect_eq(results_cell(&r, ten, 0, &count)->seed, 2);
    cr_expect_eq(count, 2);
    results_free(&r);
}

Test(results, tells_long_variants_and_unknown_methods_apart)
{
    struct folder_run run = {
        .matrix = "m", .dataset = "own-data", .points = 3, .end = 1000, .last = 50};
    char variant[200];
    memset(variant, 'k', sizeof variant);
    memcpy(variant + 150, "=1", 3);
    run.method = "mine";
    run.label = "My method";
    run.suite = "adroit";
    run.folder = "a";
    run.variant = variant;
    folder_run(run);
    variant[151] = '2';
    run.folder = "b";
    folder_run(run);
    run.folder = "c";
    run.variant = "tau=1";
    folder_run(run);
    struct results r = folder_results(folder_path(""), defaults);
    cr_expect_eq(r.methods, 3, "%d methods", r.methods);
    int m = results_method(&r, "mine:tau=1");
    cr_assert_geq(m, 0);
    cr_expect_str_eq(r.method[m].label, "My method, tau=1");
    cr_expect_str_eq(r.suite[0].id, "adroit", "the suite that its runs state");
    results_free(&r);
}

Test(results, puts_delayed_rewards_into_a_suite_of_their_own)
{
    folder_run((struct folder_run){.matrix = "delayed",
                                   .dataset = "hopper-medium-v2",
                                   .method = "odt",
                                   .points = 3,
                                   .end = 1000,
                                   .last = 50,
                                   .config = "delayed_reward = 5\n"});
    struct results r = folder_results(folder_path("delayed"), defaults);
    cr_expect_str_eq(r.dataset[0].id, "hopper-medium-v2+delay5");
    cr_expect_str_eq(r.suite[0].id, "mujoco-delayed");
    results_free(&r);
}

/* A curve that two machines made never passes for one. */
Test(results, names_runs_of_several_segments)
{
    const char *const elsewhere[CURVE_ORIGIN_COUNT] = {"0123456789ab", "0",    "",     "gcc",
                                                       "-O1",          "none", "Zen9", "Abacus"};
    struct folder_run run = {.matrix = "mixed",
                             .dataset = "hopper-random-v2",
                             .method = "odt",
                             .points = 3,
                             .end = 1000,
                             .last = 50};
    struct curve c;
    folder_run(run);
    run.seed = 1;
    folder_run(run);
    const char *path = folder_path("mixed/hopper-random-v2/odt/1/curve.h5");
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(curve_add_segment(&c, elsewhere), STATUS_OK);
    cr_assert_eq(curve_write(&c, path), STATUS_OK);
    curve_free(&c);
    struct results r = folder_results(folder_path("mixed"), defaults);
    cr_expect(has_note(&r, NOTE_BANNER, "A curve of 2 segments"));
    cr_expect(has_note(&r, NOTE_BANNER, "hopper-random-v2, seed 1, from iteration row "));
    cr_expect(has_note(&r, NOTE_BANNER, "machine Abacus instead of "));
    cr_expect_not(has_note(&r, NOTE_BANNER, "seed 0, from iteration row"));
    results_free(&r);
}

Test(results, warns_of_generated_data_reduced_sizes_and_mixed_revisions)
{
    struct folder_run run = {.matrix = "lite",
                             .dataset = "hopper-random-v2",
                             .method = "odt",
                             .points = 3,
                             .end = 1000,
                             .last = 50,
                             .kind = "generated",
                             .reduced = "embed_dim 64 of 512"};
    folder_run(run);
    run.reduced = "n_layer 1 of 4, embed_dim 64 of 512";
    run.seed = 1;
    run.revision = "def456";
    folder_run(run);
    struct results r = folder_results(folder_path("lite"), defaults);
    cr_expect(has_note(&r, NOTE_BANNER, "generated (2 runs)"));
    cr_expect(has_note(&r, NOTE_BANNER, "paper: embed_dim 64 of 512, n_layer 1 of 4."));
    cr_expect(has_note(&r, NOTE_BANNER, "abc123 (1 run), def456 (1 run)"));
    results_free(&r);
}

Test(results, says_a_reduction_once_with_all_the_values_it_stands_for)
{
    struct folder_run run = {.matrix = "tiny",
                             .dataset = "hopper-random-v2",
                             .method = "odt",
                             .points = 3,
                             .end = 1000,
                             .last = 50,
                             .reduced = "T_train 4 (paper 20), n_layer 1 (paper 4)"};
    folder_run(run);
    run.dataset = "antmaze-umaze-v2";
    run.reduced = "T_train 4 (paper 1), n_layer 1 (paper 4), T_train 2 (paper 5)";
    folder_run(run);
    struct results r = folder_results(folder_path("tiny"), defaults);
    cr_expect(
        has_note(&r, NOTE_BANNER,
                 "paper: T_train 4 (paper 20, 1), n_layer 1 (paper 4), T_train 2 (paper 5).") ||
        has_note(&r, NOTE_BANNER,
                 "paper: T_train 4 (paper 1, 20), n_layer 1 (paper 4), T_train 2 (paper 5)."));
    results_free(&r);
}

Test(results, lets_a_piece_of_a_dataset_stand_for_it)
{
    struct results r = folder_scores(
        folder_write("a.csv", "method,dataset,seed,score\nodt,hopper-random-dev,0,3\n"
                              "odt,pen-expert-v1,0,3\nodt,pen-expert-dev,0,3\n"
                              "odt,hopper-random-v0,0,3\nodt,maze2d-open-dev+delay5,0,1\n"),
        defaults);
    static const char *const pairs[][2] = {{"hopper-random-v2", "hopper-random-dev"},
                                           {"pen-expert-v1", "pen-expert-v1"},
                                           {"maze2d-open-v0+delay5", "maze2d-open-dev+delay5"}};
    for (int i = 0; i < 3; i++)
        cr_expect_eq(results_stand_in(&r, pairs[i][0]), results_dataset(&r, pairs[i][1]), "%s",
                     pairs[i][0]);
    cr_expect_eq(results_stand_in(&r, "hopper-medium-v2"), -1);
    cr_expect_str_eq(r.dataset[results_dataset(&r, "hopper-random-v0")].stands_for, "");
    results_free(&r);
}

/* --- choices ---------------------------------------------------------------------------------- */

static const char uneven[] = "method,dataset,seed,score\n"
                             "a,hopper-medium-v2,0,1\na,hopper-medium-v2,1,3\n"
                             "a,hopper-random-v2,0,5\n";

Test(results, refuses_trims_or_keeps_uneven_seeds)
{
    const char *path = folder_write("a.csv", uneven);
    struct results r;
    results_init(&r, (struct results_options){.missing = MISSING_ERROR});
    cr_assert_eq(results_read_scores(&r, path), STATUS_OK);
    cr_expect_eq(results_finish(&r), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "Hopper-medium 2, Hopper-random 1"), "%s",
                       status_sentence());
    results_free(&r);

    r = folder_scores(path, (struct results_options){.missing = MISSING_COMMON});
    cr_expect_eq(results_count(&r, 0, 0).used, 1);
    cr_expect_float_eq(run_at(&r, "a", "hopper-medium-v2", 0)->final, 1, 0);
    cr_expect(run_at(&r, "a", "hopper-medium-v2", 0)->used);
    results_free(&r);

    r = folder_scores(path, defaults);
    cr_expect_eq(results_count(&r, 0, 0).used, 2);
    cr_expect(has_note(&r, NOTE_BANNER, "Missing seeds: 1 of 2 cells"));
    results_free(&r);
}

Test(results, selects_by_id_label_and_pattern)
{
    static const char text[] = "method,dataset,seed,score\n"
                               "odt,hopper-medium-v2,0,1\ntd3_odt,hopper-medium-v2,0,1\n"
                               "td3,pen-human-v1,0,1\ntd3_odt,antmaze-large-play-v2,0,1\n";
    static const struct {
        const char *methods, *datasets, *suites;
        int runs; /* -1: refused */
    } choices[] = {
        {"TD3+ODT", NULL, NULL, 2},       {"*odt", NULL, NULL, 3},      {"odt,td3", "", NULL, 2},
        {NULL, "Hopper-medium", NULL, 2}, {NULL, NULL, "adroit", 1},    {NULL, NULL, "antmaze", 1},
        {"td3_otd", NULL, NULL, -1},      {"td3", "hopper*", NULL, -1}, {NULL, NULL, "maze2d", -1}};
    const char *path = folder_write("a.csv", text);
    for (size_t i = 0; i < sizeof choices / sizeof choices[0]; i++) {
        struct results r;
        results_init(&r, defaults);
        cr_assert_eq(results_read_scores(&r, path), STATUS_OK);
        enum status status = results_select(&r, choices[i].methods, choices[i].datasets,
                                            choices[i].suites);
        if (choices[i].runs < 0) {
            cr_expect_eq(status, STATUS_CONFIG, "choice %zu", i);
        } else {
            cr_assert_eq(status, STATUS_OK, "choice %zu: %s", i, status_sentence());
            cr_assert_eq(results_finish(&r), STATUS_OK);
            cr_expect_eq(r.runs, choices[i].runs, "choice %zu: %d runs", i, r.runs);
        }
        results_free(&r);
    }
    cr_expect_not_null(strstr(status_sentence(), "antmaze"), "%s", status_sentence());
}

/* Runs that measure speed are no evidence beside others, and all there is alone. */
Test(results, leaves_out_what_measures_speed)
{
    static const char text[] = "method,dataset,seed,score\n"
                               "odt,hopper-medium-v2,0,1\ntd3_odt,hopper-medium-v2,0,1\n"
                               "td3,pen-human-v1,0,1\n";
    const char *path = folder_write("a.csv", text);
    for (int speed = 0; speed <= 3; speed++) {
        struct results r;
        results_init(&r, defaults);
        cr_assert_eq(results_read_scores(&r, path), STATUS_OK);
        for (int i = 0; i < 3; i++)
            snprintf(r.run[i].origin.matrix, sizeof r.run[i].origin.matrix, "%s",
                     i < speed ? "cost" : "lite");
        cr_assert_eq(results_leave_speed(&r), STATUS_OK);
        cr_expect_eq(r.runs, speed == 3 ? 3 : 3 - speed);
        cr_expect_eq(has_note(&r, NOTE_INFO, "measure speed"), speed == 1 || speed == 2);
        for (int i = 0; i < r.runs; i++)
            cr_expect_eq(strcmp(r.run[i].origin.matrix, "cost") == 0, speed == 3);
        results_free(&r);
    }
}

Test(results, warns_of_scores_on_the_unit_scale)
{
    struct results r = folder_scores(
        folder_write("a.csv", "method,dataset,seed,score\na,hopper-medium-v2,0,0.9\n"), defaults);
    cr_expect(has_note(&r, NOTE_BANNER, "0-1 scale"));
    results_free(&r);
}

/* --- bad input -------------------------------------------------------------------------------- */

static const struct {
    const char *what, *text, *says;
} bad[] = {
    {"empty", "", "empty"},
    {"header only", "method,dataset,seed,score\n", "no scores"},
    {"no score column", "method,dataset,seed\na,b,1\n", "no column 'score'"},
    {"ragged", "method,dataset,seed,score\na,b,1\n", ":2: 3 fields"},
    {"not a number", "method,dataset,seed,score\na,b,1,high\n", "'high'"},
    {"seed", "method,dataset,seed,score\na,b,1.5,1\n", "not a whole number"},
    {"no method", "method,dataset,seed,score\n,b,1,1\n", "name of its method"},
    {"two finals", "method,dataset,seed,score\na,b,1,1\na,b,1,2\n", "second score"},
    {"open quote", "method,dataset,seed,score\n\"a,b,1,1\n", "never closed"},
    {"negative step", "method,dataset,seed,step,score\na,b,1,-5,1\n", "step -5"},
    {"status", "method,dataset,seed,score,status\na,b,1,1,fine\n", "'fine'"},
};

Test(results, refuses_bad_csv_in_one_sentence)
{
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct results r;
        results_init(&r, defaults);
        cr_expect_eq(results_read_scores(&r, folder_write("bad.csv", bad[i].text)), STATUS_FORMAT,
                     "%s", bad[i].what);
        cr_expect_not_null(strstr(status_sentence(), bad[i].says), "%s: %s", bad[i].what,
                           status_sentence());
        cr_expect_not_null(strstr(status_sentence(), "bad.csv"), "%s", status_sentence());
        results_free(&r);
    }
}

Test(results, refuses_an_empty_folder_and_a_missing_one)
{
    struct results r;
    results_init(&r, defaults);
    cr_expect_eq(results_read_folder(&r, folder_path("nowhere")), STATUS_IO);
    cr_expect_eq(results_read_folder(&r, folder_path("")), STATUS_OK);
    cr_expect_eq(results_finish(&r), STATUS_CONFIG);
    cr_expect_not_null(strstr(status_sentence(), "no run found"));
    cr_expect_eq(results_read_scores(&r, folder_path("nowhere.csv")), STATUS_IO);
    results_free(&r);
}

Test(results, keeps_hostile_names_in_one_line)
{
    struct results r = folder_scores(folder_write("a.csv",
                                                  "method,dataset,seed,score\n"
                                                  "\"a\nb\t`rm -rf`\",\"<script>\",0,50\n"),
                                     defaults);
    cr_expect_str_eq(r.method[0].id, "a b `rm -rf`");
    cr_expect_str_eq(r.dataset[0].id, "<script>");
    results_free(&r);
}

Test(results, a_foreign_run_without_a_score_says_why)
{
    struct results r = folder_scores(folder_write("a.csv", "method,dataset,seed,score,status,why\n"
                                                           "m,d,0,,failed,\"no\nGPU\"\n"
                                                           "m,d,1,,missing,\n"
                                                           "m,d,2,50,ok,not this\n"),
                                     defaults);
    cr_expect_str_eq(run_at(&r, "m", "d", 0)->why, "no GPU");
    cr_expect(strstr(run_at(&r, "m", "d", 1)->why, "a.csv:4: ") != NULL, "%s",
              run_at(&r, "m", "d", 1)->why);
    cr_expect_str_eq(run_at(&r, "m", "d", 2)->why, "");
    results_free(&r);
}

Test(results, a_name_like_a_comment_is_read_back)
{
    struct results r = folder_scores(folder_write("a.csv", "dataset,method,seed,score\n"
                                                           "d,#1,0,50\n"),
                                     defaults);
    cr_assert_eq(export_scores(&r, folder_path("scores.csv")), STATUS_OK);
    results_free(&r);
    r = folder_scores(folder_path("scores.csv"), defaults);
    cr_assert_eq(r.runs, 1);
    cr_expect_str_eq(r.method[0].id, "#1");
    results_free(&r);
}

/* --- budgets ---------------------------------------------------------------------------------- */

static void run_read_at(const char *matrix, const char *method, int seeds, double budget)
{
    struct folder_run run = {.matrix = matrix,
                             .dataset = "hopper-random-v2",
                             .method = method,
                             .points = 11,
                             .end = 1000,
                             .last = 100,
                             .budget = budget};
    for (; run.seed < seeds; run.seed++)
        folder_run(run);
}

Test(results, reads_every_run_at_its_own_budget_and_mixes_none)
{
    run_read_at("short", "td3_odt", 3, 200);
    run_read_at("short", "odt", 3, 200);
    run_read_at("long", "td3_odt", 2, 1000);
    run_read_at("long", "td3", 2, 1000); /* alone there: no run of the usual budget beside it */
    struct results r = folder_results(folder_path(""), defaults);
    static const char *const at = "hopper-random-v2+at1000";
    cr_expect_float_eq(run_at(&r, "td3_odt", "hopper-random-v2", 0)->final, 20, 1e-9);
    cr_expect_float_eq(run_at(&r, "td3_odt", at, 1)->final, 100, 1e-9);
    cr_expect_float_eq(run_at(&r, "td3", at, 0)->final, 100, 1e-9);
    int n;
    cr_expect_null(
        results_cell(&r, results_method(&r, "td3"), results_dataset(&r, "hopper-random-v2"), &n));
    cr_assert_eq(r.suites, 2);
    cr_expect_str_eq(r.suite[0].id, "mujoco");
    cr_expect_str_eq(r.suite[1].id, "mujoco+at1000");
    cr_expect_str_eq(r.suite[1].title, "Gym-MuJoCo, read at 1000");
    cr_expect(has_note(&r, NOTE_BANNER, "runs of long are to be read at 1000, most others at 200"));
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", folder_path("scores.csv"));
    cr_assert_eq(export_scores(&r, path), STATUS_OK);
    results_free(&r);

    r = folder_scores(path, defaults); /* the same again from the file that was written */
    cr_expect_float_eq(run_at(&r, "td3_odt", "hopper-random-v2", 0)->final, 20, 1e-9);
    cr_expect_float_eq(run_at(&r, "td3_odt", at, 1)->final, 100, 1e-9);
    cr_expect_float_eq(r.dataset[results_dataset(&r, "hopper-random-v2")].budget, 200, 0);
    cr_expect_float_eq(r.dataset[results_dataset(&r, at)].budget, 1000, 0);
    results_free(&r);

    r = folder_results(folder_path(""), (struct results_options){.budget = 500});
    cr_expect_eq(r.datasets, 1, "everything is read where the user says");
    cr_expect_float_eq(run_at(&r, "td3_odt", "hopper-random-v2", 0)->final, 50, 1e-9);
    results_free(&r);
}

Test(results, takes_a_budget_that_only_the_configuration_states)
{
    run_read_at("short", "odt", 2, 1000);
    struct curve c;
    const char *path = folder_path("short/hopper-random-v2/odt/0/curve.h5");
    cr_assert_eq(curve_read(path, &c), STATUS_OK);
    for (int i = 0; i < c.attributes; i++) {
        if (strcmp(c.attribute[i].key, "budget") == 0)
            c.attribute[i] = c.attribute[--c.attributes];
    }
    cr_assert_eq(curve_set_config(&c, "score_at = 300\n"), STATUS_OK);
    cr_assert_eq(curve_write(&c, path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
    struct results r = folder_results(folder_path("short"), defaults);
    cr_expect_float_eq(run_at(&r, "odt", "hopper-random-v2+at300", 0)->final, 30, 1e-9);
    results_free(&r);
}

Test(results, says_how_much_cannot_be_read)
{
    run_read_at("main", "odt", 2, 1000);
    struct results r = folder_results(folder_path("main"), defaults);
    cr_expect_eq(results_all_read(&r, ""), STATUS_OK);
    results_free(&r);
    folder_write("main/hopper-random-v2/odt/1/curve.h5", "no curve");
    folder_write("main/elsewhere/curve.h5", "no curve");
    r = folder_results(folder_path("main"), defaults);
    cr_expect(run_at(&r, "odt", "hopper-random-v2", 0)->used);
    cr_expect_eq(results_all_read(&r, ""), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "2 curves"));
    results_free(&r);
    results_init(&r, defaults);
    cr_assert_eq(results_read_folder(&r, folder_path("main/elsewhere")), STATUS_OK);
    cr_expect_eq(results_finish(&r), STATUS_FORMAT);
    cr_expect_not_null(strstr(status_sentence(), "curve.h5"));
    results_free(&r);
}

/* --- configurations --------------------------------------------------------------------------- */

static int methods_of(const char *const config[], int count)
{
    struct folder_run run = {
        .dataset = "hopper-random-v2", .method = "odt", .points = 3, .end = 1000, .last = 50};
    for (int k = 0; k < count; k++) {
        char matrix[16];
        snprintf(matrix, sizeof matrix, "m%d", k);
        run.matrix = matrix;
        run.config = config[k];
        run.seed = k;
        folder_run(run);
    }
    struct results r = folder_results(folder_path(""), defaults);
    int methods = r.methods;
    results_free(&r);
    return methods;
}

Test(results, tells_a_setting_that_is_missing_from_one_that_is_there)
{
    static const char *const config[] = {"a = 1\nb = 2\n", "a = 1\nb = 2\n", "a = 1\n"};
    cr_expect_eq(methods_of(config, 3), 2);
    struct results r = folder_results(folder_path(""), defaults);
    cr_expect_geq(results_method(&r, "odt:b=none"), 0);
    cr_expect(has_note(&r, NOTE_INFO, "b=none (m2)"), "says which");
    results_free(&r);
}

/* A key that came later is the same as its default; the others' value has a name either way. */
Test(results, takes_a_later_key_that_is_missing_for_its_default)
{
    static const char *const f32[] = {"a = 1\n", "a = 1\n", "a = 1\nprecision = f32\n",
                                      "a = 1\nprecision = bf16\n"};
    cr_expect_eq(methods_of(f32, 4), 2);
    struct results r = folder_results(folder_path(""), defaults);
    cr_expect_geq(results_method(&r, "odt:precision=bf16"), 0);
    results_free(&r);
}

Test(results, names_the_default_of_a_later_key_beside_other_values)
{
    static const char *const bf16[] = {"a = 1\nprecision = bf16\n", "a = 1\nprecision = bf16\n",
                                       "a = 1\n"};
    cr_expect_eq(methods_of(bf16, 3), 2);
    struct results r = folder_results(folder_path(""), defaults);
    cr_expect_geq(results_method(&r, "odt:precision=f32"), 0);
    results_free(&r);
}

Test(results, tells_configurations_apart_that_differ_at_the_end_of_long_values)
{
    char config[3][300];
    const char *list[3];
    for (int k = 0; k < 3; k++) {
        memset(config[k], 'v', sizeof config[k]);
        memcpy(config[k], "a = ", 4);
        config[k][280] = (char)('0' + k);
        snprintf(config[k] + 281, sizeof config[k] - 281, "\n");
        list[k] = config[k];
    }
    cr_expect_eq(methods_of(list, 3), 3);
}

Test(results, keeps_two_long_names_two_and_a_name_on_one_line)
{
    char csv[1024], name[200];
    memset(name, 'n', sizeof name);
    name[150] = '\0';
    snprintf(csv, sizeof csv,
             "method,dataset,seed,score\n%sa,pen-human-v1,0,1\n%sb,pen-human-v1,0,2\n"
             "\u202e\xc2\x9b"
             "31m,pen-human-v1,0,3\n",
             name, name);
    struct results r = folder_scores(folder_write("a.csv", csv), defaults);
    cr_expect_eq(r.methods, 3);
    cr_expect_geq(results_method(&r, "31m"), 0);
    results_free(&r);
}
