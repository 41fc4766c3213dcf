#include "engine/nn/lstm.h"

#include "engine/nn/matmul.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct lstm lstm_plan(struct layout *l, const char *name, bool gated, int in, int width, int layers)
{
    assert(layers >= 1 && layers <= LSTM_MAX_LAYERS);
    struct lstm f = {.in = in, .width = width, .layers = layers, .gates = gated ? 4 : 1};
    float bound = 1.0f / sqrtf((float)width);
    int rows = f.gates * width;
    for (int i = 0; i < layers; i++) {
        char layer[PARAMS_NAME];
        int length = snprintf(layer, sizeof layer, "%s.layer%d", name, i + 1);
        assert(length < PARAMS_NAME);
        (void)length;
        int cols = i == 0 ? in : width;
        f.weight_ih[i] = layout_add(l, layer, "weight_ih", rows, cols, INIT_UNIFORM, bound);
        f.weight_hh[i] = layout_add(l, layer, "weight_hh", rows, width, INIT_UNIFORM, bound);
        f.packed_ih[i] = layout_pack(l, f.weight_ih[i], rows, cols);
        f.packed_hh[i] = layout_pack(l, f.weight_hh[i], rows, width);
        f.bias_ih[i] = layout_add(l, layer, "bias_ih", 1, rows, INIT_UNIFORM, bound);
        f.bias_hh[i] = layout_add(l, layer, "bias_hh", 1, rows, INIT_UNIFORM, bound);
    }
    return f;
}

void lstm_take(const struct lstm *f, int B, int K, struct arena *a, struct lstm_tape *tape)
{
    *tape = (struct lstm_tape){.B = B, .K = K};
    size_t rows = (size_t)B * ((size_t)K + 1), width = (size_t)f->width;
    tape->x = arena_take(a, rows * (size_t)f->in);
    for (int i = 0; i < f->layers; i++) {
        tape->h[i] = arena_take(a, rows * width);
        if (f->gates == 4)
            tape->c[i] = arena_take(a, rows * width);
        tape->gate[i] = arena_take(a, rows * width * (size_t)f->gates);
    }
    tape->dh = arena_take(a, rows * width);
    if (f->gates == 4)
        tape->dc = arena_take(a, (size_t)B * width);
}

/* (B,K,n) spread into (B,K+1,n) from row `first` (0 or 1) of each window; the row left is
 * zeroed. */
static void spread(const float *from, int B, int K, size_t n, int first, float *to)
{
    size_t window = ((size_t)K + 1) * n;
    for (int b = 0; b < B; b++, to += window, from += (size_t)K * n) {
        memcpy(to + (size_t)first * n, from, (size_t)K * n * sizeof *to);
        memset(to + (first == 0 ? (size_t)K * n : 0), 0, n * sizeof *to);
    }
}

/* Set row `step` of every window to zero. */
static void zero_step(float *x, int B, int K, size_t n, int step)
{
    for (int b = 0; b < B; b++)
        memset(x + ((size_t)b * ((size_t)K + 1) + (size_t)step) * n, 0, n * sizeof *x);
}

static double sigmoid(double x)
{
    return 1 / (1 + exp(-x));
}

/* Turn the sums of one window's step into gates, and compute the state after it. In double, rounded
 * when stored: a LayerNorm on top divides by the small spread of h and would magnify errors. */
static void cell_forward(const struct lstm *f, float *restrict gate, const float *restrict c,
                         float *restrict c_next, float *restrict h_next)
{
    int n = f->width;
    if (c == NULL) { /* the plain RNN */
        for (int j = 0; j < n; j++)
            h_next[j] = gate[j] < 0.0f ? 0.0f : gate[j];
        return;
    }
    float *in = gate, *forget = gate + n, *cell = gate + 2 * (size_t)n, *out = gate + 3 * (size_t)n;
    for (int j = 0; j < n; j++) {
        double i = sigmoid((double)in[j]), keep = sigmoid((double)forget[j]);
        double g = tanh((double)cell[j]), o = sigmoid((double)out[j]);
        double after = keep * (double)c[j] + i * g;
        c_next[j] = (float)after;
        h_next[j] = (float)(o * tanh(after));
        in[j] = (float)i;
        forget[j] = (float)keep;
        cell[j] = (float)g;
        out[j] = (float)o;
    }
}

