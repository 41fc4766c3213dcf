#include "harness/matrix/matrix.h"

#include "engine/base/embed.h"
#include "harness/base/ini_text.h"
#include "harness/matrix/matrix_impl.h"
#include "harness/matrix/supply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NESTING = 5 };

static struct nearest nearest_matrix(const char *name)
{
    struct nearest n = {.to = name};
    for (int i = 0; matrix_name(i) != NULL; i++)
        nearest_offer(&n, matrix_name(i));
    return n;
}

static enum status load_into(struct matrix *m, const char *name, const char *preset, int depth);

/* "; did you mean 'hopper-random-v2'?": what the matrix has. */
static const char *did_you_mean(const struct nearest *n, char out[NEAREST_WORD + 32])
{
    out[0] = '\0';
    if (n->word[0] != '\0')
        snprintf(out, NEAREST_WORD + 32, "; did you mean '%s'?", n->word);
    return out;
}

/* What is said of methods and datasets that the file's experiments have not. */
static enum status check_all_used(const struct loading *l)
{
    char hint[NEAREST_WORD + 32];
    for (int i = 0; i < l->settings_count; i++) {
        struct nearest n = {.to = l->settings[i].pattern};
        for (int k = 0; k < l->m->cells; k++) {
            nearest_offer(&n, l->m->cell[k].method);
            nearest_offer(&n, l->m->cell[k].dataset);
        }
        if (!l->settings[i].matches)
            return status_fail(
                STATUS_CONFIG,
                "%s: [settings %s] matches no method or dataset of the experiments%s", l->file,
                l->settings[i].pattern, did_you_mean(&n, hint));
    }
    for (int i = 0; i < l->recipes; i++) {
        const struct matrix_source *r = &l->recipe[i];
        struct nearest n = {.to = r->dataset};
        for (int k = 0; k < l->m->sources; k++)
            nearest_offer(&n, l->m->source[k].dataset);
        if (supply_of(l->m, r->dataset) == NULL)
            return status_fail(STATUS_CONFIG,
                               "%s: [generate] makes '%s', which the matrix does not use%s",
                               l->file, r->dataset, did_you_mean(&n, hint));
        enum status result = supply_check(r);
        if (result != STATUS_OK)
            return status_prefix(result, "%s: [generate] %s", l->file, r->dataset);
    }
    return STATUS_OK;
}

static enum status expand_file(struct loading *l, const char *text)
{
    TRY(matrix_read(l, text));
    if (l->preset != NULL && strcmp(l->preset, l->own_preset) != 0) {
        size_t used = strlen(l->home);
        TRY(matrix_one_word(l->own_preset, l->preset));
        snprintf(l->home + used, sizeof l->home - used, "-%s", l->preset);
    }
    struct words include;
    TRY(matrix_split(l->include, &include));
    for (int i = 0; i < include.count; i++)
        TRY(load_into(l->m, include.word[i], l->preset, l->depth + 1));
    TRY(matrix_split(l->reuse, &include));
    for (int i = 0; i < include.count; i++)
        TRY(load_into(&l->others, include.word[i], l->preset, l->depth + 1));
    for (int i = 0; i < l->experiments; i++) {
        enum status result = matrix_expand(l, &l->experiment[i]);
        if (result != STATUS_OK)
            return status_prefix(result, "%s: [experiment %s]", l->file, l->experiment[i].name);
    }
    return check_all_used(l);
}

/* The text of an embedded matrix, or of a file of one's own. */
static enum status find_text(const char *name, char file[FILE_PATH], const char **text, char **own)
{
    char embedded[2 * CONFIG_NAME];
    snprintf(embedded, sizeof embedded, "matrices/%.*s.ini", CONFIG_NAME, name);
    const struct embed_file *f = embed_find(embed_harness, embedded);
    TRY(file_path(file, "%s", f != NULL ? f->name : name));
    if (f != NULL) {
        *text = f->text;
        return STATUS_OK;
    }
    if (strchr(name, '/') == NULL && strstr(name, ".ini") == NULL)
        return status_fail(STATUS_CONFIG,
                           "unknown matrix '%s'; did you mean '%s'? A file of your own is named "
                           "by its path (./mine.ini)",
                           name, nearest_matrix(name).word);
    TRY(ini_text_load(name, own));
    *text = *own;
    return STATUS_OK;
}

/* The file's name without folder and ".ini", as long as a preset may still be added to it. */
static enum status name_home(const char *name, char home[CONFIG_NAME])
{
    const char *slash = strrchr(name, '/'), *base = slash != NULL ? slash + 1 : name;
    const size_t room = CONFIG_NAME - 16;
    size_t length = strlen(base);
    if (length >= 4 && strcmp(base + length - 4, ".ini") == 0)
        length -= 4;
    if (length >= room)
        return status_fail(STATUS_CONFIG,
                           "%s: a matrix's name may have %zu bytes and becomes a folder; use a "
                           "shorter one",
                           name, room - 1);
    snprintf(home, CONFIG_NAME, "%.*s", (int)length, base);
    enum status result = file_check_name("the matrix's name", home);
    return result == STATUS_OK ? result : status_prefix(result, "%s", name);
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
    enum status result = name_home(name, l->home);
    if (depth == 0)
        snprintf(m->name, sizeof m->name, "%s", l->home);
    if (result == STATUS_OK)
        result = find_text(name, l->file, &text, &own);
    if (result == STATUS_OK)
        result = expand_file(l, text);
    free(own);
    matrix_unload(&l->others);
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
        matrix_unload(out);
    return result;
}

void matrix_unload(struct matrix *m)
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

uint32_t matrix_variant_hash(const char *variant)
{
    uint32_t hash = 2166136261u;
    for (const char *at = variant; *at != '\0'; at++)
        hash = *at == ',' ? hash : (hash ^ (unsigned char)*at) * 16777619u;
    return hash;
}

void matrix_suffix(const char *variant, char out[MATRIX_SUFFIX])
{
    out[0] = '\0';
    if (strlen(variant) >= MATRIX_SUFFIX - 1 || strchr(variant, '/') != NULL)
        snprintf(out, MATRIX_SUFFIX, "@%08x", matrix_variant_hash(variant));
    else if (variant[0] != '\0')
        snprintf(out, MATRIX_SUFFIX, "@%.*s", MATRIX_SUFFIX - 2, variant);
}

enum status matrix_folder(const struct matrix_cell *c, const char *results, char out[FILE_PATH])
{
    char variant[MATRIX_SUFFIX];
    const char *slash = strrchr(c->method, '/');
    matrix_suffix(c->variant, variant);
    return file_path(out, "%s/%s/%s/%s%s/%ld", results != NULL ? results : MATRIX_RESULTS,
                     c->matrix, c->dataset, slash != NULL ? slash + 1 : c->method, variant,
                     c->seed);
}

bool matrix_same_kind(const struct matrix_cell *a, const struct matrix_cell *b)
{
    return strcmp(a->method, b->method) == 0 && strcmp(a->dataset, b->dataset) == 0 &&
           strcmp(a->variant, b->variant) == 0 && strcmp(a->matrix, b->matrix) == 0;
}

void matrix_describe(const struct matrix_cell *c, char *out, size_t size)
{
    const char *slash = strrchr(c->method, '/');
    snprintf(out, size, "%s%s%s on %s seed %ld", slash != NULL ? slash + 1 : c->method,
             c->variant[0] != '\0' ? "@" : "", c->variant, c->dataset, c->seed);
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
        return name_home(f->name, name) == STATUS_OK ? name : NULL;
    }
    return NULL;
}
