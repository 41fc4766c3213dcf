/* The reader of policies on any bytes: it may refuse the file, with a sentence, and nothing else.
 * What it accepts has sizes that fit together and can act: within [-1,1], or a NaN, which the
 * environment refuses. tests/suites/test_fuzz_policy.c replays the corpus. */
#include "engine/base/rng.h"
#include "suites/policy.h"
#include "tests/fuzz/taster.h"

#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *policy_path(void)
{
    static char path[FILE_PATH];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "%.900s/policy.h5", scratch_folder());
    return path;
}

static void act(const struct policy *p, struct rng *rng)
{
    int S = policy_obs_dim(p), A = policy_act_dim(p);
    double *observation = calloc((size_t)S + 1, sizeof *observation);
    double *action = calloc((size_t)A, sizeof *action);
    double *work = calloc((size_t)policy_scratch(p), sizeof *work);
    expect(observation != NULL && action != NULL && work != NULL);
    for (int i = 0; i < S; i++)
        observation[i] = 0.5 * i - 1;
    policy_act(p, observation, 7, rng, work, action);
    for (int i = 0; i < A; i++)
        expect(isnan(action[i]) || (action[i] >= -1 && action[i] <= 1));
    free(observation);
    free(action);
    free(work);
}

static void try_policy(void)
{
    struct policy *p;
    if (policy_read(policy_path(), &p) != STATUS_OK) {
        expect(*status_sentence() != '\0');
        return;
    }
    struct rng rng = rng_at(1, RNG_TEST, 0);
    expect(policy_obs_dim(p) >= 0 && policy_act_dim(p) > 0 && policy_env(p) != NULL);
    act(p, NULL);
    if (policy_is_stochastic(p))
        act(p, &rng);
    policy_free(p);
}

static void eat(void)
{
    look_through(policy_path());
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    guard_disarm(); /* what has been tasted is read in place */
    write_input(policy_path(), data, size);
    if (taste(eat))
        try_policy();
    return 0;
}
