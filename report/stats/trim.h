/* The interquartile mean, of a matrix and of its resamples.
 *
 * Full matrix: floor(L/4) scores dropped on each side. Uneven runs: score l of task m weighs
 * 1/(M N_m), the cumulative weight inside [1/4, 3/4] is kept. Both are one rule here: with weights
 * w and W = sum w, keep the cumulative weight in [low, W - low]; w = 1 and low = floor(L/4) is the
 * first, low = W/4 the second. The weights are integers (the runs' least common multiple over N_m)
 * as long as that stays exact. A pooled matrix always takes the first rule, rliable's.
 *
 * Source  docs/statistics.md 2, 7 */
#ifndef REPORT_TRIM_H
#define REPORT_TRIM_H

#include "report/stats/matrix.h"

#include <stdint.h>

enum { TRIM_ROWS = 4 };

struct trim {
    size_t count;     /* L */
    size_t *cell;     /* (L) position in the matrix, in ascending order of score */
    double *value;    /* (L) scores, ascending */
    double *weight;   /* (L) */
    bool whole;       /* the weights are integers */
    double low, high; /* cumulative weight kept */
    /* What trim_lanes adds up, in steps of TRIM_ROWS; filled up with a cell L that nobody drew. */
    size_t middle, terms; /* the first `middle` of `terms` lie below the middle score */
    size_t *term;         /* (terms) cells */
    double *step;         /* (terms) from this score to the next */
};

/* Sort `score` (L, in the matrix's order). Errors STATUS_MEMORY. */
enum status trim_init(struct trim *t, const struct matrix *shape, const double *score);
void trim_free(struct trim *t);

/* The weights alone, (M): integers with `total` = M times the least common multiple, or 1/N_m with
 * total = M when that would exceed `limit`; of a pooled matrix all 1. Returns whether they are
 * integers. */
bool trim_weights(const struct matrix *shape, double limit, double *weight, double *total);

/* Of the scores themselves; compensated. */
double trim_point(const struct trim *t);

/* The weight that 64 resamples have drawn of each score, for trim_lanes, from their counts (L, 64)
 * (replicate.h). Every trim of the same matrix gives the same. drawn (L+1, 64) */
void trim_weigh(const struct trim *t, const uint16_t *count, double *drawn);

/* Of these resamples; out (64). */
void trim_lanes(const struct trim *t, const double *drawn, double *out);

#endif
