/* Shared by the readers of score files; for nobody else.
 *
 *   bytes (scores_text) -> table (scores_csv, scores_json, scores_npz) -> what its columns are
 *   (scores_columns) -> runs (scores_rows)                       scores.c decides which way */
#ifndef REPORT_SCORES_IMPL_H
#define REPORT_SCORES_IMPL_H

#include "report/results/reading.h"
#include "report/results/results.h"
#include "report/results/scores_text.h"
#include "report/text/csv.h"

enum { SCORES_NAME = 256, SCORES_NAMES = 4096, SCORES_RUNS = 1 << 16 };

/* What is known of a file beside its table. */
struct scores_source {
    const char *path;   /* for sentences about it; where runs come from */
    const char *shown;  /* in notes: the file, or the folder whose files are all read alike */
    const char *layout; /* of whom: "CleanRL", or NULL */
    char separator;     /* of its text; ';' and a tab allow decimal commas */
    bool episodes;      /* rows are episodes: several at one step are averaged */
    /* What names its rows where no column does; "" nothing. */
    char name[READ_NAMES][SCORES_NAME];
    const char *from[READ_NAMES]; /* who says so: "--method", "the folder's name" */
    struct reading reading;       /* the user's words, and what its layout adds */
};

/* A column of scores; `name` what it stands for where the table is wide, "" where a column says. */
struct scores_value {
    int column;
    char name[READ_NAMES][SCORES_NAME];
};

/* Columns of the report's own files, by their exact names. */
#define SCORES_EXTRAS(X)                                                                           \
    X(INITIAL, "initial")                                                                          \
    X(STATUS, "status")                                                                            \
    X(WHY, "why")                                                                                  \
    X(BUDGET, "budget")                                                                            \
    X(SPREAD, "score_sd")                                                                          \
    X(HOURS, "hours")                                                                              \
    X(UPDATES, "gradient_steps")                                                                   \
    X(PRESET, "preset")                                                                            \
    X(SIZE, "size")                                                                                \
    X(KIND, "kind")                                                                                \
    X(MATRIX, "matrix")                                                                            \
    X(SUITE, "suite")                                                                              \
    X(AXIS, "axis")

enum scores_extra {
#define SCORES_EXTRA_CODE(code, name) EXTRA_##code,
    SCORES_EXTRAS(SCORES_EXTRA_CODE)
#undef SCORES_EXTRA_CODE
        EXTRAS
};

struct scores_columns {
    int at[READ_ROLES]; /* -1: none */
    int extra[EXTRAS];  /* -1: none */
    const char *metric; /* rows of this metric only, or NULL */
    struct scores_value *value;
    int values;
    bool own; /* the report's own file: its scores are what it made of the runs */
};

/* Tell what each column is, and say so in a note. The file's layout is set where the header tells
 * it. Errors STATUS_FORMAT: no way to tell; the sentence names the option that helps. */
enum status scores_columns_find(struct results *r, const struct csv *c, struct scores_source *s,
                                struct scores_columns *out);
/* Is this a usual name of such a column? */
bool scores_column_is(const char *name, enum reading_role role);
void scores_columns_free(struct scores_columns *at);

/* Add the runs of a table. Errors STATUS_FORMAT (with the line), STATUS_MEMORY. */
enum status scores_rows_read(struct results *r, const struct csv *c, struct scores_source *s);

/* Text of one file, already UTF-8. */
enum status scores_csv_read(struct results *r, const struct scores_text *t,
                            struct scores_source *s);
/* A table of any separator, its cells trimmed; `text` is changed. */
enum status scores_csv_parse(const char *path, char *text, struct csv *c);
enum status scores_json_read(struct results *r, const struct scores_text *t,
                             struct scores_source *s);
/* The bytes of an npz file (a zip of numpy arrays). */
enum status scores_npz_read(struct results *r, const struct scores_text *t,
                            struct scores_source *s);

/* A number of a cell: "41,5" too where the separator is no comma. *measured is false for an empty
 * cell, NA, null, None and dashes. False: it is no number. */
bool scores_number(const char *text, char separator, double *out, bool *measured);

/* A seed's number: "3", "3.0", "seed_3", "run-3"; what is no number at all is a name, kept for the
 * whole results. Errors STATUS_FORMAT: empty, or a number that is not whole (a sentence without
 * file). */
enum status scores_seed(struct results *r, const char *text, int64_t *out);
/* results_declare for names of others: blanks around them do not belong to them. */
enum status scores_declare(struct results *r, const char *method, const char *dataset, int *m,
                           int *d);
/* Does a name look like a seed's number? */
bool scores_seed_number(const char *text, int64_t *out);

/* Names out of a run's name: "Hopper-v4__td3__1__1690000000" (CleanRL), "IQL-hopper-medium-v2-s1".
 * Only what is still "" in `name` is set, with `from`; false when nothing was found. */
bool scores_names_of_run(const char *text, char name[READ_NAMES][SCORES_NAME]);
/* The same out of a path, by the layout of the file. */
void scores_names_of_path(struct scores_source *s);

/* Match a path's last parts to "{dataset}/{method}_{seed}.csv"; '*' is anything within a part. */
bool scores_pattern_match(const char *pattern, const char *path,
                          char name[READ_NAMES][SCORES_NAME]);
/* Errors STATUS_CONFIG: unknown or unclosed braces. */
enum status scores_pattern_check(const char *pattern);

/* Every file below a folder that the pattern names, or without one every file of scores. */
enum status scores_folder_read(struct results *r, const char *folder);
/* One file; names in `s` are set where the user or a folder tells them. */
enum status scores_file_read(struct results *r, const char *path, struct scores_source *s);

/* Settle the points of a foreign run, which are in order of x, each once: what is not finite within
 * the curve is a hole (returned), at its end a divergence. */
int scores_settle(struct results_run *run);

#endif
