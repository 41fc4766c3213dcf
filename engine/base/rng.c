#include "engine/base/rng.h"

#include "engine/base/wide.h"

#include <assert.h>
#include <math.h>
#include <string.h>

enum { ROUNDS = 10, LANES = 16 };

static const uint32_t MULTIPLIER[2] = {0xD2511F53u, 0xCD9E8D57u};
static const uint32_t WEYL[2] = {0x9E3779B9u, 0xBB67AE85u};

void rng_philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4])
{
    uint32_t x[4] = {counter[0], counter[1], counter[2], counter[3]};
    uint32_t k[2] = {key[0], key[1]};
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t a = (uint64_t)MULTIPLIER[0] * x[0];
        uint64_t b = (uint64_t)MULTIPLIER[1] * x[2];
        uint32_t y[4] = {(uint32_t)(b >> 32) ^ x[1] ^ k[0], (uint32_t)b,
                         (uint32_t)(a >> 32) ^ x[3] ^ k[1], (uint32_t)a};
        memcpy(x, y, sizeof x);
        k[0] += WEYL[0];
        k[1] += WEYL[1];
    }
    memcpy(out, x, sizeof x);
}

typedef uint64_t wide __attribute__((vector_size(8 * sizeof(uint64_t))));

/* LANES consecutive blocks at once, in 64-bit lanes: a product of two 32-bit words then needs no
 * widening. Only the low half of an x is its word, the high half is whatever the product left. */
WIDE(static void, philox_lanes, (const struct rng *r, uint32_t first_block, uint32_t out[LANES][4]),
     (r, first_block, out))
{
    for (int half = 0; half < LANES; half += 8) {
        wide x0 = {0, 1, 2, 3, 4, 5, 6, 7}, zero = {0};
        wide x1 = zero + r->purpose, x2 = zero + r->step[0], x3 = zero + r->step[1];
        uint32_t k0 = r->key[0], k1 = r->key[1];
        x0 += first_block + (uint32_t)half;
        for (int round = 0; round < ROUNDS; round++) {
            wide a = (x0 & 0xFFFFFFFFu) * MULTIPLIER[0], b = (x2 & 0xFFFFFFFFu) * MULTIPLIER[1];
            x0 = (b >> 32) ^ x1 ^ k0;
            x1 = b;
            x2 = (a >> 32) ^ x3 ^ k1;
            x3 = a;
            k0 += WEYL[0];
            k1 += WEYL[1];
        }
        /* Two words a lane (little-endian, as all that runs this), then the lanes in turn. */
        wide low = (x0 & 0xFFFFFFFFu) | x1 << 32, high = (x2 & 0xFFFFFFFFu) | x3 << 32;
        wide mixed[2] = {__builtin_shufflevector(low, high, 0, 8, 1, 9, 2, 10, 3, 11),
                         __builtin_shufflevector(low, high, 4, 12, 5, 13, 6, 14, 7, 15)};
        memcpy(out[half], mixed, sizeof mixed);
    }
}

struct rng rng_at(uint64_t run, enum rng_purpose purpose, uint64_t step)
{
    return (struct rng){.key = {(uint32_t)run, (uint32_t)(run >> 32)},
                        .purpose = (uint32_t)purpose,
                        .step = {(uint32_t)step, (uint32_t)(step >> 32)}};
}

uint64_t rng_key_mix(uint64_t key, uint64_t number)
{
    /* splitmix64's finaliser: every input bit reaches every output bit. */
    uint64_t z = key + 0x9E3779B97F4A7C15u * (number + 1);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

uint64_t rng_key(const char *name)
{
    uint64_t hash = 0xCBF29CE484222325u; /* FNV-1a */
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 0x100000001B3u;
    return rng_key_mix(hash, 0);
}

uint32_t rng_word(struct rng *r)
{
    unsigned lane = (unsigned)(r->next % 4);
    if (lane == 0) {
        uint32_t counter[4] = {(uint32_t)(r->next / 4), r->purpose, r->step[0], r->step[1]};
        rng_philox(counter, r->key, r->word);
    }
    r->next++;
    return r->word[lane];
}

static float to_uniform(uint32_t word)
{
    return (float)(word >> 8) * 0x1p-24f;
}

/* Two normals from two words. The first uniform is shifted off 0, so the logarithm is finite. */
static void box_muller(uint32_t a, uint32_t b, double out[2])
{
    double radius = sqrt(-2.0 * log(((double)a + 0.5) * 0x1p-32));
    double angle = 2.0 * M_PI * ((double)b * 0x1p-32);
    out[0] = radius * cos(angle);
    out[1] = radius * sin(angle);
}

float rng_uniform(struct rng *r)
{
    return to_uniform(rng_word(r));
}

double rng_uniform_double(struct rng *r)
{
    uint64_t high = rng_word(r) >> 5, low = rng_word(r) >> 6;
    return (double)(high << 26 | low) * 0x1p-53;
}

double rng_normal_double(struct rng *r)
{
    double pair[2];
    uint32_t a = rng_word(r), b = rng_word(r);
    box_muller(a, b, pair);
    return pair[0];
}

float rng_normal(struct rng *r)
{
    return (float)rng_normal_double(r);
}

uint32_t rng_below(struct rng *r, uint32_t n)
{
    assert(n >= 1);
    uint64_t product = (uint64_t)rng_word(r) * n;
    if ((uint32_t)product < n) {
        uint32_t threshold = (0u - n) % n;
        while ((uint32_t)product < threshold)
            product = (uint64_t)rng_word(r) * n;
    }
    return (uint32_t)(product >> 32);
}

void rng_permutation(struct rng *r, int n, int *out)
{
    for (int i = 0; i < n; i++) {
        int j = (int)rng_below(r, (uint32_t)i + 1);
        out[i] = out[j];
        out[j] = i;
    }
}

void rng_fill_words(const struct rng *r, uint64_t offset, uint32_t *out, size_t n)
{
    assert(offset % 4 == 0);
    uint32_t block = (uint32_t)(offset / 4);
    uint32_t lanes[LANES][4];
    for (size_t i = 0; i < n; i += (size_t)LANES * 4, block += LANES) {
        philox_lanes(r, block, lanes);
        size_t left = n - i < (size_t)LANES * 4 ? n - i : (size_t)LANES * 4;
        memcpy(out + i, lanes, left * sizeof *out);
    }
}

void rng_fill_uniform(const struct rng *r, uint64_t offset, float *out, size_t n)
{
    uint32_t word[LANES * 4];
    for (size_t i = 0; i < n; i += LANES * 4) {
        size_t left = n - i < LANES * 4 ? n - i : LANES * 4;
        rng_fill_words(r, offset + i, word, LANES * 4);
        for (size_t j = 0; j < left; j++)
            out[i + j] = to_uniform(word[j]);
    }
}

void rng_fill_normal(const struct rng *r, uint64_t offset, float *out, size_t n)
{
    uint32_t word[LANES * 4];
    for (size_t i = 0; i < n; i += LANES * 4) {
        size_t left = n - i < LANES * 4 ? n - i : LANES * 4;
        rng_fill_words(r, offset + i, word, LANES * 4);
        for (size_t j = 0; j < left; j += 2) {
            double pair[2];
            box_muller(word[j], word[j + 1], pair);
            out[i + j] = (float)pair[0];
            if (j + 1 < left)
                out[i + j + 1] = (float)pair[1];
        }
    }
}
