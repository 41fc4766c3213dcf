#include "harness/base/progress.h"
#include "harness/base/terminal.h"
#include "harness/run/run_impl.h"
#include "harness/run/run_rules.h"

#include "engine/base/log.h"
#include "engine/base/threads.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

uint64_t run_key(const char *dataset, uint64_t seed)
{
    return rng_key_mix(rng_key(dataset), seed);
}

enum status run_path(const struct run *r, const char *name, char out[FILE_PATH])
{
    return file_path(out, "%s/%s", r->request->folder, name);
}

bool run_should_stop(const struct run *r)
{
    return r->request->stop != NULL && *r->request->stop != 0;
}

/* --- set-up ----------------------------------------------------------------------------------- */

static enum status take_lock(struct run *r)
{
    char path[FILE_PATH];
    TRY(run_path(r, "lock", path));
    return lock_try(&r->lock, path, r->request->folder);
}

bool run_takes_no_data(const struct hyper *h)
{
    return h->buffer_init == HYPER_buffer_init_empty;
}

/* A method without data is run on an environment, any other on a dataset. */
static enum status check_data(const struct config_request *config, const struct hyper *h)
{
    const char *name = config->dataset;
    const struct env_kind *kind = dataset_env(name);
    bool bare = strcmp(kind->name, name) == 0, there = false;
    if (run_takes_no_data(h) && !bare)
        return status_fail(STATUS_CONFIG,
                           "%s learns from the environment alone; give --env %s instead of the "
                           "dataset %.200s",
                           config->method, kind->name, name);
    if (!run_takes_no_data(h) && bare)
        TRY(file_look(name, &there));
    if (!run_takes_no_data(h) && bare && !there && h->actor != HYPER_actor_bandit)
        return status_fail(STATUS_CONFIG,
                           "%s learns from a dataset; give --dataset (`vitamin data list` shows "
                           "those of %s)",
                           config->method, kind->name);
    return STATUS_OK;
}

/* Own data under a name that does not tell its environment, or with one that was named: its id is
 * made to begin with it. */
static enum status ask_file(struct config_request *config, const struct env_kind **kind)
{
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    o.env = config->env;
    o.folder = config->data;
    enum status result = dataset_describe(config->dataset, &o, &d);
    if (result == STATUS_MISSING)
        return status_fail(STATUS_CONFIG,
                           "unknown dataset '%.300s'; did you mean '%s'? `vitamin data list` shows "
                           "the ids; a file, a Minari folder or a Minari id works too",
                           config->dataset, dataset_nearest(config->dataset).word);
    TRY(result);
    *kind = d.env;
    config->env = d.env->name;
    if (d.entry != NULL && strcmp(d.entry->env, d.env->name) == 0)
        snprintf(config->own, sizeof config->own, "%s", d.entry->id);
    else if (dataset_env(d.id) == d.env)
        snprintf(config->own, sizeof config->own, "%s", d.id);
    else if (snprintf(config->own, sizeof config->own, "%s-%s", d.env->name, d.id) >=
             (int)sizeof config->own)
        return status_fail(STATUS_CONFIG, "the dataset's name, '%.60s...', is too long", d.id);
    return STATUS_OK;
}

/* The preset's pattern sections want the dataset's id and suite before it is loaded. */
enum status run_configure(struct config_request *config, struct hyper *h)
{
    const char *name = config->dataset;
    const struct dataset_entry *entry = dataset_find(name);
    const struct env_kind *kind = dataset_env(name);
    const char *base = strrchr(name, '/');
    *config->own = '\0';
    if (kind == NULL && base != NULL)
        kind = env_find(base + 1);
    if (kind == NULL || (config->env != NULL && env_named(config->env) != kind))
        TRY(ask_file(config, &kind));
    if (*config->own != '\0')
        config->dataset = config->own;
    else if (entry != NULL)
        config->dataset = entry->id;
    else if (base != NULL)
        config->dataset = base + 1;
    config->suite = kind->suite->name;
    config->method = config_plain(config->method);
    TRY(config_load(config, h));
    return check_data(config, h);
}

