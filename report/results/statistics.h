/* The numbers that tables, figures, claims and the page share: each is computed once, the first
 * time that one of them asks for it.
 *
 *   struct suite_statistics *s;
 *   TRY(statistics_suite(report, suite, RESULTS_FINAL, &s));
 *   TRY(statistics_aggregates(report, s));
 *   ... s->scores.method[i], s->aggregate[i][AGGREGATE_IQM] ...
 *
 * Not thread-safe: one thread asks (OpenMP works inside). */
#ifndef REPORT_STATISTICS_H
#define REPORT_STATISTICS_H

#include "report/results/agreement.h"
#include "report/results/paper.h"
#include "report/results/report.h"
#include "report/results/suite_scores.h"
#include "report/stats/aggregate.h"
#include "report/stats/compare.h"

/* Of one suite, or of all of them together. NULL: not computed yet. */
struct suite_statistics {
    struct suite_scores scores; /* which methods and datasets; methods = 0: nothing to show */
    int ours;                   /* position of the emphasised method, or -1 */
    struct interval (*aggregate)[AGGREGATE_COUNT]; /* (methods) */
    struct comparison *pair; /* (methods, methods) row against column; the row and column of `ours`;
                                every pair without one, when pairs are chosen, and of all suites
                                together */
    double *rank;            /* (methods, methods) probability of each rank */
};

/* The used runs of a method on a dataset. Means are NaN without a run that has the number. */
struct cell_statistics {
    int runs; /* with a final score */
    double final, initial, increase;
    double sd; /* of the final scores, over n or n-1 as the report says */
    double lowest, highest;
    struct interval interval;  /* of the final mean */
    struct paper_cell printed; /* the paper's numbers; NaN when there are none */
    struct agreed agreed;      /* ours against them; AGREES_NOT_RUN when one is missing */
};

/* Room for the statistics of finished results. Errors STATUS_MEMORY. */
enum status statistics_new(struct report *r);
void statistics_free(struct report *r);
/* Results and statistics. */
void report_free(struct report *r);

/* `suite` -1: all. Errors STATUS_MEMORY. */
enum status statistics_suite(const struct report *r, int suite, enum results_what what,
                             struct suite_statistics **out);
/* Fill the member of that name. Errors as in aggregate.h, compare.h, rank.h. */
enum status statistics_aggregates(const struct report *r, struct suite_statistics *s);
enum status statistics_pairs(const struct report *r, struct suite_statistics *s);
enum status statistics_ranks(struct suite_statistics *s);

/* The pairs to show: the chosen ones, else the emphasised method against each other one, else all.
 * `at` starts at 0; x, y: positions in s->scores.method. */
bool statistics_next_pair(const struct report *r, const struct suite_statistics *s, int *at, int *x,
                          int *y);

enum status statistics_cell(const struct report *r, int method, int dataset,
                            const struct cell_statistics **out);

#endif
