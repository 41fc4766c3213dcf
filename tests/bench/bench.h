/* What the bench programs share. */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include "engine/base/sort.h"

#include <stdint.h>
#include <stdlib.h>
#include <time.h>

static inline double bench_seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* FNV-1a of the bytes: whether two builds, or two numbers of threads, computed the same. */
static inline uint32_t bench_checksum(const float *x, size_t n)
{
    uint32_t hash = 2166136261u;
    const unsigned char *byte = (const unsigned char *)x;
    for (size_t i = 0; i < n * sizeof *x; i++)
        hash = (hash ^ byte[i]) * 16777619u;
    return hash;
}

/* Sorts x. */
static inline double bench_median(double *x, int n)
{
    sort_doubles(x, (size_t)n);
    return x[n / 2];
}

#endif
