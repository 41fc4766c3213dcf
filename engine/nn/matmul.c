#include "engine/nn/matmul.h"

#include "engine/base/team.h"
#include "engine/base/threads.h"
#include "engine/base/wide.h"
#include "engine/nn/activation.h"

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

/* --- one product ----------------------------------------------------------------------------- */

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
        .type = product_kernel(b.product),
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
        x[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f; /* 24 bits, so that products are rounded */
    }
}

/* A product by OpenBLAS, and room to compute it in another way. */
struct trial {
    float *a, *theirs, *other; /* `other` begins as `theirs` did */
    struct factor b;
    int lda;
    size_t size;
};

/* False without memory. */
static bool trial_begin(enum matmul_form form, int rows, int cols, int inner, bool keep,
                        struct trial *t)
{
    size_t left = (size_t)rows * (size_t)inner, right = (size_t)inner * (size_t)cols,
           size = (size_t)rows * (size_t)cols;
    float *a = malloc((left + right + 2 * size) * sizeof *a);
    if (a == NULL)
        return false;
    float *b = a + left;
    *t = (struct trial){.a = a,
                        .theirs = b + right,
                        .other = b + right + size,
                        .b = {.at = b, .ld = form == MATMUL_NT ? inner : cols},
                        .lda = form == MATMUL_TN ? rows : inner,
                        .size = size * sizeof *a};
    fill(a, left + right + size, 1);
    memcpy(t->other, t->theirs, t->size);
    blas(form, rows, cols, inner, a, t->lda, t->b, keep, t->theirs, cols);
    return true;
}

/* Whether both ways gave the same bits. */
static bool trial_end(struct trial *t)
{
    bool same = memcmp(t->theirs, t->other, t->size) == 0;
    free(t->a);
    return same;
}

