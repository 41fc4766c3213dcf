#include <cblas.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

struct five {
    double a, b, c, d, e;
};

static double tail(struct five x)
{
    return x.c + x.d + x.e;
}

/* What GCC 12 gets wrong without the Makefile's -mmove-max=128. */
Test(toolchain, passes_the_zeros_of_a_constant_struct)
{
    double (*volatile call)(struct five) = tail; /* a real call, whatever the compiler can see */
    cr_assert_eq(call((struct five){1, 1, 0, 0, 0}), 0);
    cr_assert_eq(call((struct five){1, 1, 1, 0, 0}), 1);
}

enum { WORKERS = 4, ROUNDS = 150 };

/* C = A B (transposed when `transpose`) for workers that all read the same A and B. */
static void product(int m, int n, int k, int transpose, const float *a, const float *b, float *c)
{
    cblas_sgemm(CblasRowMajor, CblasNoTrans, transpose ? CblasTrans : CblasNoTrans, m, n, k, 1, a,
                k, b, transpose ? k : n, 0, c, n);
}

/* Our lanes call BLAS from several threads at once. Debian's serial OpenBLAS shares its buffers
 * between them: a few products in ten thousand come out wrong. The pthread build does not. */
Test(toolchain, blas_gives_the_same_bits_when_called_from_many_threads)
{
    static const int shapes[][3] = {{350, 32, 32}, {350, 128, 32},  {350, 32, 128}, {120, 3, 32},
                                    {11, 16, 11},  {700, 512, 128}, {64, 1, 256},   {200, 1, 32}};
    int wrong = 0;
    srand(1);
    for (int round = 0; round < ROUNDS; round++) {
        for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
            int m = shapes[s][0], n = shapes[s][1], k = shapes[s][2];
            size_t size = (size_t)m * (size_t)n;
            float *a = malloc((size_t)m * (size_t)k * sizeof *a);
            float *b = malloc((size_t)n * (size_t)k * sizeof *b), *c[WORKERS + 1];
            for (int i = 0; i < m * k; i++)
                a[i] = (float)rand() / (float)RAND_MAX - 0.5f;
            for (int i = 0; i < n * k; i++)
                b[i] = (float)rand() / (float)RAND_MAX - 0.5f;
            for (int w = 0; w <= WORKERS; w++)
                c[w] = malloc(size * sizeof **c);
            product(m, n, k, round % 2, a, b, c[WORKERS]);
#pragma omp parallel for schedule(static, 1) num_threads(WORKERS)
            for (int w = 0; w < WORKERS; w++)
                product(m, n, k, round % 2, a, b, c[w]);
            for (int w = 0; w < WORKERS; w++)
                wrong += memcmp(c[w], c[WORKERS], size * sizeof **c) != 0;
            for (int w = 0; w <= WORKERS; w++)
                free(c[w]);
            free(a);
            free(b);
        }
    }
    cr_assert_eq(wrong, 0, "%d products differ", wrong);
}
