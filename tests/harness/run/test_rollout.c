#include "harness/run/rollout.h"
#include "tests/support/learner_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The fixture's toy: s' = tanh(s A + a B), reward s'.w + 1, over after lens[i] steps. */
struct toy {
    const struct h5 *f;
    int S, A, *length;
    double *state_map, *action_map, *weight, *first;
    double *state; /* (worlds,S) */
    int steps[16];
};

static enum status toy_reset(void *context, int e, const double **observation)
{
    struct toy *toy = context;
    double *s = toy->state + e * toy->S;
    memcpy(s, toy->first + e * toy->S, (size_t)toy->S * sizeof *s);
    toy->steps[e] = 0;
    *observation = s;
    return STATUS_OK;
}

static enum status toy_step(void *context, int e, const double *action, struct env_step *out,
                            const double **observation)
{
    struct toy *toy = context;
    double *s = toy->state + e * toy->S, next[32], reward = 1;
    for (int j = 0; j < toy->S; j++) {
        double sum = 0;
        for (int i = 0; i < toy->S; i++)
            sum += s[i] * toy->state_map[i * toy->S + j];
        for (int i = 0; i < toy->A; i++)
            sum += action[i] * toy->action_map[i * toy->S + j];
        next[j] = tanh(sum);
        reward += next[j] * toy->weight[j];
    }
    memcpy(s, next, (size_t)toy->S * sizeof *s);
    *out = (struct env_step){
        .reward = reward, .raw_reward = reward, .terminated = ++toy->steps[e] >= toy->length[e]};
    *observation = s;
    return STATUS_OK;
}

/* The published loop draws for a whole padded window; the last position's numbers are used. */
static void recorded_noise(const void *context, int e, int t, float *out)
{
    const struct toy *toy = context;
    const char *name = at("noise/%02d_draw", t);
    size_t n;
    float *x = fixture_floats(toy->f, name, &n);
    size_t worlds = (size_t)fixture_dim(toy->f, name, 0), A = (size_t)toy->A;
    size_t window = n / worlds;
    memcpy(out, x + ((size_t)e + 1) * window - A, A * sizeof *out);
    free(x);
}

static void check(const char *name)
{
    struct h5 f = fixture_open(name);
    struct hyper h = learner_fixture_hyper(&f);
    cr_assert_eq(hyper_set(&h, "rl_gradient", "none"), STATUS_OK);
    int S = fixture_int(&f, "sd"), A = fixture_int(&f, "ad");
    struct toy toy = {.f = &f, .S = S, .A = A};
    size_t worlds;
    toy.length = fixture_ints(&f, "env/lens", &worlds);
    toy.state_map = fixture_doubles(&f, "env/A_f64", NULL);
    toy.action_map = fixture_doubles(&f, "env/B_f64", NULL);
    toy.weight = fixture_doubles(&f, "env/w_f64", NULL);
    toy.first = fixture_doubles(&f, "env/s0_f64", NULL);
    toy.state = calloc(worlds * (size_t)S, sizeof *toy.state);
    h.expl_noise = fixture_config(&f, "expl_noise");

    struct normalizer normalizer;
    float *mean = fixture_floats(&f, "norm/state_mean", NULL);
    float *std = fixture_floats(&f, "norm/state_std", NULL);
    cr_assert_eq(normalizer_set(S, mean, std, &normalizer), STATUS_OK);
    struct dt *d = learner_fixture_new_sized(&f, &h, S, A);
    d->learner.normalizer = &normalizer;

    /* The file's target is the first token: already scaled. */
    double scale = fixture_config(&f, "reward_scale");
    struct rollout_world world = {S, A, toy_reset, toy_step, &toy};
    struct rollout_spec spec = {.mode = ACT_EXPLORE,
                                .target_return = fixture_config(&f, "target_return") / scale,
                                .rtg_scale = scale,
                                .max_steps = fixture_int(&f, "max_ep_len"),
                                .log_prob = d->stochastic,
                                .ends_terminal = true,
                                .noise = recorded_noise,
                                .noise_context = &toy};
    struct episode episode[16];
    cr_assert_eq(rollout(&d->learner, &world, (int)worlds, &spec, episode), STATUS_OK, "%s",
                 status_sentence());
    double *returns = fixture_doubles(&f, "f64/returns_f64", NULL);
    for (size_t e = 0; e < worlds; e++) {
        const struct trajectory *t = &episode[e].trajectory;
        size_t n;
        float *s = fixture_floats(&f, at("f64/traj/%zu/observations", e), NULL);
        float *a = fixture_floats(&f, at("f64/traj/%zu/actions", e), NULL);
        float *w = fixture_floats(&f, at("f64/traj/%zu/rewards", e), NULL);
        float *x = fixture_floats(&f, at("f64/traj/%zu/terminals", e), &n);
        cr_assert_eq(t->length, (int)n, "world %zu ran %d steps, not %zu", e, t->length, n);
        expect_close(at("observations %zu", e), t->state, s, n * (size_t)S, 1e-5, 0);
        expect_close(at("actions %zu", e), t->action, a, n * (size_t)A, 1e-5, 0);
        expect_close(at("rewards %zu", e), t->reward, w, n, 1e-5, 0);
        for (size_t i = 0; i < n; i++)
            cr_assert_eq(t->terminal[i], x[i] != 0, "terminal %zu of world %zu", i, e);
        expect_number(at("return %zu", e), episode[e].raw_return, returns[e], 1e-5, 0);
        if (d->stochastic) {
            float *p = fixture_floats(&f, at("f64/traj/%zu/action_log_probs", e), NULL);
            expect_close(at("log_prob %zu", e), t->log_prob, p, n, 5e-3, 0);
            free(p);
        }
        free(s);
        free(a);
        free(w);
        free(x);
        episode_free(&episode[e]);
    }
    free(returns);
    free(mean);
    free(std);
    free(toy.length);
    free(toy.state_map);
    free(toy.action_map);
    free(toy.weight);
    free(toy.first);
    free(toy.state);
    normalizer_free(&normalizer);
    learner_delete(&d->learner);
    h5_close(&f);
}

Test(rollout, of_a_deterministic_policy_equals_the_published)
{
    check("rollout_det");
}

Test(rollout, of_a_stochastic_policy_equals_the_published)
{
    check("rollout_stoc");
}
