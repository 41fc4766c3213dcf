#include "report/stats/permutation.h"

#include "engine/base/rng.h"
#include "report/stats/inference.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SEED = 1, BLOCK = 1000 }; /* draws of one block: its number is the stream */

double permutation_splits(int nx, int ny)
{
    double ways = 1;
    for (int k = 1; k <= nx; k++)
        ways = ways * (ny + k) / k; /* each is a binomial coefficient: no rounding */
    return ways;
}

bool permutation_is_exact(int nx, int ny)
{
    return permutation_splits(nx, ny) <= PERMUTATION_EXACT;
}

double permutation_least(int nx, int ny)
{
    if (!permutation_is_exact(nx, ny))
        return 1.0 / (PERMUTATION_DRAWS + 1);
    return (nx == ny ? 2 : 1) / permutation_splits(nx, ny);
}

/* The power of Student's two-sided test at the critical value t when the difference is `away`
 * standard errors: the mean of Phi(away - t s) over s = sqrt(chi2/degrees), by trapezia. The other
 * tail adds nothing that counts. */
static double power_of(double t, double degrees, double away)
{
    enum { STEPS = 2000 };
    double sum = 0, all = 0, far = 1 + 12 / sqrt(2 * degrees);
    for (int i = 1; i < STEPS; i++) {
        double s = far * i / STEPS;
        double density = exp((degrees - 1) * log(s) - degrees * (s * s - 1) / 2);
        all += density;
        sum += density * inference_normal_upper(t * s - away);
    }
    return sum / all;
}

double permutation_detectable(int nx, int ny, double level, double power)
{
    if (nx < 1 || ny < 1 || nx + ny < 3 || permutation_least(nx, ny) > level)
        return (double)INFINITY;
    double degrees = nx + ny - 2, t = inference_student_quantile(1 - level / 2, degrees);
    double low = 0, high = 1;
    while (power_of(t, degrees, high) < power)
        high *= 2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (power_of(t, degrees, middle) < power)
            low = middle;
        else
            high = middle;
    }
    return high * sqrt(1.0 / nx + 1.0 / ny);
}

/* --- splits ----------------------------------------------------------------------------------- */

/* Deviations from the pooled mean: then a split differs by |sum of its rows| times a constant, the
 * same sum whichever side is taken. */
struct pool {
    int n, take, columns; /* the smaller side takes `take` of n rows */
    double *value;        /* (n, columns) */
    double *bar;          /* (columns): a split with at least this sum counts */
};

static void free_pool(struct pool *t)
{
    free(t->value);
}

static enum status make_pool(const double *value, int nx, int ny, int columns, struct pool *t)
{
    const size_t n = (size_t)nx + (size_t)ny, wide = (size_t)columns;
    *t = (struct pool){.n = nx + ny, .take = nx < ny ? nx : ny, .columns = columns};
    t->value = calloc((n + 1) * wide + n, sizeof *t->value);
    if (t->value == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a test of %zu values", n * wide);
    t->bar = t->value + n * wide;
    double *column = t->bar + wide;
    for (size_t c = 0; c < wide; c++) {
        for (size_t i = 0; i < n; i++)
            column[i] = value[i * wide + c];
        double mean = sum_mean(column, n), all = 0, sum = 0;
        if (!isfinite(mean)) {
            free_pool(t);
            return status_fail(STATUS_NONFINITE, "a test of values that are not all numbers");
        }
        for (size_t i = 0; i < n; i++) {
            double off = t->value[i * wide + c] = column[i] - mean;
            all += fabs(off);
            sum += i < (size_t)nx ? off : 0;
        }
        t->bar[c] = fabs(sum) - 1e-12 * all;
    }
    return STATUS_OK;
}

static void add_row(const struct pool *t, int row, const double *from, double *to)
{
    const double *value = t->value + (size_t)row * (size_t)t->columns;
    for (int c = 0; c < t->columns; c++)
        to[c] = from[c] + value[c];
}

static void count_row(const struct pool *t, int row, const double *from, double *count)
{
    const double *value = t->value + (size_t)row * (size_t)t->columns;
    for (int c = 0; c < t->columns; c++)
        count[c] += fabs(from[c] + value[c]) >= t->bar[c] ? 1 : 0;
}

/* All ways to take `left` more rows of those from `first` on; sum (left, columns) is scratch behind
 * `from`, the sum of the rows that are taken. */
static void count_all(const struct pool *t, int first, int left, const double *from, double *sum,
                      double *count)
{
    for (int row = first; row + left <= t->n; row++) {
        if (left == 1) {
            count_row(t, row, from, count);
        } else {
            add_row(t, row, from, sum);
            count_all(t, row + 1, left - 1, sum, sum + t->columns, count);
        }
    }
}

/* One random split: the first rows of a shuffle. */
static void count_draw(const struct pool *t, struct rng *rng, int *order, double *sum,
                       double *count)
{
    memset(sum, 0, (size_t)t->columns * sizeof *sum);
    for (int i = 0; i < t->take; i++) {
        int other = i + (int)rng_below(rng, (uint32_t)(t->n - i)), row = order[other];
        order[other] = order[i];
        order[i] = row;
        if (i + 1 < t->take)
            add_row(t, row, sum, sum);
        else
            count_row(t, row, sum, count);
    }
}

static enum status count_exact(const struct pool *t, double *count)
{
    double *sum = calloc((size_t)(t->take + 1) * (size_t)t->columns, sizeof *sum);
    if (sum == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a permutation test");
    count_all(t, 0, t->take, sum, sum + t->columns, count);
    free(sum);
    return STATUS_OK;
}

/* Counts are whole numbers, so the order in which threads add theirs does not matter. */
static enum status count_drawn(const struct pool *t, double *count)
{
    const size_t wide = (size_t)t->columns;
    bool failed = false;
#pragma omp parallel
    {
        double *sum = calloc(2 * wide, sizeof *sum);
        int *order = calloc((size_t)t->n, sizeof *order);
        bool ready = sum != NULL && order != NULL;
#pragma omp for schedule(dynamic)
        for (int block = 0; block < PERMUTATION_DRAWS / BLOCK; block++) {
            struct rng rng = rng_at(SEED, RNG_BOOTSTRAP, (uint64_t)block);
            for (int i = 0; i < t->n && ready; i++)
                order[i] = i;
            for (int draw = 0; draw < BLOCK && ready; draw++)
                count_draw(t, &rng, order, sum, sum + wide);
        }
#pragma omp critical
        {
            failed |= !ready;
            for (size_t c = 0; c < wide && ready; c++)
                count[c] += sum[wide + c];
        }
        free(sum);
        free(order);
    }
    return failed ? status_fail(STATUS_MEMORY, "no memory for a permutation test") : STATUS_OK;
}

enum status permutation_test(const double *value, int nx, int ny, int columns, double *p)
{
    struct pool t;
    if (nx < 1 || ny < 1)
        return status_fail(STATUS_CONFIG, "a test of %d and %d values; it needs one each", nx, ny);
    TRY(make_pool(value, nx, ny, columns, &t));
    bool exact = permutation_is_exact(nx, ny);
    memset(p, 0, (size_t)columns * sizeof *p);
    enum status status = exact ? count_exact(&t, p) : count_drawn(&t, p);
    for (int c = 0; c < columns; c++)
        p[c] = exact ? p[c] / permutation_splits(nx, ny) : (p[c] + 1) / (PERMUTATION_DRAWS + 1.0);
    free_pool(&t);
    return status;
}
