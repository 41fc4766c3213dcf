/* SAC on multi-layer perceptrons against numpy (tests/data/make_sac_mlp.py), and its three losses
 * against their differences. */
#include "engine/methods/learner_sac.h"
#include "engine/nn/head.h"
#include "tests/support/fixture.h"
#include "tests/support/gradcheck.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOSS     3e-6
#define GRADIENT 2e-5
#define STEP     3e-4 /* the learning rate: how far Adam's first step moves a parameter */

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

static struct hyper hyper_of(int batch, int hidden)
{
    struct hyper h;
    hyper_defaults(&h);
    check(hyper_set(&h, "actor", "mlp_sac"));
    check(hyper_set(&h, "rl_gradient", "sac"));
    check(hyper_set(&h, "policy", "squashed_gaussian"));
    h.batch_size = batch;
    h.mlp_hidden = h.critic_hidden = hidden;
    h.lr_actor = h.lr_critic = h.lr_temperature = STEP;
    return h;
}

static struct sac_learner *learner_of(const struct hyper *h, int S, int A)
{
    struct learner_spec spec = {.hyper = h, .S = S, .A = A, .run = 1};
    struct learner *l;
    check(learner_new(&spec, &l));
    return (struct sac_learner *)l;
}

/* --- one update, by hand ---------------------------------------------------------------------- */

enum compare { LOAD, SAME, AFTER };

/* The tensors of one network, "actor", "q1" or "q2", of a group of the file. */
static void each(const struct h5 *f, const char *group, const char *net, const struct layout *l,
                 float *theta, enum compare what)
{
    const char *prefix = strncmp(net, "target_", 7) == 0 ? net + 7 : net;
    int found = 0;
    for (int i = 0; i < l->count; i++) {
        const struct view *v = &l->views[i];
        size_t n, length = strlen(prefix);
        if (strncmp(v->name, prefix, length) != 0 || v->name[length] != '.')
            continue;
        const char *path = at("%s/%s/%s", group, net, v->name + length + 1);
        float *x = fixture_floats(f, path, &n), *mine = theta + v->offset;
        cr_assert_eq(n, view_size(v), "%s", path);
        if (what == LOAD)
            memcpy(mine, x, n * sizeof *x);
        else
            expect_close(path, mine, x, n, what == SAME ? GRADIENT : 0,
                         what == SAME ? 1e-7 : 2e-2 * STEP);
        free(x);
        found++;
    }
    cr_assert_eq(found, 6, "%s/%s: %d tensors", group, net, found);
}

static void each_net(const struct h5 *f, const char *group, struct sac_learner *d, float *actor,
                     float *critic, enum compare what)
{
    each(f, group, "actor", &d->actor_layout, actor, what);
    each(f, group, "q1", &d->critic.layout, critic, what);
    each(f, group, "q2", &d->critic.layout, critic, what);
}

static void each_target(const struct h5 *f, const char *group, struct sac_learner *d,
                        enum compare what)
{
    each(f, group, "target_q1", &d->critic.layout, d->critic_net.target.value, what);
    each(f, group, "target_q2", &d->critic.layout, d->critic_net.target.value, what);
}

static void fill(const struct h5 *f, int step, struct batch *b)
{
    size_t B = (size_t)b->B, S = (size_t)b->S, A = (size_t)b->A;
    const struct {
        const char *name;
        float *to;
        size_t count;
    } rows[] = {{"state", b->state, B * S},
                {"next_state", b->next_state, B * S},
                {"action", b->action, B * A},
                {"reward", b->reward, B},
                {"done", b->done, B}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        size_t n;
        float *x = fixture_floats(f, at("batch/step%d/%s", step, rows[i].name), &n);
        cr_assert_eq(n, rows[i].count, "%s", rows[i].name);
        memcpy(rows[i].to, x, n * sizeof *x);
        free(x);
    }
    for (size_t i = 0; i < B; i++)
        b->mask[i] = b->weight[i] = 1;
    b->valid = b->B;
    b->weight_sum = b->B;
}

