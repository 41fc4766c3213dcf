#include "harness/matrix.h"

#include "engine/base/embed.h"
#include "harness/run.h"
#include "suites/dataset_table.h"
#include "suites/env.h"

#include <fnmatch.h>
#include <ini.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 64, NESTING = 5, LIST = 1024, SEEDS_MOST = 10000 };

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

/* One [experiment NAME] as it stands in the file. */
struct experiment {
    char name[CONFIG_NAME];
    char methods[LIST], datasets[LIST], set[LIST], sweep[LIST], guide[LIST], seeds[CONFIG_NAME];
};

/* One [settings PATTERN]: overrides of the cells whose method or dataset it matches. */
struct settings {
    char pattern[CONFIG_NAME], set[LIST];
};

/* What the INI handler fills. */
struct loading {
    struct matrix *m;
    const char *preset; /* asked for on the command line, or NULL */
    int depth;
    char file[FILE_PATH], home[CONFIG_NAME];
    char own_preset[CONFIG_NAME], size[CONFIG_NAME], set[LIST], include[LIST], reuse[LIST];
    struct matrix others; /* the cells of `reuse` */
    bool generates;
    struct experiment *experiment;
    int experiments;
    struct settings *settings;
    int settings_count;
    struct matrix_source *recipe; /* lines of [generate] */
    int recipes;
    bool failed; /* the first failure's sentence is kept */
};

/* --- lists of words --------------------------------------------------------------------------- */

struct words {
    char text[4 * LIST];
    const char *word[WORDS];
    int count;
};

static enum status split(const char *text, struct words *w)
{
    char *rest;
    w->count = 0;
    if (snprintf(w->text, sizeof w->text, "%s", text) >= (int)sizeof w->text)
        return status_fail(STATUS_CONFIG, "a list is longer than %zu characters", sizeof w->text);
    for (char *at = strtok_r(w->text, " ,\t\n", &rest); at != NULL;
         at = strtok_r(NULL, " ,\t\n", &rest)) {
        if (w->count == WORDS)
            return status_fail(STATUS_CONFIG, "a list has more than %d words", WORDS);
        w->word[w->count++] = at;
    }
    return STATUS_OK;
}

static enum status append(char *to, size_t size, const char *word)
{
    size_t used = strlen(to);
    if (used + strlen(word) + 2 > size)
        return status_fail(STATUS_CONFIG, "a list is longer than %zu characters", size);
    snprintf(to + used, size - used, "%s%s", used > 0 ? " " : "", word);
    return STATUS_OK;
}

static const char *next_dataset(const void *context, int i)
{
    (void)context;
    return i < dataset_count ? dataset_table[i].id : NULL;
}

static const char *next_method(const void *preset, int i)
{
    return config_method(preset, i);
}

static const char *next_matrix(const void *context, int i)
{
    (void)context;
    return matrix_name(i);
}

/* Groups and patterns become ids. */
static enum status expand(const char *list, bool datasets, struct words *out)
{
    struct words w;
    char ids[4 * LIST] = "";
    TRY(split(list, &w));
    for (int i = 0; i < w.count; i++) {
        const char *word = w.word[i];
        bool found = false;
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            if (strcmp(groups[g].name, word) == 0) {
                TRY(append(ids, sizeof ids, groups[g].words));
                found = true;
            }
        }
        for (int k = 0; datasets && !found && strchr(word, '*') != NULL && k < dataset_count; k++) {
            if (fnmatch(word, dataset_table[k].id, 0) == 0)
                TRY(append(ids, sizeof ids, dataset_table[k].id));
        }
        if (!found && (!datasets || strchr(word, '*') == NULL))
            TRY(append(ids, sizeof ids, word));
    }
    TRY(split(ids, out));
    if (out->count == 0)
        return status_fail(STATUS_CONFIG, "%s is empty or matches nothing ('%s')",
                           datasets ? "datasets" : "methods", list);
    return STATUS_OK;
}

static bool is_method(const char *preset, const char *name)
{
    if (strchr(name, '/') != NULL)
        return file_exists(name);
    for (int i = 0;; i++) {
        const char *known = config_method(preset, i);
        if (known == NULL)
            return false;
        if (strcmp(known, name) == 0)
            return true;
    }
}

/* --- reading ---------------------------------------------------------------------------------- */

