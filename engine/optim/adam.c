#include "engine/optim/adam.h"

#include "engine/base/wide.h"
#include "engine/optim/clip.h"

#include <math.h>

struct adam_rule adam_rule_default(double decay)
{
    return (struct adam_rule){.beta1 = 0.9, .beta2 = 0.999, .eps = 1e-8, .decay = decay};
}

/* The scalars of one step, rounded to float where the reference combines scalars and tensors. */
struct factors {
    float b1, c1; /* beta1, 1 - beta1 */
    float b2, c2;
    float root; /* 1/sqrt(1 - beta2^t) */
    float eps;
    float shrink; /* 1 - lr decay */
    float rate;   /* lr/(1 - beta1^t) */
    float clip;
};

static struct factors adam_factors(const struct adam_rule *rule, int64_t t, double lr, double clip)
{
    return (struct factors){
        .b1 = (float)rule->beta1,
        .c1 = (float)(1 - rule->beta1),
        .b2 = (float)rule->beta2,
        .c2 = (float)(1 - rule->beta2),
        .root = (float)(1 / sqrt(1 - pow(rule->beta2, (double)t))),
        .eps = (float)rule->eps,
        .shrink = (float)(1 - lr * rule->decay),
        .rate = (float)(lr / (1 - pow(rule->beta1, (double)t))),
        .clip = (float)clip,
    };
}

WIDE(static void, step_chunk,
     (const struct factors *f, int n, const float *restrict grad, float *restrict m,
      float *restrict v, float *restrict p),
     (f, n, grad, m, v, p))
{
    for (int i = 0; i < n; i++) {
        float g = f->clip * grad[i];
        m[i] = f->b1 * m[i] + f->c1 * g;
        v[i] = f->b2 * v[i] + f->c2 * (g * g);
        p[i] = f->shrink * p[i] - f->rate * (m[i] / (f->root * sqrtf(v[i]) + f->eps));
    }
}

enum status adam_step(const struct adam_rule *rule, struct moments *s, double lr,
                      float *const grad[], int lanes, const char *what, float *theta,
                      const struct follow *follow, struct step_report *report)
{
    double norm;
    TRY(clip_gather(s, grad, lanes, what, &norm));
    double clip = clip_coefficient(norm, rule->clip);
    struct factors f = adam_factors(rule, s->step + 1, lr, clip);

#pragma omp parallel for schedule(static)
    for (int c = 0; c < s->chunks; c++) {
        size_t from = s->chunk[c].from;
        int n = s->chunk[c].n;
        step_chunk(&f, n, grad[0] + from, s->m + from, s->v + from, theta + from);
        if (follow != NULL)
            follow_chunk(follow, theta, from, n);
    }
    s->step++;
    if (report != NULL)
        *report = (struct step_report){.grad_norm = norm, .clip = clip};
    return STATUS_OK;
}

enum status adam_scalar_step(const struct adam_rule *rule, struct adam_scalar *s, double lr,
                             double grad, const char *what)
{
    if (!isfinite(grad))
        return status_fail(STATUS_NONFINITE,
                           "%s: the gradient is %g; lower the learning rate or look at the data",
                           what, grad);
    double t = (double)++s->step;
    s->m = rule->beta1 * s->m + (1 - rule->beta1) * grad;
    s->v = rule->beta2 * s->v + (1 - rule->beta2) * grad * grad;
    double denominator = sqrt(s->v) / sqrt(1 - pow(rule->beta2, t)) + rule->eps;
    s->value *= 1 - lr * rule->decay;
    s->value -= lr / (1 - pow(rule->beta1, t)) * s->m / denominator;
    return STATUS_OK;
}

enum status adam_scalar_visit(struct adam_scalar *s, struct visitor *v)
{
    TRY(visit_doubles(v, "value", &s->value, 1));
    TRY(visit_doubles(v, "m", &s->m, 1));
    TRY(visit_doubles(v, "v", &s->v, 1));
    return visit_count(v, "step", &s->step, 0);
}
