#include "engine/base/threads.h"
#include "tests/support/learning.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- fixtures --- */

/* Every learning fixture whose rows were cut from trajectories in it: a batch group, and the group
 * of its trajectories. Twins of other sizes run through the same rows. */
static const struct {
    const char *fixture, *batch, *trajectories;
} recorded[] = {
    {"recurrent_rnn", "batch", "traj"},
    {"td3_critic_ln", "batch", "traj"},
    {"td3_critic_k1", "batch", "traj"},
    {"dt_k20", "batch", "traj"},
    {"dt_k1", "batch", "traj"},
    {"dt_deterministic", "batch", "traj"},
    {"dt_stochastic", "batch", "traj"},
    {"iql_dt", "batch", "traj"},
    {"ppo_actor", "offline_batch", "offline_traj"},
    {"ppo_actor", "online_batch", "online_traj"},
    {"awr_actor", "online_batch", "online_traj"},
};

ParameterizedTestParameters(batch, rebuilds_a_recorded_batch_exactly)
{
    enum { ROWS = sizeof recorded / sizeof recorded[0] };
    static int rows[ROWS];
    for (int i = 0; i < ROWS; i++)
        rows[i] = i;
    return cr_make_param_array(int, rows, ROWS);
}

/* A replay that owns the trajectories in file order. */
static struct replay replay_of(struct trajectory *list, int count, int S, int A)
{
    struct replay r;
    cr_assert_eq(replay_init(&r, S, A, REPLAY_UNBOUNDED), STATUS_OK);
    for (int i = 0; i < count; i++)
        cr_assert_eq(replay_add(&r, &list[i]), STATUS_OK);
    return r;
}

static void expect_equal(const char *what, const float *got, const float *want, size_t n)
{
    expect_close(what, got, want, n, 0, 0);
}

static void expect_same_batch(const struct batch *got, const struct batch *want, bool with_next)
{
    size_t rows = (size_t)want->B * (size_t)want->K;
    expect_equal("states", got->state, want->state, rows * (size_t)want->S);
    if (with_next)
        expect_equal("next states", got->next_state, want->next_state, rows * (size_t)want->S);
    expect_equal("actions", got->action, want->action, rows * (size_t)want->A);
    expect_equal("rewards", got->reward, want->reward, rows);
    expect_equal("dones", got->done, want->done, rows);
    expect_equal("returns-to-go", got->return_to_go, want->return_to_go, rows + (size_t)want->B);
    expect_equal("mask", got->mask, want->mask, rows);
    expect_equal("weight", got->weight, want->weight, rows);
    if (want->log_prob != NULL)
        expect_equal("log-probabilities", got->log_prob, want->log_prob, rows);
    cr_assert_eq(got->valid, want->valid);
    cr_assert_eq(got->weight_sum, want->weight_sum);
}

ParameterizedTest(int *row, batch, rebuilds_a_recorded_batch_exactly)
{
    struct h5 f = fixture_open(recorded[*row].fixture);
    struct batch want = fixture_batch(&f, recorded[*row].batch), got;
    int count;
    struct trajectory *list = fixture_trajectories(&f, recorded[*row].trajectories, &count);
    struct replay r = replay_of(list, count, want.S, want.A);
    struct normalizer n = fixture_normalizer(&f);
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = fixture_config(&f, "reward_scale");

    cr_assert_eq(batch_init(&got, want.B, want.K, want.S, want.A, want.log_prob != NULL),
                 STATUS_OK);
    for (int b = 0; b < want.B; b++) {
        int left = r.item[want.trajectory[b]].length - want.start[b];
        got.trajectory[b] = want.trajectory[b];
        got.start[b] = want.start[b];
        got.length[b] = left < want.K ? left : want.K;
        cr_assert_eq(got.length[b], want.length[b], "row %d has %d real steps", b, want.length[b]);
    }
    cr_assert_eq(batch_cut(&r, &n, &rule, &got), STATUS_OK, "%s", status_sentence());
    expect_same_batch(&got, &want, true);

    batch_free(&got);
    batch_free(&want);
    normalizer_free(&n);
    replay_free(&r);
    free(list);
    h5_close(&f);
}

