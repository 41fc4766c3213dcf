/* The command line of `vitamin report`. */
#ifndef REPORT_OPTIONS_H
#define REPORT_OPTIONS_H

#include "report/draw/picture.h"
#include "report/draw/theme.h"
#include "report/results/report.h"
#include "report/text/text.h"

#include <stdio.h>

enum { OPTIONS_INPUTS = 256 };

struct options {
    const char *folder[OPTIONS_INPUTS]; /* result folders or files */
    const char *scores[OPTIONS_INPUTS]; /* score files */
    int folders, score_files;
    const char *out;
    const char *methods, *datasets, *suites; /* comma-separated, or NULL */
    const char *figure, *table;              /* only these, or NULL */
    const char *style;                       /* a gnuplot file of the user's, or NULL */
    bool format[PICTURE_FORMATS];
    bool latex, markdown, csv, standalone;
    bool help;
    struct theme theme;
    struct results_options results;
    struct report report; /* choices only; its results are empty */
};

/* Defaults and then the arguments (argv[0] is the program). Errors STATUS_CONFIG: an unknown
 * option or word (the nearest is named), a missing or bad value. */
enum status options_read(int argc, char **argv, struct options *o);

/* One line an option. */
void options_help(FILE *out);

/* The choices that decide the numbers, as canonical `key = value` lines for the provenance and its
 * hash: without --out and whatever only changes the looks. */
void options_describe(const struct options *o, struct text *out);

#endif
