#include "report/claims/selection.h"

#include "report/results/registry.h"
#include "report/text/list.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 4096, WORD = 160 };

/* --- where ------------------------------------------------------------------------------------ */

static void add_dataset(const char *id, const char *suffix,
                        char out[SELECTION_DATASETS][RESULTS_ID], int *count)
{
    assert(*count < SELECTION_DATASETS);
    snprintf(out[(*count)++], RESULTS_ID, "%.80s%.12s", id, suffix);
}

/* One word between commas. */
static void add_datasets_of(const char *word, char out[SELECTION_DATASETS][RESULTS_ID], int *count)
{
    char suite[WORD];
    const char *slash = strchr(word, '/');
    snprintf(suite, sizeof suite, "%.*s", slash != NULL ? (int)(slash - word) : WORD - 1, word);
    bool delayed = strcmp(suite, "mujoco-delayed") == 0, all = strcmp(suite, "*") == 0;
    int datasets, before = *count;
    const struct registry_dataset *d = registry_datasets(&datasets);
    for (int i = 0; i < datasets; i++) {
        bool mine = all || strcmp(d[i].suite, delayed ? "mujoco" : suite) == 0;
        if (mine && (slash == NULL || list_find(slash + 1, "+", d[i].quality) >= 0))
            add_dataset(d[i].id, delayed ? "+delay5" : "", out, count);
    }
    if (*count == before)
        add_dataset(word, "", out, count); /* a dataset's own id */
}

int selection_datasets(const char *where, char out[SELECTION_DATASETS][RESULTS_ID])
{
    char word[WORD];
    int count = 0;
    while (list_next(&where, ",", word, sizeof word))
        add_datasets_of(word, out, &count);
    return count;
}

/* --- who -------------------------------------------------------------------------------------- */

/* Does the run have every "key=value" of the list? */
static bool has_settings(const struct results_run *run, const char *list)
{
    char key[WORD], have[WORD], *end;
    while (list_next(&list, ",", key, sizeof key)) {
        char *want = strchr(key, '=');
        assert(want != NULL);
        *want++ = '\0';
        results_config(run, key, have, sizeof have);
        double number = strtod(have, &end);
        if (strcmp(have, want) != 0 &&
            !(end != have && *end == '\0' && number == strtod(want, NULL)))
            return false;
    }
    return true;
}

/* One alternative, taken apart: method and what stands in the braces (NULL: no braces). */
struct alternative {
    char method[WORD], settings[WORD];
    bool braces;
};

static struct alternative parse_alternative(const char *word)
{
    struct alternative w = {0};
    size_t n = strcspn(word, "{");
    snprintf(w.method, sizeof w.method, "%.*s", (int)n, word);
    if (word[n] == '{') {
        w.braces = true;
        size_t length = strcspn(word + n + 1, "}");
        assert(word[n + 1 + length] == '}');
        snprintf(w.settings, sizeof w.settings, "%.*s", (int)length, word + n + 1);
    }
    return w;
}

static bool run_matches(const struct results *r, const struct results_run *run,
                        const struct alternative *w)
{
    const struct results_method *m = &r->method[run->method];
    if (!w->braces)
        return strcmp(m->id, w->method) == 0;
    return strcmp(m->base, w->method) == 0 &&
           (strcmp(w->settings, "*") == 0 || has_settings(run, w->settings));
}

bool selection_is(const struct results *r, const struct results_run *run, const char *who,
                  const char *where)
{
    char dataset[SELECTION_DATASETS][RESULTS_ID];
    struct alternative w = parse_alternative(who);
    int count = selection_datasets(where, dataset);
    for (int d = 0; d < count; d++) {
        if (results_stand_in(r, dataset[d]) == run->dataset)
            return run_matches(r, run, &w);
    }
    return false;
}

