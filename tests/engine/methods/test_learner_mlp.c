#include "engine/methods/learner_mlp.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GRADIENT 1e-5
#define LOSS     2e-6

/* A tensor of the fixture into (or against) a view. `net` is our prefix ("actor", "q1"), `layer`
 * counts from 1; `pattern` makes the published name. */
typedef void with_tensor(const struct h5 *f, const char *path, const struct view *v, float *theta);

static void load(const struct h5 *f, const char *path, const struct view *v, float *theta)
{
    size_t n;
    float *x = fixture_floats(f, path, &n);
    cr_assert_eq(n, view_size(v), "%s", path);
    memcpy(theta + v->offset, x, n * sizeof *x);
    free(x);
}

static void expect_gradient(const struct h5 *f, const char *path, const struct view *v,
                            float *theta)
{
    if (!h5_has(f, path))
        return;
    float *x = fixture_floats(f, path, NULL);
    expect_close(path, theta + v->offset, x, view_size(v), GRADIENT, 0);
    free(x);
}

/* A parameter after Adam steps: within 5 % of a step of 3e-4 where a gradient is rounding noise. */
static void expect_after(const struct h5 *f, const char *path, const struct view *v, float *theta)
{
    if (!h5_has(f, path))
        return;
    float *x = fixture_floats(f, path, NULL);
    double square = 0;
    size_t n = view_size(v);
    for (size_t i = 0; i < n; i++)
        square += pow((double)theta[v->offset + i] - (double)x[i], 2) / (double)n;
    cr_assert_leq(sqrt(square), 2e-3 * 3e-4 + 1e-7, "%s: rms %g", path, sqrt(square));
    free(x);
}

/* td3bc.h5: actor l1..l3, critic l1..l3 and l4..l6. iql_mlp.h5: net.net.0/2/4 and the like. */
static void each(const struct h5 *f, const char *group, const char *pattern, int first, int stride,
                 const struct layout *l, const char *net, float *theta, with_tensor *what)
{
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        char prefix[32], leaf[16], path[FILE_PATH], name[64];
        int layer;
        snprintf(prefix, sizeof prefix, "%s.layer", net);
        if (strncmp(v->name, prefix, strlen(prefix)) != 0 ||
            sscanf(v->name + strlen(prefix), "%d.%15s", &layer, leaf) != 2)
            continue;
        snprintf(name, sizeof name, pattern, first + (layer - 1) * stride, leaf);
        snprintf(path, sizeof path, "%s/%s", group, name);
        what(f, path, v, theta);
    }
}

static void actor_of_td3bc(const struct h5 *f, const char *group, struct mlp_learner *d,
                           float *theta, with_tensor *what)
{
    each(f, group, "l%d.%s", 1, 1, &d->actor_layout, "actor", theta, what);
}

static void critic_of_td3bc(const struct h5 *f, const char *group, struct mlp_learner *d,
                            float *theta, with_tensor *what)
{
    each(f, group, "l%d.%s", 1, 1, &d->critic.layout, "q1", theta, what);
    each(f, group, "l%d.%s", 4, 1, &d->critic.layout, "q2", theta, what);
}

static void fill_batch(const struct h5 *f, const char *group, struct batch *b)
{
    size_t B = (size_t)b->B, n;
    struct {
        const char *name;
        float *to;
        size_t count;
    } rows[] = {{"state", b->state, B * (size_t)b->S},
                {"next_state", b->next_state, B * (size_t)b->S},
                {"action", b->action, B * (size_t)b->A},
                {"reward", b->reward, B},
                {h5_has(f, at("%s/done", group)) ? "done" : "not_done", b->done, B}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float *x = fixture_floats(f, at("%s/%s", group, rows[i].name), &n);
        cr_assert_eq(n, rows[i].count, "%s", rows[i].name);
        memcpy(rows[i].to, x, n * sizeof *x);
        free(x);
    }
    for (size_t i = 0; i < B; i++) {
        if (strcmp(rows[4].name, "not_done") == 0)
            b->done[i] = 1 - b->done[i];
        b->mask[i] = b->weight[i] = 1;
        b->length[i] = 1;
    }
    b->valid = b->B;
    b->weight_sum = b->B;
}

