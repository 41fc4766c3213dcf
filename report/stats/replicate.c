#include "report/stats/replicate.h"

#include "engine/base/rng.h"

#include <stdlib.h>
#include <string.h>

enum { LANES = REPLICATE_LANES, SHIFT_RUNS = 256 };

enum status replicate_init(struct replicate *r, const struct bootstrap *b,
                           enum bootstrap_family family, const struct matrix *x)
{
    *r = (struct replicate){.x = x};
    TRY(bootstrap_check(b));
    TRY(matrix_check(x));
    r->key = malloc((size_t)x->tasks * sizeof *r->key);
    if (r->key == NULL)
        return status_fail(STATUS_MEMORY, "no memory to resample method '%s'", x->method);
    uint64_t method = rng_key_mix(rng_key_mix(b->seed, (uint64_t)family), rng_key(x->method));
    for (int m = 0; m < x->tasks; m++)
        r->key[m] = rng_key_mix(method, rng_key(x->task[m]));
    return STATUS_OK;
}

void replicate_free(struct replicate *r)
{
    free(r->key);
    *r = (struct replicate){0};
}

int replicate_blocks(int reps)
{
    return (reps + LANES - 1) / LANES;
}

int replicate_lanes(int reps, int block)
{
    int left = reps - block * LANES;
    return left < LANES ? left : LANES;
}

size_t replicate_scratch(const struct matrix *x)
{
    /* Random words, then indices, of the task with most runs. */
    return (size_t)matrix_most(x) * LANES * (sizeof(uint32_t) + sizeof(uint16_t));
}

void replicate_index(const struct replicate *r, int m, int block, void *scratch, uint16_t *index)
{
    uint32_t runs = (uint32_t)r->x->runs[m];
    size_t draws = (size_t)runs * LANES;
    if (runs <= SHIFT_RUNS) {
        uint32_t *word = scratch;
        struct rng stream = rng_at(r->key[m], RNG_BOOTSTRAP, (uint64_t)block);
        rng_fill_words(&stream, 0, word, draws);
        for (size_t i = 0; i < draws; i++)
            index[i] = (uint16_t)((uint64_t)word[i] * runs >> 32);
    } else {
        for (int lane = 0; lane < LANES; lane++) {
            uint64_t replicate = (uint64_t)block * LANES + (uint64_t)lane;
            struct rng stream = rng_at(r->key[m], RNG_BOOTSTRAP, replicate);
            for (uint32_t n = 0; n < runs; n++)
                index[(size_t)lane * runs + n] = (uint16_t)rng_below(&stream, runs);
        }
    }
}

void replicate_counts(const struct replicate *r, int block, void *scratch, uint16_t *count)
{
    const struct matrix *x = r->x;
    memset(count, 0, matrix_count(x) * LANES * sizeof *count);
    uint16_t *index = (uint16_t *)((uint32_t *)scratch + (size_t)matrix_most(x) * LANES);
    for (int m = 0; m < x->tasks; m++) {
        size_t runs = (size_t)x->runs[m];
        uint16_t *mine = count + x->start[m] * LANES;
        replicate_index(r, m, block, scratch, index);
        for (size_t lane = 0; lane < LANES; lane++) {
            for (size_t n = 0; n < runs; n++)
                mine[index[lane * runs + n] * (size_t)LANES + lane]++;
        }
    }
}

void replicate_means(const struct matrix *x, const double *score, const uint16_t *count,
                     double *mean)
{
    for (int m = 0; m < x->tasks; m++) {
        size_t first = x->start[m], end = x->start[m + 1];
        double *out = mean + (size_t)m * LANES;
        bool varies = false;
        for (size_t l = first + 1; l < end; l++)
            varies = varies || score[l] != score[first];
        if (!varies) {
            for (int lane = 0; lane < LANES; lane++)
                out[lane] = score[first];
            continue;
        }
        memset(out, 0, LANES * sizeof *out);
        for (size_t l = first; l < end; l++) {
            const uint16_t *c = count + l * LANES;
            for (int lane = 0; lane < LANES; lane++)
                out[lane] += (double)c[lane] * score[l];
        }
        for (int lane = 0; lane < LANES; lane++)
            out[lane] /= (double)(end - first);
    }
}

void replicate_average(const double *row, int rows, double *out)
{
    double total[LANES] = {0};
    for (int m = 0; m < rows; m++) {
        for (int lane = 0; lane < LANES; lane++)
            total[lane] += row[m * LANES + lane];
    }
    for (int lane = 0; lane < LANES; lane++)
        out[lane] = total[lane] / (double)rows;
}

static void order_rows(double *restrict low, double *restrict high)
{
    for (int lane = 0; lane < LANES; lane++) {
        double a = low[lane], b = high[lane];
        low[lane] = a < b ? a : b;
        high[lane] = a < b ? b : a;
    }
}

void replicate_median(double *row, int rows, double *out)
{
    /* Batcher's odd-even merge sort: its exchanges do not depend on the data, so that 64 columns
     * are sorted side by side. */
    for (int p = 1; p < rows; p *= 2) {
        for (int k = p; k >= 1; k /= 2) {
            for (int j = k % p; j + k < rows; j += 2 * k) {
                for (int i = j; i < j + k && i + k < rows; i++) {
                    if (i / (2 * p) == (i + k) / (2 * p))
                        order_rows(row + i * LANES, row + (i + k) * LANES);
                }
            }
        }
    }
    const double *low = row + (rows - 1) / 2 * LANES, *high = row + rows / 2 * LANES;
    for (int lane = 0; lane < LANES; lane++)
        out[lane] = low[lane] == high[lane] ? low[lane] : (low[lane] + high[lane]) / 2;
}

void replicate_store(const double *lane, int reps, int block, double *values)
{
    memcpy(values + (size_t)block * LANES, lane,
           (size_t)replicate_lanes(reps, block) * sizeof *lane);
}

bool replicate_each(const struct replicate *r, int reps,
                    void (*of)(const void *job, int block, struct replicate_work *w),
                    const void *job)
{
    const struct matrix *x = r->x;
    bool fits = true;
#pragma omp parallel
    {
        struct replicate_work w = {.count = malloc(matrix_count(x) * LANES * sizeof *w.count),
                                   .mean = malloc((size_t)x->tasks * LANES * sizeof *w.mean),
                                   .drawn = malloc((matrix_count(x) + 1) * LANES * sizeof *w.drawn),
                                   .draw = malloc(replicate_scratch(x))};
        bool mine = w.count != NULL && w.mean != NULL && w.drawn != NULL && w.draw != NULL;
        if (!mine) {
#pragma omp atomic write
            fits = false;
        }
#pragma omp for schedule(dynamic)
        for (int block = 0; block < replicate_blocks(reps); block++) {
            if (!mine)
                continue;
            replicate_counts(r, block, w.draw, w.count);
            of(job, block, &w);
        }
        free(w.count);
        free(w.mean);
        free(w.drawn);
        free(w.draw);
    }
    return fits;
}
