/* LayerNorm over the last axis: y = (x - mean) / sqrt(var + eps) * gain + bias, biased variance,
 * eps 1e-5. Critics use it without gain and bias (docs/networks.md 2). */
#ifndef ENGINE_NN_LAYERNORM_H
#define ENGINE_NN_LAYERNORM_H

#include "engine/nn/params.h"

#define LAYERNORM_EPS 1e-5f

struct layernorm {
    int width;
    bool affine;
    size_t gain, bias; /* offsets into theta, when affine */
};

/* Declare "name.weight" (gain, 1) and "name.bias" (0). */
struct layernorm layernorm_plan(struct layout *l, const char *name, int width);
/* Without gain and bias: declares nothing; theta and dtheta may be NULL below. */
struct layernorm layernorm_plain(int width);

/* y = LN(x).   x, y (N,width), y may be x;  stats (N,2): mean and 1/sqrt(var + eps), for backward
 * (NULL when there is none). */
void layernorm_forward(const struct layernorm *f, const float *theta, const float *x, int N,
                       float *y, float *stats);

/* dx = residual + dy dLN/dx,  dgain += sum dy xhat,  dbias += sum dy.
 * x is forward's input. residual (N,width) may be NULL (0) or dx; dx may be dy; dtheta NULL skips
 * dgain and dbias. */
void layernorm_backward(const struct layernorm *f, const float *theta, const float *x,
                        const float *stats, const float *dy, const float *residual, int N,
                        float *dtheta, float *dx);

/* One row of n, for who does more with it while it is in the cache. */

/* Mean and 1/sqrt(var + eps). */
void layernorm_row_stats(const float *x, int n, float *mean, float *scale);

/* With g = dy gain:  dx = residual + scale (g - mean(g) - xhat mean(g xhat)).  gain NULL: 1,
 * residual NULL: 0; dx may be dy. */
void layernorm_row_backward(const float *x, const float *dy, const float *gain,
                            const float *residual, float mean, float scale, int n, float *dx);

#endif
