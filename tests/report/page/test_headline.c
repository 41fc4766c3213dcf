/* The first sentence of a report, for every kind of result. */
#include "report/page/headline.h"

#include "report/page/html_impl.h"
#include "report/page/notes.h"
#include "report/results/statistics.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(headline, .init = folder_make, .fini = folder_remove, .timeout = 60);

static char *headline_of(struct results r)
{
    struct report report = {.results = r, .bootstrap = bootstrap_default(), .gamma = 100};
    struct text out = {0};
    report.bootstrap.reps = 500;
    cr_assert_eq(statistics_new(&report), STATUS_OK);
    cr_assert_eq(headline_write(&report, &out), STATUS_OK, "%s", status_sentence());
    report_free(&report);
    return out.at; /* for free() */
}

static void says(char *headline, const char *expected)
{
    cr_assert_eq(strncmp(headline, expected, strlen(expected)), 0, "%s", headline);
    cr_assert_eq(headline[strlen(headline) - 1], '.', "%s", headline);
    free(headline);
}

/* Runs of one cell around a score; the seeds lie a point apart. */
static void cell(const char *method, const char *dataset, int seeds, double score,
                 const char *reduced, const char *status)
{
    for (int seed = 0; seed < seeds; seed++)
        folder_run((struct folder_run){.matrix = "main",
                                       .dataset = dataset,
                                       .method = method,
                                       .seed = seed,
                                       .points = 3,
                                       .end = 1000,
                                       .last = score + seed,
                                       .reduced = reduced,
                                       .status = status});
}

static char *of_runs(void)
{
    return headline_of(folder_results(folder_path("main"), (struct results_options){0}));
}

static void three_datasets(double first, double second, double third, int seeds,
                           const char *reduced)
{
    cell("odt", "hopper-medium-v2", seeds, 50, reduced, NULL);
    cell("odt", "ant-medium-v2", seeds, 50, reduced, NULL);
    cell("odt", "pen-human-v1", seeds, 50, reduced, NULL);
    cell("td3_odt", "hopper-medium-v2", seeds, first, reduced, NULL);
    cell("td3_odt", "ant-medium-v2", seeds, second, reduced, NULL);
    cell("td3_odt", "pen-human-v1", seeds, third, reduced, NULL);
}

Test(headline, of_a_win_everywhere)
{
    three_datasets(70, 80, 90, 4, NULL);
    says(of_runs(), "TD3+ODT scores higher than ODT on all 3 datasets (mean difference +30.0 [");
}

Test(headline, calls_ties_ties)
{
    three_datasets(50, 50.5, 49.5, 4, NULL);
    says(of_runs(), "TD3+ODT and ODT cannot be told apart on any of 3 datasets (mean difference ");
}

Test(headline, of_wins_losses_and_ties)
{
    three_datasets(70, 30, 50, 4, NULL);
    says(of_runs(), "TD3+ODT scores higher than ODT on 1 of 3 datasets and lower on 1; on 1 the "
                    "two cannot be told apart (");
}

Test(headline, does_not_hide_a_loss)
{
    three_datasets(30, 20, 50, 4, NULL);
    says(of_runs(), "TD3+ODT scores lower than ODT on 2 of 3 datasets; on 1 the two cannot be told "
                    "apart (mean difference -16.7 [");
}

Test(headline, of_one_seed_tests_nothing)
{
    three_datasets(70, 30, 90, 1, NULL);
    says(of_runs(),
         "With 1 seed per cell no difference can be tested; the mean score of TD3+ODT is "
         "above that of ODT on 2 of 3 datasets.");
}

Test(headline, takes_the_best_of_several_rivals_and_one_dataset_by_its_name)
{
    cell("odt", "hopper-medium-v2", 4, 10, NULL, NULL);
    cell("iql", "hopper-medium-v2", 4, 60, NULL, NULL);
    cell("td3_odt", "hopper-medium-v2", 4, 40, NULL, NULL);
    says(of_runs(), "TD3+ODT scores lower than IQL, the best of 2 other methods, on Hopper-medium "
                    "(difference -20.0 [");
}

Test(headline, says_that_networks_are_smaller_and_runs_are_missing)
{
    three_datasets(70, 80, 90, 4, "embed_dim 64 (paper 512)");
    says(of_runs(), "At this size: TD3+ODT scores higher than ODT on all 3 datasets (");
    folder_run((struct folder_run){.matrix = "main",
                                   .dataset = "hopper-medium-v2",
                                   .method = "td3_odt",
                                   .seed = 9,
                                   .points = 2,
                                   .end = 100,
                                   .budget = 1000,
                                   .status = "running"});
    says(of_runs(), "With 24 of 25 runs finished, and at this size: TD3+ODT scores higher");
}

