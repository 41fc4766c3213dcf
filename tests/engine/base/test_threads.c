#include "engine/base/threads.h"

#include <criterion/criterion.h>

Test(threads, newer_processors_than_openblas_knows_get_kernels_for_their_instructions)
{
    cr_expect_str_eq(threads_better_core("Prescott", true, true), "SkylakeX");
    cr_expect_str_eq(threads_better_core("Prescott", true, false), "Haswell");
    cr_expect_null(threads_better_core("Prescott", false, false), "it is one, or as old");
    cr_expect_null(threads_better_core("Zen", true, false));
    cr_expect_null(threads_better_core("SkylakeX", true, true));
}
