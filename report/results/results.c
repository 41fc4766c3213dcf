#include "report/results/results.h"

#include "engine/base/escape.h"
#include "engine/base/memory.h"
#include "report/results/registry.h"
#include "report/results/results_impl.h"

#include <ctype.h>
#include <fnmatch.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

const char *run_status_word(enum run_status status)
{
#define RUN_WORD(code, word, result) word,
    static const char *const words[] = {RUN_STATUSES(RUN_WORD)};
#undef RUN_WORD
    return words[status];
}

void results_init(struct results *r, struct results_options options)
{
    *r = (struct results){.options = options, .ours = -1};
    if (r->options.last_k <= 0)
        r->options.last_k = 10;
}

void results_free_run(struct results_run *run)
{
    free(run->x);
    free(run->y);
    free(run->spread);
    free(run->hours);
    free(run->steps);
    if (run->curve != NULL)
        curve_free(run->curve);
    free(run->curve);
    *run = (struct results_run){0};
}

void results_free(struct results *r)
{
    for (int i = 0; i < r->runs; i++)
        results_free_run(&r->run[i]);
    free(r->run);
    free(r->suite);
    free(r->dataset);
    free(r->method);
    free(r->note);
    free(r->own_suite);
    free(r->seed_name);
    free(r->theory);
    *r = (struct results){0};
}

static enum status no_memory(void)
{
    return status_fail(STATUS_MEMORY, "no memory for the results");
}

uint32_t results_digest(const char *text)
{
    uint32_t hash = 2166136261u; /* FNV-1a */
    for (const char *c = text; *c != '\0'; c++)
        hash = (hash ^ (unsigned char)*c) * 16777619u;
    return hash;
}

/* --- names ------------------------------------------------------------------------------------ */

/* A name on one line. What does not fit ends in a digest of the whole: two long names stay two. */
static void one_line(const char *from, char *to, size_t size)
{
    escape_line(from, to, size);
    if (strlen(from) < size)
        return;
    char tail[16];
    int n = snprintf(tail, sizeof tail, "~%08x", results_digest(from));
    size_t keep = escape_whole(to, size - 1 - (size_t)n);
    memcpy(to + keep, tail, (size_t)n + 1);
}

enum status results_make_method(struct results *r, const char *id, const char *label, int *out)
{
    char name[RESULTS_ID];
    one_line(id, name, sizeof name);
    *out = results_method(r, name);
    if (*out >= 0)
        return STATUS_OK;
    TRY(memory_grow((void **)&r->method, r->methods, sizeof *r->method, "the results"));
    struct results_method *m = &r->method[r->methods];
    *m = (struct results_method){0};
    memcpy(m->id, name, sizeof name);
    memcpy(m->base, name, sizeof name);
    char *colon = strchr(m->base, ':');
    if (colon != NULL) {
        one_line(colon + 1, m->variant, sizeof m->variant);
        *colon = '\0';
    }
    m->rank = registry_find_method(m->base);
    m->main = m->rank >= 0 && registry_methods[m->rank].main && m->variant[0] == '\0';
    /* Known methods have one name in all outputs, whatever a run calls itself. */
    char known[2 * RESULTS_TITLE];
    snprintf(known, sizeof known, "%s%s%s",
             m->rank >= 0 ? registry_methods[m->rank].label : m->base,
             m->variant[0] != '\0' ? ", " : "", m->variant);
    one_line(m->rank < 0 && label[0] != '\0' ? label : known, m->label, sizeof m->label);
    *out = r->methods++;
    return STATUS_OK;
}

/* "hopper-random-dev" is a piece of hopper-random-v2: claims may be tried on it, tables name it.
 * Returns the suite of that one, or -1. */
