#include "tests/support/png.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

static uint32_t big_endian(const char *at)
{
    const unsigned char *b = (const unsigned char *)at;
    return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}

static int paeth(int a, int b, int c)
{
    int p = a + b - c, pa = abs(p - a), pb = abs(p - b), pc = abs(p - c);
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
}

/* Undo a row's filter in place; `above` is the row before, all zero for the first. */
static void unfilter(int type, uint8_t *row, const uint8_t *above, int bytes, int step)
{
    for (int i = 0; i < bytes; i++) {
        int left = i >= step ? row[i - step] : 0, up = above[i];
        int corner = i >= step ? above[i - step] : 0;
        int guess = type == 1   ? left
                    : type == 2 ? up
                    : type == 3 ? (left + up) / 2
                    : type == 4 ? paeth(left, up, corner)
                                : 0;
        row[i] = (uint8_t)(row[i] + guess);
    }
}

struct png png_decode(const char *data, size_t size)
{
    struct png p = {0};
    cr_assert(size > 33 && memcmp(data, "\x89PNG\r\n\x1a\n", 8) == 0, "not a PNG");
    p.width = (int)big_endian(data + 16);
    p.height = (int)big_endian(data + 20);
    int colour = data[25], step = colour == 6 ? 4 : 3;
    cr_assert(data[24] == 8 && (colour == 2 || colour == 6) && data[28] == 0);

    /* All IDAT chunks are one zlib stream. */
    char *packed = malloc(size);
    size_t used = 0;
    for (size_t at = 8; at + 12 <= size;) {
        size_t length = big_endian(data + at);
        if (memcmp(data + at + 4, "IDAT", 4) == 0) {
            memcpy(packed + used, data + at + 8, length);
            used += length;
        }
        at += length + 12;
    }
    int bytes = p.width * step;
    uLongf room = (uLongf)p.height * (uLongf)(bytes + 1);
    uint8_t *raw = malloc(room), *above = calloc((size_t)bytes, 1);
    cr_assert_eq(uncompress(raw, &room, (const Bytef *)packed, used), Z_OK);

    p.grey = malloc((size_t)p.width * (size_t)p.height);
    for (int y = 0; y < p.height; y++) {
        uint8_t *row = raw + (size_t)y * (size_t)(bytes + 1);
        unfilter(row[0], row + 1, y > 0 ? row - bytes : above, bytes, step);
        for (int x = 0; x < p.width; x++) {
            const uint8_t *c = row + 1 + x * step;
            int alpha = step == 4 ? c[3] : 255;
            int grey = (c[0] + c[1] + c[2]) / 3;
            p.grey[(size_t)y * (size_t)p.width + (size_t)x] = (uint8_t)(255 -
                                                                        (255 - grey) * alpha / 255);
        }
    }
    free(packed);
    free(raw);
    free(above);
    return p;
}

double png_ink(const struct png *p, double x0, double y0, double x1, double y1)
{
    int dark = 0, all = 0;
    for (int y = (int)(y0 * p->height); y < (int)(y1 * p->height); y++) {
        for (int x = (int)(x0 * p->width); x < (int)(x1 * p->width); x++) {
            dark += p->grey[(size_t)y * (size_t)p->width + (size_t)x] < 250;
            all++;
        }
    }
    return all > 0 ? (double)dark / all : 0;
}