Test(headline, of_one_method_says_how_far_it_came)
{
    cell("td3_odt", "hopper-medium-v2", 2, 40, NULL, NULL);
    says(of_runs(), "TD3+ODT ends at 40.5, +40.5 from its start; there is no second method to "
                    "compare it with.");
}

Test(headline, of_foreign_scores_names_the_two_best_and_takes_no_side)
{
    const char *csv = folder_write("a.csv", "method,dataset,seed,score\n"
                                            "a,walk,0,50\na,walk,1,52\na,walk,2,51\n"
                                            "b,walk,0,90\nb,walk,1,91\nb,walk,2,92\n"
                                            "c,walk,0,10\nc,walk,1,11\nc,walk,2,12\n");
    says(headline_of(folder_scores(csv, (struct results_options){0})),
         "b scores higher than a, the next of 2 other methods, on ");
}

Test(headline, of_runs_without_a_result_says_so)
{
    folder_run((struct folder_run){.matrix = "main",
                                   .dataset = "hopper-medium-v2",
                                   .method = "td3_odt",
                                   .points = 2,
                                   .end = 100,
                                   .budget = 1000,
                                   .status = "running"});
    says(of_runs(), "With 0 of 1 runs finished: none of the 1 runs has a result yet.");
}

/* --- the line of all notes -------------------------------------------------------------------- */

static char *line_of(const struct results *r)
{
    struct text out = {0};
    notes_line(r, &out);
    return out.at != NULL ? out.at : strdup("");
}

Test(headline, notes_are_one_line_that_names_those_that_matter)
{
    struct results r;
    results_init(&r, (struct results_options){0});
    char *line = line_of(&r);
    cr_assert_str_eq(line, "");
    free(line);
    cr_assert_eq(results_note(&r, NOTE_WARNING, "Not read: /a/b"), STATUS_OK);
    cr_assert_eq(results_note(&r, NOTE_INFO, "Uneven numbers of seeds, a on b: 1 2 3."), STATUS_OK);
    line = line_of(&r);
    cr_assert_str_eq(line, "2 notes: not read, uneven numbers of seeds, a on b");
    free(line);
    cr_assert_eq(results_note(&r, NOTE_INFO, "/a/b/c.csv: columns: method, score."), STATUS_OK);
    line = line_of(&r);
    cr_assert_str_eq(line, "3 notes: not read, uneven numbers of seeds, a on b, columns");
    free(line);
    cr_assert_eq(results_note_on(&r, NOTE_BANNER, "generated data", "One."), STATUS_OK);
    cr_assert_eq(results_note_on(&r, NOTE_BANNER, "generated data", "Two."), STATUS_OK);
    cr_assert_eq(results_note_on(&r, NOTE_BANNER, "fewer seeds", "Three."), STATUS_OK);
    cr_assert_eq(results_note_on(&r, NOTE_BANNER, "fewer seeds", "Three."), STATUS_OK);
    line = line_of(&r);
    cr_assert_str_eq(line, "6 notes; 3 of them matter: generated data, fewer seeds");
    free(line);
    results_free(&r);
}

/* --- colours on dark ground ------------------------------------------------------------------- */

Test(headline, colours_on_dark_ground_turn_greys_round_and_keep_hues)
{
    cr_assert_eq(html_dark(0xFFFFFF), 0x212121, "the ground");
    cr_assert_eq(html_dark(0x000000), 0xECECEC, "black lines become light");
    cr_assert_eq(html_dark(0xE69F00), 0xE69F00, "orange is readable as it is");
    uint32_t red = html_dark(0x8B0000);
    cr_assert_gt(red >> 16, 0x8Bu, "a dark colour gets lighter: %06x", red);
    cr_assert_gt(red >> 16, red & 0xFF, "and keeps its hue: %06x", red);
    uint32_t tint = html_dark(0xC8DCF0);
    cr_assert_lt(tint & 0xFF, 0x80u, "a tint of white becomes one of the ground: %06x", tint);
}

/* What `make smoke` makes: whatever the scores are, they mean nothing. */
Test(headline, of_tiny_networks_promises_nothing)
{
    three_datasets(70, 80, 90, 4, "embed_dim 8 (paper 512)");
    struct results r = folder_results(folder_path("main"), (struct results_options){0});
    for (int i = 0; i < r.runs; i++)
        snprintf(r.run[i].origin.size, sizeof r.run[i].origin.size, "tiny");
    says(headline_of(r), "These runs prove that the machinery works, and nothing else");
}
