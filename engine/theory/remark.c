/* Remark E.8: a reward whose density is Lipschitz continuous although its action's law is uniform.
 */
#include "engine/theory/theory.h"

#include "engine/base/chi_square.h"
#include "engine/base/rng.h"

#include <math.h>

enum { BINS = 50, GRID = 11000 };

static double density(double r)
{
    return r < 1 ? 1 / ((2 - r) * (2 - r)) : 0;
}

/* P(r <= x) = P(a <= 1/(2-x)). */
static double below(double x)
{
    return x < 1 ? 1 / (2 - x) : 1;
}

/* Up to the end of the support at 1: beyond it the density is zero, from 1 at the left of it. */
static double steepest(void)
{
    double most = 0;
    for (int i = 0; i < GRID; i++) {
        double r = -10 + 11.0 * i / GRID, next = -10 + 11.0 * (i + 0.999) / GRID;
        most = fmax(most, fabs(density(next) - density(r)) / (next - r));
    }
    return most;
}

void theory_remark_of(int draws, struct theory_remark *out)
{
    struct rng rng = rng_at(rng_key("vitamin theory remark"), RNG_THEORY, 0);
    double count[BINS] = {0};
    for (int i = 0; i < draws; i++) {
        double a = 1 - rng_uniform_double(&rng), r = 2 - 1 / a; /* a in (0,1] */
        int bin = (int)(below(r) * BINS);
        count[bin < BINS ? bin : BINS - 1]++;
    }
    *out = (struct theory_remark){.draws = draws, .degrees = BINS - 1, .lipschitz = steepest()};
    double expected = (double)draws / BINS;
    for (int k = 0; k < BINS; k++)
        out->chi_square += (count[k] - expected) * (count[k] - expected) / expected;
    out->p = chi_square_upper(out->chi_square, out->degrees);
}
