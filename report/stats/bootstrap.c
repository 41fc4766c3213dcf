#include "report/stats/bootstrap.h"

#include <math.h>
#include <stddef.h>

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

/* Floyd and Rivest's selection (Algorithm 489, Comm. ACM 18, 1975): afterwards v[k] is the k-th
 * smallest of v[low..high], nothing before it is larger, nothing behind it smaller. The pivot comes
 * from the k-th place of a sample, recursively, so that one pass over the whole leaves few values:
 * n + min(k, n - k) comparisons. */
static void select_nth(double *v, ptrdiff_t low, ptrdiff_t high, ptrdiff_t k)
{
    while (high > low) {
        if (high - low > 600) {
            double n = (double)(high - low + 1), i = (double)(k - low + 1), z = log(n),
                   s = 0.5 * exp(2 * z / 3),
                   spread = 0.5 * sqrt(z * s * (n - s) / n) * (i < n / 2 ? -1 : 1);
            double from = (double)k - i * s / n + spread, to = (double)k + (n - i) * s / n + spread;
            select_nth(v, from > (double)low ? (ptrdiff_t)from : low,
                       to < (double)high ? (ptrdiff_t)to : high, k);
        }
        double pivot = v[k];
        ptrdiff_t i = low, j = high;
        swap(&v[low], &v[k]);
        if (v[high] > pivot)
            swap(&v[low], &v[high]);
        while (i < j) {
            swap(&v[i++], &v[j--]);
            while (v[i] < pivot)
                i++;
            while (v[j] > pivot)
                j--;
        }
        if (v[low] == pivot)
            swap(&v[low], &v[j]);
        else
            swap(&v[++j], &v[high]);
        if (j <= k)
            low = j + 1;
        if (k <= j)
            high = j - 1;
    }
}

double bootstrap_quantile(double *v, size_t n, double q)
{
    double h = (double)(n - 1) * q;
    size_t k = (size_t)h;
    double share = h - (double)k;
    if (share == 0 || k + 1 >= n) {
        select_nth(v, 0, (ptrdiff_t)n - 1, (ptrdiff_t)k);
        return v[k];
    }
    /* The other order statistic is the extreme of the smaller part. */
    bool left = k < n / 2;
    select_nth(v, 0, (ptrdiff_t)n - 1, (ptrdiff_t)(left ? k + 1 : k));
    double low = left ? v[0] : v[k], next = v[k + 1];
    for (size_t i = 1; left && i <= k; i++)
        low = v[i] > low ? v[i] : low;
    for (size_t i = k + 2; !left && i < n; i++)
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
