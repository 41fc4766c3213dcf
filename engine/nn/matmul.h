/* The only door to BLAS: every product of two matrices goes through here.
 *
 * matmul_nt, _tn and _nn are the products of an affine map, row-major: x (N,in), W (out,in),
 * y (N,out). They know two things that sgemm does not. Outside of lanes (threads_tiling) it
 * computes the output in two halves, on two threads if there are. And a product with few rows, as
 * when acting for one environment, reads W where it is: sgemm would first copy all of it. */
#ifndef ENGINE_NN_MATMUL_H
#define ENGINE_NN_MATMUL_H

enum {
    MATMUL_TILED = 512, /* output columns from which halves are worth it */
    MATMUL_NARROW = 16  /* rows up to which W is not copied */
};

/* y += x Wᵀ */
void matmul_nt(int N, int out, int in, const float *x, const float *W, float *y);

/* dW += dyᵀ x */
void matmul_tn(int N, int out, int in, const float *dy, const float *x, float *dW);

/* dx = keep dx + dy W.   keep 0 or 1; with 0 dx need not be initialised */
void matmul_nn(int N, int out, int in, const float *dy, const float *W, float keep, float *dx);

enum matmul_form {
    MATMUL_NN, /* a b */
    MATMUL_NT, /* a bᵀ */
    MATMUL_TN, /* aᵀ b */
};

/* c = keep c + (a b, a bᵀ or aᵀ b) on the calling thread, for parts of larger arrays: c
 * (rows,cols), `inner` terms a sum; lda, ldb, ldc are the lengths of a row in memory. */
void matmul(enum matmul_form form, int rows, int cols, int inner, const float *a, int lda,
            const float *b, int ldb, float keep, float *c, int ldc);

#endif
