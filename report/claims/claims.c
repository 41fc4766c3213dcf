#include "report/claims/claims.h"

#include "report/claims/claims_impl.h"
#include "report/results/statistics.h"
#include "report/text/list.h"
#include "report/text/steps.h"

#include <math.h>
#include <stdio.h>

const char *claim_test_name(enum claim_test t)
{
#define CLAIM_NAME(code, name, assertion) name,
    static const char *const names[] = {CLAIM_TESTS(CLAIM_NAME)};
#undef CLAIM_NAME
    return names[t];
}

const char *claim_test_assertion(enum claim_test t)
{
#define CLAIM_ASSERTION(code, name, assertion) assertion,
    static const char *const assertions[] = {CLAIM_TESTS(CLAIM_ASSERTION)};
#undef CLAIM_ASSERTION
    return assertions[t];
}

static claim_function *const functions[CLAIM_TEST_COUNT] = {
    [CLAIM_DIFF] = claim_difference,
    [CLAIM_EACH] = claim_each,
    [CLAIM_EQUAL] = claim_difference,
    [CLAIM_SAME] = claim_difference,
    [CLAIM_LEVEL_ABOVE] = claim_level,
    [CLAIM_LEVEL_BELOW] = claim_level,
    [CLAIM_MOST_BELOW] = claim_most_below,
    [CLAIM_GAIN_ABOVE] = claim_gain,
    [CLAIM_GAIN_BELOW] = claim_gain,
    [CLAIM_NO_GAIN] = claim_gain,
    [CLAIM_GAIN_DIFF] = claim_gain_difference,
    [CLAIM_DROP] = claim_drop,
    [CLAIM_DROP_EQUAL] = claim_drop,
    [CLAIM_INTERACTION] = claim_interaction,
    [CLAIM_BETTER] = claim_better,
    [CLAIM_BEST_IQM] = claim_best_iqm,
    [CLAIM_VARIANCE] = claim_variance,
    [CLAIM_STEADIER] = claim_variance,
    [CLAIM_WOBBLE] = claim_wobble,
    [CLAIM_TREND] = claim_trend,
    [CLAIM_KNOB] = claim_knob,
    [CLAIM_REACH] = claim_reach,
    [CLAIM_PEAK] = claim_peak,
    [CLAIM_LATER] = claim_later,
    [CLAIM_HALVED] = claim_halved,
    [CLAIM_LARGE_Q] = claim_large_q,
    [CLAIM_RATIO] = claim_ratio,
    [CLAIM_LOSS] = claim_loss,
    [CLAIM_COST] = claim_cost,
    [CLAIM_FINDS] = claim_share_found,
    [CLAIM_MISSES] = claim_share_found,
    [CLAIM_CRITIC] = claim_critic_error,
    [CLAIM_NEAR_DATA] = claim_near_data,
    [CLAIM_TARGET_SHARE] = claim_target_share,
    [CLAIM_TARGET_BEYOND] = claim_target_beyond,
    [CLAIM_TARGET_WITHIN] = claim_target_within,
    [CLAIM_SLOPE] = claim_theory,
    [CLAIM_SLOPE_BELOW] = claim_theory,
    [CLAIM_BOUND] = claim_theory,
    [CLAIM_PRINTED] = claim_theory,
    [CLAIM_COVERAGE] = claim_theory,
    [CLAIM_CONTEXT] = claim_theory,
    [CLAIM_DISTANCE] = claim_theory};

/* --- what a verdict would need ---------------------------------------------------------------- */

/* The number that the interval is compared with. */
static double threshold(const struct claim_part *p)
{
    return p->test == CLAIM_BETTER ? 0.5 : p->value;
}

static void need_runs(const struct claim_part *p, struct claim_outcome *o)
{
    char a[96], b[96] = "", on[96], on2[96] = "";
    selection_who_title(p->a, a, sizeof a);
    selection_where_title(p->on, on, sizeof on);
    if (p->b != NULL)
        selection_who_title(p->b, b, sizeof b);
    if (p->on2 != NULL)
        selection_where_title(p->on2, on2, sizeof on2);
    if (o->tasks == 0 || isnan(o->estimate.point))
        snprintf(o->needed, sizeof o->needed, "runs of %.60s%s%.60s on %.50s%s%.50s", a,
                 b[0] != '\0' ? " and " : "", b, on, on2[0] != '\0' ? " and " : "", on2);
    else if (o->estimate.runs < VERDICT_RUNS)
        snprintf(o->needed, sizeof o->needed,
                 "at least %d seeds in every cell of %.90s%s%.90s, now %d", VERDICT_RUNS, a,
                 b[0] != '\0' ? " and " : "", b, o->estimate.runs);
    else
        snprintf(o->needed, sizeof o->needed, "the remaining %d of %d datasets or settings",
                 o->wanted - o->tasks, o->wanted);
}

