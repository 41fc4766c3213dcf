/* Score files of anyone: `vitamin report --scores FILE`.
 *
 * Text (any of: gzip, a pipe, comma, semicolon, tab; UTF-8, UTF-16, Latin-1) or JSON, one header
 * line, columns in any order and under the usual names (scores_columns.c), in which case it is said
 * what was taken for what, or as the user names them (reading.h):
 *
 *   method,dataset,seed,step,score      a curve: one line per evaluation, in any order
 *   method,dataset,seed,score           the final score only
 *   ... ,initial                        optional: the score before online finetuning
 *   ... ,status                         optional: ok, diverged, incomplete, failed, missing
 *   ... ,why                            optional: of a status other than ok, in one sentence
 *
 * or wide: seeds, methods or datasets as columns, wandb's exports. The report's own scores.csv and
 * curves.csv.gz are read back. `step` counts online transitions, 0 = before online finetuning.
 *
 *   no score (empty, NA, null)    nothing was measured there
 *   NaN, inf within a curve       a hole: left out, with a warning
 *   NaN, inf at its end           the run has diverged there
 *   two scores at one step        an error, unless they are equal or episodes to be averaged
 *
 * HDF5, curves:   /<method>/<dataset>/<seed>/{offline,online}/{step,score}; <seed> may be 0,
 *                 seed_0, run-0 or a name. Root datasets `algorithms` and `datasets` (text,
 *                 optional) give the order. With both phases the point at 0 is the last offline
 *                 one, unless online has its own. A file with offline curves only is drawn over
 *                 gradient steps and has no increase.
 * HDF5, finals:   `algorithms`, `datasets`, final/final [and final/initial], shape
 *                 (methods, datasets, seeds), NaN = no such run. Used when there are no curves.
 * npz:            Stable-Baselines3's evaluations; matrices (runs, tasks) by method.
 *
 * Datasets keep their names; those of the registry get suite, budget and the published numbers. */
#ifndef REPORT_SCORES_H
#define REPORT_SCORES_H

#include "report/results/results.h"

/* Errors STATUS_IO, STATUS_FORMAT (what was found, what is expected), STATUS_MEMORY. All others:
 * results_read_scores. */
enum status scores_read_h5(struct results *r, const char *path);

#endif
