#include "suites/dataset_generate.h"

#include "engine/base/sha256.h"
#include "engine/base/stop.h"
#include "suites/generate_impl.h"
#include "suites/policy.h"

#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAVE_FIRST = 16, WAVE_MOST = 4096 };

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

static void choose_action(const struct generate_plan *p, struct generate_worker *w, int t,
                          struct rng *rng)
{
    const struct dataset_recipe *r = p->recipe;
    int A = p->kind->act_dim;
    if (r->actor == ACT_POLICY && r->stochastic)
        policy_sample(p->policy, env_observation(w->env), t, rng, w->scratch, w->action, &w->draw);
    else if (r->actor == ACT_POLICY)
        policy_act(p->policy, env_observation(w->env), t, NULL, w->scratch, w->action);
    else
        for (int i = 0; i < A; i++)
            w->action[i] = 2 * rng_uniform_double(rng) - 1;
    for (int i = 0; r->noise > 0 && i < A; i++)
        w->action[i] += r->noise * rng_normal_double(rng);
    generate_round(w->action, A);
}

/* One episode into w->rows. A diverged simulation ends it with its last good row. */
static enum status run_episode(const struct generate_plan *p, struct generate_worker *w, int64_t e)
{
    struct generate_rows *rows = &w->rows;
    struct rng rng = dataset_action_rng(p->kind, p->recipe->seed, e);
    double uniform = -p->kind->act_dim * log(2);
    rows->count = 0;
    w->terminals = w->timeouts = w->diverged = 0;
    enum status result = env_reset(w->env, dataset_reset_rng(p->kind, p->recipe->seed, e));
    for (bool over = false; result == STATUS_OK && !over;) {
        struct env_step step;
        if (generate_begin_row(rows) < 0)
            return generate_no_memory(p);
        generate_put(rows, OBSERVATION, env_observation(w->env));
        generate_put_state(rows, STATE_BEFORE, w->env);
        choose_action(p, w, env_steps(w->env), &rng);
        generate_put(rows, ACTION, w->action);
        generate_put(rows, LOG_PROB, p->policy != NULL ? &w->draw.log_prob : &uniform);
        generate_put(rows, DRAW_MEAN, w->draw.mean);
        generate_put(rows, DRAW_LOG_STD, w->draw.log_std);
        result = env_step(w->env, w->action, &step);
        if (result != STATUS_OK)
            break;
        bool limit = env_steps(w->env) >= p->kind->time_limit; /* the timeout wins */
        over = step.terminated || step.truncated;
        w->timeouts += limit;
        w->terminals += step.terminated && !limit;
        generate_put(rows, REWARD, &step.raw_reward);
        generate_flag(rows, TIMEOUT, limit);
        generate_flag(rows, TERMINAL, step.terminated && !limit);
        generate_put(rows, NEXT_OBSERVATION, env_observation(w->env));
        generate_put_state(rows, STATE_AFTER, w->env);
    }
    if (result == STATUS_PHYSICS) {
        rows->count -= rows->count > 0;
        if (rows->count > 0)
            generate_flag(rows, TIMEOUT, true);
        w->timeouts = rows->count > 0;
        w->diverged = 1;
        return STATUS_OK;
    }
    return result;
}

/* No further episode is wanted. */
static bool is_full(const struct generate_plan *p, const struct dataset_writer *file)
{
    int64_t room = dataset_writer_room(file);
    return room == 0 || (p->recipe->demonstrations != NULL && room <= p->recipe->rows / 2);
}

/* Row i gets neither a reward nor a terminal. */
static void clear_row(struct generate_rows *r, int64_t i)
{
    const double zero = 0;
    int64_t count = r->count;
    r->count = i + 1;
    generate_put(r, REWARD, &zero);
    generate_flag(r, TERMINAL, false);
    r->count = count;
}

static enum status append_episode(const struct generate_plan *p, struct dataset_writer *file,
                                  struct generate_worker *w, struct dataset_made *made)
{
    if (is_full(p, file) || w->rows.count == 0) {
        made->diverged += w->rows.count == 0 && w->diverged;
        return STATUS_OK;
    }
    made->episodes++;
    made->diverged += w->diverged;
    made->reached += w->reached;
    /* A cut episode loses its flag with its last row. */
    if (w->rows.count <= dataset_writer_room(file)) {
        made->terminals += w->terminals;
        made->timeouts += w->timeouts;
    } else if (w->walker != NULL)
        clear_row(&w->rows, dataset_writer_room(file) - 1); /* no next row: no reward */
    return dataset_writer_add(file, w->rows.count, (const void *const *)w->rows.data);
}

