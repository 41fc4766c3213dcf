/* What the fuzzer starts from, and what it once found: without the fuzzer. VITAMIN_WRITE_SEEDS=1
 * writes the seeds again, after a change of what a curve holds. */
#define LLVMFuzzerTestOneInput fuzz_curve
#include "tests/fuzz/fuzz_curve.c"

#include "tests/support/corpus.h"
#include "tests/support/hostile.h"

#include <criterion/criterion.h>

#define CORPUS "tests/data/fuzz/curve/"

static const struct {
    const char *path, *status;
    int evaluations, iterations, rollouts;
} seeds[] = {{CORPUS "complete.h5", "complete", 3, 4, 0},
             {CORPUS "running.h5", "running", 1, 1, 0},
             {CORPUS "diverged.h5", "diverged", 2, 2, 0},
             {CORPUS "bandit.h5", "complete", 2, 0, 2}};

static void write_seed(size_t seed)
{
    const char *const attribute[][2] = {{"method", "td3_odt"}, {"dataset", "hopper-medium-v2"},
                                        {"preset", "code"},    {"size", "tiny"},
                                        {"seed", "1"},         {"budget", "300"},
                                        {"suite", "mujoco"},   {"status", seeds[seed].status}};
    struct curve c = {0};
    for (size_t i = 0; i < sizeof attribute / sizeof *attribute; i++)
        cr_assert_eq(curve_set(&c, attribute[i][0], "%s", attribute[i][1]), STATUS_OK);
    cr_assert_eq(curve_set_config(&c, "gamma = 0.99\n"), STATUS_OK);
    for (int i = 0; i < seeds[seed].evaluations; i++) {
        double x[2] = {10 * i, 20 * i};
        int32_t length[2] = {5, 6};
        uint8_t success[2] = {0, 1};
        struct curve_evaluation row = {i, 100 * i, 50 * i, 2.5 * i, x, x, length, success};
        cr_assert_eq(curve_add_evaluation(&c, &row, 2), STATUS_OK);
    }
    for (int i = 0; i < seeds[seed].iterations; i++) {
        struct curve_iteration row = curve_blank_iteration();
        row.value[CURVE_iteration] = i;
        row.value[CURVE_loss_actor] = 1.0 / (1 + i);
        cr_assert_eq(curve_add_iteration(&c, &row), STATUS_OK);
    }
    if (seeds[seed].rollouts > 0)
        cr_assert_eq(curve_init_bandit(&c, seeds[seed].rollouts, 4, 3, 2), STATUS_OK);
    cr_assert_eq(curve_write(&c, seeds[seed].path), STATUS_OK, "%s", status_sentence());
    curve_free(&c);
}

Test(fuzz_curve, replays_its_corpus, .timeout = 120)
{
    corpus_replay("curve", 4, fuzz_curve);
}

/* Mutations of what is refused would teach the fuzzer nothing. */
Test(fuzz_curve, starts_from_files_that_are_read)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct curve c;
        if (getenv("VITAMIN_WRITE_SEEDS") != NULL)
            write_seed(i);
        cr_assert_eq(curve_read(seeds[i].path, &c), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(c.evaluations, seeds[i].evaluations);
        cr_expect_eq(c.iterations, seeds[i].iterations);
        cr_expect_eq(c.bandit.rollouts, seeds[i].rollouts);
        curve_free(&c);
    }
}

static void read_both_ways(void)
{
    try_curve();
    try_report();
}

Test(fuzz_curve, any_array_that_is_wrong_is_refused_or_reported, .timeout = 120)
{
    if (curve_path[0] == '\0')
        make_folders();
    cr_expect_gt(hostile_arrays(CORPUS "bandit.h5", curve_path, read_both_ways), 100);
    cr_expect_gt(hostile_arrays(CORPUS "complete.h5", curve_path, read_both_ways), 100);
}
