/* Files that are whole or absent, never half-written: write `x.tmp`, sync, rename. */
#ifndef ENGINE_BASE_FILE_H
#define ENGINE_BASE_FILE_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

enum {
    FILE_PATH = 4096, /* longest path of the system, with its NUL (PATH_MAX) */
    FILE_NAME = 255   /* longest name of a file or folder in bytes (NAME_MAX) */
};

/* The only way to build a path: out = the formatted text. A path that does not fit is an error and
 * is never cut, because a shorter path may name another file. Errors STATUS_IO. */
enum status file_path(char out[FILE_PATH], const char *format, ...)
    __attribute__((format(printf, 2, 3), warn_unused_result));

/* Check that `name` can be the name of a file or folder: not empty, "." or "..", without '/' and
 * control characters, at most FILE_NAME bytes. `what` describes it in the sentence. Errors
 * STATUS_CONFIG. */
enum status file_check_name(const char *what, const char *name);

/* The length of a file's name without its ending .hdf5 or .h5, if it has one. */
int file_stem(const char *name);

/* For a program's start and end. file_settle_streams opens closed standard streams on /dev/null, so
 * that no later file takes their numbers; writing to standard output then fails. file_close_output
 * checks that all standard output was written (a full disk often shows only now). If the reader has
 * left (`| head`), that is an error without a message: the sentence is "". Errors STATUS_IO. */
void file_settle_streams(void);
enum status file_close_output(void);

/* Does anything exist at `path`? Only "no such file" means no. A failed check (disk error,
 * permission, unreachable server) is an error, and so is a dangling link: its target may just not
 * be mounted. Errors STATUS_IO. */
enum status file_look(const char *path, bool *there);

/* The same for tests and for optional parts of a page. It is also false when the check fails, so
 * nothing may be overwritten because of it. */
bool file_exists(const char *path);

/* Rename a damaged file to keep it: x.h5 becomes x.damaged-1.h5, or gets the first free number;
 * `out` is the new name. Errors STATUS_IO. */
enum status file_set_aside(const char *path, char out[FILE_PATH]);

/* Open a regular file for reading; *fd is for close(). Pipes, devices, sockets and
 * folders are refused before opening, which might hang or have side effects. Errors STATUS_IO. */
enum status file_open(const char *path, int *fd);
enum status file_open_stream(const char *path, FILE **out); /* likewise, for fclose() */

/* The text of errno for a sentence; for a full disk it includes the remedy. */
const char *file_reason(void);

/* What exists at `path`, if anything does, must be a folder. Errors STATUS_IO; STATUS_CONFIG: "".
 */
enum status file_check_folder(const char *path);

/* Create a folder and its parents. Errors STATUS_IO. */
enum status file_make_folder(const char *path);

/* The folder part of a path ("." when there is none). */
enum status file_parent(const char *path, char out[FILE_PATH]) __attribute__((warn_unused_result));

/* Create an empty file in the folder of `path`, to be written and then renamed to it. It is created
 * exclusively (so it is not a link or another process's file) under a name that no other process
 * uses. The caller commits or removes it.
 * Errors STATUS_IO. */
enum status file_temporary(const char *path, char out[FILE_PATH]);

/* Errors STATUS_IO. */
enum status file_sync(const char *path);

/* Sync `temporary` to disk, rename it to `path`, sync the folder. On failure `temporary` is
 * removed and `path` is as it was. Errors STATUS_IO (a full disk says so). */
enum status file_commit(const char *temporary, const char *path);

/* Remove the temporary files of `path` that a killed writer left behind. The caller must hold the
 * lock that excludes all other writers of `path`: nothing else distinguishes a dead writer's file
 * from a slow one's. */
void file_remove_leftovers(const char *path);

/* A file that is written through `stream` and becomes `path` when all went well: file_temporary and
 * file_commit for stdio. */
struct file_stream {
    char path[FILE_PATH], temporary[FILE_PATH];
    FILE *stream; /* NULL: not open */
};

/* Errors STATUS_IO. */
enum status file_stream_open(struct file_stream *s, const char *path);
/* Commit it if `result` is STATUS_OK and every byte was written, else remove it; returns `result`
 * if that is an error. Nothing where it is not open. Errors STATUS_IO (a full disk says so). */
enum status file_stream_close(struct file_stream *s, enum status result);

/* Write all bytes and commit. */
enum status file_replace(const char *path, const void *data, size_t bytes);

/* Read a whole text file, NUL-terminated, at most `limit` bytes; *out is for free().
 * Errors STATUS_IO, STATUS_FORMAT (larger than limit). */
enum status file_read(const char *path, size_t limit, char **out, size_t *bytes);

#endif
