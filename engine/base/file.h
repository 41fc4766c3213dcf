/* Files that are whole or absent, never half-written: write `x.tmp`, sync, rename. */
#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum { FILE_PATH = 1024 }; /* longest path, with its NUL */

bool file_exists(const char *path);

/* Is anything at `path`? Only "no such file" means absent. Errors STATUS_IO: it cannot be told (no
 * permission, a broken disk, a stale mount). */
enum status file_look(const char *path, bool *there);

/* Open a regular file for reading; *fd is for close(). A pipe, a device, a socket or a folder is
 * refused before it is opened: opening one may hang, or do something. Errors STATUS_IO. */
enum status file_open(const char *path, int *fd);
enum status file_open_stream(const char *path, FILE **out); /* likewise, for fclose() */

/* What errno says, for a sentence; a full disk in words that name the remedy. */
const char *file_reason(void);

/* Create a folder and its parents. Errors STATUS_IO. */
enum status file_make_folder(const char *path);

/* The folder part of a path ("." when there is none). */
void file_parent(const char *path, char out[FILE_PATH]);

/* Create an empty file beside `path` to write before renaming: exclusively, so that it is nobody
 * else's and no link, under a name that no other process takes. The caller commits or removes it.
 * Errors STATUS_IO. */
enum status file_temporary(const char *path, char out[FILE_PATH]);

/* Sync `temporary` to disk, rename it to `path`, sync the folder. On failure `temporary` is
 * removed and `path` is as it was. Errors STATUS_IO (a full disk says so). */
enum status file_commit(const char *temporary, const char *path);

/* Remove the temporaries of `path` that a killed writer left behind. The caller holds the lock that
 * keeps all other writers of `path` away: nothing else tells a dead writer's file from a slow
 * one's. */
void file_remove_leftovers(const char *path);

/* Write all bytes and commit. */
enum status file_replace(const char *path, const void *data, size_t bytes);

/* Read a whole text file, NUL-terminated, at most `limit` bytes; *out is for free().
 * Errors STATUS_IO, STATUS_FORMAT (larger than limit). */
enum status file_read(const char *path, size_t limit, char **out, size_t *bytes);

#endif
