/* The transformer over a window of K steps: several tokens per step, pre-norm, causal, no
 * positions.
 *
 *   decision transformer   tokens (return, state, action)   read at the state token
 *   PDT's policy           tokens (state, z, action)        read at the z token
 *   PDT's future encoder   tokens (state, action)           read at the action token
 *
 *   x = dropout(LN(W_i input_i + b_i))                     each token, one map per kind
 *   x = x + dropout(W_o attention(LN1(x)));   x = x + dropout(W_2 relu(W_1 LN2(x)))     L times
 *   hidden = LN_f(x)                                       at the tokens that are read
 *
 * Work is done in blocks: a few consecutive windows of a batch, forward and backward, so that
 * activations stay small. Only tokens that can influence a read output are rows of a block: padding
 * is omitted where the mask makes that exact, trailing tokens that no token attends to are omitted,
 * and in the last layer only read tokens have queries, projection and feed-forward.
 *
 *   mark = arena_mark(scratch);
 *   struct transformer_pass *pass = transformer_forward(&f, theta, &w, block, &dropout, scratch);
 *   ... head and loss on pass->hidden, row r is position pass->position[r] of (B,K) ...
 *   transformer_backward(&f, theta, pass, dhidden, scratch, dtheta, NULL);
 *   arena_release(scratch, mark);
 *
 * Parameters that never receive a gradient in the released code (embed_timestep, wte,
 * predict_state, predict_return) are not part of the layout.
 * Threads: any number of blocks at once, each with its own scratch and dtheta (lanes.h).
 * Source: docs/networks.md 1, 5; fixtures dt_*.h5. */
#ifndef ENGINE_NN_TRANSFORMER_H
#define ENGINE_NN_TRANSFORMER_H

#include "engine/base/arena.h"
#include "engine/nn/dropout.h"
#include "engine/nn/lanes.h"
#include "engine/nn/layernorm.h"
#include "engine/nn/linear.h"

enum {
    TRANSFORMER_TOKENS = 3,      /* most tokens per step */
    TRANSFORMER_LAYERS = 8,      /* most layers */
    TRANSFORMER_BLOCK_ROWS = 768 /* about the token rows of a block: measured with bench_learner */
};

struct transformer_token {
    const char *name; /* "embed_state": name of its map */
    int width;        /* numbers per step */
};

struct transformer_layer {
    struct layernorm ln1, ln2;      /* "blockN.ln1", "blockN.ln2" */
    struct linear qkv, attn_out;    /* "blockN.attn.qkv" C -> 3C (q|k|v), "blockN.attn.out" */
    struct linear mlp_in, mlp_out;  /* "blockN.mlp.in" C -> 4C, "blockN.mlp.out" */
    struct linear query, key_value; /* the two slices of qkv that the last layer uses apart */
};

struct transformer {
    int C, L, H; /* width, layers, heads (H divides C) */
    int tokens;  /* per step */
    int read;    /* which of them is read out, 0 .. tokens-1 */
    int widths[TRANSFORMER_TOKENS];
    struct linear embed[TRANSFORMER_TOKENS];
    struct layernorm embed_ln;
    struct transformer_layer layer[TRANSFORMER_LAYERS];
    struct layernorm ln_f;
};

/* Declare the parameters, names behind `prefix` ("" or "future."). */
struct transformer transformer_plan(struct layout *l, const char *prefix, int C, int L, int H,
                                    int tokens, const struct transformer_token token[], int read);

/* The decision transformer: tokens (embed_return 1, embed_state S, embed_action A), read at
 * state. */
struct transformer transformer_plan_dt(struct layout *l, int C, int L, int H, int S, int A);

/* Positions of a window that have a hidden row. */
enum transformer_outputs {
    OUTPUT_REAL, /* the real steps: padding is not computed at all */
    OUTPUT_ALL,  /* all K, padded ones too, with the released code's mask (docs/networks.md 1):
                  * a padded query sees padded past and real future tokens. For means over B*K. */
    OUTPUT_LAST  /* the last step only (acting); padding is not computed */
};

/* A batch of windows, right-aligned: window b's real steps are its last length[b] ones. The arrays
 * are only read. */
struct windows {
    int B, K;
    /* step k of window b is at input[i] + b*pitch[i] + k*width_i, for token kind i. With pitch K+1
     * and an offset the target's shifted returns and actions are views, not copies. Steps that are
     * not computed are not read: neither padding nor, unless padding is computed, the tokens behind
     * the last read one (the last action of a decision transformer). */
    const float *input[TRANSFORMER_TOKENS];
    size_t pitch[TRANSFORMER_TOKENS];
    const int
        *length; /* (B) 1..K, with OUTPUT_ALL 0..K; NULL: all K, as the unmasked target pass */
    enum transformer_outputs outputs;
};

/* Hidden rows of window b. */
int transformer_outputs(const struct windows *w, int b);
/* Token rows of window b: the weight for lanes_split. */
int transformer_rows(const struct transformer *f, const struct windows *w, int b);

/* The first windows of `left` that make a block of about TRANSFORMER_BLOCK_ROWS rows, at least one.
 *
 *   for (struct span left = lane, block; left.count > 0;) {
 *       block = transformer_block(f, w, &left);    also removes it from left */
struct span transformer_block(const struct transformer *f, const struct windows *w,
                              struct span *left);

/* A forward pass of one block, in the arena. Valid until the arena is released below it. */
struct transformer_pass {
    int rows;                        /* hidden rows, windows in order, steps in order */
    const float *hidden;             /* (rows,C) */
    const int *position;             /* (rows) b*K + k */
    struct transformer_saved *saved; /* for backward */
};

/* dropout NULL: evaluation. */
struct transformer_pass *transformer_forward(const struct transformer *f, const float *theta,
                                             const struct windows *w, struct span block,
                                             const struct dropout *dropout, struct arena *scratch);

/* The same numbers for who wants no gradient: the layers share their memory, so that it is less and
 * stays in the caches. */
const struct transformer_pass *transformer_evaluate(const struct transformer *f, const float *theta,
                                                    const struct windows *w, struct span block,
                                                    const struct dropout *dropout,
                                                    struct arena *scratch);

/* dtheta += gradient, given dhidden (pass->rows,C). For token kind i with dinput[i] != NULL, the
 * gradient of the input is written to dinput[i] (B,K,width_i) at every step of this block that was
 * a row; dinput NULL: none. */
void transformer_backward(const struct transformer *f, const float *theta,
                          const struct transformer_pass *pass, const float *dhidden,
                          struct arena *scratch, float *dtheta,
                          float *const dinput[TRANSFORMER_TOKENS]);

/* Bytes of scratch that forward and backward of any block take, or evaluate alone, for windows of
 * up to K steps. Head and loss come on top: at most transformer_block_outputs(f, K) hidden rows. */
size_t transformer_scratch(const struct transformer *f, int K, bool backward);
int transformer_block_outputs(const struct transformer *f, int K);

#endif
