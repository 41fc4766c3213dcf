/* KL regulariser of Fig. 24: stay close to the pretrained policy, kl_c0 * |a - a_pretrained|^2.
 * reg_kl_prepare (the frozen policy's actions) runs with the other forward passes. */
#include "engine/methods/rl.h"

#include <math.h>

void reg_kl_rows(struct dt *d, const struct batch *b, const struct actor_rows *r, double sum[])
{
    double valid = b->valid > 0 ? b->valid : 1, total = 0;
    float scale = (float)(2 * d->learner.hyper.kl_c0 / valid);
    for (int i = 0; i < r->rows; i++) {
        if (r->mask[i] == 0)
            continue;
        for (int a = 0; a < b->A; a++) {
            size_t at = (size_t)i * (size_t)b->A + (size_t)a;
            size_t from = (size_t)r->position[i] * (size_t)b->A + (size_t)a;
            float action = d->stochastic ? tanhf(r->output[at]) : r->output[at];
            float off = action - d->frozen_action[from];
            total += (double)off * (double)off;
            r->doutput[at] += scale * off * (d->stochastic ? 1 - action * action : 1);
        }
    }
    sum[SUM_KL] += total / valid;
}
