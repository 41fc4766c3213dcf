/* e^x for x <= 0, several at once: glibc's expf (2.28 to 2.40, with FMA) operation by operation, so
 * that the softmax has the same bits with every libm, and without a call for each number.
 *
 *   e^x = 2^(k/32) 2^(r/32): k whole, |r| <= 1/2, the second factor a cubic, all in double
 *
 * Error: 0.502 of the last place. NaN stays NaN; below -104 the result is 0. */
#ifndef ENGINE_NN_EXPONENTIAL_H
#define ENGINE_NN_EXPONENTIAL_H

#include <math.h>
#include <stdint.h>
#include <string.h>

enum {
    EXPONENTIAL_STEPS = 32,
    EXPONENTIAL_LANES = 8 /* numbers that are worth a loop of their own */
};

/* 2^(i/32) as the bits of a double, less i/32 in the exponent's place. */
extern const uint64_t exponential_power[EXPONENTIAL_STEPS];

static inline float exponential(float x)
{
    const double scale = 0x1.71547652b82fep+0 * EXPONENTIAL_STEPS;
    const double c3 = 0x1.c6af84b912394p-5 / EXPONENTIAL_STEPS / EXPONENTIAL_STEPS /
                      EXPONENTIAL_STEPS;
    const double c2 = 0x1.ebfce50fac4f3p-3 / EXPONENTIAL_STEPS / EXPONENTIAL_STEPS;
    const double c1 = 0x1.62e42ff0c52d6p-1 / EXPONENTIAL_STEPS;
    const double round = 0x1.8p52; /* added, it leaves a whole number in the low bits */
    double a = (double)(x < -104.0f ? -104.0f : x), shifted = fma(scale, a, round);
    double r = fma(scale, a, -(shifted - round)), power;
    uint64_t k; /* in two's complement */
    memcpy(&k, &shifted, sizeof k);
    uint64_t bits = exponential_power[k & (EXPONENTIAL_STEPS - 1)] + (k << 47);
    memcpy(&power, &bits, sizeof power);
    return (float)(fma(fma(c3, r, c2), r * r, fma(c1, r, 1.0)) * power);
}

/* x[i] = e^x[i] for EXPONENTIAL_LANES numbers. */
static inline void exponential_lanes(float *x)
{
#pragma omp simd
    for (int i = 0; i < EXPONENTIAL_LANES; i++)
        x[i] = exponential(x[i]);
}

#endif
