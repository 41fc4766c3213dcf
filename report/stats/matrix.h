/* Scores of one method: one column per task, any number of runs in each.
 *
 *   struct matrix x;
 *   TRY(matrix_init(&x, "td3_odt"));
 *   TRY(matrix_add(&x, "hopper-medium-v2", runs, finals));      one call a task, in any order
 *   ... aggregate_points(&x, ...), compare_pair(&x, &y, ...) ...
 *   matrix_free(&x);
 *
 * Whatever is aggregated goes through here: final scores, increases, areas, seconds. Rows are not
 * paired across tasks (seed 3 of one task has nothing to do with seed 3 of another), so a column is
 * only a list, in seed order. Every value is finite: a NaN cannot reach an aggregate, matrix_add
 * refuses it with the cell's name. Missing runs are left out of the column, not marked in it.
 *
 * Names matter: the bootstrap's random numbers are keyed by method and task (bootstrap.h).
 * Source  docs/statistics.md 1.5, 2, 7 */
#ifndef REPORT_MATRIX_H
#define REPORT_MATRIX_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { MATRIX_NAME = 160, MATRIX_RUNS = 20000 }; /* longest name with its NUL; most runs per task */

struct matrix {
    char method[MATRIX_NAME];
    int tasks;                 /* M */
    char (*task)[MATRIX_NAME]; /* (M) names */
    int *runs;                 /* (M) N_m, 0 where the task has no run */
    size_t *start;             /* (M+1) column m is score[start[m]] .. score[start[m+1] - 1] */
    double *score;             /* all of them, task by task */
    bool pooled;               /* in the IQM every run weighs the same, else every task */
};

/* An empty matrix. Errors STATUS_MEMORY; longer names are cut (their hash is of the cut name). */
enum status matrix_init(struct matrix *x, const char *method);
void matrix_free(struct matrix *x);

/* Append a task with its runs (copied). runs = 0 keeps the place of a task without any run.
 * Errors STATUS_NONFINITE (names method, task and position), STATUS_CONFIG (a task twice, more than
 * MATRIX_RUNS runs), STATUS_MEMORY. */
enum status matrix_add(struct matrix *x, const char *task, int runs, const double *score);

/* All scores: the sum of N_m. */
size_t matrix_count(const struct matrix *x);
/* Fewest and most runs over the tasks; 0 without tasks. */
int matrix_fewest(const struct matrix *x);
int matrix_most(const struct matrix *x);
/* Every task has the same number of runs (and at least one). */
bool matrix_full(const struct matrix *x);
/* Index of a task, or -1. */
int matrix_task(const struct matrix *x, const char *task);

/* `--missing common`: the first matrix_fewest() runs of every task, as a new matrix. Runs used: its
 * matrix_fewest(); 0 when a task has none (then nothing can be aggregated). Errors STATUS_MEMORY.
 */
enum status matrix_common(const struct matrix *x, struct matrix *out);

/* Only tasks with at least one run, and (tasks not NULL) listed there. Order is kept.
 * Errors STATUS_MEMORY. */
enum status matrix_keep(const struct matrix *x, const char *const *tasks, int count,
                        struct matrix *out);

/* `--tasks intersection`: of each of `count` matrices, the tasks that have a run in all of them, in
 * the order of the first. `out` has `count` elements. Errors STATUS_MEMORY. */
enum status matrix_intersect(const struct matrix *const *x, int count, struct matrix *out);

/* What all aggregates need: at least one task, a run in every task. Errors STATUS_CONFIG with the
 * names of the tasks that have none. */
enum status matrix_check(const struct matrix *x);
/* What comparisons need besides: the same tasks in the same order. Errors STATUS_CONFIG. */
enum status matrix_check_pair(const struct matrix *x, const struct matrix *y);

/* Mean over the tasks of the task means of a quantity (L, in the matrix's order): `x->score`, or
 * another one of the same runs. */
double matrix_mean(const struct matrix *x, const double *quantity);

#endif
