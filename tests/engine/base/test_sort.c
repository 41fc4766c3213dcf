#include "engine/base/sort.h"

#include <criterion/criterion.h>
#include <math.h>

Test(sort, puts_numbers_in_ascending_order)
{
    double x[] = {3, -1, (double)INFINITY, 0.5, -(double)INFINITY, 3, -0.5};
    const double want[] = {-(double)INFINITY, -1, -0.5, 0.5, 3, 3, (double)INFINITY};
    sort_doubles(x, sizeof x / sizeof *x);
    cr_expect_arr_eq(x, want, sizeof want);
}

Test(sort, leaves_none_and_one_alone)
{
    double x[] = {2, 1};
    sort_doubles(x, 1);
    sort_doubles(x, 0);
    sort_doubles(NULL, 0);
    cr_expect(x[0] == 2 && x[1] == 1);
}
