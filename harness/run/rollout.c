#include "harness/run/rollout.h"

#include "engine/base/log.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The growing history of one world. */
struct history {
    float *state;  /* (T+1,S) */
    float *action; /* (T,A) */
    float *reward, *return_to_go, *log_prob;
    float *latent;
    int steps, room;
    double raw_return;
    bool over, terminated, success;
};

struct play {
    struct learner *learner;
    const struct rollout_world *world;
    const struct rollout_spec *spec;
    int count;
    struct history *history;     /* (count) */
    struct act_context *context; /* (count) of the worlds still on */
    int *on;                     /* (count) their numbers */
    float *noise, *action, *log_prob;
    double *wide; /* (A) one action in double */
};

static bool resize(float **x, size_t floats)
{
    float *larger = realloc(*x, floats * sizeof *larger);
    if (larger == NULL)
        return false;
    *x = larger;
    return true;
}

/* Room for one more step and the state after it. */
static enum status grow(const struct play *p, struct history *h)
{
    if (h->steps + 2 <= h->room)
        return STATUS_OK;
    size_t room = h->room > 0 ? (size_t)h->room * 2 : 128, S = (size_t)p->world->S;
    size_t A = (size_t)p->world->A, Z = (size_t)p->spec->latent;
    if (!resize(&h->state, room * S) || !resize(&h->action, room * A) ||
        !resize(&h->reward, room) || !resize(&h->return_to_go, room) ||
        !resize(&h->log_prob, room) || (Z > 0 && !resize(&h->latent, room * Z)))
        return status_fail(STATUS_MEMORY, "no memory for an episode of %zu steps", room);
    h->room = (int)room;
    return STATUS_OK;
}

static void put_state(const struct play *p, struct history *h, const double *observation)
{
    size_t S = (size_t)p->world->S;
    for (size_t i = 0; i < S; i++)
        h->state[(size_t)h->steps * S + i] = (float)observation[i];
}

static enum status start(struct play *p)
{
    for (int e = 0; e < p->count; e++) {
        const double *observation;
        struct history *h = &p->history[e];
        TRY(p->world->reset(p->world->context, e, &observation));
        TRY(grow(p, h));
        put_state(p, h, observation);
        h->return_to_go[0] = (float)(p->spec->target_return * p->spec->rtg_scale);
    }
    return STATUS_OK;
}

/* One policy call for the worlds still on. Returns how many. */
static int gather(struct play *p, int t)
{
    const struct rollout_spec *s = p->spec;
    size_t A = (size_t)p->world->A;
    int n = 0;
    for (int e = 0; e < p->count; e++) {
        struct history *h = &p->history[e];
        if (h->over)
            continue;
        uint64_t stream = (s->first + (uint64_t)e) << 20 | (uint64_t)t;
        p->context[n] = (struct act_context){.steps = h->steps + 1,
                                             .state = h->state,
                                             .action = h->action,
                                             .return_to_go = h->return_to_go,
                                             .latent = h->latent,
                                             .stream = stream};
        if (s->noise != NULL) {
            s->noise(s->noise_context, e, t, p->noise + (size_t)n * A);
        } else if (s->mode == ACT_EXPLORE) {
            struct rng rng = rng_at(s->run, s->purpose, stream);
            rng_fill_normal(&rng, 0, p->noise + (size_t)n * A, A);
        }
        p->on[n++] = e;
    }
    return n;
}

static enum status advance(struct play *p, int e, const float *action, float log_prob)
{
    const struct rollout_spec *s = p->spec;
    struct history *h = &p->history[e];
    size_t A = (size_t)p->world->A, t = (size_t)h->steps;
    const double *observation;
    struct env_step step;
    for (size_t i = 0; i < A; i++)
        p->wide[i] = (double)action[i];
    TRY(grow(p, h));
    enum status result = p->world->step(p->world->context, e, p->wide, &step, &observation);
    if (result == STATUS_PHYSICS && h->steps > 0) {
        log_warn("rollout", "the simulation diverged at step %d: %s", h->steps, status_sentence());
        h->over = h->terminated = true;
        return STATUS_OK;
    }
    TRY(result);
    memcpy(h->action + t * A, action, A * sizeof *action);
    h->reward[t] = (float)step.reward;
    h->log_prob[t] = log_prob;
    h->return_to_go[t + 1] = h->return_to_go[t] - (float)(s->rtg_scale * step.reward);
    h->raw_return += step.raw_reward;
    h->steps++;
    put_state(p, h, observation);
    h->terminated = step.terminated;
    h->success = step.success;
    h->over = step.terminated || step.truncated || h->steps >= s->max_steps;
    return STATUS_OK;
}

