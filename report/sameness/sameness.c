#include "report/sameness/sameness.h"

#include "engine/base/memory.h"
#include "engine/base/nearest.h"
#include "report/stats/inference.h"
#include "report/stats/permutation.h"
#include "report/stats/sum.h"
#include "report/text/list.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define ROW(text, table, rows, of, when) \
    .name = text, .family = SAMENESS_##table, .kind = rows, .column = RUN_LOG_##of, .window = SAMENESS_##when
#define TRAINED(text, table, of, when)   {ROW(text, table, RUN_LOG_TRAIN, of, when)}
#define EVALUATED(text, table, of, when) {ROW(text, table, RUN_LOG_EVALUATION, of, when)}
const struct sameness_statistic sameness_statistics[] = {
    EVALUATED("evaluation, pretrained",   SCORES,    score_mean,      PRETRAINED),
    EVALUATED("evaluations online",       SCORES,    score_mean,      ONLINE),
    EVALUATED("last evaluation",          SCORES,    score_mean,      LAST),
    EVALUATED("spread of its episodes",   SCORES,    score_std,       LAST),
    TRAINED(  "rollouts",                 SCORES,    score_mean,      ONLINE),
    EVALUATED("evaluation, pretrained",   LENGTHS,   length,          PRETRAINED),
    EVALUATED("evaluations online",       LENGTHS,   length,          ONLINE),
    EVALUATED("last evaluation",          LENGTHS,   length,          LAST),
    TRAINED(  "rollouts",                 LENGTHS,   length,          ONLINE),
    TRAINED(  "supervised, pretraining",  LOSSES,    loss_supervised, PRETRAINED),
    /* TD3 does not weigh it online: the released program computes it all the same, ours does not. */
    {ROW(     "supervised, online",       LOSSES,    RUN_LOG_TRAIN,   loss_supervised, ONLINE), .but = "td3"},
    TRAINED(  "actor's, online",          LOSSES,    loss_actor,      ONLINE),
    TRAINED(  "critic's, pretraining",    LOSSES,    loss_critic,     PRETRAINED),
    TRAINED(  "critic's, iteration 1",    LOSSES,    loss_critic,     BEGIN),
    TRAINED(  "critic's, online",         LOSSES,    loss_critic,     ONLINE),
    TRAINED(  "mean, pretraining",        Q,         q_mean,          PRETRAINED),
    TRAINED(  "mean, online",             Q,         q_mean,          ONLINE),
    TRAINED(  "spread, pretraining",      Q,         q_std,           PRETRAINED),
    TRAINED(  "spread, online",           Q,         q_std,           ONLINE),
    TRAINED(  "largest, pretraining",     Q,         q_abs_max,       PRETRAINED),
    TRAINED(  "largest, online",          Q,         q_abs_max,       ONLINE),
    TRAINED(  "actor's, pretraining",     GRADIENTS, grad_norm_actor, PRETRAINED),
    TRAINED(  "actor's, online",          GRADIENTS, grad_norm_actor, ONLINE),
    TRAINED(  "pretraining",              ENTROPIES, entropy,         PRETRAINED),
    TRAINED(  "online",                   ENTROPIES, entropy,         ONLINE),
    TRAINED(  "temperature, last",        ENTROPIES, temperature,     LAST),
};
/* clang-format on */
const int sameness_statistic_count = sizeof sameness_statistics / sizeof *sameness_statistics;

const char *sameness_family_title(enum sameness_family family)
{
    static const char *const titles[] = {
#define SAMENESS_TITLE(code, title) title,
        SAMENESS_FAMILIES(SAMENESS_TITLE)
#undef SAMENESS_TITLE
    };
    return titles[family];
}

/* --- one number of a run ---------------------------------------------------------------------- */

/* NaN where the run has none. */
static double number_of(const struct run_log *l, const struct sameness_statistic *what)
{
    double sum = 0, last = (double)NAN;
    int count = 0;
    for (int i = 0; i < l->rows[what->kind]; i++) {
        const struct run_log_row *row = &l->row[what->kind][i];
        double x = row->value[what->column];
        if ((row->iteration == 0) != (what->window == SAMENESS_PRETRAINED) ||
            (what->window == SAMENESS_BEGIN && row->iteration != 1))
            continue;
        sum += x;
        count++;
        last = x;
    }
    return what->window == SAMENESS_LAST ? last : count > 0 ? sum / count : (double)NAN;
}

