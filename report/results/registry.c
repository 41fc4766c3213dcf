#include "report/results/registry.h"

#include <ctype.h>
#include <pthread.h>
#include <stdio.h>
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
    {.id = "sac_mlp",           .label = "SAC (from scratch)",            .main = false, .source = "D4RL's recipe"},
};
/* clang-format on */

const struct registry_suite registry_suites[] = {
#define SUITE(id, name, title, seconds, budget, scored, ...) {name, title, "", budget, scored},
#define SUITE_PART(id, name, title, parent)                  {name, title, parent, 0, true},
#include "suites/facts.def"
    {"other", "Other", "", 0, true},
};

/* Positions there. */
enum {
#define SUITE(id, ...)      AT_##id,
#define SUITE_PART(id, ...) AT_##id,
#include "suites/facts.def"
};

static const struct {
    const char *name;
    int suite;
} environments[] = {
#define ENVIRONMENT(name, suite, ...) {name, AT_##suite},
#include "suites/facts.def"
};

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

static bool begins_with(const char *text, const char *beginning)
{
    return strncmp(text, beginning, strlen(beginning)) == 0;
}

/* By the first word: all that begins with "antmaze-" is antmaze. -1: none. */
static int suite_of_environment(const char *dataset)
{
    size_t n = strcspn(dataset, "-");
    for (size_t i = 0; i < sizeof environments / sizeof *environments; i++) {
        const char *name = environments[i].name;
        if (strcspn(name, "-") == n && strncmp(name, dataset, n) == 0)
            return environments[i].suite;
    }
    return -1;
}

static struct registry_dataset dataset_table[] = {
#define DATASET(name, e, q, rows, n, m, s, ...)                                                    \
    {.id = name, .env = e, .quality = q, .transitions = n, .mean = m, .sd = s},
#include "suites/facts.def"
};
enum { DATASETS = sizeof dataset_table / sizeof *dataset_table };

/* What follows from a row. */
static void complete_datasets(void)
{
    for (int i = 0; i < DATASETS; i++) {
        struct registry_dataset *d = &dataset_table[i];
        const char *env = abbreviation(d->env), *quality = abbreviation(d->quality);
        bool dash = quality[0] != '\0' && !begins_with(d->env, "antmaze");
        d->suite = registry_suites[registry_guess_suite(d->id)].id;
        d->budget = registry_suites[suite_of_environment(d->id)].budget;
        title_of(d->id, d->title, sizeof d->title);
        snprintf(d->abbrev, sizeof d->abbrev, "%.6s%s%.8s", env, dash ? "-" : "", quality);
    }
}

const struct registry_dataset *registry_datasets(int *count)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, complete_datasets);
    if (count != NULL)
        *count = DATASETS;
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

bool registry_scored(const char *suite)
{
    int i = registry_find_suite(suite);
    return i < 0 || registry_suites[i].scored;
}

int registry_guess_suite(const char *dataset)
{
    for (int i = 0; i < registry_suite_count; i++) {
        if (registry_suites[i].parent[0] != '\0' && begins_with(dataset, registry_suites[i].id))
            return i;
    }
    return suite_of_environment(dataset);
}
