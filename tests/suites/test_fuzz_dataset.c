/* What the fuzzer starts from, and what it once found: without the fuzzer. */
#define LLVMFuzzerTestOneInput fuzz_dataset
#include "tests/fuzz/fuzz_dataset.c"

#include "engine/base/file.h"

#include <criterion/criterion.h>
#include <glob.h>

Test(fuzz_dataset, replays_its_corpus, .timeout = 120)
{
    glob_t files;
    cr_assert_eq(glob("tests/data/fuzz/dataset/*", 0, NULL, &files), 0);
    for (size_t i = 0; i < files.gl_pathc; i++) {
        char *bytes;
        size_t size;
        cr_assert_eq(file_read(files.gl_pathv[i], 1 << 20, &bytes, &size), STATUS_OK, "%s",
                     status_sentence());
        cr_expect_eq(fuzz_dataset((const uint8_t *)bytes, size), 0);
        free(bytes);
    }
    cr_expect_geq(files.gl_pathc, 6);
    globfree(&files);
}

/* The seeds are files that are read: mutations of what is refused would teach the fuzzer nothing.
 */
Test(fuzz_dataset, starts_from_files_that_are_read)
{
    static const char *const seed[] = {"plain", "gzip", "shuffled", "wide", "minari"};
    for (size_t i = 0; i < sizeof seed / sizeof *seed; i++) {
        char name[FILE_PATH];
        struct dataset_options o = dataset_defaults();
        struct dataset d;
        o.env = "hopper";
        snprintf(name, sizeof name, "tests/data/fuzz/dataset/%s.hdf5", seed[i]);
        cr_assert_eq(dataset_load(name, &o, &d), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(d.count, 2);
        dataset_free(&d);
    }
}
