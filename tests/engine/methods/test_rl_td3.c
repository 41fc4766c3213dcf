#include "engine/methods/rl_shared.h"
#include "tests/support/dt_fixture.h"
#include "tests/support/learner_fixture.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct hyper hyper_of(const struct h5 *f, const char *rl)
{
    struct hyper h = learner_fixture_hyper(f);
    cr_assert_eq(hyper_set(&h, "rl_gradient", rl), STATUS_OK, "%s", status_sentence());
    return h;
}

static struct noise_names no_noise(const struct h5 *f)
{
    return (struct noise_names){.f = f};
}

/* --- critic steps --------------------------------------------------------------------------- */

static void check_critic(const char *name)
{
    struct h5 f = fixture_open(name);
    struct hyper h = hyper_of(&f, "td3");
    struct dt *d = learner_fixture_new(&f, &h);
    struct noise_names noise = no_noise(&f);
    noise.name[DRAW_TARGET_NOISE] = d->stochastic ? "noise/01_target_smoothing"
                                                  : "noise/00_target_smoothing";
    noise.name[DRAW_TARGET_SAMPLE] = d->stochastic ? "noise/00_target_policy_sample" : NULL;
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(&f, "batch", &d->batch);

    struct stats_sum stats = {{0}, {0}};
    cr_assert_eq(dt_critic_update(d, &d->batch, &stats), STATUS_OK, "%s", status_sentence());
    size_t N = (size_t)d->batch.B * (size_t)d->batch.K;
    float *action = fixture_floats(&f, "f64/q_target_action", NULL);
    float *y = fixture_floats(&f, "f64/q_backup", NULL);
    expect_close("q_target_action", rl_q_state(d)->next_action, action, N * (size_t)d->learner.A,
                 DT_FORWARD, 0);
    expect_close("q_backup", rl_q_state(d)->y, y, N, DT_FORWARD, 0);
    expect_number("critic_loss", stats_mean(&stats, LEARNER_loss_critic),
                  fixture_scalar(&f, "f64/critic_loss"), DT_FORWARD, 0);
    expect_critic(&f, "f64/critic_grad", d, d->critic_net.lanes.dtheta[0], DT_GRADIENT);
    expect_critic_change(&f, "f32/critic_after", "init/critic", d, d->critic_net.current.value);
    params_polyak(d->critic_net.target.value, d->critic_net.current.value, (float)h.tau,
                  d->critic.layout.size);
    expect_critic(&f, "f64/critic_target_after_soft_update", d, d->critic_net.target.value, 1e-6);
    free(action);
    free(y);
    learner_delete(&d->learner);
    h5_close(&f);
}

Test(rl_td3, critic_step_with_layernorm_equals_the_published)
{
    check_critic("td3_critic_ln");
}

Test(rl_td3, critic_step_without_layernorm_equals_the_published)
{
    check_critic("td3_critic_noln");
}

Test(rl_td3, critic_step_of_one_step_windows_equals_the_published)
{
    check_critic("td3_critic_k1");
}

Test(rl_td3, critic_step_of_a_stochastic_policy_equals_the_published)
{
    check_critic("td3_critic_stoc");
}

/* --- actor steps ---------------------------------------------------------------------------- */

/* Both targets follow the networks; the file holds the small tensors. */
static void expect_actor_target(const struct h5 *f, const char *group, const struct dt *d)
{
    for (int i = 0; h5_has(f, group) && i < d->layout.count; i++) {
        const struct view *v = &d->layout.views[i];
        float *want = dt_tensor(f, group, v);
        if (want != NULL)
            expect_close(at("%s %s", group, v->name), d->actor.target.value + v->offset, want,
                         view_size(v), 1e-6, 0);
        free(want);
    }
}

