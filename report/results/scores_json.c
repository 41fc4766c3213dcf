/* Score files in JSON: records, one after another or in arrays, each a row or, where it holds
 * arrays, a row per element; and names within names:
 *
 *   {"method": "IQL", "dataset": "hopper-medium-v2", "seed": 0, "step": 0, "score": 41.0}
 *   {"method": "IQL", ..., "step": [0, 5000], "score": [41.0, 46.0]}
 *   {"method": ["IQL", ...], "score": [41.0, ...]}        {"columns": [...], "data": [[...], ...]}
 *   {"IQL": {"hopper-medium-v2": [41.0, 46.0]}}           a score per run
 *   {"IQL": [[41.0, 3.0], [46.0, 2.5]]}                   rliable's: runs x tasks
 *
 * All become a table, so that its columns are told as those of CSV are. A file that is one array or
 * a sequence of records is parsed record by record; only one record is in memory as JSON. */
#include "report/results/registry.h"
#include "report/results/scores_impl.h"

#include "engine/base/memory.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { VALUE_BYTES = 1 << 25, DEPTH = 32, KEYS = 1024, CONTEXT = 256, LEVELS = 3 };

struct entry {
    int row, column;
    size_t at; /* in text */
};

struct builder {
    const char *path;
    struct scores_source *source;
    char *text; /* all cells, each with its NUL */
    size_t used, room;
    struct entry *entry, context[CONTEXT]; /* context: of all rows within the present record */
    int entries;
    int contexts, rows, columns, line;
    size_t *column; /* names, in text */
    int *row_line;
};

/* --- the table -------------------------------------------------------------------------------- */

static enum status no_memory(const struct builder *b)
{
    return status_fail(STATUS_MEMORY, "%s: no memory for its cells", b->path);
}

static enum status keep_text(struct builder *b, const char *text, size_t *at)
{
    size_t n = strlen(text) + 1;
    if (b->used + n > b->room) {
        size_t room = 2 * b->room + n + 4096;
        char *larger = realloc(b->text, room);
        if (larger == NULL)
            return no_memory(b);
        b->text = larger;
        b->room = room;
    }
    memcpy(b->text + b->used, text, n);
    *at = b->used;
    b->used += n;
    return STATUS_OK;
}

static enum status find_column(struct builder *b, const char *name, int *out)
{
    for (*out = 0; *out < b->columns; ++*out) {
        if (strcmp(b->text + b->column[*out], name) == 0)
            return STATUS_OK;
    }
    if (b->columns == KEYS)
        return status_fail(STATUS_FORMAT, "%s:%d: more than %d different keys", b->path, b->line,
                           KEYS);
    TRY(memory_grow((void **)&b->column, b->columns, sizeof *b->column, "keys"));
    TRY(keep_text(b, name, &b->column[b->columns]));
    b->columns++;
    return STATUS_OK;
}

static enum status add_entry(struct builder *b, struct entry e)
{
    if (b->entries == CSV_CELLS)
        return status_fail(STATUS_MEMORY, "%s:%d: more than %d values; keep only what counts",
                           b->path, b->line, CSV_CELLS);
    TRY(memory_grow((void **)&b->entry, b->entries, sizeof *b->entry, b->path));
    b->entry[b->entries++] = e;
    return STATUS_OK;
}

static enum status add_cell(struct builder *b, const char *key, const char *text)
{
    struct entry e = {.row = b->rows};
    TRY(find_column(b, key, &e.column));
    TRY(keep_text(b, text, &e.at));
    return add_entry(b, e);
}

/* A value of the present record, for each of its rows. */
static enum status add_context(struct builder *b, const char *key, const char *text)
{
    struct entry e = {0};
    if (b->contexts == CONTEXT)
        return status_fail(STATUS_FORMAT, "%s:%d: more than %d values in a record", b->path,
                           b->line, CONTEXT);
    TRY(find_column(b, key, &e.column));
    TRY(keep_text(b, text, &e.at));
    b->context[b->contexts++] = e;
    return STATUS_OK;
}

static enum status end_row(struct builder *b)
{
    for (int i = 0; i < b->contexts; i++) {
        struct entry e = b->context[i];
        e.row = b->rows;
        TRY(add_entry(b, e));
    }
    TRY(memory_grow((void **)&b->row_line, b->rows, sizeof *b->row_line, "rows"));
    b->row_line[b->rows++] = b->line;
    return STATUS_OK;
}

