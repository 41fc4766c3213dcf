#include "engine/base/rng.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Known answers of the generator's authors (Random123's kat_vectors, philox4x32 with 10 rounds). */
Test(rng, philox_gives_the_published_answers)
{
    static const struct {
        uint32_t counter[4], key[2], want[4];
    } rows[] = {
        {{0, 0, 0, 0}, {0, 0}, {0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}},
        {{~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}, {0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}},
        {{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
         {0xa4093822, 0x299f31d0},
         {0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t got[4];
        rng_philox(rows[i].counter, rows[i].key, got);
        cr_assert_arr_eq(got, rows[i].want, sizeof got, "row %zu", i);
    }
}

Test(rng, sequential_and_indexed_draws_are_one_stream)
{
    struct rng r = rng_at(77, RNG_TEST, 5), s = r;
    uint32_t words[203];
    float normals[101];
    rng_fill_words(&r, 0, words, 203);
    for (int i = 0; i < 203; i++)
        cr_assert_eq(rng_word(&s), words[i], "word %d", i);
    /* A part filled on its own equals the same part of the whole. */
    uint32_t part[50];
    rng_fill_words(&r, 100, part, 50);
    cr_assert_arr_eq(part, words + 100, sizeof part);
    rng_fill_normal(&r, 0, normals, 101);
    s = r;
    for (int i = 0; i < 101; i += 2)
        cr_assert_eq(rng_normal(&s), normals[i], "normal %d", i);
}

Test(rng, streams_differ_by_run_purpose_and_step)
{
    struct rng a = rng_at(1, RNG_TEST, 0), b = rng_at(2, RNG_TEST, 0), c = rng_at(1, RNG_BATCH, 0),
               d = rng_at(1, RNG_TEST, 1);
    uint32_t w = rng_word(&a);
    cr_assert_neq(w, rng_word(&b));
    cr_assert_neq(w, rng_word(&c));
    cr_assert_neq(w, rng_word(&d));
}

enum { DRAWS = 200000 };

/* Five standard errors: misses once in two million. */
Test(rng, uniform_has_its_mean_variance_and_flat_histogram)
{
    struct rng r = rng_at(3, RNG_TEST, 0);
    float *u = malloc(DRAWS * sizeof *u);
    rng_fill_uniform(&r, 0, u, DRAWS);
    double mean = 0, square = 0;
    int bins[64] = {0};
    for (int i = 0; i < DRAWS; i++) {
        cr_assert(u[i] >= 0 && u[i] < 1);
        mean += (double)u[i] / DRAWS;
        square += (double)u[i] * (double)u[i] / DRAWS;
        bins[(int)(u[i] * 64)]++;
    }
    cr_assert_float_eq(mean, 0.5, 5 * sqrt(1.0 / 12 / DRAWS));
    cr_assert_float_eq(square - mean * mean, 1.0 / 12, 5 * sqrt(1.0 / 180 / DRAWS));
    double chi = 0;
    for (int i = 0; i < 64; i++)
        chi += pow(bins[i] - DRAWS / 64.0, 2) / (DRAWS / 64.0);
    cr_assert_lt(chi, 63 + 5 * sqrt(2 * 63.0));
    free(u);
}

Test(rng, normal_has_its_moments_and_tails)
{
    struct rng r = rng_at(4, RNG_TEST, 0);
    float *z = malloc(DRAWS * sizeof *z);
    rng_fill_normal(&r, 0, z, DRAWS);
    double m[5] = {0};
    int beyond = 0;
    for (int i = 0; i < DRAWS; i++) {
        for (int k = 1; k <= 4; k++)
            m[k] += pow((double)z[i], k) / DRAWS;
        beyond += fabsf(z[i]) > 1.959964f;
    }
    cr_assert_float_eq(m[1], 0, 5 * sqrt(1.0 / DRAWS));
    cr_assert_float_eq(m[2], 1, 5 * sqrt(2.0 / DRAWS));
    cr_assert_float_eq(m[3], 0, 5 * sqrt(15.0 / DRAWS));
    cr_assert_float_eq(m[4], 3, 5 * sqrt(96.0 / DRAWS));
    cr_assert_float_eq(beyond / (double)DRAWS, 0.05, 5 * sqrt(0.05 * 0.95 / DRAWS));
    free(z);
}

Test(rng, below_is_uniform_on_awkward_ranges)
{
    struct rng r = rng_at(5, RNG_TEST, 0);
    int bins[7] = {0};
    for (int i = 0; i < 70000; i++)
        bins[rng_below(&r, 7)]++;
    for (int i = 0; i < 7; i++)
        cr_assert_float_eq(bins[i], 10000, 5 * sqrt(70000 * (1 / 7.0) * (6 / 7.0)));
    cr_assert_eq(rng_below(&r, 1), 0);
    /* Two thirds of 2^32: without rejection the first half would come up twice as often. */
    int low = 0;
    for (int i = 0; i < 30000; i++)
        low += rng_below(&r, 0xAAAAAAAAu) < 0x55555555u;
    cr_assert_float_eq(low, 15000, 5 * sqrt(30000 * 0.25));
}

Test(rng, permutations_are_all_equally_likely)
{
    struct rng r = rng_at(6, RNG_TEST, 0);
    int seen[24] = {0};
    for (int i = 0; i < 24000; i++) {
        int p[4];
        rng_permutation(&r, 4, p);
        /* Rank of the permutation in factorial base. */
        int rank = 0;
        for (int a = 0; a < 4; a++) {
            int smaller = 0;
            for (int b = a + 1; b < 4; b++)
                smaller += p[b] < p[a];
            rank = rank * (4 - a) + smaller;
        }
        seen[rank]++;
    }
    for (int i = 0; i < 24; i++)
        cr_assert_float_eq(seen[i], 1000, 5 * sqrt(1000.0));
}
