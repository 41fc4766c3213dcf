#include "engine/methods/value_critic.h"
#include "tests/support/dt_fixture.h"
#include "tests/support/learner_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The recordings say what AWR and PPO may differ by. */
#define VALUE_GRADIENT 1e-4
/* PPO's loss: log pi of a clamped action is z²/2 with z = 14, so that a float's rounding of mu
 * alone moves it by 2e-5 (and the published float run, recomputed in double precision, by 7e-5);
 * its own loss is 1.5e-6 off. */
#define RATIO_LOSS     1e-5

static struct hyper hyper_of(const struct h5 *f, const char *rl, bool stochastic)
{
    struct hyper h = learner_fixture_hyper(f);
    cr_assert_eq(hyper_set(&h, "rl_gradient", rl), STATUS_OK, "%s", status_sentence());
    if (stochastic)
        cr_assert_eq(hyper_set(&h, "policy", "squashed_gaussian"), STATUS_OK);
    h.sup_pretrain = 1;
    h.alpha_pretrain = 0.1;
    return h;
}

static float *copy_of(const struct dt *d)
{
    float *before = malloc(d->layout.size * sizeof *before);
    memcpy(before, d->actor.current.value, d->layout.size * sizeof *before);
    return before;
}

/* A critic step, then an actor step with everything compared. */
static void check_off_policy(const char *name, struct hyper (*configure)(const struct h5 *f),
                             const char *rl_entropy, const char *rl_sample)
{
    struct h5 f = fixture_open(name);
    struct hyper h = configure(&f);
    struct dt *d = learner_fixture_new(&f, &h);
    struct noise_names noise = {.f = &f};
    noise.name[DRAW_TARGET_SAMPLE] = "noise/00_critic_next_sample";
    noise.name[DRAW_ENTROPY] = "noise/01_loss_entropy";
    noise.name[DRAW_RL_ENTROPY] = rl_entropy;
    noise.name[DRAW_RL_SAMPLE] = rl_sample;
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(&f, "batch", &d->batch);
    float *before = copy_of(d);

    struct stats_sum stats = {{0}, {0}};
    cr_assert_eq(dt_critic_update(d, &d->batch, &stats), STATUS_OK, "%s", status_sentence());
    expect_number("critic_loss", stats_mean(&stats, LEARNER_loss_critic),
                  fixture_scalar(&f, "f64/critic_loss"), DT_FORWARD, 0);
    expect_critic(&f, "f64/critic_grad", d, d->critic_net.lanes.dtheta[0], DT_GRADIENT);
    expect_critic_change(&f, "f32/critic_after", "init/critic", d, d->critic_net.current.value);

    cr_assert_eq(dt_actor_update(d, &d->batch, NULL, &stats), STATUS_OK, "%s", status_sentence());
    expect_number("entropy", stats_mean(&stats, LEARNER_entropy),
                  fixture_scalar(&f, "f64/entropy_mean"), DT_ENTROPY, 0);
    expect_number("sup_loss", stats_mean(&stats, LEARNER_loss_supervised),
                  fixture_scalar(&f, "f64/sup_loss"), DT_ENTROPY, 0);
    expect_number("rl_loss", stats_mean(&stats, LEARNER_loss_rl), fixture_scalar(&f, "f64/rl_loss"),
                  DT_ENTROPY, 0);
    expect_number("loss", stats_mean(&stats, LEARNER_loss_actor), fixture_scalar(&f, "f64/loss"),
                  DT_ENTROPY, 0);
    dt_expect_gradient(&f, "f64/actor_grad", &d->layout, d->actor.lanes.dtheta[0], DT_GRADIENT);
    dt_expect_step(&f, "f32/actor_after", "f64/actor_grad", &d->layout, before,
                   d->actor.current.value);
    expect_number("log_temperature", d->log_temperature.value,
                  fixture_scalar(&f, "f64/log_temperature_after"), 1e-9, 0);
    free(before);
    learner_delete(&d->learner);
    h5_close(&f);
}

