/* Scores made around the paper's printed means must give the paper's own effects back. */
#include "engine/base/ledger.h"
#include "report/claims/claims.h"

#include "report/claims/claims_impl.h"
#include "report/claims/selection.h"
#include "report/results/paper.h"
#include "report/results/registry.h"
#include "report/results/statistics.h"
#include "report/text/text.h"
#include "tests/report/folder.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(claims, .init = folder_make, .fini = folder_remove, .timeout = 30);

/* Five seeds a cell, symmetric around the printed final, the printed increase in each. */
static const char *write_paper_like(double spread, int seeds)
{
    struct text t = {0};
    text_add(&t, "method,dataset,seed,score,initial\n");
    for (int i = 0; i < PAPER_TABLES; i++) {
        const struct paper_table *p = &paper_tables()[i];
        for (int d = 0; d < p->rows; d++) {
            for (int m = 0; m < PAPER_METHODS; m++) {
                for (int s = 0; s < seeds && !isnan(p->cell[d][m].final); s++) {
                    double shift = spread * (s - 0.5 * (seeds - 1));
                    text_add(&t, "%s,%s%s,%d,%.17g,%.17g\n", registry_methods[m].id, p->dataset[d],
                             p->delayed, s, p->cell[d][m].final + shift,
                             p->cell[d][m].final - p->cell[d][m].increase + shift);
                }
            }
        }
    }
    const char *path = folder_path("paper.csv");
    cr_assert_eq(text_write(&t, path), STATUS_OK);
    return path;
}

static struct report paper_like(double spread, int seeds)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
    r.bootstrap.reps = 1000;
    r.results = folder_scores(write_paper_like(spread, seeds), (struct results_options){0});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    return r;
}

static struct claim_result *evaluate(const struct report *r)
{
    struct claim_result *result = calloc((size_t)claim_count, sizeof *result);
    cr_assert_not_null(result);
    cr_assert_eq(claims_evaluate(r, result), STATUS_OK, "%s", status_sentence());
    return result;
}

static const struct claim_result *find(const struct claim_result *result, const char *id)
{
    for (int i = 0; i < claim_count; i++) {
        if (strcmp(result[i].claim->id, id) == 0)
            return &result[i];
    }
    cr_assert_fail("no claim %s", id);
    abort();
}

/* What the paper's own tables say when their means are taken as exact enough. */
static const struct {
    const char *id;
    enum verdict verdict;
    int part;
    double effect; /* of that part, by the printed tables */
} known[] = {
    {"C1", VERDICT_SUPPORTED, 0, 33.24},         {"C2", VERDICT_SUPPORTED, 0, 25.66},
    {"C3", VERDICT_CONTRADICTED, 0, 7.55},       {"C4", VERDICT_SUPPORTED, 1, 48.68},
    {"C5", VERDICT_SUPPORTED, 0, 46.41},         {"C6", VERDICT_SUPPORTED, 1, 81.24},
    {"C7", VERDICT_INCONCLUSIVE, 0, 0.75},       {"C8", VERDICT_SUPPORTED, 1, 26.70},
    {"C9", VERDICT_SUPPORTED, 3, 6.04},          {"C10", VERDICT_SUPPORTED, 0, 44.95},
    {"C11", VERDICT_SUPPORTED, 0, -27.07},       {"C15", VERDICT_SUPPORTED, 0, 91.77},
    {"C17", VERDICT_SUPPORTED, 0, 49.71},        {"C19", VERDICT_CONTRADICTED, 0, 18.58},
    {"C20", VERDICT_SUPPORTED, 0, 21.73},        {"C21", VERDICT_INCONCLUSIVE, 0, (double)NAN},
    {"C25", VERDICT_SUPPORTED, 0, 22.91},        {"C26", VERDICT_SUPPORTED, 0, 12.08},
    {"C40", VERDICT_UNTESTABLE, 0, (double)NAN}, {"C41", VERDICT_UNTESTABLE, 0, (double)NAN},
    {"C43", VERDICT_UNTESTABLE, 0, (double)NAN},
};

