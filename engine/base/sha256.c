/* OpenSSL 3 marks these functions deprecated. Unlike EVP_DigestInit and others they need no memory,
 * so they cannot fail, and they are as fast. */
#define OPENSSL_API_COMPAT 0x10100000L

#include "engine/base/sha256.h"

#include "engine/base/file.h"
#include "engine/base/stop.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

void sha256_init(struct sha256 *h)
{
    SHA256_Init(&h->context);
}

void sha256_add(struct sha256 *h, const void *data, size_t bytes)
{
    SHA256_Update(&h->context, data, bytes);
}

void sha256_hex(struct sha256 *h, char out[SHA256_HEX])
{
    unsigned char digest[SHA256_DIGEST_LENGTH];
    SHA256_Final(digest, &h->context);
    for (size_t i = 0; i < sizeof digest; i++)
        snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

void sha256_of(const void *data, size_t bytes, char out[SHA256_HEX])
{
    struct sha256 h;
    sha256_init(&h);
    sha256_add(&h, data, bytes);
    sha256_hex(&h, out);
}

enum status sha256_file(const char *path, char out[SHA256_HEX])
{
    FILE *file;
    TRY(file_open_stream(path, &file));
    struct sha256 h;
    sha256_init(&h);
    char part[1 << 16];
    size_t n;
    enum status result = STATUS_OK;
    while (result == STATUS_OK && (n = fread(part, 1, sizeof part, file)) > 0) {
        sha256_add(&h, part, n);
        result = stop_check(path);
    }
    if (ferror(file))
        result = status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
    fclose(file);
    if (result == STATUS_OK)
        sha256_hex(&h, out);
    return result;
}
