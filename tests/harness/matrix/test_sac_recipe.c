/* medium and medium-replay from a run of SAC from scratch, cut down to seconds. */
#include "engine/base/h5.h"
#include "engine/base/lock.h"
#include "harness/matrix/sac_recipe.h"
#include "harness/run/run.h"
#include "suites/dataset.h"
#include "suites/dataset_generate.h"
#include "suites/policy.h"
#include "tests/support/fixture.h"
#include "tests/support/tiny_run.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

TestSuite(sac_recipe, .init = tiny_run_folder, .fini = tiny_run_remove, .timeout = 600);

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

/* --- levels ----------------------------------------------------------------------------------- */

static struct curve curve_of(const double *mean, int count)
{
    struct curve c = {.evaluations = 0};
    for (int i = 0; i < count; i++) {
        double raw[2] = {mean[i] - 3, mean[i] + 3}, score[2] = {0, 0};
        int32_t length[2] = {1, 1};
        uint8_t success[2] = {0, 0};
        struct curve_evaluation row = {.transitions = 1000 * i,
                                       .raw_return = raw,
                                       .score = score,
                                       .length = length,
                                       .success = success};
        check(curve_add_evaluation(&c, &row, 2));
    }
    return c;
}

static void expect_level(const double *mean, int count, bool reached, int row)
{
    struct curve c = curve_of(mean, count);
    int found;
    cr_expect_eq(run_level_find(&c, 100, &found), reached, "%d evaluations", count);
    cr_expect_eq(found, row, "row %d, should be %d", found, row);
    curve_free(&c);
}

Test(sac_recipe, a_level_is_reached_within_a_tenth_or_after_twenty_evaluations_beyond)
{
    static const double slow[] = {100, 20, 60, 80, 92, 99, 100}, jump[] = {1, 40, 70, 130, 140, 20};
    double far[30];
    expect_level(slow, 1, false, -1); /* before any step nothing counts */
    expect_level(slow, 2, false, 1);
    expect_level(slow, 4, false, 3);
    expect_level(slow, 5, true, 4);
    expect_level(slow, 7, true, 4); /* later evaluations change nothing */
    expect_level(jump, 6, false, 2);
    for (int i = 0; i < 30; i++)
        far[i] = i < 3 ? 10 * i : 150 - (i == 20) + (i == 25 ? -20 : 0);
    expect_level(far, 22, false, 20);
    expect_level(far, 23, true, 20);
    expect_level(far, 30, true, 20);
    struct curve c = curve_of(slow, 7);
    double sd;
    cr_expect_float_eq(run_level_return(&c, 4, &sd), 92, 1e-12);
    cr_expect_float_eq(sd, 3, 1e-12);
    curve_free(&c);
}

Test(sac_recipe, the_levels_are_d4rls)
{
    cr_expect_eq(sac_recipe_return("hopper", SAC_MEDIUM), 1422);
    cr_expect_eq(sac_recipe_return("walker2d", SAC_EXPERT), 4920);
    cr_expect_eq(sac_recipe_return("ant", SAC_EXPERT), 0);
    cr_expect_eq(sac_recipe_return("pen", SAC_MEDIUM), 0);
    struct sac_request r = {.env = "ant", .level = SAC_EXPERT};
    struct sac_snapshot s;
    cr_assert_eq(sac_recipe_train(&r, &s), STATUS_CONFIG);
    cr_expect(strstr(status_sentence(), "expert") != NULL, "%s", status_sentence());
}

/* --- one run, both files ---------------------------------------------------------------------- */

/* Tiny networks, three looks. */
static struct sac_request tiny(const char *folder, double medium)
{
    return (struct sac_request){.env = "hopper",
                                .level = SAC_MEDIUM,
                                .seed = 5,
                                .folder = folder,
                                .size = "tiny",
                                .set = "stop_transitions=3000",
                                .raw_return = {medium, 1e6},
                                .quiet = true};
}

