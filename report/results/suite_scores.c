#include "report/results/suite_scores.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool suite_scores_standard(const struct results *r, int method)
{
    const struct results_method *m = &r->method[method];
    if (m->main || (m->rank < 0 && m->variant[0] == '\0') || method == r->ours)
        return true;
    /* An external score file holds none of our ablations. */
    for (int i = 0; i < r->runs; i++) {
        if (r->run[i].method == method && r->run[i].origin.foreign)
            return m->variant[0] == '\0';
    }
    return false;
}

static void add_note(struct suite_scores *g, const char *format, const char *name, const char *list)
{
    size_t used = strlen(g->note);
    snprintf(g->note + used, sizeof g->note - used, format, used > 0 ? " " : "", name, list);
}

/* All tasks that any standard method has a score for. */
static void collect_datasets(const struct results *r, enum results_what what,
                             struct suite_scores *g)
{
    for (int d = 0; d < r->datasets; d++) {
        /* Together stand the benchmark's own tasks: no delayed rewards, no single-state MDP. */
        bool apart = strchr(r->dataset[d].id, '+') != NULL || !r->suite[r->dataset[d].suite].scored;
        if (g->suite >= 0 ? r->dataset[d].suite != g->suite : apart)
            continue;
        for (int m = 0; m < r->methods; m++) {
            if (suite_scores_standard(r, m) && results_scores(r, m, d, what, 0, NULL) > 0) {
                g->dataset[g->datasets++] = d;
                break;
            }
        }
    }
}

static int count_covered(const struct results *r, enum results_what what,
                         const struct suite_scores *g, int m)
{
    int count = 0;
    for (int i = 0; i < g->datasets; i++)
        count += results_scores(r, m, g->dataset[i], what, 0, NULL) > 0;
    return count;
}

/* Of the tasks in g, those that `method` has come first; returns how many. */
static int move_shared_first(const struct results *r, enum results_what what,
                             const struct suite_scores *g, int left, int method)
{
    int both = 0;
    for (int i = 0; i < left; i++) {
        if (results_scores(r, method, g->dataset[i], what, 0, NULL) == 0)
            continue;
        int task = g->dataset[i];
        for (int k = i; k > both; k--)
            g->dataset[k] = g->dataset[k - 1];
        g->dataset[both++] = task;
    }
    return both;
}

/* The tasks of the method that has most of them, cut down to what further methods have too, most
 * tasks first, as long as any is left. */
static enum status cut_tasks(const struct results *r, enum results_what what,
                             struct suite_scores *g)
{
    int *cover = calloc((size_t)(r->methods > 0 ? r->methods : 1), sizeof *cover);
    if (cover == NULL)
        return status_fail(STATUS_MEMORY, "suite %s: no memory for its scores", g->title);
    for (int m = 0; m < r->methods; m++)
        cover[m] = suite_scores_standard(r, m) ? count_covered(r, what, g, m) : 0;
    int left = g->datasets;
    for (;;) {
        int next = 0;
        for (int m = 1; m < r->methods; m++)
            next = cover[m] > cover[next] ? m : next;
        if (cover[next] == 0)
            break;
        cover[next] = 0;
        int both = move_shared_first(r, what, g, left, next);
        left = both > 0 ? both : left;
    }
    free(cover);
    for (int i = left; i < g->datasets; i++)
        add_note(g, "%s%s is left out: not every method has a run there.%s",
                 r->dataset[g->dataset[i]].title, "");
    g->datasets = left;
    return STATUS_OK;
}

/* Methods with every task; tasks are cut first when that would leave less than two of several. */
static enum status choose_methods(const struct results *r, enum results_what what,
                                  struct suite_scores *g)
{
    int some = 0, all = 0;
    for (int m = 0; m < r->methods; m++) {
        int n = suite_scores_standard(r, m) ? count_covered(r, what, g, m) : 0;
        some += n > 0;
        all += n > 0 && n == g->datasets;
    }
    if (all < 2 && some > all)
        TRY(cut_tasks(r, what, g));
    for (int m = 0; m < r->methods; m++) {
        int n = suite_scores_standard(r, m) ? count_covered(r, what, g, m) : 0;
        if (n == g->datasets && n > 0) {
            g->method[g->methods++] = m;
        } else if (n > 0) {
            char count[64];
            snprintf(count, sizeof count, "%d of %d datasets", n, g->datasets);
            add_note(g, "%s%s is left out: it has runs on %s.", r->method[m].label, count);
        }
    }
    return STATUS_OK;
}

static enum status make_matrices(const struct results *r, enum results_what what,
                                 struct suite_scores *g)
{
    for (int i = 0; i < g->methods; i++) {
        TRY(results_matrix(r, g->method[i], g->dataset, g->datasets, what, &g->x[i]));
        if (r->options.missing == MISSING_COMMON && !matrix_full(&g->x[i])) {
            struct matrix common;
            TRY(matrix_common(&g->x[i], &common));
            matrix_free(&g->x[i]);
            g->x[i] = common;
            char count[32];
            snprintf(count, sizeof count, "%d", matrix_fewest(&g->x[i]));
            add_note(g, "%s%s: the first %s runs of each dataset are used.",
                     r->method[g->method[i]].label, count);
        }
        g->view[i] = &g->x[i];
        int fewest = matrix_fewest(&g->x[i]), most = matrix_most(&g->x[i]);
        g->fewest = i == 0 || fewest < g->fewest ? fewest : g->fewest;
        g->most = most > g->most ? most : g->most;
    }
    return STATUS_OK;
}

enum status suite_scores_gather(const struct results *r, int suite, enum results_what what,
                                struct suite_scores *out)
{
    *out = (struct suite_scores){.suite = suite};
    size_t datasets = r->datasets > 0 ? (size_t)r->datasets : 1;
    size_t methods = r->methods > 0 ? (size_t)r->methods : 1;
    snprintf(out->title, sizeof out->title, "%s",
             suite >= 0 ? r->suite[suite].title : "All datasets");
    out->dataset = calloc(datasets, sizeof *out->dataset);
    out->method = calloc(methods, sizeof *out->method);
    out->x = calloc(methods, sizeof *out->x);
    out->view = calloc(methods, sizeof(void *));
    enum status result = STATUS_OK;
    if (out->dataset == NULL || out->method == NULL || out->x == NULL || out->view == NULL) {
        result = status_fail(STATUS_MEMORY, "suite %s: no memory for its scores", out->title);
    } else {
        collect_datasets(r, what, out);
        result = choose_methods(r, what, out);
        if (result == STATUS_OK)
            result = make_matrices(r, what, out);
    }
    if (result != STATUS_OK)
        suite_scores_free(out);
    return result;
}

void suite_scores_free(struct suite_scores *g)
{
    for (int i = 0; g->x != NULL && i < g->methods; i++)
        matrix_free(&g->x[i]);
    free(g->x);
    free(g->view);
    free(g->dataset);
    free(g->method);
    *g = (struct suite_scores){0};
}

int suite_scores_find(const struct suite_scores *g, int method)
{
    for (int i = 0; i < g->methods; i++) {
        if (g->method[i] == method)
            return i;
    }
    return -1;
}
