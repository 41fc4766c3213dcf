/* Fixtures: numbers from reference implementations, and comparing with them.
 *
 * They live in the folder named by VITAMIN_FIXTURES (default ../shared/fixtures), the few that must
 * always run also in tests/data. A test whose fixture is in neither place is *skipped*, visibly.
 * Every size is taken from the file, so twins of other sizes run through the same tests.
 * VITAMIN_TOL=0 prints the real residual of every comparison and lets none fail. */
#ifndef TESTS_SUPPORT_FIXTURE_H
#define TESTS_SUPPORT_FIXTURE_H

#include "engine/base/h5.h"

#include <stdbool.h>
#include <stddef.h>

/* Open NAME.h5; skips the running test when it is nowhere. */
struct h5 fixture_open(const char *name);

/* The path that fixture_open would open: false when the file is nowhere. */
bool fixture_find(const char *name, char path[FILE_PATH]);

/* A file of the shared folder beside the fixtures ("models/ant.json"); skips when absent. */
void fixture_shared(const char *relative, char path[FILE_PATH]);

/* A number of the configuration, e.g. fixture_config(&f, "K") reads attribute cfg_K; absent: fails.
 */
double fixture_config(const struct h5 *f, const char *key);
int fixture_int(const struct h5 *f, const char *key);

/* All of a dataset, for free(); *n (may be NULL) gets the number of elements. Absent: fails. */
float *fixture_floats(const struct h5 *f, const char *name, size_t *n);
double *fixture_doubles(const struct h5 *f, const char *name, size_t *n);
int *fixture_ints(const struct h5 *f, const char *name, size_t *n);
double fixture_scalar(const struct h5 *f, const char *name);
/* Length of dimension `axis`. */
int fixture_dim(const struct h5 *f, const char *name, int axis);

/* Path with printf: at("%s/q1", "f64"). A ring of 1024 static buffers. */
const char *at(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Largest |got - want| must be at most `relative` times the largest |want|, plus `absolute`. */
void expect_close(const char *what, const float *got, const float *want, size_t n, double relative,
                  double absolute);
void expect_close_double(const char *what, const double *got, const double *want, size_t n,
                         double relative, double absolute);
/* One number: |got - want| <= relative * |want| + absolute. */
void expect_number(const char *what, double got, double want, double relative, double absolute);

#endif
