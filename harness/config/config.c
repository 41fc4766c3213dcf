#include "harness/config/config.h"

#include "engine/base/embed.h"
#include "harness/base/ini_text.h"
#include "suites/dataset_table.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* `small` is the size of the reference curves made with the authors' program; `tiny` only proves
 * that everything works. Keys that do not apply to a method are passed over. */
static const char *const size_paper[] = {NULL};
static const char *const size_small[] = {"embed_dim=128",
                                         "n_layer=2",
                                         "n_head=4",
                                         "T_train=10",
                                         "T_eval=5",
                                         "batch_size=64",
                                         "lr_actor=1e-3",
                                         "warmup_actor_steps=2000",
                                         "lr_critic=1e-3",
                                         "pretrain_actor_steps=2000",
                                         "actor_updates_per_iter=100",
                                         NULL};
static const char *const size_tiny[] = {"embed_dim=32",
                                        "n_layer=1",
                                        "n_head=2",
                                        "T_train=4",
                                        "T_eval=2",
                                        "batch_size=32",
                                        "warmup_actor_steps=100",
                                        "critic_hidden=32",
                                        "mlp_hidden=32",
                                        "pretrain_actor_steps=60",
                                        "actor_updates_per_iter=20",
                                        "updates_per_transition=0.1",
                                        "pdt_samples=8",
                                        "pdt_return_steps=40",
                                        "pdt_warmup_transitions=400",
                                        "stop_transitions=2000",
                                        "score_at=2000",
                                        "eval_episodes=2",
                                        NULL};

const struct config_size config_sizes[] = {
    {"paper", "the paper's networks and budgets", size_paper},
    {"small", "embed 128, 2 layers, K 10, batch 64: hours on one core", size_small},
    {"tiny", "embed 32, 1 layer: seconds, proves only that it runs", size_tiny},
};
const int config_size_count = sizeof config_sizes / sizeof *config_sizes;

static const struct ini_form form = {.lists = " does_not_apply ", .again = ""};

/* What goes to each line of an INI text. */
struct loading {
    struct hyper *h;
    const char *file, *dataset, *suite;
};

static bool section_matches(const struct loading *l, const char *section)
{
    return strcmp(section, "method") == 0 || strcmp(section, l->suite) == 0 ||
           fnmatch(section, l->dataset, 0) == 0;
}

/* Without a wildcard a section names what there is, or the data at hand. */
static enum status check_section(const struct loading *l, const char *section)
{
    struct nearest n = {.to = section};
    if (strpbrk(section, "*?[") != NULL || section_matches(l, section) ||
        suite_find(section) != NULL || env_find(section) != NULL)
        return STATUS_OK;
    nearest_offer(&n, "method");
    for (int i = 0; i < SUITES; i++)
        nearest_offer(&n, suite_table[i].name);
    for (int i = 0; i < env_count; i++)
        nearest_offer(&n, env_table[i].name);
    for (int i = 0; i < dataset_count; i++)
        nearest_offer(&n, dataset_table[i].id);
    return status_fail(STATUS_CONFIG,
                       "[%s] is no suite, environment or dataset; did you mean [%s]? A pattern has "
                       "a *",
                       section, n.word);
}

static enum status mark_unused(struct hyper *h, const char *list)
{
    char copy[512], *rest = copy;
    snprintf(copy, sizeof copy, "%s", list);
    for (char *key = strtok_r(copy, " ,", &rest); key != NULL; key = strtok_r(NULL, " ,", &rest))
        TRY(hyper_set(h, key, "-"));
    return STATUS_OK;
}

static enum status take_line(void *context, const char *section, const char *key, const char *value)
{
    struct loading *l = context;
    if (strcmp(key, "label") == 0 && value[0] == '\0')
        return status_fail(STATUS_CONFIG, "label is empty; give a name or remove the line");
    TRY(check_section(l, section));
    /* Keys of other datasets are checked all the same: a typo must not wait for its dataset. */
    struct hyper scratch = *l->h, *h = section_matches(l, section) ? l->h : &scratch;
    return strcmp(key, "does_not_apply") == 0 ? mark_unused(h, value) : hyper_set(h, key, value);
}

/* The file name's stem of an embedded "presets/PRESET/x.ini", or NULL. */
static const char *stem_of(const struct embed_file *f, const char *preset)
{
    static _Thread_local char stem[CONFIG_NAME];
    char prefix[CONFIG_NAME];
    size_t skip = (size_t)snprintf(prefix, sizeof prefix, "presets/%s/", preset);
    if (strncmp(f->name, prefix, skip) != 0)
        return NULL;
    snprintf(stem, sizeof stem, "%s", f->name + skip);
    char *dot = strrchr(stem, '.');
    if (dot != NULL)
        *dot = '\0';
    return strcmp(stem, "datasets") == 0 ? NULL : stem;
}

const char *config_method(const char *preset, int i)
{
    for (const struct embed_file *f = embed_harness; f->name != NULL; f++) {
        const char *stem = stem_of(f, preset);
        if (stem != NULL && i-- == 0)
            return stem;
    }
    return NULL;
}

bool config_is_preset(const char *name)
{
    return config_method(name, 0) != NULL;
}

struct nearest config_nearest_method(const char *preset, const char *name)
{
    struct nearest n = {.to = name};
    for (int i = 0; config_method(preset, i) != NULL; i++)
        nearest_offer(&n, config_method(preset, i));
    return n;
}

bool config_is_file(const char *method)
{
    return strchr(method, '/') != NULL || strstr(method, ".ini") != NULL;
}

