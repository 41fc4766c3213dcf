/* The paper's tables as printed, and what their arithmetic gives. */
#include "report/results/registry.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdio.h>

static void put_printed_cell(struct table *t, int row, int column, struct paper_cell p, double best)
{
    char a[48], b[48];
    if (isnan(p.final)) {
        table_put(t, row, column, "\u2014");
        return;
    }
    table_put(t, row, column, "%s(%s)", table_number(p.final, 2, false, a, sizeof a),
              table_number(p.increase, 2, true, b, sizeof b));
    if (p.final >= best)
        table_cell(t, row, column)->face = FACE_BOLD;
    else if (best > 0 && p.final > 0.9 * best)
        table_cell(t, row, column)->face = FACE_UNDERLINE;
}

static void put_row(struct table *t, const char *name, const char *key, bool rule,
                    const struct paper_cell *p)
{
    int row = table_row(t, rule);
    double best = -(double)INFINITY, least = (double)INFINITY;
    for (int m = 0; m < PAPER_METHODS; m++) {
        best = fmax(best, p[m].final); /* fmax passes over NaN */
        least = fmin(least, p[m].final);
    }
    if (best <= least)
        best = (double)INFINITY; /* where all are equal none is best */
    table_put(t, row, 0, "%s", name);
    for (int m = 0; m < PAPER_METHODS; m++) {
        put_printed_cell(t, row, m + 1, p[m], best);
        text_csv(&t->csv, key);
        text_csv(&t->csv, registry_methods[m].id);
        text_csv_number(&t->csv, p[m].final);
        text_csv_number(&t->csv, p[m].increase);
        text_csv_end(&t->csv);
    }
}

enum status table_published(const struct report *r, const char *id, struct table *t)
{
    const struct paper_table *p = paper_find(id);
    snprintf(t->title, sizeof t->title, "%s, as the paper prints it", p->title);
    table_column(t, "Dataset", true, 0);
    for (int m = 0; m < PAPER_METHODS; m++)
        table_column(t, registry_methods[m].label, false, 0);
    text_add(&t->csv, "dataset,method,final,increase\n");
    for (int i = 0; i < p->rows; i++) {
        int d = registry_find_dataset(p->dataset[i]);
        const struct registry_dataset *set = &registry_datasets(NULL)[d];
        bool rule = i > 0 && p->rows > 6 && i % 3 == 0;
        put_row(t, r->abbreviate ? set->abbrev : set->title, set->id, rule, p->cell[i]);
    }
    if (p->rows_too > 0)
        put_row(t, "Average (umaze, medium)", "average-umaze-medium", true, p->average_too);
    put_row(t, p->rows_too > 0 ? "Average (all)" : "Average", "average", p->rows_too == 0,
            p->average);
    text_add(&t->caption, "Published numbers: final(increase), means of 5 runs. Averages as "
                          "printed; table audit recomputes them.");
    return STATUS_OK;
}

enum status table_audit(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    if (r->results.foreign && !r->paper)
        return STATUS_OK;
    static const char *const titles[] = {"Table",   "Method",     "Average of",
                                         "Printed", "Recomputed", "Difference"};
    for (int i = 0; i < 6; i++)
        table_column(t, titles[i], i < 3, 0);
    text_add(&t->csv, "table,method,average,quantity,printed,recomputed,difference,by_rounding\n");
    struct paper_audit audit[PAPER_AUDITS];
    int count = paper_audit(audit, PAPER_AUDITS), differ = 0;
    for (int i = 0; i < count && i < PAPER_AUDITS; i++) {
        const struct paper_audit *a = &audit[i];
        const char *what = a->increase ? "increase" : "final";
        text_csv(&t->csv, a->table->id);
        text_csv(&t->csv, registry_methods[a->method].id);
        text_csv(&t->csv, a->too ? "umaze-medium" : "all");
        text_csv(&t->csv, what);
        text_csv_number(&t->csv, a->printed);
        text_csv_number(&t->csv, a->recomputed);
        text_csv_number(&t->csv, a->recomputed - a->printed);
        text_csv(&t->csv, a->rounding ? "yes" : "no");
        text_csv_end(&t->csv);
        if (a->rounding)
            continue;
        char x[48];
        int row = table_row(t, false);
        differ++;
        table_put(t, row, 0, "%s (%s)", a->table->id, a->table->title);
        table_put(t, row, 1, "%s", registry_methods[a->method].label);
        table_put(t, row, 2, "%s%s", what, a->too ? ", umaze and medium" : "");
        table_put(t, row, 3, "%.2f", a->printed);
        table_put(t, row, 4, "%.2f", a->recomputed);
        table_put(t, row, 5, "%s", table_number(a->recomputed - a->printed, 2, true, x, sizeof x));
    }
    text_add(&t->caption,
             "Averages that the paper prints, recomputed from its own rows: %d of %d "
             "differ by more than rounding can explain. Besides, Section 4.3 quotes 88.51 "
             "(TD3+ODT) and 84.23 (TD3) where Table 1 prints 88.38 and 87.64 (ledger D46, D47, "
             "D48).",
             differ, count);
    return STATUS_OK;
}