static void layer_forward(const struct lstm *f, const float *theta, int layer, int B,
                          struct lstm_tape *tape)
{
    int K = tape->K, n = f->width, sums = f->gates * n, in = layer == 0 ? f->in : n;
    int rows = B * (K + 1);
    size_t width = (size_t)n, wide = (size_t)sums;
    float *h = tape->h[layer], *c = tape->c[layer], *gate = tape->gate[layer];

    /* gate = b_ih + b_hh + W_ih x, all steps at once. A layer's input at step t is the layer
     * below's state before step t+1: the next row, so the very last row has none and stays 0. */
    const float *bias[] = {theta + f->bias_ih[layer], theta + f->bias_hh[layer]};
    for (size_t r = 0; r < (size_t)rows; r++) {
        for (int j = 0; j < sums; j++)
            gate[r * wide + (size_t)j] = bias[0][j] + bias[1][j];
    }
    const float *x = layer == 0 ? tape->x : tape->h[layer - 1] + width;
    matmul(MATMUL_NT, rows - 1, sums, in, x, in,
           factor_forward(theta, f->weight_ih[layer], in, &f->packed_ih[layer]), 1, gate, sums);
    zero_step(gate, B, K, wide, K);

    zero_step(h, B, K, width, 0);
    if (c != NULL)
        zero_step(c, B, K, width, 0);
    for (int t = 0; t < K; t++) {
        size_t step = (size_t)t;
        if (t > 0) /* the state before step 0 is 0 */
            matmul(MATMUL_NT, B, sums, n, h + step * width, (K + 1) * n,
                   factor_forward(theta, f->weight_hh[layer], n, &f->packed_hh[layer]), 1,
                   gate + step * wide, (K + 1) * sums);
        for (int b = 0; b < B; b++) {
            size_t row = (size_t)b * ((size_t)K + 1) + step;
            float *state = c != NULL ? c + row * width : NULL;
            cell_forward(f, gate + row * wide, state, c != NULL ? state + width : NULL,
                         h + (row + 1) * width);
        }
    }
}

void lstm_forward(const struct lstm *f, const float *theta, const float *x, int B,
                  struct lstm_tape *tape, float *y)
{
    assert(B <= tape->B);
    int K = tape->K;
    size_t width = (size_t)f->width, out = (size_t)K * width;
    tape->windows = B;
    spread(x, B, K, (size_t)f->in, 0, tape->x);
    for (int layer = 0; layer < f->layers; layer++)
        layer_forward(f, theta, layer, B, tape);
    const float *top = tape->h[f->layers - 1];
    for (int b = 0; b < B; b++)
        memcpy(y + (size_t)b * out, top + (size_t)b * (out + width) + width, out * sizeof *y);
}

/* Turn the gates of one window's step into the gradient of their sums. dh is the gradient of the
 * state after the step; dc (in: of c after the step) becomes that of c before it. */
static void cell_backward(const struct lstm *f, float *restrict gate, const float *restrict c,
                          const float *restrict h_next, const float *restrict dh,
                          float *restrict dc)
{
    int n = f->width;
    if (c == NULL) { /* the plain RNN */
        for (int j = 0; j < n; j++)
            gate[j] = h_next[j] > 0.0f ? dh[j] : 0.0f;
        return;
    }
    float *i = gate, *forget = gate + n, *g = gate + 2 * (size_t)n, *o = gate + 3 * (size_t)n;
    for (int j = 0; j < n; j++) {
        float tanh_c = tanhf(forget[j] * c[j] + i[j] * g[j]);
        float d = dc[j] + dh[j] * o[j] * (1.0f - tanh_c * tanh_c);
        dc[j] = d * forget[j];
        o[j] = dh[j] * tanh_c * o[j] * (1.0f - o[j]);
        forget[j] = d * c[j] * forget[j] * (1.0f - forget[j]);
        float di = d * g[j] * i[j] * (1.0f - i[j]);
        g[j] = d * i[j] * (1.0f - g[j] * g[j]);
        i[j] = di;
    }
}

