#include "report/stats/trim.h"

#include "report/stats/replicate.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

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
    for (int m = 0; m < shape->tasks && shape->pooled; m++)
        weight[m] = 1;
    if (shape->pooled) {
        *total = (double)matrix_count(shape);
        return true;
    }
    for (int m = 0; m < shape->tasks && whole; m++) {
        multiple = multiple / common_divisor(multiple, shape->runs[m]) * shape->runs[m];
        whole = (double)multiple * shape->tasks <= limit;
    }
    for (int m = 0; m < shape->tasks; m++)
        weight[m] = (whole ? (double)multiple : 1) / shape->runs[m];
    *total = (whole ? (double)multiple : 1) * shape->tasks;
    return whole;
}

static size_t fill_up(size_t terms)
{
    return (terms + TRIM_ROWS - 1) / TRIM_ROWS * TRIM_ROWS;
}

/* The terms of the sorted scores from `first` to `end` - 1. */
static void list_terms(struct trim *t, size_t first, size_t end)
{
    for (size_t i = first; i < end; i++) {
        t->term[t->terms] = t->cell[i];
        t->step[t->terms++] = t->value[i + 1] - t->value[i]; // NOLINT: sorted before
    }
    for (; t->terms % TRIM_ROWS != 0; t->terms++) {
        t->term[t->terms] = t->count;
        t->step[t->terms] = 0;
    }
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
    size_t terms = fill_up(L / 2) + fill_up(L - L / 2);
    t->term = malloc(terms * sizeof *t->term);
    t->step = malloc(terms * sizeof *t->step);
    enum status status = STATUS_OK;
    if (!item || !weight || !t->cell || !t->value || !t->weight || !t->term || !t->step) {
        status = status_fail(STATUS_MEMORY, "no memory to sort %zu scores of method '%s'", L,
                             shape->method);
        trim_free(t);
        goto done;
    }

    double total;
    t->whole = trim_weights(shape, 0x1p50, weight, &total);
    t->low = shape->pooled || matrix_full(shape) ? floor(total / 4) : total / 4;
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
    list_terms(t, 0, L / 2);
    t->middle = t->terms;
    list_terms(t, L / 2, L - 1);
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
    free(t->term);
    free(t->step);
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

void trim_weigh(const struct trim *t, const uint16_t *count, double *drawn)
{
    for (size_t i = 0; i < t->count; i++) {
        const uint16_t *c = count + t->cell[i] * LANES;
        for (size_t lane = 0; lane < LANES; lane++)
            drawn[t->cell[i] * LANES + lane] = (double)c[lane] * t->weight[i];
    }
    memset(drawn + t->count * LANES, 0, LANES * sizeof *drawn);
}

/* --- lanes ------------------------------------------------------------------------------------
 *
 * With C_i the clamped cumulative weight after sorted score i, minus low, and K = high - low, the
 * mean of what is kept is, summed by parts from the middle score outwards,
 *
 *     v_mid + sum_{i >= mid} (K - C_i) (v_{i+1} - v_i) / K - sum_{i < mid} C_i (v_{i+1} - v_i) / K
 *
 * Scores that every replicate trims away enter with a factor of exactly 0, whatever their size, and
 * equal scores make no term, so that resamples without spread give equal bits. */

/* The weights that the resamples have drawn of the four scores from term i on. */
struct rows {
    const double *a, *b, *c, *d;
};

static struct rows rows_at(const struct trim *t, const double *drawn, size_t i)
{
    const size_t *cell = t->term + i;
    return (struct rows){drawn + cell[0] * LANES, drawn + cell[1] * LANES, drawn + cell[2] * LANES,
                         drawn + cell[3] * LANES};
}

/* In 64-bit integers, which vectorise with doubles. */
static bool any_above(const double *x, double limit)
{
    int64_t any = 0;
    for (int lane = 0; lane < LANES; lane++)
        any |= x[lane] > limit;
    return any != 0;
}

static double positive(double x)
{
    return x < 0 ? 0 : x; /* one instruction, which x > 0 ? x : 0 is not */
}

/* sum += step * max(0, edge - what has been passed), four terms at a time: with one, the lanes
 * would be loaded and stored as often as they are added to. `left` counts down from the edge. */
static void add_falling(const struct rows *w, const double *step, double *restrict left,
                        double *restrict sum)
{
    for (int lane = 0; lane < LANES; lane++) {
        double a = left[lane] - w->a[lane], b = a - w->b[lane], c = b - w->c[lane],
               d = c - w->d[lane];
        sum[lane] = sum[lane] + positive(a) * step[0] + positive(b) * step[1] +
                    positive(c) * step[2] + positive(d) * step[3];
        left[lane] = d;
    }
}

/* The same, sum += step * max(0, what has been passed - edge). */
static void add_rising(const struct rows *w, const double *step, double *restrict over,
                       double *restrict sum)
{
    for (int lane = 0; lane < LANES; lane++) {
        double a = over[lane] + w->a[lane], b = a + w->b[lane], c = b + w->c[lane],
               d = c + w->d[lane];
        sum[lane] = sum[lane] + positive(a) * step[0] + positive(b) * step[1] +
                    positive(c) * step[2] + positive(d) * step[3];
        over[lane] = d;
    }
}

/* Pass the scores whose terms are 0 in all lanes. Returns the first term that is not passed. */
static size_t skip_trimmed(const struct trim *t, const double *drawn, double *over)
{
    for (size_t i = 0; i < t->middle; i += TRIM_ROWS) {
        struct rows w = rows_at(t, drawn, i);
        for (int lane = 0; lane < LANES; lane++)
            over[lane] += w.a[lane] + w.b[lane] + w.c[lane] + w.d[lane];
        if (!any_above(over, 0))
            continue;
        for (int lane = 0; lane < LANES; lane++)
            over[lane] -= w.a[lane] + w.b[lane] + w.c[lane] + w.d[lane];
        return i;
    }
    return t->middle;
}

/* The sums below and above the middle, when they need no clamp on their other side: false when a
 * lane has less than `low` or more than `high` at the middle. For whole weights, whose differences
 * are exact. */
static bool sum_simply(const struct trim *t, const double *drawn, double *below, double *above)
{
    double over[LANES], left[LANES], kept = t->high - t->low;
    for (int lane = 0; lane < LANES; lane++) {
        over[lane] = -t->low;
        below[lane] = above[lane] = 0;
    }
    size_t i = skip_trimmed(t, drawn, over);
    for (; i < t->middle; i += TRIM_ROWS) {
        struct rows w = rows_at(t, drawn, i);
        add_rising(&w, t->step + i, over, below);
    }
    for (int lane = 0; lane < LANES; lane++)
        left[lane] = kept - over[lane];
    if (any_above(over, kept) || any_above(left, kept))
        return false;
    for (; i < t->terms && any_above(left, 0); i += TRIM_ROWS) {
        struct rows w = rows_at(t, drawn, i);
        add_falling(&w, t->step + i, left, above);
    }
    return true;
}

static void sum_clamped(const struct trim *t, const double *drawn, double *below, double *above)
{
    double passed[LANES], low = t->low, high = t->high;
    for (int lane = 0; lane < LANES; lane++)
        passed[lane] = below[lane] = above[lane] = 0;
    for (size_t i = 0; i < t->terms; i++) {
        const double *w = drawn + t->term[i] * LANES;
        for (int lane = 0; lane < LANES; lane++) {
            passed[lane] += w[lane];
            double here = clamp_between(passed[lane], low, high);
            if (i < t->middle)
                below[lane] += (here - low) * t->step[i];
            else
                above[lane] += (high - here) * t->step[i];
        }
    }
}

void trim_lanes(const struct trim *t, const double *drawn, double *out)
{
    double below[LANES], above[LANES], kept = t->high - t->low;
    if (!t->whole || !sum_simply(t, drawn, below, above))
        sum_clamped(t, drawn, below, above);
    for (int lane = 0; lane < LANES; lane++)
        out[lane] = t->value[t->count / 2] + (above[lane] - below[lane]) / kept;
}
