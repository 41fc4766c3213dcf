/* Whole runs of about a second, for tests of the harness. */
#ifndef TESTS_SUPPORT_TINY_RUN_H
#define TESTS_SUPPORT_TINY_RUN_H

#include "harness/curve/curve.h"
#include "harness/run/run.h"

/* A folder of the test's own, its end, and a path within it (valid until the next but three). */
void tiny_run_folder(void);
void tiny_run_remove(void);
const char *tiny_run_path(const char *name);

/* A method at `tiny` on a piece of hopper-random, cut down to a second; preset code, seed 3. Six
 * overrides are set; more may follow. */
struct run_request tiny_run_request(const char *method, const char *name);

/* Run to its end with so many threads; the curve, which must be complete. */
struct curve tiny_run_complete(const char *method, const char *name, int threads);
struct curve tiny_run_curve(const struct run_request *r);

/* Run in pieces of one iteration, each in a fresh state, until complete. */
void tiny_run_in_pieces(struct run_request *r);

/* Make one parameter of the actor in the run's checkpoint NaN. */
void tiny_run_poison(const struct run_request *r);

/* Bit-identical (curve_compare); frees both. */
void tiny_run_expect_same(const char *what, struct curve *a, struct curve *b);

#endif
