/* The policy at the end, evaluated for a range of target returns (target_sweep; claim C45). */
#include "harness/run/run_impl.h"

#include "engine/base/sort.h"

#include <math.h>
#include <stdlib.h>

/* From the worst return of the data to its best, and from there to `far`, the larger of the two
 * targets that the settings name (or as far again as the data reach, if they reach farther);
 * n of each, evenly spaced. */
static int spread_targets(const struct run *r, double worst, double best, double *out)
{
    int n = (int)r->hyper.target_sweep, count = 0;
    double far = fmax(r->hyper.rtg_eval, r->hyper.rtg_online);
    far = far > best ? far : best + fmax(best - worst, 1);
    for (int i = 0; i < n; i++)
        out[count++] = n > 1 ? worst + (best - worst) * i / (n - 1) : best;
    for (int i = 1; i <= n; i++)
        out[count++] = i < n ? best + (far - best) * i / n : far;
    return count;
}

/* All targets, rising and each once: the grid, and those that evaluation and rollouts use. */
static int list_targets(const struct run *r, double worst, double best, double *out)
{
    int count = spread_targets(r, worst, best, out), kept = 0;
    out[count++] = r->hyper.rtg_eval;
    out[count++] = r->hyper.rtg_online;
    sort_doubles(out, (size_t)count);
    for (int i = 0; i < count; i++) {
        if (kept == 0 || out[i] != out[kept - 1])
            out[kept++] = out[i];
    }
    return kept;
}

static void data_range(const struct run *r, double *worst, double *best)
{
    *worst = *best = r->offline[0].total_reward;
    for (int i = 1; i < r->offline_count; i++) {
        *worst = fmin(*worst, r->offline[i].total_reward);
        *best = fmax(*best, r->offline[i].total_reward);
    }
}

/* The last evaluation's episodes again, for the g-th target. */
static enum status evaluate_target(struct run *r, int g, struct rng *reset, struct episode *episode)
{
    struct curve_targets *t = &r->curve.targets;
    int E = t->episodes;
    uint64_t first = (uint64_t)(r->eval_episodes_done - E);
    struct rollout_envs envs = {r->eval_env, reset};
    struct rollout_world world = rollout_world_of(&envs);
    struct rollout_spec spec = evaluation_spec(&r->hyper, r->key, r->max_steps, first);
    spec.target_return = t->target[g];
    for (int e = 0; e < E; e++)
        reset[e] = rng_at(r->env_key, RNG_EVAL_RESET, first + (uint64_t)e);
    TRY(rollout(r->learner, &world, E, &spec, episode));
    for (int e = 0; e < E; e++) {
        t->real_return[g * E + e] = episode[e].trajectory.total_reward;
        t->raw_return[g * E + e] = episode[e].raw_return;
        episode_free(&episode[e]);
    }
    return STATUS_OK;
}

enum status run_sweep_targets(struct run *r, bool *stopped)
{
    int E = (int)r->hyper.eval_episodes;
    double worst, best, target[2 * 64 + 2]; /* hyper.def limits target_sweep to 64 */
    *stopped = false;
    if (r->hyper.target_sweep == 0)
        return STATUS_OK;
    data_range(r, &worst, &best);
    int targets = list_targets(r, worst, best, target);
    TRY(curve_init_targets(&r->curve, targets, E));
    r->curve.targets.data_worst = worst;
    r->curve.targets.data_best = best;
    struct rng *reset = calloc((size_t)E, sizeof *reset);
    struct episode *episode = calloc((size_t)E, sizeof *episode);
    enum status result = STATUS_OK;
    if (reset == NULL || episode == NULL)
        result = status_fail(STATUS_MEMORY, "no memory for an evaluation");
    run_switch(r, TIMER_EVALUATE);
    for (int g = 0; g < targets && result == STATUS_OK && !*stopped; g++) {
        r->curve.targets.target[g] = target[g];
        result = evaluate_target(r, g, reset, episode);
        *stopped = run_should_stop(r) && g + 1 < targets;
    }
    run_switch(r, TIMER_OTHER);
    free(reset);
    free(episode);
    if (*stopped)
        TRY(curve_init_targets(&r->curve, 0, 0));
    return result;
}
