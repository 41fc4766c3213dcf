#include "tests/support/learner_fixture.h"

#include "tests/support/dt_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double config_or(const struct h5 *f, const char *key, double otherwise)
{
    double value;
    return h5_get_number(f, ".", at("cfg_%s", key), &value) == STATUS_OK ? value : otherwise;
}

struct hyper learner_fixture_hyper(const struct h5 *f)
{
    struct hyper h;
    hyper_defaults(&h);
    h.batch_size = fixture_int(f, "B");
    h.T_train = fixture_int(f, "K");
    h.T_eval = (int)config_or(f, "eval_ctx", 1);
    h.embed_dim = fixture_int(f, "E");
    h.n_layer = fixture_int(f, "L");
    h.n_head = fixture_int(f, "H");
    h.dropout = h.embed_dropout = 0;
    h.rtg_scale = config_or(f, "reward_scale", 1);
    h.lr_actor = config_or(f, "lr", 1e-4);
    h.wd_actor = config_or(f, "wd", 5e-4);
    h.warmup_actor_steps = (int)config_or(f, "warmup", 4);
    h.actor_grad_clip = config_or(f, "clip", 0.25);
    h.lr_critic = config_or(f, "critic_lr", 1e-3);
    h.wd_critic = config_or(f, "adamw_weight_decay", 0.01);
    h.critic_hidden = (int)config_or(f, "critic_width", 256);
    h.critic_layernorm = (int)config_or(f, "critic_layernorm", 0);
    h.gamma = config_or(f, "gamma", 0.99);
    h.tau = config_or(f, "tau", 0.005);
    h.policy_noise = config_or(f, "policy_noise", 0.2);
    h.noise_clip = config_or(f, "noise_clip", 0.5);
    h.init_temperature = config_or(f, "temperature", 0.1);
    if (config_or(f, "stochastic", 0) != 0)
        cr_assert_eq(hyper_set(&h, "policy", "squashed_gaussian"), STATUS_OK);
    /* The fixtures come from the released code. */
    cr_assert_eq(hyper_set(&h, "sup_loss_dims", "mean"), STATUS_OK);
    cr_assert_eq(hyper_set(&h, "critic_loss_denominator", "all"), STATUS_OK);
    h.target_padding_masked = 0;
    h.unmasked_value_losses = 1;
    return h;
}

/* "q1.layer2.weight" -> "l2.weight"; q2 counts on from 4; `prefix` is "Q_", "V_" or "". */
static bool critic_name(const struct dt *d, const char *view, char out[FILE_PATH])
{
    char net[8];
    int layer, used = 0;
    if (sscanf(view, "%2[qv12].layer%d%n", net, &layer, &used) != 2)
        return false;
    bool both = d->critic.spec.v && d->critic.spec.q > 0;
    const char *prefix = !both ? "" : net[0] == 'v' ? "V_" : "Q_";
    int first = strcmp(net, "q2") == 0 ? d->critic.spec.layers + 1 : 0;
    snprintf(out, FILE_PATH, "%sl%d%s", prefix, first + layer, view + used);
    return true;
}

static void load_critic(const struct h5 *f, const char *group, const struct dt *d, float *theta)
{
    for (int i = 0; i < d->critic.layout.count; i++) {
        const struct view *v = &d->critic.layout.views[i];
        char name[FILE_PATH];
        size_t n;
        cr_assert(critic_name(d, v->name, name), "%s has no published name", v->name);
        float *x = fixture_floats(f, at("%s/%s", group, name), &n);
        cr_assert_eq(n, view_size(v), "%s", name);
        memcpy(theta + v->offset, x, n * sizeof *x);
        free(x);
    }
}

struct dt *learner_fixture_new(const struct h5 *f, const struct hyper *h)
{
    const char *batch = h5_has(f, "batch/states") ? "batch" : "offline_batch";
    return learner_fixture_new_sized(f, h, fixture_dim(f, at("%s/states", batch), 2),
                                     fixture_dim(f, at("%s/actions", batch), 2));
}

struct dt *learner_fixture_new_sized(const struct h5 *f, const struct hyper *h, int S, int A)
{
    struct learner_spec spec = {.hyper = h, .S = S, .A = A, .run = 1};
    struct learner *l;
    cr_assert_eq(learner_new(&spec, &l), STATUS_OK, "%s", status_sentence());
    struct dt *d = (struct dt *)l;
    if (h5_has(f, "init/actor"))
        dt_load(f, "init/actor", &d->layout, d->actor.current.value);
    if (d->actor.target.value != NULL)
        dt_load(f, h5_has(f, "init/actor_target") ? "init/actor_target" : "init/actor", &d->layout,
                d->actor.target.value);
    if (d->has_critic)
        load_critic(f, "init/critic", d, d->critic_net.current.value);
    if (d->critic_net.target.value != NULL)
        load_critic(f, h5_has(f, "init/critic_target") ? "init/critic_target" : "init/critic", d,
                    d->critic_net.target.value);
    return d;
}

