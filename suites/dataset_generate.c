#include "suites/dataset_generate.h"

#include "engine/base/sha256.h"
#include "engine/base/stop.h"
#include "suites/dataset_write.h"
#include "suites/env_impl.h"
#include "suites/maze.h"
#include "suites/policy.h"
#include "suites/waypoint.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS_MOST = 16, WAVE_FIRST = 16, WAVE_MOST = 4096, WALK_ROWS = 4096 };

/* What a column is filled with. */
enum content {
    OBSERVATION,
    ACTION,
    REWARD,
    TERMINAL,
    TIMEOUT,
    NEXT_OBSERVATION,
    LOG_PROB,
    STATE_BEFORE, /* a field of the state before the step */
    STATE_AFTER,
    TARGET, /* the waypoint controller's */
};

struct plan {
    const struct dataset_recipe *recipe;
    const struct env_kind *kind;
    const struct policy *policy;
    int count;
    struct dataset_column column[COLUMNS_MOST];
    enum content content[COLUMNS_MOST];
};

/* Rows while they are collected. */
struct rows {
    const struct plan *plan;
    int64_t count, room;
    void *data[COLUMNS_MOST];
};

struct worker {
    struct env *env;
    struct rows rows;
    double *scratch, *action;
    int64_t terminals, timeouts, diverged; /* of the last episode */
};

/* --- columns -------------------------------------------------------------------------------------
 */

static void add_column(struct plan *p, const char *name, int cols, enum content content)
{
    struct dataset_column *c = &p->column[p->count];
    snprintf(c->name, sizeof c->name, "%s", name);
    c->cols = cols;
    c->flag = content == TERMINAL || content == TIMEOUT;
    p->content[p->count++] = content;
}

/* D4RL's keys of the suite; antmaze's states were read after the step. */
static void plan_columns(struct plan *p, const struct env *e)
{
    const struct env_kind *k = p->kind;
    char name[64];
    add_column(p, "observations", k->obs_dim, OBSERVATION);
    add_column(p, "actions", k->act_dim, ACTION);
    add_column(p, "rewards", 1, REWARD);
    add_column(p, "terminals", 1, TERMINAL);
    add_column(p, "timeouts", 1, TIMEOUT);
    if (k->suite->successors)
        add_column(p, "next_observations", k->obs_dim, NEXT_OBSERVATION);
    if (k->suite->gym_files && p->recipe->actor == ACT_RANDOM)
        add_column(p, "infos/action_log_probs", 1, LOG_PROB);
    enum content when = k->suite->goal_cut ? STATE_AFTER : STATE_BEFORE;
    static const char *const state[] = {"qpos", "qvel"};
    for (int i = 0, n; i < 2; i++) {
        snprintf(name, sizeof name, "infos/%s", state[i]);
        if (env_field(e, state[i], &n) != NULL)
            add_column(p, name, n, when);
    }
    const struct env_field *f = k->ops->fields;
    for (; !k->suite->gym_files && f != NULL && f->name != NULL; f++) {
        snprintf(name, sizeof name, "infos/%.50s", f->name);
        bool target = p->recipe->actor == ACT_WAYPOINT && strcmp(f->name, "goal") == 0;
        if (p->count < COLUMNS_MOST)
            add_column(p, name, f->count, target ? TARGET : STATE_BEFORE);
    }
}

static void rows_free(struct rows *r)
{
    for (int i = 0; i < COLUMNS_MOST; i++)
        free(r->data[i]);
    *r = (struct rows){0};
}

/* Room for one more row, whose index is returned; negative without memory. */
static int64_t rows_begin(struct rows *r)
{
    if (r->count == r->room) {
        int64_t room = r->room > 0 ? 2 * r->room : 1024;
        for (int i = 0; i < r->plan->count; i++) {
            const struct dataset_column *c = &r->plan->column[i];
            size_t bytes = (size_t)room * (size_t)c->cols * (c->flag ? 1 : sizeof(float));
            void *data = realloc(r->data[i], bytes);
            if (data == NULL)
                return -1;
            r->data[i] = data;
        }
        r->room = room;
    }
    return r->count++;
}

