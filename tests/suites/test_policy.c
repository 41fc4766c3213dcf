#include "engine/base/h5.h"
#include "suites/env.h"
#include "suites/policy.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- files of our own
 * -------------------------------------------------------------------------------- */

static char folder[] = "/tmp/vitamin-policy-XXXXXX";
static char path[FILE_PATH];

static void make_folder(void)
{
    cr_assert_not_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/policy.h5", folder);
}

static void remove_folder(void)
{
    unlink(path);
    rmdir(folder);
}

TestSuite(policy, .init = make_folder, .fini = remove_folder);

static void write_doubles(struct h5 *f, const char *name, size_t rows, size_t cols,
                          const double *data)
{
    size_t dims[] = {rows, cols};
    cr_assert_eq(h5_write_double(f, name, cols > 0 ? 2 : 1, dims, data), STATUS_OK, "%s",
                 status_sentence());
}

/* Two observations and the time to three hidden to one action. NULL damage: a good file. */
static void write_policy(const char *damage)
{
#define DAMAGE(what) (damage != NULL && strcmp(damage, what) == 0)
    const double shift[] = {1, -1, 0.5}, scale[] = {2, DAMAGE("zero scale") ? 0 : 4, 0.25};
    const double big = DAMAGE("huge") || DAMAGE("huge relu") ? 1.7e308 : 0;
    const double w0[] = {1 + big, -big, 0, 0, 1, 0, 0, 0, DAMAGE("NaN") ? (double)NAN : 1};
    const double w1[] = {0.5, -0.25, 0.125}, zeros[3] = {0}, out[] = {0.1}, gain[] = {2};
    const double log_std[] = {-0.5};
    struct h5 f;
    cr_assert_eq(h5_create(&f, path), STATUS_OK, "%s", status_sentence());
    if (!DAMAGE("no format"))
        h5_set_text(&f, ".", "format", DAMAGE("other format") ? "mlp-policy 2" : "mlp-policy 1");
    h5_set_text(&f, ".", "env", "hopper");
    h5_set_text(&f, ".", "activation",
                DAMAGE("activation")  ? "sigmoid"
                : DAMAGE("huge relu") ? "relu"
                                      : "tanh");
    h5_set_text(&f, ".", "squash", DAMAGE("tanh") ? "tanh" : "clip");
    h5_set_number(&f, ".", "observation_clip", DAMAGE("clip") ? -1 : 1.5);
    h5_set_integer(&f, ".", "time_feature", 1);
    write_doubles(&f, "observation_shift", 3, 0, shift);
    write_doubles(&f, "observation_scale", DAMAGE("short scale") ? 2 : 3, 0, scale);
    write_doubles(&f, "layer0/weight", 3, DAMAGE("narrow layer") ? 2 : 3, w0);
    write_doubles(&f, "layer0/bias", 3, 0, zeros);
    if (!DAMAGE("no bias"))
        write_doubles(&f, "layer1/bias", 1, 0, out);
    write_doubles(&f, "layer1/weight", 1, DAMAGE("wide layer") ? 1 : 3, w1);
    write_doubles(&f, "action_shift", 1, 0, zeros);
    write_doubles(&f, "action_scale", 1, 0, gain);
    if (DAMAGE("head")) { /* log_std from the last hidden layer, here beyond its clip at 2 */
        write_doubles(&f, "log_std_layer/weight", 1, 3, zeros);
        const double bias[] = {3};
        write_doubles(&f, "log_std_layer/bias", 1, 0, bias);
    } else {
        write_doubles(&f, "log_std", 1, 0, log_std);
    }
    cr_assert_eq(h5_close(&f), STATUS_OK, "%s", status_sentence());
#undef DAMAGE
}

static struct policy *read_policy(const char *damage)
{
    struct policy *p;
    write_policy(damage);
    cr_assert_eq(policy_read(path, &p), STATUS_OK, "%s", status_sentence());
    return p;
}

/* The output before squashing of the file above, by hand. */
static double by_hand(const double o[2], int t)
{
    double x[] = {(o[0] - 1) / 2, (o[1] + 1) / 4, (1 - t / 1000.0 - 0.5) / 0.25};
    for (int i = 0; i < 3; i++)
        x[i] = tanh(fmin(fmax(x[i], -1.5), 1.5));
    return 2 * (0.1 + 0.5 * x[0] - 0.25 * x[1] + 0.125 * x[2]);
}

