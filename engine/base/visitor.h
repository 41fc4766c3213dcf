/* What must survive a restart, listed once.
 *
 * Every struct with state has one x_visit(x, v) that names its arrays; checkpoint writer and
 * reader, NaN scan, bit comparison and fixture loader are visitors over that list. Scalars are
 * arrays of one. A reader (`fills`) overwrites what it is shown: a struct whose arrays have no
 * fixed size visits their counts first, then allocates, then visits them. */
#ifndef ENGINE_BASE_VISITOR_H
#define ENGINE_BASE_VISITOR_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum visit_kind { VISIT_FLOAT, VISIT_DOUBLE, VISIT_INT32, VISIT_INT64, VISIT_BYTE };

enum { VISITOR_PATH = 160 };

struct visitor {
    /* One array, `path` being its full name ("replay/online/state"). */
    enum status (*array)(struct visitor *v, const char *path, enum visit_kind kind, void *data,
                         size_t count);
    /* A reader's check before `count` elements are allocated; NULL: it cannot tell. */
    enum status (*expect)(struct visitor *v, const char *path, size_t count);
    void *context;           /* the visitor's own */
    bool fills;              /* it writes into the arrays it is shown */
    char path[VISITOR_PATH]; /* groups entered so far, each followed by '/'; starts empty */
};

/* Bytes of one element. */
size_t visit_width(enum visit_kind kind);

/* Names between enter and leave belong to `group`. Too deep or too long: assert. */
void visitor_enter(struct visitor *v, const char *group);
void visitor_leave(struct visitor *v);

/* Check, before allocating n elements because of a number that was read, that the array to be
 * visited has that many. For a writer it always has. Errors STATUS_SHAPE, STATUS_FORMAT. */
enum status visit_expect(struct visitor *v, const char *name, size_t n);

enum status visit_floats(struct visitor *v, const char *name, float *x, size_t n);
enum status visit_doubles(struct visitor *v, const char *name, double *x, size_t n);
enum status visit_int32s(struct visitor *v, const char *name, int32_t *x, size_t n);
enum status visit_int64s(struct visitor *v, const char *name, int64_t *x, size_t n);
/* One count, at least `least` and small enough for arithmetic. Errors STATUS_FORMAT: the number
 * read is out of range. */
enum status visit_count(struct visitor *v, const char *name, int64_t *x, int64_t least);
enum status visit_bytes(struct visitor *v, const char *name, uint8_t *x, size_t n);

#endif
