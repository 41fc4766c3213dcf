#include "report/claims/pick.h"

#include "report/results/registry.h"
#include "report/stats/sum.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_RUNS = 4096, WORD = 160 };

/* --- where ------------------------------------------------------------------------------------ */

static void add(const char *id, const char *suffix, char out[PICK_DATASETS][RESULTS_ID], int *count)
{
    assert(*count < PICK_DATASETS);
    snprintf(out[(*count)++], RESULTS_ID, "%.80s%.12s", id, suffix);
}

/* Is `quality` one of "cloned+human"? */
static bool has_quality(const char *list, const char *quality)
{
    size_t n = strlen(quality);
    for (const char *at = list; *at != '\0';) {
        size_t length = strcspn(at, "+");
        if (length == n && strncmp(at, quality, n) == 0)
            return true;
        at += length + (at[length] == '+');
    }
    return false;
}

/* One word between commas. */
static void expand(const char *word, char out[PICK_DATASETS][RESULTS_ID], int *count)
{
    char suite[WORD];
    const char *slash = strchr(word, '/');
    snprintf(suite, sizeof suite, "%.*s", slash != NULL ? (int)(slash - word) : WORD - 1, word);
    bool delayed = strcmp(suite, "mujoco-delayed") == 0, all = strcmp(suite, "*") == 0;
    int datasets, before = *count;
    const struct registry_dataset *d = registry_datasets(&datasets);
    for (int i = 0; i < datasets; i++) {
        bool mine = all || strcmp(d[i].suite, delayed ? "mujoco" : suite) == 0;
        if (mine && (slash == NULL || has_quality(slash + 1, d[i].quality)))
            add(d[i].id, delayed ? "+delay5" : "", out, count);
    }
    if (*count == before)
        add(word, "", out, count); /* a dataset's own id */
}

int pick_datasets(const char *where, char out[PICK_DATASETS][RESULTS_ID])
{
    int count = 0;
    for (const char *at = where; *at != '\0';) {
        char word[WORD];
        size_t n = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        expand(word, out, &count);
        at += n + (at[n] == ',');
    }
    return count;
}

/* --- who -------------------------------------------------------------------------------------- */

/* Does the run have every "key=value" of the list? */
static bool has_settings(const struct results_run *run, const char *list)
{
    for (const char *at = list; *at != '\0';) {
        char key[WORD], want[WORD], have[WORD];
        size_t n = strcspn(at, ","), k = strcspn(at, "=");
        assert(k < n);
        snprintf(key, sizeof key, "%.*s", (int)k, at);
        snprintf(want, sizeof want, "%.*s", (int)(n - k - 1), at + k + 1);
        results_config(run, key, have, sizeof have);
        char *end;
        double number = strtod(have, &end);
        bool same = strcmp(have, want) == 0 ||
                    (end != have && *end == '\0' && number == strtod(want, NULL));
        if (!same)
            return false;
        at += n + (at[n] == ',');
    }
    return true;
}

/* One alternative, taken apart: method and what stands in the braces (NULL: no braces). */
struct one {
    char method[WORD], settings[WORD];
    bool braces;
};

