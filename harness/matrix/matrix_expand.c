/* Methods x datasets x seeds x overrides become cells. */
#include "engine/base/memory.h"
#include "harness/matrix/matrix_impl.h"
#include "harness/run/run.h"
#include "suites/dataset_table.h"
#include "suites/env.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SEEDS_MOST = 10000 };

/* --- names ------------------------------------------------------------------------------------ */

/* clang-format off */
static const struct group { const char *name, *words; } groups[] = {
    {"M7",  "td3bc iql odt pdt td3 ddpg_odt td3_odt"},
    {"M6",  "td3bc iql odt pdt td3 td3_odt"},
    {"MJ",  "hopper-medium-v2 hopper-medium-replay-v2 hopper-random-v2 "
            "halfcheetah-medium-v2 halfcheetah-medium-replay-v2 halfcheetah-random-v2 "
            "walker2d-medium-v2 walker2d-medium-replay-v2 walker2d-random-v2 "
            "ant-medium-v2 ant-medium-replay-v2 ant-random-v2"},
    {"AD",  "pen-expert-v1 pen-cloned-v1 pen-human-v1 hammer-expert-v1 hammer-cloned-v1 "
            "hammer-human-v1 door-expert-v1 door-cloned-v1 door-human-v1 relocate-expert-v1 "
            "relocate-cloned-v1 relocate-human-v1"},
    {"AMs", "antmaze-umaze-v2 antmaze-umaze-diverse-v2 antmaze-medium-play-v2 "
            "antmaze-medium-diverse-v2"},
    {"AM",  "antmaze-umaze-v2 antmaze-umaze-diverse-v2 antmaze-medium-play-v2 "
            "antmaze-medium-diverse-v2 antmaze-large-play-v2 antmaze-large-diverse-v2"},
    {"MZ",  "maze2d-open-v0 maze2d-umaze-v1 maze2d-medium-v1 maze2d-large-v1"},
};
/* clang-format on */

/* Groups and patterns become ids. */
static enum status expand(const char *list, bool datasets, struct words *out)
{
    struct words w;
    char ids[4 * MATRIX_LIST] = "";
    TRY(matrix_split(list, &w));
    for (int i = 0; i < w.count; i++) {
        const char *word = w.word[i];
        bool found = false;
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            if (strcmp(groups[g].name, word) == 0) {
                TRY(matrix_append(ids, sizeof ids, groups[g].words));
                found = true;
            }
        }
        for (int k = 0; datasets && !found && strchr(word, '*') != NULL && k < dataset_count; k++) {
            if (fnmatch(word, dataset_table[k].id, 0) == 0)
                TRY(matrix_append(ids, sizeof ids, dataset_table[k].id));
        }
        if (!found && (!datasets || strchr(word, '*') == NULL))
            TRY(matrix_append(ids, sizeof ids, datasets ? word : config_plain(word)));
    }
    TRY(matrix_split(ids, out));
    if (out->count == 0)
        return status_fail(STATUS_CONFIG, "%s is empty or matches nothing ('%s')",
                           datasets ? "datasets" : "methods", list);
    return STATUS_OK;
}

static bool is_method(const char *preset, const char *name)
{
    bool there;
    if (config_is_file(name)) /* what cannot be looked at now says so when it is read */
        return file_look(name, &there) != STATUS_OK || there;
    for (int i = 0;; i++) {
        const char *known = config_method(preset, i);
        if (known == NULL)
            return false;
        if (strcmp(known, name) == 0)
            return true;
    }
}

/* --- cells ------------------------------------------------------------------------------------ */

/* The number of a cell that stands there already; 0: it does not. */
static int number_of(const struct matrix *m, const struct matrix_cell *c)
{
    for (int i = 0; i < m->cells; i++) {
        if (m->cell[i].seed == c->seed && matrix_same_kind(&m->cell[i], c))
            return m->cell[i].number;
    }
    return 0;
}

static enum status add_cell(struct matrix *m, const struct matrix_cell *c)
{
    if (number_of(m, c) > 0)
        return STATUS_OK;
    TRY(memory_grow((void **)&m->cell, m->cells, sizeof *m->cell, "a matrix"));
    m->cell[m->cells] = *c;
    m->cell[m->cells].number = m->cells + 1;
    m->cells++;
    return STATUS_OK;
}

