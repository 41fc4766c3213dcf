/* A digest at a file's end, so that damage done to it on a disk or on the way is noticed.
 *
 *   file   = content, "vitamin seal 1 sha256 ", 64 hexadecimal digits of the content's SHA-256,
 * "\n"
 *
 * HDF5 reads a file up to the end that its own header names, so a sealed HDF5 file is an ordinary
 * one for every HDF5 reader; `head -c -87 FILE | sha256sum` checks a seal without this program. */
#ifndef ENGINE_BASE_SEAL_H
#define ENGINE_BASE_SEAL_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>

enum { SEAL_BYTES = 87 };

/* Seal a finished file before it is committed. Errors STATUS_IO (a full disk): the caller removes
 * it. */
enum status seal_add(const char *path);

/* Does a file end with a seal, and does it hold? *sealed: it does and it holds; false without one.
 * Errors STATUS_DAMAGED (there is one and it does not hold), STATUS_MISSING (no such file),
 * STATUS_IO (it cannot be read now). */
enum status seal_check(const char *path, bool *sealed);

/* The same of a file's bytes in memory; `path` is for the sentence. */
enum status seal_check_bytes(const void *data, size_t bytes, const char *path, bool *sealed);

#endif
