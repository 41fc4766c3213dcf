/* Multi-layer perceptron: hidden layers of one width, ReLU, optionally LayerNorm without gain and
 * bias between the affine map and ReLU (eps 1e-5), linear output.
 *
 *   hidden_i = drop(relu(norm(W_i hidden_{i-1} + b_i))),   y = W hidden + b
 *
 * Parallel over fixed tiles of rows and of weight rows; from within a parallel loop it runs where
 * it is. Same bits either way. */
#ifndef ENGINE_NN_MLP_H
#define ENGINE_NN_MLP_H

#include "engine/base/arena.h"
#include "engine/nn/params.h"

enum { MLP_MAX_HIDDEN = 6 };

struct mlp {
    int in, width, out;
    int hidden; /* hidden layers, 1..MLP_MAX_HIDDEN */
    bool norm;
    size_t weight[MLP_MAX_HIDDEN + 1], bias[MLP_MAX_HIDDEN + 1]; /* the last is the output's */
};

/* Tensors "name.layer1.weight" (width,in), "name.layer1.bias", ..., the last layer being hidden+1.
 * Weights and biases start Uniform(+-1/sqrt(fan in)). */
struct mlp mlp_plan(struct layout *l, const char *name, int in, int width, int hidden, int out,
                    bool norm);

/* IQL's start instead: orthogonal weights of that gain, zero biases (call after mlp_plan). */
void mlp_start_orthogonal(struct layout *l, const struct mlp *f, float gain);

/* What a forward pass leaves for the backward pass, for up to N rows. */
struct mlp_tape {
    int N;
    const float *x;                     /* (N,in) the input of the forward pass */
    float *hidden[MLP_MAX_HIDDEN];      /* (N,width) outputs of the hidden layers */
    float *normalized[MLP_MAX_HIDDEN];  /* (N,width) norm only: before ReLU */
    float *inverse_std[MLP_MAX_HIDDEN]; /* (N) norm only */
    float *keep[MLP_MAX_HIDDEN];        /* (N,width) dropout: 0 or 1/(1-p); NULL: no dropout */
    float *dhidden[2];                  /* (N,width) scratch of the backward pass */
};

/* Take the arrays from the arena (also in a dry run); `dropout` takes keep[] as well. */
void mlp_take(const struct mlp *f, int N, bool dropout, struct arena *a, struct mlp_tape *tape);

/* Draw the keep masks. Random: rng's words from 0 on. */
void mlp_draw_dropout(const struct mlp *f, float p, struct rng rng, struct mlp_tape *tape);

/* y (N,out) from x (N,in). x must stay as it is until the backward pass. */
void mlp_forward(const struct mlp *f, const float *theta, const float *x, int N,
                 struct mlp_tape *tape, float *y);

/* dtheta += gradient (NULL: not wanted); dx (N,in) written (NULL: not wanted). `from`: dx holds
 * columns from..in-1 only, as (N,in-from): a critic's action, when the state comes first. */
void mlp_backward(const struct mlp *f, const float *theta, const float *dy, struct mlp_tape *tape,
                  float *dtheta, float *dx, int from);

#endif
