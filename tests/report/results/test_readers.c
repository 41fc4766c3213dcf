/* The report's own readers, and what they must not follow or wait for. */
#include "report/results/results.h"
#include "tests/support/odd_files.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

static void copy(const char *from, const char *to)
{
    char *bytes;
    size_t size;
    cr_assert_eq(file_read(from, 1 << 20, &bytes, &size), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(file_replace(to, bytes, size), STATUS_OK, "%s", status_sentence());
    free(bytes);
}

static void write_scores_h5(const char *path)
{
    copy("tests/data/fuzz/scores_h5/curves.h5", path);
}

static void write_scores_csv(const char *path)
{
    copy("tests/data/fuzz/scores_csv/tidy.csv", path);
}

static enum status read_scores(const char *path)
{
    struct results r;
    results_init(&r, (struct results_options){0});
    enum status result = results_read_scores(&r, path);
    results_free(&r);
    return result;
}

static const struct odd_reader readers[] = {
    {"scores in HDF5", "td3_odt/hopper-medium-v2/seed_1/online/score", write_scores_h5,
     read_scores},
    {"scores as CSV", NULL, write_scores_csv, read_scores},
};
static int numbers[] = {0, 1};

ParameterizedTestParameters(report_readers, refuse_what_leads_elsewhere_at_once)
{
    return cr_make_param_array(int, numbers, sizeof numbers / sizeof *numbers);
}

ParameterizedTest(int *number, report_readers, refuse_what_leads_elsewhere_at_once, .timeout = 240)
{
    odd_files_are_refused(&readers[*number]);
}