enum status run_config_hash(const struct hyper *h, char out[SHA256_HEX])
{
    char *text;
    TRY(config_identity(h, &text));
    sha256_of(text, strlen(text), out);
    free(text);
    return STATUS_OK;
}

static enum status load_config(struct run *r, struct config_request *config)
{
    config->data = r->request->data_folder;
    TRY(run_configure(config, &r->hyper));
    TRY(config_identity(&r->hyper, &r->config_text));
    return run_config_hash(&r->hyper, r->config_hash);
}

static struct dataset_options dataset_options_of(const struct run *r, double scale)
{
    struct dataset_options o = dataset_defaults();
    o.folder = r->request->data_folder;
    o.env = r->request->config.env;
    o.reward_div = r->hyper.reward_div / scale;
    o.reward_shift = r->hyper.reward_shift;
    o.delay = (int)r->hyper.delayed_reward;
    o.singles_kept = (int)r->hyper.antmaze_singles_kept;
    o.q_view = r->hyper.dataset_view == HYPER_dataset_view_q_learning;
    return o;
}

/* What the file holds, before any filter or view (Tables 4-7). Loaded apart where they matter, and
 * freed before the data proper, so that memory need not hold both. */
static enum status describe_file(struct run *r)
{
    struct dataset_options o = dataset_defaults();
    struct dataset d;
    o.folder = r->request->data_folder;
    o.env = r->request->config.env;
    TRY(dataset_load(r->request->config.dataset, &o, &d));
    r->file_transitions = d.transitions;
    r->file_trajectories = d.count;
    enum status result = dataset_summarise(&d, &r->file_summary);
    dataset_free(&d);
    return result;
}

/* IQL's extra factor on locomotion: 1000 / (best - worst return of the dataset). */
static enum status reward_scale(struct run *r, double *scale)
{
    *scale = 1;
    if (r->hyper.reward_extra != HYPER_reward_extra_times_1000_over_return_range)
        return STATUS_OK;
    struct dataset_options o = dataset_options_of(r, 1);
    struct dataset d;
    TRY(dataset_load(r->request->config.dataset, &o, &d));
    double low = d.list[0].total_reward, high = low;
    for (int i = 1; i < d.count; i++) {
        low = fmin(low, d.list[i].total_reward);
        high = fmax(high, d.list[i].total_reward);
    }
    dataset_free(&d);
    if (high > low)
        *scale = 1000 / (high - low);
    return STATUS_OK;
}

static struct env_options env_options_of(const struct run *r, double reward_div)
{
    struct env_options o = env_defaults();
    o.reward_div = reward_div;
    o.reward_shift = r->hyper.reward_shift;
    o.delay = (int)r->hyper.delayed_reward;
    return o;
}

/* SAC from scratch: the environment stands where the dataset would. */
static enum status describe_environment(struct run *r)
{
    const struct env_kind *kind = env_find(r->request->config.dataset);
    struct dataset *d = &r->dataset;
    snprintf(d->id, sizeof d->id, "%s", kind->name);
    d->env = kind;
    d->score = kind->score;
    d->S = kind->obs_dim;
    d->A = kind->act_dim;
    r->env_options = env_options_of(r, r->hyper.reward_div);
    if (r->hyper.normalize_states)
        return status_fail(STATUS_CONFIG,
                           "normalize_states = 1: there is no dataset to take the states' mean "
                           "and deviation from");
    return STATUS_OK;
}

