/* Shared by the files that fill struct results; not for tables and figures. */
#ifndef REPORT_RESULTS_IMPL_H
#define REPORT_RESULTS_IMPL_H

#include "report/results/registry.h"
#include "report/results/results.h"

/* Indices of a method and a dataset, made when new. A method that goes by a known id or label takes
 * that id. Control characters in names become spaces. Errors STATUS_MEMORY, STATUS_FORMAT (an
 * empty name). */
enum status results_declare(struct results *r, const char *method, const char *label,
                            const char *dataset, int *m, int *d);

/* Append a run of status RUN_OK without points; its numbers are NaN. *out is valid until the next
 * add. Errors STATUS_MEMORY. */
enum status results_add(struct results *r, int method, int dataset, int64_t seed,
                        struct results_run **out);

/* Which run it is. The order of runs: by method, dataset, seed; 0: the same run. */
struct run_key {
    int method, dataset;
    int64_t seed;
};
int results_run_order(struct run_key a, struct run_key b);

/* Room for n points: x, y; spread, hours, steps filled with NaN. */
enum status results_set_points(struct results_run *run, int n);
void results_free_run(struct results_run *run);

/* The index of the method of exactly this id, made when new. */
enum status results_make_method(struct results *r, const char *id, const char *label, int *out);

/* Bring the points in order: ascending x; of equal x the later one wins; from the first y that is
 * not finite on, points are dropped and the run becomes diverged. `sorted` false: sort first.
 * Errors STATUS_FORMAT: x decreases, or is not finite. */
enum status results_settle(struct results_run *run, bool sorted);

/* The facts of a suite while results are read: `suite` of a dataset is then an index of the
 * registry or, behind its end, of r->own_suite. */
struct registry_suite results_suite_facts(const struct results *r, int suite);

/* Index of the dataset of this id, made when new. Its suite is that of its exact id, else of the
 * first matching rule of options.suite_of, else "other". Errors STATUS_MEMORY. */
enum status results_make_dataset(struct results *r, const char *id, int *out);
/* Does the pattern before the last '=' of "PATTERN=NAME" match? */
bool results_rule_matches(const char *rule, const char *dataset);
/* Put a dataset of which neither id nor rule tells the suite into the one that a run of ours
 * states, or, when it states none, into that of its environment. */
void results_place_dataset(struct results *r, int dataset, const char *suite);

/* Move runs that are to be read at another budget than most of their dataset's to a dataset
 * "id+at500000"; notes say which. */
enum status results_split_budgets(struct results *r);
/* The value that most runs of the dataset have, the larger one of equally many; NaN for none. */
double results_usual(const struct results *r, int dataset,
                     double (*value)(const struct results_run *run));
/* The budget that most runs of the dataset which have a score state; NaN: none does. */
double results_usual_budget(const struct results *r, int dataset);

/* The budget of a dataset of which no run states one: files of others. Sets also `common` and
 * `ends`. At the largest step that all its runs reach; with rules that take each run at its own
 * end, at the farthest. Nothing is set where runs are ours, or none has a curve. */
void results_set_common_budget(struct results *r, int dataset);
/* Say what unequal ends cost. Errors STATUS_MEMORY. */
enum status results_note_budgets(struct results *r);

/* From a file that this report has written: the suite that a dataset had, "" for none stated, and
 * what its curves run over. Errors STATUS_MEMORY. */
enum status results_restore_suite(struct results *r, int dataset, const char *suite);
void results_name_axis(struct results *r, const char *title);

/* Tell runs of one method apart that have another preset, size or configuration: their method
 * becomes "id:key=value". Notes say what was told apart. */
enum status results_split_variants(struct results *r);

/* Name what cannot be compared: raw returns, scales and versions that are mixed; sets
 * results.doubt. Errors STATUS_MEMORY. */
enum status results_check_scales(struct results *r);

/* Notes on origins, unfinished runs, missing seeds, the scale of the scores. */
enum status results_collect_notes(struct results *r);

/* A short digest that tells texts apart for people: FNV-1a, 32 bits. */
uint32_t results_digest(const char *text);

#endif