/* The table as a CSV reader would give it; takes the builder's text. */
static enum status finish_table(struct builder *b, struct csv *c)
{
    size_t cells = ((size_t)b->rows + 1) * (size_t)b->columns, empty;
    *c = (struct csv){.columns = b->columns, .rows = b->rows, .name = b->path};
    if (b->rows == 0)
        return status_fail(STATUS_FORMAT, "%s: no scores in it", b->path);
    if (cells > CSV_CELLS)
        return status_fail(STATUS_MEMORY, "%s: more than %d cells (%d rows, %d keys)", b->path,
                           CSV_CELLS, b->rows, b->columns);
    TRY(keep_text(b, "", &empty));
    c->cell = malloc(cells * sizeof *c->cell);
    c->line = malloc(((size_t)b->rows + 1) * sizeof *c->line);
    if (c->cell == NULL || c->line == NULL)
        return no_memory(b);
    for (size_t i = 0; i < cells; i++)
        c->cell[i] = b->text + empty;
    for (int i = 0; i < b->columns; i++)
        c->cell[i] = b->text + b->column[i];
    for (int i = 0; i < b->entries; i++) {
        const struct entry *e = &b->entry[i];
        c->cell[((size_t)e->row + 1) * (size_t)b->columns + (size_t)e->column] = b->text + e->at;
    }
    c->line[0] = 1;
    memcpy(c->line + 1, b->row_line, (size_t)b->rows * sizeof *c->line);
    c->text = b->text;
    b->text = NULL;
    return STATUS_OK;
}

/* --- values ----------------------------------------------------------------------------------- */

static bool is_scalar(struct json_object *v)
{
    return !json_object_is_type(v, json_type_object) && !json_object_is_type(v, json_type_array);
}

/* "" for null; blanks around a name do not belong to it. */
static const char *scalar_text(struct json_object *v, char out[SCORES_NAME])
{
    if (v == NULL)
        return "";
    if (json_object_is_type(v, json_type_boolean))
        return json_object_get_boolean(v) ? "1" : "0";
    const char *text = json_object_get_string(v);
    text = text != NULL ? text + strspn(text, " \t\r\n") : "";
    size_t n = strlen(text);
    while (n > 0 && strchr(" \t\r\n", text[n - 1]) != NULL)
        n--;
    if (text[n] == '\0')
        return text;
    snprintf(out, SCORES_NAME, "%.*s", (int)(n < SCORES_NAME ? n : SCORES_NAME - 1), text);
    return out;
}

static bool all_elements(struct json_object *array, bool (*is)(struct json_object *v))
{
    for (size_t i = 0; i < json_object_array_length(array); i++) {
        if (!is(json_object_array_get_idx(array, i)))
            return false;
    }
    return true;
}

static bool is_list(struct json_object *v)
{
    return json_object_is_type(v, json_type_array) && all_elements(v, is_scalar);
}

static bool is_record_list(struct json_object *v)
{
    if (!json_object_is_type(v, json_type_array) || json_object_array_length(v) == 0)
        return false;
    return json_object_is_type(json_object_array_get_idx(v, 0), json_type_object);
}

/* {"0": 1.5, "1": 2.5}: a column as pandas writes it. */
static bool is_indexed(struct json_object *v)
{
    int next = 0;
    if (!json_object_is_type(v, json_type_object) || json_object_object_length(v) == 0)
        return false;
    json_object_object_foreach(v, key, value)
    {
        if (!is_scalar(value) || key[strspn(key, "0123456789")] != '\0' || atoi(key) != next++)
            return false;
    }
    return true;
}

static size_t list_length(struct json_object *v)
{
    return json_object_is_type(v, json_type_array) ? json_object_array_length(v)
                                                   : (size_t)json_object_object_length(v);
}

static struct json_object *list_element(struct json_object *v, size_t i)
{
    char key[32];
    if (json_object_is_type(v, json_type_array))
        return json_object_array_get_idx(v, i);
    snprintf(key, sizeof key, "%zu", i);
    return json_object_object_get(v, key);
}

/* --- records ---------------------------------------------------------------------------------- */

static bool is_column_name(const struct builder *b, const char *key)
{
    for (int i = 0; i < READ_ROLES; i++) {
        const char *column = b->source->reading.column[i];
        if ((column != NULL && strcasecmp(column, key) == 0) || scores_column_is(key, i))
            return true;
    }
    return false;
}

