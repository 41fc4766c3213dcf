#include "harness/run/run_impl.h"
#include "harness/run/run_rules.h"

#include <math.h>
#include <stdlib.h>

/* Batches trained between two looks at the stop flag. At the paper's size that is minutes. */
enum { UPDATES_AT_ONCE = 10, TRANSITIONS_AN_ITERATION = 1000, PRETRAIN_BLOCKS = 20 };

enum { WARM_UP_WORLDS = 10 }; /* PDT's environments side by side */

static void add_stats(struct run *r, const struct learner_stats *stats, double weight)
{
    for (int i = 0; i < LEARNER_METRIC_COUNT; i++) {
        if (!isnan(stats->value[i]))
            stats_add_weighted(&r->sums.metrics, (enum learner_metric)i, stats->value[i], weight);
    }
}

/* Train `batches` on `data` in pieces; *left says what a stop left undone. */
static enum status train(struct run *r, const struct learner_data *data, int64_t *left)
{
    int64_t piece = learner_batches(r->learner, UPDATES_AT_ONCE);
    /* PPO and AWR fit V to the rollouts once, and tell of the iteration as a whole. */
    int64_t whole = r->keeps_rollouts && r->online
                        ? learner_batches(r->learner, r->hyper.actor_updates_per_iter)
                        : 0;
    while (*left > 0) {
        int64_t batches = *left < piece ? *left : piece;
        struct learner_data part = *data;
        struct learner_stats stats;
        part.follow = whole > 0 ? *left - batches : 0;
        TRY(learner_train(r->learner, &part, batches, &stats));
        add_stats(r, &stats, (double)(whole > 0 ? whole : batches));
        *left -= batches;
        r->batches_of_block = r->pending_batches - *left;
        run_progress(r, false);
        if (run_should_stop(r))
            break;
    }
    return STATUS_OK;
}

/* --- pretraining ------------------------------------------------------------------------------ */

int64_t run_pretrain_total(const struct run *r)
{
    return learner_batches(r->learner, r->hyper.pretrain_actor_steps);
}

enum status run_pretrain_block(struct run *r, bool *done)
{
    int64_t total = run_pretrain_total(r);
    int64_t block = learner_batches(r->learner, 1);
    block = (total / PRETRAIN_BLOCKS + block - 1) / block * block;
    if (r->pending_batches == 0)
        r->pending_batches = total - r->pretrained < block || block == 0 ? total - r->pretrained
                                                                         : block;
    struct learner_data data = {.replay = &r->pretrain, .transitions = &r->transitions};
    int64_t left = r->pending_batches;
    TRY(train(r, &data, &left));
    r->pretrained += r->pending_batches - left;
    r->batches_of_block = 0;
    r->pending_batches = left;
    if (left == 0 && total > 0)
        TRY(run_add_iteration(r));
    *done = r->pretrained >= total;
    return STATUS_OK;
}

/* --- rollouts of whole episodes --------------------------------------------------------------- */

/* PPO and AWR keep a copy of each rollout for the RL term. */
static enum status keep_copy(struct run *r, const struct trajectory *t)
{
    struct trajectory copy;
    TRY(trajectory_new(t->length, r->dataset.S, r->dataset.A, t->state, t->next_state, t->action,
                       t->reward, t->terminal, t->log_prob, t->raw_return, &copy));
    enum status result = replay_add(&r->rollouts, &copy);
    if (result != STATUS_OK)
        trajectory_free(&copy);
    return result;
}

/* An episode's trajectory moves into the replay, or is freed. */
static enum status keep_episode(struct run *r, struct episode *episode)
{
    int length = episode->trajectory.length;
    r->sums.returns += episode->raw_return;
    r->sums.lengths += length;
    r->sums.trajectories++;
    enum status result = r->keeps_rollouts ? keep_copy(r, &episode->trajectory) : STATUS_OK;
    if (result == STATUS_OK)
        result = replay_add(&r->replay, &episode->trajectory);
    if (result == STATUS_OK)
        r->transitions_done += length;
    else
        episode_free(episode);
    return result;
}

