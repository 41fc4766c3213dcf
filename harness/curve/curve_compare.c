/* Bit-identity of everything that a run decides (invariant 3). */
#include "harness/curve/curve.h"

#include "harness/curve/curve_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What may differ between two runs of the same thing (invariant 3). */
static const char *const volatile_attributes[] = {
    "host",
    "machine",
    "program",
    "started",
    "updated",
    "resumes",
    "threads",
    "peak_memory_gb",
    "processor_share",
    "guide_path",
    "variant",
    "title",
    "kernel",
    "precision" /* which is in the configuration too */,
    NULL};
/* What a reader finds elsewhere when an older program has not written it (run_folder.h). */
static const char *const derived_attributes[] = {"suite", "budget", "matrix", "dataset_content",
                                                 NULL};

static bool is_among(const char *key, const char *const list[])
{
    while (*list != NULL && strcmp(*list, key) != 0)
        list++;
    return *list != NULL;
}

static bool is_volatile(const char *key)
{
    return is_among(key, volatile_attributes);
}

/* Where both say what the dataset holds, its file may have been written by anybody. */
static bool is_outweighed(const char *key, const struct curve *a, const struct curve *b)
{
    return strcmp(key, "dataset_sha256") == 0 && curve_has(a, "dataset_content") &&
           curve_has(b, "dataset_content");
}

static enum status compare_attributes(const struct curve *a, const struct curve *b, bool prefix)
{
    for (int i = 0; i < a->attributes; i++) {
        const char *key = a->attribute[i].key;
        if (is_volatile(key) || (prefix && strcmp(key, "status") == 0) ||
            (is_among(key, derived_attributes) && !curve_has(b, key)) || is_outweighed(key, a, b))
            continue;
        if (strcmp(a->attribute[i].value, curve_get(b, key)) != 0)
            return status_fail(STATUS_FORMAT, "attribute '%s' is '%s' and '%s'", key,
                               a->attribute[i].value, curve_get(b, key));
    }
    if (strcmp(a->config != NULL ? a->config : "", b->config != NULL ? b->config : "") != 0)
        return status_fail(STATUS_FORMAT, "the configurations differ");
    return STATUS_OK;
}

/* With `prefix`, b's further segments begin behind a's rows. */
static enum status compare_segments(const struct curve *a, const struct curve *b, bool prefix)
{
    if (a->segments > b->segments || (!prefix && a->segments < b->segments) ||
        (a->segments < b->segments && b->segment[a->segments].iterations < a->iterations))
        return status_fail(STATUS_FORMAT, "they consist of %d and %d segments", a->segments + 1,
                           b->segments + 1);
    for (int i = 0; i < a->segments; i++) {
        const struct curve_segment *x = &a->segment[i], *y = &b->segment[i];
        if (x->evaluations != y->evaluations || x->iterations != y->iterations)
            return status_fail(STATUS_FORMAT, "segment %d begins at iteration row %d and %d", i + 1,
                               x->iterations, y->iterations);
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++) {
            if (!is_volatile(curve_origin_names[k]) && strcmp(x->origin[k], y->origin[k]) != 0)
                return status_fail(STATUS_FORMAT, "segment %d: '%s' is '%.200s' and '%.200s'",
                                   i + 1, curve_origin_names[k], x->origin[k], y->origin[k]);
        }
    }
    return STATUS_OK;
}

static enum status compare_evaluation(const struct curve *a, const struct curve *b, int i)
{
    const struct curve_evaluation *x = &a->evaluation[i], *y = &b->evaluation[i];
    size_t E = (size_t)a->episodes;
    const char *differs = NULL;
    if (x->iteration != y->iteration || x->transitions != y->transitions ||
        x->gradient_steps != y->gradient_steps)
        differs = "counters";
    else if (memcmp(x->raw_return, y->raw_return, E * sizeof *x->raw_return) != 0)
        differs = "raw_return";
    else if (memcmp(x->score, y->score, E * sizeof *x->score) != 0)
        differs = "score";
    else if (memcmp(x->length, y->length, E * sizeof *x->length) != 0)
        differs = "length";
    else if (memcmp(x->success, y->success, E) != 0)
        differs = "success";
    if (differs != NULL)
        return status_fail(STATUS_FORMAT, "evaluation %d (%lld transitions): '%s' differs", i,
                           (long long)x->transitions, differs);
    return STATUS_OK;
}

