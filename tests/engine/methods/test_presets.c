/* Switches of the learners on which the presets `paper` and `code` differ: D23, D36, D37.
 * D6, D7 and D34 are in test_rl_td3.c, D40 in test_batch.c, D44 in test_rl_others.c. */
#include "engine/methods/value_critic.h"
#include "tests/support/fixture.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { B = 5, K = 4, S = 3, A = 2 };
enum { ROOM = 1024 }; /* critic parameters */

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

static struct hyper hyper_of(const char *rl)
{
    struct hyper h;
    hyper_defaults(&h);
    check(hyper_set(&h, "rl_gradient", rl));
    h.batch_size = B;
    h.T_train = K;
    h.T_eval = 2;
    h.embed_dim = 8;
    h.n_layer = h.n_head = 1;
    h.critic_hidden = 7;
    h.n_value_nets = 1;
    return h;
}

static struct dt *learner_of(const struct hyper *h)
{
    struct learner_spec spec = {.hyper = h, .S = S, .A = A, .run = 3};
    struct learner *l;
    check(learner_new(&spec, &l));
    return (struct dt *)l;
}

/* Windows of 1 to K real steps; what stands in the padding is `padding`, done 2 there. */
static void fill(struct batch *b, float padding)
{
    struct rng rng = rng_at(1, RNG_TEST, 5);
    size_t N = (size_t)B * K;
    rng_fill_normal(&rng, 0, b->state, N * S);
    rng_fill_normal(&rng, 1 << 12, b->next_state, N * S);
    rng_fill_normal(&rng, 2 << 12, b->action, N * A);
    rng_fill_normal(&rng, 3 << 12, b->reward, N);
    rng_fill_normal(&rng, 4 << 12, b->return_to_go, N + B);
    b->valid = 0;
    for (int i = 0; i < B; i++) {
        b->length[i] = 1 + i % K;
        b->valid += b->length[i];
        for (int k = 0; k < K; k++) {
            size_t p = (size_t)(i * K + k);
            bool real = k >= K - b->length[i];
            b->mask[p] = b->weight[p] = real;
            b->done[p] = real ? (float)(k == K - 1 && i % 2) : 2;
            b->reward[p] = real ? b->reward[p] : 0;
            for (int s = 0; s < S && !real; s++)
                b->state[p * S + (size_t)s] = b->next_state[p * S + (size_t)s] = padding;
            for (int a = 0; a < A; a++)
                b->action[p * A + (size_t)a] = real ? tanhf(b->action[p * A + (size_t)a]) : 0;
        }
    }
    b->weight_sum = b->valid;
}

/* V at (B,K) states. */
static void values(struct dt *d, const float *state, float *out)
{
    size_t mark = arena_mark(&value_state(d)->arena);
    struct critic_tape tape;
    critic_take(&d->critic, B, K, &value_state(d)->arena, &tape);
    critic_v(&d->critic, d->critic_net.current.value, state, B, &tape, out);
    arena_release(&value_state(d)->arena, mark);
}

/* The loss as docs/methods.md 12 states it; `next` NULL: V(s') of the same parameters. */
static double pretraining_loss(struct dt *d, bool released, const float *next)
{
    const struct batch *b = &d->batch;
    float v[B * K], own[B * K];
    double loss = 0;
    values(d, b->state, v);
    values(d, b->next_state, own);
    for (int i = 0; i < B * K; i++) {
        double gamma = released ? 1 : d->learner.hyper.gamma;
        double off = (double)v[i] - (double)b->reward[i] -
                     gamma * (1 - (double)b->done[i]) * (double)(next != NULL ? next : own)[i];
        loss += released || b->mask[i] != 0 ? off * off : 0;
    }
    return loss / (released ? B * K : b->valid);
}

/* D36: as released without discount, over padding, and through V(s'); corrected with discount,
 * over real steps, V(s') held. */
