/* Counting heap allocations: linking this replaces malloc, calloc, realloc and the aligned kinds by
 * ones that count and pass on to glibc's, for every library of the program. */
#ifndef TESTS_SUPPORT_ALLOCATIONS_H
#define TESTS_SUPPORT_ALLOCATIONS_H

#include <stdbool.h>

/* False under a sanitizer, which needs malloc for itself, and with clang's OpenMP. */
bool allocations_counted(void);

/* Does an allocator that cannot give so much return NULL? A sanitizer's ends the program. */
bool allocations_refused(void);

/* Allocations by any thread since the last call of allocations_begin; OpenBLAS's own not counted.
 */
void allocations_begin(void);
long allocations_end(void);

#endif
