#include "engine/base/sha256.h"

#include "engine/base/file.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes. */
static const uint32_t round_constant[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotate(uint32_t x, int n)
{
    return x >> n | x << (32 - n);
}

static void mix(uint32_t state[8], const uint8_t *block)
{
    uint32_t w[64];
    for (int i = 0; i < 16; i++)
        w[i] = (uint32_t)block[4 * i] << 24 | (uint32_t)block[4 * i + 1] << 16 |
               (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
    for (int i = 16; i < 64; i++) {
        uint32_t a = w[i - 15], b = w[i - 2];
        w[i] = w[i - 16] + (rotate(a, 7) ^ rotate(a, 18) ^ a >> 3) + w[i - 7] +
               (rotate(b, 17) ^ rotate(b, 19) ^ b >> 10);
    }

    uint32_t s[8];
    memcpy(s, state, sizeof s);
    for (int i = 0; i < 64; i++) {
        uint32_t a = s[0], e = s[4];
        uint32_t choice = (e & s[5]) ^ (~e & s[6]);
        uint32_t majority = (a & s[1]) ^ (a & s[2]) ^ (s[1] & s[2]);
        uint32_t t = s[7] + (rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25)) + choice +
                     round_constant[i] + w[i];
        uint32_t u = (rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22)) + majority;
        memmove(s + 1, s, 7 * sizeof *s);
        s[4] += t;
        s[0] = t + u;
    }
    for (int i = 0; i < 8; i++)
        state[i] += s[i];
}

void sha256_init(struct sha256 *h)
{
    /* The square roots of the first 8 primes, in the same way. */
    *h = (struct sha256){.state = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                                   0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *h, const void *data, size_t bytes)
{
    const uint8_t *at = data;
    size_t held = h->bytes % 64;
    h->bytes += bytes;
    if (held > 0) {
        size_t room = 64 - held, n = bytes < room ? bytes : room;
        memcpy(h->block + held, at, n);
        if (n < room)
            return;
        mix(h->state, h->block);
        at += n;
        bytes -= n;
    }
    for (; bytes >= 64; at += 64, bytes -= 64)
        mix(h->state, at);
    if (bytes > 0)
        memcpy(h->block, at, bytes);
}

void sha256_hex(struct sha256 *h, char out[SHA256_HEX])
{
    /* A one bit, zeros up to 8 bytes before a block's end, the length in bits. */
    uint64_t bits = h->bytes * 8;
    uint8_t tail[72] = {0x80};
    size_t zeros = (119 - h->bytes % 64) % 64;
    for (int i = 0; i < 8; i++)
        tail[1 + zeros + (size_t)i] = (uint8_t)(bits >> (56 - 8 * i));
    sha256_add(h, tail, 1 + zeros + 8);
    for (int i = 0; i < 8; i++)
        snprintf(out + (size_t)8 * (size_t)i, 9, "%08x", h->state[i]);
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
    while ((n = fread(part, 1, sizeof part, file)) > 0)
        sha256_add(&h, part, n);
    enum status result = STATUS_OK;
    if (ferror(file))
        result = status_fail(STATUS_IO, "%s: cannot be read: %s", path, strerror(errno));
    fclose(file);
    if (result == STATUS_OK)
        sha256_hex(&h, out);
    return result;
}
