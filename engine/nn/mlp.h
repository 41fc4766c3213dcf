/* Multi-layer perceptron: hidden layers of one width, ReLU, optionally LayerNorm without gain and
 * bias between the affine map and ReLU, linear output.
 *
 *   hidden_i = drop(relu(norm(W_i hidden_{i-1} + b_i))),   y = W hidden + b
 *
 * Works through MLP_ROWS rows at a time, so that a block's activations stay in the second-level
 * cache from the first layer to the last and back. On the calling thread: parallelism is one level
 * up (lanes.h). */
#ifndef ENGINE_NN_MLP_H
#define ENGINE_NN_MLP_H

#include "engine/base/arena.h"
#include "engine/nn/layernorm.h"
#include "engine/nn/linear.h"

enum { MLP_MAX_HIDDEN = 6, MLP_ROWS = 256 };

struct mlp {
    int in, width, out;
    int hidden; /* hidden layers, 1..MLP_MAX_HIDDEN */
    bool norm;
    struct linear layer[MLP_MAX_HIDDEN + 1]; /* layer[hidden] is the output's */
};

/* Tensors "name.layer1.weight" (width,in), "name.layer1.bias", ..., the last layer being hidden+1.
 * Weights and biases start Uniform(+-1/sqrt(fan in)). */
struct mlp mlp_plan(struct layout *l, const char *name, int in, int width, int hidden, int out,
                    bool norm);

/* IQL's start instead: orthogonal weights of that gain, zero biases (call after mlp_plan). */
void mlp_start_orthogonal(struct layout *l, const struct mlp *f, float gain);

/* rlkit's start (SAC): hidden weights Uniform(+-1/sqrt(width)), hidden biases 0.1, the last layer
 * Uniform(+-scale). */
void mlp_start_near_zero(struct layout *l, const struct mlp *f, float scale);

/* What a forward pass leaves for the backward pass, for up to N rows. */
struct mlp_tape {
    int N;                         /* rows that the arrays hold */
    int rows;                      /* rows of the last forward pass */
    const float *x;                /* (rows,in) its input */
    float *hidden[MLP_MAX_HIDDEN]; /* (N,width) outputs of the hidden layers */
    float *before[MLP_MAX_HIDDEN]; /* (N,width) norm only: its input */
    float *stats[MLP_MAX_HIDDEN];  /* (N,2) norm only: mean and 1/std */
    float *keep[MLP_MAX_HIDDEN];   /* (N,width) dropout: 0 or 1/(1-p); NULL: no dropout */
    float *dhidden[2];             /* (MLP_ROWS,width) scratch of the backward pass */
};

/* Take the arrays from the arena (also in a dry run); `dropout` takes keep[] as well. */
void mlp_take(const struct mlp *f, int N, bool dropout, struct arena *a, struct mlp_tape *tape);

/* Draw the keep masks of all N rows. Random: rng's words from 0 on, mask after mask. */
void mlp_draw_dropout(const struct mlp *f, float p, struct rng rng, struct mlp_tape *tape);

/* y (N,out) from x (N,in), N at most what was taken. x must stay as it is until the backward
 * pass. */
void mlp_forward(const struct mlp *f, const float *theta, const float *x, int N,
                 struct mlp_tape *tape, float *y);

/* dtheta += gradient (NULL: not wanted); dx written (NULL: not wanted). dy (N,out). dx holds
 * columns from..in-1 of the input's gradient, as (N,in-from): `from` is S where only the gradient
 * by a critic's action is wanted. */
void mlp_backward(const struct mlp *f, const float *theta, const float *dy, struct mlp_tape *tape,
                  float *dtheta, float *dx, int from);

#endif
