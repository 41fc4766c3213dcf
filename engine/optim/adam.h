/* Adam and AdamW (Kingma and Ba 2015; Loshchilov and Hutter 2019), as torch.optim steps them. */
#ifndef ENGINE_OPTIM_ADAM_H
#define ENGINE_OPTIM_ADAM_H

#include "engine/optim/moments.h"

struct adam_rule {
    double beta1, beta2, eps;
    double decay; /* AdamW: p *= 1 - lr decay before the step, every tensor; 0 is Adam */
    double clip;  /* global norm limit; 0: none */
};

/* beta 0.9/0.999, eps 1e-8, no clipping; `decay` 0.01 for the critics, 0 for Adam. */
struct adam_rule adam_rule_default(double decay);

/* One step on theta with the gradient that the lanes sum up to (see clip_gather; grad[0] holds the
 * sum afterwards). `follow` and `report` may be NULL.
 *
 *   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *   p = p (1 - lr decay) - lr/(1-b1^t) m / (sqrt(v)/sqrt(1-b2^t) + eps)
 *
 * Threads  any number, same bits
 * Errors   STATUS_NONFINITE: the step is refused, theta, moments and target are as they were
 * Source   docs/networks.md 4; fixtures adam, adamw */
enum status adam_step(const struct adam_rule *rule, struct moments *s, double lr,
                      float *const grad[], int lanes, const char *what, float *theta,
                      const struct follow *follow, struct step_report *report);

/* Adam on one double: the log temperature. */
struct adam_scalar {
    double value;
    double m, v;
    int64_t step;
};

/* Errors STATUS_NONFINITE: refused, nothing changed. */
enum status adam_scalar_step(const struct adam_rule *rule, struct adam_scalar *s, double lr,
                             double grad, const char *what);
enum status adam_scalar_visit(struct adam_scalar *s, struct visitor *v);

#endif
