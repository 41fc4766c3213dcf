#include "harness/matrix/matrix.h"

#include "harness/matrix/generate.h"
#include "harness/run/run.h"
#include "harness/sweep/cost.h"
#include "suites/dataset_table.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/vitamin-matrix-XXXXXX";
static struct matrix m;

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    matrix_unload(&m);
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

TestSuite(matrix, .init = make_folder, .fini = remove_folder);

/* `own` cells live in the matrix's folder, the others in those of the runs they share.
 * Source: docs/running.md, "Built-in matrices";
 * fig2 at 100 seeds, ODT+DDPG with two critic inputs; fig24's 280 and four of IQL on expert data,
 * which guide 20 of them. */
static const struct expected {
    const char *name;
    int cells, own;
} expected[] = {
    {"mujoco", 420, 420},  {"adroit", 420, 420},  {"antmaze", 210, 210},
    {"maze2d", 140, 140},  {"main", 1190, 0},     {"fig2", 400, 400},
    {"delayed", 360, 360}, {"fig5a", 50, 50},     {"fig5b", 40, 40},
    {"fig8", 360, 240},    {"fig9", 120, 60},     {"fig10", 10, 0},
    {"fig11", 30, 15},     {"fig20", 30, 30},     {"fig21", 15, 15},
    {"fig22", 20, 20},     {"fig23", 20, 20},     {"fig24", 284, 160},
    {"fig25", 100, 40},    {"fig26", 100, 60},    {"paper", 2700, 0},
    {"smoke", 62, 62},     {"cost", 113, 113},    {"precision", 60, 60},
    {"evening", 63, 51},   {"tiny", 40, 40},      {"demo", 6, 6},
    {"rtg", 12, 12},       {"reduced", 714, 714}, {"reduced-ablations", 339, 237},
};

static const struct expected *find(const char *name)
{
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        if (strcmp(expected[i].name, name) == 0)
            return &expected[i];
    }
    return NULL;
}

static int own_cells(void)
{
    int own = 0;
    for (int i = 0; i < m.cells; i++)
        own += strcmp(m.cell[i].matrix, m.name) == 0;
    return own;
}

