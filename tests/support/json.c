#include "tests/support/json.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

struct cursor {
    const char *at;
    bool bad;
};

static void skip_space(struct cursor *c)
{
    while (isspace((unsigned char)*c->at))
        c->at++;
}

static bool take(struct cursor *c, const char *token)
{
    skip_space(c);
    size_t n = strlen(token);
    if (strncmp(c->at, token, n) != 0)
        return false;
    c->at += n;
    return true;
}

static char *parse_string(struct cursor *c)
{
    size_t n = 0;
    char *out = malloc(strlen(c->at) + 1); /* generous, and short-lived */
    for (; *c->at != '"'; c->at++) {
        if (*c->at == '\0') {
            c->bad = true;
            break;
        }
        if (*c->at == '\\' && c->at[1] != '\0')
            c->at++;
        out[n++] = *c->at;
    }
    if (!c->bad)
        c->at++;
    out[n] = '\0';
    return realloc(out, n + 1);
}

static struct json parse_value(struct cursor *c);

/* Members up to the closing bracket; the opening one is taken. */
static struct json parse_members(struct cursor *c, enum json_type type)
{
    struct json value = {.type = type};
    const char *close = type == JSON_OBJECT ? "}" : "]";
    while (!c->bad && !take(c, close)) {
        if (value.count > 0 && !take(c, ",")) {
            c->bad = true;
            break;
        }
        char *key = NULL;
        if (type == JSON_OBJECT) {
            c->bad = !take(c, "\"");
            key = c->bad ? NULL : parse_string(c);
            c->bad = c->bad || !take(c, ":");
        }
        size_t n = (size_t)value.count + 1;
        value.item = realloc(value.item, n * sizeof *value.item);
        value.key = realloc(value.key, n * sizeof *value.key);
        value.key[n - 1] = key;
        value.item[n - 1] = c->bad ? (struct json){0} : parse_value(c);
        value.count++;
    }
    return value;
}

static struct json parse_value(struct cursor *c)
{
    if (take(c, "{"))
        return parse_members(c, JSON_OBJECT);
    if (take(c, "["))
        return parse_members(c, JSON_ARRAY);
    if (take(c, "\""))
        return (struct json){.type = JSON_STRING, .string = parse_string(c)};
    if (take(c, "true"))
        return (struct json){.type = JSON_BOOL, .number = 1};
    if (take(c, "false"))
        return (struct json){.type = JSON_BOOL};
    if (take(c, "null"))
        return (struct json){.type = JSON_NULL};
    char *end;
    struct json value = {.type = JSON_NUMBER, .number = strtod(c->at, &end)};
    c->bad = end == c->at;
    c->at = end;
    return value;
}

static void clear(struct json *value)
{
    for (int i = 0; i < value->count; i++) {
        clear(&value->item[i]);
        free(value->key[i]);
    }
    free(value->item);
    free(value->key);
    free(value->string);
}

struct json *json_parse(const char *text)
{
    struct cursor c = {text, false};
    struct json *value = malloc(sizeof *value);
    *value = parse_value(&c);
    skip_space(&c);
    if (c.bad || *c.at != '\0') {
        json_free(value);
        return NULL;
    }
    return value;
}

void json_free(struct json *value)
{
    if (value != NULL)
        clear(value);
    free(value);
}

const struct json *json_get(const struct json *value, const char *path)
{
    while (value != NULL && *path != '\0') {
        size_t n = strcspn(path, ".");
        const struct json *found = NULL;
        for (int i = 0; value->type == JSON_OBJECT && i < value->count; i++) {
            if (strncmp(value->key[i], path, n) == 0 && value->key[i][n] == '\0')
                found = &value->item[i];
        }
        value = found;
        path += n + (path[n] == '.');
    }
    return value;
}
