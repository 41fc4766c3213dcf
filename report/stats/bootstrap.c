#include "report/stats/bootstrap.h"

#include <math.h>

enum { MOST_REPS = 10000000 };

struct bootstrap bootstrap_default(void)
{
    return (struct bootstrap){.reps = 50000, .size = 0.95};
}

enum status bootstrap_check(const struct bootstrap *b)
{
    if (b->reps < 1 || b->reps > MOST_REPS)
        return status_fail(STATUS_CONFIG,
                           "%d bootstrap replications; give 1 to %d (50000 is usual)", b->reps,
                           MOST_REPS);
    if (!(b->size > 0 && b->size < 1))
        return status_fail(STATUS_CONFIG, "an interval of size %g; give a share such as 0.95",
                           b->size);
    return STATUS_OK;
}

bool interval_known(struct interval i)
{
    return !isnan(i.low) && !isnan(i.high);
}

bool interval_holds(struct interval i, double value)
{
    return i.low <= value && value <= i.high;
}

/* ---- quantiles ------------------------------------------------------------------------------ */

static void swap(double *a, double *b)
{
    double t = *a;
    *a = *b;
    *b = t;
}

/* Hoare's selection with a median-of-three pivot: afterwards v[k] is the k-th smallest, nothing
 * before it is larger, nothing behind it smaller. Runs of equal values split evenly. */
static double select_nth(double *v, size_t n, size_t k)
{
    size_t low = 0, high = n - 1;
    while (high > low) {
        size_t middle = low + (high - low) / 2;
        if (v[middle] < v[low])
            swap(&v[middle], &v[low]);
        if (v[high] < v[low])
            swap(&v[high], &v[low]);
        if (v[high] < v[middle])
            swap(&v[high], &v[middle]);
        double pivot = v[middle];
        size_t i = low, j = high;
        for (;;) {
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
            if (i >= j)
                break;
            swap(&v[i++], &v[j--]);
        }
        /* v[low..i-1] <= pivot <= v[j+1..high]; i is j or j + 1. */
        if (k <= j)
            high = j;
        else
            low = j + 1;
    }
    return v[k];
}

double bootstrap_quantile(double *v, size_t n, double q)
{
    double h = (double)(n - 1) * q;
    size_t k = (size_t)h;
    double share = h - (double)k, low = select_nth(v, n, k);
    if (share == 0 || k + 1 >= n)
        return low;
    double next = v[k + 1];
    for (size_t i = k + 2; i < n; i++)
        next = v[i] < next ? v[i] : next;
    return next == low ? low : low + share * (next - low); /* equal infinities stay */
}

struct interval bootstrap_interval(const struct bootstrap *b, double point, double *values,
                                   const struct matrix *const *x, int count)
{
    struct interval out = {
        .point = point, .low = (double)NAN, .high = (double)NAN, .runs = MATRIX_RUNS};
    bool single = false;
    for (int k = 0; k < count; k++) {
        out.runs = matrix_fewest(x[k]) < out.runs ? matrix_fewest(x[k]) : out.runs;
        single = single || matrix_most(x[k]) <= 1;
    }
    if (single && !b->tasks)
        return out;
    double alpha = (1 - b->size) / 2;
    out.low = bootstrap_quantile(values, (size_t)b->reps, alpha);
    out.high = bootstrap_quantile(values, (size_t)b->reps, 1 - alpha);
    /* Without spread the bounds are the point; the two sums may differ in the last bit. */
    if (out.low == out.high && fabs(out.low - point) <= 1e-12 * fabs(point))
        out.low = out.high = point;
    return out;
}

double bootstrap_p(const double *values, int reps)
{
    int below = 0, above = 0;
    for (int i = 0; i < reps; i++) {
        below += values[i] <= 0;
        above += values[i] >= 0;
    }
    int fewer = below < above ? below : above;
    return fmin(1, 2.0 * (fewer + 1) / (reps + 1.0));
}