void generate_tell(const struct generate_plan *p, const struct dataset_writer *file)
{
    const struct dataset_recipe *r = p->recipe;
    if (r->tell != NULL)
        r->tell(r->context, r->rows - dataset_writer_room(file), r->rows);
}

/* Episodes on all threads, appended in order; the other threads go on meanwhile. */
static enum status run_wave(const struct generate_plan *p, struct generate_worker *workers,
                            int64_t first, int wave, struct dataset_writer *file,
                            struct dataset_made *made)
{
    struct status_note note = {.code = STATUS_OK};
    int stop = 0;
#pragma omp parallel for ordered schedule(dynamic, 1)
    for (int i = 0; i < wave; i++) {
        struct generate_worker *w = &workers[omp_get_thread_num()];
        int stopped;
#pragma omp atomic read
        stopped = stop;
        enum status result = stopped ? STATUS_OK : stop_check(p->kind->name);
        if (result == STATUS_OK && !stopped)
            result = w->walker != NULL ? generate_ant_episode(p, w, first + i)
                                       : run_episode(p, w, first + i);
#pragma omp ordered
        if (note.code == STATUS_OK && !stopped) {
            if (result == STATUS_OK)
                result = append_episode(p, file, w, made);
            if (result != STATUS_OK)
                status_save(&note, result);
            else
                generate_tell(p, file);
            if (result != STATUS_OK || is_full(p, file)) {
#pragma omp atomic write
                stop = 1;
            }
        }
    }
    return status_restore(&note);
}

static enum status run_episodes(const struct generate_plan *p, struct generate_worker *workers,
                                struct dataset_writer *file, struct dataset_made *made)
{
    int64_t first = 0;
    for (int wave = WAVE_FIRST; !is_full(p, file); first += wave) {
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

/* --- the file ------------------------------------------------------------------------------------
 */

static enum status describe_actor(const struct generate_plan *p, char *out, size_t size)
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
    } else if (r->actor == ACT_BUFFER) {
        snprintf(out, size, "a learner's replay buffer");
    } else if (r->actor == ACT_WALKER) {
        static const char *const goals[] = {"fixed start and goal", "play", "diverse"};
        snprintf(out, size, "a trot under D4RL's planner (%s), rewards for the goal (%.3f, %.3f)%s",
                 goals[r->goals], p->goal[0], p->goal[1], noise);
    } else {
        snprintf(out, size, "%s%s",
                 r->actor == ACT_WAYPOINT ? "waypoint controller" : "uniform random actions",
                 noise);
    }
    return STATUS_OK;
}

static enum status write_origin(const struct generate_plan *p, const struct h5 *f)
{
    const struct dataset_recipe *r = p->recipe;
    char actor[256], note[512];
    TRY(describe_actor(p, actor, sizeof actor));
    snprintf(note, sizeof note,
             "made by vitamin: %s, %s%s%s, seed %llu, %lld rows; not D4RL's data", p->kind->name,
             actor, r->about != NULL ? ", " : "", r->about != NULL ? r->about : "",
             (unsigned long long)r->seed, (long long)r->rows);
    TRY(h5_set_text(f, ".", "generator", "vitamin"));
    TRY(h5_set_text(f, ".", "environment", p->kind->name));
    TRY(h5_set_text(f, ".", "policy", actor));
    TRY(h5_set_integer(f, ".", "seed", (int64_t)r->seed));
    TRY(h5_set_integer(f, ".", "rows", r->rows));
    TRY(h5_set_text(f, ".", "revision", r->revision != NULL ? r->revision : "unknown"));
    return h5_set_text(f, ".", "note", note);
}

static enum status write_text(const struct h5 *f, const char *name, const char *text)
{
    hid_t type = H5Tcopy(H5T_C_S1);
    H5Tset_size(type, strlen(text) + 1);
    enum status result = h5_write(f, name, type, type, 0, NULL, 0, text);
    H5Tclose(type);
    return result;
}

