#include "report/page/headline.h"

#include "report/results/statistics.h"
#include "report/stats/verdict.h"
#include "report/tables/table.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The two methods that the sentence is about, and how their datasets split. */
struct duel {
    const struct suite_statistics *s;
    int a, b;                           /* positions in s->scores.method */
    bool own;                           /* a is the method whose report this is */
    bool scored;                        /* else rewards */
    int higher, lower, alike, untested; /* datasets, by a's mean against b's; fewer than 3 runs */
    int ahead;                  /* datasets where a's mean is the higher one, tested or not */
    struct interval difference; /* of the means over all datasets */
};

static const char *label_of(const struct report *r, const struct duel *d, int position)
{
    return r->results.method[d->s->scores.method[position]].label;
}

/* --- what there is to compare ----------------------------------------------------------------- */

/* All scored datasets together when two methods share some; else the first suite where they do. */
static enum status choose_suite(const struct report *r, struct suite_statistics **out)
{
    for (int s = -1; s < r->results.suites; s++) {
        TRY(statistics_suite(r, s, RESULTS_FINAL, out));
        if ((*out)->scores.methods > 1)
            return STATUS_OK;
    }
    *out = NULL;
    return STATUS_OK;
}

/* The highest interquartile mean, `except` left out. */
static int best_of(const struct suite_statistics *s, int except)
{
    int best = -1;
    for (int i = 0; i < s->scores.methods; i++) {
        if (i != except && (best < 0 || s->aggregate[i][AGGREGATE_IQM].point >
                                            s->aggregate[best][AGGREGATE_IQM].point))
            best = i;
    }
    return best;
}

static enum status count_datasets(const struct report *r, struct duel *d)
{
    const struct matrix *x = &d->s->scores.x[d->a], *y = &d->s->scores.x[d->b];
    struct interval *each = calloc((size_t)x->tasks + 1, sizeof *each);
    if (each == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the headline");
    enum status status = compare_tasks(x, y, &r->bootstrap, NULL, each, NULL);
    for (int i = 0; i < x->tasks && status == STATUS_OK; i++) {
        enum verdict v = verdict_above(each[i], 0);
        d->higher += v == VERDICT_SUPPORTED;
        d->lower += v == VERDICT_CONTRADICTED;
        d->alike += v == VERDICT_INCONCLUSIVE;
        d->untested += v == VERDICT_UNTESTABLE;
        d->ahead += each[i].point > 0;
    }
    free(each);
    return status;
}

static enum status make_duel(const struct report *r, struct suite_statistics *s, struct duel *d)
{
    TRY(statistics_aggregates(r, s));
    *d = (struct duel){.s = s, .own = s->ours >= 0, .a = s->ours >= 0 ? s->ours : best_of(s, -1)};
    d->b = best_of(s, d->a);
    d->scored = s->scores.suite < 0 || r->results.suite[s->scores.suite].scored;
    struct comparison pair;
    TRY(compare_pair(&s->scores.x[d->a], &s->scores.x[d->b], &r->bootstrap, &pair));
    d->difference = pair.difference;
    return count_datasets(r, d);
}

/* --- the sentence ----------------------------------------------------------------------------- */

static bool any_reduced(const struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].used && results_is_reduced(&r->run[i]))
            return true;
    }
    return false;
}

static void add_circumstances(const struct results *x, struct text *out)
{
    if (x->doubt[0] != '\0')
        text_add(out, "The scale of the scores is in doubt (see the notes); as they are: ");
    int done = 0;
    for (int i = 0; i < x->runs; i++)
        done += x->run[i].status == RUN_OK || x->run[i].status == RUN_DIVERGED;
    if (done < x->runs)
        text_add(out, "With %d of %d runs finished%s: ", done, x->runs,
                 any_reduced(x) ? ", and at this size" : "");
    else if (any_reduced(x))
        text_add(out, "At this size: ");
}

