/* The paper's theory in numbers (Section 3.3, Appendices D and E), in seconds and from fixed seeds.
 *
 * Each item is a struct of doubles only, so that the result file (harness/curve/theory_file.h) is
 * one loop over fields. Where the paper's statement holds in a corrected form only, the corrected
 * form is computed and the ledger's entry (D63 to D68) named.
 *
 * Notation: alpha_f(g) is the probability (discrete returns) or density at g of the behaviour
 * policy's return; V its mean; `best` the largest return in a dataset of n trajectories. */
#ifndef ENGINE_THEORY_H
#define ENGINE_THEORY_H

#include "engine/base/status.h"

#include <stdbool.h>

/* --- the growth of 1/alpha_f (Lemma 3, Corollaries 1 to 3) ----------------------------------- */

/* Laws of the return. X(id, name, density, least exponent by the corollaries, in words) */
#define THEORY_LAWS(X)                                                                             \
    X(LAW_BERNOULLI, "bernoulli", false, 2, "Bernoulli rewards")                                   \
    X(LAW_ZETA, "zeta", false, 2, "zeta, P(g) ~ g^-3")                                             \
    X(LAW_POWER, "power", true, 1.5, "density ~ g^-2.5")                                           \
    X(LAW_SPIKES, "spikes", true, 1.5, "spikes, not Lipschitz")                                    \
    X(LAW_SLOW, "slow", false, 2, "zeta, P(g) ~ g^-1.5")

enum theory_law {
#define THEORY_ENUM(id, name, density, exponent, words) id,
    THEORY_LAWS(THEORY_ENUM)
#undef THEORY_ENUM
        LAW_COUNT
};

extern const char *const theory_law_name[LAW_COUNT], *const theory_law_words[LAW_COUNT];
extern const double theory_law_exponent[LAW_COUNT]; /* the least that the corollaries claim */

enum { GROWTH_POINTS = 64 };

/* One law. */
struct theory_growth {
    double trajectories; /* n of the simulated dataset */
    double epsilon;      /* the mass above `best` is at most epsilon ... */
    double delta;        /* ... but for this probability: (1-epsilon)^(n+1) (D64) */
    double best;         /* largest of n simulated returns: RTG_bmax */
    double beyond;       /* P(return > best): what the dataset does not show */
    double mean;         /* V */
    double largest;      /* R_max T */
    double moment;       /* E|X-V|^2 of discrete returns, E|X-V|^3 of densities (D66) */
    double lipschitz;    /* of the density; of the spikes that of the widest; NaN for discrete */
    double slope;        /* of log 1/alpha over log g, least squares over the points below */
    double least_slope;  /* the smallest between neighbouring points */
    double tightest;     /* largest alpha/bound: the bound holds while it is at most 1 */
    double printed;      /* numerator of Lemma 3 as printed, best not squared (D63); NaN: density */
    double corrected;    /* the same with the square */
    /* Of best <= g <= largest, NaN behind the last point: */
    double g[GROWTH_POINTS];
    double alpha[GROWTH_POINTS];
    double bound[GROWTH_POINTS]; /* corrected upper bound of alpha */
};

/* --- the posterior of the uncovered mass (Lemma 3) ------------------------------------------- */

enum { COVERAGE_ROWS = 9 };

/* p ~ U(0,1) is the mass at or below `best`; kept when n draws all fall there. */
struct theory_coverage {
    double trajectories, epsilon;
    double kept;      /* simulated p that passed */
    double frequency; /* share of them with 1-p <= epsilon */
    double exact;     /* 1-(1-epsilon)^(n+1) */
    double z;         /* (frequency - exact) in standard errors */
};

/* --- the regret bound (Theorem E.1) ------------------------------------------------------------
 */

enum { REGRET_EPSILONS = 4, REGRET_HORIZONS = 3, REGRET_ALPHAS = 3 };
enum { REGRET_ROWS = REGRET_EPSILONS * REGRET_HORIZONS * REGRET_ALPHAS };

struct theory_regret {
    double epsilon, horizon, alpha;
    double bound; /* epsilon (1/alpha + 2) horizon^2; no regret exceeds `horizon` */
};

/* --- the decision transformer and AWAC (Lemma 2) --------------------------------------------- */

