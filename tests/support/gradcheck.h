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

/* The same for losses with kinks (ReLU, minima, clips), where a difference across a kink says
 * nothing: an element is right if the difference with GRADCHECK_STEP or with a quarter of it
 * agrees. It is at a kink if neither does and the two differ from each other; otherwise it is
 * wrong. */
struct gradcheck_count {
    size_t checked, kinks, wrong;
    double worst;   /* largest deviation of a right element, as a part of what it may be */
    double largest; /* of |dx| */
};
struct gradcheck_count gradcheck_kinked(float *x, const float *dx, size_t n,
                                        double (*loss)(void *context), void *context,
                                        double relative, double absolute);

/* Standard normal floats for free(): a fixed stream per seed. */
float *gradcheck_normals(size_t n, uint64_t seed);

/* Sum of w[i] y[i] in double: a loss whose gradient by y is w. */
double gradcheck_dot(const float *w, const float *y, size_t n);

#endif
