#include "report/results/against.h"

#include "engine/base/memory.h"
#include "report/stats/sum.h"
#include "report/stats/trim.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* A curve of ours or a folder, of ours or of score files; else a score file. */
static bool is_run(const char *path)
{
    struct stat s;
    const char *name = strrchr(path, '/');
    return (stat(path, &s) == 0 && S_ISDIR(s.st_mode)) ||
           strcmp(name != NULL ? name + 1 : path, "curve.h5") == 0;
}

enum status against_read(struct against *g, const char *path, struct results_options options)
{
    options.ours = NULL;
    options.suite_ofs = 0; /* suites are A's */
    *g = (struct against){0};
    results_init(&g->results, options);
    TRY(file_path(g->path, "%s", path));
    bool there = strcmp(path, "-") == 0;
    if (!there)
        TRY(file_look(path, &there));
    if (!there)
        return status_fail(STATUS_IO, "--against %s: there is no such file or folder", path);
    if (is_run(path))
        TRY(results_read_folder(&g->results, path));
    if (g->results.runs + g->results.unread == 0)
        TRY(results_read_scores(&g->results, path));
    return results_finish(&g->results);
}

void against_free(struct against *g)
{
    results_free(&g->results);
    free(g->cell);
    free(g->total);
    *g = (struct against){0};
}

static int count_scores(const struct results *r, int method, int dataset)
{
    return method < 0 || dataset < 0 ? 0
                                     : results_scores(r, method, dataset, RESULTS_FINAL, 0, NULL);
}

/* The scores of both on these datasets of A. B's matrix has another name: its runs are others. */
static enum status take_both(const struct against *g, const struct results *r, int method,
                             const int *datasets, int count, struct matrix out[2])
{
    int theirs = results_method(&g->results, r->method[method].id);
    int *place = malloc(((size_t)count + 1) * sizeof *place);
    if (place == NULL)
        return status_fail(STATUS_MEMORY, "no memory to compare %s", r->method[method].label);
    for (int i = 0; i < count; i++)
        place[i] = results_dataset(&g->results, r->dataset[datasets[i]].id);
    enum status status = results_matrix(r, method, datasets, count, RESULTS_FINAL, &out[0]);
    if (status == STATUS_OK) {
        status = results_matrix(&g->results, theirs, place, count, RESULTS_FINAL, &out[1]);
        if (status != STATUS_OK)
            matrix_free(&out[0]);
    }
    free(place);
    if (status == STATUS_OK)
        snprintf(out[1].method, sizeof out[1].method, "%.96s (against)", r->method[method].id);
    return status;
}

static enum status compare_cell(struct against *g, const struct report *r, int method, int dataset)
{
    struct matrix both[2];
    struct bootstrap runs_only = r->bootstrap; /* one dataset has no other to draw */
    runs_only.tasks = false;
    TRY(memory_grow((void **)&g->cell, g->cells, sizeof *g->cell, "the comparison"));
    struct against_cell *c = &g->cell[g->cells];
    TRY(take_both(g, &r->results, method, &dataset, 1, both));
    *c = (struct against_cell){.method = method, .dataset = dataset};
    for (int k = 0; k < 2; k++) {
        c->runs[k] = both[k].runs[0];
        c->mean[k] = sum_mean(both[k].score, (size_t)both[k].runs[0]);
    }
    enum status status = compare_pair(&both[0], &both[1], &runs_only, &c->difference);
    matrix_free(&both[0]);
    matrix_free(&both[1]);
    g->cells += status == STATUS_OK;
    return status;
}

static void iqm_difference(const struct matrix *x, const void *context, double *scratch,
                           double *out)
{
    (void)context;
    (void)scratch;
    double iqm[2] = {(double)NAN, (double)NAN};
    for (int k = 0; k < 2; k++) {
        struct trim t;
        if (trim_init(&t, &x[k], x[k].score) != STATUS_OK)
            continue;
        iqm[k] = trim_point(&t);
        trim_free(&t);
    }
    out[0] = iqm[0] - iqm[1];
}

static enum status compare_total(struct against *g, const struct report *r, int method, int suite,
                                 const int *datasets, int count)
{
    static const struct statistic iqm = {iqm_difference, NULL, 0, 1};
    struct matrix both[2];
    TRY(memory_grow((void **)&g->total, g->totals, sizeof *g->total, "the comparison"));
    struct against_total *t = &g->total[g->totals];
    TRY(take_both(g, &r->results, method, datasets, count, both));
    const struct matrix *const view[2] = {&both[0], &both[1]};
    *t = (struct against_total){.method = method, .suite = suite, .datasets = count};
    enum status status = compare_pair(&both[0], &both[1], &r->bootstrap, &t->difference);
    if (status == STATUS_OK)
        status = bootstrap_run(&r->bootstrap, BOOTSTRAP_PAIRS, view, 2, &iqm, NULL, &t->iqm);
    matrix_free(&both[0]);
    matrix_free(&both[1]);
    g->totals += status == STATUS_OK;
    return status;
}

