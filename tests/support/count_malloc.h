/* Calls to the allocator in the whole program so far: a training step must make none.
 * Under the sanitizers, which bring their own allocator, nothing is counted. */
#ifndef TESTS_SUPPORT_COUNT_MALLOC_H
#define TESTS_SUPPORT_COUNT_MALLOC_H

#include <stdbool.h>

bool count_malloc_works(void);
long count_malloc(void);

#endif
