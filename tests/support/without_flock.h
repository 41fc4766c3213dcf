/* A file system without flock, for tests of what happens then. */
#ifndef TESTS_SUPPORT_WITHOUT_FLOCK_H
#define TESTS_SUPPORT_WITHOUT_FLOCK_H

#include <stdbool.h>

/* From now on every flock of this process and its children fails with `error`, for good (a seccomp
 * filter). False: not permitted here, the test must be skipped. */
bool without_flock(int error);

#endif
