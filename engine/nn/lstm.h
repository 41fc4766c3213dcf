/* Stacked recurrent layers over windows (B,K): LSTM, or the plain RNN with ReLU.
 *
 *   RNN   h_t = relu(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
 *   LSTM  i,f,g,o = the same sum in four blocks of `width`; c_t = s(f) c_{t-1} + s(i) tanh(g),
 *         h_t = s(o) tanh(c_t)
 *
 * Time runs from the window's left edge, padding included; the state before it is 0. Layer l > 0
 * reads layer l-1's h. On the calling thread: parallelism is one level up (lanes.h).
 * Source: docs/networks.md 2; fixtures recurrent_rnn, recurrent_lstm and their twins with norm.
 */
#ifndef ENGINE_NN_LSTM_H
#define ENGINE_NN_LSTM_H

#include "engine/base/arena.h"
#include "engine/nn/params.h"

enum { LSTM_MAX_LAYERS = 4 };

struct lstm {
    int in, width, layers;
    int gates; /* 4 for an LSTM, 1 for the plain RNN */
    size_t weight_ih[LSTM_MAX_LAYERS], weight_hh[LSTM_MAX_LAYERS]; /* (gates*width, in or width) */
    size_t bias_ih[LSTM_MAX_LAYERS], bias_hh[LSTM_MAX_LAYERS];     /* (gates*width) */
    struct packed packed_ih[LSTM_MAX_LAYERS], packed_hh[LSTM_MAX_LAYERS];
};

/* Tensors "name.layer1.weight_ih", "weight_hh", "bias_ih", "bias_hh", ...; all start
 * Uniform(+-1/sqrt(width)). */
struct lstm lstm_plan(struct layout *l, const char *name, bool gated, int in, int width,
                      int layers);

/* Activations of a forward pass over (B,K), stored as (B,K+1) rows: row (b,t) of `h` and `c` is the
 * state *before* step t, row (b,t) of `gate` and `x` belongs to step t and is 0 for t = K. So one
 * GEMM over all rows pairs every step's gates with the state before it, and with the input. */
struct lstm_tape {
    int B, K;                     /* what the arrays hold; passes may have fewer windows */
    int windows;                  /* of the last forward pass */
    float *x;                     /* (B,K+1,in) copy of the input */
    float *h[LSTM_MAX_LAYERS];    /* (B,K+1,width) */
    float *c[LSTM_MAX_LAYERS];    /* (B,K+1,width) LSTM only */
    float *gate[LSTM_MAX_LAYERS]; /* (B,K+1,gates*width) after the nonlinearity; the backward pass
                                   * overwrites it with the gradient before the nonlinearity */
    float *dh;                    /* (B,K+1,width) scratch of the backward pass */
    float *dc;                    /* (B,width) the same, LSTM only */
};

void lstm_take(const struct lstm *f, int B, int K, struct arena *a, struct lstm_tape *tape);

/* y (B,K,width): the top layer's h. x (B,K,in), B at most what was taken. */
void lstm_forward(const struct lstm *f, const float *theta, const float *x, int B,
                  struct lstm_tape *tape, float *y);

/* dtheta += gradient (NULL: not wanted); dx written (NULL: not wanted), columns from..in-1 only, as
 * (B,K,in-from). dy (B,K,width). Once after each forward pass. */
void lstm_backward(const struct lstm *f, const float *theta, const float *dy,
                   struct lstm_tape *tape, float *dtheta, float *dx, int from);

#endif