Test(policy, computes_what_the_formula_says)
{
    struct policy *p = read_policy(NULL);
    cr_assert_str_eq(policy_env(p), "hopper");
    cr_assert_eq(policy_obs_dim(p), 2);
    cr_assert_eq(policy_act_dim(p), 1);
    double *scratch = malloc((size_t)policy_scratch(p) * sizeof *scratch), action;
    const double o[][2] = {{0.3, -0.2}, {-9, 20}, {1, -1}};
    for (int i = 0; i < 3; i++) {
        for (int t = 0; t < 1000; t += 333) {
            double want = fmin(fmax(by_hand(o[i], t), -1), 1);
            policy_act(p, o[i], t, NULL, scratch, &action);
            expect_number(at("observation %d at step %d", i, t), action, want, 1e-14, 1e-14);
        }
    }
    policy_free(p);
    p = read_policy("tanh");
    policy_act(p, o[0], 5, NULL, scratch, &action);
    expect_number("tanh", action, tanh(by_hand(o[0], 5)), 1e-14, 0);
    policy_free(p);
    free(scratch);
}

/* Undoing the squash gives back the normal draw. */
Test(policy, samples_around_the_mean_with_its_log_std)
{
    const double o[] = {0.3, -0.2};
    const struct {
        const char *damage;
        double log_std;
    } heads[] = {{"tanh", -0.5}, {"head", 2}};
    for (int i = 0; i < 2; i++) {
        struct policy *p = read_policy(heads[i].damage);
        cr_assert(policy_is_stochastic(p));
        double *scratch = malloc((size_t)policy_scratch(p) * sizeof *scratch), action;
        for (uint64_t k = 0; k < 50; k++) {
            struct rng rng = rng_at(1, RNG_TEST, k), same = rng;
            policy_act(p, o, 0, &rng, scratch, &action);
            double y = by_hand(o, 0) + exp(heads[i].log_std) * rng_normal_double(&same);
            double want = i == 0 ? tanh(y) : fmin(fmax(y, -1), 1);
            expect_number(heads[i].damage, action, want, 1e-13, 1e-13);
        }
        free(scratch);
        policy_free(p);
    }
}

/* Overflow must not pass for an action at the end of the range. */
Test(policy, gives_no_number_where_its_sums_overflow)
{
    static const char *const damages[] = {"huge", "huge relu"};
    for (int i = 0; i < 2; i++) {
        struct policy *p = read_policy(damages[i]);
        double scratch[16], action = 0, o[2] = {9, 9}; /* clipped to 1.5 */
        cr_assert_leq(policy_scratch(p), 16);
        policy_act(p, o, 0, NULL, scratch, &action);
        cr_expect(isnan(action), "%s: %g", damages[i], action);
        policy_free(p);
    }
}

Test(policy, refuses_damaged_files)
{
    const struct {
        const char *damage;
        enum status status;
        const char *word; /* of the sentence */
    } cases[] = {{"no format", STATUS_FORMAT, "format"},
                 {"other format", STATUS_FORMAT, "mlp-policy 2"},
                 {"activation", STATUS_FORMAT, "sigmoid"},
                 {"clip", STATUS_FORMAT, "observation_clip"},
                 {"zero scale", STATUS_FORMAT, "observation_scale"},
                 {"short scale", STATUS_SHAPE, "observation_scale"},
                 {"NaN", STATUS_NONFINITE, "layer0/weight"},
                 {"narrow layer", STATUS_SHAPE, "layer0/weight"},
                 {"wide layer", STATUS_SHAPE, "layer1/weight"},
                 {"no bias", STATUS_FORMAT, "layer1/bias"}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct policy *p;
        write_policy(cases[i].damage);
        enum status got = policy_read(path, &p);
        cr_assert_eq(got, cases[i].status, "%s: %s, %s", cases[i].damage, status_name(got),
                     status_sentence());
        cr_assert(strstr(status_sentence(), cases[i].word) != NULL, "%s: %s", cases[i].damage,
                  status_sentence());
        cr_assert(strstr(status_sentence(), path) != NULL, "%s", status_sentence());
    }
}

