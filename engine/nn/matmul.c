#include "engine/nn/matmul.h"

#include "engine/base/threads.h"
#include "engine/base/wide.h"
#include "engine/nn/activation.h"
#include "engine/nn/kernel.h"

#include <cblas.h>
#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

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

/* What a product begins or ends with. */
struct ends {
    const float *bias; /* a row of start values; NULL: keep times what is in c */
    bool behind;       /* it is added to the finished sums */
    float keep;        /* 0 or 1 */
    bool relu;
};

/* On our own kernels. */
static void own(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
                struct factor b, struct ends ends, float *c, int ldc)
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
        .start = ends.bias != NULL ? ends.bias
                 : ends.keep != 0  ? c
                                   : NULL,
        .start_row = ends.bias != NULL ? 0 : (size_t)ldc,
        .behind = ends.behind,
        .relu = ends.relu,
    });
}

/* c = bias in each row, if there is one */
static void begin(int rows, int cols, const float *bias, float *c, int ldc)
{
    for (int i = 0; i < rows && bias != NULL; i++)
        memcpy(c + (size_t)i * (size_t)ldc, bias, (size_t)cols * sizeof *c);
}

/* c = relu of c + bias, either of them if wanted */
static void finish(int rows, int cols, const float *restrict bias, bool relu, float *restrict c,
                   int ldc)
{
    for (int i = 0; i < rows && bias != NULL; i++) {
        for (int j = 0; j < cols; j++)
            c[(size_t)i * (size_t)ldc + (size_t)j] += bias[j];
    }
    for (int i = 0; i < rows && relu; i++)
        activation_relu(c + (size_t)i * (size_t)ldc, (size_t)cols, c + (size_t)i * (size_t)ldc);
}

static void blas(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
                 struct factor b, float keep, float *c, int ldc)
{
    cblas_sgemm(CblasRowMajor, form == MATMUL_TN ? CblasTrans : CblasNoTrans,
                form == MATMUL_NT ? CblasTrans : CblasNoTrans, rows, cols, inner, 1, a, lda, b.at,
                b.ld, keep, c, ldc);
}

/* --- OpenBLAS's own order --------------------------------------------------------------------- */

/* OpenBLAS's AVX-512 kernels compute a product of more than LEAST terms whose sums have up to 384
 * numbers as ours do in f32: each sum is one chain from 0, to which what is in c is added. (0 of
 * 9,000 random products differ in a bit, with 0.3.21. Those for AVX2 add in another order.) Ours do
 * not pack what is small, so width 64 takes three quarters of the time. But nobody promises it:
 * where a trial on the kernels in use fails, OpenBLAS computes all. */
static const double LEAST = 1e6;
static bool blas_order; /* the trial's result */

static void fill(float *x, size_t n, uint32_t seed)
{
    for (size_t i = 0; i < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f; /* products are rounded in every bit */
    }
}

bool matmul_blas_order_holds(enum matmul_form form, int rows, int cols, int inner, bool keep)
{
    size_t left = (size_t)rows * (size_t)inner, right = (size_t)inner * (size_t)cols,
           size = (size_t)rows * (size_t)cols;
    float *a = malloc((left + right + 2 * size) * sizeof *a);
    if (a == NULL)
        return false;
    float *b = a + left, *theirs = b + right, *ours = theirs + size;
    int lda = form == MATMUL_TN ? rows : inner;
    struct factor factor = {.at = b, .ld = form == MATMUL_NT ? inner : cols};
    fill(a, left + right + size, 1);
    memcpy(ours, theirs, size * sizeof *ours);
    blas(form, rows, cols, inner, a, lda, factor, keep, theirs, cols);
    own(form, rows, cols, inner, a, lda, factor, (struct ends){.keep = keep, .behind = true}, ours,
        cols);
    bool same = memcmp(theirs, ours, size * sizeof *ours) == 0;
    free(a);
    return same;
}

