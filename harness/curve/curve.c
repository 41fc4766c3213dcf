#include "harness/curve/curve.h"

#include "engine/base/memory.h"
#include "harness/curve/curve_impl.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const curve_metric_names[] = {
#define CURVE_NAME(name, kind, meaning) #name,
    CURVE_METRICS(CURVE_NAME)
#undef CURVE_NAME
};

const char *const curve_origin_names[] = {
#define CURVE_NAME(name) #name,
    CURVE_ORIGINS(CURVE_NAME)
#undef CURVE_NAME
};

static void free_evaluation(struct curve_evaluation *e)
{
    free(e->raw_return);
    free(e->score);
    free(e->length);
    free(e->success);
}

void curve_free(struct curve *c)
{
    for (int i = 0; i < c->evaluations; i++)
        free_evaluation(&c->evaluation[i]);
    curve_free_bandit(&c->bandit);
    curve_free_targets(&c->targets);
    free(c->evaluation);
    free(c->iteration);
    free(c->segment);
    free(c->attribute);
    free(c->config);
    *c = (struct curve){0};
}

enum status curve_no_memory(void)
{
    return status_fail(STATUS_MEMORY, "no memory for a curve's row");
}

static struct curve_attribute *find_attribute(const struct curve *c, const char *key)
{
    for (int i = 0; i < c->attributes; i++) {
        if (strcmp(c->attribute[i].key, key) == 0)
            return &c->attribute[i];
    }
    return NULL;
}

enum status curve_set(struct curve *c, const char *key, const char *format, ...)
{
    char value[CURVE_VALUE] = ""; /* first: what is written may be this curve's own attributes */
    va_list args;
    va_start(args, format);
    int length = vsnprintf(value, sizeof value, format, args);
    va_end(args);
    if (length >= (int)sizeof value)
        memcpy(value + sizeof value - 4, "...", 4);
    struct curve_attribute *a = find_attribute(c, key);
    if (a == NULL) {
        TRY(memory_grow((void **)&c->attribute, c->attributes, sizeof *c->attribute, "a curve"));
        a = &c->attribute[c->attributes++];
        *a = (struct curve_attribute){.key = ""};
        snprintf(a->key, sizeof a->key, "%s", key);
    }
    memcpy(a->value, value, sizeof a->value); /* all: checkpoints hold these bytes as they are */
    return STATUS_OK;
}

bool curve_has(const struct curve *c, const char *key)
{
    return find_attribute(c, key) != NULL;
}

const char *curve_get(const struct curve *c, const char *key)
{
    const struct curve_attribute *a = find_attribute(c, key);
    return a != NULL ? a->value : "";
}

double curve_get_number(const struct curve *c, const char *key, double otherwise)
{
    const char *text = curve_get(c, key);
    char *end;
    double value = strtod(text, &end);
    return end != text ? value : otherwise;
}

int64_t curve_get_integer(const struct curve *c, const char *key, int64_t otherwise)
{
    const char *text = curve_get(c, key);
    char *end;
    long long value = strtoll(text, &end, 10);
    return end != text ? value : otherwise;
}

enum status curve_set_config(struct curve *c, const char *text)
{
    char *copy = strdup(text);
    if (copy == NULL)
        return curve_no_memory();
    free(c->config);
    c->config = copy;
    return STATUS_OK;
}

/* What a configuration has that does not name the key: keys which came when there were recorded
 * runs already are recorded only where they differ from it (HYPER_LATER in
 * engine/methods/hyper.def). */
/* clang-format off */
static const struct {
    const char *key, *value;
} defaults[] = {
#define HYPER_INT(name, value, ...)                   {#name, #value},
#define HYPER_REAL(name, value, ...)                  {#name, #value},
#define HYPER_CHOICE(name, source, help, first, ...)  {#name, #first},
#define HYPER_TEXT(name, value, ...)                  {#name, value},
#include "engine/methods/hyper.def"
#undef HYPER_INT
#undef HYPER_REAL
#undef HYPER_CHOICE
#undef HYPER_TEXT
};

static const char *const later[] = {
#define HYPER_INT(...)
#define HYPER_REAL(...)
#define HYPER_CHOICE(...)
#define HYPER_TEXT(...)
#define HYPER_LATER(name) #name,
#include "engine/methods/hyper.def"
};
/* clang-format on */

static bool is_later(const char *key)
{
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++) {
        if (strcmp(later[i], key) == 0)
            return true;
    }
    return false;
}

const char *curve_config_value(const char *config, const char *key, char *out, size_t size)
{
    out[0] = '\0';
    size_t n = strlen(key);
    for (const char *line = config; *line != '\0'; line += *line == '\n') {
        if (strncmp(line, key, n) == 0) {
            const char *equals = line + n + strspn(line + n, " ");
            if (*equals == '=') {
                const char *value = equals + 1 + strspn(equals + 1, " ");
                snprintf(out, size, "%.*s", (int)strcspn(value, "\n"), value);
                return out;
            }
        }
        line += strcspn(line, "\n");
    }
    bool known = config[0] != '\0' && is_later(key);
    for (size_t i = 0; known && i < sizeof defaults / sizeof defaults[0]; i++) {
        if (strcmp(defaults[i].key, key) == 0)
            snprintf(out, size, "%s", defaults[i].value);
    }
    return out;
}

static void *copy_of(const void *from, size_t bytes)
{
    void *to = malloc(bytes > 0 ? bytes : 1);
    if (to != NULL && bytes > 0)
        memcpy(to, from, bytes);
    return to;
}