static void check_actor_case(const struct h5 *f, const char *group, double sup, double rl,
                             bool normalized)
{
    if (!h5_has(f, at("f64/%s", group)))
        return;
    struct hyper h = hyper_of(f, "td3");
    h.sup_pretrain = sup;
    h.alpha_pretrain = rl;
    h.rl_normalized = normalized;
    h.entropy_reg = 0; /* the stochastic fixture was made with the flag off */
    struct dt *d = learner_fixture_new(f, &h);
    struct noise_names noise = no_noise(f);
    noise.name[DRAW_ENTROPY] = "noise/00_entropy";
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(f, "batch", &d->batch);
    float *before = malloc(d->layout.size * sizeof *before);
    memcpy(before, d->actor.current.value, d->layout.size * sizeof *before);

    struct stats_sum stats = {{0}, {0}};
    cr_assert_eq(dt_actor_update(d, &d->batch, NULL, &stats), STATUS_OK, "%s", status_sentence());
    double loose = d->stochastic || normalized ? DT_ENTROPY : DT_FORWARD;
    expect_number(at("%s loss", group), stats_mean(&stats, LEARNER_loss_actor),
                  fixture_scalar(f, at("f64/%s/loss", group)), loose, 0);
    if (sup != 0)
        expect_number(at("%s sup_loss", group), stats_mean(&stats, LEARNER_loss_supervised),
                      fixture_scalar(f, at("f64/%s/sup_loss", group)), loose, 0);
    if (rl != 0)
        expect_number(at("%s rl_loss", group), stats_mean(&stats, LEARNER_loss_rl),
                      fixture_scalar(f, at("f64/%s/rl_loss", group)), DT_FORWARD, 0);
    expect_number(at("%s grad_norm", group), stats_mean(&stats, LEARNER_grad_norm_actor),
                  fixture_scalar(f, at("f64/%s/grad_norm", group)), DT_GRADIENT, 0);
    dt_expect_gradient(f, at("f64/%s/actor_grad", group), &d->layout, d->actor.lanes.dtheta[0],
                       DT_GRADIENT);
    if (h5_has(f, at("f32/%s/actor_after", group)))
        dt_expect_step(f, at("f32/%s/actor_after", group), at("f64/%s/actor_grad", group),
                       &d->layout, before, d->actor.current.value);
    if (h5_has(f, at("f64/%s/log_temperature_after", group)))
        expect_number("log_temperature", d->log_temperature.value,
                      fixture_scalar(f, at("f64/%s/log_temperature_after", group)), 1e-9, 0);
    if (h5_has(f, at("f32/%s/critic_target_after", group)))
        expect_critic(f, at("f32/%s/critic_target_after", group), d, d->critic_net.target.value,
                      1e-6);
    expect_actor_target(f, at("f32/%s/actor_target_after", group), d);
    free(before);
    learner_delete(&d->learner);
}

static void check_actor(const char *name)
{
    struct h5 f = fixture_open(name);
    check_actor_case(&f, "sup1_rl0.1", 1, 0.1, false);
    check_actor_case(&f, "sup0_rl0.1", 0, 0.1, false);
    check_actor_case(&f, "sup1_rl0", 1, 0, false);
    check_actor_case(&f, "sup1_rl0.1_normalized", 1, 0.1, true);
    h5_close(&f);
}

Test(rl_td3, actor_step_equals_the_published)
{
    check_actor("td3_actor");
}

Test(rl_td3, actor_step_without_layernorm_equals_the_published)
{
    check_actor("td3_actor_noln");
}

Test(rl_td3, actor_step_of_one_step_windows_equals_the_published)
{
    check_actor("td3_actor_k1");
}

Test(rl_td3, actor_step_of_a_stochastic_policy_equals_the_published)
{
    check_actor("td3_actor_stoc");
}

Test(rl_td3, ddpg_is_one_critic_without_noise_or_delay)
{
    struct h5 f = fixture_open("ddpg");
    struct hyper h = hyper_of(&f, "ddpg");
    h.n_critics = 1;
    h.policy_noise = h.noise_clip = 0;
    h.sup_pretrain = 1;
    h.alpha_pretrain = 0.1;
    struct dt *d = learner_fixture_new(&f, &h);
    struct noise_names noise = no_noise(&f);
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(&f, "batch", &d->batch);
    float *before = malloc(d->layout.size * sizeof *before);
    memcpy(before, d->actor.current.value, d->layout.size * sizeof *before);

    struct stats_sum stats = {{0}, {0}};
    cr_assert_eq(dt_critic_update(d, &d->batch, &stats), STATUS_OK, "%s", status_sentence());
    expect_number("critic_loss", stats_mean(&stats, LEARNER_loss_critic),
                  fixture_scalar(&f, "f64/critic_loss"), DT_FORWARD, 0);
    expect_critic(&f, "f64/critic_grad", d, d->critic_net.lanes.dtheta[0], DT_GRADIENT);
    expect_critic_change(&f, "f32/critic_after", "init/critic", d, d->critic_net.current.value);
    cr_assert_eq(dt_actor_update(d, &d->batch, NULL, &stats), STATUS_OK, "%s", status_sentence());
    expect_number("rl_loss", stats_mean(&stats, LEARNER_loss_rl), fixture_scalar(&f, "f64/rl_loss"),
                  DT_FORWARD, 0);
    expect_number("sup_loss", stats_mean(&stats, LEARNER_loss_supervised),
                  fixture_scalar(&f, "f64/sup_loss"), DT_FORWARD, 0);
    dt_expect_gradient(&f, "f64/actor_grad", &d->layout, d->actor.lanes.dtheta[0], DT_GRADIENT);
    dt_expect_step(&f, "f32/actor_after", "f64/actor_grad", &d->layout, before,
                   d->actor.current.value);
    free(before);
    learner_delete(&d->learner);
    h5_close(&f);
}

