/* Just enough of PNG to ask how much ink is on a picture that gnuplot drew. */
#ifndef TESTS_SUPPORT_PNG_H
#define TESTS_SUPPORT_PNG_H

#include <stddef.h>
#include <stdint.h>

struct png {
    int width, height;
    uint8_t *grey; /* (height, width) 0 black to 255 white; for free() */
};

/* Fails the running test unless the bytes are a PNG of 8 bits a channel, not interlaced. */
struct png png_decode(const char *data, size_t size);

/* Share of pixels that are not white inside a box given in shares of the page, y from the top. */
double png_ink(const struct png *p, double x0, double y0, double x1, double y1);

#endif
