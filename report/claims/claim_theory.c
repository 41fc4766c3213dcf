/* Claims about the theory, judged by the numbers of `vitamin theory`: docs/theory.md. Nothing here
 * is a mean over runs, so there are no intervals; simulations are judged by their p-values. */
#include "report/claims/claims_impl.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double ROUNDING = 1e-9; /* of slopes that are exact but for it */

/* Row of a law by its name in the file. */
static const struct theory_growth *find_law(const struct theory *t, const char *name)
{
    int i = 0;
    while (i + 1 < LAW_COUNT && strcmp(theory_law_name[i], name) != 0)
        i++;
    return &t->growth[i];
}

static double last_return(const struct theory_growth *g)
{
    int last = 0;
    while (last + 1 < GROWTH_POINTS && !isnan(g->g[last + 1]))
        last++;
    return g->g[last];
}

static enum verdict verdict_if(bool holds)
{
    return holds ? VERDICT_SUPPORTED : VERDICT_CONTRADICTED;
}

static void judge_slope(const struct theory *t, const struct claim_part *p, struct claim_outcome *o)
{
    const struct theory_growth *g = find_law(t, p->a);
    bool at_least = p->test == CLAIM_SLOPE;
    o->estimate.point = g->slope;
    o->verdict = verdict_if(at_least ? g->slope >= p->value - ROUNDING : g->slope < p->value);
    snprintf(o->detail, sizeof o->detail,
             "slope of log 1/alpha_f over log g, fitted for g = %.0f to %.0f; smallest slope "
             "between points %.2f",
             g->g[0], last_return(g), g->least_slope);
}

/* Of every law that meets the assumptions of its corollary. */
static void judge_bound(const struct theory *t, struct claim_outcome *o)
{
    double most = 0;
    int laws = 0;
    for (int i = 0; i < LAW_COUNT; i++) {
        if (i == LAW_SPIKES)
            continue;
        most = fmax(most, t->growth[i].tightest);
        laws++;
    }
    o->estimate.point = most;
    o->verdict = verdict_if(most <= 1);
    snprintf(o->detail, sizeof o->detail,
             "largest alpha_f / bound %.2g over %d laws: true, and loose; without Lipschitz "
             "continuity %.3g",
             most, laws, t->growth[LAW_SPIKES].tightest);
}

static void judge_printed(const struct theory *t, struct claim_outcome *o)
{
    const struct theory_growth *g = &t->growth[LAW_BERNOULLI];
    o->estimate.point = g->printed;
    o->verdict = verdict_if(g->printed > 0);
    snprintf(o->detail, sizeof o->detail,
             "numerator of the bound for 100 Bernoulli rewards: %.2f as printed, %.2f with "
             "RTG_bmax squared; no probability is below a negative bound (D63)",
             g->printed, g->corrected);
}

static void judge_coverage(const struct theory *t, struct claim_outcome *o)
{
    double most = 0;
    for (int i = 0; i < COVERAGE_ROWS; i++)
        most = fmax(most, fabs(t->coverage[i].z));
    o->estimate.point = most;
    o->verdict = verdict_if(most < THEORY_Z_MOST);
    snprintf(o->detail, sizeof o->detail,
             "largest deviation of %d simulated shares in standard errors; %.0f simulations each",
             COVERAGE_ROWS, t->coverage[0].kept);
}

static void judge_context(const struct theory *t, struct claim_outcome *o)
{
    double least = 1;
    for (int i = 0; i < CONTEXT_ROWS; i++)
        least = fmin(least, t->context[i].p);
    o->estimate.point = least;
    o->verdict = verdict_if(least >= THEORY_P_LEAST);
    snprintf(
        o->detail, sizeof o->detail,
        "smallest p of %d chi-square tests of our sampler; L = %.0f, K = %.0f: chi-square %.0f "
        "with %.0f degrees of freedom, %.0f segments",
        CONTEXT_ROWS, t->context[0].length, t->context[0].segment, t->context[0].chi_square,
        t->context[0].degrees, t->context[0].segments);
}

/* All positions of one trajectory together, `a` "1000 20": steps and context. */
static void judge_distance(const struct theory *t, const struct claim_part *p,
                           struct claim_outcome *o)
{
    for (int i = 0; i < CONTEXT_ROWS; i++) {
        const struct theory_context *c = &t->context[i];
        char name[32];
        snprintf(name, sizeof name, "%.0f %.0f", c->length, c->segment);
        if (strcmp(name, p->a) != 0)
            continue;
        o->estimate.point = c->distance;
        o->verdict = verdict_if(c->distance < p->value);
        snprintf(o->detail, sizeof o->detail,
                 "total variation %.4f; %.4f by the exact law, in which context c has a share "
                 "proportional to L - c + 1",
                 c->distance, c->expected_distance);
    }
}

enum status claim_theory(const struct report *r, const struct claim_part *p,
                         struct claim_outcome *o)
{
    const struct theory *t = r->results.theory;
    if (t == NULL) {
        snprintf(o->needed, sizeof o->needed,
                 "%sthe file that `vitamin theory` writes within seconds, in a folder of this "
                 "report",
                 r->results.theory_damaged > 0 ? "instead of the damaged one " : "");
        return STATUS_OK;
    }
    if (p->test == CLAIM_SLOPE || p->test == CLAIM_SLOPE_BELOW)
        judge_slope(t, p, o);
    else if (p->test == CLAIM_BOUND)
        judge_bound(t, o);
    else if (p->test == CLAIM_PRINTED)
        judge_printed(t, o);
    else if (p->test == CLAIM_COVERAGE)
        judge_coverage(t, o);
    else if (p->test == CLAIM_CONTEXT)
        judge_context(t, o);
    else
        judge_distance(t, p, o);
    return STATUS_OK;
}