static struct mlp_learner *new_learner(const struct hyper *h, int S, int A)
{
    struct learner_spec spec = {.hyper = h, .S = S, .A = A, .run = 1};
    struct learner *l;
    cr_assert_eq(learner_new(&spec, &l), STATUS_OK, "%s", status_sentence());
    return (struct mlp_learner *)l;
}

static struct hyper hyper_of(const struct h5 *f, const char *rl)
{
    struct hyper h;
    hyper_defaults(&h);
    cr_assert_eq(hyper_set(&h, "actor", "mlp"), STATUS_OK);
    cr_assert_eq(hyper_set(&h, "rl_gradient", rl), STATUS_OK);
    cr_assert_eq(hyper_set(&h, "critic_opt", "adam"), STATUS_OK);
    h.batch_size = fixture_int(f, "batch");
    h.mlp_hidden = h.critic_hidden = fixture_int(f, "hidden");
    h.lr_actor = h.lr_critic = fixture_config(f, "lr");
    h.gamma = fixture_config(f, "gamma");
    h.tau = fixture_config(f, "tau");
    h.dropout = 0;
    return h;
}

Test(learner_mlp, td3bc_steps_equal_the_published)
{
    struct h5 f = fixture_open("td3bc");
    struct hyper h = hyper_of(&f, "td3");
    h.bc_alpha = fixture_config(&f, "alpha");
    h.policy_noise = fixture_config(&f, "policy_noise");
    h.noise_clip = fixture_config(&f, "noise_clip");
    h.actor_update_interval = fixture_int(&f, "policy_freq");
    struct mlp_learner *d = new_learner(&h, fixture_dim(&f, "batch/step1/state", 1),
                                        fixture_dim(&f, "batch/step1/action", 1));
    actor_of_td3bc(&f, "init/actor", d, d->actor_net.current.value, load);
    actor_of_td3bc(&f, "init/actor_target", d, d->actor_net.target.value, load);
    critic_of_td3bc(&f, "init/critic", d, d->critic_net.current.value, load);
    critic_of_td3bc(&f, "init/critic_target", d, d->critic_net.target.value, load);

    for (int step = 1; h5_has(&f, at("batch/step%d", step)); step++) {
        struct stats_sum stats = {{0}, {0}};
        float *noise = fixture_floats(&f, at("noise/%02d_smoothing_step%d", step - 1, step), NULL);
        fill_batch(&f, at("batch/step%d", step), &d->batch);
        d->given_noise = noise;
        bool actor = step % (int)h.actor_update_interval == 0;
        cr_assert_eq(mlp_td3_update(d, actor, &stats), STATUS_OK, "%s", status_sentence());
        expect_number(at("critic_loss %d", step), stats.sum[LEARNER_loss_critic],
                      fixture_scalar(&f, at("f64/step%d/critic_loss", step)), LOSS, 0);
        critic_of_td3bc(&f, at("f64/step%d/critic_grad", step), d, d->critic_net.lanes.dtheta[0],
                        expect_gradient);
        critic_of_td3bc(&f, at("f32/step%d/critic_after", step), d, d->critic_net.current.value,
                        expect_after);
        if (actor) {
            expect_number("bc_loss", stats.sum[LEARNER_loss_supervised],
                          fixture_scalar(&f, at("f64/step%d/bc_loss", step)), LOSS, 0);
            actor_of_td3bc(&f, at("f64/step%d/actor_grad", step), d, d->actor_net.lanes.dtheta[0],
                           expect_gradient);
            actor_of_td3bc(&f, at("f32/step%d/actor_after", step), d, d->actor_net.current.value,
                           expect_after);
            actor_of_td3bc(&f, at("f32/step%d/actor_target_after", step), d,
                           d->actor_net.target.value, expect_after);
        }
        free(noise);
    }
    learner_delete(&d->learner);
    h5_close(&f);
}

