/* The product kernels beside OpenBLAS, on one thread, for the shapes of a training step.
 *
 *   OpenBLAS   GFLOP/s of cblas_sgemm with the kernels that OpenBLAS chose, or OPENBLAS_CORETYPE
 *   f32        of kernel_multiply; with the right factor packed before ("packed": weights)
 *   bf16       the same, with operands rounded in the product, and the right one before
 *   bf16_amx   the same, added up in the order of AMX
 *
 * In brackets: how many times as fast as OpenBLAS. Medians of rounds in which all take turns, of
 * processor time. The checksums of the results of each type are the same on every path and
 * processor. `bench_kernel quick`: one short round; `bench_kernel bits`: the same, and the plain
 * path too. */
#include "engine/base/threads.h"
#include "engine/nn/kernel.h"
#include "tests/bench/bench.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { ROUNDS = 9, COLUMNS = 1 + 2 * KERNEL_TYPES, OPENBLAS = 0 };

static const struct {
    const char *what;
    int rows, cols, inner;
    bool left_turned, right_turned; /* in memory the other way round */
} shapes[] = {
    {"forward, K = 20", 756, 2048, 512, false, true},
    {"forward, K = 20", 756, 512, 2048, false, true},
    {"data gradient", 756, 512, 2048, false, false},
    {"weight gradient", 2048, 512, 756, true, false},
    {"forward, K = 1", 512, 2048, 512, false, true},
    {"width 64", 640, 256, 64, false, true},
    {"its weight gradient", 256, 64, 640, true, false},
    {"acting", 1, 2048, 512, false, true},
};
enum { SHAPES = sizeof shapes / sizeof shapes[0] };

static double now(void)
{
    return bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* Each type has two columns: packed in the product, and before. */
static enum kernel_type type_of(int column)
{
    return (enum kernel_type)((column - 1) / 2);
}

static void run(int shape, int column, const struct kernel_product *base,
                uint32_t *const packed[KERNEL_TYPES])
{
    struct kernel_product p = *base;
    if (column == OPENBLAS) {
        cblas_sgemm(CblasRowMajor, shapes[shape].left_turned ? CblasTrans : CblasNoTrans,
                    shapes[shape].right_turned ? CblasTrans : CblasNoTrans, p.rows, p.cols, p.inner,
                    1, p.a, shapes[shape].left_turned ? p.rows : p.inner, p.b,
                    shapes[shape].right_turned ? p.inner : p.cols, 0, p.c, p.cols);
        return;
    }
    p.type = type_of(column);
    p.packed = column % 2 == 0 ? packed[p.type] : NULL;
    p.packed_inner = p.inner;
    kernel_multiply(&p);
}

/* Seconds of one product, all columns in turn, and the results' checksums by type. */
static void measure(int shape, int rounds, int times, double seconds[COLUMNS][ROUNDS],
                    uint32_t bits[KERNEL_TYPES])
{
    struct kernel_product p = {
        .rows = shapes[shape].rows, .cols = shapes[shape].cols, .inner = shapes[shape].inner};
    size_t rows = (size_t)p.rows, cols = (size_t)p.cols, inner = (size_t)p.inner;
    float *x = malloc((rows * inner + inner * cols + rows * cols) * sizeof *x);
    float *b = x + rows * inner;
    uint32_t *packed[KERNEL_TYPES];
    uint32_t seed = 1;
    for (size_t i = 0; i < rows * inner + inner * cols; i++) {
        seed = seed * 1664525u + 1013904223u;
        x[i] = (float)(seed >> 8) * 0x1p-23f - 1.0f;
    }
    p.a = x, p.b = b, p.c = b + inner * cols, p.c_row = cols;
    p.a_row = shapes[shape].left_turned ? 1 : inner, p.a_inner = p.a_row == 1 ? rows : 1;
    p.b_col = shapes[shape].right_turned ? inner : 1, p.b_inner = p.b_col == 1 ? cols : 1;
    for (int type = 0; type < KERNEL_TYPES; type++) {
        packed[type] = malloc(kernel_packed(type, p.inner, p.cols) * sizeof *packed[type]);
        kernel_pack(type, p.inner, p.cols, p.b, p.b_inner, p.b_col, packed[type]);
    }
    for (int round = -1; round < rounds; round++) { /* the first one warms up */
        for (int column = 0; column < COLUMNS; column++) {
            double start = now();
            for (int i = 0; i < times; i++)
                run(shape, column, &p, packed);
            seconds[column][round < 0 ? 0 : round] = (now() - start) / times;
            if (column != OPENBLAS)
                bits[type_of(column)] = bench_checksum(p.c, rows * cols);
        }
    }
    for (int type = 0; type < KERNEL_TYPES; type++)
        free(packed[type]);
    free(x);
}

static void bench_path(enum kernel_path path, bool quick)
{
    static double seconds[COLUMNS][ROUNDS];
    kernel_force(path);
    printf("\n%-12s %-20s %-14s %8s %16s %16s %16s %16s %16s %16s  %s\n", "path", "product",
           "shape", "OpenBLAS", "f32", "f32 packed", "bf16", "bf16 packed", "bf16_amx",
           "bf16_amx packed", "bits");
    for (int shape = 0; shape < SHAPES; shape++) {
        int rounds = quick ? 1 : ROUNDS;
        double flops = 2.0 * shapes[shape].rows * shapes[shape].cols * shapes[shape].inner;
        char size[32];
        uint32_t bits[KERNEL_TYPES];
        measure(shape, rounds, quick ? 1 : 1 + (int)(2e9 / flops), seconds, bits);
        for (int column = 0; column < COLUMNS; column++)
            sort_doubles(seconds[column], (size_t)rounds);
        snprintf(size, sizeof size, "%d,%d,%d", shapes[shape].rows, shapes[shape].cols,
                 shapes[shape].inner);
        printf("%-12s %-20s %-14s %8.1f", kernel_path_name(path), shapes[shape].what, size,
               1e-9 * flops / seconds[OPENBLAS][rounds / 2]);
        for (int column = 1; column < COLUMNS; column++)
            printf(" %8.1f (%5.3f)", 1e-9 * flops / seconds[column][rounds / 2],
                   seconds[OPENBLAS][rounds / 2] / seconds[column][rounds / 2]);
        printf("  %08x %08x %08x\n", bits[KERNEL_F32], bits[KERNEL_BF16], bits[KERNEL_BF16_AMX]);
        fflush(stdout);
    }
}

int main(int argc, char **argv)
{
    threads_settle_libraries(argv);
    bool bits = argc > 1 && strcmp(argv[1], "bits") == 0;
    bool quick = bits || (argc > 1 && strcmp(argv[1], "quick") == 0);
    threads_set(1);
    printf("products on one thread, GFLOP/s; OpenBLAS with its kernels for %s; here %s is used\n",
           threads_blas_core(), kernel_path_name(kernel_best()));
    for (int path = bits ? KERNEL_PLAIN : KERNEL_NEON; path < KERNEL_PATHS; path++) {
        if (kernel_has((enum kernel_path)path))
            bench_path((enum kernel_path)path, quick);
    }
    return 0;
}
