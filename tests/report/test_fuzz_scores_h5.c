/* What the fuzzer starts from, and what it once found: without the fuzzer. VITAMIN_WRITE_SEEDS=1
 * writes the seeds again. */
#define LLVMFuzzerTestOneInput fuzz_scores_h5
#include "tests/fuzz/fuzz_scores_h5.c"

#include "tests/support/corpus.h"
#include "tests/support/hostile.h"

#include <criterion/criterion.h>

#define CORPUS "tests/data/fuzz/scores_h5/"

enum { METHODS = 2, DATASETS = 2, SEEDS = 3, POINTS = 3 };

static const char *const methods[METHODS] = {"td3_odt", "a method"};
static const char *const datasets[DATASETS] = {"hopper-medium-v2", "my-task"};
static const struct {
    const char *path;
    bool offline, online;
    int runs;
} seeds[] = {{CORPUS "curves.h5", true, true, METHODS *DATASETS},
             {CORPUS "offline.h5", true, false, METHODS *DATASETS},
             {CORPUS "finals.h5", false, false, METHODS *DATASETS *SEEDS - 1}};

static void put(const struct h5 *f, const char *name, int rank, const size_t dims[],
                const double *data)
{
    cr_assert_eq(h5_write_double(f, name, rank, dims, data), STATUS_OK, "%s", status_sentence());
}

static void put_texts(const struct h5 *f, const char *name, const char *const text[], size_t count)
{
    enum { WIDTH = 24 };
    char all[8][WIDTH] = {""};
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, WIDTH);
    for (size_t i = 0; i < count; i++)
        snprintf(all[i], WIDTH, "%s", text[i]);
    cr_assert_eq(h5_write(f, name, type, type, 1, &count, 0, all), STATUS_OK, "%s",
                 status_sentence());
    H5Tclose(type);
}

static void put_phase(const struct h5 *f, int run, const char *phase, double first)
{
    double step[POINTS], score[POINTS];
    char name[128];
    for (int i = 0; i < POINTS; i++) {
        step[i] = first + 1000 * i;
        score[i] = 10 * run + i;
    }
    snprintf(name, sizeof name, "%s/%s/seed_1/%s/step", methods[run / DATASETS],
             datasets[run % DATASETS], phase);
    put(f, name, 1, (const size_t[]){POINTS}, step);
    snprintf(name, sizeof name, "%s/%s/seed_1/%s/score", methods[run / DATASETS],
             datasets[run % DATASETS], phase);
    put(f, name, 1, (const size_t[]){POINTS}, score);
}

static void write_seed(size_t seed)
{
    struct h5 f;
    cr_assert_eq(h5_create(&f, seeds[seed].path), STATUS_OK, "%s", status_sentence());
    put_texts(&f, "algorithms", methods, METHODS);
    put_texts(&f, "datasets", datasets, DATASETS);
    for (int run = 0; run < METHODS * DATASETS; run++) {
        if (seeds[seed].offline)
            put_phase(&f, run, "offline", 0);
        if (seeds[seed].online)
            put_phase(&f, run, "online", 1000);
    }
    if (!seeds[seed].offline) {
        const size_t dims[] = {METHODS, DATASETS, SEEDS};
        double final[METHODS * DATASETS * SEEDS];
        for (int i = 0; i < METHODS * DATASETS * SEEDS; i++)
            final[i] = i != 5 ? i : (double)NAN; /* no such run */
        put(&f, "final/final", 3, dims, final);
        put(&f, "final/initial", 3, dims, final);
    }
    cr_assert_eq(h5_close(&f), STATUS_OK, "%s", status_sentence());
}

Test(fuzz_scores_h5, replays_its_corpus, .timeout = 120)
{
    corpus_replay("scores_h5", 3, fuzz_scores_h5);
}

/* Mutations of what is refused would teach the fuzzer nothing. */
Test(fuzz_scores_h5, starts_from_files_that_are_read)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct results r;
        if (getenv("VITAMIN_WRITE_SEEDS") != NULL)
            write_seed(i);
        cr_assert(read_scores(&r, seeds[i].path), "%s: %s", seeds[i].path, status_sentence());
        cr_expect_eq(r.runs, seeds[i].runs);
        results_free(&r);
    }
}

static void read_it(void)
{
    (void)try_scores(scores_h5_path());
}

Test(fuzz_scores_h5, any_array_that_is_wrong_is_refused_or_reported, .timeout = 120)
{
    cr_expect_geq(hostile_arrays(seeds[0].path, scores_h5_path(), read_it), 32);
    cr_expect_geq(hostile_arrays(seeds[2].path, scores_h5_path(), read_it), 4);
}
