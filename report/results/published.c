#include "report/results/published.h"

#include "engine/base/memory.h"
#include "report/results/registry.h"
#include "report/results/scores_impl.h"
#include "report/results/suite_scores.h"
#include "report/stats/inference.h"
#include "report/stats/sum.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* --- the file --------------------------------------------------------------------------------- */

struct columns {
    int method, dataset, mean, sd, n;
};

/* The first column with one of these names, or -1. */
static int column_of(const struct csv *c, const char *const names[])
{
    for (; *names != NULL; names++) {
        for (int i = 0; i < c->columns; i++) {
            if (strcasecmp(c->cell[i], *names) == 0)
                return i;
        }
    }
    return -1;
}

static enum status find_columns(const struct csv *c, struct columns *out)
{
    *out = (struct columns){
        .method = column_of(c, (const char *const[]){"method", "algorithm", "algo", NULL}),
        .dataset = column_of(c, (const char *const[]){"dataset", "task", "env", NULL}),
        .mean = column_of(c, (const char *const[]){"mean", "score", NULL}),
        .sd = column_of(c, (const char *const[]){"sd", "std", NULL}),
        .n = column_of(c, (const char *const[]){"n", "runs", "seeds", NULL})};
    const char *missing = out->method < 0    ? "method"
                          : out->dataset < 0 ? "dataset"
                          : out->mean < 0    ? "mean"
                                             : NULL;
    if (missing == NULL)
        return STATUS_OK;
    return status_fail(STATUS_FORMAT, "%s:%d: no column '%s'; expected method,dataset,mean,sd,n",
                       c->name, c->line[0], missing);
}

/* A cell that may be empty, or the column missing: NaN then. */
static enum status optional_number(const struct csv *c, int row, int column, double *out)
{
    *out = (double)NAN;
    return column >= 0 ? csv_number(c, row, column, out) : STATUS_OK;
}

static enum status read_row(const struct csv *c, int i, const struct columns *at,
                            struct published_row *row)
{
    *row = (struct published_row){.line = c->line[i + 1], .known = -1, .at = -1};
    snprintf(row->method, sizeof row->method, "%s", csv_cell(c, i, at->method));
    snprintf(row->dataset, sizeof row->dataset, "%s", csv_cell(c, i, at->dataset));
    TRY(csv_number(c, i, at->mean, &row->mean));
    TRY(optional_number(c, i, at->sd, &row->sd));
    TRY(optional_number(c, i, at->n, &row->n));
    const char *wrong = row->method[0] == '\0'    ? "the method has no name"
                        : row->dataset[0] == '\0' ? "the dataset has no name"
                        : !isfinite(row->mean)    ? "the mean is not a number"
                        : row->sd < 0 || isinf(row->sd)
                            ? "sd is not a standard deviation (0 or more, or empty)"
                        : !isnan(row->n) &&
                                !(row->n >= 1 && row->n == floor(row->n) && row->n < 1e9)
                            ? "n is not a number of runs (1, 2, ..., or empty)"
                            : NULL;
    if (wrong != NULL)
        return status_fail(STATUS_FORMAT, "%s:%d: %s", c->name, row->line, wrong);
    return STATUS_OK;
}

