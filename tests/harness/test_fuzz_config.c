/* The corpus of tests/fuzz/fuzz_config.c, replayed: what a fuzzer has found once stays mended. */
#include "tests/fuzz/fuzz_config.c"

#include <criterion/criterion.h>
#include <dirent.h>

#define CORPUS "tests/data/fuzz/config"

Test(fuzz_config, replays_its_corpus)
{
    int replayed = 0;
    DIR *folder = opendir(CORPUS);
    cr_assert_not_null(folder, CORPUS);
    for (struct dirent *e; (e = readdir(folder)) != NULL;) {
        char path[FILE_PATH], *bytes;
        size_t size;
        if (e->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, CORPUS "/%s", e->d_name);
        cr_assert_eq(file_read(path, 1 << 20, &bytes, &size), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(LLVMFuzzerTestOneInput((const uint8_t *)bytes, size), 0);
        free(bytes);
        replayed++;
    }
    closedir(folder);
    cr_assert_geq(replayed, 4);
}
