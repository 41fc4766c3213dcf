/* vitamin theory: the paper's theory in numbers, on the screen and in a file for the report. */
#include "harness/commands/command.h"

#include "engine/base/file.h"
#include "engine/base/say.h"
#include "harness/curve/theory_file.h"
#include "harness/matrix/data_target.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

struct arguments {
    const char *out;
    bool context_law;
    int length, segment;
};

/* --- on the screen, at most 80 columns ---------------------------------------------------------
 */

static void print_growth(const struct theory *t)
{
    printf("Growth of 1/alpha_f(g) beyond the best return of %.0f trajectories\n"
           "(Corollaries 1 to 3; the bound is corrected: D63, D64, D66, D67)\n\n"
           "%-24s%8s%9s%9s%9s  %s\n",
           t->growth[0].trajectories, "law of the return", "best", "largest", "slope", "claimed",
           "bound");
    for (int i = 0; i < LAW_COUNT; i++) {
        const struct theory_growth *g = &t->growth[i];
        printf("%-24s%8.0f%9.0f%9.2f%9.1f  %s\n", theory_law_words[i], g->best, g->largest,
               g->slope, theory_law_exponent[i], g->tightest <= 1 ? "holds" : "broken");
    }
    printf("\nThe bound holds where its assumptions do (it may fail with probability %.4f).\n"
           "The spikes show that Lipschitz continuity is needed. The last law meets every\n"
           "assumption with a slope below 2: the corollary bounds 1/alpha_f from below, and\n"
           "does not say how steep it is. Lemma 3 as printed (best not squared) bounds the\n"
           "probabilities of the first law by a negative number: its numerator is %.1f,\n"
           "corrected %.1f.\n",
           t->growth[0].delta, t->growth[LAW_BERNOULLI].printed,
           t->growth[LAW_BERNOULLI].corrected);
}

static void print_coverage(const struct theory *t)
{
    double most = 0;
    printf("\nMass p covered by n trajectories: P(1-p <= eps) = 1-(1-eps)^(n+1) (D64)\n\n"
           "%7s%10s%12s%10s%17s\n",
           "n", "eps", "simulated", "exact", "standard errors");
    for (int i = 0; i < COVERAGE_ROWS; i++) {
        const struct theory_coverage *c = &t->coverage[i];
        printf("%7.0f%10g%12.4f%10.4f%17.1f\n", c->trajectories, c->epsilon, c->frequency, c->exact,
               c->z);
        most = fmax(most, fabs(c->z));
    }
    printf("\nLargest deviation %.1f standard errors of %d: %s\n", most, COVERAGE_ROWS,
           most < THEORY_Z_MOST ? "agrees" : "disagrees");
}

static void print_regret(const struct theory *t)
{
    int vacuous = 0;
    printf("\nRegret bound eps (1/alpha_f + 2) H^2 (Theorem E.1); *: above H, says nothing\n"
           "\n%8s%6s",
           "alpha_f", "H");
    for (int k = 0; k < REGRET_EPSILONS; k++)
        printf("%7s%-*g", "eps = ", k + 1 < REGRET_EPSILONS ? 6 : 0, t->regret[k].epsilon);
    for (int i = 0; i < REGRET_ROWS; i++) {
        const struct theory_regret *r = &t->regret[i];
        bool above = r->bound > r->horizon;
        if (i % REGRET_EPSILONS == 0)
            printf("\n%8g%6.0f ", r->alpha, r->horizon);
        printf("%12.4g%s", r->bound, above ? "*" : (i + 1) % REGRET_EPSILONS != 0 ? " " : "");
        vacuous += above;
    }
    printf("\n\n%d of %d bounds say nothing\n", vacuous, REGRET_ROWS);
}

static void print_ratio(const struct theory *t)
{
    printf("\nlog P(RTG|s,a)/P(RTG|s) for RTG >= max(Q,V), and AWAC's A/scale (Lemma 2, D69)\n\n"
           "%-28s%9s%9s%9s  %s\n",
           "laws", "least", "most", "A/scale", "independent of RTG");
    for (int i = 0; i < PAIR_COUNT; i++) {
        const struct theory_ratio *r = &t->ratio[i];
        const char *verdict = theory_ratio_spread(r) > THEORY_SAME        ? "no"
                              : fabs(r->most - r->claimed) <= THEORY_SAME ? "yes, AWAC's weight"
                                                                          : "yes, another value";
        printf("%-28s%9.3f%9.3f%9.3f  %s\n", theory_pair_words[i], r->least, r->most, r->claimed,
               verdict);
    }
    const struct theory_remark *e = t->remark;
    printf("\nRemark E.8: r = 2-1/a, density 1/(2-r)^2; chi-square of %.0f draws %.1f,\n"
           "%.0f degrees, p = %.3f: %s; steepest difference quotient %.3f\n"
           "(Lipschitz constant 2)\n",
           e->draws, e->chi_square, e->degrees, e->p,
           e->p >= THEORY_P_LEAST ? "agrees" : "disagrees", e->lipschitz);
}

