/* A sum in 16 lanes: term i goes to lane i mod 16, then the lanes are added in order. Written out,
 * so that compiler and width of the processor's vectors do not decide the bits, as they do in
 * `omp simd reduction`. */
#ifndef ENGINE_NN_LANE_SUM_H
#define ENGINE_NN_LANE_SUM_H

enum { LANE_SUM = 16 };
typedef float lane_sum __attribute__((vector_size(LANE_SUM * sizeof(float)), aligned(4)));

/* By pointer: how a vector wider than the processor's is passed by value depends on the flags. */
static inline float lane_sum_total(const lane_sum *v)
{
    float total = 0;
    for (int i = 0; i < LANE_SUM; i++)
        total += (*v)[i];
    return total;
}

#endif