Test(claims, find_the_effects_of_the_printed_tables)
{
    struct report r = paper_like(3, 5);
    struct claim_result *result = evaluate(&r);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct claim_result *c = find(result, known[i].id);
        const struct claim_outcome *o = &c->outcome[known[i].part];
        cr_expect_eq(c->verdict, known[i].verdict, "%s: %s", known[i].id, verdict_word(c->verdict));
        if (isnan(known[i].effect))
            continue;
        cr_expect_float_eq(o->estimate.point, known[i].effect, 0.011, "%s: %.4f", known[i].id,
                           o->estimate.point);
        cr_expect_float_eq(o->published, o->estimate.point, 1e-9, "%s: the paper's is %.4f",
                           known[i].id, o->published);
        cr_expect_eq(o->tasks, o->wanted, "%s", known[i].id);
        cr_expect(interval_holds(o->estimate, o->estimate.point));
    }
    free(result);
    report_free(&r);
}

Test(claims, say_what_an_open_one_would_need)
{
    struct report r = paper_like(3, 5);
    struct claim_result *result = evaluate(&r);
    for (int i = 0; i < claim_count; i++) {
        for (int k = 0; k < result[i].parts; k++) {
            const struct claim_outcome *o = &result[i].outcome[k];
            bool open = o->verdict == VERDICT_UNTESTABLE || o->verdict == VERDICT_INCONCLUSIVE;
            cr_expect_eq(o->needed[0] != '\0', open, "%s part %d: '%s'", result[i].claim->id, k,
                         o->needed);
        }
    }
    cr_expect_not_null(strstr(find(result, "C7")->outcome[0].needed, "seeds"));
    cr_expect_not_null(strstr(find(result, "C28")->outcome[0].needed, "SAC+ODT"));
    free(result);
    report_free(&r);
}

/* The list of verdicts shows one test of each claim: one that votes and has the claim's verdict. */
Test(claims, show_the_test_that_decides)
{
    struct report r = paper_like(3, 5);
    struct claim_result *result = evaluate(&r);
    for (int i = 0; i < claim_count; i++) {
        int k = claim_deciding_part(&result[i]);
        cr_assert(k >= 0 && k < result[i].parts);
        cr_expect_not(result[i].claim->part[k].aside, "%s", result[i].claim->id);
        cr_expect_eq(result[i].outcome[k].verdict, result[i].verdict, "%s", result[i].claim->id);
    }
    char words[64];
    const struct claim_result *c = find(result, "C7");
    claim_coverage_text(&c->outcome[claim_deciding_part(c)], words, sizeof words);
    cr_expect_str_eq(words, "12/12, 5 seeds");
    free(result);
    report_free(&r);
}

Test(claims, give_no_verdict_on_two_seeds)
{
    struct report r = paper_like(3, 2);
    struct claim_result *result = evaluate(&r);
    for (int i = 0; i < claim_count; i++)
        cr_expect_eq(result[i].verdict, VERDICT_UNTESTABLE, "%s", result[i].claim->id);
    cr_expect_not_null(strstr(find(result, "C1")->outcome[0].needed, "at least 3 seeds"));
    free(result);
    report_free(&r);
}

/* --- the table itself ------------------------------------------------------------------------- */

