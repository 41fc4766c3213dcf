#include "engine/data/normalizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE_ROWS = 16 };

/* Allocate arrays for S dimensions, uninitialised. */
static enum status reserve_dimensions(int S, struct normalizer *out)
{
    size_t dims = (size_t)S;
    float *storage = malloc((2 + 2 * TILE_ROWS) * dims * sizeof *storage);
    if (storage == NULL)
        return status_fail(STATUS_MEMORY, "no memory to normalise %d state dimensions", S);
    *out = (struct normalizer){.S = S,
                               .mean = storage,
                               .std = storage + dims,
                               .tiled = {storage + 2 * dims, storage + (2 + TILE_ROWS) * dims}};
    return STATUS_OK;
}

static void fill_tiles(struct normalizer *n)
{
    size_t dims = (size_t)n->S;
    for (size_t row = 0; row < TILE_ROWS; row++) {
        memcpy(n->tiled[0] + row * dims, n->mean, dims * sizeof(float));
        memcpy(n->tiled[1] + row * dims, n->std, dims * sizeof(float));
    }
}

static enum status check_statistics(const struct normalizer *n)
{
    for (int j = 0; j < n->S; j++) {
        if (!isfinite(n->mean[j]) || !isfinite(n->std[j]) || n->std[j] <= 0)
            return status_fail(STATUS_NONFINITE,
                               "state dimension %d has mean %g and deviation %g; both must be "
                               "finite and the deviation positive: look at the data",
                               j, (double)n->mean[j], (double)n->std[j]);
    }
    return STATUS_OK;
}

enum status normalizer_set(int S, const float *mean, const float *std, struct normalizer *out)
{
    TRY(reserve_dimensions(S, out));
    memcpy(out->mean, mean, (size_t)S * sizeof(float));
    memcpy(out->std, std, (size_t)S * sizeof(float));
    enum status status = check_statistics(out);
    if (status != STATUS_OK) {
        normalizer_free(out);
        return status;
    }
    fill_tiles(out);
    return STATUS_OK;
}

/* sum[j] += over all observations of x_j, or of (x_j - mean_j)^2 once the mean is known. */
static void add_observations(const struct trajectory *list, int count, size_t S, const double *mean,
                             double *restrict sum)
{
    for (int i = 0; i < count; i++) {
        const float *x = list[i].state, *end = x + (size_t)list[i].length * S;
        for (; x < end; x += S) {
            if (mean == NULL) {
                for (size_t j = 0; j < S; j++)
                    sum[j] += (double)x[j];
            } else {
                for (size_t j = 0; j < S; j++)
                    sum[j] += ((double)x[j] - mean[j]) * ((double)x[j] - mean[j]);
            }
        }
    }
}

enum status normalizer_fit(const struct trajectory *list, int count, int S, double eps,
                           struct normalizer *out)
{
    double rows = 0;
    for (int i = 0; i < count; i++)
        rows += (double)list[i].length;
    if (rows == 0)
        return status_fail(STATUS_MISSING, "no trajectory to take state statistics from; "
                                           "is the dataset empty?");
    double *sum = calloc(2 * (size_t)S, sizeof *sum);
    if (sum == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the statistics of %d dimensions", S);
    enum status status = reserve_dimensions(S, out);
    if (status != STATUS_OK) {
        free(sum);
        return status;
    }

    /* Two passes: squared deviations from the mean lose no digits, unlike a sum of squares. */
    double *squares = sum + S;
    add_observations(list, count, (size_t)S, NULL, sum);
    for (int j = 0; j < S; j++)
        sum[j] /= rows;
    add_observations(list, count, (size_t)S, sum, squares);
    for (int j = 0; j < S; j++) {
        out->mean[j] = (float)sum[j];
        out->std[j] = (float)(sqrt(squares[j] / rows) + eps);
    }
    free(sum);
    status = check_statistics(out);
    if (status != STATUS_OK) {
        normalizer_free(out);
        return status;
    }
    fill_tiles(out);
    return STATUS_OK;
}

void normalizer_free(struct normalizer *n)
{
    free(n->mean);
    *n = (struct normalizer){0};
}

void normalizer_apply(const struct normalizer *n, const float *raw, int rows, float *out)
{
    const float *mean = n->tiled[0], *std = n->tiled[1];
    size_t total = (size_t)rows * (size_t)n->S, tile = (size_t)n->S * TILE_ROWS;
    for (size_t from = 0; from < total; from += tile) {
        size_t left = total - from < tile ? total - from : tile;
        const float *x = raw + from;
        float *y = out + from;
#pragma omp simd
        for (size_t i = 0; i < left; i++)
            y[i] = (float)(((double)x[i] - (double)mean[i]) / (double)std[i]);
    }
}

enum status normalizer_visit(struct normalizer *n, struct visitor *v)
{
    TRY(visit_floats(v, "mean", n->mean, (size_t)n->S));
    TRY(visit_floats(v, "std", n->std, (size_t)n->S));
    if (!v->fills)
        return STATUS_OK;
    TRY(check_statistics(n));
    fill_tiles(n);
    return STATUS_OK;
}
