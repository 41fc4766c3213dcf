#include "report/stats/matrix.h"

#include "report/stats/sum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static enum status no_memory(const struct matrix *x)
{
    return status_fail(STATUS_MEMORY, "no memory for the scores of method '%s'", x->method);
}

static void copy_name(char out[MATRIX_NAME], const char *name)
{
    snprintf(out, MATRIX_NAME, "%s", name);
}

enum status matrix_init(struct matrix *x, const char *method)
{
    *x = (struct matrix){0};
    copy_name(x->method, method);
    x->start = calloc(1, sizeof *x->start);
    return x->start != NULL ? STATUS_OK : no_memory(x);
}

void matrix_free(struct matrix *x)
{
    free(x->task);
    free(x->runs);
    free(x->start);
    free(x->score);
    *x = (struct matrix){0};
}

/* realloc that leaves *array as it was when there is no memory. */
static bool resize_array(void **array, size_t count, size_t width)
{
    void *larger = realloc(*array, (count > 0 ? count : 1) * width);
    if (larger != NULL)
        *array = larger;
    return larger != NULL;
}

enum status matrix_add(struct matrix *x, const char *task, int runs, const double *score)
{
    if (runs < 0 || runs > MATRIX_RUNS)
        return status_fail(STATUS_CONFIG, "method '%s', task '%s': %d runs; at most %d are handled",
                           x->method, task, runs, MATRIX_RUNS);
    if (matrix_task(x, task) >= 0)
        return status_fail(STATUS_CONFIG, "method '%s': task '%s' is given twice; give each once",
                           x->method, task);
    for (int n = 0; n < runs; n++) {
        if (!isfinite(score[n]))
            return status_fail(STATUS_NONFINITE,
                               "method '%s', task '%s': the score of run %d of %d is %g and cannot "
                               "be aggregated; choose a rule for diverged runs or leave it out",
                               x->method, task, n + 1, runs, score[n]);
    }

    size_t m = (size_t)x->tasks, used = x->start[m], total = used + (size_t)runs;
    void *names = x->task, *counts = x->runs, *starts = x->start, *scores = x->score;
    bool fits = resize_array(&names, m + 1, sizeof *x->task) &&
                resize_array(&counts, m + 1, sizeof *x->runs) &&
                resize_array(&starts, m + 2, sizeof *x->start) &&
                resize_array(&scores, total, sizeof *x->score);
    x->task = names;
    x->runs = counts;
    x->start = starts;
    x->score = scores;
    if (!fits)
        return no_memory(x);

    copy_name(x->task[m], task);
    x->runs[m] = runs;
    x->start[m + 1] = total;
    if (runs > 0)
        memcpy(x->score + used, score, (size_t)runs * sizeof *score);
    x->tasks++;
    return STATUS_OK;
}

size_t matrix_count(const struct matrix *x)
{
    return x->start[x->tasks];
}

int matrix_fewest(const struct matrix *x)
{
    int fewest = x->tasks > 0 ? x->runs[0] : 0;
    for (int m = 1; m < x->tasks; m++)
        fewest = x->runs[m] < fewest ? x->runs[m] : fewest;
    return fewest;
}

int matrix_most(const struct matrix *x)
{
    int most = 0;
    for (int m = 0; m < x->tasks; m++)
        most = x->runs[m] > most ? x->runs[m] : most;
    return most;
}

bool matrix_full(const struct matrix *x)
{
    return x->tasks > 0 && matrix_fewest(x) > 0 && matrix_fewest(x) == matrix_most(x);
}

int matrix_task(const struct matrix *x, const char *task)
{
    for (int m = 0; m < x->tasks; m++) {
        if (strncmp(x->task[m], task, MATRIX_NAME - 1) == 0)
            return m;
    }
    return -1;
}

/* A new matrix of the tasks for which `keep` is set, at most `runs` of each. */
static enum status copy_part(const struct matrix *x, const bool *keep, int runs, struct matrix *out)
{
    enum status status = matrix_init(out, x->method);
    out->pooled = x->pooled;
    for (int m = 0; m < x->tasks && status == STATUS_OK; m++) {
        if (keep == NULL || keep[m])
            status = matrix_add(out, x->task[m], x->runs[m] < runs ? x->runs[m] : runs,
                                x->score + x->start[m]);
    }
    if (status != STATUS_OK)
        matrix_free(out);
    return status;
}

