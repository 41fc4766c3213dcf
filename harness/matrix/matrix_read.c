/* An INI file as it stands: experiments, settings and recipes, not yet cells. */
#include "engine/base/memory.h"
#include "harness/base/ini_text.h"
#include "harness/matrix/matrix_impl.h"
#include "harness/run/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- lists of words --------------------------------------------------------------------------- */

enum status matrix_split(const char *text, struct words *w)
{
    char *rest;
    w->count = 0;
    if (snprintf(w->text, sizeof w->text, "%s", text) >= (int)sizeof w->text)
        return status_fail(STATUS_CONFIG, "a list is longer than %zu characters", sizeof w->text);
    for (char *at = strtok_r(w->text, " ,\t\n", &rest); at != NULL;
         at = strtok_r(NULL, " ,\t\n", &rest)) {
        if (w->count == MATRIX_WORDS)
            return status_fail(STATUS_CONFIG, "a list has more than %d words", MATRIX_WORDS);
        w->word[w->count++] = at;
    }
    return STATUS_OK;
}

enum status matrix_append(char *to, size_t size, const char *word)
{
    size_t used = strlen(to);
    if (used + strlen(word) + 2 > size)
        return status_fail(STATUS_CONFIG, "a list is longer than %zu characters", size);
    snprintf(to + used, size - used, "%s%s", used > 0 ? " " : "", word);
    return STATUS_OK;
}

enum status matrix_one_word(char *to, const char *value)
{
    if (snprintf(to, CONFIG_NAME, "%s", value) >= CONFIG_NAME)
        return status_fail(STATUS_CONFIG, "'%.60s...' is too long", value);
    return STATUS_OK;
}

/* Put overrides behind those of the section so far. */
static enum status append_set(char to[MATRIX_LIST], const char *value)
{
    struct words set;
    TRY(matrix_append(to, MATRIX_LIST, value));
    TRY(matrix_split(to, &set));
    for (int i = 0; i < set.count; i++) {
        size_t key = strcspn(set.word[i], "=");
        for (int k = 0; k < i; k++) {
            if (strncmp(set.word[i], set.word[k], key + 1) == 0)
                return status_fail(STATUS_CONFIG, "set has %s and %s; keep one of the two",
                                   set.word[k], set.word[i]);
        }
    }
    return STATUS_OK;
}

/* --- sections and keys -------------------------------------------------------------------------
 */

static struct experiment *experiment_of(struct loading *l, const char *name)
{
    for (int i = 0; i < l->experiments; i++) {
        if (strcmp(l->experiment[i].name, name) == 0)
            return &l->experiment[i];
    }
    if (memory_grow((void **)&l->experiment, l->experiments, sizeof *l->experiment, "a matrix") !=
        STATUS_OK)
        return NULL;
    struct experiment *e = &l->experiment[l->experiments++];
    *e = (struct experiment){.seeds = "1-5"};
    snprintf(e->name, sizeof e->name, "%s", name);
    return e;
}

static enum status unknown_key(const char *section, const char *key, const char *known)
{
    return status_fail(STATUS_CONFIG, "[%s] has no key '%s'; there are %s", section, key, known);
}

static enum status take_matrix(struct loading *l, const char *key, const char *value)
{
    if (strcmp(key, "title") == 0) {
        if (value[0] == '\0')
            return status_fail(STATUS_CONFIG, "title is empty; give one or remove the line");
        if (l->depth == 0)
            snprintf(l->m->title, sizeof l->m->title, "%s", value);
        return STATUS_OK;
    }
    if (strcmp(key, "keep_policy") == 0) {
        unsigned keep;
        TRY(run_keep_named(value, &keep));
        if (l->depth == 0)
            l->m->keep = keep;
        return STATUS_OK;
    }
    if (strcmp(key, "preset") == 0) {
        TRY(matrix_one_word(l->own_preset, value));
        return config_is_preset(value)
                   ? STATUS_OK
                   : status_fail(STATUS_CONFIG, "unknown preset '%s'; there are paper and code",
                                 value);
    }
    if (strcmp(key, "size") == 0)
        return matrix_one_word(l->size, value);
    if (strcmp(key, "set") == 0)
        return append_set(l->set, value);
    if (strcmp(key, "include") == 0)
        return matrix_append(l->include, sizeof l->include, value);
    if (strcmp(key, "reuse") == 0)
        return matrix_append(l->reuse, sizeof l->reuse, value);
    if (strcmp(key, "data") == 0) {
        l->generates = strcmp(value, "generate") == 0;
        return l->generates || strcmp(value, "fetch") == 0
                   ? STATUS_OK
                   : status_fail(STATUS_CONFIG, "data is '%s', should be fetch or generate", value);
    }
    return unknown_key("matrix", key,
                       "title, preset, size, set, data, keep_policy, include and reuse");
}