static int set_stands_for(struct results_dataset *d, const char *delay)
{
    int count, suite = -1;
    const struct registry_dataset *known = registry_datasets(&count);
    size_t n = strlen(d->base);
    bool part = n > 4 && strcmp(d->base + n - 4, "-dev") == 0;
    for (int i = 0; i < count; i++) {
        const char *id = known[i].id;
        size_t stem = (size_t)(strrchr(id, '-') - id); /* every id ends in its version */
        if (i == d->rank || (part && stem == n - 4 && strncmp(id, d->base, stem) == 0)) {
            snprintf(d->stands_for, sizeof d->stands_for, "%.48s%.40s", id, delay);
            suite = registry_find_suite(known[i].suite);
        }
    }
    return suite;
}

/* --- suites ----------------------------------------------------------------------------------- */

struct registry_suite results_suite_facts(const struct results *r, int suite)
{
    if (suite < registry_suite_count)
        return registry_suites[suite];
    const char *name = r->own_suite[suite - registry_suite_count];
    return (struct registry_suite){.id = name, .title = name, .parent = "", .scored = true};
}

/* The suite that the user calls so, by id or title, made when new. */
static enum status name_suite(struct results *r, const char *name, int *out)
{
    char line[RESULTS_ID];
    one_line(name, line, sizeof line);
    for (*out = 0; *out < registry_suite_count + r->own_suites; ++*out) {
        struct registry_suite s = results_suite_facts(r, *out);
        if (strcasecmp(s.id, line) == 0 || strcasecmp(s.title, line) == 0)
            return STATUS_OK;
    }
    TRY(memory_grow((void **)&r->own_suite, r->own_suites, sizeof *r->own_suite, "the results"));
    memcpy(r->own_suite[r->own_suites++], line, sizeof line);
    return STATUS_OK;
}

bool results_rule_matches(const char *rule, const char *dataset)
{
    char pattern[RESULTS_ID];
    const char *name = strrchr(rule, '=');
    snprintf(pattern, sizeof pattern, "%.*s", (int)(name - rule), rule);
    return fnmatch(pattern, dataset, 0) == 0;
}

/* By the first rule of --suite-of that matches, else `known`, else "other". */
static enum status suite_by_rule(struct results *r, const struct results_dataset *d, int known,
                                 int *out)
{
    for (int i = 0; i < r->options.suite_ofs; i++) {
        const char *rule = r->options.suite_of[i];
        if (results_rule_matches(rule, d->base))
            return name_suite(r, strrchr(rule, '=') + 1, out);
    }
    *out = known >= 0 ? known : registry_find_suite("other");
    return STATUS_OK;
}

double results_at(const char *id, size_t *length)
{
    const char *at = strstr(id, "+at");
    *length = strlen(id);
    if (at == NULL || at[3] == '\0' || at[3 + strspn(at + 3, "0123456789")] != '\0')
        return 0;
    double budget = strtod(at + 3, NULL);
    if (budget > 0)
        *length = (size_t)(at - id);
    return budget;
}

void results_suite_title(const char *id, char out[RESULTS_TITLE])
{
    char base[RESULTS_ID];
    size_t length;
    double at = results_at(id, &length);
    snprintf(base, sizeof base, "%.*s", (int)length, id);
    int known = registry_find_suite(base);
    const char *title = known >= 0 ? registry_suites[known].title : base;
    if (at > 0)
        snprintf(out, RESULTS_TITLE, "%s, read at %.0f", title, at);
    else
        snprintf(out, RESULTS_TITLE, "%s", title);
}