/* D4RL's group `metadata`, for readers who want the policy. */
static enum status write_metadata(const struct generate_plan *p, const struct h5 *f)
{
    const struct dataset_recipe *r = p->recipe;
    if (r->algorithm == NULL)
        return STATUS_OK;
    TRY(write_text(f, "metadata/algorithm", r->algorithm));
    TRY(h5_write(f, "metadata/iteration", H5T_STD_I32LE, H5T_NATIVE_INT, 0, NULL, 0,
                 &r->iteration));
    if (p->policy == NULL)
        return STATUS_OK;
    TRY(policy_write_metadata(p->policy, f));
    TRY(write_text(f, "metadata/policy/nonlinearity", "relu"));
    return write_text(f, "metadata/policy/output_distribution", "tanh_gaussian");
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
    if (r->actor == ACT_WALKER && !kind->suite->goal_cut)
        return status_fail(STATUS_CONFIG,
                           "%s: the walker is for antmaze; choose random or a policy", kind->name);
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

static void close_workers(struct generate_worker *workers, int count)
{
    for (int i = 0; i < count; i++) {
        env_close(workers[i].env);
        generate_free_rows(&workers[i].rows);
        free(workers[i].scratch);
        free(workers[i].action);
        walker_delete(workers[i].walker);
    }
    free(workers);
}

static enum status open_workers(const struct generate_plan *p, struct env *first, int count,
                                struct generate_worker **out)
{
    struct generate_worker *workers = calloc((size_t)count, sizeof *workers);
    *out = workers;
    if (workers == NULL)
        return generate_no_memory(p);
    for (int i = 0; i < count; i++) {
        struct generate_worker *w = &workers[i];
        int scratch = p->policy != NULL ? policy_scratch(p->policy) : 1, A = p->kind->act_dim;
        w->rows.plan = p;
        w->scratch = malloc((size_t)scratch * sizeof *w->scratch);
        w->action = malloc(3 * (size_t)A * sizeof *w->action);
        if (w->scratch == NULL || w->action == NULL)
            return generate_no_memory(p);
        w->draw = (struct policy_draw){.mean = w->action + A, .log_std = w->action + 2 * (size_t)A};
        TRY(env_clone(first, &w->env));
        if (p->recipe->actor == ACT_WALKER)
            TRY(walker_new(p->kind, &w->walker));
    }
    return STATUS_OK;
}

static enum status generate(struct generate_plan *p, struct env *env, const char *path,
                            struct dataset_made *made)
{
    const struct dataset_recipe *r = p->recipe;
    struct generate_worker *workers = NULL;
    struct dataset_writer *file = NULL;
    bool walk = r->actor == ACT_WAYPOINT, single = walk || r->actor == ACT_BUFFER;
    int threads = single ? 1 : omp_get_max_threads();
    generate_plan_columns(p, env);
    enum status result = r->actor == ACT_WALKER ? generate_ant_goal(p, env) : STATUS_OK;
    if (result == STATUS_OK)
        result = open_workers(p, env, threads, &workers);
    if (result == STATUS_OK)
        result = dataset_writer_open(path, p->column, p->count, r->rows, &file);
    if (result == STATUS_OK)
        result = write_origin(p, dataset_writer_file(file));
    if (result == STATUS_OK)
        result = write_metadata(p, dataset_writer_file(file));
    if (result == STATUS_OK)
        result = r->actor == ACT_BUFFER ? generate_buffer(p, workers, file, made)
                 : walk                 ? generate_walk(p, workers, file, made)
                                        : run_episodes(p, workers, file, made);
    if (result == STATUS_OK && r->demonstrations != NULL)
        result = generate_demonstrations(p, workers, file, made);
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
    struct generate_plan p = {.recipe = r, .kind = env_find(r->env)};
    struct env_options options = env_defaults();
    struct policy *policy = NULL;
    struct env *env = NULL;
    *out = (struct dataset_made){.rows = r->rows};
    if (p.kind == NULL)
        return status_fail(STATUS_MISSING, "there is no environment '%s'; `vitamin env` lists them",
                           r->env);
    if (r->actor == ACT_POLICY)
        TRY(policy_read(r->policy, &policy));
    p.policy = policy;
    options.endless = r->actor == ACT_WAYPOINT || r->actor == ACT_WALKER;
    enum status result = check_recipe(r, p.kind, policy);
    if (result == STATUS_OK)
        result = env_open(r->env, &options, &env);
    if (result == STATUS_OK)
        result = generate(&p, env, path, out);
    env_close(env);
    policy_free(policy);
    return result;
}
