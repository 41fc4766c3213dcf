#include "report/text/zip.h"

#include "engine/base/file.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum {
    LOCAL = 0x04034B50,
    CENTRAL = 0x02014B50,
    END = 0x06054B50, /* signatures */
    VERSION = 20,     /* deflate */
    UTF8 = 0x0800,    /* flag: names are */
    DEFLATED = 8,
    DATE = 0x21, /* 1980-01-01 */
    LARGEST = 512 * 1024 * 1024
};

/* --- bytes ------------------------------------------------------------------------------------ */

static enum status reserve(unsigned char **at, size_t length, size_t *room, size_t more)
{
    if (length + more <= *room)
        return STATUS_OK;
    size_t wanted = 2 * (length + more);
    unsigned char *larger = realloc(*at, wanted);
    if (larger == NULL)
        return status_fail(STATUS_MEMORY, "zip: no memory for %zu bytes", wanted);
    *at = larger;
    *room = wanted;
    return STATUS_OK;
}

/* Little-endian; the room is there. */
static void put_number(unsigned char *at, size_t *length, uint32_t value, int bytes)
{
    for (int i = 0; i < bytes; i++)
        at[(*length)++] = (unsigned char)(value >> (8 * i));
}

/* --- entries ---------------------------------------------------------------------------------- */

struct entry {
    const char *name;
    uint32_t crc, packed, size, offset;
};

/* What both headers of an entry say. */
static void put_common(unsigned char *at, size_t *length, const struct entry *e)
{
    put_number(at, length, VERSION, 2);
    put_number(at, length, UTF8, 2);
    put_number(at, length, DEFLATED, 2);
    put_number(at, length, 0, 2); /* midnight */
    put_number(at, length, DATE, 2);
    put_number(at, length, e->crc, 4);
    put_number(at, length, e->packed, 4);
    put_number(at, length, e->size, 4);
    put_number(at, length, (uint32_t)strlen(e->name), 2);
    put_number(at, length, 0, 2); /* no extra field */
}

static void put_name(unsigned char *at, size_t *length, const char *name)
{
    for (; *name != '\0'; name++)
        at[(*length)++] = (unsigned char)*name;
}

static enum status put_directory_entry(struct zip *z, const struct entry *e)
{
    TRY(reserve(&z->central, z->central_length, &z->central_room, 46 + strlen(e->name)));
    unsigned char *at = z->central;
    size_t *length = &z->central_length;
    put_number(at, length, CENTRAL, 4);
    put_number(at, length, VERSION, 2);
    put_common(at, length, e);
    put_number(at, length, 0, 4); /* comment, disk */
    put_number(at, length, 0, 2);
    put_number(at, length, 0, 4); /* attributes */
    put_number(at, length, e->offset, 4);
    put_name(at, length, e->name);
    return STATUS_OK;
}

/* Raw deflate into `out`; returns its size, 0 when that fails. */
static size_t deflate_raw(const char *data, size_t size, unsigned char *out, size_t room)
{
    z_stream s = {.next_in = (unsigned char *)(uintptr_t)data,
                  .avail_in = (uInt)size,
                  .next_out = out,
                  .avail_out = (uInt)room};
    if (deflateInit2(&s, Z_BEST_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) != Z_OK)
        return 0;
    int result = deflate(&s, Z_FINISH);
    size_t packed = s.total_out;
    deflateEnd(&s);
    return result == Z_STREAM_END ? packed : 0;
}

enum status zip_add(struct zip *z, const char *name, const char *data, size_t size)
{
    size_t bound = compressBound((uLong)size) + 64, header = 30 + strlen(name);
    if (size > LARGEST || z->length + bound > UINT32_MAX / 2 || z->entries >= UINT16_MAX ||
        strlen(name) > UINT16_MAX)
        return status_fail(STATUS_CONFIG, "%s: too much for one zip archive", name);
    TRY(reserve(&z->at, z->length, &z->room, header + bound));
    size_t packed = deflate_raw(data, size, z->at + z->length + header, bound);
    if (packed == 0)
        return status_fail(STATUS_MEMORY, "%s: no memory to compress it", name);
    const struct entry e = {.name = name,
                            .crc = (uint32_t)crc32(0, (const unsigned char *)data, (uInt)size),
                            .packed = (uint32_t)packed,
                            .size = (uint32_t)size,
                            .offset = (uint32_t)z->length};
    TRY(put_directory_entry(z, &e));
    put_number(z->at, &z->length, LOCAL, 4);
    put_common(z->at, &z->length, &e);
    put_name(z->at, &z->length, name);
    z->length += packed;
    z->entries++;
    return STATUS_OK;
}

enum status zip_add_file(struct zip *z, const char *name, const char *path)
{
    char *data = NULL;
    size_t size = 0;
    TRY(file_read(path, LARGEST, &data, &size));
    enum status status = zip_add(z, name, data, size);
    free(data);
    return status;
}

/* --- the archive ------------------------------------------------------------------------------ */

static enum status put_end(struct zip *z)
{
    size_t start = z->length;
    TRY(reserve(&z->at, z->length, &z->room, z->central_length + 22));
    if (z->central_length > 0)
        memcpy(z->at + z->length, z->central, z->central_length);
    z->length += z->central_length;
    put_number(z->at, &z->length, END, 4);
    put_number(z->at, &z->length, 0, 4); /* one disk */
    put_number(z->at, &z->length, (uint32_t)z->entries, 2);
    put_number(z->at, &z->length, (uint32_t)z->entries, 2);
    put_number(z->at, &z->length, (uint32_t)z->central_length, 4);
    put_number(z->at, &z->length, (uint32_t)start, 4);
    put_number(z->at, &z->length, 0, 2); /* no comment */
    return STATUS_OK;
}

enum status zip_write(struct zip *z, const char *path)
{
    enum status status = put_end(z);
    if (status == STATUS_OK)
        status = file_replace(path, z->at, z->length);
    zip_free(z);
    return status;
}

void zip_free(struct zip *z)
{
    free(z->at);
    free(z->central);
    *z = (struct zip){0};
}
