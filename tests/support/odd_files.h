/* What lies where a file is expected and must not be opened, and HDF5 files that keep an array
 * somewhere else: every reader refuses all of them at once. */
#ifndef TESTS_SUPPORT_ODD_FILES_H
#define TESTS_SUPPORT_ODD_FILES_H

#include "engine/base/status.h"

struct odd_reader {
    const char *name;
    const char *array; /* one that it needs; NULL: it reads no HDF5 */
    void (*write)(const char *path);
    enum status (*read)(const char *path);
};

/* Write a sound file, which the reader must accept, then put one thing after another in its place:
 * it must refuse each, with a sentence, within seconds. */
void odd_files_are_refused(const struct odd_reader *reader);

#endif
