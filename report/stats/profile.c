#include "report/stats/profile.h"

#include "report/stats/replicate.h"
#include "report/stats/sum.h"
#include "report/stats/trim.h"

#include <math.h>
#include <stdlib.h>

enum { LANES = REPLICATE_LANES, HISTOGRAM = 1 << 22 /* most bins a thread keeps */ };

int profile_grid(const struct matrix *const *x, int count, int room, double *tau)
{
    double lowest = HUGE_VAL, highest = -HUGE_VAL;
    for (int k = 0; k < count; k++) {
        for (size_t i = 0; i < matrix_count(x[k]); i++) {
            lowest = fmin(lowest, floor(x[k]->score[i]));
            highest = fmax(highest, x[k]->score[i]);
        }
    }
    /* Returns that are all negative (costs) have no part on 0 to 100. */
    bool costs = highest < 0 && lowest <= highest;
    double bottom = costs ? lowest : 0, top = (costs ? 0 : fmax(100, ceil(highest))) - bottom;
    double step = room > 1 ? fmax(1, ceil(top / (room - 1))) : top + 1;
    int n = 0;
    for (; n < room && n * step < top + step && (n == 0 || (n - 1) * step < top); n++)
        tau[n] = bottom + n * step;
    return n;
}

bool profile_dominates(const struct profile *a, const struct profile *b)
{
    bool above = false;
    for (int t = 0; t < a->count; t++) {
        if (a->run[t] < b->run[t])
            return false;
        above = above || a->run[t] > b->run[t];
    }
    return above;
}

/* ---- points --------------------------------------------------------------------------------- */

static double run_above(const struct matrix *x, double tau)
{
    struct sum total = {0};
    int64_t pooled = 0;
    for (int m = 0; m < x->tasks; m++) {
        int above = 0;
        for (size_t i = x->start[m]; i < x->start[m + 1]; i++)
            above += x->score[i] > tau;
        pooled += above;
        sum_add(&total, (double)above / x->runs[m]);
    }
    return matrix_full(x) ? (double)pooled / (double)matrix_count(x) : sum_total(&total) / x->tasks;
}

/* ---- bands by counting ---------------------------------------------------------------------- */

/* In units of 1/total the share of a replicate is an integer: a histogram of R values per
 * threshold replaces storing and sorting them. */
struct plan {
    const struct bootstrap *b;
    const struct replicate *from;
    const struct trim *trim;
    const double *tau;
    int count;
    size_t *until; /* (count) number of sorted scores <= tau */
    size_t bins;   /* of `run`: M * least common multiple of the N_m, plus 1 */
    uint32_t *run; /* (count, bins) */
};

struct work {
    void *draw;
    uint16_t *draws; /* (L, LANES) */
    uint32_t *run;   /* a histogram as in the plan */
};

static bool work_init(struct work *w, const struct plan *p)
{
    const struct matrix *x = p->from->x;
    *w = (struct work){
        .draw = malloc(replicate_scratch(x)),
        .draws = malloc(matrix_count(x) * LANES * sizeof *w->draws),
        .run = calloc((size_t)p->count * p->bins + 1, sizeof *w->run),
    };
    return w->draw && w->draws && w->run;
}

static void work_free(struct work *w)
{
    free(w->draw);
    free(w->draws);
    free(w->run);
}

/* No score lies between threshold t and the one before: their shares are the same. */
static bool same_run(const struct plan *p, int t)
{
    return t > 0 && p->until[t] == p->until[t - 1];
}

/* Walk the sorted scores once; at each threshold what has been passed is the share below it. */
static void count_runs(const struct plan *p, struct work *w, int lanes)
{
    int32_t passed[LANES] = {0};
    int32_t total = (int32_t)p->bins - 1;
    size_t i = 0;
    for (int t = 0; t < p->count; t++) {
        for (; i < p->until[t]; i++) {
            const uint16_t *c = w->draws + p->trim->cell[i] * LANES;
            int32_t weight = (int32_t)p->trim->weight[i];
            for (int lane = 0; lane < LANES; lane++)
                passed[lane] += c[lane] * weight;
        }
        if (same_run(p, t))
            continue;
        uint32_t *bin = w->run + (size_t)t * p->bins;
        for (int lane = 0; lane < lanes; lane++)
            bin[total - passed[lane]]++;
    }
}

static bool count_all(const struct plan *p)
{
    size_t run = (size_t)p->count * p->bins;
    bool fits = true;
#pragma omp parallel
    {
        struct work w;
        bool mine = work_init(&w, p);
        if (!mine) {
#pragma omp atomic write
            fits = false;
        }
#pragma omp for schedule(dynamic)
        for (int block = 0; block < replicate_blocks(p->b->reps); block++) {
            if (!mine)
                continue;
            replicate_counts(p->from, block, w.draw, w.draws);
            count_runs(p, &w, replicate_lanes(p->b->reps, block));
        }
        if (mine) {
#pragma omp critical /* integers: any order of threads gives the same sums */
            for (size_t i = 0; i < run; i++)
                p->run[i] += w.run[i];
        }
        work_free(&w);
    }
    return fits;
}

/* bootstrap_quantile of R values given as a histogram of integers, in units of 1/(bins - 1). */
static double histogram_quantile(const uint32_t *bin, size_t bins, int reps, double q)
{
    double h = (reps - 1) * q;
    int64_t k = (int64_t)h, seen = 0;
    double share = h - (double)k, low = 0, next = 0;
    bool found = false;
    for (size_t i = 0; i < bins; i++) {
        seen += bin[i];
        if (!found && seen > k) {
            low = (double)i;
            found = true;
        }
        if (seen > k + 1 || (found && k + 1 >= reps)) {
            next = (double)i;
            break;
        }
    }
    return (low + share * (next - low)) / (double)(bins - 1);
}