/* Write `x` into all columns of that content in the last row. */
static void rows_put(struct rows *r, enum content content, const double *x)
{
    for (int i = 0; i < r->plan->count; i++) {
        if (r->plan->content[i] != content)
            continue;
        const struct dataset_column *c = &r->plan->column[i];
        int64_t at = (r->count - 1) * c->cols;
        for (int k = 0; k < c->cols; k++) {
            if (c->flag)
                ((uint8_t *)r->data[i])[at + k] = x[k] != 0;
            else
                ((float *)r->data[i])[at + k] = (float)x[k];
        }
    }
}

/* The state's fields, before or after the step. */
static void rows_put_state(struct rows *r, enum content content, const struct env *e)
{
    for (int i = 0; i < r->plan->count; i++) {
        if (r->plan->content[i] != content)
            continue;
        const struct dataset_column *c = &r->plan->column[i];
        const double *x = env_field(e, c->name + sizeof "infos/" - 1, NULL);
        float *out = (float *)r->data[i] + (r->count - 1) * c->cols;
        for (int k = 0; k < c->cols; k++)
            out[k] = (float)x[k];
    }
}

static void rows_flag(struct rows *r, enum content content, bool value)
{
    double x = value;
    rows_put(r, content, &x);
}

static enum status no_memory(const struct plan *p)
{
    return status_fail(STATUS_MEMORY, "%s: no memory for an episode", p->kind->name);
}

/* --- episodes ------------------------------------------------------------------------------------
 */

static struct rng episode_stream(const struct env_kind *env, uint64_t seed, int64_t e, int which)
{
    return rng_at(rng_key_mix(rng_key(env->name), seed), RNG_DATASET,
                  2 * (uint64_t)e + (uint64_t)which);
}

struct rng dataset_reset_rng(const struct env_kind *env, uint64_t seed, int64_t e)
{
    return episode_stream(env, seed, e, 0);
}

struct rng dataset_action_rng(const struct env_kind *env, uint64_t seed, int64_t e)
{
    return episode_stream(env, seed, e, 1);
}

/* To the float32 that the file will hold, so that it can be replayed. */
static void round_action(double *action, int A)
{
    for (int i = 0; i < A; i++)
        action[i] = (double)(float)clip(action[i], -1, 1);
}

static void choose_action(const struct plan *p, struct worker *w, int t, struct rng *rng)
{
    const struct dataset_recipe *r = p->recipe;
    int A = p->kind->act_dim;
    if (r->actor == ACT_POLICY)
        policy_act(p->policy, env_observation(w->env), t, r->stochastic ? rng : NULL, w->scratch,
                   w->action);
    else
        for (int i = 0; i < A; i++)
            w->action[i] = 2 * rng_uniform_double(rng) - 1;
    for (int i = 0; r->noise > 0 && i < A; i++)
        w->action[i] += r->noise * rng_normal_double(rng);
    round_action(w->action, A);
}

/* One episode into w->rows. A diverged simulation ends it with its last good row. */
static enum status run_episode(const struct plan *p, struct worker *w, int64_t e)
{
    struct rows *rows = &w->rows;
    struct rng rng = dataset_action_rng(p->kind, p->recipe->seed, e);
    double log_prob = -p->kind->act_dim * log(2);
    rows->count = 0;
    w->terminals = w->timeouts = w->diverged = 0;
    enum status result = env_reset(w->env, dataset_reset_rng(p->kind, p->recipe->seed, e));
    for (bool over = false; result == STATUS_OK && !over;) {
        struct env_step step;
        if (rows_begin(rows) < 0)
            return no_memory(p);
        rows_put(rows, OBSERVATION, env_observation(w->env));
        rows_put_state(rows, STATE_BEFORE, w->env);
        choose_action(p, w, env_steps(w->env), &rng);
        rows_put(rows, ACTION, w->action);
        rows_put(rows, LOG_PROB, &log_prob);
        result = env_step(w->env, w->action, &step);
        if (result != STATUS_OK)
            break;
        bool limit = env_steps(w->env) >= p->kind->time_limit; /* the timeout wins */
        over = step.terminated || step.truncated;
        w->timeouts += limit;
        w->terminals += step.terminated && !limit;
        rows_put(rows, REWARD, &step.raw_reward);
        rows_flag(rows, TIMEOUT, limit);
        rows_flag(rows, TERMINAL, step.terminated && !limit);
        rows_put(rows, NEXT_OBSERVATION, env_observation(w->env));
        rows_put_state(rows, STATE_AFTER, w->env);
    }
    if (result == STATUS_PHYSICS) {
        rows->count -= rows->count > 0;
        if (rows->count > 0)
            rows_flag(rows, TIMEOUT, true);
        w->timeouts = rows->count > 0;
        w->diverged = 1;
        return STATUS_OK;
    }
    return result;
}