static enum status read_rows(struct published *p, const struct csv *c)
{
    struct columns at;
    TRY(find_columns(c, &at));
    if (c->rows == 0)
        return status_fail(STATUS_FORMAT, "%s: a header line and no results", c->name);
    p->row = calloc((size_t)c->rows, sizeof *p->row);
    if (p->row == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for its rows", c->name);
    for (int i = 0; i < c->rows; i++) {
        TRY(read_row(c, i, &at, &p->row[i]));
        for (int k = 0; k < i; k++) {
            if (strcmp(p->row[k].method, p->row[i].method) == 0 &&
                strcmp(p->row[k].dataset, p->row[i].dataset) == 0)
                return status_fail(STATUS_FORMAT, "%s:%d: %s on %s is in line %d too; keep one",
                                   c->name, p->row[i].line, p->row[i].method, p->row[i].dataset,
                                   p->row[k].line);
        }
        p->rows++;
    }
    return STATUS_OK;
}

enum status published_read(struct published *p, const char *path)
{
    struct scores_text text;
    struct csv c;
    const char *from;
    *p = (struct published){0};
    TRY(file_path(p->path, "%s", path));
    TRY(scores_text_read(path, &text));
    enum status status = scores_text_decode(path, &text, &from);
    if (status == STATUS_OK)
        status = scores_csv_parse(path, text.at, &c);
    free(text.at);
    if (status != STATUS_OK)
        return status;
    status = read_rows(p, &c);
    csv_free(&c);
    return status;
}

void published_free(struct published *p)
{
    free(p->row);
    *p = (struct published){0};
}

/* --- among the results ------------------------------------------------------------------------ */

/* By registry name, id or label, upper or lower case; or -1. */
static int find_method(const struct results *r, const char *name)
{
    int known = registry_find_method(name);
    for (int i = 0; i < r->methods; i++) {
        const struct results_method *m = &r->method[i];
        if (strcasecmp(m->id, known >= 0 ? registry_methods[known].id : name) == 0 ||
            strcasecmp(m->label, name) == 0)
            return i;
    }
    return -1;
}

enum status published_settle(struct published *p, struct results *r)
{
    int lost = 0;
    const struct published_row *first = NULL;
    for (int i = 0; i < p->rows; i++) {
        struct published_row *row = &p->row[i];
        row->known = find_method(r, row->method);
        row->at = results_dataset(r, row->dataset);
        if (row->at >= 0)
            continue;
        first = lost++ == 0 ? row : first;
    }
    if (first != NULL && lost == p->rows)
        return status_fail(STATUS_CONFIG,
                           "%s: nothing was run on any of its datasets (the first is '%s', of the "
                           "results '%s'); ids must be the same",
                           p->path, first->dataset, r->datasets > 0 ? r->dataset[0].id : "");
    if (first != NULL)
        return results_note(r, NOTE_WARNING,
                            "%d of %d published results are left out: nothing was run on their "
                            "datasets (the first is %.96s, line %d).",
                            lost, p->rows, first->dataset, first->line);
    return STATUS_OK;
}

static enum status compare_row(const struct report *r, const struct published_row *row, int method,
                               struct published_pair *out)
{
    int n = results_scores(&r->results, method, row->at, RESULTS_FINAL, 0, NULL);
    double *score = malloc(((size_t)n + 1) * sizeof *score);
    if (score == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d scores", n);
    n = results_scores(&r->results, method, row->at, RESULTS_FINAL, n, score);
    const double nan = (double)NAN;
    *out = (struct published_pair){.row = row,
                                   .method = method,
                                   .runs = n,
                                   .sd = n > 1 ? sum_deviation(score, (size_t)n, true) : nan,
                                   .agreed = agreement_with(row->mean, row->sd, row->n, score, n)};
    out->low = out->agreed.difference - out->agreed.w;
    out->high = out->agreed.difference + out->agreed.w;
    out->published_low = out->published_high = nan;
    if (!isnan(row->sd) && row->n > 1) {
        double w = inference_student_quantile(0.975, row->n - 1) * row->sd / sqrt(row->n);
        out->published_low = row->mean - w;
        out->published_high = row->mean + w;
    }
    free(score);
    return STATUS_OK;
}

/* Is the published number to be compared with this method's runs? */
static bool is_compared(const struct report *r, const struct published_row *row, int method)
{
    const struct results *x = &r->results;
    int runs = results_scores(x, method, row->at, RESULTS_FINAL, 0, NULL);
    bool same = row->known >= 0 &&
                results_scores(x, row->known, row->at, RESULTS_FINAL, 0, NULL) > 0;
    if (runs == 0)
        return false;
    return same           ? method == row->known
           : x->ours >= 0 ? method == x->ours
                          : suite_scores_standard(x, method);
}

enum status published_pairs(const struct report *r, struct published_pair **out, int *count)
{
    const struct published *p = r->published;
    const struct results *x = &r->results;
    *out = NULL;
    *count = 0;
    for (int d = 0; p != NULL && d < x->datasets; d++) {
        for (int i = 0; i < p->rows; i++) {
            for (int m = 0; m < x->methods && p->row[i].at == d; m++) {
                if (!is_compared(r, &p->row[i], m))
                    continue;
                TRY(memory_grow((void **)out, *count, sizeof **out, "the published results"));
                TRY(compare_row(r, &p->row[i], m, &(*out)[*count]));
                ++*count;
            }
        }
    }
    return STATUS_OK;
}
