#include "report/stats/trim.h"

#include "report/stats/replicate.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = REPLICATE_LANES };

struct item {
    double value, weight;
    size_t cell;
};

static int by_value(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    if (x->value != y->value)
        return x->value < y->value ? -1 : 1;
    return (x->cell > y->cell) - (x->cell < y->cell);
}

/* Greatest common divisor of two positive numbers. */
static int64_t common_divisor(int64_t a, int64_t b)
{
    while (b > 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a > 0 ? a : 1;
}

bool trim_weights(const struct matrix *shape, double limit, double *weight, double *total)
{
    int64_t multiple = 1;
    bool whole = true;
    for (int m = 0; m < shape->tasks && whole; m++) {
        multiple = multiple / common_divisor(multiple, shape->runs[m]) * shape->runs[m];
        whole = (double)multiple * shape->tasks <= limit;
    }
    for (int m = 0; m < shape->tasks; m++)
        weight[m] = (whole ? (double)multiple : 1) / shape->runs[m];
    *total = (whole ? (double)multiple : 1) * shape->tasks;
    return whole;
}

enum status trim_init(struct trim *t, const struct matrix *shape, const double *score)
{
    size_t L = matrix_count(shape), M = (size_t)shape->tasks;
    *t = (struct trim){.count = L};
    struct item *item = malloc(L * sizeof *item);
    double *weight = malloc(M * sizeof *weight);
    t->cell = malloc(L * sizeof *t->cell);
    t->value = malloc(L * sizeof *t->value);
    t->weight = malloc(L * sizeof *t->weight);
    enum status status = STATUS_OK;
    if (!item || !weight || !t->cell || !t->value || !t->weight) {
        status = status_fail(STATUS_MEMORY, "no memory to sort %zu scores of method '%s'", L,
                             shape->method);
        trim_free(t);
        goto done;
    }

    double total;
    trim_weights(shape, 0x1p50, weight, &total);
    t->low = matrix_full(shape) ? floor(total / 4) : total / 4;
    t->high = total - t->low;
    for (size_t m = 0; m < M; m++) {
        for (size_t l = shape->start[m]; l < shape->start[m + 1]; l++)
            item[l] = (struct item){.value = score[l], .weight = weight[m], .cell = l};
    }
    qsort(item, L, sizeof *item, by_value);
    for (size_t i = 0; i < L; i++) {
        t->cell[i] = item[i].cell;
        t->value[i] = item[i].value;
        t->weight[i] = item[i].weight;
    }
done:
    free(item);
    free(weight);
    return status;
}

void trim_free(struct trim *t)
{
    free(t->cell);
    free(t->value);
    free(t->weight);
    *t = (struct trim){0};
}

static double clamp_between(double x, double low, double high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

double trim_point(const struct trim *t)
{
    struct sum weights = {0}, kept = {0};
    double before = t->low;
    for (size_t i = 0; i < t->count; i++) {
        sum_add(&weights, t->weight[i]);
        double after = clamp_between(sum_total(&weights), t->low, t->high);
        sum_add(&kept, (after - before) * t->value[i]);
        before = after;
    }
    return sum_total(&kept) / (t->high - t->low);
}

/* With C_i the clamped cumulative weight after sorted score i, minus low, and K = high - low, the
 * mean of what is kept is, summed by parts from the middle score outwards,
 *
 *     v_mid + sum_{i >= mid} (K - C_i) (v_{i+1} - v_i) / K - sum_{i < mid} C_i (v_{i+1} - v_i) / K
 *
 * Scores that every replicate trims away enter with a factor of exactly 0, whatever their size, and
 * equal scores make no term, so that resamples without spread give equal bits. */
void trim_lanes(const struct trim *t, const uint16_t *count, double *out)
{
    double cumulated[LANES] = {0}, above[LANES] = {0}, below[LANES] = {0};
    double low = t->low, high = t->high, kept = high - low;
    size_t middle = t->count / 2;
    for (size_t i = 0; i + 1 < t->count; i++) {
        const uint16_t *c = count + t->cell[i] * LANES;
        double weight = t->weight[i], step = t->value[i + 1] - t->value[i];
        for (int lane = 0; lane < LANES; lane++)
            cumulated[lane] += (double)c[lane] * weight;
        if (step == 0)
            continue;
        if (i < middle) {
            for (int lane = 0; lane < LANES; lane++)
                below[lane] += (clamp_between(cumulated[lane], low, high) - low) * step;
        } else {
            for (int lane = 0; lane < LANES; lane++)
                above[lane] += (high - clamp_between(cumulated[lane], low, high)) * step;
        }
    }
    for (int lane = 0; lane < LANES; lane++)
        out[lane] = t->value[middle] + (above[lane] - below[lane]) / kept;
}