enum status results_make_dataset(struct results *r, const char *id, int *out)
{
    char name[RESULTS_ID];
    one_line(id, name, sizeof name);
    *out = results_dataset(r, name);
    if (*out >= 0)
        return STATUS_OK;
    TRY(memory_grow((void **)&r->dataset, r->datasets, sizeof *r->dataset, "the results"));
    struct results_dataset *d = &r->dataset[r->datasets];
    int suite;
    *d = (struct results_dataset){.mean = (double)NAN, .budget = (double)NAN};
    size_t length;
    d->at = results_at(name, &length);
    memcpy(d->id, name, sizeof name);
    memcpy(d->task, name, length);
    memcpy(d->base, d->task, sizeof d->base);
    char *plus = strstr(d->base, "+delay");
    if (plus != NULL)
        *plus = '\0';
    d->rank = registry_find_dataset(d->base);
    int known_suite = set_stands_for(d, plus != NULL ? d->task + (plus - d->base) : "");
    if (d->rank >= 0) {
        const struct registry_dataset *known = &registry_datasets(NULL)[d->rank];
        snprintf(d->title, sizeof d->title, "%s", known->title);
        snprintf(d->env, sizeof d->env, "%s", known->env);
        snprintf(d->quality, sizeof d->quality, "%s", known->quality);
        d->mean = known->mean;
        suite = known_suite;
    } else {
        snprintf(d->title, sizeof d->title, "%s", d->base);
        TRY(suite_by_rule(r, d, known_suite, &suite));
    }
    if (d->at > 0)
        snprintf(d->title + strlen(d->title), sizeof d->title - strlen(d->title), ", read at %.0f",
                 d->at);
    if (plus != NULL && suite == registry_find_suite("mujoco"))
        suite = registry_find_suite("mujoco-delayed");
    d->suite = suite; /* of the registry or r->own_suite, for now */
    *out = r->datasets++;
    return STATUS_OK;
}

void results_place_dataset(struct results *r, int dataset, const char *suite)
{
    const char *name = r->dataset[dataset].base;
    int stated = suite[0] != '\0' ? registry_find_suite(suite) : registry_guess_suite(name);
    if (stated >= 0 && r->dataset[dataset].suite == registry_find_suite("other"))
        r->dataset[dataset].suite = stated;
}

enum status results_restore_suite(struct results *r, int dataset, const char *suite)
{
    char name[RESULTS_ID];
    size_t length;
    int other = registry_find_suite("other");
    results_at(suite, &length);
    snprintf(name, sizeof name, "%.*s", (int)length, suite);
    if (name[0] == '\0' || r->dataset[dataset].suite != other)
        return STATUS_OK;
    return name_suite(r, name, &r->dataset[dataset].suite);
}

void results_name_axis(struct results *r, const char *title)
{
    static const char *const titles[] = {"Online transitions", "Gradient steps", "Steps"};
    for (int i = 0; i < 3 && r->x_title == NULL; i++) {
        if (strcmp(titles[i], title) == 0)
            r->x_title = titles[i];
    }
}

enum status results_declare(struct results *r, const char *method, const char *label,
                            const char *dataset, int *m, int *d)
{
    if (method[0] == '\0' || dataset[0] == '\0')
        return status_fail(STATUS_FORMAT, "a run without a name of its %s",
                           method[0] == '\0' ? "method" : "dataset");
    int known = registry_find_method(method);
    TRY(results_make_method(r, known >= 0 ? registry_methods[known].id : method, label, m));
    return results_make_dataset(r, dataset, d);
}

enum status results_add(struct results *r, int method, int dataset, int64_t seed,
                        struct results_run **out)
{
    TRY(memory_grow((void **)&r->run, r->runs, sizeof *r->run, "the results"));
    const double nan = (double)NAN;
    *out = &r->run[r->runs++];
    **out = (struct results_run){.method = method,
                                 .dataset = dataset,
                                 .seed = seed,
                                 .budget = nan,
                                 .initial = nan,
                                 .at_budget = nan,
                                 .last = nan,
                                 .mean_last_k = nan,
                                 .best = nan,
                                 .area = nan,
                                 .final = nan,
                                 .increase = nan,
                                 .runtime = nan,
                                 .updates = nan};
    return STATUS_OK;
}

/* --- points ----------------------------------------------------------------------------------- */

enum status results_set_points(struct results_run *run, int n)
{
    double **columns[] = {&run->x, &run->y, &run->spread, &run->hours, &run->steps};
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
        free(*columns[k]);
        *columns[k] = malloc((size_t)(n > 0 ? n : 1) * sizeof **columns[k]);
        if (*columns[k] == NULL)
            return no_memory();
        for (int i = 0; i < n; i++)
            (*columns[k])[i] = (double)NAN;
    }
    run->points = n;
    return STATUS_OK;
}

