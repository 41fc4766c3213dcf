/* State normalisation (s - mean) / std, fixed for a whole run (docs/methods.md 1.5). */
#ifndef ENGINE_DATA_NORMALIZER_H
#define ENGINE_DATA_NORMALIZER_H

#include "engine/base/visitor.h"
#include "engine/data/trajectory.h"

struct normalizer {
    int S;
    float *mean, *std; /* (S) */
    float *tiled[2];   /* mean and std repeated over several rows, for normalizer_apply */
};

/* Mean and population standard deviation (+ eps) of every observation of the trajectories; sums in
 * double. eps is 1e-6, for TD3+BC 1e-3.
 *
 * Errors STATUS_MISSING (no trajectory), STATUS_MEMORY */
enum status normalizer_fit(const struct trajectory *list, int count, int S, double eps,
                           struct normalizer *out);

/* From given numbers. Errors STATUS_NONFINITE (also std <= 0), STATUS_MEMORY. */
enum status normalizer_set(int S, const float *mean, const float *std, struct normalizer *out);
void normalizer_free(struct normalizer *n);

/* out (rows,S) = (raw - mean) / std. The arithmetic is double, rounded once, as in the released
 * sampler, whose zero padding makes its arrays double. `out` may be `raw`. */
void normalizer_apply(const struct normalizer *n, const float *raw, int rows, float *out);

/* Visits mean and std; a reader needs the same S. */
enum status normalizer_visit(struct normalizer *n, struct visitor *v);

#endif