/* Are the keys names of columns? Else they are names of methods, datasets and seeds. */
static bool is_record(const struct builder *b, struct json_object *o)
{
    json_object_object_foreach(o, key, value)
    {
        if (is_column_name(b, key) || is_record_list(value))
            return true;
    }
    return false;
}

static enum status add_record(struct builder *b, struct json_object *o, int depth);

static enum status join_key(const struct builder *b, const char *prefix, const char *key,
                            char out[SCORES_NAME])
{
    int n = snprintf(out, SCORES_NAME, "%s%s%s", prefix, *prefix != '\0' ? "." : "", key);
    return n < SCORES_NAME ? STATUS_OK
                           : status_fail(STATUS_FORMAT, "%s:%d: a key is longer than %d bytes",
                                         b->path, b->line, SCORES_NAME - 1);
}

/* What holds for all rows of a record: its single values, also those of objects in it. */
static enum status add_scalars(struct builder *b, struct json_object *o, const char *prefix,
                               int depth)
{
    char name[SCORES_NAME], text[SCORES_NAME];
    json_object_object_foreach(o, key, value)
    {
        TRY(join_key(b, prefix, key, name));
        if (is_scalar(value))
            TRY(add_context(b, name, scalar_text(value, text)));
        else if (json_object_is_type(value, json_type_object) && !is_indexed(value) &&
                 depth < DEPTH)
            TRY(add_scalars(b, value, name, depth + 1));
    }
    return STATUS_OK;
}

/* A row for each element of its lists, which are of one length; without lists a single row. */
static enum status add_lists(struct builder *b, struct json_object *o)
{
    size_t rows = 0;
    const char *first = NULL;
    char text[SCORES_NAME];
    json_object_object_foreach(o, key, value)
    {
        if (!is_list(value) && !is_indexed(value))
            continue;
        if (first != NULL && list_length(value) != rows)
            return status_fail(STATUS_FORMAT,
                               "%s:%d: '%.60s' has %zu elements, '%.60s' has %zu; lists of one "
                               "record must be of one length",
                               b->path, b->line, key, list_length(value), first, rows);
        first = key;
        rows = list_length(value);
    }
    for (size_t i = 0; i < rows; i++) {
        json_object_object_foreach(o, name, list)
        {
            if (is_list(list) || is_indexed(list))
                TRY(add_cell(b, name, scalar_text(list_element(list, i), text)));
        }
        TRY(end_row(b));
    }
    return STATUS_OK;
}

static enum status add_record(struct builder *b, struct json_object *o, int depth)
{
    int contexts = b->contexts;
    bool lists = false, records = false;
    if (depth > DEPTH)
        return status_fail(STATUS_FORMAT, "%s:%d: records within records, %d deep", b->path,
                           b->line, depth);
    TRY(add_scalars(b, o, "", 0));
    json_object_object_foreach(o, key, value)
    {
        (void)key;
        lists = lists || is_list(value) || is_indexed(value);
        records = records || is_record_list(value);
    }
    if (lists)
        TRY(add_lists(b, o));
    json_object_object_foreach(o, name, list)
    {
        (void)name;
        if (!is_record_list(list))
            continue;
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            struct json_object *record = json_object_array_get_idx(list, i);
            if (json_object_is_type(record, json_type_object))
                TRY(add_record(b, record, depth + 1));
        }
    }
    if (!lists && !records)
        TRY(end_row(b));
    b->contexts = contexts;
    return STATUS_OK;
}

/* pandas' orient="split": {"columns": [...], "data": [[...], ...]}. */
static bool is_split(struct json_object *o)
{
    struct json_object *columns, *data;
    return json_object_object_get_ex(o, "columns", &columns) && is_list(columns) &&
           json_object_object_get_ex(o, "data", &data) &&
           json_object_is_type(data, json_type_array) && all_elements(data, is_list);
}

