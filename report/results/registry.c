#include "report/results/registry.h"

#include "engine/base/embed.h"
#include "report/text/csv.h"

#include <assert.h>
#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* clang-format off */
const struct registry_method registry_methods[] = {
    {.id = "td3bc",             .label = "TD3+BC",                        .main = true,  .source = "Table 1"},
    {.id = "iql",               .label = "IQL",                           .main = true,  .source = "Table 1"},
    {.id = "odt",               .label = "ODT",                           .main = true,  .source = "Table 1"},
    {.id = "pdt",               .label = "PDT",                           .main = true,  .source = "Table 1"},
    {.id = "td3",               .label = "TD3",                           .main = true,  .source = "Table 1"},
    {.id = "ddpg_odt",          .label = "DDPG+ODT",                      .main = true,  .source = "Table 1"},
    {.id = "td3_odt",           .label = "TD3+ODT",                       .main = true,  .source = "Table 1"},
    {.id = "sac",               .label = "SAC",                           .main = false, .source = "Fig. 8"},
    {.id = "awac",              .label = "AWAC",                          .main = false, .source = "Fig. 8"},
    {.id = "awr",               .label = "AWR",                           .main = false, .source = "Fig. 8"},
    {.id = "ppo",               .label = "PPO",                           .main = false, .source = "Fig. 8"},
    {.id = "sac_odt",           .label = "SAC+ODT",                       .main = false, .source = "Fig. 9"},
    {.id = "iql_odt",           .label = "IQL+ODT",                       .main = false, .source = "Fig. 11"},
    {.id = "td3_kl",            .label = "TD3 (KL)",                      .main = false, .source = "Fig. 24"},
    {.id = "td3_odt_kl",        .label = "TD3+ODT (KL)",                  .main = false, .source = "Fig. 24"},
    {.id = "td3_jsrl_pretrain", .label = "TD3 (JSRL, pretrained guide)",  .main = false, .source = "Fig. 24"},
    {.id = "odt_jsrl_oracle",   .label = "ODT (JSRL, oracle guide)",      .main = false, .source = "Fig. 24"},
    {.id = "odt_curriculum",    .label = "ODT (curriculum RTG)",          .main = false, .source = "Fig. 24"},
    {.id = "td3bc_dt",          .label = "TD3+BC (transformer)",          .main = false, .source = "Fig. 25"},
    {.id = "td3_rvs",           .label = "TD3+RvS",                       .main = false, .source = "Fig. 25"},
    {.id = "td3_rvs_1layer",    .label = "TD3+RvS (1 layer)",             .main = false, .source = "Fig. 26"},
    {.id = "td3_rvs_3layer",    .label = "TD3+RvS (3 layers)",            .main = false, .source = "Fig. 26"},
    {.id = "ddpg",              .label = "DDPG",                          .main = false, .source = "Fig. 2"},
};

const struct registry_suite registry_suites[] = {
    {"mujoco",         "Gym-MuJoCo",                 "hopper halfcheetah walker2d ant", ""},
    {"adroit",         "Adroit",                     "pen hammer door relocate",        ""},
    {"antmaze",        "AntMaze",                    "antmaze",                         ""},
    {"antmaze-large",  "AntMaze-large",              "",                                "antmaze"},
    {"maze2d",         "Maze2D",                     "maze2d",                          ""},
    {"mujoco-delayed", "Gym-MuJoCo, delayed reward", "",                                ""},
    {"bandit",         "Single-state MDP",           "bandit",                          ""},
    {"other",          "Other",                      "",                                ""},
};
/* clang-format on */

const int registry_method_count = sizeof registry_methods / sizeof registry_methods[0];
const int registry_suite_count = sizeof registry_suites / sizeof registry_suites[0];

/* The paper's shortened row names. */
static const char *abbreviation(const char *word)
{
    static const char *const pairs[][2] = {{"hopper", "Ho"},
                                           {"halfcheetah", "Ha"},
                                           {"walker2d", "Wa"},
                                           {"ant", "An"},
                                           {"medium", "M"},
                                           {"medium-replay", "MR"},
                                           {"random", "R"},
                                           {"pen", "P"},
                                           {"hammer", "H"},
                                           {"door", "D"},
                                           {"relocate", "R"},
                                           {"expert", "E"},
                                           {"cloned", "C"},
                                           {"human", "H"},
                                           {"antmaze-umaze", "U"},
                                           {"antmaze-medium", "M"},
                                           {"antmaze-large", "L"},
                                           {"diverse", "D"},
                                           {"play", "P"},
                                           {"fixed", ""},
                                           {"sparse", ""},
                                           {"maze2d-open", "Open"},
                                           {"maze2d-umaze", "Umaze"},
                                           {"maze2d-medium", "Medium"},
                                           {"maze2d-large", "Large"}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (strcmp(pairs[i][0], word) == 0)
            return pairs[i][1];
    }
    return word;
}