/* PPO and AWR: targets of whole trajectories, gathered into the batch. */
Test(batch, gathers_recorded_targets_exactly)
{
    struct h5 f = fixture_open("ppo_actor");
    struct batch b = fixture_batch(&f, "online_batch");
    float *want = fixture_floats(&f, "online_batch/target_V", NULL);
    size_t rows = (size_t)b.B * (size_t)b.K;
    float *got = malloc(rows * sizeof *got);
    const float *values[64] = {0};
    int count = 0;
    while (count < 64 && h5_has(&f, at("f32/td_lambda/%d", count))) {
        values[count] = fixture_floats(&f, at("f32/td_lambda/%d/target_f64", count), NULL);
        count++;
    }
    cr_assert_gt(count, 0);
    batch_gather(&b, values, got);
    expect_close("targets", got, want, rows, 0, 0);
    for (int i = 0; i < count; i++)
        free((void *)values[i]);
    free(want);
    free(got);
    batch_free(&b);
    h5_close(&f);
}

Test(batch, rebuilds_the_future_conditioned_batch_exactly)
{
    struct h5 f = fixture_open("pdt");
    int count, A = fixture_int(&f, "ad"), S = fixture_int(&f, "sd"), B = fixture_int(&f, "B");
    int K = fixture_int(&f, "K"), F = fixture_int(&f, "future_len");
    struct trajectory *list = fixture_trajectories(&f, "traj", &count);
    struct replay r = replay_of(list, count, S, A);
    struct normalizer n = fixture_normalizer(&f);
    struct batch_rule rule = batch_rule_default();
    rule.rtg_scale = fixture_config(&f, "reward_scale");
    int *end = fixture_ints(&f, "batch/end_index", NULL);
    struct batch want = fixture_batch(&f, "batch"), past, future;
    cr_assert_eq(batch_init(&past, B, K, S, A, false), STATUS_OK);
    cr_assert_eq(batch_init(&future, B, F, S, A, false), STATUS_OK);
    for (int b = 0; b < B; b++) {
        int left = r.item[want.trajectory[b]].length - end[b];
        past.trajectory[b] = future.trajectory[b] = want.trajectory[b];
        past.start[b] = end[b] > K ? end[b] - K : 0;
        past.length[b] = end[b] - past.start[b];
        future.start[b] = end[b];
        future.length[b] = left < F ? left : F;
    }
    cr_assert_eq(batch_cut(&r, &n, &rule, &past), STATUS_OK);
    cr_assert_eq(batch_cut(&r, &n, &rule, &future), STATUS_OK);
    expect_same_batch(&past, &want, false); /* PDT has no critic: no next states */

    const struct {
        const char *name;
        const float *got;
        int width;
    } fields[] = {{"fstates", future.state, S},      {"factions", future.action, A},
                  {"frewards", future.reward, 1},    {"fdones", future.done, 1},
                  {"fpadding_mask", future.mask, 1}, {"frtg", future.return_to_go, 0}};
    for (size_t k = 0; k < sizeof fields / sizeof fields[0]; k++) {
        size_t rows;
        float *x = fixture_floats(&f, at("batch/%s", fields[k].name), &rows);
        size_t expected = fields[k].width > 0 ? (size_t)(B * F * fields[k].width)
                                              : (size_t)(B * (F + 1));
        cr_assert_eq(rows, expected);
        expect_equal(fields[k].name, fields[k].got, x, rows);
        free(x);
    }
    batch_free(&past);
    batch_free(&future);
    batch_free(&want);
    normalizer_free(&n);
    replay_free(&r);
    free(list);
    free(end);
    h5_close(&f);
}

Test(batch, rebuilds_recorded_transitions)
{
    struct h5 f = fixture_open("td3bc");
    int S = fixture_int(&f, "sd"), A = fixture_int(&f, "ad");
    size_t B;
    int *index = fixture_ints(&f, "batch/step1/index", &B);
    int L = fixture_dim(&f, "dataset/observations", 0);
    float *state = fixture_floats(&f, "dataset/observations", NULL);
    float *next = fixture_floats(&f, "dataset/next_observations", NULL);
    float *action = fixture_floats(&f, "dataset/actions", NULL);
    float *reward = fixture_floats(&f, "dataset/rewards", NULL);
    int *flag = fixture_ints(&f, "dataset/terminals", NULL);
    uint8_t *terminal = malloc((size_t)L);
    for (int i = 0; i < L; i++)
        terminal[i] = flag[i] != 0;
    struct trajectory all;
    cr_assert_eq(trajectory_new(L, S, A, state, next, action, reward, terminal, NULL, 0, &all),
                 STATUS_OK);
    struct transitions t;
    cr_assert_eq(transitions_init(&t, S, A, -1, &all, 1, false), STATUS_OK);
    struct normalizer n;
    cr_assert_eq(normalizer_fit(&all, 1, S, 1e-3, &n), STATUS_OK);
    float *mean = fixture_floats(&f, "norm/state_mean", NULL);
    float *std = fixture_floats(&f, "norm/state_std", NULL);
    expect_close("mean", n.mean, mean, (size_t)S, 1e-6, 0);
    expect_close("deviation", n.std, std, (size_t)S, 1e-6, 0);

    float *want = fixture_floats(&f, "batch/step1/state", NULL);
    float *want_next = fixture_floats(&f, "batch/step1/next_state", NULL);
    float *not_done = fixture_floats(&f, "batch/step1/not_done", NULL);
    float *row = malloc((size_t)S * sizeof *row);
    for (size_t b = 0; b < B; b++) {
        struct transition x = transitions_at(&t, index[b]);
        normalizer_apply(&n, x.state, 1, row);
        /* That code normalises in float: an ulp or two from ours, and the mean's own rounding. */
        expect_close("state", row, want + b * (size_t)S, (size_t)S, 1e-6, 1e-6);
        normalizer_apply(&n, x.next_state, 1, row);
        expect_close("next state", row, want_next + b * (size_t)S, (size_t)S, 1e-6, 1e-6);
        cr_assert_eq(1 - x.done, not_done[b]);
    }
    free(row);
    free(want);
    free(want_next);
    free(not_done);
    free(mean);
    free(std);
    free(state);
    free(next);
    free(action);
    free(reward);
    free(flag);
    free(terminal);
    free(index);
    normalizer_free(&n);
    transitions_free(&t);
    trajectory_free(&all);
    h5_close(&f);
}

