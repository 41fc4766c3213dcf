/* What HDF5 files are compressed with, undone here and not by the library (chunk.h).
 *
 *   deflate, shuffle, fletcher32   HDF5's own
 *   lzf                            h5py's
 *   zstd                           where the system has libzstd.so.1 (Debian always has)
 *
 * All are for hostile bytes: nothing is read or written beyond the given sizes. */
#ifndef SUITES_FILTER_H
#define SUITES_FILTER_H

#include <hdf5.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FILTER_LZF = 32000, FILTER_ZSTD = 32015, FILTER_CHECKSUM = 4 /* bytes behind the data */ };

/* Is it one of the above? Call it before threads need zstd. */
bool filter_knows(H5Z_filter_t filter);

/* How many times smaller than its numbers can a chunk be at most? */
size_t filter_expansion(H5Z_filter_t filter);

/* Decompress n bytes into exactly `bytes` bytes. False: they are not that. */
bool filter_decompress(H5Z_filter_t filter, const uint8_t *from, size_t n, uint8_t *to,
                       size_t bytes);

/* Undo shuffle: byte k of all numbers of `width` bytes lies together. */
void filter_unshuffle(const uint8_t *from, uint8_t *to, size_t bytes, size_t width);

/* Does the checksum behind n bytes hold? */
bool filter_checksum_holds(const uint8_t *from, size_t n);

#endif
