/* The report's reader of other people's scores in HDF5, on any bytes: it may refuse the file, with
 * a sentence, and nothing else. tests/report/test_fuzz_scores_h5.c replays the corpus. */
#include "tests/fuzz/scores.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *scores_h5_path(void)
{
    static char path[FILE_PATH];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "%.900s/scores.h5", scratch_folder());
    return path;
}

static void eat(void)
{
    look_through(scores_h5_path());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guard_disarm(); /* what has been tasted is read in place */
    write_input(scores_h5_path(), data, size);
    if (taste(eat))
        (void)try_scores(scores_h5_path());
    return 0;
}
