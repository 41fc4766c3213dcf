/* The corpus of tests/fuzz/fuzz_config.c, replayed. */
#define LLVMFuzzerTestOneInput fuzz_config
#include "tests/fuzz/fuzz_config.c"

#include "tests/support/corpus.h"

#include <criterion/criterion.h>

Test(fuzz_config, replays_its_corpus)
{
    corpus_replay("config", 4, fuzz_config);
}
