#include "harness/commands/command_env.h"

#include "engine/base/escape.h"
#include "engine/base/say.h"
#include "engine/base/threads.h"
#include "harness/base/argument.h"
#include "suites/env.h"
#include "suites/policy.h"
#include "suites/waypoint.h"

#include <assert.h>
#include <limits.h>
#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* --- arguments ------------------------------------------------------------------------------- */

enum actor { ACTOR_RANDOM, ACTOR_POLICY, ACTOR_WAYPOINT };

struct arguments {
    const char *name; /* as the user wrote it; NULL: list the environments */
    enum actor actor;
    const char *policy;
    bool stochastic, json;
    int episodes, threads;
    long seed;
    struct env_options options;
};

static enum status take_inertia(void *context, const char *text)
{
    bool *exact = context;
    *exact = strcmp(text, "exact") == 0;
    if (!*exact && strcmp(text, "d4rl") != 0)
        return status_fail(STATUS_CONFIG, "--inertia is '%s', should be d4rl or exact", text);
    return STATUS_OK;
}

static enum status parse(int argc, char **argv, struct arguments *a)
{
    struct env_options *o = &a->options;
    bool random = false, waypoint = false;
    int rest;
    *a = (struct arguments){.episodes = 10, .seed = 1, .options = env_defaults()};
    TRY(argument_read(
        argc, argv,
        (const struct argument[]){{"random", .flag = &random},
                                  {"policy", .text = &a->policy},
                                  {"waypoint", .flag = &waypoint},
                                  {"episodes", .whole = &a->episodes, .low = 1, .high = 1e7},
                                  {"stochastic", .flag = &a->stochastic},
                                  {"seed", .integer = &a->seed, .high = 1e18},
                                  {"threads", .whole = &a->threads, .low = 1, .high = 1024},
                                  {"json", .flag = &a->json},
                                  {"inertia", .take = take_inertia, .context = &o->exact_inertia},
                                  {"dense", .flag = &o->dense},
                                  {"contact-forces", .flag = &o->contact_forces},
                                  {.name = NULL}},
        &rest));
    if (argc - rest > 1)
        return status_fail(STATUS_CONFIG, "one environment at a time: '%s' is one too many",
                           argv[rest + 1]);
    a->name = argv[rest]; /* NULL when there is none */
    if (random + waypoint + (a->policy != NULL) > 1)
        return status_fail(STATUS_CONFIG, "--random, --policy and --waypoint: choose one");
    a->actor = a->policy != NULL ? ACTOR_POLICY : waypoint ? ACTOR_WAYPOINT : ACTOR_RANDOM;
    if (a->stochastic && a->actor != ACTOR_POLICY)
        return status_fail(STATUS_CONFIG, "--stochastic is for --policy FILE");
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
    double *scratch, *action;
};

struct run {
    const struct arguments *arguments;
    const struct env_kind *kind;
    struct policy *policy;
    uint64_t key;
    struct worker *worker;
    int workers;
    struct outcome *outcome; /* (episodes) */
};

static void act(const struct run *r, struct worker *w, struct rng *rng)
{
    const double *observation = env_observation(w->env);
    assert(w->action != NULL); /* hire() saw to it */
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
    }
}

/* Streams belong to the episode, so neither threads nor their order change an outcome. */
static enum status run_episode(const struct run *r, struct worker *w, int episode)
{
    struct outcome *out = &r->outcome[episode];
    struct rng rng = rng_at(r->key, RNG_EVAL_ACTION, (uint64_t)episode);
    *out = (struct outcome){0};
    TRY(env_reset(w->env, rng_at(r->key, RNG_EVAL_RESET, (uint64_t)episode)));
    for (struct env_step step = {0}; !step.terminated && !step.truncated;) {
        act(r, w, &rng);
        enum status result = env_step(w->env, w->action, &step);
        if (result == STATUS_PHYSICS) {
            out->diverged = true; /* the episode is over; the others go on */
            return STATUS_OK;
        }
        TRY(result);
        out->raw_return += step.raw_reward;
        out->length++;
        out->success = step.success;
    }
    return STATUS_OK;
}

