/* Checkpoints: the future of a run in one file, and the one before it.
 *
 *   checkpoint.h5            the last one
 *   checkpoint.previous.h5   the one before it: what a run falls back to when the last is damaged
 *   |-- attributes  format ("vitamin checkpoint 2"), config_hash, evaluations, iterations
 *   |-- <path>      one dataset for every array that a visit lists, under its full name
 *   `-- a seal (engine/base/seal.h)
 *
 * Invariants
 *   1. Written to a temporary file, synced; then checkpoint.h5 becomes checkpoint.previous.h5 and
 * the new one takes its name: at any instant a whole one is there under one of the two names. While
 *      one is written, three lie on the disk.
 *   2. No array is filled before the seal of the whole file was found to hold.
 *   3. Loadable only into the same configuration (config_hash) and the same code's layout: a
 *      missing, superfluous or differently sized array is an error that names it.
 *   4. A run resumed from it computes the same bits as one that was never stopped. */
#ifndef HARNESS_CHECKPOINT_H
#define HARNESS_CHECKPOINT_H

#include "engine/base/status.h"
#include "engine/base/visitor.h"

/* What to save: called once for writing and once for reading. */
typedef enum status checkpoint_visit(void *context, struct visitor *v);

struct checkpoint_info {
    char config_hash[80];
    int evaluations, iterations; /* rows of the curve that belong to it */
};

/* `previous` is the name that the last one gets; NULL: it is replaced. Errors STATUS_IO (a full
 * disk), STATUS_MEMORY; the old files are untouched on failure, or but one of them renamed. */
enum status checkpoint_write(const char *path, const char *previous,
                             const struct checkpoint_info *info, checkpoint_visit *visit,
                             void *context);

/* Errors
 *   STATUS_MISSING  there is no such file
 *   STATUS_DAMAGED  its seal does not hold or is lacking; the state is as it was
 *   STATUS_IO, STATUS_MEMORY   it cannot be read now
 *   STATUS_FORMAT   another version, or a layout of other code
 *   STATUS_CONFIG   another configuration
 *   STATUS_SHAPE    an array does not fit
 * After the last five the state is undefined. */
enum status checkpoint_read(const char *path, const char *config_hash, struct checkpoint_info *info,
                            checkpoint_visit *visit, void *context);

#endif
