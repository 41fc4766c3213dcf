#include "engine/optim/moments.h"

#include <stdlib.h>

static int chunks_of(const struct view *v)
{
    return (int)((view_size(v) + MOMENTS_CHUNK - 1) / MOMENTS_CHUNK);
}

static void cut_chunks(const struct layout *l, struct chunk *out)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        for (size_t done = 0; done < view_size(v); done += MOMENTS_CHUNK) {
            size_t left = view_size(v) - done;
            *out++ = (struct chunk){.from = v->offset + done,
                                    .n = (int)(left < MOMENTS_CHUNK ? left : MOMENTS_CHUNK),
                                    .view = i};
        }
    }
}

enum status moments_init(struct moments *s, const struct layout *l)
{
    *s = (struct moments){.layout = l};
    for (int i = 0; i < l->count; i++)
        s->chunks += chunks_of(&l->views[i]);
    enum status status = params_new(l, &s->m);
    if (status == STATUS_OK)
        status = params_new(l, &s->v);
    if (status != STATUS_OK) {
        moments_free(s);
        return status;
    }
    size_t n = (size_t)s->chunks;
    s->chunk = calloc(n + 1, sizeof *s->chunk);
    s->partial = calloc(n + 1, sizeof *s->partial);
    if (s->chunk == NULL || s->partial == NULL) {
        moments_free(s);
        return status_fail(STATUS_MEMORY, "no memory for an optimiser's %zu chunks", n);
    }
    cut_chunks(l, s->chunk);
    return STATUS_OK;
}

void moments_free(struct moments *s)
{
    free(s->m);
    free(s->v);
    free(s->chunk);
    free(s->partial);
    *s = (struct moments){0};
}

enum status moments_visit(struct moments *s, struct visitor *v)
{
    TRY(visit_floats(v, "m", s->m, s->layout->size));
    TRY(visit_floats(v, "v", s->v, s->layout->size));
    return visit_count(v, "step", &s->step, 0);
}

void follow_chunk(const struct follow *f, const float *theta, size_t from, int n)
{
    const float *restrict p = theta + from;
    float *restrict target = f->target + from;
    float tau = f->tau, keep = 1.0f - tau;
    for (int i = 0; i < n; i++)
        target[i] = tau * p[i] + keep * target[i];
}
