/* Critics: one or two action values Q(s,a) and a state value V(s), one number per window position.
 *
 * Each is a separate network ("net") in one layout, so that one AdamW step moves them together and
 * a target critic is one more vector. A table of functions implements a net: as an MLP applied
 * position by position, or as a recurrent stack over the window (Fig. 23).
 *
 *   critic_take(c, B, K, scratch, &tape)                        memory; also in a dry run
 *   critic_q(c, theta, CRITIC_Q1, state, action, B, &tape, q)
 *   critic_backward(c, theta, CRITIC_Q1, dq, &tape, dtheta, daction)
 *
 * Arrays of values are (B,K). Everything runs on the calling thread: a learner spreads windows over
 * lanes (lanes.h), each with its own scratch, tape and dtheta.
 * Source: docs/networks.md 2, docs/methods.md 3. */
#ifndef ENGINE_METHODS_CRITIC_H
#define ENGINE_METHODS_CRITIC_H

#include "engine/base/arena.h"
#include "engine/data/batch.h"
#include "engine/nn/lstm.h"
#include "engine/nn/mlp.h"

enum critic_which { CRITIC_Q1, CRITIC_Q2, CRITIC_V, CRITIC_NETS };
enum critic_cell { CRITIC_MLP, CRITIC_RNN, CRITIC_LSTM };

struct critic_spec {
    enum critic_cell cell;
    enum product product;
    int S, A;
    int q;      /* how many Q nets: 0, 1 or 2 */
    bool v;     /* a V net */
    int width;  /* 256 */
    int layers; /* hidden layers: MLP 2, recurrent 3 */
    bool norm;  /* LayerNorm without gain and bias (docs/methods.md 3: not for MuJoCo) */
};

/* One scalar function of a window. */
struct critic_net {
    int in; /* S, or S+A with the state first; 0: absent */
    struct mlp mlp;
    struct lstm stack; /* recurrent: y = output(relu(norm(top layer's h))) */
    struct linear output;
    bool norm;
};

struct critic_net_tape {
    float *x; /* (B,K,in) state and action side by side */
    struct mlp_tape mlp;
    struct lstm_tape stack;
    float *top;     /* recurrent (B,K,width) top layer's h */
    float *feature; /* (B,K,width) what the output layer reads */
    float *stats;   /* (B*K,2) of the norm */
    float *dtop;    /* (B,K,width) scratch of the backward pass */
};

struct critic_tape {
    int B, K;                 /* what the arrays hold; passes may have fewer windows */
    int windows[CRITIC_NETS]; /* in each net's last forward pass */
    struct critic_net_tape net[CRITIC_NETS];
};

struct critic_ops {
    const char *name;
    void (*plan)(const struct critic_spec *spec, struct layout *l, const char *name,
                 struct critic_net *net);
    void (*take)(const struct critic_net *net, int B, int K, struct arena *a,
                 struct critic_net_tape *tape);
    /* y (B,K) from tape->x */
    void (*forward)(const struct critic_net *net, const float *theta, int B, int K,
                    struct critic_net_tape *tape, float *y);
    /* dtheta += (NULL: skipped), dx (B,K,in-from) written (NULL: skipped) */
    void (*backward)(const struct critic_net *net, const float *theta, int B, int K,
                     const float *dy, struct critic_net_tape *tape, float *dtheta, float *dx,
                     int from);
};

extern const struct critic_ops critic_mlp, critic_recurrent;

struct critic {
    struct critic_spec spec;
    const struct critic_ops *ops;
    struct layout layout; /* tensors "q1.layer1.weight", ..., "q2...", "v..." */
    struct critic_net net[CRITIC_NETS];
};

/* Errors STATUS_CONFIG: sizes or counts out of range. */
enum status critic_plan(const struct critic_spec *spec, struct critic *out);

/* Allocate activations for one pass of each net over up to B windows of K steps. */
void critic_take(const struct critic *c, int B, int K, struct arena *a, struct critic_tape *tape);

/* values (B,K) of a Q net at state (B,K,S), action (B,K,A); of the V net at state. */
void critic_q(const struct critic *c, const float *theta, enum critic_which which,
              const float *state, const float *action, int B, struct critic_tape *tape,
              float *values);
void critic_v(const struct critic *c, const float *theta, const float *state, int B,
              struct critic_tape *tape, float *values);

/* All Q nets at once: q1 (B,K), q2 (B,K; unused with one Q net) and low (B,K), the smaller of them,
 * which may be q1 or q2. The tape holds both passes. */
void critic_min(const struct critic *c, const float *theta, const float *state, const float *action,
                int B, struct critic_tape *tape, float *q1, float *q2, float *low);

/* After critic_q, critic_v or critic_min: dtheta += gradient (NULL: not wanted), daction (B,K,A)
 * written (NULL: not wanted; V has none). dvalues (B,K). Call once after each forward pass. */
void critic_backward(const struct critic *c, const float *theta, enum critic_which which,
                     const float *dvalues, struct critic_tape *tape, float *dtheta, float *daction);

/* Divisor of a sum over a padded batch (D7): the number of positions B*K (`code`), or the sum of
 * the weights (`paper`; 1 if that is 0). */
enum critic_divisor { CRITIC_OVER_ALL, CRITIC_OVER_VALID };
double critic_divide_by(const struct batch *b, enum critic_divisor divisor);

/* y = reward + gamma (1 - done) next.   n positions; on padding done is 2, as in the released
 * code. */
void critic_target(const float *reward, const float *done, const float *next, float gamma, size_t n,
                   float *y);

/* The sum over n positions of weight (value - y)^2 / divisor, summed in double, and its derivative
 * dvalue. Non-finite values give a non-finite loss; the step is then refused because of its
 * gradient. */
double critic_td_loss(const float *value, const float *y, const float *weight, double divisor,
                      size_t n, float *dvalue);

#endif
