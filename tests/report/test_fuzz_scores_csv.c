/* What the fuzzer starts from, and what it once found: without the fuzzer. */
#define LLVMFuzzerTestOneInput fuzz_scores_csv
#include "tests/fuzz/fuzz_scores_csv.c"

#include "tests/support/corpus.h"

#include <criterion/criterion.h>

Test(fuzz_scores_csv, replays_its_corpus, .timeout = 120)
{
    corpus_replay("scores_csv", 5, fuzz_scores_csv);
}

/* Mutations of what is refused would teach the fuzzer nothing. */
Test(fuzz_scores_csv, starts_from_files_that_are_read)
{
    static const struct {
        const char *name;
        int runs;
    } seeds[] = {{"tidy.csv", 3}, {"finals.csv", 5}, {"exported.csv", 3}, {"curves.csv.gz", 2}};
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        char path[FILE_PATH];
        struct results r;
        snprintf(path, sizeof path, "tests/data/fuzz/scores_csv/%s", seeds[i].name);
        cr_assert(read_scores(&r, path), "%s: %s", path, status_sentence());
        cr_expect_eq(r.runs, seeds[i].runs, "%s: %d", path, r.runs);
        results_free(&r);
    }
}
