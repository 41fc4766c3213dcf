/* All figures of a report: laid out one by one from the results, then drawn side by side.
 *
 *   struct figures f = {.report = &report, .theme = &theme, .folder = "out/figures"};
 *   TRY(figures_make(&f));
 *   ... f.figure[i], pictures in f.folder ...
 *   figures_free(&f);
 *
 * What is drawn is a table (figure_table.c): one row per figure. Without gnuplot everything but the
 * pictures is written; f.trouble says so in one line. */
#ifndef REPORT_FIGURES_H
#define REPORT_FIGURES_H

#include "report/draw/fig_bars.h"
#include "report/draw/fig_grid.h"
#include "report/draw/fig_heat.h"
#include "report/draw/plot.h"
#include "report/results/report.h"
#include "report/results/suite_scores.h"

#include <stdbool.h>

struct figures {
    /* Given. */
    const struct report *report;
    const struct theme *theme;
    const char *folder;  /* made when absent */
    const char *only;    /* ids or shell patterns, commas between ("fig7,profiles"); NULL: all */
    const char *style;   /* text of a style.gp of the user's; NULL: ours */
    const char *comment; /* provenance, one line; NULL: none */
    bool skip[PICTURE_FORMATS]; /* formats not wanted; the page needs SVG */
    bool no_page;               /* leave out what only the page shows (one figure per dataset) */

    /* Made. */
    const struct figure_row *row; /* (rows) the figure table */
    int rows;
    struct figure *figure;
    int count;
    int drawn;                     /* pictures in place */
    int failed;                    /* pictures that gnuplot did not make */
    bool no_gnuplot;               /* because it is not installed */
    int warnings;                  /* pictures about which it had something to say */
    char trouble[STATUS_SENTENCE]; /* the first reason, or "" */
};

/* Errors STATUS_IO (the folder), STATUS_CONFIG (`only` matches no figure), STATUS_MEMORY. A picture
 * that fails is no error: it is logged, counted and left out. */
enum status figures_make(struct figures *f);
/* Errors STATUS_IO: a picture failed although gnuplot is installed. */
enum status figures_all_drawn(const struct figures *f);
void figures_free(struct figures *f);

/* Add a warning to the notes when no installed font has the letters of a method's or dataset's
 * name. Errors STATUS_MEMORY. */
enum status figures_note_letters(struct results *r);

/* By name ("fig6", "dataset_hopper-medium-v2"), or NULL. */
const struct figure *figures_find(const struct figures *f, const char *name);

/* ---- the table ------------------------------------------------------------------------------- */

struct suite_figure;

/* One figure, with `draw` or `suites`. What draws it fills a struct of fig_*.h from the results;
 * nothing to show is no error: no figure comes of it. */
struct figure_row {
    const char *id, *title;
    const char *source; /* of the paper, or "" */
    enum status (*draw)(struct figures *f, const struct figure_row *row);
    enum status (*suites)(struct suite_figure *s); /* all suites side by side (suite_figure.h) */
    enum results_what what;                        /* of which scores */
    const char *suite;                             /* id of results.h; NULL: the function decides */
    const char *rows;                              /* qualities, one row of panels each */
    const char *columns;                           /* environments, one column each */
    const char *methods;                           /* ids; NULL: the standard ones */
    const char *datasets;                          /* ids; NULL: the suite's */
    const char *knob;      /* configuration key whose values are the series */
    const char *knob_name; /* as in the legend */
    double budget;         /* right end of the x axis; 0: the datasets' */
    double mark;           /* black line at this x; 0: none */
    double y_high;         /* fixed range 0..y_high; 0: from the data */
};

extern const struct figure_row figure_table[];
extern const int figure_table_count;

/* ---- for fig_*.c (figure_list.c) ------------------------------------------------------------- */

/* Always STATUS_MEMORY, with a sentence. */
static inline enum status figures_no_memory(const char *id)
{
    (void)status_fail(STATUS_MEMORY, "figure %s: no memory", id);
    return STATUS_MEMORY;
}

/* Is a figure of this id wanted? */
bool figures_wanted(const struct figures *f, const char *id);

/* Does a row of the table draw this suite's standard methods in that way? */
bool figures_has_row(const struct figures *f, const char *suite,
                     enum status (*draw)(struct figures *f, const struct figure_row *row));

/* Room for the next figure, title and id filled in (id made a safe file name). Errors
 * STATUS_MEMORY. Keep it by one of the four below, or the next call reuses it. */
enum status figures_next(struct figures *f, const char *id, const char *title, struct figure **out);
/* Keep the figure if it was drawn; returns `drawn`. */
enum status figures_keep(struct figures *f, enum status drawn);
/* Draw and keep. */
enum status figures_bars(struct figures *f, const struct bars *bars, struct figure *out);
enum status figures_grid(struct figures *f, const struct grid *grid, struct figure *out);
enum status figures_heat(struct figures *f, const struct heat *heat, struct figure *out);

/* The emphasised method's id, or NULL. */
const char *figures_ours(const struct figures *f);

/* Labels, ids and styles of methods (indices of results). */
struct figures_series {
    int count;
    int front; /* the emphasised one; -1: none of them */
    const char **label;
    const char **id;
    struct theme_series *style;
};
enum status figures_series(const struct figures *f, const int *method, int methods,
                           struct figures_series *out);
void figures_series_free(struct figures_series *s);

/* How many panels to put in a row. */
int figures_columns(int panels);

/* Append to a caption or an alternative text. */
void figures_say(char text[FIGURE_CAPTION], const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "95 % stratified bootstrap intervals, 50000 replications" */
void figures_say_interval(const struct figures *f, char text[FIGURE_CAPTION]);
/* What was left out of the suite, and how few runs there are. */
void figures_say_gaps(const struct suite_scores *g, char text[FIGURE_CAPTION]);

#endif
