#include "engine/base/team.h"
#include "engine/base/threads.h"
#include "harness/curve/curve.h"
#include "harness/run/run.h"

#include "engine/base/file.h"

#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

TestSuite(run, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

/* Sane: something was learned from, all numbers that exist are finite. */
static void expect_sane(const char *method, const struct curve *c)
{
    cr_assert_geq(c->evaluations, 2, "%s has %d evaluations", method, c->evaluations);
    cr_assert_eq(c->evaluation[0].transitions, 0);
    cr_assert_geq(c->evaluation[c->evaluations - 1].transitions, 400);
    for (int i = 0; i < c->iterations; i++) {
        for (int k = 0; k < CURVE_METRIC_COUNT; k++)
            cr_assert_not(isinf(c->iteration[i].value[k]), "%s: %s", method, curve_metric_names[k]);
        /* SAC from scratch does not learn from its first steps. */
        bool learns = i > 0 || c->iteration[i].value[CURVE_phase] == 0;
        cr_assert(isfinite(c->iteration[i].value[CURVE_loss_actor]) || !learns,
                  "%s has no actor loss", method);
    }
}

/* Stopped after every iteration and resumed by a fresh state, with other threads: the same bits. */
static void check_bits(const char *method)
{
    struct curve a = tiny_run_complete(method, "one", 1), b = tiny_run_complete(method, "two", 2);
    expect_sane(method, &a);
    cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s, 1 and 2 threads: %s", method,
                 status_sentence());
    curve_free(&b);
    struct run_request r = tiny_run_request(method, "resumed");
    tiny_run_in_pieces(&r);
    struct curve c = tiny_run_curve(&r);
    tiny_run_expect_same(method, &a, &c);
}

Test(run, td3_odt_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("td3_odt");
}

/* Helpers share sections, of which so small a network has none unless told to. */
Test(run, td3_odt_gives_the_same_bits_with_up_to_32_threads)
{
    static const int threads[] = {2, 3, 4, 8, 16, 32};
    struct curve one = tiny_run_complete("td3_odt", "1", 1);
    team_cut_all(true);
    for (size_t i = 0; i < sizeof threads / sizeof *threads; i++) {
        char name[16];
        snprintf(name, sizeof name, "%d", threads[i]);
        struct curve many = tiny_run_complete("td3_odt", name, threads[i]);
        cr_assert_eq(curve_compare(&one, &many, false), STATUS_OK, "%d threads: %s", threads[i],
                     status_sentence());
        curve_free(&many);
    }
    curve_free(&one);
}

/* The smallest network uses one of two threads, and the next run has both again. */
Test(run, spares_threads_that_do_not_help)
{
    threads_set(2);
    struct run_request r = tiny_run_request("td3_odt", "spared");
    r.spare_threads = true;
    cr_assert_eq(run_execute(&r, NULL), STATUS_OK, "%s", status_sentence());
    struct curve c = tiny_run_curve(&r);
    cr_assert_str_eq(curve_get(&c, "threads"), "1");
    cr_assert_eq(threads_count(), 2);
    curve_free(&c);
}

Test(run, odt_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("odt");
}

Test(run, awr_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("awr");
}

Test(run, ppo_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("ppo");
}

Test(run, td3bc_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("td3bc");
}

Test(run, iql_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("iql");
}

Test(run, sac_mlp_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("sac_mlp");
}

Test(run, pdt_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("pdt");
}

Test(run, td3_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("td3");
}

Test(run, ddpg_odt_gives_the_same_bits_with_threads_and_resumes)
{
    check_bits("ddpg_odt");
}

/* Asked to stop from the start, a run leaves at its first look; each call gets it one look further:
 * through pretraining and through the middle of every iteration. */
static void check_looks_of(struct run_request *whole, struct run_request *r, int looks_an_iteration)
{
    static const volatile sig_atomic_t asked = 1;
    const char *method = r->config.method;
    cr_assert_eq(run_execute(whole, NULL), STATUS_OK, "%s: %s", method, status_sentence());
    struct curve a = tiny_run_curve(whole);
    int calls = 1, online = 0;
    r->stop = &asked;
    for (enum status result; (result = run_execute(r, NULL)) != STATUS_OK; calls++) {
        cr_assert_eq(result, STATUS_INTERRUPTED, "%s: %s", method, status_sentence());
        cr_assert_lt(calls, 1000, "never done");
    }
    for (int i = 0; i < a.iterations; i++)
        online += a.iteration[i].value[CURVE_phase] == 1;
    cr_expect_geq(calls, looks_an_iteration * online, "%s: %d calls, %d iterations", method, calls,
                  online);
    struct curve b = tiny_run_curve(r);
    tiny_run_expect_same(method, &a, &b);
}