static struct hyper configure_sac(const struct h5 *f)
{
    return hyper_of(f, "sac", true);
}

Test(rl_sac, step_equals_the_published)
{
    check_off_policy("sac_actor", configure_sac, "noise/02_rl_entropy", "noise/03_rl_action");
}

static struct hyper configure_awac(const struct h5 *f)
{
    struct hyper h = hyper_of(f, "awac", true);
    /* -1: the option was omitted, which acts as soft target on, no softmax (D44). */
    int soft = fixture_int(f, "AWAC_soft_flag"), normalise = fixture_int(f, "AWAC_normalize_adv");
    h.awac_soft = soft < 0 ? 1 : soft;
    h.awac_normalise = normalise > 0;
    h.inv_temp_beta = fixture_config(f, "AWAC_beta");
    h.weight_clip = 20;
    return h;
}

Test(rl_awac, step_with_options_omitted_equals_the_published)
{
    check_off_policy("awac_actor", configure_awac, "noise/03_rl_entropy", "noise/02_rl_sample");
}

Test(rl_awac, step_with_softmax_weights_equals_the_published)
{
    check_off_policy("awac_soft0_norm", configure_awac, "noise/03_rl_entropy",
                     "noise/02_rl_sample");
}

Test(rl_awac, step_with_entropy_in_the_actor_equals_the_published)
{
    check_off_policy("awac_soft2", configure_awac, "noise/03_rl_entropy", "noise/02_rl_sample");
}

static void check_iql(const char *name, bool stochastic)
{
    struct h5 f = fixture_open(name);
    struct hyper h = hyper_of(&f, "iql", stochastic);
    h.n_value_nets = 1;
    h.expectile = fixture_config(&f, "expectile");
    h.inv_temp_beta = fixture_config(&f, "beta");
    h.weight_clip = fixture_config(&f, "exp_adv_max");
    h.entropy_reg = 0;
    struct dt *d = learner_fixture_new(&f, &h);
    struct noise_names noise = {.f = &f};
    noise.name[DRAW_ENTROPY] = "noise/00_loss_entropy";
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(&f, "batch", &d->batch);
    float *before = copy_of(d);

    struct stats_sum stats = {{0}, {0}};
    size_t N = (size_t)d->batch.B * (size_t)d->batch.K;
    cr_assert_eq(dt_critic_update(d, &d->batch, &stats), STATUS_OK, "%s", status_sentence());
    float *advantage = fixture_floats(&f, "f64/adv", NULL);
    expect_close("adv", rl_q_state(d)->per_step, advantage, N, DT_FORWARD, 0);
    free(advantage);
    expect_number("v_loss", stats_mean(&stats, LEARNER_loss_value),
                  fixture_scalar(&f, "f64/v_loss"), DT_FORWARD, 0);
    expect_number("critic_loss", stats_mean(&stats, LEARNER_loss_critic),
                  fixture_scalar(&f, "f64/critic_loss"), DT_FORWARD, 0);
    expect_critic(&f, "f64/critic_grad", d, d->critic_net.lanes.dtheta[0], DT_GRADIENT);
    expect_critic_change(&f, "f32/critic_after", "init/critic", d, d->critic_net.current.value);

    cr_assert_eq(dt_actor_update(d, &d->batch, NULL, &stats), STATUS_OK, "%s", status_sentence());
    double loose = stochastic ? DT_ENTROPY : DT_FORWARD;
    expect_number("rl_loss", stats_mean(&stats, LEARNER_loss_rl), fixture_scalar(&f, "f64/rl_loss"),
                  DT_FORWARD, 0);
    expect_number("loss", stats_mean(&stats, LEARNER_loss_actor), fixture_scalar(&f, "f64/loss"),
                  loose, 0);
    dt_expect_gradient(&f, "f64/actor_grad", &d->layout, d->actor.lanes.dtheta[0], DT_GRADIENT);
    dt_expect_step(&f, "f32/actor_after", "f64/actor_grad", &d->layout, before,
                   d->actor.current.value);
    free(before);
    learner_delete(&d->learner);
    h5_close(&f);
}

