/* Dropout: y = keep ? x / (1 - p) : 0.
 *
 * Keep masks come from the stream RNG_DROPOUT, keyed by (run, window, site, update): a mask depends
 * neither on threads nor on how windows are grouped. Backward uses the mask that forward stored. */
#ifndef ENGINE_NN_DROPOUT_H
#define ENGINE_NN_DROPOUT_H

#include <stddef.h>
#include <stdint.h>

/* Where a transformer drops (docs/networks.md 5). */
enum dropout_kind {
    DROPOUT_EMBEDDING,     /* embedded tokens after embed_ln */
    DROPOUT_ATTENTION,     /* attention probabilities */
    DROPOUT_ATTENTION_OUT, /* output of attention, before the residual sum */
    DROPOUT_MLP_OUT,       /* output of the feed-forward part */
    DROPOUT_KINDS
};

/* One mask: its window, its site, and the tokens of its rows. */
struct dropout_site {
    enum dropout_kind kind;
    int window; /* index in the batch */
    int layer;  /* 0 for the embedding */
    int heads;  /* DROPOUT_ATTENTION: the mask is (heads,rows,cols), else 1 */
    int rows; /* tokens: row i is token row_first + i*row_step of the full window of all K steps */
    int row_first, row_step;
    int cols;      /* C, or DROPOUT_ATTENTION: keys */
    int col_first; /* DROPOUT_ATTENTION: column j is token col_first + j */
};

struct dropout {
    float p;           /* probabilities, attention output, MLP output */
    float p_embedding; /* the released code leaves it at 0.1 whatever p is */
    uint64_t key;      /* the run; two transformers in one step need two keys (rng_key_mix) */
    uint64_t step;     /* actor updates so far */
    /* Masks from outside (tests): fill keep (heads,rows,cols) with 0 or 1. NULL: random. */
    void (*given)(const void *context, const struct dropout_site *site, uint8_t *keep);
    const void *context;
};

/* The probability at a site. d NULL (evaluation): 0. */
float dropout_p(const struct dropout *d, enum dropout_kind kind);

/* Fill keep (heads,rows,cols) with 1 (probability 1 - p) or 0. */
void dropout_mask(const struct dropout *d, const struct dropout_site *site, uint8_t *keep);

/* y = residual + (keep ? x / (1 - p) : 0).   n elements; residual may be NULL (0) or y, y may be x.
 * Without a residual it is its own backward (dx from dy). */
void dropout_apply(const uint8_t *keep, float p, const float *x, const float *residual, size_t n,
                   float *y);

#endif
