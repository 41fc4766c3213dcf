/* Causal multi-head attention of one short window (up to some hundred tokens), forward and
 * backward.
 *
 *   score = q·k / sqrt(D);  weight = softmax over the keys a query may see;  out = sum weight v
 *
 * Keys that count (docs/networks.md 1) in a window whose first `padding` tokens are padding:
 *   a real query      real keys up to itself, with their scores
 *   a padded query    padded keys up to itself with their scores, and every *future real* key with
 *                     score 0: there the released code replaces the score by -1e4 (causal mask)
 * and adds -1e4 to padded keys, which puts both kinds at the same level. Without padding this is
 * the causal mask. Weights of all other keys are exactly 0.
 *
 * Source: fixtures dt_deterministic.h5 (real), dt_stochastic.h5 (padded queries). */
#ifndef ENGINE_NN_ATTENTION_H
#define ENGINE_NN_ATTENTION_H

#include "engine/base/arena.h"

#include <stdint.h>

/* One window inside a block. Query i is token query_first + i*query_step: in the last layer only
 * the tokens that are read have queries. */
struct attention_window {
    int row, tokens;             /* keys and values: rows row .. row+tokens-1 */
    int padding;                 /* the first tokens that are padding, 0..tokens */
    int query_row, queries;      /* queries and output: rows query_row .. query_row+queries-1 */
    int query_first, query_step; /* query_first + (queries-1)*query_step < tokens */
    size_t weight;               /* where this window's weights start in the block's array */
    size_t keep;                 /* where its keep mask starts, (H,queries,tokens) */
};

/* The block's arrays. Head h takes columns h*D .. h*D+D-1 of each; ld: floats from row to row. */
struct attention_block {
    int H, D;
    int ldq, ldkv;
    const float *q, *k, *v; /* (rows,H*D) */
    float p;                /* dropout of the weights; 0: none */
    const uint8_t *keep;    /* used when p > 0 */
    float *weight; /* written by forward, read by backward: attention_weights() floats each */
};

/* Floats of weights that a window with this many queries and tokens keeps. */
size_t attention_weights(int H, int queries, int tokens);

/* For dry runs: take from `scratch` what a pass over a window of up to this many tokens needs. */
void attention_reserve(int D, int tokens, struct arena *scratch);

/* How many of the windows w[0], w[1], ... (`count` of them) are worked on together: those of a
 * small network that are of one shape, else 1. No number depends on it, but the weights' order
 * does, so both passes must have the same groups. */
int attention_group(const struct attention_block *b, const struct attention_window w[], int count);

/* out rows of a group of n windows (ld = ldout) are written. */
void attention_forward(const struct attention_block *b, const struct attention_window w[], int n,
                       struct arena *scratch, float *out, int ldout);

/* Given dout (ld = lddout): dq (ld = ldq), dk and dv (ld = ldkv) of the group are written. */
void attention_backward(const struct attention_block *b, const struct attention_window w[], int n,
                        const float *dout, int lddout, struct arena *scratch, float *dq, float *dk,
                        float *dv);

#endif
