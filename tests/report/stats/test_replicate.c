/* The fast ways to means and interquartile means of 64 resamples against the plain ones, bit by
 * bit. */
#include "report/stats/replicate.h"

#include "report/stats/trim.h"
#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LANES = REPLICATE_LANES, TASKS = 9 };

static const struct shape {
    const char *what;
    int tasks, runs[TASKS];
    double step; /* scores are multiples of it; 0: any */
} shapes[] = {
    {"one score", 1, {1}, 0},
    {"one run each", 5, {1, 1, 1, 1, 1}, 0},
    {"two runs: resamples pass the middle", 1, {2}, 0},
    {"one task of five", 1, {5}, 0},
    {"a full matrix", 9, {5, 5, 5, 5, 5, 5, 5, 5, 5}, 0},
    {"many ties", 9, {5, 5, 5, 5, 5, 5, 5, 5, 5}, 40},
    {"uneven", 6, {1, 2, 3, 4, 5, 6}, 0},
    {"one task outweighs", 3, {40, 1, 2}, 0},
    {"weights that are no integers", 9, {53, 59, 61, 67, 71, 73, 79, 83, 89}, 0},
};

static struct matrix make(const struct shape *s, uint64_t seed)
{
    struct matrix out;
    cr_assert_eq(matrix_init(&out, s->what), STATUS_OK);
    for (int m = 0; m < s->tasks; m++) {
        char name[16];
        struct matrix x = scores_random("x", s->runs[m], 1, 3 * m, 100 + 5 * m,
                                        100 * seed + (uint64_t)m);
        for (int n = 0; n < s->runs[m]; n++)
            x.score[n] = s->step > 0 ? floor(x.score[n] / s->step) * s->step
                         : m == 4    ? 17
                                     : x.score[n];
        snprintf(name, sizeof name, "task %d", m);
        cr_assert_eq(matrix_add(&out, name, s->runs[m], x.score), STATUS_OK);
        matrix_free(&x);
    }
    return out;
}

static struct replicate_work draw(const struct matrix *x, int block)
{
    struct bootstrap b = bootstrap_default();
    struct replicate r;
    struct replicate_work w = {.count = malloc(matrix_count(x) * LANES * sizeof *w.count),
                               .mean = malloc((size_t)x->tasks * LANES * sizeof *w.mean),
                               .drawn = malloc((matrix_count(x) + 1) * LANES * sizeof *w.drawn),
                               .draw = malloc(replicate_scratch(x))};
    cr_assert_eq(replicate_init(&r, &b, BOOTSTRAP_CURVES, x), STATUS_OK);
    replicate_counts(&r, block, w.draw, w.count);
    replicate_free(&r);
    return w;
}

static void release(struct replicate_work *w)
{
    free(w->count);
    free(w->mean);
    free(w->drawn);
    free(w->draw);
}

static double between(double x, double low, double high)
{
    x = x < low ? low : x;
    return x > high ? high : x;
}

/* Every score in turn, clamped on both sides. */
static double plain_trim(const struct trim *t, const uint16_t *count, int lane)
{
    double passed = 0, above = 0, below = 0, kept = t->high - t->low;
    for (size_t i = 0; i + 1 < t->count; i++) {
        double step = t->value[i + 1] - t->value[i];
        passed += (double)count[t->cell[i] * LANES + (size_t)lane] * t->weight[i];
        if (i < t->count / 2)
            below += (between(passed, t->low, t->high) - t->low) * step;
        else
            above += (t->high - between(passed, t->low, t->high)) * step;
    }
    return t->value[t->count / 2] + (above - below) / kept;
}

Test(replicate, trimmed_means_equal_those_of_every_score_in_turn)
{
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        struct matrix x = make(&shapes[i], i);
        struct trim t;
        cr_assert_eq(trim_init(&t, &x, x.score), STATUS_OK);
        for (int block = 0; block < 20; block++) {
            struct replicate_work w = draw(&x, block);
            double got[LANES];
            trim_weigh(&t, w.count, w.drawn);
            trim_lanes(&t, w.drawn, got);
            for (int lane = 0; lane < LANES; lane++) {
                double want = plain_trim(&t, w.count, lane);
                cr_assert_eq(got[lane], want, "%s, block %d: %.17g, not %.17g", shapes[i].what,
                             block, got[lane], want);
            }
            release(&w);
        }
        trim_free(&t);
        matrix_free(&x);
    }
}
