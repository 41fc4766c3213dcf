#include "report/results/paper.h"

#include "report/results/registry.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct paper_audit *find(const struct paper_audit *a, int count, const char *table,
                                      const char *method, bool increase)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(a[i].table->id, table) == 0 && !a[i].too && a[i].increase == increase &&
            strcmp(registry_methods[a[i].method].id, method) == 0)
            return &a[i];
    }
    cr_assert_fail("no audit of %s %s", table, method);
    abort();
}

Test(paper, recomputes_the_averages_that_differ)
{
    static const struct {
        const char *table, *method;
        bool increase;
        double printed, recomputed;
    } known[] = {{"tab1", "ddpg_odt", false, 22.87, 22.41},
                 {"tab1", "iql", true, 7.8, 6.53},
                 {"tab2", "td3", false, 31.85, 27.44},
                 {"tab2", "td3", true, -29.63, -27.07}};
    struct paper_audit audit[PAPER_AUDITS];
    int count = paper_audit(audit, PAPER_AUDITS), differ = 0;
    cr_assert(count > 0 && count <= PAPER_AUDITS);
    for (int i = 0; i < count; i++)
        differ += !audit[i].rounding;
    cr_expect_eq(differ, 4, "%d averages differ", differ);
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        const struct paper_audit *a = find(audit, count, known[i].table, known[i].method,
                                           known[i].increase);
        cr_expect(!a->rounding);
        cr_expect_float_eq(a->printed, known[i].printed, 1e-9);
        cr_expect_float_eq(a->recomputed, known[i].recomputed, 0.005, "%s %s: %.4f", known[i].table,
                           known[i].method, a->recomputed);
    }
    cr_expect_float_eq(find(audit, count, "tab1", "td3_odt", false)->recomputed, 88.39, 0.005);
}

Test(paper, has_every_cell_of_its_five_tables)
{
    static const int rows[PAPER_TABLES] = {12, 12, 6, 12, 4};
    for (int i = 0; i < PAPER_TABLES; i++) {
        const struct paper_table *t = &paper_tables()[i];
        cr_expect_eq(t->rows, rows[i], "%s", t->id);
        for (int d = 0; d < t->rows; d++) {
            cr_expect_geq(registry_find_dataset(t->dataset[d]), 0, "%s", t->dataset[d]);
            for (int m = 0; m < PAPER_METHODS; m++) {
                bool absent = strcmp(t->id, "tab10") == 0 &&
                              strcmp(registry_methods[m].id, "ddpg_odt") == 0;
                cr_expect_eq(isnan(t->cell[d][m].final), absent, "%s %s", t->id, t->dataset[d]);
            }
        }
    }
}

Test(paper, finds_a_cell_by_dataset_and_method)
{
    struct paper_cell c = paper_cell("hopper-medium-v2", "td3_odt");
    cr_expect_float_eq(c.final, 89.07, 1e-9);
    cr_expect_float_eq(c.increase, 25.97, 1e-9);
    cr_expect_float_eq(paper_cell("hopper-medium-v2+delay5", "TD3+ODT").final, 82.91, 1e-9);
    cr_expect(isnan(paper_cell("hopper-medium-v0", "td3_odt").final));
    cr_expect(isnan(paper_cell("hopper-medium-v2", "sac").final));
}

Test(registry, knows_34_datasets_and_guesses_suites)
{
    int count;
    const struct registry_dataset *d = registry_datasets(&count);
    cr_assert_eq(count, 34);
    for (int i = 0; i < count; i++) {
        cr_expect_eq(registry_guess_suite(d[i].id), registry_find_suite(d[i].suite), "%s", d[i].id);
        cr_expect(d[i].budget >= 500000, "%s", d[i].id);
        cr_expect_gt(strlen(d[i].abbrev), 0);
    }
    cr_expect_eq(registry_guess_suite("ant-medium-expert-v0"), registry_find_suite("mujoco"));
    cr_expect_eq(registry_guess_suite("antmaze-large-play-v0"),
                 registry_find_suite("antmaze-large"));
    cr_expect_eq(registry_guess_suite("kitchen-complete-v0"), -1);
    cr_expect_str_eq(d[registry_find_dataset("hopper-medium-replay-v2")].title,
                     "Hopper-medium-replay");
    cr_expect_str_eq(d[registry_find_dataset("halfcheetah-random-v2")].abbrev, "Ha-R");
    cr_expect_str_eq(d[registry_find_dataset("antmaze-large-diverse-v2")].abbrev, "LD");
    cr_expect_eq(registry_find_method("TD3+ODT"), registry_find_method("td3_odt"));
}
