/* Two sets of results: the report's and those of --against. */
#include "report/results/against.h"
#include "report/tables/table_table.h"

static void finish_caption(const struct report *r, struct table *t)
{
    text_add(&t->caption, "There: %s. ", r->against->path);
    table_caption_intervals(r, &t->caption);
}

enum status table_against(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    static const char *const titles[] = {
        "Dataset", "Method", "Here", "There", "Runs", "Here - there", "P(here > there)", "Here is"};
    if (r->against == NULL)
        return STATUS_OK;
    for (int i = 0; i < 8; i++)
        table_column(t, titles[i], i < 2 || i == 7, 0);
    text_add(&t->csv, "dataset,method,runs_here,runs_there,here,there,difference,difference_low,"
                      "difference_high,improvement,improvement_low,improvement_high,verdict\n");
    for (int i = 0; i < r->against->cells; i++) {
        const struct against_cell *c = &r->against->cell[i];
        const struct results_method *m = &r->results.method[c->method];
        bool first = i == 0 || c[-1].dataset != c->dataset;
        char name[RESULTS_TITLE], number[48];
        int row = table_row(t, first && i > 0);
        table_dataset_name(r, c->dataset, name, sizeof name);
        table_put(t, row, 0, "%s", first ? name : "");
        table_put(t, row, 1, "%s", m->label);
        for (int k = 0; k < 2; k++)
            table_put(t, row, 2 + k, "%s",
                      table_number(c->mean[k], r->digits, false, number, sizeof number));
        table_put(t, row, 4, "%d, %d", c->runs[0], c->runs[1]);
        table_put_interval(t, row, 5, c->difference.difference, r->digits, true);
        table_put_interval(t, row, 6, c->difference.improvement, 2, false);
        table_put(t, row, 7, "%s", compare_word(c->difference.verdict));
        text_csv(&t->csv, r->results.dataset[c->dataset].id);
        text_csv(&t->csv, m->id);
        text_csv_integer(&t->csv, c->runs[0]);
        text_csv_integer(&t->csv, c->runs[1]);
        text_csv_number(&t->csv, c->mean[0]);
        text_csv_number(&t->csv, c->mean[1]);
        table_csv_interval(t, c->difference.difference);
        table_csv_interval(t, c->difference.improvement);
        text_csv(&t->csv, compare_word(c->difference.verdict));
        text_csv_end(&t->csv);
    }
    text_add(&t->caption, "Mean final scores of the results here and there, and their difference. "
                          "P: probability that a run from here beats one from there. Better: the "
                          "interval of the difference lies above 0 and that of the probability "
                          "above 0.5; not corrected for the number of rows. ");
    finish_caption(r, t);
    return STATUS_OK;
}

enum status table_against_total(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    static const char *const titles[] = {
        "Suite",           "Method", "Tasks", "Mean: here - there", "IQM: here - there",
        "P(here > there)", "Here is"};
    if (r->against == NULL)
        return STATUS_OK;
    for (int i = 0; i < 7; i++)
        table_column(t, titles[i], i < 2 || i == 6, 0);
    text_add(&t->csv, "suite,method,tasks,difference,difference_low,difference_high,iqm,iqm_low,"
                      "iqm_high,improvement,improvement_low,improvement_high,verdict\n");
    for (int i = 0; i < r->against->totals; i++) {
        const struct against_total *c = &r->against->total[i];
        const struct results_method *m = &r->results.method[c->method];
        const struct results_suite *s = c->suite >= 0 ? &r->results.suite[c->suite] : NULL;
        bool first = i == 0 || c[-1].suite != c->suite;
        int row = table_row(t, first && i > 0);
        table_put(t, row, 0, "%s", !first ? "" : s != NULL ? s->title : "All suites");
        table_put(t, row, 1, "%s", m->label);
        table_put(t, row, 2, "%d", c->datasets);
        table_put_interval(t, row, 3, c->difference.difference, r->digits, true);
        table_put_interval(t, row, 4, c->iqm, r->digits, true);
        table_put_interval(t, row, 5, c->difference.improvement, 2, false);
        table_put(t, row, 6, "%s", compare_word(c->difference.verdict));
        text_csv(&t->csv, s != NULL ? s->id : "all");
        text_csv(&t->csv, m->id);
        text_csv_integer(&t->csv, c->datasets);
        table_csv_interval(t, c->difference.difference);
        table_csv_interval(t, c->iqm);
        table_csv_interval(t, c->difference.improvement);
        text_csv(&t->csv, compare_word(c->difference.verdict));
        text_csv_end(&t->csv);
    }
    text_add(&t->caption, "Over the datasets that a method has in both: difference of the means of "
                          "the datasets' means, difference of the interquartile means, and the "
                          "mean probability that a run from here beats one from there. ");
    finish_caption(r, t);
    return STATUS_OK;
}
