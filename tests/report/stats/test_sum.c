#include "report/stats/sum.h"

#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>

Test(sum, keeps_what_plain_addition_loses)
{
    const double x[] = {1, 1e100, 1, -1e100}, y[] = {1e16, 1, 1, 1, 1, -1e16};
    cr_assert_eq(sum_of(x, 4), 2);
    cr_assert_eq(sum_of(y, 6), 4);
    cr_assert_eq(sum_of(x, 0), 0);
    cr_assert(isnan(sum_mean(x, 0)));
    double tenth[1000];
    for (int i = 0; i < 1000; i++)
        tenth[i] = 0.1;
    cr_assert_eq(sum_mean(tenth, 1000), 0.1);
}

Test(sum, variance_on_an_offset_and_of_equal_numbers)
{
    const double near[] = {1, 2, 4}, far[] = {1e12 + 1, 1e12 + 2, 1e12 + 4};
    const double equal[] = {98.7654321, 98.7654321, 98.7654321};
    expect_number("population", sum_variance(near, 3, false), 14.0 / 9, 1e-15, 0);
    expect_number("sample", sum_variance(near, 3, true), 7.0 / 3, 1e-15, 0);
    cr_assert_eq(sum_variance(near, 3, false), sum_variance(far, 3, false));
    cr_assert_eq(sum_variance(equal, 3, false), 0);
    expect_number("deviation", sum_deviation(near, 3, true), sqrt(7.0 / 3), 1e-15, 0);
    cr_assert_eq(sum_variance(near, 1, false), 0);
    cr_assert(isnan(sum_variance(near, 1, true)) && isnan(sum_variance(near, 0, false)));
}

Test(sum, median_of_odd_even_and_none)
{
    double odd[] = {3, 1, 2}, even[] = {4, 1, 3, 2},
           never[] = {(double)INFINITY, 1, (double)INFINITY, (double)INFINITY};
    cr_assert_eq(sum_median(odd, 3), 2);
    cr_assert_eq(sum_median(even, 4), 2.5);
    cr_assert_eq(sum_median(never, 4), (double)INFINITY);
    cr_assert(isnan(sum_median(odd, 0)));
}