/* --- statistics --- */

/* A trajectory whose state, action and reward name the step: state (id, step). */
static struct trajectory numbered(int id, int length, float reward)
{
    float *state = malloc(2 * (size_t)length * sizeof *state);
    float *next = malloc(2 * (size_t)length * sizeof *next);
    float *action = calloc((size_t)length, sizeof *action);
    float *rewards = malloc((size_t)length * sizeof *rewards);
    uint8_t *terminal = calloc((size_t)length, 1);
    for (int i = 0; i < length; i++) {
        state[2 * i] = next[2 * i] = (float)id;
        state[2 * i + 1] = (float)i;
        next[2 * i + 1] = (float)(i + 1);
        rewards[i] = reward;
    }
    struct trajectory t;
    cr_assert_eq(trajectory_new(length, 2, 1, state, next, action, rewards, terminal, NULL, 0, &t),
                 STATUS_OK);
    free(state);
    free(next);
    free(action);
    free(rewards);
    free(terminal);
    return t;
}

static struct replay numbered_replay(const int lengths[], int count)
{
    struct replay r;
    cr_assert_eq(replay_init(&r, 2, 1, REPLAY_UNBOUNDED), STATUS_OK);
    for (int i = 0; i < count; i++) {
        struct trajectory t = numbered(i, lengths[i], (float)i / (float)lengths[i]);
        cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    }
    return r;
}

/* Upper 1e-6 quantile of chi-square with d degrees, by Wilson and Hilferty's approximation. */
static double chi_square_limit(int d)
{
    double a = 2.0 / (9.0 * d);
    return d * pow(1 - a + 4.753 * sqrt(a), 3);
}

static double chi_square(const double *seen, const double *expected, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (seen[i] - expected[i]) * (seen[i] - expected[i]) / expected[i];
    return sum;
}

Test(batch, starts_are_uniform_over_all_transitions)
{
    const int lengths[] = {7, 1, 20, 3};
    struct replay r = numbered_replay(lengths, 4);
    struct batch_rule rule = batch_rule_default();
    struct batch b;
    cr_assert_eq(batch_init(&b, 256, 5, 2, 1, false), STATUS_OK);
    double seen[31] = {0}, expected[31];
    enum { BATCHES = 200 };
    for (int i = 0; i < BATCHES; i++) {
        cr_assert_eq(batch_sample(&r, NULL, &rule, rng_at(11, RNG_BATCH, (uint64_t)i), &b),
                     STATUS_OK);
        for (int k = 0; k < b.B; k++)
            seen[r.first[b.trajectory[k]] + b.start[k]]++;
    }
    for (int i = 0; i < 31; i++)
        expected[i] = BATCHES * 256.0 / 31;
    double x = chi_square(seen, expected, 31);
    cr_assert_lt(x, chi_square_limit(30), "chi-square %g", x);
    batch_free(&b);
    replay_free(&r);
}

/* docs/methods.md 1.6: given that step t is a target, the triples visible to it are uniform on
 * {1, ..., min(K, t+1)}. */