static enum status append_episode(struct dataset_writer *file, struct worker *w,
                                  struct dataset_made *made)
{
    if (dataset_writer_room(file) == 0 || w->rows.count == 0) {
        made->diverged += w->rows.count == 0 && w->diverged;
        return STATUS_OK;
    }
    made->episodes++;
    made->diverged += w->diverged;
    /* A cut episode loses its flag with its last row. */
    if (w->rows.count <= dataset_writer_room(file)) {
        made->terminals += w->terminals;
        made->timeouts += w->timeouts;
    }
    return dataset_writer_add(file, w->rows.count, (const void *const *)w->rows.data);
}

/* Episodes on all threads, appended in order; the other threads go on meanwhile. */
static enum status run_wave(const struct plan *p, struct worker *workers, int64_t first, int wave,
                            struct dataset_writer *file, struct dataset_made *made)
{
    struct status_note note = {.code = STATUS_OK};
    int stop = 0;
#pragma omp parallel for ordered schedule(dynamic, 1)
    for (int i = 0; i < wave; i++) {
        struct worker *w = &workers[omp_get_thread_num()];
        int stopped;
#pragma omp atomic read
        stopped = stop;
        enum status result = stopped ? STATUS_OK : stop_check(p->kind->name);
        if (result == STATUS_OK && !stopped)
            result = run_episode(p, w, first + i);
#pragma omp ordered
        if (note.code == STATUS_OK && !stopped) {
            if (result == STATUS_OK)
                result = append_episode(file, w, made);
            if (result != STATUS_OK)
                status_save(&note, result);
            if (result != STATUS_OK || dataset_writer_room(file) == 0) {
#pragma omp atomic write
                stop = 1;
            }
        }
    }
    return status_restore(&note);
}

static enum status run_episodes(const struct plan *p, struct worker *workers,
                                struct dataset_writer *file, struct dataset_made *made)
{
    int64_t first = 0;
    for (int wave = WAVE_FIRST; dataset_writer_room(file) > 0; first += wave) {
        int64_t room = dataset_writer_room(file), done = p->recipe->rows - room;
        /* As many episodes as are probably missing. */
        if (done > 0) {
            int64_t missing = 1 + (int64_t)((double)room / (double)done * (double)made->episodes);
            wave = (int)clip((double)missing, WAVE_FIRST, WAVE_MOST);
        }
        TRY(run_wave(p, workers, first, wave, file, made));
        if (dataset_writer_room(file) == room)
            return status_fail(STATUS_PHYSICS,
                               "%s: %d episodes in a row diverged at their first step; choose "
                               "another policy or less noise",
                               p->kind->name, wave);
    }
    return STATUS_OK;
}

/* --- maze2d's walk -------------------------------------------------------------------------------
 */

/* A free cell, with U(-0.1, 0.1) added to both coordinates. */
static void draw_target(const struct maze *m, struct rng *rng, double target[2])
{
    int free_cells = 0;
    for (int i = 0; i < m->rows * m->cols; i++)
        free_cells += !maze_is_wall(m, i / m->cols, i % m->cols);
    int chosen = (int)rng_below(rng, (uint32_t)free_cells), i = 0;
    for (;; i++) {
        if (!maze_is_wall(m, i / m->cols, i % m->cols) && chosen-- == 0)
            break;
    }
    int row = i / m->cols, col = i % m->cols;
    target[0] = row + 0.2 * rng_uniform_double(rng) - 0.1;
    target[1] = col + 0.2 * rng_uniform_double(rng) - 0.1;
}

/* One row of the walk. `seen` is what the controller sees: after a change of target once more the
 * observation of the row before. */
