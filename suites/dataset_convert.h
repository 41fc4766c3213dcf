/* Any file that can be read, written anew as D4RL writes: float32, h5py's booleans, gzip 4.
 *
 *   Minari      episodes one after another; an episode that was cut without a flag gets a timeout
 *   D4RL        the same rows; numbers of any width become float32, columns (N x 1) become rows,
 *               missing timeouts are set where the reader would cut (the step limit)
 *
 * Kept is what learning needs: observations, actions, rewards, terminals, timeouts, and
 * next_observations where the suite's rule uses them (gym-mujoco). The new file says what it was
 * made from, and results on it are labelled as on the original.  Source docs/datasets.md 4, 5 */
#ifndef SUITES_DATASET_CONVERT_H
#define SUITES_DATASET_CONVERT_H

#include "suites/dataset.h"

struct dataset_converted {
    char id[DATASET_ID]; /* of the original */
    enum dataset_kind kind;
    int64_t rows;
    int64_t flagged; /* timeouts that were added */
};

/* A name for the new file: "hopper-medium-v2-clean", "pen-human-v2-minari".
 * Errors  those of dataset_load up to reading */
enum status dataset_convert_name(const char *name, const struct dataset_options *o,
                                 char out[DATASET_ID]);

/* Read `name` and write `path`. Errors  those of dataset_load, and of the writer */
enum status dataset_convert(const char *name, const struct dataset_options *o, const char *path,
                            struct dataset_converted *out);

#endif
