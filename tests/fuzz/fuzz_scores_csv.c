/* The report's reader of other people's scores as CSV, gzipped or not, on any bytes: it may refuse
 * the file, with a sentence, and nothing else. tests/report/test_fuzz_scores_csv.c replays the
 * corpus. */
#include "tests/fuzz/scores.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char path[FILE_PATH];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "%.900s/input.csv", scratch_folder());
    write_input(path, data, size);
    (void)try_scores(path);
    return 0;
}