static enum status add_split(struct builder *b, struct json_object *o)
{
    struct json_object *columns = json_object_object_get(o, "columns");
    struct json_object *data = json_object_object_get(o, "data");
    char key[SCORES_NAME], text[SCORES_NAME];
    size_t width = json_object_array_length(columns);
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *row = json_object_array_get_idx(data, i);
        if (json_object_array_length(row) != width)
            return status_fail(STATUS_FORMAT, "%s: row %zu of 'data' has %zu values, not %zu",
                               b->path, i, json_object_array_length(row), width);
        for (size_t k = 0; k < width; k++)
            TRY(add_cell(b, scalar_text(json_object_array_get_idx(columns, k), key),
                         scalar_text(json_object_array_get_idx(row, k), text)));
        TRY(end_row(b));
    }
    return STATUS_OK;
}

/* --- names within names ----------------------------------------------------------------------- */

static bool is_dataset(const char *name)
{
    const char *version = strrchr(name, '-');
    return registry_find_dataset(name) >= 0 ||
           (version != NULL && version[1] == 'v' && version[2] >= '0' && version[2] <= '9');
}

/* The score of a run whose names are levels[0..count). */
static enum status add_leaf(struct builder *b, const char *const *levels, int count,
                            const char *seed, const char *task, const char *score)
{
    const char *method = NULL, *dataset = task;
    bool swap = count >= 2 ? is_dataset(levels[0]) && !is_dataset(levels[1])
                           : task == NULL &&
                                 (is_dataset(levels[0]) || b->source->name[READ_METHOD][0] != '\0');
    if (count >= 2) {
        method = levels[swap];
        dataset = levels[!swap];
    } else if (swap) {
        dataset = levels[0];
    } else {
        method = levels[0];
    }
    if (count > 2)
        seed = levels[2];
    if (*score == '\0')
        return STATUS_OK; /* no such run */
    if (method != NULL)
        TRY(add_cell(b, "method", method));
    if (dataset != NULL)
        TRY(add_cell(b, "dataset", dataset));
    if (seed != NULL)
        TRY(add_cell(b, "seed", seed));
    TRY(add_cell(b, "score", score));
    return end_row(b);
}

/* Lists of scores, one per run; or rliable's runs x tasks. */
static enum status add_runs(struct builder *b, const char *const *levels, int count,
                            struct json_object *list)
{
    char seed[32], task[32], text[SCORES_NAME];
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *run = json_object_array_get_idx(list, i);
        snprintf(seed, sizeof seed, "%zu", i);
        if (is_scalar(run)) {
            TRY(add_leaf(b, levels, count, seed, NULL, scalar_text(run, text)));
            continue;
        }
        if (count != 1 || !is_list(run))
            return status_fail(STATUS_FORMAT,
                               "%s:%d: '%.60s' holds lists within lists; expected scores per run, "
                               "or {method: runs x tasks}; or write records with the keys "
                               "method, dataset, seed, step, score",
                               b->path, b->line, levels[count - 1]);
        for (size_t k = 0; k < json_object_array_length(run); k++) {
            snprintf(task, sizeof task, "task %02zu", k + 1);
            TRY(add_leaf(b, levels, count, seed, task,
                         scalar_text(json_object_array_get_idx(run, k), text)));
        }
    }
    return STATUS_OK;
}

static enum status add_names(struct builder *b, struct json_object *o, const char **levels,
                             int count)
{
    char text[SCORES_NAME];
    json_object_object_foreach(o, key, value)
    {
        levels[count] = key;
        bool object = json_object_is_type(value, json_type_object);
        if (object && is_record(b, value)) { /* {"IQL": {"hopper": {"step": [], "score": []}}} */
            static const char *const names[LEVELS] = {"method", "dataset", "seed"};
            int contexts = b->contexts;
            bool swap = count >= 1 && is_dataset(levels[0]) && !is_dataset(levels[1]);
            for (int i = 0; i <= count; i++)
                TRY(add_context(b, names[swap && i < 2 ? !i : i], levels[i]));
            TRY(add_record(b, value, 0));
            b->contexts = contexts;
        } else if (object && count + 1 < LEVELS) {
            TRY(add_names(b, value, levels, count + 1));
        } else if (json_object_is_type(value, json_type_array)) {
            TRY(add_runs(b, levels, count + 1, value));
        } else if (is_scalar(value)) {
            TRY(add_leaf(b, levels, count + 1, NULL, NULL, scalar_text(value, text)));
        } else {
            return status_fail(STATUS_FORMAT,
                               "%s:%d: '%.60s': names within names, more than %d deep; write "
                               "records with the keys method, dataset, seed, step, score",
                               b->path, b->line, key, LEVELS);
        }
    }
    return STATUS_OK;
}

