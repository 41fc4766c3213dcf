/* Elementwise functions and their derivatives; n elements, in place allowed. */
#ifndef ENGINE_NN_ACTIVATION_H
#define ENGINE_NN_ACTIVATION_H

#include <stddef.h>

/* y = max(x, 0); NaN stays NaN */
void activation_relu(const float *x, size_t n, float *y);
/* dx = dy where y > 0, else 0.   y is forward's output. */
void activation_relu_backward(const float *y, const float *dy, size_t n, float *dx);

/* y = tanh(x) */
void activation_tanh(const float *x, size_t n, float *y);
/* dx = dy (1 - y²) */
void activation_tanh_backward(const float *y, const float *dy, size_t n, float *dx);

#endif
