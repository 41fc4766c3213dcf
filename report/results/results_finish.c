/* From what was read to what is reported: order, budgets, scores, policies, notes. */
#include "engine/base/memory.h"
#include "report/results/registry.h"
#include "report/results/results_impl.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status no_memory(void)
{
    return status_fail(STATUS_MEMORY, "no memory to order the results");
}

/* --- order ------------------------------------------------------------------------------------ */

/* As the user lists them; else the paper's seven, then what else is known by registry and variant,
 * then the unknown. */
static int method_group(const struct results_method *m)
{
    return m->main ? 0 : m->rank >= 0 ? 1 : 2;
}

/* Variants of one key by the number behind it: 0.1 before 1 before 10. */
static int compare_variants(const char *a, const char *b)
{
    const char *p = strchr(a, '='), *q = strchr(b, '=');
    if (p != NULL && q != NULL && p - a == q - b && strncmp(a, b, (size_t)(p - a)) == 0) {
        char *end_p, *end_q;
        double x = strtod(p + 1, &end_p), y = strtod(q + 1, &end_q);
        if (*end_p == '\0' && *end_q == '\0' && x != y)
            return x < y ? -1 : 1;
    }
    return strcmp(a, b);
}

struct ordered {
    const struct results *r;
    int index;
};

static int compare_methods(const void *a, const void *b)
{
    const struct ordered *p = a, *q = b;
    const struct results_method *m = &p->r->method[p->index], *n = &q->r->method[q->index];
    int order = m->place - n->place;
    if (order == 0)
        order = method_group(m) - method_group(n);
    if (order == 0)
        order = m->rank - n->rank;
    if (order == 0 && (m->rank >= 0 || strcmp(m->base, n->base) == 0))
        order = compare_variants(m->variant, n->variant);
    return order != 0 ? order : p->index - q->index;
}

/* Suites of the registry, those of the user, what belongs to none. */
static int suite_place(int suite)
{
    return suite == registry_find_suite("other") ? INT32_MAX : suite;
}

static int compare_datasets(const void *a, const void *b)
{
    const struct ordered *p = a, *q = b;
    const struct results_dataset *d = &p->r->dataset[p->index], *e = &q->r->dataset[q->index];
    int order = suite_place(d->suite) - suite_place(e->suite);
    if (order == 0 && d->at != e->at)
        order = d->at < e->at ? -1 : 1;
    if (order == 0 && (d->rank < 0) != (e->rank < 0))
        order = d->rank < 0 ? 1 : -1;
    if (order == 0)
        order = d->rank - e->rank;
    return order != 0 ? order : p->index - q->index;
}

/* place[old index] = new index, or -1 for what no run uses; *count is updated. */
static enum status reorder_runs(const struct results *r, void *items, size_t width, int *count,
                                const bool *used, int (*compare)(const void *, const void *),
                                int *place)
{
    struct ordered *order = malloc((size_t)(*count > 0 ? *count : 1) * sizeof *order);
    char *copy = malloc((size_t)(*count > 0 ? *count : 1) * width);
    if (order == NULL || copy == NULL) {
        free(order);
        free(copy);
        return no_memory();
    }
    int kept = 0;
    for (int i = 0; i < *count; i++) {
        place[i] = -1;
        if (used[i])
            order[kept++] = (struct ordered){r, i};
    }
    qsort(order, (size_t)kept, sizeof *order, compare);
    memcpy(copy, items, (size_t)*count * width);
    for (int i = 0; i < kept; i++) {
        place[order[i].index] = i;
        memcpy((char *)items + (size_t)i * width, copy + (size_t)order[i].index * width, width);
    }
    *count = kept;
    free(order);
    free(copy);
    return STATUS_OK;
}

int results_run_order(struct run_key a, struct run_key b)
{
    if (a.method != b.method)
        return a.method < b.method ? -1 : 1;
    if (a.dataset != b.dataset)
        return a.dataset < b.dataset ? -1 : 1;
    return (a.seed > b.seed) - (a.seed < b.seed);
}

static struct run_key key_of(const struct results_run *run)
{
    return (struct run_key){run->method, run->dataset, run->seed};
}

/* By cell and seed; within a seed the run to keep comes first. */
static int compare_runs(const void *a, const void *b)
{
    const struct results_run *p = a, *q = b;
    int order = results_run_order(key_of(p), key_of(q));
    if (order != 0)
        return order;
    if (p->status != q->status)
        return p->status < q->status ? -1 : 1;
    if (p->points != q->points)
        return p->points > q->points ? -1 : 1;
    return strcmp(p->origin.path, q->origin.path);
}

