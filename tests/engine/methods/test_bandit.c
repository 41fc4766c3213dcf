#include "engine/methods/bandit.h"

#include "engine/base/rng.h"
#include "suites/bandit.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static struct bandit_result *run(enum bandit_method method, bool sees_return, uint64_t seed,
                                 double left_end)
{
    struct bandit_spec spec = {.method = method,
                               .critic_sees_return = sees_return,
                               .sup_weight = 0.02,
                               .run = rng_key_mix(rng_key("bandit"), seed),
                               .data = {{-1, left_end}, {0.5, 1}},
                               .reward = bandit_reward};
    struct bandit_result *out = calloc(1, sizeof *out);
    cr_assert_eq(bandit_run(&spec, out), STATUS_OK, "%s", status_sentence());
    return out;
}

static double last_mean(enum bandit_method method, bool sees_return, uint64_t seed, double left_end)
{
    struct bandit_result *r = run(method, sees_return, seed, left_end);
    double sum = 0;
    for (int i = 0; i < BANDIT_ACTIONS; i++)
        sum += r->record[BANDIT_ROLLOUTS - 1].reward[i] / BANDIT_ACTIONS;
    free(r);
    return sum;
}

Test(bandit, reward_peaks_where_the_data_is_not)
{
    cr_assert_eq(bandit_reward(0), 1);
    cr_assert_float_eq(bandit_reward(-0.95), 0.0025, 1e-12);
    cr_assert_eq(bandit_reward(0.5), 0);
    cr_assert_eq(bandit_reward(7), -1);
}

Test(bandit, steps_are_those_of_the_figure)
{
    struct bandit_result *r = run(BANDIT_DDPG_ODT, true, 1, -0.95);
    int at = 20;
    for (int n = 0; n < BANDIT_ROLLOUTS; n++) {
        cr_assert_eq(r->record[n].gradient_steps, at, "rollout %d", n);
        at += 2 * (n + 1) + 4;
    }
    cr_assert_eq(r->record[BANDIT_ROLLOUTS - 1].gradient_steps, 320);
    cr_assert_eq(r->total_steps, 356);
    free(r);
}

Test(bandit, network_gradients_match_differences)
{
    for (int in = 1; in <= 2; in++) {
        struct bandit_net *n = calloc(1, sizeof *n);
        struct rng rng = rng_at(3, RNG_TEST, (uint64_t)in);
        n->in = in;
        n->tanh = in == 1;
        for (int i = 0; i < BANDIT_PARAMETERS; i++)
            n->theta[i] = 0.1 * rng_normal_double(&rng);
        double x[2] = {0.7, -0.3}, h = 1e-6;
        bandit_forward(n, x);
        double dx = bandit_backward(n, 1.5, in - 1);
        x[in - 1] += h;
        double up = bandit_forward(n, x);
        x[in - 1] -= 2 * h;
        double down = bandit_forward(n, x);
        x[in - 1] += h;
        cr_assert_float_eq(dx, 1.5 * (up - down) / (2 * h), 1e-6);
        int size = BANDIT_WIDTH * in + BANDIT_WIDTH * (BANDIT_WIDTH + 3) + 1;
        for (int k = 0; k < 400; k++) {
            int i = k < 3 ? size - 1 - k : (int)rng_below(&rng, (uint32_t)size);
            double kept = n->theta[i];
            n->theta[i] = kept + h;
            up = bandit_forward(n, x);
            n->theta[i] = kept - h;
            down = bandit_forward(n, x);
            n->theta[i] = kept;
            cr_assert_float_eq(n->gradient[i], 1.5 * (up - down) / (2 * h), 1e-6, "parameter %d",
                               i);
        }
        free(n);
    }
}

Test(bandit, same_seed_gives_the_same_bits_and_another_does_not)
{
    struct bandit_result *a = run(BANDIT_DDPG, false, 5, -0.95),
                         *b = run(BANDIT_DDPG, false, 5, -0.95),
                         *c = run(BANDIT_DDPG, false, 6, -0.95);
    for (int n = 0; n < BANDIT_ROLLOUTS; n++) {
        cr_assert_arr_eq(a->record[n].action, b->record[n].action, sizeof a->record[n].action);
        cr_assert_arr_eq(a->record[n].critic, b->record[n].critic, sizeof a->record[n].critic);
    }
    cr_assert_neq(a->record[3].action[0], c->record[3].action[0]);
    free(a);
    free(b);
    free(c);
}

/* Return-conditioned supervised learning never finds the peak; with the interval as printed
 * (-1, 0.95) there is nothing to find (D1). */
Test(bandit, odt_stays_with_its_data)
{
    for (uint64_t seed = 1; seed <= 6; seed++)
        cr_assert_lt(last_mean(BANDIT_ODT, false, seed, -0.95), 0.1, "seed %d", (int)seed);
    double covered = 0;
    for (uint64_t seed = 1; seed <= 6; seed++)
        covered += last_mean(BANDIT_ODT, false, seed, 0.95) / 6;
    cr_assert_gt(covered, 0.7);
}

/* The reference share is about one half; 0 or 24 of 24 would be a one in ten million accident. */
Test(bandit, ddpg_finds_the_peak_with_about_every_second_seed)
{
    int found = 0;
    for (uint64_t seed = 1; seed <= 24; seed++)
        found += last_mean(BANDIT_DDPG, false, seed, -0.95) > 0.9;
    cr_assert(found > 2 && found < 22, "%d of 24", found);
}
