/* Results that others have published as mean and spread: `vitamin report --published FILE`.
 *
 * Text as of score files (scores.h), one header line, columns in any order, upper or lower case:
 *
 *   method,dataset,mean,sd,n
 *
 * sd: sample standard deviation over n runs (or seeds). Either cell may be empty; without both only
 * the spread of our own runs can be held against the mean (docs/statistics.md 9). Each number is
 * compared with the runs of the same method on the same dataset; of a method without runs there,
 * with the emphasised method's, or without one with those of every method. */
#ifndef REPORT_PUBLISHED_H
#define REPORT_PUBLISHED_H

#include "report/results/agreement.h"
#include "report/results/report.h"

struct published_row {
    char method[RESULTS_TITLE], dataset[RESULTS_ID];
    double mean, sd, n; /* sd, n NaN: not stated */
    int line;
    int known; /* the method of the results that is called so, or -1 */
    int at;    /* the dataset of the results, or -1 */
};

struct published {
    char path[FILE_PATH];
    struct published_row *row; /* (rows) */
    int rows;
};

/* Errors STATUS_IO, STATUS_FORMAT (line, what was found, what is expected), STATUS_MEMORY. */
enum status published_read(struct published *p, const char *path);
void published_free(struct published *p);

/* Find methods and datasets in the finished results; a note says which rows are left out because
 * nothing was run on their dataset. Errors STATUS_CONFIG: that is so for all; STATUS_MEMORY. */
enum status published_settle(struct published *p, struct results *r);

/* A published number and the runs that it is compared with. */
struct published_pair {
    const struct published_row *row;
    int method; /* of the results */
    double sd;  /* of our runs, sample */
    int runs;
    struct agreed agreed;
    double low, high;                     /* of the difference, 95 %; NaN: not known */
    double published_low, published_high; /* of the published mean, 95 %; NaN: not known */
};

/* The pairs in the order of the results' datasets. *out is for free(). Errors STATUS_MEMORY. */
enum status published_pairs(const struct report *r, struct published_pair **out, int *count);

#endif