Test(claims, are_45_rows_with_words_that_mean_something)
{
    cr_assert_eq(claim_count, 45);
    for (int i = 0; i < claim_count; i++) {
        const struct claim *c = &claim_table[i];
        char id[16];
        snprintf(id, sizeof id, "C%d", i + 1);
        cr_expect_str_eq(c->id, id);
        int votes = 0;
        for (int k = 0; k < CLAIM_PARTS; k++) {
            const struct claim_part *p = &c->part[k];
            if (p->a == NULL)
                break;
            votes += !p->aside;
            cr_expect(p->on != NULL || p->label != NULL, "%s part %d", c->id, k);
            char dataset[SELECTION_DATASETS][RESULTS_ID], title[1024];
            const char *where[] = {p->on, p->on2};
            for (int w = 0; w < 2 && where[w] != NULL; w++) {
                int n = selection_datasets(where[w], dataset);
                for (int d = 0; d < n; d++) {
                    dataset[d][strcspn(dataset[d], "+")] = '\0';
                    cr_expect(strcmp(dataset[d], "bandit") == 0 ||
                                  registry_find_dataset(dataset[d]) >= 0,
                              "%s: '%s'", c->id, dataset[d]);
                }
            }
            claim_part_title(p, title, sizeof title);
            cr_expect_null(strchr(title, '%'), "%s: %s", c->id, title);
        }
        cr_expect_gt(votes, 0, "%s", c->id);
    }
}

static const struct {
    const char *where;
    int count;
} places[] = {{"*", 34},
              {"mujoco", 12},
              {"mujoco/random", 4},
              {"adroit/cloned+human", 8},
              {"antmaze", 4},
              {"antmaze,antmaze-large", 6},
              {"mujoco-delayed/random", 4},
              {"hopper-random-v2", 1},
              {"bandit", 1}};

Test(claims, expand_places_to_datasets)
{
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char dataset[SELECTION_DATASETS][RESULTS_ID];
        cr_expect_eq(selection_datasets(places[i].where, dataset), places[i].count, "%s",
                     places[i].where);
    }
}

Test(claims, pick_runs_by_their_settings)
{
    static const char *const alphas[] = {"0.001", "0.01", "0.1", "1", "10"};
    for (int k = 0; k < 5; k++) {
        char config[64], matrix[32];
        snprintf(config, sizeof config, "alpha_online = %s\nT_train = 20\n", alphas[k]);
        snprintf(matrix, sizeof matrix, "fig5a-%d", k);
        for (int seed = 0; seed < 3; seed++)
            folder_run((struct folder_run){.matrix = matrix,
                                           .dataset = "halfcheetah-medium-replay-v2",
                                           .method = "td3_odt",
                                           .seed = seed,
                                           .points = 9,
                                           .end = 1000,
                                           .first = 5,
                                           .last = 20 + 10 * k + (k == 4 ? 20 * seed : seed),
                                           .config = config});
    }
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
    r.bootstrap.reps = 500;
    r.results = folder_results(folder_path(""), (struct results_options){0});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    struct selection x;
    cr_assert_eq(
        selection_make(&r, "td3_odt{alpha_online=0.1}", "mujoco", selection_final, NULL, &x),
        STATUS_OK);
    cr_assert_eq(x.x.tasks, 1);
    cr_expect_eq(x.wanted, 12);
    cr_expect_eq(x.x.runs[0], 3);
    cr_expect_float_eq(x.x.score[0], 40, 1e-9);
    selection_free(&x);
    cr_assert_eq(selection_make(&r, "td3_odt{alpha_online=0.01}|td3_odt{alpha_online=1}", "mujoco",
                                selection_final, NULL, &x),
                 STATUS_OK);
    cr_expect_str_eq(x.who, "td3_odt{alpha_online=1}");
    selection_free(&x);
    cr_assert_eq(selection_make(&r, "td3_odt{*}", "mujoco", selection_final, NULL, &x), STATUS_OK);
    cr_expect_eq(x.x.runs[0], 15);
    selection_free(&x);

    struct claim_result *result = evaluate(&r);
    const struct claim_result *c = find(result, "C22");
    cr_expect_eq(c->outcome[0].verdict, VERDICT_SUPPORTED);
    cr_expect_float_eq(c->outcome[0].estimate.point, 1, 1e-12);
    cr_expect_gt(c->outcome[2].estimate.point, 1);
    free(result);
    report_free(&r);
}