Test(learner_sac, two_updates_equal_those_of_the_numpy_script)
{
    struct h5 f = fixture_open("sac_mlp");
    struct hyper h = hyper_of(fixture_int(&f, "batch"), fixture_int(&f, "hidden"));
    h.gamma = fixture_config(&f, "gamma");
    h.tau = fixture_config(&f, "tau");
    h.init_temperature = fixture_config(&f, "alpha");
    cr_assert_float_eq(fixture_config(&f, "lr"), STEP, 1e-12);
    struct sac_learner *d = learner_of(&h, fixture_dim(&f, "batch/step1/state", 1),
                                       fixture_dim(&f, "batch/step1/action", 1));
    each_net(&f, "init", d, d->actor.current.value, d->critic_net.current.value, LOAD);
    each_target(&f, "init", d, LOAD);
    for (int step = 1; step <= 2; step++) {
        struct stats_sum stats = {{0}, {0}};
        float *now = fixture_floats(&f, at("noise/step%d/now", step), NULL);
        float *next = fixture_floats(&f, at("noise/step%d/next", step), NULL);
        const char *group = at("f64/step%d", step);
        fill(&f, step, &d->batch);
        d->noise = now;
        d->next_noise = next;
        check(sac_update(d, &stats));
        expect_number("entropy", stats.sum[LEARNER_entropy],
                      fixture_scalar(&f, at("%s/entropy", group)), LOSS, 0);
        expect_number("temperature", stats.sum[LEARNER_temperature],
                      fixture_scalar(&f, at("%s/temperature", group)), 1e-9, 0);
        expect_number("actor_loss", stats.sum[LEARNER_loss_actor],
                      fixture_scalar(&f, at("%s/actor_loss", group)), LOSS, 1e-6);
        expect_number("critic_loss", stats.sum[LEARNER_loss_critic],
                      fixture_scalar(&f, at("%s/critic_loss", group)), LOSS, 0);
        each_net(&f, at("%s/gradient", group), d, d->actor.lanes.dtheta[0],
                 d->critic_net.lanes.dtheta[0], SAME);
        each_net(&f, at("%s/after", group), d, d->actor.current.value, d->critic_net.current.value,
                 AFTER);
        each_target(&f, at("%s/after", group), d, AFTER);
        free(now);
        free(next);
    }
    learner_delete(&d->learner);
    h5_close(&f);
}

/* --- differences ------------------------------------------------------------------------------ */

enum { B = 9, S = 4, A = 3, HIDDEN = 11 };

struct losses {
    struct sac_learner *d;
    float noise[2 * B * A];
    enum learner_metric metric;
};

/* An update whose steps have length zero leaves everything where it is and tells its losses. */
static double loss_of(void *context)
{
    struct losses *l = context;
    struct stats_sum stats = {{0}, {0}};
    check(sac_update(l->d, &stats));
    return stats.sum[l->metric];
}

static void set_up(struct losses *l, struct hyper *h, enum learner_metric metric)
{
    struct rng rng = rng_at(5, RNG_TEST, 1);
    *h = hyper_of(B, HIDDEN);
    h->lr_actor = h->lr_critic = h->lr_temperature = 0;
    h->init_temperature = 0.4;
    l->d = learner_of(h, S, A);
    l->metric = metric;
    struct batch *b = &l->d->batch;
    rng_fill_normal(&rng, 0, b->state, (size_t)B * S);
    rng_fill_normal(&rng, 1024, b->next_state, (size_t)B * S);
    rng_fill_normal(&rng, 2048, b->reward, B);
    rng_fill_uniform(&rng, 3072, b->action, (size_t)B * A);
    rng_fill_normal(&rng, 4096, l->noise, (size_t)2 * B * A);
    /* Far from rlkit's nearly constant start: gradients of order 1. */
    rng_fill_normal(&rng, 8192, l->d->actor.current.value, l->d->actor_layout.size);
    rng_fill_normal(&rng, 16384, l->d->critic_net.current.value, l->d->critic.layout.size);
    for (size_t i = 0; i < l->d->actor_layout.size; i++)
        l->d->actor.current.value[i] *= 0.3f;
    for (size_t i = 0; i < l->d->critic.layout.size; i++)
        l->d->critic_net.current.value[i] *= 0.3f;
    for (int i = 0; i < B; i++) {
        b->done[i] = (float)(i % 3 == 0);
        b->mask[i] = b->weight[i] = 1;
    }
    b->valid = B;
    l->d->noise = l->noise;
    l->d->next_noise = l->noise + B * A;
}

/* The padding of a layout takes part in nothing: its gradient is zero, and so is the difference.
 * Differences of 4e-3 step over some kinks of ReLU and of the smaller Q. */
Test(learner_sac, actor_gradient_is_that_of_its_loss)
{
    struct losses l;
    struct hyper h;
    set_up(&l, &h, LEARNER_loss_actor);
    loss_of(&l);
    size_t n = l.d->actor_layout.size;
    float *gradient = malloc(n * sizeof *gradient);
    memcpy(gradient, l.d->actor.lanes.dtheta[0], n * sizeof *gradient);
    gradcheck("actor", l.d->actor.current.value, gradient, n, loss_of, &l, 3e-2, 1e-3);
    free(gradient);
    learner_delete(&l.d->learner);
}

Test(learner_sac, critic_gradient_is_that_of_its_loss_with_the_target_held)
{
    struct losses l;
    struct hyper h;
    set_up(&l, &h, LEARNER_loss_critic);
    h.tau = 0;
    l.d->learner.hyper.tau = 0; /* the target stays */
    loss_of(&l);
    size_t n = l.d->critic.layout.size;
    float *gradient = malloc(n * sizeof *gradient);
    memcpy(gradient, l.d->critic_net.lanes.dtheta[0], n * sizeof *gradient);
    gradcheck("critic", l.d->critic_net.current.value, gradient, n, loss_of, &l, 1e-2, 1e-3);
    free(gradient);
    learner_delete(&l.d->learner);
}