static enum status walk_step(const struct plan *p, struct worker *w, struct waypoint *controller,
                             struct rng *rng, double seen[4], double target[2], int *since)
{
    struct env_step step;
    struct rows *rows = &w->rows;
    const double *goal = env_field(w->env, "goal", NULL);
    if (rows_begin(rows) < 0)
        return no_memory(p);
    bool done = waypoint_act(controller, seen, target, rng, w->action) ||
                *since >= p->kind->time_limit;
    for (int i = 0; p->recipe->noise > 0 && i < 2; i++)
        w->action[i] += p->recipe->noise * rng_normal_double(rng);
    round_action(w->action, 2);

    double reward = hypot(seen[0] - goal[0], seen[1] - goal[1]) <= 0.5 ? 1 : 0;
    rows_put(rows, OBSERVATION, seen);
    rows_put(rows, ACTION, w->action);
    rows_put(rows, REWARD, &reward);
    rows_put(rows, TARGET, target);
    rows_put_state(rows, STATE_BEFORE, w->env);
    rows_flag(rows, TERMINAL, false);
    rows_flag(rows, TIMEOUT, done);
    w->timeouts += done;

    TRY(env_step(w->env, w->action, &step));
    ++*since;
    if (done) {
        draw_target(p->kind->variant, rng, target);
        *since = 0;
    } else {
        memcpy(seen, env_observation(w->env), 4 * sizeof *seen);
    }
    return STATUS_OK;
}

static enum status run_walk(const struct plan *p, struct worker *w, struct dataset_writer *file,
                            struct dataset_made *made)
{
    struct waypoint *controller = NULL;
    struct rng rng = dataset_action_rng(p->kind, p->recipe->seed, 0);
    double target[2], seen[4];
    int since = 0;
    TRY(env_reset(w->env, dataset_reset_rng(p->kind, p->recipe->seed, 0)));
    TRY(waypoint_new(p->kind, &controller));
    draw_target(p->kind->variant, &rng, target);
    memcpy(seen, env_observation(w->env), sizeof seen);

    enum status result = STATUS_OK;
    while (result == STATUS_OK && dataset_writer_room(file) > 0) {
        w->rows.count = w->timeouts = 0;
        result = stop_check(p->kind->name);
        while (result == STATUS_OK && w->rows.count < WALK_ROWS &&
               w->rows.count < dataset_writer_room(file))
            result = walk_step(p, w, controller, &rng, seen, target, &since);
        made->timeouts += w->timeouts;
        if (result == STATUS_OK)
            result = dataset_writer_add(file, w->rows.count, (const void *const *)w->rows.data);
    }
    made->episodes = made->timeouts + (since > 0);
    waypoint_delete(controller);
    return result;
}

/* --- the file ------------------------------------------------------------------------------------
 */

static enum status describe_actor(const struct plan *p, char *out, size_t size)
{
    const struct dataset_recipe *r = p->recipe;
    char noise[48] = "", digest[SHA256_HEX];
    if (r->noise > 0)
        snprintf(noise, sizeof noise, ", noise %g", r->noise);
    if (r->actor == ACT_POLICY) {
        const char *slash = strrchr(r->policy, '/');
        TRY(sha256_file(r->policy, digest));
        snprintf(out, size, "%s policy %s (sha256 %.16s)%s", r->stochastic ? "sampled" : "mean of",
                 slash != NULL ? slash + 1 : r->policy, digest, noise);
    } else {
        snprintf(out, size, "%s%s",
                 r->actor == ACT_WAYPOINT ? "waypoint controller" : "uniform random actions",
                 noise);
    }
    return STATUS_OK;
}

static enum status write_origin(const struct plan *p, const struct h5 *f)
{
    const struct dataset_recipe *r = p->recipe;
    char actor[256], note[512];
    TRY(describe_actor(p, actor, sizeof actor));
    snprintf(note, sizeof note, "made by vitamin: %s, %s, seed %llu, %lld rows; not D4RL's data",
             p->kind->name, actor, (unsigned long long)r->seed, (long long)r->rows);
    TRY(h5_set_text(f, ".", "generator", "vitamin"));
    TRY(h5_set_text(f, ".", "environment", p->kind->name));
    TRY(h5_set_text(f, ".", "policy", actor));
    TRY(h5_set_integer(f, ".", "seed", (int64_t)r->seed));
    TRY(h5_set_integer(f, ".", "rows", r->rows));
    TRY(h5_set_text(f, ".", "revision", r->revision != NULL ? r->revision : "unknown"));
    return h5_set_text(f, ".", "note", note);
}