static void check_pretraining(const char *variant)
{
    bool released = strcmp(variant, "as_released") == 0;
    struct hyper h = hyper_of("awr");
    check(hyper_set(&h, "policy", "squashed_gaussian"));
    check(hyper_set(&h, "v_pretrain_td", variant));
    h.n_critics = 0;
    h.gamma = 0.9;
    h.lr_critic = 0; /* the parameters stay for the differences below */
    struct dt *d = learner_of(&h);
    struct stats_sum stats = {{0}, {0}};
    float next[B * K];
    fill(&d->batch, 0.5f);
    values(d, d->batch.next_state, next);
    double want = pretraining_loss(d, released, NULL);
    check(value_pretrain(d, &d->batch, &stats));
    expect_number("loss", stats.sum[LEARNER_loss_value], want, 1e-6, 0);

    for (size_t j = 0; j < d->critic.layout.size; j += 3) {
        const float step = 1e-2f, at_j = d->critic_net.current.value[j];
        d->critic_net.current.value[j] = at_j + step;
        double more = pretraining_loss(d, released, released ? NULL : next);
        d->critic_net.current.value[j] = at_j - step;
        double less = pretraining_loss(d, released, released ? NULL : next);
        d->critic_net.current.value[j] = at_j;
        cr_assert_float_eq((double)d->critic_net.lanes.dtheta[0][j], (more - less) / (2 * 0.01),
                           5e-3 * (1 + fabs(want)), "parameter %zu: %g, by differences %g", j,
                           (double)d->critic_net.lanes.dtheta[0][j], (more - less) / 0.02);
    }
    learner_delete(&d->learner);
}

Test(presets, v_pretraining_as_released)
{
    check_pretraining("as_released");
}

Test(presets, v_pretraining_corrected)
{
    check_pretraining("corrected");
}

/* The value loss and the critic's gradient after one update, with that in the padding. */
static double value_loss(const char *rl, int unmasked, float padding, float gradient[ROOM])
{
    struct hyper h = hyper_of(rl);
    bool awr = strcmp(rl, "awr") == 0;
    if (awr)
        check(hyper_set(&h, "policy", "squashed_gaussian"));
    h.n_critics = awr ? 0 : 2;
    h.unmasked_value_losses = unmasked;
    struct dt *d = learner_of(&h);
    struct stats_sum stats = {{0}, {0}};
    struct batch *b = awr ? &d->online : &d->batch;
    float target[B * K];
    for (int i = 0; i < B * K; i++)
        target[i] = 0.1f * (float)i;
    fill(b, padding);
    if (awr)
        check(value_regress(d, b, target, unmasked != 0, &stats));
    else
        check(dt_critic_update(d, b, &stats));
    cr_assert_leq(d->critic.layout.size, ROOM);
    memset(gradient, 0, ROOM * sizeof *gradient);
    memcpy(gradient, d->critic_net.lanes.dtheta[0], d->critic.layout.size * sizeof *gradient);
    double loss = stats.sum[LEARNER_loss_value];
    learner_delete(&d->learner);
    return loss;
}

/* D37: over all B K positions as released, over real ones in the paper's preset. */
static void check_masks(const char *rl)
{
    float zero[ROOM], garbage[ROOM];
    double loss = value_loss(rl, 0, 0, zero);
    cr_assert_eq(value_loss(rl, 0, 9, garbage), loss, "%s: padding reached a masked loss", rl);
    cr_assert_arr_eq(zero, garbage, sizeof zero);
    loss = value_loss(rl, 1, 0, zero);
    cr_assert_neq(value_loss(rl, 1, 9, garbage), loss, "%s: padding should count", rl);
    cr_assert_arr_neq(zero, garbage, sizeof zero);
}

Test(presets, iqls_value_loss_runs_over_padding_or_not)
{
    check_masks("iql");
}

Test(presets, awrs_value_loss_runs_over_padding_or_not)
{
    check_masks("awr");
}

/* D23 */
Test(presets, targets_start_anew_online_or_not)
{
    for (int anew = 0; anew < 2; anew++) {
        struct hyper h = hyper_of("td3");
        h.online_reinit_targets = anew;
        struct dt *d = learner_of(&h);
        struct stats_sum stats = {{0}, {0}};
        size_t bytes = d->layout.size * sizeof *d->actor.current.value;
        size_t critic_bytes = d->critic.layout.size * sizeof *d->critic_net.current.value;
        float *target = malloc(bytes), *critic_target = malloc(critic_bytes);
        check(learner_begin(&d->learner, LEARNER_PRETRAIN));
        fill(&d->batch, 0);
        check(dt_critic_update(d, &d->batch, &stats));
        check(dt_actor_update(d, &d->batch, NULL, &stats));
        memcpy(target, d->actor.target.value, bytes);
        memcpy(critic_target, d->critic_net.target.value, critic_bytes);
        cr_assert_arr_neq(target, d->actor.current.value, bytes);
        cr_assert_arr_neq(critic_target, d->critic_net.current.value, critic_bytes);
        check(learner_begin(&d->learner, LEARNER_ONLINE));
        cr_assert_arr_eq(d->actor.target.value, anew ? d->actor.current.value : target, bytes);
        cr_assert_arr_eq(d->critic_net.target.value,
                         anew ? d->critic_net.current.value : critic_target, critic_bytes);
        free(target);
        free(critic_target);
        learner_delete(&d->learner);
    }
}