/* --- the file --------------------------------------------------------------------------------- */

static enum status add_value(struct builder *b, struct json_object *v)
{
    const char *levels[LEVELS];
    if (!json_object_is_type(v, json_type_object))
        return status_fail(STATUS_FORMAT,
                           "%s:%d: a record must be an object with the keys method, dataset, "
                           "seed, step, score",
                           b->path, b->line);
    if (is_split(v))
        return add_split(b, v);
    if (is_record(b, v))
        return add_record(b, v, 0);
    if (b->source->layout == NULL)
        b->source->layout = "names within names, as rliable's";
    return add_names(b, v, levels, 0);
}

static enum status fail_syntax(const struct builder *b, struct json_tokener *tok)
{
    enum json_tokener_error error = json_tokener_get_error(tok);
    return status_fail(STATUS_FORMAT, "%s:%d: JSON: %s", b->path, b->line,
                       error == json_tokener_continue ? "ends in the middle of a value"
                                                      : json_tokener_error_desc(error));
}

static const char *skip_blanks(struct builder *b, const char *at)
{
    for (; *at != '\0' && strchr(" \t\r\n", *at) != NULL; at++)
        b->line += *at == '\n';
    return at;
}

/* Parse one value at *at and move behind it. */
static enum status parse_value(struct builder *b, struct json_tokener *tok, const char **at,
                               const char *end)
{
    size_t length = (size_t)(end - *at);
    json_tokener_reset(tok);
    struct json_object *v = json_tokener_parse_ex(
        tok, *at, (int)(length < VALUE_BYTES ? length : VALUE_BYTES));
    if (json_tokener_get_error(tok) == json_tokener_continue && length > VALUE_BYTES)
        return status_fail(STATUS_FORMAT,
                           "%s:%d: a JSON value of more than %d MiB; write a record per line",
                           b->path, b->line, VALUE_BYTES >> 20);
    if (json_tokener_get_error(tok) != json_tokener_success)
        return fail_syntax(b, tok);
    enum status status = add_value(b, v);
    json_object_put(v);
    size_t parsed = json_tokener_get_parse_end(tok);
    for (const char *stop = *at + parsed; *at < stop; ++*at)
        b->line += **at == '\n';
    return status;
}

/* Records one after another, in an array or not, with or without commas. */
static enum status parse_all(struct builder *b, struct json_tokener *tok, const char *text,
                             size_t length)
{
    const char *end = text + length;
    const char *at = skip_blanks(b, text);
    bool array = *at == '[';
    at = skip_blanks(b, array ? at + 1 : at);
    while (*at != '\0' && *at != ']') {
        TRY(parse_value(b, tok, &at, end));
        at = skip_blanks(b, at);
        if (*at == ',')
            at = skip_blanks(b, at + 1);
        else if (array && *at != ']')
            return status_fail(STATUS_FORMAT, "%s:%d: JSON: an array that is not closed", b->path,
                               b->line);
    }
    bool closed = *at == ']';
    at = skip_blanks(b, closed ? at + 1 : at);
    if (closed != array || *at != '\0')
        return status_fail(STATUS_FORMAT, "%s:%d: JSON: %s", b->path, b->line,
                           closed == array ? "text behind the end of its array"
                           : array         ? "an array that is not closed"
                                           : "a ']' without its '['");
    return STATUS_OK;
}

enum status scores_json_read(struct results *r, const struct scores_text *t,
                             struct scores_source *s)
{
    struct builder *b = calloc(1, sizeof *b);
    struct json_tokener *tok = json_tokener_new_ex(DEPTH);
    struct csv c = {0};
    enum status status;
    s->separator = ',';
    if (b == NULL || tok == NULL) {
        status = status_fail(STATUS_MEMORY, "%s: no memory to read it", s->path);
    } else {
        *b = (struct builder){.path = s->path, .source = s, .line = 1};
        status = parse_all(b, tok, t->at, t->length);
        if (status == STATUS_OK)
            status = finish_table(b, &c);
        if (status == STATUS_OK)
            status = scores_rows_read(r, &c, s);
        free(b->text);
        free(b->entry);
        free(b->column);
        free(b->row_line);
    }
    csv_free(&c);
    if (tok != NULL)
        json_tokener_free(tok);
    free(b);
    return status;
}