static void copy(const struct h5 *f, const char *name, float *to, size_t want)
{
    size_t n;
    float *x = fixture_floats(f, name, &n);
    cr_assert_eq(n, want, "%s holds %zu numbers, not %zu", name, n, want);
    memcpy(to, x, n * sizeof *x);
    free(x);
}

void learner_fixture_batch(const struct h5 *f, const char *group, struct batch *b)
{
    size_t N = (size_t)b->B * (size_t)b->K;
    copy(f, at("%s/states", group), b->state, N * (size_t)b->S);
    copy(f, at("%s/next_states", group), b->next_state, N * (size_t)b->S);
    copy(f, at("%s/actions", group), b->action, N * (size_t)b->A);
    copy(f, at("%s/rewards", group), b->reward, N);
    copy(f, at("%s/dones", group), b->done, N);
    copy(f, at("%s/rtg", group), b->return_to_go, N + (size_t)b->B);
    copy(f, at("%s/padding_mask", group), b->mask, N);
    copy(f, at("%s/padding_mask", group), b->weight, N);
    if (b->log_prob != NULL)
        copy(f, at("%s/old_logprob", group), b->log_prob, N);
    b->valid = 0;
    for (int i = 0; i < b->B; i++) {
        b->length[i] = 0;
        for (int k = 0; k < b->K; k++)
            b->length[i] += b->mask[i * b->K + k] != 0;
        b->valid += b->length[i];
    }
    b->weight_sum = b->valid;
}

static void give(const void *context, enum draw_site site, float *out, size_t n)
{
    const struct noise_names *names = context;
    cr_assert_not_null(names->name[site], "a draw at site %d that the published code lacks", site);
    copy(names->f, names->name[site], out, n);
}

void learner_fixture_noise(struct dt *d, const struct noise_names *names)
{
    d->given_noise = give;
    d->noise_context = names;
}

void expect_critic(const struct h5 *f, const char *group, const struct dt *d, const float *theta,
                   double relative)
{
    for (int i = 0; i < d->critic.layout.count; i++) {
        const struct view *v = &d->critic.layout.views[i];
        char name[FILE_PATH];
        cr_assert(critic_name(d, v->name, name));
        const char *path = at("%s/%s", group, name);
        if (!h5_has(f, path))
            continue;
        float *want = fixture_floats(f, path, NULL);
        expect_close(path, theta + v->offset, want, view_size(v), relative, 0);
        free(want);
    }
}

void expect_critic_change(const struct h5 *f, const char *group, const char *before,
                          const struct dt *d, const float *theta)
{
    int compared = 0;
    for (int i = 0; i < d->critic.layout.count; i++) {
        const struct view *v = &d->critic.layout.views[i];
        char name[FILE_PATH];
        cr_assert(critic_name(d, v->name, name));
        const char *path = at("%s/%s", group, name);
        if (!h5_has(f, path))
            continue;
        size_t n = view_size(v);
        float *want = fixture_floats(f, path, NULL);
        float *from = fixture_floats(f, at("%s/%s", before, name), NULL);
        float *gradient = fixture_floats(f, at("f64/critic_grad/%s", name), NULL);
        float *got = malloc(n * sizeof *got);
        double square = 0, off = 0, most = 0;
        for (size_t j = 0; j < n; j++)
            most = fmax(most, fabs((double)gradient[j]));
        for (size_t j = 0; j < n; j++) {
            got[j] = theta[v->offset + j] - from[j];
            want[j] -= from[j];
            if (gradient[j] != 0 && fabs((double)gradient[j]) < DT_NOISE * most)
                got[j] = want[j] = 0;
            square += (double)want[j] * (double)want[j];
            off += pow((double)got[j] - (double)want[j], 2);
        }
        expect_close(path, got, want, n, DT_STEP_SINGLE, 0);
        cr_assert_leq(sqrt(off), DT_STEP_RMS * sqrt(square) + 1e-30, "%s: rms %g of %g", path,
                      sqrt(off), sqrt(square));
        free(want);
        free(from);
        free(gradient);
        free(got);
        compared++;
    }
    cr_assert_gt(compared, 0, "%s holds no critic tensor", group);
}

double stats_mean(const struct stats_sum *s, enum learner_metric metric)
{
    cr_assert_gt(s->weight[metric], 0, "%s was never reported", learner_metric_names[metric]);
    return stats_value(s, metric);
}
