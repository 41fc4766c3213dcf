/* Shared by transformer.c (tokens in, hidden states out) and transformer_layer.c (one layer). */
#ifndef ENGINE_NN_TRANSFORMER_IMPL_H
#define ENGINE_NN_TRANSFORMER_IMPL_H

#include "engine/nn/attention.h"
#include "engine/nn/transformer.h"

#include <stdbool.h>

struct segment {    /* one window inside a block */
    int window;     /* b */
    int steps;      /* computed ones, the window's last */
    int padding;    /* of these, how many are padding */
    int tokens;     /* rows: steps * tokens per step, less trailing ones that no token attends to */
    int reads;      /* hidden rows */
    int first_read; /* token of the first of them; the next are a step further */
    int row, read_row; /* where its rows start among the block's */
};

/* What one layer keeps for backward. Q: rows with queries, which are all rows, or the read ones in
 * the last layer. N: all rows. */
struct layer_saved {
    bool last;
    int Q;
    const float *x;                  /* (N,C) input */
    float *x_query;                  /* (Q,C) its read rows: last layer only */
    float *ln1, *ln1_query;          /* (N,C); (Q,C) last layer only */
    float *stats1, *stats2;          /* (N,2), (Q,2) */
    float *qkv;                      /* (N,3C), or in the last layer (Q,C) then (N,2C) */
    float *context;                  /* (Q,C) the heads' outputs, concatenated */
    float *mid, *ln2;                /* (Q,C) */
    float *hidden;                   /* (Q,4C) after ReLU */
    float *out;                      /* (Q,C) */
    uint8_t *keep_out;               /* (Q,C) dropout of the attention output */
    uint8_t *keep_mlp;               /* (Q,C) */
    uint8_t *keep_weight;            /* sum of (H,queries,tokens) */
    struct attention_window *window; /* (segments) */
    struct attention_block attention;
};

struct transformer_saved {
    const struct windows *w;
    const struct dropout *dropout;
    int count, N, reads; /* segments, rows, hidden rows */
    struct segment *segment;
    int *read_row; /* (reads) row of each hidden row */
    int token_count[TRANSFORMER_TOKENS];
    int *token_row[TRANSFORMER_TOKENS];     /* rows of each kind of token */
    float *token_input[TRANSFORMER_TOKENS]; /* their inputs, gathered (token_count,width) */
    float *embedded, *embed_stats, *x;      /* (N,C) before embed_ln; (N,2); (N,C) after dropout */
    uint8_t *keep_embed;                    /* (N,C) */
    struct layer_saved layer[TRANSFORMER_LAYERS];
    float *final_stats, *hidden; /* (reads,2), (reads,C) */
};

/* Buffers of the backward pass: gradients of a layer's output, middle and two temporaries. */
struct layer_work {
    float *dx, *dmid, *narrow; /* (N,C) */
    float *wide;               /* (N,4C) */
};

/* One layer from s->layer[n].x to .out; temporary (N,C) is used with dropout. */
void transformer_layer_forward(const struct transformer *f, int n, const float *theta,
                               struct transformer_saved *s, float *temporary,
                               struct arena *scratch);

/* work->dx: in d out (Q,C), out d x (N,C). */
void transformer_layer_backward(const struct transformer *f, int n, const float *theta,
                                const struct transformer_saved *s, struct layer_work *work,
                                struct arena *scratch, float *dtheta);

#endif
