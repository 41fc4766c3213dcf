/* The sweep of target returns at the end of a run. */
#include "engine/base/threads.h"
#include "harness/run/kept_policy.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(run_targets, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

static struct run_request sweeping(const char *name)
{
    struct run_request r = tiny_run_request("odt", name);
    r.config.set[r.config.sets++] = "target_sweep=3";
    return r;
}

static struct curve finish(struct run_request *r)
{
    cr_assert_eq(run_execute(r, NULL), STATUS_OK, "%s", status_sentence());
    return tiny_run_curve(r);
}

static int index_of(const struct curve_targets *t, double target)
{
    for (int g = 0; g < t->targets; g++) {
        if (t->target[g] == target)
            return g;
    }
    cr_assert_fail("no target %g", target);
    return -1;
}

Test(run_targets, asks_for_returns_within_the_data_and_beyond)
{
    struct run_request r = sweeping("a");
    struct curve c = finish(&r);
    const struct curve_targets *t = &c.targets;
    cr_assert_eq(t->targets, 7); /* 3 within, 3 beyond to 7200; 3600 is rtg_eval */
    cr_expect_eq(t->episodes, c.episodes);
    cr_expect_lt(t->data_worst, t->data_best);
    cr_expect_eq(t->target[0], t->data_worst);
    cr_expect_eq(t->target[2], t->data_best);
    cr_expect_eq(t->target[6], 7200);
    for (int g = 1; g < t->targets; g++)
        cr_expect_lt(t->target[g - 1], t->target[g]);
    curve_free(&c);
}

/* The target of evaluation gives the last evaluation's episodes, bit for bit. */
Test(run_targets, repeats_the_last_evaluation_at_its_target)
{
    struct run_request r = sweeping("a");
    struct curve c = finish(&r);
    const struct curve_evaluation *last = &c.evaluation[c.evaluations - 1];
    int g = index_of(&c.targets, 3600);
    for (int e = 0; e < c.episodes; e++)
        cr_expect_eq(c.targets.raw_return[g * c.episodes + e], last->raw_return[e]);
    curve_free(&c);
}

/* As `vitamin env --policy RUN --target-return X` does. */
Test(run_targets, agrees_with_the_kept_policy_played_again)
{
    struct run_request r = sweeping("a");
    char path[FILE_PATH];
    struct kept_policy *p;
    r.keep = RUN_KEEP_FINAL;
    struct curve c = finish(&r);
    snprintf(path, sizeof path, "%s/policy.h5", r.folder);
    cr_assert_eq(kept_policy_read(path, NULL, &p), STATUS_OK, "%s", status_sentence());
    for (int g = 0; g < c.targets.targets; g++) {
        struct kept_options o = {.variant = env_defaults(), .target_return = &c.targets.target[g]};
        struct kept_episode out[8] = {{0}};
        cr_assert_eq(kept_policy_episodes(p, &o), c.episodes);
        cr_assert_eq(kept_policy_play(p, &o, out), STATUS_OK, "%s", status_sentence());
        for (int e = 0; e < c.episodes; e++)
            cr_expect_eq(out[e].raw_return, c.targets.raw_return[g * c.episodes + e]);
    }
    kept_policy_free(p);
    curve_free(&c);
}

Test(run_targets, is_the_same_in_pieces_and_with_more_threads)
{
    struct run_request whole = sweeping("whole"), pieces = sweeping("pieces");
    threads_set(1);
    struct curve a = finish(&whole);
    threads_set(3);
    tiny_run_in_pieces(&pieces);
    struct curve b = tiny_run_curve(&pieces);
    tiny_run_expect_same("in pieces", &a, &b);
}

/* A stop among the targets leaves a run that resumes to the same curve. */
Test(run_targets, resumes_after_a_stop_among_the_targets)
{
    static volatile sig_atomic_t stop = 1;
    struct run_request whole = sweeping("whole"), stopped = sweeping("stopped");
    whole.config.set[0] = stopped.config.set[0] = "stop_transitions=0";
    whole.config.set[4] = stopped.config.set[4] = "pretrain_actor_steps=0";
    struct curve a = finish(&whole);
    stopped.stop = &stop; /* there is no pretraining that could notice it first */
    cr_assert_eq(run_execute(&stopped, NULL), STATUS_INTERRUPTED, "%s", status_sentence());
    stopped.stop = NULL;
    struct curve b = finish(&stopped);
    cr_expect_eq(a.targets.targets, 7);
    tiny_run_expect_same("stopped", &a, &b);
}

/* Asking changes nothing else: neither rows nor, where nobody asks, what names a configuration. */
Test(run_targets, leave_the_rest_of_the_curve_alone)
{
    struct run_request r = sweeping("a"), plain = tiny_run_request("odt", "plain");
    struct curve a = finish(&r), b = finish(&plain);
    cr_expect_null(strstr(b.config, "target_sweep"));
    cr_expect_not_null(strstr(a.config, "target_sweep = 3"));
    cr_assert_eq(b.targets.targets, 0);
    cr_assert_eq(a.evaluations, b.evaluations);
    for (int i = 0; i < a.evaluations; i++) {
        for (int e = 0; e < a.episodes; e++)
            cr_expect_eq(a.evaluation[i].raw_return[e], b.evaluation[i].raw_return[e]);
    }
    curve_free(&a);
    curve_free(&b);
}

Test(run_targets, are_refused_where_no_return_is_asked_for)
{
    static const char *const methods[] = {"td3bc", "iql", "pdt", "td3bc_dt"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
        struct run_request r = tiny_run_request(methods[i], methods[i]);
        r.config.set[r.config.sets++] = "target_sweep=3";
        cr_expect_eq(run_execute(&r, NULL), STATUS_CONFIG, "%s", methods[i]);
        cr_expect(strstr(status_sentence(), "target_sweep = 3") != NULL, "%s: %s", methods[i],
                  status_sentence());
    }
}
