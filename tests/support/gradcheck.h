/* Derivatives by central differences, against what a backward pass says. */
#ifndef TESTS_SUPPORT_GRADCHECK_H
#define TESTS_SUPPORT_GRADCHECK_H

#include <stddef.h>
#include <stdint.h>

/* The differences' step. Kernels are float: with losses of order 1 rounding adds about 1e-7/step.
 */
#define GRADCHECK_STEP 4e-3

/* dx[i] against (loss(x_i + h) - loss(x_i - h)) / 2h for every element (every k-th of long arrays,
 * at least 200 of them); x is restored. The difference may be `relative` of the largest |dx|, plus
 * `absolute`. */
void gradcheck(const char *what, float *x, const float *dx, size_t n, double (*loss)(void *context),
               void *context, double relative, double absolute);

/* Standard normal floats for free(): a fixed stream per seed. */
float *gradcheck_normals(size_t n, uint64_t seed);

/* Sum of w[i] y[i] in double: a loss whose gradient by y is w. */
double gradcheck_dot(const float *w, const float *y, size_t n);

#endif
