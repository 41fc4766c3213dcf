#include "report/stats/matrix.h"

#include "tests/support/scores.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

Test(matrix, keeps_tasks_in_order_with_any_number_of_runs)
{
    struct matrix x;
    const double a[] = {1, 2, 3}, b[] = {4};
    cr_assert_eq(matrix_init(&x, "m"), STATUS_OK);
    cr_assert(matrix_fewest(&x) == 0 && matrix_most(&x) == 0 && !matrix_full(&x));
    cr_assert_eq(matrix_add(&x, "long", 3, a), STATUS_OK);
    cr_assert(matrix_full(&x));
    cr_assert_eq(matrix_add(&x, "none", 0, NULL), STATUS_OK);
    cr_assert_eq(matrix_add(&x, "short", 1, b), STATUS_OK);
    cr_assert(matrix_count(&x) == 4 && x.start[2] == 3 && x.score[3] == 4);
    cr_assert(matrix_fewest(&x) == 0 && matrix_most(&x) == 3 && !matrix_full(&x));
    cr_assert(matrix_task(&x, "short") == 2 && matrix_task(&x, "other") == -1);
    matrix_free(&x);
}

Test(matrix, refuses_nan_and_infinity_with_the_name_of_the_cell)
{
    struct matrix x;
    const double bad[] = {1, (double)NAN, 3}, huge[] = {(double)INFINITY};
    cr_assert_eq(matrix_init(&x, "td3_odt"), STATUS_OK);
    cr_assert_eq(matrix_add(&x, "hopper-medium-v2", 3, bad), STATUS_NONFINITE);
    cr_assert_not_null(strstr(status_sentence(), "td3_odt"));
    cr_assert_not_null(strstr(status_sentence(), "hopper-medium-v2"));
    cr_assert_not_null(strstr(status_sentence(), "run 2 of 3"));
    cr_assert_eq(matrix_add(&x, "t", 1, huge), STATUS_NONFINITE);
    cr_assert_eq(x.tasks, 0);
    cr_assert_eq(matrix_add(&x, "t", 1, bad), STATUS_OK);
    cr_assert_eq(matrix_add(&x, "t", 1, bad), STATUS_CONFIG);
    cr_assert_eq(matrix_add(&x, "u", -1, bad), STATUS_CONFIG);
    cr_assert_eq(matrix_add(&x, "u", MATRIX_RUNS + 1, bad), STATUS_CONFIG);
    matrix_free(&x);
}

Test(matrix, common_keeps_the_first_runs)
{
    const double score[] = {1, 4, 2, 5, 3, (double)NAN};
    struct matrix x = scores_make("m", 3, 2, score), y;
    cr_assert_eq(matrix_common(&x, &y), STATUS_OK);
    cr_assert(matrix_full(&y) && matrix_fewest(&y) == 2);
    cr_assert(y.score[0] == 1 && y.score[1] == 2 && y.score[2] == 4 && y.score[3] == 5);
    cr_assert_str_eq(y.method, "m");
    matrix_free(&x);
    matrix_free(&y);
}

Test(matrix, intersection_takes_the_tasks_that_all_have)
{
    const double one[] = {1, 2};
    struct matrix x[2], out[2];
    const struct matrix *p[] = {&x[0], &x[1]};
    const char *names[2][4] = {{"a", "b", "c", "d"}, {"d", "x", "b", "c"}};
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(matrix_init(&x[k], k == 0 ? "first" : "second"), STATUS_OK);
        for (int m = 0; m < 4; m++) {
            int runs = k == 0 && m == 2 ? 0 : 2; /* the first has no run on c */
            cr_assert_eq(matrix_add(&x[k], names[k][m], runs, one), STATUS_OK);
        }
    }
    cr_assert_eq(matrix_intersect(p, 2, out), STATUS_OK);
    for (int k = 0; k < 2; k++) {
        cr_assert_eq(out[k].tasks, 2);
        cr_assert_str_eq(out[k].task[0], "b");
        cr_assert_str_eq(out[k].task[1], "d");
    }
    cr_assert_eq(matrix_check_pair(&out[0], &out[1]), STATUS_OK);
    cr_assert_eq(matrix_check(&x[0]), STATUS_CONFIG);
    cr_assert_not_null(strstr(status_sentence(), "c"));
    for (int k = 0; k < 2; k++) {
        matrix_free(&x[k]);
        matrix_free(&out[k]);
    }
}

Test(matrix, names_of_any_length_and_content_are_kept_or_cut)
{
    char name[400];
    memset(name, 'x', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    const double one[] = {1};
    struct matrix x;
    cr_assert_eq(matrix_init(&x, name), STATUS_OK);
    cr_assert_eq(strlen(x.method), MATRIX_NAME - 1);
    cr_assert_eq(matrix_add(&x, name, 1, one), STATUS_OK);
    cr_assert_eq(matrix_task(&x, name), 0);
    cr_assert_eq(matrix_add(&x, "%s\\ \" <>", 1, one), STATUS_OK);
    cr_assert_eq(matrix_add(&x, "%s\\ \" <>", 1, one), STATUS_CONFIG);
    matrix_free(&x);
}