/* Rows and columns that are no multiple of anything, and what small networks have. */
static void try_blas_order(void)
{
    static const int shape[][3] = {{107, 131, 97}, {256, 64, 64}, {67, 263, 256}, {1031, 17, 61}};
    blas_order = kernel_path() >= KERNEL_AVX512;
    for (size_t i = 0; i < 4 * sizeof shape / sizeof *shape && blas_order; i++) {
        const int *s = shape[i / 4];
        blas_order = matmul_blas_order_holds(i % 2 == 0 ? MATMUL_NN : MATMUL_NT, s[0], s[1], s[2],
                                             i / 2 % 2 == 0);
    }
}

bool matmul_blas_order(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, try_blas_order);
    return blas_order;
}

/* Weight gradients take OpenBLAS as long as us. */
static bool in_blas_order(enum matmul_form form, int rows, int cols, int inner)
{
    return form != MATMUL_TN && inner <= KERNEL_ONCE && (double)rows * cols * inner > LEAST &&
           matmul_blas_order();
}

static void product(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
                    struct factor b, struct ends ends, float *c, int ldc)
{
    bool as_blas = b.product == PRODUCT_BLAS, late = ends.behind;
    if (as_blas && in_blas_order(form, rows, cols, inner)) {
        ends.behind = true;
        own(form, rows, cols, inner, a, lda, b, ends, c, ldc);
        return;
    }
    if (!as_blas && (!late || (b.product == PRODUCT_F32 && inner <= KERNEL_ONCE))) {
        own(form, rows, cols, inner, a, lda, b, ends, c, ldc);
        return;
    }
    begin(rows, cols, late ? NULL : ends.bias, c, ldc);
    float keep = ends.bias == NULL ? ends.keep : late ? 0 : 1;
    if (as_blas)
        blas(form, rows, cols, inner, a, lda, b, keep, c, ldc);
    else
        own(form, rows, cols, inner, a, lda, b, (struct ends){.keep = keep}, c, ldc);
    finish(rows, cols, late ? ends.bias : NULL, ends.relu, c, ldc);
}

void matmul(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
            struct factor b, float keep, float *c, int ldc)
{
    product(form, rows, cols, inner, a, lda, b, (struct ends){.keep = keep}, c, ldc);
}

void matmul_then_bias(int rows, int out, int in, const float *x, struct factor W, const float *bias,
                      bool relu, float *y)
{
    product(MATMUL_NT, rows, out, in, x, in, W,
            (struct ends){.bias = bias, .behind = true, .relu = relu}, y, out);
}

/* The factor's columns from `column` on; for x Wᵀ these are rows of the array. */
static struct factor columns_from(struct factor b, int column, bool rows)
{
    b.at += (size_t)column * (rows ? (size_t)b.ld : 1);
    b.first += column;
    return b;
}

static void nt(struct tile t, int N, int out, int in, const float *x, struct factor W,
               struct ends ends, float *y)
{
    struct factor w = columns_from(W, t.from, true);
    ends.bias = ends.bias != NULL ? ends.bias + t.from : NULL;
    if (N > MATMUL_NARROW || W.product != PRODUCT_BLAS) {
        product(MATMUL_NT, N, t.count, in, x, in, w, ends, y + t.from, out);
        return;
    }
    begin(N, t.count, ends.bias, y + t.from, out);
    narrow(N, t.count, in, x, w.at, y + t.from, out);
    finish(N, t.count, NULL, ends.relu, y + t.from, out);
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

void matmul_nt(int N, int out, int in, const float *x, struct factor W, const float *bias,
               bool relu, float *y)
{
    struct ends ends = {.bias = bias, .keep = 1, .relu = relu};
    int tiles = tiles_of(out);
    for (int t = 0; t < tiles && alone(tiles); t++)
        nt(tile_of(out, tiles, t), N, out, in, x, W, ends, y);
    if (alone(tiles))
        return;
#pragma omp parallel for schedule(static)
    for (int t = 0; t < tiles; t++)
        nt(tile_of(out, tiles, t), N, out, in, x, W, ends, y);
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