/* --- the runs of a group ---------------------------------------------------------------------- */

struct side {
    struct run_log *log; /* (runs) */
    int runs;
};

static void free_side(struct side *s)
{
    for (int i = 0; i < s->runs; i++)
        run_log_free(&s->log[i]);
    free(s->log);
}

static bool is_selected(const struct sameness_options *o, const char *dataset, const char *method)
{
    return (o->datasets == NULL || list_matches(o->datasets, ",", dataset)) &&
           (o->methods == NULL || list_matches(o->methods, ",", method));
}

static const struct run_log *recorded_of(const struct run_log *recorded, int count,
                                         const char *dataset, const char *method)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(recorded[i].dataset, dataset) == 0 && strcmp(recorded[i].method, method) == 0)
            return &recorded[i];
    }
    return NULL;
}

static enum status of_another_size(const struct results_run *run)
{
    return status_fail(STATUS_FORMAT,
                       "%s: its iterations and evaluations are not those of the recorded runs; "
                       "compare runs of matrix tiny",
                       run->origin.path);
}

/* The configuration that a run of this method and dataset should have; NULL: any. */
static enum status find_settings(const struct sameness_options *o, const struct run_log *like,
                                 const char **config)
{
    *config = NULL;
    for (int i = 0; i < o->settings_count; i++) {
        const struct sameness_settings *s = &o->settings[i];
        if (strcmp(s->method, like->method) == 0 && strcmp(s->dataset, like->dataset) == 0)
            *config = s->config;
    }
    if (*config == NULL && o->settings_count > 0)
        return status_fail(STATUS_CONFIG,
                           "matrix tiny has no cell of %s on %s, whose settings could be compared",
                           like->method, like->dataset);
    return STATUS_OK;
}

static const char *config_of(const struct results_run *run)
{
    return run->curve->config != NULL ? run->curve->config : "";
}

/* A run has the wanted settings (NULL: any), and those of the first run of its group. */
static enum status check_settings(const struct results_run *run, const struct results_run *first,
                                  const char *wanted)
{
    char keys[STATUS_SENTENCE / 2];
    if (wanted != NULL && curve_config_differences(config_of(run), wanted, keys, sizeof keys) > 0)
        return status_fail(STATUS_FORMAT,
                           "%s: was run with other settings than matrix tiny's: %s; "
                           "--any-settings compares it all the same",
                           run->origin.path, keys);
    if (curve_config_differences(config_of(run), config_of(first), keys, sizeof keys) > 0)
        return status_fail(STATUS_FORMAT,
                           "%s: was run with other settings than %s (\"here\"): %s; the runs of a "
                           "method on a dataset must have the same",
                           run->origin.path, first->origin.path, keys);
    return STATUS_OK;
}

/* A run of ours: finished, and of the size of `like`. */
static enum status take_run(const struct results_run *run, const struct run_log *like,
                            struct side *ours)
{
    const char *method = like->method, *dataset = like->dataset;
    if (run->status == RUN_MISSING || run->status == RUN_INCOMPLETE)
        return status_fail(STATUS_MISSING, "%s on %s seed %" PRId64 " is not finished (%s: %s)",
                           method, dataset, run->seed, run_status_word(run->status), run->why);
    if (run->status != RUN_OK || run->curve == NULL)
        return status_fail(STATUS_FORMAT, "%s on %s seed %" PRId64 " is no finished run (%s: %s)",
                           method, dataset, run->seed, run_status_word(run->status), run->why);
    TRY(memory_grow((void **)&ours->log, ours->runs, sizeof *ours->log, "the runs"));
    TRY(run_log_of_curve(run->curve, dataset, &ours->log[ours->runs]));
    ours->log[ours->runs++].seed = run->seed;
    return run_log_same_rows(&ours->log[ours->runs - 1], like) ? STATUS_OK : of_another_size(run);
}

