#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "engine/nn/lanes.h"
#include "tests/support/allocations.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Every item in exactly one lane, in order, no lane empty. */
static void expect_partition(int count, const int *rows, int lanes, const struct span *spans)
{
    cr_assert(lanes == 1 || lanes == 2 || lanes == 4);
    int next = 0;
    for (int i = 0; i < lanes; i++) {
        cr_assert_eq(spans[i].first, next);
        cr_assert(spans[i].count > 0 || count == 0, "lane %d of %d items is empty", i, count);
        next += spans[i].count;
    }
    cr_assert_eq(next, count);
    (void)rows;
}

Test(lanes, cut_a_batch_into_equal_consecutive_parts)
{
    struct span spans[LANES_MAX];
    int rows[500];
    struct rng rng = rng_at(1, RNG_TEST, 1);
    for (int trial = 0; trial < 200; trial++) {
        int count = 1 + (int)rng_below(&rng, 500), total = 0, largest = 0;
        for (int i = 0; i < count; i++) {
            rows[i] = (int)rng_below(&rng, 60);
            total += rows[i];
            largest = rows[i] > largest ? rows[i] : largest;
        }
        int lanes = lanes_split(count, rows, spans);
        expect_partition(count, rows, lanes, spans);
        cr_assert(lanes == 1 || total >= lanes * LANES_ROWS);
        for (int i = 0; i < lanes; i++) {
            int sum = 0;
            for (int j = 0; j < spans[i].count; j++)
                sum += rows[spans[i].first + j];
            cr_assert(abs(sum - total / lanes) <= largest + 1, "lane %d has %d of %d rows", i, sum,
                      total);
        }
    }
}

Test(lanes, small_and_odd_batches)
{
    struct span spans[LANES_MAX];
    cr_assert_eq(lanes_split(0, NULL, spans), 1);
    cr_assert_eq(spans[0].count, 0);
    cr_assert_eq(lanes_split(1, NULL, spans), 1);
    int huge[] = {100000, 1, 1};
    int lanes = lanes_split(3, huge, spans);
    expect_partition(3, huge, lanes, spans);
    int late[] = {0, 0, 0, 100000};
    lanes = lanes_split(4, late, spans);
    expect_partition(4, late, lanes, spans);
    int one[] = {100000};
    cr_assert_eq(lanes_split(1, one, spans), 1, "one item is one lane");
    cr_assert_eq(lanes_split(4 * LANES_ROWS, NULL, spans), 4);
    cr_assert_eq(lanes_split(2 * LANES_ROWS - 1, NULL, spans), 1);
}

enum { GRADIENT = 100003, SCRATCH = 4096 };

static void body(void *context, int lane, struct span items, float *dtheta, struct arena *scratch)
{
    int *visits = context;
    cr_assert_eq(scratch->used, 0);
    float *x = arena_take(scratch, 100);
    for (int i = 0; i < items.count; i++) {
        visits[items.first + i]++;
        x[i % 100] = (float)lane;
    }
    for (int i = 0; i < GRADIENT; i++) {
        cr_assert_eq(dtheta[i], 0.0f, "the gradient starts at zero");
        dtheta[i] += x[0] + 1.0f;
    }
}

Test(lanes, visit_every_item_once_with_clean_gradients_and_scratch)
{
    struct span spans[LANES_MAX];
    static int visits[4 * LANES_ROWS];
    static const int of[] = {1, 2, 3, 4, 5, 8, 32};
    for (size_t t = 0; t < sizeof of / sizeof *of; t++) {
        int threads = of[t];
        threads_set(threads);
        struct lanes l;
        cr_assert_eq(lanes_init(&l, GRADIENT, SCRATCH), STATUS_OK);
        cr_assert_eq(l.workers, threads);
        for (int count = 100; count <= 4 * LANES_ROWS; count += 4 * LANES_ROWS - 100) {
            memset(visits, 0, sizeof visits);
            int lanes = lanes_split(count, NULL, spans);
            for (int twice = 0; twice < 2; twice++)
                lanes_run(&l, lanes, spans, body, visits);
            for (int i = 0; i < count; i++)
                cr_assert_eq(visits[i], 2);
            for (int i = 0; i < lanes; i++)
                cr_assert_eq(l.dtheta[i][GRADIENT - 1], (float)i + 1.0f);
            cr_assert(threads_tiling(), "tiling is on again");
        }
        lanes_free(&l);
    }
}

static void tiling_of(void *context, int lane, struct span items, float *dtheta,
                      struct arena *scratch)
{
    (void)items, (void)dtheta, (void)scratch;
    bool *tiling = context;
    tiling[lane] = threads_tiling();
}

/* Tiles change bits, so who tiles may depend on the number of lanes only. */
Test(lanes, tile_inside_a_single_lane_only)
{
    bool tiling[LANES_MAX];
    struct span spans[LANES_MAX] = {{0, 1}, {1, 1}, {2, 1}, {3, 1}};
    for (int threads = 1; threads <= 3; threads++) {
        threads_set(threads);
        struct lanes l;
        cr_assert_eq(lanes_init(&l, 0, 64), STATUS_OK);
        lanes_run(&l, 1, spans, tiling_of, tiling);
        cr_assert(tiling[0]);
        lanes_run(&l, 4, spans, tiling_of, tiling);
        for (int i = 0; i < 4; i++)
            cr_assert_not(tiling[i]);
        lanes_free(&l);
    }
}

Test(lanes, say_what_was_too_large)
{
    if (!allocations_refused())
        cr_skip_test("the sanitizers' allocator ends the program instead of returning NULL");
    struct lanes l;
    cr_assert_eq(lanes_init(&l, (size_t)1 << 58, 0), STATUS_MEMORY);
    cr_assert(strstr(status_sentence(), "smaller network") != NULL, "%s", status_sentence());
    lanes_free(&l);
}
