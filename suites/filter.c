#include "suites/filter.h"

#include <dlfcn.h>
#include <string.h>
#include <zlib.h>

/* --- zstd: no header of its is needed, and nobody must install one ------------------------------
 */

typedef size_t zstd_decompress(void *to, size_t room, const void *from, size_t bytes);

static zstd_decompress *zstd(void)
{
    static zstd_decompress *function;
    static bool looked;
    if (!looked) {
        void *library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
        void *symbol = library != NULL ? dlsym(library, "ZSTD_decompress") : NULL;
        memcpy(&function, &symbol, sizeof function); /* C has no cast for it */
        looked = true;
    }
    return function;
}

bool filter_knows(H5Z_filter_t filter)
{
    return filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
           filter == H5Z_FILTER_FLETCHER32 || filter == FILTER_LZF ||
           (filter == FILTER_ZSTD && zstd() != NULL);
}

/* Deflate cannot shrink more than 1032-fold; the rest is for chunks that stick out of the array.
 * A block of zstd's, 128 KiB, may take four bytes. */
size_t filter_expansion(H5Z_filter_t filter)
{
    return filter == FILTER_ZSTD ? (size_t)1 << 16 : 1100;
}

/* --- deflate ------------------------------------------------------------------------------------
 */

static bool inflate_to(const uint8_t *from, size_t n, uint8_t *to, size_t bytes)
{
    z_stream z = {.next_in = (Bytef *)(uintptr_t)from,
                  .avail_in = (uInt)n,
                  .next_out = to,
                  .avail_out = (uInt)bytes};
    if (n > UINT32_MAX || bytes > UINT32_MAX || inflateInit(&z) != Z_OK)
        return false;
    bool whole = inflate(&z, Z_FINISH) == Z_STREAM_END && z.avail_out == 0;
    inflateEnd(&z);
    return whole;
}

/* --- lzf ----------------------------------------------------------------------------------------
 */

/* A control byte below 32: so many bytes and one follow as they are. Else its upper three bits are
 * a length (7: the next byte is added) and its lower five, with the next byte, how far back to copy
 * from; copies may overlap themselves. */
static bool unlzf_to(const uint8_t *from, size_t n, uint8_t *to, size_t bytes)
{
    size_t in = 0, out = 0;
    while (in < n) {
        size_t control = from[in++];
        if (control < 32) {
            size_t run = control + 1;
            if (run > n - in || run > bytes - out)
                return false;
            memcpy(to + out, from + in, run);
            in += run;
            out += run;
            continue;
        }
        size_t length = control >> 5;
        if (length == 7) {
            if (in == n)
                return false;
            length += from[in++];
        }
        length += 2;
        if (in == n)
            return false;
        size_t back = ((control & 31) << 8) + from[in++] + 1;
        if (back > out || length > bytes - out)
            return false;
        for (size_t i = 0; i < length; i++, out++)
            to[out] = to[out - back];
    }
    return out == bytes;
}

bool filter_decompress(H5Z_filter_t filter, const uint8_t *from, size_t n, uint8_t *to,
                       size_t bytes)
{
    if (filter == H5Z_FILTER_DEFLATE)
        return inflate_to(from, n, to, bytes);
    if (filter == FILTER_LZF)
        return unlzf_to(from, n, to, bytes);
    return zstd() != NULL && zstd()(to, bytes, from, n) == bytes;
}

/* --- no compression -----------------------------------------------------------------------------
 */

/* Leftover bytes at the end were not moved. */
void filter_unshuffle(const uint8_t *from, uint8_t *to, size_t bytes, size_t width)
{
    size_t n = bytes / width;
    for (size_t k = 0; k < width; k++) {
        for (size_t i = 0; i < n; i++)
            to[i * width + k] = from[k * n + i];
    }
    memcpy(to + n * width, from + n * width, bytes - n * width);
}

/* Fletcher's checksum of big-endian words of 16 bits, as HDF5 computes it. */
static uint32_t fletcher32(const uint8_t *data, size_t n)
{
    uint32_t a = 0, b = 0;
    for (size_t words = n / 2; words > 0;) {
        size_t block = words > 360 ? 360 : words;
        words -= block;
        for (; block > 0; block--, data += 2) {
            a += (uint32_t)data[0] << 8 | data[1];
            b += a;
        }
        a = (a & 0xffff) + (a >> 16);
        b = (b & 0xffff) + (b >> 16);
    }
    if (n % 2 != 0) {
        a += (uint32_t)*data << 8;
        b += a;
        a = (a & 0xffff) + (a >> 16);
        b = (b & 0xffff) + (b >> 16);
    }
    a = (a & 0xffff) + (a >> 16);
    b = (b & 0xffff) + (b >> 16);
    return b << 16 | a;
}

/* Old versions of HDF5 on some machines stored the bytes of each half the other way round. */
bool filter_checksum_holds(const uint8_t *from, size_t n)
{
    const uint8_t *c = from + n;
    uint32_t sum = fletcher32(from, n);
    uint32_t stored = (uint32_t)c[0] | (uint32_t)c[1] << 8 | (uint32_t)c[2] << 16 |
                      (uint32_t)c[3] << 24;
    uint32_t turned = (sum & 0x00ff00ff) << 8 | (sum & 0xff00ff00) >> 8;
    return stored == sum || stored == turned;
}