/* What is embedded can be run: names, numbers and the configuration of every cell. */
Test(matrix, every_embedded_one_expands_to_the_runs_of_the_paper)
{
    int known = 0;
    for (int i = 0; matrix_name(i) != NULL; i++) {
        char name[CONFIG_NAME];
        struct cost cost;
        snprintf(name, sizeof name, "%s", matrix_name(i));
        cr_assert_eq(matrix_load(name, NULL, &m), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(cost_init(&m, NULL, NULL, COST_OWN_PRECISION, &cost), STATUS_OK, "%s: %s",
                     name, status_sentence());
        cost_free(&cost);
        cr_assert(*m.title != '\0', "%s has no title", name);
        const struct expected *e = find(name);
        if (e != NULL) {
            known++;
            cr_expect_eq(m.cells, e->cells, "%s has %d cells, not %d", name, m.cells, e->cells);
            cr_expect_eq(own_cells(), e->own, "%s owns %d, not %d", name, own_cells(), e->own);
        } else {
            cr_expect(strncmp(name, "lite", 4) == 0 || strcmp(name, "small") == 0,
                      "%s is in no table", name);
        }
        matrix_unload(&m);
    }
    cr_assert_eq(known, (int)(sizeof expected / sizeof *expected));
}

/* Every dataset of `reduced` and its ablations is made, or looked for because only people or
 * unpublished policies made it. */
Test(matrix, reduced_ones_say_where_each_dataset_comes_from)
{
    static const char *const names[] = {"reduced", "reduced-ablations"};
    for (int k = 0; k < 2; k++) {
        int fetched = 0;
        cr_assert_eq(matrix_load(names[k], NULL, &m), STATUS_OK, "%s", status_sentence());
        for (int i = 0; i < m.sources; i++) {
            const struct matrix_source *s = &m.source[i];
            const struct dataset_entry *e = dataset_find(s->dataset);
            cr_assert_not_null(e, "%s", s->dataset);
            bool of_people = strcmp(e->quality, "human") == 0 || strcmp(e->quality, "expert") == 0;
            cr_expect_eq(s->generated, !of_people, "%s", s->dataset);
            cr_expect(of_people || generate_has_recipe(e), "%s has no recipe", s->dataset);
            fetched += !s->generated;
        }
        cr_expect_eq(m.sources, k == 0 ? 34 : 14);
        cr_expect_eq(fetched, k == 0 ? 8 : 3);
        matrix_unload(&m);
    }
}

/* TD3+BC and IQL at their own width in every suite, everything else at the reduced one. */
Test(matrix, reduced_keeps_the_networks_of_the_small_methods)
{
    cr_assert_eq(matrix_load("reduced", NULL, &m), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < m.cells; i++) {
        const struct matrix_cell *c = &m.cell[i];
        const struct env_kind *kind;
        struct hyper h;
        cr_assert_eq(work_configure(c, &h, &kind), STATUS_OK, "%s", status_sentence());
        if (h.family == HYPER_family_mlp) {
            cr_expect(h.mlp_hidden == 256 && h.mlp_hidden_layers == 2 && h.critic_hidden == 256 &&
                          h.batch_size == 256,
                      "%s on %s", c->method, c->dataset);
            continue;
        }
        cr_expect(h.embed_dim == 64 && h.n_layer == 2 && h.batch_size == 128, "%s on %s", c->method,
                  c->dataset);
        cr_expect_eq(h.stop_transitions, 300000);
        cr_expect_eq(h.score_at, 300000);
        bool maze = kind->suite == &suite_table[SUITE_ANTMAZE] ||
                    kind->suite == &suite_table[SUITE_MAZE2D];
        if (strcmp(c->method, "pdt") != 0)
            cr_expect_eq(h.T_train, maze ? 1 : 5, "%s on %s", c->method, c->dataset);
    }
}

Test(matrix, code_preset_has_folders_of_its_own)
{
    cr_assert_eq(matrix_load("fig25", "code", &m), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(m.cells, 100);
    for (int i = 0; i < m.cells; i++) {
        cr_assert_str_eq(m.cell[i].preset, "code");
        cr_assert(strstr(m.cell[i].matrix, "-code") != NULL, "%s", m.cell[i].matrix);
    }
}

Test(matrix, numbers_and_folders_are_one_each)
{
    cr_assert_eq(matrix_load("paper", NULL, &m), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < m.cells; i++) {
        cr_assert_eq(m.cell[i].number, i + 1);
        for (int k = 0; k < i; k++)
            cr_assert_not(m.cell[i].seed == m.cell[k].seed &&
                              matrix_same_kind(&m.cell[i], &m.cell[k]),
                          "cells %d and %d share a folder", k + 1, i + 1);
    }
}

static enum status load(const char *text)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/mine.ini", folder);
    cr_assert_eq(file_replace(path, text, strlen(text)), STATUS_OK);
    return matrix_load(path, NULL, &m);
}

/* A method of one's own is named by its path, and by one name however the path is written. */
Test(matrix, a_file_of_a_method_has_one_name)
{
    char path[FILE_PATH], text[4 * FILE_PATH];
    const char *own = "[method]\nlabel = Own\nfamily = dt\nrl_gradient = td3\n";
    cr_assert_eq(chdir(folder), 0);
    snprintf(path, sizeof path, "%s/own.ini", folder);
    cr_assert_eq(file_replace(path, own, strlen(own)), STATUS_OK);
    snprintf(text, sizeof text,
             "[experiment a]\nmethods = own.ini ./own.ini ././own.ini %s\n"
             "datasets = hopper-medium-v2\nseeds = 1\n",
             path);
    cr_assert_eq(load(text), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(m.cells, 2);
    cr_expect_str_eq(m.cell[0].method, "own.ini");
    cr_expect_str_eq(m.cell[1].method, path);
    cr_expect_str_eq(config_plain("./own"), "./own"); /* without its folder it is a preset's id */
}

Test(matrix, sweep_multiplies_and_names_its_cells)
{
    cr_assert_eq(load("[matrix]\nset = gamma=0.9\n[experiment a]\nmethods = odt td3_odt\n"
                      "datasets = hopper-*-v2\nseeds = 3-4\nset = T_eval=2\n"
                      "sweep = alpha_online 1 0.1\n"),
                 STATUS_OK, "%s", status_sentence());
    /* the paper has three hoppers: medium, medium-replay, random */
    cr_assert_eq(m.cells, 2 * 3 * 2 * 2);
    cr_assert_str_eq(m.cell[0].variant, "T_eval=2,alpha_online=1");
    cr_assert_eq(m.cell[0].sets, 3);
    cr_assert_str_eq(m.cell[0].set[0], "gamma=0.9");
    cr_assert_eq(m.cell[0].seed, 3);
    char where[FILE_PATH];
    cr_assert_eq(matrix_folder(&m.cell[23], "results", where), STATUS_OK);
    cr_assert(strstr(where, "results/mine/hopper-") == where, "%s", where);
    cr_assert(strstr(where, "/td3_odt@T_eval=2,alpha_online=0.1/4") != NULL, "%s", where);
}

Test(matrix, reused_cell_lives_with_its_twin_unless_a_setting_differs)
{
    cr_assert_eq(load("[matrix]\nreuse = mujoco\n[experiment same]\nmethods = odt sac\n"
                      "datasets = hopper-medium-v2\nseeds = 5-6\n"
                      "[experiment other]\nmethods = odt\ndatasets = hopper-medium-v2\nseeds = 5\n"
                      "set = gamma=0.5\n"),
                 STATUS_OK, "%s", status_sentence());
    cr_assert_eq(m.cells, 5);
    cr_assert_str_eq(m.cell[0].matrix, "mujoco");
    for (int i = 1; i < 5; i++)
        cr_assert_str_eq(m.cell[i].matrix, "mine", "cell %d", i + 1);
}

Test(matrix, a_dataset_that_cannot_be_made_is_looked_for)
{
    cr_assert_eq(load("[matrix]\ndata = generate\n[experiment a]\nmethods = odt\n"
                      "datasets = door-human-dev maze2d-umaze-v1\n[generate]\n"
                      "door-human-dev = fetch\nmaze2d-umaze-v1 = --policy waypoint\n"),
                 STATUS_OK, "%s", status_sentence());
    cr_assert_eq(m.sources, 2);
    cr_assert_str_eq(m.source[0].dataset, "door-human-dev");
    cr_assert_not(m.source[0].generated);
    cr_assert(m.source[1].generated);
}

/* A guide is a cell of the matrix before those that it guides, once, with the settings of a cell
 * of its own; whether it stands there already, lives with its twin or is nobody else's. */
Test(matrix, guide_is_a_cell_that_comes_before_those_it_guides)
{
    cr_assert_eq(load("[matrix]\nset = gamma=0.9\n[settings iql]\nset = expectile=0.8\n"
                      "[experiment a]\nmethods = odt_jsrl_oracle\nset = T_eval=1\n"
                      "datasets = pen-cloned-v1 door-cloned-v1\nseeds = 2-3\n"
                      "guide = iql *-expert-v1 7\n"
                      "[experiment b]\nmethods = iql\ndatasets = pen-expert-v1\nseeds = 7\n"),
                 STATUS_OK, "%s", status_sentence());
    cr_assert_eq(m.cells, 2 * (1 + 2));
    cr_assert_eq(m.sources, 4);
    for (int i = 0; i < m.cells; i++) {
        const struct matrix_cell *c = &m.cell[i];
        if (i % 3 == 0) {
            cr_assert_str_eq(c->method, "iql");
            cr_assert_str_eq(c->dataset, i == 0 ? "pen-expert-v1" : "door-expert-v1");
            cr_assert_str_eq(c->variant, "");
            cr_assert_eq(c->seed, 7);
            cr_assert_eq(c->guide, 0);
            cr_assert_eq(c->sets, 2);
            cr_assert_str_eq(c->set[1], "expectile=0.8");
            continue;
        }
        cr_assert_str_eq(c->method, "odt_jsrl_oracle");
        cr_assert_str_eq(c->variant, "T_eval=1"); /* the guide is no variant */
        cr_assert_eq(c->guide, 1 + i / 3 * 3);
        cr_assert_str_eq(c->set[2], i < 3 ? "jsrl_guide_file={results}/mine/pen-expert-v1/iql/7/"
                                            "policy_offline.h5"
                                          : "jsrl_guide_file={results}/mine/door-expert-v1/iql/7/"
                                            "policy_offline.h5");
    }
}

Test(matrix, guides_of_fig24_live_with_the_main_results_of_the_same_preset)
{
    static const char *const names[] = {"fig24", "paper"};
    for (int k = 0; k < 4; k++) {
        const char *preset = k % 2 == 0 ? "paper" : "code";
        int guided = 0;
        cr_assert_eq(matrix_load(names[k / 2], preset, &m), STATUS_OK, "%s", status_sentence());
        for (int i = 0; i < m.cells; i++) {
            const struct matrix_cell *c = &m.cell[i];
            cr_assert_eq(c->guide > 0, strcmp(c->method, "odt_jsrl_oracle") == 0);
            if (c->guide == 0)
                continue;
            char wanted[FILE_PATH], lives[FILE_PATH];
            const struct matrix_cell *guide = &m.cell[c->guide - 1];
            cr_assert_lt(guide->number, c->number);
            snprintf(wanted, sizeof wanted, "r/adroit%s/%.*s-expert-v1/iql/1",
                     k % 2 == 0 ? "" : "-code", (int)strcspn(c->dataset, "-"), c->dataset);
            cr_assert_eq(matrix_folder(guide, "r", lives), STATUS_OK);
            cr_assert_str_eq(lives, wanted);
            guided++;
        }
        cr_assert_eq(guided, 20);
        matrix_unload(&m);
    }
}

#define GUIDED "[experiment a]\nmethods = odt_jsrl_oracle\ndatasets = pen-cloned-v1\nguide = "

#define HOPPER "[experiment a]\nmethods = odt\ndatasets = hopper-random-v2\n[generate]\n"
#define BANDIT "[experiment a]\nmethods = odt\ndatasets = bandit\n"

static const struct {
    const char *text, *said;
} refused[] = {
    {GUIDED "iql\n", "a method, a dataset and a seed"},
    {GUIDED "iq pen-expert-v1 1\n", "did you mean 'iql'"},
    {GUIDED "iql pan-expert-v1 1\n", "did you mean 'pen-expert-v1'"},
    {GUIDED "iql *-expert-v1 first\n", "seeds"},
    {GUIDED "odt *-expert-v1 1\n", "odt leaves no policy file"},
    {"[experiment a]\nmethods = odtt\ndatasets = hopper-medium-v2\n", "did you mean 'odt'"},
    {"[experiment a]\nmethods = nowhere.ini\ndatasets = bandit\n", "no file 'nowhere.ini'"},
    {"[experiment a]\nmethods = ./nowhere\ndatasets = bandit\n", "no file './nowhere'"},
    {"[experiment a]\nmethods = odt\ndatasets = hoper-medium-v2\n", "did you mean"},
    {"[experiment a]\nmethods = odt\ndatasets = bandit\nseeds = x\n", "seeds"},
    {"[experiment a]\nmethods = odt\ndatasets = bandit\nset = gama=1\n", "gamma"},
    {"[experiment a]\nmethods = odt\ndatasets = bandit\nsweep = gamma\n", "sweep"},
    {"[experiment a]\nmethds = odt\n", "no key 'methds'"},
    {"[matrix]\ndata = generate\n[experiment a]\nmethods = odt\ndatasets = hopper-medium-v2\n",
     "does not say how"},
    {"[matrix]\ninclude = mine-is-nowhere\n", "unknown matrix 'mine-is-nowhere'"},
    {"[matrix]\ntitle = nothing in it\n", "no cells"},
    {"[generat]\nx = y\n", "unknown section"},
    {BANDIT "[experiment b]\n[experiment a]\nseeds = 1\n",
     ":5: [experiment a] is in line 1 already"},
    {BANDIT "methods = ddpg\n", ":4: `methods` of this section is in line 2 already"},
    {BANDIT "seeds = 1\nset = gamma=1\nseeds=2\n", ":6: `seeds` of this section is in line 4"},
    {"[matrix]\ntitle = a\ntitle : b\n", ":3: `title` of this section is in line 2"},
    {"[matrix]\ntitle = a\n[experiment a]\n[matrix]\n", ":4: [matrix] is in line 1"},
    {"[settings odt]\nset = gamma=1\n[settings odt]\n", ":3: [settings odt] is in line 1"},
    {"[generate]\nx = --rows 1\nx = --rows 2\n", ":3: `x` of this section is in line 2"},
    {BANDIT "set = batch_size=64 batch_size=32\n", "set has batch_size=64 and batch_size=32"},
    {BANDIT "set = batch_size=64\nset = batch_size=32\n", ":5: set has batch_size=64 and"},
    {BANDIT "set = gamma=1\nsweep = gamma 1 0.9\n", "gamma is in set and in sweep"},
    {BANDIT "sweep = batch_size 2 1 01\n", "sweep has 1 and 01, which are the same batch_size"},
    {BANDIT "sweep = gamma 1 0.9 1.0\n", "sweep has 1 and 1.0, which are the same gamma"},
    {BANDIT "[settings banditt]\nset = gamma=1\n",
     "[settings banditt] matches no method or dataset of the experiments; did you mean 'bandit'?"},
    {BANDIT "[settings hoper-*]\nset = gamma=1\n", "[settings hoper-*] matches no"},
    {"[matrix]\ninclude = fig2\n[settings odt]\nset = gamma=1\n", "[settings odt] matches no"},
    {HOPPER "hoper-random-v2 = fetch\n",
     "makes 'hoper-random-v2', which the matrix does not use; did you mean 'hopper-random-v2'?"},
    {BANDIT "[generate]\nbandit = --rows 1\n", "makes 'bandit', which the matrix does not use"},
    {HOPPER "hopper-random-v2 = --polici random\n", "[generate] hopper-random-v2: "},
    {HOPPER "hopper-random-v2 = --rows many\n", "many"},
    {HOPPER "hopper-random-v2 = --rows 10 walker2d\n", "[generate] hopper-random-v2: "},
    {"[matrix]\ntitle =\n", ":2: title is empty"},
    {"[matrix]\ntitle = na\xEFve\n", ":2: the line is not UTF-8"},
    {"[matrix]\n  title = a\n  size = tiny\n", ":3: an indented line goes on with the line above"},
    {"[matrix\ntitle = a\n", ":1: is not `key = value`"},
    {"[matrix]\ntitle\n", ":2: is not `key = value`"},
    {"[experiment a-name-that-is-longer-than-inih-can-keep-01]\nseeds = 1\n", "may have 49"},
};

Test(matrix, mistakes_are_said_with_what_was_meant)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        cr_assert_eq(load(refused[i].text), STATUS_CONFIG, "%s", refused[i].text);
        cr_expect(strstr(status_sentence(), refused[i].said) != NULL, "%s", status_sentence());
    }
    cr_assert_eq(matrix_load("smok", NULL, &m), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "did you mean 'smoke'") != NULL, "%s", status_sentence());
    cr_assert_eq(matrix_load("smoke", "papr", &m), STATUS_CONFIG);
}

