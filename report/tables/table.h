/* A table before it becomes LaTeX, Markdown, CSV or a piece of the page.
 *
 * What people read is a grid of short texts (plain UTF-8, of any origin) with a face and a mark;
 * what programs read is a CSV of its own with full precision, one line per cell of the grid.
 * The first column names the rows. Memory that runs out is kept until table_check. */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "engine/base/status.h"
#include "report/stats/bootstrap.h"
#include "report/text/text.h"

#include <stdbool.h>

enum { TABLE_ID = 64, TABLE_TITLE = 192, TABLE_CELL = 192, TABLE_NOTE = 512 };

enum table_face { FACE_PLAIN, FACE_BOLD, FACE_UNDERLINE };

struct table_cell {
    char text[TABLE_CELL]; /* "88.38(+46.59)" */
    char mark[24];         /* superscript: a dagger, a number of seeds */
    enum table_face face;
};

struct table_column {
    char title[TABLE_TITLE];
    bool words;   /* left-aligned text; otherwise numbers, right-aligned */
    double width; /* LaTeX: wrap the words at this part of the line width; 0: where they need it */
};

struct table {
    char id[TABLE_ID];       /* a safe file name: "tab1" */
    char title[TABLE_TITLE]; /* "Gym-MuJoCo: final score (increase)" */
    struct text caption;     /* plain text, sentences */
    int columns, rows;
    struct table_column *column; /* (columns) */
    struct table_cell *cell;     /* (rows, columns) */
    bool *rule;                  /* (rows) a thin line above this row */
    struct text csv;
    bool broken; /* out of memory */
};

void table_init(struct table *t, const char *id, const char *title);
void table_free(struct table *t);
/* Errors STATUS_MEMORY. */
enum status table_check(const struct table *t);

/* Columns first, then rows. */
void table_column(struct table *t, const char *title, bool words, double width);
/* Append an empty row; returns its index. */
int table_row(struct table *t, bool rule);
/* Cell of an existing row; a scratch cell when the table is broken. Never NULL. */
struct table_cell *table_cell(struct table *t, int row, int column);
void table_put(struct table *t, int row, int column, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* ---- rendering: append to `out` -------------------------------------------------------------- */

/* Files of a table, and how its LaTeX is made. */
struct table_files {
    bool latex, markdown, csv;
    bool standalone;          /* a document that compiles; else a body for \input */
    bool captions;            /* each tabular in a table environment, with caption and label */
    const char *label_prefix; /* "tab:", also for NULL: "tab:tab1" */
    const char *comment;      /* one line on top, or NULL */
};

/* With the package booktabs, in a text width of 5.5 inches. What is too long or too wide even in a
 * small font continues in further tabulars. */
void table_latex(const struct table *t, const struct table_files *how, struct text *out);
/* A heading, the table, its caption. */
void table_markdown(const struct table *t, struct text *out);

/* FOLDER/<id>.{tex,md,csv} as requested. Errors STATUS_IO, STATUS_MEMORY. */
enum status table_write(const struct table *t, const char *folder, struct table_files files);

/* A cell "41.9 [38.2, 45.0]", without the brackets where the interval is not known; and three
 * fields of the CSV: point, low, high. */
void table_put_interval(struct table *t, int row, int column, struct interval i, int digits,
                        bool plus);
void table_csv_interval(struct table *t, struct interval i);

/* "12.30", "-0.50"; what rounds to zero has no sign. With `plus` "+12.30", "+0.00". */
const char *table_number(double value, int digits, bool plus, char *out, size_t size);

#endif
