#include "report/stats/mean_table.h"

#include "report/stats/replicate.h"

#include <stdlib.h>

enum { LANES = REPLICATE_LANES, RUNS = MEAN_TABLE_RUNS, TILE = MEAN_TABLE_TILE };

bool mean_table_fits(const struct matrix *x)
{
    return matrix_most(x) <= RUNS;
}

/* ---- codes -----------------------------------------------------------------------------------
 * A resample of N runs is N counts, whose sum is N: all but the last are the digits of a number
 * to the base N + 1. */

static size_t codes_of(int runs)
{
    size_t codes = 1;
    for (int n = 1; n < runs; n++)
        codes *= (size_t)runs + 1;
    return codes;
}

/* The counts of a code; false when they are more than there are runs. */
static bool decode(size_t code, int runs, uint16_t *count)
{
    int left = runs;
    for (int n = 0; n + 1 < runs; n++) {
        count[n] = (uint16_t)(code % ((size_t)runs + 1));
        code /= (size_t)runs + 1;
        left -= count[n];
    }
    count[runs - 1] = (uint16_t)left;
    return left >= 0;
}

/* Number the resamples of `runs` runs, unless that is done. Returns how many there are. */
static bool number_rows(struct mean_table *t, int runs, size_t *rows)
{
    uint16_t count[RUNS];
    size_t codes = codes_of(runs);
    bool first = t->row[runs] == NULL;
    if (first)
        t->row[runs] = calloc(codes, sizeof *t->row[runs]);
    if (t->row[runs] == NULL)
        return false;
    *rows = 0;
    for (size_t code = 0; code < codes; code++) {
        if (decode(code, runs, count))
            t->row[runs][code] = (uint16_t)(*rows)++;
    }
    return true;
}

/* ---- the table ------------------------------------------------------------------------------ */

static double *mean_at(const struct mean_table *t, size_t row, int point)
{
    size_t tile = (size_t)(point / TILE);
    return t->mean + (tile * (t->rows + 1) + row) * TILE + point % TILE;
}

/* As replicate_means. */
static double mean_of(const double *score, const uint16_t *count, int runs)
{
    bool varies = false;
    double total = 0;
    for (int n = 0; n < runs; n++) {
        varies = varies || score[n] != score[0];
        total += (double)count[n] * score[n];
    }
    return varies ? total / runs : score[0];
}

static void fill_task(struct mean_table *t, int m, const double *const *score)
{
    int runs = t->x->runs[m];
    for (size_t code = 0; code < codes_of(runs); code++) {
        uint16_t count[RUNS];
        if (!decode(code, runs, count))
            continue;
        size_t row = t->first[m] + t->row[runs][code]; // NOLINT: the table is there for every task
        for (int p = 0; p < t->points; p++)
            *mean_at(t, row, p) = mean_of(score[p] + t->x->start[m], count, runs);
    }
}

enum status mean_table_init(struct mean_table *t, const struct matrix *x,
                            const double *const *score, int points)
{
    *t = (struct mean_table){.x = x, .points = points};
    t->first = calloc((size_t)x->tasks, sizeof *t->first);
    bool fits = t->first != NULL;
    for (int m = 0; m < x->tasks && fits; m++) {
        size_t rows = 0;
        t->first[m] = t->rows;
        fits = number_rows(t, x->runs[m], &rows);
        t->rows += rows;
    }
    size_t tiles = (size_t)mean_table_tiles(t);
    if (fits)
        t->mean = calloc(tiles * (t->rows + 1) * TILE + 1, sizeof *t->mean);
    if (t->mean == NULL) {
        mean_table_free(t);
        return status_fail(STATUS_MEMORY, "no memory to resample method '%s'", x->method);
    }
    for (int m = 0; m < x->tasks; m++)
        fill_task(t, m, score);
    return STATUS_OK;
}

void mean_table_free(struct mean_table *t)
{
    for (int runs = 0; runs <= RUNS; runs++)
        free(t->row[runs]);
    free(t->first);
    free(t->mean);
    *t = (struct mean_table){.points = 0};
}

int mean_table_tiles(const struct mean_table *t)
{
    return (t->points + TILE - 1) / TILE;
}

/* ---- resamples ------------------------------------------------------------------------------ */

/* Tasks, filled up with tasks that add the row of zeros. */
static size_t tasks_of(const struct matrix *x)
{
    return ((size_t)x->tasks + MEAN_TABLE_ROWS - 1) / MEAN_TABLE_ROWS * MEAN_TABLE_ROWS;
}

size_t mean_table_found(const struct matrix *x)
{
    return tasks_of(x) * LANES;
}

void mean_table_find(const struct mean_table *t, const uint16_t *count, uint32_t *found)
{
    const struct matrix *x = t->x;
    size_t tasks = tasks_of(x);
    for (size_t m = 0; m < tasks; m++) {
        bool real = m < (size_t)x->tasks;
        size_t runs = real ? (size_t)x->runs[m] : 0;
        for (size_t lane = 0; lane < LANES; lane++) {
            size_t code = 0;
            for (size_t n = runs; n-- > 0;)
                code = n + 1 == runs ? 0
                                     : code * (runs + 1) + count[(x->start[m] + n) * LANES + lane];
            found[lane * tasks + m] = (uint32_t)(real ? t->first[m] + t->row[runs][code] : t->rows);
        }
    }
}

void mean_table_tile(const struct mean_table *t, const uint32_t *found, int tile, double *out)
{
    const double *table = t->mean + (size_t)tile * (t->rows + 1) * TILE;
    size_t tasks = tasks_of(t->x);
    for (size_t lane = 0; lane < LANES; lane++) {
        double total[TILE];
        for (int k = 0; k < TILE; k++)
            total[k] = 0;
        for (size_t m = 0; m < tasks; m += MEAN_TABLE_ROWS) {
            const uint32_t *row = found + lane * tasks + m;
            const double *a = table + (size_t)row[0] * TILE, *b = table + (size_t)row[1] * TILE,
                         *c = table + (size_t)row[2] * TILE, *d = table + (size_t)row[3] * TILE;
            for (int k = 0; k < TILE; k++)
                total[k] = total[k] + a[k] + b[k] + c[k] + d[k];
        }
        for (size_t k = 0; k < TILE; k++)
            out[k * LANES + lane] = total[k] / (double)t->x->tasks;
    }
}
