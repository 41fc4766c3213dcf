#include "report/text/csv.h"

#include "engine/base/escape.h"
#include "engine/base/memory.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct csv *csv;
    char *at;
    char stops[4]; /* what ends a field without quotes */
    int line;
    int cells, lines;
};

static enum status no_memory(const char *name)
{
    return status_fail(STATUS_MEMORY, "%s: no memory for its cells", name);
}

static enum status add_cell(struct reader *r, char *cell)
{
    if (r->cells == CSV_CELLS)
        return status_fail(STATUS_MEMORY,
                           "%s:%d: more than %d cells; keep only the columns and evaluations that "
                           "count, or split the file",
                           r->csv->name, r->line, CSV_CELLS);
    TRY(memory_grow((void **)&r->csv->cell, r->cells, sizeof *r->csv->cell, r->csv->name));
    r->csv->cell[r->cells++] = cell;
    return STATUS_OK;
}

static enum status add_line(struct reader *r, int line)
{
    TRY(memory_grow((void **)&r->csv->line, r->lines, sizeof *r->csv->line, r->csv->name));
    r->csv->line[r->lines++] = line;
    return STATUS_OK;
}

/* Read a quoted field in place; r->at stands behind the opening quote. */
static enum status read_quoted(struct reader *r, char **cell)
{
    char *to = r->at;
    int opened = r->line;
    *cell = to;
    for (;;) {
        char c = *r->at;
        if (c == '\0')
            return status_fail(STATUS_FORMAT, "%s:%d: a quote is opened and never closed",
                               r->csv->name, opened);
        if (c == '"' && r->at[1] != '"')
            break;
        if (c == '"')
            r->at++;
        if (c == '\n')
            r->line++;
        *to++ = *r->at++;
    }
    r->at++;
    r->at += strspn(r->at, " ");
    if (strchr(r->stops, *r->at) == NULL) /* finds the final NUL too */
        return status_fail(STATUS_FORMAT,
                           "%s:%d: text behind a closing quote; write the whole "
                           "field inside quotes",
                           r->csv->name, r->line);
    *to = '\0';
    return STATUS_OK;
}

/* One row; the separators become NULs. Sets *end at the end of the text. */
static enum status read_row(struct reader *r, bool *end)
{
    for (;;) {
        char *cell = r->at, *quote = cell + strspn(cell, " ");
        if (*quote == '"') {
            r->at = quote + 1;
            TRY(read_quoted(r, &cell));
        } else {
            r->at += strcspn(r->at, r->stops);
        }
        TRY(add_cell(r, cell));
        char separator = *r->at;
        char *stop = r->at;
        if (separator == '\r' && r->at[1] == '\n')
            separator = *++r->at;
        if (separator == '\0') {
            *end = true;
            return STATUS_OK;
        }
        *stop = '\0';
        r->at++;
        if (separator == '\r' || separator == '\n') {
            r->line++;
            *end = *r->at == '\0';
            return STATUS_OK;
        }
    }
}

/* Blank lines and # comments carry no row. */
static void skip_empty(struct reader *r)
{
    for (;;) {
        char *first = r->at + strspn(r->at, " ");
        bool empty = *first == '\r' || *first == '\n' || (*first == '\0' && first > r->at);
        if (!empty && *r->at != '#')
            return;
        r->at += strcspn(r->at, "\n");
        if (*r->at == '\n') {
            r->at++;
            r->line++;
        }
    }
}

enum status csv_parse(struct csv *c, const char *name, const char *text)
{
    return csv_parse_separated(c, name, text, ',');
}

enum status csv_parse_separated(struct csv *c, const char *name, const char *text, char separator)
{
    *c = (struct csv){.name = name};
    if (strncmp(text, "\xEF\xBB\xBF", 3) == 0)
        text += 3;
    c->text = strdup(text);
    if (c->text == NULL)
        return no_memory(name);

    struct reader r = {.csv = c, .at = c->text, .stops = {separator, '\r', '\n'}, .line = 1};
    bool end = false;
    enum status status = STATUS_OK;
    for (skip_empty(&r); status == STATUS_OK && !end && *r.at != '\0'; skip_empty(&r)) {
        int before = r.cells, line = r.line;
        status = read_row(&r, &end);
        if (status == STATUS_OK)
            status = add_line(&r, line);
        if (status != STATUS_OK)
            break;
        int width = r.cells - before;
        if (before == 0)
            c->columns = width;
        else if (width != c->columns)
            status = status_fail(STATUS_FORMAT,
                                 "%s:%d: %d fields, the header has %d; is the line cut, or a "
                                 "separator in a name without quotes?",
                                 name, line, width, c->columns);
    }
    if (status == STATUS_OK && r.lines == 0)
        status = status_fail(STATUS_FORMAT, "%s: empty, not even a header line", name);
    if (status != STATUS_OK) {
        csv_free(c);
        return status;
    }
    c->rows = r.lines - 1;
    return STATUS_OK;
}

void csv_free(struct csv *c)
{
    free(c->cell);
    free(c->line);
    free(c->text);
    *c = (struct csv){0};
}

int csv_column(const struct csv *c, const char *name)
{
    for (int i = 0; i < c->columns; i++) {
        if (strcmp(c->cell[i], name) == 0)
            return i;
    }
    return -1;
}

const char *csv_cell(const struct csv *c, int row, int column)
{
    return escape_csv_restored(c->cell[(size_t)(row + 1) * (size_t)c->columns + (size_t)column]);
}

enum status csv_number(const struct csv *c, int row, int column, double *out)
{
    const char *text = csv_cell(c, row, column);
    text += strspn(text, " \t");
    if (*text == '\0') {
        *out = (double)NAN;
        return STATUS_OK;
    }
    char *end;
    *out = strtod(text, &end);
    if (end == text || end[strspn(end, " \t")] != '\0')
        return status_fail(STATUS_FORMAT, "%s:%d: column '%s' holds '%s', expected a number",
                           c->name, c->line[row + 1], c->cell[column], text);
    return STATUS_OK;
}
