/* Score files of anyone: `vitamin report --scores FILE`.
 *
 * CSV (also gzipped), one header line, columns in any order, others ignored:
 *
 *   method,dataset,seed,step,score      a curve: one line per evaluation, in any order
 *   method,dataset,seed,score           the final score only
 *   ... ,initial                        optional: the score before online finetuning
 *   ... ,status                         optional: ok, diverged, incomplete, failed, missing
 *   ... ,why                            optional: of a status other than ok, in one sentence
 *
 * `final` may stand for `score`, so that the report's own scores.csv and curves.csv.gz are read
 * back. Scores are D4RL-normalised on the 0-100 scale; an empty or NaN score is a diverged
 * evaluation. `step` counts online transitions, 0 = before online finetuning.
 *
 * HDF5, curves:   /<method>/<dataset>/seed_<k>/{offline,online}/{step,score}
 *                 root datasets `algorithms` and `datasets` (text, optional) give the order.
 *                 With both phases the point at 0 is the last offline one, unless online has its
 *                 own. A file with offline curves only is drawn over gradient steps and has no
 *                 increase.
 * HDF5, finals:   `algorithms`, `datasets`, final/final [and final/initial], shape
 *                 (methods, datasets, seeds), NaN = no such run. Used when there are no curves.
 *
 * Datasets keep their names; those of the registry get suite, budget and the published numbers. */
#ifndef REPORT_SCORES_H
#define REPORT_SCORES_H

#include "report/results/results.h"

/* Errors STATUS_IO, STATUS_FORMAT (file, line, what was found, what is expected), STATUS_MEMORY. */
enum status scores_read_csv(struct results *r, const char *path);
enum status scores_read_h5(struct results *r, const char *path);

#endif