/* The runs of method m and dataset d with the seeds that count. */
static enum status take_runs(const struct results *r, int m, int d, const struct run_log *like,
                             const struct sameness_options *o, struct side *ours)
{
    const struct results_run *first = NULL;
    const char *wanted;
    TRY(find_settings(o, like, &wanted));
    for (long seed = o->first_seed; seed <= o->last_seed; seed++) {
        const struct results_run *found = NULL;
        for (int i = 0; i < r->runs; i++) {
            const struct results_run *run = &r->run[i];
            if (run->method != m || run->dataset != d || run->seed != seed)
                continue;
            if (found != NULL)
                return status_fail(
                    STATUS_FORMAT, "%s on %s seed %ld is there twice: %s and %s; keep one",
                    r->method[m].id, like->dataset, seed, found->origin.path, run->origin.path);
            found = run;
        }
        if (found == NULL)
            return status_fail(STATUS_MISSING, "there is no run of %s on %s with seed %ld",
                               r->method[m].id, like->dataset, seed);
        TRY(take_run(found, like, ours));
        first = first != NULL ? first : found;
        TRY(check_settings(found, first, wanted));
    }
    return STATUS_OK;
}

/* --- tests of a group ------------------------------------------------------------------------- */

/* A statistic of all runs, ours first: value (runs). *apply false: it is none of this method. */
static enum status numbers_of(const struct side *ours, const struct side *theirs,
                              const struct sameness_group *g, const struct sameness_statistic *what,
                              double *value, bool *apply)
{
    int at = 0;
    *apply = false;
    if ((g->old_metrics && what->column == RUN_LOG_q_abs_max) ||
        (what->but != NULL && strcmp(what->but, theirs->log[0].method) == 0))
        return STATUS_OK;
    for (int i = 0; i < ours->runs; i++)
        value[at++] = number_of(&ours->log[i], what);
    for (int i = 0; i < theirs->runs; i++) {
        value[at++] = number_of(&theirs->log[i], what);
        if (isnan(value[at - 1]))
            return STATUS_OK;
    }
    *apply = true;
    for (int i = 0; i < ours->runs; i++) {
        if (!isfinite(value[i]))
            return status_fail(STATUS_FORMAT,
                               "%s on %s seed %" PRId64 ": %s (%s) is no number, which it is in "
                               "every recorded run",
                               g->method, g->dataset, ours->log[i].seed, what->name,
                               sameness_family_title(what->family));
    }
    return STATUS_OK;
}

static bool is_constant(const double *value, int n)
{
    for (int i = 1; i < n; i++) {
        if (value[i] != value[0])
            return false;
    }
    return true;
}

static struct sameness_test describe(const double *value, int nx, int ny)
{
    double x = sum_deviation(value, (size_t)nx, false),
           y = sum_deviation(value + nx, (size_t)ny, false);
    return (struct sameness_test){
        .mean = {sum_mean(value, (size_t)nx), sum_mean(value + nx, (size_t)ny)},
        .deviation = nx + ny > 2 ? sqrt((nx * x * x + ny * y * y) / (nx + ny - 2)) : 0,
        .p = (double)NAN,
        .holm = (double)NAN};
}

/* Append the group's tests; the tested ones' numbers become the columns of `table` (n, columns). */
static enum status add_tests(struct sameness *s, const struct side *ours, const struct side *theirs,
                             double *value, double *table, int *columns)
{
    const int n = ours->runs + theirs->runs, group = s->groups - 1;
    for (int k = 0; k < sameness_statistic_count; k++) {
        bool apply;
        TRY(numbers_of(ours, theirs, &s->group[group], &sameness_statistics[k], value, &apply));
        if (!apply)
            continue;
        TRY(memory_grow((void **)&s->test, s->tests, sizeof *s->test, "the tests"));
        struct sameness_test *t = &s->test[s->tests++];
        *t = describe(value, ours->runs, theirs->runs);
        t->group = group;
        t->what = &sameness_statistics[k];
        if (is_constant(value, n))
            continue;
        t->p = 0; /* to be tested */
        for (int i = 0; i < n; i++)
            table[i * sameness_statistic_count + *columns] = value[i];
        ++*columns;
    }
    return STATUS_OK;
}