Test(policy, refuses_what_is_no_policy_file)
{
    struct policy *p;
    cr_assert_eq(policy_read("/nowhere/policy.h5", &p), STATUS_MISSING);
    FILE *f = fopen(path, "w");
    fprintf(f, "hello\n");
    fclose(f);
    cr_assert_eq(policy_read(path, &p), STATUS_FORMAT);

    /* Cut at every 512 bytes: an error or, if the tail was padding, a whole policy. */
    write_policy(NULL);
    f = fopen(path, "r");
    cr_assert_eq(fseek(f, 0, SEEK_END), 0);
    long size = ftell(f);
    fclose(f);
    for (long cut = size - 512; cut >= 0; cut -= 512) {
        cr_assert_eq(truncate(path, cut), 0);
        cr_assert_neq(policy_read(path, &p), STATUS_OK, "cut at %ld of %ld", cut, size);
    }
}

Test(policy, writes_what_it_reads)
{
    const float w0[] = {1, 2, -1, 0.5f, 0, 3}, b0[] = {0.5f, -0.25f, 0.125f};
    const float w1[] = {1, -2, 0.5f}, b1[] = {0.1f}, shift[] = {1, -1}, scale[] = {2, 4};
    const struct policy_layer layer[] = {{2, 3, w0, b0}, {3, 1, w1, b1}};
    struct policy_parts parts = {
        .env = "hopper", .source = "a test", .layers = 2, .layer = layer, shift, scale};
    const double o[] = {0.3, -0.2};
    for (int normalised = 1; normalised >= 0; normalised--) {
        struct policy *p;
        if (!normalised)
            parts.shift = parts.scale = NULL;
        cr_assert_eq(policy_write(&parts, path), STATUS_OK, "%s", status_sentence());
        cr_assert_eq(policy_read(path, &p), STATUS_OK, "%s", status_sentence());
        cr_expect_eq(policy_obs_dim(p), 2);
        cr_expect_not(policy_is_stochastic(p));
        double x0 = normalised ? (o[0] - 1) / 2 : o[0], x1 = normalised ? (o[1] + 1) / 4 : o[1];
        double y = (double)b1[0];
        for (int i = 0; i < 3; i++)
            y += (double)w1[i] *
                 fmax((double)w0[2 * i] * x0 + (double)w0[2 * i + 1] * x1 + (double)b0[i], 0);
        double scratch[16], action;
        cr_assert_leq(policy_scratch(p), 16);
        policy_act(p, o, 0, NULL, scratch, &action);
        expect_number("action", action, tanh(y), 1e-14, 1e-14);
        policy_free(p);
    }
    cr_expect_eq(policy_write(&parts, "/nowhere/policy.h5"), STATUS_IO);
}

/* --- public policies
 * --------------------------------------------------------------------------------- */

/* Expected returns over 20 episodes, mean and spread. Adroit's are with Adroit's tests. */
static const struct {
    const char *file;
    double mean, spread;
    int episodes;
} published[] = {{"hopper_a2c", 735, 262, 12},
                 {"halfcheetah_a2c", 2969, 362, 8},
                 {"walker2d_a2c", 575, 139, 12},
                 {"ant_a2c", -30, 33, 12}};

ParameterizedTestParameters(public_policies, reach_their_returns)
{
    static int rows[] = {0, 1, 2, 3};
    return cr_make_param_array(int, rows, sizeof rows / sizeof *rows);
}

ParameterizedTest(int *row, public_policies, reach_their_returns, .timeout = 60)
{
    char file[FILE_PATH];
    fixture_shared(at("policies/%s.h5", published[*row].file), file);
    struct policy *p;
    struct env *e;
    cr_assert_eq(policy_read(file, &p), STATUS_OK, "%s", status_sentence());
    cr_assert_eq(env_open(policy_env(p), NULL, &e), STATUS_OK, "%s", status_sentence());
    double *scratch = malloc((size_t)policy_scratch(p) * sizeof *scratch), action[16];

    int n = published[*row].episodes;
    double sum = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        double total = 0;
        struct env_step out = {0};
        cr_assert_eq(env_reset(e, rng_at(1, RNG_TEST, (uint64_t)i)), STATUS_OK);
        while (!out.terminated && !out.truncated) {
            policy_act(p, env_observation(e), env_steps(e), NULL, scratch, action);
            cr_assert_eq(env_step(e, action, &out), STATUS_OK, "%s", status_sentence());
            total += out.raw_reward;
        }
        sum += total;
        squares += total * total;
    }
    double mean = sum / n, variance = (squares - n * mean * mean) / (n - 1);
    double error = sqrt(variance / n + published[*row].spread * published[*row].spread / 20);
    expect_number(published[*row].file, mean, published[*row].mean, 0, 3 * error);
    free(scratch);
    policy_free(p);
    env_close(e);
}