static void read_bands(const struct plan *p, struct profile *out)
{
    double alpha = (1 - p->b->size) / 2;
    for (int t = 0; t < p->count; t++) {
        const uint32_t *run = p->run + (size_t)t * p->bins;
        int reps = p->b->reps;
        bool same = same_run(p, t);
        out->run_low[t] = same ? out->run_low[t - 1]
                               : histogram_quantile(run, p->bins, reps, alpha);
        out->run_high[t] = same ? out->run_high[t - 1]
                                : histogram_quantile(run, p->bins, reps, 1 - alpha);
    }
}

/* ---- bands in general ----------------------------------------------------------------------- */

struct thresholds {
    const double *tau;
    int count;
};

/* F at each threshold. */
static void all_shares(const struct matrix *x, const void *context, double *scratch, double *out)
{
    (void)scratch;
    const struct thresholds *at = context;
    for (int t = 0; t < at->count; t++)
        out[t] = run_above(x, at->tau[t]);
}

/* Task resampling, or run counts without a small common multiple: some thresholds at a time. */
static enum status bands_in_general(const struct matrix *x, const struct bootstrap *b,
                                    struct profile *out)
{
    enum { TOGETHER = 64 };
    struct interval got[TOGETHER];
    for (int first = 0; first < out->count; first += TOGETHER) {
        int count = out->count - first < TOGETHER ? out->count - first : TOGETHER;
        const struct thresholds at = {out->tau + first, count};
        const struct statistic s = {all_shares, &at, 0, count};
        TRY(bootstrap_run(b, BOOTSTRAP_SCORES, &x, 1, &s, NULL, got));
        for (int t = 0; t < count; t++) {
            out->run_low[first + t] = got[t].low;
            out->run_high[first + t] = got[t].high;
        }
    }
    return STATUS_OK;
}

static enum status bands_by_counting(const struct matrix *x, const struct bootstrap *b, size_t bins,
                                     struct profile *out)
{
    struct replicate from = {0};
    struct trim trim = {0};
    struct plan p = {
        .b = b, .from = &from, .trim = &trim, .tau = out->tau, .count = out->count, .bins = bins};
    size_t count = (size_t)out->count;
    p.until = calloc(count + 1, sizeof *p.until);
    p.run = calloc(count * p.bins + 1, sizeof *p.run);
    enum status status = replicate_init(&from, b, BOOTSTRAP_SCORES, x);
    if (status == STATUS_OK)
        status = trim_init(&trim, x, x->score);
    if (status != STATUS_OK)
        goto done;
    bool fits = p.until != NULL && p.run != NULL;
    for (size_t t = 0, i = 0; t < count && fits; t++) {
        while (i < trim.count && trim.value[i] <= out->tau[t])
            i++;
        p.until[t] = i;
    }
    if (fits && count_all(&p))
        read_bands(&p, out);
    else
        status = status_fail(STATUS_MEMORY, "no memory for the profile of '%s'", x->method);
done:
    replicate_free(&from);
    trim_free(&trim);
    free(p.until);
    free(p.run);
    return status;
}

/* ---- the profile ---------------------------------------------------------------------------- */

static enum status compute_bands(const struct matrix *x, const struct bootstrap *b,
                                 struct profile *out)
{
    if (matrix_most(x) <= 1 && !b->tasks)
        return STATUS_OK; /* one seed: no band */
    double *weight = malloc((size_t)x->tasks * sizeof *weight), total;
    if (weight == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the profile of '%s'", x->method);
    bool whole = trim_weights(x, HISTOGRAM, weight, &total);
    free(weight);
    if (b->tasks || !whole || (total + 1) * (out->count + 1) > HISTOGRAM)
        return bands_in_general(x, b, out);
    return bands_by_counting(x, b, (size_t)total + 1, out);
}

enum status profile_make(const struct matrix *x, const double *tau, int count,
                         const struct bootstrap *b, struct profile *out)
{
    *out = (struct profile){0};
    TRY(bootstrap_check(b));
    TRY(matrix_check(x));
    for (int t = 0; t < count; t++) {
        if (!isfinite(tau[t]) || (t > 0 && tau[t] <= tau[t - 1]))
            return status_fail(STATUS_CONFIG,
                               "thresholds of a profile must ascend; number %d is %g", t + 1,
                               tau[t]);
    }
    size_t n = (size_t)count;
    double *all = malloc((4 * n + 1) * sizeof *all);
    if (all == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the profile of '%s'", x->method);
    *out = (struct profile){.count = count,
                            .tau = all,
                            .run = all + n,
                            .run_low = all + 2 * n,
                            .run_high = all + 3 * n,
                            .runs = matrix_fewest(x)};
    for (size_t t = 0; t < n; t++) {
        out->tau[t] = tau[t];
        out->run[t] = run_above(x, tau[t]);
        out->run_low[t] = out->run_high[t] = (double)NAN;
    }
    enum status status = compute_bands(x, b, out);
    if (status != STATUS_OK)
        profile_free(out);
    return status;
}

void profile_free(struct profile *p)
{
    free(p->tau); /* one block holds all four */
    *p = (struct profile){0};
}