/* The guide from outside acts in the n worlds that are on; its actions are clamped like all. */
static void ask_guide(struct play *p, int n, int t)
{
    size_t S = (size_t)p->world->S, A = (size_t)p->world->A;
    const float limit = 1 - 1e-6f;
    for (int i = 0; i < n; i++) {
        const struct history *h = &p->history[p->on[i]];
        float *action = p->action + (size_t)i * A;
        p->spec->guide(p->spec->guide_context, h->state + (size_t)h->steps * S, t, action);
        for (size_t k = 0; k < A; k++)
            action[k] = fminf(fmaxf(action[k], -limit), limit);
    }
}

static enum status decide(struct play *p, int n, int t)
{
    const struct rollout_spec *s = p->spec;
    bool guided = t < s->guide_steps;
    if (guided && s->guide != NULL) {
        ask_guide(p, n, t);
        return STATUS_OK;
    }
    return learner_act(p->learner, p->context, n, guided ? ACT_MEAN : s->mode, guided, p->noise,
                       p->action, s->log_prob ? p->log_prob : NULL);
}

static enum status play(struct play *p)
{
    size_t A = (size_t)p->world->A;
    TRY(start(p));
    for (int t = 0;; t++) {
        int n = gather(p, t);
        if (n == 0)
            return STATUS_OK;
        TRY(decide(p, n, t));
        for (int i = 0; i < n; i++)
            TRY(advance(p, p->on[i], p->action + (size_t)i * A,
                        p->spec->log_prob ? p->log_prob[i] : 0));
    }
}

static enum status finish(const struct play *p, int e, struct episode *out)
{
    const struct history *h = &p->history[e];
    int S = p->world->S, A = p->world->A, L = h->steps;
    if (L == 0)
        return status_fail(STATUS_PHYSICS, "the simulation diverged in its first step");
    uint8_t *terminal = calloc((size_t)L, 1);
    if (terminal == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a trajectory of %d steps", L);
    terminal[L - 1] = p->spec->ends_terminal || h->terminated;
    enum status result = trajectory_new(L, S, A, h->state, h->state + S, h->action, h->reward,
                                        terminal, p->spec->log_prob ? h->log_prob : NULL,
                                        h->raw_return, &out->trajectory);
    free(terminal);
    out->raw_return = h->raw_return;
    out->terminated = h->terminated;
    out->success = h->success;
    return result;
}

void episode_free(struct episode *e)
{
    trajectory_free(&e->trajectory);
}

enum status rollout(struct learner *l, const struct rollout_world *world, int count,
                    const struct rollout_spec *spec, struct episode out[])
{
    size_t n = (size_t)count, A = (size_t)world->A;
    struct play p = {.learner = l, .world = world, .spec = spec, .count = count};
    p.history = calloc(n, sizeof *p.history);
    p.context = calloc(n, sizeof *p.context);
    p.on = calloc(n, sizeof *p.on);
    p.noise = calloc(n * A, sizeof *p.noise);
    p.action = calloc(n * A, sizeof *p.action);
    p.log_prob = calloc(n, sizeof *p.log_prob);
    p.wide = calloc(A, sizeof *p.wide);
    bool fits = p.history != NULL && p.context != NULL && p.on != NULL && p.noise != NULL &&
                p.action != NULL && p.log_prob != NULL && p.wide != NULL;
    enum status result = fits ? play(&p) : status_fail(STATUS_MEMORY, "no memory for rollouts");
    int done = 0;
    for (; result == STATUS_OK && done < count; done++) {
        out[done] = (struct episode){0};
        result = finish(&p, done, &out[done]);
    }
    for (int e = 0; result != STATUS_OK && e < done; e++)
        episode_free(&out[e]);
    for (int e = 0; p.history != NULL && e < count; e++) {
        struct history *h = &p.history[e];
        free(h->state);
        free(h->action);
        free(h->reward);
        free(h->return_to_go);
        free(h->log_prob);
        free(h->latent);
    }
    free(p.history);
    free(p.context);
    free(p.on);
    free(p.noise);
    free(p.action);
    free(p.log_prob);
    free(p.wide);
    return result;
}

static enum status env_world_reset(void *context, int e, const double **observation)
{
    struct rollout_envs *envs = context;
    TRY(env_reset(envs->env[e], envs->reset[e]));
    *observation = env_observation(envs->env[e]);
    return STATUS_OK;
}

static enum status env_world_step(void *context, int e, const double *action, struct env_step *out,
                                  const double **observation)
{
    struct rollout_envs *envs = context;
    TRY(env_step(envs->env[e], action, out));
    *observation = env_observation(envs->env[e]);
    return STATUS_OK;
}

struct rollout_world rollout_world_of(struct rollout_envs *envs)
{
    const struct env_kind *kind = env_kind(envs->env[0]);
    return (struct rollout_world){.S = kind->obs_dim,
                                  .A = kind->act_dim,
                                  .reset = env_world_reset,
                                  .step = env_world_step,
                                  .context = envs};
}