Test(batch, context_lengths_follow_their_law)
{
    enum { K = 6, L = 15, BATCHES = 400 };
    const int lengths[] = {L};
    struct replay r = numbered_replay(lengths, 1);
    struct batch_rule rule = batch_rule_default();
    struct batch b;
    cr_assert_eq(batch_init(&b, 256, K, 2, 1, false), STATUS_OK);
    double seen[L][K] = {{0}};
    for (int i = 0; i < BATCHES; i++) {
        cr_assert_eq(batch_sample(&r, NULL, &rule, rng_at(12, RNG_BATCH, (uint64_t)i), &b),
                     STATUS_OK);
        for (int row = 0; row < b.B; row++) {
            int visible = 0;
            for (int k = 0; k < K; k++) {
                if (b.mask[row * K + k] == 0)
                    continue;
                int t = (int)b.state[(row * K + k) * 2 + 1];
                seen[t][visible++]++;
            }
        }
    }
    for (int t = 0; t < L; t++) {
        int most = t + 1 < K ? t + 1 : K;
        double total = 0, expected[K];
        for (int k = 0; k < K; k++)
            total += seen[t][k];
        for (int k = 0; k < most; k++)
            expected[k] = total / most;
        for (int k = most; k < K; k++)
            cr_assert_eq(seen[t][k], 0, "step %d saw %d triples", t, k + 1);
        double x = chi_square(seen[t], expected, most);
        cr_assert(most == 1 || x < chi_square_limit(most - 1), "step %d: chi-square %g", t, x);
    }
    batch_free(&b);
    replay_free(&r);
}

Test(batch, ends_are_uniform_and_futures_follow)
{
    enum { K = 4, F = 3, BATCHES = 200 };
    const int lengths[] = {9, 2};
    struct replay r = numbered_replay(lengths, 2);
    struct batch_rule rule = batch_rule_default();
    rule.segment = BATCH_END_UNIFORM;
    struct batch b, future;
    cr_assert_eq(batch_init(&b, 128, K, 2, 1, false), STATUS_OK);
    cr_assert_eq(batch_init(&future, 128, F, 2, 1, false), STATUS_OK);
    double seen[11] = {0}, expected[11];
    for (int i = 0; i < BATCHES; i++) {
        cr_assert_eq(
            batch_sample_future(&r, NULL, &rule, rng_at(13, RNG_BATCH, (uint64_t)i), &b, &future),
            STATUS_OK);
        for (int row = 0; row < b.B; row++) {
            int slot = b.trajectory[row], end = b.start[row] + b.length[row];
            seen[r.first[slot] + end - 1]++;
            cr_assert_eq(b.start[row], end > K ? end - K : 0);
            int after = lengths[slot] - end < F ? lengths[slot] - end : F;
            cr_assert_eq(future.length[row], after);
            if (after > 0)
                cr_assert_eq(future.state[(row * F + F - after) * 2 + 1], (float)end);
        }
    }
    for (int i = 0; i < 11; i++)
        expected[i] = BATCHES * 128.0 / 11;
    double x = chi_square(seen, expected, 11);
    cr_assert_lt(x, chi_square_limit(10), "chi-square %g", x);
    batch_free(&b);
    batch_free(&future);
    replay_free(&r);
}

Test(batch, draws_by_return_when_asked)
{
    enum { BATCHES = 200 };
    const int lengths[] = {5, 5, 1, 3}; /* returns 0, 1, 2, 3 */
    struct replay r = numbered_replay(lengths, 4);
    struct batch_rule rule = batch_rule_default();
    rule.draw = BATCH_BY_RETURN;
    struct batch b;
    cr_assert_eq(batch_init(&b, 256, 2, 2, 1, false), STATUS_OK);
    double seen[4] = {0}, expected[4];
    for (int i = 0; i < BATCHES; i++) {
        cr_assert_eq(batch_sample(&r, NULL, &rule, rng_at(14, RNG_BATCH, (uint64_t)i), &b),
                     STATUS_OK);
        for (int row = 0; row < b.B; row++)
            seen[b.trajectory[row]]++;
    }
    for (int i = 0; i < 4; i++)
        expected[i] = BATCHES * 256.0 * i / 6;
    cr_assert_leq(seen[0], 2, "the worst was drawn %g times", seen[0]);
    double x = chi_square(seen + 1, expected + 1, 3);
    cr_assert_lt(x, chi_square_limit(2), "chi-square %g", x);
    batch_free(&b);
    replay_free(&r);
}