static struct report sweep_report(void)
{
    struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
    r.bootstrap.reps = 500;
    r.results = folder_results(folder_path("rtg"), (struct results_options){0});
    cr_assert_eq(statistics_new(&r), STATUS_OK);
    return r;
}

static void expect_target_verdict(double within, double beyond, enum verdict verdict)
{
    for (int seed = 1; seed <= 3; seed++)
        folder_sweep(seed, 0, within, beyond);
    struct report r = sweep_report();
    struct claim_result *result = evaluate(&r);
    const struct claim_result *c = find(result, "C45");
    cr_expect_eq(c->verdict, verdict, "within %g, beyond %g: %s", within, beyond,
                 verdict_word(c->verdict));
    cr_expect_float_eq(c->outcome[1].estimate.point, beyond, 1e-9, "%g",
                       c->outcome[1].estimate.point);
    cr_expect_float_eq(c->outcome[2].estimate.point, within, 1e-9);
    cr_expect_eq(c->outcome[0].estimate.runs, 3);
    free(result);
    report_free(&r);
}

Test(claims, a_plateau_beyond_the_data_supports_that_high_targets_are_not_met)
{
    expect_target_verdict(0.5, 0, VERDICT_SUPPORTED);
    expect_target_verdict(0.9, -0.01, VERDICT_SUPPORTED);
    expect_target_verdict(1, 1, VERDICT_CONTRADICTED);
}

Test(claims, on_target_returns_are_not_judged_from_finetuned_policies)
{
    for (int seed = 1; seed <= 3; seed++)
        folder_sweep(seed, 1000, 0.5, 0);
    struct report r = sweep_report();
    struct claim_result *result = evaluate(&r);
    const struct claim_result *c = find(result, "C45");
    cr_expect_eq(c->verdict, VERDICT_UNTESTABLE);
    cr_expect_not_null(strstr(c->outcome[0].needed, "vitamin sweep rtg"));
    free(result);
    report_free(&r);
}

/* Beside runs that go on to 1000 transitions, pretrained ones are neither unfinished nor scored. */
Test(claims, on_target_returns_leave_other_runs_scores_alone)
{
    for (int seed = 1; seed <= 3; seed++) {
        folder_sweep(seed, 0, 0.5, 0);
        folder_run((struct folder_run){.matrix = "rtg",
                                       .dataset = "hopper-random-v2",
                                       .method = "odt",
                                       .seed = seed,
                                       .points = 3,
                                       .end = 1000,
                                       .last = 30,
                                       .budget = 1000,
                                       .config = "rtg_online = 7200\n"});
    }
    struct report r = sweep_report();
    struct claim_result *result = evaluate(&r);
    cr_expect_eq(find(result, "C45")->verdict, VERDICT_SUPPORTED);
    for (int i = 0; i < r.results.runs; i++) {
        const struct results_run *run = &r.results.run[i];
        cr_expect_eq(run->status, RUN_OK, "%s: %s", run->origin.path, run->why);
        cr_expect_eq(run->used, run->curve->targets.targets == 0);
    }
    free(result);
    report_free(&r);
}

Test(claims, are_written_as_a_table_and_a_page)
{
    struct report r = paper_like(3, 5);
    r.bootstrap.reps = 100;
    struct claim_result *result = evaluate(&r);
    struct table t;
    struct text page = {0};
    table_init(&t, "claims", "Claims");
    cr_assert_eq(claims_tabulate(&r, result, &t), STATUS_OK);
    cr_expect_gt(t.rows, 100);
    cr_expect_not_null(strstr(text_get(&t.csv), "C1,Online finetuning with the RL gradient"));
    claims_markdown(&r, result, &page);
    cr_expect_not_null(strstr(text_get(&page), "## C45: not testable"));
    cr_expect_not_null(strstr(text_get(&page), "See ledger entries D46, D47, D4, D19."));
    cr_expect_null(strstr(text_get(&page), " nan"));
    text_free(&page);
    table_free(&t);
    free(result);
    report_free(&r);
}