static enum status order_names(struct results *r, bool *used, int *place)
{
    memset(used, 0, (size_t)r->methods);
    for (int i = 0; i < r->runs; i++)
        used[r->run[i].method] = true;
    TRY(reorder_runs(r, r->method, sizeof *r->method, &r->methods, used, compare_methods, place));
    for (int i = 0; i < r->runs; i++)
        r->run[i].method = place[r->run[i].method];

    memset(used, 0, (size_t)r->datasets);
    for (int i = 0; i < r->runs; i++)
        used[r->run[i].dataset] = true;
    TRY(reorder_runs(r, r->dataset, sizeof *r->dataset, &r->datasets, used, compare_datasets,
                     place));
    for (int i = 0; i < r->runs; i++)
        r->run[i].dataset = place[r->run[i].dataset];
    return STATUS_OK;
}

static enum status order_all(struct results *r)
{
    size_t most = (size_t)(r->methods > r->datasets ? r->methods : r->datasets);
    bool *used = malloc(most * sizeof *used);
    int *place = malloc(most * sizeof *place);
    enum status status = used != NULL && place != NULL ? order_names(r, used, place) : no_memory();
    free(used);
    free(place);
    if (status == STATUS_OK)
        qsort(r->run, (size_t)r->runs, sizeof *r->run, compare_runs);
    return status;
}

/* Do two runs hold the same scores? */
static bool same_scores(const struct results_run *a, const struct results_run *b)
{
    bool same = a->points == b->points && a->status == b->status;
    for (int i = 0; same && i < a->points; i++)
        same = a->x[i] == b->x[i] && a->y[i] == b->y[i];
    return same && (a->points > 0 || a->at_budget == b->at_budget ||
                    (isnan(a->at_budget) && isnan(b->at_budget)));
}

/* Of runs with the same method, dataset and seed the first stays; of files of others there is no
 * telling which one counts. */
static enum status drop_duplicates(struct results *r)
{
    int kept = 0;
    for (int i = 0; r->run != NULL && i < r->runs; i++) {
        const struct results_run *before = kept > 0 ? &r->run[kept - 1] : NULL;
        const struct results_run *run = &r->run[i];
        if (before != NULL && results_run_order(key_of(before), key_of(run)) == 0) {
            if (before->origin.foreign && run->origin.foreign && !same_scores(before, run))
                return status_fail(STATUS_FORMAT,
                                   "%s, %s, seed %" PRId64
                                   " has other scores in %s than in %s; give "
                                   "the file that counts, or rename one of the methods (--method)",
                                   r->method[run->method].label, r->dataset[run->dataset].id,
                                   run->seed, before->origin.path, run->origin.path);
            TRY(results_note(r, NOTE_WARNING,
                             "%s, %s, seed %" PRId64 " appears twice; kept %s, left out %s",
                             r->method[run->method].label, r->dataset[run->dataset].id, run->seed,
                             before->origin.path, run->origin.path));
            results_free_run(&r->run[i]);
            continue;
        }
        r->run[kept++] = r->run[i];
    }
    r->runs = kept;
    return STATUS_OK;
}

/* Environment and quality of an unknown dataset, from its name. */
static void guess_dataset(struct results_dataset *d)
{
    size_t n = strcspn(d->base, "-");
    if (d->rank >= 0 || d->base[n] != '-')
        return;
    snprintf(d->env, sizeof d->env, "%.*s", (int)n, d->base);
    snprintf(d->quality, sizeof d->quality, "%s", d->base + n + 1);
    char *version = strrchr(d->quality, '-');
    if (version != NULL && version[1] == 'v')
        *version = '\0';
}

/* Datasets are in suite order: make the list of suites and let datasets point into it. */
static enum status make_suites(struct results *r)
{
    int other = registry_find_suite("other");
    for (int i = 0; i < r->datasets; i++) {
        struct registry_suite facts = results_suite_facts(r, r->dataset[i].suite);
        const struct registry_suite *known = &facts;
        double at = r->dataset[i].at;
        char id[RESULTS_ID];
        if (at > 0)
            snprintf(id, sizeof id, "%.80s+at%.0f", known->id, at);
        else
            snprintf(id, sizeof id, "%s", known->id);
        if (r->dataset[i].suite < other)
            guess_dataset(&r->dataset[i]);
        if (r->suites == 0 || strcmp(r->suite[r->suites - 1].id, id) != 0) {
            TRY(memory_grow((void **)&r->suite, r->suites, sizeof *r->suite, "the results"));
            struct results_suite *s = &r->suite[r->suites++];
            *s = (struct results_suite){.first = i,
                                        .at = at,
                                        .known = r->dataset[i].suite < other,
                                        .scored = known->scored};
            memcpy(s->id, id, sizeof id);
            results_suite_title(id, s->title);
        }
        r->suite[r->suites - 1].count++;
        r->dataset[i].suite = r->suites - 1;
    }
    if (r->suites == 1 && strcmp(r->suite[0].id, "other") == 0)
        snprintf(r->suite[0].title, sizeof r->suite[0].title, "All datasets");
    return STATUS_OK;
}