/* The p-values of a group's tests, all by the same splits. */
static enum status test_group(struct sameness *s, const struct side *ours,
                              const struct side *theirs)
{
    const int n = ours->runs + theirs->runs, first = s->tests;
    const size_t wide = (size_t)sameness_statistic_count;
    double *table = calloc((size_t)n * wide + (size_t)n + wide, sizeof *table);
    if (table == NULL)
        return status_fail(STATUS_MEMORY, "no memory to compare %d runs", n);
    double *value = table + (size_t)n * wide, *p = value + n;
    int columns = 0;
    enum status status = add_tests(s, ours, theirs, value, table, &columns);
    for (int i = 1; i < n; i++) /* the columns stand close together from here on */
        memmove(table + i * columns, table + (size_t)i * wide, (size_t)columns * sizeof *table);
    if (status == STATUS_OK && columns > 0)
        status = permutation_test(table, ours->runs, theirs->runs, columns, p);
    for (int i = first, column = 0; i < s->tests && status == STATUS_OK; i++) {
        if (!isnan(s->test[i].p))
            s->test[i].p = p[column++];
    }
    free(table);
    return status;
}

static enum status compare_group(struct sameness *s, const struct results *r, int m, int d,
                                 const struct run_log *recorded, int count,
                                 const struct run_log *like, const struct sameness_options *o)
{
    struct side ours = {0}, theirs = {.log = (struct run_log *)like}; /* theirs is not freed */
    while (like + theirs.runs < recorded + count &&
           strcmp(like[theirs.runs].dataset, like->dataset) == 0 &&
           strcmp(like[theirs.runs].method, like->method) == 0)
        theirs.runs++;
    TRY(memory_grow((void **)&s->group, s->groups, sizeof *s->group, "the comparison"));
    struct sameness_group *g = &s->group[s->groups++];
    *g = (struct sameness_group){.runs = {0, theirs.runs}};
    snprintf(g->dataset, sizeof g->dataset, "%s", like->dataset);
    snprintf(g->method, sizeof g->method, "%s", r->method[m].id);
    for (int i = 0; i < r->runs; i++)
        g->old_metrics |= r->run[i].method == m && r->run[i].dataset == d &&
                          r->run[i].curve != NULL &&
                          curve_get_number(r->run[i].curve, "metrics", 0) < 2;
    enum status status = take_runs(r, m, d, like, o, &ours);
    g->runs[0] = ours.runs;
    if (status == STATUS_OK)
        status = test_group(s, &ours, &theirs);
    free_side(&ours);
    return status;
}

/* --- words ------------------------------------------------------------------------------------ */

/* The dataset or the method of a recorded run. */
static const char *name_of(const struct run_log *l, bool dataset)
{
    return dataset ? l->dataset : l->method;
}

/* Each word of the list names a recorded one. */
static enum status check_list(const char *option, const char *list, const struct run_log *recorded,
                              int count, bool dataset)
{
    char word[RESULTS_ID];
    const char *at = list;
    bool any = list == NULL;
    while (list != NULL && list_next(&at, ",", word, sizeof word)) {
        struct nearest n = {.to = word};
        bool matches = false;
        any = true;
        for (int i = 0; i < count; i++) {
            nearest_offer(&n, name_of(&recorded[i], dataset));
            matches |= list_matches(word, ",", name_of(&recorded[i], dataset));
        }
        if (!matches)
            return status_fail(STATUS_CONFIG,
                               "--%s: no run of the released program is recorded of '%s'; the "
                               "nearest is '%s'",
                               option, word, n.word);
    }
    return any ? STATUS_OK
               : status_fail(STATUS_CONFIG, "--%s is '%s', should be a list of names", option,
                             list);
}

enum status sameness_check_words(const struct run_log *recorded, int count,
                                 const struct sameness_options *o)
{
    TRY(check_list("datasets", o->datasets, recorded, count, true));
    return check_list("methods", o->methods, recorded, count, false);
}

/* --- all groups ------------------------------------------------------------------------------- */

static bool has_runs(const struct results *r, int m, int d)
{
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].method == m && r->run[i].dataset == d)
            return true;
    }
    return false;
}

static bool is_compared(const struct results *r, const struct results_run *run,
                        const struct sameness_options *o)
{
    return is_selected(o, r->dataset[run->dataset].id, r->method[run->method].base);
}