/* What such a run returns at its first look: as a level it is reached there. */
static double first_return(void)
{
    struct sac_request r = tiny(tiny_run_path("probe"), 1e6);
    struct sac_snapshot s;
    struct curve c;
    check(sac_recipe_train(&r, &s));
    cr_expect_not(s.reached);
    check(curve_read(tiny_run_path("probe/hopper/seed5/curve.h5"), &c));
    cr_assert_eq(c.evaluation[1].transitions, 1000);
    cr_assert_eq(c.episodes, 20);
    double mean = run_level_return(&c, 1, NULL);
    curve_free(&c);
    return mean;
}

/* Who wants the same training waits for it (here: until told to stop) and is not refused. */
Test(sac_recipe, waits_while_another_process_trains)
{
    static volatile sig_atomic_t stop = 1;
    struct sac_request r = tiny(tiny_run_path("busy"), 1e6);
    struct sac_snapshot s;
    struct lock other;
    r.stop = &stop;
    check(file_make_folder(tiny_run_path("busy/hopper")));
    check(lock_try(&other, tiny_run_path("busy/hopper/seed5.lock"), "the training"));
    cr_expect_eq(sac_recipe_train(&r, &s), STATUS_INTERRUPTED, "%s", status_sentence());
    bool there;
    check(file_look(tiny_run_path("busy/hopper/seed5"), &there));
    cr_expect_not(there);
    lock_release(&other);
}

static void expect_buffer(const struct sac_request *r, const struct sac_snapshot *s,
                          const char *path)
{
    enum { S = 11, A = 3, WIDTH = 2 * S + A + 2 };
    float *row;
    struct dataset_made made;
    check(sac_recipe_buffer(r, s->transitions, &row));
    struct dataset_buffer buffer = {.rows = s->transitions, .row = row};
    struct dataset_recipe recipe = {.env = "hopper",
                                    .actor = ACT_BUFFER,
                                    .buffer = &buffer,
                                    .rows = buffer.rows,
                                    .seed = 5,
                                    .about = s->about,
                                    .algorithm = "SAC",
                                    .iteration = (int)s->iteration};
    check(dataset_generate(&recipe, path, &made));
    struct dataset d;
    struct dataset_options o = dataset_defaults();
    check(dataset_load(path, &o, &d));
    cr_expect_eq(d.kind, DATASET_GENERATED);
    cr_expect(strstr(d.note, "SAC (seed 5)") != NULL, "%s", d.note);
    cr_expect_eq(d.transitions, s->transitions, "no row is lost: the last one ends a collection");
    cr_expect_eq(made.terminals + made.timeouts, d.count);
    for (int i = 0, at = 0; i < d.count; at += d.list[i++].length) {
        const struct trajectory *t = &d.list[i];
        const float *x = row + (size_t)at * WIDTH;
        cr_assert_arr_eq(t->state, x, S * sizeof *x);
        cr_expect_float_eq(t->state[0], 1.25, 0.006, "an episode begins at a start");
        cr_assert_arr_eq(t->next_state, x + S, S * sizeof *x);
        cr_assert_arr_eq(t->action, x + 2 * S, A * sizeof *x);
        cr_assert_eq(t->reward[0], x[2 * S + A]);
    }
    dataset_free(&d);
    free(row);
}