/* A claim's list "D30, D46" names this entry. */
static bool names_entry(const char *list, const char *id)
{
    for (const char *at = strstr(list, id); at != NULL; at = strstr(at + 1, id)) {
        if (at[strlen(id)] == ',' || at[strlen(id)] == '\0')
            return true;
    }
    return false;
}

Test(claims, have_a_sentence_for_every_disagreement_they_name)
{
    struct ledger_entry e = {.id = ""};
    for (int i = 0; i < claim_count; i++) {
        for (const char *at = claim_table[i].ledger; *at != '\0';) {
            char id[16];
            size_t n = strcspn(at, ", ");
            snprintf(id, sizeof id, "%.*s", (int)n, at);
            cr_assert(ledger_find(embed_report, id, &e), "%s names %s, which the ledger lacks",
                      claim_table[i].id, id);
            cr_assert(e.sentence[0] != '\0', "%s: %s has no sentence", claim_table[i].id, id);
            at += n;
            at += strspn(at, ", ");
        }
    }
    int sentences = 0;
    for (e.id[0] = '\0'; ledger_next_sentence(embed_report, e.id, &e); sentences++) {
        bool named = false;
        for (int i = 0; i < claim_count && !named; i++)
            named = names_entry(claim_table[i].ledger, e.id);
        cr_expect(named, "no claim names %s", e.id);
        cr_expect_eq(e.sentence[strlen(e.sentence) - 1], '.', "%s is cut", e.id);
    }
    cr_assert_geq(sentences, 40);
    cr_assert_not(ledger_find(embed_report, "D999", &e));
}

/* The page for people lists what the table holds, in its words. */
Test(claims, are_all_on_the_page_of_claims)
{
    char *page = folder_read("docs/claims.md");
    for (int i = 0; i < claim_count; i++) {
        char row[512];
        snprintf(row, sizeof row, "| %s | %s (%s) |", claim_table[i].id, claim_table[i].claim,
                 claim_table[i].where);
        cr_expect_not_null(strstr(page, row), "docs/claims.md lacks: %s", row);
    }
    free(page);
}

/* Delayed rewards at another budget than the others: a drop between the two means nothing. */
Test(claims, do_not_compare_datasets_that_are_read_at_different_budgets)
{
    for (int same = 0; same < 2; same++) {
        struct text t = {0};
        text_add(&t, "method,dataset,seed,score,budget\n");
        for (int seed = 0; seed < 5; seed++) {
            text_add(&t, "td3,hopper-medium-v2,%d,%d,1000\n", seed, 80 + seed);
            text_add(&t, "td3,hopper-medium-v2+delay5,%d,%d,%d\n", seed, 20 + seed,
                     same ? 1000 : 200);
        }
        const char *path = folder_path(same ? "same.csv" : "other.csv");
        cr_assert_eq(text_write(&t, path), STATUS_OK);
        struct report r = {.bootstrap = bootstrap_default(), .gamma = 100, .digits = 2};
        r.bootstrap.reps = 200;
        r.results = folder_scores(path, (struct results_options){0});
        cr_assert_eq(statistics_new(&r), STATUS_OK);
        cr_assert_eq(statistics_new(&r), STATUS_OK);
        const struct claim_part part = {CLAIM_DROP, "td3", .on = "mujoco", .on2 = "mujoco-delayed"};
        struct claim_outcome o = {.verdict = VERDICT_UNTESTABLE};
        cr_assert_eq(claim_drop(&r, &part, &o), STATUS_OK);
        cr_expect_eq(o.verdict, same ? VERDICT_SUPPORTED : VERDICT_UNTESTABLE);
        cr_expect_eq(strstr(o.detail, "different budgets") != NULL, !same);
        report_free(&r);
    }
}
