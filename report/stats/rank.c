#include "report/stats/rank.h"

#include "report/stats/inference.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { EXACT_VALUES = 60 }; /* up to here rank_test enumerates */

/* ---- rank probabilities --------------------------------------------------------------------- */

/* Against one score of method `a` on task m, each other method independently is above, tied or
 * below. table[u * K + t]: the probability that u are above and t tied. */
static void others(const struct matrix *const *x, int K, int a, int m, double score, double *table)
{
    memset(table, 0, (size_t)(K * K) * sizeof *table);
    table[0] = 1;
    int seen = 0;
    for (int k = 0; k < K; k++) {
        if (k == a)
            continue;
        int above = 0, tied = 0, runs = x[k]->runs[m];
        for (size_t i = x[k]->start[m]; i < x[k]->start[m + 1]; i++) {
            above += x[k]->score[i] > score;
            tied += x[k]->score[i] == score;
        }
        double p = (double)above / runs, q = (double)tied / runs;
        double r = (double)(runs - above - tied) / runs;
        seen++;
        /* In place, from the far end: entry (u, t) needs (u-1, t) and (u, t-1) of the step before.
         */
        for (int u = seen; u >= 0; u--) {
            for (int t = seen - u; t >= 0; t--) {
                double value = r * table[u * K + t];
                value += u > 0 ? p * table[(u - 1) * K + t] : 0;
                value += t > 0 ? q * table[u * K + t - 1] : 0;
                table[u * K + t] = value;
            }
        }
    }
}

enum status rank_probabilities(const struct matrix *const *x, int count, double *R)
{
    for (int k = 0; k < count; k++)
        TRY(matrix_check_pair(x[0], x[k]));
    double *table = malloc((size_t)(count * count + 1) * sizeof *table);
    if (table == NULL)
        return status_fail(STATUS_MEMORY, "no memory to rank %d methods", count);
    memset(R, 0, (size_t)(count * count) * sizeof *R);
    for (int a = 0; a < count; a++) {
        for (int m = 0; m < x[a]->tasks; m++) {
            double weight = 1 / ((double)x[a]->tasks * x[a]->runs[m]);
            for (size_t i = x[a]->start[m]; i < x[a]->start[m + 1]; i++) {
                others(x, count, a, m, x[a]->score[i], table);
                for (int u = 0; u < count; u++) {
                    for (int t = 0; t + u < count; t++) {
                        double share = weight * table[u * count + t] / (t + 1);
                        for (int k = u; k <= u + t; k++)
                            R[a * count + k] += share;
                    }
                }
            }
        }
    }
    free(table);
    return STATUS_OK;
}

double rank_mean(const double *row, int count)
{
    double mean = 0;
    for (int k = 0; k < count; k++)
        mean += k * row[k];
    return mean;
}

/* ---- correlation ---------------------------------------------------------------------------- */

static double midrank(const double *x, int n, int i)
{
    int below = 0, equal = 0;
    for (int j = 0; j < n; j++) {
        below += x[j] < x[i];
        equal += x[j] == x[i];
    }
    return below + (equal + 1) / 2.0;
}

void rank_midranks(const double *x, int n, double *rank)
{
    for (int i = 0; i < n; i++)
        rank[i] = midrank(x, n, i);
}

double rank_spearman(const double *x, const double *y, int n)
{
    /* Twice the midranks are integers with mean n + 1: these sums are exact. */
    double xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        double a = 2 * midrank(x, n, i) - (n + 1), b = 2 * midrank(y, n, i) - (n + 1);
        xx += a * a;
        yy += b * b;
        xy += a * b;
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : (double)NAN;
}

struct trend {
    const double *fixed;
    bool difference;
};

static void trend_of(const struct matrix *x, const void *context, double *scratch, double *out)
{
    const struct trend *trend = context;
    for (int m = 0; m < x[0].tasks; m++) {
        scratch[m] = sum_mean(x[0].score + x[0].start[m], (size_t)x[0].runs[m]);
        if (trend->difference)
            scratch[m] -= sum_mean(x[1].score + x[1].start[m], (size_t)x[1].runs[m]);
    }
    double r = rank_spearman(trend->fixed, scratch, x[0].tasks);
    *out = isnan(r) ? 0 : r;
}

