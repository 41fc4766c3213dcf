#include "harness/sweep/cost.h"
#include "suites/dataset_table.h"

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
    struct work work = {.interval = 2};
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
    cr_assert_eq(work_count(&h, kind, 0).before_online, 0);
    cr_assert_eq(hyper_set(&h, "actor", "pdt"), STATUS_OK);
    h.pdt_return_steps = 60; /* each a forward pass over 2 of the 5 tokens of a step */
    struct work work = work_count(&h, kind, 0);
    cr_assert_float_eq(work.before_online, 8, 1e-12, "%g", work.before_online);
    cr_assert(speed_of_curve(&c, &work, &s));
    cr_assert_float_eq(s.actor, 2 * 12.0 / (8 + 8), 1e-12, "%g", s.actor);
    curve_free(&c);
}

Test(speed, a_run_without_an_online_iteration_says_nothing)
{
    struct curve c = {0};
    struct work work = {.interval = 1};
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

static struct hyper configure(const struct matrix_cell *c)
{
    struct hyper h;
    const struct env_kind *kind;
    cr_assert_eq(work_configure(c, &h, &kind), STATUS_OK, "%s", status_sentence());
    return h;
}

/* The estimate of a cell of `wanted`; false: its suite is not measured. */
static bool estimate(const struct speed_table *t, int cell, struct speed_estimate *out)
{
    const struct matrix_cell *c = &wanted.cell[cell];
    struct hyper h = configure(c);
    const struct env_kind *kind = dataset_env(c->dataset);
    struct work w = work_count(&h, kind, 0);
    return speed_estimate(t, c->method, &h, kind, &w, out);
}

static struct speed measured_speed(void)
{
    return (struct speed){.method = "td3_odt",
                          .dataset = "maze2d-umaze-v1",
                          .suite = suite_find("maze2d"),
                          .precision = HYPER_precision_f32,
                          .actor = 2,
                          .critic = 0.5,
                          .sample = 0.1,
                          .rollout = 0.01,
                          .evaluate = 0.001,
                          .store = (double)NAN};
}

Test(speed, scales_a_measured_method_to_another_run)
{
    struct speed speed = measured_speed();
    struct speed_table t = {.speed = &speed, .count = 1};
    struct speed_estimate full, narrow, other;
    const struct env_kind *kind = env_find("maze2d-medium");
    want("td3_odt ddpg_odt", "");
    struct hyper h = configure(&wanted.cell[0]);
    speed.work = work_count(&h, env_find("maze2d-umaze"), 0);
    cr_assert(estimate(&t, 0, &full));
    cr_assert(full.exact);
    cr_assert_float_eq(full.rollout, 0.01 * (double)h.stop_transitions, 1e-6);
    struct work w = work_count(&h, kind, 0);
    cr_assert_float_eq(full.learning, w.updates * (2 + 0.1 + 0.5 * w.interval),
                       1e-6 * full.learning);
    cr_assert_float_eq(speed_total(&full), full.learning + full.rollout + full.evaluation, 1e-6);
    cr_assert(estimate(&t, 1, &other));
    cr_assert_not(other.exact, "DDPG+ODT was not measured");

    matrix_unload(&wanted);
    want("td3_odt", "embed_dim=256");
    cr_assert(estimate(&t, 0, &narrow));
    h = configure(&wanted.cell[0]);
    struct work small = work_count(&h, kind, 0);
    double critic = small.critic_flops / w.critic_flops;
    cr_assert(critic > 0.25 && critic < 0.75, "the target's transformer is in it: %g", critic);
    cr_assert_float_eq(narrow.learning, w.updates * (2 * 0.25 + 0.1 + 0.5 * critic * w.interval),
                       1e-6 * full.learning, "a quarter of the weights");
    double step = kind->suite->step_seconds;
    cr_assert_float_eq(narrow.rollout, w.steps * (step + (0.01 - step) * 0.25), 1e-6 * full.rollout,
                       "the environment is as fast as before");
    cr_assert_lt(narrow.evaluation, 0.3 * full.evaluation);
    matrix_unload(&wanted);
}

/* Precision first, then the size that is nearest. */
Test(speed, takes_the_yardstick_that_is_most_like_the_run)
{
    struct speed speed[3] = {measured_speed(), measured_speed(), measured_speed()};
    struct speed_table t = {.speed = speed, .count = 3};
    struct speed_estimate e;
    want("td3_odt", "");
    struct hyper h = configure(&wanted.cell[0]);
    struct work w = work_count(&h, env_find("maze2d-medium"), 0);
    for (int i = 0; i < 3; i++)
        speed[i].work = w;
    speed[0].work.actor_flops /= 100;
    speed[0].work.critic_flops /= 100;
    speed[1].rollout = 0.03; /* the one of this size */
    speed[2].precision = HYPER_precision_bf16;
    speed[2].rollout = 0.02;
    cr_assert(estimate(&t, 0, &e));
    cr_assert(e.exact);
    cr_assert_float_eq(e.rollout, 0.03 * w.steps, 1e-6 * e.rollout);
    matrix_unload(&wanted);

    want("td3_odt", "precision=bf16");
    cr_assert(estimate(&t, 0, &e));
    cr_assert(e.exact);
    cr_assert_float_eq(e.rollout, 0.02 * w.steps, 1e-6 * e.rollout);
    t.count = 2;
    cr_assert(estimate(&t, 0, &e));
    cr_assert_not(e.exact, "bf16 was not measured");
    matrix_unload(&wanted);
}

/* Padding costs nothing: half the positions, half the arithmetic. */
Test(speed, windows_of_short_episodes_cost_less)
{
    struct hyper h;
    hyper_defaults(&h);
    h.T_train = 20;
    h.min_transitions_per_iter = 1000;
    const struct env_kind *kind = env_find("hopper");
    struct work full = work_count(&h, kind, 0), half = work_count(&h, kind, 22);
    cr_assert_float_eq(full.real_share, 1 - 19 / 2000.0, 1e-12);
    cr_assert_float_eq(half.real_share, 1 - 19 / 44.0, 1e-12);
    cr_assert_float_eq(half.actor_flops / full.actor_flops, half.real_share / full.real_share,
                       1e-12);
    cr_assert_eq(half.iterations, full.iterations);
    cr_assert_float_eq(work_real_share(20, 9), 0.25, 1e-12, "(1 + ... + 9) / 9 of 20");
    cr_assert_eq(work_real_share(1, 9), 1);
    h.min_transitions_per_iter = 1; /* one trajectory an iteration */
    cr_assert_float_eq(work_count(&h, kind, 22).iterations, full.steps / 22, 1e-9);
    kind = env_find("halfcheetah");
    cr_assert_float_eq(work_count(&h, kind, 0).iterations, full.steps / 1000, 1e-9);
    kind = env_find("maze2d-umaze"); /* whose data's cuts are no ends of episodes */
    cr_assert_float_eq(work_count(&h, kind, 22).iterations, full.steps / 300, 1e-9);
}

Test(speed, a_curve_says_how_full_its_windows_were_and_how_long_it_had_a_processor)
{
    struct curve c = sample();
    struct work work = {.interval = 2, .real_share = 0.99, .actor_flops = 99, .critic_flops = 198};
    struct speed s;
    c.iteration[1].value[CURVE_real_share] = 0.5;
    c.iteration[2].value[CURVE_real_share] = 0.6;
    cr_assert_eq(curve_set(&c, "processor_share", "0.25"), STATUS_OK);
    cr_assert(speed_of_curve(&c, &work, &s));
    cr_assert_float_eq(s.actor, 0.25 * 2 * 12.0 / 8, 1e-12, "%g", s.actor);
    cr_assert_float_eq(s.work.real_share, 0.55, 1e-12);
    cr_assert_float_eq(s.work.actor_flops, 55, 1e-12);
    cr_assert_float_eq(s.work.critic_flops, 110, 1e-12);
    curve_free(&c);
}

Test(speed, missing_measurements_are_one_sentence)
{
    struct speed_table t;
    cr_assert_eq(speed_read("/nonexistent", &t), STATUS_MISSING);
    cr_assert(strstr(status_sentence(), "sweep cost") != NULL, "%s", status_sentence());
    struct speed_estimate e;
    t = (struct speed_table){.count = 0};
    want("td3_odt", "");
    cr_assert_not(estimate(&t, 0, &e));
    matrix_unload(&wanted);
}

/* --- the estimate of a matrix ------------------------------------------------------------------
 */

Test(cost, is_measured_guessed_or_both_and_says_so)
{
    struct speed speed = measured_speed();
    struct speed_table t = {.speed = &speed, .count = 1};
    struct cost guess, known, bf16;
    char basis[COST_BASIS];
    want("td3_odt", "");
    struct hyper h = configure(&wanted.cell[0]);
    speed.work = work_count(&h, env_find("maze2d-medium"), 0);
    cr_assert_eq(cost_init(&wanted, NULL, "/nonexistent", COST_OWN_PRECISION, &guess), STATUS_OK);
    cr_assert_eq(guess.nominal, 1, "the bandit costs what it costs");
    cost_basis(&guess, basis);
    cr_assert_not_null(strstr(basis, "a guess"), "%s", basis);

    cr_assert_eq(cost_init(&wanted, &t, "/nonexistent", COST_OWN_PRECISION, &known), STATUS_OK);
    cr_assert_eq(known.nominal, 0);
    cr_assert_eq(known.scaled, 0);
    cr_assert_float_eq(known.seconds[0], speed_total(&known.part[0]), 1e-9 * known.seconds[0]);
    cost_basis(&known, basis);
    cr_assert_not_null(strstr(basis, "sweep cost"), "%s", basis);
    cr_assert_not_null(strstr(basis, "published"), "%s", basis);

    cr_assert_eq(cost_init(&wanted, &t, "/nonexistent", HYPER_precision_bf16, &bf16), STATUS_OK);
    cr_assert_eq(bf16.scaled, 1, "bf16 was not measured");
    cost_free(&guess);
    cost_free(&known);
    cost_free(&bf16);
    matrix_unload(&wanted);
}

Test(cost, is_not_scaled_by_runs_whose_time_is_known)
{
    struct cost c;
    want("td3_odt", "");
    struct run_folder *look = calloc((size_t)wanted.cells, sizeof *look);
    int fixed = 0, others = 0;
    cr_assert_eq(cost_init(&wanted, NULL, "/nonexistent", COST_OWN_PRECISION, &c), STATUS_OK);
    for (int i = 0; i < wanted.cells; i++) {
        if (strcmp(wanted.cell[i].dataset, "bandit") == 0)
            look[i] = (struct run_folder){
                .state = FOLDER_DONE, .seconds = 100 * c.hint[i], .threads = 1};
    }
    cost_measure(&c, &wanted, look);
    for (int i = 0; i < wanted.cells; i++) {
        bool done = look[i].state == FOLDER_DONE;
        fixed += done;
        others += !done;
        cr_expect_float_eq(c.seconds[i], (done ? 100 : 1) * c.hint[i], 1e-9 * c.seconds[i]);
    }
    cr_expect(fixed > 0 && others > 0);
    free(look);
    cost_free(&c);
    matrix_unload(&wanted);
}

/* By the speed that the repository records: what README and docs/running.md say of it. */
Test(cost, of_reduced_is_a_night_of_64_cores)
{
    struct speed_table t;
    struct matrix m;
    struct cost c;
    double all = 0, longest = 0;
    cr_assert_eq(speed_read("results/runs", &t), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(matrix_load("reduced", NULL, &m), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(cost_init(&m, &t, "/nonexistent", COST_OWN_PRECISION, &c), STATUS_OK, "%s",
                 status_sentence());
    for (int i = 0; i < m.cells; i++) {
        all += c.seconds[i] / 3600;
        longest = fmax(longest, c.seconds[i] / 3600);
    }
    cr_expect_eq(c.nominal, 0);
    cr_expect(all > 500 && all < 700, "%g core-hours", all);
    cr_expect_lt(longest, 8, "%g hours", longest);
    cost_free(&c);
    matrix_unload(&m);
    speed_free(&t);
}
