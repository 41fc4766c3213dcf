#include "engine/nn/params.h"

#include "engine/base/memory.h"

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

const struct view *layout_find(const struct layout *l, const char *name)
{
    for (int i = 0; i < l->count; i++) {
        if (strcmp(l->views[i].name, name) == 0)
            return &l->views[i];
    }
    return NULL;
}

enum status params_new(const struct layout *l, float **theta)
{
    size_t bytes = (l->size > 0 ? l->size : ALIGN_FLOATS) * sizeof(float);
    *theta = memory_reserve(bytes);
    if (*theta == NULL)
        return status_fail(STATUS_MEMORY,
                           "cannot reserve %.1f MB for parameters; use a smaller "
                           "network",
                           (double)bytes / 1e6);
    memset(*theta, 0, bytes);
    return STATUS_OK;
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
