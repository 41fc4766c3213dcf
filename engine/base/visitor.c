#include "engine/base/visitor.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

size_t visit_width(enum visit_kind kind)
{
    static const size_t width[] = {[VISIT_FLOAT] = 4,
                                   [VISIT_DOUBLE] = 8,
                                   [VISIT_INT32] = 4,
                                   [VISIT_INT64] = 8,
                                   [VISIT_BYTE] = 1};
    return width[kind];
}

void visitor_enter(struct visitor *v, const char *group)
{
    size_t used = strlen(v->path);
    int length = snprintf(v->path + used, sizeof v->path - used, "%s/", group);
    assert(length > 1 && (size_t)length < sizeof v->path - used);
    (void)length;
}

void visitor_leave(struct visitor *v)
{
    size_t used = strlen(v->path);
    assert(used > 0 && "leave without enter");
    v->path[used - 1] = '\0';
    char *slash = strrchr(v->path, '/');
    (slash != NULL ? slash + 1 : v->path)[0] = '\0';
}

static void full_name(const struct visitor *v, const char *name, char out[2 * VISITOR_PATH])
{
    int length = snprintf(out, 2 * VISITOR_PATH, "%s%s", v->path, name);
    assert(length < 2 * VISITOR_PATH);
    (void)length;
}

enum status visit_expect(struct visitor *v, const char *name, size_t n)
{
    char path[2 * VISITOR_PATH];
    if (!v->fills || v->expect == NULL)
        return STATUS_OK;
    full_name(v, name, path);
    return v->expect(v, path, n);
}

static enum status visit_array(struct visitor *v, const char *name, enum visit_kind kind,
                               void *data, size_t count)
{
    char path[2 * VISITOR_PATH];
    full_name(v, name, path);
    return v->array(v, path, kind, data, count);
}

enum status visit_floats(struct visitor *v, const char *name, float *x, size_t n)
{
    return visit_array(v, name, VISIT_FLOAT, x, n);
}

enum status visit_doubles(struct visitor *v, const char *name, double *x, size_t n)
{
    return visit_array(v, name, VISIT_DOUBLE, x, n);
}

enum status visit_int32s(struct visitor *v, const char *name, int32_t *x, size_t n)
{
    return visit_array(v, name, VISIT_INT32, x, n);
}

enum status visit_int64s(struct visitor *v, const char *name, int64_t *x, size_t n)
{
    return visit_array(v, name, VISIT_INT64, x, n);
}

enum status visit_count(struct visitor *v, const char *name, int64_t *x, int64_t least)
{
    static const int64_t most = (int64_t)1 << 40; /* more than any run reaches */
    TRY(visit_int64s(v, name, x, 1));
    if (v->fills && (*x < least || *x > most))
        return status_fail(STATUS_FORMAT,
                           "'%s%s' is %lld, which is impossible; remove the file to start again",
                           v->path, name, (long long)*x);
    return STATUS_OK;
}

enum status visit_bytes(struct visitor *v, const char *name, uint8_t *x, size_t n)
{
    return visit_array(v, name, VISIT_BYTE, x, n);
}
