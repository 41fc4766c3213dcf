/* A small JSON reader for tests: the model facts, and what `--json` prints. */
#ifndef TESTS_SUPPORT_JSON_H
#define TESTS_SUPPORT_JSON_H

#include <stdbool.h>
#include <stddef.h>

enum json_type { JSON_NULL, JSON_BOOL, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
    enum json_type type;
    double number;     /* also 0 or 1 of a bool */
    char *string;      /* escapes are resolved, except \u, which no file here uses */
    int count;         /* members of an array or object */
    struct json *item; /* (count) */
    char **key;        /* (count) of an object */
};

/* The whole text must be one value; NULL otherwise. */
struct json *json_parse(const char *text);
void json_free(struct json *value);

/* A member by path ("body.mass"); NULL when something on the way is missing. */
const struct json *json_get(const struct json *value, const char *path);

#endif
