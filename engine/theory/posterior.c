/* How much a dataset leaves uncovered, and what coverage promises. */
#include "engine/theory/theory.h"

#include "engine/base/rng.h"

#include <math.h>

enum { KEPT = 10000 };

/* n draws, each at or below the best with probability p: all of them? */
static bool all_below(struct rng *rng, double p, int n)
{
    for (int i = 0; i < n; i++) {
        if (rng_uniform_double(rng) >= p)
            return false;
    }
    return true;
}

void theory_coverage_of(int trajectories, const double epsilon[], int count,
                        struct theory_coverage *out)
{
    struct rng rng = rng_at(rng_key("vitamin theory coverage"), RNG_THEORY, (uint64_t)trajectories);
    for (int k = 0; k < count; k++)
        out[k] = (struct theory_coverage){
            .trajectories = trajectories, .epsilon = epsilon[k], .kept = KEPT};
    for (int kept = 0; kept < KEPT;) {
        double p = rng_uniform_double(&rng);
        if (!all_below(&rng, p, trajectories))
            continue;
        kept++;
        for (int k = 0; k < count; k++)
            out[k].frequency += (double)(1 - p <= epsilon[k]) / KEPT;
    }
    for (int k = 0; k < count; k++) {
        double exact = 1 - pow(1 - epsilon[k], trajectories + 1);
        out[k].exact = exact;
        out[k].z = (out[k].frequency - exact) / sqrt(exact * (1 - exact) / KEPT);
    }
}

double theory_regret_bound(double epsilon, double alpha, double horizon)
{
    return epsilon * (1 / alpha + 2) * horizon * horizon;
}
