#include "engine/methods/learner_pdt.h"
#include "tests/support/dt_fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The recordings allow 2e-3, for engines that round the scores of fully padded futures to
 * 2^-10 as the published code does. Here they are exact. */
#define PDT_GRADIENT 1e-4

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

/* --- driving the learner with the recording ------------------------------------------------------
 */

static struct hyper hyper_of(const struct h5 *f)
{
    struct hyper h;
    hyper_defaults(&h);
    check(hyper_set(&h, "actor", "pdt"));
    check(hyper_set(&h, "policy", "squashed_gaussian"));
    h.batch_size = fixture_int(f, "B");
    h.T_train = fixture_int(f, "K");
    h.T_eval = fixture_int(f, "eval_ctx");
    h.embed_dim = fixture_int(f, "E");
    h.n_layer = fixture_int(f, "L");
    h.n_head = fixture_int(f, "H");
    h.pdt_latent = fixture_int(f, "z_dim");
    h.pdt_future = fixture_int(f, "future_len");
    h.pdt_kl = fixture_config(f, "kl_weight");
    h.rtg_scale = fixture_config(f, "reward_scale");
    h.lr_actor = fixture_config(f, "lr");
    h.wd_actor = fixture_config(f, "wd");
    h.warmup_actor_steps = 0;
    h.dropout = h.embed_dropout = 0;
    h.entropy_reg = 1;
    return h;
}

static struct pdt *learner_of(const struct hyper *h, int S, int A)
{
    struct learner *l;
    struct learner_spec spec = {.hyper = h, .S = S, .A = A, .run = 5};
    check(learner_new(&spec, &l));
    return pdt_of(l);
}

static void copy(const struct h5 *f, const char *name, float *to, size_t want)
{
    size_t n;
    float *x = fixture_floats(f, name, &n);
    cr_assert_eq(n, want, "%s holds %zu numbers, not %zu", name, n, want);
    memcpy(to, x, n * sizeof *x);
    free(x);
}

/* The arrays of batch/, whose future's names begin with an f. */
static void load_batch(const struct h5 *f, const char *prefix, struct batch *b)
{
    size_t N = (size_t)b->B * (size_t)b->K;
    copy(f, at("batch/%sstates", prefix), b->state, N * (size_t)b->S);
    copy(f, at("batch/%sactions", prefix), b->action, N * (size_t)b->A);
    copy(f, at("batch/%srtg", prefix), b->return_to_go, N + (size_t)b->B);
    copy(f, at("batch/%spadding_mask", prefix), b->mask, N);
    b->valid = 0;
    for (int i = 0; i < b->B; i++) {
        b->length[i] = 0;
        for (int k = 0; k < b->K; k++)
            b->length[i] += b->mask[i * b->K + k] != 0;
        b->valid += b->length[i];
    }
}

struct names {
    const struct h5 *f;
    const char *phase;
};

static void give(const void *context, enum pdt_site site, float *out, size_t n)
{
    const struct names *names = context;
    cr_assert(site == PDT_LATENT_TRAIN || site == PDT_ENTROPY, "no draw at site %d", site);
    copy(names->f,
         at("noise/%s/%s", names->phase, site == PDT_ENTROPY ? "01_entropy" : "00_z_posterior"),
         out, n);
}

static struct pdt *fixture_learner(const struct h5 *f, const struct hyper *h)
{
    struct pdt *d = learner_of(h, fixture_int(f, "sd"), fixture_int(f, "ad"));
    dt_load(f, "init/model", &d->layout, d->net.current.value);
    dt_load(f, "init/model", &d->return_layout, d->return_net.current.value);
    load_batch(f, "", &d->batch);
    load_batch(f, "f", &d->future);
    return d;
}

/* --- the recording -------------------------------------------------------------------------------
 */

