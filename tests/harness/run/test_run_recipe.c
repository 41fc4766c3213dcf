/* What happens in a run, counted in its files: docs/methods.md 4, 5, 12, 15 to 18. */
#include "engine/base/file.h"
#include "engine/base/h5.h"
#include "engine/base/threads.h"
#include "suites/policy.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(run_recipe, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 120);

static void set(struct run_request *r, const char *assignment)
{
    r->config.set[r->config.sets++] = assignment;
}

static void run_to(struct run_request *r, enum status expected)
{
    cr_assert_eq(run_execute(r, NULL), expected, "%s", status_sentence());
}

static double *doubles(const struct h5 *f, const char *name, size_t *count)
{
    cr_assert_eq(h5_count(f, name, count), STATUS_OK, "%s", status_sentence());
    double *x = malloc(*count * sizeof *x);
    cr_assert_eq(h5_read_double(f, name, *count, x), STATUS_OK, "%s", status_sentence());
    return x;
}

static struct h5 checkpoint_of(const struct run_request *r)
{
    char path[FILE_PATH];
    struct h5 f;
    snprintf(path, sizeof path, "%s/checkpoint.h5", r->folder);
    cr_assert_eq(h5_open(&f, path), STATUS_OK, "%s", status_sentence());
    return f;
}

/* 40 pretraining updates, then 20 an iteration of at least 50 transitions, evaluations after
 * pretraining, after every third iteration and at the end. */
static void check_counts(const char *method)
{
    struct curve c = tiny_run_complete(method, method, 2);
    int online = 0;
    for (int i = 0; i < c.iterations; i++) {
        const double *now = c.iteration[i].value, *before = i > 0 ? now - CURVE_METRIC_COUNT : now;
        if (i > 0)
            before = c.iteration[i - 1].value;
        if (now[CURVE_phase] == 0) {
            cr_expect_eq(now[CURVE_transitions], 0, "%s", method);
            continue;
        }
        if (online++ == 0)
            cr_expect_eq(before[CURVE_gradient_steps], 40, "%s", method);
        cr_expect_eq(now[CURVE_iteration], online, "%s", method);
        cr_expect_eq(now[CURVE_gradient_steps], 40 + 20 * online, "%s", method);
        double made = now[CURVE_transitions] - before[CURVE_transitions];
        double length = now[CURVE_rollout_length] * now[CURVE_trajectories];
        cr_expect_float_eq(made, length, 1e-6, "%s: iteration %d", method, online);
        cr_expect_geq(made, 50, "%s: iteration %d", method, online);
        /* One trajectory less would not have been enough. */
        cr_expect(now[CURVE_trajectories] == 1 || made - length / now[CURVE_trajectories] < 200);
        cr_expect_lt(before[CURVE_transitions], 400, "%s ran on after its budget", method);
    }
    for (int e = 0; e < c.evaluations; e++) {
        bool last = e == c.evaluations - 1;
        if (!last)
            cr_expect_eq(c.evaluation[e].iteration, 3 * e, "%s: evaluation %d", method, e);
        cr_expect_eq(c.evaluation[e].gradient_steps, 40 + 20 * c.evaluation[e].iteration, "%s",
                     method);
        cr_expect_eq(c.evaluation[e].transitions >= 400, last, "%s: evaluation %d", method, e);
    }
    curve_free(&c);
}

Test(run_recipe, counts_updates_transitions_and_evaluations_as_written)
{
    static const char *const methods[] = {"td3_odt", "odt", "ddpg_odt", "td3_rvs"};
    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        check_counts(methods[i]);
}

/* IQL: a batch a transition (here a tenth), each one an actor update; TD3+BC: every second. */
Test(run_recipe, update_to_data_of_the_mlp_methods)
{
    static const struct {
        const char *method;
        int interval;
    } rows[] = {{"iql", 1}, {"td3bc", 2}};
    for (int i = 0; i < 2; i++) {
        struct curve c = tiny_run_complete(rows[i].method, rows[i].method, 1);
        for (int e = 0; e < c.evaluations; e++) {
            int64_t batches = c.evaluation[e].transitions / 10;
            cr_expect_eq(c.evaluation[e].gradient_steps, 40 + batches / rows[i].interval, "%s",
                         rows[i].method);
        }
        cr_expect_eq(c.evaluations, 4, "at 0, 150, 300 and the end");
        cr_expect_eq(c.evaluation[3].transitions, 400);
        const double *last = c.iteration[c.iterations - 1].value;
        cr_expect(isfinite(last[CURVE_q_std]) && isfinite(last[CURVE_target_mean]));
        curve_free(&c);
    }
}

