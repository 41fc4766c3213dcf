/* Numbers in ascending order. */
#ifndef ENGINE_BASE_SORT_H
#define ENGINE_BASE_SORT_H

#include <stddef.h>

/* Sort n numbers, none of them NaN. */
void sort_doubles(double *x, size_t n);

#endif