/* What D4RL fixes for its own data is the environment's for others', unless set otherwise. */
static enum status settle_task(struct run *r)
{
    const struct hyper *h = &r->hyper;
    struct dataset *d = &r->dataset;
    bool scored = h->score_min != 0 || h->score_max != 0;
    if (scored && h->score_max <= h->score_min)
        return status_fail(STATUS_CONFIG,
                           "score_min is %g and score_max %g; the second must be larger",
                           h->score_min, h->score_max);
    if (h->horizon > d->env->time_limit)
        return status_fail(STATUS_CONFIG, "horizon is %d, and %s ends its episodes after %d steps",
                           (int)h->horizon, d->env->name, d->env->time_limit);
    if (scored)
        d->score = (struct score_range){h->score_min, h->score_max};
    if (d->entry == NULL)
        log_info(
            "run",
            "%s: own data for %s; %d steps an episode, scores 0 and 100 are returns of %g and "
            "%g, target returns %g (evaluation) and %g (rollouts); --set horizon=, score_min=, "
            "score_max=, rtg_eval=, rtg_online= change them",
            d->id, d->env->name, h->horizon > 0 ? (int)h->horizon : d->env->time_limit,
            d->score.min, d->score.max, h->rtg_eval, h->rtg_online);
    return STATUS_OK;
}

static enum status load_data(struct run *r)
{
    if (run_takes_no_data(&r->hyper))
        return describe_environment(r);
    double scale;
    bool filtered = strcmp(r->request->config.suite, "antmaze") == 0 ||
                    r->hyper.dataset_view != HYPER_dataset_view_trajectories;
    if (filtered)
        TRY(describe_file(r));
    TRY(reward_scale(r, &scale));
    struct dataset_options o = dataset_options_of(r, scale);
    o.content = true;
    TRY(dataset_load(r->request->config.dataset, &o, &r->dataset));
    if (*r->request->config.own != '\0')
        snprintf(r->dataset.id, sizeof r->dataset.id, "%s", r->request->config.own);
    TRY(settle_task(r));
    r->offline = r->dataset.list;
    r->offline_count = r->dataset.count;
    if (!filtered) {
        r->file_transitions = r->dataset.transitions;
        r->file_trajectories = r->dataset.count;
        TRY(dataset_summarise(&r->dataset, &r->file_summary));
    }
    /* Statistics come before the worst trajectory goes (docs/methods.md 1.3). */
    TRY(normalizer_fit(r->offline, r->offline_count, r->dataset.S, r->hyper.state_std_eps,
                       &r->normalizer));
    for (int i = 0; i < r->offline_count; i++)
        r->offline_mean_return += r->offline[i].total_reward / r->offline_count;
    if (r->hyper.drop_worst_trajectory)
        TRY(replay_drop_worst(r->offline, r->dataset.count, &r->offline_count));
    r->env_options = env_options_of(r, r->hyper.iql_online_reward_scaled ? o.reward_div
                                                                         : r->hyper.reward_div);
    if (strcmp(r->dataset.env->name, "maze2d-open") == 0)
        r->env_options.reward_div *= r->hyper.maze2d_open_env_reward_div;
    return STATUS_OK;
}

static enum status make_buffers(struct run *r)
{
    const struct hyper *h = &r->hyper;
    int S = r->dataset.S, A = r->dataset.A;
    r->by_transition = h->buffer_unit == HYPER_buffer_unit_transitions;
    r->clears_rollouts = h->rl_gradient == HYPER_rl_gradient_ppo;
    r->keeps_rollouts = r->clears_rollouts || h->rl_gradient == HYPER_rl_gradient_awr;
    r->starts_empty = h->buffer_init == HYPER_buffer_init_empty_then_10000_warmup_transitions;
    if (r->by_transition)
        return transitions_init(&r->transitions, S, A, h->buffer_capacity, r->offline,
                                r->offline_count, false);
    TRY(replay_init(&r->pretrain, S, A, REPLAY_UNBOUNDED));
    TRY(replay_fill(&r->pretrain, r->offline, r->offline_count));
    TRY(replay_init(&r->replay, S, A, (int)h->buffer_capacity));
    return r->keeps_rollouts ? replay_init(&r->rollouts, S, A, REPLAY_UNBOUNDED) : STATUS_OK;
}

static void switch_stopwatch(void *context, enum learner_stage stage)
{
    static const enum run_timer timers[] = {[STAGE_SAMPLE] = TIMER_SAMPLE,
                                            [STAGE_CRITIC] = TIMER_CRITIC,
                                            [STAGE_ACTOR] = TIMER_ACTOR,
                                            [STAGE_OTHER] = TIMER_OTHER};
    run_switch(context, timers[stage]);
}

