/* CSV as RFC 4180 has it: commas, optional double quotes, doubled quotes inside, LF or CRLF, a
 * line break inside quotes. Blanks around a quoted field do not belong to it. A UTF-8 byte order
 * mark, blank lines and lines starting with # are skipped. The first row names the columns. A cell
 * that escape_csv has defused is given as it was. */
#ifndef REPORT_CSV_H
#define REPORT_CSV_H

#include "engine/base/status.h"

enum { CSV_CELLS = 1 << 24 }; /* at most; a larger text is refused */

struct csv {
    int columns, rows;
    char **cell;      /* (1 + rows, columns); row 0 holds the names */
    int *line;        /* (1 + rows) line of the text where the row starts, from 1 */
    char *text;       /* the copy that the cells point into */
    const char *name; /* for sentences; the caller's */
};

/* Parse a copy of `text`. Errors STATUS_FORMAT with name and line (a row of another length, an
 * open quote, no header), STATUS_MEMORY. */
enum status csv_parse(struct csv *c, const char *name, const char *text);
/* The same with another separator than the comma. */
enum status csv_parse_separated(struct csv *c, const char *name, const char *text, char separator);
void csv_free(struct csv *c);

/* Index of a column by name, or -1. */
int csv_column(const struct csv *c, const char *name);
const char *csv_cell(const struct csv *c, int row, int column); /* row from 0 */

/* A cell as a number; an empty cell is NaN, and "nan", "inf" are read as such.
 * Errors STATUS_FORMAT: name, line, column and what was found. */
enum status csv_number(const struct csv *c, int row, int column, double *out);

#endif
