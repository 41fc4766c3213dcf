/* Each variant against the method that it varies, dataset by dataset: what an ablation asks. */
#include "report/stats/compare.h"
#include "report/tables/table_table.h"

#include <stdio.h>
#include <stdlib.h>

/* A variant and its method on what both have run. */
struct contest {
    const struct results_method *variant, *base;
    struct comparison result;
    int tasks, fewest; /* runs of a cell */
};

/* Fills c->result for `count` datasets. Errors STATUS_MEMORY. */
static enum status hold_against(const struct report *r, int variant, int base, const int *datasets,
                                int count, struct contest *c)
{
    struct matrix x, y;
    c->variant = &r->results.method[variant];
    c->base = &r->results.method[base];
    c->tasks = count;
    TRY(results_matrix(&r->results, variant, datasets, count, RESULTS_FINAL, &x));
    enum status status = results_matrix(&r->results, base, datasets, count, RESULTS_FINAL, &y);
    if (status == STATUS_OK) {
        int a = matrix_fewest(&x), b = matrix_fewest(&y);
        c->fewest = a < b ? a : b;
        status = compare_pair(&x, &y, &r->bootstrap, &c->result);
        matrix_free(&y);
    }
    matrix_free(&x);
    return status;
}

static void add_row(struct table *t, const char *where, bool rule, const char *where_id,
                    const struct contest *c)
{
    int row = table_row(t, rule);
    table_put(t, row, 0, "%s", where);
    table_put(t, row, 1, "%s", c->variant->label);
    table_put(t, row, 2, "%s", c->base->label);
    table_put(t, row, 3, "%d", c->fewest);
    table_put_interval(t, row, 4, c->result.improvement, 2, false);
    table_put_interval(t, row, 5, c->result.difference, 1, true);
    table_put(t, row, 6, "%s", compare_word(c->result.verdict));
    text_csv(&t->csv, where_id);
    text_csv(&t->csv, c->variant->id);
    text_csv(&t->csv, c->base->id);
    text_csv_integer(&t->csv, c->tasks);
    text_csv_integer(&t->csv, c->fewest);
    table_csv_interval(t, c->result.improvement);
    table_csv_interval(t, c->result.difference);
    text_csv(&t->csv, compare_word(c->result.verdict));
    text_csv_end(&t->csv);
}

static bool has_score(const struct results *x, int method, int dataset)
{
    double one;
    return results_scores(x, method, dataset, RESULTS_FINAL, 1, &one) > 0;
}

/* The datasets of a suite that both have; each gets a row, and where there are several they all get
 * one. */
static enum status add_variant(const struct report *r, int suite, int variant, int base,
                               int *datasets, struct table *t)
{
    const struct results *x = &r->results;
    struct contest c;
    int count = 0, first = t->rows;
    for (int d = 0; d < x->datasets; d++) {
        if (x->dataset[d].suite == suite && has_score(x, variant, d) && has_score(x, base, d))
            datasets[count++] = d;
    }
    for (int i = 0; i < count; i++) {
        char name[RESULTS_TITLE];
        table_dataset_name(r, datasets[i], name, sizeof name);
        TRY(hold_against(r, variant, base, &datasets[i], 1, &c));
        add_row(t, name, i == 0 && first > 0, x->dataset[datasets[i]].id, &c);
    }
    if (count < 2)
        return STATUS_OK;
    TRY(hold_against(r, variant, base, datasets, count, &c));
    char all[RESULTS_TITLE + 32];
    snprintf(all, sizeof all, "%s (%d)", x->suite[suite].title, count);
    add_row(t, all, false, x->suite[suite].id, &c);
    return STATUS_OK;
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
    char words[256];
    report_describe_intervals(r, words, sizeof words);
    text_add(&t->caption,
             "Each variant against the method that it varies, where both were run. "
             "Seeds: the fewer of the two. Better, worse, mixed: as for pairs of methods. An "
             "interval around 0 is no proof of sameness: its ends say how large a difference "
             "these runs leave possible. %s. ",
             words);
    table_caption_rules(r, &t->caption);
    return status;
}