/* The datasets of a suite (-1: of all that are scored, as in suite_scores.h) that both have runs of
 * the method on. */
static int shared_datasets(const struct against *g, const struct results *r, int method, int suite,
                           int *out)
{
    int theirs = results_method(&g->results, r->method[method].id), count = 0;
    for (int d = 0; d < r->datasets; d++) {
        const struct results_dataset *set = &r->dataset[d];
        bool apart = strchr(set->id, '+') != NULL || !r->suite[set->suite].scored;
        if ((suite >= 0 ? set->suite == suite : !apart) && count_scores(r, method, d) > 0 &&
            count_scores(&g->results, theirs, results_dataset(&g->results, set->id)) > 0)
            out[count++] = d;
    }
    return count;
}

static enum status compare_suites(struct against *g, const struct report *r, int *datasets)
{
    const struct results *x = &r->results;
    int scored = 0;
    for (int s = 0; s < x->suites; s++)
        scored += x->suite[s].scored;
    for (int s = 0; s <= x->suites; s++) {
        int suite = s < x->suites ? s : -1;
        if (suite < 0 && scored < 2)
            continue;
        for (int m = 0; m < x->methods; m++) {
            int count = shared_datasets(g, x, m, suite, datasets);
            if (count > 0)
                TRY(compare_total(g, r, m, suite, datasets, count));
        }
    }
    return STATUS_OK;
}

static enum status compare_cells(struct against *g, const struct report *r)
{
    const struct results *x = &r->results;
    for (int d = 0; d < x->datasets; d++) {
        int there = results_dataset(&g->results, x->dataset[d].id);
        for (int m = 0; m < x->methods; m++) {
            int mine = count_scores(x, m, d);
            int theirs = count_scores(&g->results, results_method(&g->results, x->method[m].id),
                                      there);
            g->lone[0] += mine > 0 && theirs == 0;
            if (mine > 0 && theirs > 0)
                TRY(compare_cell(g, r, m, d));
        }
    }
    for (int d = 0; d < g->results.datasets; d++) {
        for (int m = 0; m < g->results.methods; m++)
            g->lone[1] += count_scores(&g->results, m, d) > 0;
    }
    g->lone[1] -= g->cells;
    return STATUS_OK;
}

static enum status note_budgets(const struct against *g, struct results *r)
{
    int different = 0, first = -1;
    for (int d = 0; d < r->datasets; d++) {
        int there = results_dataset(&g->results, r->dataset[d].id);
        if (there < 0 || r->dataset[d].budget == g->results.dataset[there].budget)
            continue;
        first = different++ == 0 ? d : first;
    }
    if (different == 0)
        return STATUS_OK;
    int there = results_dataset(&g->results, r->dataset[first].id);
    return results_note(r, NOTE_WARNING,
                        "--against: %d dataset%s read at different budgets (%.96s at %.0f and "
                        "%.0f); --budget N reads both at the same.",
                        different, different == 1 ? " is" : "s are", r->dataset[first].id,
                        r->dataset[first].budget, g->results.dataset[there].budget);
}

/* What must be known of B's runs. */
static enum status take_notes(const struct against *g, struct results *r)
{
    for (int i = 0; i < g->results.notes; i++) {
        const struct results_note *note = &g->results.note[i];
        if (note->level != NOTE_INFO)
            TRY(results_note(r, NOTE_WARNING, "There: %.1400s", note->text));
    }
    return STATUS_OK;
}

enum status against_compare(struct against *g, struct report *r)
{
    struct results *x = &r->results;
    int *datasets = malloc(((size_t)x->datasets + 1) * sizeof *datasets);
    if (datasets == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the comparison");
    enum status status = compare_cells(g, r);
    if (status == STATUS_OK && x->runs == 0)
        status = status_fail(STATUS_CONFIG, "--against %s: there is no run to compare", g->path);
    else if (status == STATUS_OK && g->cells == 0)
        status = status_fail(STATUS_CONFIG,
                             "--against %s: no method has runs on the same dataset in both (here "
                             "'%s' on '%s', there '%s' on '%s'); ids must be the same",
                             g->path, x->method[0].id, x->dataset[0].id, g->results.method[0].id,
                             g->results.dataset[0].id);
    if (status == STATUS_OK)
        status = compare_suites(g, r, datasets);
    free(datasets);
    if (status == STATUS_OK && g->lone[0] + g->lone[1] > 0)
        status = results_note(x, NOTE_INFO,
                              "--against: %d combinations of method and dataset are compared; %d "
                              "have runs here alone, %d there alone.",
                              g->cells, g->lone[0], g->lone[1]);
    if (status == STATUS_OK)
        status = note_budgets(g, x);
    return status == STATUS_OK ? take_notes(g, x) : status;
}
