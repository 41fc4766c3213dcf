/* Shared by attention.c and attention_short.c, the case of small networks. */
#ifndef ENGINE_NN_ATTENTION_IMPL_H
#define ENGINE_NN_ATTENTION_IMPL_H

#include "engine/nn/attention.h"
#include "engine/nn/lane_sum.h"

#include <stdbool.h>

enum {
    ATTENTION_VEC = LANE_SUM, /* floats of a vector; rows of weights are whole vectors */
    ATTENTION_SHORT = 16      /* tokens up to which scores are dot products */
};

/* Few tokens without padding, and a head is one vector. Both passes of a window must agree. */
bool attention_is_short(const struct attention_block *b, const struct attention_window *w);

/* Any window. */
void attention_long_forward(const struct attention_block *b, const struct attention_window *w,
                            struct arena *scratch, float *out, int ldout);
void attention_long_backward(const struct attention_block *b, const struct attention_window *w,
                             const float *dout, int lddout, struct arena *scratch, float *dq,
                             float *dk, float *dv);

/* Bit-identical to the above, for a group of short windows (attention_group). Their weights have
 * another order. */
void attention_short_forward(const struct attention_block *b, const struct attention_window w[],
                             int n, float *out, int ldout);
void attention_short_backward(const struct attention_block *b, const struct attention_window w[],
                              int n, const float *dout, int lddout, float *dq, float *dk,
                              float *dv);

#endif