/* "on Hopper-medium", "on 2 of 5 datasets". */
static void add_where(const struct report *r, const struct duel *d, int count, struct text *out)
{
    int all = d->s->scores.datasets;
    if (all == 1)
        text_add(out, " on %s", r->results.dataset[d->s->scores.dataset[0]].title);
    else if (count == all && all == 2)
        text_add(out, " on both datasets");
    else if (count == all)
        text_add(out, " on all %d datasets", all);
    else
        text_add(out, " on %d of %d datasets", count, all);
}

/* " (mean difference +12.3 [8.1, 16.0])" */
static void add_difference(const struct duel *d, struct text *out)
{
    const struct interval *i = &d->difference;
    int digits = fabs(i->point) < 1 ? 2 : 1;
    char point[48], low[48], high[48];
    text_add(out, " (%s %s", d->s->scores.datasets > 1 ? "mean difference" : "difference",
             table_number(i->point, digits, true, point, sizeof point));
    if (interval_known(*i))
        text_add(out, " [%s, %s]", table_number(i->low, digits, true, low, sizeof low),
                 table_number(i->high, digits, true, high, sizeof high));
    text_add(out, ")");
}

/* Whose opponent the second one is. */
static void add_opponent(const struct report *r, const struct duel *d, struct text *out)
{
    int others = d->s->scores.methods - 1;
    text_add(out, "%s", label_of(r, d, d->b));
    if (others > 1)
        text_add(out,
                 d->own ? ", the best of %d other methods," : ", the next of %d other methods,",
                 others);
}

/* Too few seeds for any test: who is ahead is all that can be said. */
static void say_untested(const struct report *r, const struct duel *d, struct text *out)
{
    int seeds = d->s->scores.fewest;
    text_add(out, "with %d seed%s per cell no difference can be tested; ", seeds,
             seeds == 1 ? "" : "s");
    text_add(out, "the mean %s of %s is ", d->scored ? "score" : "reward", label_of(r, d, d->a));
    bool ahead = d->ahead > 0;
    text_add(out, "%s that of ", ahead ? "above" : "not above");
    add_opponent(r, d, out);
    add_where(r, d, ahead ? d->ahead : d->s->scores.datasets, out);
}

static void say_tested(const struct report *r, const struct duel *d, struct text *out)
{
    const char *verb = d->scored ? "scores" : "ends";
    const char *a = label_of(r, d, d->a);
    if (d->higher == 0 && d->lower == 0) {
        text_add(out, "%s and ", a);
        add_opponent(r, d, out);
        text_add(out, " cannot be told apart");
        if (d->alike == d->s->scores.datasets && d->alike > 1)
            text_add(out, " on any of %d datasets", d->alike);
        else
            add_where(r, d, d->alike, out);
    } else {
        bool up = d->higher > 0;
        text_add(out, "%s %s %s than ", a, verb, up ? "higher" : "lower");
        add_opponent(r, d, out);
        add_where(r, d, up ? d->higher : d->lower, out);
        if (up && d->lower > 0)
            text_add(out, " and lower on %d", d->lower);
        if (d->alike > 0)
            text_add(out, "; on %d the two cannot be told apart", d->alike);
    }
    if (d->untested > 0)
        text_add(out, "; %d %s fewer than 3 seeds", d->untested, d->untested == 1 ? "has" : "have");
    add_difference(d, out);
}

/* Without a second method: how far it got. */
static enum status say_alone(const struct report *r, int method, struct text *out)
{
    const struct results *x = &r->results;
    double final = 0, increase = 0;
    int datasets = 0;
    for (int k = 0; k < x->datasets; k++) {
        const struct cell_statistics *c;
        TRY(statistics_cell(r, method, k, &c));
        if (c->runs == 0)
            continue;
        datasets++;
        final += c->final;
        increase += c->increase;
    }
    text_add(out, "%s ends at %.1f", x->method[method].label, final / datasets);
    if (isfinite(increase))
        text_add(out, ", %+.1f from its start", increase / datasets);
    if (datasets > 1)
        text_add(out, ", mean over %d datasets", datasets);
    text_add(out, "; there is no second method to compare it with");
    return STATUS_OK;
}