/* MuJoCo's IQL has no dropout: the key does not apply, whatever its default. */
Test(run_recipe, a_key_that_does_not_apply_has_no_effect)
{
    struct run_request a = tiny_run_request("iql", "a"), b = tiny_run_request("iql", "b"),
                       c = tiny_run_request("iql", "c");
    set(&b, "dropout=0");
    set(&c, "dropout=0.5");
    run_to(&a, STATUS_OK);
    run_to(&b, STATUS_OK);
    run_to(&c, STATUS_OK);
    struct curve x = tiny_run_curve(&a), y = tiny_run_curve(&b), z = tiny_run_curve(&c);
    for (int i = 0; i < x.iterations; i++)
        cr_expect_eq(x.iteration[i].value[CURVE_loss_actor],
                     y.iteration[i].value[CURVE_loss_actor]);
    cr_expect_neq(x.iteration[0].value[CURVE_loss_actor], z.iteration[0].value[CURVE_loss_actor]);
    curve_free(&x);
    curve_free(&y);
    curve_free(&z);
}

/* D70: its first online iteration (20 updates) has no RL term, and sup_online is 0: nothing pulls
 * at the actor. */
Test(run_recipe, awr_warms_up_for_the_whole_first_iteration)
{
    struct curve c = tiny_run_complete("awr", "awr", 1);
    int seen = 0;
    for (int i = 0; i < c.iterations; i++) {
        const double *row = c.iteration[i].value;
        if (row[CURVE_phase] == 0)
            continue;
        bool rl = seen++ > 0;
        cr_expect_eq(row[CURVE_grad_norm_actor] != 0, rl, "iteration %d: norm %g", seen,
                     row[CURVE_grad_norm_actor]);
        cr_expect_eq(row[CURVE_loss_actor] != 0, rl, "iteration %d: loss %g", seen,
                     row[CURVE_loss_actor]);
    }
    cr_expect_geq(seen, 2);
    curve_free(&c);
}

/* AWR's buffer of the whole dataset and the rollouts shrinks when the iteration is over, not before
 * its updates. */
Test(run_recipe, awr_prunes_after_the_iteration)
{
    struct run_request r = tiny_run_request("awr", "awr");
    set(&r, "awr_buffer_transitions=10");
    for (int iteration = 1; iteration <= 2; iteration++) {
        size_t kept, rollouts = 0;
        r.stop_after = 1;
        run_to(&r, STATUS_INTERRUPTED);
        struct h5 f = checkpoint_of(&r);
        double *origin = doubles(&f, "rollouts/origin", &kept);
        for (size_t i = 0; i < kept; i++)
            rollouts += origin[i] < 0;
        if (iteration == 1)
            cr_expect_gt(kept, rollouts + 10, "%zu trajectories of which %zu are new", kept,
                         rollouts);
        else /* at most the newest of before, at least 10 steps, and the new ones */
            cr_expect_eq(kept, rollouts, "offline trajectories are still there");
        free(origin);
        cr_assert_eq(h5_close(&f), STATUS_OK);
    }
}

/* The last step of every rollout is terminal; with the switch off only falls are. */
Test(run_recipe, ends_of_rollouts_are_terminal_unless_told_otherwise)
{
    for (int terminal = 1; terminal >= 0; terminal--) {
        struct run_request r = tiny_run_request("td3_odt", terminal ? "ends" : "falls");
        set(&r, terminal ? "rollout_timeouts_terminal=1" : "rollout_timeouts_terminal=0");
        r.stop_after = 1;
        run_to(&r, STATUS_INTERRUPTED);
        struct h5 f = checkpoint_of(&r);
        size_t n, steps, done = 0;
        double *origin = doubles(&f, "replay/origin", &n);
        double *flag = doubles(&f, "replay/terminal", &steps);
        size_t rollouts = 0;
        for (size_t i = 0; i < n; i++)
            rollouts += origin[i] < 0;
        for (size_t i = 0; i < steps; i++)
            done += flag[i] != 0;
        cr_expect_gt(rollouts, 0);
        if (terminal)
            cr_expect_eq(done, rollouts);
        else
            cr_expect_leq(done, rollouts);
        free(origin);
        free(flag);
        cr_assert_eq(h5_close(&f), STATUS_OK);
    }
}

