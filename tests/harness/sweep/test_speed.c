#include "harness/sweep/speed.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_row(struct curve *c, double phase, double iteration, double transitions,
                    double updates, double seconds)
{
    struct curve_iteration row = curve_blank_iteration();
    row.value[CURVE_phase] = phase;
    row.value[CURVE_iteration] = iteration;
    row.value[CURVE_transitions] = transitions;
    row.value[CURVE_gradient_steps] = updates;
    row.value[CURVE_seconds_rollout] = 0.5 * seconds;
    row.value[CURVE_seconds_sample] = 0.1 * seconds;
    row.value[CURVE_seconds_critic] = 2 * seconds;
    row.value[CURVE_seconds_actor] = 3 * seconds;
    row.value[CURVE_seconds_evaluate] = iteration <= 1 ? 4 : 0;
    row.value[CURVE_seconds_store] = 0.01 * seconds;
    cr_assert_eq(curve_add_iteration(c, &row), STATUS_OK);
}

static void add_evaluation(struct curve *c, int64_t iteration)
{
    double score[2] = {1, 2};
    int32_t length[2] = {30, 50};
    uint8_t success[2] = {0, 0};
    struct curve_evaluation e = {.iteration = iteration,
                                 .raw_return = score,
                                 .score = score,
                                 .length = length,
                                 .success = success};
    cr_assert_eq(curve_add_evaluation(c, &e, 2), STATUS_OK);
}

/* A block of pretraining, two iterations of 100 transitions and 4 updates; two threads. */
static struct curve sample(void)
{
    struct curve c = {0};
    cr_assert_eq(curve_set(&c, "threads", "2"), STATUS_OK);
    cr_assert_eq(curve_set(&c, "status", "complete"), STATUS_OK);
    add_row(&c, 0, 0, 0, 10, 100);
    add_evaluation(&c, 0);
    add_row(&c, 1, 1, 100, 14, 1);
    add_row(&c, 1, 2, 200, 18, 3);
    add_evaluation(&c, 2); /* after the last row: its time is nowhere */
    return c;
}

Test(speed, counts_seconds_of_each_thread_by_unit_of_online_work)
{
    struct curve c = sample();
    struct cost_work work = {.interval = 2};
    struct speed s;
    cr_assert(speed_of_curve(&c, &work, &s));
    cr_assert_float_eq(s.actor, 2 * 12.0 / 8, 1e-12, "%g", s.actor);
    cr_assert_float_eq(s.critic, 2 * 8.0 / 16, 1e-12, "%g", s.critic);
    cr_assert_float_eq(s.sample, 2 * 0.4 / 8, 1e-12, "%g", s.sample);
    cr_assert_float_eq(s.rollout, 2 * 2.0 / 200, 1e-12, "%g", s.rollout);
    cr_assert_float_eq(s.store, 2 * 0.04 / 2, 1e-12, "%g", s.store);
    /* Rows 0 and 1 hold 8 seconds for the first evaluation's 80 steps. */
    cr_assert_float_eq(s.evaluate, 2 * 8.0 / 80, 1e-12, "%g", s.evaluate);
    curve_free(&c);
}

/* PDT's return head is prepared in the first online iteration, on the actor's clock. */
Test(speed, preparing_the_return_head_is_not_charged_to_the_updates)
{
    struct curve c = sample();
    struct hyper h;
    struct speed s;
    hyper_defaults(&h);
    const struct env_kind *kind = env_find("hopper");
    cr_assert_eq(cost_count(&h, kind).before_online, 0);
    cr_assert_eq(hyper_set(&h, "actor", "pdt"), STATUS_OK);
    h.pdt_return_steps = 60; /* each a forward pass over 2 of the 5 tokens of a step */
    struct cost_work work = cost_count(&h, kind);
    cr_assert_float_eq(work.before_online, 8, 1e-12, "%g", work.before_online);
    cr_assert(speed_of_curve(&c, &work, &s));
    cr_assert_float_eq(s.actor, 2 * 12.0 / (8 + 8), 1e-12, "%g", s.actor);
    curve_free(&c);
}

Test(speed, a_run_without_an_online_iteration_says_nothing)
{
    struct curve c = {0};
    struct cost_work work = {.interval = 1};
    struct speed s;
    add_row(&c, 0, 0, 0, 10, 100);
    cr_assert_not(speed_of_curve(&c, &work, &s));
    cr_assert(isnan(s.actor));
    curve_free(&c);
}

