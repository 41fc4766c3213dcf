#include <criterion/criterion.h>

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
