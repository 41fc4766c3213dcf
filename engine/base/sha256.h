/* SHA-256 (FIPS 180-4): names a dataset, a configuration or a file by its content. The arithmetic
 * is libcrypto's, which uses the processor's own instructions. */
#ifndef ENGINE_BASE_SHA256_H
#define ENGINE_BASE_SHA256_H

#include "engine/base/status.h"

#include <openssl/sha.h>
#include <stddef.h>

enum { SHA256_HEX = 65 }; /* 64 lower-case hexadecimal digits and the NUL */

struct sha256 {
    SHA256_CTX context;
};

/* In pieces of any size. */
void sha256_init(struct sha256 *h);
void sha256_add(struct sha256 *h, const void *data, size_t bytes);
void sha256_hex(struct sha256 *h, char out[SHA256_HEX]);

/* All at once. */
void sha256_of(const void *data, size_t bytes, char out[SHA256_HEX]);

/* A file's content, as `sha256sum` prints it. Errors STATUS_IO, STATUS_INTERRUPTED (stop.h). */
enum status sha256_file(const char *path, char out[SHA256_HEX]);

#endif
