#include "tests/support/corpus.h"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>

void corpus_replay(const char *name, int least, int (*entry)(const uint8_t *data, size_t size))
{
    char pattern[FILE_PATH];
    glob_t files;
    snprintf(pattern, sizeof pattern, "tests/data/fuzz/%s/*", name);
    cr_assert_eq(glob(pattern, 0, NULL, &files), 0, "%s", pattern);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *bytes;
        size_t size;
        cr_assert_eq(file_read(files.gl_pathv[i], 1 << 20, &bytes, &size), STATUS_OK, "%s",
                     status_sentence());
        cr_expect_eq(entry((const uint8_t *)bytes, size), 0, "%s", files.gl_pathv[i]);
        free(bytes);
    }
    cr_expect_geq(files.gl_pathc, (size_t)least);
    globfree(&files);
}
