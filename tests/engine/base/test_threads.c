#include "engine/base/threads.h"

#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdio.h>
#include <string.h>

Test(threads, newer_processors_than_openblas_knows_get_kernels_for_their_instructions)
{
    cr_expect_str_eq(threads_better_core("Prescott", true, true), "SkylakeX");
    cr_expect_str_eq(threads_better_core("Prescott", true, false), "Haswell");
    cr_expect_null(threads_better_core("Prescott", false, false), "it is one, or as old");
    cr_expect_null(threads_better_core("Zen", true, false));
    cr_expect_null(threads_better_core("SkylakeX", true, true));
}

Test(threads, no_more_are_used_than_there_are_processors, .init = cr_redirect_stderr)
{
    int processors = threads_available(),
        most = processors < THREADS_MOST ? processors : THREADS_MOST;
    threads_ask(1);
    cr_expect_eq(threads_count(), 1);
    threads_ask(0);
    cr_expect_eq(threads_count(), most);
    threads_ask(most);
    cr_expect_eq(threads_count(), most);
    threads_ask(4000);
    cr_expect_eq(threads_count(), most);
    char want[160], got[160] = "";
    snprintf(want, sizeof want, "vitamin: %d of 4000 threads are used: ", most);
    fflush(stderr);
    size_t n = fread(got, 1, sizeof got - 1, cr_get_redirected_stderr());
    cr_expect(n > 0 && strncmp(got, want, strlen(want)) == 0, "%s", got);
    cr_expect_eq(strchr(got, '\n'), got + n - 1, "one line, of the one that asked for too many");
}