/* Fig. 24's oracle: a complete IQL run leaves its policy; as a guide of ODT it acts by itself for
 * the first steps, without noise, and its steps are stored. */
Test(run_recipe, jsrls_oracle_acts_as_the_policy_that_iql_left)
{
    struct curve c = tiny_run_complete("iql", "hopper", 1);
    curve_free(&c);
    struct policy *p;
    cr_assert_eq(policy_read(tiny_run_path("hopper/policy.h5"), &p), STATUS_OK, "%s",
                 status_sentence());
    struct run_request r = tiny_run_request("odt_jsrl_oracle", "guided");
    char file[FILE_PATH + 32];
    snprintf(file, sizeof file, "jsrl_guide_file=%s", tiny_run_path("*/policy.h5"));
    set(&r, file);
    set(&r, "jsrl_n0=7");
    set(&r, "jsrl_decay=1");
    r.stop_after = 1;
    run_to(&r, STATUS_INTERRUPTED);

    struct h5 f = checkpoint_of(&r);
    size_t n, rows, same = 0;
    double *state = doubles(&f, "replay/state", &n), *action = doubles(&f, "replay/action", &rows);
    double *scratch = malloc((size_t)policy_scratch(p) * sizeof *scratch), want[3];
    rows /= 3;
    for (size_t i = 0; i < rows; i++) {
        policy_act(p, state + i * 11, 0, NULL, scratch, want);
        double off = 0;
        for (int k = 0; k < 3; k++)
            off = fmax(off, fabs(want[k] - action[3 * i + k]));
        same += off < 2e-6;
        if (i < 7)
            cr_expect_lt(off, 2e-6, "step %zu is the guide's", i);
        if (i == 7)
            cr_expect_gt(off, 1e-3, "step 7 is the learner's");
    }
    cr_expect_geq(same, 7);
    free(scratch);
    free(state);
    free(action);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    policy_free(p);
}

Test(run_recipe, an_oracle_that_cannot_guide_is_refused)
{
    struct run_request r = tiny_run_request("odt_jsrl_oracle", "alone");
    run_to(&r, STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "jsrl_guide_file") != NULL, "%s", status_sentence());
    r = tiny_run_request("odt_jsrl_oracle", "missing");
    set(&r, "jsrl_guide_file=/nowhere/*.h5");
    run_to(&r, STATUS_MISSING);
    cr_expect(strstr(status_sentence(), "/nowhere/hopper.h5") != NULL, "%s", status_sentence());
}

/* TD3+BC's policy file carries the normalisation along: no other code is needed. */
Test(run_recipe, policy_file_of_td3bc_normalises_by_itself)
{
    struct curve c = tiny_run_complete("td3bc", "bc", 1);
    struct h5 f;
    size_t n;
    cr_assert_eq(h5_open(&f, tiny_run_path("bc/policy.h5")), STATUS_OK, "%s", status_sentence());
    double *scale = doubles(&f, "observation_scale", &n);
    cr_assert_eq(n, 11);
    for (size_t i = 0; i < n; i++)
        cr_expect(scale[i] > 0 && scale[i] != 1);
    free(scale);
    cr_assert_eq(h5_close(&f), STATUS_OK);
    curve_free(&c);
}

/* --- SAC from scratch ------------------------------------------------------------------------- */

/* 50 steps a collection, a tenth as many updates, none after the first 50. */
Test(run_recipe, sac_mlp_updates_after_each_collection_but_the_first)
{
    struct curve c = tiny_run_complete("sac_mlp", "counts", 1);
    cr_assert_eq(c.iterations, 8);
    for (int i = 0; i < c.iterations; i++) {
        cr_expect_eq(c.iteration[i].value[CURVE_transitions], 50 * (i + 1));
        cr_expect_eq(c.iteration[i].value[CURVE_replay_transitions], 50 * (i + 1));
        cr_expect_eq(c.iteration[i].value[CURVE_gradient_steps], 5 * i);
        cr_expect_eq(isfinite(c.iteration[i].value[CURVE_temperature]), i > 0);
    }
    cr_assert_eq(c.evaluations, 4);
    cr_expect_eq(c.evaluation[1].transitions, 150);
    cr_expect_eq(c.evaluation[3].transitions, 400);
    cr_expect_str_eq(curve_get(&c, "dataset"), "hopper");
    cr_expect_str_eq(curve_get(&c, "dataset_kind"), "none");
    cr_expect_str_eq(curve_get(&c, "suite"), "mujoco");
    curve_free(&c);
}