static void check_looks(const char *method, int looks_an_iteration)
{
    struct run_request whole = tiny_run_request(method, "whole"),
                       r = tiny_run_request(method, "looks");
    check_looks_of(&whole, &r, looks_an_iteration);
}

/* 20 updates an iteration, ten between two looks. */
Test(run, odt_stopped_at_every_look_equals_the_uninterrupted)
{
    check_looks("odt", 2);
}

Test(run, ppo_stopped_at_every_look_equals_the_uninterrupted)
{
    check_looks("ppo", 2);
}

Test(run, awr_stopped_at_every_look_equals_the_uninterrupted)
{
    check_looks("awr", 2);
}

/* A look after every step of a collection and after every ten updates. */
Test(run, sac_mlp_stopped_at_every_look_equals_the_uninterrupted)
{
    static const char *const sets[] = {
        "collect_transitions=15", "start_transitions=15", "updates_per_transition=1",
        "stop_transitions=45",    "score_at=45",          "eval_every=45"};
    struct run_request r[2] = {tiny_run_request("sac_mlp", "whole"),
                               tiny_run_request("sac_mlp", "looks")};
    for (int i = 0; i < 12; i++)
        r[i % 2].config.set[r[i % 2].config.sets++] = sets[i / 2];
    check_looks_of(&r[0], &r[1], 15);
}

Test(run, every_other_method_runs_to_its_end, .timeout = 600)
{
    static const char *const methods[] = {
        "td3_kl", "td3_jsrl_pretrain", "odt_curriculum", "td3_rvs", "td3bc_dt",
        "sac",    "sac_odt",           "awac",           "iql_odt"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct curve c = tiny_run_complete(methods[i], methods[i], 2);
        expect_sane(methods[i], &c);
        curve_free(&c);
    }
}

/* Start the run in a child, kill it after `seconds`. True when it was complete before that. */
static bool run_and_kill(const struct run_request *r, double seconds)
{
    pid_t child = fork();
    if (child == 0) {
        enum status result = run_execute(r, NULL);
        _exit(result == STATUS_OK ? 0 : 1);
    }
    usleep((unsigned)(1e6 * seconds));
    kill(child, SIGKILL);
    int state;
    waitpid(child, &state, 0);
    if (WIFEXITED(state))
        cr_assert_eq(WEXITSTATUS(state), 0);
    return WIFEXITED(state);
}

/* SIGKILL at moments nobody chose, within half of what the quiet run took on this machine now;
 * checkpoints at every iteration. As many runs are killed to pieces as it takes for so many hits.
 */
static void check_kills(const char *method, int wanted)
{
    struct timespec begin;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    struct curve a = tiny_run_complete(method, "quiet", 1);
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &end);
    double quiet = (double)(end.tv_sec - begin.tv_sec) +
                   1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
    srand(7);
    for (int kills = 0, round = 0; kills < wanted; round++) {
        char name[32];
        snprintf(name, sizeof name, "killed%d", round);
        struct run_request r = tiny_run_request(method, name);
        int hits = 0;
        while (!run_and_kill(&r, 0.5 * quiet * rand() / RAND_MAX))
            cr_assert_lt(++hits, 500, "the run never completes");
        kills += hits;
        struct curve b = tiny_run_curve(&r);
        cr_assert_eq(curve_compare(&a, &b, false), STATUS_OK, "%s, %s: %s", method, name,
                     status_sentence());
        curve_free(&b);
    }
    curve_free(&a);
}

Test(run, killed_anywhere_and_resumed_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("td3_odt", 20);
}

/* The paper's other methods: a few kills each here, 20 in `make test-kills`. */
static int kills_of_others(void)
{
    return getenv("VITAMIN_KILLS") != NULL ? 20 : 2;
}

Test(run, killed_odt_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("odt", kills_of_others());
}

Test(run, killed_td3_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("td3", kills_of_others());
}

Test(run, killed_ddpg_odt_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("ddpg_odt", kills_of_others());
}

Test(run, killed_pdt_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("pdt", kills_of_others());
}

Test(run, killed_td3bc_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("td3bc", kills_of_others());
}

Test(run, killed_iql_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("iql", kills_of_others());
}