const char *config_plain(const char *method)
{
    while (strncmp(method, "./", 2) == 0 && config_is_file(method + 2))
        method += 2;
    return method;
}

static enum status load_method(struct loading *l, const struct config_request *r)
{
    char name[2 * CONFIG_NAME];
    snprintf(name, sizeof name, "presets/%s/%s.ini", r->preset, r->method);
    const struct embed_file *f = embed_find(embed_harness, name);
    if (f != NULL) {
        l->file = f->name;
        return ini_text_read(f->text, l->file, &form, take_line, l);
    }
    if (!config_is_file(r->method))
        return status_fail(STATUS_CONFIG, "unknown method '%s'; did you mean '%s'?", r->method,
                           config_nearest_method(r->preset, r->method).word);
    char *text;
    TRY(ini_text_load(r->method, &text));
    l->file = r->method;
    enum status result = ini_text_read(text, l->file, &form, take_line, l);
    free(text);
    return result;
}

enum status config_override(struct hyper *h, const char *assignment)
{
    char key[CONFIG_NAME];
    const char *equals = strchr(assignment, '=');
    if (equals == NULL || equals == assignment || equals - assignment >= CONFIG_NAME)
        return status_fail(STATUS_CONFIG, "'%s': write key=value", assignment);
    snprintf(key, sizeof key, "%.*s", (int)(equals - assignment), assignment);
    return hyper_set(h, key, equals + 1);
}

static bool is_zero(const struct hyper *h, const char *key)
{
    char value[HYPER_TEXT_SIZE];
    hyper_format(h, hyper_find(key), value);
    return strcmp(value, "0") == 0;
}

static enum status apply_size(struct hyper *h, const char *size)
{
    for (int i = 0; i < config_size_count; i++) {
        if (strcmp(config_sizes[i].name, size) != 0)
            continue;
        for (const char *const *set = config_sizes[i].set; *set != NULL; set++) {
            struct hyper scratch = *h;
            TRY(config_override(&scratch, *set));
            /* A size reduces what is there; it gives no method a part it does not have (SAC from
             * scratch has no pretraining). */
            char key[CONFIG_NAME];
            snprintf(key, sizeof key, "%.*s", (int)(strchr(*set, '=') - *set), *set);
            if (hyper_applies(h, key) && !is_zero(h, key))
                *h = scratch;
        }
        if (h->T_eval > h->T_train)
            h->T_eval = h->T_train;
        if (h->actor == HYPER_actor_pdt) /* its future is as long as a segment */
            h->pdt_future = h->T_train;
        return STATUS_OK;
    }
    return status_fail(STATUS_CONFIG, "unknown size '%s'; there are paper, small and tiny", size);
}

enum status config_load(const struct config_request *r, struct hyper *h)
{
    char name[2 * CONFIG_NAME];
    snprintf(name, sizeof name, "presets/%s/datasets.ini", r->preset);
    const struct embed_file *datasets = embed_find(embed_harness, name);
    if (datasets == NULL)
        return status_fail(STATUS_CONFIG, "unknown preset '%s'; there are paper and code",
                           r->preset);
    hyper_defaults(h);
    struct loading l = {.h = h, .file = datasets->name, .dataset = r->dataset, .suite = r->suite};
    TRY(ini_text_read(datasets->text, l.file, &form, take_line, &l));
    TRY(load_method(&l, r));
    TRY(apply_size(h, r->size));
    for (int i = 0; i < r->sets; i++) {
        enum status result = config_override(h, r->set[i]);
        if (result != STATUS_OK)
            return status_prefix(result, "--set %s", r->set[i]);
    }
    return hyper_check(h);
}

enum status config_add_set(struct config_request *r, const char *assignment)
{
    if (r->sets == CONFIG_OVERRIDES)
        return status_fail(STATUS_CONFIG, "more than %d --set", CONFIG_OVERRIDES);
    r->set[r->sets++] = assignment;
    return STATUS_OK;
}

static enum status write_text(const struct hyper *h, bool identity, char **out)
{
    size_t capacity = (size_t)hyper_count * (HYPER_TEXT_SIZE + 64), used = 0;
    *out = malloc(capacity);
    if (*out == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the configuration's text");
    for (int i = 0; i < hyper_count; i++) {
        char value[HYPER_TEXT_SIZE];
        if (identity && hyper_is_later(i) && hyper_is_default(h, i))
            continue;
        hyper_format(h, i, value);
        used += (size_t)snprintf(*out + used, capacity - used, "%s = %s\n", hyper_table[i].name,
                                 h->applies[i] ? value : "-");
    }
    return STATUS_OK;
}

enum status config_text(const struct hyper *h, char **out)
{
    return write_text(h, false, out);
}

enum status config_identity(const struct hyper *h, char **out)
{
    return write_text(h, true, out);
}

enum status config_read_text(const char *text, struct hyper *h)
{
    hyper_defaults(h);
    while (*text != '\0') {
        char line[HYPER_TEXT_SIZE + 64];
        size_t length = strcspn(text, "\n");
        snprintf(line, sizeof line, "%.*s", (int)length, text);
        char *equals = length < sizeof line ? strstr(line, " = ") : NULL;
        if (equals == NULL)
            return status_fail(STATUS_CONFIG, "the configuration has the line '%.60s'", line);
        *equals = '\0';
        TRY(hyper_set(h, line, equals + 3));
        text += length + (text[length] == '\n');
    }
    return hyper_check(h);
}
