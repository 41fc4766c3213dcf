/* The growth of 1/alpha_f beyond the best return of a dataset, and the bounds on it.
 *
 * Lemma 3 and Chebyshev's inequality give, for discrete returns on [0, R_max T],
 *     alpha_f(g) <= ((1-eps) best^2 + eps (R_max T)^2 - V^2) / (g-V)^2       g > V
 * but for probability delta; the paper prints best without its square (D63). For a density f with
 * Lipschitz constant L a triangle of height f(g) and area f(g)^2/(2L) fits under it right of g, so
 *     f(g)^2/(2L) <= P(X >= g) <= E|X-V|^3 / (g-V)^3,  f(g) <= sqrt(2 L E|X-V|^3) (g-V)^-1.5
 * with the absolute third moment (D66). Both are upper bounds of alpha_f: O, not Omega (D67). */
#include "engine/theory/return_law.h"

#include "engine/base/rng.h"

#include <math.h>

enum { TRAJECTORIES = 1000 };
static const double EPSILON = 0.005;

static const bool is_density[LAW_COUNT] = {
#define THEORY_DENSITY(id, name, density, exponent, words) density,
    THEORY_LAWS(THEORY_DENSITY)
#undef THEORY_DENSITY
};

/* The best of n draws is the quantile of the largest of n uniform numbers. */
static double simulate_best(const struct return_law *l, enum theory_law law)
{
    struct rng rng = rng_at(rng_key("vitamin theory growth"), RNG_THEORY, (uint64_t)law);
    double largest = 0;
    for (int i = 0; i < TRAJECTORIES; i++)
        largest = fmax(largest, rng_uniform_double(&rng));
    return return_law_quantile(l, largest);
}

/* Up to GROWTH_POINTS returns from best to largest, evenly spaced on a log axis. */
static int place_points(const struct return_law *l, enum theory_law law, double best,
                        double g[GROWTH_POINTS])
{
    int count = 0;
    if (law == LAW_SPIKES) { /* their peaks */
        for (int i = 1; i < l->pieces; i += 2) {
            if (l->piece[i].from >= best)
                g[count++] = l->piece[i].from;
        }
        return count;
    }
    /* The density's last return is where it begins to fall to zero. */
    double last = l->mass != NULL ? l->largest : l->piece[l->pieces - 1].from;
    for (int i = 0; i < GROWTH_POINTS; i++) {
        double x = best * pow(last / best, (double)i / (GROWTH_POINTS - 1));
        x = l->mass != NULL ? round(x) : fmin(x, last);
        if (count == 0 || x > g[count - 1])
            g[count++] = x;
    }
    return count;
}

static double bound_at(const struct theory_growth *r, bool density, double g)
{
    double away = g - r->mean;
    return density ? sqrt(2 * r->lipschitz * r->moment) * pow(away, -1.5)
                   : r->corrected / (away * away);
}

static void fit_slopes(struct theory_growth *r, int points)
{
    double x = 0, y = 0, xx = 0, xy = 0;
    r->least_slope = (double)INFINITY;
    for (int i = 0; i < points; i++) {
        x += log(r->g[i]) / points;
        y -= log(r->alpha[i]) / points;
    }
    for (int i = 0; i < points; i++) {
        double dx = log(r->g[i]) - x, dy = -log(r->alpha[i]) - y;
        xx += dx * dx;
        xy += dx * dy;
    }
    r->slope = xy / xx;
    for (int i = 1; i < points; i++)
        r->least_slope = fmin(r->least_slope,
                              log(r->alpha[i - 1] / r->alpha[i]) / log(r->g[i] / r->g[i - 1]));
}

static void measure(const struct return_law *l, enum theory_law law, struct theory_growth *r)
{
    bool density = is_density[law];
    double eps = EPSILON;
    *r = (struct theory_growth){.trajectories = TRAJECTORIES,
                                .epsilon = eps,
                                .delta = pow(1 - eps, TRAJECTORIES + 1),
                                .best = simulate_best(l, law),
                                .mean = return_law_mean(l),
                                .largest = l->largest,
                                .lipschitz = l->lipschitz,
                                .printed = (double)NAN,
                                .corrected = (double)NAN};
    r->beyond = return_law_moment(l, 0, 0, r->best);
    r->moment = return_law_moment(l, r->mean, density ? 3 : 2, -1);
    if (!density) {
        double rest = eps * l->largest * l->largest - r->mean * r->mean;
        r->printed = (1 - eps) * r->best + rest;
        r->corrected = (1 - eps) * r->best * r->best + rest;
    }
    int points = place_points(l, law, r->best, r->g);
    for (int i = 0; i < GROWTH_POINTS; i++) {
        bool there = i < points;
        r->g[i] = there ? r->g[i] : (double)NAN;
        r->alpha[i] = there ? return_law_alpha(l, r->g[i]) : (double)NAN;
        r->bound[i] = there ? bound_at(r, density, r->g[i]) : (double)NAN;
        r->tightest = there ? fmax(r->tightest, r->alpha[i] / r->bound[i]) : r->tightest;
    }
    fit_slopes(r, points);
}

enum status theory_growth_of(enum theory_law law, struct theory_growth *out)
{
    struct return_law l;
    TRY(return_law_init(law, &l));
    measure(&l, law, out);
    return_law_free(&l);
    return STATUS_OK;
}
