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

/* Where and as what the numbers go. */
struct chunk_target {
    hid_t type;             /* native type in memory */
    size_t width;           /* its bytes */
    int64_t stride, offset; /* row i begins at element i * stride + offset of `out` */
    void *out;
};

/* Does chunk_read understand this filter? (deflate and shuffle) */
bool chunk_knows(H5Z_filter_t filter);

/* Read all of a chunked dataset of rank 1 or 2. NULL, or what is wrong ("a chunk is missing").
 * Threads  as many as threads_set allows, same bits; HDF5 itself is called from one at a time */
const char *chunk_read(hid_t set, int64_t rows, int64_t cols, const struct chunk_target *t);

#endif