static void move_point(struct results_run *run, int from, int to)
{
    double *columns[] = {run->x, run->y, run->spread, run->hours, run->steps};
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++)
        columns[k][to] = columns[k][from];
}

/* A stable insertion sort: files are in order or nearly so. */
static void sort_points(struct results_run *run)
{
    double *columns[] = {run->x, run->y, run->spread, run->hours, run->steps};
    for (int i = 1; i < run->points; i++) {
        for (int j = i; j > 0 && run->x[j - 1] > run->x[j]; j--) {
            for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
                double swap = columns[k][j];
                columns[k][j] = columns[k][j - 1];
                columns[k][j - 1] = swap;
            }
        }
    }
}

enum status results_settle(struct results_run *run, bool sorted)
{
    for (int i = 0; i < run->points; i++) {
        if (!isfinite(run->x[i]) || run->x[i] < 0)
            return status_fail(STATUS_FORMAT, "evaluation %d is at step %g", i, run->x[i]);
    }
    if (!sorted)
        sort_points(run);
    int kept = 0;
    for (int i = 0; i < run->points; i++) {
        if (kept > 0 && run->x[i] < run->x[kept - 1])
            return status_fail(STATUS_FORMAT,
                               "evaluation %d is at step %.0f, the one before at "
                               "%.0f: steps must not decrease",
                               i, run->x[i], run->x[kept - 1]);
        if (kept > 0 && run->x[i] == run->x[kept - 1])
            kept--; /* a record written again after a resume */
        move_point(run, i, kept++);
    }
    run->points = kept;
    for (int i = 0; i < kept; i++) {
        if (!isfinite(run->y[i])) {
            run->points = i;
            run->status = RUN_DIVERGED;
            snprintf(run->why, sizeof run->why, "the evaluation at step %.0f is not finite",
                     run->x[i]);
            break;
        }
    }
    return STATUS_OK;
}

/* --- looking up ------------------------------------------------------------------------------- */

int results_method(const struct results *r, const char *id)
{
    for (int i = 0; i < r->methods; i++) {
        if (strcmp(r->method[i].id, id) == 0)
            return i;
    }
    return -1;
}

int results_dataset(const struct results *r, const char *id)
{
    for (int i = 0; i < r->datasets; i++) {
        if (strcmp(r->dataset[i].id, id) == 0)
            return i;
    }
    return -1;
}

int results_suite(const struct results *r, const char *id)
{
    for (int i = 0; i < r->suites; i++) {
        if (strcmp(r->suite[i].id, id) == 0)
            return i;
    }
    return -1;
}

int results_stand_in(const struct results *r, const char *id)
{
    int exact = results_dataset(r, id);
    for (int i = 0; i < r->datasets && exact < 0; i++) {
        if (strcmp(r->dataset[i].stands_for, id) == 0)
            return i;
    }
    return exact;
}

