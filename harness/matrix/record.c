#include "harness/matrix/record.h"

#include "engine/base/guard.h"
#include "engine/base/memory.h"
#include "engine/base/say.h"
#include "harness/curve/provenance.h"
#include "harness/matrix/matrix.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading ---------------------------------------------------------------------------------- */

/* Texts come from files of anywhere: nothing that moves a terminal's cursor gets through. */
static void make_printable(char *text)
{
    for (; *text != '\0'; text++) {
        if (iscntrl((unsigned char)*text))
            *text = ' ';
    }
}

static void read_record(struct record *r)
{
    struct curve c;
    run_folder_look(r->folder, &r->look, &c);
    r->segments = curve_describe_segments(&c, r->segment_text, sizeof r->segment_text);
    r->sealed = c.sealed;
    /* The attributes stay, the arrays go: a thousand curves would fill the memory. */
    r->about = (struct curve){.attribute = c.attribute, .attributes = c.attributes};
    c.attribute = NULL;
    c.attributes = 0;
    curve_free(&c);
    for (int i = 0; i < r->about.attributes; i++)
        make_printable(r->about.attribute[i].value);
    make_printable(r->name);
    make_printable(r->look.reason);
    make_printable(r->segment_text);
}

static enum status add_record(struct record_list *list, const char *root, const char *path)
{
    TRY(memory_grow((void **)&list->record, list->count, sizeof *list->record, "the list of runs"));
    struct record *r = &list->record[list->count++];
    memset(r, 0, sizeof *r);
    TRY(file_parent(path, r->folder));
    size_t skip = strlen(root);
    const char *below = strncmp(r->folder, root, skip) == 0 ? r->folder + skip : r->folder;
    below += strspn(below, "/");
    TRY(file_path(r->name, "%s", below[0] != '\0' ? below : r->folder));
    read_record(r);
    return STATUS_OK;
}

/* Seed 2 comes before seed 10. */
static int by_name(const FTSENT **a, const FTSENT **b)
{
    return strverscmp((*a)->fts_name, (*b)->fts_name);
}

static enum status list_folder(const char *root, struct record_list *list)
{
    char copy[FILE_PATH];
    TRY(file_path(copy, "%s", root));
    char *roots[] = {copy, NULL};
    FTS *tree = fts_open(roots, FTS_PHYSICAL | FTS_COMFOLLOW | FTS_NOCHDIR, by_name);
    if (tree == NULL)
        return status_fail(STATUS_IO, "%s: cannot be listed: %s", root, strerror(errno));
    enum status result = STATUS_OK;
    while (result == STATUS_OK) {
        errno = 0;
        FTSENT *e = fts_read(tree);
        if (e == NULL && errno != 0)
            result = status_fail(STATUS_IO, "%s: cannot be listed to its end: %s", root,
                                 strerror(errno));
        if (e == NULL)
            break;
        /* What cannot be looked at may be a run; what is gone meanwhile is not one. */
        bool gone = e->fts_errno == ENOENT && e->fts_level > 0;
        if (e->fts_info == FTS_F && strcmp(e->fts_name, "curve.h5") == 0)
            result = add_record(list, root, e->fts_path);
        else if ((e->fts_info == FTS_NS || e->fts_info == FTS_DNR || e->fts_info == FTS_ERR) &&
                 !gone)
            result = status_fail(STATUS_IO, "%.512s: %s%s", e->fts_path,
                                 e->fts_level > 0 ? "cannot be read: " : "",
                                 strerror(e->fts_errno));
    }
    fts_close(tree);
    return result;
}

enum status record_read(const char *folder, struct record_list *out)
{
    char root[FILE_PATH];
    *out = (struct record_list){.count = 0};
    TRY(file_path(root, "%s", folder));
    for (size_t n = strlen(root); n > 1 && root[n - 1] == '/'; n--)
        root[n - 1] = '\0';
    guard_keep(true);
    enum status result = list_folder(root, out);
    guard_keep(false);
    if (result == STATUS_OK && out->count == 0)
        result = status_fail(STATUS_MISSING, "%s: no recorded run (curve.h5) below it", folder);
    if (result != STATUS_OK)
        record_free(out);
    return result;
}

enum status record_all_readable(const struct record_list *list)
{
    int unreadable = 0, first = 0;
    for (int i = 0; i < list->count; i++) {
        if (!list->record[i].look.readable && unreadable++ == 0)
            first = i;
    }
    if (unreadable == 0)
        return STATUS_OK;
    return status_fail(STATUS_FORMAT, "%d of %d curves cannot be read; the first: %s", unreadable,
                       list->count, list->record[first].look.reason);
}

void record_free(struct record_list *list)
{
    for (int i = 0; i < list->count; i++)
        curve_free(&list->record[i].about);
    free(list->record);
    *list = (struct record_list){.count = 0};
}

/* --- what a run is ---------------------------------------------------------------------------- */

const char *record_state(const struct record *r)
{
    return r->look.readable ? run_folder_word(r->look.state) : "unreadable";
}

static bool is_dirty(const struct record *r)
{
    return strcmp(curve_get(&r->about, "dirty"), "0") != 0;
}