/* A rule that places nothing is a slip of the pen. */
static enum status check_rules(const struct results *r)
{
    for (int i = 0; i < r->options.suite_ofs; i++) {
        const char *rule = r->options.suite_of[i];
        int known = -1;
        bool places = false;
        for (int d = 0; d < r->datasets; d++) {
            if (!results_rule_matches(rule, r->dataset[d].base))
                continue;
            known = d;
            places |= r->dataset[d].rank < 0;
        }
        if (!places && known >= 0)
            return status_fail(STATUS_CONFIG,
                               "--suite-of %s: '%s' belongs to %s by its id, and no other dataset "
                               "matches",
                               rule, r->dataset[known].id,
                               registry_datasets(NULL)[r->dataset[known].rank].suite);
        if (!places)
            return status_fail(STATUS_CONFIG,
                               "--suite-of %s: no dataset matches; the first one is '%s'", rule,
                               r->datasets > 0 ? r->dataset[0].id : "");
    }
    return STATUS_OK;
}

/* --- whose report it is ----------------------------------------------------------------------- */

/* What the user emphasises comes last, unless --methods says where. */
static enum status place_ours(struct results *r, char id[RESULTS_ID])
{
    int ours;
    id[0] = '\0';
    if (r->options.ours == NULL)
        return STATUS_OK;
    TRY(results_name_method(r, "--ours", r->options.ours, &ours));
    struct results_method *m = &r->method[ours];
    memcpy(id, m->id, RESULTS_ID);
    if (m->place == 0)
        m->place = 1;
    return STATUS_OK;
}

static bool of_the_paper(const struct results *r, const struct results_run *run)
{
    const struct results_method *m = &r->method[run->method];
    return m->rank >= 0 && m->variant[0] == '\0' && r->dataset[run->dataset].stands_for[0] != '\0';
}

/* `chosen`: what the user emphasises, or "". Before budgets are settled: they follow the kind. */
static enum status settle_story(struct results *r, const char *chosen)
{
    bool paper = true, foreign = true;
    for (int i = 0; i < r->runs; i++) {
        paper &= of_the_paper(r, &r->run[i]);
        /* What this report has written of our runs names their preset (scores_impl.h). */
        foreign &= r->run[i].origin.foreign && r->run[i].origin.preset[0] == '\0';
    }
    r->foreign = foreign && !paper;
    if (r->x_title == NULL)
        r->x_title = r->foreign ? "Steps" : "Online transitions";
    r->finetuning = !r->foreign && strcmp(r->x_title, "Gradient steps") != 0;
    r->ours = chosen[0] != '\0' ? results_method(r, chosen)
              : r->foreign      ? -1
                                : results_method(r, "td3_odt");
    if (chosen[0] != '\0' && r->ours < 0)
        return status_fail(STATUS_CONFIG, "--ours %s: none of the selected runs is of that method",
                           r->options.ours);
    return STATUS_OK;
}

/* --- budgets ---------------------------------------------------------------------------------- */

static double last_x(const struct results_run *run)
{
    return run->points > 0 && run->status != RUN_DIVERGED ? run->x[run->points - 1] : (double)NAN;
}

/* The end of the longest curve: when every run of an unknown dataset diverged. */
static double farthest_step(const struct results *r, int dataset)
{
    double most = 0;
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        if (run->dataset == dataset && run->points > 0)
            most = fmax(most, run->x[run->points - 1]);
    }
    return most;
}

static void settle_budgets(struct results *r)
{
    for (int d = 0; d < r->datasets; d++) {
        struct results_dataset *set = &r->dataset[d];
        set->budget = r->options.budget > 0 ? r->options.budget : results_usual_budget(r, d);
        if (isnan(set->budget) && set->at > 0)
            set->budget = set->at; /* from a score file of ours */
        if (isnan(set->budget))
            results_set_common_budget(r, d);
        if (isnan(set->budget))
            set->budget = results_usual(r, d, last_x);
        if (isnan(set->budget) && set->rank >= 0 && !r->foreign)
            set->budget = registry_datasets(NULL)[set->rank].budget;
        if (isnan(set->budget))
            set->budget = farthest_step(r, d);
    }
}

