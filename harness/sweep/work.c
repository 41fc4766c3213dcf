#include "harness/sweep/work.h"

#include "harness/run/run.h"
#include "suites/dataset_table.h"

#include <math.h>

/* Weights of the actor, and tokens of one segment. */
static double actor_weights(const struct hyper *h, double *tokens)
{
    if (h->family == HYPER_family_dt) {
        *tokens = 3.0 * (double)h->T_train;
        return 12.0 * (double)(h->embed_dim * h->embed_dim * h->n_layer);
    }
    *tokens = 1;
    return (double)(h->mlp_hidden * h->mlp_hidden) * (double)h->mlp_hidden_layers;
}

double work_real_share(double K, double episode)
{
    if (!(episode > 0) || K <= 1)
        return 1;
    return episode >= K ? 1 - (K - 1) / (2 * episode) : (episode + 1) / (2 * K);
}

struct work work_count(const struct hyper *h, const struct env_kind *kind, double episode)
{
    double tokens, weights = actor_weights(h, &tokens);
    bool mlp = h->buffer_unit == HYPER_buffer_unit_transitions;
    bool critic = h->rl_gradient != HYPER_rl_gradient_none;
    double interval = critic ? (double)h->actor_update_interval : 1;
    double limit = fmax(kind->time_limit, 1);
    episode = episode > 0 ? fmin(episode, limit) : limit;
    double per_iteration = fmax((double)h->min_transitions_per_iter,
                                kind->suite->gym_files ? episode : limit);
    struct work w = {.steps = (double)h->stop_transitions, .interval = interval};

    w.iterations = w.steps / per_iteration;
    if (hyper_applies(h, "max_online_iters") && h->max_online_iters > 0)
        w.iterations = fmin(w.iterations, (double)h->max_online_iters);
    w.updates = (double)h->pretrain_actor_steps +
                (mlp ? w.steps * h->updates_per_transition / interval
                     : w.iterations * (double)h->actor_updates_per_iter);
    /* A forward pass of the encoder, 2 of an update's 5 tokens a step; an update takes three times
     * a forward pass. */
    if (h->actor == HYPER_actor_pdt)
        w.before_online = (double)h->pdt_return_steps * (2.0 / 5) / 3;
    double evaluations = h->eval_every_unit == HYPER_eval_every_unit_iterations
                             ? w.iterations / (double)h->eval_every
                             : w.steps / (double)h->eval_every;
    /* Those of a target sweep: the grid and the targets that the settings name. */
    if (h->target_sweep > 0)
        evaluations += 2 * (double)h->target_sweep + 2;
    w.evaluated = (1 + evaluations) * (double)h->eval_episodes * kind->time_limit;

    w.real_share = mlp ? 1 : work_real_share((double)h->T_train, episode);
    double batch = (double)h->batch_size * w.real_share; /* of full windows */
    /* 6 flops a weight and token: 2 forward, 4 backward. */
    w.actor_flops = 6 * weights * tokens * batch;
    if (critic)
        w.critic_flops = 12.0 * (double)(h->critic_hidden * h->critic_hidden) *
                         (double)h->critic_hidden_layers * batch * fmax(tokens / 3, 1);
    if (critic && !mlp)
        w.critic_flops += 2 * weights * tokens * batch; /* the target's actions */
    w.act_flops = 2 * weights * (mlp ? 1 : 3.0 * (double)h->T_eval);
    return w;
}

enum status work_configure(const struct matrix_cell *c, struct hyper *h,
                           const struct env_kind **kind)
{
    struct config_request request;
    matrix_request(c, &request);
    enum status result = run_configure(&request, h);
    if (result != STATUS_OK)
        return status_prefix(result, "cell %d (%s%s%s on %s)", c->number, c->method,
                             c->variant[0] != '\0' ? "@" : "", c->variant, c->dataset);
    *kind = dataset_env(c->dataset);
    return STATUS_OK;
}
