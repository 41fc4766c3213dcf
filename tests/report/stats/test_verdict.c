#include "report/stats/verdict.h"

#include <criterion/criterion.h>
#include <math.h>

static struct interval of(double low, double high, int runs)
{
    return (struct interval){.point = (low + high) / 2, .low = low, .high = high, .runs = runs};
}

Test(verdict, only_the_place_of_the_interval_counts)
{
    cr_assert_eq(verdict_above(of(0.1, 2, 5), 0), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_above(of(-2, -0.1, 5), 0), VERDICT_CONTRADICTED);
    cr_assert_eq(verdict_above(of(-0.1, 2, 5), 0), VERDICT_INCONCLUSIVE);
    cr_assert_eq(verdict_above(of(0, 2, 5), 0), VERDICT_INCONCLUSIVE); /* touching is not above */
    cr_assert_eq(verdict_above(of(0.51, 0.7, 3), 0.5), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_below(of(-2, -0.1, 5), 0), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_below(of(0.1, 2, 5), 0), VERDICT_CONTRADICTED);
}

Test(verdict, equivalence_no_gain_and_includes)
{
    cr_assert_eq(verdict_within(of(-4, 4, 5), 5), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_within(of(-4, 6, 5), 5), VERDICT_INCONCLUSIVE);
    cr_assert_eq(verdict_within(of(6, 9, 5), 5), VERDICT_CONTRADICTED);
    cr_assert_eq(verdict_within(of(-9, -6, 5), 5), VERDICT_CONTRADICTED);
    cr_assert_eq(verdict_no_gain(of(-1, 2, 5)), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_no_gain(of(-2, -1, 5)), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_no_gain(of(1, 2, 5)), VERDICT_CONTRADICTED);
    cr_assert_eq(verdict_includes(of(-1, 2, 5), 0), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_includes(of(1, 2, 5), 0), VERDICT_CONTRADICTED);
    cr_assert_eq(verdict_above(of(0, 0, 5), 0), VERDICT_INCONCLUSIVE); /* AntMaze zeros */
}

Test(verdict, fewer_than_three_runs_are_not_testable)
{
    cr_assert_eq(verdict_above(of(1, 2, 2), 0), VERDICT_UNTESTABLE);
    cr_assert_eq(verdict_includes(of(1, 2, 0), 0), VERDICT_UNTESTABLE);
    cr_assert_eq(verdict_above(of((double)NAN, (double)NAN, 5), 0), VERDICT_UNTESTABLE);
    cr_assert_str_eq(verdict_word(VERDICT_UNTESTABLE), "not testable");
}

Test(verdict, a_claim_of_several_parts_is_as_weak_as_its_weakest)
{
    const enum verdict v[] = {VERDICT_SUPPORTED, VERDICT_SUPPORTED, VERDICT_INCONCLUSIVE,
                              VERDICT_UNTESTABLE, VERDICT_CONTRADICTED};
    cr_assert_eq(verdict_all(v, 0), VERDICT_UNTESTABLE);
    cr_assert_eq(verdict_all(v, 2), VERDICT_SUPPORTED);
    cr_assert_eq(verdict_all(v, 3), VERDICT_INCONCLUSIVE);
    cr_assert_eq(verdict_all(v, 4), VERDICT_UNTESTABLE);
    cr_assert_eq(verdict_all(v, 5), VERDICT_CONTRADICTED);
}