/* Laws of P(RTG|s,a) about Q and P(RTG|s) about V (D69). X(id, name, in words) */
#define THEORY_PAIRS(X)                                                                            \
    X(PAIR_LAPLACE, "laplace", "Laplace, common scale")                                            \
    X(PAIR_SCALES, "laplace_scales", "Laplace, different scales")                                  \
    X(PAIR_GAUSSIAN, "gaussian", "Gaussian, common scale")                                         \
    X(PAIR_GAUSSIAN_SCALES, "gaussian_scales", "Gaussian, different scales")                       \
    X(PAIR_MIXTURE, "mixture", "Laplace against its mixture")

enum theory_pair {
#define THEORY_ENUM(id, name, words) id,
    THEORY_PAIRS(THEORY_ENUM)
#undef THEORY_ENUM
        PAIR_COUNT
};

extern const char *const theory_pair_name[PAIR_COUNT], *const theory_pair_words[PAIR_COUNT];

enum { RATIO_POINTS = 41 };

struct theory_ratio {
    double q, v;               /* centres; of a mixture of two actions v is the mean of their q */
    double scale, state_scale; /* of P(RTG|s,a), of P(RTG|s) */
    double claimed;            /* A/scale, A = q - v: the logarithm of AWAC's weight */
    double least, most;        /* log ratio over the points: equal when it does not depend on RTG */
    double rtg[RATIO_POINTS];  /* max(q,v) and beyond */
    double log_ratio[RATIO_POINTS];
};

/* --- Remark E.8 ------------------------------------------------------------------------------- */

/* a ~ U(0,1), r = 2 - 1/a: density 1/(2-r)^2 below 1, Lipschitz constant 2. */
struct theory_remark {
    double draws;
    double chi_square, degrees, p; /* simulated r against the formula, in bins of equal mass */
    double lipschitz;              /* steepest difference quotient of the formula on a fine grid */
};

/* --- the visible context (Appendix D) ----------------------------------------------------------
 */

enum { CONTEXT_ROWS = 6, CONTEXT_MOST = 20 };
enum { THEORY_SEGMENTS = 200 }; /* drawn for every step of a trajectory */

/* Position t of a trajectory of `length` steps sees the segment's steps up to itself. */
struct theory_context {
    double length, segment;     /* L, K */
    double segments;            /* drawn by the engine's own sampler (engine/data/batch.h) */
    double chi_square, degrees; /* counts against uniform on 1..min(K,t+1), sums over all t */
    double p;                   /* least over interleaved sets of positions, times their number */
    double distance;            /* total variation of all contexts from uniform on 1..min(K,L) */
    double expected_distance;   /* the same of the exact law: it falls with L */
    double share[CONTEXT_MOST]; /* of context 1, 2, ...; NaN beyond min(K,L) */
    double expected[CONTEXT_MOST]; /* of the exact law: proportional to L - context + 1 */
};

/* --------------------------------------------------------------------------------------------- */

struct theory {
    struct theory_growth growth[LAW_COUNT];
    struct theory_coverage coverage[COVERAGE_ROWS];
    struct theory_regret regret[REGRET_ROWS];
    struct theory_ratio ratio[PAIR_COUNT];
    struct theory_remark remark[1];
    struct theory_context context[CONTEXT_ROWS];
};

/* How the command and the report read the numbers: a simulation agrees unless it would be that far
 * off in less than one of 100 (of all COVERAGE_ROWS together: one of 20); a ratio is constant when
 * only rounding tells its values apart. */
#define THEORY_P_LEAST 0.01
#define THEORY_Z_MOST  2.77
#define THEORY_SAME    1e-9

/* How much the logarithm of the ratio depends on RTG. */
static inline double theory_ratio_spread(const struct theory_ratio *r)
{
    return r->most - r->least;
}

/* All of it. Random  RNG_THEORY, RNG_BATCH of a fixed run    Errors  STATUS_MEMORY */
enum status theory_compute(struct theory *out);

/* One row each: `law` about n simulated trajectories; `segments` draws for one (length, segment),
 * segment at most CONTEXT_MOST. Errors STATUS_MEMORY */
enum status theory_growth_of(enum theory_law law, struct theory_growth *out);
enum status theory_context_of(int length, int segment, int segments, struct theory_context *out);
void theory_coverage_of(int trajectories, const double epsilon[], int count,
                        struct theory_coverage *out);
double theory_regret_bound(double epsilon, double alpha, double horizon);
void theory_ratio_of(enum theory_pair pair, struct theory_ratio *out);
void theory_remark_of(int draws, struct theory_remark *out);

#endif
