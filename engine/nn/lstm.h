/* Stacked recurrent layers over windows (B,K): LSTM, or the plain RNN with ReLU.
 *
 *   RNN   h_t = relu(W_ih x_t + b_ih + W_hh h_{t-1} + b_hh)
 *   LSTM  i,f,g,o = the same sum in four blocks of `width`; c_t = s(f) c_{t-1} + s(i) tanh(g),
 *         h_t = s(o) tanh(c_t)
 *
 * Time runs from the window's left edge, padding included; the state before it is 0. Layer l > 0
 * reads layer l-1's h. Parallel over fixed tiles of windows and of weight rows; same bits for any
 * number of threads. Source: network.md section 2; fixtures recurrent_*. */
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
};

/* Tensors "name.layer1.weight_ih", "weight_hh", "bias_ih", "bias_hh", ...; all start
 * Uniform(+-1/sqrt(width)). */
struct lstm lstm_plan(struct layout *l, const char *name, bool gated, int in, int width,
                      int layers);

/* Activations of a forward pass over (B,K). Rows are (B,K+1): row (b,0) of `h` and `c` is the zero
 * state, row (b,K) of `gate` and of the input is zero, so that one GEMM pairs every step's gates
 * with the state before it. */
struct lstm_tape {
    int B, K;
    float *x;                     /* (B,K+1,in) copy of the input */
    float *h[LSTM_MAX_LAYERS];    /* (B,K+1,width) */
    float *c[LSTM_MAX_LAYERS];    /* (B,K+1,width) LSTM only */
    float *gate[LSTM_MAX_LAYERS]; /* (B,K+1,gates*width) after the nonlinearity; the backward pass
                                   * overwrites them with their gradient */
    float *dh;                    /* (B,K+1,width) scratch of the backward pass */
    float *dc;                    /* (B,width) the same, LSTM only */
};

void lstm_take(const struct lstm *f, int B, int K, struct arena *a, struct lstm_tape *tape);

/* y (B,K,width): the top layer's h. x (B,K,in). */
void lstm_forward(const struct lstm *f, const float *theta, const float *x, struct lstm_tape *tape,
                  float *y);

/* dtheta += gradient (NULL: not wanted); dx (B,K,in) written (NULL: not wanted). One call a
 * forward pass. `from`: dx holds columns from..in-1 only. */
void lstm_backward(const struct lstm *f, const float *theta, const float *dy,
                   struct lstm_tape *tape, float *dtheta, float *dx, int from);

#endif
