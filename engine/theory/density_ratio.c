/* What a return-conditioned policy weighs actions by, P(RTG|s,a)/P(RTG|s), against AWAC's
 * exp(A/scale): equal for Laplace laws of one scale, and only for these. */
#include "engine/theory/theory.h"

#include <math.h>

static const double Q = 1.5, V = 1, SCALE = 0.5, OTHER_SCALE = 0.75;

static double log_laplace(double x, double centre, double scale)
{
    return -fabs(x - centre) / scale - log(2 * scale);
}

static double log_gaussian(double x, double centre, double scale)
{
    double z = (x - centre) / scale;
    return -z * z / 2 - log(scale * sqrt(2 * M_PI));
}

/* Two actions of equal probability, the other as far below V as this one is above. */
static double log_mixture(double x, double scale)
{
    return log((exp(log_laplace(x, Q, scale)) + exp(log_laplace(x, 2 * V - Q, scale))) / 2);
}

static double log_ratio(enum theory_pair pair, double rtg, double state_scale)
{
    if (pair == PAIR_GAUSSIAN || pair == PAIR_GAUSSIAN_SCALES)
        return log_gaussian(rtg, Q, SCALE) - log_gaussian(rtg, V, state_scale);
    double state = pair == PAIR_MIXTURE ? log_mixture(rtg, SCALE)
                                        : log_laplace(rtg, V, state_scale);
    return log_laplace(rtg, Q, SCALE) - state;
}

void theory_ratio_of(enum theory_pair pair, struct theory_ratio *out)
{
    bool differ = pair == PAIR_SCALES || pair == PAIR_GAUSSIAN_SCALES;
    *out = (struct theory_ratio){.q = Q,
                                 .v = V,
                                 .scale = SCALE,
                                 .state_scale = differ ? OTHER_SCALE : SCALE,
                                 .claimed = (Q - V) / SCALE,
                                 .least = (double)INFINITY,
                                 .most = -(double)INFINITY};
    for (int i = 0; i < RATIO_POINTS; i++) {
        out->rtg[i] = fmax(Q, V) + 6 * SCALE * i / (RATIO_POINTS - 1);
        out->log_ratio[i] = log_ratio(pair, out->rtg[i], out->state_scale);
        out->least = fmin(out->least, out->log_ratio[i]);
        out->most = fmax(out->most, out->log_ratio[i]);
    }
}