/* --- scores ----------------------------------------------------------------------------------- */

static double by_rule(const struct results *r, const struct results_run *run)
{
    const double values[] = {run->at_budget, run->last, run->mean_last_k, run->best, run->area};
    return values[r->options.final];
}

/* A run that says it is complete may end one evaluation interval early; others not at all. */
static double slack_of(const struct results_run *run, struct align_curve c)
{
    double spacing = align_spacing(c);
    bool complete = run->curve != NULL && strcmp(curve_get(run->curve, "status"), "complete") == 0;
    return complete && !isnan(spacing) ? spacing : 0;
}

static void score_curve(const struct results *r, struct results_run *run)
{
    struct align_curve c = {run->points, run->x, run->y};
    double budget = r->dataset[run->dataset].budget;
    struct align_scores s = align_scores(c, budget, slack_of(run, c), r->options.align,
                                         r->options.last_k);
    run->initial = s.initial;
    run->at_budget = s.final;
    run->last = s.last;
    run->mean_last_k = s.mean_last_k;
    run->best = s.best;
    run->area = s.area;
}

/* Why a run has no score at the budget, and what would give it one. */
static void explain_end(const struct results_run *run, double budget, char *out, size_t size)
{
    if (run->points == 0)
        snprintf(out, size, "it has no score");
    else if (run->x[0] > budget)
        snprintf(out, size, "begins at %.0f, behind %.0f", run->x[0], budget);
    else
        snprintf(out, size, "ends at %.0f of %.0f", run->x[run->points - 1], budget);
}

static void score_run(const struct results *r, struct results_run *run)
{
    if (run->points > 0)
        score_curve(r, run);
    double budget = r->dataset[run->dataset].budget;
    if (run->status == RUN_OK && run->points > 0 && r->dataset[run->dataset].ends) {
        run->final = by_rule(r, run);
        run->used = true;
        run->increase = run->final - run->initial;
        return;
    }
    bool open = run->status == RUN_INCOMPLETE || run->status == RUN_DIVERGED;
    if (open && run->points > 0 && !isnan(run->at_budget)) {
        run->status = RUN_OK; /* what came after the budget that is asked for does not count */
        run->why[0] = '\0';
    }
    /* A run that only pretrains, to be asked for a range of returns, has no score where others are
     * read. */
    const struct curve *c = run->curve;
    bool asked = c != NULL && c->targets.targets > 0 && isnan(run->budget);
    if (run->status == RUN_OK && isnan(run->at_budget) && !asked) {
        run->status = RUN_INCOMPLETE;
        explain_end(run, budget, run->why, sizeof run->why);
    }
    if (run->status == RUN_OK) {
        run->final = by_rule(r, run);
    } else if (run->status == RUN_DIVERGED && r->options.diverged != DIVERGED_DROP) {
        double last = run->points > 0       ? run->y[run->points - 1]
                      : isfinite(run->last) ? run->last
                                            : 0;
        run->final = r->options.diverged == DIVERGED_FLOOR ? fmin(0, last) : last;
    }
    run->used = !isnan(run->final);
    run->increase = run->used ? run->final - run->initial : (double)NAN;
}

/* --- policies --------------------------------------------------------------------------------- */

static int used_in(const struct results *r, int method, int dataset)
{
    return results_count(r, method, dataset).used;
}

/* MISSING_COMMON: the first runs of each cell, as many as the method's smallest cell of the suite.
 */
static enum status keep_common(struct results *r, int method, int suite)
{
    const struct results_suite *s = &r->suite[suite];
    int fewest = INT32_MAX, most = 0;
    for (int d = s->first; d < s->first + s->count; d++) {
        int n = used_in(r, method, d);
        fewest = n > 0 && n < fewest ? n : fewest;
        most = n > most ? n : most;
    }
    if (most <= fewest)
        return STATUS_OK;
    for (int d = s->first; d < s->first + s->count; d++) {
        int count, seen = 0;
        struct results_run *run = results_cell(r, method, d, &count);
        for (int i = 0; i < count; i++) {
            if (run[i].used && seen++ >= fewest)
                run[i].used = false;
        }
    }
    return results_note(r, NOTE_WARNING,
                        "%s on %s: the first %d seeds of every dataset are used "
                        "(some have up to %d)",
                        r->method[method].label, s->title, fewest, most);
}