bool curve_same_number(double x, double y)
{
    uint64_t a, b;
    memcpy(&a, &x, sizeof a);
    memcpy(&b, &y, sizeof b);
    return a == b || (isnan(x) && isnan(y));
}

enum status curve_compare(const struct curve *a, const struct curve *b, bool rows_of_a)
{
    TRY(compare_attributes(a, b, rows_of_a));
    TRY(compare_segments(a, b, rows_of_a));
    bool counts_fit = rows_of_a
                          ? a->evaluations <= b->evaluations && a->iterations <= b->iterations
                          : a->evaluations == b->evaluations && a->iterations == b->iterations;
    if (!counts_fit || (a->evaluations > 0 && a->episodes != b->episodes))
        return status_fail(
            STATUS_FORMAT,
            "%d evaluations of %d episodes and %d iterations against %d of %d and %d",
            a->evaluations, a->episodes, a->iterations, b->evaluations, b->episodes, b->iterations);
    for (int i = 0; i < a->evaluations; i++)
        TRY(compare_evaluation(a, b, i));
    for (int i = 0; i < a->iterations; i++) {
        for (int k = 0; k < CURVE_METRIC_COUNT; k++) {
            double x = a->iteration[i].value[k], y = b->iteration[i].value[k];
            /* Older programs have not written real_share. */
            if (strncmp(curve_metric_names[k], "seconds", 7) == 0 ||
                (k == CURVE_real_share && (isnan(x) || isnan(y))))
                continue;
            if (!curve_same_number(x, y))
                return status_fail(STATUS_FORMAT, "iteration row %d: '%s' is %.17g and %.17g", i,
                                   curve_metric_names[k], x, y);
        }
    }
    TRY(curve_compare_bandit(a, b));
    bool not_yet = rows_of_a && a->targets.targets == 0;
    return not_yet ? STATUS_OK : curve_compare_targets(a, b);
}

/* --- configurations --------------------------------------------------------------------------- */

struct differences {
    const char *there, *here;
    char *out;
    size_t size, used;
    int count;
};

enum { NAMED = 4 }; /* keys that are called by name */

static void note_difference(struct differences *d, const char *key)
{
    char there[CURVE_VALUE], here[CURVE_VALUE];
    curve_config_value(d->there, key, there, sizeof there);
    curve_config_value(d->here, key, here, sizeof here);
    if (strcmp(there, here) == 0)
        return;
    if (d->count++ < NAMED && d->used < d->size)
        d->used += (size_t)snprintf(d->out + d->used, d->size - d->used,
                                    "%s%s (%.60s there, %.60s here)", d->used > 0 ? ", " : "", key,
                                    *there != '\0' ? there : "-", *here != '\0' ? here : "-");
}

/* The keys of `text` that `unless` (or NULL) has not. */
static void walk_keys(struct differences *d, const char *text, const char *unless)
{
    for (const char *line = text; *line != '\0'; line += *line == '\n') {
        char key[CURVE_VALUE], value[CURVE_VALUE];
        snprintf(key, sizeof key, "%.*s", (int)strcspn(line, " =\n"), line);
        line += strcspn(line, "\n");
        if (unless == NULL || *curve_config_value(unless, key, value, sizeof value) == '\0')
            note_difference(d, key);
    }
}

int curve_config_differences(const char *there, const char *here, char *out, size_t size)
{
    struct differences d = {.there = there, .here = here, .out = out, .size = size};
    *out = '\0';
    walk_keys(&d, there, NULL);
    walk_keys(&d, here, there);
    if (d.count > NAMED && d.used < size)
        snprintf(out + d.used, size - d.used, " and %d more", d.count - NAMED);
    return d.count;
}
