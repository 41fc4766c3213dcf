/* Sum the lanes' gradients and compute the norm before a step: docs/networks.md 4. */
#ifndef ENGINE_OPTIM_CLIP_H
#define ENGINE_OPTIM_CLIP_H

#include "engine/optim/moments.h"

/* grad[0] = grad[0] + grad[1] + ... + grad[lanes-1], in this order, and its l2 norm, in one pass.
 * `what` names the gradient in the sentence ("gradient of the actor").
 *
 * Errors STATUS_NONFINITE naming tensor, row and column; nothing but grad[0] has changed. */
enum status clip_gather(struct moments *s, float *const grad[], int lanes, const char *what,
                        double *norm);

/* min(1, limit / (norm + 1e-6)); limit 0 means no clipping: 1. */
double clip_coefficient(double norm, double limit);

#endif
