/* Playing the policy of a run: the episodes that it was evaluated in, or others. */
#include "harness/run/kept_policy.h"
#include "harness/run/run_impl.h"

#include <stdlib.h>

/* Episodes side by side, and who looks at them. */
struct play {
    struct kept_policy *policy;
    const struct kept_options *options;
    struct rollout_envs envs; /* (count) */
    struct rollout_world inner;
    struct rng *reset;
    int count, first; /* number of the first among those asked for */
};

int kept_policy_episodes(const struct kept_policy *p, const struct kept_options *o)
{
    return o->episodes > 0 ? o->episodes : (int)p->episodes;
}

static enum status look(const struct play *p, int e)
{
    const struct kept_options *o = p->options;
    return o->look != NULL ? o->look(o->look_context, p->envs.env[e], p->first + e) : STATUS_OK;
}

static enum status watched_reset(void *context, int e, const double **observation)
{
    struct play *p = context;
    TRY(p->inner.reset(p->inner.context, e, observation));
    return look(p, e);
}

static enum status watched_step(void *context, int e, const double *action, struct env_step *out,
                                const double **observation)
{
    struct play *p = context;
    TRY(p->inner.step(p->inner.context, e, action, out, observation));
    return look(p, e);
}

/* At most as many at once as when they were recorded: products of so many rows gave those bits. */
static enum status open_worlds(struct play *p)
{
    struct env_options o = p->options->variant;
    int episodes = kept_policy_episodes(p->policy, p->options), E = (int)p->policy->episodes;
    o.reward_div = p->policy->reward_div;
    o.reward_shift = p->policy->reward_shift;
    o.delay = (int)p->policy->delay;
    p->count = episodes < E ? episodes : E;
    p->envs.env = calloc((size_t)p->count, sizeof(struct env *));
    p->reset = calloc((size_t)p->count, sizeof *p->reset);
    if (p->envs.env == NULL || p->reset == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d episodes", p->count);
    TRY(env_open(p->policy->env, &o, &p->envs.env[0]));
    for (int e = 1; e < p->count; e++)
        TRY(env_clone(p->envs.env[0], &p->envs.env[e]));
    p->envs.reset = p->reset;
    p->inner = rollout_world_of(&p->envs);
    return STATUS_OK;
}

static void close_worlds(struct play *p)
{
    for (int e = 0; p->envs.env != NULL && e < p->count; e++)
        env_close(p->envs.env[e]);
    free(p->envs.env);
    free(p->reset);
}

/* `count` episodes from p->first on. */
static enum status play_some(struct play *p, uint64_t first, int count, struct episode *episode,
                             struct kept_episode out[])
{
    const struct kept_options *o = p->options;
    const struct kept_policy *k = p->policy;
    struct rollout_world world = p->inner;
    struct rollout_spec spec = evaluation_spec(&k->hyper, k->action_stream, (int)k->max_steps,
                                               first);
    world.context = p;
    world.reset = watched_reset;
    world.step = watched_step;
    spec.target_return = o->target_return != NULL ? *o->target_return : k->target_return;
    if (o->stochastic)
        spec.mode = ACT_EXPLORE;
    for (int e = 0; e < count; e++)
        p->reset[e] = rng_at(k->env_stream, RNG_EVAL_RESET, first + (uint64_t)e);
    TRY(rollout(k->learner, &world, count, &spec, episode));
    for (int e = 0; e < count; e++) {
        out[e] = (struct kept_episode){episode[e].raw_return, episode[e].trajectory.length,
                                       episode[e].success};
        episode_free(&episode[e]);
    }
    return STATUS_OK;
}

enum status kept_policy_play(struct kept_policy *p, const struct kept_options *o,
                             struct kept_episode out[])
{
    struct play play = {.policy = p, .options = o};
    int episodes = kept_policy_episodes(p, o);
    uint64_t first = (uint64_t)p->first_episode;
    enum status result = open_worlds(&play);
    struct episode *episode = calloc((size_t)play.count, sizeof *episode);
    if (result == STATUS_OK && episode == NULL)
        result = status_fail(STATUS_MEMORY, "no memory for %d episodes", play.count);
    while (result == STATUS_OK && play.first < episodes) {
        int left = episodes - play.first, count = left < play.count ? left : play.count;
        result = play_some(&play, first + (uint64_t)play.first, count, episode, out + play.first);
        play.first += count;
    }
    free(episode);
    close_worlds(&play);
    return result;
}

int kept_policy_agrees(const struct kept_policy *p, const struct kept_options *o,
                       const struct kept_episode out[])
{
    const struct env_options plain = env_defaults();
    bool asked = !p->reseeded && o->target_return == NULL && !o->stochastic &&
                 o->variant.exact_inertia == plain.exact_inertia &&
                 o->variant.dense == plain.dense &&
                 o->variant.contact_forces == plain.contact_forces &&
                 kept_policy_episodes(p, o) >= (int)p->episodes;
    for (int e = 0; asked && e < (int)p->episodes; e++) {
        if (out[e].raw_return != p->raw_return[e])
            return 0;
    }
    return asked ? 1 : -1;
}
