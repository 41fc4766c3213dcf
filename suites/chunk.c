#include "suites/chunk.h"

#include "suites/filter.h"

#include <stdlib.h>
#include <string.h>

enum { FILTERS_MOST = 8 };
static const size_t BATCH_BYTES = (size_t)1 << 23; /* stored bytes that are in memory at once */
enum { BATCH_CHUNKS = 512 };

static const char no_memory[] = "there is no memory for a chunk";

struct layout {
    int rank;
    hsize_t rows, cols; /* of the array */
    hsize_t high, wide; /* of a chunk */
    size_t width;       /* bytes of a number in the file */
    size_t bytes;       /* of a chunk, inflated */
    hid_t type;         /* in the file */
    bool convert;       /* it is not the type in memory */
    int filters;
    H5Z_filter_t filter[FILTERS_MOST];
};

/* One chunk on its way. */
struct piece {
    hsize_t row, col;
    size_t stored; /* bytes at `at` */
    size_t at;     /* in the batch's buffer */
    uint32_t mask; /* filters that were skipped when it was written */
    bool infinite; /* a number is not finite, maybe only in the padding */
};

static void describe(hid_t set, int64_t rows, int64_t cols, const struct chunk_target *t,
                     struct layout *l)
{
    hid_t list = H5Dget_create_plist(set);
    hsize_t chunk[H5S_MAX_RANK] = {1, 1};
    *l = (struct layout){.rows = (hsize_t)rows, .cols = (hsize_t)cols};
    l->rank = H5Pget_chunk(list, H5S_MAX_RANK, chunk);
    l->high = chunk[0];
    l->wide = l->rank == 2 ? chunk[1] : 1;
    l->type = H5Dget_type(set);
    l->width = H5Tget_size(l->type);
    l->bytes = l->high * l->wide * l->width;
    l->convert = H5Tequal(l->type, t->type) <= 0;
    l->filters = H5Pget_nfilters(list);
    for (int i = 0; i < l->filters && i < FILTERS_MOST; i++) {
        size_t values = 0;
        unsigned flags, config;
        l->filter[i] = H5Pget_filter2(list, (unsigned)i, &flags, &values, NULL, 0, NULL, &config);
    }
    H5Pclose(list);
}

/* --- one chunk, on any thread --------------------------------------------------------------------
 */

/* How many bytes come out when filter i of a chunk is undone: its numbers, and the checksums that
 * were added before. */
static size_t bytes_after(const struct layout *l, const struct piece *p, int i)
{
    size_t bytes = l->bytes;
    for (int k = 0; k < i; k++) {
        if (l->filter[k] == H5Z_FILTER_FLETCHER32 && !(p->mask >> k & 1))
            bytes += FILTER_CHECKSUM;
    }
    return bytes;
}

/* Undo the filters, last first. `a` gets the numbers (layout->bytes, and room to convert), `b` is
 * as large. */
static bool unpack(const struct layout *l, const struct piece *p, const uint8_t *stored, uint8_t *a,
                   uint8_t *b)
{
    const uint8_t *from = stored;
    size_t n = p->stored;
    uint8_t *to = a;
    for (int i = l->filters - 1; i >= 0; i--) {
        size_t bytes = bytes_after(l, p, i);
        if (p->mask >> i & 1)
            continue;
        if (l->filter[i] == H5Z_FILTER_FLETCHER32) { /* which stays where it is */
            if (n != bytes + FILTER_CHECKSUM && i + 1 == l->filters && n >= FILTER_CHECKSUM)
                bytes = n - FILTER_CHECKSUM; /* of something compressed */
            if (n != bytes + FILTER_CHECKSUM || !filter_checksum_holds(from, bytes))
                return false;
            n = bytes;
            continue;
        }
        if (l->filter[i] == H5Z_FILTER_SHUFFLE) {
            if (n != bytes)
                return false;
            filter_unshuffle(from, to, n, l->width);
        } else if (!filter_decompress(l->filter[i], from, n, to, bytes)) {
            return false;
        }
        n = bytes;
        from = to;
        to = to == a ? b : a;
    }
    if (n != l->bytes)
        return false;
    if (from != a)
        memcpy(a, from, n);
    return true;
}

/* Copy the part of the chunk that lies inside the array. */
static void place(const struct layout *l, const struct piece *p, const uint8_t *numbers,
                  const struct chunk_target *t)
{
    hsize_t rows = l->rows - p->row < l->high ? l->rows - p->row : l->high;
    hsize_t cols = l->cols - p->col < l->wide ? l->cols - p->col : l->wide;
    uint8_t *out = (uint8_t *)t->out +
                   (p->row * (size_t)t->stride + (size_t)t->offset + p->col) * t->width;
    if (t->width == sizeof(float) && cols == 1) { /* h5py's usual narrow chunks */
        const float *x = (const float *)(const void *)numbers;
        float *y = (float *)(void *)out;
        for (hsize_t i = 0; i < rows; i++)
            y[i * (size_t)t->stride] = x[i * l->wide];
        return;
    }
    for (hsize_t i = 0; i < rows; i++)
        memcpy(out + i * (size_t)t->stride * t->width, numbers + i * l->wide * t->width,
               cols * t->width);
}

