#include "harness/run/run.h"

#include "engine/base/file.h"
#include "engine/base/threads.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

TestSuite(run_extend, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

/* Sets 0 and 1 of a tiny run are its budget. */
static struct run_request request_to(const char *method, const char *name,
                                     const char *const budget[2])
{
    struct run_request r = tiny_run_request(method, name);
    r.config.set[0] = budget[0];
    r.config.set[1] = budget[1];
    if (strcmp(method, "sac_mlp") == 0)
        r.config.set[2] = budget[1]; /* see tiny_run_request */
    if (strcmp(method, "sac_mlp") == 0)
        r.config.set[1] = "eval_every=150";
    return r;
}

static const char *const small[2] = {"stop_transitions=400", "score_at=400"};
static const char *const odd[2] = {"stop_transitions=437", "score_at=437"};
static const char *const large[2] = {"stop_transitions=700", "score_at=700"};

static bool has_state(const struct run_request *r)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s/checkpoint.extend.h5", r->folder);
    return file_exists(path);
}

static void execute(const struct run_request *r)
{
    cr_assert_eq(run_execute(r, NULL), STATUS_OK, "%s", status_sentence());
}

static const struct {
    const char *method;
    const char *const *budget;
} cases[] = {{"td3_odt", small}, {"ppo", small}, {"awr", small},  {"pdt", small},
             {"td3bc", odd},     {"iql", small}, {"sac_mlp", odd}};
enum { CASES = sizeof cases / sizeof *cases };

ParameterizedTestParameters(run_extend, gives_the_curve_of_the_larger_budget_at_once)
{
    static int rows[CASES];
    for (int i = 0; i < CASES; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, CASES);
}

/* Also where the smaller budget ends within an iteration, and ends with an evaluation of its own.
 */
ParameterizedTest(int *row, run_extend, gives_the_curve_of_the_larger_budget_at_once)
{
    const char *method = cases[*row].method;
    struct run_request r = request_to(method, "extended", cases[*row].budget);
    r.keep_checkpoint = true;
    execute(&r);
    cr_assert(has_state(&r), "%s", method);
    struct curve before = tiny_run_curve(&r);
    struct run_request more = request_to(method, "extended", large);
    execute(&more);
    cr_assert_not(has_state(&more), "%s", method);
    struct run_request whole = request_to(method, "whole", large);
    execute(&whole);
    struct curve a = tiny_run_curve(&more), b = tiny_run_curve(&whole);
    cr_assert_gt(a.iterations, before.iterations);
    curve_free(&before);
    tiny_run_expect_same(method, &a, &b);
}

/* Twice, in pieces and with other threads; the first is stopped in its last iteration too. */
Test(run_extend, goes_on_after_stops)
{
    static const char *const middle[2] = {"stop_transitions=550", "score_at=550"};
    const char *const *const budgets[] = {odd, middle, large};
    for (int i = 0; i < 3; i++) {
        struct run_request r = request_to("td3bc", "pieces", budgets[i]);
        r.keep_checkpoint = true;
        threads_set(1 + i % 2);
        tiny_run_in_pieces(&r);
    }
    struct run_request whole = request_to("td3bc", "whole", large);
    execute(&whole);
    struct curve a = tiny_run_curve(&(struct run_request){.folder = tiny_run_path("pieces")});
    struct curve b = tiny_run_curve(&whole);
    tiny_run_expect_same("td3bc", &a, &b);
}

/* Killed after its first evaluation and before its first checkpoint: no checkpoint.h5 is there. */
Test(run_extend, begins_again_from_the_kept_state)
{
    char path[FILE_PATH];
    struct run_request r = request_to("odt", "killed", small);
    r.keep_checkpoint = true;
    execute(&r);
    struct run_request more = request_to("odt", "killed", large);
    more.keep_checkpoint = true;
    more.stop_after = 4;
    cr_assert_eq(run_execute(&more, NULL), STATUS_INTERRUPTED, "%s", status_sentence());
    for (int i = 0; i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", more.folder,
                 i == 0 ? "checkpoint.h5" : "checkpoint.previous.h5");
        unlink(path);
    }
    more.stop_after = 0;
    execute(&more);
    struct run_request whole = request_to("odt", "whole", large);
    execute(&whole);
    struct curve a = tiny_run_curve(&more), b = tiny_run_curve(&whole);
    tiny_run_expect_same("odt", &a, &b);
}