enum status rank_trend(const struct matrix *x, const struct matrix *y, const double *fixed,
                       const struct bootstrap *b, struct interval *out)
{
    const struct matrix *both[2] = {x, y};
    struct trend trend = {.fixed = fixed, .difference = y != NULL};
    if (y != NULL)
        TRY(matrix_check_pair(x, y));
    if (b->tasks)
        return status_fail(STATUS_CONFIG, "a trend over tasks cannot resample them");
    struct statistic s = {trend_of, &trend, (size_t)x->tasks, 1};
    return bootstrap_run(b, BOOTSTRAP_PAIRS, both, y != NULL ? 2 : 1, &s, NULL, out);
}

/* ---- Mann-Whitney --------------------------------------------------------------------------- */

/* Both tails of the rank sum `sum` (of doubled midranks, integers) among all choices of nx of the n
 * values: P(S >= sum) and P(S <= sum), by counting subsets of each size and sum. */
static enum status exact_tails(const double *doubled, int n, int nx, long sum, double *upper,
                               double *lower)
{
    long most = 0;
    for (int i = 0; i < n; i++)
        most += (long)doubled[i];
    size_t width = (size_t)most + 1;
    double *ways = calloc((size_t)(nx + 1) * width, sizeof *ways);
    if (ways == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a rank test of %d values", n);
    ways[0] = 1;
    for (int i = 0; i < n; i++) {
        size_t step = (size_t)doubled[i];
        for (int k = nx < i + 1 ? nx : i + 1; k >= 1; k--) {
            double *to = ways + (size_t)k * width;
            const double *from = to - width;
            for (size_t s = step; s < width; s++)
                to[s] += from[s - step];
        }
    }
    double above = 0, below = 0, all = 0;
    for (size_t s = 0; s < width; s++) {
        double here = ways[(size_t)nx * width + s];
        all += here;
        above += (long)s >= sum ? here : 0;
        below += (long)s <= sum ? here : 0;
    }
    free(ways);
    *upper = above / all;
    *lower = below / all;
    return STATUS_OK;
}

/* Normal approximation with the variance of tied ranks and a continuity correction. */
static void normal_tails(const double *rank, int n, int nx, double sum, double *upper,
                         double *lower)
{
    double mean = (n + 1) / 2.0, spread = 0;
    for (int i = 0; i < n; i++)
        spread += (rank[i] - mean) * (rank[i] - mean);
    double deviation = sqrt(spread * nx * (n - nx) / ((double)n * (n - 1)));
    double off = sum - nx * mean;
    *upper = deviation > 0 ? inference_normal_upper((off - 0.5) / deviation) : 1;
    *lower = deviation > 0 ? inference_normal_upper((-off - 0.5) / deviation) : 1;
}

enum status rank_test(const double *x, int nx, const double *y, int ny, double *greater,
                      double *two_sided)
{
    int n = nx + ny;
    if (nx < 1 || ny < 1)
        return status_fail(STATUS_CONFIG, "a rank test of %d and %d values; it needs one each", nx,
                           ny);
    double *all = malloc(2 * (size_t)n * sizeof *all);
    if (all == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a rank test of %d values", n);
    double *rank = all + n;
    memcpy(all, x, (size_t)nx * sizeof *all);
    memcpy(all + nx, y, (size_t)ny * sizeof *all);
    rank_midranks(all, n, rank);
    double sum = sum_of(rank, (size_t)nx), upper = 1, lower = 1;

    enum status status = STATUS_OK;
    if (n <= EXACT_VALUES) {
        for (int i = 0; i < n; i++)
            all[i] = 2 * rank[i];
        status = exact_tails(all, n, nx, lround(2 * sum), &upper, &lower);
    } else {
        normal_tails(rank, n, nx, sum, &upper, &lower);
    }
    free(all);
    TRY(status);
    *greater = upper;
    *two_sided = fmin(1, 2 * fmin(upper, lower));
    return STATUS_OK;
}