/* "hopper-medium-replay-v2" -> "Hopper-medium-replay" */
static void title_of(const char *id, char *out, size_t size)
{
    static const char *const proper[][2] = {{"halfcheetah", "HalfCheetah"}, {"antmaze", "AntMaze"}};
    snprintf(out, size, "%s", id);
    char *version = strrchr(out, '-');
    if (version != NULL && version[1] == 'v' && isdigit((unsigned char)version[2]))
        *version = '\0';
    out[0] = (char)toupper((unsigned char)out[0]);
    for (size_t i = 0; i < sizeof proper / sizeof proper[0]; i++) {
        size_t n = strlen(proper[i][0]);
        if (strncasecmp(out, proper[i][0], n) == 0)
            memcpy(out, proper[i][1], n);
    }
}

static struct registry_dataset dataset_table[REGISTRY_DATASETS];
static int dataset_count;

static double number(const struct csv *c, int row, const char *name)
{
    double value = 0;
    enum status status = csv_number(c, row, csv_column(c, name), &value);
    assert(status == STATUS_OK);
    (void)status;
    return value;
}

static void text(const struct csv *c, int row, const char *name, char *out, size_t size)
{
    snprintf(out, size, "%s", csv_cell(c, row, csv_column(c, name)));
}

static void read_dataset(const struct csv *c, int row, struct registry_dataset *d)
{
    text(c, row, "dataset", d->id, sizeof d->id);
    text(c, row, "suite", d->suite, sizeof d->suite);
    text(c, row, "env", d->env, sizeof d->env);
    text(c, row, "quality", d->quality, sizeof d->quality);
    /* The paper aggregates umaze and medium, and shows large in its table only. */
    if (strncmp(d->id, "antmaze-large", 13) == 0)
        snprintf(d->suite, sizeof d->suite, "antmaze-large");
    title_of(csv_cell(c, row, csv_column(c, "dataset")), d->title, sizeof d->title);
    const char *env = abbreviation(d->env), *quality = abbreviation(d->quality);
    bool dash = quality[0] != '\0' && strncmp(d->env, "antmaze", 7) != 0;
    snprintf(d->abbrev, sizeof d->abbrev, "%.6s%s%.8s", env, dash ? "-" : "", quality);
    d->state_dim = (int)number(c, row, "state_dim");
    d->act_dim = (int)number(c, row, "act_dim");
    d->time_limit = (int)number(c, row, "env_time_limit");
    d->ref_min = number(c, row, "ref_min_score");
    d->ref_max = number(c, row, "ref_max_score");
    d->transitions = number(c, row, "paper_transitions");
    d->mean = number(c, row, "paper_norm_mean");
    d->sd = number(c, row, "paper_norm_std");
    d->budget = number(c, row, "online_budget_paper");
}

static struct status_note loaded;

static void read_datasets(void)
{
    struct csv c;
    status_save(&loaded, csv_parse(&c, "datasets.csv",
                                   embed_find(embed_report, "results/paper/datasets.csv")->text));
    if (loaded.code != STATUS_OK)
        return;
    assert(c.rows <= REGISTRY_DATASETS);
    for (int i = 0; i < c.rows; i++)
        read_dataset(&c, i, &dataset_table[i]);
    dataset_count = c.rows;
    csv_free(&c);
}

enum status registry_load(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, read_datasets);
    return loaded.code == STATUS_OK ? STATUS_OK : status_restore(&loaded);
}

const struct registry_dataset *registry_datasets(int *count)
{
    enum status result = registry_load();
    assert(result == STATUS_OK); /* main has loaded them */
    (void)result;
    if (count != NULL)
        *count = dataset_count;
    return dataset_table;
}

int registry_find_method(const char *name)
{
    for (int i = 0; i < registry_method_count; i++) {
        if (strcasecmp(registry_methods[i].id, name) == 0 ||
            strcasecmp(registry_methods[i].label, name) == 0)
            return i;
    }
    return -1;
}

int registry_find_dataset(const char *id)
{
    int count;
    const struct registry_dataset *d = registry_datasets(&count);
    for (int i = 0; i < count; i++) {
        if (strcmp(d[i].id, id) == 0)
            return i;
    }
    return -1;
}

int registry_find_suite(const char *id)
{
    for (int i = 0; i < registry_suite_count; i++) {
        if (strcmp(registry_suites[i].id, id) == 0)
            return i;
    }
    return -1;
}

int registry_guess_suite(const char *dataset)
{
    size_t length = strcspn(dataset, "-");
    for (int i = 0; i < registry_suite_count; i++) {
        for (const char *p = registry_suites[i].prefixes; *p != '\0';) {
            size_t n = strcspn(p, " ");
            if (n == length && strncmp(p, dataset, n) == 0)
                return strncmp(dataset, "antmaze-large", 13) == 0
                           ? registry_find_suite("antmaze-large")
                           : i;
            p += n + strspn(p + n, " ");
        }
    }
    return -1;
}