Test(batch, bits_depend_neither_on_threads_nor_on_earlier_batches)
{
    enum { B = 256, K = 20, S = 17, A = 6 };
    struct replay r;
    cr_assert_eq(replay_init(&r, S, A, REPLAY_UNBOUNDED), STATUS_OK);
    for (int i = 0; i < 9; i++) {
        int L = 3 + 40 * i;
        float *x = malloc((size_t)L * S * sizeof *x);
        uint8_t *terminal = calloc((size_t)L, 1);
        struct rng rng = rng_at(15, RNG_TEST, (uint64_t)i);
        rng_fill_normal(&rng, 0, x, (size_t)L * S);
        struct trajectory t;
        cr_assert_eq(trajectory_new(L, S, A, x, x, x, x, terminal, NULL, 0, &t), STATUS_OK);
        cr_assert_eq(replay_add(&r, &t), STATUS_OK);
        free(x);
        free(terminal);
    }
    struct normalizer n;
    cr_assert_eq(normalizer_fit(r.item, r.count, S, 1e-6, &n), STATUS_OK);
    struct batch_rule rule = batch_rule_default();
    struct batch one, other;
    cr_assert_eq(batch_init(&one, B, K, S, A, false), STATUS_OK);
    cr_assert_eq(batch_init(&other, B, K, S, A, false), STATUS_OK);
    threads_set(1);
    cr_assert_eq(batch_sample(&r, &n, &rule, rng_at(16, RNG_BATCH, 5), &one), STATUS_OK);
    for (int threads = 1; threads <= 3; threads++) {
        threads_set(threads);
        cr_assert_eq(batch_sample(&r, &n, &rule, rng_at(16, RNG_BATCH, 4), &other), STATUS_OK);
        cr_assert_eq(batch_sample(&r, &n, &rule, rng_at(16, RNG_BATCH, 5), &other), STATUS_OK);
        expect_same_batch(&other, &one, true);
    }
    batch_free(&one);
    batch_free(&other);
    normalizer_free(&n);
    replay_free(&r);
}

/* --- rules --- */

Test(batch, takes_weight_from_rows_without_a_true_successor)
{
    struct replay r;
    cr_assert_eq(replay_init(&r, 2, 1, REPLAY_UNBOUNDED), STATUS_OK);
    struct trajectory t = numbered(0, 4, 1);
    t.last_next_missing = true;
    cr_assert_eq(replay_add(&r, &t), STATUS_OK);
    struct batch_rule rule = batch_rule_default();
    struct batch b;
    cr_assert_eq(batch_init(&b, 2, 3, 2, 1, false), STATUS_OK);
    for (int i = 0; i < 2; i++) {
        b.trajectory[i] = 0;
        b.start[i] = i; /* steps 0..2, and 1..3 with the last one */
        b.length[i] = 3;
    }
    cr_assert_eq(batch_cut(&r, NULL, &rule, &b), STATUS_OK);
    cr_assert_eq(b.weight_sum, 6);
    rule.skip_missing_next = true;
    cr_assert_eq(batch_cut(&r, NULL, &rule, &b), STATUS_OK);
    const float want[] = {1, 1, 1, 1, 1, 0};
    cr_assert_arr_eq(b.weight, want, sizeof want);
    cr_assert_eq(b.weight_sum, 5);
    cr_assert_eq(b.valid, 6);
    batch_free(&b);
    replay_free(&r);
}

Test(batch, says_what_does_not_fit)
{
    const int lengths[] = {4};
    struct replay r = numbered_replay(lengths, 1), empty;
    struct batch_rule rule = batch_rule_default();
    struct rng rng = rng_at(1, RNG_BATCH, 0);
    struct batch b;
    cr_assert_eq(replay_init(&empty, 2, 1, 3), STATUS_OK);
    cr_assert_eq(batch_init(&b, 4, 3, 2, 1, true), STATUS_OK);
    cr_assert_eq(batch_sample(&empty, NULL, &rule, rng, &b), STATUS_MISSING);
    cr_assert_eq(batch_sample(&r, NULL, &rule, rng, &b), STATUS_MISSING); /* log-probabilities */
    cr_assert_not_null(strstr(status_sentence(), "log-prob"), "%s", status_sentence());
    batch_free(&b);
    cr_assert_eq(batch_init(&b, 4, 3, 3, 1, false), STATUS_OK);
    cr_assert_eq(batch_sample(&r, NULL, &rule, rng, &b), STATUS_SHAPE);
    batch_free(&b);
    struct normalizer n;
    const float mean[] = {0, 0, 0}, std[] = {1, 1, 1};
    cr_assert_eq(normalizer_set(3, mean, std, &n), STATUS_OK);
    cr_assert_eq(batch_init(&b, 4, 3, 2, 1, false), STATUS_OK);
    cr_assert_eq(batch_sample(&r, &n, &rule, rng, &b), STATUS_SHAPE);
    batch_free(&b);
    normalizer_free(&n);
    replay_free(&r);
    replay_free(&empty);
}
