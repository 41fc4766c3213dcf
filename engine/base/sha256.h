/* SHA-256 (FIPS 180-4): names a dataset or a configuration by its content. */
#ifndef ENGINE_BASE_SHA256_H
#define ENGINE_BASE_SHA256_H

#include "engine/base/status.h"

#include <stddef.h>
#include <stdint.h>

enum { SHA256_HEX = 65 }; /* 64 lower-case hexadecimal digits and the NUL */

struct sha256 {
    uint32_t state[8];
    uint64_t bytes;    /* taken in so far */
    uint8_t block[64]; /* the last bytes % 64 of them */
};

/* In pieces of any size. */
void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t bytes);
void sha256_hex(struct sha256 *h, char out[SHA256_HEX]);

/* All at once. */
void sha256_of(const void *data, size_t bytes, char out[SHA256_HEX]);

/* A file's content, as `sha256sum` prints it. Errors STATUS_IO. */
enum status sha256_file(const char *path, char out[SHA256_HEX]);

#endif
