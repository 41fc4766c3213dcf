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

/* Rows of n, for who does more with them while they are in the cache: up to LAYERNORM_ROWS at once,
 * whose sums are then added across vectors together. */
enum { LAYERNORM_ROWS = 16 };

/* stats (rows,2): mean and 1/sqrt(var + eps) */
void layernorm_rows_stats(const float *x, int rows, int n, float *stats);

/* With g = dy gain:  dx = residual + scale (g - mean(g) - xhat mean(g xhat)).  gain NULL: 1,
 * residual NULL: 0; dx may be dy or residual. */
void layernorm_rows_backward(const float *x, const float *stats, const float *dy, const float *gain,
                             const float *residual, int rows, int n, float *dx);

#endif
