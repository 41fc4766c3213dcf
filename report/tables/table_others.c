/* What others have published as mean and spread, beside the runs here. */
#include "report/results/published.h"
#include "report/tables/table_table.h"

#include <math.h>
#include <stdlib.h>

/* "61.2 ± 3.4", the spread where it is known. */
static void put_mean(struct table *t, int row, int column, double mean, double sd, int digits)
{
    char a[48], b[48];
    table_number(mean, digits, false, a, sizeof a);
    if (isnan(sd))
        table_put(t, row, column, "%s", a);
    else
        table_put(t, row, column, "%s \u00b1 %s", a, table_number(sd, digits, false, b, sizeof b));
}

static void put_pair(const struct report *r, const struct published_pair *p, bool first,
                     struct table *t)
{
    const struct published_row *theirs = p->row;
    char name[RESULTS_TITLE], a[48], b[48], c[48];
    int row = table_row(t, first && t->rows > 0), digits = r->digits, k = 0;
    table_dataset_name(r, theirs->at, name, sizeof name);
    table_put(t, row, k++, "%s", first ? name : "");
    table_put(t, row, k++, "%s", theirs->method);
    put_mean(t, row, k++, theirs->mean, theirs->sd, digits);
    if (isnan(theirs->n))
        table_put(t, row, k++, "\u2014");
    else
        table_put(t, row, k++, "%.0f", theirs->n);
    table_put(t, row, k++, "%s", r->results.method[p->method].label);
    put_mean(t, row, k++, p->agreed.mean, p->sd, digits);
    table_put(t, row, k++, "%d", p->runs);
    table_number(p->agreed.difference, digits, true, a, sizeof a);
    if (isnan(p->low))
        table_put(t, row, k++, "%s", a);
    else
        table_put(t, row, k++, "%s [%s, %s]", a, table_number(p->low, digits, false, b, sizeof b),
                  table_number(p->high, digits, false, c, sizeof c));
    table_put(t, row, k, "%s", agreement_word(p->agreed.verdict));

    text_csv(&t->csv, r->results.dataset[theirs->at].id);
    text_csv(&t->csv, theirs->method);
    text_csv_number(&t->csv, theirs->mean);
    text_csv_number(&t->csv, theirs->sd);
    text_csv_number(&t->csv, theirs->n);
    text_csv(&t->csv, r->results.method[p->method].id);
    text_csv_integer(&t->csv, p->runs);
    text_csv_number(&t->csv, p->agreed.mean);
    text_csv_number(&t->csv, p->sd);
    text_csv_number(&t->csv, p->agreed.difference);
    text_csv_number(&t->csv, p->low);
    text_csv_number(&t->csv, p->high);
    text_csv(&t->csv, agreement_word(p->agreed.verdict));
    text_csv_end(&t->csv);
}

enum status table_others(const struct report *r, const char *none, struct table *t)
{
    (void)none;
    static const char *const titles[] = {"Dataset", "Published",         "Mean \u00b1 SD",
                                         "n",       "Compared with",     "Mean \u00b1 SD",
                                         "Runs",    "Difference [95 %]", "It is"};
    struct published_pair *pair;
    int pairs;
    for (int i = 0; i < 9; i++)
        table_column(t, titles[i], i < 2 || i == 4 || i == 8, 0);
    text_add(&t->csv,
             "dataset,published,published_mean,published_sd,published_n,method,runs,mean,sd,"
             "difference,low,high,verdict\n");
    TRY(published_pairs(r, &pair, &pairs));
    for (int i = 0; i < pairs; i++)
        put_pair(r, &pair[i], i == 0 || pair[i].row->at != pair[i - 1].row->at, t);
    free(pair);
    text_add(
        &t->caption,
        "Means published elsewhere and the final scores of the runs here: of the same method, "
        "else of %s. Difference: here minus published, with Welch's interval from both "
        "means, sample standard deviations and numbers of runs; where the published spread is "
        "not stated, as if it were that of the runs here, and without n as if the published "
        "mean were exact. Agrees: the interval holds 0; higher, lower: it does not; few: fewer "
        "than 3 runs here. About 1 in 20 agreeing numbers falls outside by chance. ",
        r->results.ours >= 0 ? r->results.method[r->results.ours].label : "every method");
    table_caption_rules(r, &t->caption);
    return STATUS_OK;
}