/* The policy that the file carries gives its log-probabilities. */
static void expect_policy_file(const char *policy, const char *path)
{
    enum { ROWS = 300, S = 11, A = 3 };
    struct dataset_made made;
    struct dataset_recipe recipe = {.env = "hopper",
                                    .actor = ACT_POLICY,
                                    .policy = policy,
                                    .stochastic = true,
                                    .rows = ROWS,
                                    .seed = 5,
                                    .algorithm = "SAC",
                                    .iteration = 1};
    check(dataset_generate(&recipe, path, &made));
    struct h5 f;
    check(h5_open(&f, path));
    float *obs = fixture_floats(&f, "observations", NULL),
          *action = fixture_floats(&f, "actions", NULL),
          *log_prob = fixture_floats(&f, "infos/action_log_probs", NULL);
    static const char *const names[] = {"fc0", "fc1", "last_fc", "last_fc_log_std"};
    float *weight[4], *bias[4];
    for (int i = 0; i < 4; i++) {
        weight[i] = fixture_floats(&f, at("metadata/policy/%s/weight", names[i]), NULL);
        bias[i] = fixture_floats(&f, at("metadata/policy/%s/bias", names[i]), NULL);
    }
    int width = fixture_dim(&f, "metadata/policy/fc0/weight", 0);
    for (int t = 0; t < ROWS; t++) {
        double x[2][64] = {{0}}, density = 0;
        for (int layer = 0; layer < 2; layer++) {
            for (int i = 0; i < width; i++) {
                double sum = (double)bias[layer][i];
                int in = layer == 0 ? S : width;
                for (int k = 0; k < in; k++)
                    sum += (double)weight[layer][i * in + k] *
                           (layer == 0 ? (double)obs[t * S + k] : x[0][k]);
                x[layer][i] = fmax(sum, 0);
            }
        }
        for (int a = 0; a < A; a++) {
            double mean = (double)bias[2][a], log_std = (double)bias[3][a];
            for (int k = 0; k < width; k++) {
                mean += (double)weight[2][a * width + k] * x[1][k];
                log_std += (double)weight[3][a * width + k] * x[1][k];
            }
            double chosen = (double)action[t * A + a], z = (atanh(chosen) - mean) / exp(log_std);
            density += -0.5 * z * z - log_std - 0.5 * log(2 * M_PI) - log(1 - chosen * chosen);
        }
        cr_assert_float_eq(log_prob[t], density, 2e-3 + 1e-3 * fabs(density), "row %d: %g, %g", t,
                           (double)log_prob[t], density);
    }
    for (int i = 0; i < 4; i++) {
        free(weight[i]);
        free(bias[i]);
    }
    free(obs);
    free(action);
    free(log_prob);
    check(h5_close(&f));
}

Test(sac_recipe, one_run_serves_medium_and_medium_replay_and_goes_on_to_expert)
{
    double level = first_return();
    struct sac_request r = tiny(tiny_run_path("recipes"), level);
    struct sac_snapshot s, again;
    check(sac_recipe_train(&r, &s));
    cr_expect(s.reached);
    cr_expect_eq(s.transitions, 1000);
    cr_expect_eq(s.mean, level, "%s", s.about);
    expect_buffer(&r, &s, tiny_run_path("hopper-medium-replay-v2.hdf5"));
    expect_policy_file(s.policy, tiny_run_path("hopper-medium-v2.hdf5"));

    /* Asked again it only looks; the same seed elsewhere gives the same bytes. */
    static char first[SHA256_HEX], other[SHA256_HEX];
    check(sha256_file(s.policy, first));
    check(sac_recipe_train(&r, &again));
    cr_expect_str_eq(again.about, s.about);
    struct sac_request twin = r;
    twin.folder = tiny_run_path("twins");
    check(sac_recipe_train(&twin, &again));
    check(sha256_file(again.policy, other));
    cr_expect_str_eq(first, other);

    /* A level that is never reached: the run goes on to its end, and says so. */
    r.level = SAC_EXPERT;
    check(sac_recipe_train(&r, &again));
    cr_expect_not(again.reached);
    r.level = SAC_MEDIUM;
    check(sac_recipe_train(&r, &again));
    cr_expect_str_eq(again.about, s.about, "the level before is as it was");
    check(sha256_file(again.policy, other));
    cr_expect_str_eq(first, other);
    float *row;
    cr_assert_eq(sac_recipe_buffer(&r, 10, &row), STATUS_MISSING);
    cr_expect(strstr(status_sentence(), "buffer") != NULL, "%s", status_sentence());
}

/* Asked to stop it stops with a checkpoint, and the same call resumes. */
Test(sac_recipe, a_stopped_training_resumes)
{
    static volatile sig_atomic_t asked = 1;
    struct sac_request r = tiny(tiny_run_path("stopped"), 1e6);
    struct sac_snapshot s;
    r.stop = &asked;
    cr_assert_eq(sac_recipe_train(&r, &s), STATUS_INTERRUPTED);
    cr_expect(strstr(status_sentence(), "resumes") != NULL, "%s", status_sentence());
    asked = 0;
    check(sac_recipe_train(&r, &s));
    cr_expect_leq(s.transitions, 3000);
}
