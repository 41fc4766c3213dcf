#include "engine/base/nearest.h"
#include "report/results/registry.h"
#include "report/results/results_impl.h"
#include "report/text/list.h"

#include <assert.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { WORD = 128 };

/* Does a word of the user's name this thing: its id, its label or title, or a pattern on the id? */
static bool is_named(const char *word, const char *id, const char *base, const char *title)
{
    return strcasecmp(word, id) == 0 || strcasecmp(word, base) == 0 ||
           strcasecmp(word, title) == 0 || fnmatch(word, id, 0) == 0;
}

/* Something that a list may name. */
struct thing {
    const char *id, *base, *title; /* never NULL */
};

static enum status no_memory(void)
{
    return status_fail(STATUS_MEMORY, "no memory for the selection");
}

static enum status fail_unknown_name(const char *what, const char *word, const struct thing *thing,
                                     int count)
{
    struct nearest near = {.to = word};
    for (int i = 0; i < count; i++)
        nearest_offer(&near, thing[i].id);
    return status_fail(STATUS_CONFIG, "no %s of the results is called '%s'; the nearest is '%s'",
                       what, word, near.word);
}

enum status results_name_method(const struct results *r, const char *option, const char *word,
                                int *out)
{
    struct nearest near = {.to = word};
    for (int by_label = 0; by_label < 2; by_label++) {
        for (int i = 0; i < r->methods; i++) {
            const char *name = by_label ? r->method[i].label : r->method[i].id;
            *out = i;
            if (strcasecmp(name, word) == 0)
                return STATUS_OK;
            nearest_offer(&near, name);
        }
    }
    return status_fail(STATUS_CONFIG,
                       "%s: no method of the results is called '%s'; the nearest is '%s'", option,
                       word, near.word);
}

static enum status mark_listed(const char *list, const char *what, const struct thing *thing,
                               int count, bool *keep)
{
    for (int i = 0; i < count; i++)
        keep[i] = list == NULL || list[0] == '\0';
    char word[WORD];
    while (list != NULL && list_next(&list, ",", word, sizeof word)) {
        bool found = false;
        for (int i = 0; i < count; i++) {
            assert(thing[i].id != NULL && thing[i].base != NULL && thing[i].title != NULL);
            if (is_named(word, thing[i].id, thing[i].base, thing[i].title))
                found = keep[i] = true;
        }
        if (!found)
            return fail_unknown_name(what, word, thing, count);
    }
    return STATUS_OK;
}

/* Methods come in the order of the list. */
static void take_places(struct results *r, const char *list)
{
    char word[WORD];
    for (int place = 1; list != NULL && list_next(&list, ",", word, sizeof word); place++) {
        for (int i = 0; i < r->methods; i++) {
            struct results_method *m = &r->method[i];
            if (m->place == 0 && is_named(word, m->id, m->base, m->label))
                m->place = place;
        }
    }
}

/* Suites are not made yet (results_suite_facts). A suite also names its
 * part ("antmaze" keeps antmaze-large). */
static enum status mark_suites(const struct results *r, const char *list, bool *keep)
{
    size_t room = 2 * (size_t)r->datasets + 1;
    struct thing *thing = calloc(room, sizeof *thing);
    bool *hit = calloc(room, sizeof *hit);
    if (thing == NULL || hit == NULL) {
        free(thing);
        free(hit);
        return no_memory();
    }
    for (int i = 0; i < r->datasets; i++) {
        struct registry_suite s = results_suite_facts(r, r->dataset[i].suite);
        thing[2 * i] = (struct thing){s.id, s.id, s.title};
        thing[2 * i + 1] = s.parent[0] != '\0' ? (struct thing){s.parent, s.parent, s.parent}
                                               : thing[2 * i];
    }
    enum status status = mark_listed(list, "suite", thing, 2 * r->datasets, hit);
    for (int i = 0; i < r->datasets && status == STATUS_OK; i++)
        keep[i] = hit[2 * i] || hit[2 * i + 1];
    free(thing);
    free(hit);
    return status;
}

/* Drop the runs that are not kept; results_finish drops their methods and datasets. */
static void drop_runs(struct results *r,
                      bool (*keep)(const struct results_run *run, const void *context),
                      const void *context)
{
    int kept = 0;
    for (int i = 0; i < r->runs; i++) {
        if (keep(&r->run[i], context))
            r->run[kept++] = r->run[i];
        else
            results_free_run(&r->run[i]);
    }
    r->runs = kept;
}

struct listed {
    const bool *methods, *datasets, *suites; /* the last two by dataset */
};

static bool is_listed(const struct results_run *run, const void *context)
{
    const struct listed *l = context;
    return l->methods[run->method] && l->datasets[run->dataset] && l->suites[run->dataset];
}

/* Not of the matrix whose runs are a few updates, to measure speed. */
static bool is_score(const struct results_run *run, const void *context)
{
    (void)context;
    return strcmp(run->origin.matrix, "cost") != 0;
}

enum status results_leave_speed(struct results *r)
{
    int kept = 0, runs = r->runs;
    for (int i = 0; i < runs; i++)
        kept += is_score(&r->run[i], NULL);
    if (kept == 0 || kept == runs)
        return STATUS_OK;
    drop_runs(r, is_score, NULL);
    return results_note(r, NOTE_INFO,
                        "%d runs of the matrix cost, a few updates each, measure speed; beside "
                        "others they are left out.",
                        runs - kept);
}

static void note_selection(struct results *r, const char *what, const char *list)
{
    size_t used = strlen(r->excluded_by);
    if (list != NULL && list[0] != '\0')
        snprintf(r->excluded_by + used, sizeof r->excluded_by - used, "%s%s %s",
                 used > 0 ? "; " : "", what, list);
}

enum status results_select(struct results *r, const char *methods, const char *datasets,
                           const char *suites)
{
    if (r->runs == 0)
        return STATUS_OK; /* results_finish says so */
    size_t M = (size_t)r->methods, D = (size_t)r->datasets;
    struct thing *thing = calloc(M + D + 1, sizeof *thing);
    bool *keep = calloc(M + 2 * D + 1, sizeof *keep);
    if (thing == NULL || keep == NULL) {
        free(thing);
        free(keep);
        return no_memory();
    }
    for (size_t i = 0; i < M; i++)
        thing[i] = (struct thing){r->method[i].id, r->method[i].base, r->method[i].label};
    for (size_t i = 0; i < D; i++)
        thing[M + i] = (struct thing){r->dataset[i].id, r->dataset[i].base, r->dataset[i].title};
    enum status status = mark_listed(methods, "method", thing, r->methods, keep);
    if (status == STATUS_OK)
        status = mark_listed(datasets, "dataset", thing + M, r->datasets, keep + M);
    if (status == STATUS_OK)
        status = mark_suites(r, suites, keep + M + D);
    if (status == STATUS_OK) {
        take_places(r, methods);
        drop_runs(r, is_listed, &(struct listed){keep, keep + M, keep + M + D});
        note_selection(r, "methods", methods);
        note_selection(r, "datasets", datasets);
        note_selection(r, "suites", suites);
        if (r->runs == 0)
            status = status_fail(STATUS_CONFIG, "no run has that method and that dataset (%s)",
                                 r->excluded_by);
    }
    free(thing);
    free(keep);
    return status;
}
