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

/* Lanes of a and b in turn, by ones, twos, fours or eights: one step of a transpose. */
#define LANE_SUM_MIX(a, b, low, high)                                                              \
    do {                                                                                           \
        lane_sum first_ = __builtin_shufflevector(a, b, low);                                      \
        (b) = __builtin_shufflevector(a, b, high);                                                 \
        (a) = first_;                                                                              \
    } while (0)
#define LANE_SUM_LOW1  0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, 12, 28, 14, 30
#define LANE_SUM_HIGH1 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, 29, 15, 31
#define LANE_SUM_LOW2  0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29
#define LANE_SUM_HIGH2 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31
#define LANE_SUM_LOW4  0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, 25, 26, 27
#define LANE_SUM_HIGH4 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, 28, 29, 30, 31
#define LANE_SUM_LOW8  0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23
#define LANE_SUM_HIGH8 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, 28, 29, 30, 31

/* The lanes of 16 vectors become vectors: number j of x[i] goes to number i of x[j]. */
static inline void lane_sum_turn(lane_sum x[LANE_SUM])
{
    for (int i = 0; i < LANE_SUM; i += 2)
        LANE_SUM_MIX(x[i], x[i + 1], LANE_SUM_LOW1, LANE_SUM_HIGH1);
    for (int i = 0; i < LANE_SUM; i += i % 4 == 1 ? 3 : 1)
        LANE_SUM_MIX(x[i], x[i + 2], LANE_SUM_LOW2, LANE_SUM_HIGH2);
    for (int i = 0; i < LANE_SUM; i += i % 8 == 3 ? 5 : 1)
        LANE_SUM_MIX(x[i], x[i + 4], LANE_SUM_LOW4, LANE_SUM_HIGH4);
    for (int i = 0; i < LANE_SUM / 2; i++)
        LANE_SUM_MIX(x[i], x[i + 8], LANE_SUM_LOW8, LANE_SUM_HIGH8);
}

/* 16 totals at once, in one vector: that of x[i] is number i. x is turned. */
static inline void lane_sum_totals(lane_sum x[LANE_SUM], lane_sum *totals)
{
    lane_sum total = {0};
    lane_sum_turn(x);
    for (int i = 0; i < LANE_SUM; i++)
        total += x[i];
    *totals = total;
}

#endif