bool matmul_blas_order_holds(enum matmul_form form, int rows, int cols, int inner, bool keep)
{
    struct trial t;
    if (!trial_begin(form, rows, cols, inner, keep, &t))
        return false;
    own(form, rows, cols, inner, t.a, t.lda, t.b, (struct ends){.keep = keep, .behind = true},
        t.other, cols);
    return trial_end(&t);
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

/* --- cut into tasks -------------------------------------------------------------------------- */

enum { CUT = 48 }; /* rows of the result are cut at multiples of it */

static bool blas_shares; /* see matmul_try_cuts */

/* Halves, not quarters: a GEMM half as wide loses 2 % of its rate, a quarter 5 %. */
static int tiles_of(int columns)
{
    return threads_tiling() && columns >= MATMUL_TILED ? 2 : 1;
}

/* Parts of a tile's rows. One lane's halves are tasks already. */
static int parts_of(const struct affine *p)
{
    int size = (team_size() + p->tiles - 1) / p->tiles;
    int rows = p->form == MATMUL_TN ? p->rows / p->tiles : p->rows;
    int cols = p->form == MATMUL_TN ? p->cols : p->cols / p->tiles;
    double row = (double)cols * p->inner; /* products */
    int parts = team_parts(rows * row, MATMUL_WORTH), most = rows / CUT;
    if (p->right.product == PRODUCT_BLAS && most > 0) {
        int least = (int)(LEAST / row) / CUT + 1; /* units of a part */
        most = blas_shares ? most / least : 1;
    }
    parts = parts < size ? parts : size;
    parts = parts < most ? parts : most;
    return parts > 1 ? parts : 1;
}

struct affine affine_of(enum matmul_form form, int N, int out, int in, const float *left,
                        struct factor right, float keep, float *to)
{
    struct affine p = {.form = form,
                       .rows = form == MATMUL_TN ? out : N,
                       .cols = form == MATMUL_NT ? out : in,
                       .inner = form == MATMUL_NT   ? in
                                : form == MATMUL_NN ? out
                                                    : N,
                       .left = left,
                       .right = right,
                       .keep = keep,
                       .to = to};
    p.tiles = tiles_of(form == MATMUL_TN ? out : p.cols);
    p.parts = parts_of(&p);
    return p;
}

int affine_tasks(const struct affine *p)
{
    return p->tiles * p->parts;
}

/* The halves of n are cut at whole vectors. */
static struct team_range tile_of(int n, int tiles, int t)
{
    int middle = tiles == 1 ? n : (n / 2 + VEC - 1) / VEC * VEC;
    return t == 0 ? (struct team_range){0, middle} : (struct team_range){middle, n - middle};
}

/* The factor's columns from `column` on; for x Wᵀ these are rows of the array. */
static struct factor columns_from(struct factor b, int column, bool rows)
{
    b.at += (size_t)column * (rows ? (size_t)b.ld : 1);
    b.first += column;
    return b;
}

/* Few rows of x Wᵀ, W where it is. */
static void narrow_nt(int N, int columns, int in, const float *x, const float *W, struct ends ends,
                      float *y, int ldy)
{
    begin(N, columns, ends.bias, y, ldy);
    narrow(N, columns, in, x, W, y, ldy);
    finish(N, columns, NULL, ends.relu, y, ldy);
}

void affine_task(const struct affine *p, int task)
{
    bool tn = p->form == MATMUL_TN, nt = p->form == MATMUL_NT;
    struct team_range tile = tile_of(tn ? p->rows : p->cols, p->tiles, task % p->tiles);
    struct team_range rows = tn ? tile : (struct team_range){0, p->rows};
    struct team_range cols = tn ? (struct team_range){0, p->cols} : tile;
    struct team_range part = team_range(rows.count, CUT, p->parts, task / p->tiles);
    size_t first = (size_t)rows.first + (size_t)part.first;
    const float *left = p->left + first * (tn ? 1 : (size_t)p->inner);
    struct factor right = columns_from(p->right, cols.first, nt);
    float *to = p->to + first * (size_t)p->cols + cols.first;
    struct ends ends = {
        .bias = p->bias != NULL ? p->bias + cols.first : NULL, .keep = p->keep, .relu = p->relu};
    if (nt && p->rows <= MATMUL_NARROW && right.product == PRODUCT_BLAS)
        narrow_nt(part.count, cols.count, p->inner, left, right.at, ends, to, p->cols);
    else
        product(p->form, part.count, cols.count, p->inner, left, tn ? p->rows : p->inner, right,
                ends, to, p->cols);
}

static void run_task(void *context, int task, struct arena *scratch)
{
    (void)scratch;
    affine_task(context, task);
}

static void run(struct affine p)
{
    team_share(affine_tasks(&p), run_task, &p, NULL);
}

void matmul_nt(int N, int out, int in, const float *x, struct factor W, const float *bias,
               bool relu, float *y)
{
    struct affine p = affine_of(MATMUL_NT, N, out, in, x, W, 1, y);
    p.bias = bias;
    p.relu = relu;
    run(p);
}

void matmul_tn(int N, int out, int in, const float *dy, struct factor x, float *dW)
{
    run(affine_of(MATMUL_TN, N, out, in, dy, x, 1, dW));
}

void matmul_nn(int N, int out, int in, const float *dy, struct factor W, float keep, float *dx)
{
    run(affine_of(MATMUL_NN, N, out, in, dy, W, keep, dx));
}

/* --- what the cuts of OpenBLAS's products rely on -------------------------------------------- */

bool matmul_cut_holds(enum matmul_form form, int rows, int cols, int inner, int parts, bool keep)
{
    struct trial t;
    if (!trial_begin(form, rows, cols, inner, keep, &t))
        return false;
    for (int i = 0; i < parts; i++) {
        struct team_range part = team_range(rows, CUT, parts, i);
        blas(form, part.count, cols, inner,
             t.a + (size_t)part.first * (form == MATMUL_TN ? 1 : (size_t)inner), t.lda, t.b, keep,
             t.other + (size_t)part.first * (size_t)cols, cols);
    }
    return trial_end(&t);
}

/* Inner indices below, at and above the length at which OpenBLAS cuts them (320, 384), columns that
 * it cuts too, rows and columns that are no multiple of anything. */
static void try_cuts(void)
{
    static const int shape[][3] = {
        {197, 67, 391}, {389, 331, 200}, {151, 771, 97}, {163, 129, 801}};
    blas_shares = true;
    for (size_t i = 0; i < sizeof shape / sizeof *shape; i++) {
        for (int form = MATMUL_NN; form <= MATMUL_TN; form++)
            blas_shares = blas_shares &&
                          matmul_cut_holds((enum matmul_form)form, shape[i][0], shape[i][1],
                                           shape[i][2], shape[i][0] / CUT, i % 2 == 0);
    }
}

bool matmul_try_cuts(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, try_cuts);
    return blas_shares;
}