static void expect_outputs(const struct h5 *f, const char *phase, const struct pdt *d, bool joint)
{
    size_t N = (size_t)d->batch.B * (size_t)d->batch.K, A = (size_t)d->learner.A;
    size_t Z = (size_t)d->Z;
    const struct {
        const char *name;
        const float *got;
        size_t width;
        double real, padded;
    } outputs[] = {
        {"mu", d->value.action_mu, A, DT_FORWARD, DT_PADDED},
        {"z_posterior_mu", d->value.posterior_mu, Z, DT_FORWARD, DT_PADDED},
        {"z_posterior_log_sigma", d->value.posterior_log_std, Z, DT_FORWARD, DT_PADDED},
        {"z_prior_mu", d->value.prior_mu, Z, DT_FORWARD, DT_FORWARD},
        {"z_prior_log_sigma", d->value.prior_log_std, Z, DT_FORWARD, DT_FORWARD},
        {"return_mu", joint ? d->value.return_mu : NULL, 1, DT_FORWARD, DT_PADDED},
        {"return_log_sigma", joint ? d->value.return_log_std : NULL, 1, DT_FORWARD, DT_PADDED},
    };
    for (size_t o = 0; o < sizeof outputs / sizeof *outputs; o++) {
        if (outputs[o].got == NULL)
            continue;
        size_t w = outputs[o].width;
        float *want = fixture_floats(f, at("f64/%s/%s", phase, outputs[o].name), NULL);
        float *got = malloc(N * w * sizeof *got);
        memcpy(got, outputs[o].got, N * w * sizeof *got);
        expect_close(at("%s %s, all steps", phase, outputs[o].name), got, want, N * w,
                     outputs[o].padded, 0);
        /* Real steps alone; the encoder's, where its own window is real. */
        bool encoder = strncmp(outputs[o].name, "z_posterior", 11) == 0;
        const float *mask = encoder ? d->future.mask : d->batch.mask;
        for (size_t i = 0; i < N * w; i++)
            got[i] = mask[i / w] != 0 ? got[i] : want[i];
        expect_close(at("%s %s, real steps", phase, outputs[o].name), got, want, N * w,
                     outputs[o].real, 0);
        free(want);
        free(got);
    }
    float *std = fixture_floats(f, at("f64/%s/std", phase), NULL);
    float *got = malloc(N * A * sizeof *got);
    for (size_t i = 0; i < N * A; i++)
        got[i] = expf(d->value.action_log_std[i]);
    expect_close(at("%s std", phase), got, std, N * A, DT_PADDED, 0);
    free(std);
    free(got);
}

/* After pdt_update: it has stepped with the gradient that lanes.dtheta[0] still holds, once. */
static void expect_own_step(const struct h5 *f, const struct pdt *d, bool joint)
{
    size_t bytes = (d->layout.size + d->return_layout.size) * sizeof(float);
    struct pdt *other = fixture_learner(f, &d->learner.hyper);
    memcpy(other->net.lanes.dtheta[0], d->net.lanes.dtheta[0], bytes);
    check(pdt_step(other, 1, joint));
    cr_assert_arr_eq(d->net.current.value, other->net.current.value,
                     d->layout.size * sizeof(float));
    cr_assert_arr_eq(d->return_net.current.value, other->return_net.current.value,
                     d->return_layout.size * sizeof(float));
    learner_delete(&other->learner);
}

