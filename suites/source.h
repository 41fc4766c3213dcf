/* An HDF5 file from outside, believed in nothing.
 *
 * What is promised is compared with what is there before anything is allocated or read: types,
 * shapes, chunk and array sizes against the file's own size, links and storage that lead out of
 * the file. Sentences name the file, the field and the remedy.
 *
 * Errors of all functions
 *   STATUS_IO       cannot be opened
 *   STATUS_FORMAT   not HDF5, damaged, no such field, not numbers, leads outside, unknown
 * compression STATUS_SHAPE    dimensions, or a size that the file cannot hold STATUS_MEMORY larger
 * than this machine */
#ifndef SUITES_SOURCE_H
#define SUITES_SOURCE_H

#include "engine/base/h5.h"

#include <stdint.h>

enum { SOURCE_NAME = 160 };

struct source {
    struct h5 h5;                 /* its attributes (h5_open_root) */
    hid_t file;                   /* its arrays: too large for h5.h */
    hid_t access;                 /* how links are followed */
    size_t bytes;                 /* of the file that was opened */
    bool siblings;                /* external links to files of the same folder are followed */
    char refused[FILE_PATH];      /* the link that was not followed last */
    char remedy[2 * SOURCE_NAME]; /* how to get the file again: the end of every sentence */
};

/* A numeric dataset of rank 1 (cols is 1) or 2. */
struct field {
    char name[SOURCE_NAME];
    hid_t set;
    int64_t rows, cols;
    size_t file_bytes; /* of the file it lies in: a linked one may be another */
    bool real;         /* stored as floating point; else integers or an enum */
    bool chunked;      /* stored in chunks, maybe compressed */
};

/* The struct must stay where it is while open. `siblings`: Minari spreads data over files. */
enum status source_open(struct source *s, const char *path, bool siblings);
void source_close(struct source *s);

/* Is there a link of that name (wherever it leads)? */
bool source_has(struct source *s, const char *name);

/* Open a field and check all that can be checked without reading it. */
enum status source_find(struct source *s, const char *name, struct field *out);
void source_forget(struct field *f);

/* Read all rows as floats: row i goes to out[i * stride + offset ...], the rest of `out`
 * (initialised when there is any) stays. STATUS_NONFINITE: with the first row and column that is
 * not finite. */
enum status source_read(struct source *s, const struct field *f, float *out, int64_t stride,
                        int64_t offset);

/* Three quarters of this machine's memory, in bytes: more is never asked for. */
size_t source_memory(void);

/* Read a column of flags, which must be 0 or 1, whatever their type. */
enum status source_read_flags(struct source *s, const struct field *f, uint8_t *out);

#endif