Test(run, killed_sac_mlp_equals_the_uninterrupted, .timeout = 300)
{
    check_kills("sac_mlp", kills_of_others());
}

/* A neighbour on the same machine, of another method in another folder, changes nothing. */
Test(run, beside_another_run_gives_the_same_bits)
{
    struct curve alone = tiny_run_complete("td3_odt", "alone", 1);
    struct run_request other = tiny_run_request("pdt", "neighbour");
    pid_t child = fork();
    if (child == 0)
        _exit(run_execute(&other, NULL) == STATUS_OK ? 0 : 1);
    struct curve beside = tiny_run_complete("td3_odt", "beside", 1);
    int state;
    waitpid(child, &state, 0);
    cr_expect(WIFEXITED(state) && WEXITSTATUS(state) == 0, "the neighbour failed");
    tiny_run_expect_same("beside another run", &alone, &beside);
}

Test(run, complete_run_is_not_run_again)
{
    struct run_summary summary;
    struct run_request r = tiny_run_request("td3_odt", "again");
    cr_assert_eq(run_execute(&r, &summary), STATUS_OK, "%s", status_sentence());
    cr_assert_not(summary.already_complete);
    double score = summary.last_score;
    cr_assert_eq(run_execute(&r, &summary), STATUS_OK);
    cr_assert(summary.already_complete);
    cr_assert_eq(summary.last_score, score);
    r.config.set[r.config.sets++] = "gamma=0.5";
    cr_assert_eq(run_execute(&r, &summary), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "another configuration") != NULL, "%s", status_sentence());
}

Test(run, checkpoint_of_another_configuration_is_refused)
{
    struct run_request r = tiny_run_request("td3_odt", "other");
    char curve[FILE_PATH];
    r.stop_after = 1;
    cr_assert_eq(run_execute(&r, NULL), STATUS_INTERRUPTED, "%s", status_sentence());
    snprintf(curve, sizeof curve, "%s/curve.h5", r.folder);
    cr_assert_eq(remove(curve), 0);
    r.config.set[r.config.sets++] = "tau=0.5";
    cr_assert_eq(run_execute(&r, NULL), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "another configuration") != NULL, "%s", status_sentence());
}

Test(run, divergence_is_recorded_and_said)
{
    struct run_request r = tiny_run_request("td3_odt", "diverged");
    char path[FILE_PATH];
    struct curve c;
    r.stop_after = 2;
    cr_assert_eq(run_execute(&r, NULL), STATUS_INTERRUPTED, "%s", status_sentence());
    snprintf(path, sizeof path, "%s/checkpoint.h5", r.folder);
    tiny_run_poison(&r);
    char *before, *after;
    size_t size, size_after;
    cr_assert_eq(file_read(path, 1 << 28, &before, &size), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(run_execute(&r, NULL), STATUS_NONFINITE, "%s", status_sentence());
    cr_assert_eq(file_read(path, 1 << 28, &after, &size_after), STATUS_OK, "%s", status_sentence());
    cr_expect(size == size_after && memcmp(before, after, size) == 0, "the checkpoint stays");
    free(before);
    free(after);
    snprintf(path, sizeof path, "%s/curve.h5", r.folder);
    cr_assert_eq(curve_read(path, &c), STATUS_OK, "%s", status_sentence());
    cr_assert_str_eq(curve_get(&c, "status"), "diverged");
    cr_assert_gt(strlen(curve_get(&c, "failure")), 10);
    cr_assert_geq(c.evaluations, 1, "the rows before stay");
    curve_free(&c);
}

Test(run, bad_requests_are_one_clear_sentence)
{
    struct run_request r = tiny_run_request("td3_odt", "bad");
    r.config.dataset = "hoper-random-v2";
    cr_assert_eq(run_execute(&r, NULL), STATUS_CONFIG);
    cr_assert(strstr(status_sentence(), "did you mean 'hopper-random-v2'") != NULL, "%s",
              status_sentence());
    r = tiny_run_request("td3_odt", "bad");
    r.config.dataset = "hopper-medium-v2";
    r.data_folder = tiny_run_path("");
    cr_assert_eq(run_execute(&r, NULL), STATUS_MISSING, "%s", status_sentence());
    r = tiny_run_request("td4", "bad");
    cr_assert_eq(run_execute(&r, NULL), STATUS_CONFIG);
    r = tiny_run_request("td3_odt", "bad");
    r.folder = "/proc/nowhere/run";
    cr_assert_eq(run_execute(&r, NULL), STATUS_IO);
}
