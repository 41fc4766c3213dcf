/* What teams rely on when they share OpenBLAS's products (matmul.h). */
#include "engine/base/rng.h"
#include "engine/base/threads.h"
#include "engine/nn/kernel.h"
#include "engine/nn/matmul.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

TestSuite(matmul_cut, .timeout = 300);

enum { TRIALS = 60, CUT = 48 };

Test(matmul_cut, rows_have_the_bits_of_the_whole)
{
    struct rng rng = rng_at(1, RNG_TEST, 77);
    cr_assert(matmul_try_cuts(), "%s cut by rows gives other bits: its products are not shared",
              threads_blas_core());
    for (int trial = 0; trial < TRIALS; trial++) {
        int rows = 2 * CUT + (int)rng_below(&rng, 700), cols = 1 + (int)rng_below(&rng, 700),
            inner = 1 + (int)rng_below(&rng, 900), parts = 2 + (int)rng_below(&rng, 7);
        parts = parts < rows / CUT ? parts : rows / CUT;
        if ((double)(rows / CUT / parts * CUT) * cols * inner <= 1.0e6)
            continue;
        for (int form = MATMUL_NN; form <= MATMUL_TN; form++)
            cr_assert(matmul_cut_holds((enum matmul_form)form, rows, cols, inner, parts, trial % 2),
                      "%s, form %d: %d x %d over %d in %d parts", threads_blas_core(), form, rows,
                      cols, inner, parts);
    }
}

/* The same on OpenBLAS's other kernels, which it chooses when a program starts: this program again,
 * with a filter. */
Test(matmul_cut, rows_on_other_kernels)
{
    static const char *const cores[] = {"Haswell", "Zen", "SkylakeX"};
    if (getenv("VITAMIN_TEST_CORE") != NULL)
        return;
    for (size_t i = 0; i < sizeof cores / sizeof *cores; i++) {
        if (i == 2 && !kernel_has(KERNEL_AVX512))
            continue;
        pid_t child = fork();
        cr_assert(child >= 0);
        if (child == 0) {
            /* None of Criterion's own variables, which would make it a worker. */
            char type[64];
            snprintf(type, sizeof type, "OPENBLAS_CORETYPE=%s", cores[i]);
            char *const environment[] = {type, "VITAMIN_TEST_CORE=1", NULL};
            execle("/proc/self/exe", "test", "--quiet", "--filter", "matmul_cut/rows_have*",
                   (char *)NULL, environment);
            _exit(127);
        }
        int status;
        cr_assert_eq(waitpid(child, &status, 0), child);
        cr_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0, "kernels for %s", cores[i]);
    }
}