/* One episode in each of `count` environments, side by side. */
static enum status roll_out(struct run *r, struct env **env, int count)
{
    struct rng reset[WARM_UP_WORLDS];
    struct episode episode[WARM_UP_WORLDS];
    for (int e = 0; e < count; e++)
        reset[e] = rng_at(r->env_key, RNG_ENV_RESET, (uint64_t)(r->episodes + e));
    struct rollout_envs envs = {env, reset};
    struct rollout_world world = rollout_world_of(&envs);
    bool stochastic = r->hyper.policy == HYPER_policy_squashed_gaussian;
    struct rollout_spec spec = {
        .mode = ACT_EXPLORE,
        .target_return = rules_online_target(&r->hyper, r->offline_mean_return, r->episodes),
        .rtg_scale = r->hyper.rtg_scale,
        .max_steps = r->max_steps,
        .latent = r->hyper.actor == HYPER_actor_pdt ? (int)r->hyper.pdt_latent : 0,
        .guide_steps = rules_guide_steps(&r->hyper, r->episodes),
        .guide = r->guide != NULL ? run_guide_act : NULL,
        .guide_context = r->guide,
        .log_prob = stochastic && r->keeps_rollouts,
        .ends_terminal = r->hyper.rollout_timeouts_terminal != 0,
        .run = r->key,
        .purpose = RNG_EXPLORE,
        .first = (uint64_t)r->episodes};
    TRY(rollout(r->learner, &world, count, &spec, episode));
    r->episodes += count;
    enum status result = STATUS_OK;
    for (int e = 0; e < count; e++) {
        if (result == STATUS_OK)
            result = keep_episode(r, &episode[e]);
        else
            episode_free(&episode[e]);
    }
    return result;
}

static enum status iterate_episodes(struct run *r)
{
    if (r->pending_batches == 0) {
        int64_t before = r->transitions_done, least = r->hyper.min_transitions_per_iter;
        run_switch(r, TIMER_ROLLOUT);
        /* The last iteration's buffer shrinks when the iteration is over (docs/methods.md 12, 13).
         */
        if (r->clears_rollouts)
            replay_clear(&r->rollouts);
        else if (r->keeps_rollouts && r->iteration > 0)
            replay_prune(&r->rollouts, r->hyper.awr_buffer_transitions);
        do {
            TRY(roll_out(r, &r->train_env, 1));
        } while (r->transitions_done - before < least);
        run_switch(r, TIMER_OTHER);
        r->pending_batches = learner_batches(r->learner, r->hyper.actor_updates_per_iter);
    }
    struct learner_data data = {.replay = &r->replay,
                                .online = r->keeps_rollouts ? &r->rollouts : NULL};
    return train(r, &data, &r->pending_batches);
}

/* --- rollouts step by step (TD3+BC, IQL, SAC on an MLP)
 * ------------------------------------------------------ */

static enum status begin_episode(struct run *r)
{
    TRY(env_reset(r->train_env, rng_at(r->env_key, RNG_ENV_RESET, (uint64_t)r->episodes)));
    r->episodes++;
    r->mid_episode = 1;
    r->episode_return = 0;
    return STATUS_OK;
}

/* One environment step with exploration, its transition into the replay. */
static enum status step_once(struct run *r, float *work)
{
    size_t S = (size_t)r->dataset.S, A = (size_t)r->dataset.A;
    float *state = work, *next = work + S, *noise = next + S, *action = noise + A;
    double wide[64];
    if (!r->mid_episode)
        TRY(begin_episode(r));
    const double *observation = env_observation(r->train_env);
    for (size_t i = 0; i < S; i++)
        state[i] = (float)observation[i];
    struct act_context context = {.steps = 1, .state = state};
    struct rng rng = rng_at(r->key, RNG_EXPLORE, (uint64_t)r->transitions_done);
    rng_fill_normal(&rng, 0, noise, A);
    TRY(learner_act(r->learner, &context, 1, ACT_EXPLORE, false, noise, action, NULL));
    for (size_t i = 0; i < A; i++)
        wide[i] = (double)action[i];

