#include "engine/theory/theory.h"

#include <stddef.h>

enum { REMARK_DRAWS = 1000000 };

/* For each n an epsilon below, at and above 1/n. */
static void compute_coverage(struct theory_coverage out[COVERAGE_ROWS])
{
    static const int trajectories[] = {10, 100, 1000};
    enum { EACH = 3 };
    for (int i = 0; i < COVERAGE_ROWS / EACH; i++) {
        double n = trajectories[i];
        theory_coverage_of(trajectories[i], (const double[EACH]){0.5 / n, 1 / n, 5 / n}, EACH,
                           out + (ptrdiff_t)EACH * i);
    }
}

static void compute_regret(struct theory_regret out[REGRET_ROWS])
{
    static const double epsilon[REGRET_EPSILONS] = {1e-4, 1e-3, 1e-2, 1e-1};
    static const double horizon[REGRET_HORIZONS] = {10, 100, 1000};
    static const double alpha[REGRET_ALPHAS] = {1, 0.1, 0.01};
    for (int i = 0; i < REGRET_ROWS; i++) {
        double a = alpha[i / (REGRET_EPSILONS * REGRET_HORIZONS)];
        double H = horizon[i / REGRET_EPSILONS % REGRET_HORIZONS];
        double e = epsilon[i % REGRET_EPSILONS];
        out[i] = (struct theory_regret){e, H, a, theory_regret_bound(e, a, H)};
    }
}

/* Trajectories as long as Gym-MuJoCo's, Adroit's and shorter, contexts as the paper trains with. */
static enum status compute_contexts(struct theory_context out[CONTEXT_ROWS])
{
    static const struct {
        int length, segment;
    } rows[CONTEXT_ROWS] = {{1000, 20}, {1000, 5}, {200, 5}, {100, 20}, {30, 20}, {10, 20}};
    for (int i = 0; i < CONTEXT_ROWS; i++)
        TRY(theory_context_of(rows[i].length, rows[i].segment, THEORY_SEGMENTS * rows[i].length,
                              &out[i]));
    return STATUS_OK;
}

enum status theory_compute(struct theory *out)
{
    for (int i = 0; i < LAW_COUNT; i++)
        TRY(theory_growth_of((enum theory_law)i, &out->growth[i]));
    compute_coverage(out->coverage);
    compute_regret(out->regret);
    for (int i = 0; i < PAIR_COUNT; i++)
        theory_ratio_of((enum theory_pair)i, &out->ratio[i]);
    theory_remark_of(REMARK_DRAWS, out->remark);
    return compute_contexts(out->context);
}
