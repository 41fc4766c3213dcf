/* The datasets of a matrix: where each lies, and how one that is missing comes to be.
 *
 *   fetch      wherever dataset_locate finds it: D4RL's files, or a stand-in of one's own
 *   generate   DATA/generated/<hash of the recipe>/ID.hdf5: never where a file of D4RL's would be
 *              looked for; another recipe makes another folder, so nothing stale is used
 *
 * A file is whole or absent, and one process at a time makes it: the others wait for its lock and
 * then find it there. */
#ifndef HARNESS_SUPPLY_H
#define HARNESS_SUPPLY_H

#include "harness/matrix/matrix.h"

/* The source of a cell's dataset; NULL when it needs none (the single-state MDP). */
const struct matrix_source *supply_of(const struct matrix *m, const char *dataset);

/* What a run takes for --data: `data` itself (may be NULL), or the recipe's folder in `buffer`. */
enum status supply_folder(const struct matrix_source *s, const char *data, char buffer[FILE_PATH],
                          const char **folder);

bool supply_is_there(const struct matrix_source *s, const char *data);

/* Can its recipe be read? Errors STATUS_CONFIG: no such option, or not such a value */
enum status supply_check(const struct matrix_source *s);

/* Make or fetch it unless it is there, as `vitamin data generate|fetch` does, under their lock.
 * Errors those commands' */
enum status supply_get(const struct matrix_source *s, const char *data);

#endif
