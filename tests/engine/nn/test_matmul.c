/* What a product begins and ends with, and that the products which our kernels take over from
 * OpenBLAS have its bits. */
#include "engine/base/threads.h"
#include "engine/nn/kernel.h"
#include "engine/nn/matmul.h"
#include "tests/support/gradcheck.h"

#include <cblas.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int rows, cols, inner;
} shapes[] = {
    {640, 192, 64},  {640, 64, 256},  {256, 64, 64},  {256, 128, 128}, {301, 67, 51},
    {97, 101, 103},  {100, 100, 100}, {17, 260, 256}, {1000, 70, 15},  {40, 11, 7},
    {640, 128, 257}, {129, 1, 64},    {7000, 1, 150}, {18, 512, 512},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

struct factors {
    float *a, *b, *bias, *start, *want, *got;
    size_t size;
};

static struct factors factors_new(int s)
{
    size_t rows = (size_t)shapes[s].rows, cols = (size_t)shapes[s].cols,
           inner = (size_t)shapes[s].inner;
    return (struct factors){.a = gradcheck_normals(rows * inner, 1),
                            .b = gradcheck_normals(inner * cols, 2),
                            .bias = gradcheck_normals(cols, 3),
                            .start = gradcheck_normals(rows * cols, 4),
                            .want = malloc(rows * cols * sizeof(float)),
                            .got = malloc(rows * cols * sizeof(float)),
                            .size = rows * cols * sizeof(float)};
}

static void factors_free(struct factors *f)
{
    float *arrays[] = {f->a, f->b, f->bias, f->start, f->want, f->got};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        free(arrays[i]);
}

static void sgemm(enum matmul_form form, int s, const struct factors *f, float keep, float *c)
{
    int rows = shapes[s].rows, cols = shapes[s].cols, inner = shapes[s].inner;
    cblas_sgemm(CblasRowMajor, form == MATMUL_TN ? CblasTrans : CblasNoTrans,
                form == MATMUL_NT ? CblasTrans : CblasNoTrans, rows, cols, inner, 1, f->a,
                form == MATMUL_TN ? rows : inner, f->b, form == MATMUL_NT ? inner : cols, keep, c,
                cols);
}

static struct factor right(enum matmul_form form, int s, const struct factors *f)
{
    return (struct factor){.product = PRODUCT_BLAS,
                           .at = f->b,
                           .ld = form == MATMUL_NT ? shapes[s].inner : shapes[s].cols};
}

Test(matmul, is_openblas_bit_for_bit)
{
    for (int s = 0; s < SHAPES; s++) {
        struct factors f = factors_new(s);
        for (int form = MATMUL_NN; form <= MATMUL_TN; form++) {
            for (int keep = 0; keep < 2; keep++) {
                memcpy(f.want, f.start, f.size);
                memcpy(f.got, f.start, f.size);
                sgemm((enum matmul_form)form, s, &f, (float)keep, f.want);
                matmul((enum matmul_form)form, shapes[s].rows, shapes[s].cols, shapes[s].inner, f.a,
                       form == MATMUL_TN ? shapes[s].rows : shapes[s].inner,
                       right((enum matmul_form)form, s, &f), (float)keep, f.got, shapes[s].cols);
                cr_expect_eq(memcmp(f.want, f.got, f.size), 0, "%d by %d by %d, form %d, keep %d",
                             shapes[s].rows, shapes[s].cols, shapes[s].inner, form, keep);
            }
        }
        factors_free(&f);
    }
}

/* Where the trial succeeds, it must not be by luck. */
Test(matmul, trial_of_openblas_order_speaks_for_other_shapes)
{
    if (!matmul_blas_order())
        return;
    uint32_t seed = 7;
    for (int i = 0; i < 60; i++) {
        int size[3];
        for (int k = 0; k < 3; k++) {
            seed = seed * 1664525u + 1013904223u;
            size[k] = 1 + (int)((seed >> 8) % (k == 2 ? KERNEL_ONCE : 500));
        }
        if ((double)size[0] * size[1] * size[2] <= 1e6)
            continue;
        for (int keep = 0; keep < 2; keep++) {
            cr_expect(matmul_blas_order_holds(MATMUL_NN, size[0], size[1], size[2], keep));
            cr_expect(matmul_blas_order_holds(MATMUL_NT, size[0], size[1], size[2], keep),
                      "%d by %d by %d, keep %d", size[0], size[1], size[2], keep);
        }
    }
}

static void relu(float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        x[i] = x[i] < 0.0f ? 0.0f : x[i];
}

/* matmul_nt (or, with `then`, matmul_then_bias) against the product of `want`, which begins with a
 * bias in each row (or gets one added), and a pass of ReLU. */
static void expect_bias_and_relu(int s, enum product product, bool then, bool wants_relu,
                                 void (*want)(int s, const struct factors *f, struct factor W,
                                              float keep))
{
    struct factors f = factors_new(s);
    int rows = shapes[s].rows, cols = shapes[s].cols, inner = shapes[s].inner;
    struct factor W = right(MATMUL_NT, s, &f);
    W.product = product;
    for (int i = 0; i < rows; i++)
        memcpy(f.want + (size_t)i * (size_t)cols, f.bias, (size_t)cols * sizeof(float));
    want(s, &f, W, then ? 0 : 1);
    for (size_t i = 0; then && i < f.size / sizeof(float); i++)
        f.want[i] += f.bias[i % (size_t)cols];
    if (wants_relu)
        relu(f.want, f.size / sizeof(float));
    memset(f.got, 0xff, f.size);
    if (then)
        matmul_then_bias(rows, cols, inner, f.a, W, f.bias, wants_relu, f.got);
    else
        matmul_nt(rows, cols, inner, f.a, W, f.bias, wants_relu, f.got);
    cr_expect_eq(memcmp(f.want, f.got, f.size), 0, "%d by %d by %d, product %d, then %d, relu %d",
                 rows, cols, inner, product, then, wants_relu);
    factors_free(&f);
}

static void by_sgemm(int s, const struct factors *f, struct factor W, float keep)
{
    (void)W;
    sgemm(MATMUL_NT, s, f, keep, f->want);
}

static void by_matmul(int s, const struct factors *f, struct factor W, float keep)
{
    matmul(MATMUL_NT, shapes[s].rows, shapes[s].cols, shapes[s].inner, f->a, shapes[s].inner, W,
           keep, f->want, shapes[s].cols);
}

Test(matmul, bias_and_relu_are_those_of_passes_of_their_own)
{
    threads_set_tiling(false);
    for (int s = 0; s < SHAPES; s++) {
        for (int form = 0; form < 4; form++)
            expect_bias_and_relu(s, PRODUCT_BLAS, form >= 2, form % 2 == 1, by_sgemm);
    }
}

/* The same on our own kernels: a bias is where a sum starts, or is added behind it. */
Test(matmul, bias_and_relu_of_our_own_kernels)
{
    for (int s = 0; s < SHAPES; s++) {
        for (int form = 0; form < 12; form++)
            expect_bias_and_relu(s, (enum product)(PRODUCT_F32 + form / 4), (form & 2) != 0,
                                 (form & 1) != 0, by_matmul);
    }
}