/* A collection begins at a start of the environment (a hopper stands at 1.25 +- 0.005, nearly at
 * rest) although the episode before it had not ended, and a cut is not terminal. */
Test(run_recipe, sac_mlp_begins_a_collection_with_a_reset)
{
    struct run_request r = tiny_run_request("sac_mlp", "resets");
    set(&r, "collect_transitions=7");
    set(&r, "start_transitions=7");
    r.stop_after = 4;
    run_to(&r, STATUS_INTERRUPTED);
    struct h5 f = checkpoint_of(&r);
    enum { WIDTH = 2 * 11 + 3 + 2 };
    size_t n;
    double *row = doubles(&f, "transitions/row", &n);
    cr_assert_eq(n, (size_t)(4 * 7 * WIDTH));
    for (int i = 0; i < 4 * 7; i++) {
        const double *state = row + (size_t)i * WIDTH, *before = state - WIDTH;
        bool starts = fabs(state[0] - 1.25) <= 0.0051;
        for (int k = 5; k < 11; k++)
            starts = starts && fabs(state[k]) <= 0.0051;
        cr_expect_eq(starts, i % 7 == 0, "row %d", i);
        cr_expect_eq(state[WIDTH - 1], 0, "row %d is terminal", i);
        for (int k = 0; i % 7 != 0 && k < 11; k++)
            cr_expect_eq(before[11 + k], state[k], "row %d", i);
    }
    free(row);
    cr_assert_eq(h5_close(&f), STATUS_OK);
}

/* The policy file has mean and spread: a sample of it with no noise is the learner's mean. */
Test(run_recipe, sac_mlp_leaves_its_policy_with_its_spread)
{
    struct curve c = tiny_run_complete("sac_mlp", "policy", 1);
    struct policy *p;
    curve_free(&c);
    cr_assert_eq(policy_read(tiny_run_path("policy/policy.h5"), &p), STATUS_OK, "%s",
                 status_sentence());
    cr_expect_str_eq(policy_env(p), "hopper");
    cr_assert(policy_is_stochastic(p));
    double *scratch = malloc((size_t)policy_scratch(p) * sizeof *scratch), state[11] = {1.25};
    double mean[3], sample[3], spread = 0;
    policy_act(p, state, 0, NULL, scratch, mean);
    struct rng rng = rng_at(1, RNG_TEST, 0);
    for (int i = 0; i < 200; i++) {
        policy_act(p, state, 0, &rng, scratch, sample);
        spread += fabs(atanh(sample[0]) - atanh(mean[0])) / 200;
    }
    /* The log standard deviation starts within 1e-3 of nothing: E|N(0,1)| = 0.798. */
    cr_expect_float_eq(spread, 0.798, 0.15, "%g", spread);
    free(scratch);
    policy_free(p);
}

/* Evaluating samples instead of means is another result, and its configuration says so. */
Test(run_recipe, sac_mlp_evaluates_samples_where_it_is_asked_to)
{
    struct curve mean = tiny_run_complete("sac_mlp", "mean", 1);
    struct run_request r = tiny_run_request("sac_mlp", "sample");
    set(&r, "eval_action=sample");
    run_to(&r, STATUS_OK);
    struct curve sample = tiny_run_curve(&r);
    cr_expect_eq(sample.iteration[7].value[CURVE_rollout_return],
                 mean.iteration[7].value[CURVE_rollout_return], "training is the same");
    cr_expect_neq(sample.evaluation[1].raw_return[0], mean.evaluation[1].raw_return[0]);
    cr_expect_str_neq(curve_get(&sample, "config_hash"), curve_get(&mean, "config_hash"));
    curve_free(&mean);
    curve_free(&sample);
}

Test(run_recipe, a_method_without_data_is_refused_a_dataset_and_the_other_way_round)
{
    struct run_request r = tiny_run_request("sac_mlp", "data");
    r.config.dataset = "hopper-medium-v2";
    run_to(&r, STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "--env hopper") != NULL, "%s", status_sentence());
    r = tiny_run_request("iql", "no-data");
    r.config.dataset = "hopper";
    run_to(&r, STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "give --dataset") != NULL, "%s", status_sentence());
    r = tiny_run_request("sac_mlp", "normalised");
    set(&r, "normalize_states=1");
    run_to(&r, STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "normalize_states") != NULL, "%s", status_sentence());
}