/* The grid of counts, for the sentence that refuses uneven cells. */
static void count_grid(const struct results *r, int method, int suite, char *out, size_t size)
{
    const struct results_suite *s = &r->suite[suite];
    size_t used = 0;
    for (int d = s->first; d < s->first + s->count && used + 1 < size; d++) {
        int n = snprintf(out + used, size - used, "%s%s %d", d > s->first ? ", " : "",
                         r->dataset[d].title, used_in(r, method, d));
        used += n > 0 ? (size_t)n : 0;
    }
}

static enum status check_even(struct results *r, int method, int suite)
{
    const struct results_suite *s = &r->suite[suite];
    for (int d = s->first; d < s->first + s->count; d++) {
        if (used_in(r, method, d) == used_in(r, method, s->first))
            continue;
        char grid[STATUS_SENTENCE / 2];
        count_grid(r, method, suite, grid, sizeof grid);
        if (r->options.missing == MISSING_ERROR)
            return status_fail(STATUS_CONFIG,
                               "%s on %s has uneven numbers of seeds (%s); finish "
                               "the runs, or choose --missing common or available",
                               r->method[method].label, s->title, grid);
        return results_note(r, NOTE_INFO, "Uneven numbers of seeds, %s on %s: %s.",
                            r->method[method].label, s->title, grid);
    }
    return STATUS_OK;
}

static enum status apply_missing(struct results *r)
{
    for (int m = 0; m < r->methods; m++) {
        for (int s = 0; s < r->suites; s++)
            TRY(r->options.missing == MISSING_COMMON ? keep_common(r, m, s) : check_even(r, m, s));
    }
    return STATUS_OK;
}

static void count_seeds(struct results *r)
{
    for (int i = 0; i < r->runs; i++) {
        int count;
        struct results_suite *s = &r->suite[r->dataset[r->run[i].dataset].suite];
        results_cell(r, r->run[i].method, r->run[i].dataset, &count);
        s->seeds = count > s->seeds ? count : s->seeds;
    }
    /* A hundred seeds of the single-state MDP are no plan for anything else. */
    for (int s = 0; s < r->suites; s++) {
        bool apart = !r->suite[s].scored && r->suites > 1;
        if (!apart && r->suite[s].seeds > r->seeds)
            r->seeds = r->suite[s].seeds;
    }
}

/* Seeds that are names get the numbers behind the largest of the others. */
static enum status number_seeds(struct results *r)
{
    int64_t most = -1;
    char list[RESULTS_NOTE - 128] = "";
    size_t used = 0;
    if (r->seed_names == 0)
        return STATUS_OK;
    for (int i = 0; i < r->runs; i++) {
        bool named = r->run[i].seed < RESULTS_SEED_NAMED + r->seed_names;
        most = !named && r->run[i].seed > most ? r->run[i].seed : most;
    }
    int64_t first = most < INT64_MAX - r->seed_names ? most + 1 : INT64_MIN / 2;
    for (int i = 0; i < r->runs; i++) {
        int64_t name = r->run[i].seed - RESULTS_SEED_NAMED;
        if (r->run[i].seed < RESULTS_SEED_NAMED + r->seed_names)
            r->run[i].seed = first + name;
    }
    for (int i = 0; i < r->seed_names && used + RESULTS_ID + 40 < sizeof list; i++)
        used += (size_t)snprintf(list + used, sizeof list - used, "%s%s = %" PRId64,
                                 i > 0 ? ", " : "", r->seed_name[i], first + i);
    return results_note(r, NOTE_INFO, "Seeds that are names have numbers here: %s.", list);
}

enum status results_finish(struct results *r)
{
    if (r->runs == 0 && r->unread > 0)
        return status_fail(STATUS_FORMAT, "no run can be read. %s", r->note[0].text);
    if (r->runs == 0)
        return status_fail(STATUS_CONFIG,
                           "no run found; a result folder holds "
                           "MATRIX/DATASET/METHOD/SEED/curve.h5, a score file is given by "
                           "--scores FILE");
    char ours[RESULTS_ID];
    TRY(number_seeds(r));
    if (!(r->options.budget > 0))
        TRY(results_split_budgets(r));
    TRY(results_split_variants(r));
    TRY(place_ours(r, ours));
    TRY(check_rules(r));
    TRY(order_all(r));
    TRY(drop_duplicates(r));
    TRY(make_suites(r));
    TRY(settle_story(r, ours));
    settle_budgets(r);
    TRY(results_note_budgets(r));
    for (int i = 0; i < r->runs; i++)
        score_run(r, &r->run[i]);
    count_seeds(r);
    TRY(apply_missing(r));
    TRY(results_check_scales(r));
    return results_collect_notes(r);
}
