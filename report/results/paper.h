/* The paper's printed tables, and the audit of their arithmetic. */
#ifndef REPORT_PAPER_H
#define REPORT_PAPER_H

#include "engine/base/status.h"

#include <stdbool.h>

enum { PAPER_ROWS = 16, PAPER_METHODS = 7 };

struct paper_cell {
    double final, increase; /* NaN: the paper has no such cell */
};

/* One printed table. Rows are datasets in the order of the file; average rows are apart. */
struct paper_table {
    const char *id, *file; /* "tab1", "results/paper/table1_mujoco.csv" */
    const char *title, *suite;
    const char *delayed; /* "+delay5" when its datasets carry this suffix in results, or "" */
    int rows;
    char dataset[PAPER_ROWS][48];
    struct paper_cell cell[PAPER_ROWS][PAPER_METHODS]; /* methods in registry order */
    struct paper_cell average[PAPER_METHODS];          /* as printed */
    struct paper_cell average_too[PAPER_METHODS];      /* Table 3's "umaze and medium" */
    int rows_too; /* how many first rows average_too covers; 0: there is none */
};

enum { PAPER_TABLES = 5 };

/* Read the published tables, before anything asks for them. Errors STATUS_MEMORY */
enum status paper_load(void);
/* Table 1, 2, 3, 10, 11. */
const struct paper_table *paper_tables(void);
const struct paper_table *paper_find(const char *id);

/* The printed cell of a dataset ("+delay5" finds Table 10) and a method; NaNs when there is none.
 */
struct paper_cell paper_cell(const char *dataset, const char *method);

/* An average row beside what its rows give. */
struct paper_audit {
    const struct paper_table *table;
    int method;
    bool too; /* of average_too */
    bool increase;
    double printed, recomputed; /* recomputed from the printed rows, not rounded */
    bool rounding;              /* at most 0.025 apart: numbers rounded once or twice */
};

/* Every average of every table, in order; returns how many (at most `room` are written). */
enum { PAPER_AUDITS = 96 };
int paper_audit(struct paper_audit *out, int room);

#endif
