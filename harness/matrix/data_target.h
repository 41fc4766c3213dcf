/* Where a command of `vitamin data` puts its file. */
#ifndef HARNESS_DATA_TARGET_H
#define HARNESS_DATA_TARGET_H

#include "engine/base/lock.h"

/* `out` when it names a file (.hdf5, .h5), else `stem`.hdf5 in the folder `out`, or when that is
 * NULL in the data folder (dataset_folder). Its folder is made, and it is locked (data_lock). A
 * file that is there already is only replaced when we made it ourselves: D4RL's take long to fetch.
 * Errors  STATUS_CONFIG (the path is too long, or somebody else's file), STATUS_IO; nothing is
 *         locked then */
enum status data_target(const char *out, const char *stem, char path[FILE_PATH], struct lock *lock);

/* Wait for the lock of all who make or fetch the file `path`, PATH.lock, and remove what a killed
 * one left half-written. `stop` (may be NULL) ends the wait. Errors as lock_wait(). */
enum status data_lock(const char *path, const volatile sig_atomic_t *stop, struct lock *lock);

/* Did we make this file, by generating or converting (dataset_origin)? Errors dataset_origin()'s:
 * that cannot be told. */
enum status data_target_is_ours(const char *path, bool *ours);

#endif
