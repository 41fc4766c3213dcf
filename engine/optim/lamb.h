/* LAMB (You et al. 2020) with the clipping order of the released code: docs/networks.md 4. */
#ifndef ENGINE_OPTIM_LAMB_H
#define ENGINE_OPTIM_LAMB_H

#include "engine/optim/moments.h"

struct lamb_rule {
    double beta1, beta2, eps;
    double decay;    /* inside the normalised direction; 0 turns the trust ratio off (plain Adam) */
    double clip;     /* global norm limit applied first; 0: none */
    double own_clip; /* limit of the global norm that remains; 0: none */
    double beside;   /* squared norm of a gradient that has its own step but is clipped together
                      * with this one, so that both use the joint norm */
};

/* beta 0.9/0.999, eps 1e-8, clip 0.25, own clip 1. */
struct lamb_rule lamb_rule_default(double decay);

/* One step on theta with the gradient that the lanes sum up to (see clip_gather; grad[0] holds the
 * sum afterwards, unclipped). Per tensor, biases and norms included:
 *
 *   m = b1 m + (1-b1) g;  v = b2 v + (1-b2) g^2
 *   u = (m/(1-b1^t)) / (sqrt(v)/sqrt(1-b2^t) + eps) + decay p
 *   p = p + (-lr) (ratio u),  ratio = |p| / |u|, 1 if either is 0
 *
 * in float, in the order written, so that warm-up steps below half an ulp vanish as in the
 * original. Two passes over memory: moments and norms, then p (and `follow`). `follow` and `report`
 * may be NULL.
 *
 * Threads  any number, same bits
 * Errors   STATUS_NONFINITE: the step is refused, theta, moments and target are as they were
 * Source   docs/methods.md 3; fixtures lamb, lamb_nowd */
enum status lamb_step(const struct lamb_rule *rule, struct moments *s, double lr,
                      float *const grad[], int lanes, const char *what, float *theta,
                      const struct follow *follow, struct step_report *report);

#endif
