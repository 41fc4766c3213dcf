#include "report/page/theory_text.h"

#include <math.h>

static void add_bounds(const struct theory *t, struct text *out)
{
    double most = 0;
    for (int i = 0; i < LAW_COUNT; i++)
        most = i == LAW_SPIKES ? most : fmax(most, t->growth[i].tightest);
    text_add(out,
             "Lemma 3 and its corollaries do not hold as printed. With RTG_bmax squared (D63: for "
             "100 Bernoulli rewards the printed numerator is %.1f, and no probability is below a "
             "negative bound), delta = (1-eps)^(n+1) (D64), the return-to-go in place of the "
             "target (D65), the absolute third moment (D66) and O in place of Omega (D67) they "
             "%s for every law tried that meets their assumptions: alpha_f is at most %.2g of its "
             "bound, which is loose. ",
             t->growth[LAW_BERNOULLI].printed, most <= 1 ? "hold" : "are broken", most);
    text_add(out,
             "Beyond the best return of the data 1/alpha_f grows with slope %.1f for Bernoulli "
             "rewards, %.2f for P(g) ~ g^-3 and %.2f for the density ~ g^-2.5. Spikes, which are "
             "not Lipschitz continuous, have slope %.2f and break the bound %.0f-fold: the "
             "assumption is needed. P(g) ~ g^-1.5 meets every assumption with slope %.2f, below 2: "
             "the corollaries bound 1/alpha_f, and do not say how fast it grows for a given law. ",
             t->growth[LAW_BERNOULLI].slope, t->growth[LAW_ZETA].slope, t->growth[LAW_POWER].slope,
             t->growth[LAW_SPIKES].slope, t->growth[LAW_SPIKES].tightest,
             t->growth[LAW_SLOW].slope);
}

static void add_regret(const struct theory *t, struct text *out)
{
    int vacuous = 0;
    for (int i = 0; i < REGRET_ROWS; i++)
        vacuous += t->regret[i].bound > t->regret[i].horizon;
    text_add(out,
             "Of %d regret bounds %d are above H, which no regret exceeds; and that a bound on "
             "the regret is tight does not show that the return falls (D68): only runs can. ",
             REGRET_ROWS, vacuous);
}

void theory_text(const struct report *r, struct text *out)
{
    const struct theory *t = r->results.theory;
    const struct theory_context *c = &t->context[0];
    double least = 1;
    for (int i = 0; i < CONTEXT_ROWS; i++)
        least = fmin(least, t->context[i].p);
    add_bounds(t, out);
    add_regret(t, out);
    text_add(out,
             "The decision transformer weighs actions as AWAC does when P(RTG|s,a) and P(RTG|s) "
             "(D69) are Laplace laws of one scale; with other scales or Gaussians the weight "
             "depends on RTG, and against the mixture that P(RTG|s) must be it is constant with "
             "another value (log %.2f instead of %.2f). ",
             t->ratio[PAIR_MIXTURE].most, t->ratio[PAIR_MIXTURE].claimed);
    text_add(out,
             "The visible context drawn by our sampler is %s at every position (smallest of %d p "
             "values %.2f), and over all positions within %.4f of uniform for trajectories of %.0f "
             "steps with K = %.0f.",
             least >= THEORY_P_LEAST ? "uniform" : "not uniform", CONTEXT_ROWS, least, c->distance,
             c->length, c->segment);
}