enum status matrix_common(const struct matrix *x, struct matrix *out)
{
    return copy_part(x, NULL, matrix_fewest(x), out);
}

enum status matrix_keep(const struct matrix *x, const char *const *tasks, int count,
                        struct matrix *out)
{
    bool *keep = calloc((size_t)x->tasks + 1, sizeof *keep);
    if (keep == NULL)
        return no_memory(x);
    for (int m = 0; m < x->tasks; m++) {
        keep[m] = x->runs[m] > 0 && tasks == NULL;
        for (int i = 0; tasks != NULL && i < count && x->runs[m] > 0; i++)
            keep[m] = keep[m] || strncmp(x->task[m], tasks[i], MATRIX_NAME - 1) == 0;
    }
    enum status status = copy_part(x, keep, MATRIX_RUNS, out);
    free(keep);
    return status;
}

enum status matrix_intersect(const struct matrix *const *x, int count, struct matrix *out)
{
    if (count == 0)
        return STATUS_OK;
    const char **common = calloc((size_t)x[0]->tasks + 1, sizeof *common);
    if (common == NULL)
        return no_memory(x[0]);
    int shared = 0;
    for (int m = 0; m < x[0]->tasks; m++) {
        bool everywhere = true;
        for (int k = 0; k < count && everywhere; k++) {
            int here = matrix_task(x[k], x[0]->task[m]);
            everywhere = here >= 0 && x[k]->runs[here] > 0;
        }
        if (everywhere)
            common[shared++] = x[0]->task[m];
    }

    /* Task by task, so that all come out in the first one's order. */
    enum status status = STATUS_OK;
    int made = 0;
    for (; made < count && status == STATUS_OK; made++) {
        status = matrix_init(&out[made], x[made]->method);
        out[made].pooled = x[made]->pooled;
        for (int i = 0; i < shared && status == STATUS_OK; i++) {
            int m = matrix_task(x[made], common[i]);
            status = matrix_add(&out[made], common[i], x[made]->runs[m],
                                x[made]->score + x[made]->start[m]);
        }
    }
    while (status != STATUS_OK && made > 0)
        matrix_free(&out[--made]);
    free(common);
    return status;
}

enum status matrix_check(const struct matrix *x)
{
    if (x->tasks == 0)
        return status_fail(STATUS_CONFIG, "method '%s' has no task to aggregate", x->method);
    char list[256] = "";
    size_t length = 0;
    int empty = 0;
    for (int m = 0; m < x->tasks; m++) {
        if (x->runs[m] > 0)
            continue;
        if (length < sizeof list - 1)
            length += (size_t)snprintf(list + length, sizeof list - length, "%s%s",
                                       empty > 0 ? ", " : "", x->task[m]);
        empty++;
    }
    if (empty == 0)
        return STATUS_OK;
    return status_fail(STATUS_CONFIG,
                       "method '%s' has no run on %d of %d tasks (%s); leave the method out, or "
                       "the tasks for all methods (--tasks intersection)",
                       x->method, empty, x->tasks, list);
}

enum status matrix_check_pair(const struct matrix *x, const struct matrix *y)
{
    TRY(matrix_check(x));
    TRY(matrix_check(y));
    if (x->tasks != y->tasks)
        return status_fail(STATUS_CONFIG,
                           "methods '%s' and '%s' have %d and %d tasks; compare them on the same "
                           "ones (--tasks intersection)",
                           x->method, y->method, x->tasks, y->tasks);
    for (int m = 0; m < x->tasks; m++) {
        if (strcmp(x->task[m], y->task[m]) != 0)
            return status_fail(STATUS_CONFIG,
                               "methods '%s' and '%s' differ in task %d ('%s', '%s'); compare them "
                               "on the same ones in the same order (--tasks intersection)",
                               x->method, y->method, m + 1, x->task[m], y->task[m]);
    }
    return STATUS_OK;
}

double matrix_mean(const struct matrix *x, const double *quantity)
{
    struct sum total = {0};
    for (int m = 0; m < x->tasks; m++)
        sum_add(&total, sum_mean(quantity + x->start[m], (size_t)x->runs[m]));
    return sum_total(&total) / x->tasks;
}