Test(rl_iql, step_of_a_deterministic_policy_equals_the_published)
{
    check_iql("iql_dt", false);
}

Test(rl_iql, step_of_a_stochastic_policy_equals_the_published)
{
    check_iql("iql_dt_stoc", true);
}

/* --- PPO and AWR: trajectories, targets, steps ------------------------------------------------ */

static struct replay online_replay(const struct h5 *f, const struct dt *d)
{
    struct replay r;
    int S = d->learner.S, A = d->learner.A;
    cr_assert_eq(replay_init(&r, S, A, REPLAY_UNBOUNDED), STATUS_OK);
    for (int i = 0; h5_has(f, at("online_traj/%d", i)); i++) {
        int L = fixture_dim(f, at("online_traj/%d/rewards", i), 0);
        float *s = fixture_floats(f, at("online_traj/%d/observations", i), NULL);
        float *n = fixture_floats(f, at("online_traj/%d/next_observations", i), NULL);
        float *a = fixture_floats(f, at("online_traj/%d/actions", i), NULL);
        float *w = fixture_floats(f, at("online_traj/%d/rewards", i), NULL);
        float *e = fixture_floats(f, at("online_traj/%d/terminals", i), NULL);
        uint8_t *terminal = malloc((size_t)L);
        for (int k = 0; k < L; k++)
            terminal[k] = e[k] != 0;
        struct trajectory t;
        cr_assert_eq(trajectory_new(L, S, A, s, n, a, w, terminal, NULL, 0, &t), STATUS_OK);
        cr_assert_eq(replay_add(&r, &t), STATUS_OK);
        free(s);
        free(n);
        free(a);
        free(w);
        free(e);
        free(terminal);
    }
    return r;
}

/* The normaliser of the file; the published V targets add 1e-8 to std once more. */
static struct normalizer normalizer_of(const struct h5 *f, int S)
{
    struct normalizer n;
    float *mean = fixture_floats(f, "norm/state_mean", NULL);
    float *std = fixture_floats(f, "norm/state_std", NULL);
    cr_assert_eq(normalizer_set(S, mean, std, &n), STATUS_OK, "%s", status_sentence());
    free(mean);
    free(std);
    return n;
}

static void expect_targets(const struct h5 *f, const struct dt *d, const struct replay *online)
{
    for (int i = 0; i < online->count; i++) {
        int L = online->item[i].length;
        double *want = fixture_doubles(f, at("f64/td_lambda/%d/target_f64", i), NULL);
        double *old = fixture_doubles(f, at("f64/td_lambda/%d/old_V", i), NULL);
        double *got = malloc((size_t)L * sizeof *got), *v = malloc((size_t)L * sizeof *v);
        for (int k = 0; k < L; k++) {
            got[k] = (double)value_state(d)->target[i][k];
            v[k] = (double)value_state(d)->old_v[i][k];
        }
        expect_close_double(at("target of trajectory %d", i), got, want, (size_t)L, DT_FORWARD, 0);
        expect_close_double(at("V of trajectory %d", i), v, old, (size_t)L, DT_FORWARD, 0);
        free(want);
        free(old);
        free(got);
        free(v);
    }
}

