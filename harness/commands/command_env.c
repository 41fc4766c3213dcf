#include "harness/commands/command.h"

#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/film.h"
#include "harness/run/kept_policy.h"
#include "suites/dataset_table.h"
#include "suites/policy.h"
#include "suites/walker.h"
#include "suites/waypoint.h"

#include <assert.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- arguments ------------------------------------------------------------------------------- */

enum actor { ACTOR_RANDOM, ACTOR_POLICY, ACTOR_WAYPOINT, ACTOR_WALKER };

struct arguments {
    const char *name; /* as the user wrote it; NULL: list the environments */
    bool random, waypoint, walker;
    const char *policy;
    char policy_path[FILE_PATH]; /* the file that it means */
    enum actor actor;            /* from the three above */
    bool stochastic, json;
    int episodes, threads; /* 0: not given */
    long seed;             /* -1: not given */
    double target_return;  /* NaN: not given */
    const char *csv, *video;
    struct env_options options;
};

/* clang-format off */
#define FIELD(member) OPTION_FIELD(struct arguments, member)
static const struct option_row options[] = {
    {"random",     0,   NULL,   NULL, "act uniformly at random (what is done without a policy)", FIELD(random)},
    {"policy",     0,   "RUN|FILE", NULL, "act by the policy that a run left in its folder, or by a policy file (docs/policies.md)", FIELD(policy)},
    {"stochastic", 0,   NULL,   NULL, "sample the policy's actions instead of taking their mean", FIELD(stochastic)},
    {"target-return", 'R', "N", NULL, "of a run's policy: begin episodes with this return-to-go, instead of the run's", FIELD(target_return), .low = -1e9, .high = 1e9},
    {"waypoint",   0,   NULL,   NULL, "act by D4RL's waypoint controller (maze2d)", FIELD(waypoint)},
    {"walker",     0,   NULL,   NULL, "act by the trot under D4RL's planner (antmaze)", FIELD(walker)},
    {"episodes",   'n', "N",    NULL, "episodes to run, instead of 10; of a run's policy, instead of its last evaluation's", FIELD(episodes), .low = 1, .high = 1e7},
    {"seed",       's', "N",    NULL, "seed of starts and actions, instead of 1; of a run's policy, instead of its evaluation's episodes", FIELD(seed), .high = 1e18},
    {"threads",    'j', "N",    NULL, "episodes at a time, instead of one per core", FIELD(threads), .low = 1, .high = 1024},
    {"inertia",    0,   NULL,   "d4rl", "masses and inertias as in D4RL's models, or computed by MuJoCo", FIELD(options.exact_inertia), .choices = "d4rl|exact"},
    {"dense",      0,   NULL,   NULL, "maze2d: reward exp(-distance) instead of reaching the goal", FIELD(options.dense)},
    {"contact-forces", 0, NULL, NULL, "ant: observe contact forces and charge for them", FIELD(options.contact_forces)},
    {"csv",        0,   "FILE", NULL, "also write a row per episode there", FIELD(csv)},
    {"video",      0,   "FILE", NULL, "film the first episode: FILE.mp4 or FILE.gif; FILE.png: eight pictures of it", FIELD(video)},
    {"json",       0,   NULL,   NULL, "print one line of JSON", FIELD(json)},
    {.name = NULL},
};
/* clang-format on */

static void begin_arguments(void *context)
{
    struct arguments *a = context;
    a->options = env_defaults();
    a->seed = -1;
    a->target_return = (double)NAN;
}

static enum status choose_actor(struct arguments *a)
{
    if (a->random + a->waypoint + a->walker + (a->policy != NULL) > 1)
        return status_fail(STATUS_CONFIG,
                           "--random, --policy, --waypoint and --walker: choose one");
    a->actor = a->policy != NULL ? ACTOR_POLICY
               : a->waypoint     ? ACTOR_WAYPOINT
               : a->walker       ? ACTOR_WALKER
                                 : ACTOR_RANDOM;
    if (a->stochastic && a->actor != ACTOR_POLICY)
        return status_fail(STATUS_CONFIG, "--stochastic goes with --policy FILE");
    if (!isnan(a->target_return) && a->actor != ACTOR_POLICY)
        return status_fail(STATUS_CONFIG, "--target-return goes with --policy RUN");
    return STATUS_OK;
}