static const char *finish(const struct layout *l, struct piece *p, const uint8_t *stored,
                          const struct chunk_target *t)
{
    size_t numbers = l->high * l->wide, width = l->width > t->width ? l->width : t->width;
    size_t room = numbers * width + FILTERS_MOST * FILTER_CHECKSUM;
    uint8_t *a = malloc(2 * room);
    if (a == NULL)
        return no_memory;
    uint8_t *b = a + room;
    const char *wrong = NULL;
    if (!unpack(l, p, stored, a, b))
        wrong = "a chunk does not unpack to its size";
    if (wrong == NULL && l->convert) {
#pragma omp critical(hdf5)
        if (H5Tconvert(l->type, t->type, numbers, a, NULL, H5P_DEFAULT) < 0)
            wrong = "the numbers cannot be converted";
    }
    if (wrong == NULL) {
        p->infinite = t->real && !chunk_finite((const float *)(const void *)a, numbers);
        place(l, p, a, t);
    }
    free(a);
    return wrong;
}

/* --- batches -------------------------------------------------------------------------------------
 */

struct batch {
    struct piece piece[BATCH_CHUNKS];
    int count;
    uint8_t *stored;
    size_t used, room;
};

/* The stored bytes of the chunk at (row, col). */
static const char *measure(hid_t set, const struct layout *l, hsize_t row, hsize_t col,
                           hsize_t *size)
{
    hsize_t offset[2] = {row, col};
    haddr_t address = HADDR_UNDEF;
    unsigned mask = 0;
    *size = 0;
    if (H5Dget_chunk_info_by_coord(set, offset, &mask, &address, size) < 0)
        return "its index of chunks is damaged";
    if (address == HADDR_UNDEF || *size == 0)
        return "a chunk was never written";
    /* Deflate never grows numbers by more than a few bytes in a thousand. */
    if (*size > l->bytes + l->bytes / 8 + 4096 || (l->filters == 0 && *size != l->bytes))
        return "a chunk is larger than its numbers";
    return NULL;
}

/* Fetch the chunk at (row, col) into the batch. */
static const char *fetch(hid_t set, const struct layout *l, hsize_t row, hsize_t col,
                         struct batch *b)
{
    hsize_t offset[2] = {row, col}, size = 0;
    const char *wrong = measure(set, l, row, col, &size);
    if (wrong != NULL)
        return wrong;
    if (b->used + size > b->room) {
        size_t room = b->used + size + BATCH_BYTES;
        uint8_t *larger = realloc(b->stored, room);
        if (larger == NULL)
            return no_memory;
        b->stored = larger;
        b->room = room;
    }
    uint32_t read_mask = 0;
    if (H5Dread_chunk(set, H5P_DEFAULT, offset, &read_mask, b->stored + b->used) < 0)
        return "a chunk cannot be read";
    b->piece[b->count++] = (struct piece){row, col, size, b->used, read_mask, false};
    b->used += size;
    return NULL;
}

/* Unpack all of the batch; the failure of its first bad chunk counts. */
static const char *unpack_batch(const struct layout *l, struct batch *b, struct chunk_target *t)
{
    const char *wrong[BATCH_CHUNKS] = {NULL};
#pragma omp parallel for schedule(dynamic, 1)
    for (int i = 0; i < b->count; i++)
        wrong[i] = finish(l, &b->piece[i], b->stored + b->piece[i].at, t);
    const char *first = NULL;
    for (int i = b->count - 1; i >= 0; i--) {
        first = wrong[i] != NULL ? wrong[i] : first;
        t->infinite |= b->piece[i].infinite;
    }
    b->count = 0;
    b->used = 0;
    return first;
}

static const char *check_layout(const struct layout *l)
{
    bool damaged = l->filters < 0 || l->filters > FILTERS_MOST || l->rank < 1 || l->rank > 2 ||
                   l->bytes == 0;
    return damaged ? "its layout is damaged" : NULL;
}

const char *chunk_read(hid_t set, int64_t rows, int64_t cols, struct chunk_target *t)
{
    struct layout l;
    describe(set, rows, cols, t, &l);
    struct batch b = {0};
    const char *wrong = check_layout(&l);
    for (hsize_t row = 0; row < l.rows && wrong == NULL; row += l.high) {
        for (hsize_t col = 0; col < l.cols && wrong == NULL; col += l.wide) {
            wrong = fetch(set, &l, row, col, &b);
            if (wrong == NULL && (b.count == BATCH_CHUNKS || b.used > BATCH_BYTES))
                wrong = unpack_batch(&l, &b, t);
        }
    }
    if (wrong == NULL)
        wrong = unpack_batch(&l, &b, t);
    free(b.stored);
    H5Tclose(l.type);
    return wrong;
}
