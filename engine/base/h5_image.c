#include "engine/base/h5_image.h"

#include <errno.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct image {
    unsigned char *bytes;
    const struct image_record **record; /* in the order of (path, name) */
    size_t records;
};

static const char *path_of(const struct image_record *r)
{
    return (const char *)(r + 1);
}

static const char *name_of(const struct image_record *r)
{
    return path_of(r) + r->path_bytes;
}

static const unsigned char *payload_of(const struct image_record *r)
{
    return (const unsigned char *)name_of(r) + r->name_bytes;
}

/* --- checking --------------------------------------------------------------------------------- */

/* Is this text of `bytes` whose only NUL is the last byte? */
static bool is_text(const char *text, size_t bytes)
{
    return bytes > 0 && memchr(text, '\0', bytes) == text + bytes - 1;
}

/* False: the number of elements overflows. */
static bool count_elements(const struct image_record *r, uint64_t *count)
{
    *count = 1;
    for (int i = 0; i < r->rank; i++) {
        if (__builtin_mul_overflow(*count, r->dims[i], count))
            return false;
    }
    return *count <= SIZE_MAX / 16;
}

static bool texts_fit(const struct image_record *r, uint64_t count)
{
    const unsigned char *at = payload_of(r);
    uint64_t left = r->payload;
    for (; count > 0; count--) {
        uint32_t length;
        if (left < sizeof length)
            return false;
        memcpy(&length, at, sizeof length);
        at += sizeof length;
        left -= sizeof length;
        if (length >= left || !is_text((const char *)at, (size_t)length + 1))
            return false;
        at += length + 1;
        left -= (uint64_t)length + 1;
    }
    return left == 0;
}

static bool value_fits(const struct image_record *r, uint64_t file_bytes)
{
    uint64_t count, bytes;
    if (r->trouble != IMAGE_SOUND || r->kind == IMAGE_GROUP || r->kind == IMAGE_OTHER)
        return r->value == IMAGE_NOTHING && r->payload == 0 && !r->in_file;
    if (!count_elements(r, &count))
        return false;
    if (r->value == IMAGE_NOTHING)
        return r->payload == 0 && !r->in_file;
    if (r->value == IMAGE_TEXT)
        return !r->in_file && texts_fit(r, count);
    if (r->width != 1 && r->width != 2 && r->width != 4 && r->width != 8)
        return false;
    if (r->value == IMAGE_REAL && r->width < 4)
        return false;
    bytes = count * r->width;
    if (!r->in_file)
        return r->payload == bytes;
    return r->payload == 0 && r->offset <= file_bytes && bytes <= file_bytes - r->offset;
}

static size_t aligned(uint64_t bytes)
{
    return (size_t)((bytes + 7) / 8 * 8);
}

/* The record at `at` and its size in bytes; NULL if it is not valid. */
static const struct image_record *check_record(const unsigned char *at, size_t left,
                                               uint64_t file_bytes, size_t *taken)
{
    const struct image_record *r = (const void *)at;
    if (left < sizeof *r || r->path_bytes > IMAGE_NAME || r->name_bytes > IMAGE_NAME)
        return NULL;
    left -= sizeof *r;
    if (r->path_bytes + r->name_bytes > left || r->payload > left - r->path_bytes - r->name_bytes)
        return NULL;
    *taken = aligned(sizeof *r + r->path_bytes + r->name_bytes + r->payload);
    if (*taken - sizeof *r > left || !is_text(path_of(r), r->path_bytes) ||
        !is_text(name_of(r), r->name_bytes) || r->kind > IMAGE_OTHER || r->value > IMAGE_TEXT ||
        r->rank > IMAGE_RANK || r->trouble >= IMAGE_TROUBLE_COUNT ||
        (r->kind == IMAGE_ATTRIBUTE) != (*name_of(r) != '\0') || !value_fits(r, file_bytes))
        return NULL;
    return r;
}

static int compare_record(const char *path, const char *name, const struct image_record *r)
{
    int order = strcmp(path, path_of(r));
    return order != 0 ? order : strcmp(name, name_of(r));
}

static int by_name(const void *a, const void *b)
{
    const struct image_record *const *x = a, *const *y = b;
    return compare_record(path_of(*x), name_of(*x), *y);
}

/* Check all records and their order; false: one is invalid, or a name occurs twice. */
static bool list_records(struct image *image, size_t count, uint64_t file_bytes)
{
    size_t taken;
    for (size_t at = sizeof(struct image_header); at < count; at += taken) {
        const struct image_record *r = check_record(image->bytes + at, count - at, file_bytes,
                                                    &taken);
        if (r == NULL || image->records == IMAGE_RECORDS)
            return false;
        image->record[image->records++] = r;
    }
    qsort(image->record, image->records, sizeof(const void *), by_name);
    for (size_t i = 1; i < image->records; i++) {
        if (by_name(&image->record[i - 1], &image->record[i]) == 0)
            return false;
    }
    return true;
}

