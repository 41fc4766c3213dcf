/* Chunked arrays, read past the HDF5 library's own decompression.
 *
 * HDF5 (1.10 at least) believes a header's chunk size and reads past the end of what was really
 * decompressed; and it decompresses on one thread. So the library only finds and hands out the
 * stored bytes; here they are inflated into a buffer of the promised size, on all threads. */
#ifndef SUITES_CHUNK_H
#define SUITES_CHUNK_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Where and as what the numbers go. */
struct chunk_target {
    hid_t type;             /* native type in memory */
    size_t width;           /* its bytes */
    bool real;              /* it is float: set `infinite` if some number may not be finite */
    int64_t stride, offset; /* row i begins at element i * stride + offset of `out` */
    void *out;
    bool infinite; /* result */
};

/* Read all of a chunked dataset of rank 1 or 2. NULL, or what is wrong ("a chunk is missing").
 * Threads  as many as threads_set allows, same bits; HDF5 itself is called from one at a time */
const char *chunk_read(hid_t set, int64_t rows, int64_t cols, struct chunk_target *t);

/* Are all finite? An exponent of all ones is infinity or NaN; as a test of integers the loop
 * vectorises. */
static inline bool chunk_finite(const float *x, size_t n)
{
    uint32_t found = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        found |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return !found;
}

#endif
