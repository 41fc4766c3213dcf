#include "tests/support/rl_gradcheck.h"

#include "engine/base/threads.h"
#include "engine/nn/params.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { S = 3, A = 2, TRAJECTORIES = 6, LENGTH = 7 };

const char *const rl_loss_names[] = {"the critic's loss", "the actor's loss",
                                     "the loss after the actor's step"};

struct rl_gradcheck {
    struct dt *d;
    struct trajectory list[TRAJECTORIES];
    struct replay replay;
    enum rl_loss which; /* that `loss` computes */
};

static void check(enum status status)
{
    cr_assert_eq(status, STATUS_OK, "%s", status_sentence());
}

struct hyper rl_hyper(const struct rl_ops *rl)
{
    struct hyper h;
    hyper_defaults(&h);
    check(hyper_set(&h, "rl_gradient", rl->name));
    if (rl->needs_log_prob)
        h.policy = HYPER_policy_squashed_gaussian;
    h.n_value_nets = rl->needs_v;
    return h;
}

/* Random walks, some of which end early enough to be padded, with log-probabilities. */
static void make_replay(struct rl_gradcheck *g)
{
    for (int i = 0; i < TRAJECTORIES; i++) {
        struct rng rng = rng_at(31, RNG_TEST, (uint64_t)i);
        int L = 1 + i % LENGTH;
        float state[(LENGTH + 1) * S], action[LENGTH * A], reward[LENGTH], log_prob[LENGTH];
        uint8_t terminal[LENGTH] = {0};
        for (int j = 0; j < (L + 1) * S; j++)
            state[j] = rng_normal(&rng);
        for (int j = 0; j < L * A; j++)
            action[j] = 1.6f * rng_uniform(&rng) - 0.8f;
        for (int j = 0; j < L; j++) {
            reward[j] = rng_normal(&rng);
            log_prob[j] = -1.5f - rng_uniform(&rng);
        }
        terminal[L - 1] = i % 2;
        check(trajectory_new(L, S, A, state, state + S, action, reward, terminal, log_prob, 0,
                             &g->list[i]));
    }
    check(replay_init(&g->replay, S, A, REPLAY_UNBOUNDED));
    check(replay_fill(&g->replay, g->list, TRAJECTORIES));
}

static void begin(struct rl_gradcheck *g)
{
    struct dt *d = g->d;
    struct batch_rule rule = batch_rule_default();
    check(batch_sample(&g->replay, NULL, &rule, rng_at(3, RNG_TEST, 100), &d->batch));
    if (d->rl->online) {
        struct learner_data data = {.replay = &g->replay, .online = &g->replay};
        struct stats_sum stats = {{0}, {0}};
        d->phase_updates = 1000; /* beyond AWR's warm-up */
        check(d->rl->begin_iteration(d, &data, 0, &stats));
        check(batch_sample(&g->replay, NULL, &rule, rng_at(3, RNG_TEST, 101), &d->online));
    }
}

struct rl_gradcheck *rl_gradcheck_new(const struct hyper *given)
{
    struct hyper h = *given;
    struct rl_gradcheck *g = calloc(1, sizeof *g);
    struct learner *l;
    h.batch_size = 5;
    h.T_train = 4;
    h.T_eval = 2;
    h.embed_dim = 8;
    h.n_layer = h.n_head = 1;
    h.critic_hidden = 7;
    h.dropout = h.embed_dropout = 0;
    h.lr_actor = h.lr_critic = h.lr_temperature = h.tau = h.actor_grad_clip = 0;
    h.alpha_pretrain = h.alpha_online = 0.7;
    struct learner_spec spec = {.hyper = &h, .S = S, .A = A, .run = 3};
    make_replay(g);
    threads_set(1); /* there is next to nothing to share */
    check(hyper_check(&h));
    check(learner_new(&spec, &l));
    check(learner_begin(l, LEARNER_PRETRAIN));
    g->d = dt_of(l);
    begin(g);
    return g;
}

void rl_gradcheck_free(struct rl_gradcheck *g)
{
    learner_delete(&g->d->learner);
    replay_free(&g->replay);
    for (int i = 0; i < TRAJECTORIES; i++)
        trajectory_free(&g->list[i]);
    free(g);
}

bool rl_gradcheck_has(const struct rl_gradcheck *g, enum rl_loss which)
{
    const struct rl_ops *rl = g->d->rl;
    return which == RL_CRITIC_LOSS  ? rl->critic_update != NULL
           : which == RL_ACTOR_LOSS ? rl->actor_rows != NULL
                                    : rl->after_actor != NULL;
}

static struct network *network_of(struct rl_gradcheck *g, enum rl_loss which)
{
    return which == RL_ACTOR_LOSS ? &g->d->actor : &g->d->critic_net;
}

float *rl_gradcheck_theta(struct rl_gradcheck *g, enum rl_loss which, size_t *n)
{
    *n = network_of(g, which)->layout->size;
    return network_of(g, which)->current.value;
}

/* A step sums the lanes' gradients in the first. */
float *rl_gradcheck_gradient(struct rl_gradcheck *g, enum rl_loss which)
{
    return network_of(g, which)->lanes.dtheta[0];
}

static double reported(const struct stats_sum *stats, enum rl_loss which)
{
    enum learner_metric metric = which == RL_ACTOR_LOSS ? LEARNER_loss_actor : LEARNER_loss_critic;
    if (stats->weight[metric] == 0)
        metric = LEARNER_loss_value; /* there is no Q */
    cr_assert_gt(stats->weight[metric], 0, "%s was not reported", rl_loss_names[which]);
    return stats_value(stats, metric);
}

/* Counters stay at 0, so that every update draws the same numbers. */
double rl_gradcheck_loss(struct rl_gradcheck *g, enum rl_loss which)
{
    struct dt *d = g->d;
    struct stats_sum stats = {{0}, {0}};
    d->learner.updates = d->learner.batches = 0;
    params_pack(&network_of(g, which)->current, true);
    if (which == RL_CRITIC_LOSS)
        check(dt_critic_update(d, &d->batch, &stats));
    else if (which == RL_ACTOR_LOSS)
        check(dt_actor_update(d, &d->batch, d->rl->online ? &d->online : NULL, &stats));
    else
        check(d->rl->after_actor(d, &d->online, &stats));
    return reported(&stats, which);
}

static double loss(void *context)
{
    struct rl_gradcheck *g = context;
    return rl_gradcheck_loss(g, g->which);
}

struct gradcheck_count rl_gradcheck_run(struct rl_gradcheck *g, enum rl_loss which,
                                        const float *given)
{
    size_t n;
    float *theta = rl_gradcheck_theta(g, which, &n), *gradient = malloc(n * sizeof *gradient);
    cr_assert_not_null(gradient);
    /* The order of a batch: what the critic's update computes stays for the actor's, and the V
     * step's targets come with the actor's. */
    for (enum rl_loss earlier = RL_CRITIC_LOSS; earlier <= which; earlier++) {
        if (rl_gradcheck_has(g, earlier))
            rl_gradcheck_loss(g, earlier);
    }
    memcpy(gradient, given != NULL ? given : rl_gradcheck_gradient(g, which), n * sizeof *gradient);
    g->which = which;
    struct gradcheck_count count = gradcheck_kinked(theta, gradient, n, loss, g, 1e-2, 1e-4);
    free(gradient);
    return count;
}
