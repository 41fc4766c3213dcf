#include "engine/nn/params.h"

#include "engine/base/memory.h"
#include "engine/base/threads.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGN_FLOATS = 16, CHUNK = 16384 };

size_t layout_add(struct layout *l, const char *prefix, const char *leaf, int rows, int cols,
                  enum init init, float scale)
{
    assert(l->count < PARAMS_MAX_VIEWS && rows > 0 && cols > 0);
    struct view *v = &l->views[l->count++];
    int length = snprintf(v->name, sizeof v->name, "%s.%s", prefix, leaf);
    assert(length < PARAMS_NAME);
    (void)length;
    v->rows = rows;
    v->cols = cols;
    v->decay = rows > 1;
    v->init = init;
    v->scale = scale;
    v->offset = l->size;
    l->size += (view_size(v) + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    return v->offset;
}

enum kernel_type product_kernel(enum product product)
{
    switch (product) {
    case PRODUCT_BF16:
        return KERNEL_BF16;
    case PRODUCT_BF16_AMX:
        return KERNEL_BF16_AMX;
    default:
        return KERNEL_F32;
    }
}

/* Room for one more packed form, on a 64-byte boundary. */
static size_t add_form(struct layout *l, int inner, int cols)
{
    size_t words = kernel_packed(product_kernel(l->product), inner, cols); /* whole panels */
    l->packed += words;
    return l->packed;
}

struct packed layout_pack(struct layout *l, size_t weight, int out, int in)
{
    struct packed forms = {.product = l->product, .out = out};
    if (l->product == PRODUCT_BLAS)
        return forms;
    assert(l->packed_count < PARAMS_MAX_VIEWS);
    forms.forward = add_form(l, in, out);
    forms.backward = add_form(l, out, in);
    l->packed_views[l->packed_count++] = (struct packed_view){
        .weight = weight, .out = out, .in = in, .forms = forms};
    return forms;
}

const struct view *layout_find(const struct layout *l, const char *name)
{
    for (int i = 0; i < l->count; i++) {
        if (strcmp(l->views[i].name, name) == 0)
            return &l->views[i];
    }
    return NULL;
}

/* `before` floats, then zeros. */
static enum status reserve(const struct layout *l, size_t before, float **theta)
{
    size_t bytes = (l->size > 0 ? l->size : ALIGN_FLOATS) * sizeof(float);
    float *start = memory_reserve(before * sizeof(float) + bytes);
    if (start == NULL)
        return status_fail(STATUS_MEMORY,
                           "cannot reserve %.1f MB for parameters; use a smaller "
                           "network",
                           (double)(before * sizeof(float) + bytes) / 1e6);
    *theta = start + before;
    memset(*theta, 0, bytes);
    return STATUS_OK;
}

enum status params_new(const struct layout *l, float **theta)
{
    *theta = NULL;
    return reserve(l, 0, theta);
}

enum status params_make(const struct layout *l, struct params *p)
{
    *p = (struct params){.layout = l};
    return reserve(l, l->packed, &p->value);
}

void params_free(struct params *p)
{
    if (p->value != NULL)
        free(p->value - p->layout->packed);
    *p = (struct params){0};
}

/* One matrix: W's columns for x Wᵀ are its rows. */
static void pack_view(const struct params *p, const struct packed_view *v, bool backward)
{
    const float *w = p->value + v->weight;
    enum kernel_type type = product_kernel(v->forms.product);
    size_t in = (size_t)v->in;
    if (backward)
        kernel_pack(type, v->out, v->in, w, in, 1, (uint32_t *)(p->value - v->forms.backward));
    else
        kernel_pack(type, v->in, v->out, w, 1, in, (uint32_t *)(p->value - v->forms.forward));
}

void params_pack(const struct params *p, bool backward)
{
    const struct layout *l = p->layout;
    int forms = backward ? 2 : 1;
    for (int i = 0; i < forms * l->packed_count && threads_count() == 1; i++)
        pack_view(p, &l->packed_views[i / forms], i % forms == 1);
    if (threads_count() == 1 || l->packed_count == 0)
        return;
#pragma omp parallel for schedule(dynamic)
    for (int i = 0; i < forms * l->packed_count; i++)
        pack_view(p, &l->packed_views[i / forms], i % forms == 1);
}

/* Orthonormal rows (rows <= cols) or columns, by modified Gram-Schmidt in double on a Gaussian
 * matrix: the same distribution (Haar) as the sign-corrected QR of torch.nn.init.orthogonal_. */
static enum status init_orthogonal(const struct view *v, float *w, struct rng rng)
{
    int count = v->rows < v->cols ? v->rows : v->cols;
    int length = v->rows < v->cols ? v->cols : v->rows;
    double *q = malloc((size_t)count * (size_t)length * sizeof *q);
    if (q == NULL)
        return status_fail(STATUS_MEMORY, "no memory to initialise %s", v->name);
    for (int i = 0; i < count; i++) {
        double *a = q + (size_t)i * (size_t)length, norm = 0;
        for (int j = 0; j < length; j++)
            a[j] = rng_normal_double(&rng);
        for (int k = 0; k < i; k++) {
            const double *b = q + (size_t)k * (size_t)length;
            double dot = 0;
            for (int j = 0; j < length; j++)
                dot += a[j] * b[j];
            for (int j = 0; j < length; j++)
                a[j] -= dot * b[j];
        }
        for (int j = 0; j < length; j++)
            norm += a[j] * a[j];
        for (int j = 0; j < length; j++)
            a[j] /= sqrt(norm);
    }
    for (int r = 0; r < v->rows; r++) {
        for (int c = 0; c < v->cols; c++) {
            size_t from = v->rows < v->cols ? (size_t)r * (size_t)length + (size_t)c
                                            : (size_t)c * (size_t)length + (size_t)r;
            w[(size_t)r * (size_t)v->cols + (size_t)c] = v->scale * (float)q[from];
        }
    }
    free(q);
    return STATUS_OK;
}

enum status params_init(const struct layout *l, float *theta, uint64_t run, uint64_t base)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        struct rng rng = rng_at(run, RNG_INIT, base + (uint64_t)i);
        float *w = theta + v->offset;
        size_t n = view_size(v);
        switch (v->init) {
        case INIT_ZERO:
            memset(w, 0, n * sizeof *w);
            break;
        case INIT_ONE:
            for (size_t j = 0; j < n; j++)
                w[j] = 1.0f;
            break;
        case INIT_CONSTANT:
            for (size_t j = 0; j < n; j++)
                w[j] = v->scale;
            break;
        case INIT_NORMAL:
            rng_fill_normal(&rng, 0, w, n);
            for (size_t j = 0; j < n; j++)
                w[j] *= v->scale;
            break;
        case INIT_UNIFORM:
            rng_fill_uniform(&rng, 0, w, n);
            for (size_t j = 0; j < n; j++)
                w[j] = v->scale * (2.0f * w[j] - 1.0f);
            break;
        case INIT_ORTHOGONAL:
            TRY(init_orthogonal(v, w, rng));
            break;
        }
    }
    return STATUS_OK;
}

void params_polyak(float *target, const float *theta, float tau, size_t n)
{
    float keep = 1.0f - tau;
    long chunks = (long)((n + CHUNK - 1) / CHUNK);
#pragma omp parallel for schedule(static)
    for (long c = 0; c < chunks; c++) {
        size_t from = (size_t)c * CHUNK, to = from + CHUNK < n ? from + CHUNK : n;
        for (size_t i = from; i < to; i++)
            target[i] = tau * theta[i] + keep * target[i];
    }
}

enum status params_check_finite(const struct layout *l, const float *x, const char *what)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        for (size_t j = 0; j < view_size(v); j++) {
            if (!isfinite(x[v->offset + j]))
                return status_fail(STATUS_NONFINITE,
                                   "%s: tensor '%s' holds %g at row %zu, column %zu; lower the "
                                   "learning rate or look at the data",
                                   what, v->name, (double)x[v->offset + j], j / (size_t)v->cols,
                                   j % (size_t)v->cols);
        }
    }
    return STATUS_OK;
}