/* loss = log alpha (H + dim(a)): Adam's first step is lr against the gradient's sign, and with an
 * entropy of -dim(a) there is none. */
Test(learner_sac, temperature_steps_towards_an_entropy_of_minus_the_dimensions)
{
    for (int high = 0; high < 2; high++) {
        struct losses l;
        struct hyper h;
        struct stats_sum stats = {{0}, {0}};
        set_up(&l, &h, LEARNER_entropy);
        l.d->learner.hyper.lr_temperature = 0.01;
        const struct linear *last = &l.d->mlp.layer[l.d->mlp.hidden];
        for (int j = 0; j < A; j++)
            l.d->actor.current.value[last->bias + (size_t)(A + j)] = high ? 0 : -6;
        check(sac_update(l.d, &stats));
        double gradient = stats.sum[LEARNER_entropy] + A;
        cr_assert_eq(gradient > 0, high, "entropy %g", stats.sum[LEARNER_entropy]);
        cr_expect_float_eq(l.d->log_temperature.value, log(0.4) + (high ? -0.01 : 0.01), 1e-6);
        cr_expect_float_eq(l.d->log_temperature.m, 0.1 * gradient, 1e-12);
        cr_expect_float_eq(stats.sum[LEARNER_temperature], exp(l.d->log_temperature.value), 1e-12,
                           "the losses use the new temperature");
        learner_delete(&l.d->learner);
    }
}

/* --- the start, and acting -------------------------------------------------------------------- */

static double largest(const float *x, size_t n)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fabs((double)x[i]));
    return most;
}

/* rlkit's: hidden weights within 1/sqrt(width), hidden biases 0.1, last layers 1e-3 and 3e-3. */
Test(learner_sac, networks_start_as_rlkits)
{
    struct hyper h = hyper_of(4, 256);
    struct sac_learner *d = learner_of(&h, 11, 3);
    const struct {
        const struct layout *layout;
        const float *theta;
        double last;
    } nets[] = {{&d->actor_layout, d->actor.current.value, 1e-3},
                {&d->critic.layout, d->critic_net.current.value, 3e-3}};
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < nets[k].layout->count; i++) {
            const struct view *v = &nets[k].layout->views[i];
            const float *x = nets[k].theta + v->offset;
            double most = largest(x, view_size(v));
            bool last = strstr(v->name, "layer3") != NULL, bias = strstr(v->name, "bias") != NULL;
            double limit = last ? nets[k].last : bias ? (double)0.1f : 1.0 / 16;
            cr_expect_leq(most, limit, "%s: %g", v->name, most);
            cr_expect_geq(most, last && bias ? 0.1 * limit : 0.9 * limit, "%s: %g", v->name, most);
            if (bias && !last)
                cr_expect_eq(x[0], x[view_size(v) - 1], "%s", v->name);
        }
    }
    cr_expect_arr_eq(d->critic_net.current.value, d->critic_net.target.value,
                     d->critic.layout.size * sizeof(float));
    learner_delete(&d->learner);
}

/* The mean action is tanh(mu); a sample's log-probability is head_log_prob's. */
Test(learner_sac, acts_by_the_mean_or_a_sample_with_its_log_probability)
{
    struct losses l;
    struct hyper h;
    set_up(&l, &h, LEARNER_entropy);
    float state[2 * S], noise[2 * A] = {0.3f, -1, 2, 0, 0, 0}, mean[2 * A], sample[2 * A],
                                  log_prob[2];
    struct rng rng = rng_at(5, RNG_TEST, 9);
    rng_fill_normal(&rng, 0, state, 2 * S);
    struct act_context context[2] = {{.steps = 1, .state = state},
                                     {.steps = 2, .state = state}}; /* the last one counts */
    check(learner_act(&l.d->learner, context, 2, ACT_MEAN, false, noise, mean, NULL));
    check(learner_act(&l.d->learner, context, 2, ACT_EXPLORE, false, noise, sample, log_prob));
    double density = 0;
    for (int j = 0; j < A; j++) {
        double u = atanh((double)sample[j]), mu = atanh((double)mean[j]), std = 1;
        if (noise[j] != 0)
            std = (u - mu) / (double)noise[j];
        cr_expect_gt(std, 0);
        density += -0.5 * (double)noise[j] * (double)noise[j] - log(std) - 0.5 * log(2 * M_PI) -
                   log(1 - (double)sample[j] * (double)sample[j]);
        cr_expect_float_eq(sample[A + j], mean[A + j], 1e-7, "noise 0 is the mean");
    }
    cr_expect_float_eq(log_prob[0], density, 2e-3, "%g, %g", (double)log_prob[0], density);
    learner_delete(&l.d->learner);
}