/* Without a choice, the seeds that any of the compared runs has. */
static enum status settle_seeds(const struct results *r, struct sameness_options *o)
{
    if (o->first_seed != 0 || o->last_seed != 0)
        return STATUS_OK;
    int64_t first = INT64_MAX, last = INT64_MIN;
    for (int i = 0; i < r->runs; i++) {
        if (!is_compared(r, &r->run[i], o))
            continue;
        first = r->run[i].seed < first ? r->run[i].seed : first;
        last = r->run[i].seed > last ? r->run[i].seed : last;
    }
    if (first > last)
        return status_fail(STATUS_MISSING, "there is no run to compare; `make test-sameness` makes "
                                           "them");
    if (last - first >= SAMENESS_SEEDS)
        return status_fail(STATUS_CONFIG,
                           "seeds from %" PRId64 " to %" PRId64 "; choose at most %d with --seeds",
                           first, last, SAMENESS_SEEDS);
    o->first_seed = (long)first;
    o->last_seed = (long)last;
    return STATUS_OK;
}

/* Nothing is left aside silently: a run with nothing to compare it with may be a misspelt one. */
static enum status check_runs(const struct results *r, const struct run_log *recorded, int count,
                              const struct sameness_options *o)
{
    for (int i = 0; i < r->runs; i++) {
        const struct results_run *run = &r->run[i];
        const char *dataset = r->dataset[run->dataset].id, *method = r->method[run->method].base;
        if (is_compared(r, run, o) && recorded_of(recorded, count, dataset, method) == NULL)
            return status_fail(STATUS_CONFIG,
                               "%s: no run of the released program is recorded of %s on %s; choose "
                               "others with --methods and --datasets",
                               run->origin.path, method, dataset);
    }
    return STATUS_OK;
}

/* Every selected method and dataset that is recorded, with each variant that ours has of it. */
static enum status compare_recorded(const struct results *r, const struct run_log *recorded,
                                    int count, const struct sameness_options *o, struct sameness *s)
{
    for (int i = 0; i < count; i++) {
        const struct run_log *like = &recorded[i];
        if (recorded_of(recorded, count, like->dataset, like->method) != like ||
            !is_selected(o, like->dataset, like->method))
            continue;
        int d = results_dataset(r, like->dataset), before = s->groups;
        for (int m = 0; m < r->methods && d >= 0; m++) {
            if (strcmp(r->method[m].base, like->method) == 0 && has_runs(r, m, d))
                TRY(compare_group(s, r, m, d, recorded, count, like, o));
        }
        if (s->groups == before)
            return status_fail(STATUS_MISSING,
                               "there is no run of %s on %s to compare with the recorded ones; "
                               "choose others with --methods and --datasets",
                               like->method, like->dataset);
    }
    return s->groups > 0 ? STATUS_OK
                         : status_fail(STATUS_CONFIG, "no recorded run matches --methods and "
                                                      "--datasets");
}

/* Holm over all tests, and what each could have seen at the level of the first of its steps. */
static enum status correct(struct sameness *s)
{
    double *p = calloc((size_t)s->tests + 1, sizeof *p);
    if (p == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d tests", s->tests);
    for (int i = 0; i < s->tests; i++) {
        p[i] = s->test[i].p;
        s->tested += !isnan(p[i]);
    }
    enum status status = inference_holm(p, s->tests, p);
    for (int i = 0; i < s->tests && status == STATUS_OK; i++) {
        struct sameness_test *t = &s->test[i];
        const int *runs = s->group[t->group].runs;
        t->holm = p[i];
        t->differs = t->holm <= SAMENESS_LEVEL;
        t->detectable = permutation_detectable(runs[0], runs[1], SAMENESS_LEVEL / s->tested,
                                               SAMENESS_POWER);
        s->differing += t->differs;
    }
    free(p);
    return status;
}

enum status sameness_compare(const struct results *r, const struct run_log *recorded, int count,
                             const struct sameness_options *options, struct sameness *out)
{
    struct sameness_options o = *options;
    *out = (struct sameness){.any_settings = o.settings_count == 0};
    TRY(sameness_check_words(recorded, count, &o));
    TRY(settle_seeds(r, &o));
    TRY(check_runs(r, recorded, count, &o));
    enum status status = compare_recorded(r, recorded, count, &o, out);
    if (status == STATUS_OK)
        status = correct(out);
    if (status != STATUS_OK)
        sameness_free(out);
    return status;
}

void sameness_free(struct sameness *s)
{
    free(s->group);
    free(s->test);
    *s = (struct sameness){.groups = 0};
}