Test(matrix, a_zero_byte_or_a_long_line_is_named)
{
    static const char zero[] = BANDIT "seeds = 1\n\0[experiment b]\nmethods = ddpg\n";
    char text[4000], path[FILE_PATH];
    cr_assert_eq(file_path(path, "%s/mine.ini", folder), STATUS_OK);
    cr_assert_eq(file_replace(path, zero, sizeof zero - 1), STATUS_OK);
    cr_expect_eq(matrix_load(path, NULL, &m), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "mine.ini: holds a zero byte") != NULL, "%s",
              status_sentence());
    snprintf(text, sizeof text, "[matrix]\ntitle = %03000d\n" BANDIT, 1);
    cr_expect_eq(load(text), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), ":2: the line is too long: 3008 bytes") != NULL, "%s",
              status_sentence());
}

Test(matrix, lists_go_on_in_lines_below)
{
    cr_assert_eq(load("\xEF\xBB\xBF[matrix]\r\ntitle = na\xC3\xAFve ; so\r\n[experiment a]\r\n"
                      "methods = odt\r\n  ; too\r\n\tddpg\r\ndatasets = bandit\r\nseeds = 1\r\n"
                      "set = gamma=1\r\nset = tau=1\r\n  batch_size=2"),
                 STATUS_OK, "%s", status_sentence());
    cr_assert_eq(m.cells, 2);
    cr_expect_str_eq(m.title, "na\xC3\xAFve");
    cr_expect_str_eq(m.cell[1].method, "ddpg");
    cr_expect_eq(m.cell[1].sets, 3);
    cr_expect_str_eq(m.cell[1].set[2], "batch_size=2");
    matrix_unload(&m);
    cr_assert_eq(load(BANDIT "seeds = 1\nsweep = tau - 0.005\n"), STATUS_OK, "%s",
                 status_sentence());
    cr_expect_eq(m.cells, 2);
}