static void nets_of_iql(const struct h5 *f, const char *group, const char *kind,
                        struct mlp_learner *d, float *theta, with_tensor *what)
{
    if (strcmp(kind, "actor") == 0) {
        each(f, at("%s", group), "net.net.%d.%s", 0, 2, &d->actor_layout, "actor", theta, what);
        what(f, at("%s/log_std", group), layout_find(&d->actor_layout, "actor.log_std"), theta);
    } else if (strcmp(kind, "q") == 0) {
        each(f, group, "q1.net.%d.%s", 0, 2, &d->critic.layout, "q1", theta, what);
        each(f, group, "q2.net.%d.%s", 0, 2, &d->critic.layout, "q2", theta, what);
    } else {
        each(f, group, "v.net.%d.%s", 0, 2, &d->value.layout, "v", theta, what);
    }
}

static void check_iql(const char *profile)
{
    struct h5 f = fixture_open("iql_mlp");
    struct hyper h = hyper_of(&f, "iql");
    cr_assert_eq(hyper_set(&h, "iql_profile", profile), STATUS_OK);
    h.expectile = fixture_config(&f, "expectile");
    h.inv_temp_beta = fixture_config(&f, "beta");
    h.weight_clip = fixture_config(&f, "exp_adv_max");
    h.actor_cosine_steps = fixture_int(&f, "cosine_steps");
    struct mlp_learner *d = new_learner(&h, fixture_dim(&f, "batch/step1/state", 1),
                                        fixture_dim(&f, "batch/step1/action", 1));
    nets_of_iql(&f, "init/actor", "actor", d, d->actor_net.current.value, load);
    nets_of_iql(&f, "init/q", "q", d, d->critic_net.current.value, load);
    nets_of_iql(&f, "init/q_target", "q", d, d->critic_net.target.value, load);
    nets_of_iql(&f, "init/v", "v", d, d->value_net.current.value, load);

    for (int step = 1; h5_has(&f, at("batch/step%d", step)); step++) {
        struct stats_sum stats = {{0}, {0}};
        const char *group = at("f64/%s/step%d", profile, step);
        fill_batch(&f, at("batch/step%d", step), &d->batch);
        cr_assert_eq(mlp_iql_update(d, &stats), STATUS_OK, "%s", status_sentence());
        expect_number(at("%s value_loss", group), stats.sum[LEARNER_loss_value],
                      fixture_scalar(&f, at("%s/value_loss", group)), LOSS, 0);
        expect_number(at("%s q_loss", group), stats.sum[LEARNER_loss_critic],
                      fixture_scalar(&f, at("%s/q_loss", group)), LOSS, 0);
        expect_number(at("%s actor_loss", group), stats.sum[LEARNER_loss_actor],
                      fixture_scalar(&f, at("%s/actor_loss", group)), LOSS, 0);
        /* The file's corl/step1 gradients are those that the last step left behind. */
        bool last = !h5_has(&f, at("batch/step%d", step + 1));
        if (strcmp(profile, "corl") == 0)
            group = last ? "f64/corl/step1" : "none";
        nets_of_iql(&f, at("%s/v_grad", group), "v", d, d->value_net.lanes.dtheta[0],
                    expect_gradient);
        nets_of_iql(&f, at("%s/q_grad", group), "q", d, d->critic_net.lanes.dtheta[0],
                    expect_gradient);
        nets_of_iql(&f, at("%s/actor_grad", group), "actor", d, d->actor_net.lanes.dtheta[0],
                    expect_gradient);
    }
    nets_of_iql(&f, at("f32/%s/after/actor", profile), "actor", d, d->actor_net.current.value,
                expect_after);
    nets_of_iql(&f, at("f32/%s/after/q", profile), "q", d, d->critic_net.current.value,
                expect_after);
    nets_of_iql(&f, at("f32/%s/after/q_target", profile), "q", d, d->critic_net.target.value,
                expect_after);
    nets_of_iql(&f, at("f32/%s/after/v", profile), "v", d, d->value_net.current.value,
                expect_after);
    learner_delete(&d->learner);
    h5_close(&f);
}

Test(learner_mlp, iql_steps_in_the_original_order_equal_the_published)
{
    check_iql("original");
}

Test(learner_mlp, iql_steps_in_corls_order_equal_the_published)
{
    check_iql("corl");
}
