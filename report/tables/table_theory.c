/* What `vitamin theory` computed: one line per check, and the regret bound. */
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>

/* One line: what was checked, on what, the number, what is stated of it, and whether it holds. */
static void add_line(struct table *t, const char *item, const char *on, double found, int digits,
                     const char *stated, const char *verdict)
{
    char number[48];
    int row = table_row(t, item[0] != '\0' && t->rows > 0);
    table_put(t, row, 0, "%s", item);
    table_put(t, row, 1, "%s", on);
    table_put(t, row, 2, "%s", table_number(found, digits, false, number, sizeof number));
    table_put(t, row, 3, "%s", stated);
    table_put(t, row, 4, "%s", verdict);
    text_csv(&t->csv, item);
    text_csv(&t->csv, on);
    text_csv_number(&t->csv, found);
    text_csv(&t->csv, stated);
    text_csv(&t->csv, verdict);
    text_csv_end(&t->csv);
}

static void add_growth(struct table *t, const struct theory *x)
{
    for (int i = 0; i < LAW_COUNT; i++) {
        const struct theory_growth *g = &x->growth[i];
        char stated[64], verdict[128];
        snprintf(stated, sizeof stated, "at least %g", theory_law_exponent[i]);
        snprintf(verdict, sizeof verdict, "%s; bound %s (alpha_f/bound at most %.2g)",
                 g->slope >= theory_law_exponent[i] - THEORY_SAME ? "yes" : "no",
                 g->tightest <= 1 ? "holds" : "broken", g->tightest);
        add_line(t, i == 0 ? "slope of 1/alpha_f" : "", theory_law_words[i], g->slope, 2, stated,
                 verdict);
    }
}

static void add_coverage(struct table *t, const struct theory *x)
{
    for (int i = 0; i < COVERAGE_ROWS; i++) {
        const struct theory_coverage *c = &x->coverage[i];
        char on[64], stated[64], verdict[64];
        snprintf(on, sizeof on, "n = %.0f, eps = %g", c->trajectories, c->epsilon);
        snprintf(stated, sizeof stated, "%.4f", c->exact);
        snprintf(verdict, sizeof verdict, "%s (%.1f standard errors)",
                 fabs(c->z) < THEORY_Z_MOST ? "agrees" : "disagrees", c->z);
        add_line(t, i == 0 ? "P(1-p <= eps)" : "", on, c->frequency, 4, stated, verdict);
    }
}

static void add_ratios(struct table *t, const struct theory *x)
{
    for (int i = 0; i < PAIR_COUNT; i++) {
        const struct theory_ratio *r = &x->ratio[i];
        char stated[64], verdict[96];
        bool constant = theory_ratio_spread(r) <= THEORY_SAME;
        snprintf(stated, sizeof stated, "A/scale = %.2f", r->claimed);
        if (constant)
            snprintf(verdict, sizeof verdict, "independent of RTG, %s",
                     fabs(r->most - r->claimed) <= THEORY_SAME ? "AWAC's weight" : "another value");
        else
            snprintf(verdict, sizeof verdict, "depends on RTG: %.2f to %.2f", r->least, r->most);
        add_line(t, i == 0 ? "log ratio of DT" : "", theory_pair_words[i], r->most, 2, stated,
                 verdict);
    }
}

static void add_remark(struct table *t, const struct theory_remark *e)
{
    char verdict[96];
    snprintf(verdict, sizeof verdict, "%s (p = %.3f, %.0f draws)",
             e->p >= THEORY_P_LEAST ? "density agrees" : "density disagrees", e->p, e->draws);
    add_line(t, "Remark E.8: steepest slope", "r = 2-1/a", e->lipschitz, 3, "at most 2", verdict);
}

static void add_contexts(struct table *t, const struct theory *x)
{
    for (int i = 0; i < CONTEXT_ROWS; i++) {
        const struct theory_context *c = &x->context[i];
        char on[64], stated[64], verdict[128];
        snprintf(on, sizeof on, "L = %.0f, K = %.0f", c->length, c->segment);
        snprintf(stated, sizeof stated, "%.4f", c->expected_distance);
        snprintf(
            verdict, sizeof verdict, "%s at every position (chi-square %.0f of %.0f, p = %.2f)",
            c->p >= THEORY_P_LEAST ? "uniform" : "not uniform", c->chi_square, c->degrees, c->p);
        add_line(t, i == 0 ? "context: distance from uniform" : "", on, c->distance, 4, stated,
                 verdict);
    }
}

enum status table_theory(const struct report *r, const char *none, struct table *t)
{
    const struct theory *x = r->results.theory;
    (void)none;
    if (x == NULL)
        return STATUS_OK;
    table_column(t, "Quantity", true, 0.17);
    table_column(t, "Of", true, 0.2);
    table_column(t, "Found", false, 0);
    table_column(t, "Stated", true, 0.15);
    table_column(t, "Holds", true, 0.33);
    text_add(&t->csv, "quantity,of,found,stated,holds\n");
    add_growth(t, x);
    add_coverage(t, x);
    add_ratios(t, x);
    add_remark(t, x->remark);
    add_contexts(t, x);
    text_add(&t->caption,
             "Computed by vitamin theory; the formulas are in docs/theory.md. Bounds and "
             "probabilities in their corrected forms (ledger D63, D64, D66, D67). Slopes are "
             "fitted beyond the best of %.0f simulated returns; the bounds may fail with "
             "probability %.4f.",
             x->growth[0].trajectories, x->growth[0].delta);
    return STATUS_OK;
}

enum status table_regret(const struct report *r, const char *none, struct table *t)
{
    const struct theory *x = r->results.theory;
    int row = 0, vacuous = 0;
    (void)none;
    if (x == NULL)
        return STATUS_OK;
    table_column(t, "alpha_f, H", true, 0);
    text_add(&t->csv, "alpha,horizon,epsilon,bound\n");
    for (int k = 0; k < REGRET_EPSILONS; k++) {
        char title[32];
        snprintf(title, sizeof title, "eps = %g", x->regret[k].epsilon);
        table_column(t, title, false, 0);
    }
    for (int i = 0; i < REGRET_ROWS; i++) {
        const struct theory_regret *g = &x->regret[i];
        if (i % REGRET_EPSILONS == 0) {
            row = table_row(t, i > 0 && i % (REGRET_EPSILONS * REGRET_HORIZONS) == 0);
            table_put(t, row, 0, "%g, %g", g->alpha, g->horizon);
        }
        table_put(t, row, 1 + i % REGRET_EPSILONS, "%.8g", g->bound);
        if (g->bound <= g->horizon)
            table_cell(t, row, 1 + i % REGRET_EPSILONS)->face = FACE_BOLD;
        vacuous += g->bound > g->horizon;
        const double numbers[] = {g->alpha, g->horizon, g->epsilon, g->bound};
        for (int k = 0; k < 4; k++)
            text_csv_number(&t->csv, numbers[k]);
        text_csv_end(&t->csv);
    }
    text_add(&t->caption,
             "eps (1/alpha_f + 2) H^2 of Theorem E.1. No regret exceeds H: %d of %d bounds are "
             "above it and say nothing; bold: those that say something. That such a bound is tight "
             "would not show that the return falls (ledger D68).",
             vacuous, REGRET_ROWS);
    return STATUS_OK;
}