static enum status select_alternative(const struct report *r, const char *word, const char *where,
                                      selection_value *value, const void *context,
                                      struct selection *out)
{
    const struct results *x = &r->results;
    char dataset[SELECTION_DATASETS][RESULTS_ID];
    struct alternative w = parse_alternative(word);
    double *score = malloc(MOST_RUNS * sizeof *score);
    *out = (struct selection){.wanted = selection_datasets(where, dataset)};
    snprintf(out->who, sizeof out->who, "%s", word);
    if (score == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a claim");
    enum status status = matrix_init(&out->x, word);
    for (int d = 0; d < out->wanted && status == STATUS_OK; d++) {
        int index = results_stand_in(x, dataset[d]), n = 0;
        for (int i = 0; index >= 0 && i < x->runs && n < MOST_RUNS; i++) {
            const struct results_run *run = &x->run[i];
            if (run->dataset != index || !run_matches(x, run, &w))
                continue;
            double v = value(x, run, context);
            if (!isnan(v))
                score[n++] = v;
        }
        if (n > 0)
            status = matrix_add(&out->x, dataset[d], n, score);
    }
    free(score);
    if (status != STATUS_OK)
        matrix_free(&out->x);
    return status;
}

enum status selection_make(const struct report *r, const char *who, const char *where,
                           selection_value *value, const void *context, struct selection *out)
{
    bool first = true;
    char word[WORD];
    while (list_next(&who, "|", word, sizeof word)) {
        struct selection next;
        enum status status = select_alternative(r, word, where, value, context, &next);
        if (status != STATUS_OK) {
            if (!first)
                selection_free(out);
            return status;
        }
        /* More tasks first, then the higher mean: the choice favours the claim's other side. */
        bool better = first || next.x.tasks > out->x.tasks ||
                      (next.x.tasks == out->x.tasks && out->x.tasks > 0 &&
                       matrix_mean(&next.x, next.x.score) > matrix_mean(&out->x, out->x.score));
        if (!first)
            selection_free(better ? out : &next);
        if (better)
            *out = next;
        first = false;
    }
    return STATUS_OK;
}

void selection_free(struct selection *p)
{
    matrix_free(&p->x);
}

enum status selection_pair(const struct report *r, const char *a, const char *b, const char *where,
                           selection_value *value, const void *context, struct selection *x,
                           struct selection *y)
{
    TRY(selection_make(r, a, where, value, context, x));
    enum status status = selection_make(r, b, where, value, context, y);
    if (status != STATUS_OK) {
        selection_free(x);
        return status;
    }
    struct matrix both[2];
    status = matrix_intersect((const struct matrix *const[]){&x->x, &y->x}, 2, both);
    if (status != STATUS_OK) {
        selection_free(x);
        selection_free(y);
        return status;
    }
    matrix_free(&x->x);
    matrix_free(&y->x);
    x->x = both[0];
    y->x = both[1];
    return STATUS_OK;
}

void selection_who_title(const char *who, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    char word[WORD];
    while (used < size && list_next(&who, "|", word, sizeof word)) {
        struct alternative w = parse_alternative(word);
        int known = registry_find_method(w.method);
        bool plain = !w.braces || strcmp(w.settings, "*") == 0;
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s%s", used > 0 ? " or " : "",
                                 known >= 0 ? registry_methods[known].label : w.method,
                                 plain ? "" : " (", plain ? "" : w.settings, plain ? "" : ")");
    }
}

void selection_where_title(const char *where, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    if (strcmp(where, "*") == 0) {
        snprintf(out, size, "All datasets");
        return;
    }
    char word[WORD];
    while (used < size && list_next(&where, ",", word, sizeof word)) {
        char *slash = strchr(word, '/');
        if (slash != NULL)
            *slash = '\0';
        int suite = registry_find_suite(word), dataset = registry_find_dataset(word);
        const char *title = suite >= 0     ? registry_suites[suite].title
                            : dataset >= 0 ? registry_datasets(NULL)[dataset].title
                                           : word;
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", used > 0 ? ", " : "", title,
                                 slash != NULL ? " " : "", slash != NULL ? slash + 1 : "");
    }
}

double selection_final(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    return run->used ? run->final : (double)NAN;
}

double selection_increase(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    return run->used ? run->increase : (double)NAN;
}
