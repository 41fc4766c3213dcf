/* Means over the tasks of many quantities of the same runs: the points of learning curves.
 *
 * A task of N runs has only (2N-1)!/(N!(N-1)!) different resamples: 126 of five runs. The task's
 * mean of each is tabulated, all points side by side; a replicate adds up one row per task. The
 * bits are those of replicate_means and replicate_average.
 *
 * Source  docs/statistics.md 4 */
#ifndef REPORT_MEAN_TABLE_H
#define REPORT_MEAN_TABLE_H

#include "report/stats/matrix.h"

#include <stdint.h>

/* With more runs of a task the tables get too large. */
enum { MEAN_TABLE_RUNS = 6, MEAN_TABLE_TILE = 16, MEAN_TABLE_ROWS = 4 };

struct mean_table {
    const struct matrix *x; /* not owned */
    int points;
    size_t rows;                        /* of all tasks; behind them one of zeros */
    size_t *first;                      /* (M) first row of a task */
    uint16_t *row[MEAN_TABLE_RUNS + 1]; /* by runs of a task: row of a resample's code */
    double *mean;                       /* (tiles, rows + 1, MEAN_TABLE_TILE) */
};

bool mean_table_fits(const struct matrix *x);

/* Tabulate score[point] (L, in the matrix's order). Errors STATUS_MEMORY. */
enum status mean_table_init(struct mean_table *t, const struct matrix *x,
                            const double *const *score, int points);
void mean_table_free(struct mean_table *t);

/* Tiles of points, the last one perhaps not full. */
int mean_table_tiles(const struct mean_table *t);

/* How many rows are found for 64 resamples: their tasks, and some more. */
size_t mean_table_found(const struct matrix *x);

/* The rows of 64 resamples, from their counts (L, 64) (replicate.h). */
void mean_table_find(const struct mean_table *t, const uint16_t *count, uint32_t *found);

/* Their means at the points of one tile: out (MEAN_TABLE_TILE, 64). */
void mean_table_tile(const struct mean_table *t, const uint32_t *found, int tile, double *out);

#endif
