/* What of a run is kept: its state for a restart, its curve. */
#include "harness/run/run_impl.h"

#include "engine/base/file.h"
#include "harness/curve/provenance.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* --- what survives ---------------------------------------------------------------------------- */

static enum status visit_sums(struct run_sums *s, struct visitor *v)
{
    visitor_enter(v, "sums");
    TRY(stats_visit(&s->metrics, "metric", "weight", v));
    TRY(visit_doubles(v, "returns", &s->returns, 1));
    TRY(visit_doubles(v, "lengths", &s->lengths, 1));
    TRY(visit_count(v, "trajectories", &s->trajectories, 0));
    visitor_leave(v);
    return STATUS_OK;
}

/* The state of the training environment while an episode is under way. */
static enum status visit_env(struct run *r, struct visitor *v)
{
    if (!r->mid_episode)
        return STATUS_OK;
    size_t n = env_state_size(r->train_env);
    double *state = malloc(n * sizeof *state);
    if (state == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the environment's state");
    if (!v->fills)
        env_get_state(r->train_env, state);
    enum status result = visit_doubles(v, "environment", state, n);
    if (result == STATUS_OK && v->fills)
        result = env_set_state(r->train_env, state);
    free(state);
    return result;
}

static enum status visit_replay(struct run *r, const char *name, struct replay *replay,
                                struct visitor *v)
{
    /* A reader must know the offline list that slots refer to. */
    if (v->fills && replay->offline == NULL && !(r->starts_empty && replay == &r->replay) &&
        !(r->clears_rollouts && replay == &r->rollouts)) {
        replay->offline = r->offline;
        replay->offline_count = r->offline_count;
    }
    visitor_enter(v, name);
    TRY(replay_visit(replay, v));
    visitor_leave(v);
    return STATUS_OK;
}

enum status run_visit(void *context, struct visitor *v)
{
    struct run *r = context;
    visitor_enter(v, "run");
    TRY(visit_int32s(v, "online", &r->online, 1));
    TRY(visit_count(v, "pretrained", &r->pretrained, 0));
    TRY(visit_count(v, "iteration", &r->iteration, 0));
    TRY(visit_count(v, "transitions", &r->transitions_done, 0));
    TRY(visit_count(v, "uncounted", &r->uncounted, 0));
    TRY(visit_count(v, "episodes", &r->episodes, 0));
    TRY(visit_count(v, "evaluated_at", &r->evaluated_at, -1));
    TRY(visit_count(v, "eval_episodes", &r->eval_episodes_done, 0));
    TRY(visit_count(v, "pending_batches", &r->pending_batches, 0));
    TRY(visit_count(v, "batches_owed", &r->batches_owed, 0));
    TRY(visit_int32s(v, "mid_episode", &r->mid_episode, 1));
    TRY(visit_doubles(v, "episode_return", &r->episode_return, 1));
    double seconds = r->seconds + (v->fills ? 0 : progress_since(&r->started));
    TRY(visit_doubles(v, "seconds", &seconds, 1));
    if (v->fills)
        r->seconds = seconds;
    TRY(visit_sums(&r->sums, v));
    TRY(visit_env(r, v));
    visitor_leave(v);
    visitor_enter(v, "curve");
    TRY(curve_visit(&r->curve, v));
    visitor_leave(v);
    visitor_enter(v, "learner");
    TRY(learner_visit(r->learner, v));
    visitor_leave(v);
    if (r->online && r->by_transition) {
        visitor_enter(v, "transitions");
        TRY(transitions_visit(&r->transitions, v));
        visitor_leave(v);
    }
    if (r->online && !r->by_transition) {
        TRY(visit_replay(r, "replay", &r->replay, v));
        if (r->keeps_rollouts)
            TRY(visit_replay(r, "rollouts", &r->rollouts, v));
    }
    return STATUS_OK;
}

/* --- curve ------------------------------------------------------------------------------------ */

enum status run_add_iteration(struct run *r)
{
    struct curve_iteration row = curve_blank_iteration();
    double *x = row.value;
    run_switch(r, TIMER_OTHER);
    for (int i = 0; i < LEARNER_METRIC_COUNT; i++)
        x[CURVE_LEARNER_FIRST + i] = stats_value(&r->sums.metrics, (enum learner_metric)i);
    x[CURVE_phase] = r->online;
    x[CURVE_iteration] = (double)(r->online ? r->iteration : 0);
    x[CURVE_transitions] = (double)r->transitions_done;
    x[CURVE_gradient_steps] = (double)learner_updates(r->learner);
    if (r->sums.trajectories > 0) {
        x[CURVE_trajectories] = (double)r->sums.trajectories;
        x[CURVE_rollout_return] = r->sums.returns / (double)r->sums.trajectories;
        x[CURVE_rollout_length] = r->sums.lengths / (double)r->sums.trajectories;
    }
    if (r->online)
        x[CURVE_replay_transitions] = (double)(r->by_transition ? transitions_size(&r->transitions)
                                                                : r->replay.steps);
    run_take_timers(r, x);
    r->sums = (struct run_sums){0};
    return curve_add_iteration(&r->curve, &row);
}

enum status run_save_curve(struct run *r, const char *state)
{
    char path[FILE_PATH], now[32];
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage); /* ru_maxrss is in KiB */
    provenance_now(now);
    TRY(run_path(r, "curve.h5", path));
    TRY(curve_set(&r->curve, "peak_memory_gb", "%.3f", (double)usage.ru_maxrss / 1048576));
    TRY(curve_set(&r->curve, "processor_share", "%.3f", run_processor_share(r)));
    TRY(curve_set(&r->curve, "status", "%s", state));
    TRY(curve_set(&r->curve, "updated", "%s", now));
    TRY(commit_end(&r->commit));
    if (strcmp(state, "running") == 0)
        return curve_begin_write(&r->curve, path, &r->commit);
    return curve_write(&r->curve, path);
}

