#include "harness/run/run_impl.h"

#include <stdlib.h>

static enum status add_row(struct run *r, const struct episode *episodes, int E)
{
    size_t n = (size_t)E;
    double *raw = calloc(n, sizeof *raw), *score = calloc(n, sizeof *score);
    int32_t *length = calloc(n, sizeof *length);
    uint8_t *success = calloc(n, 1);
    enum status result;
    if (raw == NULL || score == NULL || length == NULL || success == NULL) {
        result = status_fail(STATUS_MEMORY, "no memory for an evaluation");
    } else {
        for (int e = 0; e < E; e++) {
            raw[e] = episodes[e].raw_return;
            score[e] = score_normalise(r->dataset.score, raw[e]);
            length[e] = episodes[e].trajectory.length;
            success[e] = episodes[e].success;
        }
        struct curve_evaluation row = {.iteration = r->iteration,
                                       .transitions = r->transitions_done,
                                       .gradient_steps = learner_updates(r->learner),
                                       .seconds = r->seconds + progress_since(&r->started),
                                       .raw_return = raw,
                                       .score = score,
                                       .length = length,
                                       .success = success};
        result = curve_add_evaluation(&r->curve, &row, E);
    }
    free(raw);
    free(score);
    free(length);
    free(success);
    return result;
}

struct rollout_spec evaluation_spec(const struct hyper *h, uint64_t run, int max_steps,
                                    uint64_t first)
{
    bool sample = h->eval_action == HYPER_eval_action_sample;
    bool latent = hyper_applies(h, "T_eval") && h->actor == HYPER_actor_pdt;
    return (struct rollout_spec){.mode = sample ? ACT_EXPLORE : ACT_MEAN,
                                 .target_return = h->rtg_eval,
                                 .rtg_scale = h->rtg_scale,
                                 .max_steps = max_steps,
                                 .latent = latent ? (int)h->pdt_latent : 0,
                                 .run = run,
                                 .purpose = RNG_EVAL_ACTION,
                                 .first = first};
}

enum status evaluate(struct run *r)
{
    int E = (int)r->hyper.eval_episodes;
    struct rng *reset = calloc((size_t)E, sizeof *reset);
    struct episode *episodes = calloc((size_t)E, sizeof *episodes);
    if (reset == NULL || episodes == NULL) {
        free(reset);
        free(episodes);
        return status_fail(STATUS_MEMORY, "no memory for an evaluation");
    }
    run_switch(r, TIMER_EVALUATE);
    for (int e = 0; e < E; e++)
        reset[e] = rng_at(r->env_key, RNG_EVAL_RESET, (uint64_t)(r->eval_episodes_done + e));
    struct rollout_envs envs = {r->eval_env, reset};
    struct rollout_world world = rollout_world_of(&envs);
    struct rollout_spec spec = evaluation_spec(&r->hyper, r->key, r->max_steps,
                                               (uint64_t)r->eval_episodes_done);
    enum status result = rollout(r->learner, &world, E, &spec, episodes);
    if (result == STATUS_OK) {
        result = add_row(r, episodes, E);
        for (int e = 0; e < E; e++)
            episode_free(&episodes[e]);
        r->eval_episodes_done += E;
        r->evaluated_at = r->by_transition ? r->transitions_done : r->iteration;
    }
    free(reset);
    free(episodes);
    run_switch(r, TIMER_OTHER);
    return result;
}