/* --- the `paper` preset where it differs ----------------------------------------------------- */

/* D6: the paper's squared norm is A times the code's mean over dimensions. */
Test(rl_td3, supervised_loss_sums_over_dimensions_in_the_paper_preset)
{
    struct h5 f = fixture_open("td3_actor");
    double loss[2];
    for (int paper = 0; paper < 2; paper++) {
        struct hyper h = hyper_of(&f, "td3");
        h.alpha_pretrain = 0;
        cr_assert_eq(hyper_set(&h, "sup_loss_dims", paper ? "sum" : "mean"), STATUS_OK);
        struct dt *d = learner_fixture_new(&f, &h);
        learner_fixture_batch(&f, "batch", &d->batch);
        struct stats_sum stats = {{0}, {0}};
        cr_assert_eq(dt_actor_update(d, &d->batch, NULL, &stats), STATUS_OK);
        loss[paper] = stats_mean(&stats, LEARNER_loss_supervised);
        learner_delete(&d->learner);
    }
    expect_number("sum over mean", loss[1] / loss[0], fixture_int(&f, "ad"), 1e-12, 0);
    h5_close(&f);
}

/* D7: divided by real positions instead of B K; D34: padding masked in the target's pass, so that
 * garbage there changes nothing. */
Test(rl_td3, critic_of_the_paper_preset_ignores_padding)
{
    struct h5 f = fixture_open("td3_critic_ln");
    double loss[3];
    float *y[3];
    size_t N = 0;
    for (int i = 0; i < 3; i++) {
        struct hyper h = hyper_of(&f, "td3");
        bool paper = i > 0;
        h.target_padding_masked = paper;
        cr_assert_eq(hyper_set(&h, "critic_loss_denominator", paper ? "valid" : "all"), STATUS_OK);
        struct dt *d = learner_fixture_new(&f, &h);
        struct noise_names noise = no_noise(&f);
        noise.name[DRAW_TARGET_NOISE] = "noise/00_target_smoothing";
        learner_fixture_noise(d, &noise);
        learner_fixture_batch(&f, "batch", &d->batch);
        N = (size_t)d->batch.B * (size_t)d->batch.K;
        for (size_t p = 0; i == 2 && p < N; p++) {
            for (int s = 0; s < d->batch.S && d->batch.mask[p] == 0; s++)
                d->batch.next_state[p * (size_t)d->batch.S + (size_t)s] = 7;
        }
        struct stats_sum stats = {{0}, {0}};
        cr_assert_eq(dt_critic_update(d, &d->batch, &stats), STATUS_OK, "%s", status_sentence());
        loss[i] = stats_mean(&stats, LEARNER_loss_critic);
        y[i] = malloc(N * sizeof **y);
        for (size_t p = 0; p < N; p++)
            y[i][p] = d->batch.mask[p] != 0 ? rl_q_state(d)->y[p] : 0;
        learner_delete(&d->learner);
    }
    cr_assert_neq(loss[1], loss[0]);
    cr_assert_eq(loss[2], loss[1]);
    cr_assert_arr_eq(y[1], y[2], N * sizeof **y);
    /* Windows without padding see the same under both presets; the last step of each, too. */
    int same = 0, differ = 0;
    for (size_t p = 0; p < N; p++) {
        same += y[0][p] == y[1][p];
        differ += y[0][p] != y[1][p];
    }
    cr_assert_gt(same, 0);
    cr_assert_gt(differ, 0);
    for (int i = 0; i < 3; i++)
        free(y[i]);
    h5_close(&f);
}
