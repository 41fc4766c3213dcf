/* Score matrices of the fixtures (stats_*.h5), and small ones written out in a test. */
#ifndef TESTS_SUPPORT_SCORES_H
#define TESTS_SUPPORT_SCORES_H

#include "report/stats/bootstrap.h"
#include "report/stats/matrix.h"
#include "tests/support/fixture.h"

/* Dataset `name`, run x task; NaN marks a missing run. Tasks are named "task0", "task1", ... */
struct matrix scores_load(const struct h5 *f, const char *name, const char *method);

/* `runs` rows of `tasks` numbers; NaN marks a missing run. */
struct matrix scores_make(const char *method, int runs, int tasks, const double *x);

/* Random scores, uniform on [low, high), a stream per seed. */
struct matrix scores_random(const char *method, int runs, int tasks, double low, double high,
                            uint64_t seed);

/* Members of a group, names in name order. */
struct scores_names {
    int count;
    char name[64][160];
};
struct scores_names scores_members(const struct h5 *f, const char *group);

/* Both bounds of an interval of 50000 replications must lie in `path/allowed` (bound x {min, max}
 * [x n]), widened by 1e-9: what a correct bound of any generator can be, at five standard errors of
 * the quantile. The range does not scale to other numbers of replications, because many statistics
 * live on a lattice.
 * `at`, `n`: which of the n elements of the last axis; n = 0 when there is none. */
void scores_expect_bounds(const struct h5 *f, const char *path, int at, int n, double low,
                          double high);

#endif
