/* HDF5 in our terms: every failure names file, object and remedy.
 *
 * Names are paths inside the file ("infos/qpos"). Numbers are converted by HDF5 to the memory type
 * asked for (any float width to float, enum or integer flags to uint8). The HDF5 library is not
 * thread-safe: one thread at a time. */
#ifndef ENGINE_BASE_H5_H
#define ENGINE_BASE_H5_H

#include "engine/base/file.h"
#include "engine/base/status.h"

#include <hdf5.h>
#include <stdbool.h>

enum { H5_MAX_RANK = 5 };

struct h5 {
    hid_t file;           /* negative when closed */
    char path[FILE_PATH]; /* for sentences */
};

/* Open for reading. Errors STATUS_IO (missing, unreadable), STATUS_FORMAT (not HDF5, truncated). */
enum status h5_open(struct h5 *f, const char *path);
/* Create, truncating. For files that others read, write to file_temporary() and file_commit().
 * Errors STATUS_IO (a full disk, no permission): there is no file then. */
enum status h5_create(struct h5 *f, const char *path);
/* Flush and close. For a written file the result matters: a full disk shows here. */
enum status h5_close(struct h5 *f);

bool h5_has(const struct h5 *f, const char *name);
bool h5_has_attribute(const struct h5 *f, const char *object, const char *name);

/* Rank and dims of a dataset; a scalar has rank 0. Errors STATUS_MISSING, STATUS_FORMAT. */
enum status h5_shape(const struct h5 *f, const char *name, int *rank, size_t dims[H5_MAX_RANK]);
/* Number of elements. */
enum status h5_count(const struct h5 *f, const char *name, size_t *count);

/* Read all of a dataset that must hold exactly `count` elements, as native `type`.
 * Errors STATUS_MISSING, STATUS_SHAPE, STATUS_FORMAT (strings where numbers belong, damage). */
enum status h5_read(const struct h5 *f, const char *name, hid_t type, size_t count, void *out);
enum status h5_read_float(const struct h5 *f, const char *name, size_t count, float *out);
enum status h5_read_double(const struct h5 *f, const char *name, size_t count, double *out);
/* Read rows [start, start+rows) along axis 0. */
enum status h5_read_rows(const struct h5 *f, const char *name, hid_t type, size_t start,
                         size_t rows, void *out);
/* A scalar or one-element text dataset, fixed or variable length. Errors STATUS_FORMAT (too long).
 */
enum status h5_read_text(const struct h5 *f, const char *name, char *out, size_t size);

/* Attributes of `object` ("." is the file's root). */
enum status h5_get_number(const struct h5 *f, const char *object, const char *name, double *out);
enum status h5_get_text(const struct h5 *f, const char *object, const char *name, char *out,
                        size_t size);
enum status h5_set_number(const struct h5 *f, const char *object, const char *name, double value);
enum status h5_set_integer(const struct h5 *f, const char *object, const char *name, int64_t value);
enum status h5_set_text(const struct h5 *f, const char *object, const char *name,
                        const char *value);

/* Make a group and its parents. */
enum status h5_make_group(const struct h5 *f, const char *name);

/* Write a dataset, creating parent groups. gzip 0 stores it contiguous, 1..9 chunked and deflated.
 * `stored` is the type in the file, `type` the one in memory. */
enum status h5_write(const struct h5 *f, const char *name, hid_t stored, hid_t type, int rank,
                     const size_t dims[], int gzip, const void *data);
enum status h5_write_float(const struct h5 *f, const char *name, int rank, const size_t dims[],
                           const float *data);
enum status h5_write_double(const struct h5 *f, const char *name, int rank, const size_t dims[],
                            const double *data);

/* The type that h5py gives booleans: an enum over int8 {FALSE 0, TRUE 1}. In memory one byte each.
 * For H5Tclose(). */
hid_t h5_bool_type(void);

/* Call `visit` with the name of every member of a group, in name order. A non-OK result stops. */
enum status h5_each(const struct h5 *f, const char *group,
                    enum status (*visit)(const struct h5 *f, const char *name, void *context),
                    void *context);

#endif