/* tape->dh holds the gradient of this layer's outputs, row (b,t) for step t. Backwards in time:
 * gate becomes dgate, dh gains the gradient from the next step. */
static void back_in_time(const struct lstm *f, const float *theta, int layer,
                         struct lstm_tape *tape)
{
    int B = tape->windows, K = tape->K, n = f->width, sums = f->gates * n;
    size_t width = (size_t)n, wide = (size_t)sums;
    const float *h = tape->h[layer], *c = tape->c[layer];
    float *gate = tape->gate[layer], *dh = tape->dh;
    if (c != NULL)
        memset(tape->dc, 0, (size_t)B * width * sizeof *tape->dc);
    for (int t = K - 1; t >= 0; t--) {
        size_t step = (size_t)t;
        if (t < K - 1)
            matmul(MATMUL_NN, B, n, sums, gate + (step + 1) * wide, (K + 1) * sums,
                   factor_backward(theta, f->weight_hh[layer], n, 0, &f->packed_hh[layer]), 1,
                   dh + step * width, (K + 1) * n);
        for (int b = 0; b < B; b++) {
            size_t row = (size_t)b * ((size_t)K + 1) + step;
            cell_backward(f, gate + row * wide, c != NULL ? c + row * width : NULL,
                          h + (row + 1) * width, dh + row * width,
                          c != NULL ? tape->dc + (size_t)b * width : NULL);
        }
    }
}

/* dW_ih += dgateᵀ x, dW_hh += dgateᵀ h (before the step), both biases += column sums. */
static void add_parameters(const struct lstm *f, int layer, const struct lstm_tape *tape,
                           float *dtheta)
{
    int rows = tape->windows * (tape->K + 1), n = f->width, sums = f->gates * n;
    int in = layer == 0 ? f->in : n;
    const float *gate = tape->gate[layer];
    const float *x = layer == 0 ? tape->x : tape->h[layer - 1] + n;
    matmul(MATMUL_TN, sums, in, rows - 1, gate, sums, factor_plain(&f->packed_ih[layer], x, in), 1,
           dtheta + f->weight_ih[layer], in);
    matmul(MATMUL_TN, sums, n, rows, gate, sums,
           factor_plain(&f->packed_hh[layer], tape->h[layer], n), 1, dtheta + f->weight_hh[layer],
           n);
    float *bias[] = {dtheta + f->bias_ih[layer], dtheta + f->bias_hh[layer]};
    for (size_t r = 0; r < (size_t)rows; r++) {
        for (int j = 0; j < sums; j++) {
            float d = gate[r * (size_t)sums + (size_t)j];
            bias[0][j] += d;
            bias[1][j] += d;
        }
    }
}

void lstm_backward(const struct lstm *f, const float *theta, const float *dy,
                   struct lstm_tape *tape, float *dtheta, float *dx, int from)
{
    int B = tape->windows, K = tape->K, n = f->width, sums = f->gates * n;
    spread(dy, B, K, (size_t)n, 0, tape->dh);
    for (int layer = f->layers - 1; layer >= 0; layer--) {
        back_in_time(f, theta, layer, tape);
        if (dtheta != NULL)
            add_parameters(f, layer, tape, dtheta);
        if (layer > 0)
            matmul(MATMUL_NN, B * (K + 1), n, sums, tape->gate[layer], sums,
                   factor_backward(theta, f->weight_ih[layer], n, 0, &f->packed_ih[layer]), 0,
                   tape->dh, n);
    }
    if (dx == NULL)
        return;
    int cols = f->in - from; /* step by step: dx has no row for step K */
    for (int t = 0; t < K; t++)
        matmul(MATMUL_NN, B, cols, sums, tape->gate[0] + (size_t)t * (size_t)sums, (K + 1) * sums,
               factor_backward(theta, f->weight_ih[0], f->in, from, &f->packed_ih[0]), 0,
               dx + (size_t)t * (size_t)cols, K * cols);
}
