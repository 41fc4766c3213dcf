/* Each variant against the method that it varies, dataset by dataset: what an ablation asks. */
#include "report/tables/table_table.h"

#include <stdio.h>
#include <stdlib.h>

/* A row for `count` datasets that both methods have. Errors STATUS_MEMORY. */
static enum status add_row(const struct report *r, int variant, int base, const int *datasets,
                           int count, const char *where, const char *where_id, bool rule,
                           struct table *t)
{
    const struct results_method *v = &r->results.method[variant], *m = &r->results.method[base];
    struct comparison c;
    struct matrix x, y;
    TRY(results_matrix(&r->results, variant, datasets, count, RESULTS_FINAL, &x));
    enum status status = results_matrix(&r->results, base, datasets, count, RESULTS_FINAL, &y);
    if (status == STATUS_OK) {
        status = compare_pair(&x, &y, &r->bootstrap, &c);
        matrix_free(&y);
    }
    matrix_free(&x);
    if (status != STATUS_OK)
        return status;

    int row = table_row(t, rule);
    table_put(t, row, 0, "%s", where);
    table_put(t, row, 1, "%s", v->label);
    table_put(t, row, 2, "%s", m->label);
    table_put(t, row, 3, "%d", c.difference.runs);
    text_csv(&t->csv, where_id);
    text_csv(&t->csv, v->id);
    text_csv(&t->csv, m->id);
    text_csv_integer(&t->csv, count);
    text_csv_integer(&t->csv, c.difference.runs);
    table_end_comparison(t, row, 4, &c, true);
    return STATUS_OK;
}

static bool has_score(const struct results *x, int method, int dataset)
{
    return results_scores(x, method, dataset, RESULTS_FINAL, 0, NULL) > 0;
}

/* The datasets of a suite that both have; each gets a row, and where there are several they all get
 * one. `datasets` has room for all. */
static enum status add_variant(const struct report *r, int suite, int variant, int base,
                               int *datasets, struct table *t)
{
    const struct results *x = &r->results;
    int count = 0, first = t->rows;
    for (int d = 0; d < x->datasets; d++) {
        if (x->dataset[d].suite == suite && has_score(x, variant, d) && has_score(x, base, d))
            datasets[count++] = d;
    }
    for (int i = 0; i < count; i++) {
        char name[RESULTS_TITLE];
        table_dataset_name(r, datasets[i], name, sizeof name);
        TRY(add_row(r, variant, base, &datasets[i], 1, name, x->dataset[datasets[i]].id,
                    i == 0 && first > 0, t));
    }
    if (count < 2)
        return STATUS_OK;
    char all[RESULTS_TITLE + 32];
    snprintf(all, sizeof all, "%s (%d)", x->suite[suite].title, count);
    return add_row(r, variant, base, datasets, count, all, x->suite[suite].id, false, t);
}

enum status table_variants(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    const struct results *x = &r->results;
    static const char *const titles[] = {"Dataset",  "Variant X",         "Method Y", "Seeds",
                                         "P(X > Y)", "Mean(X) - mean(Y)", "X is"};
    for (int i = 0; i < 7; i++)
        table_column(t, titles[i], i < 3 || i == 6, 0);
    text_add(&t->csv, "dataset,variant,method,tasks,runs,improvement,improvement_low,"
                      "improvement_high,difference,difference_low,difference_high,verdict\n");
    int *datasets = calloc((size_t)x->datasets + 1, sizeof *datasets);
    if (datasets == NULL)
        return status_fail(STATUS_MEMORY, "no memory for table %s", t->id);
    enum status status = STATUS_OK;
    for (int s = 0; s < x->suites; s++) {
        for (int m = 0; m < x->methods && status == STATUS_OK; m++) {
            int base = x->method[m].variant[0] != '\0' ? results_method(x, x->method[m].base) : -1;
            if (base >= 0 && x->suite[s].scored)
                status = add_variant(r, s, m, base, datasets, t);
        }
    }
    free(datasets);
    text_add(&t->caption,
             "Each variant against the method that it varies, where both were run. "
             "Seeds: the fewer of the two. Better, worse, mixed: as for pairs of methods. An "
             "interval around 0 is no proof of sameness: its ends say how large a difference "
             "these runs leave possible. ");
    table_caption_intervals(r, &t->caption);
    return status;
}