/* The budget it was written with stands before the rest: one that is smaller cannot go on from it.
 */
static enum status visit_extension(void *context, struct visitor *v)
{
    struct run *r = context;
    int64_t budget = r->hyper.stop_transitions;
    TRY(visit_count(v, "budget", &budget, 0));
    if (budget > r->hyper.stop_transitions)
        return status_fail(STATUS_CONFIG,
                           "the state is of a run to %lld transitions, this one ends after %lld",
                           (long long)budget, (long long)r->hyper.stop_transitions);
    return run_visit(context, v);
}

enum status run_hash_but_budget(const char *config, char out[SHA256_HEX])
{
    char *text = strdup(config), *to = text;
    if (text == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a configuration");
    for (const char *line = config; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        length += line[length] == '\n';
        if (strncmp(line, "stop_transitions ", 17) != 0 && strncmp(line, "score_at ", 9) != 0) {
            memcpy(to, line, length);
            to += length;
        }
        line += length;
    }
    sha256_of(text, (size_t)(to - text), out);
    free(text);
    return STATUS_OK;
}

enum status run_keep_state(struct run *r)
{
    char path[FILE_PATH], hash[SHA256_HEX];
    struct checkpoint_info info = {.evaluations = r->curve.evaluations,
                                   .iterations = r->curve.iterations};
    if (!r->request->keep_checkpoint)
        return STATUS_OK;
    TRY(run_hash_but_budget(r->config_text, hash));
    snprintf(info.config_hash, sizeof info.config_hash, "%s", hash);
    TRY(run_path(r, RUN_EXTEND, path));
    run_switch(r, TIMER_STORE);
    enum status result = checkpoint_write(path, NULL, &info, visit_extension, r);
    run_switch(r, TIMER_OTHER);
    return result;
}

enum status run_read_state(struct run *r)
{
    char path[FILE_PATH], hash[SHA256_HEX];
    struct checkpoint_info info;
    TRY(run_hash_but_budget(r->config_text, hash));
    TRY(run_path(r, RUN_EXTEND, path));
    return checkpoint_read(path, hash, &info, visit_extension, r);
}

enum status run_save(struct run *r)
{
    char path[FILE_PATH], previous[FILE_PATH];
    struct checkpoint_info info = {.evaluations = r->curve.evaluations,
                                   .iterations = r->curve.iterations};
    snprintf(info.config_hash, sizeof info.config_hash, "%s", r->config_hash);
    TRY(run_path(r, run_folder_checkpoints[0], path));
    TRY(run_path(r, run_folder_checkpoints[1], previous));
    run_switch(r, TIMER_STORE);
    /* The curve first: it may hold rows beyond the checkpoint, never fewer. */
    enum status result = run_save_curve(r, "running");
    if (result == STATUS_OK)
        result = commit_end(&r->commit);
    if (result == STATUS_OK)
        result = checkpoint_write(path, previous, &info, run_visit, r);
    run_switch(r, TIMER_OTHER);
    clock_gettime(CLOCK_MONOTONIC, &r->last_checkpoint);
    return result;
}
