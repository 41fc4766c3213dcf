/* HDF5 with our error handling: every failure names file, object and remedy.
 *
 * Names are paths inside the file ("infos/qpos"). Numbers are converted to the requested memory
 * type (any float width to float, enum or integer flags to uint8), as HDF5 converts them.
 *
 * Files are not trusted: a child process scans the file and lists its contents (guard.h,
 * h5_scan.h), so that nothing in it can crash or block this process; the rest is plain C
 * (h5_image.h). Links and arrays that lead out of the file are not followed: reading one is
 * STATUS_FORMAT. All compressed data of a file together may unpack to 16 MiB plus 64 times the
 * file, at most 256 MiB. The library is not thread-safe: one thread at a time. */
#ifndef ENGINE_BASE_H5_H
#define ENGINE_BASE_H5_H

#include "engine/base/file.h"
#include "engine/base/status.h"

#include <hdf5.h>
#include <stdbool.h>
#include <stdint.h>

enum { H5_MAX_RANK = 5 };

struct image;

struct h5 {
    hid_t file;           /* written through the library; negative when closed, or read */
    struct image *image;  /* contents of a file that is read */
    int fd;               /* of a file that is read, or -1 */
    uint64_t bytes;       /* its size */
    char path[FILE_PATH]; /* for sentences */
};

/* Open for reading; all reading functions below need a file opened this way. Errors STATUS_IO
 * (missing, unreadable, not a regular file), STATUS_FORMAT (not HDF5, truncated, damaged, too large
 * when unpacked), STATUS_MEMORY, STATUS_INTERRUPTED. */
enum status h5_open(struct h5 *f, const char *path);
/* Likewise, but only the root's attributes can be read: fast even for large files. */
enum status h5_open_root(struct h5 *f, const char *path);
/* Create, truncating. To replace a file that others read, write to file_temporary(), then
 * file_commit(). Errors STATUS_IO (a full disk, no permission): then there is no file. */
enum status h5_create(struct h5 *f, const char *path);
/* Flush and close. Check the result for a written file: a full disk shows here. */
enum status h5_close(struct h5 *f);

uint64_t h5_file_bytes(const struct h5 *f); /* size of a file opened for reading */

/* Does an object of that name exist? True also for objects that cannot be read and for links out of
 * the file, which reading reports. */
bool h5_has(const struct h5 *f, const char *name);
bool h5_is_group(const struct h5 *f, const char *name);
bool h5_has_attribute(const struct h5 *f, const char *object, const char *name);

/* Rank and dims of a dataset; a scalar has rank 0. Errors STATUS_FORMAT (also: there is none; that
 * is never STATUS_MISSING, by which callers know that a file is not there). */
enum status h5_shape(const struct h5 *f, const char *name, int *rank, size_t dims[H5_MAX_RANK]);
/* Number of elements. */
enum status h5_count(const struct h5 *f, const char *name, size_t *count);

/* Read all of a dataset that must hold exactly `count` elements, as native `type`.
 * Errors STATUS_SHAPE, STATUS_FORMAT (no such dataset, strings where numbers belong, damage). */
enum status h5_read(const struct h5 *f, const char *name, hid_t type, size_t count, void *out);
enum status h5_read_float(const struct h5 *f, const char *name, size_t count, float *out);
enum status h5_read_double(const struct h5 *f, const char *name, size_t count, double *out);
/* A scalar or one-element text dataset, fixed or variable length. Errors STATUS_FORMAT (too
 * long). */
enum status h5_read_text(const struct h5 *f, const char *name, char *out, size_t size);

/* Call `visit` with every element of a dataset of texts, in order. A non-OK result stops. */
enum status h5_each_text(const struct h5 *f, const char *name,
                         enum status (*visit)(const struct h5 *f, const char *text, void *context),
                         void *context);

/* Attributes of `object` ("." is the file's root). */
enum status h5_get_number(const struct h5 *f, const char *object, const char *name, double *out);
enum status h5_get_text(const struct h5 *f, const char *object, const char *name, char *out,
                        size_t size);
enum status h5_set_number(const struct h5 *f, const char *object, const char *name, double value);
enum status h5_set_integer(const struct h5 *f, const char *object, const char *name, int64_t value);
enum status h5_set_text(const struct h5 *f, const char *object, const char *name,
                        const char *value);

/* Create a group and its parents. */
enum status h5_make_group(const struct h5 *f, const char *name);

/* Write a dataset, creating parent groups. gzip 0 stores it contiguous, 1..9 chunked and deflated.
 * `stored` is the type in the file, `type` the one in memory. */
enum status h5_write(const struct h5 *f, const char *name, hid_t stored, hid_t type, int rank,
                     const size_t dims[], int gzip, const void *data);
enum status h5_write_float(const struct h5 *f, const char *name, int rank, const size_t dims[],
                           const float *data);
enum status h5_write_double(const struct h5 *f, const char *name, int rank, const size_t dims[],
                            const double *data);

/* One text as a scalar of UTF-8: h5_read_text reads it. */
enum status h5_write_text(const struct h5 *f, const char *name, const char *text);

/* h5py's type for booleans: an enum over int8 {FALSE 0, TRUE 1}. In memory one byte each.
 * For H5Tclose(). */
hid_t h5_bool_type(void);

/* Call `visit` with the name of every member of a group, in name order. A non-OK result stops. */
enum status h5_each(const struct h5 *f, const char *group,
                    enum status (*visit)(const struct h5 *f, const char *name, void *context),
                    void *context);
/* Likewise with the names of an object's attributes. */
enum status h5_each_attribute(const struct h5 *f, const char *object,
                              enum status (*visit)(const struct h5 *f, const char *name,
                                                   void *context),
                              void *context);

#endif