/* Names that would leave the results folder, or that would have to be cut. */
Test(matrix, names_that_cannot_be_folders_are_refused)
{
    static const char *const bad[] = {"...ini", "..ini", ".ini", "a\tb.ini"};
    static const char cells[] = "[experiment a]\nmethods = odt\ndatasets = hopper-medium-v2\n";
    char path[FILE_PATH], longest[96];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        cr_assert_eq(file_path(path, "%s/%s", folder, bad[i]), STATUS_OK);
        cr_assert_eq(file_replace(path, cells, strlen(cells)), STATUS_OK);
        cr_expect_eq(matrix_load(path, NULL, &m), STATUS_CONFIG, "%s", bad[i]);
        cr_expect_not_null(strstr(status_sentence(), "matrix's name"), "%s", status_sentence());
    }
    memset(longest, 'l', sizeof longest);
    longest[80] = '\0';
    for (int last = 0; last < 2; last++) {
        longest[79] = (char)('a' + last); /* cut, both would be one folder */
        cr_assert_eq(file_path(path, "%s/%s.ini", folder, longest), STATUS_OK);
        cr_assert_eq(file_replace(path, cells, strlen(cells)), STATUS_OK);
        cr_expect_eq(matrix_load(path, NULL, &m), STATUS_CONFIG);
        cr_expect_not_null(strstr(status_sentence(), "shorter"), "%s", status_sentence());
    }
    cr_assert_eq(file_path(path, "%s/v1.5.ini", folder), STATUS_OK);
    cr_assert_eq(file_replace(path, cells, strlen(cells)), STATUS_OK);
    cr_assert_eq(matrix_load(path, NULL, &m), STATUS_OK, "%s", status_sentence());
    cr_expect_str_eq(m.name, "v1.5");
}