/* Threads beyond those that help only cost time to wake. */
static void settle_threads(const struct run *r)
{
    int most = learner_threads(&r->hyper), threads = threads_count();
    if (!r->request->spare_threads || threads <= most)
        return;
    log_info("run", "%d of %d threads train: more do not help with these settings", most, threads);
    threads_set(most);
}

static enum status make_learner(struct run *r)
{
    struct learner_spec spec = {.hyper = &r->hyper,
                                .S = r->dataset.S,
                                .A = r->dataset.A,
                                .run = r->key,
                                .normalizer = r->hyper.normalize_states ? &r->normalizer : NULL,
                                .tick = switch_stopwatch,
                                .context = r};
    TRY(learner_new(&spec, &r->learner));
    return learner_begin(r->learner, LEARNER_PRETRAIN);
}

static enum status make_envs(struct run *r)
{
    r->max_steps = r->hyper.horizon > 0 ? (int)r->hyper.horizon : r->dataset.env->time_limit;
    TRY(env_open(r->dataset.env->name, &r->env_options, &r->train_env));
    r->eval_env = calloc((size_t)r->hyper.eval_episodes, sizeof(struct env *));
    if (r->eval_env == NULL)
        return status_fail(STATUS_MEMORY, "no memory for the evaluation's environments");
    for (int e = 0; e < r->hyper.eval_episodes; e++)
        TRY(env_clone(r->train_env, &r->eval_env[e]));
    return STATUS_OK;
}

/* --- the loop --------------------------------------------------------------------------------- */

static bool budget_spent(const struct run *r)
{
    return rules_budget_spent(&r->hyper, r->transitions_done, r->by_transition ? 0 : r->iteration);
}

static bool evaluation_due(const struct run *r)
{
    return rules_evaluation_due(&r->hyper, r->evaluated_at, r->transitions_done, r->iteration);
}

static bool last_row_is_current(const struct run *r)
{
    return r->curve.evaluations > 0 &&
           r->curve.evaluation[r->curve.evaluations - 1].transitions == r->transitions_done;
}

static enum status maybe_save(struct run *r)
{
    if (progress_since(&r->last_checkpoint) < r->request->checkpoint_every)
        return STATUS_OK;
    return run_save(r);
}

static enum status interrupted(struct run *r)
{
    TRY(run_save(r));
    return status_fail(STATUS_INTERRUPTED, "stopped after %lld transitions; run it again to resume",
                       (long long)r->transitions_done);
}

static bool has_reached_levels(const struct run *r)
{
    bool all = r->request->levels > 0;
    for (int i = 0, row; i < r->request->levels; i++)
        all = all && run_level_find(&r->curve, r->request->level[i].raw_return, &row);
    return all;
}

/* The policy now, where no evaluation before was nearer to a level. */
static enum status keep_levels(const struct run *r)
{
    for (int i = 0; i < r->request->levels; i++) {
        const struct run_level *level = &r->request->level[i];
        char name[64];
        int row;
        (void)run_level_find(&r->curve, level->raw_return, &row);
        snprintf(name, sizeof name, "policy_%.40s.h5", level->name);
        if (row >= 0 && row == r->curve.evaluations - 1)
            TRY(run_write_policy(r, name));
    }
    return STATUS_OK;
}

/* Has a run that is to do only so much done it? */
static bool has_done_enough(const struct run *r)
{
    const struct run_request *q = r->request;
    return r->pending_batches == 0 &&
           ((q->stop_after > 0 && r->iterations_here >= q->stop_after) ||
            (q->stop_rows > 0 && r->curve.iterations >= q->stop_rows) || has_reached_levels(r));
}

static enum status evaluate_and_show(struct run *r)
{
    TRY(evaluate(r));
    TRY(keep_levels(r));
    TRY(run_keep_best(r));
    run_progress(r, r->live);
    return run_save_curve(r, "running");
}