/* --- running --------------------------------------------------------------------------------- */

struct outcome { /* of one episode */
    double raw_return;
    int length;
    bool success, diverged;
};

/* What one thread needs: its instance and its actor's memory. */
struct worker {
    struct env *env;
    struct waypoint *waypoint;
    struct walker *walker;
    double *scratch, *action;
};

struct run {
    const struct arguments *arguments;
    const struct env_kind *kind;
    const char *name;         /* what the user calls the environment */
    struct score_range score; /* equal: no score is defined */
    struct policy *policy;
    struct kept_policy *kept; /* a run's policy, instead */
    struct kept_options how;  /* it is played */
    struct film *film;        /* or NULL */
    uint64_t key;
    struct worker *worker;
    int workers;
    int episodes;
    struct outcome *outcome; /* (episodes) */
    int agrees;              /* kept_policy_agrees() */
};

static void choose_action(const struct run *r, struct worker *w, struct rng *rng)
{
    const double *observation = env_observation(w->env);
    assert(w->action != NULL); /* open_workers() saw to it */
    switch (r->arguments->actor) {
    case ACTOR_RANDOM:
        for (int i = 0; i < r->kind->act_dim; i++)
            w->action[i] = 2 * rng_uniform_double(rng) - 1;
        break;
    case ACTOR_POLICY:
        policy_act(r->policy, observation, env_steps(w->env), r->arguments->stochastic ? rng : NULL,
                   w->scratch, w->action);
        break;
    case ACTOR_WAYPOINT:
        waypoint_act(w->waypoint, observation, env_field(w->env, "goal", NULL), rng, w->action);
        break;
    case ACTOR_WALKER:
        walker_act(w->walker, observation, env_field(w->env, "goal", NULL), rng, w->action);
        break;
    }
}

static enum status look(const struct run *r, struct env *e, int episode)
{
    return r->film != NULL ? film_look(r->film, e, episode) : STATUS_OK;
}

/* Streams belong to the episode, so neither threads nor their order change an outcome. */
static enum status run_episode(const struct run *r, struct worker *w, int episode)
{
    struct outcome *out = &r->outcome[episode];
    struct rng rng = rng_at(r->key, RNG_EVAL_ACTION, (uint64_t)episode);
    *out = (struct outcome){0};
    TRY(env_reset(w->env, rng_at(r->key, RNG_EVAL_RESET, (uint64_t)episode)));
    if (w->walker != NULL)
        walker_forget(w->walker);
    TRY(look(r, w->env, episode));
    for (struct env_step step = {0}; !step.terminated && !step.truncated;) {
        choose_action(r, w, &rng);
        enum status result = env_step(w->env, w->action, &step);
        if (result == STATUS_PHYSICS) {
            out->diverged = true; /* the episode is over, the others are not */
            return STATUS_OK;
        }
        TRY(result);
        out->raw_return += step.raw_reward;
        out->length++;
        out->success = step.success;
        TRY(look(r, w->env, episode));
    }
    return STATUS_OK;
}

static enum status run_every_episode(const struct run *r)
{
    int episodes = r->episodes, failed = episodes;
    struct status_note note = {STATUS_OK, ""};
#pragma omp parallel for schedule(dynamic, 1) num_threads(r->workers)
    for (int i = 0; i < episodes; i++) {
        enum status result = run_episode(r, &r->worker[omp_get_thread_num()], i);
#pragma omp critical
        if (result != STATUS_OK && i < failed) {
            failed = i;
            status_save(&note, result);
        }
    }
    return status_restore(&note);
}

static enum status policy_differs(const struct run *r, const char *env, int S, int A)
{
    return status_fail(STATUS_SHAPE,
                       "%s: a policy for %s with %d observations and %d actions, but %s has %d "
                       "and %d",
                       r->arguments->policy_path, env, S, A, r->kind->name, r->kind->obs_dim,
                       r->kind->act_dim);
}