static void print_contexts(const struct theory_context *row, int count)
{
    printf("Visible context in training: uniform on 1..min(K,t+1) at every position t\n"
           "(Appendix D, D29); distance of all positions together from uniform on 1..K\n\n"
           "%6s%4s%10s%12s%9s%8s%10s%8s  %s\n",
           "L", "K", "segments", "chi-square", "degrees", "p", "distance", "exact", "uniform");
    for (int i = 0; i < count; i++)
        printf("%6.0f%4.0f%10.0f%12.1f%9.0f%8.3f%10.4f%8.4f  %s\n", row[i].length, row[i].segment,
               row[i].segments, row[i].chi_square, row[i].degrees, row[i].p, row[i].distance,
               row[i].expected_distance, row[i].p >= THEORY_P_LEAST ? "yes" : "no");
}

static void print_shares(const struct theory_context *c)
{
    printf("\n%8s%10s%10s\n", "context", "share", "exact");
    for (int i = 0; i < CONTEXT_MOST && !isnan(c->share[i]); i++)
        printf("%8d%10.5f%10.5f\n", i + 1, c->share[i], c->expected[i]);
}

/* --- the command -------------------------------------------------------------------------------
 */

/* Before anything is computed: another file of that name is not ours to replace. */
static enum status check_replaceable(const char *path)
{
    bool there;
    TRY(file_look(path, &there));
    if (!there || theory_file_is(path))
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "%s: already exists and is no file of `vitamin theory`; move it away, or "
                       "give another --out",
                       path);
}

static enum status write_file(const struct theory *t, const char *path)
{
    char folder[FILE_PATH];
    struct lock lock;
    TRY(file_parent(path, folder));
    TRY(file_make_folder(folder));
    TRY(data_lock(path, NULL, &lock));
    enum status result = theory_file_write(t, path);
    lock_release(&lock);
    TRY(result);
    say("\n%s\n", path);
    return STATUS_OK;
}

static enum status compute_all(const char *out)
{
    TRY(check_replaceable(out));
    struct theory *t = calloc(1, sizeof *t);
    if (t == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the theory's numbers");
    enum status status = theory_compute(t);
    if (status == STATUS_OK) {
        print_growth(t);
        print_coverage(t);
        print_regret(t);
        print_ratio(t);
        printf("\n");
        print_contexts(t->context, CONTEXT_ROWS);
        status = write_file(t, out);
    }
    free(t);
    return status;
}

/* As many segments for every starting step as for the file, but of long trajectories fewer: at the
 * longest 20 of each, which a chi-square can still do with. */
static enum status context_law(int length, int segment)
{
    enum { SEGMENTS_MOST = 2000000 };
    struct theory_context row;
    int segments = THEORY_SEGMENTS * length;
    TRY(theory_context_of(length, segment, segments < SEGMENTS_MOST ? segments : SEGMENTS_MOST,
                          &row));
    print_contexts(&row, 1);
    print_shares(&row);
    return STATUS_OK;
}

static void begin(void *arguments)
{
    struct arguments *a = arguments;
    a->length = a->segment = -1; /* not given */
}

static const struct option_row options[] = {
    {"out", 'o', "FILE", "results/runs/" THEORY_FILE, "the result file",
     OPTION_FIELD(struct arguments, out), .late = true},
    {"context-law", 0, NULL, NULL, "only the law of the visible context; writes no file",
     OPTION_FIELD(struct arguments, context_law)},
    {"length", 'L', "STEPS", NULL, "with `--context-law`: steps of a trajectory, instead of 1000",
     OPTION_FIELD(struct arguments, length), .low = 1, .high = 100000},
    {"segment", 'K', "STEPS", NULL, "with `--context-law`: steps of a segment, instead of 20",
     OPTION_FIELD(struct arguments, segment), .low = 1, .high = CONTEXT_MOST},
    {.name = NULL},
};

static enum status run_theory(void *arguments)
{
    struct arguments *a = arguments;
    if (a->context_law && a->out != NULL)
        return status_fail(STATUS_CONFIG,
                           "--context-law prints and writes no file; leave out --out");
    if (!a->context_law && (a->length > 0 || a->segment > 0))
        return status_fail(STATUS_CONFIG, "--length and --segment belong to --context-law");
    command_settle(&command_theory, a);
    return a->context_law
               ? context_law(a->length > 0 ? a->length : 1000, a->segment > 0 ? a->segment : 20)
               : compute_all(a->out);
}

const struct command command_theory = {
    .name = "theory",
    .summary = "check the paper's theory in numbers: coverage, bounds, AWAC, context law",
    .description =
        "Takes seconds and is deterministic. Computes how 1/alpha_f grows for five laws of the "
        "return beside the corrected bounds, how much a dataset leaves uncovered (by simulation), "
        "the regret bound, when the decision transformer weighs actions as AWAC does, and the law "
        "of the visible context, drawn by the sampler that trains.\n\n"
        "`vitamin report` judges claims C43 and C44 by the file that it finds in its folders. "
        "docs/theory.md has the formulas and what differs from the paper.",
    .examples = {{"vitamin theory", "compute, print and write results/runs/" THEORY_FILE},
                 {"vitamin report results/runs", "judge the claims C43 and C44 by it"},
                 {"vitamin theory --context-law --length 30 --segment 5",
                  "the law of the visible context alone"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .begin = begin,
    .run = run_theory,
};
