/* Checkpoints: the future of a run in one file.
 *
 *   checkpoint.h5
 *   |-- attributes  format ("vitamin checkpoint 1"), config_hash, evaluations, iterations
 *   `-- <path>      one dataset for every array that a visit lists, under its full name
 *
 * Invariants
 *   1. Written to a temporary file, synced, renamed: the last good checkpoint survives anything.
 *   2. Loadable only into the same configuration (config_hash) and the same code's layout: a
 *      missing, superfluous or differently sized array is an error that names it.
 *   3. A run resumed from it computes the same bits as one that was never stopped. */
#ifndef HARNESS_CHECKPOINT_H
#define HARNESS_CHECKPOINT_H

#include "engine/base/status.h"
#include "engine/base/visitor.h"

#include <stdint.h>

/* What to save: called once for writing and once for reading. */
typedef enum status checkpoint_visit(void *context, struct visitor *v);

struct checkpoint_info {
    char config_hash[80];
    int evaluations, iterations; /* rows of the curve that belong to it */
};

/* Errors STATUS_IO (a full disk), STATUS_MEMORY; the old file is untouched on failure. */
enum status checkpoint_write(const char *path, const struct checkpoint_info *info,
                             checkpoint_visit *visit, void *context);

/* Errors STATUS_IO (no such file), STATUS_FORMAT (damaged, another version),
 * STATUS_CONFIG (another configuration), STATUS_SHAPE (an array does not fit). After a failure
 * the state is undefined: start anew. */
enum status checkpoint_read(const char *path, const char *config_hash, struct checkpoint_info *info,
                            checkpoint_visit *visit, void *context);

#endif