bool record_is_ours(const struct record *r)
{
    return !provenance_dirty() && !is_dirty(r) &&
           strcmp(curve_get(&r->about, "revision"), provenance_revision()) == 0;
}

void record_title(const struct record *r, char out[RECORD_TITLE])
{
    const char *variant = curve_get(&r->about, "variant");
    snprintf(out, RECORD_TITLE, "%.60s%s%.90s %.60s seed %.12s", curve_get(&r->about, "method"),
             *variant != '\0' ? "@" : "", variant, curve_get(&r->about, "dataset"),
             curve_get(&r->about, "seed"));
}

void record_code(const struct record *r, char out[RECORD_CODE])
{
    const char *theirs = curve_get(&r->about, "revision");
    bool same = strcmp(theirs, provenance_revision()) == 0;
    snprintf(out, RECORD_CODE, "%.40s%s",
             theirs[0] == '\0' ? "unknown"
             : same            ? "this"
                               : theirs,
             is_dirty(r) ? ", dirty" : "");
}

/* --- choosing --------------------------------------------------------------------------------- */

enum { WORDS = 3 };

/* What a filter of some kind is held against; NULL-terminated when fewer than WORDS. */
typedef void record_words(const struct record *r, const char *word[WORDS], char room[FILE_PATH]);

static void matrix_words(const struct record *r, const char *word[WORDS], char room[FILE_PATH])
{
    snprintf(room, FILE_PATH, "%.*s", (int)strcspn(r->name, "/"), r->name);
    word[0] = curve_get(&r->about, "matrix");
    word[1] = room;
}

static void method_words(const struct record *r, const char *word[WORDS], char room[FILE_PATH])
{
    word[0] = curve_get(&r->about, "method");
    const char *variant = curve_get(&r->about, "variant");
    if (file_path(room, "%s%s%s", word[0], variant[0] != '\0' ? "@" : "", variant) != STATUS_OK)
        *room = '\0'; /* matches nothing */
    word[1] = room;
    word[2] = curve_get(&r->about, "label");
}

static void dataset_words(const struct record *r, const char *word[WORDS], char room[FILE_PATH])
{
    (void)room;
    word[0] = curve_get(&r->about, "dataset");
    word[1] = curve_get(&r->about, "suite");
}

static void status_words(const struct record *r, const char *word[WORDS], char room[FILE_PATH])
{
    (void)room;
    word[0] = record_state(r);
}

static bool matches(const struct record *r, record_words *words, const char *pattern)
{
    const char *word[WORDS] = {NULL};
    char room[FILE_PATH];
    words(r, word, room);
    for (int i = 0; i < WORDS && word[i] != NULL; i++) {
        if (strcmp(word[i], pattern) == 0 || fnmatch(pattern, word[i], 0) == 0)
            return true;
    }
    return false;
}

static struct nearest nearest_word(const struct record_list *list, record_words *words,
                                   const char *pattern)
{
    struct nearest n = {.to = pattern};
    for (int i = 0; i < list->count; i++) {
        const char *word[WORDS] = {NULL};
        char room[FILE_PATH];
        words(&list->record[i], word, room);
        nearest_offer(&n, word[0][0] == '\0' && word[1] != NULL ? word[1] : word[0]);
    }
    return n;
}

/* A matrix that includes others has cells in several folders. */
static bool is_home(const struct matrix *m, const struct record *r)
{
    const char *word[WORDS] = {NULL}, *home;
    char room[FILE_PATH];
    matrix_words(r, word, room);
    for (int i = 0; (home = matrix_home(m, i)) != NULL; i++) {
        if (strcmp(home, word[0]) == 0 || strcmp(home, word[1]) == 0)
            return true;
    }
    return false;
}

static bool is_matrix_name(const char *name)
{
    const char *known;
    for (int i = 0; (known = matrix_name(i)) != NULL; i++) {
        if (strcmp(known, name) == 0)
            return true;
    }
    return strstr(name, ".ini") != NULL;
}

/* Mark what one word of a filter wants; `found` when there was any. */
static enum status mark_matching(const struct record_list *list, record_words *words,
                                 const char *pattern, bool *keep, bool *found)
{
    struct matrix m = {.cells = 0};
    if (words == matrix_words && is_matrix_name(pattern))
        TRY(matrix_load(pattern, NULL, &m));
    for (int i = 0; i < list->count; i++) {
        if (matches(&list->record[i], words, pattern) || is_home(&m, &list->record[i]))
            keep[i] = *found = true;
    }
    matrix_unload(&m);
    return STATUS_OK;
}

static void drop_unmarked(struct record_list *list, const bool *keep)
{
    int kept = 0;
    for (int i = 0; i < list->count; i++) {
        if (keep[i])
            list->record[kept++] = list->record[i];
        else
            curve_free(&list->record[i].about);
    }
    list->count = kept;
}

