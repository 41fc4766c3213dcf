/* What of a curve survives a restart, and evaluations as the columns that files hold. */
#include "harness/curve/curve.h"

#include "harness/curve/curve_impl.h"

#include <stdlib.h>
#include <string.h>

#define FIELD(name) offsetof(struct curve_evaluation, name)
/* clang-format off */
const struct curve_column curve_columns[CURVE_COLUMNS] = {
    {"iteration",      FIELD(iteration),      8, false, false},
    {"transitions",    FIELD(transitions),    8, false, false},
    {"gradient_steps", FIELD(gradient_steps), 8, false, false},
    {"seconds",        FIELD(seconds),        8, false, true},
    {"raw_return",     FIELD(raw_return),     8, true,  true},
    {"score",          FIELD(score),          8, true,  true},
    {"length",         FIELD(length),         4, true,  false},
    {"success",        FIELD(success),        1, true,  false},
};
/* clang-format on */

void curve_gather(const struct curve *c, const struct curve_column *col, char *flat)
{
    size_t bytes = col->width * (col->per_episode ? (size_t)c->episodes : 1);
    for (int i = 0; i < c->evaluations; i++) {
        const char *field = (const char *)&c->evaluation[i] + col->offset;
        const void *from = field;
        if (col->per_episode)
            memcpy(&from, field, sizeof from);
        memcpy(flat + (size_t)i * bytes, from, bytes);
    }
}

enum status curve_scatter(struct curve *c, char *const flat[CURVE_COLUMNS], size_t N, size_t E)
{
    enum status result = STATUS_OK;
    for (size_t i = 0; i < N && result == STATUS_OK; i++) {
        struct curve_evaluation row;
        for (int k = 0; k < CURVE_COLUMNS; k++) {
            char *field = (char *)&row + curve_columns[k].offset;
            char *from = flat[k] +
                         i * curve_columns[k].width * (curve_columns[k].per_episode ? E : 1);
            if (curve_columns[k].per_episode)
                memcpy(field, &from, sizeof from);
            else
                memcpy(field, from, curve_columns[k].width);
        }
        result = curve_add_evaluation(c, &row, (int)E);
    }
    return result;
}

enum status curve_make_columns(char *flat[CURVE_COLUMNS], size_t N, size_t E)
{
    bool made = true;
    for (int k = 0; k < CURVE_COLUMNS; k++) {
        flat[k] = malloc(N * (curve_columns[k].per_episode ? E : 1) * curve_columns[k].width + 1);
        made = made && flat[k] != NULL;
    }
    return made ? STATUS_OK : curve_no_memory();
}

void curve_free_columns(char *flat[CURVE_COLUMNS])
{
    for (int k = 0; k < CURVE_COLUMNS; k++)
        free(flat[k]);
}

static enum status visit_column(struct visitor *v, const struct curve_column *col, char *flat,
                                size_t n)
{
    void *data = flat;
    if (col->real)
        return visit_doubles(v, col->name, data, n);
    if (col->width == 8)
        return visit_int64s(v, col->name, data, n);
    return col->width == 4 ? visit_int32s(v, col->name, data, n)
                           : visit_bytes(v, col->name, data, n);
}

static enum status visit_evaluations(struct curve *c, size_t N, size_t E, struct visitor *v)
{
    char *flat[CURVE_COLUMNS];
    if (N == 0)
        return STATUS_OK;
    TRY(visit_expect(v, "score", N * E));
    enum status result = curve_make_columns(flat, N, E);
    for (int k = 0; k < CURVE_COLUMNS && result == STATUS_OK; k++) {
        if (!v->fills)
            curve_gather(c, &curve_columns[k], flat[k]);
        result = visit_column(v, &curve_columns[k], flat[k],
                              curve_columns[k].per_episode ? N * E : N);
    }
    if (result == STATUS_OK && v->fills)
        result = curve_scatter(c, flat, N, E);
    curve_free_columns(flat);
    return result;
}