/* First run at or behind (method, dataset): runs are sorted. */
static int lower_bound(const struct results *r, int method, int dataset)
{
    int low = 0, high = r->runs;
    while (low < high) {
        int middle = low + (high - low) / 2;
        const struct results_run *run = &r->run[middle];
        if (run->method < method || (run->method == method && run->dataset < dataset))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct results_run *results_cell(const struct results *r, int method, int dataset, int *count)
{
    int first = lower_bound(r, method, dataset);
    *count = lower_bound(r, method, dataset + 1) - first;
    return *count > 0 ? r->run + first : NULL;
}

struct results_count results_count(const struct results *r, int method, int dataset)
{
    struct results_count c = {0};
    int n;
    const struct results_run *run = results_cell(r, method, dataset, &n);
    for (int i = 0; i < n; i++) {
        c.of[run[i].status]++;
        c.used += run[i].used;
    }
    int planned = r->suite[r->dataset[dataset].suite].seeds;
    if (n < planned)
        c.of[RUN_MISSING] += planned - n;
    return c;
}

static double score_of(const struct results_run *run, enum results_what what)
{
    switch (what) {
    case RESULTS_INCREASE:
        return run->increase;
    case RESULTS_INITIAL:
        return run->initial;
    case RESULTS_FINAL:
        break;
    }
    return run->final;
}

int results_scores(const struct results *r, int method, int dataset, enum results_what what,
                   int room, double *out)
{
    int n, found = 0;
    const struct results_run *run = results_cell(r, method, dataset, &n);
    for (int i = 0; i < n; i++) {
        double value = score_of(&run[i], what);
        if (!run[i].used || isnan(value))
            continue;
        if (found < room)
            out[found] = value;
        found++;
    }
    return found;
}

enum status results_matrix(const struct results *r, int method, const int *datasets, int count,
                           enum results_what what, struct matrix *out)
{
    enum status status = matrix_init(out, r->method[method].id);
    out->pooled = r->options.pooled;
    for (int i = 0; status == STATUS_OK && i < count; i++) {
        int n = results_scores(r, method, datasets[i], what, 0, NULL);
        double *score = malloc((size_t)(n > 0 ? n : 1) * sizeof *score);
        if (score == NULL)
            status = no_memory();
        else if (n > 0)
            status = matrix_add(out, r->dataset[datasets[i]].id,
                                results_scores(r, method, datasets[i], what, n, score), score);
        free(score);
    }
    if (status != STATUS_OK)
        matrix_free(out);
    return status;
}

bool results_is_reduced(const struct results_run *run)
{
    const struct results_origin *o = &run->origin;
    return o->reduced[0] != '\0' || strcmp(o->kind, "generated") == 0 ||
           strcmp(o->kind, "dev") == 0;
}

const char *results_config(const struct results_run *run, const char *key, char *out, size_t size)
{
    const char *config = run->curve != NULL ? run->curve->config : NULL;
    return curve_config_value(config != NULL ? config : "", key, out, size);
}

enum status results_all_read(const struct results *r, const char *otherwise)
{
    char theory[64] = "", others[64] = "";
    int unread = r->unread - r->theory_damaged;
    for (int i = 0; i < r->runs; i++)
        unread += r->run[i].unreadable;
    if (unread + r->theory_damaged == 0)
        return STATUS_OK;
    if (r->theory_damaged > 0)
        snprintf(theory, sizeof theory, "%d theory file%s", r->theory_damaged,
                 r->theory_damaged == 1 ? "" : "s");
    if (unread > 0)
        snprintf(others, sizeof others, "%d curve%s or folder%s", unread, unread == 1 ? "" : "s",
                 unread == 1 ? "" : "s");
    return status_fail(STATUS_FORMAT, "%s%s%s cannot be read%s", others,
                       *others != '\0' && *theory != '\0' ? " and " : "", theory, otherwise);
}

/* --- notes ------------------------------------------------------------------------------------ */

/* "Not finished: 3 incomplete" -> "not finished"; without a colon the first words. A path in front
 * is no topic: "/a/mine.csv: columns: ..." -> "columns". */
static void topic_of(const char *text, char topic[RESULTS_TOPIC])
{
    enum { WORDS = 5, LONGEST = 40 };
    const char *behind = strstr(text, ": ");
    if (behind != NULL && strcspn(text, " ") >= (size_t)(behind - text) &&
        strcspn(text, "./") < (size_t)(behind - text))
        text = behind + 2;
    size_t n = strcspn(text, ":");
    if (text[n] == '\0' || n > LONGEST) {
        n = 0;
        for (int word = 0; word < WORDS; word++)
            n += strspn(text + n, " ") + strcspn(text + n + strspn(text + n, " "), " ");
    }
    while (n > 0 && strchr(".,;", text[n - 1]) != NULL)
        n--;
    n = escape_whole(text, n < LONGEST ? n : LONGEST);
    snprintf(topic, RESULTS_TOPIC, "%.*s", (int)n, text);
    if (isupper((unsigned char)topic[0]) && islower((unsigned char)topic[1]))
        topic[0] = (char)tolower((unsigned char)topic[0]);
}

static enum status add_note(struct results *r, enum note_level level, const char *topic,
                            const char *format, va_list args)
{
    struct results_note note = {.level = level};
    vsnprintf(note.text, sizeof note.text, format, args);
    for (int i = 0; i < r->notes; i++) {
        if (strcmp(r->note[i].text, note.text) == 0)
            return STATUS_OK;
    }
    if (topic != NULL)
        snprintf(note.topic, sizeof note.topic, "%s", topic);
    else
        topic_of(note.text, note.topic);
    TRY(memory_grow((void **)&r->note, r->notes, sizeof *r->note, "the results"));
    r->note[r->notes++] = note;
    return STATUS_OK;
}

enum status results_note(struct results *r, enum note_level level, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = add_note(r, level, NULL, format, args);
    va_end(args);
    return status;
}

enum status results_note_on(struct results *r, enum note_level level, const char *topic,
                            const char *format, ...)
{
    va_list args;
    va_start(args, format);
    enum status status = add_note(r, level, topic, format, args);
    va_end(args);
    return status;
}

/* Append, cut at `size`. */
static void append_text(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

int results_describe_budgets(const struct results *r, const int *datasets, int count, char *out,
                             size_t size)
{
    int budgets = 0, different = 0;
    for (int i = 0; i < count; i++) {
        bool before = false;
        for (int k = 0; k < i; k++)
            before |= r->dataset[datasets[k]].budget == r->dataset[datasets[i]].budget;
        different += !before;
    }
    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        double budget = r->dataset[datasets[i]].budget;
        bool before = false;
        for (int k = 0; k < i; k++)
            before |= r->dataset[datasets[k]].budget == budget;
        if (before)
            continue;
        append_text(out, size, "%s%.0f",
                    budgets == 0              ? ""
                    : budgets + 1 < different ? ", "
                                              : " and ",
                    budget);
        for (int k = i; k < count && different > 1; k++) {
            if (r->dataset[datasets[k]].budget == budget)
                append_text(out, size, "%s%s", k == i ? " (" : ", ", r->dataset[datasets[k]].title);
        }
        append_text(out, size, "%s", different > 1 ? ")" : "");
        budgets++;
    }
    append_text(out, size, " %c%s", tolower((unsigned char)r->x_title[0]), r->x_title + 1);
    return different;
}

void results_describe(const struct results *r, char *out, size_t size)
{
    static const char *const finals[] = {
        "final score interpolated at the budget", "final score = last evaluation within the budget",
        "final score = mean of the last evaluations", "final score = best evaluation (an oracle)",
        "final score = area under the curve over the budget"};
    static const char *const diverged[] = {"diverged runs count as min(0, last finite score)",
                                           "diverged runs count with their last finite score",
                                           "diverged runs are left out"};
    const char *const missing[] = {
        r->options.pooled
            ? "all seeds are used, datasets weighted equally except in the IQM, which pools runs"
            : "all seeds are used, datasets weighted equally",
        "the smallest number of seeds of a method's cells is used",
        "cells need equal numbers of seeds"};
    char k[32] = "", at[80] = "";
    for (int d = 0; d < r->datasets; d++) {
        if (r->dataset[d].common)
            snprintf(at, sizeof at, ", the largest step that all runs of a dataset reach");
        if (r->dataset[d].ends)
            snprintf(at, sizeof at, ", each run at its own end");
    }
    if (r->options.final == FINAL_MEAN_LAST_K)
        snprintf(k, sizeof k, " (k = %d)", r->options.last_k);
    snprintf(out, size, "%s%s%s; %s; %s", finals[r->options.final], k, at,
             diverged[r->options.diverged], missing[r->options.missing]);
}