static bool same_settings(const struct matrix_cell *a, const struct matrix_cell *b)
{
    bool same = a->sets == b->sets && a->seed == b->seed && strcmp(a->method, b->method) == 0 &&
                strcmp(a->dataset, b->dataset) == 0 && strcmp(a->preset, b->preset) == 0 &&
                strcmp(a->size, b->size) == 0;
    for (int i = 0; same && i < a->sets; i++)
        same = strcmp(a->set[i], b->set[i]) == 0;
    return same;
}

/* The same run in a matrix of `reuse`, else `c` itself. */
static const struct matrix_cell *reused(const struct loading *l, const struct matrix_cell *c)
{
    for (int i = 0; i < l->others.cells; i++) {
        if (same_settings(&l->others.cell[i], c))
            return &l->others.cell[i];
    }
    return c;
}

static enum status add_set(struct matrix_cell *c, const char *assignment)
{
    if (c->sets == MATRIX_SETS)
        return status_fail(STATUS_CONFIG, "a cell has more than %d overrides", MATRIX_SETS);
    if (snprintf(c->set[c->sets], MATRIX_SET, "%s", assignment) >= MATRIX_SET)
        return status_fail(STATUS_CONFIG, "'%s' is longer than %d characters", assignment,
                           MATRIX_SET - 1);
    /* Checked here, so that a typo does not wait for its cell. */
    struct hyper scratch;
    hyper_defaults(&scratch);
    TRY(config_override(&scratch, c->set[c->sets]));
    c->sets++;
    return STATUS_OK;
}

/* "a=1,b=2" of the overrides from `first` on; a hash when that gets very long. */
static void name_variant(struct matrix_cell *c, int first)
{
    char text[MATRIX_SETS * MATRIX_SET] = "";
    size_t used = 0;
    for (int i = first; i < c->sets; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", i == first ? "" : ",",
                                 c->set[i]);
    if (used < sizeof c->variant)
        memcpy(c->variant, text, used + 1);
    else
        snprintf(c->variant, sizeof c->variant, "%08x", matrix_variant_hash(text));
}

static enum status add_source(struct loading *l, const char *dataset)
{
    struct matrix *m = l->m;
    const struct env_kind *kind = env_find(dataset);
    if (kind != NULL && kind->suite->run_seconds > 0)
        return STATUS_OK; /* brings its own */
    for (int i = 0; i < m->sources; i++) {
        if (strcmp(m->source[i].dataset, dataset) == 0)
            return STATUS_OK;
    }
    struct matrix_source s = {.generated = false};
    snprintf(s.dataset, sizeof s.dataset, "%s", dataset);
    bool said = !l->generates;
    for (int i = 0; i < l->recipes && l->generates; i++) {
        if (strcmp(l->recipe[i].dataset, dataset) != 0)
            continue;
        s = l->recipe[i];
        said = true;
    }
    if (!said)
        return status_fail(STATUS_CONFIG,
                           "data = generate, but [generate] does not say how to "
                           "make %s",
                           dataset);
    TRY(memory_grow((void **)&m->source, m->sources, sizeof *m->source, "a matrix"));
    m->source[m->sources++] = s;
    return STATUS_OK;
}

static enum status parse_seeds(const char *text, long *first, long *last)
{
    char *end;
    *first = *last = strtol(text, &end, 10);
    if (end != text && *end == '-')
        *last = strtol(end + 1, &end, 10);
    if (end == text || *end != '\0' || *first < 0 || *last < *first || *last - *first > SEEDS_MOST)
        return status_fail(STATUS_CONFIG, "seeds is '%s', should be a number or a range like 1-5",
                           text);
    return STATUS_OK;
}

