/* A digest at a file's end that reveals damage done on a disk or in transfer.
 *
 *   file   = content, "vitamin seal 1 sha256 ", 64 hexadecimal digits of the content's SHA-256,
 * "\n"
 *
 * HDF5 reads a file up to the end stated in its header, so every HDF5 reader can read a sealed
 * file; `head -c -87 FILE | sha256sum` checks a seal without this program. */
#ifndef ENGINE_BASE_SEAL_H
#define ENGINE_BASE_SEAL_H

#include "engine/base/h5.h"
#include "engine/base/status.h"

#include <stdbool.h>

enum { SEAL_BYTES = 87 };

/* Seal a finished file before it is committed. Errors STATUS_IO (a full disk): the caller removes
 * it. */
enum status seal_add(const char *path);

/* Close and seal an HDF5 file of which `written` tells whether all went well until here. When it
 * did not, or closing or sealing fails, the file is removed. Errors: those of `written`,
 * STATUS_IO. */
enum status seal_close(struct h5 *f, enum status written);

/* Check a file's seal. *sealed: it has one and the digest matches; false without a seal.
 * Errors STATUS_DAMAGED (the digest does not match, or the seal itself was damaged), STATUS_MISSING
 * (no such file), STATUS_IO (the file cannot be read now). */
enum status seal_check(const char *path, bool *sealed);

#endif
