/* Is the run that a cell's folder holds the cell's own? */
#ifndef HARNESS_CELL_H
#define HARNESS_CELL_H

#include "engine/base/sha256.h"
#include "harness/curve/run_folder.h"
#include "harness/matrix/matrix.h"

/* The hash of a cell's configuration. Errors STATUS_CONFIG: it is refused. */
enum status cell_config_hash(const struct matrix_cell *cell, char out[SHA256_HEX]);

/* Is the run that stands there one of this very configuration? Settings that a matrix gives to all
 * cells are in no folder's name, so an edited matrix finds its old results.
 * Errors STATUS_CONFIG: it is another; the sentence says in which keys. */
enum status cell_check(const struct matrix_cell *cell, const char *config_hash, const char *folder,
                       const struct run_folder *look);

#endif