Test(matrix, results_folder_of_any_length_is_kept_whole)
{
    char deep[FILE_PATH], a[FILE_PATH], b[FILE_PATH];
    cr_assert_eq(matrix_load("smoke", NULL, &m), STATUS_OK, "%s", status_sentence());
    memset(deep, 'd', sizeof deep);
    deep[3000] = '\0';
    cr_assert_eq(matrix_folder(&m.cell[0], deep, a), STATUS_OK);
    cr_assert_eq(strncmp(a, deep, 3000), 0);
    deep[2999] = 'e';
    cr_assert_eq(matrix_folder(&m.cell[0], deep, b), STATUS_OK);
    cr_assert_str_neq(a, b);
    deep[2999] = deep[3000] = 'd';
    deep[4090] = '\0';
    cr_assert_eq(matrix_folder(&m.cell[0], deep, a), STATUS_IO);
}

/* With which the runs of results/reference/tiny.csv were made. */
#define RECORDED                                                                                   \
    "embed_dim=32", "n_layer=1", "n_head=4", "batch_size=32", "critic_hidden=64",                  \
        "actor_updates_per_iter=150", "warmup_actor_steps=400", "lr_actor=0.003", "eval_every=3",  \
        "min_transitions_per_iter=1000", "env_seed_from_run=1"
