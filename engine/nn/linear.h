/* The affine map: y = x Wᵀ + b, W stored (out,in).
 *
 * Kernels on N rows. Inside a lane they stay on the calling thread; else large ones use two
 * (lanes.h).
 */
#ifndef ENGINE_NN_LINEAR_H
#define ENGINE_NN_LINEAR_H

#include "engine/nn/params.h"

/* How weight and bias are initialised (docs/networks.md 1, "Initial values"). */
enum linear_init {
    LINEAR_UNIFORM,   /* both Uniform(-1/sqrt(in), 1/sqrt(in)): torch.nn.Linear's default */
    LINEAR_NORMAL,    /* weight Normal(0, 0.02), bias 0: inside transformer blocks */
    LINEAR_ORTHOGONAL /* weight orthogonal with gain 1, bias 0: Gaussian heads */
};

struct linear {
    int in, out;
    size_t weight, bias; /* offsets into theta */
    struct packed packed;
};

/* Declare "name.weight" (out,in) and "name.bias" (out). */
struct linear linear_plan(struct layout *l, const char *name, int in, int out,
                          enum linear_init init);

/* Rows first .. first+count-1 of f's output as a map of its own (shares the parameters). */
struct linear linear_slice(const struct linear *f, int first, int count);

/* y = x Wᵀ + b.   x (N,in), y (N,out) */
void linear_forward(const struct linear *f, const float *theta, const float *x, int N, float *y);

/* y = relu(x Wᵀ + b) */
void linear_forward_relu(const struct linear *f, const float *theta, const float *x, int N,
                         float *y);

/* y += x Wᵀ + b */
void linear_forward_add(const struct linear *f, const float *theta, const float *x, int N,
                        float *y);

/* dW += dyᵀ x,  db += column sums of dy,  dx = dy W.
 * dx NULL skips it (first layer), dtheta NULL skips dW and db (a frozen network). */
void linear_backward(const struct linear *f, const float *theta, const float *x, const float *dy,
                     int N, float *dtheta, float *dx);

/* The same with dx += dy W. */
void linear_backward_add(const struct linear *f, const float *theta, const float *x,
                         const float *dy, int N, float *dtheta, float *dx);

#endif
