#include "engine/nn/matmul.h"

#include "engine/base/threads.h"
#include "engine/base/wide.h"
#include "engine/nn/kernel.h"

#include <cblas.h>
#include <stdbool.h>
#include <stddef.h>

/* W comes from memory once and leaves no time to wait for it: AHEAD rows are asked for early. */
enum { VEC = 16, COLUMNS = 3, ROWS = 8, AHEAD = 9 };
typedef float vec __attribute__((vector_size(VEC * sizeof(float)), aligned(4)));
typedef float half __attribute__((vector_size(VEC / 2 * sizeof(float))));
typedef float quarter __attribute__((vector_size(VEC / 4 * sizeof(float))));

/* --- few rows -------------------------------------------------------------------------------- */

/* By pointer: how a vector wider than the processor's is passed by value depends on the flags. */
static inline float sum(const vec *v)
{
    union {
        vec whole;
        half part[2];
    } a = {.whole = *v};
    union {
        half whole;
        quarter part[2];
    } b = {.whole = a.part[0] + a.part[1]};
    quarter q = b.part[0] + b.part[1];
    return (q[0] + q[1]) + (q[2] + q[3]);
}

/* y[r,c] += x[r]·W[c] for `rows` rows and `columns` columns: inlined with constants, so that all
 * sums live in registers. */
static inline __attribute__((always_inline)) void dots(const int rows, const int columns, int in,
                                                       int ahead, const float *x, const float *W,
                                                       float *y, int ldy)
{
    vec acc[ROWS][COLUMNS] = {{{0}}};
    int k = 0;
    for (; k + VEC <= in; k += VEC) {
        for (int c = 0; c < columns; c++)
            __builtin_prefetch(W + (size_t)(c + ahead) * (size_t)in + k, 0, 2);
        for (int r = 0; r < rows; r++) {
            vec a = *(const vec *)(x + (size_t)r * (size_t)in + k);
            for (int c = 0; c < columns; c++)
                acc[r][c] += a * *(const vec *)(W + (size_t)c * (size_t)in + k);
        }
    }
    for (int r = 0; r < rows; r++) {
        for (int c = 0; c < columns; c++) {
            float tail = 0;
            for (int j = k; j < in; j++)
                tail += x[(size_t)r * (size_t)in + (size_t)j] *
                        W[(size_t)c * (size_t)in + (size_t)j];
            y[(size_t)r * (size_t)ldy + (size_t)c] += sum(&acc[r][c]) + tail;
        }
    }
}

#define DOTS_CASE(n)                                                                               \
    case n:                                                                                        \
        if (columns == COLUMNS)                                                                    \
            dots(n, COLUMNS, in, ahead, x, W, y, ldy);                                             \
        for (int c = 0; c < columns && columns < COLUMNS; c++)                                     \
            dots(n, 1, in, 0, x, W + (size_t)c * (size_t)in, y + c, ldy);                          \
        break

/* y (rows,columns) += x Wᵀ for up to ROWS rows and COLUMNS columns */
static void dots_of(int rows, int columns, int in, int ahead, const float *x, const float *W,
                    float *y, int ldy)
{
    switch (rows) {
        DOTS_CASE(1);
        DOTS_CASE(2);
        DOTS_CASE(3);
        DOTS_CASE(4);
        DOTS_CASE(5);
        DOTS_CASE(6);
        DOTS_CASE(7);
        DOTS_CASE(8);
    default:
        break;
    }
}

/* The same for up to MATMUL_NARROW rows, in groups of about equal size. A strip of W that both
 * groups read stays in the first-level cache. */
WIDE(static void, narrow,
     (int N, int columns, int in, const float *x, const float *W, float *y, int ldy),
     (N, columns, in, x, W, y, ldy))
{
    int groups = (N + ROWS - 1) / ROWS;
    for (int c = 0; c < columns; c += COLUMNS) {
        int strip = columns - c < COLUMNS ? columns - c : COLUMNS;
        int ahead = c + COLUMNS + AHEAD <= columns ? AHEAD : 0;
        for (int g = 0; g < groups; g++) {
            int from = N * g / groups, to = N * (g + 1) / groups;
            dots_of(to - from, strip, in, ahead, x + (size_t)from * (size_t)in,
                    W + (size_t)c * (size_t)in, y + (size_t)from * (size_t)ldy + c, ldy);
        }
    }
}

/* --- tiles ----------------------------------------------------------------------------------- */

struct tile { /* columns from .. from+count-1 of the output */
    int from, count;
};

