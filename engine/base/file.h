/* Files that are whole or absent, never half-written: write `x.tmp`, sync, rename. */
#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    FILE_PATH = 4096, /* longest path that the system takes, with its NUL (PATH_MAX) */
    FILE_NAME = 255   /* longest name of a file or folder in bytes (NAME_MAX) */
};

/* The only way to put a path together: out = the formatted text, whole. What would not fit is an
 * error, never a shorter path: that one may be somebody else's. Errors STATUS_IO. */
enum status file_path(char out[FILE_PATH], const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

/* May `name`, of which `what` says what it is, become the name of a file or folder? Not empty, "."
 * or "..", without '/' and control characters, at most FILE_NAME bytes. Errors STATUS_CONFIG. */
enum status file_check_name(const char *what, const char *name);

/* The length of a file's name without its ending .hdf5 or .h5, if it has one. */
int file_stem(const char *name);

/* A program's start and end. Standard streams that are closed must not become files that are opened
 * later: they lead nowhere, and writing to standard output fails. At the end, was everything on
 * standard output written (a full disk often shows only then)? Quiet about a reader that has left
 * (`| head`), but an error as well. Errors STATUS_IO; a quiet one has the sentence "". */
void file_settle_streams(void);
enum status file_close_output(void);

/* Is anything at `path`? Only "no such file" means absent. What cannot be looked at (a disk that
 * fails, a permission, a server that has gone) is an error, and so is a link that leads nowhere: to
 * what may not be mounted now. Errors STATUS_IO. */
enum status file_look(const char *path, bool *there);

/* The same for tests and for what is left out of a page anyhow; false also when it cannot be told,
 * so nothing may be written on its word. */
bool file_exists(const char *path);

/* Rename a damaged file so that it stays at hand: x.h5 becomes x.damaged-1.h5, or the first number
 * that is free; `out` is the new name. Errors STATUS_IO. */
enum status file_set_aside(const char *path, char out[FILE_PATH]);

/* Open a regular file for reading; *fd is for close(). A pipe, a device, a socket or a folder is
 * refused before it is opened: opening one may hang, or do something. Errors STATUS_IO. */
enum status file_open(const char *path, int *fd);
enum status file_open_stream(const char *path, FILE **out); /* likewise, for fclose() */

/* What errno says, for a sentence; a full disk in words that name the remedy. */
const char *file_reason(void);

/* Create a folder and its parents. Errors STATUS_IO. */
enum status file_make_folder(const char *path);

/* The folder part of a path ("." when there is none). */
enum status file_parent(const char *path, char out[FILE_PATH]) __attribute__((warn_unused_result));

/* Create an empty file beside `path` to write before renaming: exclusively, so that it is nobody
 * else's and no link, under a name that no other process takes. The caller commits or removes it.
 * Errors STATUS_IO. */
enum status file_temporary(const char *path, char out[FILE_PATH]);

/* Errors STATUS_IO. */
enum status file_sync(const char *path);

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