static enum status check_recipe(const struct dataset_recipe *r, const struct env_kind *kind,
                                const struct policy *policy)
{
    if (r->rows < 1 || !(isfinite(r->noise) && r->noise >= 0))
        return status_fail(STATUS_CONFIG,
                           "%lld rows and noise %g: rows must be at least 1, and noise 0 or more",
                           (long long)r->rows, r->noise);
    if (r->actor == ACT_WAYPOINT && !kind->suite->waypoints)
        return status_fail(STATUS_CONFIG,
                           "%s: the waypoint controller is for maze2d; choose random or a policy",
                           kind->name);
    if (policy == NULL)
        return STATUS_OK;
    if (policy_obs_dim(policy) != kind->obs_dim || policy_act_dim(policy) != kind->act_dim)
        return status_fail(STATUS_CONFIG,
                           "%s: the policy is for %s (%d observations, %d actions), not for %s "
                           "(%d, %d)",
                           r->policy, policy_env(policy), policy_obs_dim(policy),
                           policy_act_dim(policy), kind->name, kind->obs_dim, kind->act_dim);
    if (r->stochastic && !policy_is_stochastic(policy))
        return status_fail(STATUS_CONFIG,
                           "%s: the policy has no spread to sample from; use noise instead",
                           r->policy);
    return STATUS_OK;
}

static void close_workers(struct worker *workers, int count)
{
    for (int i = 0; i < count; i++) {
        env_close(workers[i].env);
        rows_free(&workers[i].rows);
        free(workers[i].scratch);
        free(workers[i].action);
    }
    free(workers);
}

static enum status open_workers(const struct plan *p, struct env *first, int count,
                                struct worker **out)
{
    struct worker *workers = calloc((size_t)count, sizeof *workers);
    *out = workers;
    if (workers == NULL)
        return no_memory(p);
    for (int i = 0; i < count; i++) {
        struct worker *w = &workers[i];
        int scratch = p->policy != NULL ? policy_scratch(p->policy) : 1;
        w->rows.plan = p;
        w->scratch = malloc((size_t)scratch * sizeof *w->scratch);
        w->action = malloc((size_t)p->kind->act_dim * sizeof *w->action);
        if (w->scratch == NULL || w->action == NULL)
            return no_memory(p);
        TRY(env_clone(first, &w->env));
    }
    return STATUS_OK;
}

static enum status generate(struct plan *p, struct env *env, const char *path,
                            struct dataset_made *made)
{
    const struct dataset_recipe *r = p->recipe;
    struct worker *workers = NULL;
    struct dataset_writer *file = NULL;
    bool walk = r->actor == ACT_WAYPOINT;
    int threads = walk ? 1 : omp_get_max_threads();
    plan_columns(p, env);
    enum status result = open_workers(p, env, threads, &workers);
    if (result == STATUS_OK)
        result = dataset_writer_open(path, p->column, p->count, r->rows, &file);
    if (result == STATUS_OK)
        result = write_origin(p, dataset_writer_file(file));
    if (result == STATUS_OK)
        result = walk ? run_walk(p, workers, file, made) : run_episodes(p, workers, file, made);
    if (workers != NULL)
        close_workers(workers, threads);
    if (result != STATUS_OK) {
        dataset_writer_abandon(file);
        return result;
    }
    return dataset_writer_commit(file);
}

enum status dataset_generate(const struct dataset_recipe *r, const char *path,
                             struct dataset_made *out)
{
    struct plan p = {.recipe = r, .kind = env_find(r->env)};
    struct env_options options = env_defaults();
    struct policy *policy = NULL;
    struct env *env = NULL;
    *out = (struct dataset_made){0};
    if (p.kind == NULL)
        return status_fail(STATUS_MISSING, "there is no environment '%s'; `vitamin env` lists them",
                           r->env);
    if (r->actor == ACT_POLICY)
        TRY(policy_read(r->policy, &policy));
    p.policy = policy;
    options.endless = r->actor == ACT_WAYPOINT;
    enum status result = check_recipe(r, p.kind, policy);
    if (result == STATUS_OK)
        result = env_open(r->env, &options, &env);
    if (result == STATUS_OK)
        result = generate(&p, env, path, out);
    env_close(env);
    policy_free(policy);
    return result;
}
