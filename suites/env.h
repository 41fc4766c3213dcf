/* Environments: the worlds of the paper behind one set of functions.
 *
 *   struct env_options o = env_defaults();
 *   o.reward_shift = -1;
 *   TRY(env_open("antmaze-umaze-v2", &o, &e));
 *   TRY(env_reset(e, rng_at(run, RNG_EVAL_RESET, episode)));
 *   while (!done) {
 *       const double *obs = env_observation(e);          S numbers, valid until the next step
 *       TRY(env_step(e, action, &step));
 *       done = step.terminated || step.truncated;
 *   }
 *   env_close(e);
 *
 * Arithmetic is double, as in the originals; datasets and networks round to float. A step never
 * resets by itself. Instances of one world share its compiled model (env_clone); each instance
 * belongs to one thread at a time, and any number of them may run at once: what one of them
 * computes depends on its options, its start and its actions only.
 *
 * Source  docs/environments.md, docs/methods.md 1.4, 4, 19, 20 */
#ifndef SUITES_ENV_H
#define SUITES_ENV_H

#include "engine/base/rng.h"
#include "engine/base/status.h"
#include "suites/score.h"
#include "suites/suite.h"

#include <stdbool.h>
#include <stddef.h>

struct env;     /* one instance */
struct env_ops; /* the functions of a kind: env_impl.h */

struct env_kind { /* one row of env_table; the rows are facts.def's */
    const char *name;
    const struct suite *suite;
    int obs_dim, act_dim;     /* S, A; checked against the compiled model when opened */
    int frame_skip;           /* simulation steps per environment step */
    int time_limit;           /* steps until truncation */
    int success_steps;        /* an episode with more goal steps is a success; -1: no such thing */
    struct score_range score; /* equal: no score is defined */
    const struct env_ops *ops;
    const void *variant; /* what the kind's functions need to know (a model file, a maze) */
};

/* Mazes: is a place (the first two numbers of an observation) in a wall? False elsewhere. */
bool env_in_wall(const struct env_kind *kind, double x, double y);

extern const struct env_kind env_table[];
extern const int env_count;

/* The row a name means: its own name ("maze2d-umaze"), or a dataset id that begins with it
 * ("maze2d-umaze-v1", "antmaze-medium-play-v2", "hopper-medium-replay-v2"). NULL: none, or a task
 * with other rewards ("maze2d-umaze-dense-v1", "pen-binary-v0"). */
const struct env_kind *env_find(const char *name);

/* The row of exactly this name, or of it with a version ("hopper-v2"); what only begins like one
 * ("hopper-hop", "ant-dir") is another task. NULL: none. */
const struct env_kind *env_named(const char *name);

struct env_options {
    /* reward = delayed / reward_div + reward_shift. Which values a suite takes is configuration. */
    double reward_div;   /* > 0; Adroit 100 or 1000 */
    double reward_shift; /* AntMaze -1 */
    int delay; /* M > 1: pay the sum of rewards every M steps and at the end (fig18); else 0 */
    /* Variants of a world that no result of the paper uses. */
    bool exact_inertia;  /* let MuJoCo weigh the bodies instead of D4RL's values */
    bool dense;          /* maze2d: reward exp(-distance) */
    bool contact_forces; /* ant: fill the 84 contact entries and charge for them */
    bool endless;        /* never terminated, never truncated: a data collector cuts for itself */
};

/* 1, 0, no delay, no variant. */
struct env_options env_defaults(void);

/* Compile the world `name` (see env_find) and make one instance; options NULL: env_defaults().
 * The instance cannot step before its first reset.
 * Errors  STATUS_MISSING (no such environment), STATUS_CONFIG (options out of range or of another
 *         environment), STATUS_FORMAT (the model does not compile or has other sizes),
 *         STATUS_MEMORY */
enum status env_open(const char *name, const struct env_options *options, struct env **out);

/* Another instance of the same world with the same options, not yet reset. Errors STATUS_MEMORY.
 * Threads: `e` is only read. */
enum status env_clone(const struct env *e, struct env **out);

/* NULL is allowed. */
void env_close(struct env *e);

const struct env_kind *env_kind(const struct env *e);
const struct env_options *env_options(const struct env *e);

/* Begin an episode at a random start, all draws from `rng`. Errors STATUS_PHYSICS. */
enum status env_reset(struct env *e, struct rng rng);

struct env_value { /* a named array of a state */
    const char *name;
    const double *data;
    int count;
};

/* Begin an episode exactly here. `qpos` and `qvel` are required (not by the bandit); task fields
 * that are not given have their default: maze2d's fixed goal, else the model's own values, and
 * `torso_x` (ant) follows from qpos. `qacc_warmstart` and `steps` (steps done: 0) may be given.
 * Errors  STATUS_MISSING (qpos, qvel; a field the environment does not have), STATUS_SHAPE,
 *         STATUS_NONFINITE, STATUS_PHYSICS */
enum status env_reset_to(struct env *e, const struct env_value *values, int count);

/* A field of the current state by name: `qpos`, `qvel`, `qacc_warmstart`, `ctrl`, and the task's
 * own (`goal`: mazes; `torso_x`: ant; Adroit as in the fixtures). NULL: no such field. */
const double *env_field(const struct env *e, const char *name, int *count);

/* The current observation (S); after a failed step the last good one. */
const double *env_observation(const struct env *e);

/* Steps done in this episode. */
int env_steps(const struct env *e);

struct env_step {
    double reward;     /* modified by the options: what learners see */
    double raw_reward; /* the environment's own: what scores are made of */
    bool terminated;   /* the world ended the episode: no value beyond */
    bool truncated;    /* the time limit did, and the world did not */
    bool goal;         /* at the goal after this step */
    bool success;      /* goal steps so far exceed kind->success_steps */
};

/* Act with A numbers, nominally in [-1,1]; the environment clips and scales as the original does.
 *
 * Errors  STATUS_NONFINITE: an action is NaN or infinite; nothing has happened, act again.
 *         STATUS_PHYSICS: the simulation diverged; the episode is over, reset before the next step.
 *         STATUS_CONFIG: the episode is over or was never begun. */
enum status env_step(struct env *e, const double *action, struct env_step *out);

/* Everything that decides the future of an instance, as `env_state_size` doubles: a clone with the
 * same state continues bit for bit. env_set_state also begins an episode.
 * Errors STATUS_NONFINITE (a state that no instance can have). */
size_t env_state_size(const struct env *e);
void env_get_state(const struct env *e, double *out);
enum status env_set_state(struct env *e, const double *state);

#endif