/* A file of others: of its plain network. */
static enum status read_plain_policy(struct run *r)
{
    const struct arguments *a = r->arguments;
    TRY(policy_read(a->policy_path, &r->policy));
    const struct policy *p = r->policy;
    if (r->kind == NULL)
        r->kind = env_named(policy_env(p));
    if (r->kind == NULL)
        return status_fail(STATUS_CONFIG, "%s: a policy for '%s'; name the environment",
                           a->policy_path, policy_env(p));
    if (strcmp(policy_env(p), r->kind->name) != 0 || policy_obs_dim(p) != r->kind->obs_dim ||
        policy_act_dim(p) != r->kind->act_dim)
        return policy_differs(r, policy_env(p), policy_obs_dim(p), policy_act_dim(p));
    if (a->stochastic && !policy_is_stochastic(p))
        return status_fail(STATUS_MISSING,
                           "%s: has neither 'log_std' nor 'log_std_layer'; leave --stochastic out",
                           a->policy_path);
    if (!isnan(a->target_return))
        return status_fail(STATUS_CONFIG,
                           "--target-return: the policy %s was not kept by a run and knows no "
                           "return-to-go",
                           a->policy_path);
    return STATUS_OK;
}

/* The kind of environment, if it was named, must be the policy's; else it is. */
static enum status read_policy(struct run *r)
{
    const struct arguments *a = r->arguments;
    bool kept;
    TRY(kept_policy_is(a->policy_path, &kept));
    if (!kept)
        return read_plain_policy(r);
    TRY(kept_policy_read(a->policy_path, a->seed >= 0 ? &a->seed : NULL, &r->kept));
    const struct kept_policy *k = r->kept;
    if (r->kind == NULL)
        r->kind = env_named(k->env);
    if (strcmp(k->env, r->kind->name) != 0)
        return policy_differs(r, k->env, (int)k->observations, (int)k->actions);
    r->score = (struct score_range){k->score_min, k->score_max};
    r->how = (struct kept_options){.episodes = a->episodes,
                                   .target_return = isnan(a->target_return) ? NULL
                                                                            : &a->target_return,
                                   .stochastic = a->stochastic,
                                   .variant = a->options};
    r->episodes = kept_policy_episodes(k, &r->how);
    return STATUS_OK;
}