/* Nothing to compare: no method, one, or several that share no dataset. */
static enum status say_without_pair(const struct report *r, struct text *out)
{
    const struct results *x = &r->results;
    int only = -1, methods = 0;
    for (int m = 0; m < x->methods; m++) {
        int used = 0;
        for (int k = 0; k < x->datasets; k++)
            used += results_count(x, m, k).used;
        methods += used > 0;
        only = used > 0 ? m : only;
    }
    if (methods == 1)
        return say_alone(r, only, out);
    if (methods > 1)
        text_add(out, "the %d methods share no dataset: they cannot be compared", methods);
    else if (x->runs > 0)
        text_add(out, "none of the %d runs has a result yet", x->runs);
    else
        text_add(out, "there are no runs: only what %s",
                 r->results.theory != NULL ? "the theory says" : "the paper prints");
    return STATUS_OK;
}

static enum status add_finding(const struct report *r, struct text *out)
{
    struct suite_statistics *s = NULL;
    struct duel d;
    if (r->results.runs > 0)
        TRY(choose_suite(r, &s));
    if (s == NULL)
        return say_without_pair(r, out);
    TRY(make_duel(r, s, &d));
    if (d.untested == s->scores.datasets)
        say_untested(r, &d, out);
    else
        say_tested(r, &d, out);
    return STATUS_OK;
}

/* Our own words begin with a capital; a label keeps its letters. */
static void begin_sentence(char *text)
{
    static const char *const ours[] = {"with ", "none of ", "there are ", "the "};
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        if (strncmp(text, ours[i], strlen(ours[i])) == 0)
            text[0] = (char)toupper((unsigned char)text[0]);
    }
}

/* Tiny networks show nothing; the single-state MDP has one size only. */
static bool proves_machinery_only(const struct results *x)
{
    int tiny = 0, others = 0;
    for (int i = 0; i < x->runs; i++) {
        const struct results_run *run = &x->run[i];
        tiny += strcmp(run->origin.size, "tiny") == 0;
        others += strcmp(run->origin.size, "tiny") != 0 &&
                  strcmp(x->dataset[run->dataset].id, "bandit") != 0;
    }
    return tiny > 0 && others == 0;
}

enum status headline_write(const struct report *r, struct text *out)
{
    size_t start = out->length;
    if (proves_machinery_only(&r->results)) {
        text_add(out, "These runs prove that the machinery works, and nothing else: their networks "
                      "are tiny and learn for seconds; the command \"make demo\" shows the paper's "
                      "effect in minutes.");
        return text_check(out);
    }
    add_circumstances(&r->results, out);
    bool alone = out->length == start;
    TRY(add_finding(r, out));
    if (alone && !out->broken)
        begin_sentence(out->at + start);
    text_add(out, ".");
    return text_check(out);
}

/* --- the numbers ------------------------------------------------------------------------------ */

static void add_count(struct text *out, int n, const char *one, const char *many)
{
    text_add(out, "%d %s", n, n == 1 ? one : many);
}

void headline_counts(const struct report *r, struct text *out)
{
    const struct results *x = &r->results;
    int used = 0, foreign = 0;
    for (int i = 0; i < x->runs; i++) {
        used += x->run[i].used;
        foreign += x->run[i].origin.foreign;
    }
    add_count(out, x->methods, "method", "methods");
    text_add(out, " on ");
    add_count(out, x->datasets, "dataset", "datasets");
    text_add(out, ", up to ");
    add_count(out, x->seeds, "seed", "seeds");
    text_add(out, " each: ");
    add_count(out, x->runs, "run", "runs");
    text_add(out, ", %d of them with a result", used);
    if (foreign > 0)
        text_add(out, ", %d from external score files", foreign);
    text_add(out, ".");
}