enum status image_open(const char *path, void *bytes, size_t count, uint64_t file_bytes,
                       struct image **out)
{
    struct image *image = calloc(1, sizeof *image);
    size_t most = count / sizeof(struct image_record) + 1;
    *out = NULL;
    if (image != NULL) {
        image->bytes = bytes;
        image->record = malloc((most < IMAGE_RECORDS ? most : IMAGE_RECORDS) * sizeof(void *));
    } else {
        free(bytes);
    }
    enum status result = STATUS_OK;
    if (image == NULL || image->record == NULL)
        result = status_fail(STATUS_MEMORY, "%s: no memory to read it", path);
    else if (count < sizeof(struct image_header) ||
             memcmp(bytes, IMAGE_MAGIC, sizeof(struct image_header)) != 0 ||
             !list_records(image, count, file_bytes))
        result = status_fail(STATUS_FORMAT,
                             "%s: its headers are damaged or hostile; fetch or generate it again",
                             path);
    if (result != STATUS_OK) {
        image_free(image);
        return result;
    }
    *out = image;
    return STATUS_OK;
}

void image_free(struct image *image)
{
    if (image == NULL)
        return;
    free(image->bytes);
    free(image->record);
    free(image);
}

/* --- finding ---------------------------------------------------------------------------------- */

/* Without "./", and without '/' at the ends. False: longer than any name. */
static bool plain_path(const char *object, char out[IMAGE_NAME])
{
    if (object[0] == '.' && (object[1] == '/' || object[1] == '\0'))
        object++;
    while (*object == '/')
        object++;
    size_t n = strlen(object);
    while (n > 0 && object[n - 1] == '/')
        n--;
    if (n >= IMAGE_NAME)
        return false;
    memcpy(out, object, n);
    out[n] = '\0';
    return true;
}