    struct env_step step;
    enum status result = env_step(r->train_env, wide, &step);
    if (result == STATUS_PHYSICS) {
        r->mid_episode = 0; /* the episode ends where it was; its last step is not stored */
        return STATUS_OK;
    }
    TRY(result);
    observation = env_observation(r->train_env);
    for (size_t i = 0; i < S; i++)
        next[i] = (float)observation[i];
    /* Time limits do not stop the bootstrap (docs/methods.md 16, 17). */
    struct transition x = {state, next, action, (float)step.reward, step.terminated ? 1 : 0};
    TRY(transitions_add(&r->transitions, &x));
    r->transitions_done++;
    r->episode_return += step.raw_reward;
    if (step.terminated || step.truncated || env_steps(r->train_env) >= r->max_steps) {
        r->mid_episode = 0;
        r->sums.returns += r->episode_return;
        r->sums.lengths += env_steps(r->train_env);
        r->sums.trajectories++;
    }
    return STATUS_OK;
}

static enum status new_work(const struct run *r, float **out)
{
    *out = malloc(2 * ((size_t)r->dataset.S + (size_t)r->dataset.A) * sizeof **out);
    return *out != NULL ? STATUS_OK : status_fail(STATUS_MEMORY, "no memory for a step");
}

/* Transitions from one end of an iteration to the next. */
static int64_t iteration_unit(const struct hyper *h)
{
    bool shorter = h->eval_every_unit == HYPER_eval_every_unit_transitions &&
                   h->eval_every < TRANSITIONS_AN_ITERATION;
    return h->collect_transitions > 0 ? h->collect_transitions
           : shorter                  ? h->eval_every
                                      : TRANSITIONS_AN_ITERATION;
}

bool run_budget_cuts(const struct run *r)
{
    const struct hyper *h = &r->hyper;
    int64_t unit = iteration_unit(h), ahead = unit - r->transitions_done % unit;
    if (!r->by_transition)
        return false; /* whole episodes, and then the iteration is over */
    if (r->transitions_done >= h->stop_transitions)
        return r->transitions_done % unit != 0;
    return r->transitions_done + ahead > h->stop_transitions;
}

/* Up to the next multiple of TRANSITIONS_AN_ITERATION (or of the evaluation interval, or the end):
 * one step, then updates_per_transition batches. pending_batches holds the transitions to go. */
static enum status iterate_transitions(struct run *r)
{
    float *work;
    TRY(new_work(r, &work));
    struct learner_data data = {.transitions = &r->transitions};
    if (r->pending_batches == 0) {
        int64_t unit = iteration_unit(&r->hyper);
        r->pending_batches = unit - r->transitions_done % unit;
        if (r->transitions_done + r->pending_batches > r->hyper.stop_transitions)
            r->pending_batches = r->hyper.stop_transitions - r->transitions_done;
    }
    enum status result = STATUS_OK;
    while (r->pending_batches > 0 && result == STATUS_OK && !run_should_stop(r)) {
        int64_t before = r->transitions_done;
        run_switch(r, TIMER_ROLLOUT);
        result = step_once(r, work);
        run_switch(r, TIMER_OTHER);
        r->pending_batches -= r->transitions_done - before;
        int64_t due = rules_batches_due(&r->hyper, r->transitions_done);
        if (result == STATUS_OK && due > r->batches_owed) {
            struct learner_stats stats;
            result = learner_train(r->learner, &data, due - r->batches_owed, &stats);
            if (result == STATUS_OK)
                add_stats(r, &stats, (double)(due - r->batches_owed));
            r->batches_owed = due;
        }
        run_progress(r, false);
    }
    free(work);
    return result;
}

/* --- collections and their updates in turn (SAC from scratch) ----------------------------------
 */

/* The steps of a collection that are left. A new one begins with a reset, and its last episode is
 * cut where it ends. */
