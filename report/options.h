/* The command line of `vitamin report`. */
#ifndef REPORT_OPTIONS_H
#define REPORT_OPTIONS_H

#include "engine/base/command.h"
#include "engine/base/completion.h"
#include "report/draw/picture.h"
#include "report/draw/theme.h"
#include "report/results/report.h"
#include "report/tables/table.h"
#include "report/text/text.h"

enum { OPTIONS_INPUTS = 256 };

struct options {
    char **folder;                      /* result folders or files, NULL-terminated */
    const char *scores[OPTIONS_INPUTS]; /* score files */
    int score_files;
    const char *out;
    const char *methods, *datasets, *suites; /* comma-separated, or NULL */
    const char *against;                     /* a folder or score file, or NULL */
    const char *published;                   /* a file of means and spreads, or NULL */
    const char *suite_of[OPTIONS_INPUTS];    /* "PATTERN=NAME" */
    const char *pair[OPTIONS_INPUTS];        /* "X,Y" */
    int pairs;
    const char *figure, *table; /* only these, or NULL */
    const char *style;          /* a gnuplot file of the user's, or NULL */
    bool format[PICTURE_FORMATS];
    struct table_files tables; /* but its comment */
    bool zip;                  /* pack the whole report into OUT/report.zip too */
    const char *completion;    /* print the script of this shell instead, or NULL */
    bool man;                  /* print the manual page instead */
    struct theme theme;
    struct results_options results;
    struct report report; /* choices only; its results are empty */
};

/* The table; what it does not hold of the defaults; and what can only be settled when all is read.
 * Errors STATUS_CONFIG: the bootstrap's size. */
extern const struct option_row options_table[];
void options_begin(void *options);
enum status options_settle(struct options *o);

/* The choices that decide the numbers, as canonical `key = value` lines for the provenance and its
 * hash: without --out and whatever only changes the looks. */
void options_describe(const struct options *o, struct text *out);

#endif