static struct one parse(const char *word)
{
    struct one w = {0};
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

static bool is_his(const struct results *r, const struct results_run *run, const struct one *w)
{
    const struct results_method *m = &r->method[run->method];
    if (!w->braces)
        return strcmp(m->id, w->method) == 0;
    return strcmp(m->base, w->method) == 0 &&
           (strcmp(w->settings, "*") == 0 || has_settings(run, w->settings));
}

bool pick_is(const struct results *r, const struct results_run *run, const char *who,
             const char *where)
{
    char dataset[PICK_DATASETS][RESULTS_ID];
    struct one w = parse(who);
    int count = pick_datasets(where, dataset);
    for (int d = 0; d < count; d++) {
        if (results_stand_in(r, dataset[d]) == run->dataset)
            return is_his(r, run, &w);
    }
    return false;
}

static enum status fill(const struct report *r, const char *word, const char *where,
                        pick_value *value, const void *context, struct picked *out)
{
    const struct results *x = &r->results;
    char dataset[PICK_DATASETS][RESULTS_ID];
    struct one w = parse(word);
    double *score = malloc(MOST_RUNS * sizeof *score);
    *out = (struct picked){.wanted = pick_datasets(where, dataset)};
    snprintf(out->who, sizeof out->who, "%s", word);
    if (score == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a claim");
    enum status status = matrix_init(&out->x, word);
    for (int d = 0; d < out->wanted && status == STATUS_OK; d++) {
        int index = results_stand_in(x, dataset[d]), n = 0;
        for (int i = 0; index >= 0 && i < x->runs && n < MOST_RUNS; i++) {
            const struct results_run *run = &x->run[i];
            if (run->dataset != index || !is_his(x, run, &w))
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

static double mean_of_tasks(const struct matrix *x)
{
    struct sum s = {0};
    for (int m = 0; m < x->tasks; m++)
        sum_add(&s, sum_mean(x->score + x->start[m], (size_t)x->runs[m]));
    return x->tasks > 0 ? sum_total(&s) / x->tasks : -(double)INFINITY;
}

enum status pick(const struct report *r, const char *who, const char *where, pick_value *value,
                 const void *context, struct picked *out)
{
    bool first = true;
    for (const char *at = who; *at != '\0';) {
        char word[WORD];
        size_t n = strcspn(at, "|");
        struct picked mine;
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        enum status status = fill(r, word, where, value, context, &mine);
        if (status != STATUS_OK) {
            if (!first)
                pick_free(out);
            return status;
        }
        /* More tasks first, then the higher mean: the choice favours the claim's other side. */
        bool better = first || mine.x.tasks > out->x.tasks ||
                      (mine.x.tasks == out->x.tasks &&
                       mean_of_tasks(&mine.x) > mean_of_tasks(&out->x));
        if (!first)
            pick_free(better ? out : &mine);
        if (better)
            *out = mine;
        first = false;
        at += n + (at[n] == '|');
    }
    return STATUS_OK;
}

void pick_free(struct picked *p)
{
    matrix_free(&p->x);
}

enum status pick_pair(const struct report *r, const char *a, const char *b, const char *where,
                      pick_value *value, const void *context, struct picked *x, struct picked *y)
{
    TRY(pick(r, a, where, value, context, x));
    enum status status = pick(r, b, where, value, context, y);
    if (status != STATUS_OK) {
        pick_free(x);
        return status;
    }
    struct matrix both[2];
    status = matrix_intersect((const struct matrix *const[]){&x->x, &y->x}, 2, both);
    if (status != STATUS_OK) {
        pick_free(x);
        pick_free(y);
        return status;
    }
    matrix_free(&x->x);
    matrix_free(&y->x);
    x->x = both[0];
    y->x = both[1];
    return STATUS_OK;
}

void pick_who_title(const char *who, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (const char *at = who; *at != '\0' && used < size;) {
        char word[WORD];
        size_t n = strcspn(at, "|");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        struct one w = parse(word);
        int known = registry_find_method(w.method);
        bool plain = !w.braces || strcmp(w.settings, "*") == 0;
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s%s", used > 0 ? " or " : "",
                                 known >= 0 ? registry_methods[known].label : w.method,
                                 plain ? "" : " (", plain ? "" : w.settings, plain ? "" : ")");
        at += n + (at[n] == '|');
    }
}

void pick_where_title(const char *where, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    if (strcmp(where, "*") == 0) {
        snprintf(out, size, "All datasets");
        return;
    }
    for (const char *at = where; *at != '\0' && used < size;) {
        char word[WORD];
        size_t n = strcspn(at, ",");
        snprintf(word, sizeof word, "%.*s", (int)n, at);
        char *slash = strchr(word, '/');
        if (slash != NULL)
            *slash = '\0';
        int suite = registry_find_suite(word), dataset = registry_find_dataset(word);
        const char *title = suite >= 0     ? registry_suites[suite].title
                            : dataset >= 0 ? registry_datasets(NULL)[dataset].title
                                           : word;
        used += (size_t)snprintf(out + used, size - used, "%s%s%s%s", used > 0 ? ", " : "", title,
                                 slash != NULL ? " " : "", slash != NULL ? slash + 1 : "");
        at += n + (at[n] == ',');
    }
}

double pick_final(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    return run->used ? run->final : (double)NAN;
}

double pick_increase(const struct results *r, const struct results_run *run, const void *none)
{
    (void)r;
    (void)none;
    return run->used ? run->increase : (double)NAN;
}