static void expect_refusal(const struct run_request *r, const char *const words[], int count)
{
    cr_assert_eq(run_execute(r, NULL), STATUS_CONFIG, "%s", status_sentence());
    for (int i = 0; i < count; i++)
        cr_assert(strstr(status_sentence(), words[i]) != NULL, "%s: %s", words[i],
                  status_sentence());
}

/* Nothing but the budget may differ, it may only grow, and the state must have been kept. The
 * sentence names keys and values; the finished curve stays what it was. */
Test(run_extend, refuses_other_changes_and_names_them)
{
    struct run_request r = request_to("odt", "run", small), other = r;
    execute(&r);
    struct run_request more = request_to("odt", "run", large);
    expect_refusal(&more, (const char *const[]){"400", "--keep-checkpoint"}, 2);
    other.config.set[other.config.sets++] = "batch_size=7";
    other.config.set[other.config.sets++] = "lr_actor=0.002";
    expect_refusal(&other, (const char *const[]){"batch_size", "7 here", "lr_actor", "0.002 here"},
                   4);
    cr_assert_null(strstr(status_sentence(), "weight_decay"), "%s", status_sentence());

    struct run_request kept = request_to("odt", "kept", small);
    kept.keep_checkpoint = true;
    execute(&kept);
    static const char *const less[2] = {"stop_transitions=300", "score_at=300"};
    struct run_request fewer = request_to("odt", "kept", less);
    expect_refusal(&fewer, (const char *const[]){"400", "300"}, 2);
    struct curve a = tiny_run_curve(&r), b = tiny_run_curve(&kept);
    tiny_run_expect_same("odt", &a, &b);
}

/* A damaged state extends nothing and costs nothing: the curve stays. */
Test(run_extend, leaves_the_curve_when_the_state_is_damaged)
{
    char path[FILE_PATH], *bytes;
    size_t size;
    struct run_request r = request_to("odt", "run", small);
    r.keep_checkpoint = true;
    execute(&r);
    snprintf(path, sizeof path, "%s/checkpoint.extend.h5", r.folder);
    cr_assert_eq(file_read(path, 1 << 28, &bytes, &size), STATUS_OK);
    bytes[size / 2] ^= 1;
    cr_assert_eq(file_replace(path, bytes, size), STATUS_OK);
    free(bytes);
    struct run_request more = request_to("odt", "run", large);
    cr_assert_eq(run_execute(&more, NULL), STATUS_DAMAGED, "%s", status_sentence());
    struct curve c = tiny_run_curve(&r);
    cr_assert_str_eq(curve_get(&c, "budget"), "400");
    curve_free(&c);
}

/* A run that cannot begin leaves no folder, nor those above it that it made. */
Test(run_extend, leaves_no_folder_when_it_is_refused)
{
    struct run_request r = tiny_run_request("odt", "new/deep/run");
    r.config.set[r.config.sets++] = "score_min=5";
    r.config.set[r.config.sets++] = "score_max=2";
    cr_assert_eq(run_execute(&r, NULL), STATUS_CONFIG, "%s", status_sentence());
    cr_assert_not(file_exists(tiny_run_path("new")));
    r.config.sets -= 2;
    r.config.dataset = "hopper-medium-v2";
    r.data_folder = tiny_run_path("nowhere");
    cr_assert_eq(run_execute(&r, NULL), STATUS_MISSING, "%s", status_sentence());
    cr_assert_not(file_exists(tiny_run_path("new")));

    /* What was there stays. */
    cr_assert_eq(file_make_folder(tiny_run_path("new/deep")), STATUS_OK);
    cr_assert_eq(run_execute(&r, NULL), STATUS_MISSING, "%s", status_sentence());
    cr_assert(file_exists(tiny_run_path("new/deep")));
    cr_assert_not(file_exists(tiny_run_path("new/deep/run")));
}
