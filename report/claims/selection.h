/* Words of the claim table: which runs, on which datasets.
 *
 *   who      "td3_odt"                       runs of that method id, no variants
 *            "td3_odt{alpha_online=10}"      runs of td3_odt and its variants with this setting
 *            "td3_odt{*}"                    runs of td3_odt and all its variants
 *            "a|b|c"                         of several, the one with the highest mean there
 *   where    "mujoco"  "mujoco/random"  "adroit/cloned+human"  "antmaze"  "antmaze-large"
 *            "mujoco-delayed"  "hopper-random-v2"  "bandit"; commas between; "*" the paper's 34
 *
 * A dataset that the paper has and the results lack is counted in `wanted` only. */
#ifndef REPORT_SELECTION_H
#define REPORT_SELECTION_H

#include "report/results/report.h"

/* A number of one run; NaN: the run has none and stays out. */
typedef double selection_value(const struct results *r, const struct results_run *run,
                               const void *context);

struct selection {
    struct matrix x;       /* tasks that have runs, in the paper's order */
    int wanted;            /* datasets that `where` names */
    char who[MATRIX_NAME]; /* the alternative that was taken */
};

/* Errors STATUS_MEMORY; a malformed word is our own mistake and asserts. */
enum status selection_make(const struct report *r, const char *who, const char *where,
                           selection_value *value, const void *context, struct selection *out);
void selection_free(struct selection *p);

/* Two of them on the tasks that both have. */
enum status selection_pair(const struct report *r, const char *a, const char *b, const char *where,
                           selection_value *value, const void *context, struct selection *x,
                           struct selection *y);

/* Is it one of the runs that `who` (one alternative) and `where` name? */
bool selection_is(const struct results *r, const struct results_run *run, const char *who,
                  const char *where);

/* Dataset ids that `where` names; returns how many. */
enum { SELECTION_DATASETS = 64 };
int selection_datasets(const char *where, char out[SELECTION_DATASETS][RESULTS_ID]);

/* Readable: "TD3+ODT (alpha_online=10)", "Gym-MuJoCo random". */
void selection_who_title(const char *who, char *out, size_t size);
void selection_where_title(const char *where, char *out, size_t size);

/* Common values. */
double selection_final(const struct results *r, const struct results_run *run, const void *none);
double selection_increase(const struct results *r, const struct results_run *run, const void *none);

#endif
