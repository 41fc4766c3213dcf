#include "suites/env.h"
#include "suites/policy.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>

/* Scores that the specification gives for these policies, mean action, and for uniform actions
 * (from its mean returns); `spread` is the standard deviation over episodes, measured here over
 * 100. A few episodes must come within three standard errors; docs/environments.md has 100. */
static const struct {
    const char *env;
    bool random;
    double score, spread;
    int reference_episodes;
} runs[] = {{"pen", false, 110.8, 54, 100},        {"pen", true, -1.13, 6.9, 100},
            {"hammer", false, 127.0, 9.3, 100},    {"hammer", true, -0.010, 0.04, 100},
            {"door", false, 104.4, 0.7, 100},      {"door", true, -0.004, 0.027, 100},
            {"relocate", false, 104.2, 13.2, 100}, {"relocate", true, -0.011, 0.10, 100}};

enum { RUNS = sizeof runs / sizeof *runs, EPISODES = 5, MAX_ACTIONS = 30 };

static double play(struct env *e, const struct policy *p, double *scratch, uint64_t episode)
{
    struct rng rng = rng_at(2, RNG_TEST, episode);
    double action[MAX_ACTIONS], raw_return = 0;
    struct env_step step;
    cr_assert_eq(env_reset(e, rng_at(1, RNG_TEST, episode)), STATUS_OK, "%s", status_sentence());
    do {
        if (p != NULL)
            policy_act(p, env_observation(e), env_steps(e), NULL, scratch, action);
        for (int i = 0; p == NULL && i < env_kind(e)->act_dim; i++)
            action[i] = 2 * rng_uniform_double(&rng) - 1;
        cr_assert_eq(env_step(e, action, &step), STATUS_OK, "%s", status_sentence());
        raw_return += step.raw_reward;
    } while (!step.terminated && !step.truncated);
    return raw_return;
}

ParameterizedTestParameters(adroit_policies, score_what_they_should)
{
    static int index[RUNS];
    for (int i = 0; i < RUNS; i++)
        index[i] = i;
    return cr_make_param_array(int, index, RUNS);
}

ParameterizedTest(int *row, adroit_policies, score_what_they_should, .timeout = 60)
{
    struct policy *p = NULL;
    double *scratch = NULL;
    if (!runs[*row].random) {
        char path[FILE_PATH];
        fixture_shared(at("policies/%s_dapg.h5", runs[*row].env), path);
        cr_assert_eq(policy_read(path, &p), STATUS_OK, "%s", status_sentence());
        scratch = calloc((size_t)policy_scratch(p), sizeof *scratch);
    }
    struct env *e;
    cr_assert_eq(env_open(runs[*row].env, NULL, &e), STATUS_OK, "%s", status_sentence());
    double mean = 0;
    for (uint64_t episode = 0; episode < EPISODES; episode++)
        mean += score_normalise(env_kind(e)->score, play(e, p, scratch, episode)) / EPISODES;
    double error = runs[*row].spread * sqrt(1.0 / EPISODES + 1.0 / runs[*row].reference_episodes);
    expect_number(at("%s, %s: score", runs[*row].env, p != NULL ? "policy" : "random"), mean,
                  runs[*row].score, 0, 3 * error);
    free(scratch);
    policy_free(p);
    env_close(e);
}