#define RECORDED_MUJOCO                                                                            \
    RECORDED, "T_train=3", "T_eval=2", "pretrain_actor_steps=300", "lr_critic=0.001",              \
        "wd_actor=0.0005"

static const struct {
    const char *dataset, *set[24];
} recorded[] = {
    {"hopper-random-v2",
     {RECORDED_MUJOCO, "max_online_iters=12", "buffer_capacity=150", "rtg_eval=3600",
      "rtg_online=7200"}},
    {"halfcheetah-random-v2",
     {RECORDED_MUJOCO, "max_online_iters=9", "buffer_capacity=20", "rtg_eval=6000",
      "rtg_online=12000"}},
    {"maze2d-umaze-v1",
     {RECORDED, "T_train=1", "T_eval=1", "pretrain_actor_steps=400", "lr_critic=0.0002",
      "max_online_iters=9", "buffer_capacity=225"}},
};

static void expect_recorded(const struct matrix_cell *c, const char *const set[24])
{
    struct config_request own, wanted;
    struct hyper h;
    char *text[2];
    matrix_request(c, &own);
    wanted = own;
    wanted.preset = "code";
    wanted.size = "small";
    for (wanted.sets = 0; set[wanted.sets] != NULL; wanted.sets++)
        wanted.set[wanted.sets] = set[wanted.sets];
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(run_configure(i == 0 ? &own : &wanted, &h), STATUS_OK, "%s",
                     status_sentence());
        cr_assert_eq(config_identity(&h, &text[i]), STATUS_OK);
    }
    cr_expect_str_eq(text[0], text[1], "%s on %s", c->method, c->dataset);
    free(text[0]);
    free(text[1]);
}

Test(matrix, tiny_has_the_settings_of_the_recorded_runs)
{
    int compared = 0;
    cr_assert_eq(matrix_load("tiny", NULL, &m), STATUS_OK, "%s", status_sentence());
    for (int i = 0; i < m.cells; i++) {
        for (size_t k = 0; k < sizeof recorded / sizeof *recorded; k++) {
            if (strcmp(recorded[k].dataset, m.cell[i].dataset) != 0)
                continue;
            expect_recorded(&m.cell[i], recorded[k].set);
            compared++;
        }
    }
    cr_assert_eq(compared, m.cells);
    cr_assert_eq(m.sources, 3);
    for (int i = 0; i < m.sources; i++) {
        bool maze = strcmp(m.source[i].dataset, "maze2d-umaze-v1") == 0;
        cr_expect(m.source[i].generated);
        cr_expect_str_eq(m.source[i].args,
                         maze ? "--policy waypoint --rows 60000" : "--policy random --rows 60000");
    }
}