/* Compile once; every thread gets an instance of the same world. */
static enum status open_workers(struct run *r)
{
    /* D4RL's controller keeps its plan over resets (the goal stays), and its reference scores come
     * from that: so one controller walks through all episodes. */
    bool alone = r->arguments->actor == ACTOR_WAYPOINT || r->film != NULL; /* a camera's thread */
    int available = alone ? 1 : threads_count();
    r->workers = available < r->episodes ? available : r->episodes;
    r->worker = calloc((size_t)r->workers, sizeof *r->worker);
    if (r->worker == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d episodes", r->episodes);
    for (int i = 0; i < r->workers; i++) {
        struct worker *w = &r->worker[i];
        if (i == 0)
            TRY(env_open(r->name, &r->arguments->options, &w->env));
        else
            TRY(env_clone(r->worker[0].env, &w->env));
        if (r->arguments->actor == ACTOR_WAYPOINT)
            TRY(waypoint_new(r->kind, &w->waypoint));
        if (r->arguments->actor == ACTOR_WALKER)
            TRY(walker_new(r->kind, &w->walker));
        size_t scratch = r->policy != NULL ? (size_t)policy_scratch(r->policy) : 1;
        w->scratch = calloc(scratch, sizeof *w->scratch);
        w->action = calloc((size_t)r->kind->act_dim, sizeof *w->action);
        if (w->scratch == NULL || w->action == NULL)
            return status_fail(STATUS_MEMORY, "no memory to act");
    }
    return STATUS_OK;
}

static void close_workers(struct run *r)
{
    for (int i = 0; r->worker != NULL && i < r->workers; i++) {
        env_close(r->worker[i].env);
        waypoint_delete(r->worker[i].waypoint);
        walker_delete(r->worker[i].walker);
        free(r->worker[i].scratch);
        free(r->worker[i].action);
    }
    free(r->worker);
    free(r->outcome);
    policy_free(r->policy);
    kept_policy_free(r->kept);
    film_delete(r->film);
}

static enum status play_kept(struct run *r)
{
    struct kept_episode *e = calloc((size_t)r->episodes, sizeof *e);
    if (e == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d episodes", r->episodes);
    enum status result = kept_policy_play(r->kept, &r->how, e);
    r->agrees = result == STATUS_OK ? kept_policy_agrees(r->kept, &r->how, e) : -1;
    for (int i = 0; i < r->episodes && result == STATUS_OK; i++)
        r->outcome[i] = (struct outcome){
            .raw_return = e[i].raw_return, .length = e[i].length, .success = e[i].success};
    free(e);
    return result;
}

static enum status play_all(struct run *r)
{
    r->outcome = calloc((size_t)r->episodes, sizeof *r->outcome);
    if (r->outcome == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d episodes", r->episodes);
    if (r->arguments->video != NULL)
        TRY(film_new(r->arguments->video, &r->film));
    if (r->film != NULL) {
        r->how.look = film_look;
        r->how.look_context = r->film;
    }
    if (r->kept == NULL)
        TRY(open_workers(r));
    TRY(r->kept != NULL ? play_kept(r) : run_every_episode(r));
    return r->film != NULL ? film_finish(r->film) : STATUS_OK;
}

/* --- reporting
 * --------------------------------------------------------------------------------------- */

struct summary {
    int episodes, diverged;
    double return_mean, return_std, return_sem;                          /* std of a sample: n-1 */
    double normalized_mean, length_mean, success_rate, steps_per_second; /* NaN: not defined */
};

static struct summary summarise(const struct run *r, double seconds)
{
    int n = r->episodes;
    struct summary s = {.episodes = n};
    double steps = 0, success = 0, squares = 0;
    for (int i = 0; i < n; i++) {
        s.return_mean += r->outcome[i].raw_return / n;
        steps += r->outcome[i].length;
        success += r->outcome[i].success;
        s.diverged += r->outcome[i].diverged;
    }
    for (int i = 0; i < n; i++) {
        double off = r->outcome[i].raw_return - s.return_mean;
        squares += off * off;
    }
    s.return_std = n > 1 ? sqrt(squares / (n - 1)) : (double)NAN;
    s.return_sem = s.return_std / sqrt(n);
    s.normalized_mean = score_normalise(r->score, s.return_mean);
    s.length_mean = steps / n;
    s.success_rate = r->kind->success_steps >= 0 ? success / n : (double)NAN;
    s.steps_per_second = steps / seconds;
    return s;
}

/* `agrees` as from kept_policy_agrees(); -1 also where nothing was recorded. */
static void print_json(const char *name, const struct summary *s, int agrees)
{
    const struct {
        const char *key;
        double value;
    } numbers[] = {{"episodes", s->episodes},
                   {"return_mean", s->return_mean},
                   {"return_std", s->return_std},
                   {"return_sem", s->return_sem},
                   {"normalized_mean", s->normalized_mean},
                   {"length_mean", s->length_mean},
                   {"success_rate", s->success_rate},
                   {"steps_per_second", s->steps_per_second},
                   {"diverged", s->diverged}};
    char id[2 * ESCAPE_SIZE];
    printf("{\"env\": \"%s\"", escape_json(name, id, sizeof id));
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (isfinite(numbers[i].value))
            printf(", \"%s\": %.15g", numbers[i].key, numbers[i].value);
        else
            printf(", \"%s\": null", numbers[i].key);
    }
    if (agrees >= 0)
        printf(", \"as_recorded\": %s", agrees ? "true" : "false");
    printf("}\n");
}

static void print_text(const char *name, const struct summary *s, int agrees)
{
    say("%s: %d episodes\n", name, s->episodes);
    printf("  return      %.2f", s->return_mean);
    if (s->episodes > 1)
        printf(" +- %.2f (spread), +- %.2f (standard error)", s->return_std, s->return_sem);
    printf("\n");
    if (!isnan(s->normalized_mean))
        printf("  score       %.2f\n", s->normalized_mean);
    printf("  length      %.1f\n", s->length_mean);
    if (!isnan(s->success_rate))
        printf("  successes   %.1f %%\n", 100 * s->success_rate);
    printf("  speed       %.0f steps/s\n", s->steps_per_second);
    if (s->diverged > 0)
        printf("  diverged    %d episodes ended because the simulation broke down\n", s->diverged);
    if (agrees >= 0)
        printf("  recorded    %s\n",
               agrees ? "the same returns as in the run's own evaluation, bit for bit"
                      : "other returns than in the run's own evaluation: another program or "
                        "processor rounds differently");
}

/* A row per episode, with all digits. */
static enum status write_csv(const struct run *r, const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (f == NULL)
        return status_fail(STATUS_MEMORY, "%s: no memory for %d rows", path, r->episodes);
    fprintf(f, "episode,return,score,length,success,diverged\n");
    for (int i = 0; i < r->episodes; i++) {
        const struct outcome *o = &r->outcome[i];
        double score = score_normalise(r->score, o->raw_return);
        fprintf(f, "%d,%.17g,", i + 1, o->raw_return);
        if (!isnan(score))
            fprintf(f, "%.17g", score);
        fprintf(f, ",%d,%d,%d\n", o->length, o->success, o->diverged);
    }
    bool whole = fclose(f) == 0;
    enum status result = whole ? file_replace(path, text, size)
                               : status_fail(STATUS_MEMORY, "%s: no memory for %d rows", path,
                                             r->episodes);
    free(text);
    return result;
}

static void print_list(void)
{
    say("%-15s %12s %8s %11s\n", "environment", "observations", "actions", "step limit");
    for (int i = 0; i < env_count; i++)
        say("%-15s %12d %8d %11d\n", env_table[i].name, env_table[i].obs_dim, env_table[i].act_dim,
            env_table[i].time_limit);
    printf("\nDataset ids (antmaze-medium-play-v2) are names of environments, too.\n");
}

static double seconds_now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum status unknown_environment(const char *name)
{
    struct nearest n = {.to = name};
    for (int i = 0; i < env_count; i++)
        nearest_offer(&n, env_table[i].name);
    return status_fail(STATUS_CONFIG,
                       "unknown environment '%s'; did you mean '%s'? (`vitamin env` lists them)",
                       name, n.word);
}

/* Who acts, in which world, for how many episodes. */
static enum status set_up(struct arguments *a, struct run *r)
{
    if (a->name != NULL && (r->kind = dataset_task(a->name)) == NULL)
        return unknown_environment(a->name);
    r->key = rng_key_mix(rng_key("vitamin env"), a->seed >= 0 ? (uint64_t)a->seed : 1);
    if (a->actor == ACTOR_POLICY) {
        TRY(kept_policy_find(a->policy, a->policy_path));
        TRY(read_policy(r));
    }
    if (r->kept == NULL)
        r->score = r->kind->score;
    r->name = a->name != NULL ? a->name : r->kind->name;
    return STATUS_OK;
}

static enum status report(const struct run *r, double seconds)
{
    const struct arguments *a = r->arguments;
    struct summary s = summarise(r, seconds);
    int agrees = r->kept != NULL ? r->agrees : -1;
    if (a->csv != NULL)
        TRY(write_csv(r, a->csv));
    if (a->json)
        print_json(r->name, &s, agrees);
    else
        print_text(r->name, &s, agrees);
    return STATUS_OK;
}

static enum status run_episodes(void *context)
{
    struct arguments *a = context;
    TRY(choose_actor(a));
    if (a->name == NULL && a->actor != ACTOR_POLICY) {
        print_list();
        return STATUS_OK;
    }
    struct run r = {.arguments = a, .episodes = a->episodes > 0 ? a->episodes : 10};
    if (a->threads > 0)
        threads_set(a->threads);
    enum status result = set_up(a, &r);
    double begin = seconds_now();
    if (result == STATUS_OK)
        result = play_all(&r);
    if (result == STATUS_OK)
        result = report(&r, seconds_now() - begin);
    close_workers(&r);
    return result;
}

const struct command command_env = {
    .name = "env",
    .summary = "run episodes in an environment and print return, score, length and speed",
    .description =
        "The same seed gives the same episodes, with any number of threads. The policy of a run "
        "is evaluated in the episodes of its last evaluation unless --seed asks for others.",
    .operands = "[NAME]",
    .operand_help = "an environment or a dataset's id; without one the policy's, and without a "
                    "policy, list the environments",
    COMMAND_OPERAND(struct arguments, name),
    .examples =
        {{"vitamin env", "list the environments"},
         {"vitamin env --policy results/runs/single/hopper-medium-v2/td3_odt-paper-small/seed1",
          "the policy of a finished run again"},
         {"vitamin env walker2d --policy policy.h5 --episodes 100 --csv episodes.csv",
          "a row per episode"},
         {"vitamin env maze2d-umaze --waypoint --video maze.mp4", "a film of an episode"}},
    .options = options,
    .arguments = sizeof(struct arguments),
    .begin = begin_arguments,
    .run = run_episodes,
};
