#include "report/tables/table.h"

#include "engine/base/escape.h"
#include "engine/base/file.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *t, const char *id, const char *title)
{
    *t = (struct table){0};
    escape_file(id, t->id, sizeof t->id);
    snprintf(t->title, sizeof t->title, "%s", title);
}

void table_free(struct table *t)
{
    free(t->column);
    free(t->cell);
    free(t->rule);
    text_free(&t->caption);
    text_free(&t->csv);
    *t = (struct table){0};
}

enum status table_check(const struct table *t)
{
    if (t->broken)
        return status_fail(STATUS_MEMORY, "no memory for table %s", t->id);
    TRY(text_check(&t->caption));
    return text_check(&t->csv);
}

void table_column(struct table *t, const char *title, bool words, double width)
{
    struct table_column *larger = realloc(t->column, (size_t)(t->columns + 1) * sizeof *t->column);
    if (larger == NULL) {
        t->broken = true;
        return;
    }
    t->column = larger;
    struct table_column *c = &t->column[t->columns++];
    *c = (struct table_column){.words = words, .width = width};
    snprintf(c->title, sizeof c->title, "%s", title);
}

int table_row(struct table *t, bool rule)
{
    size_t width = (size_t)t->columns;
    struct table_cell *cells = realloc(t->cell, (size_t)(t->rows + 1) * width * sizeof *t->cell);
    if (cells != NULL)
        t->cell = cells;
    bool *rules = realloc(t->rule, (size_t)(t->rows + 1) * sizeof *t->rule);
    if (rules != NULL)
        t->rule = rules;
    if (cells == NULL || rules == NULL) {
        t->broken = true;
        return 0;
    }
    memset(t->cell + (size_t)t->rows * width, 0, width * sizeof *t->cell);
    t->rule[t->rows] = rule;
    return t->rows++;
}

struct table_cell *table_cell(struct table *t, int row, int column)
{
    static _Thread_local struct table_cell scratch;
    if (row >= t->rows || column >= t->columns)
        return &scratch; /* after memory ran out */
    return &t->cell[(size_t)row * (size_t)t->columns + (size_t)column];
}

void table_put(struct table *t, int row, int column, const char *format, ...)
{
    struct table_cell *c = table_cell(t, row, column);
    va_list args;
    va_start(args, format);
    vsnprintf(c->text, sizeof c->text, format, args);
    va_end(args);
}

const char *table_number(double value, int digits, bool plus, char *out, size_t size)
{
    if (fabs(value) < 0.5 * pow(10, -digits))
        value = 0; /* no "-0.00" */
    snprintf(out, size, plus ? "%+.*f" : "%.*f", digits, value);
    return out;
}

void table_put_interval(struct table *t, int row, int column, struct interval i, int digits,
                        bool plus)
{
    char a[48], b[48], c[48];
    table_number(i.point, digits, plus, a, sizeof a);
    if (interval_known(i))
        table_put(t, row, column, "%s [%s, %s]", a, table_number(i.low, digits, plus, b, sizeof b),
                  table_number(i.high, digits, plus, c, sizeof c));
    else
        table_put(t, row, column, "%s", a);
}

void table_csv_interval(struct table *t, struct interval i)
{
    text_csv_number(&t->csv, i.point);
    text_csv_number(&t->csv, i.low);
    text_csv_number(&t->csv, i.high);
}

enum status table_write(const struct table *t, const char *folder, struct table_files files)
{
    TRY(table_check(t));
    char path[FILE_PATH];
    struct text out = {0};
    if (files.latex) {
        table_latex(t, &files, &out);
        TRY(file_path(path, "%s/%s.tex", folder, t->id));
        TRY(text_write(&out, path));
    }
    if (files.markdown) {
        table_markdown(t, &out);
        TRY(file_path(path, "%s/%s.md", folder, t->id));
        TRY(text_write(&out, path));
    }
    if (files.csv && t->csv.length > 0) {
        text_add(&out, "%s", text_get(&t->csv));
        TRY(file_path(path, "%s/%s.csv", folder, t->id));
        TRY(text_write(&out, path));
    }
    return STATUS_OK;
}