static enum status check_names(const struct loading *l, const struct words *methods,
                               const struct words *datasets)
{
    for (int i = 0; i < methods->count; i++) {
        bool known = is_method(l->own_preset, methods->word[i]);
        if (!known && config_is_file(methods->word[i]))
            return status_fail(STATUS_CONFIG,
                               "there is no file '%s'; a method's path begins where the program is "
                               "started",
                               methods->word[i]);
        if (!known)
            return status_fail(STATUS_CONFIG, "unknown method '%s'; did you mean '%s'?",
                               methods->word[i],
                               config_nearest_method(l->own_preset, methods->word[i]).word);
        const char *slash = strrchr(methods->word[i], '/');
        TRY(file_check_name("a method's name", slash != NULL ? slash + 1 : methods->word[i]));
    }
    for (int i = 0; i < datasets->count; i++) {
        if (env_find(datasets->word[i]) == NULL)
            return status_fail(STATUS_CONFIG, "unknown dataset '%s'; did you mean '%s'?",
                               datasets->word[i], dataset_nearest(datasets->word[i]).word);
        TRY(file_check_name("a dataset's name", datasets->word[i]));
        if (strlen(datasets->word[i]) >= CONFIG_NAME)
            return status_fail(STATUS_CONFIG, "'%s' is too long", datasets->word[i]);
    }
    return STATUS_OK;
}

/* Two values of the sweep that are the same number would be one run under two names; what
 * `set` says of the key would not hold. */
static enum status check_sweep(const struct experiment *e, const struct words *sweep)
{
    struct words set;
    struct hyper h;
    char text[MATRIX_WORDS][HYPER_TEXT_SIZE], assignment[2 * MATRIX_LIST];
    const char *key = sweep->word[0];
    hyper_defaults(&h);
    for (int v = 1; v < sweep->count; v++) {
        snprintf(assignment, sizeof assignment, "%s=%s", key, sweep->word[v]);
        TRY(config_override(&h, assignment));
        hyper_format(&h, hyper_find(key), text[v]);
        if (!hyper_applies(&h, key))
            snprintf(text[v], sizeof text[v], "-");
        for (int k = 1; k < v; k++) {
            if (strcmp(text[k], text[v]) == 0)
                return status_fail(STATUS_CONFIG, "sweep has %s and %s, which are the same %s",
                                   sweep->word[k], sweep->word[v], key);
        }
    }
    TRY(matrix_split(e->set, &set));
    for (int i = 0; i < set.count; i++) {
        size_t length = strlen(key);
        if (strncmp(set.word[i], key, length) == 0 && set.word[i][length] == '=')
            return status_fail(STATUS_CONFIG, "%s is in set and in sweep; keep one of the two",
                               key);
    }
    return STATUS_OK;
}

static enum status add_sets(struct matrix_cell *c, const char *list)
{
    struct words set;
    TRY(matrix_split(list, &set));
    for (int i = 0; i < set.count; i++)
        TRY(add_set(c, set.word[i]));
    return STATUS_OK;
}

/* The overrides of a cell whose dataset and method are known: later ones win. What the matrix sets
 * for all its experiments is no part of the variant's name. */
static enum status set_cell(struct loading *l, const struct experiment *e, const char *assignment,
                            struct matrix_cell *c)
{
    c->sets = 0;
    TRY(add_sets(c, l->set));
    for (int i = 0; i < l->settings_count; i++) {
        struct settings *s = &l->settings[i];
        if (fnmatch(s->pattern, c->method, 0) != 0 && fnmatch(s->pattern, c->dataset, 0) != 0)
            continue;
        s->matches = true;
        TRY(add_sets(c, s->set));
    }
    int common = c->sets;
    TRY(add_sets(c, e->set));
    if (assignment != NULL)
        TRY(add_set(c, assignment));
    name_variant(c, common);
    return STATUS_OK;
}

/* Will a run of this cell leave its policy as a file (run_policy.c)? */
static enum status check_guide(const struct matrix_cell *guide)
{
    struct config_request request;
    struct hyper h;
    matrix_request(guide, &request);
    TRY(run_configure(&request, &h));
    if (h.family == HYPER_family_mlp)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG, "guide: %s leaves no policy file; iql and td3bc do",
                       guide->method);
}

/* `c` is guided: add the cell that its guide comes from and point to the policy that will be there.
 * The results folder is a word of its own, so that no configuration depends on where results lie.
 */