static enum status collect(struct run *r)
{
    float *work;
    TRY(new_work(r, &work));
    enum status result = STATUS_OK;
    run_switch(r, TIMER_ROLLOUT);
    while (result == STATUS_OK &&
           r->pending_batches >
               rules_batches_due(&r->hyper, r->transitions_done) - r->batches_owed) {
        int64_t before = r->transitions_done;
        result = step_once(r, work);
        r->pending_batches -= r->transitions_done - before;
        run_progress(r, false);
        if (run_should_stop(r))
            break;
    }
    run_switch(r, TIMER_OTHER);
    free(work);
    return result;
}

/* pending_batches holds the steps and the batches to go: while steps are left it is more than the
 * batches that the steps so far ask for. */
static enum status iterate_collection(struct run *r)
{
    const struct hyper *h = &r->hyper;
    if (r->pending_batches == 0) {
        int64_t steps = h->collect_transitions - r->transitions_done % h->collect_transitions;
        if (r->transitions_done + steps > h->stop_transitions)
            steps = h->stop_transitions - r->transitions_done;
        r->pending_batches = steps + rules_batches_due(h, r->transitions_done + steps) -
                             r->batches_owed;
        r->mid_episode = 0;
    }
    TRY(collect(r));
    int64_t left = rules_batches_due(h, r->transitions_done) - r->batches_owed;
    if (r->pending_batches > left)
        return STATUS_OK; /* a stop was asked for among the steps */
    struct learner_data data = {.transitions = &r->transitions};
    enum status result = train(r, &data, &left);
    r->batches_owed += r->pending_batches - left;
    r->pending_batches = left;
    return result;
}

/* --- the online phase ------------------------------------------------------------------------- */

/* PDT: its empty buffer is filled by the pretrained policy before the first iteration, several
 * environments at a time (docs/methods.md 15). */
static enum status fill_empty_replay(struct run *r)
{
    struct env *env[WARM_UP_WORLDS] = {NULL};
    int64_t before = r->transitions_done;
    enum status result = STATUS_OK;
    for (int e = 0; e < WARM_UP_WORLDS && result == STATUS_OK; e++)
        result = env_clone(r->train_env, &env[e]);
    while (result == STATUS_OK && r->transitions_done - before < r->hyper.pdt_warmup_transitions) {
        result = roll_out(r, env, WARM_UP_WORLDS);
        run_progress(r, false);
    }
    for (int e = 0; e < WARM_UP_WORLDS; e++)
        env_close(env[e]);
    return result;
}

static enum status warm_up(struct run *r)
{
    int64_t before = r->transitions_done;
    run_switch(r, TIMER_ROLLOUT);
    if (r->starts_empty)
        TRY(fill_empty_replay(r));
    if (r->starts_empty && !r->hyper.pdt_count_warmup) {
        r->uncounted = r->transitions_done - before;
        r->transitions_done = before;
    }
    run_switch(r, TIMER_OTHER);
    r->sums = (struct run_sums){0};
    return STATUS_OK;
}

enum status run_begin_online(struct run *r)
{
    TRY(learner_begin(r->learner, LEARNER_ONLINE));
    r->pending_batches = 0;
    if (!r->by_transition && !r->starts_empty)
        TRY(replay_fill(&r->replay, r->offline, r->offline_count));
    /* AWR's own buffer starts with all offline trajectories, ascending. */
    if (r->keeps_rollouts && !r->clears_rollouts)
        TRY(replay_fill(&r->rollouts, r->offline, r->offline_count));
    r->online = 1;
    run_begin_phase(r);
    TRY(warm_up(r));
    /* PDT prepares its return head on the warm-up's data: its first rollout already chooses by it.
     * A call without batches does just that. */
    struct learner_data data = {.replay = &r->replay};
    return r->starts_empty ? learner_train(r->learner, &data, 0, NULL) : STATUS_OK;
}

enum status run_iteration(struct run *r)
{
    TRY(r->hyper.collect_transitions > 0 ? iterate_collection(r)
        : r->by_transition               ? iterate_transitions(r)
                                         : iterate_episodes(r));
    if (r->pending_batches > 0)
        return STATUS_OK; /* a stop was asked for; it goes on here after a resume */
    r->iteration++;
    r->iterations_here++;
    return run_add_iteration(r);
}