static struct experiment *experiment_of(struct loading *l, const char *name)
{
    for (int i = 0; i < l->experiments; i++) {
        if (strcmp(l->experiment[i].name, name) == 0)
            return &l->experiment[i];
    }
    size_t count = (size_t)l->experiments + 1;
    struct experiment *grown = realloc(l->experiment, count * sizeof *grown);
    if (grown == NULL) {
        (void)status_fail(STATUS_MEMORY, "no memory for a matrix");
        return NULL;
    }
    l->experiment = grown;
    struct experiment *e = &l->experiment[l->experiments++];
    *e = (struct experiment){.seeds = "1-5"};
    snprintf(e->name, sizeof e->name, "%s", name);
    return e;
}

static enum status unknown_key(const char *section, const char *key, const char *known)
{
    return status_fail(STATUS_CONFIG, "[%s] has no key '%s'; there are %s", section, key, known);
}

static enum status one_word(char *to, const char *value)
{
    if (snprintf(to, CONFIG_NAME, "%s", value) >= CONFIG_NAME)
        return status_fail(STATUS_CONFIG, "'%.60s...' is too long", value);
    return STATUS_OK;
}

static enum status take_matrix(struct loading *l, const char *key, const char *value)
{
    if (strcmp(key, "title") == 0) {
        if (l->depth == 0)
            snprintf(l->m->title, sizeof l->m->title, "%s", value);
        return STATUS_OK;
    }
    if (strcmp(key, "preset") == 0) {
        TRY(one_word(l->own_preset, value));
        return config_is_preset(value)
                   ? STATUS_OK
                   : status_fail(STATUS_CONFIG, "unknown preset '%s'; there are paper and code",
                                 value);
    }
    if (strcmp(key, "size") == 0)
        return one_word(l->size, value);
    if (strcmp(key, "set") == 0)
        return append(l->set, sizeof l->set, value);
    if (strcmp(key, "include") == 0)
        return append(l->include, sizeof l->include, value);
    if (strcmp(key, "reuse") == 0)
        return append(l->reuse, sizeof l->reuse, value);
    if (strcmp(key, "data") == 0) {
        l->generates = strcmp(value, "generate") == 0;
        return l->generates || strcmp(value, "fetch") == 0
                   ? STATUS_OK
                   : status_fail(STATUS_CONFIG, "data is '%s', should be fetch or generate", value);
    }
    return unknown_key("matrix", key, "title, preset, size, set, data, include and reuse");
}

static enum status take_experiment(struct loading *l, const char *name, const char *key,
                                   const char *value)
{
    struct experiment *e = experiment_of(l, name);
    if (e == NULL)
        return STATUS_MEMORY;
    if (strcmp(key, "methods") == 0)
        return append(e->methods, sizeof e->methods, value);
    if (strcmp(key, "datasets") == 0)
        return append(e->datasets, sizeof e->datasets, value);
    if (strcmp(key, "set") == 0)
        return append(e->set, sizeof e->set, value);
    if (strcmp(key, "sweep") == 0)
        return append(e->sweep, sizeof e->sweep, value);
    if (strcmp(key, "guide") == 0)
        return append(e->guide, sizeof e->guide, value);
    if (strcmp(key, "seeds") == 0)
        return one_word(e->seeds, value);
    return unknown_key("experiment", key, "methods, datasets, seeds, set, sweep and guide");
}