static enum status train(struct run *r)
{
    run_begin_phase(r);
    bool pretrained = r->online || r->pretrained >= run_pretrain_total(r);
    while (!pretrained) {
        TRY(run_pretrain_block(r, &pretrained));
        if (run_should_stop(r) || (has_done_enough(r) && !pretrained))
            return interrupted(r);
        TRY(maybe_save(r));
    }
    if (!r->online) {
        TRY(evaluate_and_show(r));
        if (run_pretrain_total(r) > 0)
            TRY(run_write_policy(r, "policy_offline.h5"));
        TRY(run_begin_online(r));
        if (has_done_enough(r))
            return interrupted(r);
        TRY(maybe_save(r));
    }
    while (!budget_spent(r) || r->pending_batches > 0) {
        if (r->pending_batches == 0 && run_budget_cuts(r))
            TRY(run_keep_state(r));
        TRY(run_iteration(r));
        if (r->pending_batches == 0 && evaluation_due(r))
            TRY(evaluate_and_show(r));
        if (run_should_stop(r) || has_done_enough(r))
            return interrupted(r);
        TRY(maybe_save(r));
    }
    if (!run_budget_cuts(r))
        TRY(run_keep_state(r));
    /* The budget's end is always evaluated: the final score is read there. */
    if (!last_row_is_current(r))
        TRY(evaluate_and_show(r));
    TRY(run_write_policy(r, "policy.h5"));
    bool stopped;
    TRY(run_sweep_targets(r, &stopped));
    return stopped ? interrupted(r) : run_save_curve(r, "complete");
}

/* What is on disk stays valid when a run fails; a divergence is a result and is recorded. */
static enum status note_end(struct run *r, enum status result)
{
    struct status_note note;
    if (result == STATUS_OK)
        result = commit_end(&r->commit);
    status_save(&note, result);
    if (result == STATUS_OK) {
        run_remove_checkpoints(r);
        log_info("run", "complete after %lld transitions", (long long)r->transitions_done);
    } else if (result == STATUS_NONFINITE && r->learner != NULL) {
        log_error("run", "diverged: %s", status_sentence());
        (void)curve_set(&r->curve, "failure", "%s", note.sentence);
        (void)run_save_curve(r, "diverged");
    }
    return status_restore(&note);
}

static void free_run(struct run *r)
{
    (void)commit_end(&r->commit); /* of a run that has failed */
    for (int e = 0; r->eval_env != NULL && e < r->hyper.eval_episodes; e++)
        env_close(r->eval_env[e]);
    free(r->eval_env);
    env_close(r->train_env);
    run_close_guide(r);
    learner_delete(r->learner);
    replay_free(&r->pretrain);
    replay_free(&r->replay);
    replay_free(&r->rollouts);
    transitions_free(&r->transitions);
    normalizer_free(&r->normalizer);
    dataset_free(&r->dataset);
    curve_free(&r->curve);
    free(r->config_text);
    log_close();
    lock_release(&r->lock);
}

static enum status write_config(const struct run *r)
{
    char path[FILE_PATH];
    TRY(run_path(r, "config.ini", path));
    return file_replace(path, r->config_text, strlen(r->config_text));
}

/* A killed run leaves half-written files; nobody else is at work here while we hold the lock. */
static void remove_leftovers(const struct run *r)
{
    const char *const names[] = {
        "curve.h5",  run_folder_checkpoints[0], "config.ini", "policy_offline.h5",
        "policy.h5", "policy_best.h5",          RUN_EXTEND};
    char path[FILE_PATH];
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (run_path(r, names[i], path) == STATUS_OK)
            file_remove_leftovers(path);
    }
}

