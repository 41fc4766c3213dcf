/* What the fuzzer starts from, and what it once found: without the fuzzer. VITAMIN_WRITE_SEEDS=1
 * writes the seeds again, after a change of what a checkpoint holds. */
#define LLVMFuzzerTestOneInput fuzz_checkpoint
#include "tests/fuzz/fuzz_checkpoint.c"

#include "tests/support/corpus.h"
#include "tests/support/hostile.h"

#include <criterion/criterion.h>

#define CORPUS "tests/data/fuzz/checkpoint/"

/* As a run has it at its begin, and later: slots that wrap, rollouts, a ring that has wrapped. */
static void write_seed(const char *path, int added)
{
    const struct checkpoint_info info = {.config_hash = HASH, .evaluations = 1, .iterations = 3};
    struct state s;
    state_init(&s);
    for (int i = 0; i < added; i++) {
        struct trajectory t = make_trajectory(LENGTH - i % 2, (float)i);
        cr_assert_eq(replay_add(&s.slots, &t), STATUS_OK);
        t = make_trajectory(LENGTH, (float)i);
        cr_assert_eq(replay_add(&s.grown, &t), STATUS_OK);
        use_transitions(&s.ring);
        use_transitions(&s.list);
    }
    if (added > 0)
        use_learner(&s);
    char previous[FILE_PATH];
    snprintf(previous, sizeof previous, "%s.previous", path);
    cr_assert_eq(checkpoint_write(path, previous, &info, state_visit, &s), STATUS_OK, "%s",
                 status_sentence());
    unlink(previous);
    state_free(&s);
}

static const struct {
    const char *path;
    int added;
} seeds[] = {{CORPUS "begun.h5", 0}, {CORPUS "grown.h5", 2}, {CORPUS "wrapped.h5", 7}};

Test(fuzz_checkpoint, replays_its_corpus, .timeout = 120)
{
    corpus_replay("checkpoint", 3, fuzz_checkpoint);
}

/* Mutations of what is refused would teach the fuzzer nothing. */
Test(fuzz_checkpoint, starts_from_files_that_are_read)
{
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct state s;
        struct checkpoint_info info;
        if (getenv("VITAMIN_WRITE_SEEDS") != NULL)
            write_seed(seeds[i].path, seeds[i].added);
        state_init(&s);
        cr_expect_eq(checkpoint_read(seeds[i].path, HASH, &info, state_visit, &s), STATUS_OK, "%s",
                     status_sentence());
        cr_expect_eq(info.iterations, 3);
        cr_expect_eq(s.ring.added, seeds[i].added);
        state_free(&s);
    }
}

Test(fuzz_checkpoint, any_array_that_is_wrong_is_refused_or_can_be_gone_on_with, .timeout = 120)
{
    cr_expect_gt(hostile_arrays(CORPUS "wrapped.h5", checkpoint_path(), try_checkpoint), 200);
}