/* An interval narrows with the root of the number of seeds. */
static void need_seeds(const struct claim_part *p, struct claim_outcome *o)
{
    struct interval e = o->estimate;
    double half = (e.high - e.low) / 2, away = fabs(e.point - threshold(p));
    if (p->test == CLAIM_EQUAL || p->test == CLAIM_DROP_EQUAL)
        away = fabs(fabs(e.point) - p->value);
    double seeds = away > 0 ? ceil(e.runs * (half / away) * (half / away)) : (double)INFINITY;
    if (!interval_known(e) || p->test == CLAIM_EACH || p->test == CLAIM_BEST_IQM ||
        p->test == CLAIM_MOST_BELOW)
        snprintf(o->needed, sizeof o->needed, "more seeds");
    else if (seeds > 1000)
        snprintf(o->needed, sizeof o->needed,
                 "more seeds than are practical, if the effect is as small as estimated");
    else
        snprintf(o->needed, sizeof o->needed, "about %.0f seeds, if the effect is as estimated",
                 fmax(seeds, e.runs + 1));
}

/* Is one of the runs behind this part reduced, in size alone or in its data too? */
static bool uses_reduced(const struct report *r, const struct claim_part *p, bool size_alone)
{
    const char *const who[] = {p->a, p->b}, *const where[] = {p->on, p->on2};
    for (int i = 0; i < r->results.runs; i++) {
        const struct results_run *run = &r->results.run[i];
        if (!run->used || !(size_alone ? run->origin.reduced[0] != '\0' : results_is_reduced(run)))
            continue;
        for (int k = 0; k < 4; k++) {
            const char *list = who[k / 2], *on = where[k % 2];
            char one[CLAIM_TEXT];
            while (list != NULL && on != NULL && list_next(&list, "|", one, sizeof one)) {
                if (selection_is(&r->results, run, one, on))
                    return true;
            }
        }
    }
    return false;
}

/* What an update costs depends on the networks: smaller ones say nothing of the paper's. */
static void leave_unjudged(struct claim_outcome *o)
{
    o->verdict = VERDICT_UNTESTABLE;
    snprintf(o->needed, sizeof o->needed,
             "runs of the paper's size: cost is not judged from others");
}

static enum status evaluate_part(const struct report *r, const struct claim_part *p,
                                 struct claim_outcome *o)
{
    const double nan = (double)NAN;
    *o = (struct claim_outcome){
        .verdict = VERDICT_UNTESTABLE, .estimate = {nan, nan, nan, 0}, .published = nan};
    if (p->on == NULL) /* the theory's numbers, which no score touches */
        return functions[p->test](r, p, o);
    if (r->results.doubt[0] != '\0') {
        snprintf(o->needed, sizeof o->needed, "scores on one scale (see the warnings)");
        return STATUS_OK;
    }
    TRY(functions[p->test](r, p, o));
    o->reduced = uses_reduced(r, p, false);
    if (p->test == CLAIM_COST && o->tasks > 0 && uses_reduced(r, p, true))
        leave_unjudged(o);
    else if (o->verdict == VERDICT_UNTESTABLE && o->needed[0] == '\0')
        need_runs(p, o);
    else if (o->verdict == VERDICT_INCONCLUSIVE)
        need_seeds(p, o);
    return STATUS_OK;
}

static int parts_of(const struct claim *c)
{
    int n = 0;
    while (n < CLAIM_PARTS && c->part[n].a != NULL)
        n++;
    return n;
}

static enum status evaluate_claim(const struct report *r, const struct claim *claim,
                                  struct claim_result *out)
{
    enum verdict votes[CLAIM_PARTS];
    int count = 0;
    *out = (struct claim_result){.claim = claim, .parts = parts_of(claim)};
    for (int k = 0; k < out->parts; k++) {
        TRY(evaluate_part(r, &claim->part[k], &out->outcome[k]));
        out->reduced |= out->outcome[k].reduced && out->outcome[k].verdict != VERDICT_UNTESTABLE;
        if (!claim->part[k].aside)
            votes[count++] = out->outcome[k].verdict;
    }
    out->verdict = verdict_all(votes, count);
    return STATUS_OK;
}

enum status claims_evaluate(const struct report *report, struct claim_result *out)
{
    /* The tests are defined by resampling runs: --task-bootstrap does not apply to verdicts, and
     * its statistics are others. */
    struct report runs_only = *report;
    enum status status = STATUS_OK;
    runs_only.bootstrap.tasks = false;
    if (report->bootstrap.tasks)
        status = statistics_new(&runs_only);
    steps_expect(claim_count);
    for (int i = 0; i < claim_count && status == STATUS_OK; i++) {
        steps_begin("claim", claim_table[i].id);
        status = evaluate_claim(&runs_only, &claim_table[i], &out[i]);
    }
    if (report->bootstrap.tasks)
        statistics_free(&runs_only);
    return status;
}