/* The first record that is not before (path, name). */
static size_t lower_bound(const struct image *image, const char *path, const char *name)
{
    size_t low = 0, high = image->records;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (compare_record(path, name, image->record[middle]) > 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

const struct image_record *image_find(const struct image *image, const char *object,
                                      const char *attribute)
{
    char path[IMAGE_NAME];
    if (!plain_path(object, path))
        return NULL;
    const char *name = attribute != NULL ? attribute : "";
    size_t at = lower_bound(image, path, name);
    return at < image->records && compare_record(path, name, image->record[at]) == 0
               ? image->record[at]
               : NULL;
}

size_t image_count(const struct image_record *r)
{
    uint64_t count = 0;
    return r->trouble == IMAGE_SOUND && count_elements(r, &count) ? (size_t)count : 0;
}

const char *image_trouble_text(const struct image_record *r)
{
    static const char *const texts[] = {
#define IMAGE_WORDS(name, text) text,
        IMAGE_TROUBLES(IMAGE_WORDS)
#undef IMAGE_WORDS
    };
    return texts[r->trouble];
}

const char *image_text(const struct image_record *r, const char *at)
{
    const char *next = at != NULL ? at + strlen(at) + 1 : (const char *)payload_of(r);
    const char *end = (const char *)payload_of(r) + r->payload;
    return r->value != IMAGE_TEXT || next == end ? NULL : next + sizeof(uint32_t);
}

static const char *next_attribute(const struct image *image, const char *path, const char *after)
{
    size_t at = lower_bound(image, path, after != NULL ? after : "");
    while (at < image->records && strcmp(path_of(image->record[at]), path) == 0) {
        const char *name = name_of(image->record[at++]);
        if (*name != '\0' && (after == NULL || strcmp(name, after) > 0))
            return name;
    }
    return NULL;
}

const char *image_next(const struct image *image, const char *object, bool attribute,
                       const char *after)
{
    char path[IMAGE_NAME], from[2 * IMAGE_NAME];
    if (!plain_path(object, path))
        return NULL;
    if (attribute)
        return next_attribute(image, path, after);
    size_t n = strlen(path);
    if (n > 0)
        path[n++] = '/';
    if (after != NULL && strlen(after) >= IMAGE_NAME)
        return NULL;
    snprintf(from, sizeof from, "%.*s%s", (int)n, path, after != NULL ? after : "");
    /* Next come its attributes and, among other members, deeper objects. */
    for (size_t at = lower_bound(image, from, ""); at < image->records; at++) {
        const struct image_record *r = image->record[at];
        const char *member = path_of(r) + n;
        if (r->path_bytes <= n || strncmp(path_of(r), path, n) != 0)
            return NULL;
        if (*name_of(r) == '\0' && *member != '\0' && strchr(member, '/') == NULL &&
            (after == NULL || strcmp(member, after) > 0))
            return member;
    }
    return NULL;
}

/* --- numbers ---------------------------------------------------------------------------------- */

/* One number in its widest form. */
struct number {
    enum image_value value;
    int64_t i;
    uint64_t u;
    double x;
};

static struct number load(const struct image_record *r, const unsigned char *from)
{
    struct number n = {.value = (enum image_value)r->value};
    unsigned char b[8] = {0};
    for (int k = 0; k < r->width;
         k++) /* little-endian from here on, like all machines we support */
        b[k] = from[r->swapped ? r->width - 1 - k : k];
    memcpy(&n.u, b, sizeof n.u);
    int spare = 64 - 8 * r->width;
    n.i = (int64_t)(n.u << spare) >> spare;
    if (r->value == IMAGE_REAL && r->width == 4) {
        float x;
        memcpy(&x, b, sizeof x);
        n.x = (double)x;
    } else {
        memcpy(&n.x, b, sizeof n.x);
    }
    return n;
}

static int64_t to_signed(const struct number *n, size_t width)
{
    int64_t high = (int64_t)(UINT64_MAX >> (65 - 8 * width)), low = -high - 1;
    if (n->value == IMAGE_UNSIGNED)
        return n->u > (uint64_t)high ? high : (int64_t)n->u;
    if (n->value == IMAGE_SIGNED)
        return n->i > high ? high : n->i < low ? low : n->i;
    /* 2^63 is a double, 2^63 - 1 is not. */
    return n->x >= (double)high + (width < 8) ? high : n->x > (double)low - 1 ? (int64_t)n->x : low;
}

static uint64_t to_unsigned(const struct number *n, size_t width)
{
    uint64_t high = UINT64_MAX >> (64 - 8 * width);
    if (n->value == IMAGE_UNSIGNED)
        return n->u > high ? high : n->u;
    if (n->value == IMAGE_SIGNED)
        return n->i < 0 ? 0 : (uint64_t)n->i > high ? high : (uint64_t)n->i;
    return n->x >= (double)high + (width < 8) ? high : n->x > 0 ? (uint64_t)n->x : 0;
}

static float to_float(const struct number *n)
{
    if (n->value != IMAGE_REAL)
        return n->value == IMAGE_SIGNED ? (float)n->i : (float)n->u;
    /* HDF5 makes a double beyond the largest float infinite, even where rounding would not. */
    return n->x > (double)FLT_MAX ? INFINITY : n->x < -(double)FLT_MAX ? -INFINITY : (float)n->x;
}

static void store_number(const struct number *n, struct image_type type, unsigned char *out)
{
    if (type.value == IMAGE_REAL && type.width == sizeof(float)) {
        float x = to_float(n);
        memcpy(out, &x, sizeof x);
    } else if (type.value == IMAGE_REAL) {
        double x = n->value == IMAGE_REAL     ? n->x
                   : n->value == IMAGE_SIGNED ? (double)n->i
                                              : (double)n->u;
        memcpy(out, &x, sizeof x);
    } else if (type.value == IMAGE_SIGNED) {
        int64_t i = to_signed(n, type.width);
        memcpy(out, &i, type.width);
    } else {
        uint64_t u = to_unsigned(n, type.width);
        memcpy(out, &u, type.width);
    }
}

static void convert_numbers(const struct image_record *r, const unsigned char *from, size_t count,
                            struct image_type type, unsigned char *out)
{
    for (size_t i = 0; i < count; i++) {
        struct number n = load(r, from + i * r->width);
        store_number(&n, type, out + i * type.width);
    }
}

static enum status read_at(const char *path, int fd, uint64_t offset, size_t bytes, void *out)
{
    for (char *to = out; bytes > 0;) {
        ssize_t n = pread(fd, to, bytes, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
        if (n == 0)
            return status_fail(STATUS_FORMAT, "%s: is truncated; fetch or generate it again", path);
        to += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return STATUS_OK;
}

enum status image_numbers(const char *path, const struct image_record *r, int fd, size_t count,
                          struct image_type type, void *out)
{
    enum { BLOCK = 1 << 13 };
    unsigned char block[BLOCK * 8] = {0}, *to = out;
    uint64_t offset = r->offset;
    bool same = r->value == type.value && r->width == type.width && (!r->swapped || r->width == 1);
    if (!r->in_file) {
        const unsigned char *from = payload_of(r);
        if (same && count > 0)
            memcpy(out, from, count * r->width);
        else
            convert_numbers(r, from, count, type, to);
        return STATUS_OK;
    }
    if (same)
        return read_at(path, fd, offset, count * r->width, out);
    while (count > 0) {
        size_t n = count < BLOCK ? count : BLOCK;
        TRY(read_at(path, fd, offset, n * r->width, block));
        convert_numbers(r, block, n, type, to);
        to += n * type.width;
        offset += n * r->width;
        count -= n;
    }
    return STATUS_OK;
}
