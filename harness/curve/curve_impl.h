/* The parts of curve.h: what lies in memory (curve.c), the file (curve_file.c), restarts and
 * columns (curve_visit.c), equality (curve_compare.c), the single-state MDP's record
 * (curve_bandit.c), the sweep of target returns (curve_targets.c). */
#ifndef HARNESS_CURVE_IMPL_H
#define HARNESS_CURVE_IMPL_H

#include "engine/base/h5.h"
#include "harness/curve/curve.h"

/* A curve is megabytes at most; a header that promises more is damage. */
enum { CURVE_ROWS_MOST = 1 << 20, CURVE_NUMBERS_MOST = 1 << 24 };

/* curve.c */
enum status curve_no_memory(void);
/* Of an evaluation of E episodes: the row and its four arrays, each in a block of its own. */
size_t curve_evaluation_bytes(size_t E);

/* Columns of /evaluation, described once for files and restarts (curve_visit.c). */
struct curve_column {
    const char *name;
    size_t offset; /* of the field in struct curve_evaluation */
    size_t width;  /* bytes of one number */
    bool per_episode;
    bool real; /* double, as opposed to integer of that width */
};
enum { CURVE_COLUMNS = 8 };
extern const struct curve_column curve_columns[CURVE_COLUMNS];

/* One column of all evaluations, as it lies in the file. */
void curve_gather(const struct curve *c, const struct curve_column *col, char *flat);
/* The other way: append N evaluations of E episodes from all their columns. */
enum status curve_scatter(struct curve *c, char *const flat[CURVE_COLUMNS], size_t N, size_t E);
/* Room for every column; for curve_free_columns() also after a failure. */
enum status curve_make_columns(char *flat[CURVE_COLUMNS], size_t N, size_t E);
void curve_free_columns(char *flat[CURVE_COLUMNS]);

/* curve_file.c: errors STATUS_FORMAT, STATUS_SHAPE, of a file that promises what no curve has. */
/* `more` bytes on top of what the curve takes already. */
enum status curve_check_memory(const struct curve *c, const struct h5 *f, size_t more);
enum status curve_check_size(const struct h5 *f, const char *name, size_t count, size_t most);
enum status curve_matrix_shape(const struct h5 *f, const char *name, size_t dims[H5_MAX_RANK]);

/* curve_compare.c: equal bits; any NaN equals any NaN. */
bool curve_same_number(double x, double y);

/* curve_bandit.c */
void curve_free_bandit(struct curve_bandit *b);
enum status curve_write_bandit(const struct curve *c, const struct h5 *f);
enum status curve_read_bandit(struct curve *c, const struct h5 *f);
enum status curve_compare_bandit(const struct curve *a, const struct curve *b);

/* curve_targets.c */
void curve_free_targets(struct curve_targets *t);
enum status curve_write_targets(const struct curve *c, const struct h5 *f);
enum status curve_read_targets(struct curve *c, const struct h5 *f);
enum status curve_compare_targets(const struct curve *a, const struct curve *b);

#endif
