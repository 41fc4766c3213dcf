/* The only door to BLAS and to our own kernels (kernel.h): every product of two matrices goes
 * through here.
 *
 * matmul_nt, _tn and _nn are the products of an affine map, row-major: x (N,in), W (out,in),
 * y (N,out). A product with few rows, as when acting for one environment, reads W where it is:
 * sgemm would first copy all of it, and our kernels have their packed form.
 *
 * A team (team.h) shares these products. Our own kernels may be cut anywhere (kernel.h). OpenBLAS's
 * bits depend on cuts of columns, but not on cuts of rows at multiples of 12 (three times its
 * UNROLL_N, in which its driver packs them), as long as each part has over a million products:
 * smaller ones take other kernels. Tried on random shapes, all forms, with 0.3.21, 0.3.29 and
 * 0.3.34 and their Haswell, Zen and SkylakeX kernels: 0 of 7,560 cut at multiples of 12, 24 or 48
 * differ. Because nobody promises it, matmul_try_cuts tries it again on the kernels in use, and
 * where it does not hold OpenBLAS's products are not shared.
 *
 * Where a batch is but one lane (threads_tiling), columns are cut in two halves whatever the number
 * of threads, which does count for OpenBLAS's bits. */
#ifndef ENGINE_NN_MATMUL_H
#define ENGINE_NN_MATMUL_H

#include "engine/nn/params.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    MATMUL_TILED = 512,    /* output columns from which halves are worth it */
    MATMUL_NARROW = 16,    /* rows up to which W is not copied */
    MATMUL_WORTH = 8000000 /* products that are worth a task: waking a thread takes as long as a
                            * million */
};

/* The right factor of a product: an array, and for our own kernels how it was packed. */
struct factor {
    enum product product;
    const float *at;
    int ld;                 /* floats of a row in memory */
    const uint32_t *packed; /* NULL: not at all */
    int inner;              /* numbers of a column of the packed form */
    int first, from;        /* its columns, and the numbers of each, from here on */
};

/* Activations, rows of `ld` numbers; `packed` is that of the weights beside which they stand. */
static inline struct factor factor_plain(const struct packed *packed, const float *at, int ld)
{
    return (struct factor){.product = packed->product, .at = at, .ld = ld};
}

/* W (out,in), for x Wᵀ */
static inline struct factor factor_forward(const float *theta, size_t weight, int in,
                                           const struct packed *packed)
{
    struct factor f = factor_plain(packed, theta + weight, in);
    if (f.product == PRODUCT_BLAS)
        return f;
    f.packed = (const uint32_t *)(theta - packed->forward);
    f.inner = in;
    f.first = packed->first;
    return f;
}

/* Columns `from`.. of W (out,in), for dy W. A part of W that begins with the second number of a
 * pair is packed anew in each product. */
static inline struct factor factor_backward(const float *theta, size_t weight, int in, int from,
                                            const struct packed *packed)
{
    struct factor f = factor_plain(packed, theta + weight + from, in);
    if (f.product == PRODUCT_BLAS || packed->first % 2 != 0)
        return f;
    f.packed = (const uint32_t *)(theta - packed->backward);
    f.inner = packed->out;
    f.first = from;
    f.from = packed->first;
    return f;
}

/* y = bias + x Wᵀ; bias NULL: y += x Wᵀ. relu: then its negative elements become 0, NaN stays. */
void matmul_nt(int N, int out, int in, const float *x, struct factor W, const float *bias,
               bool relu, float *y);

/* y = x Wᵀ + bias, added to the finished sums, on the calling thread; relu as above */
void matmul_then_bias(int N, int out, int in, const float *x, struct factor W, const float *bias,
                      bool relu, float *y);

/* dW += dyᵀ x */
void matmul_tn(int N, int out, int in, const float *dy, struct factor x, float *dW);

/* dx = keep dx + dy W.   keep 0 or 1; with 0 dx need not be initialised */
void matmul_nn(int N, int out, int in, const float *dy, struct factor W, float keep, float *dx);

enum matmul_form {
    MATMUL_NN, /* a b */
    MATMUL_NT, /* a bᵀ */
    MATMUL_TN, /* aᵀ b */
};

/* One of these products in tasks for team_share, together with others. */
struct affine {
    enum matmul_form form;
    int rows, cols, inner; /* of the result */
    const float *left;
    struct factor right;
    const float *bias; /* (cols) what each row begins with; NULL: keep times what it is */
    bool relu;
    float keep, *to;
    int tiles, parts;
};
/* MATMUL_NT: to = keep to + left rightᵀ for left = x (N,in), right = W, to = y, and so on. */
struct affine affine_of(enum matmul_form form, int N, int out, int in, const float *left,
                        struct factor right, float keep, float *to);
int affine_tasks(const struct affine *p);
void affine_task(const struct affine *p, int task);

/* Whether OpenBLAS keeps its bits when rows are cut (see above): tried at the first call, in some
 * milliseconds. Until then its products are not shared. */
bool matmul_try_cuts(void);
/* One trial: whether `parts` parts of a product's rows have the bits of the whole. */
bool matmul_cut_holds(enum matmul_form form, int rows, int cols, int inner, int parts, bool keep);

/* c = keep c + (a b, a bᵀ or aᵀ b) on the calling thread, for parts of larger arrays: c
 * (rows,cols), `inner` terms a sum; lda, b.ld, ldc are the lengths of a row in memory. */
void matmul(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
            struct factor b, float keep, float *c, int ldc);

/* Whether our kernels compute what OpenBLAS's would, bit for bit, in products where they are
 * quicker (matmul.c): tried at the first call, in some milliseconds. */
bool matmul_blas_order(void);
/* One trial. */
bool matmul_blas_order_holds(enum matmul_form form, int rows, int cols, int inner, bool keep);

#endif
