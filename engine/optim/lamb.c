#include "engine/optim/lamb.h"

#include "engine/base/wide.h"
#include "engine/optim/clip.h"
#include "engine/optim/sums.h"

#include <math.h>

struct lamb_rule lamb_rule_default(double decay)
{
    return (struct lamb_rule){
        .beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = decay, .clip = 0.25, .own_clip = 1};
}

struct factors {
    float b1, c1; /* beta1, 1 - beta1 */
    float b2, c2;
    float unbias; /* 1/(1 - beta1^t) */
    float root;   /* 1/sqrt(1 - beta2^t) */
    float eps, decay;
    float scale; /* of the gradient: both clips */
};

static struct factors lamb_factors(const struct lamb_rule *rule, int64_t t, double scale)
{
    return (struct factors){
        .b1 = (float)rule->beta1,
        .c1 = (float)(1 - rule->beta1),
        .b2 = (float)rule->beta2,
        .c2 = (float)(1 - rule->beta2),
        .unbias = (float)(1 / (1 - pow(rule->beta1, (double)t))),
        .root = (float)(1 / sqrt(1 - pow(rule->beta2, (double)t))),
        .eps = (float)rule->eps,
        .decay = (float)rule->decay,
        .scale = (float)scale,
    };
}

/* u of one element; the same expression in both passes, hence the same bits. */
static inline float direction(const struct factors *f, float m, float v, float p)
{
    return f->unbias * m / (f->root * sqrtf(v) + f->eps) + f->decay * p;
}

/* First pass over a chunk: moments, and the sums of squares of p and u. */
WIDE(static void, measure_chunk,
     (const struct factors *f, int n, const float *restrict grad, float *restrict m,
      float *restrict v, const float *restrict p, double partial[2]),
     (f, n, grad, m, v, p, partial))
{
    double pp[SUM_LANES] = {0}, uu[SUM_LANES] = {0};
    for (int i = 0; i < n; i += SUM_LANES) {
        float u[SUM_LANES] = {0}, q[SUM_LANES] = {0};
        int width = n - i < SUM_LANES ? n - i : SUM_LANES;
        for (int j = 0; j < width; j++) {
            float g = f->scale * grad[i + j];
            m[i + j] = f->b1 * m[i + j] + f->c1 * g;
            v[i + j] = f->b2 * v[i + j] + f->c2 * (g * g);
            q[j] = p[i + j];
            u[j] = direction(f, m[i + j], v[i + j], q[j]);
        }
        for (int j = 0; j < SUM_LANES; j++) {
            pp[j] += (double)q[j] * (double)q[j];
            uu[j] += (double)u[j] * (double)u[j];
        }
    }
    partial[0] = sum_lanes(pp);
    partial[1] = sum_lanes(uu);
}

/* Second pass: p += (-lr) (ratio u). */
WIDE(static void, apply_chunk,
     (const struct factors *f, float ratio, float minus_lr, int n, const float *restrict m,
      const float *restrict v, float *restrict p),
     (f, ratio, minus_lr, n, m, v, p))
{
    for (int i = 0; i < n; i++)
        p[i] += minus_lr * (ratio * direction(f, m[i], v[i], p[i]));
}

/* Trust ratio of the tensor with chunks first .. end - 1. */
static float trust_ratio(const struct lamb_rule *rule, const struct moments *s, int first, int end)
{
    double pp = 0, uu = 0;
    for (int c = first; c < end; c++) {
        pp += s->partial[c][0];
        uu += s->partial[c][1];
    }
    return rule->decay > 0 && pp > 0 && uu > 0 ? (float)sqrt(pp / uu) : 1.0f;
}

static int tensor_end(const struct moments *s, int c)
{
    int view = s->chunk[c].view;
    while (c < s->chunks && s->chunk[c].view == view)
        c++;
    return c;
}

enum status lamb_step(const struct lamb_rule *rule, struct moments *s, double lr,
                      float *const grad[], int lanes, const char *what, float *theta,
                      const struct follow *follow, struct step_report *report)
{
    double norm;
    TRY(clip_gather(s, grad, lanes, what, &norm));
    /* Two clips, as released: first the norm of everything clipped together, then LAMB's own. */
    if (rule->beside > 0)
        norm = sqrt(norm * norm + rule->beside);
    double clip = clip_coefficient(norm, rule->clip);
    if (rule->own_clip > 0 && norm * clip > rule->own_clip)
        clip *= rule->own_clip / (norm * clip);
    struct factors f = lamb_factors(rule, s->step + 1, clip);

    /* Tensor by tensor, so that the second pass finds the first one's data in the cache. Each
     * thread gets the same chunks again and only waits for the other threads' sums. */
#pragma omp parallel
    for (int first = 0, end; first < s->chunks; first = end) {
        end = tensor_end(s, first);
#pragma omp for schedule(static)
        for (int c = first; c < end; c++) {
            size_t from = s->chunk[c].from;
            measure_chunk(&f, s->chunk[c].n, grad[0] + from, s->m + from, s->v + from, theta + from,
                          s->partial[c]);
        }
        float ratio = trust_ratio(rule, s, first, end);
#pragma omp for schedule(static) nowait
        for (int c = first; c < end; c++) {
            size_t from = s->chunk[c].from;
            int n = s->chunk[c].n;
            apply_chunk(&f, ratio, -(float)lr, n, s->m + from, s->v + from, theta + from);
            if (follow != NULL)
                follow_chunk(follow, theta, from, n);
        }
    }
    s->step++;
    if (report != NULL)
        *report = (struct step_report){.grad_norm = norm, .clip = clip};
    return STATUS_OK;
}
