/* Products of matrices in code of our own, in f32 or with operands rounded to bf16, with the same
 * bits on every processor.
 *
 * Each element of c is a sum in f32, by fused multiply-adds in one order over the inner index:
 *
 *   KERNEL_F32       one chain from the start value: k = 0, 1, 2, ...
 *   KERNEL_BF16      one chain from the start value: k = 1, 0, 3, 2, ...   the order in which
 *                    VDPBF16PS adds a pair; a last pair that lacks its second number takes
 *                    0 times 0
 *   KERNEL_BF16_AMX  for each group of KERNEL_GROUP numbers two chains from 0, even: k = 0, 2,
 *                    ..., 30, and odd: k = 1, 3, ..., 31; then sum = sum + (even + odd), from
 *                    the start value on: the order of AMX's TDPBF16PS. What the last group lacks
 *                    is 0 times 0
 *
 * So no bit depends on how rows and columns are cut, on threads, or on which of the paths below
 * computes it; kernel_path says which one runs here.
 *
 * bf16 is the upper half of an f32: 8 bits of exponent, 8 of precision. Numbers are rounded to the
 * nearest, ties to even; denormal ones to zero. With bf16 denormal results of a step count as
 * zero too, as both instructions, which cannot do otherwise, have it: the other paths are told to.
 * Which of several NaNs comes out is left open.
 *
 * Threads: any, each works on its own. */
#ifndef ENGINE_NN_KERNEL_H
#define ENGINE_NN_KERNEL_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum kernel_type { KERNEL_F32, KERNEL_BF16, KERNEL_BF16_AMX, KERNEL_TYPES };
enum { KERNEL_GROUP = 32 };

enum kernel_path {
    KERNEL_PLAIN,
    KERNEL_NEON,
    KERNEL_AVX2,
    KERNEL_AVX512,
    KERNEL_AVX512_BF16,
    KERNEL_AMX,
    KERNEL_PATHS
};

/* The path in use: kernel_best, or the one named by the environment's VITAMIN_KERNEL (plain, neon,
 * avx2, avx512, avx512_bf16, amx). */
enum kernel_path kernel_path(void);
/* The quickest that this processor has. */
enum kernel_path kernel_best(void);
const char *kernel_path_name(enum kernel_path path);

/* Whether this processor, and for AMX the system, has it. */
bool kernel_has(enum kernel_path path);

/* Use another one, which the processor must have. Not while products are under way. */
void kernel_force(enum kernel_path path);

/* STATUS_CONFIG when VITAMIN_KERNEL names no path, or one that this processor lacks (products then
 * run on the best there is). */
enum status kernel_check(void);

/* A right factor (inner,cols) in the form that the paths read, made once for many products: words
 * of four bytes, one f32 or a pair of bf16 along the inner index, in panels of KERNEL_PANEL columns
 * by all of the inner index. The last panel is filled up with zeros. */
enum { KERNEL_PANEL = 64 };

/* Words of the packed form. */
size_t kernel_packed(enum kernel_type type, int inner, int cols);

/* Element (k,j) of the factor is b[k*b_inner + j*b_col]; one of the two strides is 1. */
void kernel_pack(enum kernel_type type, int inner, int cols, const float *b, size_t b_inner,
                 size_t b_col, uint32_t *packed);

/* c (rows,cols) = start + a b, or relu of that */
struct kernel_product {
    enum kernel_type type;
    int rows, cols, inner;
    const float *a; /* element (i,k) at a[i*a_row + k*a_inner]; one of the strides is 1 */
    size_t a_row, a_inner;
    const float *b; /* as in kernel_pack; where `packed` is there, only looked at in KERNEL_BF16_AMX
                     * when the product begins or ends inside of a packed group */
    size_t b_inner, b_col;
    const uint32_t *packed; /* by kernel_pack, of packed_inner numbers a column */
    int packed_inner;
    int first, from; /* its columns, and of the inner index its numbers, from here on; in
                      * KERNEL_BF16 `from` is even */
    float *c;        /* element (i,j) at c[i*c_row + j] */
    size_t c_row;
    const float *start; /* start values of the sums, (i,j) at start[i*start_row + j]: c itself, to
                         * add to it; a row of biases, with start_row 0; NULL: 0 */
    size_t start_row;
    bool behind; /* they are added to the finished sums instead: KERNEL_F32 with up to KERNEL_ONCE
                  * numbers a sum */
    bool relu;   /* negative results become 0; NaN stays NaN */
};
enum { KERNEL_ONCE = 256 };

void kernel_multiply(const struct kernel_product *p);

/* The nearest bf16 (see above), as its 16 bits. */
uint16_t kernel_bf16(float x);

#endif
