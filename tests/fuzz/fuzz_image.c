/* The parser of what the child process says of an HDF5 file (h5_image.h), on any bytes: it may
 * refuse them, with a sentence, and nothing else. Whatever it accepts can be asked for everything.
 * tests/engine/base/test_fuzz_image.c replays the corpus. */
#include "engine/base/h5_image.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FILE_BYTES = 4096, MOST = 1 << 16 };

static void ask_for_value(const struct image_record *r, int fd)
{
    static const struct image_type types[] = {{IMAGE_SIGNED, 1},   {IMAGE_SIGNED, 4},
                                              {IMAGE_UNSIGNED, 1}, {IMAGE_UNSIGNED, 8},
                                              {IMAGE_REAL, 4},     {IMAGE_REAL, 8}};
    static unsigned char out[8 * MOST];
    size_t count = image_count(r);
    size_t length = 0;
    for (const char *text = NULL; (text = image_text(r, text)) != NULL;)
        length += strlen(text);
    if (r->trouble != IMAGE_SOUND && *image_trouble_text(r) == '\0')
        abort();
    bool numbers = r->value != IMAGE_NOTHING && r->value != IMAGE_TEXT;
    for (size_t i = 0; numbers && count <= MOST && i < sizeof types / sizeof *types; i++)
        (void)image_numbers("fuzz", r, fd, count, types[i], out);
    if (length > MOST * 16)
        abort();
}

static void ask_for_all(const struct image *image, const char *group, int fd, int depth)
{
    char path[2 * IMAGE_NAME];
    const struct image_record *r = image_find(image, group, NULL);
    if (r != NULL)
        ask_for_value(r, fd);
    for (const char *name = NULL; (name = image_next(image, group, true, name)) != NULL;) {
        if ((r = image_find(image, group, name)) == NULL)
            abort();
        ask_for_value(r, fd);
    }
    for (const char *name = NULL; (name = image_next(image, group, false, name)) != NULL;) {
        int n = snprintf(path, sizeof path, "%s%s%s", group, *group != '\0' ? "/" : "", name);
        if (n < (int)sizeof path && depth < IMAGE_DEPTH)
            ask_for_all(image, path, fd, depth + 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static FILE *file;
    struct image *image;
    if (file == NULL) {
        file = tmpfile();
        for (int i = 0; file != NULL && i < FILE_BYTES; i++)
            fputc(i * 37, file);
        if (file == NULL || fflush(file) != 0)
            abort();
    }
    unsigned char *bytes = malloc(size + 1);
    if (bytes == NULL)
        abort();
    memcpy(bytes, data, size);
    if (image_open("fuzz", bytes, size, FILE_BYTES, &image) == STATUS_OK)
        ask_for_all(image, "", fileno(file), 0);
    else if (*status_sentence() == '\0')
        abort();
    else
        return 0;
    image_free(image);
    return 0;
}