static enum status select_by(struct record_list *list, const char *option, record_words *words,
                             const char *patterns)
{
    if (patterns == NULL || list->count == 0)
        return STATUS_OK;
    bool *keep = calloc((size_t)list->count, sizeof *keep);
    if (keep == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a choice of runs");
    enum status result = STATUS_OK;
    for (const char *at = patterns; *at != '\0' && result == STATUS_OK;) {
        char pattern[FILE_PATH];
        bool found = false;
        size_t n = strcspn(at, ",");
        snprintf(pattern, sizeof pattern, "%.*s", (int)n, at);
        result = mark_matching(list, words, pattern, keep, &found);
        if (result == STATUS_OK && !found)
            result = status_fail(STATUS_CONFIG,
                                 "--%s %s: matches none of the %d runs that are left; the nearest "
                                 "is '%s'",
                                 option, pattern, list->count,
                                 nearest_word(list, words, pattern).word);
        at += n + (at[n] == ',');
    }
    if (result == STATUS_OK)
        drop_unmarked(list, keep);
    free(keep);
    return result;
}

static enum status select_name(struct record_list *list, const char *name)
{
    bool *keep = calloc((size_t)list->count + 1, sizeof *keep), found = false;
    if (keep == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a choice of runs");
    for (int i = 0; i < list->count; i++) {
        keep[i] = strcmp(list->record[i].name, name) == 0;
        found = found || keep[i];
    }
    if (found)
        drop_unmarked(list, keep);
    free(keep);
    return found ? STATUS_OK
                 : status_fail(STATUS_CONFIG,
                               "there is no run '%.300s'; `vitamin results` lists them", name);
}

enum status record_select(struct record_list *list, const struct record_filter *f)
{
    if (f->name != NULL)
        TRY(select_name(list, f->name));
    TRY(select_by(list, "matrix", matrix_words, f->matrix));
    TRY(select_by(list, "dataset", dataset_words, f->dataset));
    TRY(select_by(list, "method", method_words, f->method));
    return select_by(list, "status", status_words, f->status);
}

/* --- comparing -------------------------------------------------------------------------------- */

/* The run of that name; and the only run of two folders that hold one each, whatever its name. */
static const struct record *find_record(const struct record_list *list, const char *name,
                                        bool alone)
{
    if (alone)
        return &list->record[0];
    for (int i = 0; i < list->count; i++) {
        if (strcmp(list->record[i].name, name) == 0)
            return &list->record[i];
    }
    return NULL;
}

/* Makes x's origins y's. Programs and machines of one revision and one kernel are alike. */
static enum status adopt_origins(struct curve *x, const struct curve *y, struct record_other *other)
{
    const char *first = NULL;
    for (int k = 0; k < CURVE_ORIGIN_COUNT; k++) {
        const char *name = curve_origin_names[k], *was = curve_get(x, name),
                   *is = curve_get(y, name);
        if (strcmp(was, is) == 0)
            continue;
        if (first == NULL && k != CURVE_ORIGIN_program && k != CURVE_ORIGIN_machine) {
            first = name;
            if (other->runs++ == 0)
                snprintf(other->example, sizeof other->example, "%s '%.60s' and '%.60s'", name, was,
                         is);
        }
        TRY(curve_set(x, name, "%s", is));
    }
    return STATUS_OK;
}

enum status record_curve(const struct record *r, struct curve *out)
{
    char path[FILE_PATH];
    TRY(file_path(path, "%s/curve.h5", r->folder));
    return curve_read(path, out);
}

static enum status compare_curves(const struct record *a, const struct record *b,
                                  struct record_other *other)
{
    struct curve x, y;
    TRY(record_curve(a, &x));
    enum status result = record_curve(b, &y);
    if (result == STATUS_OK) {
        /* The dataset itself is compared by its digest. */
        result = curve_set(&x, "dataset_path", "%s", curve_get(&y, "dataset_path"));
        if (result == STATUS_OK)
            result = adopt_origins(&x, &y, other);
        if (result == STATUS_OK)
            result = curve_compare(&x, &y, false);
        curve_free(&y);
    }
    curve_free(&x);
    return result;
}

enum status record_compare(const struct record_list *a, const struct record_list *b,
                           int *differences, struct record_other *made_by)
{
    bool alone = a->count == 1 && b->count == 1;
    *differences = 0;
    *made_by = (struct record_other){.runs = 0};
    for (int i = 0; i < a->count; i++) {
        const struct record *r = &a->record[i], *other = find_record(b, r->name, alone);
        enum status result = STATUS_OK;
        if (other == NULL)
            result = status_fail(STATUS_MISSING, "only in the first folder");
        else
            result = compare_curves(r, other, made_by);
        if (result == STATUS_MEMORY)
            return result;
        if (result != STATUS_OK && other != NULL && strcmp(r->name, other->name) != 0)
            say("%s and %s: %s\n", r->name, other->name, status_sentence());
        else if (result != STATUS_OK)
            say("%s: %s\n", r->name, status_sentence());
        *differences += result != STATUS_OK;
    }
    for (int i = 0; i < b->count; i++) {
        if (find_record(a, b->record[i].name, alone) != NULL)
            continue;
        say("%s: only in the second folder\n", b->record[i].name);
        ++*differences;
    }
    return STATUS_OK;
}