static enum status execute_locked(struct run *r, struct run_summary *summary)
{
    char path[FILE_PATH];
    bool complete;
    TRY(file_make_folder(r->request->folder));
    TRY(take_lock(r));
    r->alone = true;
    remove_leftovers(r);
    TRY(run_path(r, "run.log", path));
    TRY(run_look_for_complete(r, &complete, summary));
    if (complete)
        return STATUS_OK;
    TRY(threads_reserve());
    TRY(log_open(path));
    if (r->curve_lost)
        TRY(run_set_aside(r, "curve.h5"));
    TRY(write_config(r));
    r->begun = r->hyper.actor == HYPER_actor_bandit;
    if (r->begun)
        return note_end(r, run_bandit(r));
    TRY(load_data(r));
    r->key = run_key(r->dataset.id, r->request->seed);
    r->env_key = r->hyper.env_seed_from_run ? r->key : run_key("environments", 0);
    TRY(make_buffers(r));
    TRY(run_open_guide(r));
    settle_threads(r);
    TRY(make_learner(r));
    TRY(make_envs(r));
    TRY(run_resume(r));
    r->begun = true;
    return note_end(r, train(r));
}

/* How much of a path is there, from its begin. */
static size_t existing_part(const char *folder)
{
    char path[FILE_PATH];
    snprintf(path, sizeof path, "%s", folder);
    for (char *end = path + strlen(path); end > path; end--) {
        bool whole = *end == '/' || *end == '\0';
        *end = '\0';
        if (whole && access(path, F_OK) == 0)
            return strlen(path);
    }
    return 0;
}

/* What a run leaves that was refused: nothing in it could go on, nobody else is here. */
static void remove_folder(const struct run *r, size_t existing)
{
    const char *const names[] = {"config.ini", "run.log", "lock"};
    char path[FILE_PATH];
    log_close();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (run_path(r, names[i], path) == STATUS_OK)
            unlink(path);
    }
    snprintf(path, sizeof path, "%s", r->request->folder);
    for (size_t n = strlen(path); n > existing;) {
        while (n > 0 && path[n - 1] == '/')
            path[--n] = '\0';
        if (n <= existing || rmdir(path) != 0)
            return;
        while (n > 0 && path[n - 1] != '/')
            path[--n] = '\0';
        while (n > 0 && path[n - 1] == '/')
            path[--n] = '\0';
    }
}

/* The folder of a matrix's cell stays: its failure is recorded there. */
static enum status execute_in_folder(struct run *r, struct run_summary *summary)
{
    size_t existing = existing_part(r->request->folder);
    enum status result = execute_locked(r, summary);
    if (result != STATUS_OK && r->alone && !r->begun && r->request->matrix == NULL &&
        existing < strlen(r->request->folder))
        remove_folder(r, existing);
    return result;
}

enum status run_execute(const struct run_request *request, struct run_summary *summary)
{
    struct run_summary none = {.first_score = (double)NAN, .last_score = (double)NAN};
    struct run *r = calloc(1, sizeof *r);
    if (r == NULL)
        return status_fail(STATUS_MEMORY, "no memory for a run");
    struct run_request own = *request;
    r->request = &own;
    r->lock = lock_none();
    r->evaluated_at = -1;
    r->running = TIMER_OTHER;
    r->live = !request->quiet && terminal_is_live(stderr);
    log_set_stderr_level(request->quiet || r->live ? LOG_WARN : LOG_DEBUG);
    run_start_clocks(r);
    if (summary == NULL)
        summary = &none;
    *summary = none;

    const char *as_given = request->config.dataset;
    int threads = threads_count();
    enum status result = load_config(r, &own.config);
    if (result == STATUS_OK) {
        /* The pattern name is for the presets, the file as given for loading. */
        const char *id = own.config.dataset;
        own.config.dataset = as_given;
        result = execute_in_folder(r, summary);
        own.config.dataset = id;
    }
    if (!summary->already_complete) {
        summary->transitions = r->transitions_done;
        summary->iterations = r->iteration;
        summary->seconds = r->seconds + progress_since(&r->started);
        if (r->curve.evaluations > 0) {
            summary->first_score = curve_mean_score(&r->curve, 0);
            summary->last_score = curve_mean_score(&r->curve, r->curve.evaluations - 1);
        }
    }
    if (r->live && result == STATUS_INTERRUPTED)
        progress_leave();
    else if (r->live)
        progress_clear();
    struct status_note note;
    status_save(&note, result);
    free_run(r);
    free(r);
    threads_set(threads);
    return status_restore(&note);
}
