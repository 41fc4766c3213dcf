/* What the fuzzer starts from, and what it once found: without the fuzzer. */
#define LLVMFuzzerTestOneInput fuzz_dataset
#include "tests/fuzz/fuzz_dataset.c"

#include "engine/base/file.h"
#include "tests/support/corpus.h"

#include <criterion/criterion.h>

Test(fuzz_dataset, replays_its_corpus, .timeout = 120)
{
    corpus_replay("dataset", 6, fuzz_dataset);
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
