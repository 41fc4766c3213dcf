/* Everything in an HDF5 file, through nothing but HDF5: what a taster (taster.h) does with the
 * files of ours that are read without a process of their own. Crashes of our readers are then
 * findings. */
#ifndef TESTS_FUZZ_WALK_H
#define TESTS_FUZZ_WALK_H

#include "engine/base/h5.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WALK_DEPTH = 4, WALK_MOST = 1 << 20 };

struct walk {
    const char *group;
    int depth;
};

static herr_t walk_attribute(hid_t object, const char *name, const H5A_info_t *info, void *context)
{
    (void)info;
    (void)context;
    struct h5 f = {.file = object};
    static char text[1 << 16];
    double number;
    (void)h5_get_text(&f, ".", name, text, sizeof text);
    (void)h5_get_number(&f, ".", name, &number);
    return 0;
}

static enum status walk_member(const struct h5 *f, const char *name, void *context)
{
    const struct walk *from = context;
    static char text[1 << 16];
    char path[FILE_PATH];
    size_t count;
    bool root = strcmp(from->group, ".") == 0;
    if (snprintf(path, sizeof path, "%s%s%s", root ? "" : from->group, root ? "" : "/", name) >=
        (int)sizeof path)
        return STATUS_OK;
    if (h5_has(f, path) && h5_count(f, path, &count) == STATUS_OK) {
        if (count <= WALK_MOST) {
            double *numbers = malloc(count * sizeof *numbers + 1);
            if (numbers != NULL && h5_read_double(f, path, count, numbers) != STATUS_OK)
                (void)h5_read_text(f, path, text, sizeof text);
            free(numbers);
        }
    } else if (from->depth < WALK_DEPTH) {
        struct walk to = {path, from->depth + 1};
        (void)h5_each(f, path, walk_member, &to);
    }
    return STATUS_OK;
}

static void walk_file(const char *path)
{
    struct h5 f;
    struct walk root = {".", 0};
    if (h5_open(&f, path) != STATUS_OK)
        return;
    (void)H5Aiterate2(f.file, H5_INDEX_NAME, H5_ITER_INC, NULL, walk_attribute, NULL);
    (void)h5_each(&f, ".", walk_member, &root);
    (void)h5_close(&f);
}

#endif