/* Bytes of a list; a reader makes room for it first, as memory_grow() would have. */
static enum status visit_list(struct visitor *v, const char *name, void **items, int *count,
                              size_t n, size_t width)
{
    if (n == 0)
        return STATUS_OK;
    if (v->fills) {
        size_t capacity = 1;
        TRY(visit_expect(v, name, n * width));
        while (capacity < n)
            capacity *= 2;
        *items = calloc(capacity, width);
        if (*items == NULL)
            return curve_no_memory();
        *count = (int)n;
    }
    return visit_bytes(v, name, *items, n * width);
}

/* Rows of an older checkpoint lack the column real_share, and end 8 bytes earlier. */
static enum status widen_rows(struct curve *c, int n, struct visitor *v)
{
    enum { BEFORE = CURVE_real_share, AFTER = CURVE_METRIC_COUNT - 1 - BEFORE };
    struct older {
        double before[BEFORE], after[AFTER];
    } *row = NULL;
    int rows = 0;
    enum status result = visit_list(v, "iterations", (void **)&row, &rows, (size_t)n, sizeof *row);
    for (int i = 0; i < rows && result == STATUS_OK; i++) {
        struct curve_iteration wide = curve_blank_iteration();
        memcpy(wide.value, row[i].before, sizeof row[i].before);
        memcpy(wide.value + BEFORE + 1, row[i].after, sizeof row[i].after);
        result = curve_add_iteration(c, &wide);
    }
    free(row);
    return result;
}

static enum status visit_rows(struct curve *c, int64_t n, struct visitor *v)
{
    size_t width = sizeof *c->iteration, older = width - sizeof(double);
    if (v->fills && n > 0 && visit_expect(v, "iterations", (size_t)n * width) != STATUS_OK &&
        visit_expect(v, "iterations", (size_t)n * older) == STATUS_OK)
        return widen_rows(c, (int)n, v);
    return visit_list(v, "iterations", (void **)&c->iteration, &c->iterations, (size_t)n, width);
}

/* Texts end within their arrays, whatever was read. */
static void end_texts(struct curve *c)
{
    for (int i = 0; i < c->attributes; i++) {
        c->attribute[i].key[CURVE_KEY - 1] = '\0';
        c->attribute[i].value[CURVE_VALUE - 1] = '\0';
    }
    for (int i = 0; i < c->segments; i++) {
        for (int k = 0; k < CURVE_ORIGIN_COUNT; k++)
            c->segment[i].origin[k][CURVE_VALUE - 1] = '\0';
    }
}

enum status curve_visit(struct curve *c, struct visitor *v)
{
    enum { ATTRIBUTES, CONFIG, EPISODES, EVALUATIONS, ITERATIONS, SEGMENTS, SIZES };
    int64_t n[SIZES] = {c->attributes, c->config != NULL ? (int64_t)strlen(c->config) + 1 : 0,
                        c->episodes,   c->evaluations,
                        c->iterations, c->segments};
    int config;
    TRY(visit_int64s(v, "sizes", n, SIZES));
    for (int i = 0; i < SIZES; i++) {
        if (n[i] < 0 || n[i] > CURVE_ROWS_MOST)
            return status_fail(STATUS_FORMAT, "'%ssizes' holds %lld, which cannot be", v->path,
                               (long long)n[i]);
    }
    if (v->fills)
        curve_free(c);
    TRY(visit_list(v, "attributes", (void **)&c->attribute, &c->attributes, (size_t)n[ATTRIBUTES],
                   sizeof *c->attribute));
    TRY(visit_list(v, "config", (void **)&c->config, &config, (size_t)n[CONFIG], 1));
    TRY(visit_rows(c, n[ITERATIONS], v));
    TRY(visit_list(v, "segments", (void **)&c->segment, &c->segments, (size_t)n[SEGMENTS],
                   sizeof *c->segment));
    TRY(visit_evaluations(c, (size_t)n[EVALUATIONS], (size_t)n[EPISODES], v));
    if (v->fills && n[CONFIG] > 0)
        c->config[n[CONFIG] - 1] = '\0';
    if (v->fills)
        end_texts(c);
    return STATUS_OK;
}
