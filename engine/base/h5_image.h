/* The contents of an HDF5 file as a flat list that plain C can check: the answer of the child
 * process that has scanned it (h5_scan.h). The list is not trusted either: the file may have
 * corrupted the child.
 *
 *   image_header, then one after another, 8-byte aligned:
 *       image_record | object's path, NUL | attribute's name, NUL | payload
 *
 * A path has no '/' at its ends, the root's is "". A record without an attribute's name is the
 * object's own. The payload of numbers are the numbers; that of text is, for each element, its
 * length (uint32_t), its bytes and a NUL. Numbers that the file stores contiguously and
 * unpacked are not copied: `offset` is their place in the file. */
#ifndef ENGINE_BASE_H5_IMAGE_H
#define ENGINE_BASE_H5_IMAGE_H

#include "engine/base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    IMAGE_RANK = 5,          /* dimensions, at most */
    IMAGE_DEPTH = 32,        /* groups inside groups, at most */
    IMAGE_RECORDS = 1 << 17, /* at most */
    IMAGE_NAME = 1000        /* longest path or name, with its NUL */
};

enum image_kind { IMAGE_GROUP, IMAGE_DATASET, IMAGE_ATTRIBUTE, IMAGE_OTHER };
enum image_value { IMAGE_NOTHING, IMAGE_SIGNED, IMAGE_UNSIGNED, IMAGE_REAL, IMAGE_TEXT };

/* Why a record has no value, as the end of a sentence. */
#define IMAGE_TROUBLES(X)                                                                          \
    X(IMAGE_SOUND, "is sound")                                                                     \
    X(IMAGE_DAMAGED, "cannot be read (damaged or cut short?)")                                     \
    X(IMAGE_LINK_OUT, "is a link to another file, which is not followed; copy the data into this " \
                      "file (h5repack does)")                                                      \
    X(IMAGE_DATA_OUT, "keeps its numbers in another file, which is not followed; copy the data "   \
                      "into this file (h5repack does)")                                            \
    X(IMAGE_NOWHERE, "is a dangling link")                                                         \
    X(IMAGE_RANKS, "has more than 5 dimensions")                                                   \
    X(IMAGE_EMPTY, "has no value at all")                                                          \
    X(IMAGE_TOO_LARGE, "unpacks to more than is read of a file of this size")

enum image_trouble {
#define IMAGE_ENUM(name, text) name,
    IMAGE_TROUBLES(IMAGE_ENUM)
#undef IMAGE_ENUM
        IMAGE_TROUBLE_COUNT
};

struct image_header {
    char magic[8];
};
#define IMAGE_MAGIC "h5image1"

struct image_record {
    uint32_t path_bytes, name_bytes; /* with their NULs */
    uint8_t kind, value, trouble;
    uint8_t rank;
    uint8_t swapped; /* the byte order is not this machine's */
    uint8_t in_file; /* at `offset`; there is no payload */
    uint8_t width;   /* of a number: 1, 2, 4 or 8 */
    uint8_t unused;
    uint64_t dims[IMAGE_RANK];
    uint64_t offset;
    uint64_t payload; /* bytes that follow the names */
};

/* The requested kind and width of numbers in memory. */
struct image_type {
    enum image_value value; /* IMAGE_SIGNED, IMAGE_UNSIGNED (1, 2, 4, 8 bytes), IMAGE_REAL (4, 8) */
    size_t width;
};

struct image; /* opaque */

/* Check all of `bytes` (malloc'd; taken over even on failure) for consistency with itself and with
 * a file of `file_bytes`. Errors STATUS_FORMAT, STATUS_MEMORY; `path` is for sentences. */
enum status image_open(const char *path, void *bytes, size_t count, uint64_t file_bytes,
                       struct image **out);
void image_free(struct image *image);

/* The record of an object ("." and "/" are the root), or of its attribute. NULL: there is none. */
const struct image_record *image_find(const struct image *image, const char *object,
                                      const char *attribute);
/* Number of elements of a record; image_open has checked that it does not overflow. */
size_t image_count(const struct image_record *r);
const char *image_trouble_text(const struct image_record *r);

/* Copy the first `count` elements as `type`, from the payload or from the file `fd`. Integers
 * are clipped to what `type` holds, as HDF5 does; a NaN is the smallest integer. Errors STATUS_IO,
 * STATUS_FORMAT (the file is shorter than it was). */
enum status image_numbers(const char *path, const struct image_record *r, int fd, size_t count,
                          struct image_type type, void *out);

/* The text after `at` (NULL: the first); NULL after the last. */
const char *image_text(const struct image_record *r, const char *at);

/* The next name, in order, after `after` (NULL: the first) among a group's members (attribute
 * false) or an object's attributes; NULL after the last. */
const char *image_next(const struct image *image, const char *object, bool attribute,
                       const char *after);

#endif