enum status curve_add_evaluation(struct curve *c, const struct curve_evaluation *row, int episodes)
{
    if (c->evaluations > 0 && episodes != c->episodes)
        return status_fail(STATUS_SHAPE, "an evaluation has %d episodes, the ones before have %d",
                           episodes, c->episodes);
    TRY(memory_grow((void **)&c->evaluation, c->evaluations, sizeof *c->evaluation, "a curve"));
    size_t E = (size_t)episodes;
    struct curve_evaluation copy = *row;
    copy.raw_return = copy_of(row->raw_return, E * sizeof *copy.raw_return);
    copy.score = copy_of(row->score, E * sizeof *copy.score);
    copy.length = copy_of(row->length, E * sizeof *copy.length);
    copy.success = copy_of(row->success, E * sizeof *copy.success);
    if (copy.raw_return == NULL || copy.score == NULL || copy.length == NULL ||
        copy.success == NULL) {
        free_evaluation(&copy);
        return curve_no_memory();
    }
    c->episodes = episodes;
    c->evaluation[c->evaluations++] = copy;
    return STATUS_OK;
}

enum status curve_add_iteration(struct curve *c, const struct curve_iteration *row)
{
    TRY(memory_grow((void **)&c->iteration, c->iterations, sizeof *c->iteration, "a curve"));
    c->iteration[c->iterations++] = *row;
    return STATUS_OK;
}

struct curve_iteration curve_blank_iteration(void)
{
    struct curve_iteration row;
    for (int i = 0; i < CURVE_METRIC_COUNT; i++)
        row.value[i] = (double)NAN;
    return row;
}

/* Shrink one list; the next add must find the capacity that memory_grow() expects. */
static int shorten(void **items, int count, int keep, size_t width)
{
    if (keep >= count)
        return count;
    size_t capacity = 1;
    while (capacity < (size_t)keep)
        capacity *= 2;
    void *smaller = realloc(*items, capacity * width);
    if (smaller != NULL)
        *items = smaller;
    return keep;
}

void curve_truncate(struct curve *c, int evaluations, int iterations)
{
    for (int i = evaluations; i < c->evaluations; i++)
        free_evaluation(&c->evaluation[i]);
    c->evaluations = shorten((void **)&c->evaluation, c->evaluations, evaluations,
                             sizeof *c->evaluation);
    c->iterations = shorten((void **)&c->iteration, c->iterations, iterations,
                            sizeof *c->iteration);
}

double curve_mean_score(const struct curve *c, int evaluation)
{
    double sum = 0;
    for (int i = 0; i < c->episodes; i++)
        sum += c->evaluation[evaluation].score[i];
    return c->episodes > 0 ? sum / c->episodes : (double)NAN;
}

size_t curve_evaluation_bytes(size_t E)
{
    return sizeof(struct curve_evaluation) + 4 * 16 + E * (2 * sizeof(double) + 4 + 1);
}

size_t curve_memory(const struct curve *c)
{
    const struct curve_bandit *b = &c->bandit;
    return (size_t)c->evaluations * curve_evaluation_bytes((size_t)c->episodes) +
           (size_t)c->iterations * sizeof(struct curve_iteration) +
           (size_t)c->attributes * sizeof(struct curve_attribute) +
           sizeof(double) * (size_t)b->rollouts *
               (2 * (size_t)b->actions + (size_t)b->grid_size + (size_t)b->policy_size) +
           sizeof(double) * (size_t)c->targets.targets * (1 + 2 * (size_t)c->targets.episodes);
}

/* --- segments ------------------------------------------------------------------------------- */

enum status curve_add_segment(struct curve *c, const char *const origin[CURVE_ORIGIN_COUNT])
{
    TRY(memory_grow((void **)&c->segment, c->segments, sizeof *c->segment, "a curve"));
    struct curve_segment *s = &c->segment[c->segments++];
    *s = (struct curve_segment){.evaluations = c->evaluations, .iterations = c->iterations};
    for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
        snprintf(s->origin[k], sizeof s->origin[k], "%s", origin[k]);
    return STATUS_OK;
}

/* Segment 0 is the one that the attributes tell of. */
static const char *origin_of(const struct curve *c, int segment, int which)
{
    return segment == 0 ? curve_get(c, curve_origin_names[which])
                        : c->segment[segment - 1].origin[which];
}

const char *curve_last_origin(const struct curve *c, enum curve_origin which)
{
    return origin_of(c, c->segments, (int)which);
}

/* Two changed trees have one revision, so their programs tell them apart. */
static bool was_dirty(const struct curve *c, int segment)
{
    return strcmp(origin_of(c, segment, CURVE_ORIGIN_dirty), "0") != 0;
}

int curve_describe_segments(const struct curve *c, char *out, size_t size)
{
    size_t used = 0;
    out[0] = '\0';
    for (int s = 1; s <= c->segments; s++) {
        const char *comma = ":";
        int n = snprintf(out + used, size - used, "%sfrom iteration row %d on", s > 1 ? "; " : "",
                         c->segment[s - 1].iterations);
        used = used + (size_t)n < size ? used + (size_t)n : size - 1;
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++) {
            const char *was = origin_of(c, s - 1, k), *is = origin_of(c, s, k);
            /* Programs of one revision differ in where they were built. */
            if (strcmp(was, is) == 0 || (k == CURVE_ORIGIN_program && !was_dirty(c, s)))
                continue;
            if (k == CURVE_ORIGIN_program)
                n = snprintf(out + used, size - used, "%s program %.8s instead of %.8s", comma, is,
                             was);
            else
                n = snprintf(out + used, size - used, "%s %s %.60s instead of %.60s", comma,
                             curve_origin_names[k], is, was);
            used = used + (size_t)n < size ? used + (size_t)n : size - 1;
            comma = ",";
        }
    }
    return 1 + c->segments;
}