static struct matrix wanted;

/* Cells of `wanted`, of the methods in `methods`. */
static void want(const char *methods, const char *sets)
{
    char path[] = "/tmp/vitamin-speed-XXXXXX";
    int file = mkstemp(path);
    FILE *f = fdopen(file, "w");
    fprintf(f, "[matrix]\n[experiment x]\nmethods = %s\ndatasets = maze2d-medium-v1 bandit\n",
            methods);
    fprintf(f, "seeds = 1\n%s%s\n", sets[0] != '\0' ? "set = " : "", sets);
    fclose(f);
    cr_assert_eq(matrix_load(path, NULL, &wanted), STATUS_OK, "%s", status_sentence());
    remove(path);
}

Test(speed, scales_a_measured_method_to_another_run)
{
    struct speed speed = {.method = "td3_odt",
                          .dataset = "maze2d-umaze-v1",
                          .suite = suite_find("maze2d"),
                          .actor = 2,
                          .critic = 0.5,
                          .sample = 0.1,
                          .rollout = 0.01,
                          .evaluate = 0.001,
                          .store = (double)NAN};
    struct speed_table t = {.speed = &speed, .count = 1};
    struct speed_estimate full, narrow, other;
    struct hyper h;
    want("td3_odt ddpg_odt", "");
    cr_assert_eq(config_load(&(struct config_request){.dataset = "maze2d-medium-v1",
                                                      .method = "td3_odt",
                                                      .preset = "paper",
                                                      .size = "paper",
                                                      .suite = "maze2d"},
                             &h),
                 STATUS_OK, "%s", status_sentence());
    speed.work = cost_count(&h, env_find("maze2d-umaze"));
    cr_assert_eq(speed_estimate(&t, &wanted.cell[0], &full), STATUS_OK, "%s", status_sentence());
    cr_assert(full.exact);
    cr_assert_float_eq(full.rollout, 0.01 * (double)h.stop_transitions, 1e-6);
    struct cost_work w = cost_count(&h, env_find("maze2d-medium"));
    cr_assert_float_eq(full.learning, w.updates * (2 + 0.1 + 0.5 * w.interval),
                       1e-6 * full.learning);

    cr_assert_eq(speed_estimate(&t, &wanted.cell[1], &other), STATUS_OK, "%s", status_sentence());
    cr_assert_not(other.exact, "DDPG+ODT was not measured");
    cr_assert_eq(speed_estimate(&t, &wanted.cell[2], &other), STATUS_OK);
    cr_assert_eq(other.learning, 0, "the bandit costs nothing");

    matrix_unload(&wanted);
    want("td3_odt", "embed_dim=256");
    cr_assert_eq(speed_estimate(&t, &wanted.cell[0], &narrow), STATUS_OK, "%s", status_sentence());
    hyper_set(&h, "embed_dim", "256");
    struct cost_work small = cost_count(&h, env_find("maze2d-medium"));
    double critic = small.critic_flops / w.critic_flops;
    cr_assert(critic > 0.25 && critic < 0.75, "the target's transformer is in it: %g", critic);
    cr_assert_float_eq(narrow.learning, w.updates * (2 * 0.25 + 0.1 + 0.5 * critic * w.interval),
                       1e-6 * full.learning, "a quarter of the weights");
    double step = env_find("maze2d-medium")->suite->step_seconds;
    cr_assert_float_eq(narrow.rollout, w.steps * (step + (0.01 - step) * 0.25), 1e-6 * full.rollout,
                       "the environment is as fast as before");
    cr_assert_lt(narrow.evaluation, 0.3 * full.evaluation);
    matrix_unload(&wanted);
}

Test(speed, missing_measurements_are_one_sentence)
{
    struct speed_table t;
    cr_assert_eq(speed_read("/nonexistent", &t), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "sweep cost") != NULL, "%s", status_sentence());
    struct speed_estimate e;
    t = (struct speed_table){.count = 0};
    want("td3_odt", "");
    cr_assert_eq(speed_estimate(&t, &wanted.cell[0], &e), STATUS_MISSING);
    matrix_unload(&wanted);
}
