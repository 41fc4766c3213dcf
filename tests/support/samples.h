/* Results to draw reports from, in the layout of the paper: every score made up from the printed
 * one by a fixed rule, so that tests know what to expect. */
#ifndef TESTS_SUPPORT_SAMPLES_H
#define TESTS_SUPPORT_SAMPLES_H

#include "harness/curve/curve.h"

/* A score file: curves of `points` evaluations of every cell of Tables 1, 2, 3, 10 and 11, that
 * rise (or fall) from the printed initial to the printed final score, plus noise of a few points.
 */
void sample_paper_csv(const char *path, int seeds, int points);

/* The hash in a run's folder. */
unsigned sample_hash(const char *config);

/* One result file of our own, FOLDER/m/DATASET/METHOD-<hash>/SEED/curve.h5, hash in %08x: a run to
 * `budget` that ends at `score`, with iteration metrics, costs and `config` ("key = value" lines).
 */
void sample_run(const char *folder, const char *method, const char *dataset, int seed,
                double budget, double score, const char *config);

/* The same of the single-state MDP, with rollouts, critics and policies. */
void sample_bandit(const char *folder, const char *method, int seed);

#endif
