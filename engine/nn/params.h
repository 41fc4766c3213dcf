/* Parameters: one contiguous float vector, and a layout that names every tensor in it.
 *
 * A *plan* (struct linear, struct transformer, ...) is built once and holds sizes and offsets; a
 * *theta* is a vector of layout.size floats. Gradients, Adam moments and target networks are
 * more vectors with the same layout. The views are the only list of tensors: initialisation,
 * LAMB's trust ratios, checkpoints, fixture tests and NaN reports walk them.
 *
 * Shape letters, used everywhere:
 *   B batch (segments)   K context steps      T tokens (3K)      N rows
 *   C embedding width    H attention heads    S state dims       A action dims     E episodes */
#ifndef ENGINE_NN_PARAMS_H
#define ENGINE_NN_PARAMS_H

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "engine/nn/kernel.h"

#include <stdbool.h>
#include <stddef.h>

enum { PARAMS_NAME = 64, PARAMS_MAX_VIEWS = 256 };

/* How a tensor is initialised (docs/networks.md 1, "Initial values"). */
enum init {
    INIT_ZERO,
    INIT_ONE,
    INIT_CONSTANT,   /* scale */
    INIT_NORMAL,     /* Normal(0, scale) */
    INIT_UNIFORM,    /* Uniform(-scale, scale) */
    INIT_ORTHOGONAL, /* rows or columns orthonormal, times scale */
};

struct view {               /* one named tensor inside the vector */
    char name[PARAMS_NAME]; /* "block2.attn.qkv.weight": key in checkpoints and messages */
    size_t offset;          /* in floats; tensors start on 64-byte boundaries */
    int rows, cols;         /* row-major (out, in); a vector has rows = 1 */
    bool decay;             /* a matrix, as opposed to a bias or a gain */
    enum init init;
    float scale;
};

/* What computes the products of a network (matmul.h). */
enum product {
    PRODUCT_BLAS,    /* OpenBLAS, in f32 */
    PRODUCT_F32,     /* our own kernels, in f32 */
    PRODUCT_BF16,    /* our own kernels, operands rounded to bf16, sums in f32 */
    PRODUCT_BF16_AMX /* the same in the order of AMX */
};

/* The type of our own kernels; not for PRODUCT_BLAS. */
enum kernel_type product_kernel(enum product product);

/* Our own kernels read a matrix W (out,in) in two other forms, made once after each change: packed
 * for x Wᵀ, and for dy W. The forms lie before the vector: that of offset n begins n floats before
 * its first one. */
struct packed {
    enum product product; /* PRODUCT_BLAS: there are none */
    size_t forward, backward;
    int out;   /* rows of the whole W */
    int first; /* where W is but a part of its rows: the first of them */
};

struct packed_view {
    size_t weight; /* offset of W */
    int out, in;
    struct packed forms;
};

struct layout {
    enum product product; /* set before anything is added */
    struct view views[PARAMS_MAX_VIEWS];
    int count;
    size_t size; /* floats in a vector of this layout, padding included (padding stays 0) */
    struct packed_view packed_views[PARAMS_MAX_VIEWS];
    int packed_count;
    size_t packed; /* floats before a vector with packed forms; 0 with PRODUCT_BLAS */
};

/* The weights of a network, as a pass reads them.
 *
 * `value` is the vector that optimisers step, targets follow and checkpoints keep; before it lie
 * the packed forms of its matrices. Who changes `value` calls params_pack before the next pass:
 * that is network.h, and nobody else. Kernels take `value` as their `theta`; theirs may only be a
 * vector of another origin (params_new) where the layout's product is PRODUCT_BLAS. */
struct params {
    const struct layout *layout; /* not owned; must outlive */
    float *value;                /* (layout->size) */
};

/* Zeros. Errors STATUS_MEMORY. */
enum status params_make(const struct layout *l, struct params *p);
void params_free(struct params *p);

/* The packed forms from the values; those for dy W only if there will be a backward pass. Threads:
 * any, same bits. */
void params_pack(const struct params *p, bool backward);

/* Append the tensor "prefix.leaf" and return its offset. Too many or too long: assert. */
size_t layout_add(struct layout *l, const char *prefix, const char *leaf, int rows, int cols,
                  enum init init, float scale);

/* Declare that the matrix (out,in) at `weight` is a factor of products. */
struct packed layout_pack(struct layout *l, size_t weight, int out, int in);

static inline size_t view_size(const struct view *v)
{
    return (size_t)v->rows * (size_t)v->cols;
}

/* The view of that name, or NULL. */
const struct view *layout_find(const struct layout *l, const char *name);

/* A zeroed, 64-byte aligned vector for free(). Errors STATUS_MEMORY. */
enum status params_new(const struct layout *l, float **theta);

/* Draw initial values, tensor i from rng_at(run, RNG_INIT, base + i): independent of layout order
 * of other networks. Errors STATUS_MEMORY (orthogonal needs scratch). */
enum status params_init(const struct layout *l, float *theta, uint64_t run, uint64_t base);

/* target = tau theta + (1 - tau) target, element by element in float. Threads: any, same bits. */
void params_polyak(float *target, const float *theta, float tau, size_t n);

/* STATUS_NONFINITE naming tensor and element when a value is NaN or infinite. `what` is "gradient
 * of the actor" or the like. */
enum status params_check_finite(const struct layout *l, const float *x, const char *what);

#endif