static enum status add_guide(struct loading *l, const struct experiment *e, struct matrix_cell *c)
{
    static const struct experiment plain;
    const struct env_kind *kind = env_find(c->dataset);
    struct words w, method, dataset;
    struct matrix_cell guide = *c;
    char name[2 * MATRIX_LIST], folder[FILE_PATH], file[FILE_PATH + 64];
    long last;
    TRY(matrix_split(e->guide, &w));
    if (w.count != 3)
        return status_fail(STATUS_CONFIG, "guide is '%s', should be a method, a dataset and a seed",
                           e->guide);
    const char *star = strchr(w.word[1], '*');
    snprintf(name, sizeof name, "%s", w.word[1]);
    if (star != NULL)
        snprintf(name, sizeof name, "%.*s%s%s", (int)(star - w.word[1]), w.word[1], kind->name,
                 star + 1);
    TRY(matrix_one_word(guide.dataset, name));
    TRY(matrix_one_word(guide.method, config_plain(w.word[0])));
    TRY(matrix_split(guide.method, &method));
    TRY(matrix_split(guide.dataset, &dataset));
    TRY(check_names(l, &method, &dataset));
    TRY(parse_seeds(w.word[2], &guide.seed, &last));
    TRY(add_source(l, guide.dataset));
    TRY(set_cell(l, &plain, NULL, &guide));
    TRY(check_guide(&guide));
    guide = *reused(l, &guide);
    TRY(add_cell(l->m, &guide));
    c->guide = number_of(l->m, &guide);
    TRY(matrix_folder(&guide, "{results}", folder));
    snprintf(file, sizeof file, "jsrl_guide_file=%s/policy_offline.h5", folder);
    return add_set(c, file);
}

/* All cells of one value of the sweep: of `assignment`, or NULL. */
static enum status add_grid(struct loading *l, const struct experiment *e, struct matrix_cell *c,
                            const char *assignment, const struct words *methods,
                            const struct words *datasets)
{
    long first, last;
    TRY(parse_seeds(e->seeds, &first, &last));
    for (int d = 0; d < datasets->count; d++) {
        TRY(add_source(l, datasets->word[d]));
        for (int k = 0; k < methods->count; k++) {
            snprintf(c->dataset, sizeof c->dataset, "%s", datasets->word[d]);
            TRY(matrix_one_word(c->method, methods->word[k]));
            TRY(set_cell(l, e, assignment, c));
            c->guide = 0;
            if (e->guide[0] != '\0')
                TRY(add_guide(l, e, c));
            for (c->seed = first; c->seed <= last; c->seed++) {
                struct matrix_cell own = *reused(l, c);
                own.guide = c->guide; /* the number within this matrix */
                TRY(add_cell(l->m, &own));
            }
        }
    }
    return STATUS_OK;
}

enum status matrix_expand(struct loading *l, const struct experiment *e)
{
    struct words methods, datasets, sweep;
    struct matrix_cell c = {0};
    TRY(expand(e->methods, false, &methods));
    TRY(expand(e->datasets, true, &datasets));
    TRY(check_names(l, &methods, &datasets));
    TRY(matrix_split(e->sweep, &sweep));
    if (sweep.count == 1)
        return status_fail(STATUS_CONFIG, "sweep is '%s', should be a key and its values",
                           e->sweep);
    snprintf(c.matrix, sizeof c.matrix, "%s", l->home);
    snprintf(c.experiment, sizeof c.experiment, "%s", e->name);
    snprintf(c.preset, sizeof c.preset, "%s", l->own_preset);
    snprintf(c.size, sizeof c.size, "%s", l->size);
    if (sweep.count == 0)
        return add_grid(l, e, &c, NULL, &methods, &datasets);
    TRY(check_sweep(e, &sweep));
    for (int v = 1; v < sweep.count; v++) {
        char assignment[2 * MATRIX_LIST];
        snprintf(assignment, sizeof assignment, "%s=%s", sweep.word[0], sweep.word[v]);
        TRY(add_grid(l, e, &c, assignment, &methods, &datasets));
    }
    return STATUS_OK;
}