static enum status take_experiment(struct loading *l, const char *name, const char *key,
                                   const char *value)
{
    struct experiment *e = experiment_of(l, name);
    if (e == NULL)
        return STATUS_MEMORY;
    if (strcmp(key, "methods") == 0)
        return matrix_append(e->methods, sizeof e->methods, value);
    if (strcmp(key, "datasets") == 0)
        return matrix_append(e->datasets, sizeof e->datasets, value);
    if (strcmp(key, "set") == 0)
        return append_set(e->set, value);
    if (strcmp(key, "sweep") == 0)
        return matrix_append(e->sweep, sizeof e->sweep, value);
    if (strcmp(key, "guide") == 0)
        return matrix_append(e->guide, sizeof e->guide, value);
    if (strcmp(key, "seeds") == 0)
        return matrix_one_word(e->seeds, value);
    return unknown_key("experiment", key, "methods, datasets, seeds, set, sweep and guide");
}

static enum status take_settings(struct loading *l, const char *pattern, const char *key,
                                 const char *value)
{
    if (strcmp(key, "set") != 0)
        return unknown_key("settings", key, "set");
    struct settings *s = l->settings_count > 0 ? &l->settings[l->settings_count - 1] : NULL;
    if (s == NULL || strcmp(s->pattern, pattern) != 0) {
        TRY(memory_grow((void **)&l->settings, l->settings_count, sizeof *l->settings, "a matrix"));
        s = &l->settings[l->settings_count++];
        *s = (struct settings){.set = ""};
        TRY(matrix_one_word(s->pattern, pattern));
    }
    return append_set(s->set, value);
}

static enum status take_recipe(struct loading *l, const char *dataset, const char *args)
{
    TRY(memory_grow((void **)&l->recipe, l->recipes, sizeof *l->recipe, "a matrix"));
    struct matrix_source *r = &l->recipe[l->recipes++];
    *r = (struct matrix_source){.generated = strcmp(args, "fetch") != 0};
    snprintf(r->dataset, sizeof r->dataset, "%s", dataset);
    if (snprintf(r->args, sizeof r->args, "%s", args) >= (int)sizeof r->args)
        return status_fail(STATUS_CONFIG, "the arguments for %s are too long", dataset);
    return STATUS_OK;
}

static enum status take_line(void *context, const char *section, const char *key, const char *value)
{
    struct loading *l = context;
    if (strcmp(section, "matrix") == 0)
        return take_matrix(l, key, value);
    if (strncmp(section, "experiment ", 11) == 0)
        return take_experiment(l, section + 11, key, value);
    if (strncmp(section, "settings ", 9) == 0)
        return take_settings(l, section + 9, key, value);
    if (strcmp(section, "generate") == 0)
        return take_recipe(l, key, value);
    return status_fail(STATUS_CONFIG,
                       "unknown section [%s]; there are [matrix], "
                       "[experiment NAME], [settings PATTERN] and [generate]",
                       section);
}

static const struct ini_form form = {.lists = " include reuse methods datasets set sweep guide ",
                                     .again = " set "};

enum status matrix_read(struct loading *l, const char *text)
{
    return ini_text_read(text, l->file, &form, take_line, l);
}