static enum status take_settings(struct loading *l, const char *pattern, const char *key,
                                 const char *value)
{
    if (strcmp(key, "set") != 0)
        return unknown_key("settings", key, "set");
    size_t count = (size_t)l->settings_count + 1;
    struct settings *grown = realloc(l->settings, count * sizeof *grown);
    if (grown == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a matrix");
    l->settings = grown;
    struct settings *s = &l->settings[l->settings_count++];
    *s = (struct settings){.set = ""};
    TRY(one_word(s->pattern, pattern));
    return append(s->set, sizeof s->set, value);
}

static enum status take_recipe(struct loading *l, const char *dataset, const char *args)
{
    size_t count = (size_t)l->recipes + 1;
    struct matrix_source *grown = realloc(l->recipe, count * sizeof *grown);
    if (grown == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a matrix");
    l->recipe = grown;
    struct matrix_source *r = &l->recipe[l->recipes++];
    *r = (struct matrix_source){.generated = strcmp(args, "fetch") != 0};
    snprintf(r->dataset, sizeof r->dataset, "%s", dataset);
    if (snprintf(r->args, sizeof r->args, "%s", args) >= (int)sizeof r->args)
        return status_fail(STATUS_CONFIG, "the arguments for %s are too long", dataset);
    return STATUS_OK;
}

/* inih's handler: 0 marks the line as bad; inih goes on and reports the first such number. */
static int handle(void *user, const char *section, const char *key, const char *value)
{
    struct loading *l = user;
    if (l->failed)
        return 0;
    enum status result;
    if (strcmp(section, "matrix") == 0)
        result = take_matrix(l, key, value);
    else if (strncmp(section, "experiment ", 11) == 0)
        result = take_experiment(l, section + 11, key, value);
    else if (strncmp(section, "settings ", 9) == 0)
        result = take_settings(l, section + 9, key, value);
    else if (strcmp(section, "generate") == 0)
        result = take_recipe(l, key, value);
    else
        result = status_fail(STATUS_CONFIG,
                             "unknown section [%s]; there are [matrix], "
                             "[experiment NAME], [settings PATTERN] and [generate]",
                             section);
    l->failed = result != STATUS_OK;
    return !l->failed;
}

static enum status read_text(struct loading *l, const char *text)
{
    int line = ini_parse_string(text, handle, l);
    if (l->failed)
        return status_prefix(STATUS_CONFIG, "%s:%d", l->file, line);
    if (line != 0)
        return status_fail(STATUS_CONFIG, "%s:%d: is not `key = value`, `[section]` or a comment",
                           l->file, line);
    return STATUS_OK;
}

/* --- cells ------------------------------------------------------------------------------------ */

/* Room for one more at powers of two; an element's size in bytes. */
static enum status make_room(void **array, int count, size_t size)
{
    if (count > 0 && (count & (count - 1)) != 0)
        return STATUS_OK;
    void *grown = realloc(*array, (count > 0 ? 2 * (size_t)count : 1) * size);
    if (grown == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a matrix");
    *array = grown;
    return STATUS_OK;
}

bool matrix_same_kind(const struct matrix_cell *a, const struct matrix_cell *b)
{
    return strcmp(a->method, b->method) == 0 && strcmp(a->dataset, b->dataset) == 0 &&
           strcmp(a->variant, b->variant) == 0 && strcmp(a->matrix, b->matrix) == 0;
}

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
    void *array = m->cell;
    TRY(make_room(&array, m->cells, sizeof *m->cell));
    m->cell = array;
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

/* "@a=1,b=2" of the overrides from `first` on; a hash when that gets long. */
static void name_variant(struct matrix_cell *c, int first)
{
    size_t used = 0;
    uint32_t hash = 2166136261u; /* FNV-1a */
    c->variant[0] = '\0';
    for (int i = first; i < c->sets; i++) {
        for (const char *at = c->set[i]; *at != '\0'; at++)
            hash = (hash ^ (unsigned char)*at) * 16777619u;
        if (used < sizeof c->variant)
            used += (size_t)snprintf(c->variant + used, sizeof c->variant - used, "%c%s",
                                     i == first ? '@' : ',', c->set[i]);
    }
    if (used >= sizeof c->variant || strchr(c->variant, '/') != NULL)
        snprintf(c->variant, sizeof c->variant, "@%08x", hash);
}

static enum status add_source(struct loading *l, const char *dataset)
{
    struct matrix *m = l->m;
    const struct env_kind *kind = env_find(dataset);
    if (kind != NULL && kind->suite == SUITE_BANDIT)
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
    void *array = m->source;
    TRY(make_room(&array, m->sources, sizeof *m->source));
    m->source = array;
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
        if (!is_method(l->own_preset, methods->word[i]))
            return status_fail(STATUS_CONFIG, "unknown method '%s'; did you mean '%s'?",
                               methods->word[i],
                               config_nearest(methods->word[i], next_method, l->own_preset));
    }
    for (int i = 0; i < datasets->count; i++) {
        if (env_find(datasets->word[i]) == NULL)
            return status_fail(STATUS_CONFIG, "unknown dataset '%s'; did you mean '%s'?",
                               datasets->word[i],
                               config_nearest(datasets->word[i], next_dataset, NULL));
        if (strlen(datasets->word[i]) >= CONFIG_NAME)
            return status_fail(STATUS_CONFIG, "'%s' is too long", datasets->word[i]);
    }
    return STATUS_OK;
}

static enum status add_sets(struct matrix_cell *c, const char *list)
{
    struct words set;
    TRY(split(list, &set));
    for (int i = 0; i < set.count; i++)
        TRY(add_set(c, set.word[i]));
    return STATUS_OK;
}

/* The overrides of a cell whose dataset and method are known: later ones win. What the matrix sets
 * for all its experiments is no part of the variant's name. */
static enum status set_cell(const struct loading *l, const struct experiment *e,
                            const char *assignment, struct matrix_cell *c)
{
    c->sets = 0;
    TRY(add_sets(c, l->set));
    for (int i = 0; i < l->settings_count; i++) {
        const struct settings *s = &l->settings[i];
        if (fnmatch(s->pattern, c->method, 0) == 0 || fnmatch(s->pattern, c->dataset, 0) == 0)
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
    if (strcmp(h.family, "mlp") == 0)
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
    char name[2 * LIST], folder[FILE_PATH], file[FILE_PATH + 64];
    long last;
    TRY(split(e->guide, &w));
    if (w.count != 3)
        return status_fail(STATUS_CONFIG, "guide is '%s', should be a method, a dataset and a seed",
                           e->guide);
    const char *star = strchr(w.word[1], '*');
    snprintf(name, sizeof name, "%s", w.word[1]);
    if (star != NULL)
        snprintf(name, sizeof name, "%.*s%s%s", (int)(star - w.word[1]), w.word[1], kind->name,
                 star + 1);
    TRY(one_word(guide.dataset, name));
    TRY(one_word(guide.method, w.word[0]));
    TRY(split(guide.method, &method));
    TRY(split(guide.dataset, &dataset));
    TRY(check_names(l, &method, &dataset));
    TRY(parse_seeds(w.word[2], &guide.seed, &last));
    TRY(add_source(l, guide.dataset));
    TRY(set_cell(l, &plain, NULL, &guide));
    TRY(check_guide(&guide));
    guide = *reused(l, &guide);
    TRY(add_cell(l->m, &guide));
    c->guide = number_of(l->m, &guide);
    matrix_folder(&guide, "{results}", folder);
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
            TRY(one_word(c->method, methods->word[k]));
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

static enum status add_experiment(struct loading *l, const struct experiment *e)
{
    struct words methods, datasets, sweep;
    struct matrix_cell c = {0};
    TRY(expand(e->methods, false, &methods));
    TRY(expand(e->datasets, true, &datasets));
    TRY(check_names(l, &methods, &datasets));
    TRY(split(e->sweep, &sweep));
    if (sweep.count == 1)
        return status_fail(STATUS_CONFIG, "sweep is '%s', should be a key and its values",
                           e->sweep);
    snprintf(c.matrix, sizeof c.matrix, "%s", l->home);
    snprintf(c.experiment, sizeof c.experiment, "%s", e->name);
    snprintf(c.preset, sizeof c.preset, "%s", l->own_preset);
    snprintf(c.size, sizeof c.size, "%s", l->size);
    if (sweep.count == 0)
        return add_grid(l, e, &c, NULL, &methods, &datasets);
    for (int v = 1; v < sweep.count; v++) {
        char assignment[2 * LIST];
        snprintf(assignment, sizeof assignment, "%s=%s", sweep.word[0], sweep.word[v]);
        TRY(add_grid(l, e, &c, assignment, &methods, &datasets));
    }
    return STATUS_OK;
}

/* --- files ------------------------------------------------------------------------------------ */

static enum status load_into(struct matrix *m, const char *name, const char *preset, int depth);

static enum status build(struct loading *l, const char *text)
{
    TRY(read_text(l, text));
    if (l->preset != NULL && strcmp(l->preset, l->own_preset) != 0) {
        size_t used = strlen(l->home);
        TRY(one_word(l->own_preset, l->preset));
        snprintf(l->home + used, sizeof l->home - used, "-%s", l->preset);
    }
    struct words include;
    TRY(split(l->include, &include));
    for (int i = 0; i < include.count; i++)
        TRY(load_into(l->m, include.word[i], l->preset, l->depth + 1));
    TRY(split(l->reuse, &include));
    for (int i = 0; i < include.count; i++)
        TRY(load_into(&l->others, include.word[i], l->preset, l->depth + 1));
    for (int i = 0; i < l->experiments; i++) {
        enum status result = add_experiment(l, &l->experiment[i]);
        if (result != STATUS_OK)
            return status_prefix(result, "%s: [experiment %s]", l->file, l->experiment[i].name);
    }
    return STATUS_OK;
}

/* The text of an embedded matrix, or of a file of one's own. */
static enum status find_text(const char *name, char file[FILE_PATH], const char **text, char **own)
{
    char embedded[2 * CONFIG_NAME];
    snprintf(embedded, sizeof embedded, "matrices/%.*s.ini", CONFIG_NAME, name);
    const struct embed_file *f = embed_find(embed_harness, embedded);
    snprintf(file, FILE_PATH, "%s", f != NULL ? f->name : name);
    if (f != NULL) {
        *text = f->text;
        return STATUS_OK;
    }
    if (strchr(name, '/') == NULL && strstr(name, ".ini") == NULL)
        return status_fail(STATUS_CONFIG,
                           "there is no matrix '%s'; did you mean '%s'? A file of one's own is "
                           "named by its path (./mine.ini)",
                           name, config_nearest(name, next_matrix, NULL));
    TRY(file_read(name, 1 << 20, own, NULL));
    *text = *own;
    return STATUS_OK;
}

static void name_home(const char *name, char home[CONFIG_NAME])
{
    const char *slash = strrchr(name, '/');
    snprintf(home, CONFIG_NAME - 16, "%s", slash != NULL ? slash + 1 : name);
    char *dot = strstr(home, ".ini");
    if (dot != NULL && dot[4] == '\0')
        *dot = '\0';
}

static enum status load_into(struct matrix *m, const char *name, const char *preset, int depth)
{
    if (depth > NESTING)
        return status_fail(STATUS_CONFIG, "%s: matrices include each other more than %d deep", name,
                           NESTING);
    const char *text = NULL;
    char *own = NULL;
    struct loading *l = calloc(1, sizeof *l);
    if (l == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a matrix");
    l->m = m;
    l->preset = preset;
    l->depth = depth;
    snprintf(l->own_preset, sizeof l->own_preset, "paper");
    snprintf(l->size, sizeof l->size, "paper");
    name_home(name, l->home);
    if (depth == 0)
        snprintf(m->name, sizeof m->name, "%s", l->home);
    enum status result = find_text(name, l->file, &text, &own);
    if (result == STATUS_OK)
        result = build(l, text);
    free(own);
    matrix_free(&l->others);
    free(l->experiment);
    free(l->settings);
    free(l->recipe);
    free(l);
    return result;
}

enum status matrix_load(const char *name, const char *preset, struct matrix *out)
{
    *out = (struct matrix){.cells = 0};
    if (preset != NULL && !config_is_preset(preset))
        return status_fail(STATUS_CONFIG, "unknown preset '%s'; there are paper and code", preset);
    enum status result = load_into(out, name, preset, 0);
    if (result == STATUS_OK && out->cells == 0)
        result = status_fail(STATUS_CONFIG, "%s: has no cells; add an [experiment NAME]", name);
    if (result != STATUS_OK)
        matrix_free(out);
    return result;
}

void matrix_free(struct matrix *m)
{
    free(m->cell);
    free(m->source);
    *m = (struct matrix){.cells = 0};
}

enum status matrix_cell(const struct matrix *m, long number, const struct matrix_cell **out)
{
    if (number < 1 || number > m->cells)
        return status_fail(STATUS_CONFIG, "cell %ld: matrix %s has cells 1 to %d", number, m->name,
                           m->cells);
    *out = &m->cell[number - 1];
    return STATUS_OK;
}

void matrix_folder(const struct matrix_cell *c, const char *results, char out[FILE_PATH])
{
    const char *slash = strrchr(c->method, '/');
    snprintf(out, FILE_PATH, "%.500s/%s/%s/%s%s/%ld", results != NULL ? results : MATRIX_RESULTS,
             c->matrix, c->dataset, slash != NULL ? slash + 1 : c->method, c->variant, c->seed);
}

void matrix_request(const struct matrix_cell *c, struct config_request *out)
{
    *out = (struct config_request){.preset = c->preset,
                                   .method = c->method,
                                   .dataset = c->dataset,
                                   .size = c->size,
                                   .sets = c->sets};
    for (int i = 0; i < c->sets; i++)
        out->set[i] = c->set[i];
}

const char *matrix_home(const struct matrix *m, int i)
{
    for (int k = 0; k < m->cells; k++) {
        bool seen = false;
        for (int before = 0; before < k && !seen; before++)
            seen = strcmp(m->cell[before].matrix, m->cell[k].matrix) == 0;
        if (!seen && i-- == 0)
            return m->cell[k].matrix;
    }
    return NULL;
}

const char *matrix_name(int i)
{
    static _Thread_local char name[CONFIG_NAME];
    for (const struct embed_file *f = embed_harness; f->name != NULL; f++) {
        if (strncmp(f->name, "matrices/", 9) != 0 || i-- != 0)
            continue;
        name_home(f->name, name);
        return name;
    }
    return NULL;
}