static void check_phase(const char *phase, bool joint)
{
    struct h5 f = fixture_open("pdt");
    struct hyper h = hyper_of(&f);
    struct pdt *d = fixture_learner(&f, &h);
    struct names names = {&f, phase};
    d->given_noise = give;
    d->noise_context = &names;
    size_t size = d->layout.size, return_size = d->return_layout.size;
    float *before = malloc(return_size * sizeof *before);
    memcpy(before, d->return_net.current.value, return_size * sizeof *before);

    check(pdt_update(d, joint));
    expect_outputs(&f, phase, d, joint);
    const struct pdt_losses *loss = &d->losses;
    const char *group = at("f64/%s", phase), *after = at("f32/%s/after", phase);
    const struct {
        const char *name;
        double got, relative;
    } numbers[] = {
        {"nll", loss->nll, DT_FORWARD},
        {"entropy", loss->entropy, DT_ENTROPY},
        {"reg_kl", loss->kl_unit, DT_FORWARD},
        {"prior_kl", loss->kl_prior, DT_FORWARD},
        {"return_pred_loss", loss->returns, DT_FORWARD},
        {"loss", loss->total, DT_ENTROPY},
        {"grad_norm", d->report.grad_norm, PDT_GRADIENT},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        expect_number(at("%s %s", phase, numbers[i].name), numbers[i].got,
                      fixture_scalar(&f, at("%s/%s", group, numbers[i].name)), numbers[i].relative,
                      0);
    dt_expect_gradient(&f, at("%s/grad", group), &d->layout, d->net.lanes.dtheta[0], PDT_GRADIENT);
    if (joint)
        dt_expect_gradient(&f, at("%s/grad", group), &d->return_layout,
                           d->net.lanes.dtheta[0] + size, PDT_GRADIENT);

    /* Parameters are not compared end to end. The published single precision is off by 1e-4 in the
     * encoder's gradient and 2e-5 elsewhere, as padded futures are rounded in it, and a first step
     * is close to the sign of the gradient: elements near 0 land anywhere. Instead: the gradient
     * (above), the step from the published gradient (check_step), and that this update is the two
     * in turn. */
    expect_own_step(&f, d, joint);
    if (!joint) /* without a gradient the return head stays, weight decay or not */
        cr_assert_arr_eq(d->return_net.current.value, before, return_size * sizeof *before);
    /* PDT keeps the temperature in single precision. */
    expect_number("log_temperature", d->log_temperature.value,
                  fixture_scalar(&f, at("%s/log_temperature", after)), 2e-7, 0);
    free(before);
    learner_delete(&d->learner);
    h5_close(&f);
}

/* The step alone, from the published single precision's own gradient. */
static void check_step(const char *phase, bool joint)
{
    struct h5 f = fixture_open("pdt");
    struct hyper h = hyper_of(&f);
    struct pdt *d = fixture_learner(&f, &h);
    size_t size = d->layout.size, return_size = d->return_layout.size;
    float *before = malloc((size + return_size) * sizeof *before);
    memcpy(before, d->net.current.value, size * sizeof *before);
    memcpy(before + size, d->return_net.current.value, return_size * sizeof *before);
    memset(d->net.lanes.dtheta[0], 0, (size + return_size) * sizeof *before);
    dt_load(&f, at("f32/%s/grad", phase), &d->layout, d->net.lanes.dtheta[0]);
    if (joint)
        dt_load(&f, at("f32/%s/grad", phase), &d->return_layout, d->net.lanes.dtheta[0] + size);

    check(pdt_step(d, 1, joint));
    expect_number(at("%s clip_coef", phase), d->report.clip,
                  fixture_scalar(&f, at("f32/%s/clip_coef", phase)), 1e-6, 0);
    const char *after = at("f32/%s/after", phase);
    dt_expect_given_step(&f, after, &d->layout, before, d->net.current.value);
    dt_expect_given_step(&f, after, &d->return_layout, before + size, d->return_net.current.value);
    free(before);
    learner_delete(&d->learner);
    h5_close(&f);
}

Test(learner_pdt, pretraining_update_equals_the_published)
{
    check_phase("pretrain", false);
}

Test(learner_pdt, finetuning_update_equals_the_published)
{
    check_phase("finetune", true);
}

Test(learner_pdt, pretraining_step_from_the_published_gradient_equals_the_published)
{
    check_step("pretrain", false);
}

Test(learner_pdt, finetuning_step_clips_return_head_and_networks_by_their_joint_norm)
{
    check_step("finetune", true);
}

/* --- the return head's preparation, and acting
 * ---------------------------------------------------- */

enum { S = 3, A = 2, ROUNDS = 40 };

static struct hyper small_hyper(void)
{
    struct hyper h;
    hyper_defaults(&h);
    check(hyper_set(&h, "actor", "pdt"));
    check(hyper_set(&h, "policy", "squashed_gaussian"));
    h.batch_size = 16;
    h.T_train = h.pdt_future = 4;
    h.T_eval = 3;
    h.embed_dim = 16;
    h.n_layer = 1;
    h.n_head = 2;
    h.pdt_latent = 5;
    h.pdt_samples = 7;
    h.pdt_return_steps = ROUNDS;
    h.pdt_return_lr = 1e-2;
    h.rtg_scale = 1;
    h.warmup_actor_steps = 0;
    h.lr_actor = 1e-3;
    h.entropy_reg = 1;
    return h;
}

/* Trajectories of 1, 4, 7, ... steps; the reward is the first number of the state. */
static struct replay replay_of_walks(struct trajectory list[], int count)
{
    struct replay r;
    struct rng rng = rng_at(3, RNG_TEST, 0);
    check(replay_init(&r, S, A, REPLAY_UNBOUNDED));
    for (int i = 0; i < count; i++) {
        int L = 1 + 3 * i;
        float state[64 * S], action[64 * A], reward[64];
        uint8_t terminal[64] = {0};
        for (int j = 0; j < (L + 1) * S; j++)
            state[j] = rng_normal(&rng);
        for (int j = 0; j < L * A; j++)
            action[j] = 2 * rng_uniform(&rng) - 1;
        for (int j = 0; j < L; j++)
            reward[j] = state[j * S];
        terminal[L - 1] = 1;
        check(
            trajectory_new(L, S, A, state, state + S, action, reward, terminal, NULL, 0, &list[i]));
    }
    check(replay_fill(&r, list, count));
    return r;
}

/* Deep networks that act on little: acting needs less memory than the preparation. */
Test(learner_pdt, prepares_the_return_head_of_deep_networks)
{
    enum { COUNT = 8 };
    struct trajectory list[COUNT];
    struct replay r = replay_of_walks(list, COUNT);
    struct learner_data data = {.replay = &r};
    static const char *const precision[] = {"f32", "bf16", "bf16_amx"};
    for (int i = 0; i < 3; i++) {
        struct hyper h = small_hyper();
        check(hyper_set(&h, "precision", precision[i]));
        h.n_layer = 6;
        h.batch_size = 64;
        h.T_train = h.pdt_future = 20;
        h.T_eval = h.pdt_samples = 1;
        h.pdt_return_steps = 2;
        struct pdt *d = learner_of(&h, S, A);
        check(learner_begin(&d->learner, LEARNER_ONLINE));
        check(learner_train(&d->learner, &data, 1, NULL));
        cr_assert_eq(d->return_adam.step, 2);
        cr_assert_eq(d->learner.updates, 1);
        learner_delete(&d->learner);
    }
    replay_free(&r);
    for (int i = 0; i < COUNT; i++)
        trajectory_free(&list[i]);
}

Test(learner_pdt, prepares_the_return_head_alone_before_the_first_online_update)
{
    enum { COUNT = 8 };
    struct trajectory list[COUNT];
    struct replay r = replay_of_walks(list, COUNT);
    struct learner_data data = {.replay = &r};
    struct hyper h = small_hyper();
    struct pdt *d = learner_of(&h, S, A);
    size_t bytes = d->layout.size * sizeof(float);
    check(learner_begin(&d->learner, LEARNER_PRETRAIN));
    check(learner_train(&d->learner, &data, 3, NULL));
    cr_assert_not(d->return_ready);
    cr_assert_eq(d->return_net.moments.step, 0, "LAMB stepped the return head in pretraining");

    check(learner_begin(&d->learner, LEARNER_ONLINE));
    float *before = malloc(bytes);
    memcpy(before, d->net.current.value, bytes);
    check(learner_train(&d->learner, &data, 0, NULL)); /* no update: the preparation only */
    cr_assert(d->return_ready);
    cr_assert_eq(d->return_adam.step, ROUNDS);
    cr_assert_eq(d->learner.updates, 3);
    cr_assert_arr_eq(d->net.current.value, before, bytes);

    /* It has learned: the loss on one and the same batch and noise has fallen. */
    double trained, fresh;
    struct pdt *other = learner_of(&h, S, A);
    memcpy(other->net.current.value, d->net.current.value, bytes);
    check(learner_begin(&other->learner, LEARNER_ONLINE));
    struct batch_rule rule = batch_rule_default();
    rule.segment = BATCH_END_UNIFORM;
    check(batch_sample_future(&r, NULL, &rule, rng_at(1, RNG_TEST, 1), &d->batch, &d->future));
    check(batch_sample_future(&r, NULL, &rule, rng_at(1, RNG_TEST, 1), &other->batch,
                              &other->future));
    check(pdt_return_update(d, 1000, &trained));
    check(pdt_return_update(other, 1000, &fresh));
    cr_assert_lt(trained, fresh - 0.2, "loss %g before, %g after", fresh, trained);

    check(learner_train(&d->learner, &data, 2, NULL));
    cr_assert_eq(d->return_net.moments.step, 2);
    cr_assert_neq(memcmp(d->net.current.value, before, bytes), 0);
    free(before);
    learner_delete(&other->learner);
    learner_delete(&d->learner);
    replay_free(&r);
    for (int i = 0; i < COUNT; i++)
        trajectory_free(&list[i]);
}

/* An environment's history as the rollout keeps it. */
struct history {
    float state[8 * S], action[8 * A], latent[8 * 5];
};

static void fill(struct history *h, uint64_t seed)
{
    struct rng rng = rng_at(seed, RNG_TEST, 7);
    for (int j = 0; j < 8 * S; j++)
        h->state[j] = rng_normal(&rng);
    for (int j = 0; j < 8 * A; j++)
        h->action[j] = 2 * rng_uniform(&rng) - 1;
    for (int j = 0; j < 8 * 5; j++)
        h->latent[j] = rng_normal(&rng);
}

static struct act_context context_of(struct history *h, int steps, uint64_t stream)
{
    return (struct act_context){.steps = steps,
                                .state = h->state,
                                .action = h->action,
                                .latent = h->latent,
                                .stream = stream};
}

/* tanh(mu) of the policy at the last of `length` steps, all given. */
static void act_by_hand(const struct pdt *d, const float *state, const float *latent,
                        const float *action, int length, float *out)
{
    struct windows w = {.B = 1,
                        .K = length,
                        .input = {state, latent, action},
                        .pitch = {0, 0, 0},
                        .outputs = OUTPUT_LAST};
    struct arena arena;
    float log_std[A];
    check(arena_init(&arena, transformer_scratch(&d->policy, length, false)));
    struct transformer_pass *pass = transformer_forward(&d->policy, d->net.current.value, &w,
                                                        (struct span){0, 1}, NULL, &arena);
    head_gaussian_forward(&d->action, d->net.current.value, pass->hidden, 1, out, log_std);
    for (int a = 0; a < A; a++)
        out[a] = tanhf(out[a]);
    arena_free(&arena);
}

Test(learner_pdt, acts_on_the_last_steps_with_the_latents_it_chose_then)
{
    struct hyper h = small_hyper();
    struct pdt *d = learner_of(&h, S, A);
    int E = (int)h.T_eval;
    for (int steps = 1; steps <= 6; steps++) {
        struct history history, old;
        fill(&history, 1);
        old = history;
        struct act_context c = context_of(&history, steps, (uint64_t)steps);
        float got[A], want[A];
        check(learner_act(&d->learner, &c, 1, ACT_MEAN, false, NULL, got, NULL));

        /* Only the newest row of the latents is written, with a draw of the prior. */
        float *newest = history.latent + (steps - 1) * d->Z;
        cr_assert_arr_eq(history.latent, old.latent, (size_t)(steps - 1) * 5 * sizeof(float));
        cr_assert_arr_eq(newest + d->Z, old.latent + steps * d->Z,
                         (size_t)(8 - steps) * 5 * sizeof(float));
        float embedded[16], mu[5], log_std[5], eps[5];
        linear_forward(&d->policy.embed[0], d->net.current.value, history.state + (steps - 1) * S,
                       1, embedded);
        for (int i = 0; i < 16; i++)
            embedded[i] = fmaxf(embedded[i], 0);
        gaussian_forward(&d->prior, d->net.current.value, embedded, 1, mu, log_std);
        pdt_draw(d, PDT_LATENT_EVALUATE, (uint64_t)steps, eps, 5);
        for (int i = 0; i < 5; i++)
            eps[i] = mu[i] + expf(log_std[i]) * eps[i];
        expect_close("z", newest, eps, 5, 1e-6, 0);

        int length = steps < E ? steps : E, skip = steps - length;
        act_by_hand(d, history.state + skip * S, history.latent + skip * d->Z,
                    history.action + skip * A, length, want);
        expect_close("action", got, want, A, 1e-6, 0);
    }
    learner_delete(&d->learner);
}

Test(learner_pdt, takes_the_candidate_whose_predicted_return_is_highest)
{
    struct hyper h = small_hyper();
    struct pdt *d = learner_of(&h, S, A);
    d->return_ready = 1;
    int others = 0;
    for (uint64_t stream = 0; stream < 20; stream++) {
        struct history history;
        fill(&history, 2 + stream);
        struct act_context c = context_of(&history, 1, stream);
        float action[A], noise[A] = {0.5f, -1}, log_prob;
        check(learner_act(&d->learner, &c, 1, ACT_EXPLORE, false, noise, action, &log_prob));
        cr_assert(isfinite(log_prob));

        float joint[32], mu[5], log_std[5], z[7 * 5], mean, spread, most = -INFINITY;
        int best = 0;
        linear_forward(&d->policy.embed[0], d->net.current.value, history.state, 1, joint);
        for (int i = 0; i < 16; i++)
            joint[i] = fmaxf(joint[i], 0);
        gaussian_forward(&d->prior, d->net.current.value, joint, 1, mu, log_std);
        pdt_draw(d, PDT_LATENT_ROLLOUT, stream, z, 7 * 5);
        for (int k = 0; k < 7; k++) {
            for (int i = 0; i < 5; i++)
                z[k * 5 + i] = mu[i] + expf(log_std[i]) * z[k * 5 + i];
            linear_forward(&d->policy.embed[1], d->net.current.value, z + (ptrdiff_t)k * 5, 1,
                           joint + 16);
            for (int i = 16; i < 32; i++)
                joint[i] = fmaxf(joint[i], 0);
            gaussian_forward(&d->returns, d->return_net.current.value, joint, 1, &mean, &spread);
            best = mean > most ? k : best;
            most = fmaxf(mean, most);
        }
        others += best != 0;
        expect_close("z", history.latent, z + (ptrdiff_t)best * 5, 5, 1e-6, 0);
    }
    cr_assert_gt(others, 5, "the first candidate was the best nearly always");
    learner_delete(&d->learner);
}

Test(learner_pdt, many_environments_act_as_each_alone)
{
    enum { N = 11 };
    struct hyper h = small_hyper();
    struct pdt *d = learner_of(&h, S, A);
    struct history together[N], alone;
    struct act_context c[N];
    float noise[N * A], action[N * A], single[A];
    struct rng rng = rng_at(9, RNG_TEST, 3);
    rng_fill_normal(&rng, 0, noise, N * A);
    d->return_ready = 1;
    for (int i = 0; i < N; i++) {
        fill(&together[i], (uint64_t)i);
        c[i] = context_of(&together[i], 1 + i % 7, 100 + (uint64_t)i);
    }
    check(learner_act(&d->learner, c, N, ACT_EXPLORE, false, noise, action, NULL));
    for (int i = 0; i < N; i++) {
        fill(&alone, (uint64_t)i);
        struct act_context one = context_of(&alone, c[i].steps, c[i].stream);
        check(learner_act(&d->learner, &one, 1, ACT_EXPLORE, false, noise + (ptrdiff_t)i * A,
                          single, NULL));
        expect_close("action", action + (ptrdiff_t)i * A, single, A, 1e-5, 0);
        cr_assert_arr_eq(alone.latent, together[i].latent, sizeof alone.latent);
    }
    learner_delete(&d->learner);
}

Test(learner_pdt, refuses_parts_that_it_lacks)
{
    static const char *const wrong[][2] = {{"policy", "deterministic_tanh"},
                                           {"rl_gradient", "td3"},
                                           {"actor_opt", "adam"},
                                           {"kl_c0", "0.1"},
                                           {"pdt_future", "3"}};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        struct hyper h = small_hyper();
        struct learner *l;
        struct learner_spec spec = {.hyper = &h, .S = S, .A = A, .run = 5};
        check(hyper_set(&h, wrong[i][0], wrong[i][1]));
        cr_assert_eq(learner_new(&spec, &l), STATUS_CONFIG, "%s = %s", wrong[i][0], wrong[i][1]);
        cr_assert_not_null(strstr(status_sentence(), wrong[i][0]), "%s", status_sentence());
    }
}
