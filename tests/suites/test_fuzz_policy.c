/* What the fuzzer starts from, and what it once found: without the fuzzer. VITAMIN_WRITE_SEEDS=1
 * writes the seeds again. */
#define LLVMFuzzerTestOneInput fuzz_policy
#include "tests/fuzz/fuzz_policy.c"

#include "tests/support/corpus.h"
#include "tests/support/hostile.h"

#include <criterion/criterion.h>

#define CORPUS "tests/data/fuzz/policy/"

enum { S = 3, HIDDEN = 4, A = 2 };

/* The last one is ours, the others are somebody's: in every layout that is read. */
static const struct {
    const char *path, *activation, *squash, *spread;
    bool time;
} seeds[] = {{CORPUS "clipped.h5", "tanh", "clip", "", true},
             {CORPUS "spread.h5", "relu", "tanh", "log_std", false},
             {CORPUS "spread-layer.h5", "relu", "tanh", "log_std_layer", false},
             {CORPUS "ours.h5", NULL, NULL, "", false}};

static const float numbers[16] = {1, -1, 0.5f, 2, 0.25f, 1, -0.5f, 1, 2, 1, -2, 0.125f, 1, 4, 1, 3};

static void put(const struct h5 *f, const char *name, size_t rows, size_t cols)
{
    const size_t dims[] = {rows, cols};
    cr_assert_eq(h5_write_float(f, name, cols > 0 ? 2 : 1, dims, numbers), STATUS_OK, "%s",
                 status_sentence());
}

static void write_foreign(size_t seed)
{
    struct h5 f;
    size_t in = S + seeds[seed].time;
    cr_assert_eq(h5_create(&f, seeds[seed].path), STATUS_OK, "%s", status_sentence());
    h5_set_text(&f, ".", "format", "mlp-policy 1");
    h5_set_text(&f, ".", "env", "hopper");
    h5_set_text(&f, ".", "activation", seeds[seed].activation);
    h5_set_text(&f, ".", "squash", seeds[seed].squash);
    h5_set_number(&f, ".", "observation_clip", 5);
    h5_set_integer(&f, ".", "time_feature", seeds[seed].time);
    put(&f, "observation_shift", in, 0);
    put(&f, "observation_scale", in, 0);
    put(&f, "layer0/weight", HIDDEN, in);
    put(&f, "layer0/bias", HIDDEN, 0);
    put(&f, "layer1/weight", A, HIDDEN);
    put(&f, "layer1/bias", A, 0);
    put(&f, "action_shift", A, 0);
    put(&f, "action_scale", A, 0);
    if (strcmp(seeds[seed].spread, "log_std") == 0)
        put(&f, "log_std", A, 0);
    if (strcmp(seeds[seed].spread, "log_std_layer") == 0) {
        put(&f, "log_std_layer/weight", A, HIDDEN);
        put(&f, "log_std_layer/bias", A, 0);
    }
    cr_assert_eq(h5_close(&f), STATUS_OK, "%s", status_sentence());
}

static void write_seed(size_t seed)
{
    const struct policy_layer layer[] = {{S, HIDDEN, numbers, numbers},
                                         {HIDDEN, A, numbers, numbers}};
    const struct policy_parts parts = {.env = "hopper", .source = "", .layers = 2, .layer = layer};
    if (seeds[seed].squash != NULL)
        write_foreign(seed);
    else
        cr_assert_eq(policy_write(&parts, seeds[seed].path), STATUS_OK, "%s", status_sentence());
}

Test(fuzz_policy, replays_its_corpus, .timeout = 120)
{
    corpus_replay("policy", 4, fuzz_policy);
}

/* Mutations of what is refused would teach the fuzzer nothing. */
Test(fuzz_policy, starts_from_files_that_are_read)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct policy *p;
        if (getenv("VITAMIN_WRITE_SEEDS") != NULL)
            write_seed(i);
        cr_assert_eq(policy_read(seeds[i].path, &p), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(policy_obs_dim(p), S);
        cr_expect_eq(policy_act_dim(p), A);
        cr_expect_eq(policy_is_stochastic(p), *seeds[i].spread != '\0');
        policy_free(p);
    }
}

Test(fuzz_policy, any_array_that_is_wrong_is_refused_or_can_act, .timeout = 120)
{
    for (size_t i = 0; i < 3; i++)
        cr_expect_geq(hostile_arrays(seeds[i].path, policy_path(), try_policy), 16);
}
