/* Every table of the report, one row each in table_table[]. */
#ifndef REPORT_TABLE_TABLE_H
#define REPORT_TABLE_TABLE_H

#include "report/results/paper.h"
#include "report/results/report.h"
#include "report/stats/compare.h"
#include "report/tables/table.h"

struct table_entry {
    const char *id;       /* "tab1"; file name and --table */
    const char *title;    /* for listings */
    const char *argument; /* which suite or published table the maker is for, or "" */
    /* Fill an empty table; one that has nothing to show keeps 0 rows. */
    enum status (*make)(const struct report *r, const char *argument, struct table *t);
    bool on_request; /* only with --paper */
};

extern const struct table_entry table_table[];
extern const int table_count;

/* The makers, one per file table_<name>.c. */
enum status table_main(const struct report *r, const char *suite, struct table *t);
enum status table_ablation(const struct report *r, const char *suite, struct table *t);
enum status table_variants(const struct report *r, const char *none, struct table *t);
enum status table_compare(const struct report *r, const char *suite, struct table *t);
enum status table_agreement(const struct report *r, const char *none, struct table *t);
enum status table_against(const struct report *r, const char *none, struct table *t);
enum status table_against_total(const struct report *r, const char *none, struct table *t);
enum status table_others(const struct report *r, const char *none, struct table *t);
enum status table_published(const struct report *r, const char *id, struct table *t);
enum status table_audit(const struct report *r, const char *none, struct table *t);
enum status table_aggregate(const struct report *r, const char *none, struct table *t);
enum status table_pairs(const struct report *r, const char *none, struct table *t);
enum status table_ranks(const struct report *r, const char *none, struct table *t);
enum status table_datasets(const struct report *r, const char *suite, struct table *t);
enum status table_hyper_common(const struct report *r, const char *none, struct table *t);
enum status table_hyper_by_dataset(const struct report *r, const char *none, struct table *t);
enum status table_theory(const struct report *r, const char *none, struct table *t);
enum status table_regret(const struct report *r, const char *none, struct table *t);
enum status table_cost(const struct report *r, const char *none, struct table *t);
enum status table_status(const struct report *r, const char *none, struct table *t);

/* Used by several: the datasets of a suite and of its part ("antmaze" with "antmaze-large") in the
 * results; returns how many (at most `room` are written), *own of them of the suite itself. */
int table_rows_of(const struct report *r, const char *suite, int room, int *out, int *own);
/* Row name of a dataset: its title, id, or the paper's abbreviation. */
void table_dataset_name(const struct report *r, int dataset, char *out, size_t size);

/* One line for captions: rules, seeds, selection; after what the intervals are. */
void table_caption_rules(const struct report *r, struct text *caption);
void table_caption_intervals(const struct report *r, struct text *caption);

/* The end of a row and of its CSV line: in three columns from `column` on, the probability of
 * improvement, the difference, the verdict. */
void table_end_comparison(struct table *t, int row, int column, const struct comparison *c,
                          bool plus);

#endif