/* Halves, not quarters: a GEMM half as wide loses 2 % of its rate, a quarter 5 %. */
static int tiles_of(int columns)
{
    return threads_tiling() && columns >= MATMUL_TILED ? 2 : 1;
}

/* One thread needs no team: making one would call malloc. */
static bool alone(int tiles)
{
    return tiles == 1 || threads_count() == 1;
}

/* Cut at whole vectors. */
static struct tile tile_of(int columns, int tiles, int t)
{
    int middle = tiles == 1 ? columns : (columns / 2 + VEC - 1) / VEC * VEC;
    return t == 0 ? (struct tile){0, middle} : (struct tile){middle, columns - middle};
}

/* On our own kernels. With a sum as their start value, keep is 0 or 1. */
static void own(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
                struct factor b, float keep, float *c, int ldc)
{
    bool left = form == MATMUL_TN, right = form == MATMUL_NT; /* turned in memory */
    kernel_multiply(&(struct kernel_product){
        .type = b.product == PRODUCT_BF16 ? KERNEL_BF16 : KERNEL_F32,
        .rows = rows,
        .cols = cols,
        .inner = inner,
        .a = a,
        .a_row = left ? 1 : (size_t)lda,
        .a_inner = left ? (size_t)lda : 1,
        .b = b.at,
        .b_inner = right ? 1 : (size_t)b.ld,
        .b_col = right ? (size_t)b.ld : 1,
        .packed = b.packed,
        .packed_inner = b.inner,
        .first = b.first,
        .from = b.from,
        .c = c,
        .c_row = (size_t)ldc,
        .keep = keep != 0,
    });
}

void matmul(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
            struct factor b, float keep, float *c, int ldc)
{
    if (b.product != PRODUCT_BLAS)
        own(form, rows, cols, inner, a, lda, b, keep, c, ldc);
    else
        cblas_sgemm(CblasRowMajor, form == MATMUL_TN ? CblasTrans : CblasNoTrans,
                    form == MATMUL_NT ? CblasTrans : CblasNoTrans, rows, cols, inner, 1, a, lda,
                    b.at, b.ld, keep, c, ldc);
}

/* The factor's columns from `column` on; for x Wᵀ these are rows of the array. */
static struct factor columns_from(struct factor b, int column, bool rows)
{
    b.at += (size_t)column * (rows ? (size_t)b.ld : 1);
    b.first += column;
    return b;
}

static void nt(struct tile t, int N, int out, int in, const float *x, struct factor W, float *y)
{
    struct factor w = columns_from(W, t.from, true);
    if (N <= MATMUL_NARROW && W.product == PRODUCT_BLAS)
        narrow(N, t.count, in, x, w.at, y + t.from, out);
    else
        matmul(MATMUL_NT, N, t.count, in, x, in, w, 1, y + t.from, out);
}

static void tn(struct tile t, int N, int out, int in, const float *dy, struct factor x, float *dW)
{
    matmul(MATMUL_TN, t.count, in, N, dy + t.from, out, x, 1, dW + (size_t)t.from * (size_t)in, in);
}

static void nn(struct tile t, int N, int out, int in, const float *dy, struct factor W, float keep,
               float *dx)
{
    matmul(MATMUL_NN, N, t.count, out, dy, out, columns_from(W, t.from, false), keep, dx + t.from,
           in);
}

void matmul_nt(int N, int out, int in, const float *x, struct factor W, float *y)
{
    int tiles = tiles_of(out);
    for (int t = 0; t < tiles && alone(tiles); t++)
        nt(tile_of(out, tiles, t), N, out, in, x, W, y);
    if (alone(tiles))
        return;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < tiles; t++)
        nt(tile_of(out, tiles, t), N, out, in, x, W, y);
}

void matmul_tn(int N, int out, int in, const float *dy, struct factor x, float *dW)
{
    int tiles = tiles_of(out);
    for (int t = 0; t < tiles && alone(tiles); t++)
        tn(tile_of(out, tiles, t), N, out, in, dy, x, dW);
    if (alone(tiles))
        return;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < tiles; t++)
        tn(tile_of(out, tiles, t), N, out, in, dy, x, dW);
}

void matmul_nn(int N, int out, int in, const float *dy, struct factor W, float keep, float *dx)
{
    int tiles = tiles_of(in);
    for (int t = 0; t < tiles && alone(tiles); t++)
        nn(tile_of(in, tiles, t), N, out, in, dy, W, keep, dx);
    if (alone(tiles))
        return;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < tiles; t++)
        nn(tile_of(in, tiles, t), N, out, in, dy, W, keep, dx);
}