static enum status run_all(const struct run *r)
{
    int episodes = r->arguments->episodes, failed = episodes;
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

static enum status read_policy(const struct arguments *a, const struct env_kind *kind,
                               struct policy **out)
{
    TRY(policy_read(a->policy, out));
    const struct policy *p = *out;
    bool fits = strcmp(policy_env(p), kind->name) == 0 && policy_obs_dim(p) == kind->obs_dim &&
                policy_act_dim(p) == kind->act_dim;
    if (!fits)
        return status_fail(STATUS_SHAPE,
                           "%s: a policy for %s with %d observations and %d actions, but %s has %d "
                           "and %d",
                           a->policy, policy_env(p), policy_obs_dim(p), policy_act_dim(p),
                           kind->name, kind->obs_dim, kind->act_dim);
    if (a->stochastic && !policy_is_stochastic(p))
        return status_fail(STATUS_MISSING,
                           "%s: has neither 'log_std' nor 'log_std_layer'; leave --stochastic out",
                           a->policy);
    return STATUS_OK;
}

/* Compile once; every thread gets an instance of the same world. */
static enum status hire(struct run *r)
{
    /* D4RL's controller keeps its plan over resets (the goal stays), and its reference scores come
     * from that: so one controller walks through all episodes. */
    int available = r->arguments->actor == ACTOR_WAYPOINT ? 1 : threads_count();
    r->workers = available < r->arguments->episodes ? available : r->arguments->episodes;
    r->worker = calloc((size_t)r->workers, sizeof *r->worker);
    r->outcome = calloc((size_t)r->arguments->episodes, sizeof *r->outcome);
    if (r->worker == NULL || r->outcome == NULL)
        return status_fail(STATUS_MEMORY, "no memory for %d episodes", r->arguments->episodes);
    for (int i = 0; i < r->workers; i++) {
        struct worker *w = &r->worker[i];
        if (i == 0)
            TRY(env_open(r->arguments->name, &r->arguments->options, &w->env));
        else
            TRY(env_clone(r->worker[0].env, &w->env));
        if (r->arguments->actor == ACTOR_WAYPOINT)
            TRY(waypoint_new(r->kind, &w->waypoint));
        size_t scratch = r->policy != NULL ? (size_t)policy_scratch(r->policy) : 1;
        w->scratch = calloc(scratch, sizeof *w->scratch);
        w->action = calloc((size_t)r->kind->act_dim, sizeof *w->action);
        if (w->scratch == NULL || w->action == NULL)
            return status_fail(STATUS_MEMORY, "no memory to act");
    }
    return STATUS_OK;
}

static void dismiss(struct run *r)
{
    for (int i = 0; r->worker != NULL && i < r->workers; i++) {
        env_close(r->worker[i].env);
        waypoint_delete(r->worker[i].waypoint);
        free(r->worker[i].scratch);
        free(r->worker[i].action);
    }
    free(r->worker);
    free(r->outcome);
    policy_free(r->policy);
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
    int n = r->arguments->episodes;
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
    s.normalized_mean = env_score(r->kind, s.return_mean);
    s.length_mean = steps / n;
    s.success_rate = r->kind->success_steps >= 0 ? success / n : (double)NAN;
    s.steps_per_second = steps / seconds;
    return s;
}

static void print_json(const char *name, const struct summary *s)
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
    printf("}\n");
}

static void print_text(const char *name, const struct summary *s)
{
    say("%s: %d episodes\n", name, s->episodes);
    printf("  return      %.2f +- %.2f (spread), +- %.2f (standard error)\n", s->return_mean,
           s->return_std, s->return_sem);
    if (!isnan(s->normalized_mean))
        printf("  score       %.2f\n", s->normalized_mean);
    printf("  length      %.1f\n", s->length_mean);
    if (!isnan(s->success_rate))
        printf("  successes   %.1f %%\n", 100 * s->success_rate);
    printf("  speed       %.0f steps/s\n", s->steps_per_second);
    if (s->diverged > 0)
        printf("  diverged    %d episodes ended because the simulation broke down\n", s->diverged);
}

static void print_list(void)
{
    say("%-15s %12s %8s %11s\n", "environment", "observations", "actions", "step limit");
    for (int i = 0; i < env_count; i++)
        say("%-15s %12d %8d %11d\n", env_table[i].name, env_table[i].obs_dim, env_table[i].act_dim,
            env_table[i].time_limit);
    printf("\nDataset ids (antmaze-medium-play-v2) are names of environments, too.\n");
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static enum status run(int argc, char **argv)
{
    struct arguments a;
    TRY(parse(argc, argv, &a));
    if (a.name == NULL) {
        print_list();
        return STATUS_OK;
    }
    struct run r = {.arguments = &a, .kind = env_find(a.name)};
    if (r.kind == NULL)
        return status_fail(STATUS_CONFIG, "there is no environment '%s'; `vitamin env` lists them",
                           a.name);
    if (a.threads > 0)
        threads_set(a.threads);
    r.key = rng_key_mix(rng_key("vitamin env"), (uint64_t)a.seed);
    enum status result = a.actor == ACTOR_POLICY ? read_policy(&a, r.kind, &r.policy) : STATUS_OK;
    if (result == STATUS_OK)
        result = hire(&r);
    double begin = now();
    if (result == STATUS_OK)
        result = run_all(&r);
    if (result == STATUS_OK) {
        struct summary s = summarise(&r, now() - begin);
        if (a.json)
            print_json(a.name, &s);
        else
            print_text(a.name, &s);
    }
    dismiss(&r);
    return result;
}

const struct command command_env = {
    .name = "env",
    .usage =
        "[NAME [--random | --policy FILE [--stochastic] | --waypoint] [--episodes N] [--seed S]\n"
        "                        [--threads T] [--inertia d4rl|exact] [--dense]\n"
        "                        [--contact-forces] [--json]]",
    .help = "run episodes and print return, score, length, success and speed; alone: list names",
    .run = run,
};
