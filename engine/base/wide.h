/* Functions that are compiled twice: for the processor of the build and, where that is one without
 * AVX-512, for AVX-512 too, so that one program runs on a mixed cluster at each processor's speed.
 * Only for functions whose order of operations is written out, so that both give the same bits.
 *
 *   WIDE(static void, name, (int n, float *x), (n, x))
 *   {
 *       ... what it calls in the same file is inlined into both
 *   } */
#ifndef ENGINE_BASE_WIDE_H
#define ENGINE_BASE_WIDE_H

#include <stdbool.h>

/* Whether the wide ones run: false until engine/nn/kernel.c, before main, has chosen its path
 * (VITAMIN_KERNEL=avx2 keeps them out). */
extern bool wide_in_use;

#if defined __x86_64__ && !defined __AVX512F__

#define WIDE(kind, name, parameters, arguments)                                                    \
    static inline void name##_body parameters;                                                     \
    __attribute__((                                                                                \
        flatten, target("avx512f,avx512bw,avx512dq,avx512vl"))) static void name##_wide parameters \
    {                                                                                              \
        name##_body arguments;                                                                     \
    }                                                                                              \
    kind name parameters                                                                           \
    {                                                                                              \
        if (wide_in_use)                                                                           \
            name##_wide arguments;                                                                 \
        else                                                                                       \
            name##_body arguments;                                                                 \
    }                                                                                              \
    static inline void name##_body parameters

#else

#define WIDE(kind, name, parameters, arguments) kind name parameters

#endif

#endif