static void release(struct dt *d, struct replay *online, struct normalizer *n, float *before)
{
    replay_free(online);
    normalizer_free(n);
    free(before);
    learner_delete(&d->learner);
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

/* The quantiles of the log ratios over real steps, by sorting. */
static void expect_ratios(const struct dt *d, const struct stats_sum *stats)
{
    static const struct {
        enum learner_metric metric;
        size_t percent;
    } quantiles[] = {
        {LEARNER_ratio_log_p05, 5}, {LEARNER_ratio_log_p50, 50}, {LEARNER_ratio_log_p95, 95}};
    size_t N = (size_t)d->online.B * (size_t)d->online.K, n = 0;
    float *sorted = malloc(N * sizeof *sorted);
    for (size_t i = 0; i < N; i++) {
        if (d->online.mask[i] != 0)
            sorted[n++] = value_state(d)->log_ratio[i];
    }
    qsort(sorted, n, sizeof *sorted, ascending);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(stats_mean(stats, quantiles[i].metric),
                     (double)sorted[(n - 1) * quantiles[i].percent / 100]);
    free(sorted);
}

Test(rl_ppo, step_equals_the_published)
{
    struct h5 f = fixture_open("ppo_actor");
    struct hyper h = hyper_of(&f, "ppo", true);
    h.n_critics = 0;
    h.n_value_nets = 1;
    h.ppo_clip = fixture_config(&f, "eps_clip");
    h.gae_lambda = fixture_config(&f, "td_lambda");
    h.entropy_reg = 0; /* the fixture was made with the flag off */
    h.sup_online = fixture_config(&f, "sup");
    h.alpha_online = fixture_config(&f, "rl");
    struct dt *d = learner_fixture_new(&f, &h);
    struct normalizer n = normalizer_of(&f, d->learner.S);
    d->learner.normalizer = &n;
    cr_assert_eq(learner_begin(&d->learner, LEARNER_ONLINE), STATUS_OK);
    struct replay online = online_replay(&f, d);
    cr_assert_eq(value_targets(d, &online), STATUS_OK, "%s", status_sentence());
    expect_targets(&f, d, &online);

    struct noise_names noise = {.f = &f};
    noise.name[DRAW_ENTROPY] = "noise/00_sup_entropy";
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(&f, "offline_batch", &d->batch);
    learner_fixture_batch(&f, "online_batch", &d->online);
    int *slot = fixture_ints(&f, "online_batch/traj_index", NULL);
    int *start = fixture_ints(&f, "online_batch/start_index", NULL);
    memcpy(d->online.trajectory, slot, (size_t)d->online.B * sizeof *slot);
    memcpy(d->online.start, start, (size_t)d->online.B * sizeof *start);
    float *before = copy_of(d);

    struct stats_sum stats = {{0}, {0}};
    cr_assert_eq(dt_actor_update(d, &d->batch, &d->online, &stats), STATUS_OK, "%s",
                 status_sentence());
    size_t N = (size_t)d->online.B * (size_t)d->online.K;
    float *target = fixture_floats(&f, "online_batch/target_V", NULL);
    expect_close("target_V", value_state(d)->batch_target, target, N, DT_FORWARD, 0);
    expect_number("rl_loss", stats_mean(&stats, LEARNER_loss_rl), fixture_scalar(&f, "f64/rl_loss"),
                  RATIO_LOSS, 0);
    expect_number("sup_loss", stats_mean(&stats, LEARNER_loss_supervised),
                  fixture_scalar(&f, "f64/sup_loss"), DT_ENTROPY, 0);
    dt_expect_gradient(&f, "f64/actor_grad", &d->layout, d->actor.lanes.dtheta[0], VALUE_GRADIENT);
    dt_expect_step(&f, "f32/actor_after", "f64/actor_grad", &d->layout, before,
                   d->actor.current.value);

    cr_assert_eq(d->rl->after_actor(d, &d->online, &stats), STATUS_OK, "%s", status_sentence());
    expect_ratios(d, &stats);
    expect_number("critic_loss", stats_mean(&stats, LEARNER_loss_value),
                  fixture_scalar(&f, "f64/critic_loss"), DT_FORWARD, 0);
    expect_critic(&f, "f64/critic_grad", d, d->critic_net.lanes.dtheta[0], DT_GRADIENT);
    expect_critic_change(&f, "f32/critic_after", "init/critic", d, d->critic_net.current.value);
    free(slot);
    free(start);
    free(target);
    release(d, &online, &n, before);
    h5_close(&f);
}

static void check_awr(const char *name)
{
    struct h5 f = fixture_open(name);
    struct hyper h = hyper_of(&f, "awr", true);
    h.n_critics = 0;
    h.n_value_nets = 1;
    h.gae_lambda = fixture_config(&f, "td_lambda");
    h.inv_temp_beta = fixture_config(&f, "awr_beta");
    h.weight_clip = fixture_config(&f, "awr_weight_max");
    h.rl_normalized = fixture_int(&f, "awr_normalize");
    h.entropy_reg = 0; /* the fixture was made with the flag off */
    h.sup_online = fixture_config(&f, "sup");
    h.alpha_online = fixture_config(&f, "rl");
    struct dt *d = learner_fixture_new(&f, &h);
    struct normalizer n = normalizer_of(&f, d->learner.S);
    d->learner.normalizer = &n;
    cr_assert_eq(learner_begin(&d->learner, LEARNER_ONLINE), STATUS_OK);
    struct replay online = online_replay(&f, d);

    /* V first, on its own batch and the targets recorded with it. */
    struct stats_sum stats = {{0}, {0}};
    learner_fixture_batch(&f, "online_batch", &d->online);
    float *target = fixture_floats(&f, "online_batch/target_V", NULL);
    cr_assert_eq(value_regress(d, &d->online, target, true, &stats), STATUS_OK, "%s",
                 status_sentence());
    expect_number("critic_loss", stats_mean(&stats, LEARNER_loss_value),
                  fixture_scalar(&f, "f64/critic_loss"), DT_FORWARD, 0);
    expect_critic(&f, "f64/critic_grad", d, d->critic_net.lanes.dtheta[0], DT_GRADIENT);
    expect_critic_change(&f, "f32/critic_after", "init/critic", d, d->critic_net.current.value);
    cr_assert_eq(value_targets(d, &online), STATUS_OK, "%s", status_sentence());
    expect_targets(&f, d, &online);

    struct noise_names noise = {.f = &f};
    noise.name[DRAW_ENTROPY] = "noise/00_sup_entropy";
    noise.name[DRAW_RL_ENTROPY] = "noise/01_rl_entropy";
    learner_fixture_noise(d, &noise);
    learner_fixture_batch(&f, "offline_batch", &d->batch);
    learner_fixture_batch(&f, "online_batch_actor", &d->online);
    int *slot = fixture_ints(&f, "online_batch_actor/traj_index", NULL);
    int *start = fixture_ints(&f, "online_batch_actor/start_index", NULL);
    memcpy(d->online.trajectory, slot, (size_t)d->online.B * sizeof *slot);
    memcpy(d->online.start, start, (size_t)d->online.B * sizeof *start);
    float *before = copy_of(d);
    cr_assert_eq(dt_actor_update(d, &d->batch, &d->online, &stats), STATUS_OK, "%s",
                 status_sentence());
    expect_number("rl_loss", stats_mean(&stats, LEARNER_loss_rl), fixture_scalar(&f, "f64/rl_loss"),
                  DT_ENTROPY, 0);
    expect_number("sup_loss", stats_mean(&stats, LEARNER_loss_supervised),
                  fixture_scalar(&f, "f64/sup_loss"), DT_ENTROPY, 0);
    dt_expect_gradient(&f, "f64/actor_grad", &d->layout, d->actor.lanes.dtheta[0], VALUE_GRADIENT);
    dt_expect_step(&f, "f32/actor_after", "f64/actor_grad", &d->layout, before,
                   d->actor.current.value);
    free(target);
    free(slot);
    free(start);
    release(d, &online, &n, before);
    h5_close(&f);
}

Test(rl_awr, step_equals_the_published)
{
    check_awr("awr_actor");
}

Test(rl_awr, step_with_standardised_advantages_equals_the_published)
{
    check_awr("awr_actor_norm");
}
